//! Where journals are kept.

use std::future::Future;

use super::{Entry, Run};
use crate::model::{RunId, Slug};

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused.
    #[error("the state store at `{place}` could not {what}")]
    Database {
        /// The file or address.
        place: String,
        /// What was tried.
        what: &'static str,
        /// What the database says.
        #[source]
        source: sqlx::Error,
    },
    /// Something in it can't be read back.
    #[error("the state store at `{place}` holds something this version can't read: {problem}")]
    Unreadable {
        /// The file or address.
        place: String,
        /// What can't be read.
        problem: String,
    },
}

/// Runs and their entries. What is appended is durable when the call returns.
pub trait Store: Send + Sync + 'static {
    /// Records a new run.
    fn open_run(&self, run: &Run) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Appends entries to a run, all or none.
    fn append(&self, run: &RunId, entries: &[Entry]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The heads of all runs, newest first.
    fn runs(&self) -> impl Future<Output = Result<Vec<Run>, StoreError>> + Send;

    /// One run with its entries.
    fn run(&self, id: &RunId) -> impl Future<Output = Result<Option<(Run, Vec<Entry>)>, StoreError>> + Send;

    /// All runs of a plan in an environment with their entries, oldest first.
    fn runs_of(
        &self,
        plan: &Slug,
        environment: &str,
    ) -> impl Future<Output = Result<Vec<(Run, Vec<Entry>)>, StoreError>> + Send;
}
