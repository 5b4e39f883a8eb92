//! `for_each`: one restore for every element of a list.
//!
//! A new restore's name is its author's name with the element appended, so it doesn't change when the
//! list is re-ordered. Everything but the name and the list itself is rendered for each element.

use std::collections::HashMap;

use serde_json::Value;

use crate::diagnostic::Span;
use crate::model::Slug;

use super::budget::Budget;
use super::findings::{Element, Findings, draft};
use super::node::{Entry, Node, Yaml};
use super::pointer::{Pointer, Trail};
use super::rule;
use super::template::Templates;
use super::template::scope::Scope;

/// Where a restore stands in the files that make a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Author {
    /// Among the restores of all files, in their order.
    pub(super) number: usize,
    /// In its own file's list.
    pub(super) index: usize,
}

impl Author {
    /// The author's place, for programs.
    pub(super) fn pointer(self) -> Pointer {
        Pointer::from_text(format!("/restores/{}", self.index))
    }
}

/// The element of a `for_each` that a restore comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FromElement {
    pub(super) label: String,
    /// How many elements there are.
    pub(super) of: usize,
    /// Where it is written.
    pub(super) span: Span,
}

impl FromElement {
    pub(super) fn told(&self) -> Element<'_> {
        Element { label: &self.label, of: self.of, span: self.span }
    }
}

/// A restore after `for_each`.
#[derive(Debug)]
pub(super) struct Expanded {
    /// Rendered, without `for_each` unless that is empty, under its final name.
    pub(super) node: Node,
    pub(super) author: Author,
    /// The name of the author's restore, where it has one.
    pub(super) author_name: Option<String>,
    pub(super) element: Option<FromElement>,
    /// It stands for a list that gives no restore: validated, and not carried out.
    pub(super) probe: bool,
}

/// An element of a `for_each` that gives a restore.
struct Named {
    label: String,
    slug: String,
    value: Value,
    index: usize,
    span: Span,
}

/// What a restore is expanded within.
#[derive(Clone, Copy)]
pub(super) struct Room<'a> {
    /// The inputs where they have their values.
    pub(super) written: &'a HashMap<String, Node>,
    /// How many restores it may give.
    pub(super) most: usize,
    pub(super) budget: &'a Budget,
}

/// Renders a restore, once for each element where there is a list. An error says that there are too many.
pub(super) fn expand(
    author: Author,
    mut restore: Node,
    room: Room<'_>,
    templates: &mut Templates<'_>,
    scope: &mut Scope,
    findings: &mut Findings,
) -> Result<Vec<Expanded>, TooMany> {
    let Room { written, most, budget } = room;
    let pointer = author.pointer();
    let trail = Trail::From(&pointer);
    scope.set_element(None);
    // The name is the same for all elements, so it can't use them.
    if let Some(name) = restore.at_mut(["name"]) {
        templates.tree(name, Trail::Key(&trail, "name"), scope, None, findings);
    }
    let author_name = restore.get("name").and_then(Node::as_str).map(str::to_owned);
    let base = |node: Node, element, probe| Expanded { node, author, author_name: author_name.clone(), element, probe };
    let Some(mut list) = restore.take("for_each") else {
        if most == 0 {
            return Err(TooMany);
        }
        // Whoever misspelt `for_each` means an element by `item`; that the key is none is told.
        if restore.entries().iter().any(|entry| entry.key.to_lowercase().starts_with("for")) {
            scope.set_unknown_element();
        }
        fields(&mut restore, trail, templates, scope, None, findings);
        return Ok(vec![base(restore, None, false)]);
    };
    // An element that an input brings in is written where the input has its value.
    let path = templates.path_of(&list);
    let origin = path.as_deref().and_then(<[String]>::split_first);
    let origin = origin.and_then(|(root, rest)| written.get(root)?.at(rest.iter().map(String::as_str)));
    templates.tree(&mut list, Trail::Key(&trail, "for_each"), scope, None, findings);
    let named = elements(&list, origin, author_name.as_deref(), &pointer.join("for_each"), findings);
    if named.is_empty() {
        scope.set_unknown_element();
        fields(&mut restore, trail, templates, scope, None, findings);
        // An empty list is kept, for the rule that tells of it.
        if let (Yaml::Map(entries), Yaml::List(items)) = (&mut restore.value, &list.value)
            && items.is_empty()
        {
            entries.push(Entry { key: "for_each".to_owned(), key_span: list.span, value: list });
        }
        return Ok(vec![base(restore, None, true)]);
    }
    let of = named.len();
    if of > most {
        return Err(TooMany);
    }
    // Every element brings in all that the restore is made of, templates or not.
    let (values, bytes) = restore.size();
    if !budget.pay((values.saturating_mul(of), bytes.saturating_mul(of))) {
        return Ok(Vec::new());
    }
    let mut all = Vec::with_capacity(of);
    for Named { label, slug, value, index, span } in named {
        scope.set_element(Some((value, index)));
        let mut node = restore.clone();
        if let Some(Node { value: Yaml::String(name), .. }) = node.at_mut(["name"]) {
            name.push('-');
            name.push_str(&slug);
        }
        let element = FromElement { label, of, span };
        fields(&mut node, trail, templates, scope, Some(element.told()), findings);
        all.push(base(node, Some(element), false));
    }
    scope.set_element(None);
    Ok(all)
}

