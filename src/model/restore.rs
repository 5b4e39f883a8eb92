//! A restore as the service shows it, read tolerantly.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{JobName, Millis, RestoreStatus, SiteId, StatusClass};

/// One restore at a site. Every field but the name may be missing; the name is the only key by which
/// a restore can be matched to what asked for it, because the record lists no objects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreRecord {
    /// From `restore_job_name`.
    pub job_name: Option<JobName>,
    /// From `restore_job_id`.
    pub job_id: Option<String>,
    /// From `restore_execution_id`.
    pub execution_id: Option<String>,
    /// From `status`.
    pub status: RestoreStatus,
    /// From `status_details`.
    pub status_details: Option<String>,
    /// From `start_time`.
    pub start_time: Option<Timestamp>,
    /// From `end_time`; none while it runs.
    pub end_time: Option<Timestamp>,
    /// From `errors`.
    pub errors: Vec<String>,
    /// From `warnings`.
    pub warnings: Vec<String>,
    /// From `restored_objects_status`.
    pub restored_objects: Vec<String>,
    /// From `restore_execution_sub_tasks`.
    pub sub_tasks: Vec<SubTask>,
    /// From `source_site_id`.
    pub source_site: Option<SiteId>,
    /// From `target_site`.
    pub target_site: Option<SiteId>,
    /// From `dr_site_id`.
    pub dr_site: Option<SiteId>,
    /// From `snapshot_name`.
    pub snapshot_name: Option<String>,
    /// From `snapshot_size`, which the service writes as a string.
    pub snapshot_size: Option<String>,
    /// From `is_failover`.
    pub is_failover: Option<bool>,
}

/// One part of a restore, from `restore_execution_sub_tasks`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubTask {
    /// From `sub_task_name`.
    pub name: Option<String>,
    /// From `status`.
    pub status: RestoreStatus,
    /// From `status_details`.
    pub status_details: Option<String>,
    /// From `start_time`.
    pub start_time: Option<Timestamp>,
    /// From `end_time`.
    pub end_time: Option<Timestamp>,
    /// From `restore_size`, in bytes.
    pub bytes: Option<u64>,
}

/// What a restore that succeeded took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// From its start to its end at the site.
    pub took_ms: Millis,
    /// What it moved, where its sub-tasks tell.
    pub bytes: Option<u64>,
}

impl RestoreRecord {
    /// Whether it will not change any more. A known final status is; an unknown one only with an end time.
    pub fn is_final(&self) -> bool {
        match self.status.class() {
            StatusClass::Running => false,
            StatusClass::Unknown => self.end_time.is_some(),
            _ => true,
        }
    }

    /// What tells it from another restore of the same name: its id, or its times where the service gives no id.
    pub fn mark(&self) -> String {
        match &self.execution_id {
            Some(id) => id.clone(),
            None => format!("from {:?} to {:?}", self.start_time, self.end_time),
        }
    }

    /// Whether both may be readings of one restore of this name, at two moments: a service may give the id and the times only
    /// once it has begun.
    pub fn may_be(&self, other: &Self) -> bool {
        let agree = |one: Option<Timestamp>, other: Option<Timestamp>| one.is_none() || other.is_none() || one == other;
        match (&self.execution_id, &other.execution_id) {
            (Some(one), Some(other)) => one == other,
            _ => agree(self.start_time, other.start_time) && agree(self.end_time, other.end_time),
        }
    }

    /// How long it took by the service's clock, where it succeeded and tells.
    pub fn measured(&self) -> Option<Measured> {
        let (start, end) = self.start_time.zip(self.end_time).filter(|(start, end)| end > start)?;
        self.status.class().is_success().then(|| Measured { took_ms: Millis::between(start, end), bytes: self.bytes() })
    }

    /// The bytes restored so far, where any sub-task tells.
    pub fn bytes(&self) -> Option<u64> {
        let mut told = self.sub_tasks.iter().filter_map(|task| task.bytes).peekable();
        told.peek()?;
        Some(told.fold(0, u64::saturating_add))
    }
}
