//! From a validated document to a snapshot.

use std::collections::BTreeMap;

use crate::model::{
    BackupExecution, BackupObject, Database, ExecutionId, ExecutionKey, JobId, JobKey, JobName, ObjectType, Permission,
    RestoreRecord, RestoreStatus, SiteId, Snapshot, SubTask,
};
use crate::plan::findings::Findings;
use crate::plan::node::Node;
use crate::plan::place::Place;
use crate::plan::typed_name::bare_name;
use crate::plan::typed_object::by_key;

/// What the service says of an execution that it completed.
const SUCCESSFUL: &str = "SUCCESSFUL";

/// Reads a snapshot that stands at a place in a document. None: something is wrong with it, and that is reported.
pub(in crate::plan) fn snapshot(root: &Place<'_>, findings: &mut Findings) -> Option<Snapshot> {
    let errors = findings.errors();
    let mut read = Snapshot {
        taken_at: root.moment("taken_at", findings).unwrap_or_default(),
        executions: BTreeMap::new(),
        restores: BTreeMap::new(),
        databases: BTreeMap::new(),
        permissions: BTreeMap::new(),
        objects: BTreeMap::new(),
        attempts: Vec::new(),
        settled: false,
    };
    for (entry, site) in root.child("sites").iter().flat_map(Place::entries) {
        let id = SiteId::new(&entry.key);
        if let Some(permission) = site.child("permission").and_then(|place| permission(&place)) {
            read.permissions.insert(id.clone(), permission);
        }
        if let Some(databases) = site.child("databases") {
            read.databases.insert(id.clone(), databases.reading(|each| database(&each, findings)));
        }
        if let Some(restores) = site.child("restores") {
            read.restores.insert(id.clone(), restores.reading(|each| Some(restore(&each, findings))));
        }
        for (entry, executions) in site.child("jobs").iter().flat_map(Place::entries) {
            let job = JobKey { site: id.clone(), job: JobId::new(&entry.key) };
            job_executions(&job, &executions, &mut read, findings);
        }
    }
    (findings.errors() == errors).then_some(read)
}

/// Reads the executions of one job, with what they hold.
fn job_executions(job: &JobKey, place: &Place<'_>, read: &mut Snapshot, findings: &mut Findings) {
    let executions = place.reading(|each| {
        let execution = execution(&each, findings)?;
        if let Some(objects) = each.child("objects") {
            let key = ExecutionKey { job: job.clone(), execution: execution.id.clone() };
            let mut index = 0..;
            let listed = objects.reading(|entry| object(&entry, index.next().unwrap_or(0), &each, findings));
            read.objects.insert(key, listed);
        }
        Some(execution)
    });
    read.executions.insert(job.clone(), executions);
}

fn permission(place: &Place<'_>) -> Option<Permission> {
    match place.node.as_str() {
        Some(_) => Some(Permission::Allowed),
        None => {
            let denied = place.text("denied").map(Permission::Denied);
            denied.or_else(|| place.text("not_known").map(Permission::NotKnown))
        }
    }
}

fn database(place: &Place<'_>, findings: &mut Findings) -> Option<Database> {
    let mut reader = place.reader(findings);
    match place.node.get("name") {
        Some(name) => Some(Database { name: bare_name(name, &["name"], &mut reader)?, kind: place.text("kind") }),
        // A text is a name; a map without one was reported.
        None if !place.node.entries().is_empty() => None,
        None => Some(Database { name: bare_name(place.node, &[], &mut reader)?, kind: Some("D".to_owned()) }),
    }
}

fn execution(place: &Place<'_>, findings: &mut Findings) -> Option<BackupExecution> {
    let status = place.text("status").unwrap_or_else(|| SUCCESSFUL.to_owned());
    Some(BackupExecution {
        id: ExecutionId::new(place.id().or_else(|| place.child("id")?.id())?),
        status: RestoreStatus(status),
        start_time: place.moment("start_time", findings),
        end_time: place.moment("end_time", findings),
        bytes: bytes(place),
    })
}

/// Reads the entry `index` of an execution's list of objects.
fn object(entry: &Place<'_>, index: usize, execution: &Place<'_>, findings: &mut Findings) -> Option<BackupObject> {
    let bytes = bytes(entry);
    if let Some((key, value)) = ObjectType::keys().find_map(|key| Some((key, entry.node.get(key)?))) {
        let identity = by_key(key, value, &index.to_string(), &mut execution.reader(findings))?;
        let (name, parent) = (identity.name, Some(identity.parent));
        return Some(BackupObject { name, object_type: identity.object_type, parent, parent_type: None, bytes });
    }
    let other = entry.child("object")?;
    let mut reader = other.reader(findings);
    let mut name = |key| other.node.get(key).map(|name| bare_name(name, &[key], &mut reader));
    let (own, parent) = (name("name")??, name("parent"));
    let object_type = ObjectType::from_wire(other.node.get("type").and_then(Node::as_str)?);
    let parent = parent.map_or(Some(None), |name| name.map(Some))?;
    // No decision rests on the parent's type, so recordings leave it out.
    Some(BackupObject { name: own, object_type, parent, parent_type: None, bytes })
}

fn restore(place: &Place<'_>, findings: &mut Findings) -> RestoreRecord {
    let site = |key| place.text(key).map(SiteId::new);
    let id = |key| place.child(key)?.id();
    let sub_tasks = place.child("sub_tasks");
    RestoreRecord {
        job_name: place.text("job_name").map(JobName::new),
        job_id: id("job_id"),
        execution_id: id("id"),
        status: status(place),
        status_details: place.text("status_details"),
        start_time: place.moment("start_time", findings),
        end_time: place.moment("end_time", findings),
        errors: place.texts("errors"),
        warnings: place.texts("warnings"),
        restored_objects: place.texts("restored_objects"),
        sub_tasks: sub_tasks.iter().flat_map(Place::items).map(|task| sub_task(&task, findings)).collect(),
        source_site: site("source_site"),
        target_site: site("target_site"),
        dr_site: site("dr_site"),
        snapshot_name: place.text("snapshot_name"),
        snapshot_size: place.text("snapshot_size"),
        is_failover: place.flag("is_failover"),
    }
}

fn sub_task(place: &Place<'_>, findings: &mut Findings) -> SubTask {
    SubTask {
        name: place.text("name"),
        status: status(place),
        status_details: place.text("status_details"),
        start_time: place.moment("start_time", findings),
        end_time: place.moment("end_time", findings),
        bytes: bytes(place),
    }
}

fn bytes(place: &Place<'_>) -> Option<u64> {
    place.child("bytes")?.number()
}

fn status(place: &Place<'_>) -> RestoreStatus {
    RestoreStatus(place.text("status").unwrap_or_default())
}
