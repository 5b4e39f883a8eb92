//! Who waits for whom.

use std::collections::VecDeque;

use super::Entry;

/// An order of the items that `after` allows, and who waits for whom. The items are in no circle.
pub(super) struct Order {
    rank: Vec<usize>,
    /// What each item waits for, sorted.
    before: Vec<Vec<usize>>,
}

impl Order {
    pub(super) fn new(entries: &[Entry<'_>]) -> Self {
        let index = super::first_by_name(entries);
        let named = |entry: &Entry<'_>| -> Vec<usize> {
            let mut edges: Vec<usize> = entry.item.after.iter().filter_map(|name| index.get(name).copied()).collect();
            edges.sort_unstable();
            edges
        };
        let before: Vec<Vec<usize>> = entries.iter().map(named).collect();
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
        let mut queue: VecDeque<usize> = free.collect();
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

    /// Where an item stands in the order.
    pub(super) fn rank(&self, item: usize) -> usize {
        self.rank.get(item).copied().unwrap_or(0)
    }

    /// What goes through the order to tell who waits for whom.
    pub(super) fn walker(&self, room: usize) -> Walker<'_> {
        Walker { order: self, seen: vec![0; self.rank.len()], walk: 0, room }
    }
}

/// Goes through an order, again and again, for so many steps in all.
pub(super) struct Walker<'a> {
    order: &'a Order,
    /// The walk on which each item was last seen.
    seen: Vec<usize>,
    walk: usize,
    room: usize,
}

impl Walker<'_> {
    /// Whether `later` waits for `earlier`, directly or not. None: no steps are left to tell.
    ///
    /// Depth first, and what an item waits for is searched before it is walked: who waits through a group of thousands
    /// for what came before that group is found at the first of the group.
    pub(super) fn reaches(&mut self, earlier: usize, later: usize) -> Option<bool> {
        let order = self.order;
        let floor = order.rank(earlier);
        let edges = |item: usize| order.before.get(item).map_or(&[][..], Vec::as_slice);
        self.walk += 1;
        if edges(later).binary_search(&earlier).is_ok() {
            return Some(true);
        }
        let mut path = vec![edges(later).iter()];
        while let Some(next) = path.last_mut() {
            self.room = self.room.checked_sub(1)?;
            let Some(item) = next.next() else {
                path.pop();
                continue;
            };
            let Some(seen) = self.seen.get_mut(*item).filter(|seen| **seen != self.walk) else { continue };
            *seen = self.walk;
            if order.rank(*item) <= floor {
                continue;
            }
            if edges(*item).binary_search(&earlier).is_ok() {
                return Some(true);
            }
            path.push(edges(*item).iter());
        }
        Some(false)
    }
}
