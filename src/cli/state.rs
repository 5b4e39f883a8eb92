//! Where runs are kept: what the user said of it, and the store there.

#![allow(clippy::disallowed_methods, reason = "RESTORECTL_STATE and the patience are read here")]

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::bail;

use super::terminal::Terminal;
use super::{Global, system};
use crate::journal::StateStore;
use crate::journal::postgres::{self, Address, PostgresStore};
use crate::journal::sqlite::SqliteStore;
use crate::model::Millis;

/// The variable that `--state` goes before.
const VARIABLE: &str = "RESTORECTL_STATE";

/// A file, or a server.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// A path on this machine.
    File(PathBuf),
    /// A PostgreSQL database.
    Server(Box<Address>),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Server(address) => write!(f, "{address}"),
        }
    }
}

impl Place {
    /// What `--state` says, or `RESTORECTL_STATE`, or neither: the usual place then.
    ///
    /// # Errors
    /// When it is no address, or gives a password where others can read it.
    pub(super) fn of(global: &Global) -> anyhow::Result<Self> {
        match Self::said(global)? {
            Some(place) => Ok(place),
            None => Ok(Self::File(system::default_state()?)),
        }
    }

    /// What somebody said of it, if anybody did.
    ///
    /// # Errors
    /// As [`Place::of`].
    pub(super) fn said(global: &Global) -> anyhow::Result<Option<Self>> {
        if let Some(said) = &global.state {
            if said.to_str().is_some_and(|text| Address::is_meant(text) && Address::holds_password(text)) {
                bail!(
                    "`--state` holds a password, which every user of this machine can read in the list of processes: \
                     change it, and give it by `PGPASSWORD`, by the passfile, or in `{VARIABLE}`"
                );
            }
            return Self::read(said).map(Some);
        }
        match std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
            Some(said) => Self::read(Path::new(&said)).map(Some),
            None => Ok(None),
        }
    }

    fn read(said: &Path) -> anyhow::Result<Self> {
        match said.to_str().filter(|text| Address::is_meant(text)) {
            Some(text) => Ok(Self::Server(Box::new(Address::parse(text)?))),
            None => Ok(Self::File(said.to_owned())),
        }
    }

    /// Opens the store there.
    ///
    /// # Errors
    /// When it can't be opened.
    pub(super) async fn open(&self, patience: Option<Millis>, terminal: Terminal) -> anyhow::Result<StateStore> {
        let patience = patience.map(Millis::to_std);
        Ok(match self {
            Self::File(path) => StateStore::File(match patience {
                Some(patience) => SqliteStore::open_patiently(path, patience).await?,
                None => SqliteStore::open(path).await?,
            }),
            Self::Server(address) => {
                if let Some(warning) = address.warning() {
                    terminal.say(&format!("warning: {warning}"));
                }
                let store = PostgresStore::open(address, patience.unwrap_or(postgres::PATIENCE)).await?;
                StateStore::Server(store)
            }
        })
    }

    /// Opens the store there to read it alone.
    ///
    /// # Errors
    /// When it isn't there, can't be opened, or its tables are of another version.
    pub(super) async fn open_to_read(
        &self,
        patience: Option<Millis>,
        terminal: Terminal,
    ) -> anyhow::Result<StateStore> {
        // Somebody waits for a page, and can load it again.
        let patience = patience.map_or(READ_PATIENCE, Millis::to_std);
        Ok(match self {
            Self::File(path) => StateStore::File(SqliteStore::open_to_read(path, patience).await?),
            Self::Server(address) => {
                if let Some(warning) = address.warning() {
                    terminal.say(&format!("warning: {warning}"));
                }
                StateStore::Server(PostgresStore::open_to_read(address, patience).await?)
            }
        })
    }
}

/// How long that is waited for by whoever only reads, where nothing else is said.
const READ_PATIENCE: Duration = Duration::from_secs(3);

/// How long a store is waited for that is busy or away, as `--state-patience` takes it.
pub(super) fn patience(text: &str) -> Result<Millis, String> {
    let patience = text.parse::<Millis>().map_err(|error| error.to_string())?;
    match patience.to_std() <= Duration::from_secs(3600) {
        true => Ok(patience),
        false => Err("an hour at most".to_owned()),
    }
}
