//! Where every value of a resolved plan comes from: which file said it, over what, and through which inputs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::diagnostic::{Place, Sources, Span};
use crate::model::harmless;

use super::inputs::Inputs;
use super::limits::LoaderLimits;
use super::load::{Privacy, load};
use super::node::{Node, Yaml};
use super::pointer::Pointer;
use super::restores::Restore;

/// Where one value of a resolved plan comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The value, as a JSON Pointer into the resolved plan.
    pub pointer: String,
    /// Where it is written; none: it is what holds where nothing is said.
    pub place: Option<Place>,
    /// The inputs that it is made of, each with where it has its value.
    pub inputs: Vec<(String, Place)>,
}

/// What a resolved plan was made of.
pub(super) struct Made<'a> {
    pub(super) sources: &'a Sources,
    /// The plan without its restores, with the environment's limits laid over its own.
    pub(super) root: &'a Node,
    pub(super) limits: Option<&'a Node>,
    pub(super) restores: Vec<&'a Restore>,
    pub(super) inputs: &'a Inputs,
    /// The names that each templated scalar uses.
    pub(super) templated: &'a BTreeMap<Span, BTreeSet<String>>,
}

/// The origin of every value in a resolved plan that isn't a list or a map, in its order.
pub(super) fn origins(rendered: &Value, made: &Made<'_>) -> Vec<Origin> {
    let mut all = Vec::new();
    each_leaf(rendered, &mut Vec::new(), &mut |path| all.push(made.origin(path)));
    all
}

fn each_leaf<'v>(value: &'v Value, path: &mut Vec<String>, visit: &mut impl FnMut(&[String])) {
    let mut below = |step: String, value: &'v Value, path: &mut Vec<String>| {
        path.push(step);
        each_leaf(value, path, visit);
        path.pop();
    };
    match value {
        Value::Object(map) if !map.is_empty() => {
            map.iter().for_each(|(key, value)| below(key.clone(), value, path));
        }
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(index, value)| below(index.to_string(), value, path));
        }
        _ => visit(path),
    }
}

impl Made<'_> {
    fn origin(&self, path: &[String]) -> Origin {
        let mut pointer = Pointer::default();
        path.iter().for_each(|step| pointer.push(step));
        let steps: Vec<&str> = path.iter().map(String::as_str).collect();
        let span = self.span(&steps);
        let names = span.and_then(|span| self.templated.get(&span)).into_iter().flatten();
        let inputs = names.filter_map(|name| {
            let node = self.inputs.nodes.get(name)?;
            Some((name.clone(), self.sources.place(node.span)))
        });
        Origin {
            pointer: pointer.to_string(),
            place: span.map(|span| self.sources.place(span)),
            inputs: inputs.collect(),
        }
    }

    fn span(&self, path: &[&str]) -> Option<Span> {
        match path {
            ["restores", index, rest @ ..] => self.restores.get(index.parse::<usize>().ok()?)?.places.at(rest),
            ["limits", rest @ ..] => self.limits?.at(rest.iter().copied()).map(|node| node.span),
            _ => self.root.at(path.iter().copied()).map(|node| node.span),
        }
    }
}

impl Origin {
    fn words(&self) -> String {
        let Some(place) = &self.place else { return "default".to_owned() };
        let inputs = self.inputs.iter().map(|(name, place)| format!(", {name} from {place}"));
        format!("{place}{}", inputs.collect::<String>())
    }
}

/// A resolved plan in YAML with the origin of every value behind it. It is still the same plan.
pub fn annotated(yaml: &str, origins: &[Origin]) -> String {
    let (mut sources, mut findings) = (Sources::default(), super::findings::Findings::new());
    // What we wrote ourselves, however large.
    let limits = LoaderLimits {
        file_bytes: usize::MAX,
        nodes: usize::MAX,
        expanded_bytes: usize::MAX,
        scalar_bytes: usize::MAX,
        ..LoaderLimits::default()
    };
    let Some(root) = load("", yaml.into(), Privacy::Open, &limits, &mut sources, &mut findings) else {
        return yaml.to_owned();
    };
    let mut comments: BTreeMap<usize, String> = BTreeMap::new();
    for origin in origins {
        let steps = Pointer::from_text(origin.pointer.as_str()).steps();
        if let Some(span) = line_of(&root, &steps) {
            // Elements of a list in the flow style stand on one line; the first one speaks for it.
            comments.entry(sources.place(span).line).or_insert_with(|| origin.words());
        }
    }
    let widest = yaml.lines().map(|line| line.chars().count()).filter(|width| *width <= 60).max().unwrap_or(0);
    let mut out = String::with_capacity(yaml.len() * 2);
    for (number, line) in (1..).zip(yaml.lines()) {
        out.push_str(line);
        if let Some(comment) = comments.get(&number) {
            let gap = widest.saturating_sub(line.chars().count()) + 2;
            out.push_str(&format!("{}# {}", " ".repeat(gap), harmless(comment)));
        }
        out.push('\n');
    }
    out
}

/// What stands on the line where a value begins: its key, or itself in a list.
fn line_of(root: &Node, steps: &[String]) -> Option<Span> {
    let (last, above) = steps.split_last()?;
    let parent = root.at(above.iter().map(String::as_str))?;
    match &parent.value {
        Yaml::Map(_) => parent.entry(last).map(|entry| entry.key_span),
        _ => parent.at([last.as_str()]).map(|node| node.span),
    }
}
