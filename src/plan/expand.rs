//! `for_each`: one restore for every element of a list.
//!
//! A new restore's name is its author's name with the element appended, so it doesn't change when the
//! list is re-ordered. Everything but the name and the list itself is rendered for each element.

use std::collections::HashMap;

use serde_json::Value;

use crate::model::Slug;

use super::findings::{Element, Findings, draft};
use super::node::{Entry, Node, Yaml};
use super::pointer::Pointer;
use super::template::{Scope, Templates};
use super::{LoaderLimits, rule};

/// A restore after `for_each`.
#[derive(Debug)]
pub(super) struct Expanded {
    /// Rendered, without `for_each`, under its final name.
    pub(super) node: Node,
    /// The author's restore, by its index.
    pub(super) author: usize,
    /// The name of the author's restore, where it has one.
    pub(super) author_name: Option<String>,
    /// The element and how many there are.
    pub(super) element: Option<(String, usize)>,
    /// It stands for a list that gives no restore: validated, and not carried out.
    pub(super) probe: bool,
}

impl Expanded {
    pub(super) fn element(&self) -> Option<Element<'_>> {
        self.element.as_ref().map(|(label, of)| Element { label, of: *of })
    }

    /// The author's place, for programs.
    pub(super) fn pointer(&self) -> Pointer {
        Pointer::from_text(format!("/restores/{}", self.author))
    }
}

/// An element of a `for_each` that gives a restore.
struct Named {
    label: String,
    slug: String,
    value: Value,
    index: usize,
}

/// Renders all restores, once for each element where there is a list.
pub(super) fn expand(
    restores: &[Node],
    templates: &mut Templates<'_>,
    scope: &mut Scope,
    limits: &LoaderLimits,
    findings: &mut Findings,
) -> Vec<Expanded> {
    let mut all: Vec<Expanded> = Vec::new();
    for (author, restore) in restores.iter().enumerate() {
        let pointer = Pointer::from_text(format!("/restores/{author}"));
        scope.set_element(None);
        let name = restore.get("name").map(|name| templates.tree(name, &pointer.join("name"), scope, None, findings));
        let author_name = name.as_ref().and_then(|name| name.as_str().map(str::to_owned));
        let base =
            |node: Node, element, probe| Expanded { node, author, author_name: author_name.clone(), element, probe };
        let Some(list) = restore.get("for_each") else {
            all.push(base(rest(restore, name, &pointer, templates, scope, None, findings), None, false));
            continue;
        };
        let rendered = templates.tree(list, &pointer.join("for_each"), scope, None, findings);
        let named = elements(&rendered, author_name.as_deref(), &pointer.join("for_each"), findings);
        if named.is_empty() {
            scope.set_unknown_element();
            all.push(base(rest(restore, name, &pointer, templates, scope, None, findings), None, true));
            continue;
        }
        let of = named.len();
        if all.len() + of > limits.restores {
            let message = format!("the plan gives more than {} restores", limits.restores);
            let found = draft(rule::LIMIT, list.span, pointer.join("for_each").as_str(), message);
            findings.add(found.hint("split the plan, or raise the limit"));
            break;
        }
        // Every element brings in all that the restore is made of, templates or not.
        let (values, bytes) = restore.size();
        if let Err(problem) = templates.pay(values.saturating_mul(of), bytes.saturating_mul(of)) {
            let found = draft(problem.rule, list.span, pointer.join("for_each").as_str(), problem.message);
            findings.add(found.maybe_hint(problem.hint));
            break;
        }
        for Named { label, slug, value, index } in named {
            scope.set_element(Some((value, index)));
            let own = name.as_ref().map(|name| match name.as_str() {
                Some(text) => Node::string(name.span, format!("{text}-{slug}")),
                None => name.clone(),
            });
            let element = Some(Element { label: &label, of });
            let node = rest(restore, own, &pointer, templates, scope, element, findings);
            all.push(base(node, Some((label, of)), false));
        }
    }
    scope.set_element(None);
    if all.len() > limits.restores
        && let Some(node) = restores.get(limits.restores)
    {
        let message = format!("the plan has more than {} restores", limits.restores);
        findings.add(draft(rule::LIMIT, node.span, "/restores", message).hint("split the plan, or raise the limit"));
        all.truncate(limits.restores);
    }
    all
}

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
fn elements(list: &Node, name: Option<&str>, pointer: &Pointer, findings: &mut Findings) -> Vec<Named> {
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
        let wrong = |message: String| draft(rule::FOR_EACH, item.span, at.as_str(), message);
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
        if let Some(first) = seen.get(&slug).and_then(|first| items.get(*first)) {
            let both = format!("{}-{slug}", name.unwrap_or("restore"));
            let other = self::label(first).unwrap_or_default();
            let message = format!("the elements `{other}` and `{label}` both give a restore named `{both}`");
            let found = wrong(message).hint("remove one, or use maps with different `name`s");
            findings.add(if first.span == item.span { found } else { found.related(first.span, "the first is here") });
            continue;
        }
        seen.insert(slug.clone(), index);
        named.push(Named { label, slug, value: item.to_json(), index });
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
