//! What a validator's error means for the person who wrote the document.

use std::collections::HashSet;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use crate::diagnostic::{Draft, Span};
use crate::model::Slug;

use super::findings::draft;
use super::node::{Entry, Node, Yaml};
use super::pointer::Pointer;
use super::rule;
use super::schema::{PLAN, RESTORE, Schema};
use super::suggest::{did_you_mean, listed, nearest};

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

/// How many allowed keys are listed in a hint.
const SHORT_LIST: usize = 20;
/// The hint for a text where something else is wanted.
pub(super) const QUOTES_AWAY: &str = "take the quotes away";
/// The hint for something else where a text is wanted.
pub(super) const IN_QUOTES: &str = "put it in quotes";
/// How many keys are proposed in the place of one.
const MEANT: usize = 4;
/// How many unknown keys of one map are reported one by one.
const UNKNOWN_KEYS: usize = 50;
/// Where keys are that people look for in other places: in the schemas, and in words.
const HOMES: [(&str, &str); 11] = [
    ("", "the top of the file"),
    ("/$defs/restore", "a restore"),
    ("/$defs/object", "an entry of `objects`"),
    ("/$defs/restore/properties/options", "`options`"),
    ("/$defs/source", "`source`"),
    ("/$defs/target", "`target`"),
    ("/$defs/execution", "`source.execution`"),
    ("/$defs/limits", "`limits`"),
    ("/properties/limits", "`limits`"),
    ("/properties/api", "`api`"),
    ("/properties/guard", "`guard`"),
];

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

/// The keyword of a schema that found the error.
struct Keyword<'a> {
    schema: &'static Schema,
    path: &'a str,
}

impl Keyword<'_> {
    /// The schema that the keyword is in.
    fn owner(&self) -> Option<&'static Value> {
        let (owner, _) = self.path.rsplit_once('/')?;
        self.schema.strict.pointer(owner)
    }

    /// What the value should be, in words.
    fn title(&self) -> Option<&'static str> {
        self.owner()?.get("title")?.as_str()
    }

    fn is_secret(&self) -> bool {
        self.path.starts_with("/$defs/secret/")
    }

    fn is_duration(&self) -> bool {
        self.path.starts_with("/$defs/duration/")
    }

    /// Whether the value is a name that we give, of a plan or of a restore.
    fn is_name(&self) -> bool {
        self.path.starts_with("/$defs/plan_name/") || self.path.starts_with("/$defs/restore_name/")
    }

    /// Where a key belongs that isn't known here.
    fn home_of(&self, key: &str) -> Option<String> {
        // A restore's schema holds nothing of the plan around it.
        let whole = if std::ptr::eq(self.schema, &*RESTORE) { &PLAN.strict } else { &self.schema.strict };
        let is_home = |at: &str| whole.pointer(at)?.get("properties")?.get(key);
        let (_, home) = HOMES.into_iter().find(|(at, _)| is_home(at).is_some())?;
        Some(format!("`{key}` belongs to {home}"))
    }

    /// Whether the value may be a secret that strayed: something of the wrong kind, or an address with a login in it.
    fn guards(&self, node: &Node, at: &Pointer, kind: &ValidationErrorKind) -> bool {
        let strayed = match kind {
            ValidationErrorKind::Type { .. } => !matches!(node.value, Yaml::Null),
            ValidationErrorKind::Pattern { .. } => node.as_str().is_some_and(|text| text.contains('@')),
            _ => false,
        };
        let near_secrets = at.as_str().is_empty() || at.as_str().starts_with("/api");
        self.schema.guarded && near_secrets && strayed
    }
}

fn found(draft: Draft, at: Pointer) -> Found {
    Found { draft, at, kind: Kind::Other, meant: None, breaks: true, mask: Vec::new() }
}

