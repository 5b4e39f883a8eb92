//! Whole runs in virtual time over a journal that fails: before it writes, after it wrote, or by losing the lease.

use restorectl::engine::DriveError;
use restorectl::journal::{Closed, Entry, Record, StoreError, replay};
use restorectl::model::*;

use crate::drill::simple;
use crate::schedules::bodies::dice::Dice;
use crate::schedules::bodies::life::{Signals, World};
use crate::schedules::bodies::site::{Faults, LATEST};
use crate::schedules::bodies::store::Failure;

/// A plan's life: a run that meets the failure, some time, and a run over a journal that is whole again.
fn life(seed: u64, commit: u32, failure: Failure) {
    let mut dice = Dice::new(seed);
    let mut plan = simple(6);
    plan.limits.settle_window_ms = Millis(LATEST + 5_000);
    plan.limits.retries = 1;
    for item in &mut plan.items {
        item.on_existing = OnExisting::Replace;
    }
    let mut chance = || dice.below(20);
    let faults = Faults { lost_reply: chance(), lost_request: chance(), late: chance(), ..Faults::default() };
    let world = World::new(dice.roll(), plan, faults, None);
    world.journal.fail(commit, failure);
    let driven = world.run(&mut world.apply(Signals::new())).expect("it ends");
    let named = format!("seed {seed}, commit {commit}, {failure:?}");
    match (failure, driven) {
        (_, Ok(_)) => assert!(commit > 10, "{named}: it met no failure"),
        (Failure::Lost, Err(DriveError::Lease(StoreError::LeaseLost { .. }))) => {}
        // Who lost the lease may find it out by writing.
        (Failure::Lost, Err(DriveError::Journal(StoreError::LeaseLost { .. }))) => {}
        (Failure::Before | Failure::After, Err(DriveError::Journal(_))) => {}
        (_, Err(other)) => panic!("{named}: {other:?}"),
    }
    world.journal.heal();
    // Whatever is on the wire arrives; and each of it has its intent in the journal.
    world.site.time().pass(u64::from(dice.percent(50)) * dice.below(60) * 1000);
    let (_, entries) = world.journal.all().pop().unwrap();
    replay(&entries).unwrap();
    let intended = |entry: Entry| match entry.record {
        Record::Intent { job_name, .. } => Some(job_name),
        _ => None,
    };
    let intended: Vec<JobName> = entries.into_iter().filter_map(intended).collect();
    for accepted in world.site.accepted() {
        assert!(intended.contains(&accepted.name), "{named}: {} was sent without a durable intent", accepted.name);
    }
    world.killed();
    let (_, state) = world.run(&mut world.apply(Signals::new())).expect("it ends").unwrap();
    assert!(matches!(state.closed, Some((_, Closed::Completed))), "{named}");
    assert_eq!(world.site.broken(), Vec::<String>::new(), "{named}");
    let now = world.site.time().millis();
    for item in &world.site.plan().items {
        let there = world.site.accepted().iter().any(|a| a.item == item.name && a.ends <= now && !a.fails);
        assert!(there, "{named}: {} isn't there", item.name);
    }
}

#[test]
fn whatever_commit_fails_nothing_is_sent_without_its_intent_and_nothing_is_doubled() {
    for failure in [Failure::Before, Failure::After, Failure::Lost] {
        for commit in 1..=16 {
            for seed in 0..6 {
                life(seed, commit, failure);
            }
        }
    }
}
