//! What a report tells of one item: where it stands, its attempts, and the site's own records of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::changeset::Decision;
use crate::model::{Action, BackupExecution, DataLoss, Millis, OnExisting, StatusClass};
use crate::report::Standing;

/// One item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemReport {
    /// Its name.
    pub name: String,
    /// Its place in the plan, from 1; among the restores of the run, where that went on with a part of a whole plan.
    pub place: usize,
    /// What the diff decided.
    pub action: Action,
    /// Why it decided so.
    pub action_reason: String,
    /// Where it stands.
    pub result: Standing,
    /// Why it stands there.
    pub reason: Option<String>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// From its first attempt in this run to its end.
    pub took_ms: Option<Millis>,
    /// Where the data comes from.
    pub source: SourceReport,
    /// The site that it goes to.
    pub target_site: String,
    /// What it brings back.
    pub objects: Vec<ObjectReport>,
    /// What it destroys at the target.
    pub data_loss: DataLossReport,
    /// What the plan says about a target that is there already.
    pub on_existing: OnExisting,
    /// Items that had to succeed first.
    pub after: Vec<String>,
    /// Bytes that the site says it restored.
    pub bytes: Option<u64>,
    /// All attempts of this run, oldest first.
    pub attempts: Vec<AttemptReport>,
    /// Restores of given-up attempts that turned up after all.
    pub late: Vec<ServiceReport>,
    /// Whether it succeeded after an attempt of this run had failed at the site.
    pub flaky: bool,
    /// What a reader must know, from the diff and from the run.
    pub notes: Vec<String>,
}

/// Where an item's data comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceReport {
    /// The site that was backed up.
    pub site: String,
    /// The backup job there.
    pub job: String,
    /// Its execution; none where none could be chosen.
    pub execution: Option<String>,
    /// What the plan says about the choice.
    pub selector: String,
    /// When the backup was complete.
    pub backup_at: Option<Timestamp>,
    /// How old it was when the run started.
    pub backup_age_ms: Option<Millis>,
}

impl SourceReport {
    /// Of a decision, with the backup's age at a moment.
    pub(in crate::report) fn of(decision: &Decision, now: Timestamp) -> Self {
        let source = &decision.item.source;
        let backup_at = decision.execution.as_ref().and_then(BackupExecution::taken_at);
        Self {
            site: source.site.to_string(),
            job: source.job.to_string(),
            execution: decision.execution.as_ref().map(|execution| execution.id.to_string()),
            selector: source.execution.to_string(),
            backup_at,
            backup_age_ms: backup_at.filter(|at| *at <= now).map(|at| Millis::between(at, now)),
        }
    }
}

/// One object of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectReport {
    /// Its type, in the service's word.
    pub object_type: String,
    /// Its name in the backup.
    pub name: String,
    /// Its name at the target.
    pub target_name: String,
    /// Whether it goes over the very thing that was backed up.
    pub in_place: bool,
    /// Whether all that it holds comes along.
    pub include_all: bool,
    /// What stays out of it.
    pub exclude: Vec<String>,
}

/// What an item destroys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataLossReport {
    /// The worst of its objects.
    pub class: DataLoss,
    /// That class in a sentence.
    pub words: String,
    /// One sentence an object.
    pub losses: Vec<String>,
}

/// One create call with what became of it, or one restore that was adopted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptReport {
    /// The name it bears at the site.
    pub job_name: String,
    /// Its generation.
    pub generation: u32,
    /// Its number.
    pub number: u32,
    /// Whether an earlier run sent it.
    pub adopted: bool,
    /// When its intent (or adoption) was recorded.
    pub began_at: Timestamp,
    /// How the create call was answered; none for adopted ones, and where no answer was recorded.
    pub answer: Option<AnswerReport>,
    /// When the site first showed it.
    pub first_seen_at: Option<Timestamp>,
    /// When the run gave it up: failed, not accepted or not found.
    pub over_at: Option<Timestamp>,
    /// Why, in a sentence.
    pub over_reason: Option<String>,
    /// Whether a whole settle window passed without the site showing it.
    pub not_found: bool,
    /// When the site began to work on it, as the site tells.
    pub work_began_at: Option<Timestamp>,
    /// When it ended, as the site tells.
    pub work_ended_at: Option<Timestamp>,
    /// From the create call to the start of work: queues and locks. None where it can't be told.
    pub waiting_ms: Option<Millis>,
    /// From the start of work to its end. None where it can't be told.
    pub working_ms: Option<Millis>,
    /// As the site last showed it; none: it never did.
    pub restore: Option<ServiceReport>,
}

/// How a create call was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerReport {
    /// What it proves.
    pub kind: AnswerKind,
    /// When it came, or was given up.
    pub at: Option<Timestamp>,
    /// The id that the service gave.
    pub resource_id: Option<String>,
    /// The service's words, or why there are none.
    pub message: Option<String>,
}

/// What the answer to a create call proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    /// The service accepted it.
    Accepted,
    /// The service did not accept it.
    Rejected,
    /// Nobody can tell from the answer.
    Lost,
}

/// A restore as the service showed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceReport {
    /// `restore_job_name`.
    pub job_name: Option<String>,
    /// `restore_job_id`.
    pub job_id: Option<String>,
    /// `restore_execution_id`.
    pub execution_id: Option<String>,
    /// `status`.
    pub status: String,
    /// What the status means to us.
    pub status_class: StatusClass,
    /// Whether it will not change any more.
    pub is_final: bool,
    /// `status_details`.
    pub status_details: Option<String>,
    /// `start_time`.
    pub start_time: Option<Timestamp>,
    /// `end_time`.
    pub end_time: Option<Timestamp>,
    /// Over all sub-tasks.
    pub bytes: Option<u64>,
    /// `errors`.
    pub errors: Vec<String>,
    /// `warnings`.
    pub warnings: Vec<String>,
    /// `restored_objects_status`.
    pub restored_objects: Vec<String>,
    /// `restore_execution_sub_tasks`.
    pub sub_tasks: Vec<SubTaskReport>,
    /// `source_site_id`.
    pub source_site: Option<String>,
    /// `target_site`.
    pub target_site: Option<String>,
    /// `dr_site_id`.
    pub dr_site: Option<String>,
    /// `snapshot_name`.
    pub snapshot_name: Option<String>,
    /// `snapshot_size`.
    pub snapshot_size: Option<String>,
    /// `is_failover`.
    pub is_failover: Option<bool>,
}

/// One part of a restore.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubTaskReport {
    /// `sub_task_name`.
    pub name: Option<String>,
    /// `status`.
    pub status: String,
    /// What the status means to us.
    pub status_class: StatusClass,
    /// `status_details`.
    pub status_details: Option<String>,
    /// `start_time`.
    pub start_time: Option<Timestamp>,
    /// `end_time`.
    pub end_time: Option<Timestamp>,
    /// Between the two.
    pub duration_ms: Option<Millis>,
    /// `restore_size`.
    pub bytes: Option<u64>,
}
