//! Names against a recorded snapshot: what the site, the job or the backup doesn't have, as far as the snapshot tells.
//!
//! What wasn't recorded is passed over and said once, so that nobody takes silence for a yes.

use std::collections::HashSet;

use crate::diagnostic::Draft;
use crate::model::suggest::did_you_mean;
use crate::model::{
    BackupExecution, Contents, ExecutionKey, ExecutionSelector, Item, Level, ObjectType, OnExisting, RestoreObject,
    SiteId, Slug, Snapshot, nearest_name,
};
use crate::plan::findings::Findings;
use crate::plan::rule;

use super::Entry;

/// Compares every item with the snapshot.
pub(in crate::plan) fn check(entries: &[Entry<'_>], snapshot: &Snapshot, findings: &mut Findings) {
    let find = super::first_by_name(entries);
    let find = |name: &Slug| find.get(name).and_then(|at| entries.get(*at)).map(|entry| entry.item);
    let contents = snapshot.contents();
    let mut passed_over = HashSet::new();
    for entry in entries {
        let mut against = Against { entry, snapshot, passed_over: &mut passed_over, findings };
        against.targets(&find);
        if let Some(execution) = against.execution() {
            let key = ExecutionKey { job: entry.item.source.key(), execution: execution.id.clone() };
            against.contents(&key, contents.get(&key));
        }
    }
}

/// One item against the snapshot.
struct Against<'a, 'f> {
    entry: &'a Entry<'a>,
    snapshot: &'a Snapshot,
    /// What was said of things that the snapshot doesn't show.
    passed_over: &'f mut HashSet<String>,
    findings: &'f mut Findings,
}

impl<'a> Against<'a, '_> {
    fn item(&self) -> &'a Item {
        self.entry.item
    }

    fn report(&mut self, draft: Draft) {
        self.entry.report(draft, self.findings);
    }

    fn draft(&self, rule: &'static str, steps: &[&str], message: impl Into<String>) -> Draft {
        self.entry.draft(rule, steps, message)
    }

    /// Whether the author, or the plan for all restores, wrote something there.
    fn is_written(&self, steps: &[&str]) -> bool {
        self.entry.restore.places.at(steps).is_some()
    }

    /// Says once that something can't be checked. `meant` is what the snapshot shows and the author perhaps meant.
    fn pass_over(&mut self, steps: &[&str], why: &str, meant: Option<String>) {
        let message = format!("not checked against the snapshot: {why}");
        if self.passed_over.insert(message.clone()) {
            let found = self.draft(rule::NOT_IN_SNAPSHOT, steps, message).warning();
            let record = || "record it with `restorectl snapshot`, for this plan and this environment".to_owned();
            self.findings.add(found.hint(meant.unwrap_or_else(record)));
        }
    }

    /// The snapshot that a message rests on.
    fn as_of(&self) -> String {
        format!("in the snapshot of {}", self.snapshot.taken_at.strftime("%Y-%m-%d %H:%M:%SZ"))
    }

    /// The databases that the item writes to.
    fn targets<'i>(&mut self, find: &impl Fn(&Slug) -> Option<&'i Item>)
    where
        'a: 'i,
    {
        let item = self.item();
        let site = &item.target.site;
        let databases = match self.snapshot.databases_of(site) {
            Ok(databases) => databases,
            Err(why) => {
                let meant = unrecorded(site.as_str(), self.snapshot.databases.keys().map(SiteId::as_str));
                return self.pass_over(&["target", "site"], &why, meant);
            }
        };
        for (index, object) in item.objects.iter().enumerate() {
            let index = index.to_string();
            let touched = item.touched_by(object);
            let name = &touched.database;
            let exists = databases.iter().any(|database| database.name == *name);
            let steps: &[&str] = match (&item.target.database, &object.rename_to, object.object_type.level()) {
                (Some(_), ..) => &["target", "database"],
                (None, Some(_), Level::Database) => &["objects", &index, "rename_to"],
                _ => &["objects", &index],
            };
            let makes_it = object.object_type.level() == Level::Database && item.target.database.is_none();
            if exists && makes_it && item.on_existing == OnExisting::Fail {
                let message =
                    format!("site `{site}` has a database `{name}` {}, so the restore would be blocked", self.as_of());
                let hint = "say `on_existing: replace` to drop what was made in it, or restore under another name";
                self.report(self.draft(rule::TARGET_EXISTS, steps, message).warning().hint(hint));
            }
            if !exists && !makes_it && !item.made_before(&touched, find) {
                let message = format!("site `{site}` has no database `{name}` {}", self.as_of());
                let meant = nearest_name(name, databases.iter().map(|database| &database.name));
                let hint = meant.map_or_else(
                    || "create it there, or name another one".to_owned(),
                    |meant| format!("did you mean `{meant}`?"),
                );
                self.report(self.draft(rule::DATABASE_UNKNOWN, steps, message).hint(hint));
            }
        }
    }

    /// The execution that the item would be restored from.
    fn execution(&mut self) -> Option<&'a BackupExecution> {
        const STEPS: &[&str] = &["source", "execution"];
        let key = self.item().source.key();
        let executions = match self.snapshot.executions_of(&key) {
            Ok(executions) => executions,
            Err(why) => {
                let jobs = self.snapshot.executions.keys().filter(|known| known.site == key.site);
                let meant = unrecorded(key.job.as_str(), jobs.map(|known| known.job.as_str()));
                self.pass_over(&["source", "job"], &why, meant);
                return None;
            }
        };
        let selector = &self.item().source.execution;
        let why = match selector.select(executions, self.snapshot.taken_at) {
            Ok(chosen) => return Some(chosen),
            Err(why) => why,
        };
        let known = || executions.iter().map(|execution| execution.id.as_str());
        let (rule, meant) = match selector {
            ExecutionSelector::Id(id) if known().all(|known| known != id.as_str()) => {
                (rule::EXECUTION_UNKNOWN, did_you_mean(id.as_str(), known()))
            }
            ExecutionSelector::Id(_) => (rule::EXECUTION_FAILED, None),
            _ => (rule::EXECUTION_NONE, None),
        };
        let message = format!("backup job `{}` at site `{}`: {why} {}", key.job, key.site, self.as_of());
        // Where no execution is named, the job is what the author wrote.
        let steps = if self.is_written(STEPS) { STEPS } else { &["source", "job"] };
        let newest = ExecutionSelector::Latest.select(executions, self.snapshot.taken_at).ok();
        let newest = newest.map(|newest| format!("the newest that completed successfully is `{}`", newest.id));
        self.report(self.draft(rule, steps, message).maybe_hint(meant.or(newest)));
        None
    }

    /// What the item asks for, in what the backup holds.
    fn contents(&mut self, key: &ExecutionKey, contents: Option<&Contents<'_>>) {
        let ExecutionKey { job, execution } = key;
        let Some(contents) = contents else {
            let why = format!("it does not show what execution `{execution}` of backup job `{}` holds", job.job);
            return self.pass_over(&["source", "job"], &why, None);
        };
        let item = self.item();
        for (index, object) in item.objects.iter().enumerate() {
            let index = index.to_string();
            let at = self.object_steps(&index, object);
            let at: Vec<&str> = at.iter().map(String::as_str).collect();
            let (name, kind) = (object.written(), &object.object_type);
            if contents.of(object).is_empty() {
                let message = format!("execution `{execution}` holds no {kind} `{name}` {}", self.as_of());
                let hint = contents.meant(object).map_or_else(
                    || "look at the backup's object list, or let the backup job hold it".to_owned(),
                    |meant| format!("did you mean `{meant}`?"),
                );
                self.report(self.draft(rule::NOT_IN_BACKUP, &at, message).hint(hint));
            }
            if let Some(held) = contents.other_type(object) {
                let message =
                    format!("execution `{execution}` holds `{name}` as {held} and not as {kind} {}", self.as_of());
                let key = ObjectType::keys().find(|key| ObjectType::from_key(key).as_ref() == Some(held));
                let hint = key.map(|key| format!("write `{key}: {name}`"));
                self.report(self.draft(rule::OTHER_TYPE, &at, message).warning().maybe_hint(hint));
            }
            for (excluded, meant) in contents.excluded_in_vain(object) {
                let place = object.exclude.iter().position(|name| name == excluded).unwrap_or(0).to_string();
                let message = format!(
                    "execution `{execution}` holds nothing named `{excluded}` in `{name}` {}, so this leaves nothing out",
                    self.as_of()
                );
                let hint = meant.map_or_else(|| "take it out".to_owned(), |meant| format!("did you mean `{meant}`?"));
                let found = self.draft(rule::EXCLUDED_IN_VAIN, &["objects", &index, "exclude", &place], message);
                self.report(found.warning().hint(hint));
            }
        }
    }

    /// Where an object's name stands: under the key of its type, or under `object`.
    fn object_steps(&self, index: &str, object: &RestoreObject) -> Vec<String> {
        let own = |step: &str| ["objects", index, step].map(str::to_owned).to_vec();
        let is_written = |steps: &Vec<String>| self.is_written(&steps.iter().map(String::as_str).collect::<Vec<_>>());
        let by_key = ObjectType::keys().find(|key| ObjectType::from_key(key).as_ref() == Some(&object.object_type));
        let by_key = by_key.map(own).filter(is_written);
        by_key.unwrap_or_else(|| [own("object"), vec!["name".to_owned()]].concat())
    }
}

/// What was perhaps meant by a name that the snapshot doesn't know at all. One that it knows may still be unreadable.
fn unrecorded<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<String> {
    let is_known = known.clone().any(|known| known == name);
    did_you_mean(name, known).filter(|_| !is_known)
}
