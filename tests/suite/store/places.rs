//! Where stores of tests are: a file in a folder of its own, or a database of its own at the server.

use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use restorectl::journal::postgres::{Address, PostgresStore};
use restorectl::journal::sqlite::SqliteStore;
use restorectl::journal::{StateStore, StoreError};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

/// The server for the tests.
pub const VARIABLE: &str = "RESTORECTL_TEST_POSTGRES";

/// The same test at both.
macro_rules! at_both {
    ($($name:ident),* $(,)?) => {
        mod at_a_file {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name($crate::store::places::Place::file()).await;
            })*
        }
        mod at_a_server {
            $(#[tokio::test(flavor = "multi_thread")]
            #[ignore = "needs a PostgreSQL server: .ci/postgres cargo test -- --include-ignored"]
            async fn $name() {
                super::$name($crate::store::places::Place::server().await).await;
            })*
        }
    };
}
pub(crate) use at_both;

/// One store's place. Each opening gives a handle of its own.
pub enum Place {
    File(tempfile::TempDir),
    Server(String),
}

impl Place {
    pub fn file() -> Self {
        Self::File(tempfile::tempdir().unwrap())
    }

    /// A new database at the server.
    pub async fn server() -> Self {
        let url = std::env::var(VARIABLE).unwrap_or_else(|_| {
            panic!("{VARIABLE} names no server: run `.ci/postgres cargo test -- --include-ignored`")
        });
        Self::database(&url).await
    }

    pub async fn database(url: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("restorectl_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        let mut connection = PgConnection::connect(url).await.unwrap();
        // Two databases can't be copied from the template at once.
        for _ in 0..100 {
            match sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await {
                Ok(_) => break,
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        let (base, _) = url.rsplit_once('/').unwrap();
        Self::Server(format!("{base}/{name}"))
    }

    /// As `--state` or `RESTORECTL_STATE` says it.
    pub fn said(&self) -> String {
        match self {
            Self::File(folder) => folder.path().join("state.db").display().to_string(),
            Self::Server(url) => url.clone(),
        }
    }

    pub async fn open(&self) -> StateStore {
        match self {
            Self::File(_) => StateStore::File(SqliteStore::open(Path::new(&self.said())).await.unwrap()),
            Self::Server(url) => {
                let address = Address::parse(url).unwrap();
                StateStore::Server(PostgresStore::open(&address, Duration::from_secs(60)).await.unwrap())
            }
        }
    }

    pub async fn open_to_read(&self) -> Result<StateStore, StoreError> {
        let patience = Duration::from_secs(5);
        Ok(match self {
            Self::File(_) => StateStore::File(SqliteStore::open_to_read(Path::new(&self.said()), patience).await?),
            Self::Server(url) => {
                StateStore::Server(PostgresStore::open_to_read(&Address::parse(url).unwrap(), patience).await?)
            }
        })
    }

    /// Changes what is kept behind the store's back. `@` stands before the names of tables.
    pub async fn meddle(&self, sql: &str) {
        match self {
            Self::File(_) => {
                let mut connection = SqliteConnection::connect(&format!("sqlite://{}", self.said())).await.unwrap();
                let sql = AssertSqlSafe(format!("PRAGMA foreign_keys = OFF; {}", sql.replace('@', "")));
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            Self::Server(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                let sql = AssertSqlSafe(sql.replace('@', "restorectl."));
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            }
        }
    }
}

/// A server of one test alone, which it may stop.
pub struct OwnServer {
    folder: String,
    pub url: String,
}

impl OwnServer {
    pub fn new() -> Self {
        let told = script(&["--new"]);
        let mut lines = told.lines().map(str::to_owned);
        Self { folder: lines.next().unwrap(), url: lines.next().unwrap() }
    }

    /// As a power cut would.
    pub fn crash(&self) {
        script(&["--crash", &self.folder]);
    }

    pub fn start(&self) {
        script(&["--start", &self.folder]);
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        script(&["--remove", &self.folder]);
    }
}

fn script(arguments: &[&str]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/postgres");
    // What it starts must not hold our pipe open.
    let log = tempfile::NamedTempFile::new().unwrap();
    let output = std::process::Command::new(path)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log.reopen().unwrap())
        .stderr(Stdio::inherit())
        .status()
        .unwrap();
    assert!(output.success(), ".ci/postgres {arguments:?}: {output}");
    std::fs::read_to_string(log.path()).unwrap()
}
