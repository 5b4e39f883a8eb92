//! What the text of a value says and the value itself doesn't.

use crate::diagnostic::Draft;
use crate::plan::rule;
use crate::plan::schema_message::{IN_QUOTES, QUOTES_AWAY};

/// What to do about a value of the wrong kind, where its text tells more than the value: what is read as a comment or an
/// anchor, and what a template made. `rest` is the source from the value on.
pub(super) fn hint(found: &Draft, text: &str, rest: &str) -> Option<&'static str> {
    let hint = found.hint.as_deref();
    match () {
        () if found.rule != rule::WRONG_KIND => None,
        () if rest.starts_with('#') => Some("what begins with `#` is a comment; put the value in quotes"),
        () if rest.starts_with('&') => Some("what begins with `&` is an anchor; put the value in quotes"),
        () if !text.contains("{{") => None,
        () if hint == Some(QUOTES_AWAY) => {
            Some("a value that is exactly one template keeps its type; this one is text")
        }
        () if hint == Some(IN_QUOTES) => Some("let the input be of the type `string`"),
        () => None,
    }
}
