//! What is particular to a store in a file: its versions, its permissions, and what a disk can do to it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use restorectl::journal::sqlite::SqliteStore;
use restorectl::journal::{Record, Run, SavedChangeset, Store as _, StoreError};
use restorectl::model::*;
use sqlx::{Connection as _, SqliteConnection};
use tokio::process::Command;

use super::behaviours::{notes, plan, run};
use crate::claims::open;
use crate::cli::{APPLY, WEEKLY, no_doubles};
use crate::rig::{Ran, Rig};

async fn connect(path: &Path) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap()
}

/// The tables as the first version made them.
const VERSION_1: &str = "
CREATE TABLE runs (id TEXT PRIMARY KEY, plan TEXT NOT NULL, environment TEXT NOT NULL, opened_at INTEGER NOT NULL,
    head TEXT NOT NULL) STRICT;
CREATE INDEX runs_of ON runs (plan, environment, opened_at);
CREATE TABLE entries (run TEXT NOT NULL REFERENCES runs (id), seq INTEGER NOT NULL, at TEXT NOT NULL,
    record TEXT NOT NULL, PRIMARY KEY (run, seq)) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
";

/// A file as the first version left it: its owner's alone, with the run `old` of three entries.
async fn first_version(path: &Path) {
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(path).unwrap();
    let mut old = connect(path).await;
    sqlx::raw_sql(VERSION_1).execute(&mut old).await.unwrap();
    sqlx::query("INSERT INTO runs VALUES ('old', 'drill', 'test', ?, ?)")
        .bind(run("old").opened_at.as_millisecond())
        .bind(serde_json::to_string(&run("old")).unwrap())
        .execute(&mut old)
        .await
        .unwrap();
    for entry in notes(1..=3) {
        sqlx::query("INSERT INTO entries VALUES ('old', ?, ?, ?)")
            .bind(i64::try_from(entry.seq).unwrap())
            .bind(entry.at.to_string())
            .bind(serde_json::to_string(&entry.record).unwrap())
            .execute(&mut old)
            .await
            .unwrap();
    }
    old.close().await.unwrap();
}

async fn version(path: &Path) -> i64 {
    sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut connect(path).await).await.unwrap()
}

#[tokio::test]
async fn a_file_of_the_first_version_is_taken_over_with_all_its_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    first_version(&path).await;
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.run(&RunId::new("old")).await.unwrap().unwrap(), (run("old"), notes(1..=3)));
    open(&store, &run("new")).await;
    store.append(&RunId::new("new"), &notes(1..=2)).await.unwrap();
    assert!(store.append(&RunId::new("old"), &notes(4..=4)).await.is_err(), "it was opened under no lease");
    let store = SqliteStore::open(&path).await.unwrap();
    let runs = store.runs_of(&plan(), "test").await.unwrap();
    let bare = |id: &str| Run { changeset: SavedChangeset::default(), ..run(id) };
    assert_eq!(runs, [(bare("new"), notes(1..=2)), (bare("old"), notes(1..=3))]);
    assert_eq!(version(&path).await, 4);
}

#[tokio::test]
async fn a_file_with_a_hole_in_it_is_named_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let store = SqliteStore::open(&path).await.unwrap();
    open(&store, &run("r1")).await;
    store.append(&RunId::new("r1"), &notes(1..=300)).await.unwrap();
    drop(store);
    let mut raw = connect(&path).await;
    sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();
    let whole = std::fs::read(&path).unwrap();
    for (what, broken) in [
        ("cut short", whole[..whole.len() / 2].to_vec()),
        ("with zeros", [&whole[..4096], &vec![0; whole.len() - 4096]].concat()),
        ("with noise", [&whole[..8192], &vec![0xA7; whole.len() - 8192]].concat()),
        ("with another head", [&b"SQLite format 9\0"[..], &whole[16..]].concat()),
    ] {
        let copy = folder.path().join(format!("{what}.db"));
        std::fs::write(&copy, &broken).unwrap();
        let found = match SqliteStore::open(&copy).await {
            Ok(store) => store.run(&RunId::new("r1")).await.map(drop),
            Err(error) => Err(error),
        };
        let found = found.expect_err(what);
        assert!(matches!(found, StoreError::Damaged { .. }), "{what}: {found}: {found:?}");
        assert!(found.to_string().contains(&copy.display().to_string()), "{what}: {found}");
        assert_eq!(std::fs::read(&copy).unwrap(), broken, "{what}: it was changed");
    }
}

