//! How long a run will probably take: its restores in the engine's own order, within its own limits, each as long as it is
//! expected to take.
//!
//! What can't be foreseen isn't in it: failures and further attempts, calls and their polling, and that fewer may be kept in
//! flight while the service has too much to do. What is known of no restore counts as the median of those that are known.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::admit::Occupied;
use super::order::{Work, in_order};
use super::queue::{Full, Queue};
use crate::changeset::{Changeset, Decision, Forecast};
use crate::model::{Action, Millis, RestoreRecord, Slug};

/// Forecasts a run of a changeset by list scheduling.
pub fn forecast(changeset: &Changeset) -> Forecast {
    Forecast { duration_ms: Schedule::new(changeset).and_then(Schedule::end), ..Forecast::known(changeset) }
}

struct Schedule<'a> {
    changeset: &'a Changeset,
    /// What an item takes of which nothing is known.
    median: Millis,
    /// How many each still waits for.
    missing: Vec<usize>,
    dependants: Vec<Vec<usize>>,
    queue: Queue,
    occupied: Occupied,
    /// When what is under way ends, the next first.
    running: BinaryHeap<Reverse<(u64, usize)>>,
    left: usize,
}

impl<'a> Schedule<'a> {
    /// None where nothing is known of any restore.
    fn new(changeset: &'a Changeset) -> Option<Self> {
        let items = &changeset.items;
        let pending = items.iter().filter(|decision| decision.action.is_pending());
        let mut told: Vec<Millis> = pending.clone().filter_map(|d| d.estimate).map(|e| e.duration_ms).collect();
        told.sort_unstable();
        let median = *told.get(told.len() / 2)?;
        let order = in_order(&items.iter().map(Work::from).collect::<Vec<_>>());
        let index: HashMap<&Slug, usize> = items.iter().enumerate().map(|(at, d)| (&d.item.name, at)).collect();
        let mut dependants = vec![Vec::new(); items.len()];
        let mut missing = vec![0; items.len()];
        for (at, decision) in items.iter().enumerate() {
            for need in decision.item.after.iter().filter_map(|need| index.get(need).copied()) {
                let is_open = items.get(need).is_some_and(|need| need.action != Action::Satisfied);
                if let (true, Some(list), Some(count)) = (is_open, dependants.get_mut(need), missing.get_mut(at)) {
                    list.push(at);
                    *count += 1;
                }
            }
        }
        Some(Self {
            changeset,
            median,
            missing,
            dependants,
            queue: Queue::new(items.iter().map(|decision| &decision.item), &order),
            occupied: Occupied::default(),
            running: BinaryHeap::new(),
            left: pending.count(),
        })
    }

    /// When the last of the pending items ends; none if some of them can never begin.
    fn end(mut self) -> Option<Millis> {
        let items = &self.changeset.items;
        for (at, decision) in items.iter().enumerate() {
            let runs = decision.action == Action::Adopt || decision.action == Action::Blocked && decision.may_run();
            if runs {
                self.begin(at, decision, remaining(decision, self.takes(decision), self.changeset).0);
            } else if decision.action.sends() && self.missing.get(at) == Some(&0) {
                self.queue.push(at);
            }
        }
        let mut end = 0;
        self.admit(0);
        while let Some(Reverse((now, at))) = self.running.pop() {
            self.leave(at, now, &mut end);
            // What ends at one moment leaves room together.
            while let Some(Reverse((_, at))) = self.running.peek().copied().filter(|Reverse((next, _))| *next == now) {
                self.running.pop();
                self.leave(at, now, &mut end);
            }
            self.admit(now);
        }
        (self.left == 0).then_some(Millis(end))
    }

    fn takes(&self, decision: &Decision) -> Millis {
        decision.estimate.map_or(self.median, |estimate| estimate.duration_ms)
    }

    fn begin(&mut self, at: usize, decision: &Decision, end: u64) {
        self.occupied.add(at, &decision.item);
        self.running.push(Reverse((end, at)));
    }

    fn leave(&mut self, at: usize, now: u64, end: &mut u64) {
        let Some(decision) = self.changeset.items.get(at) else { return };
        self.occupied.remove(at, &decision.item);
        self.queue.left(at);
        if !decision.action.is_pending() {
            return;
        }
        *end = (*end).max(now);
        self.left = self.left.saturating_sub(1);
        for next in self.dependants.get(at).cloned().unwrap_or_default() {
            if let Some(missing) = self.missing.get_mut(next) {
                *missing = missing.saturating_sub(1);
                if *missing == 0 && self.changeset.items.get(next).is_some_and(|next| next.action.sends()) {
                    self.queue.push(next);
                }
            }
        }
    }

    fn admit(&mut self, now: u64) {
        let (items, limits) = (&self.changeset.items, &self.changeset.limits);
        let mut full = Full::default();
        loop {
            let occupied = &self.occupied;
            let obstacle = |at: usize| occupied.obstacle(&items.get(at)?.item, limits, limits.concurrency);
            let Some(at) = self.queue.next(&mut full, obstacle) else { return };
            let Some(decision) = items.get(at) else { return };
            self.begin(at, decision, now.saturating_add(self.takes(decision).0));
        }
    }
}

/// What is left of a restore that runs since a while, as far as the site tells when it began.
fn remaining(decision: &Decision, takes: Millis, changeset: &Changeset) -> Millis {
    let running = decision.saw.restores.iter().rev().find(|restore: &&RestoreRecord| !restore.is_final());
    let began = running.and_then(|restore| restore.start_time).filter(|began| *began <= changeset.created_at);
    let passed = began.map_or(0, |began| Millis::between(began, changeset.created_at).0);
    Millis(takes.0.saturating_sub(passed))
}
