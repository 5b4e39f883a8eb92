//! The store that the user chose: a file on this machine, or a server that runners share.

use super::listing::{Filter, PlanRuns, RunHead};
use super::postgres::PostgresStore;
use super::reader::{Begun, Bookmark, Reader};
use super::sqlite::SqliteStore;
use super::{Claim, Entry, Lease, Run, Store, StoreError};
use crate::model::{RunId, Slug};

/// One of the two stores.
#[derive(Debug, Clone)]
pub enum StateStore {
    /// A file on this machine.
    File(SqliteStore),
    /// A PostgreSQL server.
    Server(PostgresStore),
}

macro_rules! either {
    ($store:expr, $name:ident($($argument:expr),*)) => {
        match $store {
            StateStore::File(store) => store.$name($($argument),*).await,
            StateStore::Server(store) => store.$name($($argument),*).await,
        }
    };
}

impl Store for StateStore {
    async fn take(&self, claim: &Claim, over: &[u64]) -> Result<Lease, StoreError> {
        either!(self, take(claim, over))
    }

    async fn renew(&self, lease: &Lease) -> Result<Lease, StoreError> {
        either!(self, renew(lease))
    }

    async fn end_lease(&self, lease: &Lease, how: &str) -> Result<bool, StoreError> {
        either!(self, end_lease(lease, how))
    }

    async fn leases(&self, plan: &Slug, environment: &str) -> Result<Vec<Lease>, StoreError> {
        either!(self, leases(plan, environment))
    }

    async fn lease_of(&self, run: &RunId) -> Result<Lease, StoreError> {
        either!(self, lease_of(run))
    }

    async fn open_run(&self, run: &Run, lease: &Lease) -> Result<(), StoreError> {
        either!(self, open_run(run, lease))
    }

    async fn append(&self, run: &RunId, entries: &[Entry]) -> Result<(), StoreError> {
        either!(self, append(run, entries))
    }

    async fn runs(&self) -> Result<Vec<RunId>, StoreError> {
        either!(self, runs())
    }

    async fn run(&self, id: &RunId) -> Result<Option<(Run, Vec<Entry>)>, StoreError> {
        either!(self, run(id))
    }

    async fn prune(&self, run: &Run, entries: &[Entry]) -> Result<bool, StoreError> {
        either!(self, prune(run, entries))
    }

    async fn runs_of(&self, plan: &Slug, environment: &str) -> Result<Vec<(Run, Vec<Entry>)>, StoreError> {
        either!(self, runs_of(plan, environment))
    }
}

impl Reader for StateStore {
    async fn check(&self) -> Result<(), StoreError> {
        either!(self, check())
    }

    async fn heads(&self, filter: &Filter, offset: u64, limit: u64) -> Result<Vec<RunHead>, StoreError> {
        either!(self, heads(filter, offset, limit))
    }

    async fn plans(&self) -> Result<Vec<PlanRuns>, StoreError> {
        either!(self, plans())
    }

    async fn begin(&self, id: &RunId) -> Result<Option<Begun>, StoreError> {
        either!(self, begin(id))
    }

    async fn is_there(&self, id: &RunId) -> Result<bool, StoreError> {
        either!(self, is_there(id))
    }

    async fn since(&self, id: &RunId, bookmark: Bookmark) -> Result<Option<(Vec<Entry>, Bookmark)>, StoreError> {
        either!(self, since(id, bookmark))
    }

    async fn now(&self) -> Result<jiff::Timestamp, StoreError> {
        either!(self, now())
    }
}
