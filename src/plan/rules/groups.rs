//! Groups: declared under `limits.groups`, used, and of a size that fits the weights in them.

use std::collections::HashSet;

use crate::diagnostic::Span;
use crate::model::suggest::Guesses;
use crate::plan::findings::{Findings, draft};
use crate::plan::node::Node;
use crate::plan::pointer::Pointer;
use crate::plan::rule;

use super::{Entry, Frame};

/// Runs the rules about groups.
pub(super) fn check(entries: &[Entry<'_>], frame: &Frame<'_>, findings: &mut Findings) {
    let mut undeclared = false;
    let mut guesses = Guesses::default();
    for entry in entries {
        let (Some(group), Some(limits)) = (&entry.item.group, frame.limits) else { continue };
        if limits.groups.contains_key(group) {
            continue;
        }
        undeclared = true;
        let message = format!("the group `{group}` isn't declared under `limits.groups`");
        let known = || limits.groups.keys().map(String::as_str);
        let hint = guesses
            .hint(group, None, "the groups are", known)
            .unwrap_or_else(|| format!("add `limits: {{groups: {{{group}: 1}}}}`"));
        entry.report(entry.draft(rule::GROUP_UNDECLARED, &["group"], message).hint(hint), findings);
    }
    // A misspelt group is one mistake.
    if !undeclared {
        unused(entries, frame, findings);
    }
    weights(entries, frame, findings);
}

/// Weights that their groups can't hold, and weights of restores that are in none.
fn weights(entries: &[Entry<'_>], frame: &Frame<'_>, findings: &mut Findings) {
    // A weight for all restores is of use as soon as one of them is in a group.
    let useful: HashSet<Span> =
        entries.iter().filter(|entry| entry.says("group")).filter_map(|entry| entry.span(&["weight"])).collect();
    for entry in entries.iter().filter(|entry| entry.says("weight")) {
        let weight = entry.item.weight;
        let Some(group) = &entry.item.group else {
            if weight > 1 && !entry.says("group") && !entry.span(&["weight"]).is_some_and(|span| useful.contains(&span))
            {
                let message = format!("the weight {weight} counts nowhere: `{}` is in no group", entry.author());
                let hint = "write `group: NAME` beside it, or remove it";
                entry.report(entry.draft(rule::WEIGHT_IDLE, &["weight"], message).hint(hint).warning(), findings);
            }
            continue;
        };
        let Some(limit) = frame.limits.and_then(|limits| limits.groups.get(group)) else { continue };
        if weight > *limit {
            let message = format!(
                "the weight {weight} is more than the {limit} that the group `{group}` holds, so it runs alone"
            );
            let declared = frame.limits_node.and_then(|limits| limits.at(["groups", group.as_str()]));
            let found = entry
                .draft(rule::WEIGHT_BEYOND_GROUP, &["weight"], message)
                .related_elsewhere(declared.map(|limit| limit.span), "the group's limit is here")
                .hint(format!("write a weight of {limit} at most, or raise the group's limit"));
            entry.report(found.warning(), findings);
        }
    }
}

/// Groups of the plan itself that no restore is in. An environment or an included file may declare groups for many
/// plans.
fn unused(entries: &[Entry<'_>], frame: &Frame<'_>, findings: &mut Findings) {
    let read: Vec<&str> = entries.iter().filter_map(|entry| entry.item.group.as_deref()).collect();
    // The group of a restore that couldn't be read may be any.
    if frame.restores.iter().filter(|restore| restore.places.at(&["group"]).is_some()).count() != read.len() {
        return;
    }
    let used: HashSet<&str> = read.into_iter().collect();
    for group in frame.root.at(["limits", "groups"]).map_or(&[][..], Node::entries) {
        if frame.is_own(group.key_span) && !used.contains(group.key.as_str()) {
            let pointer = Pointer::from_text("/limits/groups").join(&group.key);
            let message = format!("no restore is in the group `{}`", group.key);
            let found = draft(rule::GROUP_UNUSED, group.key_span, pointer.as_str(), message);
            findings.add(found.hint(format!("write `group: {}` where it belongs, or remove it", group.key)).warning());
        }
    }
}
