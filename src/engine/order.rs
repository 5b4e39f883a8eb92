//! Who goes first among those that may start: what the rest of the plan waits for longest.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::changeset::Decision;
use crate::model::{Millis, Slug};

/// What every restore takes besides its data, in bytes that could be restored meanwhile: the service queues it, locks
/// objects and builds them. It keeps many small ones from counting as nothing.
const BESIDES: u64 = 1 << 30;

/// What of an item the order depends on.
#[derive(Debug, Clone, Copy)]
pub struct Work<'a> {
    /// Its name.
    pub name: &'a Slug,
    /// What must have succeeded before it.
    pub after: &'a [Slug],
    /// Higher goes first.
    pub priority: i64,
    /// How many bytes it restores, where the backup's object list tells.
    pub bytes: Option<u64>,
    /// How long it will probably take, where earlier restores tell.
    pub expected: Option<Millis>,
    /// Whether there is anything to do: it isn't done, and not refused.
    pub is_open: bool,
}

impl<'a> From<&'a Decision> for Work<'a> {
    fn from(decision: &'a Decision) -> Self {
        let item = &decision.item;
        let is_open = decision.action.is_pending();
        Self {
            name: &item.name,
            after: &item.after,
            priority: item.priority,
            bytes: decision.bytes,
            expected: decision.estimate.map(|estimate| estimate.duration_ms),
            is_open,
        }
    }
}

/// The items in the order in which they go, each by its number: highest priority first; then the one with the longest way
/// to the end of the plan, itself and all that waits for it counted; then the largest; then as they come. What isn't told
/// of counts as the median of what is.
pub fn in_order(items: &[Work<'_>]) -> Vec<usize> {
    let sizes = sizes(items);
    let ways = ways(items, &sizes);
    let rank = |at: &usize| {
        let of = |all: &[u64]| Reverse(all.get(*at).copied().unwrap_or(0));
        (Reverse(items.get(*at).map_or(0, |item| item.priority)), of(&ways), of(&sizes))
    };
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_cached_key(rank);
    order
}

/// How much each item has to do: in milliseconds, where earlier restores tell how long any of them takes; else in bytes.
fn sizes(items: &[Work<'_>]) -> Vec<u64> {
    let open = || items.iter().filter(|item| item.is_open);
    let by_time = open().any(|item| item.expected.is_some());
    let told = |item: &Work<'_>| match by_time {
        true => item.expected.map(|expected| expected.0),
        false => item.bytes.map(|bytes| bytes.saturating_add(BESIDES)),
    };
    let mut all: Vec<u64> = open().filter_map(told).collect();
    all.sort_unstable();
    let median = all.get(all.len() / 2).copied().unwrap_or(BESIDES);
    items.iter().map(|item| if item.is_open { told(item).unwrap_or(median) } else { 0 }).collect()
}

/// The longest way from the begin of each item to the end of the plan, over those that wait for it. Items that wait for
/// each other in a circle, which no plan leads to, count for themselves.
fn ways(items: &[Work<'_>], sizes: &[u64]) -> Vec<u64> {
    let index: HashMap<&Slug, usize> = items.iter().enumerate().map(|(at, item)| (item.name, at)).collect();
    let needs: Vec<Vec<usize>> =
        items.iter().map(|item| item.after.iter().filter_map(|name| index.get(name).copied()).collect()).collect();
    // How many still wait for each; who has none left is done, and what it needs has one fewer.
    let mut waiting = vec![0usize; items.len()];
    for need in needs.iter().flatten() {
        if let Some(count) = waiting.get_mut(*need) {
            *count += 1;
        }
    }
    let mut ways = sizes.to_vec();
    let mut done: Vec<usize> = (0..items.len()).filter(|at| waiting.get(*at) == Some(&0)).collect();
    while let Some(at) = done.pop() {
        let own = ways.get(at).copied().unwrap_or(0);
        for need in needs.get(at).into_iter().flatten().copied() {
            let through = sizes.get(need).copied().unwrap_or(0).saturating_add(own);
            if let Some(way) = ways.get_mut(need) {
                *way = (*way).max(through);
            }
            if let Some(count) = waiting.get_mut(need) {
                *count -= 1;
                if *count == 0 {
                    done.push(need);
                }
            }
        }
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, what it waits for, priority, bytes, whether it is open.
    type Row<'a> = (&'a str, &'a [&'a str], i64, Option<u64>, bool);

    fn order(items: &[Row<'_>]) -> Vec<usize> {
        timed(items, &[])
    }

    /// As above, with what each is expected to take in milliseconds.
    fn timed(items: &[Row<'_>], expected: &[Option<u64>]) -> Vec<usize> {
        let slug = |name: &str| Slug::parse(name).unwrap();
        let named: Vec<(Slug, Vec<Slug>)> =
            items.iter().map(|(name, after, ..)| (slug(name), after.iter().map(|name| slug(name)).collect())).collect();
        let expected = expected.iter().copied().chain(std::iter::repeat(None));
        let work =
            named.iter().zip(items).zip(expected).map(|(((name, after), (_, _, priority, bytes, is_open)), took)| {
                Work { name, after, priority: *priority, bytes: *bytes, expected: took.map(Millis), is_open: *is_open }
            });
        in_order(&work.collect::<Vec<_>>())
    }

    #[test]
    fn priority_then_the_way_then_the_size_then_the_plan() {
        const G: u64 = 1 << 30;
        let none: &[&str] = &[];
        assert_eq!(
            order(&[("a", none, 0, None, true), ("b", none, 0, None, true), ("c", none, 1, None, true)]),
            [2, 0, 1]
        );
        // `b` is small, and much waits for it.
        let chain =
            [("a", none, 0, Some(3 * G), true), ("b", none, 0, Some(G), true), ("c", &["b"], 0, Some(9 * G), true)];
        assert_eq!(order(&chain), [1, 2, 0]);
        // Of two ways of one length, the larger restore begins.
        let two =
            [("a", none, 0, Some(G), true), ("b", &["a"], 0, Some(2 * G), true), ("c", none, 0, Some(4 * G), true)];
        assert_eq!(order(&two), [2, 0, 1]);
        // What isn't told counts as the median.
        assert_eq!(
            order(&[("a", none, 0, Some(G), true), ("b", none, 0, None, true), ("c", none, 0, Some(5 * G), true)]),
            [1, 2, 0]
        );
    }

    #[test]
    fn what_earlier_restores_took_outdoes_bytes() {
        let none: &[&str] = &[];
        let items = [("a", none, 0, Some(9), true), ("b", none, 0, Some(1), true), ("c", none, 0, None, true)];
        assert_eq!(timed(&items, &[Some(10), Some(30), None]), [1, 2, 0], "`c` counts as the median, the upper of two");
        assert_eq!(timed(&items, &[Some(10), Some(30), Some(20)]), [1, 2, 0]);
        // What one of them that is done took tells nothing of the others.
        let done = [("a", none, 0, Some(9), false), ("b", none, 0, Some(1), true), ("c", none, 0, Some(2), true)];
        assert_eq!(timed(&done, &[Some(10), None, None]), [2, 1, 0]);
    }

    #[test]
    fn what_is_done_counts_for_nothing_and_circles_end() {
        let none: &[&str] = &[];
        let done = [("a", none, 0, None, true), ("b", none, 0, Some(1), true), ("c", &["a"], 0, Some(99), false)];
        assert_eq!(order(&done), [0, 1, 2]);
        let circle = [("a", &["b"][..], 0, None, true), ("b", &["a"], 0, None, true), ("c", none, 0, None, true)];
        assert_eq!(order(&circle), [0, 1, 2]);
    }
}
