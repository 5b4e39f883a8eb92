//! Values that are not what they must be, and keys that exclude each other.

use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use super::keyword::Keyword;
use super::kinds::{kinds, with_unit, wrong_kind_hint};
use crate::diagnostic::Draft;
use crate::model::Slug;
use crate::plan::findings::draft;
use crate::plan::node::{Node, Yaml};
use crate::plan::pointer::Pointer;
use crate::plan::rule;
use crate::plan::suggest::{did_you_mean, listed};

/// Everything that has one message for one value.
pub(super) fn plain(keyword: &Keyword<'_>, node: &Node, at: &Pointer, kind: &ValidationErrorKind) -> Draft {
    let at_text = at.as_str();
    let here = |rule, message: String| draft(rule, node.span, at_text, message);
    let title = keyword.title();
    let shown = shown(node);
    match kind {
        ValidationErrorKind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            let name = node.get("name").and_then(Node::as_str).map_or(String::new(), |name| format!(" of `{name}`"));
            here(rule::MISSING_KEY, format!("the key `{key}`{name} is missing")).hint(format!("add `{key}:`"))
        }
        ValidationErrorKind::Type { kind } => {
            let expected = title.filter(|_| !at_text.is_empty()).map_or_else(|| kinds(kind), str::to_owned);
            let units = match &node.value {
                Yaml::String(_) | Yaml::Number(_) | Yaml::Bool(_) if keyword.path.starts_with("/$defs/input/") => {
                    let of = match node.kind() {
                        "text" => "string",
                        kind => kind.trim_start_matches("an ").trim_start_matches("a "),
                    };
                    Some(format!("write `{{type: {of}, default: {}}}`", shown.trim_matches('`')))
                }
                _ if keyword.is_duration() => with_unit(node),
                _ => None,
            };
            let hint = units.or_else(|| wrong_kind_hint(node, kind));
            here(rule::WRONG_KIND, format!("this must be {expected}; it is {}", kind_and_value(node))).maybe_hint(hint)
        }
        ValidationErrorKind::Enum { options } => {
            let options: Vec<&str> = options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let hint = node.as_str().and_then(|text| did_you_mean(text, options.iter().copied()));
            here(rule::WRONG_VALUE, format!("{shown} is none of {}", listed(options, "and"))).maybe_hint(hint)
        }
        ValidationErrorKind::Constant { expected_value } => {
            let message = format!("this must be `{expected_value}`; it is {}", kind_and_value(node));
            here(rule::WRONG_VALUE, message).hint(format!("write `{expected_value}`"))
        }
        ValidationErrorKind::Pattern { pattern } => {
            let expected = title.map_or_else(|| format!("in the form `{pattern}`"), str::to_owned);
            let message = format!("{shown} is not {expected}");
            if keyword.is_name() {
                let near = Slug::words(node.as_str().unwrap_or_default());
                let hint = Slug::parse(&near).ok().map(|near| format!("write `{near}`"));
                return here(rule::NAME, message).maybe_hint(hint);
            }
            here(rule::WRONG_FORM, message)
        }
        ValidationErrorKind::Minimum { limit } => {
            here(rule::OUT_OF_BOUNDS, format!("{shown} is too small; the least is {limit}"))
        }
        ValidationErrorKind::Maximum { limit } => {
            here(rule::OUT_OF_BOUNDS, format!("{shown} is too large; the most is {limit}"))
        }
        ValidationErrorKind::MinLength { .. } => here(rule::OUT_OF_BOUNDS, "this can't be empty".to_owned()),
        ValidationErrorKind::MaxLength { limit } => {
            let rule = if keyword.is_name() { rule::NAME } else { rule::OUT_OF_BOUNDS };
            here(rule, format!("{shown} is too long; it may have {limit} characters"))
        }
        ValidationErrorKind::MinItems { limit: 1 } => here(rule::OUT_OF_BOUNDS, "this list can't be empty".to_owned()),
        ValidationErrorKind::MinProperties { limit: 1 } => {
            here(rule::OUT_OF_BOUNDS, "this map can't be empty".to_owned())
        }
        other => {
            let expected = title.unwrap_or("what the schema asks for");
            here(rule::WRONG_VALUE, format!("this is not {expected} (`{}`)", other.keyword()))
        }
    }
}

/// What kind of value it is, and the value where it is one in a word.
fn kind_and_value(node: &Node) -> String {
    match &node.value {
        Yaml::Null | Yaml::List(_) | Yaml::Map(_) => node.kind().to_owned(),
        _ => format!("{} ({})", node.kind(), shown(node)),
    }
}

/// A value as a message shows it.
fn shown(node: &Node) -> String {
    let text = match &node.value {
        Yaml::String(text) => text.clone(),
        Yaml::List(_) | Yaml::Map(_) => return node.kind().to_owned(),
        _ => node.to_json().to_string(),
    };
    if text.chars().count() > 60 {
        return format!("`{}…`", text.chars().take(60).collect::<String>());
    }
    format!("`{text}`")
}

pub(super) fn exactly_one(keyword: &Keyword<'_>, node: &Node, at: &Pointer) -> Draft {
    let branches = keyword.schema.strict.pointer(keyword.path).and_then(Value::as_array);
    let keys: Vec<&str> =
        branches.into_iter().flatten().filter_map(|branch| branch.pointer("/required/0")?.as_str()).collect();
    let given: Vec<&str> = keys.iter().copied().filter(|key| node.entry(key).is_some()).collect();
    if let [_, second, ..] = given.as_slice() {
        let span = node.entry(second).map_or(node.span, |entry| entry.key_span);
        let message = format!("{} exclude each other", listed(given.iter().copied(), "and"));
        let in_a_list = at.steps().last().is_some_and(|step| step.parse::<usize>().is_ok());
        let hint = if in_a_list { "give each an entry of its own, or keep one of them" } else { "keep one of them" };
        return draft(rule::EXACTLY_ONE, span, at.join(second).as_str(), message).hint(hint);
    }
    let message = format!("one of {} must be here", listed(keys, "or"));
    draft(rule::EXACTLY_ONE, node.span, at.as_str(), message)
}
