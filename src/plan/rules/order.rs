//! Who waits for whom.

use std::collections::{HashSet, VecDeque};

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

    /// Whether `later` waits for `earlier`, directly or not. Each step that is looked at is taken off `room`; none:
    /// there was not enough of it to tell.
    pub(super) fn reaches(&self, earlier: usize, later: usize, room: &mut usize) -> Option<bool> {
        let floor = self.rank(earlier);
        let mut seen = HashSet::new();
        let mut stack = vec![later];
        while let Some(item) = stack.pop() {
            let edges = self.before.get(item).map_or(&[][..], Vec::as_slice);
            if edges.binary_search(&earlier).is_ok() {
                return Some(true);
            }
            *room = room.checked_sub(edges.len() + 1)?;
            stack.extend(edges.iter().copied().filter(|edge| self.rank(*edge) > floor && seen.insert(*edge)));
        }
        Some(false)
    }
}
