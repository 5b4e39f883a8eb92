//! What the site showed when it was read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    BackupExecution, Contents, ExecutionId, JobKey, JobName, Measured, ObjectName, ObjectType, ResourceId,
    RestoreRecord, RunId, SiteId, Slug, Touched,
};

/// Something that was read, or the reason why it couldn't be. What can't be read is a value, so that
/// a decision that needs it is refused and no other is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading<T> {
    /// What it showed.
    Read(T),
    /// Why it couldn't be read.
    Unreadable(String),
}

impl<T> Reading<T> {
    /// What it showed, or why it couldn't be read.
    pub fn as_result(&self) -> Result<&T, &str> {
        match self {
            Self::Read(value) => Ok(value),
            Self::Unreadable(why) => Err(why),
        }
    }
}

/// What the sites of a plan showed, and what our own journal still holds open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// When it was read.
    pub taken_at: Timestamp,
    /// Every backup execution of the jobs that the plan names.
    pub executions: BTreeMap<JobKey, Reading<Vec<BackupExecution>>>,
    /// Every restore of the sites that the plan names.
    pub restores: BTreeMap<SiteId, Reading<Vec<RestoreRecord>>>,
    /// The databases of the target sites.
    pub databases: BTreeMap<SiteId, Reading<Vec<Database>>>,
    /// Whether restores to the target sites are permitted.
    pub permissions: BTreeMap<SiteId, Permission>,
    /// The objects of the chosen executions; none where the service doesn't have the list ready.
    pub objects: BTreeMap<ExecutionKey, Reading<Vec<BackupObject>>>,
    /// Creates of this plan and environment that our journal holds from earlier runs, oldest first.
    pub attempts: Vec<PastAttempt>,
    /// Whether, before it was read, a whole settle window had passed by a steady clock in which nobody else could send
    /// anything: what was sent before shows here, or never will.
    pub settled: bool,
}

impl Snapshot {
    /// The executions of a backup job.
    ///
    /// # Errors
    /// A sentence that says why they are not known.
    pub fn executions_of(&self, key: &JobKey) -> Result<&[BackupExecution], String> {
        let name = format!("backup job `{}` at site `{}`", key.job, key.site);
        match self.executions.get(key).map(Reading::as_result) {
            Some(Ok(executions)) => Ok(executions),
            Some(Err(why)) => Err(format!("the executions of {name} could not be read: {why}")),
            None => Err(format!("the executions of {name} were not read")),
        }
    }

    /// The databases of a site.
    ///
    /// # Errors
    /// A sentence that says why they are not known.
    pub fn databases_of(&self, site: &SiteId) -> Result<&[Database], String> {
        match self.databases.get(site).map(Reading::as_result) {
            // Each site has some; an empty list is what missing rights look like.
            Some(Ok(databases)) if databases.is_empty() => {
                Err(format!("site `{site}` lists no database at all: the user may lack the right to see them"))
            }
            Some(Ok(databases)) => Ok(databases),
            Some(Err(why)) => Err(format!("the databases of site `{site}` could not be read: {why}")),
            None => Err(format!("the databases of site `{site}` were not read")),
        }
    }

    /// What the backup executions hold, where the service had the lists ready.
    pub fn contents(&self) -> BTreeMap<&ExecutionKey, Contents<'_>> {
        let ready = self.objects.iter().filter_map(|(key, list)| Some((key, list.as_result().ok()?)));
        ready.filter_map(|(key, listed)| Some((key, Contents::new(listed)?))).collect()
    }
}

/// A database at a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// From `name`.
    pub name: ObjectName,
    /// From `dbKind`: `D` for a database, `U` for a user.
    pub kind: Option<String>,
}

/// An object in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupObject {
    /// From `object_name`.
    pub name: ObjectName,
    /// From `object_type`.
    pub object_type: ObjectType,
    /// From `parent_name`.
    pub parent: Option<ObjectName>,
    /// From `parent_type`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_type: Option<ObjectType>,
    /// From `byte_count`, in bytes.
    pub bytes: Option<u64>,
}

/// Whether restores to a site are permitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// The service said yes.
    Allowed,
    /// The service said no, in these words.
    Denied(String),
    /// It couldn't be found out; the create call will tell.
    NotKnown(String),
}

/// One execution of a backup job.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExecutionKey {
    /// The job.
    #[serde(flatten)]
    pub job: JobKey,
    /// Its execution.
    pub execution: ExecutionId,
}

/// A create that an earlier run of ours recorded, from the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastAttempt {
    /// The run that recorded it.
    pub run: RunId,
    /// The item it was for.
    pub item: Slug,
    /// The name it was sent under.
    pub job_name: JobName,
    /// When it was recorded.
    pub at: Timestamp,
    /// Restores that bore the name before it was sent, by [`RestoreRecord::mark`].
    pub prior: Vec<String>,
    /// The id that the service gave when it accepted it, or under which a list showed it, where one did.
    pub resource_id: Option<ResourceId>,
    /// What it writes at the target.
    #[serde(default)]
    pub writes: Vec<Touched>,
    /// What the journal knows of it.
    pub fate: PastFate,
    /// Whether the site showed another restore under its name, so that neither tells how the other one ended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubled: bool,
    /// How long it took, where it succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
}

/// What the journal knows of an earlier create.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PastFate {
    /// Sent, or about to be sent, and nobody learned whether it was accepted: it may appear at the site.
    Open,
    /// Accepted, and nobody learned how it ended.
    Accepted,
    /// It ended with a status that we don't know, or the site said several things of it: a person must look.
    Odd,
    /// The site has nothing of it, for certain or as far as a whole settle window showed.
    Gone,
    /// It was accepted and ended without success.
    Failed,
    /// It was accepted and succeeded.
    Succeeded,
}
