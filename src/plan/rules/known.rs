//! Copies onto what the plan itself shows to be there.

use std::collections::{HashMap, HashSet};

use crate::model::{Level, ObjectName, OnExisting, SiteId, Touched};
use crate::plan::findings::Findings;
use crate::plan::rule;

use super::Entry;

/// Reports copies that land on an object which the plan restores from a backup: it was there when the backup was made,
/// so it most likely still is, and the API can't show it.
pub(super) fn check(entries: &[Entry<'_>], findings: &mut Findings) {
    let mut backed_up: HashMap<(&SiteId, &ObjectName, &ObjectName), (&Entry<'_>, usize)> = HashMap::new();
    let mut restored: HashSet<Touched> = HashSet::new();
    for entry in entries {
        for (index, object) in entry.item.objects.iter().enumerate() {
            if object.object_type.level() == Level::Object {
                let place = (&entry.item.source.site, &object.parent, &object.name);
                backed_up.entry(place).or_insert((entry, index));
            }
            if entry.item.is_in_place(object) {
                restored.insert(entry.item.touched_by(object));
            }
        }
    }
    for entry in entries.iter().filter(|entry| entry.item.on_existing == OnExisting::Fail) {
        for (index, object) in entry.item.objects.iter().enumerate() {
            let touched = entry.item.touched_by(object);
            let Some(name) = &touched.object else { continue };
            let known = backed_up.get(&(&touched.site, &touched.database, name));
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
