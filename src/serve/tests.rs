//! Those who watch, over a store of this process.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{Semaphore, watch};

use super::guard::Hosts;
use super::summaries::Summaries;
use super::watchers::{News, Watchers, looked_at, watch};
use super::{Access, Config, ServeError, Shared, guard, session, start};
use crate::journal::sqlite::SqliteStore;
use crate::journal::{Claim, Run, SavedChangeset, StateStore, Store as _};
use crate::model::{RunId, Secret, Slug};

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

/// A store with one run, whose changeset is none.
async fn store(folder: &tempfile::TempDir) -> (StateStore, RunId) {
    let path = folder.path().join("state.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let plan = Slug::parse("dr-weekly").unwrap();
    let claim = Claim::of_a_test(plan.clone(), "prod");
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

fn shared(store: StateStore, stop: watch::Receiver<()>) -> Shared {
    Shared {
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
    }
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
    let shared = Arc::new(shared(store, stopped));
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

#[tokio::test]
async fn wrong_tokens_are_refused_for_a_while_and_the_right_one_never() {
    const TOKEN: &str = "0123456789abcdef";
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = store(&folder).await;
    let (_stop, stopped) = watch::channel(());
    let (tell, told) = std::sync::mpsc::channel();
    let access = Access::by(&Secret::new(TOKEN.to_owned())).unwrap();
    let say = Box::new(move |text: &str| tell.send(text.to_owned()).unwrap());
    let shared = Arc::new(Shared { access: Some(access), say, ..shared(store, stopped) });
    // From here on time stands still.
    tokio::time::pause();
    let bears = |token: &str| {
        let request = Request::get("/").header("host", "localhost").header("authorization", format!("Bearer {token}"));
        guard::refusal(&shared, &request.body(Body::empty()).unwrap()).map(|refused| refused.status())
    };
    let logs_in = async |token: &str| {
        let request = Request::post("/login").body(Body::from(format!("token={token}"))).unwrap();
        session::log_in(State(Arc::clone(&shared)), request).await
    };
    for _ in 0..10 {
        assert_eq!(bears("a guess"), Some(StatusCode::UNAUTHORIZED));
        assert_eq!(logs_in("a+guess").await.status(), StatusCode::UNAUTHORIZED);
    }
    for _ in 0..5 {
        assert_eq!(bears("a guess"), Some(StatusCode::TOO_MANY_REQUESTS));
        let refused = logs_in("a+guess").await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.headers()["retry-after"], "3");
        assert_eq!(bears(TOKEN), None);
        assert_eq!(logs_in(TOKEN).await.status(), StatusCode::SEE_OTHER);
    }
    tokio::time::advance(Duration::from_secs(3)).await;
    assert_eq!(bears("a guess"), Some(StatusCode::UNAUTHORIZED));
    assert_eq!(bears("a guess"), Some(StatusCode::TOO_MANY_REQUESTS));
    let told: Vec<String> = told.try_iter().collect();
    assert_eq!(told.len(), 20 + 1 + 1 + 1, "{told:?}");
    assert_eq!(told.iter().filter(|text| text.starts_with("too many wrong tokens")).count(), 2);
}
