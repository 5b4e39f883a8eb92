//! Those who watch, over a store of this process.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{Semaphore, watch};

use super::guard::Hosts;
use super::summaries::Summaries;
use super::watchers::{News, Watchers, looked_at, watch};
use super::{Config, ServeError, Shared, start};
use crate::journal::sqlite::SqliteStore;
use crate::journal::{Claim, Holder, Run, SavedChangeset, StateStore, Store as _, TERM};
use crate::model::{RunId, Slug};

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

/// A store with one run, whose changeset is none.
async fn store(folder: &tempfile::TempDir) -> (StateStore, RunId) {
    let path = folder.path().join("state.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let plan = Slug::parse("dr-weekly").unwrap();
    let holder = Holder {
        operator: "ada@here".into(),
        host: "here".into(),
        boot: "this".into(),
        pid_space: String::new(),
        pid: 7,
        started: "1".into(),
    };
    let claim = Claim { plan: plan.clone(), environment: "prod".into(), share: None, holder, term: TERM };
    let lease = store.take(&claim, &[]).await.unwrap();
    let run = Run {
        id: RunId::new("20261123-031207-4f2a"),
        plan,
        environment: "prod".into(),
        opened_at: now(),
        turn: lease.token,
        tool_version: "0.1.0".into(),
        opened_by: "ada@here".into(),
        service: String::new(),
        simulated: false,
        resumes: None,
        changeset: SavedChangeset::of(&serde_json::json!({"what": "another version wrote"})).unwrap(),
    };
    store.open_run(&run, &lease).await.unwrap();
    (StateStore::File(SqliteStore::open_to_read(&path, Duration::from_secs(1)).await.unwrap()), run.id)
}

fn shared(store: StateStore, stop: watch::Receiver<()>) -> Arc<Shared> {
    Arc::new(Shared {
        store,
        access: None,
        guard: Hosts::new("127.0.0.1".parse().unwrap(), Vec::new()),
        now,
        is_gone: |_| false,
        say: Box::new(|_| {}),
        summaries: Summaries::default(),
        watchers: Watchers::default(),
        making: Arc::new(Semaphore::new(1)),
        stop,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn one_looks_for_all_who_watch_and_none_when_nobody_does() {
    let folder = tempfile::tempdir().unwrap();
    let (store, id) = store(&folder).await;
    // Nobody can read it for now, so that no look is the last one.
    let path = folder.path().join("state.db");
    let mut connection = SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
    sqlx::raw_sql("ALTER TABLE entries RENAME TO elsewhere").execute(&mut connection).await.unwrap();
    let (_stop, stopped) = watch::channel(());
    let shared = shared(store, stopped);
    let mut one = watch(&shared, &id).unwrap();
    let mut other = watch(&shared, &id).unwrap();
    assert_eq!(looked_at(&shared), 1);
    for watcher in [&mut one, &mut other] {
        let told = watcher.told.wait_for(Option::is_some).await.unwrap().clone().unwrap();
        // Without what the store said.
        let News::Trouble(words) = told.news else { panic!("{told:?}") };
        assert!(words.ends_with("It is tried again.") && !words.contains("elsewhere"), "{words}");
    }
    drop((one, other));
    while looked_at(&shared) > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    // What can be read and not shown is told once, and not looked at again.
    sqlx::raw_sql("ALTER TABLE elsewhere RENAME TO entries").execute(&mut connection).await.unwrap();
    let mut one = watch(&shared, &id).unwrap();
    let told = one.told.wait_for(Option::is_some).await.unwrap().clone().unwrap();
    let News::Over(words) = told.news else { panic!("{told:?}") };
    assert!(words.contains("holds a changeset that this version can't read"), "{words}");
    while looked_at(&shared) > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(one.told.changed().await.is_err(), "nothing comes after it");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_served_openly_to_other_machines() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = store(&folder).await;
    let listen = "0.0.0.0:0".parse().unwrap();
    let say = Box::new(|_: &str| {});
    let config = Config { listen, access: None, hosts: Vec::new(), store, now, is_gone: |_| false, say };
    assert!(matches!(start(config).await, Err(ServeError::Open(_))));
}
