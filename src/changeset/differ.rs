//! Whether a site still is as a saved changeset saw it.

use std::collections::BTreeMap;

use super::{Changeset, Decision};
use crate::model::{Permission, RestoreRecord, StatusClass};

/// What is different now for the items that the saved changeset would send or wait for, in sentences. Empty: the
/// site still is as it was when the changeset was approved, as far as it matters to it.
pub fn differences(saved: &Changeset, fresh: &Changeset) -> Vec<String> {
    let now: BTreeMap<_, _> = fresh.items.iter().map(|decision| (&decision.item.name, decision)).collect();
    let mut found = Vec::new();
    for before in &saved.items {
        match now.get(&before.item.name) {
            Some(after) => changed(before, after, &mut found),
            None => found.push(format!("`{}` is no longer there", before.item.name)),
        }
    }
    found
}

fn changed(before: &Decision, after: &Decision, found: &mut Vec<String>) {
    let name = &before.item.name;
    let count = found.len();
    if before.action != after.action {
        found.push(format!(
            "`{name}`: its action was `{}`, and now is `{}`: {}",
            before.action.word(),
            after.action.word(),
            after.reason
        ));
        return;
    }
    for (was, is) in seen_restores(before, after) {
        found.push(format!("`{name}`: the site showed {was}, and now shows {is}"));
    }
    for database in &before.saw.databases {
        let now = after.saw.databases.iter().find(|other| other.name == database.name);
        if now.is_some_and(|now| now.exists != database.exists) {
            let is = if database.exists == Some(true) { "is no longer there" } else { "has appeared" };
            found.push(format!("`{name}`: database `{}` {is}", database.name));
        }
    }
    if denied(&before.saw.permission) != denied(&after.saw.permission) {
        found.push(format!("`{name}`: the permission to restore has changed"));
    }
    if before.execution.as_ref().map(|e| &e.status) != after.execution.as_ref().map(|e| &e.status) {
        found.push(format!("`{name}`: the backup execution's status has changed"));
    }
    if before.data_loss != after.data_loss || before.losses != after.losses {
        found.push(format!(
            "`{name}`: what it destroys was `{}`, and now is `{}`",
            before.losses.join("; "),
            after.losses.join("; ")
        ));
    }
    if found.len() == count && before.request != after.request {
        found.push(format!("`{name}` would be sent as something else than what was approved"));
    }
}

/// Restores that appeared, went or changed the meaning of their status.
fn seen_restores(before: &Decision, after: &Decision) -> Vec<(String, String)> {
    type Seen = BTreeMap<(Option<String>, Option<String>), StatusClass>;
    let key = |r: &RestoreRecord| (r.job_name.as_ref().map(ToString::to_string), r.execution_id.clone());
    let seen = |d: &Decision| -> Seen { d.saw.restores.iter().map(|r| (key(r), r.status.class())).collect() };
    let (was, is) = (seen(before), seen(after));
    let words = |key: &(Option<String>, Option<String>), class: Option<&StatusClass>| {
        let name = key.0.as_deref().unwrap_or("(no name)");
        let id = key.1.as_deref().unwrap_or("?");
        class.map_or_else(|| format!("no restore `{name}` ({id})"), |class| format!("`{name}` ({id}) as {class:?}"))
    };
    let mut keys: Vec<_> = was.keys().chain(is.keys()).collect();
    keys.sort();
    keys.dedup();
    let differing = keys.into_iter().filter(|key| was.get(key) != is.get(key));
    differing.map(|key| (words(key, was.get(key)), words(key, is.get(key)))).collect()
}

fn denied(permission: &Option<Permission>) -> bool {
    matches!(permission, Some(Permission::Denied(_)))
}
