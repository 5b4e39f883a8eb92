//! The text of a plan from an object list: what its comments tell of the backup and of what isn't in the plan.

use std::collections::HashSet;

use serde_json::json;

use super::backup::{BackupImport, Candidate, LeftOut, entry};
use super::grouping::Group;
use super::naming::plan_name;
use super::reasons::{self, Place};
use super::sketch::{Entry, Object, Part, Remark, Restore, Sketch};
use crate::model::{ExecutionSelector, Level, ObjectName, OnExisting, RestoreObject, Slug};
use crate::model::{bytes, count, harmless};
use crate::plan::render;

/// How many databases the description names.
const SHOWN: usize = 3;

impl BackupImport<'_> {
    /// The plan with these restores.
    pub(super) fn sketch(&self, groups: &[Group], left_out: &[LeftOut]) -> Sketch {
        let source = vec![
            Entry::text("site", self.source.site.as_str()),
            Entry::new("job", render::id(self.source.job.as_str())),
            match &self.source.execution {
                ExecutionSelector::Latest => Entry::new("execution", "latest").remark(reasons::LATEST),
                selector => Entry::new("execution", render::execution(selector)),
            },
        ];
        let candidates = || groups.iter().flat_map(|group| &group.objects);
        let mut target = vec![Entry::text("site", self.target.site.as_str())];
        if let Some(database) = &self.target.database {
            target.push(Entry::new("database", render::name(database)).remark("must exist there"));
        }
        let mut before_restores = Vec::new();
        if candidates().any(|candidate| is_whole(&candidate.object)) {
            before_restores.push(reasons::WHOLE_DATABASE.to_owned());
        }
        before_restores.push(reasons::on_existing(self.on_existing, self.place()).to_owned());
        Sketch {
            schema: self.schema.map(str::to_owned),
            head: self.head(groups, left_out.len()),
            purpose: vec![
                Entry::new(
                    "name",
                    self.name.map_or_else(|| plan_name(&format!("job-{}", self.source.job)), Slug::to_string),
                ),
                Entry::text("description", &self.description(candidates())),
            ],
            source: Part { entries: source, ..Part::default() },
            target: Part { entries: target, ..Part::default() },
            limits: reasons::limits(&render::duration(self.deadline)),
            before_restores,
            restores: groups.iter().map(|group| restore(group, self.on_existing)).collect(),
            tail: tail(left_out),
        }
    }

    fn place(&self) -> Place {
        let same = self.target.site == self.source.site && self.target.database.is_none() && self.suffix.is_none();
        if same { Place::Itself } else { Place::Elsewhere }
    }

    fn head(&self, groups: &[Group], left_out: usize) -> Vec<String> {
        let taken = self.execution.taken_at().map(|at| format!(" ({})", at.strftime("%Y-%m-%d %H:%M:%SZ")));
        let mut head = vec![format!(
            "Written by `restorectl import` from the object list of execution {}{} of backup job {} at site {}.",
            self.execution.id,
            taken.unwrap_or_default(),
            self.source.job,
            self.source.site
        )];
        let candidates: Vec<&Candidate> = groups.iter().flat_map(|group| &group.objects).collect();
        let (objects, restores) = (count(candidates.len(), "object"), count(groups.len(), "restore"));
        let mut sum = format!("{objects} in {restores}, {}", size(&candidates));
        if left_out > 0 {
            sum = format!("{sum}; {} left out, see the end", count(left_out, "object"));
        }
        if self.nameless > 0 {
            sum = format!("{sum}; {} of the list with no usable name", count(self.nameless, "entry"));
        }
        head.push(format!("{sum}."));
        if self.source.execution == ExecutionSelector::Latest {
            head.push("A later execution may hold other objects than this list.".to_owned());
        }
        head.push(reasons::whose(&reasons::UNTOLD));
        head
    }

    fn description<'a>(&self, candidates: impl Iterator<Item = &'a Candidate>) -> String {
        let mut seen = HashSet::new();
        let databases =
            candidates.map(|Candidate { object, .. }| if is_whole(object) { &object.name } else { &object.parent });
        let databases: Vec<&ObjectName> = databases.filter(|name| seen.insert(*name)).collect();
        let mut shown: Vec<String> = databases.iter().take(SHOWN).map(ToString::to_string).collect();
        if databases.len() > SHOWN {
            shown.push(format!("{} more", count(databases.len() - SHOWN, "database")));
        }
        let last = shown.pop().unwrap_or_default();
        let all = if shown.is_empty() { last } else { format!("{} and {last}", shown.join(", ")) };
        format!("Bring back {} from backup job {}.", harmless(&all), self.source.job)
    }
}

fn is_whole(object: &RestoreObject) -> bool {
    object.object_type.level() == Level::Database
}

fn restore(group: &Group, on_existing: OnExisting) -> Restore {
    let objects: Vec<&Candidate> = group.objects.iter().collect();
    let number = match group.objects.as_slice() {
        [only] if is_whole(&only.object) && only.object.exclude.is_empty() => "the whole database".to_owned(),
        [only] if is_whole(&only.object) => "the whole database less what is excluded; with that".to_owned(),
        many => count(many.len(), "object"),
    };
    Restore {
        comment: vec![format!("{}: {number}, {}.", group.label, size(&objects))],
        name: group.name.clone(),
        objects: group.objects.iter().map(|candidate| object(&candidate.object)).collect(),
        on_existing: json!(on_existing),
        after: group.after.clone(),
    }
}

fn object(object: &RestoreObject) -> Object {
    let name = object.name.to_string();
    let shown = harmless(&name);
    let unseen = (shown != name).then(|| format!("The next name holds characters that don't show: {shown}"));
    Object { comment: unseen, entry: entry(object) }
}

/// How large objects are together.
fn size(candidates: &[&Candidate]) -> String {
    let known: Vec<u64> = candidates.iter().filter_map(|candidate| candidate.bytes).collect();
    let sum = bytes(known.iter().fold(0, |sum, bytes| sum.saturating_add(*bytes)));
    match candidates.len() - known.len() {
        0 => format!("{sum} as backed up"),
        _ if known.is_empty() => "sizes not listed".to_owned(),
        unlisted => format!("{sum} as backed up ({} not listed)", count(unlisted, "size")),
    }
}

fn tail(left_out: &[LeftOut]) -> Vec<Remark> {
    let mut tail = Vec::new();
    if !left_out.is_empty() {
        let text = "Left out. Each stands here as it would in `objects`, with what `validate` would say of it, or what else \
                    speaks against it.";
        tail.push(Remark::Text(text.to_owned()));
    }
    for one in left_out {
        tail.push(Remark::Text(String::new()));
        tail.push(Remark::Text(one.why.clone()));
        tail.push(Remark::Object(one.entry.clone()));
    }
    tail
}
