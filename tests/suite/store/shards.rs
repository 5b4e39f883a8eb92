//! Leases of shards, at both stores.

use std::sync::Arc;

use restorectl::journal::{Claim, Lease, Share, StateStore, Store as _, StoreError, TERM};
use restorectl::model::*;

use super::behaviours::{notes, plan, run};
use super::places::{Place, at_both};
use crate::claims::claim;

at_both![
    shards_of_one_split_stand_beside_each_other,
    all_else_excludes_each_other,
    of_many_who_ask_at_once_those_get_it_who_may,
    the_whole_plan_takes_over_from_all_shards_that_are_gone,
    a_shard_that_lost_its_lease_writes_nothing,
    the_end_of_one_shard_leaves_the_others_alone,
    the_dead_of_another_split_are_taken_over,
    a_store_of_before_there_were_shards_is_brought_up_to_date_while_somebody_holds_a_lease,
];

/// What makes the tables of today those of before there were shards.
const BACK_IN_A_FILE: &str = "
DROP TABLE remains;
ALTER TABLE runs DROP COLUMN shard;
CREATE TABLE old (plan TEXT NOT NULL, environment TEXT NOT NULL, token INTEGER NOT NULL, holder TEXT, run TEXT,
    since INTEGER NOT NULL, until INTEGER NOT NULL, term INTEGER NOT NULL, note TEXT,
    PRIMARY KEY (plan, environment)) STRICT, WITHOUT ROWID;
INSERT INTO old SELECT plan, environment, token, holder, run, since, until, term, note FROM leases;
DROP TABLE leases;
ALTER TABLE old RENAME TO leases;
PRAGMA user_version = 2;
";
const BACK_AT_A_SERVER: &str = "
DROP TABLE @remains;
ALTER TABLE @runs DROP COLUMN shard;
ALTER TABLE @leases DROP CONSTRAINT leases_pkey;
ALTER TABLE @leases DROP COLUMN shard, DROP COLUMN digest, ADD PRIMARY KEY (plan, environment);
UPDATE @version SET version = 1;
";

/// A claim of a shard like `1/2`, of the plan with this digest; of the whole plan where the text is empty.
fn of(shard: &str, digest: &str, who: &str, term: Millis) -> Claim {
    let share = (!shard.is_empty()).then(|| Share { shard: shard.parse().unwrap(), digest: digest.into() });
    Claim { share, ..claim(&plan(), "test", who, term) }
}

async fn take(store: &StateStore, shard: &str, who: &str) -> Result<Lease, StoreError> {
    store.take(&of(shard, "d", who, TERM), &[]).await
}

fn held(taken: Result<Lease, StoreError>) -> Lease {
    match taken {
        Err(StoreError::Held(held)) => *held,
        other => panic!("{other:?}"),
    }
}

async fn shards_of_one_split_stand_beside_each_other(place: Place) {
    let store = place.open().await;
    let mut taken = Vec::new();
    for shard in ["2/3", "1/3", "3/3"] {
        taken.push(take(&place.open().await, shard, "ada").await.unwrap());
    }
    assert!(taken.windows(2).all(|pair| pair[1].token > pair[0].token), "a token names one lease: {taken:?}");
    let shown: Vec<String> =
        store.leases(&plan(), "test").await.unwrap().iter().map(|l| l.shard().unwrap().to_string()).collect();
    assert_eq!(shown, ["1/3", "2/3", "3/3"]);
    // Each has its run, and they write side by side.
    for (id, lease) in ["r1", "r2", "r3"].iter().zip(&taken) {
        store.open_run(&run(id), lease).await.unwrap();
    }
    for id in ["r3", "r1", "r2"] {
        store.append(&RunId::new(id), &notes(1..=2)).await.unwrap();
        let lease = store.lease_of(&RunId::new(id)).await.unwrap();
        assert_eq!(lease.run, Some(RunId::new(id)));
        assert_eq!(store.renew(&lease).await.unwrap().share, lease.share);
    }
    assert_eq!(store.runs_of(&plan(), "test").await.unwrap().len(), 3, "all are the plan's history");
}

