//! What a plan that reads well can still get wrong.
//!
//! Rules look at typed items and report at the author's places. They run on whatever could be read,
//! so that a mistake in one restore hides none in another.

mod checks;
mod groups;
mod idle;
mod job_names;
mod known;
mod names;
mod objects;
mod order;
mod overlap;
mod overwrite;
mod sites;
mod timing;
mod within;

use std::collections::HashMap;

use crate::diagnostic::{Draft, Span};
use crate::model::{Item, Limits, Objectives, Slug};

use super::expand::Expanded;
use super::findings::{Findings, draft};
use super::node::Node;
use super::pointer::Pointer;

pub(super) use idle::{hidden_inputs, nothing_selected, unused_inputs};
pub(super) use names::Names;

/// What the plan says outside its restores, and all of these as they came out of `for_each`.
pub(super) struct Frame<'a> {
    /// The plan without its restores.
    pub(super) root: &'a Node,
    /// The limits as they are written, the environment's laid over the plan's.
    pub(super) limits_node: Option<&'a Node>,
    pub(super) limits: Option<&'a Limits>,
    pub(super) objectives: Option<&'a Objectives>,
    pub(super) restores: &'a [Expanded],
}

/// An item with the node it was read from.
pub(super) struct Entry<'a> {
    pub(super) item: Item,
    pub(super) restore: &'a Expanded,
    pub(super) frame: &'a Frame<'a>,
}

impl Entry<'_> {
    /// The name that the author gave the restore, before `for_each` made several of it.
    fn author(&self) -> &str {
        self.restore.author_name.as_deref().unwrap_or(self.item.name.as_str())
    }

    /// Whether the restore itself says something about this.
    fn says(&self, key: &str) -> bool {
        self.restore.node.get(key).is_some()
    }

    /// The author's place for a path below the restore: in the restore, or where the plan says it for all restores, or
    /// the nearest value around it, or the restore's name.
    fn place(&self, steps: &[&str]) -> (Span, Pointer) {
        let below = |mut pointer: Pointer, steps: &[&str]| {
            steps.iter().for_each(|step| pointer.push(step));
            pointer
        };
        let node = &self.restore.node;
        if let Some(found) = node.at(steps.iter().copied()) {
            return (found.span, below(self.restore.pointer(), steps));
        }
        if let ["source" | "target", ..] = steps
            && let Some(found) = self.frame.root.at(steps.iter().copied())
        {
            return (found.span, below(Pointer::default(), steps));
        }
        match steps.split_last() {
            Some((_, [])) | None => {
                let name = node.get("name");
                let pointer = self.restore.pointer();
                (name.unwrap_or(node).span, if name.is_some() { pointer.join("name") } else { pointer })
            }
            Some((_, around)) => self.place(around),
        }
    }

    /// The author's place for a path below the restore, without its pointer.
    fn span(&self, steps: &[&str]) -> Span {
        self.place(steps).0
    }

    /// A finding at a path below the restore.
    fn draft(&self, rule: &'static str, steps: &[&str], message: impl Into<String>) -> Draft {
        let (span, pointer) = self.place(steps);
        draft(rule, span, pointer.as_str(), message)
    }

    fn report(&self, draft: Draft, findings: &mut Findings) {
        findings.add_for(self.restore.element(), draft);
    }
}

impl Draft {
    /// Names another place, unless it is this one.
    fn related_elsewhere(self, span: Span, text: impl Into<String>) -> Self {
        if self.span == Some(span) { self } else { self.related(span, text) }
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
pub(super) fn check(entries: &[Entry<'_>], frame: &Frame<'_>, findings: &mut Findings) {
    if !names::cycles(entries, findings) {
        overlap::check(entries, findings);
    }
    known::check(entries, findings);
    job_names::check(entries, findings);
    groups::check(entries, frame, findings);
    sites::check(entries, findings);
    let databases = overwrite::databases_made(entries);
    for entry in entries {
        objects::check(entry, findings);
        within::check(entry, findings);
        overwrite::check(entry, &databases, findings);
        timing::check(entry, findings);
        checks::check(entry, findings);
    }
    checks::not_run(entries, findings);
    timing::missing(frame, findings);
    idle::hidden_defaults(frame, findings);
}
