//! Two restores that write the same thing need an order, or chance decides which one stays.

use std::collections::HashMap;

use crate::model::{ObjectName, SiteId, Touched};
use crate::plan::findings::Findings;
use crate::plan::rule;

use super::Entry;

/// One thing that an item writes.
struct Write {
    /// Where the item stands in an order that `after` allows.
    rank: usize,
    entry: usize,
    object: usize,
    touched: Touched,
}

/// Reports pairs without an order. Near-linear: only neighbours in the order are compared, because
/// if they are in order, so are all the others.
pub(super) fn unordered(entries: &[Entry<'_>], findings: &mut Findings) {
    let order = Order::new(entries);
    let mut databases: HashMap<(SiteId, ObjectName), Vec<Write>> = HashMap::new();
    for (entry, Entry { item, .. }) in entries.iter().enumerate() {
        for (object, touched) in item.touches().into_iter().enumerate() {
            let key = (touched.site.clone(), touched.database.clone());
            let rank = order.rank.get(entry).copied().unwrap_or(0);
            databases.entry(key).or_default().push(Write { rank, entry, object, touched });
        }
    }
    let mut groups: Vec<Vec<Write>> = databases.into_values().filter(|writes| writes.len() > 1).collect();
    groups.iter_mut().for_each(|writes| writes.sort_by_key(|write| (write.rank, write.object)));
    groups.sort_by_key(|writes| writes.first().map(|write| (write.rank, write.object)));
    for writes in &groups {
        one_database(entries, &order, writes, findings);
    }
}

fn one_database(entries: &[Entry<'_>], order: &Order, writes: &[Write], findings: &mut Findings) {
    let mut whole: Option<&Write> = None;
    let mut since_whole: Vec<&Write> = Vec::new();
    let mut last_of_object: HashMap<&ObjectName, &Write> = HashMap::new();
    for write in writes {
        let mut earlier: Vec<&Write> = Vec::new();
        match &write.touched.object {
            None => {
                earlier.append(&mut since_whole);
                earlier.extend(whole);
                whole = Some(write);
                last_of_object.clear();
            }
            Some(object) => {
                earlier.extend(last_of_object.insert(object, write).or(whole));
                since_whole.push(write);
            }
        }
        let mut reported = std::collections::HashSet::new();
        for first in earlier {
            let fresh = first.entry != write.entry && reported.insert(first.entry);
            if fresh && !order.reaches(first.entry, write.entry) {
                report(entries, first, write, findings);
            }
        }
    }
}

fn report(entries: &[Entry<'_>], first: &Write, second: &Write, findings: &mut Findings) {
    let (Some(one), Some(two)) = (entries.get(first.entry), entries.get(second.entry)) else { return };
    let (one_name, two_name) = (&one.item.name, &two.item.name);
    let message = format!("`{one_name}` and `{two_name}` both write `{}` with no order between them", second.touched);
    let found = two.draft(rule::UNORDERED_OVERLAP, &["objects", &second.object.to_string()], message).warning();
    let place = one.span(&["objects", &first.object.to_string()]);
    let found = found.hint(format!("add `after: [{one_name}]` to `{two_name}`, or the other way round"));
    let own = two.span(&["objects", &second.object.to_string()]);
    let found = if place == own { found } else { found.maybe_related(place, format!("`{one_name}` writes it here")) };
    two.report(found, findings);
}

/// An order of the items that `after` allows, and who waits for whom. The items are in no circle.
struct Order {
    rank: Vec<usize>,
    before: Vec<Vec<usize>>,
}

impl Order {
    fn new(entries: &[Entry<'_>]) -> Self {
        let index = super::first_by_name(entries);
        let before: Vec<Vec<usize>> =
            entries.iter().map(|e| e.item.after.iter().filter_map(|n| index.get(n).copied()).collect()).collect();
        let mut waiting: Vec<usize> = before.iter().map(Vec::len).collect();
        let mut behind: Vec<Vec<usize>> = vec![Vec::new(); entries.len()];
        for (item, edges) in before.iter().enumerate() {
            for edge in edges {
                if let Some(list) = behind.get_mut(*edge) {
                    list.push(item);
                }
            }
        }
        let free = waiting.iter().enumerate().filter(|(_, count)| **count == 0).map(|(item, _)| item);
        let mut queue: std::collections::VecDeque<usize> = free.collect();
        let mut rank = vec![0; entries.len()];
        let mut next = 0;
        while let Some(item) = queue.pop_front() {
            if let Some(slot) = rank.get_mut(item) {
                *slot = next;
            }
            next += 1;
            for follower in behind.get(item).into_iter().flatten() {
                if let Some(count) = waiting.get_mut(*follower) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        queue.push_back(*follower);
                    }
                }
            }
        }
        Self { rank, before }
    }

    /// Whether `later` waits for `earlier`, directly or not.
    fn reaches(&self, earlier: usize, later: usize) -> bool {
        let rank = |item: usize| self.rank.get(item).copied().unwrap_or(0);
        let floor = rank(earlier);
        let mut seen = std::collections::HashSet::new();
        let mut stack = vec![later];
        while let Some(item) = stack.pop() {
            if item == earlier {
                return true;
            }
            let edges = self.before.get(item).into_iter().flatten().copied();
            stack.extend(edges.filter(|edge| rank(*edge) >= floor && seen.insert(*edge)));
        }
        false
    }
}
