//! Where a secret may stand in the text: nothing of it is shown.

use jsonschema::error::ValidationErrorKind;

use super::keyword::Keyword;
use super::kinds::{kinds, wrong_kind_hint};
use crate::diagnostic::{Draft, Span};
use crate::plan::findings::draft;
use crate::plan::node::{Node, Yaml};
use crate::plan::pointer::Pointer;
use crate::plan::rule;

pub(super) fn is_pattern(kind: &ValidationErrorKind) -> bool {
    matches!(kind, ValidationErrorKind::Pattern { .. })
}

/// It may be the secret itself, so it isn't shown.
pub(super) fn no_variable(node: &Node, at: &Pointer) -> Draft {
    let message = "a secret can't stand in a file, and this is not the name of an environment variable";
    draft(rule::LITERAL_SECRET, node.span, at.as_str(), message)
        .hint("write the name alone, of letters, digits and `_`, without `$`; change the secret if it was real")
}

pub(super) fn literal_secret(node: &Node, at: &Pointer) -> Draft {
    let message = "a secret can't stand in a file; only a reference to it can";
    draft(rule::LITERAL_SECRET, node.span, at.as_str(), message).hint(
        "write `{env: NAME}`, `{file: PATH}` or `{command: [program, argument]}`, and change the secret if it was real",
    )
}

/// The spans of all scalars in a value, and of it itself where it has no parts.
pub(super) fn scalars(node: &Node) -> Vec<Span> {
    match &node.value {
        Yaml::List(items) => items.iter().flat_map(scalars).collect(),
        Yaml::Map(entries) => entries.iter().flat_map(|entry| scalars(&entry.value)).collect(),
        _ => vec![node.span],
    }
}

/// As [`super::values::plain`], without a word of the value.
pub(super) fn guarded(keyword: &Keyword<'_>, node: &Node, at: &Pointer, kind: &ValidationErrorKind) -> Draft {
    match kind {
        ValidationErrorKind::Type { kind } => {
            let expected = keyword.title().filter(|_| keyword.is_duration()).map_or_else(|| kinds(kind), str::to_owned);
            let message = format!("this must be {expected}; it is {}", node.kind());
            let hint = if keyword.is_duration() {
                Some("write it with a unit".to_owned())
            } else {
                wrong_kind_hint(node, kind)
            };
            draft(rule::WRONG_KIND, node.span, at.as_str(), message).maybe_hint(hint)
        }
        _ => {
            let expected = keyword.title().unwrap_or("in the form that it must have");
            let message = format!("this is not {expected}; a login doesn't belong in it");
            draft(rule::WRONG_FORM, node.span, at.as_str(), message)
        }
    }
}
