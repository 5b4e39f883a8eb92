//! The journal in an embedded SQLite database: one file, write-ahead log, every commit synced.

#![allow(clippy::disallowed_methods, reason = "the file is made here, with its permissions, and leases are timed")]

mod leases;
mod pruning;
mod reading;
mod schema;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{QueryBuilder, Row as _, Sqlite, Transaction};

use super::chain::{self, Checksum, KeptEntry, KeptRun, Tail};
use super::head::ReadHead;
use super::kept_lease::kept_shard;
use super::record::in_order;
use super::{Claim, Entry, Lease, Reader as _, Run, Store, StoreError};
use crate::model::{RunId, Slug};

/// How many entries are written by one statement at most.
const ROWS: usize = 200;

/// Statements for fewer entries than that are kept for the next time: there are few lengths of them.
const FEW: usize = 8;

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
        schema::open(path, schema::PATIENCE).await
    }

    /// Opens the file, and waits that long wherever somebody else is writing.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub async fn open_patiently(path: &Path, patience: Duration) -> Result<Self, StoreError> {
        schema::open(path, patience).await
    }

    /// Opens a file that is there to read it alone: nothing of it is changed, and its tables aren't brought up to date.
    ///
    /// # Errors
    /// When it isn't there, can't be read, or its tables are of another version.
    pub async fn open_to_read(path: &Path, patience: Duration) -> Result<Self, StoreError> {
        schema::open_to_read(path, patience).await
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn failed(&self, what: &'static str, source: sqlx::Error) -> StoreError {
        failed(&self.path, what, source)
    }

    fn damaged(&self, problem: String) -> StoreError {
        StoreError::Damaged { place: self.place(), problem }
    }

    /// A transaction that is the only one to write from its beginning.
    async fn write(&self, what: &'static str) -> Result<Transaction<'static, Sqlite>, StoreError> {
        self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.failed(what, e))
    }

    fn kept(&self, row: &SqliteRow) -> Result<KeptRun, StoreError> {
        let fail = |e| self.failed("read a run", e);
        let checksum: Option<Vec<u8>> = row.try_get("tail").map_err(fail)?;
        Ok(KeptRun {
            head: row.try_get("head").map_err(fail)?,
            checksum: row.try_get("checksum").map_err(fail)?,
            tail: Tail::kept(row.try_get("seq").map_err(fail)?, checksum.as_deref()),
        })
    }

    /// A run with its entries; `head` reads as much of its head as is wanted.
    async fn whole(
        &self,
        connection: &mut SqliteConnection,
        row: &SqliteRow,
        head: ReadHead,
    ) -> Result<(Run, Vec<Entry>), StoreError> {
        let kept = self.kept(row)?;
        let run = head(&kept.head).map_err(|e| self.damaged(format!("the head of a run: {e}")))?;
        let entries = self.kept_entries(connection, &run.id, 0).await?;
        let entries = chain::read(&run.id, &kept, &entries).map_err(|problem| self.damaged(problem))?;
        Ok((run, entries))
    }

    /// A run's entries after that one.
    async fn kept_entries(
        &self,
        connection: &mut SqliteConnection,
        run: &RunId,
        after: i64,
    ) -> Result<Vec<KeptEntry>, StoreError> {
        let fail = |e| self.failed("read a run's entries", e);
        let rows = sqlx::query("SELECT seq, at, record, checksum FROM entries WHERE run = ? AND seq > ? ORDER BY seq")
            .bind(run.as_str())
            .bind(after)
            .fetch_all(connection)
            .await
            .map_err(fail)?;
        let entry = |row: &SqliteRow| {
            Ok(KeptEntry {
                seq: row.try_get("seq")?,
                at: row.try_get("at")?,
                record: row.try_get("record")?,
                checksum: row.try_get("checksum")?,
            })
        };
        let entries: Result<Vec<KeptEntry>, sqlx::Error> = rows.iter().map(entry).collect();
        entries.map_err(fail)
    }

    /// Whose run it is, whether its lease is held, and its tail.
    async fn standing(&self, connection: &mut SqliteConnection, run: &RunId) -> Result<Standing, StoreError> {
        let fail = |e| self.failed("look for the lease of a run", e);
        let row = sqlx::query(
            "SELECT r.plan, r.environment, r.shard, r.token, t.seq, t.checksum, \
                    coalesce(l.token = r.token AND l.holder IS NOT NULL, FALSE) AS held \
             FROM runs r LEFT JOIN tails t ON t.run = r.id \
             LEFT JOIN leases l ON l.plan = r.plan AND l.environment = r.environment AND l.shard = r.shard \
             WHERE r.id = ?",
        )
        .bind(run.as_str())
        .fetch_optional(connection)
        .await
        .map_err(fail)?;
        let row = row.ok_or_else(|| self.out_of_turn(run, "there is no such run".to_owned()))?;
        let plan: String = row.try_get("plan").map_err(fail)?;
        let checksum: Option<Vec<u8>> = row.try_get("checksum").map_err(fail)?;
        Ok(Standing {
            plan: Slug::parse(&plan).map_err(|e| self.damaged(format!("the plan of run {run}: {e}")))?,
            environment: row.try_get("environment").map_err(fail)?,
            shard: row.try_get("shard").map_err(fail)?,
            held: row.try_get("held").map_err(fail)?,
            tail: Tail::kept(row.try_get("seq").map_err(fail)?, checksum.as_deref()),
        })
    }

    fn out_of_turn(&self, run: &RunId, problem: String) -> StoreError {
        StoreError::OutOfTurn { place: self.place(), run: run.clone(), problem }
    }
}

