//! The folder with the site's database: opened by one simulator at a time, private to its user.
//!
//! Everything is in one SQLite file, so that people can look into it with any client. Tables named
//! `sim_...` are the catalogue; live tables are named `SITE.DATABASE.table` and those of backups
//! `backup-EXECUTION.DATABASE.table`, as `sim_objects` and `sim_backup_objects` list them.

#![allow(clippy::disallowed_methods, reason = "the simulator keeps its site in files")]

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, SqliteTransaction};

use super::SimulatorError;
use super::moment::{Moment, Pace};
use super::restores::{self, NewRestore, Open, Restore};

/// Marks a SQLite file as ours.
const APPLICATION_ID: i64 = 0x5253_494D;
/// The form of the catalogue below.
const VERSION: i64 = 1;
/// How many requests the log keeps when a simulator starts again.
const KEPT_REQUESTS: i64 = 100_000;

const SCHEMA: &str = "
CREATE TABLE sim_sites (id TEXT PRIMARY KEY) STRICT;
CREATE TABLE sim_databases (
    site TEXT NOT NULL, folded TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
    PRIMARY KEY (site, folded)
) STRICT;
CREATE TABLE sim_objects (
    site TEXT NOT NULL, database TEXT NOT NULL, folded TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
    definition TEXT, storage TEXT, bytes INTEGER NOT NULL, origin TEXT NOT NULL,
    PRIMARY KEY (site, database, folded)
) STRICT;
CREATE TABLE sim_jobs (
    site TEXT NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, is_active INTEGER NOT NULL,
    PRIMARY KEY (site, id)
) STRICT;
CREATE TABLE sim_executions (
    id INTEGER PRIMARY KEY, site TEXT NOT NULL, job INTEGER NOT NULL, status TEXT NOT NULL,
    started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, bytes INTEGER
) STRICT;
CREATE TABLE sim_backup_objects (
    execution INTEGER NOT NULL, position INTEGER NOT NULL, parent TEXT NOT NULL, name TEXT NOT NULL,
    kind TEXT NOT NULL, definition TEXT, storage TEXT, bytes INTEGER NOT NULL,
    PRIMARY KEY (execution, position)
) STRICT;
CREATE TABLE sim_preparations (
    id INTEGER PRIMARY KEY, site TEXT NOT NULL, execution INTEGER NOT NULL UNIQUE,
    started_at INTEGER NOT NULL, ready_at INTEGER NOT NULL
) STRICT;
CREATE TABLE sim_pace (at INTEGER NOT NULL, bytes_per_second INTEGER NOT NULL) STRICT;
CREATE TABLE sim_restores (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, source_site TEXT NOT NULL, job INTEGER NOT NULL,
    execution INTEGER NOT NULL, target_site TEXT NOT NULL, body TEXT NOT NULL, work TEXT NOT NULL,
    faults TEXT NOT NULL, accepted_at INTEGER NOT NULL, listed_at INTEGER NOT NULL, ready_at INTEGER NOT NULL,
    started_at INTEGER, ended_at INTEGER, record TEXT
) STRICT;
CREATE INDEX sim_open_restores ON sim_restores (id) WHERE ended_at IS NULL;
CREATE TABLE sim_requests (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    query TEXT, body TEXT, call TEXT, has_credentials INTEGER NOT NULL, status INTEGER, fault TEXT
) STRICT;
";

/// The open database. It is one connection, and whoever holds it is alone with the site.
pub(super) struct Store {
    connection: SqliteConnection,
    /// What the last look at the restores left, unless it broke off.
    open: Option<Open>,
    /// Held as long as the store is open; the system releases it even after a crash.
    _lock: File,
}

