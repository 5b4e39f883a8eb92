//! How close the order in which restores start comes to the shortest run that could be, beside the plan's own order.
//!
//! `cargo bench --bench order` prints a table. A run can't be shorter than its longest chain of restores that wait for each
//! other, nor than all its work divided among its slots; the greater of both is the bound. Durations follow from sizes,
//! with 20 seconds besides and 50 MB a second; no clock is read, so every run prints the same.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement may stop at once")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use restorectl::engine::{Work, in_order};
use restorectl::model::Slug;

/// One restore of a plan.
struct Restore {
    name: Slug,
    bytes: u64,
    /// What it waits for, by name and by number.
    after: Vec<Slug>,
    needs: Vec<usize>,
}

/// How many plans of each kind are tried.
const PLANS: u64 = 200;

/// The same numbers everywhere (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

fn main() {
    println!("{:>14} {:>8} {:>6} {:>16} {:>16}", "sizes", "restores", "slots", "plan's order", "our order");
    for (name, heavy, dependent) in
        [("uniform", false, false), ("heavy-tailed", true, false), ("dependent", false, true), ("both", true, true)]
    {
        for (restores, slots) in [(50, 8), (500, 32), (2000, 64)] {
            let (mut theirs, mut ours) = (Vec::new(), Vec::new());
            for seed in 0..PLANS {
                let plan = plan(&mut Dice(seed), restores, heavy, dependent);
                let bound = bound(&plan, slots);
                theirs.push(makespan(&plan, &(0..restores).collect::<Vec<_>>(), slots) / bound);
                let work: Vec<Work<'_>> = plan.iter().map(Restore::work).collect();
                ours.push(makespan(&plan, &in_order(&work), slots) / bound);
            }
            println!("{name:>14} {restores:>8} {slots:>6} {:>16} {:>16}", told(theirs), told(ours));
        }
    }
}

/// Mean and worst.
fn told(mut ratios: Vec<f64>) -> String {
    ratios.sort_by(f64::total_cmp);
    format!("{:.3} / {:.3}", ratios.iter().sum::<f64>() / ratios.len() as f64, ratios.last().unwrap())
}

fn plan(dice: &mut Dice, restores: usize, heavy: bool, dependent: bool) -> Vec<Restore> {
    (0..restores)
        .map(|number| {
            let megabytes = if heavy {
                // A Pareto distribution: most are small, and a few are most of the work.
                let part = (dice.below(1_000_000) + 1) as f64 / 1_000_001.0;
                (500.0 / part.powf(0.8)).min(2_000_000.0) as u64
            } else {
                1_000 + dice.below(9_000)
            };
            let after = (0..if dependent { dice.below(3) } else { 0 }).filter(|_| number > 0);
            let needs: Vec<usize> = after.map(|_| usize::try_from(dice.below(number as u64)).unwrap()).collect();
            let after = needs.iter().copied().map(name).collect();
            Restore { name: name(number), bytes: megabytes * 1_000_000, after, needs }
        })
        .collect()
}

impl Restore {
    fn work(&self) -> Work<'_> {
        Work {
            name: &self.name,
            after: &self.after,
            priority: 0,
            bytes: Some(self.bytes),
            expected: None,
            is_open: true,
        }
    }

    /// How long it takes, in seconds.
    fn seconds(&self) -> f64 {
        20.0 + self.bytes as f64 / 50e6
    }
}

/// What no order can beat.
fn bound(plan: &[Restore], slots: usize) -> f64 {
    let mut ends = Vec::with_capacity(plan.len());
    for restore in plan {
        // What is needed stands before what needs it.
        let begin = restore.needs.iter().map(|need: &usize| ends[*need]).fold(0.0, f64::max);
        ends.push(begin + restore.seconds());
    }
    let work: f64 = plan.iter().map(Restore::seconds).sum();
    ends.into_iter().fold(work / slots as f64, f64::max)
}

/// How long the run takes if whoever comes first in the order starts as soon as it may.
fn makespan(plan: &[Restore], order: &[usize], slots: usize) -> f64 {
    let (mut started, mut done) = (vec![false; plan.len()], vec![false; plan.len()]);
    // Ends in microseconds, the earliest first.
    let mut running: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    let mut now = 0;
    loop {
        for at in order {
            if running.len() < slots && !started[*at] && plan[*at].needs.iter().all(|need| done[*need]) {
                started[*at] = true;
                running.push(Reverse((now + (plan[*at].seconds() * 1e6) as u64, *at)));
            }
        }
        let Some(Reverse((end, at))) = running.pop() else { return now as f64 / 1e6 };
        (now, done[at]) = (end, true);
    }
}

fn name(number: usize) -> Slug {
    Slug::parse(&format!("r{number}")).unwrap()
}
