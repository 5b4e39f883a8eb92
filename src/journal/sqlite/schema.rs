//! The file and its tables: made privately, brought up to date, and left alone where somebody newer wrote them.

use std::path::Path;
use std::time::Duration;

use sqlx::Executor as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use super::{SqliteStore, failed};
use crate::journal::StoreError;

/// What brings the file from each version to the next; the version stands in `user_version`. A newer file is refused,
/// never changed.
const STEPS: [&str; 4] = [
    "
CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    plan TEXT NOT NULL,
    environment TEXT NOT NULL,
    opened_at INTEGER NOT NULL, -- milliseconds since 1970, so that it sorts
    head TEXT NOT NULL
) STRICT;
CREATE INDEX runs_of ON runs (plan, environment, opened_at);
CREATE TABLE entries (
    run TEXT NOT NULL REFERENCES runs (id),
    seq INTEGER NOT NULL,
    at TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
",
    // Runs of before have no checksums and no token: they are read as they are, and nothing is appended to them.
    "
ALTER TABLE runs ADD COLUMN checksum BLOB;
ALTER TABLE runs ADD COLUMN token INTEGER;
ALTER TABLE entries ADD COLUMN checksum BLOB;
CREATE TABLE tails (
    run TEXT PRIMARY KEY REFERENCES runs (id),
    seq INTEGER NOT NULL,
    checksum BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE leases (
    plan TEXT NOT NULL,
    environment TEXT NOT NULL,
    token INTEGER NOT NULL,
    holder TEXT, -- none: nobody holds it
    run TEXT,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    term INTEGER NOT NULL,
    note TEXT, -- how the last one ended
    PRIMARY KEY (plan, environment)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = 2;
",
    // Shards have leases of their own. The key of a table can't be changed, so it is made anew.
    "
ALTER TABLE runs ADD COLUMN shard TEXT NOT NULL DEFAULT '';
CREATE TABLE leases_of_shards (
    plan TEXT NOT NULL,
    environment TEXT NOT NULL,
    shard TEXT NOT NULL DEFAULT '', -- like 1/3; empty: the whole plan
    digest TEXT, -- of the plan that was cut
    token INTEGER NOT NULL,
    holder TEXT, -- none: nobody holds it
    run TEXT,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    term INTEGER NOT NULL,
    note TEXT, -- how the last one ended
    PRIMARY KEY (plan, environment, shard)
) STRICT, WITHOUT ROWID;
INSERT INTO leases_of_shards (plan, environment, token, holder, run, since, until, term, note)
    SELECT plan, environment, token, holder, run, since, until, term, note FROM leases;
DROP TABLE leases;
ALTER TABLE leases_of_shards RENAME TO leases;
PRAGMA user_version = 3;
",
    // What is left of runs that were pruned.
    "
CREATE TABLE remains (
    run TEXT PRIMARY KEY,
    plan TEXT NOT NULL,
    environment TEXT NOT NULL,
    head TEXT NOT NULL,
    entries TEXT NOT NULL,
    checksum BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX remains_of ON remains (plan, environment);
PRAGMA user_version = 4;
",
];

/// How long a file that somebody else writes is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn open(path: &Path, patience: Duration) -> Result<SqliteStore, StoreError> {
    let made = |source: std::io::Error| failed(path, "be made", sqlx::Error::Io(source));
    if let Some(folder) = path.parent() {
        make_private_folder(folder).map_err(made)?;
    }
    make_private_file(path).map_err(made)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(patience);
    // One connection: SQLite has one writer anyway, and reads then see what was just written.
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await;
    let pool = pool.map_err(|e| failed(path, "be opened", e))?;
    migrate(path, &pool).await?;
    Ok(SqliteStore { pool, path: path.to_owned() })
}

/// Opens a file to read it, beside whoever writes it. The files that SQLite keeps beside it while it is open may be made.
pub(super) async fn open_to_read(path: &Path, patience: Duration) -> Result<SqliteStore, StoreError> {
    if !path.is_file() {
        let problem = "there is no such file: `restorectl apply` makes one, and `--state` names another".to_owned();
        return Err(StoreError::Unreadable { place: path.display().to_string(), problem });
    }
    let options =
        SqliteConnectOptions::new().filename(path).read_only(true).pragma("query_only", "ON").busy_timeout(patience);
    // Several: readers of a write-ahead log are in nobody's way.
    let pool = SqlitePoolOptions::new().max_connections(READERS).acquire_timeout(LONGEST_WAIT);
    let pool = pool.connect_with(options).await.map_err(|e| failed(path, "be opened", e))?;
    check(path, &pool).await?;
    Ok(SqliteStore { pool, path: path.to_owned() })
}

/// How many may read at once.
const READERS: u32 = 4;

/// How long somebody waits for his turn to read.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Makes sure that the tables are those of this version.
pub(super) async fn check(path: &Path, pool: &SqlitePool) -> Result<(), StoreError> {
    let fail = |e| failed(path, "be read", e);
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(pool).await.map_err(fail)?;
    let known = STEPS.len();
    let problem = match usize::try_from(version) {
        Ok(version) if version == known => return Ok(()),
        Ok(0) => "it holds no tables of restorectl: `restorectl apply` makes them".to_owned(),
        Ok(version) if version < known => format!(
            "its schema has version {version}, and version {known} is read: any other command of this restorectl, like \
             `restorectl runs list`, brings it up to date"
        ),
        _ => newer(version),
    };
    Err(StoreError::Unreadable { place: path.display().to_string(), problem })
}

fn newer(version: i64) -> String {
    format!("its schema has version {version}, and this restorectl knows {}: use a newer one", STEPS.len())
}

async fn migrate(path: &Path, pool: &SqlitePool) -> Result<(), StoreError> {
    let fail = |e| failed(path, "be prepared", e);
    let unreadable = |problem| StoreError::Unreadable { place: path.display().to_string(), problem };
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.map_err(fail)?;
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *transaction).await.map_err(fail)?;
    let Some(missing) = usize::try_from(version).ok().and_then(|version| STEPS.get(version..)) else {
        return Err(unreadable(newer(version)));
    };
    if version == 0 {
        let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
            .fetch_one(&mut *transaction)
            .await
            .map_err(fail)?;
        if tables > 0 {
            return Err(unreadable("it is another program's database: name another file".to_owned()));
        }
    }
    for step in missing {
        transaction.execute(*step).await.map_err(fail)?;
    }
    transaction.commit().await.map_err(fail)
}

fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    if folder.as_os_str().is_empty() { Ok(()) } else { builder.create(folder) }
}

/// SQLite gives its side files the main file's permissions, so making that one first is enough.
fn make_private_file(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_commit_of_a_store_is_synced_to_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let [new, old] = ["new.db", "old.db"].map(|name| folder.path().join(name));
        // Made by somebody who wanted less of it.
        let first = SqliteConnectOptions::new().filename(&old).create_if_missing(true);
        let first = first.journal_mode(SqliteJournalMode::Truncate).synchronous(SqliteSynchronous::Off);
        let first = SqlitePool::connect_with(first).await.unwrap();
        first.execute(STEPS[0]).await.unwrap();
        first.close().await;
        for path in [new, old] {
            let store = open(&path, PATIENCE).await.unwrap();
            // The pool's first connection, and the one that comes after it.
            for nth in ["first", "second"] {
                let mut connection = store.pool.acquire().await.unwrap();
                let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *connection).await.unwrap();
                let synced: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *connection).await.unwrap();
                // 2 is FULL, which this build of SQLite takes by itself too; with NORMAL a write-ahead log is synced only
                // now and then.
                assert_eq!((mode.as_str(), synced), ("wal", 2), "the {nth} connection to {}", path.display());
                connection.close().await.unwrap();
            }
        }
    }
}
