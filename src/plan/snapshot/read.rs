//! From a validated document to a snapshot. The schema has been through here: what it found wrong was reported, so a
//! part that can't be read is left out without a word, and the whole is not used.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::{
    BackupExecution, BackupObject, Database, ExecutionId, ExecutionKey, JobId, JobKey, JobName, ObjectType, Permission,
    Reading, RestoreRecord, RestoreStatus, SiteId, Snapshot, SubTask,
};
use crate::plan::findings::Findings;
use crate::plan::node::{Node, Yaml};
use crate::plan::pointer::Pointer;
use crate::plan::typed::Reader;
use crate::plan::typed_item::bare_name;
use crate::plan::typed_object::by_key;

/// What the service says of an execution that it completed.
const SUCCESSFUL: &str = "SUCCESSFUL";

/// Reads a snapshot that stands at a place in a document. None: something is wrong with it, and that is reported.
pub(in crate::plan) fn snapshot(root: &Node, at: &Pointer, findings: &mut Findings) -> Option<Snapshot> {
    let errors = findings.errors();
    let mut read = Snapshot {
        taken_at: Place::new(root, at).moment("taken_at", findings).unwrap_or_default(),
        executions: BTreeMap::new(),
        restores: BTreeMap::new(),
        databases: BTreeMap::new(),
        permissions: BTreeMap::new(),
        objects: BTreeMap::new(),
        attempts: Vec::new(),
    };
    let sites = Place::new(root, at).child("sites");
    for (name, site) in sites.iter().flat_map(Place::children) {
        let id = SiteId::new(name);
        if let Some(permission) = site.child("permission").and_then(|permission| self::permission(permission.node)) {
            read.permissions.insert(id.clone(), permission);
        }
        if let Some(databases) = site.child("databases") {
            read.databases.insert(id.clone(), databases.reading(|each| database(&each, findings)));
        }
        if let Some(restores) = site.child("restores") {
            read.restores.insert(id.clone(), restores.reading(|each| Some(restore(&each, findings))));
        }
        for (name, executions) in site.child("jobs").iter().flat_map(Place::children) {
            let job = JobKey { site: id.clone(), job: JobId::new(name) };
            let of_job = executions.reading(|each| {
                let execution = execution(&each, findings)?;
                if let Some(objects) = each.child("objects") {
                    let key = ExecutionKey { job: job.clone(), execution: execution.id.clone() };
                    let listed = objects.each(|index, entry| object(entry, index, &each, findings));
                    read.objects.insert(key, listed);
                }
                Some(execution)
            });
            read.executions.insert(job, of_job);
        }
    }
    (findings.errors() == errors).then_some(read)
}

/// A value with its place.
struct Place<'a> {
    node: &'a Node,
    at: Pointer,
}

impl<'a> Place<'a> {
    fn new(node: &'a Node, at: &Pointer) -> Self {
        Self { node, at: at.clone() }
    }

    fn child(&self, key: &str) -> Option<Self> {
        self.node.get(key).map(|node| Place { node, at: self.at.join(key) })
    }

    /// The values of a map, each with its key.
    fn children(&self) -> impl Iterator<Item = (&'a str, Self)> {
        let entries = self.node.entries().iter();
        entries.map(|entry| (entry.key.as_str(), Place { node: &entry.value, at: self.at.join(&entry.key) }))
    }