/// What decides whether a run may be written.
struct Standing {
    plan: Slug,
    environment: String,
    /// Of this shard; empty for the whole plan.
    shard: String,
    held: bool,
    tail: Option<Tail>,
}

impl Standing {
    /// Whose lease the run is written under.
    fn of(&self) -> (&Slug, &str, &str) {
        (&self.plan, &self.environment, &self.shard)
    }
}

impl Store for SqliteStore {
    async fn take(&self, claim: &Claim, over: &[u64]) -> Result<Lease, StoreError> {
        self.take_lease(claim, over).await
    }

    async fn renew(&self, lease: &Lease) -> Result<Lease, StoreError> {
        self.renew_lease(lease).await
    }

    async fn end_lease(&self, lease: &Lease, how: &str) -> Result<bool, StoreError> {
        self.give_up(lease, how).await
    }

    async fn leases(&self, plan: &Slug, environment: &str) -> Result<Vec<Lease>, StoreError> {
        let mut connection = self.pool.acquire().await.map_err(|e| self.failed("read a lease", e))?;
        self.held(&mut connection, plan, environment).await
    }

    async fn lease_of(&self, run: &RunId) -> Result<Lease, StoreError> {
        let mut connection = self.pool.begin().await.map_err(|e| self.failed("read a lease", e))?;
        let standing = self.standing(&mut connection, run).await?;
        let held = self.held(&mut connection, &standing.plan, &standing.environment).await?;
        let own = |lease: &Lease| kept_shard(lease.share.as_ref()) == standing.shard;
        match held.into_iter().find(own) {
            Some(lease) if standing.held => Ok(lease),
            _ => Err(self.lost(&mut connection, standing.of()).await),
        }
    }

