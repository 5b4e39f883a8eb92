//! What a plan that reads well can still get wrong.
//!
//! Rules look at typed items and report at the author's places. They run on whatever could be read,
//! so that a mistake in one restore hides none in another.

mod catalogue;
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

use crate::diagnostic::{Draft, Severity, Sources, Span};
use crate::model::{Item, Limits, Objectives, RestoreObject, Slug, TouchedRef};

use super::findings::Findings;
use super::node::Node;
use super::pointer::Pointer;
use super::restores::Restore;

pub(super) use catalogue::check as check_catalogue;
pub(super) use idle::{hidden_inputs, nothing_selected, unused_inputs};
pub(super) use names::Names;

/// What the plan says outside of its restores, and all of these as they came out of `for_each`.
pub(super) struct Frame<'a> {
    /// The plan without its restores.
    pub(super) root: &'a Node,
    /// The limits as they are written, the environment's laid over the plan's.
    pub(super) limits_node: Option<&'a Node>,
    pub(super) limits: Option<&'a Limits>,
    pub(super) objectives: Option<&'a Objectives>,
    pub(super) restores: &'a [Restore],
    pub(super) sources: &'a Sources,
}

impl Frame<'_> {
    /// Whether something stands in the plan's own file, and not in one that it includes.
    fn is_own(&self, span: Span) -> bool {
        span.file == self.root.span.file
    }
}

/// An item with the restore it was read from.
pub(super) struct Entry<'a> {
    pub(super) item: &'a Item,
    pub(super) restore: &'a Restore,
    pub(super) frame: &'a Frame<'a>,
}

impl Entry<'_> {
    /// The name that the author gave the restore, before `for_each` made several of it.
    fn author(&self) -> &str {
        self.restore.author_name().unwrap_or(self.item.name.as_str())
    }

    /// Whether the plan says something about this for the restore.
    fn says(&self, key: &str) -> bool {
        self.restore.places.at(&[key]).is_some()
    }

    /// The author's place at a path below the restore, or of the nearest value around it, or of the restore's name.
    fn place(&self, steps: &[&str]) -> (Option<Span>, Pointer) {
        let (restore, pointer) = (self.restore, self.restore.author.pointer());
        if let Some(span) = restore.places.at(steps) {
            return (Some(span), steps.iter().fold(pointer, |pointer, step| pointer.join(step)));
        }
        match steps.split_last() {
            Some((_, around)) if !around.is_empty() => self.place(around),
            _ => match restore.places.at(&["name"]) {
                Some(span) => (Some(span), pointer.join("name")),
                None => (restore.places.whole(), pointer),
            },
        }
    }

    /// The author's place at a path below the restore.
    fn span(&self, steps: &[&str]) -> Option<Span> {
        self.place(steps).0
    }

    /// A finding at a path below the restore.
    fn draft(&self, rule: &'static str, steps: &[&str], message: impl Into<String>) -> Draft {
        let (span, pointer) = self.place(steps);
        Draft {
            rule,
            severity: Severity::Error,
            message: message.into(),
            span,
            pointer: pointer.to_string(),
            hint: None,
            related: Vec::new(),
        }
    }

    fn report(&self, draft: Draft, findings: &mut Findings) {
        findings.add_for(self.restore.element(), draft);
    }

    /// Looks at each object of the restore.
    fn each_object(&self, mut look: impl FnMut(&At<'_>)) {
        for (index, object) in self.item.objects.iter().enumerate() {
            look(&At { entry: self, index: &index.to_string(), object, touched: self.item.writes(object) });
        }
    }
}

/// One object of a restore in its place.
struct At<'a> {
    entry: &'a Entry<'a>,
    index: &'a str,
    object: &'a RestoreObject,
    touched: TouchedRef<'a>,
}

impl Draft {
    /// Names another place, unless it is this one.
    fn related_elsewhere(self, span: Option<Span>, text: impl Into<String>) -> Self {
        if self.span == span { self } else { self.maybe_related(span, text) }
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
    idle::empty_lists(frame, findings);
    idle::hidden_defaults(frame, findings);
}
