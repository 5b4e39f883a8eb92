//! The journal in an embedded SQLite database: one file, write-ahead log, every commit synced.

#![allow(clippy::disallowed_methods, reason = "the store's file is made here, with its permissions")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Executor as _, Row as _};

use super::{Entry, Run, Store, StoreError};
use crate::model::{RunId, Slug};

/// The schema's version, kept in `user_version`. A newer file is refused, never changed.
const VERSION: i64 = 1;

const SCHEMA: &str = "
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
";

/// A store in a file.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    pool: SqlitePool,
    path: PathBuf,
}

impl SqliteStore {
    /// Opens the file, making it (readable by its owner alone) where it isn't there.
    ///
    /// # Errors
    /// When it can't be made or opened, or was written by a newer version.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let io = |source: std::io::Error| StoreError::Database {
            place: path.display().to_string(),
            what: "be made",
            source: sqlx::Error::Io(source),
        };
        if let Some(folder) = path.parent() {
            make_private_folder(folder).map_err(io)?;
        }
        make_private_file(path).map_err(io)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10));
        // One connection: SQLite has one writer anyway, and reads then see what was just written.
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await;
        let mut store = Self { pool: pool.map_err(|e| failed(path, "be opened", e))?, path: path.to_owned() };
        store.migrate().await?;
        Ok(store)
    }

    async fn migrate(&mut self) -> Result<(), StoreError> {
        let fail = |e| failed(&self.path, "be prepared", e);
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(fail)?;
        let version: i64 =
            sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *transaction).await.map_err(fail)?;
        match version {
            VERSION => return Ok(()),
            0 => {
                let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
                    .fetch_one(&mut *transaction)
                    .await
                    .map_err(fail)?;
                if tables > 0 {
                    return Err(self.unreadable("it is another program's database: name another file".to_owned()));
                }
            }
            newer => {
                let problem =
                    format!("its schema has version {newer}, and this restorectl knows {VERSION}: use a newer one");
                return Err(self.unreadable(problem));
            }
        }
        transaction.execute(SCHEMA).await.map_err(fail)?;
        transaction.execute("PRAGMA user_version = 1").await.map_err(fail)?;
        transaction.commit().await.map_err(fail)
    }

    fn unreadable(&self, problem: String) -> StoreError {
        StoreError::Unreadable { place: self.path.display().to_string(), problem }
    }

    fn head(&self, row: &SqliteRow) -> Result<Run, StoreError> {
        let text: String = row.try_get("head").map_err(|e| failed(&self.path, "read a run", e))?;
        serde_json::from_str(&text).map_err(|e| self.unreadable(format!("the head of a run: {e}")))
    }

    async fn entries(&self, run: &RunId) -> Result<Vec<Entry>, StoreError> {
        let rows = sqlx::query("SELECT seq, at, record FROM entries WHERE run = ? ORDER BY seq")
            .bind(run.as_str())
            .fetch_all(&self.pool)
            .await
            .map_err(|e| failed(&self.path, "read a run's entries", e))?;
        let entry = |row: &SqliteRow| -> Result<Entry, StoreError> {
            let fail = |e| failed(&self.path, "read an entry", e);
            let seq: i64 = row.try_get("seq").map_err(fail)?;
            let at: String = row.try_get("at").map_err(fail)?;
            let record: String = row.try_get("record").map_err(fail)?;
            let damaged = |what: String| self.unreadable(format!("entry {seq} of run {run}: {what}"));
            Ok(Entry {
                seq: u64::try_from(seq).map_err(|e| damaged(e.to_string()))?,
                at: at.parse().map_err(|e: jiff::Error| damaged(e.to_string()))?,
                record: serde_json::from_str(&record).map_err(|e| damaged(e.to_string()))?,
            })
        };
        rows.iter().map(entry).collect()
    }
}

impl Store for SqliteStore {
    async fn open_run(&self, run: &Run) -> Result<(), StoreError> {
        let head = serde_json::to_string(run).map_err(|e| self.unreadable(e.to_string()))?;
        sqlx::query("INSERT INTO runs (id, plan, environment, opened_at, head) VALUES (?, ?, ?, ?, ?)")
            .bind(run.id.as_str())
            .bind(run.plan.as_str())
            .bind(&run.environment)
            .bind(run.opened_at.as_millisecond())
            .bind(head)
            .execute(&self.pool)
            .await
            .map_err(|e| failed(&self.path, "record a new run", e))?;
        Ok(())
    }

    async fn append(&self, run: &RunId, entries: &[Entry]) -> Result<(), StoreError> {
        let fail = |e| failed(&self.path, "append to the journal", e);
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(fail)?;
        for entry in entries {
            let record = serde_json::to_string(&entry.record).map_err(|e| self.unreadable(e.to_string()))?;
            let seq = i64::try_from(entry.seq).map_err(|e| self.unreadable(e.to_string()))?;
            sqlx::query("INSERT INTO entries (run, seq, at, record) VALUES (?, ?, ?, ?)")
                .bind(run.as_str())
                .bind(seq)
                .bind(entry.at.to_string())
                .bind(record)
                .execute(&mut *transaction)
                .await
                .map_err(fail)?;
        }
        transaction.commit().await.map_err(fail)
    }

    async fn runs(&self) -> Result<Vec<Run>, StoreError> {
        let rows = sqlx::query("SELECT head FROM runs ORDER BY opened_at DESC, id DESC")
            .fetch_all(&self.pool)
            .await
            .map_err(|e| failed(&self.path, "list the runs", e))?;
        rows.iter().map(|row| self.head(row)).collect()
    }

    async fn run(&self, id: &RunId) -> Result<Option<(Run, Vec<Entry>)>, StoreError> {
        let row = sqlx::query("SELECT head FROM runs WHERE id = ?")
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(|e| failed(&self.path, "read a run", e))?;
        let Some(row) = row else {
            return Ok(None);
        };
        Ok(Some((self.head(&row)?, self.entries(id).await?)))
    }

    async fn runs_of(&self, plan: &Slug, environment: &str) -> Result<Vec<(Run, Vec<Entry>)>, StoreError> {
        let rows = sqlx::query("SELECT head FROM runs WHERE plan = ? AND environment = ? ORDER BY opened_at, id")
            .bind(plan.as_str())
            .bind(environment)
            .fetch_all(&self.pool)
            .await
            .map_err(|e| failed(&self.path, "list the runs of a plan", e))?;
        let mut runs = Vec::with_capacity(rows.len());
        for row in &rows {
            let run = self.head(row)?;
            let entries = self.entries(&run.id).await?;
            runs.push((run, entries));
        }
        Ok(runs)
    }
}

fn failed(path: &Path, what: &'static str, source: sqlx::Error) -> StoreError {
    StoreError::Database { place: path.display().to_string(), what, source }
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
