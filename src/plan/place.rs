//! Values with their places, for documents that are read once their schema has been checked: what the schema found
//! wrong was reported, so what isn't as it should be gives nothing, without a word.

use jiff::Timestamp;

use crate::diagnostic::{Sources, Span};
use crate::model::Reading;

use super::findings::Findings;
use super::node::{Entry, Node, Yaml};
use super::pointer::Pointer;
use super::typed::Reader;

/// A value with the place where its author wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// What was written.
    pub value: T,
    /// Where.
    pub span: Span,
    /// The same place as a JSON Pointer.
    pub pointer: String,
}

/// A node and where it stands in its document.
#[derive(Debug, Clone)]
pub(super) struct Place<'a> {
    pub(super) node: &'a Node,
    pub(super) at: Pointer,
    sources: &'a Sources,
}

impl<'a> Place<'a> {
    /// The whole document.
    pub(super) fn root(node: &'a Node, sources: &'a Sources) -> Self {
        Self { node, at: Pointer::default(), sources }
    }

    /// The value under a key.
    pub(super) fn child(&self, key: &str) -> Option<Self> {
        self.node.get(key).map(|node| self.below(node, key))
    }

    /// What a map holds.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a Entry, Self)> {
        self.node.entries().iter().map(|entry| (entry, self.below(&entry.value, &entry.key)))
    }

    /// What a list holds.
    pub(super) fn items(&self) -> impl Iterator<Item = Self> {
        let items = self.node.items().iter().enumerate();
        items.map(|(index, node)| self.below(node, &index.to_string()))
    }

    fn below(&self, node: &'a Node, step: &str) -> Self {
        Self { node, at: self.at.join(step), sources: self.sources }
    }

    /// What a list holds, or why it couldn't be read.
    pub(super) fn reading<T>(&self, read: impl FnMut(Self) -> Option<T>) -> Reading<Vec<T>> {
        match self.text("unreadable") {
            Some(why) => Reading::Unreadable(why),
            None => Reading::Read(self.items().filter_map(read).collect()),
        }
    }

    /// A value that stands here.
    pub(super) fn here<T>(&self, value: T) -> Placed<T> {
        self.placed(value, self.node.span)
    }

    /// A value whose author wrote it at another place than where it belongs.
    pub(super) fn placed<T>(&self, value: T, span: Span) -> Placed<T> {
        Placed { value, span, pointer: self.at.to_string() }
    }

    /// The text that stands here.
    pub(super) fn placed_text(&self) -> Option<Placed<String>> {
        Some(self.here(self.node.as_str()?.to_owned()))
    }

    /// The text under a key.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.node.get(key).and_then(Node::as_str).map(str::to_owned)
    }

    /// The texts in the list under a key.
    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        let items = self.node.get(key).map_or(&[][..], Node::items);
        items.iter().filter_map(Node::as_str).map(str::to_owned).collect()
    }

    /// The id that stands here, which may be a number.
    pub(super) fn id(&self) -> Option<String> {
        match &self.node.value {
            Yaml::Number(number) => Some(number.to_string()),
            _ => self.node.as_str().map(str::to_owned),
        }
    }

    /// The number that stands here.
    pub(super) fn number(&self) -> Option<u64> {
        match &self.node.value {
            Yaml::Number(number) => number.as_u64(),
            _ => None,
        }
    }

    /// The switch under a key.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        match self.node.get(key)?.value {
            Yaml::Bool(flag) => Some(flag),
            _ => None,
        }
    }

    /// The moment under a key; reports a text that is none.
    pub(super) fn moment(&self, key: &str, findings: &mut Findings) -> Option<Timestamp> {
        self.reader(findings).moment(self.node.get(key)?, &[key])
    }

    /// A reader of what is below.
    pub(super) fn reader<'f>(&'f self, findings: &'f mut Findings) -> Reader<'f> {
        Reader::new(findings, self.sources, self.at.clone(), None)
    }
}