    async fn open_run(&self, run: &Run, lease: &Lease) -> Result<(), StoreError> {
        let fail = |e| self.failed("record a new run", e);
        let head = serde_json::to_string(run).map_err(|e| self.out_of_turn(&run.id, e.to_string()))?;
        let start = Checksum::of_head(&head).bytes();
        let mut transaction = self.write("record a new run").await?;
        self.prolong(&mut transaction, lease, Some(&run.id)).await?;
        sqlx::query(
            "INSERT INTO runs (id, plan, environment, shard, opened_at, head, checksum, token) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(run.id.as_str())
        .bind(lease.plan.as_str())
        .bind(&lease.environment)
        .bind(kept_shard(lease.share.as_ref()))
        .bind(run.opened_at.as_millisecond())
        .bind(head)
        .bind(&start)
        .bind(i64::try_from(lease.token).unwrap_or(i64::MAX))
        .execute(&mut *transaction)
        .await
        .map_err(fail)?;
        sqlx::query("INSERT INTO tails (run, seq, checksum) VALUES (?, 0, ?)")
            .bind(run.id.as_str())
            .bind(start)
            .execute(&mut *transaction)
            .await
            .map_err(fail)?;
        transaction.commit().await.map_err(fail)
    }

    async fn append(&self, run: &RunId, entries: &[Entry]) -> Result<(), StoreError> {
        let fail = |e| self.failed("append to the journal", e);
        let mut transaction = self.write("append to the journal").await?;
        let standing = self.standing(&mut transaction, run).await?;
        if !standing.held {
            return Err(self.lost(&mut transaction, standing.of()).await);
        }
        let tail = standing.tail.ok_or_else(|| self.damaged(format!("the end of run {run} is missing")))?;
        let (kept, tail) = chain::link(tail, entries).map_err(|problem| self.out_of_turn(run, problem))?;
        // One statement for many: each of them goes to a thread of its own and back.
        for rows in kept.chunks(ROWS) {
            let mut insert = QueryBuilder::new("INSERT INTO entries (run, seq, at, record, checksum) ");
            insert.push_values(rows, |mut row, entry| {
                row.push_bind(run.as_str())
                    .push_bind(entry.seq)
                    .push_bind(&entry.at)
                    .push_bind(&entry.record)
                    .push_bind(entry.checksum.as_deref());
            });
            insert.build().persistent(rows.len() < FEW).execute(&mut *transaction).await.map_err(fail)?;
        }
        sqlx::query("UPDATE tails SET seq = ?, checksum = ? WHERE run = ?")
            .bind(tail.seq)
            .bind(tail.checksum.bytes())
            .bind(run.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(fail)?;
        transaction.commit().await.map_err(fail)
    }

    async fn runs(&self) -> Result<Vec<RunId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM runs ORDER BY opened_at DESC, id DESC")
            .fetch_all(&self.pool)
            .await
            .map_err(|e| self.failed("list the runs", e))?;
        Ok(ids.into_iter().map(RunId::new).collect())
    }

    async fn run(&self, id: &RunId) -> Result<Option<(Run, Vec<Entry>)>, StoreError> {
        Ok(self.begin(id).await?.map(|(run, entries, _)| (run, entries)))
    }

    async fn prune(&self, run: &Run, entries: &[Entry]) -> Result<bool, StoreError> {
        self.take_away(run, entries).await
    }

    async fn runs_of(&self, plan: &Slug, environment: &str) -> Result<Vec<(Run, Vec<Entry>)>, StoreError> {
        let fail = |e| self.failed("list the runs of a plan", e);
        let mut transaction = self.pool.begin().await.map_err(fail)?;
        let rows = sqlx::query(
            "SELECT head, r.checksum, t.seq, t.checksum AS tail FROM runs r LEFT JOIN tails t ON t.run = r.id \
             WHERE plan = ? AND environment = ? ORDER BY opened_at, id",
        )
        .bind(plan.as_str())
        .bind(environment)
        .fetch_all(&mut *transaction)
        .await
        .map_err(fail)?;
        let mut runs = Vec::with_capacity(rows.len());
        for row in &rows {
            runs.push(self.whole(&mut transaction, row, Run::without_changeset).await?);
        }
        runs.extend(self.remains(&mut transaction, plan, environment).await?);
        in_order(&mut runs);
        Ok(runs)
    }
}

/// What SQLite says, told so that somebody knows what to do.
fn failed(path: &Path, what: &'static str, source: sqlx::Error) -> StoreError {
    let place = path.display().to_string();
    let code = source.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
    // The low byte is the kind, the rest says it more closely.
    let hint = match code.map(|code| code & 0xff) {
        Some(5 | 6) => ": another program keeps it busy",
        Some(8) => ": it may not be written; see to its permissions and its folder's",
        Some(10) => ": the disk failed; see to it before anything else is restored",
        Some(11 | 26) => return StoreError::Damaged { place, problem: format!("it could not {what}: {source}") },
        Some(14) => ": it isn't there, or its folder lets nobody make the files that SQLite keeps beside it",
        Some(13) => ": its disk is full, or it may not grow; make room and run the same command again",
        _ => "",
    };
    StoreError::Database { place, what, hint: hint.to_owned(), source: source.into() }
}
