//! What a validator's error means for the person who wrote the document.

mod keyword;
mod kinds;
mod secrets;
mod unknown_keys;
mod values;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;

use crate::diagnostic::{Draft, Span};

use super::node::{Node, Yaml};
use super::pointer::Pointer;
use super::schema::Schema;
use keyword::Keyword;
use secrets::{guarded, is_pattern, literal_secret, no_variable, scalars};
use unknown_keys::{property_names, unknown_keys};
use values::{exactly_one, plain};

pub(super) use kinds::{IN_QUOTES, QUOTES_AWAY, kind_hint, kind_in_words, with_unit};

/// An error of the validator in our words.
pub(super) struct Found {
    pub(super) draft: Draft,
    /// The value that the error is about, in the validated document.
    pub(super) at: Pointer,
    pub(super) kind: Kind,
    /// The key that an unknown one was probably meant to be.
    pub(super) meant: Option<&'static str>,
    /// Nothing can be read from the value.
    pub(super) breaks: bool,
    /// What must not be shown of the text.
    pub(super) mask: Vec<Span>,
}

/// Errors that other errors can explain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A key that nobody knows.
    UnknownKey,
    /// This key isn't there.
    Missing(String),
    /// Exactly one of several keys must be there.
    ExactlyOne,
    /// Anything else.
    Other,
}

/// Says what an error means. Empty where it only repeats what was reported before.
pub(super) fn describe(schema: &'static Schema, root: &Node, error: &ValidationError<'_>) -> Vec<Found> {
    let at = Pointer::from_text(error.instance_path().as_str());
    let steps = at.steps();
    let Some(node) = root.at(steps.iter().map(String::as_str)) else { return Vec::new() };
    if node.is_broken() {
        return Vec::new();
    }
    let keyword = Keyword { schema, path: error.schema_path().as_str() };
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unknown_keys(&keyword, node, &at, unexpected),
        ValidationErrorKind::PropertyNames { error: inner } => property_names(&keyword, node, &at, inner),
        ValidationErrorKind::AnyOf { context } => nearest_branch(schema, root, error, context),
        ValidationErrorKind::OneOfNotValid { context } if !all_require(context) => {
            nearest_branch(schema, root, error, context)
        }
        _ if at.as_str() == "/restores" && matches!(error.kind(), ValidationErrorKind::MinItems { .. }) => {
            // A rule says this better, also when it is `for_each` that selects nothing.
            Vec::new()
        }
        ValidationErrorKind::OneOfNotValid { .. } | ValidationErrorKind::OneOfMultipleValid { .. } => {
            // What is no map has the wrong kind, and that is said already.
            if !matches!(node.value, Yaml::Map(_)) {
                return Vec::new();
            }
            let mask = if keyword.is_secret() { scalars(node) } else { Vec::new() };
            vec![Found { kind: Kind::ExactlyOne, mask, ..found(exactly_one(&keyword, node, &at), at) }]
        }
        kind => {
            let (draft, mask) = if keyword.path.starts_with("/$defs/secret/properties/env/") && is_pattern(kind) {
                (no_variable(node, &at), scalars(node))
            } else if keyword.is_secret() {
                (literal_secret(node, &at), scalars(node))
            } else if keyword.guards(node, &at, kind) {
                (guarded(&keyword, node, &at, kind), scalars(node))
            } else {
                (plain(&keyword, node, &at, kind), Vec::new())
            };
            let (kind, breaks) = match kind {
                // A map that lacks a key is still read for all that it has.
                ValidationErrorKind::Required { property } => {
                    (Kind::Missing(property.as_str().unwrap_or_default().to_owned()), false)
                }
                _ => (Kind::Other, true),
            };
            vec![Found { kind, breaks, mask, ..found(draft, at) }]
        }
    }
}

fn found(draft: Draft, at: Pointer) -> Found {
    Found { draft, at, kind: Kind::Other, meant: None, breaks: true, mask: Vec::new() }
}

/// Whether every branch of a choice asks for nothing but a key.
fn all_require(context: &[Vec<ValidationError<'static>>]) -> bool {
    context.iter().flatten().all(|error| matches!(error.kind(), ValidationErrorKind::Required { .. }))
}

/// The errors of the branch that the author seems to have meant: the one that fails furthest inside,
/// then the one with the fewest errors.
fn nearest_branch(
    schema: &'static Schema,
    root: &Node,
    error: &ValidationError<'_>,
    context: &[Vec<ValidationError<'static>>],
) -> Vec<Found> {
    let own = error.instance_path().as_str().len();
    let best = context.iter().filter(|errors| !errors.is_empty()).min_by_key(|errors| {
        let wrong_kind = errors.iter().any(|inner| {
            inner.instance_path().as_str().len() == own && matches!(inner.kind(), ValidationErrorKind::Type { .. })
        });
        (wrong_kind, errors.len())
    });
    best.into_iter().flatten().flat_map(|inner| describe(schema, root, inner)).collect()
}
