//! What whoever only looks asks of both stores.

use restorectl::journal::{Filter, Ownership, PlanRuns, Reader as _, StateStore, Store as _, StoreError, TERM};
use restorectl::model::{Millis, RunId};

use super::behaviours::{notes, plan, run, take};
use super::places::{Place, at_both};
use crate::claims::claim;

at_both![
    runs_are_listed_by_the_page_and_counted,
    what_was_added_is_read_from_where_the_reader_stood,
    damage_in_what_was_added_is_named,
    whoever_opened_it_to_be_read_can_write_nothing,
    whether_a_run_is_still_written_is_told_by_its_lease,
];

/// A store that somebody writes, with these runs, and the same for somebody who reads.
async fn opened(place: &Place, ids: &[&str]) -> (StateStore, StateStore) {
    let store = place.open().await;
    let lease = take(&store, "ada", TERM).await.unwrap();
    for id in ids {
        store.open_run(&run(id), &lease).await.unwrap();
    }
    (store, place.open_to_read().await.unwrap())
}

async fn runs_are_listed_by_the_page_and_counted(place: Place) {
    let (store, reader) = opened(&place, &["r1", "r2", "r3"]).await;
    store.append(&RunId::new("r2"), &notes(1..=2)).await.unwrap();
    let page = async |filter: Filter, offset, limit| {
        let heads = reader.heads(&filter, offset, limit).await.unwrap();
        heads.into_iter().map(|head| (head.id.to_string(), head.entries)).collect::<Vec<_>>()
    };
    let all = [("r3", 0), ("r2", 2), ("r1", 0)].map(|(id, entries)| (id.to_owned(), Some(entries)));
    assert_eq!(page(Filter::default(), 0, 10).await, all);
    assert_eq!(page(Filter::default(), 1, 1).await, all[1..2]);
    assert_eq!(page(Filter::default(), 3, 1).await, []);
    let of = |plan: &str, environment: Option<&str>| Filter {
        plan: Some(plan.to_owned()),
        environment: environment.map(str::to_owned),
    };
    assert_eq!(page(of("drill", Some("test")), 0, 2).await, all[..2]);
    assert_eq!(page(of("drill", Some("prod")), 0, 2).await, []);
    assert_eq!(page(of("'; --", None), 0, 2).await, []);
    let counted = PlanRuns {
        plan: "drill".into(),
        environment: "test".into(),
        runs: 3,
        last_opened_at: reader.heads(&Filter::default(), 0, 1).await.unwrap()[0].opened_at,
    };
    assert_eq!(reader.plans().await.unwrap(), [counted]);
    assert!(reader.is_there(&RunId::new("r1")).await.unwrap() && !reader.is_there(&RunId::new("r9")).await.unwrap());
}

async fn what_was_added_is_read_from_where_the_reader_stood(place: Place) {
    let (store, reader) = opened(&place, &["r1", "r2"]).await;
    let id = RunId::new("r1");
    store.append(&id, &notes(1..=2)).await.unwrap();
    store.append(&RunId::new("r2"), &notes(1..=3)).await.unwrap();
    let (found, entries, bookmark) = reader.begin(&id).await.unwrap().unwrap();
    assert_eq!((found, entries), (run("r1"), notes(1..=2)));
    let bookmark = bookmark.unwrap();
    assert_eq!(reader.since(&id, bookmark).await.unwrap(), Some((Vec::new(), bookmark)));
    store.append(&id, &notes(3..=3)).await.unwrap();
    store.append(&id, &notes(4..=6)).await.unwrap();
    let (added, later) = reader.since(&id, bookmark).await.unwrap().unwrap();
    assert_eq!(added, notes(3..=6));
    assert_eq!(reader.since(&id, later).await.unwrap(), Some((Vec::new(), later)));
    // The same again, from where another reader stands.
    assert_eq!(reader.since(&id, bookmark).await.unwrap(), Some((notes(3..=6), later)));
    assert_eq!(reader.begin(&RunId::new("r9")).await.unwrap(), None);
    assert_eq!(reader.since(&RunId::new("r9"), later).await.unwrap(), None);
}

async fn damage_in_what_was_added_is_named(place: Place) {
    let (store, reader) = opened(&place, &["r1"]).await;
    let id = RunId::new("r1");
    store.append(&id, &notes(1..=2)).await.unwrap();
    let (.., bookmark) = reader.begin(&id).await.unwrap().unwrap();
    store.append(&id, &notes(3..=5)).await.unwrap();
    for (sql, words) in [
        ("UPDATE @entries SET at = '2026-01-01T00:00:00Z' WHERE seq = 4", "entry 4 of run r1 is not as it was written"),
        ("DELETE FROM @entries WHERE seq = 4", "entry 4 of run r1 is missing"),
        ("DELETE FROM @entries WHERE seq > 2", "entry 3 of run r1 is missing: 5 were written, and 2 are there"),
    ] {
        place.meddle(sql).await;
        let error = reader.since(&id, bookmark.unwrap()).await.unwrap_err();
        assert!(matches!(&error, StoreError::Damaged { .. }) && error.to_string().contains(words), "{error}");
    }
}

async fn whoever_opened_it_to_be_read_can_write_nothing(place: Place) {
    let (store, reader) = opened(&place, &["r1"]).await;
    let id = RunId::new("r1");
    let lease = store.lease_of(&id).await.unwrap();
    assert!(matches!(reader.append(&id, &notes(1..=1)).await, Err(StoreError::Database { .. })));
    assert!(matches!(reader.open_run(&run("r2"), &lease).await, Err(StoreError::Database { .. })));
    assert!(matches!(reader.renew(&lease).await, Err(StoreError::Database { .. })));
    assert!(matches!(reader.end_lease(&lease, "was given back").await, Err(StoreError::Database { .. })));
    // Taken over from one who is known to be gone, it would be free.
    let taken = reader.take(&claim(&plan(), "test", "eve", TERM), &[lease.token]).await;
    assert!(matches!(taken, Err(StoreError::Database { .. })), "{taken:?}");
    assert_eq!(store.lease_of(&id).await.unwrap(), lease);
    assert_eq!(reader.run(&id).await.unwrap(), Some((run("r1"), Vec::new())));
    reader.check().await.unwrap();
}

async fn whether_a_run_is_still_written_is_told_by_its_lease(place: Place) {
    let store = place.open().await;
    let reader = place.open_to_read().await;
    let reader = reader.unwrap();
    let id = RunId::new("r1");
    let lease = take(&store, "ada", Millis(1)).await.unwrap();
    store.open_run(&run("r1"), &lease).await.unwrap();
    // Its time is over as soon as it is taken, and nobody else has it.
    loop {
        match reader.ownership(&id).await.unwrap() {
            Ownership::Held { lease: held, is_over: true } if held.token == lease.token => break,
            Ownership::Held { .. } => {}
            Ownership::Lost => panic!("nobody took it"),
        }
    }
    let other = take(&store, "bob", TERM).await.unwrap();
    assert_eq!(reader.ownership(&id).await.unwrap(), Ownership::Lost);
    store.open_run(&run("r2"), &other).await.unwrap();
    let held = reader.ownership(&RunId::new("r2")).await.unwrap();
    assert!(matches!(held, Ownership::Held { is_over: false, .. }), "{held:?}");
    assert_eq!(store.leases(&plan(), "test").await.unwrap().len(), 1);
    assert!(store.end_lease(&other, "was given back").await.unwrap());
    assert_eq!(reader.ownership(&RunId::new("r2")).await.unwrap(), Ownership::Lost);
    assert!(reader.ownership(&RunId::new("r9")).await.is_err());
}