#[tokio::test]
async fn a_file_that_somebody_else_writes_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let store = SqliteStore::open_patiently(&path, Duration::ZERO).await.unwrap();
    open(&store, &run("r1")).await;
    let mut other = connect(&path).await;
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
    let refused = store.append(&RunId::new("r1"), &notes(1..=1)).await.unwrap_err();
    assert!(refused.to_string().contains("append to the journal: another program keeps it busy"), "{refused}");
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    store.append(&RunId::new("r1"), &notes(1..=1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_while_somebody_else_keeps_the_file() {
    let rig = Rig::new().await;
    rig.run(&["runs", "list"]).await.code(0);
    let mut other = connect(Path::new(&rig.state)).await;
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
    let apply = [&APPLY[..], &["--state-patience", "0s"]].concat();
    rig.run(&apply).await.code(1).says("another program keeps it busy");
    assert_eq!(rig.creates().await.len(), 0);
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    rig.run(&apply).await.code(0);
    no_doubles(&rig.creates().await, WEEKLY);
}

/// The binary as somebody whom permissions bind: root is bound by none.
fn bound(rig: &Rig, arguments: &[&str]) -> Command {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let plain = rig.command(arguments);
    let binary = PathBuf::from(plain.as_std().get_program());
    if std::fs::metadata(rig.folder.path()).unwrap().uid() != 0 {
        return plain;
    }
    // `nobody` may not reach where the binary was built.
    let copy = rig.path("restorectl");
    if !copy.exists() && std::fs::hard_link(&binary, &copy).is_err() {
        std::fs::copy(&binary, &copy).unwrap();
    }
    for (path, mode) in [(rig.folder.path(), 0o755), (&rig.path("plans/environments/sim.password"), 0o644)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(copy).args(arguments);
    command.current_dir(rig.folder.path()).env_clear().env("RESTORECTL_STATE", &rig.state).env("USER", "tester");
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_written_is_told_and_nothing_is_sent() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut rig = Rig::new().await;
    let mode = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    std::fs::create_dir(rig.path("kept")).unwrap();
    rig.state = rig.path("kept/state.db").display().to_string();
    rig.run(&["runs", "list"]).await.code(0);
    let apply = async |rig: &Rig| Ran::from(bound(rig, &APPLY).output().await.unwrap());
    // A file that may be read alone, in a folder where everything may be made.
    mode(Path::new(&rig.state), 0o444);
    mode(&rig.path("kept"), 0o777);
    apply(&rig).await.code(1).says("kept/state.db` could not be made").says("Permission denied");
    // A folder where nothing may be made: SQLite's own files have no place.
    mode(Path::new(&rig.state), 0o666);
    mode(&rig.path("kept"), 0o555);
    apply(&rig).await.code(1).says("the state store at `").says("kept/state.db`");
    // A folder that isn't there, where none may be made.
    rig.state = rig.path("kept/deeper/state.db").display().to_string();
    apply(&rig).await.code(1).says("could not be made").says("Permission denied");
    assert_eq!(rig.creates().await.len(), 0);
    mode(&rig.path("kept"), 0o755);
}

/// The system refuses every byte beyond some length of a file, wherever in a run that falls.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_ends_the_run_wherever_it_falls_and_loses_nothing() {
    let mut met = 0;
    // In blocks of 512 bytes. Opening takes 70 KB and more; a whole run takes some hundreds.
    for blocks in [100, 160, 200, 240, 280, 340, 400, 500, 640] {
        let rig = Rig::new().await;
        let program = rig.command(&[]).as_std().get_program().to_owned();
        let shell = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &shell]).arg(program).args(APPLY).current_dir(rig.folder.path()).env_clear();
        command.env("RESTORECTL_STATE", &rig.state).env("USER", "tester");
        let ran = Ran::from(command.output().await.unwrap());
        let sent: Vec<String> =
            rig.creates().await.iter().map(|create| create["body"]["name"].as_str().unwrap().to_owned()).collect();
        if ran.code != Some(0) {
            met += 1;
            let ran = ran.code(1).says("the state store at `");
            assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        }
        // What was sent stands in the journal.
        let store = SqliteStore::open(Path::new(&rig.state)).await.unwrap();
        let mut intended = Vec::new();
        for run in store.runs().await.unwrap() {
            let (_, entries) = store.run(&run).await.unwrap().unwrap();
            intended.extend(entries.into_iter().filter_map(|entry| match entry.record {
                Record::Intent { job_name, .. } => Some(job_name.to_string()),
                _ => None,
            }));
        }
        for name in &sent {
            assert!(intended.contains(name), "{blocks} blocks: {name} was sent without a durable intent");
        }
        drop(store);
        // With room again, it ends where an undisturbed run would have.
        rig.run(&APPLY).await.code(0);
        no_doubles(&rig.creates().await, WEEKLY);
    }
    assert!(met >= 4, "the disk was full in {met} runs only: change the lengths");
}

#[tokio::test]
async fn the_files_of_a_store_are_its_owners_alone_after_an_update_too() {
    use std::os::unix::fs::PermissionsExt as _;
    for is_old in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        if is_old {
            first_version(&path).await;
            assert_eq!(version(&path).await, 1);
        }
        let store = SqliteStore::open(&path).await.unwrap();
        assert_eq!(version(&path).await, 4);
        open(&store, &run("r1")).await;
        store.append(&RunId::new("r1"), &notes(1..=3)).await.unwrap();
        let mut seen = 0;
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
            seen += 1;
        }
        assert!(seen >= 2, "the log beside it is looked at too");
    }
}
