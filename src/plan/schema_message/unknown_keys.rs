//! Keys that nobody knows, or that no key may be called.

use std::collections::HashSet;

use jsonschema::ValidationError;
use serde_json::Value;

use super::keyword::Keyword;
use super::secrets::scalars;
use super::{Found, Kind, found};
use crate::plan::findings::draft;
use crate::plan::node::{Entry, Node};
use crate::plan::pointer::Pointer;
use crate::plan::rule;
use crate::plan::suggest::{listed, nearest};

/// How many allowed keys are listed in a hint.
const SHORT_LIST: usize = 20;
/// How many keys are proposed in the place of one.
const MEANT: usize = 4;
/// How many unknown keys of one map are reported one by one.
const UNKNOWN_KEYS: usize = 50;

/// One finding for each unknown key of a map, up to a number that is certainly enough to start with.
pub(super) fn unknown_keys(keyword: &Keyword<'_>, node: &Node, at: &Pointer, unexpected: &[String]) -> Vec<Found> {
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

pub(super) fn property_names(
    keyword: &Keyword<'_>,
    node: &Node,
    at: &Pointer,
    inner: &ValidationError<'_>,
) -> Vec<Found> {
    let Some(entry) = inner.instance().as_str().and_then(|key| node.entry(key)) else { return Vec::new() };
    let inner = Keyword { schema: keyword.schema, path: inner.schema_path().as_str() };
    let expected = inner.title().unwrap_or("a name that may stand here");
    let message = format!("`{}` is not {expected}", entry.key);
    let draft = draft(rule::WRONG_FORM, entry.key_span, at.join(&entry.key).as_str(), message);
    vec![Found { breaks: false, ..found(draft, at.clone()) }]
}
