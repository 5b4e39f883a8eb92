//! The journal: what is kept, what is refused, and that it is kept privately.

use restorectl::journal::sqlite::SqliteStore;
use restorectl::journal::{Closed, ItemState, Record, Store as _, StoreError, past_attempts, replay};
use restorectl::model::*;

use crate::claims::open;
use crate::drill::{entries, run};

fn slug() -> Slug {
    Slug::parse("model").unwrap()
}

fn intent(attempt: u32) -> Record {
    let job_name = JobName::new(format!("drill_model_4d90123456789_1_{attempt}"));
    Record::Intent { item: slug(), job_name, generation: 1, attempt, prior: vec![], writes: vec![] }
}

fn replied(outcome: CreateOutcome) -> Record {
    Record::Replied { item: slug(), outcome }
}

fn unknown() -> Record {
    replied(CreateOutcome::Unknown { message: "reset".into() })
}

fn applied() -> Record {
    replied(CreateOutcome::Applied { resource_id: Some(ResourceId::new("91")) })
}

fn shown(status: &str) -> RestoreRecord {
    RestoreRecord { execution_id: Some("91".into()), status: RestoreStatus(status.into()), ..RestoreRecord::default() }
}

fn observed(status: &str) -> Record {
    Record::Observed { item: slug(), restore: shown(status) }
}

fn ended(end: End) -> Record {
    Record::Ended { item: slug(), end, reason: "because".into() }
}

fn failed() -> Record {
    Record::AttemptFailed { item: slug(), reason: "locked".into() }
}

fn not_found() -> Record {
    Record::NotFound { item: slug() }
}

/// A restore of an earlier run, as seen at the site or not, and known to have been accepted or not.
fn adopted(seen: Option<&str>, accepted: bool) -> Record {
    Record::Adopted {
        item: slug(),
        job_name: JobName::new("drill_model_4d90123456789_1_1"),
        generation: 1,
        attempt: 1,
        seen: seen.map(shown),
        accepted,
        resource_id: None,
        prior: vec![],
    }
}

fn late() -> Record {
    Record::Late { item: slug(), job_name: JobName::new("drill_model_4d90123456789_1_1"), restore: shown("RUNNING") }
}

fn contradicted() -> Record {
    Record::Contradicted { item: slug(), restore: shown("FAILED") }
}

fn noted() -> Record {
    Record::Noted { item: Some(slug()), text: "odd".into() }
}

fn fewer() -> Record {
    Record::Concurrency { allowed: 2, reason: "429".into() }
}

fn closed() -> Record {
    Record::Closed { how: Closed::Completed }
}

#[test]
fn the_transition_table() {
    let good: Vec<(Vec<Record>, ItemState)> = vec![
        (vec![intent(1)], ItemState::Intended),
        (vec![intent(1), applied()], ItemState::Following),
        (vec![intent(1), unknown()], ItemState::Unsure),
        (vec![intent(1), unknown(), observed("RUNNING")], ItemState::Following),
        (vec![intent(1), unknown(), not_found(), intent(2)], ItemState::Intended),
        (vec![intent(1), applied(), observed("FAILED"), failed(), intent(2)], ItemState::Intended),
        (vec![intent(1), applied(), ended(End::Succeeded)], ItemState::Ended(End::Succeeded)),
        (vec![intent(1), applied(), ended(End::TimedOut), observed("RUNNING")], ItemState::Ended(End::TimedOut)),
        (vec![ended(End::Blocked)], ItemState::Ended(End::Blocked)),
        (vec![adopted(None, false)], ItemState::Unsure),
        (vec![adopted(None, true)], ItemState::Following),
        (vec![adopted(Some("RUNNING"), false)], ItemState::Following),
        // One of ours that turns up late or is told of otherwise, or a word about it, moves nothing.
        (vec![intent(1), unknown(), not_found(), late(), intent(2)], ItemState::Intended),
        (vec![intent(1), unknown(), not_found(), ended(End::Unknown), late()], ItemState::Ended(End::Unknown)),
        (vec![intent(1), applied(), ended(End::Succeeded), contradicted()], ItemState::Ended(End::Succeeded)),
        (vec![intent(1), noted(), applied()], ItemState::Following),
        (vec![intent(1), applied(), ended(End::Succeeded), noted()], ItemState::Ended(End::Succeeded)),
        (vec![intent(1), fewer(), applied()], ItemState::Following),
    ];
    for (records, state) in good {
        let list = entries(records);
        assert_eq!(replay(&list).unwrap().items[&slug()].state, state, "{list:?}");
    }
    let bad: Vec<Vec<Record>> = vec![
        vec![applied()],
        vec![intent(1), intent(2)],
        vec![intent(1), ended(End::Succeeded)],
        vec![intent(1), applied(), intent(2)],
        vec![intent(1), applied(), not_found()],
        vec![intent(1), unknown(), failed()],
        vec![intent(1), applied(), ended(End::Succeeded), ended(End::Failed)],
        vec![intent(1), applied(), ended(End::Succeeded), observed("FAILED")],
        vec![intent(1), adopted(Some("RUNNING"), true)],
        vec![intent(1), unknown(), adopted(None, false)],
        vec![adopted(None, true), adopted(None, true)],
        vec![ended(End::Blocked), adopted(None, true)],
        vec![contradicted()],
        vec![intent(1), contradicted()],
        vec![intent(1), unknown(), contradicted()],
        vec![intent(1), applied(), contradicted()],
        // Whatever can be told at any time ends with the run.
        vec![closed(), intent(1)],
        vec![closed(), late()],
        vec![closed(), noted()],
        vec![closed(), Record::Noted { item: None, text: "odd".into() }],
        vec![closed(), fewer()],
        vec![closed(), closed()],
    ];
    for records in bad {
        let list = entries(records);
        let refused = replay(&list).unwrap_err();
        assert_eq!(refused.seq, list.len() as u64, "{list:?}");
    }
}