/// Renders everything but the name, which was rendered before.
fn fields(
    restore: &mut Node,
    trail: Trail<'_>,
    templates: &mut Templates<'_>,
    scope: &Scope,
    element: Option<Element<'_>>,
    findings: &mut Findings,
) {
    let Yaml::Map(entries) = &mut restore.value else {
        return templates.tree(restore, trail, scope, element, findings);
    };
    for Entry { key, value, .. } in entries.iter_mut().filter(|entry| entry.key != "name") {
        templates.tree(value, Trail::Key(&trail, key), scope, element, findings);
    }
}

/// The plan gives more restores than are taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct TooMany;

/// The elements of a list that can be told apart by name; reports those that can't.
fn elements(
    list: &Node,
    origin: Option<&Node>,
    name: Option<&str>,
    pointer: &Pointer,
    findings: &mut Findings,
) -> Vec<Named> {
    let Yaml::List(items) = &list.value else {
        if !list.is_broken() {
            let message = format!("`for_each` must be a list; this is {}", list.kind());
            let found = draft(rule::FOR_EACH, list.span, pointer.as_str(), message);
            findings.add(found.hint("write a list, or exactly one template that gives one, like `\"{{tables}}\"`"));
        }
        return Vec::new();
    };
    let mut named: Vec<Named> = Vec::new();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (index, item) in items.iter().enumerate() {
        if findings.is_full() {
            break;
        }
        let at = pointer.join(&index.to_string());
        let written = |index: usize, item: &Node| {
            origin.and_then(|list| list.items().get(index)).map_or(item.span, |item| item.span)
        };
        let span = written(index, item);
        let wrong = |message: String| {
            let found = draft(rule::FOR_EACH, item.span, at.as_str(), message);
            if span == item.span { found } else { found.related(span, "the element is here") }
        };
        if item.holds_broken() {
            continue;
        }
        let Some(label) = label(item) else {
            let message = format!("element {} of this list has no name that a restore could carry", index + 1);
            findings.add(wrong(message).hint("elements are texts, numbers, or maps with a `name` or a `key`"));
            continue;
        };
        let slug = Slug::words(&label);
        if slug.is_empty() {
            let message = format!("the element `{label}` has no letter or digit to name a restore with");
            findings.add(wrong(message).hint("use a map with a `name`, like `{name: first, table: ...}`"));
            continue;
        }
        if let Some((at, first)) = seen.get(&slug).and_then(|first| Some((*first, items.get(*first)?))) {
            let both = format!("{}-{slug}", name.unwrap_or("restore"));
            let other = self::label(first).unwrap_or_default();
            let message = format!("the elements `{other}` and `{label}` both give a restore named `{both}`");
            let found = wrong(message).hint("remove one, or use maps with different `name`s");
            let first = written(at, first);
            findings.add(if first == span { found } else { found.related(first, "the first is here") });
            continue;
        }
        seen.insert(slug.clone(), index);
        named.push(Named { label, slug, value: item.to_json(), index, span });
    }
    named
}

/// What an element is called.
fn label(item: &Node) -> Option<String> {
    match &item.value {
        Yaml::String(text) => Some(text.clone()),
        Yaml::Number(number) => Some(number.to_string()),
        Yaml::Bool(flag) => Some(flag.to_string()),
        Yaml::Map(_) => {
            item.get("name").or_else(|| item.get("key")).filter(|name| name.entries().is_empty()).and_then(label)
        }
        _ => None,
    }
}
