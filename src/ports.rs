//! The effects that decisions need, as traits: so that the engine can be driven by a model site in virtual time.
//!
//! The store's trait is [`crate::journal::Store`], beside the records that it keeps.

use std::future::Future;
use std::sync::Arc;

use jiff::Timestamp;

use crate::model::{
    BackupExecution, BackupObject, CreateOutcome, CreateRequest, Database, ExecutionKey, JobKey, Permission,
    ResourceId, RestoreRecord, SiteId,
};

/// A read that failed: one sentence that names the call, the status and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReadFailed(pub String);

/// What a read does about a fault that may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// It is made again a few times, soon.
    WhileItMayPass,
    /// Nothing: whoever asks has a rhythm of asking, and comes again.
    Never,
}

/// The service, as far as reading a site and creating restores goes.
pub trait Site: Send + Sync + 'static {
    /// The executions of a backup job.
    fn executions(&self, job: &JobKey) -> impl Future<Output = Result<Vec<BackupExecution>, ReadFailed>> + Send;

    /// Every restore of a site, in one call. What hasn't changed since the last one may be shared with that.
    fn restores(
        &self,
        site: &SiteId,
        repeat: Repeat,
    ) -> impl Future<Output = Result<Vec<Arc<RestoreRecord>>, ReadFailed>> + Send;

    /// Every restore of a backup execution, in one call that is never repeated; none where the service has no such call.
    fn restores_of(
        &self,
        source: &ExecutionKey,
    ) -> impl Future<Output = Result<Option<Vec<RestoreRecord>>, ReadFailed>> + Send;

    /// One restore by its id, in one call that is never repeated; none where the service knows no such one.
    fn restore(
        &self,
        source: &ExecutionKey,
        restore: &ResourceId,
    ) -> impl Future<Output = Result<Option<RestoreRecord>, ReadFailed>> + Send;

    /// How often any answer so far said that the service has too much to do (429 or 503).
    fn pressed(&self) -> u64;

    /// The databases of a site.
    fn databases(&self, site: &SiteId) -> impl Future<Output = Result<Vec<Database>, ReadFailed>> + Send;

    /// Whether restores to a site are permitted.
    fn permission(&self, site: &SiteId) -> impl Future<Output = Permission> + Send;

    /// The objects of a backup execution; none where the service doesn't have the list ready. Never prepares it.
    fn objects(&self, execution: &ExecutionKey) -> impl Future<Output = Result<Vec<BackupObject>, ReadFailed>> + Send;

    /// Creates a restore: exactly one request, never repeated from here, whatever happens to it.
    fn create(&self, request: &CreateRequest) -> impl Future<Output = CreateOutcome> + Send;
}

/// The time. It never goes back.
pub trait Clock: Send + Sync + 'static {
    /// The moment that it is now.
    fn now(&self) -> Timestamp;

    /// What the wall clock shows. It moves on while the machine sleeps, which [`Clock::now`] may not; but somebody may set
    /// it back.
    fn wall(&self) -> Timestamp {
        self.now()
    }

    /// Waits until this moment.
    fn sleep_until(&self, moment: Timestamp) -> impl Future<Output = ()> + Send;
}
