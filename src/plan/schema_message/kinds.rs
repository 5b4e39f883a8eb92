//! Kinds of values in words, and what to do about one of the wrong kind.

use jsonschema::error::TypeKind;

use crate::plan::node::{Node, Yaml};

/// The hint for a text where something else is wanted.
pub(in crate::plan) const QUOTES_AWAY: &str = "take the quotes away";
/// The hint for something else where a text is wanted.
pub(in crate::plan) const IN_QUOTES: &str = "put it in quotes";

/// A type of JSON Schema in words.
pub(in crate::plan) fn kind_in_words(json: &str) -> &'static str {
    match json {
        "integer" => "an integer",
        "number" => "a number",
        "string" => "text",
        "boolean" => "`true` or `false`",
        "array" => "a list",
        "object" => "a map",
        _ => "nothing",
    }
}

/// Types in words: `an integer or text`.
pub(super) fn kinds(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => kind_in_words(&one.to_string()).to_owned(),
        TypeKind::Multiple(set) => {
            set.iter().map(|one| kind_in_words(&one.to_string())).collect::<Vec<_>>().join(" or ")
        }
    }
}

pub(super) fn wrong_kind_hint(node: &Node, kind: &TypeKind) -> Option<String> {
    kind_hint(node, |wanted| match kind {
        TypeKind::Single(one) => one.to_string() == wanted,
        TypeKind::Multiple(set) => set.iter().any(|one| one.to_string() == wanted),
    })
}

/// What to do about a number where a duration is wanted.
pub(in crate::plan) fn with_unit(node: &Node) -> Option<String> {
    match &node.value {
        Yaml::Number(n) => Some(format!("write `{n}s`, `{n}m` or `{n}h`")),
        _ => None,
    }
}

/// What to do about a value of the wrong kind. `takes` tells whether a type of JSON would do.
pub(in crate::plan) fn kind_hint(node: &Node, takes: impl Fn(&str) -> bool) -> Option<String> {
    match &node.value {
        Yaml::String(text) if takes("boolean") => {
            if matches!(text.as_str(), "true" | "false") {
                return Some(QUOTES_AWAY.to_owned());
            }
            let meant = match text.to_lowercase().as_str() {
                "yes" | "on" | "y" | "true" => "true",
                "no" | "off" | "n" | "false" => "false",
                _ => return None,
            };
            Some(format!("YAML 1.2 reads `{text}` as text; write `{meant}`"))
        }
        Yaml::String(text) if (takes("integer") || takes("number")) && text.parse::<f64>().is_ok() => {
            Some(QUOTES_AWAY.to_owned())
        }
        Yaml::Null => Some("give it a value, or remove the key".to_owned()),
        Yaml::Number(_) | Yaml::Bool(_) if takes("string") => Some(IN_QUOTES.to_owned()),
        Yaml::Map(entries) if takes("array") && entries.iter().any(|entry| entry.key.starts_with('-')) => {
            Some("write a space behind the `-` that begins an entry".to_owned())
        }
        Yaml::String(_) | Yaml::Map(_) if takes("array") => {
            Some("write it as a list: `[...]`, or lines that begin with `- `".to_owned())
        }
        _ => None,
    }
}
