//! What a plan that reads well can still get wrong.
//!
//! Rules look at typed items and report at the author's places. They run on whatever could be read,
//! so that a mistake in one restore hides none in another.

mod names;
mod objects;
mod overlap;

use std::collections::HashMap;

use crate::model::{Item, Limits, Slug};

use super::expand::Expanded;
use super::findings::{Findings, draft};
use super::inputs::Inputs;
use super::node::Node;
use super::rule;
use super::template::Templates;

pub(super) use names::Names;

/// An item with the node it was read from.
pub(super) struct Entry<'a> {
    pub(super) item: Item,
    pub(super) restore: &'a Expanded,
}

impl Entry<'_> {
    /// The author's node at a path below the restore, or the restore's name, or the restore.
    fn node(&self, steps: &[&str]) -> &Node {
        let node = &self.restore.node;
        node.at(steps.iter().copied()).or_else(|| node.get("name")).unwrap_or(node)
    }

    /// A finding at a path below the restore.
    fn draft(&self, rule: &'static str, steps: &[&str], message: impl Into<String>) -> crate::diagnostic::Draft {
        let mut pointer = self.restore.pointer();
        if self.restore.node.at(steps.iter().copied()).is_some() {
            steps.iter().for_each(|step| pointer.push(step));
        }
        draft(rule, self.node(steps).span, pointer.as_str(), message)
    }

    fn report(&self, draft: crate::diagnostic::Draft, findings: &mut Findings) {
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
            let hint = findings
                .guess(|| super::suggest::did_you_mean(group, known))
                .unwrap_or_else(|| format!("add `limits: {{groups: {{{group}: 1}}}}`"));
            entry.report(entry.draft(rule::GROUP_UNDECLARED, &["group"], message).hint(hint), findings);
        }
    }
    if let Some(first) = entries.iter().find(|entry| !entry.item.checks.is_empty()) {
        let message = "this version doesn't run checks; they are recorded as `not run`";
        findings.add(first.draft(rule::CHECKS_NOT_RUN, &["checks"], message).warning());
    }
}

/// A plan that restores nothing is a mistake, never a success.
pub(super) fn nothing_selected(root: &Node, restores: &[Expanded], findings: &mut Findings) {
    if findings.has_errors() || restores.iter().any(|restore| !restore.probe) {
        return;
    }
    let Some(entry) = root.entry("restores") else { return };
    let message = "the plan restores nothing";
    let hint = if restores.is_empty() { "add a restore" } else { "every `for_each` goes through an empty list" };
    findings.add(draft(rule::NOTHING_SELECTED, entry.key_span, "/restores", message).hint(hint));
}

/// Inputs that no template uses.
pub(super) fn unused_inputs(inputs: &Inputs, templates: &Templates<'_>, findings: &mut Findings) {
    for (name, span) in inputs.declared.iter().filter(|(name, _)| !templates.uses(name)) {
        let pointer = super::pointer::Pointer::from_text("/inputs").join(name);
        let found = draft(rule::INPUT_UNUSED, *span, pointer.as_str(), format!("nothing uses the input `{name}`"));
        findings.add(found.hint(format!("write `{{{{{name}}}}}` where it belongs, or remove it")).warning());
    }
}
