//! The connection, and how long a server is waited for that went away.
//!
//! A server is restarted, fails over or is cut off for a while; a run must outlast that. So what fails because the server
//! isn't there is tried again, over a new connection, until the patience is at its end.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::journal::StoreError;

/// How long one attempt may take. A server that vanished without a word is told by nothing else.
const LONGEST: Duration = Duration::from_secs(20);

/// The first wait between two attempts; each is twice as long as the one before it.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// What every session is set to: what is committed is on the disk, whatever the server's default is; and whoever stands
/// still in the middle of a transaction keeps nobody waiting for ever.
const SESSION: &str = "
SELECT set_config('synchronous_commit',
           CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false),
       set_config('default_transaction_isolation', 'read committed', false),
       set_config('lock_timeout', '10s', false),
       set_config('idle_in_transaction_session_timeout', '30s', false)
";

/// What a session is set to besides that only reads.
const READ_ONLY: &str = "SELECT set_config('default_transaction_read_only', 'on', false)";

/// Why an attempt failed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The database, or the way there.
    Database(sqlx::Error),
    /// What trying again doesn't change.
    Final(StoreError),
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Final(error)
    }
}

/// The one connection. It is let go whenever something failed on it, because nobody knows then in what state it is.
#[derive(Debug)]
pub(super) struct Line {
    options: PgConnectOptions,
    is_to_read: bool,
    open: Mutex<Option<PgConnection>>,
}

/// The connection while somebody uses it.
pub(super) struct Session<'a> {
    place: MutexGuard<'a, Option<PgConnection>>,
    /// The connection.
    pub(super) connection: PgConnection,
}

impl Line {
    pub(super) fn new(options: PgConnectOptions) -> Self {
        Self { options, is_to_read: false, open: Mutex::new(None) }
    }

    /// One on which nothing can be written.
    pub(super) fn to_read(options: PgConnectOptions) -> Self {
        Self { is_to_read: true, ..Self::new(options) }
    }

    /// The connection, made anew where there is none.
    pub(super) async fn session(&self) -> Result<Session<'_>, Trouble> {
        let mut place = self.open.lock().await;
        let connection = match place.take() {
            Some(connection) => connection,
            None => {
                let mut connection = self.options.connect().await?;
                sqlx::query(SESSION).execute(&mut connection).await?;
                if self.is_to_read {
                    sqlx::query(READ_ONLY).execute(&mut connection).await?;
                }
                connection
            }
        };
        Ok(Session { place, connection })
    }

    /// Ends the connection in order, so that the server knows at once.
    pub(super) async fn close(&self) {
        if let Some(connection) = self.open.lock().await.take() {
            let _ = connection.close().await;
        }
    }
}

impl Session<'_> {
    /// Keeps the connection for the next one: all went well on it.
    pub(super) fn keep(mut self) {
        *self.place = Some(self.connection);
    }
}

/// How long is still waited.
pub(super) struct Patience<'a> {
    place: &'a str,
    what: &'static str,
    length: Duration,
    until: Instant,
    wait: Duration,
}

impl<'a> Patience<'a> {
    pub(super) fn new(place: &'a str, what: &'static str, length: Duration) -> Self {
        Self { place, what, length, until: Instant::now() + length, wait: FIRST_WAIT }
    }

    /// Makes one attempt. Gives its result, or nothing where another one may be made.
    pub(super) async fn attempt<T>(
        &mut self,
        work: impl Future<Output = Result<T, Trouble>>,
    ) -> Option<Result<T, StoreError>> {
        let trouble = match tokio::time::timeout(LONGEST, work).await {
            Ok(Ok(done)) => return Some(Ok(done)),
            Ok(Err(trouble)) => trouble,
            Err(_) => Trouble::Database(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
        };
        let source = match trouble {
            Trouble::Final(error) => return Some(Err(error)),
            Trouble::Database(source) => source,
        };
        let away = is_away(&source);
        let left = self.until.saturating_duration_since(Instant::now());
        if away && !left.is_zero() {
            tracing::debug!("the state store did not {}: {source}; trying again", self.what);
            tokio::time::sleep(self.wait.min(left)).await;
            self.wait = (self.wait * 2).min(LONGEST_WAIT);
            return None;
        }
        let hint = match away {
            true if self.length.is_zero() => String::new(),
            true => format!(", for {} now", crate::model::Millis(millis(self.length))),
            false => hint(&source).to_owned(),
        };
        Some(Err(StoreError::Database { place: self.place.to_owned(), what: self.what, hint, source: source.into() }))
    }
}

fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

/// Whether an error means that the server isn't there, or can't serve for the moment.
fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            // No connection; stopped, starting or no longer writable; too many connections; in each other's way.
            ["08", "57P"].iter().any(|class| code.starts_with(class))
                || matches!(&*code, "25006" | "53300" | "40001" | "40P01" | "55P03")
        }),
        _ => false,
    }
}

/// What to do about what the server says.
fn hint(error: &sqlx::Error) -> &'static str {
    match error.as_database_error().and_then(|error| error.code()).as_deref() {
        Some("53100") => ": the server's disk is full; make room and run the same command again",
        Some("42501") => ": the user lacks a right; docs/store.md lists what it needs",
        Some("28P01" | "28000") => ": the login is wrong; the password may stand in `PGPASSWORD` or in the passfile",
        Some("3D000") => ": make the database first",
        Some("58030") => ": the server's disk failed; see to it before anything else is restored",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[ignore = "needs a PostgreSQL server: .ci/postgres cargo test -- --include-ignored"]
    async fn every_commit_at_a_server_is_on_its_disk_whatever_its_default_is() {
        #[allow(clippy::disallowed_methods, reason = "the server for the tests is named by a variable")]
        let url = std::env::var("RESTORECTL_TEST_POSTGRES").unwrap();
        let options: PgConnectOptions = url.parse().unwrap();
        for (default, expected) in [
            ("off", "on"),
            ("local", "on"),
            ("remote_write", "on"),
            ("on", "on"),
            // It waits for more than the disks.
            ("remote_apply", "remote_apply"),
        ] {
            let options = options.clone().options([("synchronous_commit", default)]);
            for line in [Line::new(options.clone()), Line::to_read(options)] {
                let mut session = line.session().await.unwrap();
                let commit: String =
                    sqlx::query_scalar("SHOW synchronous_commit").fetch_one(&mut session.connection).await.unwrap();
                assert_eq!(commit, expected, "where the default is {default}, to read alone: {}", line.is_to_read);
            }
        }
    }
}