#[test]
fn a_gap_in_the_numbers_is_refused() {
    let mut list = entries(vec![intent(1), applied(), ended(End::Succeeded)]);
    list.remove(1);
    assert!(replay(&list).unwrap_err().problem.contains("entry 2 should come next"));
}

#[test]
fn what_became_of_earlier_creates() {
    let fate = |records: Vec<Record>| past_attempts(&[(run("r1"), entries(records))], "").unwrap().pop().unwrap().fate;
    assert_eq!(fate(vec![intent(1)]), PastFate::Open);
    assert_eq!(fate(vec![intent(1), unknown()]), PastFate::Open);
    assert_eq!(fate(vec![intent(1), applied()]), PastFate::Accepted);
    assert_eq!(fate(vec![intent(1), unknown(), observed("RUNNING")]), PastFate::Accepted);
    assert_eq!(fate(vec![intent(1), applied(), observed("ODD"), ended(End::Unknown)]), PastFate::Accepted);
    assert_eq!(fate(vec![intent(1), unknown(), not_found()]), PastFate::Gone);
    assert_eq!(fate(vec![intent(1), applied(), observed("FAILED"), ended(End::Failed)]), PastFate::Failed);
    assert_eq!(fate(vec![intent(1), applied(), ended(End::TimedOut)]), PastFate::Accepted);
    let done = vec![intent(1), applied(), observed("COMPLETED_SUCCESSFULLY"), ended(End::Succeeded)];
    assert_eq!(fate(done.clone()), PastFate::Succeeded);
    // A later run settles what an earlier one left open.
    let later = entries(vec![adopted(None, false), not_found()]);
    let past = past_attempts(&[(run("r1"), entries(vec![intent(1)])), (run("r2"), later)], "").unwrap();
    assert_eq!(past.iter().map(|p| p.fate).collect::<Vec<_>>(), [PastFate::Gone]);
}

#[tokio::test]
async fn what_is_kept_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep").join("state.db");
    let list = entries(vec![intent(1), applied(), observed("RUNNING"), ended(End::Succeeded)]);
    {
        let store = SqliteStore::open(&path).await.unwrap();
        open(&store, &run("r2")).await;
        open(&store, &run("r1")).await;
        store.append(&RunId::new("r1"), &list[..2]).await.unwrap();
        store.append(&RunId::new("r1"), &list[2..]).await.unwrap();
        // The same number twice is refused, and the whole append with it.
        assert!(store.append(&RunId::new("r1"), &list[3..]).await.is_err());
        assert!(store.append(&RunId::new("nobody"), &list[..1]).await.is_err());
    }
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.run(&RunId::new("r1")).await.unwrap().unwrap(), (run("r1"), list));
    assert_eq!(store.run(&RunId::new("r3")).await.unwrap(), None);
    assert_eq!(store.runs().await.unwrap().len(), 2);
    assert_eq!(store.runs_of(&Slug::parse("drill").unwrap(), "test").await.unwrap().len(), 2);
    assert_eq!(store.runs_of(&Slug::parse("drill").unwrap(), "prod").await.unwrap().len(), 0);
}

#[cfg(unix)]
#[tokio::test]
async fn the_store_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let store = SqliteStore::open(&path).await.unwrap();
    open(&store, &run("r1")).await;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
    }
}

#[tokio::test]
async fn a_newer_or_foreign_file_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    drop(SqliteStore::open(&path).await.unwrap());
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    sqlx::query("PRAGMA user_version = 7").execute(&pool).await.unwrap();
    pool.close().await;
    let refused = SqliteStore::open(&path).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Unreadable { problem, .. } if problem.contains("version 7")), "{refused}");

    let garbage = folder.path().join("garbage.db");
    std::fs::write(&garbage, "this is no database, and it is long enough to be read as one by nobody at all").unwrap();
    assert!(SqliteStore::open(&garbage).await.is_err());
    assert!(std::fs::read_to_string(&garbage).unwrap().starts_with("this is no database"));
}
