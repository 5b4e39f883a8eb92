//! What a validator's error means for the person who wrote the document.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use crate::diagnostic::{Draft, Span};

use super::findings::draft;
use super::node::{Node, Yaml};
use super::pointer::Pointer;
use super::rule;
use super::schema::Schema;
use super::suggest::{did_you_mean, listed};

/// An error of the validator in our words.
pub(super) struct Found {
    pub(super) draft: Draft,
    /// The value that the error is about, in the validated document.
    pub(super) at: Pointer,
    pub(super) is_unknown_key: bool,
    /// It says that exactly one of several keys must be there.
    pub(super) is_exactly_one: bool,
    /// Nothing can be read from the value.
    pub(super) breaks: bool,
    /// What must not be shown of the text.
    pub(super) mask: Vec<Span>,
}

/// How many allowed keys are listed in a hint.
const SHORT_LIST: usize = 12;

/// Says what an error means. Empty where it only repeats what was reported before.
pub(super) fn describe(schema: &Schema, root: &Node, error: &ValidationError<'_>) -> Vec<Found> {
    let at = Pointer::from_text(error.instance_path().as_str());
    let steps = at.steps();
    let Some(node) = root.at(steps.iter().map(String::as_str)) else { return Vec::new() };
    if node.is_broken() {
        return Vec::new();
    }
    let keyword = Keyword { schema, path: error.schema_path().as_str() };
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            unexpected.iter().filter_map(|key| unknown_key(&keyword, node, &at, key)).collect()
        }
        ValidationErrorKind::PropertyNames { error: inner } => property_names(&keyword, node, &at, inner),
        ValidationErrorKind::AnyOf { context } => nearest_branch(schema, root, error, context),
        ValidationErrorKind::OneOfNotValid { context } if !all_require(context) => {
            nearest_branch(schema, root, error, context)
        }
        _ if at.as_str() == "/restores" && matches!(error.kind(), ValidationErrorKind::MinItems { .. }) => {
            // A rule says this better, also when it is `for_each` that selects nothing.
            Vec::new()
        }
        kind => {
            let is_exactly_one = matches!(
                kind,
                ValidationErrorKind::OneOfNotValid { .. } | ValidationErrorKind::OneOfMultipleValid { .. }
            );
            // A branch may only look wrong because a part of it couldn't be had.
            if is_exactly_one && node.entries().is_empty() && node.holds_broken() {
                return Vec::new();
            }
            let secret = keyword.is_secret();
            let draft =
                if secret && !is_exactly_one { literal_secret(node, &at) } else { plain(&keyword, node, &at, kind) };
            let mask = if secret { scalars(node) } else { Vec::new() };
            // A map that lacks a key is still read for all that it has.
            let breaks = !matches!(kind, ValidationErrorKind::Required { .. });
            vec![Found { draft, at, is_unknown_key: false, is_exactly_one, breaks, mask }]
        }
    }
}

/// The keyword of a schema that found the error.
struct Keyword<'a> {
    schema: &'a Schema,
    path: &'a str,
}

impl<'a> Keyword<'a> {
    /// The schema that the keyword is in.
    fn owner(&self) -> Option<&'a Value> {
        let (owner, _) = self.path.rsplit_once('/')?;
        self.schema.strict.pointer(owner)
    }

    /// What the value should be, in words.
    fn title(&self) -> Option<&'a str> {
        self.owner()?.get("title")?.as_str()
    }

    fn is_secret(&self) -> bool {
        self.path.starts_with("/$defs/secret/")
    }
}

fn found(draft: Draft, at: Pointer) -> Found {
    Found { draft, at, is_unknown_key: false, is_exactly_one: false, breaks: true, mask: Vec::new() }
}

