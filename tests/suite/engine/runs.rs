//! Whole runs in virtual time, at the model site of the schedules.

use restorectl::changeset::Changeset;
use restorectl::engine::Signal;
use restorectl::journal::{Closed, ItemState, RunState};
use restorectl::model::*;

use crate::drill::{item, simple};
use crate::schedules::bodies::life::{Signals, World};
use crate::schedules::bodies::site::Faults;

/// A world that does as it is told, but for these faults.
fn world(seed: u64, plan: &Plan, faults: Faults) -> World {
    World::new(seed, plan.clone(), faults, None)
}

fn apply(world: &World, signals: Signals) -> (Changeset, RunState) {
    world.run(&mut world.apply(signals)).expect("it ends").unwrap()
}

fn names(world: &World) -> Vec<JobName> {
    world.site.accepted().into_iter().map(|accepted| accepted.name).collect()
}

#[test]
fn a_second_apply_sends_nothing() {
    let world = world(1, &simple(5), Faults::default());
    apply(&world, vec![]);
    assert_eq!(names(&world).len(), 5);
    let (changeset, _) = apply(&world, vec![]);
    assert_eq!(changeset.count(Action::Satisfied), 5);
    assert!(!changeset.has_changes());
    assert_eq!(names(&world).len(), 5);
}

#[test]
fn a_lost_reply_is_settled_by_reading_and_never_by_sending() {
    let world = world(2, &simple(4), Faults { lost_reply: 100, ..Faults::default() });
    let (_, state) = apply(&world, vec![]);
    assert_eq!(names(&world).len(), 4);
    assert!(state.items.values().all(|p| p.state == ItemState::Ended(End::Succeeded)), "{state:#?}");
}

#[test]
fn one_list_call_a_tick_follows_everything() {
    let mut plan = simple(60);
    plan.limits.concurrency = 60;
    let world = world(3, &plan, Faults::default());
    apply(&world, vec![]);
    // One for the diff; then at most one every 30 s while the longest (121 s) ran.
    assert!(world.site.lists() <= 1 + 6, "{} list calls", world.site.lists());
}

#[test]
fn a_deadline_ends_the_item_and_keeps_its_place() {
    let mut plan = simple(2);
    plan.limits.concurrency = 1;
    plan.items[0].deadline_ms = Millis(100);
    let after = plan.items[0].name.clone();
    plan.items.push(item("last", "last"));
    plan.items[2].after = vec![after];
    let world = world(4, &plan, Faults::default());
    let (_, state) = apply(&world, vec![]);
    let ends: Vec<_> = plan.items.iter().map(|i| state.items[&i.name].state).collect();
    // Nothing may run beside what still runs, and nothing waits for it for ever.
    assert!(matches!(ends[0], ItemState::Ended(End::TimedOut | End::Unknown)), "{ends:?}");
    assert_eq!(ends[1], ItemState::Ended(End::Skipped));
    assert_eq!(ends[2], ItemState::Ended(End::Skipped));
    assert_eq!(world.site.broken(), Vec::<String>::new());
    assert_eq!(names(&world).len(), 1);
}

#[test]
fn too_many_failures_stop_new_work() {
    let mut plan = simple(6);
    plan.limits.concurrency = 1;
    plan.limits.max_failures = Some(2);
    let world = world(5, &plan, Faults { failure: 100, ..Faults::default() });
    let (_, state) = apply(&world, vec![]);
    let count = |end| state.items.values().filter(|p| p.state == ItemState::Ended(end)).count();
    assert_eq!((count(End::Failed), count(End::Skipped)), (2, 4));
}

#[test]
fn retries_are_counted_and_named_apart() {
    let mut plan = simple(1);
    plan.limits.retries = 2;
    let world = world(6, &plan, Faults { failure: 100, ..Faults::default() });
    let (_, state) = apply(&world, vec![]);
    assert_eq!(state.items[&plan.items[0].name].state, ItemState::Ended(End::Failed));
    let names: Vec<String> = names(&world).iter().map(|name| name.as_str()[name.as_str().len() - 3..].into()).collect();
    assert_eq!(names, ["1_1", "1_2", "1_3"]);
}

#[test]
fn a_first_signal_drains_and_a_second_leaves() {
    let mut plan = simple(5);
    plan.limits.concurrency = 2;
    let world = world(7, &plan, Faults::default());
    let (_, state) = apply(&world, vec![(4_000, Signal::Stop)]);
    assert_eq!(state.closed.unwrap().1, Closed::Interrupted);
    assert_eq!(state.may_run().count(), 0, "what ran was waited for");
    assert_eq!(names(&world).len(), 2);

    let (_, state) = apply(&world, vec![(8_000, Signal::Stop), (8_000, Signal::Leave)]);
    assert_eq!(state.closed.unwrap().1, Closed::Interrupted);
    assert_eq!(state.may_run().count(), 2, "what runs at the site is known");
    let (_, state) = apply(&world, vec![]);
    assert_eq!(state.closed.unwrap().1, Closed::Completed);
    assert_eq!(names(&world).len(), 5);
    assert_eq!(world.site.broken(), Vec::<String>::new());
}
