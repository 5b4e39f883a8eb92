//! What several restores of a plan do to one another's targets.
//!
//! Two restores that write the same thing need an order, or chance decides which one stays; and with an order, the
//! later one must not undo the earlier one's work.

use std::collections::{HashMap, HashSet};

use crate::model::{ObjectName, OnExisting, SiteId, TouchedRef};
use crate::plan::findings::Findings;
use crate::plan::rule;

use super::Entry;
use super::order::{Order, Walker};

/// How many steps through `after` lists are followed before the rule says that it can't tell.
const ROOM: usize = 20_000_000;

/// One thing that an item writes.
struct Write<'a> {
    /// Where the item stands in an order that `after` allows.
    rank: usize,
    entry: usize,
    object: usize,
    touched: TouchedRef<'a>,
    /// What in it stays as it is.
    exclude: HashSet<&'a ObjectName>,
}

/// Reports pairs without an order, and pairs in which the later undoes the earlier. Near-linear: only neighbours in the
/// order are compared, because if they are in order, so are all the others.
pub(super) fn check(entries: &[Entry<'_>], findings: &mut Findings) {
    let order = Order::new(entries);
    let mut databases: HashMap<(&SiteId, &ObjectName), Vec<Write<'_>>> = HashMap::new();
    for (entry, Entry { item, .. }) in entries.iter().enumerate() {
        for (index, object) in item.objects.iter().enumerate() {
            let touched = item.writes(object);
            let key = (touched.site, touched.database);
            let (rank, exclude) = (order.rank(entry), object.exclude.iter().collect());
            databases.entry(key).or_default().push(Write { rank, entry, object: index, touched, exclude });
        }
    }
    let mut groups: Vec<Vec<Write<'_>>> = databases.into_values().filter(|writes| writes.len() > 1).collect();
    groups.iter_mut().for_each(|writes| writes.sort_by_key(|write| (write.rank, write.object)));
    groups.sort_by_key(|writes| writes.first().map(|write| (write.rank, write.object)));
    let mut walker = order.walker(ROOM);
    for writes in &groups {
        if one_database(entries, &mut walker, writes, findings).is_none() {
            if let Some(entry) = entries.iter().find(|entry| !entry.item.after.is_empty()) {
                let message = "the plan's `after` lists are too entangled to tell which restores are in order";
                let found = entry.draft(rule::LIMIT, &["after"], message);
                findings.add(found.hint("let a single restore stand between groups of restores, or split the plan"));
            }
            return;
        }
    }
}

/// Looks at the writes to one database. None: there was not enough room to tell.
fn one_database(
    entries: &[Entry<'_>],
    walker: &mut Walker<'_>,
    writes: &[Write<'_>],
    findings: &mut Findings,
) -> Option<()> {
    let mut whole: Option<&Write<'_>> = None;
    let mut since_whole: Vec<&Write<'_>> = Vec::new();
    let mut last_of_object: HashMap<&ObjectName, &Write<'_>> = HashMap::with_capacity(writes.len());
    for write in writes {
        let mut earlier: Vec<&Write<'_>> = Vec::new();
        match write.touched.object {
            None => {
                let stays = |name: &ObjectName| write.exclude.contains(name);
                let (left, taken) = since_whole.into_iter().partition(|part| part.touched.object.is_some_and(stays));
                (since_whole, earlier) = (left, taken);
                earlier.extend(whole);
                whole = Some(write);
                last_of_object.retain(|name, _| stays(name));
            }
            Some(object) => {
                let around = whole.filter(|whole| !whole.exclude.contains(object));
                earlier.extend(last_of_object.insert(object, write).or(around));
                since_whole.push(write);
            }
        }
        let (mut unordered, mut undone) = (Vec::new(), Vec::new());
        let mut compared = HashSet::new();
        for first in earlier {
            if first.entry == write.entry || !compared.insert(first.entry) {
                continue;
            }
            if !walker.reaches(first.entry, write.entry)? {
                unordered.push(first);
            } else if write.touched.object.is_none() || first.touched.object == write.touched.object {
                undone.push(first);
            }
        }
        if let Some(pair) = Pair::of(entries, &unordered, write) {
            pair.unordered(findings);
        }
        if let Some(pair) = Pair::of(entries, &undone, write) {
            pair.undone(findings);
        }
    }
    Some(())
}

/// Two restores that write the same thing.
struct Pair<'a> {
    one: &'a Entry<'a>,
    first: &'a Write<'a>,
    two: &'a Entry<'a>,
    second: &'a Write<'a>,
    /// How many others there are like the first.
    more: usize,
}

impl<'a> Pair<'a> {
    /// The first of several earlier writes with a later one.
    fn of(entries: &'a [Entry<'a>], earlier: &[&'a Write<'a>], second: &'a Write<'a>) -> Option<Self> {
        let first = *earlier.first()?;
        let (one, two) = (entries.get(first.entry)?, entries.get(second.entry)?);
        Some(Self { one, first, two, second, more: earlier.len() - 1 })
    }

    /// A finding where the later one writes it.
    fn report(&self, rule: &'static str, message: String, hint: String, warning: bool, findings: &mut Findings) {
        let more = match self.more {
            0 => String::new(),
            1 => " (and 1 more like it)".to_owned(),
            more => format!(" (and {more} more like it)"),
        };
        let found = self.two.draft(rule, &["objects", &self.second.object.to_string()], message + &more).hint(hint);
        let place = self.one.span(&["objects", &self.first.object.to_string()]);
        let found = found.related_elsewhere(place, format!("`{}` writes it here", self.one.item.name));
        self.two.report(if warning { found.warning() } else { found }, findings);
    }

    fn unordered(&self, findings: &mut Findings) {
        let Self { first, second, .. } = self;
        let (one, two) = (&self.one.item.name, &self.two.item.name);
        let (message, hint) = if first.touched == second.touched {
            let message = format!("`{one}` and `{two}` both write `{}`, with no order between them", second.touched);
            (
                message,
                format!("add `after: [{}]` to `{}`, or the other way round", self.one.author(), self.two.author()),
            )
        } else {
            let ((whole, database), (part, object)) = if first.touched.object.is_none() {
                ((self.one, &first.touched), (self.two, &second.touched))
            } else {
                ((self.two, &second.touched), (self.one, &first.touched))
            };
            let message = format!(
                "`{}` writes the whole database `{database}` and `{}` writes `{object}` in it, with no order between them",
                whole.item.name, part.item.name
            );
            (
                message,
                format!("add `after: [{}]` to `{}`, so that the database comes first", whole.author(), part.author()),
            )
        };
        let hint = if self.one.restore.author.number == self.two.restore.author.number {
            "let the target hold `{{item}}`, so that each element has its own".to_owned()
        } else {
            hint
        };
        self.report(rule::UNORDERED_OVERLAP, message, hint, false, findings);
    }

    /// Where the plan says `replace`, it may be meant; otherwise the later one would be refused.
    fn undone(&self, findings: &mut Findings) {
        let Self { first, second, .. } = self;
        let (one, two) = (&self.one.item.name, &self.two.item.name);
        let (what, hint) = if first.touched == second.touched {
            let what = format!("writes `{}` again, so nothing stays of what `{one}` restored", second.touched);
            (what, "give one of them another target, or leave one out".to_owned())
        } else {
            let (database, object) = (&second.touched, &first.touched);
            let what =
                format!("writes the whole database `{database}`, and with it `{object}`, which `{one}` restored");
            (
                what,
                format!(
                    "let `{}` come after `{}`, or leave `{object}` out of it with `exclude`",
                    self.one.author(),
                    self.two.author()
                ),
            )
        };
        let message = format!("`{two}` comes after `{one}` and {what}");
        let warning = self.two.item.on_existing == OnExisting::Replace;
        self.report(rule::OVERWRITTEN, message, hint, warning, findings);
    }
}
