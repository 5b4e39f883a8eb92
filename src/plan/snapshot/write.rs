//! From a snapshot to its document.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use serde_saphyr::FlowMap;

use crate::model::{
    BackupExecution, BackupObject, Database, ExecutionKey, JobKey, Level, ObjectType, Permission, QualifiedName,
    Reading, RestoreRecord, SiteId, Snapshot, SubTask,
};
use crate::plan::render::number;

/// What a recording says of itself.
const HEAD: &str = "\
# What the sites showed, recorded with `restorectl snapshot`; for `restorectl test` and `validate --snapshot`.
# It may be changed by hand. What isn't in it counts as not read.
";

/// Writes a snapshot down, so that it can be read again: the same snapshot gives the same text. What our own journal
/// holds is no part of it.
///
/// # Errors
/// Never for a snapshot of what a service can send; see [`serde_saphyr`].
pub fn write_snapshot(snapshot: &Snapshot) -> Result<String, serde_saphyr::SerializeError> {
    let mut sites: BTreeMap<&SiteId, Site<'_>> = BTreeMap::new();
    for (site, permission) in &snapshot.permissions {
        sites.entry(site).or_default().permission = Some(permission.into());
    }
    for (site, databases) in &snapshot.databases {
        let written = Readable::new(databases, |list| list.iter().map(DatabaseEntry::from).collect());
        sites.entry(site).or_default().databases = Some(written);
    }
    for (site, restores) in &snapshot.restores {
        let written = Readable::new(restores, |list| list.iter().map(RestoreEntry::from).collect());
        sites.entry(site).or_default().restores = Some(written);
    }
    for (job, executions) in &snapshot.executions {
        let entry = |execution| ExecutionEntry::new(job, execution, snapshot).on_one_line();
        let written = Readable::new(executions, |list| list.iter().map(entry).collect());
        sites.entry(&job.site).or_default().jobs.insert(job.job.as_str(), written);
    }
    let document = Document { version: 1, taken_at: snapshot.taken_at, sites };
    Ok(format!("{HEAD}{}", serde_saphyr::to_string(&document)?))
}

/// An id, as a number where it is one.
fn id(text: &str) -> Value {
    number(text).unwrap_or_else(|| text.into())
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    taken_at: Timestamp,
    sites: BTreeMap<&'a SiteId, Site<'a>>,
}

#[derive(Default, Serialize)]
struct Site<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    permission: Option<PermissionEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    databases: Option<Readable<'a, DatabaseEntry<'a>>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    jobs: BTreeMap<&'a str, Readable<'a, OneLine<ExecutionEntry<'a>>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    restores: Option<Readable<'a, RestoreEntry<'a>>>,
}

/// A list, or why it couldn't be read.
#[derive(Serialize)]
#[serde(untagged)]
enum Readable<'a, T> {
    Read(Vec<T>),
    Unreadable { unreadable: &'a str },
}

