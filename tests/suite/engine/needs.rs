//! Needs that are none of a run's restores. No diff of today leads to such a run: it refuses who needs what is left out. But
//! a changeset may have been saved by another version, and nobody must start as though the need were there.

use restorectl::changeset::{Changeset, Saw};
use restorectl::engine::Event;
use restorectl::journal::{Closed, Record};
use restorectl::model::*;

use super::hand::{ByHand, applied};
use crate::drill::simple;

const WHY: &str = "it needs `item-0`, which is no restore of this run, so whether that is there is not known";

/// What it is about; who needs whom; who is sent; who is skipped, and why.
type Row<'a> = (&'a str, &'a [(usize, usize)], &'a [&'a str], &'a [(usize, &'a str)]);

fn named(index: usize) -> Slug {
    Slug::parse(&format!("item-{index}")).unwrap()
}

/// A changeset of four restores, in which these need those, without the first.
fn without_the_first(needs: &[(usize, usize)]) -> Changeset {
    let mut plan = simple(4);
    plan.limits.concurrency = 4;
    plan.limits.retries = 2;
    for (item, need) in needs {
        plan.items[*item].after.push(named(*need));
    }
    let mut changeset = ByHand::changeset(&plan);
    changeset.items.remove(0);
    changeset
}

/// Carries it out as far as it goes where everything that is sent succeeds.
fn carried_out(changeset: &Changeset) -> ByHand {
    let mut by_hand = ByHand::carries_out(changeset);
    for seconds in (1..2_000).step_by(31) {
        let sent: Vec<String> = by_hand.creates.iter().filter(|item| by_hand.end(item).is_none()).cloned().collect();
        for item in &sent {
            if by_hand.progress(item).current().is_some_and(|attempt| attempt.outcome.is_none()) {
                by_hand.reply(item, applied(), seconds);
            }
        }
        let shown: Vec<(&str, &str)> = sent.iter().map(|item| (item.as_str(), "COMPLETED_SUCCESSFULLY")).collect();
        if by_hand.machine.state().closed.is_none() {
            by_hand.lists(&shown, seconds + 30);
        }
    }
    assert!(matches!(by_hand.machine.state().closed, Some((_, Closed::Completed))), "it comes to its end");
    by_hand
}

#[test]
fn whoever_needs_what_is_no_restore_of_the_run_is_never_sent_and_told_why() {
    let through_1 = "it needs `item-1`, which ended as: skipped";
    let table: [Row<'_>; 5] = [
        ("it alone", &[(1, 0)], &["item-2", "item-3"], &[(1, WHY)]),
        ("two of them", &[(1, 0), (3, 0)], &["item-2"], &[(1, WHY), (3, WHY)]),
        ("and who needs that one", &[(1, 0), (2, 1)], &["item-3"], &[(1, WHY), (2, through_1)]),
        ("beside one that succeeds", &[(1, 2), (1, 0)], &["item-2", "item-3"], &[(1, WHY)]),
        ("twice", &[(1, 0), (1, 0)], &["item-2", "item-3"], &[(1, WHY)]),
    ];
    for (what, needs, sent, skipped) in table {
        let changeset = without_the_first(needs);
        let by_hand = carried_out(&changeset);
        assert_eq!(by_hand.creates, sent, "{what}");
        for (item, why) in skipped {
            assert_eq!(by_hand.end(&format!("item-{item}")), Some((End::Skipped, *why)), "{what}");
        }
        for item in sent {
            assert_eq!(by_hand.end(item).unwrap().0, End::Succeeded, "{what}");
        }
    }
}

#[test]
fn whatever_was_to_be_sent_it_is_not() {
    for action in [Action::Create, Action::Retry, Action::Changed] {
        let mut changeset = without_the_first(&[(1, 0)]);
        changeset.items[0].action = action;
        let by_hand = carried_out(&changeset);
        assert_eq!(by_hand.creates, ["item-2", "item-3"], "{action:?}");
        assert_eq!(by_hand.end("item-1"), Some((End::Skipped, WHY)), "{action:?}");
    }
}

#[test]
fn what_is_there_or_refused_needs_nothing_more() {
    for (action, end) in [(Action::Satisfied, End::Satisfied), (Action::Blocked, End::Blocked)] {
        let mut changeset = without_the_first(&[(1, 0)]);
        changeset.items[0].action = action;
        changeset.items[0].reason = "so it is".into();
        assert_eq!(carried_out(&changeset).end("item-1"), Some((end, "so it is")));
    }
}

#[test]
fn it_is_told_at_once_and_not_when_all_the_others_have_ended() {
    let by_hand = ByHand::carries_out(&without_the_first(&[(1, 0)]));
    assert_eq!(by_hand.end("item-1"), Some((End::Skipped, WHY)));
    assert_eq!(by_hand.creates, ["item-2", "item-3"]);
}

/// A run that finds the first of its items under way.
fn adopted(refusal: Option<&str>) -> ByHand {
    let mut changeset = without_the_first(&[(1, 0)]);
    let decision = &mut changeset.items[0];
    decision.action = Action::Adopt;
    decision.refusal = refusal.map(str::to_owned);
    let name = decision.request.as_ref().unwrap().job_name.clone();
    let running = RestoreRecord {
        job_name: Some(name),
        execution_id: Some("1".into()),
        status: RestoreStatus("RUNNING".into()),
        ..RestoreRecord::default()
    };
    decision.saw = Saw { restores: vec![running], ..Saw::default() };
    ByHand::carries_out(&changeset)
}

#[test]
fn what_runs_already_is_followed_and_gets_no_further_attempt() {
    let mut by_hand = adopted(None);
    by_hand.shows("item-1", "COMPLETED_SUCCESSFULLY", 31);
    assert_eq!(by_hand.end("item-1").unwrap().0, End::Succeeded, "nobody can undo that it was begun");

    let refusal = "it needs `item-0`, which is left out and is not there: choose that too";
    for (said, why) in [(None, WHY), (Some(refusal), refusal)] {
        let mut by_hand = adopted(said);
        by_hand.shows("item-1", "FAILED", 31);
        for seconds in 32..400 {
            by_hand.tell(Event::Woken, seconds);
        }
        assert!(!by_hand.creates.contains(&"item-1".to_owned()), "{why}");
        let reason = format!("FAILED; it gets no further attempt: {why}");
        assert_eq!(by_hand.end("item-1"), Some((End::Failed, reason.as_str())));
    }
}

#[test]
fn a_need_that_is_no_item_is_in_nobodys_way_when_somebody_stops_the_run() {
    let mut by_hand = ByHand::carries_out(&without_the_first(&[(1, 0)]));
    by_hand.tell(Event::Leave, 1);
    assert!(by_hand.records.iter().any(|entry| matches!(entry.record, Record::Closed { how: Closed::Interrupted })));
    assert!(!by_hand.creates.contains(&"item-1".to_owned()));
}
