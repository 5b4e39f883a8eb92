//! A service that has too much to do: fewer are kept in flight, and again more as restores succeed.

use restorectl::engine::Event;
use restorectl::model::*;

use super::hand::{ByHand, applied, busy};
use crate::drill::{simple, start};

#[test]
fn a_service_that_asks_for_peace_gets_it() {
    let mut plan = simple(1);
    plan.limits.concurrency = 1;
    let mut by_hand = ByHand::start(&plan);
    by_hand.reply("item-0", busy(120), 1);
    assert_eq!(by_hand.wake, Some(Millis::from_secs(121).after(start())), "it asks to be woken then, and not before");
    by_hand.tell(Event::Woken, 120);
    assert_eq!(by_hand.creates.len(), 1);
    by_hand.tell(Event::Woken, 121);
    assert_eq!(by_hand.creates.len(), 2);
}

const DONE: &str = "COMPLETED_SUCCESSFULLY";

/// Eight restores, four in flight, all accepted in the first second.
fn four_of_eight(adaptive: bool) -> ByHand {
    let mut plan = simple(8);
    plan.limits.concurrency = 4;
    plan.limits.adaptive = adaptive;
    let mut by_hand = ByHand::start(&plan);
    assert_eq!(by_hand.creates.len(), 4);
    for item in 0..4 {
        by_hand.reply(&format!("item-{item}"), applied(), 1);
    }
    by_hand
}

#[test]
fn a_sign_of_pressure_halves_what_is_kept_in_flight_and_each_success_gives_one_back() {
    let mut by_hand = four_of_eight(true);
    // Whichever call was answered with 429 or 503.
    by_hand.tell(Event::Pressed, 2);
    by_hand.tell(Event::Pressed, 3);
    let lowered = "the service asks for fewer calls, so 2 are kept in flight instead of 4";
    assert_eq!(by_hand.concurrency(), [(2, lowered.to_owned())], "one burst counts once");
    by_hand.lists(&[("item-0", "FAILED"), ("item-1", "FAILED"), ("item-2", "RUNNING"), ("item-3", "RUNNING")], 31);
    assert_eq!(by_hand.creates.len(), 4, "two run, and two are allowed");
    by_hand.lists(&[("item-2", DONE), ("item-3", "RUNNING")], 61);
    assert_eq!(by_hand.creates.len(), 6, "one succeeded, so three are allowed");
    by_hand.reply("item-4", applied(), 62);
    by_hand.reply("item-5", applied(), 62);
    by_hand.lists(&[("item-3", DONE), ("item-4", "RUNNING"), ("item-5", "RUNNING")], 92);
    let restored = "restores succeed again, so 4 are kept in flight as before";
    assert_eq!(by_hand.concurrency(), [(2, lowered.to_owned()), (4, restored.to_owned())]);
    assert_eq!(by_hand.creates.len(), 8);
}

#[test]
fn a_queue_that_does_not_shrink_is_a_sign_of_pressure() {
    let mut by_hand = four_of_eight(true);
    let queue = [("item-0", "RUNNING"), ("item-1", "QUEUED"), ("item-2", "QUEUED"), ("item-3", "QUEUED")];
    by_hand.lists(&queue, 31);
    assert_eq!(by_hand.concurrency(), [], "they may just have come");
    by_hand.lists(&queue, 61);
    let lowered = "3 wait in the queue of site `PROD`, where 1 run, so 2 are kept in flight instead of 4";
    assert_eq!(by_hand.concurrency(), [(2, lowered.to_owned())]);
}

#[test]
fn a_queue_behind_as_many_that_run_is_none() {
    let mut by_hand = four_of_eight(true);
    for seconds in [31, 61, 91] {
        by_hand.lists(
            &[("item-0", "RUNNING"), ("item-1", "RUNNING"), ("item-2", "QUEUED"), ("item-3", "QUEUED")],
            seconds,
        );
    }
    assert_eq!(by_hand.concurrency(), []);
}

#[test]
fn nothing_is_lowered_where_the_plan_does_not_want_it() {
    let mut by_hand = four_of_eight(false);
    by_hand.tell(Event::Pressed, 2);
    by_hand.lists(&[("item-0", "FAILED"), ("item-1", "RUNNING"), ("item-2", "RUNNING"), ("item-3", "RUNNING")], 31);
    assert_eq!((by_hand.concurrency().len(), by_hand.creates.len()), (0, 5));
}
