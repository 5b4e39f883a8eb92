//! The difference of two saved changesets: what came, what went, and what would be done otherwise.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Changeset, Decision, FieldChange, changed_fields};
use crate::model::{Action, Slug};

/// How the second of two changesets differs from the first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What is true of the whole: the plan, the environment, the limits.
    pub facts: Vec<FieldChange>,
    /// Items that only the second has, with what it does about them.
    pub came: Vec<(Slug, Action)>,
    /// Items that only the first has, with what it does about them.
    pub went: Vec<(Slug, Action)>,
    /// Items that both have, and about which they differ.
    pub changed: Vec<ItemChange>,
    /// Of how many items they say the same.
    pub same: usize,
}

/// One item about which two changesets differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemChange {
    /// Its name.
    pub item: Slug,
    /// What the first does about it.
    pub before: Action,
    /// What the second does.
    pub after: Action,
    /// Why the second does it, where that is something else.
    pub reason: Option<String>,
    /// What of it is another.
    pub fields: Vec<FieldChange>,
}

impl Comparison {
    /// Compares two changesets.
    pub fn of(before: &Changeset, after: &Changeset) -> Self {
        let by_name = |changeset: &'_ Changeset| -> BTreeMap<Slug, Decision> {
            changeset.items.iter().map(|decision| (decision.item.name.clone(), decision.clone())).collect()
        };
        let (was, is) = (by_name(before), by_name(after));
        let only = |these: &Changeset, those: &BTreeMap<Slug, Decision>| {
            let alone = these.items.iter().filter(|decision| !those.contains_key(&decision.item.name));
            alone.map(|decision| (decision.item.name.clone(), decision.action)).collect::<Vec<_>>()
        };
        let both = || after.items.iter().filter_map(|now| Some((was.get(&now.item.name)?, now)));
        let changed: Vec<ItemChange> = both().filter_map(|(then, now)| item(then, now)).collect();
        Self {
            facts: facts(before, after),
            came: only(after, &was),
            went: only(before, &is),
            same: both().count().saturating_sub(changed.len()),
            changed,
        }
    }

    /// Whether they say the same.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty() && self.came.is_empty() && self.went.is_empty() && self.changed.is_empty()
    }
}

fn item(before: &Decision, after: &Decision) -> Option<ItemChange> {
    let mut fields = changed_fields(before, after);
    let mut note = |field: &str, was: Option<String>, is: Option<String>| {
        if was != is {
            fields.push(FieldChange { field: field.to_owned(), before: was, after: is });
        }
    };
    let sent = |decision: &Decision| {
        let request = decision.request.as_ref().filter(|_| decision.action.is_pending());
        request.map(|request| request.job_name.to_string())
    };
    note("sent as", sent(before), sent(after));
    let losses = |decision: &Decision| (!decision.losses.is_empty()).then(|| decision.losses.join("; "));
    note("data loss", losses(before), losses(after));
    let other = before.action != after.action;
    (other || !fields.is_empty()).then(|| ItemChange {
        item: after.item.name.clone(),
        before: before.action,
        after: after.action,
        reason: (other || before.reason != after.reason).then(|| after.reason.clone()),
        fields,
    })
}

/// Reads something of a whole changeset.
type Fact = fn(&Changeset) -> Option<String>;

fn facts(before: &Changeset, after: &Changeset) -> Vec<FieldChange> {
    let mut found = Vec::new();
    let mut note = |field: &str, was: Option<String>, is: Option<String>| {
        if was != is {
            found.push(FieldChange { field: field.to_owned(), before: was, after: is });
        }
    };
    let of = |read: Fact| (read(before), read(after));
    let facts: [(&str, Fact); 7] = [
        ("plan", |made| Some(made.plan.name.to_string())),
        ("plan's digest", |made| Some(made.plan.digest.clone())),
        ("environment", |made| Some(made.environment.name.clone())),
        ("API", |made| made.environment.api.as_ref().map(|api| api.url.clone())),
        ("guard", |made| {
            let guard = made.environment.guard;
            let set = [
                (guard.protected, "protected"),
                (guard.allow_in_place, "allow_in_place"),
                (guard.allow_replace, "allow_replace"),
            ];
            let set: Vec<&str> = set.into_iter().filter(|(on, _)| *on).map(|(_, name)| name).collect();
            (!set.is_empty()).then(|| set.join(", "))
        }),
        ("shard", |made| made.shard().map(|shard| shard.to_string())),
        ("again", |made| Some(made.again.to_string())),
    ];
    for (field, read) in facts {
        let (was, is) = of(read);
        note(field, was, is);
    }
    let (was, is) = (limits(before), limits(after));
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    for name in names {
        note(&format!("limits.{name}"), was.get(name).cloned(), is.get(name).cloned());
    }
    found
}

/// Limits by their names; what isn't set isn't there.
fn limits(changeset: &Changeset) -> BTreeMap<String, String> {
    let written = serde_json::to_value(&changeset.limits).unwrap_or_default();
    let entries = written.as_object().into_iter().flatten();
    entries.map(|(name, value)| (name.clone(), value.to_string())).collect()
}
