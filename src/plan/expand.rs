//! `for_each`: one restore for every element of a list.
//!
//! A new restore's name is its author's name with the element appended, so it doesn't change when the
//! list is re-ordered. Everything but the name and the list itself is rendered for each element.

use std::collections::HashMap;

use serde_json::Value;

use crate::diagnostic::Span;
use crate::model::Slug;

use super::findings::{Element, Findings, draft};
use super::node::{Entry, Node, Yaml};
use super::pointer::Pointer;
use super::rule;
use super::template::{Scope, Templates};

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
    /// Rendered, without `for_each`, under its final name.
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

/// Renders a restore, once for each element where there is a list. An error says that there are more than `most`.
pub(super) fn expand(
    author: Author,
    restore: &Node,
    written: &HashMap<String, Node>,
    most: usize,
    templates: &mut Templates<'_>,
    scope: &mut Scope,
    findings: &mut Findings,
) -> Result<Vec<Expanded>, TooMany> {
    let pointer = author.pointer();
    scope.set_element(None);
    let name = restore.get("name").map(|name| templates.tree(name, &pointer.join("name"), scope, None, findings));
    let author_name = name.as_ref().and_then(|name| name.as_str().map(str::to_owned));
    let base = |node: Node, element, probe| Expanded { node, author, author_name: author_name.clone(), element, probe };
    let Some(list) = restore.get("for_each") else {
        if most == 0 {
            return Err(TooMany);
        }
        return Ok(vec![base(rest(restore, name, &pointer, templates, scope, None, findings), None, false)]);
    };
    let rendered = templates.tree(list, &pointer.join("for_each"), scope, None, findings);
    // An element that an input brings in is written where the input has its value.
    let path = templates.path_of(list);
    let origin = path.as_deref().and_then(<[String]>::split_first);
    let origin = origin.and_then(|(root, rest)| written.get(root)?.at(rest.iter().map(String::as_str)));
    let named = elements(&rendered, origin, author_name.as_deref(), &pointer.join("for_each"), findings);
    if named.is_empty() {
        scope.set_unknown_element();
        return Ok(vec![base(rest(restore, name, &pointer, templates, scope, None, findings), None, true)]);
    }
    let of = named.len();
    if of > most {
        return Err(TooMany);
    }
    let mut all = Vec::with_capacity(of);
    for Named { label, slug, value, index, span } in named {
        scope.set_element(Some((value, index)));
        let own = name.as_ref().map(|name| match name.as_str() {
            Some(text) => Node::string(name.span, format!("{text}-{slug}")),
            None => name.clone(),
        });
        let element = FromElement { label, of, span };
        let node = rest(restore, own, &pointer, templates, scope, Some(element.told()), findings);
        all.push(base(node, Some(element), false));
    }
    scope.set_element(None);
    Ok(all)
}

/// The plan gives more restores than are taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct TooMany;

/// Renders everything but the name, which is given, and `for_each`, which has done its work.
fn rest(
    restore: &Node,
    name: Option<Node>,
    pointer: &Pointer,
    templates: &mut Templates<'_>,
    scope: &Scope,
    element: Option<Element<'_>>,
    findings: &mut Findings,
) -> Node {
    let Yaml::Map(entries) = &restore.value else {
        return templates.tree(restore, pointer, scope, element, findings);
    };
    let render = |entry: &Entry| {
        let value = match entry.key.as_str() {
            "for_each" => return None,
            "name" => name.clone()?,
            key => templates.tree(&entry.value, &pointer.join(key), scope, element, findings),
        };
        Some(Entry { key: entry.key.clone(), key_span: entry.key_span, value })
    };
    Node::new(restore.span, Yaml::Map(entries.iter().filter_map(render).collect()))
}

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
