//! The service's documents as they travel: strict in what we send, tolerant in what we read.
//!
//! Field names, also the misspelt `skip_statstics`, are the service's. Reading takes null and absent
//! fields, unknown fields, ids as numbers or strings, and times that can't be read (as none); it
//! refuses only what has another shape altogether. The simulator speaks these same types.

#![allow(
    missing_docs,
    reason = "read fields carry the service's own names; `model::RestoreRecord` and its kin document them"
)]

use serde::{Deserialize, Serialize};

use super::lenient;
use crate::model;

/// Body of the create call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateRestore {
    /// The restore's name: our only key to find it again.
    pub name: String,
    /// Where it goes; the source site itself for a restore at the same site.
    pub target_site: String,
    /// What to restore and how.
    pub job_settings: JobSettings,
}

/// What to restore and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobSettings {
    /// The objects, as the backup lists them.
    pub objects: Vec<JobObject>,
    /// Go on where access rights are missing.
    pub continue_job_on_access_right_violation: bool,
    /// Copy instead of restore.
    pub run_as_a_copy_job: bool,
    /// Leave statistics out. Spelled so by the service.
    pub skip_statstics: bool,
    /// Leave join and hash indexes out.
    pub skip_join_or_hash_indexes: bool,
    /// One other database for all objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore_to_a_different_database_on_target_site: Option<String>,
}

/// One object to restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobObject {
    /// Its bare name.
    pub object_name: String,
    /// Its type, like `TABLE`.
    pub object_type: String,
    /// The bare name of what holds it; `DBC` for a database.
    pub parent_name: String,
    /// The type of what holds it.
    pub parent_type: String,
    /// Objects in it that stay out. The elements' form is not documented; this is the sister product's.
    pub exclude_objects: Vec<ExcludedObject>,
    /// Everything in it but those.
    pub include_all: bool,
    /// Its bare name at the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rename_to: Option<String>,
}

/// An object that stays out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExcludedObject {
    /// Its bare name.
    pub object_name: String,
    /// Its type.
    pub object_type: String,
}

/// One restore, as every read of restores shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Restore {
    #[serde(deserialize_with = "lenient::text")]
    pub restore_job_name: Option<String>,
    #[serde(deserialize_with = "lenient::text", serialize_with = "lenient::number")]
    pub restore_job_id: Option<String>,
    #[serde(deserialize_with = "lenient::text", serialize_with = "lenient::number")]
    pub restore_execution_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub status: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub status_details: Option<String>,
    #[serde(deserialize_with = "lenient::time")]
    pub start_time: Option<jiff::Timestamp>,
    #[serde(deserialize_with = "lenient::time")]
    pub end_time: Option<jiff::Timestamp>,
    #[serde(deserialize_with = "lenient::texts")]
    pub errors: Vec<String>,
    #[serde(deserialize_with = "lenient::texts")]
    pub warnings: Vec<String>,
    #[serde(deserialize_with = "lenient::texts")]
    pub restored_objects_status: Vec<String>,
    #[serde(deserialize_with = "lenient::tasks")]
    pub restore_execution_sub_tasks: Vec<SubTask>,
    #[serde(deserialize_with = "lenient::text")]
    pub dr_site_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub snapshot_name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub snapshot_size: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub source_site_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub target_site: Option<String>,
    #[serde(deserialize_with = "lenient::flag")]
    pub is_failover: Option<bool>,
}

/// One part of a restore.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SubTask {
    #[serde(deserialize_with = "lenient::text")]
    pub sub_task_name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub status: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub status_details: Option<String>,
    #[serde(deserialize_with = "lenient::time")]
    pub start_time: Option<jiff::Timestamp>,
    #[serde(deserialize_with = "lenient::time")]
    pub end_time: Option<jiff::Timestamp>,
    /// In bytes.
    #[serde(deserialize_with = "lenient::bytes")]
    pub restore_size: Option<u64>,
}

/// A database at a site.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Database {
    #[serde(deserialize_with = "lenient::text")]
    pub name: Option<String>,
    /// `D` for a database, `U` for a user.
    #[serde(rename = "dbKind", deserialize_with = "lenient::text")]
    pub db_kind: Option<String>,
}

