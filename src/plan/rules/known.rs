//! Copies onto what the plan itself shows to be there.

use std::collections::{HashMap, HashSet};

use crate::model::{Level, OnExisting, TouchedRef};
use crate::plan::findings::Findings;
use crate::plan::rule;

use super::Entry;

/// Reports copies that land on an object which the plan restores from a backup: it was there when the backup was made,
/// so it most likely still is, and the API can't show it.
pub(super) fn check(entries: &[Entry<'_>], findings: &mut Findings) {
    // Names are hashed slowly; growing would do it again and again.
    let objects = entries.iter().map(|entry| entry.item.objects.len()).sum();
    let mut backed_up: HashMap<TouchedRef<'_>, (&Entry<'_>, usize)> = HashMap::with_capacity(objects);
    let mut restored: HashSet<TouchedRef<'_>> = HashSet::new();
    for entry in entries {
        for (index, object) in entry.item.objects.iter().enumerate() {
            if object.object_type.level() == Level::Object {
                let (site, database) = (&entry.item.source.site, &object.parent);
                let place = TouchedRef { site, database, object: Some(&object.name) };
                backed_up.entry(place).or_insert((entry, index));
            }
            if entry.item.is_in_place(object) {
                restored.insert(entry.item.writes(object));
            }
        }
    }
    for entry in entries.iter().filter(|entry| entry.item.on_existing == OnExisting::Fail) {
        for (index, object) in entry.item.objects.iter().enumerate() {
            let touched = entry.item.writes(object);
            let known = backed_up.get(&touched);
            // Two restores that write the same thing are reported as such.
            let Some((other, at)) = known.filter(|_| !entry.item.is_in_place(object) && !restored.contains(&touched))
            else {
                continue;
            };
            let own = index.to_string();
            let steps = ["objects", &own, "rename_to"];
            let message =
                format!("`{touched}` is most likely there, since it was backed up, and the copy would replace it");
            let found = entry.draft(rule::REPLACES_KNOWN, &steps, message).warning();
            let place = other.span(&["objects", &at.to_string()]);
            let found = found.hint("choose a free name, or write `on_existing: replace` if that is meant");
            entry.report(found.related_elsewhere(place, "it is restored from its backup here"), findings);
        }
    }
}
