//! The last look for what was sent and has no answer: among the restores of its backup execution.

use restorectl::journal::ItemState;
use restorectl::model::*;

use super::hand::ByHand;
use crate::drill::simple;

/// One create whose answer was lost.
fn unknown() -> ByHand {
    let mut by_hand = ByHand::start(&simple(1));
    by_hand.reply("item-0", CreateOutcome::Unknown { message: "reset".into() }, 1);
    by_hand
}

fn notes(by_hand: &ByHand) -> String {
    by_hand.progress("item-0").notes.join("\n")
}

#[test]
fn what_no_list_shows_is_looked_for_there_before_it_is_given_up() {
    let mut by_hand = unknown();
    by_hand.lists(&[], 31);
    assert!(by_hand.searches.is_empty(), "the settle window isn't over");
    by_hand.lists(&[], 61);
    assert_eq!((by_hand.searches.len(), by_hand.creates.len()), (1, 2), "it is there neither, so it is given up");
}

#[test]
fn what_is_found_there_is_followed_and_not_sent_again() {
    let mut by_hand = unknown();
    by_hand.found = Ok(Some(vec![by_hand.restore("item-0", "RUNNING")]));
    for seconds in [31, 61, 91] {
        by_hand.lists(&[], seconds);
    }
    assert_eq!(by_hand.creates.len(), 1);
    assert_eq!(by_hand.progress("item-0").state, ItemState::Following);
    assert!(notes(&by_hand).contains("found among the restores of its backup execution"), "{}", notes(&by_hand));
    by_hand.shows("item-0", "COMPLETED_SUCCESSFULLY", 121);
    assert_eq!(by_hand.end("item-0").unwrap().0, End::Succeeded);
}

#[test]
fn where_it_can_not_be_read_the_lists_decide_after_three_tries() {
    let mut by_hand = unknown();
    by_hand.found = Err("GET .../restores: 503".into());
    for (seconds, tries) in [(31, 0), (61, 1), (121, 2)] {
        by_hand.lists(&[], seconds);
        assert_eq!((by_hand.searches.len(), by_hand.creates.len()), (tries, 1), "after {seconds} s");
    }
    by_hand.lists(&[], 181);
    assert_eq!((by_hand.searches.len(), by_hand.creates.len()), (3, 2));
    assert!(notes(&by_hand).contains("could not be read: GET .../restores: 503"), "{}", notes(&by_hand));
}

#[test]
fn a_service_that_has_no_such_call_is_asked_once() {
    let mut by_hand = unknown();
    by_hand.found = Ok(None);
    for seconds in [31, 61, 91] {
        by_hand.lists(&[], seconds);
    }
    assert_eq!((by_hand.searches.len(), by_hand.creates.len()), (1, 2));
    assert_eq!(notes(&by_hand), "");
}