async fn all_else_excludes_each_other(place: Place) {
    for (first, second, digest) in [
        ("", "1/2", "d"),
        ("1/2", "", "d"),
        ("1/2", "1/2", "d"),
        ("1/2", "1/3", "d"),
        ("1/2", "2/3", "d"),
        ("1/1", "", "d"),
        ("1/2", "2/2", "the plan was changed meanwhile"),
    ] {
        let (store, other) = (place.open().await, place.open().await);
        let lease = take(&store, first, "ada").await.unwrap();
        let refused = other.take(&of(second, digest, "ben", TERM), &[]).await;
        assert_eq!(held(refused).token, lease.token, "{first} and {second}");
        let text = take(&other, first, "ben").await.unwrap_err().to_string();
        if let Some(shard) = lease.shard() {
            for words in [format!("applies shard {shard} of plan `drill`"), format!("--env test --shard {shard}`")] {
                assert!(text.contains(&words), "{text}");
            }
        }
        // Another environment is another matter.
        let elsewhere = Claim { environment: format!("{first}-{second}-{digest}"), ..of(second, digest, "ben", TERM) };
        other.take(&elsewhere, &[]).await.unwrap();
        assert!(store.end_lease(&lease, "was given back").await.unwrap());
        let next = other.take(&of(second, digest, "ben", TERM), &[]).await.unwrap();
        assert!(next.token > lease.token);
        assert!(other.end_lease(&next, "was given back").await.unwrap());
    }
}