impl Store {
    /// Opens the database in `folder`, which is made if it isn't there. Also tells whether it is new,
    /// that is, still empty.
    pub(super) async fn open(folder: &Path) -> Result<(Self, bool), SimulatorError> {
        let unusable = |source| SimulatorError::Folder { path: folder.to_owned(), source };
        make_private_folder(folder).map_err(unusable)?;
        let lock = private_file(&folder.join("lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(SimulatorError::InUse { path: folder.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        let file = folder.join("site.db");
        // SQLite gives its companion files the mode of this one.
        private_file(&file).map_err(unusable)?;
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(10));
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let application: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut connection).await?;
        let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut connection).await?;
        let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema").fetch_one(&mut connection).await?;
        let is_new = tables == 0;
        if !is_new && (application, version) != (APPLICATION_ID, VERSION) {
            return Err(SimulatorError::Foreign { path: file });
        }
        Ok((Self { connection, open: None, _lock: lock }, is_new))
    }

    /// The connection, for single statements.
    pub(super) fn sql(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// The restores that haven't ended: as they were left, unless somebody wrote with a client of their own since then.
    /// They must be given back with [`Self::keep_open`].
    pub(super) async fn take_open(&mut self) -> sqlx::Result<Open> {
        let version: i64 = sqlx::query_scalar("PRAGMA data_version").fetch_one(self.sql()).await?;
        if let Some(open) = self.open.take().filter(|open| open.version == version) {
            return Ok(open);
        }
        restores::open(self.sql(), version).await
    }

    /// Keeps what is known of the restores that haven't ended for the next look.
    pub(super) fn keep_open(&mut self, open: Open) {
        self.open = Some(open);
    }

    /// The kept restores, until somebody changes what is stored.
    pub(super) fn kept(&self) -> &[Restore] {
        self.open.as_ref().map_or(&[], |open| &open.restores)
    }

    /// Stores a restore and gives its execution id.
    pub(super) async fn accept(&mut self, new: &NewRestore<'_>) -> sqlx::Result<i64> {
        let accepted = restores::insert(self.sql(), new).await?;
        let id = accepted.id;
        if let Some(open) = &mut self.open {
            open.restores.push(accepted);
        }
        Ok(id)
    }

    /// A transaction; undone unless committed.
    pub(super) async fn begin(&mut self) -> sqlx::Result<SqliteTransaction<'_>> {
        self.connection.begin_with("BEGIN IMMEDIATE").await
    }

    /// Closes the database, so that nothing of it stays in the write-ahead log.
    pub(super) async fn close(self) -> sqlx::Result<()> {
        self.connection.close().await
    }

    /// The history of the site's pace.
    pub(super) async fn pace(&mut self) -> sqlx::Result<Pace> {
        let rows: Vec<(i64, i64)> = sqlx::query_as("SELECT at, bytes_per_second FROM sim_pace ORDER BY at, rowid")
            .fetch_all(self.sql())
            .await?;
        Ok(Pace::new(rows.into_iter().map(|(at, rate)| (Moment(at), rate.unsigned_abs())).collect()))
    }

    /// Notes that the site works at this pace from now on, unless it does already.
    pub(super) async fn set_pace(&mut self, now: Moment, bytes_per_second: u64) -> sqlx::Result<()> {
        if self.pace().await?.latest() == Some(bytes_per_second) {
            return Ok(());
        }
        sqlx::query("INSERT INTO sim_pace VALUES (max(?1, coalesce((SELECT max(at) FROM sim_pace), ?1)), ?2)")
            .bind(now.0)
            .bind(sql_int(bytes_per_second))
            .execute(self.sql())
            .await?;
        Ok(())
    }

    /// Forgets all requests but the newest many.
    pub(super) async fn trim_requests(&mut self) -> sqlx::Result<()> {
        sqlx::query("DELETE FROM sim_requests WHERE seq <= (SELECT max(seq) FROM sim_requests) - ?")
            .bind(KEPT_REQUESTS)
            .execute(self.sql())
            .await?;
        Ok(())
    }
}

/// Makes the catalogue in an empty database, within the transaction that also fills it.
pub(super) async fn create_schema(tx: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(SCHEMA).execute(&mut *tx).await?;
    let marks = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(marks)).execute(&mut *tx).await?;
    Ok(())
}

/// A number of bytes as SQLite holds it.
pub(super) fn sql_int(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// A name as SQL takes it, whatever it holds.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    fs::DirBuilder::new().recursive(true).create(folder)
}

/// A file that only its owner may read, made if it isn't there.
fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}
