//! What formats without excerpts say of a problem, in plain and harmless lines.

use super::Finding;
use crate::model::harmless;

/// In which plans and environments it is, as far as its place doesn't say so.
pub(super) fn whereabouts(finding: &Finding) -> impl Iterator<Item = String> {
    [("plan", &finding.plans), ("environment", &finding.only_in)].into_iter().filter_map(|(noun, names)| {
        let quoted: Vec<String> = names.iter().map(|name| format!("`{}`", harmless(name))).collect();
        let plural = if names.len() == 1 { "" } else { "s" };
        (!names.is_empty()).then(|| format!("in {noun}{plural} {}", quoted.join(", ")))
    })
}

/// What to do next.
pub(super) fn hint(finding: &Finding) -> Option<String> {
    finding.diagnostic.hint.as_ref().map(|hint| format!("help: {}", harmless(hint)))
}

/// The message, and below it where it is and the hint.
pub(super) fn message(finding: &Finding) -> Vec<String> {
    let message = harmless(&finding.diagnostic.message);
    std::iter::once(message).chain(whereabouts(finding)).chain(hint(finding)).collect()
}

/// The other places that it has to do with, a line each.
pub(super) fn related(finding: &Finding) -> impl Iterator<Item = String> {
    finding.diagnostic.related.iter().map(|(place, what)| harmless(&format!("{place}: {what}")))
}
