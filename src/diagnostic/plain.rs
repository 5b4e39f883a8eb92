//! What formats without excerpts say of a problem, in plain and harmless lines.

use super::Finding;
use crate::model::harmless;

/// In which environments it is; none where it doesn't depend on the environment.
pub(super) fn environments(finding: &Finding) -> Option<String> {
    let names: Vec<String> = finding.only_in.iter().map(|name| format!("`{}`", harmless(name))).collect();
    match names.as_slice() {
        [] => None,
        [one] => Some(format!("in environment {one}")),
        all => Some(format!("in environments {}", all.join(", "))),
    }
}

/// What to do next.
pub(super) fn hint(finding: &Finding) -> Option<String> {
    finding.diagnostic.hint.as_ref().map(|hint| format!("help: {}", harmless(hint)))
}

/// The message, and below it the environments and the hint.
pub(super) fn message(finding: &Finding) -> Vec<String> {
    let message = harmless(&finding.diagnostic.message);
    std::iter::once(message).chain(environments(finding)).chain(hint(finding)).collect()
}

/// The other places that it has to do with, a line each.
pub(super) fn related(finding: &Finding) -> impl Iterator<Item = String> {
    finding.diagnostic.related.iter().map(|(place, what)| harmless(&format!("{place}: {what}")))
}