fn unknown_key(keyword: &Keyword<'_>, node: &Node, at: &Pointer, key: &str) -> Option<Found> {
    let entry = node.entry(key)?;
    let properties = keyword.owner().and_then(|owner| owner.get("properties")).and_then(Value::as_object);
    let allowed: Vec<&str> = properties.into_iter().flat_map(|map| map.keys()).map(String::as_str).collect();
    let unused = allowed.iter().copied().filter(|key| node.entry(key).is_none());
    let hint = did_you_mean(key, unused).or_else(|| {
        let short = !allowed.is_empty() && allowed.len() <= SHORT_LIST;
        short.then(|| format!("keys that may stand here: {}", listed(allowed.iter().copied(), "and")))
    });
    let draft = if keyword.is_secret() {
        let message = format!("`{key}` doesn't refer to a secret");
        draft(rule::UNKNOWN_KEY, entry.key_span, at.join(key).as_str(), message)
    } else {
        draft(rule::UNKNOWN_KEY, entry.key_span, at.join(key).as_str(), format!("there is no key `{key}` here"))
    };
    // A value under a misspelt key may be a secret as well as anything else.
    let mask = scalars(&entry.value);
    let draft = draft.maybe_hint(hint);
    Some(Found { is_unknown_key: true, breaks: false, mask, ..found(draft, at.clone()) })
}

fn property_names(keyword: &Keyword<'_>, node: &Node, at: &Pointer, inner: &ValidationError<'_>) -> Vec<Found> {
    let Some(entry) = inner.instance().as_str().and_then(|key| node.entry(key)) else { return Vec::new() };
    let inner = Keyword { schema: keyword.schema, path: inner.schema_path().as_str() };
    let expected = inner.title().unwrap_or("a name that may stand here");
    let message = format!("`{}` is not {expected}", entry.key);
    let draft = draft(rule::WRONG_FORM, entry.key_span, at.join(&entry.key).as_str(), message);
    vec![Found { breaks: false, ..found(draft, at.clone()) }]
}

