//! What a plan says to no effect.

use crate::diagnostic::{FileId, Span};
use crate::plan::findings::{Findings, draft};
use crate::plan::inputs::Inputs;
use crate::plan::node::Node;
use crate::plan::pointer::Pointer;
use crate::plan::restores::Restore;
use crate::plan::rule;
use crate::plan::template::Used;

use super::Frame;

/// A plan that restores nothing is a mistake, never a success.
pub(in crate::plan) fn nothing_selected(key: Option<Span>, restores: &[Restore], findings: &mut Findings) {
    if findings.has_errors() || restores.iter().any(|restore| !restore.probe) {
        return;
    }
    let Some(key) = key else { return };
    let message = "the plan restores nothing";
    let hint = if restores.is_empty() { "add a restore" } else { "every `for_each` goes through an empty list" };
    findings.add(draft(rule::NOTHING_SELECTED, key, "/restores", message).hint(hint));
}

/// Restores that go through an empty list, in a plan that restores something else.
pub(super) fn empty_lists(frame: &Frame<'_>, findings: &mut Findings) {
    if frame.restores.iter().all(|restore| restore.probe) {
        return;
    }
    for restore in frame.restores.iter().filter(|restore| restore.probe) {
        let Some(list) = restore.places.at(&["for_each"]) else { continue };
        let shown = restore.author_name().unwrap_or("this restore");
        let pointer = restore.author.pointer().join("for_each");
        let message = format!("this list is empty, so `{shown}` restores nothing");
        let found = draft(rule::EMPTY_LIST, list, pointer.as_str(), message);
        findings.add(found.hint("fill the list, or take the restore out").warning());
    }
}

/// Inputs of the plan itself that no template uses. An included file may declare inputs for many plans.
pub(in crate::plan) fn unused_inputs(plan: FileId, inputs: &Inputs, used: &Used, findings: &mut Findings) {
    let idle = |(name, span): &&(String, Span)| span.file == plan && !used.uses(name);
    for (name, span) in inputs.declared.iter().filter(idle) {
        let pointer = Pointer::from_text("/inputs").join(name);
        let found = draft(rule::INPUT_UNUSED, *span, pointer.as_str(), format!("nothing uses the input `{name}`"));
        findings.add(found.hint(format!("write `{{{{{name}}}}}` where it belongs, or remove it")).warning());
    }
}

/// Inputs that a name of a template's own stands in front of.
pub(in crate::plan) fn hidden_inputs(inputs: &Inputs, used: &Used, findings: &mut Findings) {
    for (name, span, pointer) in used.own_names() {
        if let Some((_, declared)) = inputs.declared.iter().find(|(declared, _)| declared == name) {
            let message = format!("inside this block, `{name}` is the block's own and hides the input `{name}`");
            let found = draft(rule::INPUT_HIDDEN, span, pointer.as_str(), message)
                .related(*declared, "the input is declared here");
            findings.add(found.hint("choose another name after `as |`").warning());
        }
    }
}

/// What the plan says for all restores, and every one of them says otherwise.
pub(super) fn hidden_defaults(frame: &Frame<'_>, findings: &mut Findings) {
    if frame.restores.is_empty() {
        return;
    }
    for part in ["source", "target"] {
        for default in frame.root.get(part).map_or(&[][..], Node::entries) {
            // What is shared by several plans is there for others; what is the default anyway just says so.
            if !frame.is_own(default.key_span) || default.value.as_str() == Some("latest") {
                continue;
            }
            let own = |restore: &Restore| {
                let span = restore.places.at(&[part, &default.key])?;
                (span != default.value.span).then_some(span)
            };
            let hidden = frame.restores.iter().all(|restore| own(restore).is_some());
            let Some(first) = frame.restores.first().and_then(own).filter(|_| hidden) else { continue };
            let pointer = Pointer::default().join(part).join(&default.key);
            let key = &default.key;
            let message = format!("every restore has a `{part}.{key}` of its own, so this one is never used");
            let found = draft(rule::DEFAULT_HIDDEN, default.key_span, pointer.as_str(), message);
            let found = found.related(first, "the first that overrides it").warning();
            findings.add(found.hint("remove it here, or in the restores that it is meant for"));
        }
    }
}
