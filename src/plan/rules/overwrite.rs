//! What a restore does to what is there, without being asked.

use std::collections::HashSet;

use crate::diagnostic::Draft;
use crate::model::{Level, Mode, ObjectType, OnExisting, TouchedRef};
use crate::plan::findings::Findings;
use crate::plan::rule;

use super::{At, Entry};

/// The databases that some restore of a plan brings back as a whole, and so may make.
pub(super) type Databases<'a> = HashSet<TouchedRef<'a>>;

/// Collects them.
pub(super) fn databases_made<'a>(entries: &'a [Entry<'_>]) -> Databases<'a> {
    let objects = entries.iter().flat_map(|entry| entry.item.objects.iter().map(move |object| (&entry.item, object)));
    let wholes = objects
        .filter(|(item, object)| object.object_type.level() == Level::Database && item.target.database.is_none());
    wholes.map(|(item, object)| item.writes(object)).collect()
}

/// Runs the rules about one restore and what is at its target.
pub(super) fn check(entry: &Entry<'_>, made: &Databases<'_>, findings: &mut Findings) {
    entry.each_object(|at| {
        at.drops(findings);
        at.never_sent(made, findings);
        at.leaves_out(findings);
        at.keeps_references(findings);
    });
}

impl At<'_> {
    /// A finding about the object as a whole.
    fn about(&self, rule: &'static str, message: String) -> Draft {
        self.entry.draft(rule, &["objects", self.index], message)
    }

    fn is_whole(&self) -> bool {
        self.object.object_type.level() == Level::Database
    }

    /// Whoever brings a database back over itself should have said what is to become of what is in it now.
    fn drops(&self, findings: &mut Findings) {
        let Self { entry, object, .. } = self;
        if !self.is_whole() || entry.says("on_existing") || !entry.item.is_in_place(object) {
            return;
        }
        let name = &object.name;
        let message = format!("restoring the database `{name}` drops what was created in it since the backup");
        let hint = "write `on_existing: replace` if that is meant; `fail` restores it only where the database is gone";
        entry.report(self.about(rule::DROPS_NEWER, message).hint(hint).warning(), findings);
    }

    /// What must be there for the restore to work, and must not be there for it to be sent. Whoever writes `fail` has
    /// said that it is to be refused, for now; without a word nobody has.
    fn never_sent(&self, made: &Databases<'_>, findings: &mut Findings) {
        let Self { entry, object, touched, .. } = self;
        let (item, whole) = (&entry.item, self.is_whole());
        if item.on_existing == OnExisting::Skip && !whole {
            let message = format!(
                "`on_existing: skip` needs to know whether `{touched}` is there, and the API lists databases only"
            );
            let found = entry.draft(rule::SKIP_UNSEEN, &["on_existing"], message);
            entry
                .report(found.hint("write `replace`, or leave it out and restore under a name that is free"), findings);
            return;
        }
        let refused = match item.on_existing {
            OnExisting::Fail if !entry.says("on_existing") => "without `on_existing` what is there is left alone",
            OnExisting::Skip => "`on_existing: skip` leaves what is there alone",
            _ => return,
        };
        if made.contains(&TouchedRef { object: None, ..*touched }) {
            return;
        }
        let (there, hint) = if whole && item.target.database.is_some() {
            let hint = "write `on_existing: replace` if what is in it may go, or make a new database with `rename_to`";
            (format!("the database `{touched}` must be there to restore into"), hint.to_owned())
        // A rename to the name that it has is reported as such.
        } else if !whole && object.rename_to.is_none() && item.is_in_place(object) {
            let beside = match object.object_type.renames_singly() {
                Some(true) => "with `rename_to` or `target: {database: ...}`",
                _ => "with `target: {database: ...}`",
            };
            let hint =
                format!("write `on_existing: replace` if that is meant, or bring it back beside the original {beside}");
            (format!("`{touched}` is the very object that was backed up"), hint)
        } else {
            return;
        };
        let message = format!("{there}, and {refused}: this restore would never be sent");
        entry.report(self.about(rule::NEVER_SENT, message).hint(hint), findings);
    }

    /// In place, a restore would bring back what a copy leaves out.
    fn leaves_out(&self, findings: &mut Findings) {
        let Self { entry, object, .. } = self;
        if !self.is_whole() || entry.item.mode != Mode::Copy || !entry.item.is_in_place(object) {
            return;
        }
        let message = format!("a copy of the database `{}` over itself leaves out its triggers", object.name);
        let found = if entry.says("mode") {
            entry
                .draft(rule::COPY_LEAVES_OUT, &["mode"], message)
                .hint("leave `mode: copy` out: a restore brings them back")
        } else {
            let hint = "leave out where else it shall come: a restore in place brings them back";
            self.about(rule::COPY_LEAVES_OUT, message).hint(hint)
        };
        entry.report(found.warning(), findings);
    }

    /// Copied code keeps the names that it was written with.
    fn keeps_references(&self, findings: &mut Findings) {
        let Self { entry, object, touched, .. } = self;
        let from = if self.is_whole() { &object.name } else { &object.parent };
        let to = touched.database;
        let what = match object.object_type {
            ObjectType::View => "this view keeps",
            ObjectType::Macro => "this macro keeps",
            ObjectType::StoredProcedure | ObjectType::ExternalProcedure => "this procedure keeps",
            ObjectType::Database | ObjectType::User => "views, macros and procedures in it keep",
            _ => return,
        };
        if from != to {
            let message = format!("copied into `{to}`, {what} any reference to `{from}`, and may read or write there");
            let them = if self.is_whole() { "them" } else { "it" };
            let hint = format!("make {them} again with the new names after the restore, before anybody uses {them}");
            entry.report(self.about(rule::KEEPS_REFERENCES, message).hint(hint).warning(), findings);
        }
    }
}