/// Whether every branch of a choice asks for nothing but a key.
fn all_require(context: &[Vec<ValidationError<'static>>]) -> bool {
    context.iter().flatten().all(|error| matches!(error.kind(), ValidationErrorKind::Required { .. }))
}

/// The errors of the branch that the author seems to have meant: the one that fails furthest inside,
/// then the one with the fewest errors.
fn nearest_branch(
    schema: &Schema,
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

fn literal_secret(node: &Node, at: &Pointer) -> Draft {
    let message = "a secret can't stand in a file; only a reference to it can";
    draft(rule::LITERAL_SECRET, node.span, at.as_str(), message).hint(
        "write `{env: NAME}`, `{file: PATH}` or `{command: [program, argument]}`, and change the secret if it was real",
    )
}

/// The spans of all scalars in a value, and of it itself where it has no parts.
fn scalars(node: &Node) -> Vec<Span> {
    match &node.value {
        Yaml::List(items) => items.iter().flat_map(scalars).collect(),
        Yaml::Map(entries) => entries.iter().flat_map(|entry| scalars(&entry.value)).collect(),
        _ => vec![node.span],
    }
}

/// Everything that has one message for one value.
fn plain(keyword: &Keyword<'_>, node: &Node, at: &Pointer, kind: &ValidationErrorKind) -> Draft {
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
        ValidationErrorKind::OneOfNotValid { .. } | ValidationErrorKind::OneOfMultipleValid { .. } => {
            exactly_one(keyword, node, at)
        }
        ValidationErrorKind::Type { kind } => {
            let expected = title.map_or_else(|| kinds(kind), str::to_owned);
            let found = match &node.value {
                Yaml::Null => "nothing".to_owned(),
                _ => format!("{} ({shown})", node.kind()),
            };
            let hint = wrong_kind_hint(node, kind);
            here(rule::WRONG_KIND, format!("this must be {expected}; it is {found}")).maybe_hint(hint)
        }
        ValidationErrorKind::Enum { options } => {
            let options: Vec<&str> = options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let hint = node.as_str().and_then(|text| did_you_mean(text, options.iter().copied()));
            here(rule::WRONG_VALUE, format!("{shown} is none of {}", listed(options, "and"))).maybe_hint(hint)
        }
        ValidationErrorKind::Constant { expected_value } => {
            here(rule::WRONG_VALUE, format!("this must be `{expected_value}`; it is {shown}"))
        }
        ValidationErrorKind::Pattern { pattern } => {
            let expected = title.map_or_else(|| format!("in the form `{pattern}`"), str::to_owned);
            here(rule::WRONG_FORM, format!("{shown} is not {expected}"))
        }
        ValidationErrorKind::Minimum { limit } => {
            here(rule::OUT_OF_BOUNDS, format!("{shown} is too small; the least is {limit}"))
        }
        ValidationErrorKind::Maximum { limit } => {
            here(rule::OUT_OF_BOUNDS, format!("{shown} is too large; the most is {limit}"))
        }
        ValidationErrorKind::MinLength { .. } => here(rule::OUT_OF_BOUNDS, "this can't be empty".to_owned()),
        ValidationErrorKind::MaxLength { limit } => {
            here(rule::OUT_OF_BOUNDS, format!("{shown} is too long; it may have {limit} characters"))
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

fn exactly_one(keyword: &Keyword<'_>, node: &Node, at: &Pointer) -> Draft {
    let branches = keyword.schema.strict.pointer(keyword.path).and_then(Value::as_array);
    let keys: Vec<&str> =
        branches.into_iter().flatten().filter_map(|branch| branch.pointer("/required/0")?.as_str()).collect();
    let given: Vec<&str> = keys.iter().copied().filter(|key| node.entry(key).is_some()).collect();
    if let [_, second, ..] = given.as_slice() {
        let span = node.entry(second).map_or(node.span, |entry| entry.key_span);
        let message = format!("{} exclude each other", listed(given.iter().copied(), "and"));
        return draft(rule::EXACTLY_ONE, span, at.join(second).as_str(), message).hint("keep one of them");
    }
    let message = format!("one of {} must be here", listed(keys, "or"));
    draft(rule::EXACTLY_ONE, node.span, at.as_str(), message)
}

/// Types in words: `an integer or text`.
fn kinds(kind: &TypeKind) -> String {
    let name = |json: &str| match json {
        "integer" => "an integer",
        "number" => "a number",
        "string" => "text",
        "boolean" => "`true` or `false`",
        "array" => "a list",
        "object" => "a map",
        _ => "nothing",
    };
    match kind {
        TypeKind::Single(one) => name(&one.to_string()).to_owned(),
        TypeKind::Multiple(set) => {
            set.iter().map(|one| name(&one.to_string()).to_owned()).collect::<Vec<_>>().join(" or ")
        }
    }
}

fn wrong_kind_hint(node: &Node, kind: &TypeKind) -> Option<String> {
    let takes = |wanted: &str| match kind {
        TypeKind::Single(one) => one.to_string() == wanted,
        TypeKind::Multiple(set) => set.iter().any(|one| one.to_string() == wanted),
    };
    match &node.value {
        Yaml::String(text) if takes("boolean") => {
            let meant = match text.to_lowercase().as_str() {
                "yes" | "on" | "y" | "true" => "true",
                "no" | "off" | "n" | "false" => "false",
                _ => return None,
            };
            Some(format!("YAML 1.2 reads `{text}` as text; write `{meant}`"))
        }
        Yaml::String(text) if (takes("integer") || takes("number")) && text.parse::<f64>().is_ok() => {
            Some("take the quotes away".to_owned())
        }
        Yaml::Number(_) | Yaml::Bool(_) if takes("string") => Some("put it in quotes".to_owned()),
        Yaml::String(_) | Yaml::Map(_) if takes("array") => {
            Some("write it as a list: `[...]`, or lines that begin with `- `".to_owned())
        }
        _ => None,
    }
}
