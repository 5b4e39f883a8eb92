//! Times that are up: of a restore, of its stay in the site's queue, of the whole run.

use restorectl::engine::Event;
use restorectl::journal::Closed;
use restorectl::model::*;

use super::hand::{ByHand, applied};
use crate::drill::simple;

fn slug(name: &str) -> Slug {
    Slug::parse(name).unwrap()
}

#[test]
fn what_outlived_its_deadline_goes_on_at_the_site_and_counts_there() {
    let mut plan = simple(4);
    plan.limits.concurrency = 4;
    plan.items[0].deadline_ms = Millis::from_secs(100);
    // Needs it; writes to the same table; and one that keeps the run going.
    plan.items[1].after = vec![slug("item-0")];
    plan.items[2].objects = plan.items[0].objects.clone();
    for item in &mut plan.items {
        item.on_existing = OnExisting::Replace;
    }
    let mut by_hand = ByHand::start(&plan);
    assert_eq!(by_hand.creates, ["item-0", "item-3"]);
    by_hand.reply("item-0", applied(), 1);
    by_hand.reply("item-3", applied(), 1);
    by_hand.lists(&[("item-0", "RUNNING"), ("item-3", "RUNNING")], 31);
    // It is looked for once more before its time is said to be up.
    by_hand.tell(Event::Woken, 100);
    assert_eq!(by_hand.end("item-0"), None);
    by_hand.lists(&[("item-0", "RUNNING"), ("item-3", "RUNNING")], 101);
    let name = by_hand.progress("item-0").attempts[0].job_name.to_string();
    let why = format!(
        "its deadline of 1m 40s passed; `{name}` (restore 1) was last seen as RUNNING, and may go on at the site"
    );
    assert_eq!(by_hand.end("item-0"), Some((End::TimedOut, why.as_str())));
    assert_eq!(by_hand.end("item-1"), Some((End::Skipped, "it needs `item-0`, which ended as: timed out")));
    assert!(by_hand.progress("item-0").may_run());
    by_hand.lists(&[("item-0", "RUNNING"), ("item-3", "RUNNING")], 161);
    assert_eq!(by_hand.creates.len(), 2, "item-2 writes to what item-0 still writes to");
    by_hand.lists(&[("item-0", "COMPLETED_SUCCESSFULLY"), ("item-3", "RUNNING")], 221);
    assert_eq!(by_hand.creates, ["item-0", "item-3", "item-2"], "the site is done with it");
    assert_eq!(by_hand.end("item-0").unwrap().0, End::TimedOut, "what was said of it stands");
}

#[test]
fn who_waits_for_what_outlived_its_deadline_does_not_wait_for_ever() {
    let mut plan = simple(2);
    plan.items[0].deadline_ms = Millis::from_secs(100);
    plan.items[1].objects = plan.items[0].objects.clone();
    plan.items.iter_mut().for_each(|item| item.on_existing = OnExisting::Replace);
    let mut by_hand = ByHand::start(&plan);
    by_hand.reply("item-0", applied(), 1);
    by_hand.shows("item-0", "RUNNING", 31);
    by_hand.shows("item-0", "RUNNING", 101);
    let why = "`item-0` touches `DRILL.t0` too, and what may still run at the site holds that";
    assert_eq!(by_hand.end("item-1"), Some((End::Skipped, why)));
    assert!(matches!(by_hand.machine.state().closed, Some((_, Closed::Completed))));
    assert_eq!(by_hand.machine.state().may_run().count(), 1, "and the report tells of it");
}

#[test]
fn only_the_queue_has_a_deadline_of_its_own_there() {
    let mut plan = simple(2);
    plan.limits.queue_deadline_ms = Some(Millis::from_secs(60));
    let mut by_hand = ByHand::start(&plan);
    by_hand.reply("item-0", applied(), 1);
    by_hand.reply("item-1", applied(), 1);
    by_hand.lists(&[("item-0", "QUEUED"), ("item-1", "QUEUED")], 31);
    by_hand.lists(&[("item-0", "QUEUED"), ("item-1", "RUNNING")], 61);
    let (end, why) = by_hand.end("item-0").unwrap();
    assert_eq!(end, End::TimedOut);
    assert!(why.starts_with("its deadline of 1m in the site's queue passed; `"), "{why}");
    assert!(why.ends_with("was last seen as QUEUED, and may go on at the site"), "{why}");
    by_hand.lists(&[("item-0", "QUEUED"), ("item-1", "RUNNING")], 200);
    assert_eq!(by_hand.end("item-1"), None, "it has begun, so the queue's deadline is none of its own any more");
    assert!(by_hand.progress("item-0").may_run());
}

#[test]
fn a_run_that_may_take_no_longer_ends_what_runs_and_starts_nothing_more() {
    let mut plan = simple(3);
    plan.limits.concurrency = 1;
    plan.limits.run_deadline_ms = Some(Millis::from_secs(100));
    let mut by_hand = ByHand::start(&plan);
    by_hand.reply("item-0", applied(), 1);
    by_hand.shows("item-0", "RUNNING", 31);
    by_hand.tell(Event::Woken, 100);
    for item in ["item-1", "item-2"] {
        let why = "the run's deadline of 1m 40s passed before it could start";
        assert_eq!(by_hand.end(item), Some((End::Skipped, why)));
    }
    by_hand.shows("item-0", "RUNNING", 101);
    let (end, why) = by_hand.end("item-0").unwrap();
    assert_eq!(end, End::TimedOut);
    assert!(why.starts_with("the run's deadline of 1m 40s passed; `"), "{why}");
    assert_eq!(by_hand.creates, ["item-0"]);
    assert!(matches!(by_hand.machine.state().closed, Some((_, Closed::Completed))));
}