impl<'a, T> Readable<'a, T> {
    fn new<S>(reading: &'a Reading<Vec<S>>, write: impl FnOnce(&'a [S]) -> Vec<T>) -> Self {
        match reading {
            Reading::Read(list) => Self::Read(write(list)),
            Reading::Unreadable(why) => Self::Unreadable { unreadable: why },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum PermissionEntry<'a> {
    Allowed,
    Denied(&'a str),
    NotKnown(&'a str),
}

impl<'a> From<&'a Permission> for PermissionEntry<'a> {
    fn from(permission: &'a Permission) -> Self {
        match permission {
            Permission::Allowed => Self::Allowed,
            Permission::Denied(why) => Self::Denied(why),
            Permission::NotKnown(why) => Self::NotKnown(why),
        }
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum DatabaseEntry<'a> {
    /// A plain database, as most are.
    Name(String),
    Other(FlowMap<OtherDatabase<'a>>),
}

#[derive(Serialize)]
struct OtherDatabase<'a> {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
}

impl<'a> From<&'a Database> for DatabaseEntry<'a> {
    fn from(database: &'a Database) -> Self {
        let name = database.name.to_string();
        match database.kind.as_deref() {
            Some("D") => Self::Name(name),
            kind => Self::Other(FlowMap(OtherDatabase { name, kind })),
        }
    }
}

/// Something on one line, where it is short.
#[derive(Serialize)]
#[serde(untagged)]
enum OneLine<T> {
    Short(FlowMap<T>),
    Long(T),
}

#[derive(Serialize)]
struct ExecutionEntry<'a> {
    id: Value,
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    objects: Option<Readable<'a, FlowMap<ObjectEntry<'a>>>>,
}

impl<'a> ExecutionEntry<'a> {
    fn new(job: &JobKey, execution: &'a BackupExecution, snapshot: &'a Snapshot) -> Self {
        let key = ExecutionKey { job: job.clone(), execution: execution.id.clone() };
        let objects = snapshot.objects.get(&key);
        Self {
            id: id(execution.id.as_str()),
            status: &execution.status.0,
            start_time: execution.start_time,
            end_time: execution.end_time,
            bytes: execution.bytes,
            objects: objects.map(|list| Readable::new(list, |list| list.iter().map(ObjectEntry::flow).collect())),
        }
    }

    fn on_one_line(self) -> OneLine<Self> {
        if self.objects.is_none() { OneLine::Short(FlowMap(self)) } else { OneLine::Long(self) }
    }
}

/// An object as a plan writes it.
#[derive(Serialize)]
struct ObjectEntry<'a> {
    #[serde(flatten)]
    named: BTreeMap<&'static str, Identity<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Identity<'a> {
    /// Under the key of its type.
    ByKey(String),
    /// Under `object`.
    Described {
        #[serde(rename = "type")]
        kind: &'a str,
        name: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        parent: Option<String>,
    },
}

impl<'a> ObjectEntry<'a> {
    fn flow(object: &'a BackupObject) -> FlowMap<Self> {
        let key = ObjectType::keys().find(|key| ObjectType::from_key(key).as_ref() == Some(&object.object_type));
        let name = match (object.object_type.level(), &object.parent) {
            (Level::Database, Some(parent)) if parent.as_str() == "DBC" => Some(object.name.to_string()),
            (Level::Object, Some(parent)) => {
                Some(QualifiedName { parent: Some(parent.clone()), name: object.name.clone() }.to_string())
            }
            _ => None,
        };
        let named = match (key, name) {
            (Some(key), Some(name)) => (key, Identity::ByKey(name)),
            _ => {
                let parent = object.parent.as_ref().map(ToString::to_string);
                let kind = object.object_type.wire();
                ("object", Identity::Described { kind, name: object.name.to_string(), parent })
            }
        };
        FlowMap(Self { named: BTreeMap::from([named]), bytes: object.bytes })
    }
}

#[derive(Serialize)]
struct RestoreEntry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    job_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_id: Option<Value>,
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_details: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    errors: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    warnings: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    restored_objects: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sub_tasks: Vec<FlowMap<SubTaskEntry<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_site: Option<&'a SiteId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_site: Option<&'a SiteId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dr_site: Option<&'a SiteId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot_size: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_failover: Option<bool>,
}

impl<'a> From<&'a RestoreRecord> for RestoreEntry<'a> {
    fn from(restore: &'a RestoreRecord) -> Self {
        Self {
            job_name: restore.job_name.as_ref().map(|name| name.as_str()),
            id: restore.execution_id.as_deref().map(id),
            job_id: restore.job_id.as_deref().map(id),
            status: &restore.status.0,
            status_details: restore.status_details.as_deref(),
            start_time: restore.start_time,
            end_time: restore.end_time,
            errors: &restore.errors,
            warnings: &restore.warnings,
            restored_objects: &restore.restored_objects,
            sub_tasks: restore.sub_tasks.iter().map(|task| FlowMap(SubTaskEntry::from(task))).collect(),
            source_site: restore.source_site.as_ref(),
            target_site: restore.target_site.as_ref(),
            dr_site: restore.dr_site.as_ref(),
            snapshot_name: restore.snapshot_name.as_deref(),
            snapshot_size: restore.snapshot_size.as_deref(),
            is_failover: restore.is_failover,
        }
    }
}

#[derive(Serialize)]
struct SubTaskEntry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_details: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
}

impl<'a> From<&'a SubTask> for SubTaskEntry<'a> {
    fn from(task: &'a SubTask) -> Self {
        Self {
            name: task.name.as_deref(),
            status: &task.status.0,
            status_details: task.status_details.as_deref(),
            start_time: task.start_time,
            end_time: task.end_time,
            bytes: task.bytes,
        }
    }
}
