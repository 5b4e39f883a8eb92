//! What both stores do alike.

use std::sync::Arc;

use restorectl::journal::{
    Closed, Entry, Lease, Record, Run, SavedChangeset, StateStore, Store as _, StoreError, TERM, past_attempts,
};
use restorectl::model::*;

use super::places::{Place, at_both};
use crate::claims::claim;
pub use crate::drill::run;
use crate::drill::start;

at_both![
    what_is_kept_comes_back,
    runs_of_a_plan_come_in_the_order_of_their_leases_whatever_clocks_showed,
    an_append_is_taken_whole_and_once_or_not_at_all,
    three_hundred_entries_at_once,
    damage_is_named_and_the_rest_stays_readable,
    one_holder_at_a_time,
    of_many_who_ask_at_once_one_gets_it,
    who_lost_the_lease_writes_nothing,
    a_lease_that_ran_out_is_renewed_where_nobody_took_it,
    a_broken_lease_is_told_of,
    the_lease_of_the_dead_is_taken_before_its_time,
    a_run_is_written_under_its_own_lease_alone,
    every_plan_and_environment_has_a_lease_of_its_own,
    a_newer_schema_is_refused_and_left_alone,
    two_who_come_first_make_the_tables_once,
    a_pruned_run_is_gone_and_what_it_sent_is_not_forgotten,
    only_a_run_that_has_ended_and_was_read_whole_is_pruned,
];

pub fn plan() -> Slug {
    Slug::parse("drill").unwrap()
}

/// Entries with these numbers.
pub fn notes(numbers: std::ops::RangeInclusive<u64>) -> Vec<Entry> {
    let note = |seq: u64| Record::Noted { item: None, text: format!("note {seq}, \"ü\" and \u{0} and \u{1F980}") };
    numbers.map(|seq| Entry { seq, at: Millis(seq * 1000).after(start()), record: note(seq) }).collect()
}

pub async fn take(store: &StateStore, who: &str, term: Millis) -> Result<Lease, StoreError> {
    store.take(&claim(&plan(), "test", who, term), &[]).await
}

async fn opened(place: &Place, ids: &[&str]) -> (StateStore, Lease) {
    let store = place.open().await;
    let lease = take(&store, "ada", TERM).await.unwrap();
    for id in ids {
        store.open_run(&run(id), &lease).await.unwrap();
    }
    (store, lease)
}

async fn what_is_kept_comes_back(place: Place) {
    let (store, _) = opened(&place, &["r1", "r2"]).await;
    store.append(&RunId::new("r1"), &notes(1..=2)).await.unwrap();
    store.append(&RunId::new("r2"), &notes(1..=1)).await.unwrap();
    store.append(&RunId::new("r1"), &notes(3..=4)).await.unwrap();
    let store = place.open().await;
    assert_eq!(store.run(&RunId::new("r1")).await.unwrap().unwrap(), (run("r1"), notes(1..=4)));
    assert_eq!(store.run(&RunId::new("r3")).await.unwrap(), None);
    assert_eq!(store.runs().await.unwrap(), ["r2", "r1"].map(RunId::new), "the newest first");
    let bare = |id: &str| Run { changeset: SavedChangeset::default(), ..run(id) };
    let all = [(bare("r1"), notes(1..=4)), (bare("r2"), notes(1..=1))];
    assert_eq!(store.runs_of(&plan(), "test").await.unwrap(), all, "the oldest first");
    assert_eq!(store.runs_of(&plan(), "prod").await.unwrap(), []);
}

async fn runs_of_a_plan_come_in_the_order_of_their_leases_whatever_clocks_showed(place: Place) {
    let store = place.open().await;
    // Each host's clock shows less than that of the one before.
    for (id, hours) in [("r1", 5), ("r2", 3), ("r3", 4), ("r4", 0)] {
        let lease = take(&store, "ada", TERM).await.unwrap();
        let opened_at = Millis::from_secs(hours * 3600).after(start());
        store.open_run(&Run { opened_at, turn: lease.token, ..run(id) }, &lease).await.unwrap();
        let closed = Record::Closed { how: Closed::Completed };
        let sent = restored("a", 1, "COMPLETED_SUCCESSFULLY", End::Succeeded).into_iter().chain([closed]).collect();
        store.append(&RunId::new(id), &crate::drill::entries(sent)).await.unwrap();
        store.end_lease(&lease, "was given back").await.unwrap();
    }
    let order = async |store: &StateStore| -> Vec<String> {
        let runs = store.runs_of(&plan(), "test").await.unwrap();
        runs.iter().map(|(run, _)| run.id.to_string()).collect()
    };
    assert_eq!(order(&store).await, ["r1", "r2", "r3", "r4"]);
    // What is left of a pruned run keeps its place.
    for id in ["r1", "r3"] {
        let (run, entries) = store.run(&RunId::new(id)).await.unwrap().unwrap();
        assert!(store.prune(&run, &entries).await.unwrap());
    }
    assert_eq!(order(&place.open().await).await, ["r1", "r2", "r3", "r4"]);
}

