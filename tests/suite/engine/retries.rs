//! Further attempts: after which failures, after how long, and how many at most.

use restorectl::engine::Event;
use restorectl::model::*;

use super::hand::{ByHand, applied};
use crate::drill::simple;

#[test]
fn a_failed_attempt_is_followed_by_a_pause() {
    let mut plan = simple(1);
    plan.limits.retries = 1;
    let mut by_hand = ByHand::start(&plan);
    by_hand.reply("item-0", applied(), 1);
    by_hand.shows("item-0", "FAILED", 31);
    assert_eq!(by_hand.creates.len(), 1);
    by_hand.tell(Event::Woken, 61);
    assert_eq!(by_hand.creates.len(), 2);
}

#[test]
fn nothing_is_tried_again_once_somebody_stopped_the_run() {
    let mut plan = simple(1);
    plan.limits.retries = 3;
    let mut by_hand = ByHand::start(&plan);
    by_hand.reply("item-0", applied(), 1);
    by_hand.tell(Event::Stop, 2);
    by_hand.shows("item-0", "FAILED", 31);
    assert_eq!(by_hand.creates.len(), 1);
    assert!(by_hand.machine.state().closed.is_some(), "there is nothing left to wait for");
}

/// What becomes of an item whose first attempt ended so, where these failures are tried again.
fn tried_again(retry_on: RetryOn, status: &str) -> (usize, Option<String>) {
    let mut plan = simple(1);
    plan.limits.retries = 1;
    plan.limits.retry_on = retry_on;
    let mut by_hand = ByHand::start(&plan);
    by_hand.reply("item-0", applied(), 1);
    by_hand.shows("item-0", status, 31);
    by_hand.tell(Event::Woken, 61);
    (by_hand.creates.len(), by_hand.end("item-0").map(|(end, why)| format!("{end}: {why}")))
}

#[test]
fn only_what_is_worth_it_is_tried_again() {
    let (whole, part) = ("FAILED", "COMPLETED_WITH_ERRORS");
    for (retry_on, status) in
        [(RetryOn::Any, whole), (RetryOn::Any, part), (RetryOn::Failed, whole), (RetryOn::PartlyFailed, part)]
    {
        assert_eq!(tried_again(retry_on, status), (2, None), "{retry_on:?} {status}");
    }
    let why = "it gets no further attempt: `limits.retry_on` leaves such failures out";
    assert_eq!(tried_again(RetryOn::PartlyFailed, whole), (1, Some(format!("failed: FAILED; {why}"))));
    let partly = Some(format!("partly failed: COMPLETED_WITH_ERRORS; {why}"));
    assert_eq!(tried_again(RetryOn::Failed, part), (1, partly));
    for status in ["COMPLETED_SUCCESSFULLY", "COMPLETED_WITH_WARNINGS"] {
        assert_eq!(tried_again(RetryOn::Any, status).0, 1, "{status}");
    }
}

#[test]
fn all_restores_of_a_run_share_one_budget_of_further_attempts() {
    let mut plan = simple(2);
    plan.limits.retries = 5;
    plan.limits.retry_budget = Some(2);
    let mut by_hand = ByHand::start(&plan);
    by_hand.reply("item-0", applied(), 1);
    by_hand.reply("item-1", applied(), 1);
    by_hand.lists(&[("item-0", "FAILED"), ("item-1", "FAILED")], 31);
    by_hand.tell(Event::Woken, 61);
    assert_eq!(by_hand.creates, ["item-0", "item-1", "item-0", "item-1"]);
    by_hand.reply("item-0", applied(), 62);
    by_hand.reply("item-1", applied(), 62);
    by_hand.lists(&[("item-0", "FAILED"), ("item-1", "COMPLETED_SUCCESSFULLY")], 92);
    let why = "FAILED; it gets no further attempt: `limits.retry_budget` is used up";
    assert_eq!(by_hand.end("item-0"), Some((End::Failed, why)));
    assert_eq!(by_hand.end("item-1").unwrap().0, End::Succeeded);
    assert!(by_hand.machine.state().closed.is_some());
}

#[test]
fn what_never_arrived_is_sent_again_within_the_budget_too() {
    let mut plan = simple(1);
    plan.limits.retry_budget = Some(0);
    let mut by_hand = ByHand::start(&plan);
    by_hand.reply("item-0", CreateOutcome::Unknown { message: "reset".into() }, 1);
    for seconds in [31, 61, 91] {
        by_hand.lists(&[], seconds);
    }
    let (end, why) = by_hand.end("item-0").unwrap();
    assert_eq!((end, by_hand.creates.len()), (End::Rejected, 1));
    assert!(why.ends_with("never arrived, and `limits.retry_budget` leaves no further attempt"), "{why}");
}

#[test]
fn after_so_many_failures_what_runs_is_waited_for_and_nothing_more_is_started() {
    let mut plan = simple(4);
    plan.limits.concurrency = 2;
    plan.limits.max_failures = Some(1);
    plan.limits.retries = 3;
    plan.limits.retry_on = RetryOn::PartlyFailed;
    let mut by_hand = ByHand::start(&plan);
    by_hand.reply("item-0", applied(), 1);
    by_hand.reply("item-1", applied(), 1);
    by_hand.lists(&[("item-0", "FAILED"), ("item-1", "RUNNING")], 31);
    assert_eq!(by_hand.end("item-1"), None, "what runs goes on");
    for item in ["item-2", "item-3"] {
        let why = "1 restores have failed, as many as `limits.max_failures` allows";
        assert_eq!(by_hand.end(item), Some((End::Skipped, why)));
    }
    // Nor does what would be tried again get another attempt.
    by_hand.lists(&[("item-1", "COMPLETED_WITH_ERRORS")], 61);
    assert_eq!(by_hand.end("item-1").unwrap().0, End::PartlyFailed);
    assert_eq!(by_hand.creates.len(), 2);
}
