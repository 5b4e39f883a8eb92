//! What the service can't do with an object, or does to it without being asked.

use std::collections::HashMap;

use crate::model::{Level, Mode, ObjectName, ObjectType, OnExisting, RestoreObject, Touched};
use crate::plan::findings::Findings;
use crate::plan::rule;

use super::Entry;

/// Databases of the system itself.
const RESERVED: [&str; 7] = ["DBC", "SYSUDTLIB", "TD_SYSFNLIB", "SYSLIB", "SYSSPATIAL", "TD_SERVER_DB", "CRASHDUMPS"];

/// Runs every rule that looks at one item alone.
pub(super) fn check(entry: &Entry<'_>, findings: &mut Findings) {
    mode(entry, findings);
    twice(entry, findings);
    for (index, object) in entry.item.objects.iter().enumerate() {
        let at = At { entry, index: &index.to_string(), object };
        at.rename(findings);
        at.reserved(findings);
        at.data_loss(findings);
        at.kind(findings);
    }
}

/// `mode: restore` takes data back to where it came from, and nowhere else.
fn mode(entry: &Entry<'_>, findings: &mut Findings) {
    let item = &entry.item;
    if item.mode != Mode::Restore {
        return;
    }
    let hint = "write `mode: copy`, or leave `mode` out";
    if item.target.site != item.source.site {
        let message = format!(
            "`mode: restore` goes back to the site it came from; `{}` is another site than `{}`",
            item.target.site, item.source.site
        );
        entry.report(entry.draft(rule::RESTORE_CROSS_SITE, &["mode"], message).hint(hint), findings);
    }
    let renamed = item.objects.iter().find_map(|object| object.rename_to.as_ref());
    let what = match (&item.target.database, renamed) {
        (Some(database), _) => format!("into another database (`{database}`)"),
        (None, Some(name)) => format!("under another name (`{name}`)"),
        (None, None) => return,
    };
    let message = format!("`mode: restore` can't bring anything back {what}; only a copy can");
    entry.report(entry.draft(rule::RESTORE_CANNOT, &["mode"], message).hint(hint), findings);
}

/// Objects that stand twice, that come back under one name, or that a database in the list holds anyway.
fn twice(entry: &Entry<'_>, findings: &mut Findings) {
    let item = &entry.item;
    let mut sources: HashMap<(&ObjectName, &ObjectName), usize> = HashMap::new();
    let mut targets: HashMap<Touched, usize> = HashMap::new();
    let databases: HashMap<&ObjectName, usize> = item
        .objects
        .iter()
        .enumerate()
        .filter(|(_, object)| object.object_type.level() == Level::Database)
        .map(|(index, object)| (&object.name, index))
        .collect();
    for (index, object) in item.objects.iter().enumerate() {
        let own = index.to_string();
        let related = |found: crate::diagnostic::Draft, first: usize, what: &str| {
            let place = entry.span(&["objects", &first.to_string()]);
            if place == entry.span(&["objects", &own]) { found } else { found.maybe_related(place, what) }
        };
        if let Some(first) = sources.insert((&object.parent, &object.name), index) {
            let message = format!("`{}` stands twice in this restore", shown(object));
            let found = entry.draft(rule::OBJECT_TWICE, &["objects", &own], message).hint("remove one of them");
            entry.report(related(found, first, "the first is here"), findings);
            continue;
        }
        let touched = item.touched_by(object);
        if let Some(first) = targets.get(&touched) {
            let message = format!("two objects of this restore come back as `{touched}`");
            let steps = ["objects", &own, "rename_to"];
            let found = entry.draft(rule::RENAME_COLLISION, &steps, message);
            let found = found.hint("names are compared without case; choose different ones");
            entry.report(related(found, *first, "the first is here"), findings);
        }
        targets.insert(touched, index);
        if let Some(first) = databases.get(&object.parent).filter(|_| object.object_type.level() == Level::Object) {
            let message = format!("`{}` comes back with its database `{}` anyway", shown(object), object.parent);
            let found = entry.draft(rule::OBJECT_TWICE, &["objects", &own], message).warning();
            entry.report(related(found.hint("remove it"), *first, "the database is here"), findings);
        }
    }
}

fn shown(object: &RestoreObject) -> String {
    object.written().to_string()
}

