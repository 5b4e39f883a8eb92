//! A document as values that know where they were written.
//!
//! The tree is made by the parser and changed by templates and `for_each`; a value keeps the place of
//! the scalar that it came from all the way, so that every later message points at the author's line.

use serde_json::{Map, Number, Value};

use crate::diagnostic::Span;

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) value: Yaml,
}

/// What a node holds: JSON's values, and one more for what couldn't be had.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Yaml {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// Something is wrong here and has been reported; nobody reports it again.
    Broken,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value: Node,
}

impl Yaml {
    /// Where the last part of a list or a map ends. None: it has none, or that is an entry with nothing in it, which is
    /// where the next thing begins.
    pub(super) fn last_end(&self) -> Option<usize> {
        let is_there = |node: &&Node| node.span.start < node.span.end;
        match self {
            Self::List(items) => items.last().filter(is_there).map(|item| item.span.end),
            Self::Map(entries) => {
                let last = entries.last()?;
                Some(Some(&last.value).filter(is_there).map_or(last.key_span.end, |value| value.span.end))
            }
            _ => None,
        }
    }
}

impl Node {
    pub(super) fn new(span: Span, value: Yaml) -> Self {
        Self { span, value }
    }

    pub(super) fn string(span: Span, text: impl Into<String>) -> Self {
        Self::new(span, Yaml::String(text.into()))
    }

    pub(super) fn broken(span: Span) -> Self {
        Self::new(span, Yaml::Broken)
    }

    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Yaml::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn items(&self) -> &[Node] {
        match &self.value {
            Yaml::List(items) => items,
            _ => &[],
        }
    }

    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Yaml::String(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_broken(&self) -> bool {
        self.value == Yaml::Broken
    }

    /// Whether something in it, or itself, is broken.
    pub(super) fn holds_broken(&self) -> bool {
        match &self.value {
            Yaml::Broken => true,
            Yaml::List(items) => items.iter().any(Self::holds_broken),
            Yaml::Map(entries) => entries.iter().any(|entry| entry.value.holds_broken()),
            _ => false,
        }
    }

    /// What kind of value it is, in the words of the plan language.
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Yaml::Null | Yaml::Broken => "nothing",
            Yaml::Bool(_) => "a boolean",
            Yaml::Number(number) if number.is_f64() => "a number",
            Yaml::Number(_) => "an integer",
            Yaml::String(_) => "text",
            Yaml::List(_) => "a list",
            Yaml::Map(_) => "a map",
        }
    }

    /// The node that a path of keys and indices leads to.
    pub(super) fn at<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<&Node> {
        path.into_iter().try_fold(self, |node, step| match &node.value {
            Yaml::List(items) => items.get(step.parse::<usize>().ok()?),
            _ => node.get(step),
        })
    }

    /// The same, to change it.
    pub(super) fn at_mut<'a>(&mut self, path: impl IntoIterator<Item = &'a str>) -> Option<&mut Node> {
        path.into_iter().try_fold(self, |node, step| match &mut node.value {
            Yaml::List(items) => items.get_mut(step.parse::<usize>().ok()?),
            Yaml::Map(entries) => entries.iter_mut().find(|entry| entry.key == step).map(|entry| &mut entry.value),
            _ => None,
        })
    }

    /// Takes the value of a key out.
    pub(super) fn take(&mut self, key: &str) -> Option<Node> {
        let Yaml::Map(entries) = &mut self.value else { return None };
        let at = entries.iter().position(|entry| entry.key == key)?;
        Some(entries.remove(at).value)
    }

    /// The plain value, with null for what is broken.
    pub(super) fn to_json(&self) -> Value {
        match &self.value {
            Yaml::Null | Yaml::Broken => Value::Null,
            Yaml::Bool(flag) => Value::Bool(*flag),
            Yaml::Number(number) => Value::Number(number.clone()),
            Yaml::String(text) => Value::String(text.clone()),
            Yaml::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Yaml::Map(entries) => {
                let pairs = entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json()));
                Value::Object(pairs.collect::<Map<_, _>>())
            }
        }
    }

    /// A plain value as if it had been written at `span`.
    pub(super) fn from_json(value: &Value, span: Span) -> Self {
        let value = match value {
            Value::Null => Yaml::Null,
            Value::Bool(flag) => Yaml::Bool(*flag),
            Value::Number(number) => Yaml::Number(number.clone()),
            Value::String(text) => Yaml::String(text.clone()),
            Value::Array(items) => Yaml::List(items.iter().map(|item| Self::from_json(item, span)).collect()),
            Value::Object(map) => {
                let entry = |(key, value): (&String, &Value)| Entry {
                    key: key.clone(),
                    key_span: span,
                    value: Self::from_json(value, span),
                };
                Yaml::Map(map.iter().map(entry).collect())
            }
        };
        Self { span, value }
    }

    /// How many values it is made of and how many bytes of text they hold.
    pub(super) fn size(&self) -> (usize, usize) {
        let add = |(nodes, bytes): (usize, usize), (more, texts): (usize, usize)| (nodes + more, bytes + texts);
        match &self.value {
            Yaml::String(text) => (1, text.len()),
            Yaml::List(items) => items.iter().map(Self::size).fold((1, 0), add),
            Yaml::Map(entries) => entries.iter().map(|e| add((0, e.key.len()), e.value.size())).fold((1, 0), add),
            _ => (1, 0),
        }
    }
}