/// A backup or restore job. Only what we use is named; the rest passes by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "AnyJob")]
pub struct Job {
    #[serde(serialize_with = "lenient::number")]
    pub job_id: Option<String>,
    pub name: Option<String>,
    pub job_type: Option<String>,
    pub is_active: Option<bool>,
    pub last_execution_details: Option<Execution>,
}

/// A job under any of the names that its fields may have, also several at once.
#[derive(Default, Deserialize)]
#[serde(default)]
struct AnyJob {
    #[serde(deserialize_with = "lenient::text")]
    job_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    backup_job_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    job_name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    job_type: Option<String>,
    #[serde(deserialize_with = "lenient::flag")]
    is_active: Option<bool>,
    #[serde(deserialize_with = "lenient::object")]
    last_execution_details: Option<Execution>,
}

impl From<AnyJob> for Job {
    fn from(any: AnyJob) -> Self {
        Self {
            job_id: any.job_id.or(any.backup_job_id).or(any.id),
            name: any.name.or(any.job_name),
            job_type: any.job_type,
            is_active: any.is_active,
            last_execution_details: any.last_execution_details,
        }
    }
}

/// One execution of a backup job, under the names of `last_execution_details`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "AnyExecution")]
pub struct Execution {
    #[serde(serialize_with = "lenient::number")]
    pub backup_job_execution_id: Option<String>,
    /// The job it belongs to, where a list over several jobs tells it.
    #[serde(serialize_with = "lenient::number", skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    pub status: Option<String>,
    pub start_time: Option<jiff::Timestamp>,
    pub end_time: Option<jiff::Timestamp>,
    /// In bytes.
    pub backup_set_size: Option<u64>,
}

/// An execution under any of the names that its fields may have, also several at once.
#[derive(Default, Deserialize)]
#[serde(default)]
struct AnyExecution {
    #[serde(deserialize_with = "lenient::text")]
    backup_job_execution_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    execution_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    job_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    backup_job_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    status: Option<String>,
    #[serde(deserialize_with = "lenient::time")]
    start_time: Option<jiff::Timestamp>,
    #[serde(deserialize_with = "lenient::time")]
    end_time: Option<jiff::Timestamp>,
    #[serde(deserialize_with = "lenient::bytes")]
    backup_set_size: Option<u64>,
    #[serde(deserialize_with = "lenient::bytes")]
    size: Option<u64>,
}

impl From<AnyExecution> for Execution {
    fn from(any: AnyExecution) -> Self {
        Self {
            backup_job_execution_id: any.backup_job_execution_id.or(any.execution_id).or(any.id),
            job_id: any.job_id.or(any.backup_job_id),
            status: any.status,
            start_time: any.start_time,
            end_time: any.end_time,
            backup_set_size: any.backup_set_size.or(any.size),
        }
    }
}

/// An object in a backup.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BackupObject {
    #[serde(deserialize_with = "lenient::text")]
    pub object_name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub object_type: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub parent_name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub parent_type: Option<String>,
    /// In bytes.
    #[serde(deserialize_with = "lenient::bytes")]
    pub byte_count: Option<u64>,
}

/// How far the preparation of an object list is; one per site.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PreparationStatus {
    #[serde(deserialize_with = "lenient::text")]
    pub status: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    pub details: Option<String>,
}

impl From<Restore> for model::RestoreRecord {
    fn from(wire: Restore) -> Self {
        Self {
            job_name: wire.restore_job_name.map(model::JobName::new),
            job_id: wire.restore_job_id,
            execution_id: wire.restore_execution_id,
            status: model::RestoreStatus(wire.status.unwrap_or_default()),
            status_details: wire.status_details,
            start_time: wire.start_time,
            end_time: wire.end_time,
            errors: wire.errors,
            warnings: wire.warnings,
            restored_objects: wire.restored_objects_status,
            sub_tasks: wire.restore_execution_sub_tasks.into_iter().map(model::SubTask::from).collect(),
            source_site: wire.source_site_id.map(model::SiteId::new),
            target_site: wire.target_site.map(model::SiteId::new),
            dr_site: wire.dr_site_id.map(model::SiteId::new),
            snapshot_name: wire.snapshot_name,
            snapshot_size: wire.snapshot_size,
            is_failover: wire.is_failover,
        }
    }
}

