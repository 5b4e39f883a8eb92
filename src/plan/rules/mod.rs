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
use super::pointer::Pointer;
use super::rule;
use super::template::Templates;

pub(super) use names::Names;

/// An item with the node it was read from.
pub(super) struct Entry<'a> {
    pub(super) item: Item,
    pub(super) restore: &'a Expanded,
    /// The plan, whose `source` and `target` hold where the restore has none.
    pub(super) plan: &'a Node,
}

impl Entry<'_> {
    /// The author's node at a path below the restore, or the restore's name, or the restore.
    fn node(&self, steps: &[&str]) -> &Node {
        self.place(steps).0
    }

    /// The author's node at a path below the restore or, where it comes from there, below the plan; with its pointer.
    fn place(&self, steps: &[&str]) -> (&Node, Pointer) {
        let own = &self.restore.node;
        let inherited = matches!(steps, ["source" | "target", ..]).then(|| self.plan.at(steps.iter().copied()));
        let (node, mut pointer) = match (own.at(steps.iter().copied()), inherited.flatten()) {
            (Some(node), _) => (node, self.restore.pointer()),
            (None, Some(node)) => (node, Pointer::default()),
            (None, None) => return (own.get("name").unwrap_or(own), self.restore.pointer()),
        };
        steps.iter().for_each(|step| pointer.push(step));
        (node, pointer)
    }

    /// A finding at a path below the restore.
    fn draft(&self, rule: &'static str, steps: &[&str], message: impl Into<String>) -> crate::diagnostic::Draft {
        let (node, pointer) = self.place(steps);
        draft(rule, node.span, pointer.as_str(), message)
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
        let pointer = Pointer::from_text("/inputs").join(name);
        let found = draft(rule::INPUT_UNUSED, *span, pointer.as_str(), format!("nothing uses the input `{name}`"));
        findings.add(found.hint(format!("write `{{{{{name}}}}}` where it belongs, or remove it")).warning());
    }
}
