//! What is asked of a store by whoever only looks: runs by the page, and what was added to a run since it was last read.
//!
//! A store that was opened to be read changes nothing: not a run, not a lease, not the version of its tables.

use std::future::Future;

use jiff::Timestamp;

use super::chain::Tail;
use super::listing::{Filter, PlanRuns, RunHead};
use super::{Entry, Lease, Run, Store, StoreError};
use crate::model::RunId;

/// How far a run was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bookmark(pub(super) Tail);

/// A run that was read whole, and how far; no bookmark for runs of before there were checksums, which don't go on.
pub type Begun = (Run, Vec<Entry>, Option<Bookmark>);

/// Whether a run is still written.
#[derive(Debug, Clone, PartialEq)]
pub enum Ownership {
    /// Its lease is held; `is_over`: but its time has run out by the store's clock, so that anybody may take it.
    Held {
        /// The lease.
        lease: Box<Lease>,
        /// Whether its time has run out.
        is_over: bool,
    },
    /// Its lease was given back, taken over or broken: nothing is added to the run any more.
    Lost,
}

/// Looks into a store.
pub trait Reader: Store {
    /// Makes sure that the store answers, and that its tables are those that this version reads.
    fn check(&self) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Runs, newest first: at most `limit` of them, after the first `offset`.
    fn heads(
        &self,
        filter: &Filter,
        offset: u64,
        limit: u64,
    ) -> impl Future<Output = Result<Vec<RunHead>, StoreError>> + Send;

    /// All plans and environments of which there are runs, by name.
    fn plans(&self) -> impl Future<Output = Result<Vec<PlanRuns>, StoreError>> + Send;

    /// A run with all its entries.
    fn begin(&self, id: &RunId) -> impl Future<Output = Result<Option<Begun>, StoreError>> + Send;

    /// Whether a run is there.
    fn is_there(&self, id: &RunId) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// What was added to a run since; none where the run isn't there any more.
    fn since(
        &self,
        id: &RunId,
        bookmark: Bookmark,
    ) -> impl Future<Output = Result<Option<(Vec<Entry>, Bookmark)>, StoreError>> + Send;

    /// The moment by the store's clock, which judges leases.
    fn now(&self) -> impl Future<Output = Result<Timestamp, StoreError>> + Send;

    /// Whether a run is still written, as far as the store knows.
    fn ownership(&self, id: &RunId) -> impl Future<Output = Result<Ownership, StoreError>> + Send {
        async move {
            match self.lease_of(id).await {
                Ok(lease) => {
                    let is_over = lease.until <= self.now().await?;
                    Ok(Ownership::Held { lease: Box::new(lease), is_over })
                }
                Err(StoreError::LeaseLost { .. }) => Ok(Ownership::Lost),
                Err(error) => Err(error),
            }
        }
    }
}
