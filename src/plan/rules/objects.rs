//! What the service can't do with an object.

use crate::diagnostic::Draft;
use crate::model::{Level, Mode, ObjectName, ObjectType, RestoreObject};
use crate::plan::findings::Findings;
use crate::plan::rule;

use super::{At, Entry};

/// Databases of the system itself.
const RESERVED: [&str; 7] = ["DBC", "SYSUDTLIB", "TD_SYSFNLIB", "SYSLIB", "SYSSPATIAL", "TD_SERVER_DB", "CRASHDUMPS"];

/// Runs the rules about what the service can do with each object of a restore.
pub(super) fn check(entry: &Entry<'_>, findings: &mut Findings) {
    mode(entry, findings);
    entry.each_object(|at| {
        at.rename(findings);
        at.renamed_to_itself(findings);
        at.index(findings);
        at.trigger(findings);
        at.reserved(findings);
    });
    moved_nowhere(entry, findings);
    reserved_unused(entry, findings);
}

/// An object as messages name it.
pub(super) fn shown(object: &RestoreObject) -> String {
    object.written().to_string()
}

fn is_reserved(database: &ObjectName) -> bool {
    RESERVED.contains(&database.folded().as_str())
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

/// Reports a `target.database` that is where every object comes from already.
fn moved_nowhere(entry: &Entry<'_>, findings: &mut Findings) {
    let item = &entry.item;
    let Some(database) = item.target.database.as_ref().filter(|_| item.target.site == item.source.site) else { return };
    let is_home = |object: &RestoreObject| match object.object_type.level() {
        Level::Database => object.name == *database,
        Level::Object => object.parent == *database,
    };
    if item.objects.iter().all(is_home) {
        let message = format!("`{database}` is where it comes from already, so this brings it nowhere else");
        let found = entry.draft(rule::MOVES_NOWHERE, &["target", "database"], message).warning();
        entry.report(found.hint("leave `target.database` out, or name another database"), findings);
    }
}

/// A permission that nothing needs would stay for what is written here later.
fn reserved_unused(entry: &Entry<'_>, findings: &mut Findings) {
    let item = &entry.item;
    if item.allow_reserved && !item.objects.iter().any(|object| is_reserved(item.writes(object).database)) {
        let message = "this restore writes no database of the system";
        let found = entry.draft(rule::RESERVED_UNUSED, &["allow_reserved"], message).warning();
        entry.report(found.hint("remove `allow_reserved`"), findings);
    }
}

impl At<'_> {
    fn report(&self, draft: Draft, findings: &mut Findings) {
        self.entry.report(draft, findings);
    }

    /// A finding about a key of the object, or about the object where it has no such key.
    fn draft(&self, rule: &'static str, key: &str, message: impl Into<String>) -> Draft {
        self.entry.draft(rule, &["objects", self.index, key], message)
    }

    /// A finding about where the object goes: its new name, or the other database, or itself.
    fn draft_of_target(&self, rule: &'static str, message: String) -> Draft {
        if self.object.rename_to.is_none() && self.entry.item.target.database.is_some() {
            self.entry.draft(rule, &["target", "database"], message)
        } else {
            self.draft(rule, "rename_to", message)
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
                let hint = match kind {
                    ObjectType::JoinIndex | ObjectType::HashIndex | ObjectType::Trigger => {
                        "leave `rename_to` out; what needs another name is made again from its definition"
                    }
                    _ => {
                        "leave `rename_to` out; `target: {database: ...}` brings it into another database under its own name"
                    }
                };
                self.report(self.draft(rule::RENAME_ILLEGAL, "rename_to", message).hint(hint), findings);
            }
            None => {
                let message = format!("whether the service can rename a {kind} is not known");
                let found = self.draft(rule::RENAME_ILLEGAL, "rename_to", message).warning();
                self.report(found.hint("leave `rename_to` out, or try it where nothing can be lost"), findings);
            }
        }
        if let Some(database) = entry.item.target.database.as_ref().filter(|_| kind.level() == Level::Database) {
            let message = format!("the database can't come back both as `{name}` and in `{database}`");
            let found = self.draft(rule::CONTRADICTION, "rename_to", message);
            self.report(found.hint("keep `rename_to` or `target.database`"), findings);
        }
    }

    /// A rename to the name that the object has protects nothing: the copy goes over the original.
    fn renamed_to_itself(&self, findings: &mut Findings) {
        let Self { object, entry, .. } = self;
        if object.rename_to.as_ref() != Some(&object.name) {
            return;
        }
        let own = shown(object);
        if entry.item.is_in_place(object) {
            let message =
                format!("`{own}` has this name already (names are compared without case), so it goes over itself");
            let found = self.draft(rule::MOVES_NOWHERE, "rename_to", message);
            self.report(found.hint("choose another name, or leave `rename_to` out if that is meant"), findings);
        } else {
            let message = format!("`{own}` has this name already");
            self.report(self.draft(rule::MOVES_NOWHERE, "rename_to", message).hint("remove it").warning(), findings);
        }
    }

    /// Join and hash indexes stay in the database that they are in.
    fn index(&self, findings: &mut Findings) {
        let Self { object, entry, touched, .. } = self;
        if !matches!(object.object_type, ObjectType::JoinIndex | ObjectType::HashIndex) {
            return;
        }
        let kind = &object.object_type;
        if *touched.database != object.parent {
            let message = format!("a {kind} can't be copied into another database (`{}`)", touched.database);
            let found = self.draft(rule::INDEX_MOVED, "", message);
            self.report(found.hint("take it out, and make it again from its definition after the restore"), findings);
        }
        if entry.item.options.skip_join_or_hash_indexes {
            let message = format!("`{}` is listed, and `skip_join_or_hash_indexes` leaves it out", shown(object));
            self.report(self.draft(rule::CONTRADICTION, "", message).hint("keep one of them"), findings);
        }
    }

    fn trigger(&self, findings: &mut Findings) {
        if self.entry.item.mode != Mode::Copy || self.object.object_type != ObjectType::Trigger {
            return;
        }
        let own = shown(self.object);
        let message = format!("the trigger `{own}` would be left out without a word: triggers are not copied");
        let hint = "create it again after the restore, or restore it where it came from with `mode: restore`";
        self.report(self.draft(rule::TRIGGER_COPY, "", message).hint(hint), findings);
    }

    fn reserved(&self, findings: &mut Findings) {
        if self.entry.item.allow_reserved || !is_reserved(self.touched.database) {
            return;
        }
        let message =
            format!("`{}` belongs to the system and is no ordinary target for a restore", self.touched.database);
        let hint = "restore into another database and move what is needed from there; `allow_reserved: true` in this restore says that it is meant";
        self.report(self.draft_of_target(rule::RESERVED_DATABASE, message).hint(hint), findings);
    }
}
