//! What restores take from the plan itself, and where it stands.

use std::collections::HashMap;

use crate::diagnostic::{Draft, FileId, Span};
use crate::plan::node::{Node, Yaml};

/// Where the values stand that restores take from the plan itself, to tell their places apart from the restores'.
#[derive(Debug, Default)]
pub(in crate::plan) struct Inherited(HashMap<FileId, Vec<(Span, &'static str)>>);

impl Inherited {
    /// The values of a plan's `defaults`, `source` and `target`.
    pub(in crate::plan) fn of(defaults: Option<&Node>, source: Option<&Node>, target: Option<&Node>) -> Self {
        let mut all = Self::default();
        for (node, pointer) in [(defaults, "/defaults"), (source, ""), (target, "")] {
            node.into_iter().for_each(|node| all.add(node, pointer));
        }
        all
    }

    /// Adds a value's parts; where files are laid over each other they may stand in several.
    fn add(&mut self, node: &Node, pointer: &'static str) {
        match &node.value {
            Yaml::Map(entries) if !entries.is_empty() => entries.iter().for_each(|entry| {
                self.0.entry(entry.key_span.file).or_default().push((entry.key_span, pointer));
                self.add(&entry.value, pointer);
            }),
            _ => self.0.entry(node.span.file).or_default().push((node.span, pointer)),
        }
    }

    /// Puts right the pointer of something that was found in a restore, and stands in the plan itself.
    pub(in crate::plan) fn place(&self, draft: &mut Draft) {
        let Some(span) = draft.span else { return };
        let Some(rest) = draft.pointer.strip_prefix("/restores/") else { return };
        let rest = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("");
        let areas = self.0.get(&span.file).into_iter().flatten();
        let inside = |area: &&(Span, &str)| area.0.start <= span.start && span.end <= area.0.end;
        if let Some((_, pointer)) = areas.into_iter().find(inside) {
            draft.pointer = format!("{pointer}{rest}");
        }
    }
}