/// One finding for each unknown key of a map, up to a number that is certainly enough to start with.
fn unknown_keys(keyword: &Keyword<'_>, node: &Node, at: &Pointer, unexpected: &[String]) -> Vec<Found> {
    let properties = keyword.owner().and_then(|owner| owner.get("properties")).and_then(Value::as_object);
    let allowed: Vec<&'static str> = properties.into_iter().flat_map(|map| map.keys()).map(String::as_str).collect();
    let unused: Vec<&'static str> = allowed.iter().copied().filter(|key| node.entry(key).is_none()).collect();
    let unexpected: HashSet<&str> = unexpected.iter().map(String::as_str).collect();
    let unknown: Vec<&Entry> = node.entries().iter().filter(|entry| unexpected.contains(entry.key.as_str())).collect();
    let mut all: Vec<Found> = Vec::new();
    for entry in unknown.iter().take(UNKNOWN_KEYS) {
        let meant = nearest(&entry.key, unused.iter().copied());
        let near = meant.map(|meant| format!("did you mean `{meant}`?")).or_else(|| longer(&entry.key, &unused));
        let hint = near.or_else(|| keyword.home_of(&entry.key)).or_else(|| {
            let short = !allowed.is_empty() && allowed.len() <= SHORT_LIST;
            short.then(|| format!("keys that may stand here: {}", listed(allowed.iter().copied(), "and")))
        });
        let message = if keyword.is_secret() {
            format!("`{}` doesn't refer to a secret", entry.key)
        } else {
            format!("there is no key `{}` here", entry.key)
        };
        let draft = draft(rule::UNKNOWN_KEY, entry.key_span, at.join(&entry.key).as_str(), message).maybe_hint(hint);
        all.push(Found { kind: Kind::UnknownKey, meant, breaks: false, ..found(draft, at.clone()) });
    }
    if let Some(more) = unknown.get(UNKNOWN_KEYS) {
        let message = format!("{} more keys from here on have no meaning", unknown.len() - UNKNOWN_KEYS);
        let draft = draft(rule::UNKNOWN_KEY, more.key_span, at.as_str(), message);
        all.push(Found { kind: Kind::UnknownKey, breaks: false, ..found(draft, at.clone()) });
    }
    // A value under a misspelt key may be a secret as well as anything else.
    if keyword.schema.guarded
        && let Some(first) = all.first_mut()
    {
        first.mask = unknown.iter().flat_map(|entry| scalars(&entry.value)).collect();
    }
    all
}

/// The keys that somebody may have meant who wrote one word of them.
fn longer(word: &str, keys: &[&str]) -> Option<String> {
    let word = word.to_lowercase();
    let with_it: Vec<&str> = keys.iter().copied().filter(|key| key.split('_').any(|part| part == word)).collect();
    (1..=MEANT).contains(&with_it.len()).then(|| format!("did you mean {}?", listed(with_it, "or")))
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

fn is_pattern(kind: &ValidationErrorKind) -> bool {
    matches!(kind, ValidationErrorKind::Pattern { .. })
}

/// It may be the secret itself, so it isn't shown.
fn no_variable(node: &Node, at: &Pointer) -> Draft {
    let message = "a secret can't stand in a file, and this is not the name of an environment variable";
    draft(rule::LITERAL_SECRET, node.span, at.as_str(), message)
        .hint("write the name alone, of letters, digits and `_`, without `$`; change the secret if it was real")
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

/// As [`plain`], without a word of the value.
fn guarded(keyword: &Keyword<'_>, node: &Node, at: &Pointer, kind: &ValidationErrorKind) -> Draft {
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

fn exactly_one(keyword: &Keyword<'_>, node: &Node, at: &Pointer) -> Draft {
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

/// A type of JSON Schema in words.
pub(super) fn kind_in_words(json: &str) -> &'static str {
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
fn kinds(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => kind_in_words(&one.to_string()).to_owned(),
        TypeKind::Multiple(set) => {
            set.iter().map(|one| kind_in_words(&one.to_string())).collect::<Vec<_>>().join(" or ")
        }
    }
}

fn wrong_kind_hint(node: &Node, kind: &TypeKind) -> Option<String> {
    kind_hint(node, |wanted| match kind {
        TypeKind::Single(one) => one.to_string() == wanted,
        TypeKind::Multiple(set) => set.iter().any(|one| one.to_string() == wanted),
    })
}

/// What to do about a number where a duration is wanted.
pub(super) fn with_unit(node: &Node) -> Option<String> {
    match &node.value {
        Yaml::Number(n) => Some(format!("write `{n}s`, `{n}m` or `{n}h`")),
        _ => None,
    }
}

/// What to do about a value of the wrong kind. `takes` tells whether a type of JSON would do.
pub(super) fn kind_hint(node: &Node, takes: impl Fn(&str) -> bool) -> Option<String> {
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
