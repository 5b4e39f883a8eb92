//! What formats without excerpts say of a problem, in plain and harmless lines.

use super::Finding;
use crate::model::harmless;

/// `in environments `prod`, `staging``; none where it doesn't depend on the environment.
pub(super) fn environments(finding: &Finding) -> Option<String> {
    let names: Vec<String> = finding.only_in.iter().map(|name| format!("`{}`", harmless(name))).collect();
    match names.as_slice() {
        [] => None,
        [one] => Some(format!("in environment {one}")),
        all => Some(format!("in environments {}", all.join(", "))),
    }
}

/// The message, and below it the environments and the hint.
pub(super) fn message(finding: &Finding) -> Vec<String> {
    let diagnostic = &finding.diagnostic;
    let hint = diagnostic.hint.as_ref().map(|hint| format!("help: {}", harmless(hint)));
    std::iter::once(harmless(&diagnostic.message)).chain(environments(finding)).chain(hint).collect()
}

/// The other places that it has to do with, a line each.
pub(super) fn related(finding: &Finding) -> impl Iterator<Item = String> {
    finding.diagnostic.related.iter().map(|(place, what)| harmless(&format!("{place}: {what}")))
}
