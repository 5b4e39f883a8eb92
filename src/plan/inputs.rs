//! Inputs: what a plan declares, and the values that environments and the command line give.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use crate::diagnostic::{Draft, Sources, Span};
use crate::model::Millis;

use super::findings::{Findings, draft};
use super::load::{Privacy, load};
use super::node::{Node, Yaml};
use super::pointer::Pointer;
use super::schema::compile;
use super::schema_message::{kind_hint, with_unit};
use super::suggest::did_you_mean;
use super::template::check::is_reserved;
use super::{LoaderLimits, rule};

/// How many of the allowed values of an input a wrong one is compared with.
const MOST_COMPARED: usize = 100;
/// How many of them are listed.
const MOST_SHOWN: usize = 20;

/// The inputs of a plan with their values.
pub(super) struct Inputs {
    pub(super) values: Map<String, Value>,
    /// The same values where they are written.
    pub(super) nodes: HashMap<String, Node>,
    /// Declared, without a usable value; that has been reported.
    pub(super) broken: HashSet<String>,
    /// What is declared under a name that templates can use, and where.
    pub(super) declared: Vec<(String, Span)>,
}

/// An input's declaration, as far as it can be used.
struct Declaration<'a> {
    name: &'a str,
    key_span: Span,
    kind: Kind,
    node: &'a Node,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    String,
    Integer,
    Number,
    Boolean,
    List,
    Map,
    Duration,
    Timestamp,
}

impl Kind {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "string" => Self::String,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            "list" => Self::List,
            "map" => Self::Map,
            "duration" => Self::Duration,
            "timestamp" => Self::Timestamp,
            _ => return None,
        })
    }

    fn fits(self, value: &Yaml) -> bool {
        match (self, value) {
            (Self::String | Self::Duration | Self::Timestamp, Yaml::String(_))
            | (Self::Boolean, Yaml::Bool(_))
            | (Self::Number, Yaml::Number(_))
            | (Self::List, Yaml::List(_))
            | (Self::Map, Yaml::Map(_)) => true,
            (Self::Integer, Yaml::Number(number)) => !number.is_f64(),
            _ => false,
        }
    }

    /// The type of JSON that it is.
    fn in_json(self) -> &'static str {
        match self {
            Self::String | Self::Duration | Self::Timestamp => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::List => "array",
            Self::Map => "object",
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::String => "text",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Boolean => "`true` or `false`",
            Self::List => "a list",
            Self::Map => "a map",
            Self::Duration => "a duration, like `90m` or `26h`",
            Self::Timestamp => "a moment, like `2026-11-01T00:00:00Z`",
        }
    }

    /// Whether `--input` gives its text as it is, without YAML's rules.
    fn is_text(self) -> bool {
        matches!(self, Self::String | Self::Duration | Self::Timestamp)
    }

    /// Why a text isn't one of these, where it has to have a form.
    fn wrong_form(self, text: &str) -> Option<&'static str> {
        let wrong = match self {
            Self::Duration => text.parse::<Millis>().is_err(),
            Self::Timestamp => text.parse::<jiff::Timestamp>().is_err(),
            _ => false,
        };
        match self {
            Self::Duration if wrong => Some("write a number and a unit, like `90s`, `15m`, `6h`, `2d` or `1h30m`"),
            Self::Timestamp if wrong => Some("write a date and a time with a zone, like `2026-11-01T00:00:00Z`"),
            _ => None,
        }
    }
}

