//! How many durable appends and entries a second each store takes, from one run that writes as fast as it can.
//!
//! `.ci/postgres cargo bench --bench store -- [FOLDER]` prints a table. The file is made in the folder, or else in the one for
//! temporary files: what is measured is that disk's sync. Without a server in `RESTORECTL_TEST_POSTGRES`, only the file is
//! measured.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a measurement may stop at once, and reads clocks")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use restorectl::journal::postgres::{Address, PostgresStore};
use restorectl::journal::sqlite::SqliteStore;
use restorectl::journal::{Claim, Entry, Holder, Record, Run, SavedChangeset, Store, TERM};
use restorectl::model::{Millis, ResourceId, RestoreRecord, RestoreStatus, RunId, Slug};

/// How long each number is taken.
const LENGTH: Duration = Duration::from_secs(3);

/// Entries in one append.
const GROUPS: [u64; 3] = [1, 30, 300];

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let told = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
        let folder = told.map_or_else(std::env::temp_dir, PathBuf::from);
        let path = folder.join(format!("restorectl-bench-{}.db", std::process::id()));
        println!("| store | entries in an append | appends/s | entries/s |\n|---|---|---|---|");
        measure("SQLite", &SqliteStore::open(&path).await.unwrap()).await;
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{ending}", path.display()));
        }
        match std::env::var("RESTORECTL_TEST_POSTGRES") {
            Ok(url) => {
                let address = Address::parse(&url).unwrap();
                measure("PostgreSQL", &PostgresStore::open(&address, Duration::ZERO).await.unwrap()).await;
            }
            Err(_) => println!("| PostgreSQL | SKIPPED: `.ci/postgres cargo bench --bench store` | | |"),
        }
    });
}

async fn measure<J: Store>(name: &str, store: &J) {
    let plan = Slug::parse("bench").unwrap();
    let holder = Holder {
        operator: "bench".into(),
        host: "here".into(),
        boot: String::new(),
        pid_space: String::new(),
        pid: std::process::id(),
        started: String::new(),
    };
    let claim = Claim { plan: plan.clone(), environment: "bench".into(), share: None, holder, term: TERM };
    let lease = store.take(&claim, &[]).await.unwrap();
    for group in GROUPS {
        let run = Run {
            id: RunId::new(format!("run-{}-{group}", std::process::id())),
            plan: plan.clone(),
            environment: "bench".into(),
            opened_at: jiff::Timestamp::now(),
            turn: lease.token,
            tool_version: "0".into(),
            opened_by: "bench".into(),
            service: String::new(),
            resumes: None,
            simulated: true,
            changeset: SavedChangeset::default(),
        };
        store.open_run(&run, &lease).await.unwrap();
        let (began, mut appends) = (Instant::now(), 0u64);
        while began.elapsed() < LENGTH {
            let entries: Vec<Entry> = (appends * group + 1..=(appends + 1) * group).map(observed).collect();
            store.append(&run.id, &entries).await.unwrap();
            appends += 1;
        }
        let per_second = |count: u64| u128::from(count) * 1000 / began.elapsed().as_millis();
        println!("| {name} | {group} | {} | {} |", per_second(appends), per_second(appends * group));
    }
    store.end_lease(&lease, "was given back").await.unwrap();
}

/// An entry of the usual size: what the site showed of a restore.
fn observed(seq: u64) -> Entry {
    let restore = RestoreRecord {
        job_name: None,
        execution_id: Some(ResourceId::new(seq.to_string()).as_str().to_owned()),
        status: RestoreStatus("RUNNING".into()),
        ..RestoreRecord::default()
    };
    let record = Record::Observed { item: Slug::parse("customer-orders").unwrap(), restore };
    Entry { seq, at: Millis(seq).after(jiff::Timestamp::UNIX_EPOCH), record }
}