async fn an_append_is_taken_whole_and_once_or_not_at_all(place: Place) {
    let (store, lease) = opened(&place, &["r1"]).await;
    let id = RunId::new("r1");
    store.append(&id, &notes(1..=3)).await.unwrap();
    for (entries, why) in [
        (notes(1..=3), "all of it again"),
        (notes(3..=4), "what is there, and more"),
        (notes(5..=5), "a gap"),
        ([notes(4..=4), notes(6..=6)].concat(), "a gap within"),
    ] {
        let refused = store.append(&id, &entries).await.unwrap_err();
        assert!(matches!(refused, StoreError::OutOfTurn { .. }), "{why}: {refused}");
        // Another handle knows nothing of what was there before.
        assert!(place.open().await.append(&id, &entries).await.is_err(), "{why}");
    }
    assert!(store.append(&RunId::new("nobody"), &notes(1..=1)).await.is_err());
    assert!(store.open_run(&run("r1"), &lease).await.is_err(), "a run of that name is there");
    store.append(&id, &notes(4..=4)).await.unwrap();
    assert_eq!(store.run(&id).await.unwrap().unwrap().1, notes(1..=4));
}

async fn three_hundred_entries_at_once(place: Place) {
    let (store, _) = opened(&place, &["r1"]).await;
    store.append(&RunId::new("r1"), &notes(1..=300)).await.unwrap();
    assert_eq!(store.run(&RunId::new("r1")).await.unwrap().unwrap().1, notes(1..=300));
}

async fn damage_is_named_and_the_rest_stays_readable(place: Place) {
    let cases = [
        (
            "changed",
            "UPDATE @entries SET record = replace(record, 'note 2', 'note 7') WHERE run = 'changed' AND seq = 2",
            "entry 2 of run changed is not as it was written",
        ),
        (
            "half",
            "UPDATE @entries SET record = substr(record, 1, 20) WHERE run = 'half' AND seq = 3",
            "entry 3 of run half is not as it was written",
        ),
        (
            "moment",
            "UPDATE @entries SET at = replace(at, '2026', '2025') WHERE run = 'moment' AND seq = 1",
            "entry 1 of run moment is not as it was written",
        ),
        ("hole", "DELETE FROM @entries WHERE run = 'hole' AND seq = 2", "entry 2 of run hole is missing"),
        (
            "torn",
            "DELETE FROM @entries WHERE run = 'torn' AND seq > 1",
            "entry 2 of run torn is missing: 3 were written, and 1 are there",
        ),
        (
            "head",
            "UPDATE @runs SET head = replace(head, 'version\":\"0', 'version\":\"1') WHERE id = 'head'",
            "the head of run head is not as it was written",
        ),
        ("endless", "DELETE FROM @tails WHERE run = 'endless'", "the end of run endless"),
        ("more", "UPDATE @tails SET seq = 2 WHERE run = 'more'", "the end of run more, after entry 3"),
    ];
    let ids: Vec<&str> = cases.iter().map(|(id, ..)| *id).chain(["whole"]).collect();
    let (store, _) = opened(&place, &ids).await;
    for id in ids {
        store.append(&RunId::new(id), &notes(1..=3)).await.unwrap();
    }
    for (id, sql, words) in cases {
        place.meddle(sql).await;
        let found = place.open().await.run(&RunId::new(id)).await.unwrap_err();
        assert!(matches!(&found, StoreError::Damaged { problem, .. } if problem.contains(words)), "{id}: {found}");
        assert!(
            place.open().await.runs_of(&plan(), "test").await.is_err(),
            "nothing is decided on a part of what was done"
        );
    }
    let appended = place.open().await.append(&RunId::new("endless"), &notes(4..=4)).await.unwrap_err();
    assert!(matches!(appended, StoreError::Damaged { .. }), "{appended}");
    assert_eq!(store.run(&RunId::new("whole")).await.unwrap().unwrap().1, notes(1..=3));
}