/// One object in its place.
struct At<'a> {
    entry: &'a Entry<'a>,
    index: &'a str,
    object: &'a RestoreObject,
}

impl At<'_> {
    fn report(&self, draft: crate::diagnostic::Draft, findings: &mut Findings) {
        self.entry.report(draft, findings);
    }

    fn draft(&self, rule: &'static str, key: Option<&str>, message: String) -> crate::diagnostic::Draft {
        match key {
            Some(key) => self.entry.draft(rule, &["objects", self.index, key], message),
            None => self.entry.draft(rule, &["objects", self.index], message),
        }
    }

    fn rename(&self, findings: &mut Findings) {
        let Self { object, entry, .. } = self;
        let Some(name) = &object.rename_to else { return };
        let kind = &object.object_type;
        match kind.renames_singly() {
            Some(true) => {}
            Some(false) => {
                let message = format!("the service can't rename a single {kind}; only tables and whole databases");
                let hint = "leave `rename_to` out; `target: {database: ...}` brings it into another database under its own name";
                self.report(self.draft(rule::RENAME_ILLEGAL, Some("rename_to"), message).hint(hint), findings);
            }
            None => {
                let message = format!("whether the service can rename a {kind} is not known");
                let found = self.draft(rule::RENAME_ILLEGAL, Some("rename_to"), message).warning();
                self.report(found.hint("rehearse it before you rely on it"), findings);
            }
        }
        if let Some(database) = entry.item.target.database.as_ref().filter(|_| kind.level() == Level::Database) {
            let message = format!("the database can't come back both as `{name}` and in `{database}`");
            let found = self.draft(rule::CONTRADICTION, Some("rename_to"), message);
            self.report(found.hint("keep `rename_to` or `target.database`"), findings);
        }
    }

    fn reserved(&self, findings: &mut Findings) {
        let touched = self.entry.item.touched_by(self.object);
        if !RESERVED.contains(&touched.database.folded().as_str()) {
            return;
        }
        let message = format!("`{}` belongs to the system and is no target for a restore", touched.database);
        let hint = "restore into another database, and move what is needed from there";
        let found = match &self.entry.item.target.database {
            Some(_) => self.entry.draft(rule::RESERVED_DATABASE, &["target", "database"], message),
            None => self.draft(rule::RESERVED_DATABASE, None, message),
        };
        self.report(found.hint(hint), findings);
    }

    fn data_loss(&self, findings: &mut Findings) {
        let item = &self.entry.item;
        let whole = self.object.object_type.level() == Level::Database;
        if whole && item.mode == Mode::Restore && item.on_existing == OnExisting::Fail {
            let name = &self.object.name;
            let message = format!("restoring the database `{name}` drops what was created in it since the backup");
            let hint = "write `on_existing: replace` if that is meant; without it, the restore is blocked where the database exists";
            self.report(self.draft(rule::DROPS_NEWER, None, message).hint(hint).warning(), findings);
        }
    }

    fn kind(&self, findings: &mut Findings) {
        let Self { object, entry, .. } = self;
        if entry.item.mode != Mode::Copy {
            return;
        }
        if object.object_type == ObjectType::Trigger {
            let message =
                format!("the trigger `{}` would be left out without a word: triggers are not copied", shown(object));
            let hint = "create it again after the restore, or restore it where it came from with `mode: restore`";
            self.report(self.draft(rule::TRIGGER_COPY, None, message).hint(hint), findings);
            return;
        }
        let from = if object.object_type.level() == Level::Database { &object.name } else { &object.parent };
        let to = entry.item.touched_by(object).database;
        let what = match object.object_type {
            ObjectType::View => "this view keeps",
            ObjectType::Macro => "this macro keeps",
            ObjectType::StoredProcedure | ObjectType::ExternalProcedure => "this procedure keeps",
            ObjectType::Database | ObjectType::User => "views, macros and procedures in it keep",
            _ => return,
        };
        if *from != to {
            let message = format!("copied into `{to}`, {what} any reference to `{from}`, and may read or write there");
            let hint = format!("after the copy, look for `{from}` in the definitions");
            self.report(self.draft(rule::KEEPS_REFERENCES, None, message).hint(hint).warning(), findings);
        }
    }
}
