//! What a plan that reads well can still get wrong.
//!
//! Rules look at typed items and report at the author's places. They run on whatever could be read,
//! so that a mistake in one restore hides none in another.

mod catalogue;
mod names;
mod objects;
mod overlap;

use std::collections::HashMap;

use crate::diagnostic::{Draft, Severity, Span};
use crate::model::{Item, Limits, Slug};

use super::findings::{Findings, draft};
use super::inputs::Inputs;
use super::pointer::Pointer;
use super::restores::Restore;
use super::rule;
use super::template::Used;

pub(super) use catalogue::check as check_catalogue;
pub(super) use names::Names;

/// An item with the restore it was read from.
pub(super) struct Entry<'a> {
    pub(super) item: Item,
    pub(super) restore: &'a Restore,
}

impl Entry<'_> {
    /// The author's place at a path below the restore, or of the restore's name, or of the restore.
    fn span(&self, steps: &[&str]) -> Option<Span> {
        let places = &self.restore.places;
        places.at(steps).or_else(|| places.at(&["name"])).or_else(|| places.whole())
    }

    /// A finding at a path below the restore.
    fn draft(&self, rule: &'static str, steps: &[&str], message: impl Into<String>) -> Draft {
        let mut pointer = self.restore.author.pointer();
        if self.restore.places.at(steps).is_some() {
            steps.iter().for_each(|step| pointer.push(step));
        }
        Draft {
            rule,
            severity: Severity::Error,
            message: message.into(),
            span: self.span(steps),
            pointer: pointer.to_string(),
            hint: None,
            related: Vec::new(),
        }
    }

    fn report(&self, draft: Draft, findings: &mut Findings) {
        findings.add_for(self.restore.element(), draft);
    }
}

/// Where each name stands first.
fn first_by_name<'a>(entries: &'a [Entry<'_>]) -> HashMap<&'a Slug, usize> {
    let mut index = HashMap::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        index.entry(&entry.item.name).or_insert(at);
    }
    index
}

/// Runs all rules that look at items.
pub(super) fn check(entries: &[Entry<'_>], limits: Option<&Limits>, findings: &mut Findings) {
    if !names::cycles(entries, findings) {
        overlap::unordered(entries, findings);
    }
    names::job_names(entries, findings);
    for entry in entries {
        objects::check(entry, findings);
        if let (Some(group), Some(limits)) = (&entry.item.group, limits)
            && !limits.groups.contains_key(group)
        {
            let message = format!("the group `{group}` isn't declared under `limits.groups`");
            let known = limits.groups.keys().map(String::as_str);
            let hint = super::suggest::did_you_mean(group, known)
                .unwrap_or_else(|| format!("add `limits: {{groups: {{{group}: 1}}}}`"));
            entry.report(entry.draft(rule::GROUP_UNDECLARED, &["group"], message).hint(hint), findings);
        }
    }
    if let Some(first) = entries.iter().find(|entry| !entry.item.checks.is_empty()) {
        let message = "this version doesn't run checks; they are recorded as `not run`";
        let hint = "run them by hand after the restore";
        findings.add(first.draft(rule::CHECKS_NOT_RUN, &["checks"], message).hint(hint).warning());
    }
}

/// A plan that restores nothing is a mistake, never a success.
pub(super) fn nothing_selected(key: Option<Span>, restores: &[Restore], findings: &mut Findings) {
    if findings.has_errors() || restores.iter().any(|restore| !restore.probe) {
        return;
    }
    let Some(key) = key else { return };
    let message = "the plan restores nothing";
    let hint = if restores.is_empty() { "add a restore" } else { "every `for_each` goes through an empty list" };
    findings.add(draft(rule::NOTHING_SELECTED, key, "/restores", message).hint(hint));
}

/// Inputs that no template uses.
pub(super) fn unused_inputs(inputs: &Inputs, used: &Used, findings: &mut Findings) {
    for (name, span) in inputs.declared.iter().filter(|(name, _)| !used.uses(name)) {
        let pointer = Pointer::from_text("/inputs").join(name);
        let found = draft(rule::INPUT_UNUSED, *span, pointer.as_str(), format!("nothing uses the input `{name}`"));
        findings.add(found.hint(format!("write `{{{{{name}}}}}` where it belongs, or remove it")).warning());
    }
}