    /// What a list holds, or why it couldn't be read.
    fn reading<T>(&self, mut read: impl FnMut(Place<'a>) -> Option<T>) -> Reading<Vec<T>> {
        self.each(|index, node| read(Place { node, at: self.at.join(index) }))
    }

    fn each<T>(&self, mut read: impl FnMut(&str, &'a Node) -> Option<T>) -> Reading<Vec<T>> {
        if let Some(why) = self.node.get("unreadable").and_then(Node::as_str) {
            return Reading::Unreadable(why.to_owned());
        }
        let items = self.node.items().iter().enumerate();
        Reading::Read(items.filter_map(|(index, node)| read(&index.to_string(), node)).collect())
    }

    fn moment(&self, key: &str, findings: &mut Findings) -> Option<Timestamp> {
        let node = self.node.get(key)?;
        Reader::new(findings, self.at.clone(), None).moment(node, &[key])
    }

    fn text(&self, key: &str) -> Option<String> {
        self.node.get(key).and_then(Node::as_str).map(str::to_owned)
    }

    /// An id, which may be a number.
    fn id(&self, key: &str) -> Option<String> {
        self.node.get(key).and_then(id)
    }

    fn bytes(&self) -> Option<u64> {
        match &self.node.get("bytes")?.value {
            Yaml::Number(number) => number.as_u64(),
            _ => None,
        }
    }

    fn texts(&self, key: &str) -> Vec<String> {
        let items = self.node.get(key).map_or(&[][..], Node::items);
        items.iter().filter_map(Node::as_str).map(str::to_owned).collect()
    }

    fn status(&self) -> RestoreStatus {
        RestoreStatus(self.text("status").unwrap_or_default())
    }
}

fn id(node: &Node) -> Option<String> {
    match &node.value {
        Yaml::Number(number) => Some(number.to_string()),
        _ => node.as_str().map(str::to_owned),
    }
}

fn permission(node: &Node) -> Option<Permission> {
    let why = |key| node.get(key).and_then(Node::as_str).map(str::to_owned);
    match node.as_str() {
        Some(_) => Some(Permission::Allowed),
        None => why("denied").map(Permission::Denied).or_else(|| why("not_known").map(Permission::NotKnown)),
    }
}

fn database(place: &Place<'_>, findings: &mut Findings) -> Option<Database> {
    let mut reader = Reader::new(findings, place.at.clone(), None);
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
        id: ExecutionId::new(id(place.node).or_else(|| place.id("id"))?),
        status: RestoreStatus(status),
        start_time: place.moment("start_time", findings),
        end_time: place.moment("end_time", findings),
        bytes: place.bytes(),
    })
}

/// Reads the entry `index` of an execution's list of objects.
fn object(entry: &Node, index: &str, execution: &Place<'_>, findings: &mut Findings) -> Option<BackupObject> {
    let mut reader = Reader::new(findings, execution.at.clone(), None);
    let bytes = Place::new(entry, &execution.at).bytes();
    if let Some((key, value)) = ObjectType::keys().find_map(|key| Some((key, entry.get(key)?))) {
        let identity = by_key(key, value, index, &mut reader)?;
        let (name, parent) = (identity.name, Some(identity.parent));
        return Some(BackupObject { name, object_type: identity.object_type, parent, bytes });
    }
    let other = entry.get("object")?;
    let step = |key| ["objects", index, "object", key];
    let name = bare_name(other.get("name")?, &step("name"), &mut reader)?;
    let parent = match other.get("parent") {
        Some(parent) => Some(bare_name(parent, &step("parent"), &mut reader)?),
        None => None,
    };
    let object_type = ObjectType::from_wire(other.get("type").and_then(Node::as_str)?);
    Some(BackupObject { name, object_type, parent, bytes })
}

fn restore(place: &Place<'_>, findings: &mut Findings) -> RestoreRecord {
    let site = |key| place.text(key).map(SiteId::new);
    let sub_tasks = place.child("sub_tasks").map(|tasks| tasks.reading(|task| Some(sub_task(&task, findings))));
    RestoreRecord {
        job_name: place.text("job_name").map(JobName::new),
        job_id: place.id("job_id"),
        execution_id: place.id("id"),
        status: place.status(),
        status_details: place.text("status_details"),
        start_time: place.moment("start_time", findings),
        end_time: place.moment("end_time", findings),
        errors: place.texts("errors"),
        warnings: place.texts("warnings"),
        restored_objects: place.texts("restored_objects"),
        sub_tasks: sub_tasks.and_then(|tasks| tasks.as_result().ok().cloned()).unwrap_or_default(),
        source_site: site("source_site"),
        target_site: site("target_site"),
        dr_site: site("dr_site"),
        snapshot_name: place.text("snapshot_name"),
        snapshot_size: place.text("snapshot_size"),
        is_failover: match place.node.get("is_failover").map(|flag| &flag.value) {
            Some(Yaml::Bool(flag)) => Some(*flag),
            _ => None,
        },
    }
}

fn sub_task(place: &Place<'_>, findings: &mut Findings) -> SubTask {
    SubTask {
        name: place.text("name"),
        status: place.status(),
        status_details: place.text("status_details"),
        start_time: place.moment("start_time", findings),
        end_time: place.moment("end_time", findings),
        bytes: place.bytes(),
    }
}
