//! The objects of one restore against one another.

use std::collections::HashMap;

use crate::model::{Level, ObjectName, RestoreObject, TouchedRef};
use crate::plan::findings::Findings;
use crate::plan::rule;

use super::Entry;
use super::objects::shown;

/// Runs the rules about one restore's list of objects.
pub(super) fn check(entry: &Entry<'_>, findings: &mut Findings) {
    let item = &entry.item;
    let is_whole = |object: &RestoreObject| object.object_type.level() == Level::Database;
    let many = entry.item.objects.len();
    let mut sources: HashMap<(&ObjectName, &ObjectName), usize> = HashMap::with_capacity(many);
    let mut targets: HashMap<TouchedRef<'_>, usize> = HashMap::with_capacity(many);
    let wholes = || item.objects.iter().enumerate().filter(|(_, object)| is_whole(object));
    let whole_sources: HashMap<&ObjectName, usize> = wholes().map(|(index, object)| (&object.name, index)).collect();
    let whole_targets: HashMap<&ObjectName, usize> =
        wholes().map(|(index, object)| (item.writes(object).database, index)).collect();
    for (index, object) in item.objects.iter().enumerate() {
        let list = List { entry, index, object };
        list.exclude_twice(findings);
        if let Some(first) = sources.insert((&object.parent, &object.name), index) {
            let message = format!("`{}` stands twice in this restore", shown(object));
            list.report(
                list.draft(rule::OBJECT_TWICE, message).hint("remove one of them"),
                first,
                "the first is here",
                findings,
            );
            continue;
        }
        let touched = item.writes(object);
        if let Some(first) = targets.get(&touched) {
            let message = format!("two objects of this restore come back as `{touched}`");
            let found = entry.draft(rule::RENAME_COLLISION, &["objects", &index.to_string(), "rename_to"], message);
            let hint = "names are compared without case; choose different ones, or make it two restores with targets of their own";
            list.report(found.hint(hint), *first, "the first is here", findings);
        } else if let Some(first) = whole_sources.get(&object.parent).filter(|_| !is_whole(object)) {
            list.held_by(*first, findings);
        } else if let Some(first) = whole_targets.get(touched.database).filter(|_| !is_whole(object)) {
            let message = format!(
                "this restore writes the whole database `{}`, and `{}` from elsewhere into it",
                touched.database,
                shown(object)
            );
            let hint = "make it two restores, and let the one with the whole database come first";
            list.report(list.draft(rule::INTO_WHOLE, message).hint(hint), *first, "the database is here", findings);
        }
        targets.insert(touched, index);
        if !object.include_all {
            list.includes_nothing(findings);
        }
    }
}

/// One object in its list.
struct List<'a> {
    entry: &'a Entry<'a>,
    index: usize,
    object: &'a RestoreObject,
}

impl List<'_> {
    fn draft(&self, rule: &'static str, message: String) -> crate::diagnostic::Draft {
        self.entry.draft(rule, &["objects", &self.index.to_string()], message)
    }

    /// Reports a finding together with another object of the list.
    fn report(&self, draft: crate::diagnostic::Draft, first: usize, what: &str, findings: &mut Findings) {
        let place = self.entry.span(&["objects", &first.to_string()]);
        self.entry.report(draft.related_elsewhere(place, what), findings);
    }

    /// It stands beside the database that holds it.
    fn held_by(&self, whole: usize, findings: &mut Findings) {
        let Some(database) = self.entry.item.objects.get(whole) else { return };
        let (name, parent) = (shown(self.object), &database.name);
        if database.exclude.contains(&self.object.name) {
            let message = format!("`{name}` is excluded from `{parent}`, and listed beside it");
            let found = self.draft(rule::CONTRADICTION, message).hint("keep one of them");
            self.report(found, whole, "it is excluded here", findings);
        } else if database.include_all {
            let message = format!("`{name}` comes back with its database `{parent}` anyway");
            let found = self.draft(rule::OBJECT_TWICE, message).hint("remove it").warning();
            self.report(found, whole, "the database is here", findings);
        }
    }

    fn exclude_twice(&self, findings: &mut Findings) {
        let mut seen: HashMap<&ObjectName, usize> = HashMap::new();
        let own = self.index.to_string();
        for (index, name) in self.object.exclude.iter().enumerate() {
            if let Some(first) = seen.insert(name, index) {
                let place = self.entry.span(&["objects", &own, "exclude", &first.to_string()]);
                let message = format!("`{name}` is excluded twice");
                let found =
                    self.entry.draft(rule::OBJECT_TWICE, &["objects", &own, "exclude", &index.to_string()], message);
                let found = found.hint("remove one of them").warning().related_elsewhere(place, "the first is here");
                self.entry.report(found, findings);
            }
        }
    }

    /// `include_all: false` leaves what is named, and nothing may be.
    fn includes_nothing(&self, findings: &mut Findings) {
        let Self { entry, object, .. } = self;
        let named = entry.item.objects.iter().any(|other| other.parent == object.name);
        if named && object.object_type.level() == Level::Database {
            return;
        }
        let message = format!("with `include_all: false`, nothing of `{}` is named to come back", shown(object));
        let steps = ["objects", &self.index.to_string(), "include_all"];
        let found = entry.draft(rule::INCLUDES_NOTHING, &steps, message).warning();
        let hint = match object.object_type.level() {
            Level::Database => "remove it, or list the objects of the database that are wanted",
            Level::Object => "remove it",
        };
        entry.report(found.hint(hint), findings);
    }
}