async fn one_holder_at_a_time(place: Place) {
    let (first, second) = (place.open().await, place.open().await);
    let lease = take(&first, "ada", TERM).await.unwrap();
    let refused = take(&second, "ben", TERM).await.unwrap_err();
    let StoreError::Held(held) = &refused else { panic!("{refused}") };
    assert_eq!((&held.holder, held.token), (&lease.holder, lease.token));
    let text = refused.to_string();
    for words in ["ada@here (process 7)", "since 20", "until 20", "restorectl unlock drill --env test"] {
        assert!(text.contains(words), "{text}");
    }
    assert_eq!(second.leases(&plan(), "test").await.unwrap(), std::slice::from_ref(&lease));
    first.open_run(&run("r1"), &lease).await.unwrap();
    assert!(take(&second, "ben", TERM).await.unwrap_err().to_string().contains("run r1"));
    assert_eq!(first.lease_of(&RunId::new("r1")).await.unwrap().token, lease.token);
    // Given back, it goes to the next, under a larger token.
    assert!(first.end_lease(&lease, "was given back").await.unwrap());
    assert_eq!(second.leases(&plan(), "test").await.unwrap(), []);
    let next = take(&second, "ben", TERM).await.unwrap();
    assert!(next.token > lease.token);
}

async fn of_many_who_ask_at_once_one_gets_it(place: Place) {
    let place = Arc::new(place);
    drop(place.open().await);
    let asked: Vec<_> = (0..8)
        .map(|who| {
            let place = Arc::clone(&place);
            tokio::spawn(async move {
                let store = place.open().await;
                take(&store, &format!("runner-{who}"), TERM).await
            })
        })
        .collect();
    let mut given = 0;
    for asked in asked {
        match asked.await.unwrap() {
            Ok(_) => given += 1,
            Err(StoreError::Held(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(given, 1);
}

async fn who_lost_the_lease_writes_nothing(place: Place) {
    let (first, second) = (place.open().await, place.open().await);
    // It has run out as soon as it is given, so nobody waits here.
    let lost = take(&first, "ada", Millis(0)).await.unwrap();
    first.open_run(&run("r1"), &lost).await.unwrap();
    first.append(&RunId::new("r1"), &notes(1..=1)).await.unwrap();
    let lease = take(&second, "ben", TERM).await.unwrap();
    second.open_run(&run("r2"), &lease).await.unwrap();
    let refusals = [
        first.append(&RunId::new("r1"), &notes(2..=2)).await.unwrap_err(),
        first.open_run(&run("r3"), &lost).await.unwrap_err(),
        first.renew(&lost).await.map(drop).unwrap_err(),
        first.lease_of(&RunId::new("r1")).await.map(drop).unwrap_err(),
    ];
    for refused in refusals {
        assert!(
            matches!(&refused, StoreError::LeaseLost { now: Some(now), .. } if now.token == lease.token),
            "{refused:?}"
        );
        assert!(refused.to_string().contains("it is held by ben@here (process 7, run r2)"), "{refused}");
    }
    assert!(!first.end_lease(&lost, "was given back").await.unwrap(), "another's lease is not given back");
    assert_eq!(second.run(&RunId::new("r1")).await.unwrap().unwrap().1, notes(1..=1));
    assert_eq!(second.run(&RunId::new("r3")).await.unwrap(), None);
    second.append(&RunId::new("r2"), &notes(1..=1)).await.unwrap();
}

async fn a_lease_that_ran_out_is_renewed_where_nobody_took_it(place: Place) {
    let store = place.open().await;
    let mut lease = take(&store, "ada", Millis(0)).await.unwrap();
    store.open_run(&run("r1"), &lease).await.unwrap();
    lease.term = TERM;
    let renewed = store.renew(&lease).await.unwrap();
    assert!(renewed.until > lease.until && renewed.token == lease.token);
    store.append(&RunId::new("r1"), &notes(1..=1)).await.unwrap();
    assert!(matches!(take(&place.open().await, "ben", TERM).await, Err(StoreError::Held(_))));
}

async fn a_broken_lease_is_told_of(place: Place) {
    let (store, lease) = opened(&place, &["r1"]).await;
    let shown = place.open().await.leases(&plan(), "test").await.unwrap().remove(0);
    assert!(place.open().await.end_lease(&shown, "was broken by ben@there").await.unwrap());
    assert!(!place.open().await.end_lease(&shown, "was broken by cleo@there").await.unwrap(), "once");
    let refused = store.append(&RunId::new("r1"), &notes(1..=1)).await.unwrap_err();
    assert!(refused.to_string().contains("is lost: it was broken by ben@there"), "{refused}");
    assert!(matches!(store.renew(&lease).await, Err(StoreError::LeaseLost { .. })));
    let next = take(&place.open().await, "ben", TERM).await.unwrap();
    assert!(next.token > lease.token + 1, "the token of before is never given again");
}

async fn the_lease_of_the_dead_is_taken_before_its_time(place: Place) {
    let (store, lease) = opened(&place, &["r1"]).await;
    let other = place.open().await;
    let claim = claim(&plan(), "test", "ben", TERM);
    assert!(matches!(other.take(&claim, &[lease.token + 1]).await, Err(StoreError::Held(_))), "another's death");
    let taken = other.take(&claim, &[lease.token]).await.unwrap();
    assert!(taken.token > lease.token);
    assert!(matches!(store.append(&RunId::new("r1"), &notes(1..=1)).await, Err(StoreError::LeaseLost { .. })));
}

async fn a_run_is_written_under_its_own_lease_alone(place: Place) {
    let (store, lease) = opened(&place, &["r1"]).await;
    store.end_lease(&lease, "was given back").await.unwrap();
    let next = take(&store, "ada", TERM).await.unwrap();
    // The same process holds the plan again; but the run of before is over.
    assert!(matches!(store.append(&RunId::new("r1"), &notes(1..=1)).await, Err(StoreError::LeaseLost { .. })));
    store.open_run(&run("r2"), &next).await.unwrap();
    store.append(&RunId::new("r2"), &notes(1..=1)).await.unwrap();
}

async fn every_plan_and_environment_has_a_lease_of_its_own(place: Place) {
    let store = place.open().await;
    for (plan, environment) in [("drill", "test"), ("drill", "prod"), ("other", "test")] {
        let claim = claim(&Slug::parse(plan).unwrap(), environment, "ada", TERM);
        store.take(&claim, &[]).await.unwrap();
        assert!(matches!(store.take(&claim, &[]).await, Err(StoreError::Held(_))));
    }
}

async fn a_newer_schema_is_refused_and_left_alone(place: Place) {
    let (store, _) = opened(&place, &["r1"]).await;
    store.append(&RunId::new("r1"), &notes(1..=1)).await.unwrap();
    let (newer, known) = match &place {
        Place::File(_) => ("PRAGMA user_version = 7", "PRAGMA user_version = 4"),
        Place::Server(_) => ("UPDATE @version SET version = 7", "UPDATE @version SET version = 3"),
    };
    drop(store);
    place.meddle(newer).await;
    let refused = match &place {
        Place::File(_) => {
            restorectl::journal::sqlite::SqliteStore::open(place.said().as_ref()).await.map(drop).unwrap_err()
        }
        Place::Server(url) => {
            let address = restorectl::journal::postgres::Address::parse(url).unwrap();
            let wait = std::time::Duration::ZERO;
            restorectl::journal::postgres::PostgresStore::open(&address, wait).await.map(drop).unwrap_err()
        }
    };
    assert!(matches!(&refused, StoreError::Unreadable { problem, .. } if problem.contains("version 7")), "{refused}");
    place.meddle(known).await;
    assert_eq!(place.open().await.run(&RunId::new("r1")).await.unwrap().unwrap().1, notes(1..=1));
}

async fn two_who_come_first_make_the_tables_once(place: Place) {
    let place = Arc::new(place);
    let opened: Vec<_> = (0..6)
        .map(|_| {
            let place = Arc::clone(&place);
            tokio::spawn(async move { place.open().await.runs().await.unwrap().len() })
        })
        .collect();
    for opened in opened {
        assert_eq!(opened.await.unwrap(), 0);
    }
}

/// A create that was sent, accepted, shown twice and came to its end, with what nobody needs later.
fn restored(item: &str, attempt: u32, status: &str, end: End) -> Vec<Record> {
    let name = Slug::parse(item).unwrap();
    let job_name = JobName::new(format!("drill_{item}_4d90123456789_1_{attempt}"));
    let shown = |status: &str| RestoreRecord {
        job_name: Some(job_name.clone()),
        execution_id: Some(format!("9{attempt}")),
        status: RestoreStatus(status.into()),
        ..RestoreRecord::default()
    };
    let observed = |status: &str| Record::Observed { item: name.clone(), restore: shown(status) };
    let outcome = CreateOutcome::Applied { resource_id: Some(ResourceId::new("9")) };
    vec![
        Record::Intent {
            item: name.clone(),
            job_name: job_name.clone(),
            generation: 1,
            attempt,
            prior: vec!["8".into()],
            writes: Vec::new(),
        },
        Record::Replied { item: name.clone(), outcome },
        observed("QUEUED"),
        Record::Noted { item: None, text: "for nobody".into() },
        observed("RUNNING"),
        observed(status),
        Record::Ended { item: name, end, reason: "so it is".into() },
    ]
}

async fn a_pruned_run_is_gone_and_what_it_sent_is_not_forgotten(place: Place) {
    let (store, lease) = opened(&place, &["r1", "r2", "r3"]).await;
    let records = |more: Vec<Record>| {
        crate::drill::entries(more.into_iter().chain([Record::Closed { how: Closed::Completed }]).collect())
    };
    let first = [
        restored("a", 1, "COMPLETED_SUCCESSFULLY", End::Succeeded),
        restored("b", 1, "FAILED", End::Failed),
        restored("c", 1, "RUNNING", End::TimedOut),
    ];
    store.append(&RunId::new("r1"), &records(first.concat())).await.unwrap();
    store
        .append(&RunId::new("r2"), &records(restored("b", 2, "COMPLETED_SUCCESSFULLY", End::Succeeded)))
        .await
        .unwrap();
    store.append(&RunId::new("r3"), &records(Vec::new())).await.unwrap();
    let known = |runs: &[(Run, Vec<Entry>)]| past_attempts(runs, "").unwrap();
    let before = known(&store.runs_of(&plan(), "test").await.unwrap());
    assert_eq!(before.len(), 4);

    for id in ["r1", "r3"] {
        let (run, entries) = store.run(&RunId::new(id)).await.unwrap().unwrap();
        assert!(store.prune(&run, &entries).await.unwrap());
        assert!(!place.open().await.prune(&run, &entries).await.unwrap(), "once");
    }
    let store = place.open().await;
    assert_eq!(store.runs().await.unwrap(), [RunId::new("r2")]);
    assert_eq!(store.run(&RunId::new("r1")).await.unwrap(), None);
    let left = store.runs_of(&plan(), "test").await.unwrap();
    assert_eq!(left.iter().map(|(run, _)| run.id.as_str()).collect::<Vec<_>>(), ["r1", "r2"], "in their order");
    assert_eq!(known(&left), before, "later runs know what they knew");
    assert_eq!(left[0].1.len(), 3 * 4 + 1, "and the rest is gone");
    // The lease goes on, and so do runs under it.
    store.open_run(&run("r4"), &lease).await.unwrap();

    place.meddle("UPDATE @remains SET entries = replace(entries, 'RUNNING', 'FAILED')").await;
    let damaged = place.open().await.runs_of(&plan(), "test").await.unwrap_err();
    assert!(damaged.to_string().contains("the pruned run r1 is not as it was written"), "{damaged}");
}

async fn only_a_run_that_has_ended_and_was_read_whole_is_pruned(place: Place) {
    let (store, _) = opened(&place, &["r1", "r2"]).await;
    store.append(&RunId::new("r1"), &notes(1..=2)).await.unwrap();
    let (open, entries) = store.run(&RunId::new("r1")).await.unwrap().unwrap();
    let refused = store.prune(&open, &entries).await.unwrap_err();
    assert!(refused.to_string().contains("it has not ended"), "{refused}");
    // Somebody who pretends that it has is told that there is more.
    let closed = crate::drill::entries(vec![Record::Closed { how: Closed::Interrupted }]);
    assert!(store.prune(&open, &closed).await.unwrap_err().to_string().contains("2 entries are there"));
    assert_eq!(store.run(&RunId::new("r1")).await.unwrap().unwrap().1, notes(1..=2));
}