/// Gives every declared input its value: the plan's default, then the environment's, then the command line's. An
/// environment that can't be read is broken.
pub(super) fn resolve(
    plan: &Node,
    environment: Option<&Node>,
    given: &[(String, String)],
    limits: &LoaderLimits,
    sources: &mut Sources,
    findings: &mut Findings,
) -> Inputs {
    let mut inputs = Inputs { values: Map::new(), nodes: HashMap::new(), broken: HashSet::new(), declared: Vec::new() };
    let declared = plan.get("inputs").map_or(&[][..], Node::entries);
    for (name, _) in given {
        if !declared.iter().any(|entry| entry.key == *name) {
            let hint = did_you_mean(name, declared.iter().map(|entry| entry.key.as_str()))
                .unwrap_or_else(|| "declare it in the plan under `inputs`, or leave it out".to_owned());
            let unknown = draft(rule::INPUT_UNKNOWN, plan.span, "", format!("the plan declares no input `{name}`"));
            findings.add(Draft { span: None, ..unknown.hint(hint) });
        }
    }
    for entry in declared {
        let pointer = Pointer::from_text("/inputs").join(&entry.key);
        if is_reserved(&entry.key) {
            let message = format!("an input can't be named `{}`: templates use this name themselves", entry.key);
            findings.add(draft(rule::INPUT_DECLARATION, entry.key_span, pointer.as_str(), message).hint("rename it"));
        } else {
            inputs.declared.push((entry.key.clone(), entry.key_span));
        }
        let kind = entry.value.get("type").and_then(Node::as_str).and_then(Kind::from_name);
        let Some(kind) = kind else {
            // The schema says what is wrong with the declaration.
            inputs.broken.insert(entry.key.clone());
            continue;
        };
        let declaration = Declaration { name: &entry.key, key_span: entry.key_span, kind, node: &entry.value };
        declaration.check(&pointer, findings);
        match value(&declaration, &pointer, environment, given, limits, sources, findings) {
            Some(node) => {
                inputs.values.insert(entry.key.clone(), node.to_json());
                inputs.nodes.insert(entry.key.clone(), node);
            }
            None => drop(inputs.broken.insert(entry.key.clone())),
        }
    }
    inputs
}

fn value(
    declaration: &Declaration<'_>,
    pointer: &Pointer,
    environment: Option<&Node>,
    given: &[(String, String)],
    limits: &LoaderLimits,
    sources: &mut Sources,
    findings: &mut Findings,
) -> Option<Node> {
    let Declaration { name, key_span, node, .. } = declaration;
    let errors = findings.errors();
    let default = node.get("default").filter(|default| !default.is_broken());
    if let Some(default) = default {
        check(declaration, default, pointer.join("default").as_str(), findings);
    }
    let line = given.iter().rev().find(|(known, _)| known == name);
    let line = match line {
        Some((_, text)) => Some(from_command_line(declaration, text, limits, sources, findings)?),
        None => None,
    };
    let outside = line.as_ref().or_else(|| environment?.get(name));
    if let Some(outside) = outside {
        if outside.is_broken() {
            return None;
        }
        check(declaration, outside, Pointer::from_text("/inputs").join(name).as_str(), findings);
    }
    let Some(chosen) = outside.or(default) else {
        // What an environment says that can't be read, nobody knows; that it can't be was reported.
        if node.get("default").is_none() && !environment.is_some_and(Node::is_broken) {
            let message = format!("the input `{name}` has no value");
            let hint = format!("give it in the environment under `inputs`, or with `--input {name}=VALUE`");
            findings.add(draft(rule::INPUT_MISSING, *key_span, pointer.as_str(), message).hint(hint));
        }
        return None;
    };
    (findings.errors() == errors && !chosen.holds_broken()).then(|| chosen.clone())
}

/// Reads a value from the command line as its type asks for.
fn from_command_line(
    declaration: &Declaration<'_>,
    text: &str,
    limits: &LoaderLimits,
    sources: &mut Sources,
    findings: &mut Findings,
) -> Option<Node> {
    let path = format!("--input {}", declaration.name);
    if declaration.kind.is_text() {
        let file = sources.add(path, text.to_owned());
        return Some(Node::string(Span { file, start: 0, end: text.len() }, text));
    }
    load(&path, text.as_bytes().to_vec(), Privacy::Open, limits, sources, findings)
}