async fn of_many_who_ask_at_once_those_get_it_who_may(place: Place) {
    let place = Arc::new(place);
    drop(place.open().await);
    let asked: Vec<_> = ["", "1/2", "2/2", "1/3", "2/3", "3/3", "1/2", ""]
        .into_iter()
        .enumerate()
        .map(|(who, shard)| {
            let place = Arc::clone(&place);
            tokio::spawn(async move { take(&place.open().await, shard, &format!("runner-{who}")).await })
        })
        .collect();
    let mut given = Vec::new();
    for asked in asked {
        match asked.await.unwrap() {
            Ok(lease) => given.push(lease),
            Err(StoreError::Held(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert!(!given.is_empty());
    for (at, one) in given.iter().enumerate() {
        for other in &given[at + 1..] {
            assert!(!one.excludes(other.share.as_ref()), "{one:?} and {other:?}");
            assert_ne!(one.token, other.token);
        }
    }
    assert_eq!(place.open().await.leases(&plan(), "test").await.unwrap().len(), given.len());
}

async fn the_whole_plan_takes_over_from_all_shards_that_are_gone(place: Place) {
    let (store, other) = (place.open().await, place.open().await);
    let mut left = Vec::new();
    for (shard, id) in [("1/3", "r1"), ("2/3", "r2"), ("3/3", "r3")] {
        let lease = take(&store, shard, "ada").await.unwrap();
        store.open_run(&run(id), &lease).await.unwrap();
        left.push(lease);
    }
    // One of them lives: nothing at all is taken.
    let over: Vec<u64> = left.iter().take(2).map(|lease| lease.token).collect();
    assert_eq!(held(other.take(&of("", "d", "ben", TERM), &over).await).shard(), left[2].shard());
    store.append(&RunId::new("r1"), &notes(1..=1)).await.unwrap();
    let over: Vec<u64> = left.iter().map(|lease| lease.token).collect();
    let whole = other.take(&of("", "d", "ben", TERM), &over).await.unwrap();
    assert_eq!(other.leases(&plan(), "test").await.unwrap(), [whole]);
    for (id, next) in [("r1", 2), ("r2", 1), ("r3", 1)] {
        let lost = store.append(&RunId::new(id), &notes(next..=next)).await.unwrap_err().to_string();
        assert!(lost.contains("of plan `drill` in environment `test` is lost: it is held by ben@here"), "{lost}");
    }
    assert!(store.renew(&left[0]).await.is_err(), "what was taken over is never renewed");
}

async fn a_shard_that_lost_its_lease_writes_nothing(place: Place) {
    let (first, second) = (place.open().await, place.open().await);
    let lost = first.take(&of("1/2", "d", "ada", Millis(0)), &[]).await.unwrap();
    first.open_run(&run("r1"), &lost).await.unwrap();
    // It has run out, and a shard of another split comes.
    let lease = take(&second, "2/3", "ben").await.unwrap();
    for refused in [
        first.append(&RunId::new("r1"), &notes(1..=1)).await.unwrap_err(),
        first.open_run(&run("r3"), &lost).await.unwrap_err(),
        first.renew(&lost).await.map(drop).unwrap_err(),
        first.lease_of(&RunId::new("r1")).await.map(drop).unwrap_err(),
    ] {
        assert!(
            matches!(&refused, StoreError::LeaseLost { now: Some(now), .. } if now.token == lease.token),
            "{refused:?}"
        );
        let words =
            "the lease of shard 1/2 of plan `drill` in environment `test` is lost: shard 2/3 is held by ben@here";
        assert!(refused.to_string().contains(words), "{refused}");
    }
    assert!(!first.end_lease(&lost, "was given back").await.unwrap());
    assert_eq!(second.leases(&plan(), "test").await.unwrap(), [lease]);
}

async fn the_end_of_one_shard_leaves_the_others_alone(place: Place) {
    let store = place.open().await;
    let (one, two) = (take(&store, "1/2", "ada").await.unwrap(), take(&store, "2/2", "ben").await.unwrap());
    store.open_run(&run("r1"), &one).await.unwrap();
    store.open_run(&run("r2"), &two).await.unwrap();
    assert!(place.open().await.end_lease(&one, "was broken by cleo@there").await.unwrap());
    let lost = store.append(&RunId::new("r1"), &notes(1..=1)).await.unwrap_err().to_string();
    assert!(
        lost.contains("shard 1/2 of plan `drill` in environment `test` is lost: it was broken by cleo@there"),
        "{lost}"
    );
    store.append(&RunId::new("r2"), &notes(1..=1)).await.unwrap();
    // The shard comes again, under a token that none of them had, and the run of before stays over.
    let again = take(&store, "1/2", "ada").await.unwrap();
    assert!(again.token > two.token);
    assert!(matches!(store.append(&RunId::new("r1"), &notes(1..=1)).await, Err(StoreError::LeaseLost { .. })));
    store.append(&RunId::new("r2"), &notes(2..=2)).await.unwrap();
}

async fn the_dead_of_another_split_are_taken_over(place: Place) {
    let store = place.open().await;
    let left = take(&store, "1/2", "ada").await.unwrap();
    store.open_run(&run("r1"), &left).await.unwrap();
    let lease = store.take(&of("1/3", "d", "ben", TERM), &[left.token]).await.unwrap();
    assert_eq!(store.leases(&plan(), "test").await.unwrap(), [lease]);
    assert!(matches!(store.append(&RunId::new("r1"), &notes(1..=1)).await, Err(StoreError::LeaseLost { .. })));
    assert_eq!(held(take(&store, "1/2", "cleo").await).shard(), Some("1/3".parse().unwrap()));
}

async fn a_store_of_before_there_were_shards_is_brought_up_to_date_while_somebody_holds_a_lease(place: Place) {
    let store = place.open().await;
    let lease = take(&store, "", "ada").await.unwrap();
    store.open_run(&run("r1"), &lease).await.unwrap();
    store.append(&RunId::new("r1"), &notes(1..=2)).await.unwrap();
    drop(store);
    place.meddle(if matches!(place, Place::File(_)) { BACK_IN_A_FILE } else { BACK_AT_A_SERVER }).await;
    let store = place.open().await;
    assert_eq!(held(take(&store, "1/2", "ben").await).token, lease.token, "whoever held the plan still does");
    store.append(&RunId::new("r1"), &notes(3..=3)).await.unwrap();
    assert_eq!(store.run(&RunId::new("r1")).await.unwrap().unwrap(), (run("r1"), notes(1..=3)));
    assert!(store.end_lease(&lease, "was given back").await.unwrap());
    assert!(take(&store, "1/2", "ben").await.unwrap().token > lease.token);
}