impl From<SubTask> for model::SubTask {
    fn from(wire: SubTask) -> Self {
        Self {
            name: wire.sub_task_name,
            status: model::RestoreStatus(wire.status.unwrap_or_default()),
            status_details: wire.status_details,
            start_time: wire.start_time,
            end_time: wire.end_time,
            bytes: wire.restore_size,
        }
    }
}

impl Job {
    /// The memory that it takes, with its texts.
    pub(super) fn bytes(&self) -> usize {
        let texts = [&self.job_id, &self.name, &self.job_type].into_iter().flatten();
        texts.fold(size_of::<Self>(), |sum, text| sum.saturating_add(text.len()))
    }
}

impl SubTask {
    /// Counts another sub-task into this one, which then stands for several.
    pub(super) fn join(&mut self, other: Self) {
        let bytes = [self.restore_size, other.restore_size].into_iter().flatten();
        *self = Self {
            sub_task_name: Some("(more sub-tasks than are kept)".to_owned()),
            restore_size: bytes.reduce(u64::saturating_add),
            ..Self::default()
        };
    }
}

impl Execution {
    /// The execution, unless the entry carries no execution id: the page's row for the executions of
    /// a job speaks of restores, so entries of another kind may stand among them.
    pub fn into_model(self) -> Option<model::BackupExecution> {
        Some(model::BackupExecution {
            id: model::ExecutionId::new(self.backup_job_execution_id?),
            status: model::RestoreStatus(self.status.unwrap_or_default()),
            start_time: self.start_time,
            end_time: self.end_time,
            bytes: self.backup_set_size,
        })
    }
}

impl Database {
    /// The database, unless the entry has no usable name.
    pub fn into_model(self) -> Option<model::Database> {
        let name = bare(self.name)?;
        Some(model::Database { name, kind: self.db_kind })
    }
}

impl BackupObject {
    /// The object, unless the entry has no usable name.
    pub fn into_model(self) -> Option<model::BackupObject> {
        Some(model::BackupObject {
            name: bare(self.object_name)?,
            object_type: model::ObjectType::from_wire(&self.object_type.unwrap_or_default()),
            parent: bare(self.parent_name),
            parent_type: self.parent_type.as_deref().map(model::ObjectType::from_wire),
            bytes: self.byte_count,
        })
    }
}

/// A name from the catalogue, which pads names of the type CHAR with spaces.
fn bare(name: Option<String>) -> Option<model::ObjectName> {
    model::ObjectName::bare(name?.trim_end()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_restore_reads_whatever_its_fields_hold() {
        let odd = json!({
            "restore_job_name": null, "restore_job_id": "17", "restore_execution_id": 18, "status": "RUNNING",
            "start_time": "2026-11-01T10:00:00", "end_time": null, "errors": null, "warnings": ["a", null, {"code": 7}],
            "restore_execution_sub_tasks": [{"restore_size": "12"}, {"restore_size": -1}], "is_failover": "no", "new_field": []
        });
        let record = model::RestoreRecord::from(serde_json::from_value::<Restore>(odd).unwrap());
        assert_eq!(record.job_name, None);
        assert_eq!(record.job_id.as_deref(), Some("17"));
        assert_eq!(record.execution_id.as_deref(), Some("18"));
        assert_eq!(record.start_time, Some("2026-11-01T10:00:00Z".parse().unwrap()));
        assert_eq!(record.end_time, None);
        assert_eq!(record.warnings, ["a", "{\"code\":7}"]);
        assert_eq!(record.bytes(), Some(12));
        assert_eq!(record.is_failover, None);
        assert!(!record.is_final());
    }

    #[test]
    fn an_empty_object_is_a_restore_that_tells_nothing() {
        let record = model::RestoreRecord::from(serde_json::from_value::<Restore>(json!({})).unwrap());
        assert!(!record.is_final());
        assert!(serde_json::from_value::<Restore>(json!("COMPLETED_SUCCESSFULLY")).is_err());
    }

    #[test]
    fn entries_that_are_no_executions_are_not_taken_for_some() {
        let restore = json!({"restore_execution_id": 5, "status": "COMPLETED_SUCCESSFULLY"});
        assert_eq!(serde_json::from_value::<Execution>(restore).unwrap().into_model(), None);
    }
}
