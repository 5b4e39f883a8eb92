//! What a site shows that it shouldn't: an end taken back, a way back, a gap in the list, a word that nobody knows.

use restorectl::engine::Event;
use restorectl::journal::ItemState;
use restorectl::model::*;

use super::hand::{ByHand, applied};
use crate::drill::simple;

const DONE: &str = "COMPLETED_SUCCESSFULLY";

fn followed(count: usize) -> ByHand {
    let mut plan = simple(count);
    plan.limits.concurrency = 8;
    let mut by_hand = ByHand::start(&plan);
    for item in 0..count {
        by_hand.reply(&format!("item-{item}"), applied(), 1);
    }
    by_hand
}

#[test]
fn an_end_that_the_site_takes_back_is_told_and_nothing_rests_on_it() {
    let mut plan = simple(3);
    plan.limits.concurrency = 2;
    plan.items[2].after = vec![plan.items[0].name.clone(), plan.items[1].name.clone()];
    let mut by_hand = ByHand::start(&plan);
    by_hand.reply("item-0", applied(), 1);
    by_hand.reply("item-1", applied(), 1);
    by_hand.lists(&[("item-0", DONE), ("item-1", "RUNNING")], 31);
    assert_eq!(by_hand.end("item-0").unwrap().0, End::Succeeded);
    // Only readings that were begun after its end say something of what came after it.
    by_hand.lists(&[("item-0", "FAILED"), ("item-1", "RUNNING")], 61);
    let progress = by_hand.progress("item-0");
    assert_eq!(progress.contradicted.as_ref().unwrap().status.to_string(), "FAILED");
    assert!(!progress.succeeded());
    let why = "it needs `item-0`, which the site now shows as FAILED";
    assert_eq!(by_hand.end("item-2"), Some((End::Skipped, why)));
    by_hand.lists(&[("item-0", "FAILED"), ("item-1", DONE)], 91);
    assert_eq!(by_hand.creates, ["item-0", "item-1"]);
}

#[test]
fn what_is_shown_as_running_after_its_end_takes_room() {
    let mut by_hand = followed(2);
    by_hand.lists(&[("item-0", DONE), ("item-1", "RUNNING")], 31);
    by_hand.lists(&[("item-0", "RUNNING"), ("item-1", "RUNNING")], 61);
    assert!(by_hand.progress("item-0").may_run());
    assert!(!by_hand.progress("item-0").succeeded());
    by_hand.lists(&[("item-0", DONE), ("item-1", "RUNNING")], 91);
    assert!(!by_hand.progress("item-0").may_run());
    assert!(by_hand.progress("item-0").succeeded(), "the site shows its end again");
}

#[test]
fn only_what_the_list_leaves_out_is_asked_for_by_its_id() {
    let mut by_hand = followed(2);
    by_hand.lists(&[("item-0", "RUNNING"), ("item-1", "RUNNING")], 31);
    assert_eq!(by_hand.single, Vec::<String>::new());
    by_hand.lists(&[("item-1", "RUNNING")], 61);
    assert_eq!(by_hand.single, ["item-0"]);
    let shown = by_hand.restore("item-0", "RUNNING");
    let item = Slug::parse("item-0").unwrap();
    by_hand.tell(Event::Shown { item: item.clone(), result: Ok(Some(Box::new(shown))) }, 62);
    let notes = by_hand.progress("item-0").notes.clone();
    assert!(notes.len() == 1 && notes[0].ends_with("; it was read by its id"), "{notes:?}");
    // It is nowhere at all: it was accepted, so it is looked for and not sent again.
    by_hand.lists(&[("item-1", "RUNNING")], 121);
    by_hand.tell(Event::Shown { item, result: Ok(None) }, 122);
    let notes = &by_hand.progress("item-0").notes;
    let words =
        "was accepted, and the site neither lists it nor knows it by its id; it is looked for until its deadline";
    assert!(notes.len() == 2 && notes[1].ends_with(words), "{notes:?}");
    by_hand.lists(&[("item-1", DONE)], 181);
    assert_eq!(by_hand.progress("item-0").state, ItemState::Following);
    assert_eq!((by_hand.creates.len(), by_hand.single.len()), (2, 3));
}

#[test]
fn a_way_back_is_told() {
    let mut by_hand = followed(1);
    by_hand.shows("item-0", "RUNNING", 31);
    by_hand.shows("item-0", "QUEUED", 61);
    let name = by_hand.progress("item-0").attempts[0].job_name.to_string();
    assert_eq!(by_hand.progress("item-0").notes, [format!("`{name}` went back from RUNNING to QUEUED")]);
    by_hand.shows("item-0", DONE, 121);
    assert_eq!(by_hand.end("item-0").unwrap().0, End::Succeeded);
}

#[test]
fn a_word_that_nobody_knows_is_followed_and_never_a_success() {
    let mut by_hand = followed(1);
    by_hand.shows("item-0", "HIBERNATING", 31);
    by_hand.shows("item-0", "HIBERNATING", 61);
    let notes = &by_hand.progress("item-0").notes;
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("has the status `HIBERNATING`, which restorectl does not know"), "{notes:?}");
    assert_eq!(by_hand.progress("item-0").state, ItemState::Following);
    // With an end, it is over, and nobody knows how.
    by_hand.tell(Event::Woken, 121);
    let ended = RestoreRecord { end_time: Some(crate::drill::start()), ..by_hand.restore("item-0", "HIBERNATED") };
    by_hand.tell(Event::Listed { site: SiteId::new("PROD"), result: Ok(vec![ended.into()]) }, 121);
    let why = "the site ended it with a status that restorectl does not know: HIBERNATED";
    assert_eq!(by_hand.end("item-0"), Some((End::Unknown, why)));
    assert_eq!(by_hand.creates.len(), 1);
}