/// Checks a value against its declaration; `own` is where the value stands.
fn check(declaration: &Declaration<'_>, value: &Node, at: &str, findings: &mut Findings) {
    let Declaration { name, kind, node, key_span } = declaration;
    let wrong = |message: String| {
        let found = draft(rule::INPUT_VALUE, value.span, at, message);
        let inside = value.span.file == key_span.file;
        if inside { found } else { found.related(*key_span, "declared here") }
    };
    if !kind.fits(&value.value) {
        if value.holds_broken() {
            return;
        }
        let message = format!("the input `{name}` must be {}; this is {}", kind.expected(), value.kind());
        let hint = match kind {
            Kind::List => Some("write a list, like `[a, b]`".to_owned()),
            Kind::Map => Some("write a map, like `{a: 1}`".to_owned()),
            Kind::Duration => with_unit(value),
            Kind::Timestamp => None,
            _ => kind_hint(value, |wanted| wanted == kind.in_json()),
        };
        findings.add(wrong(message).maybe_hint(hint));
        return;
    }
    let json = value.to_json();
    if let Some(allowed) = node.get("enum").filter(|allowed| !allowed.items().is_empty())
        && !allowed.items().iter().any(|item| item.to_json() == json)
    {
        let words = allowed.items().iter().take(MOST_COMPARED).filter_map(Node::as_str);
        let hint = value.as_str().and_then(|text| did_you_mean(text, words));
        let shown = allowed.items().iter().take(MOST_SHOWN).map(|item| item.to_json().to_string());
        let more = if allowed.items().len() > MOST_SHOWN { ", …" } else { "" };
        let list = shown.collect::<Vec<_>>().join(", ");
        findings.add(wrong(format!("the input `{name}` must be one of {list}{more}")).maybe_hint(hint));
    }
    let Some(text) = value.as_str() else { return };
    if let Some(hint) = kind.wrong_form(text) {
        findings.add(wrong(format!("the input `{name}` must be {}; this is `{text}`", kind.expected())).hint(hint));
    }
    if let Some((pattern, validator)) = declaration.pattern()
        && !validator.is_valid(&json)
    {
        findings.add(wrong(format!("the input `{name}` doesn't match its pattern `{pattern}`")));
    }
}

impl Declaration<'_> {
    /// The pattern, ready to be matched; nothing where there is none that can be.
    fn pattern(&self) -> Option<(&str, jsonschema::Validator)> {
        let pattern = self.node.get("pattern")?.as_str()?;
        Some((pattern, compile(&json!({"pattern": pattern})).ok()?))
    }

    /// Looks at what the declaration says by itself.
    fn check(&self, pointer: &Pointer, findings: &mut Findings) {
        let mut wrong = |key: &str, node: &Node, message: String, hint: &str| {
            let at = pointer.join(key);
            findings.add(draft(rule::INPUT_DECLARATION, node.span, at.as_str(), message).hint(hint));
        };
        if let Some(node) = self.node.get("pattern").filter(|node| node.as_str().is_some()) {
            if self.kind != Kind::String {
                let message =
                    format!("a `pattern` has a meaning for texts only; `{}` is {}", self.name, self.kind.expected());
                wrong("pattern", node, message, "remove it");
            } else if self.pattern().is_none() {
                let message = "this is not a regular expression that can be used here".to_owned();
                wrong("pattern", node, message, "look-around and back-references are not supported");
            }
        }
        for item in self.node.get("enum").map_or(&[][..], Node::items) {
            let misfit = match item.as_str().and_then(|text| self.kind.wrong_form(text)) {
                Some(_) => true,
                None => !self.kind.fits(&item.value) && !item.holds_broken(),
            };
            if misfit {
                let message = format!("`{}` can never be this: it must be {}", self.name, self.kind.expected());
                wrong("enum", item, message, "change the value, or the `type`");
            }
        }
    }
}
