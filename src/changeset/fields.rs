//! What of an item's definition is another than it was, field by field, in the words of the plan language.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Decision;
use crate::model::{Item, Mode, OnExisting, RestoreObject, Slug, canonical, count};

/// One field that is another now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The field, as a plan names it.
    pub field: String,
    /// What it was; none where it wasn't set, or what it is part of wasn't there.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
}

/// The fields of an item that are others in the second decision, in the order of the plan language. An execution that could
/// not be resolved is no change.
pub fn changed_fields(before: &Decision, after: &Decision) -> Vec<FieldChange> {
    let (was, is) = (&before.item, &after.item);
    let mut changes = Changes(Vec::new());
    changes.note("source.site", Some(was.source.site.to_string()), Some(is.source.site.to_string()));
    changes.note("source.job", Some(was.source.job.to_string()), Some(is.source.job.to_string()));
    if let (Some(was), Some(is)) = (&before.execution, &after.execution) {
        changes.note("execution", Some(was.id.to_string()), Some(is.id.to_string()));
    }
    changes.note("target.site", Some(was.target.site.to_string()), Some(is.target.site.to_string()));
    let database = |item: &Item| item.target.database.as_ref().map(ToString::to_string);
    changes.note("target.database", database(was), database(is));
    objects(was, is, &mut changes);
    changes.note("mode", Some(mode(was.mode)), Some(mode(is.mode)));
    let options = |item: &Item| {
        let options = item.options;
        [
            ("continue_on_access_right_violation", options.continue_on_access_right_violation),
            ("skip_statistics", options.skip_statistics),
            ("skip_join_or_hash_indexes", options.skip_join_or_hash_indexes),
        ]
    };
    for ((name, was), (_, is)) in options(was).into_iter().zip(options(is)) {
        changes.note(name, Some(was.to_string()), Some(is.to_string()));
    }
    changes.note("on_existing", Some(existing(was.on_existing)), Some(existing(is.on_existing)));
    changes.note("allow_reserved", Some(was.allow_reserved.to_string()), Some(is.allow_reserved.to_string()));
    changes.note("after", list(&was.after), list(&is.after));
    changes.note("group", was.group.clone(), is.group.clone());
    changes.note("weight", Some(was.weight.to_string()), Some(is.weight.to_string()));
    changes.note("priority", Some(was.priority.to_string()), Some(is.priority.to_string()));
    changes.note("deadline", Some(was.deadline_ms.to_string()), Some(is.deadline_ms.to_string()));
    let name = |item: &Item| item.job_name.as_ref().map(ToString::to_string);
    changes.note("job_name", name(was), name(is));
    if canonical(&was.checks).ok() != canonical(&is.checks).ok() {
        let other = if was.checks.len() == is.checks.len() { "other check" } else { "check" };
        changes.note("checks", Some(count(was.checks.len(), "check")), Some(count(is.checks.len(), other)));
    }
    changes.0
}

struct Changes(Vec<FieldChange>);

impl Changes {
    fn note(&mut self, field: &str, before: Option<String>, after: Option<String>) {
        if before != after {
            self.0.push(FieldChange { field: field.to_owned(), before, after });
        }
    }
}

/// What became of the objects: they are told apart by type and name. Where a single one was put in the place of a single
/// one, that is a change of its name.
fn objects(was: &Item, is: &Item, changes: &mut Changes) {
    let key = |object: &RestoreObject| format!("{} {}", object.object_type, object.written());
    let by_key = |item: &'_ Item| -> BTreeMap<String, RestoreObject> {
        item.objects.iter().map(|object| (key(object), object.clone())).collect()
    };
    let (before, after) = (by_key(was), by_key(is));
    let gone: Vec<&String> = before.keys().filter(|key| !after.contains_key(*key)).collect();
    let come: Vec<&String> = after.keys().filter(|key| !before.contains_key(*key)).collect();
    let single = was.objects.len() == 1 && is.objects.len() == 1;
    match (gone.as_slice(), come.as_slice()) {
        ([one], [other]) => {
            changes.note("object", Some((*one).clone()), Some((*other).clone()));
            if let (Some(was), Some(is)) = (before.get(*one), after.get(*other)) {
                parts(was, is, if single { None } else { Some(other) }, changes);
            }
        }
        _ => {
            gone.iter().for_each(|key| changes.note("object", Some((*key).clone()), None));
            come.iter().for_each(|key| changes.note("object", None, Some((*key).clone())));
        }
    }
    for (key, was) in &before {
        if let Some(is) = after.get(key) {
            parts(was, is, if single { None } else { Some(key) }, changes);
        }
    }
}

fn parts(was: &RestoreObject, is: &RestoreObject, of: Option<&String>, changes: &mut Changes) {
    let field = |name: &str| of.map_or_else(|| name.to_owned(), |object| format!("{name} of {object}"));
    let name = |object: &RestoreObject| object.rename_to.as_ref().map(ToString::to_string);
    changes.note(&field("rename_to"), name(was), name(is));
    let kind = |object: &RestoreObject| Some(object.parent_type.to_string());
    changes.note(&field("parent_type"), kind(was), kind(is));
    let exclude = |object: &RestoreObject| {
        let names: Vec<String> = object.exclude.iter().map(ToString::to_string).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    changes.note(&field("exclude"), exclude(was), exclude(is));
    let all = |object: &RestoreObject| Some(object.include_all.to_string());
    changes.note(&field("include_all"), all(was), all(is));
}

fn list(names: &[Slug]) -> Option<String> {
    let names: Vec<&str> = names.iter().map(Slug::as_str).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn mode(mode: Mode) -> String {
    match mode {
        Mode::Copy => "copy",
        Mode::Restore => "restore",
    }
    .to_owned()
}

fn existing(on_existing: OnExisting) -> String {
    match on_existing {
        OnExisting::Fail => "fail",
        OnExisting::Replace => "replace",
        OnExisting::Skip => "skip",
    }
    .to_owned()
}
