//! Which items a reader must see first, on every surface that can't show them all at once.

use super::document::{ItemReport, Report};
use super::standing::Mark;

/// How an item stands for its reader: one that succeeded, and of which another restore turned up late, isn't settled.
pub(super) fn look(item: &ItemReport) -> Mark {
    match item.result.mark() {
        Mark::Good if !item.late.is_empty() => Mark::Open,
        mark => mark,
    }
}

/// All items, those that went wrong first, then those that nobody knows of, those that weren't tried, and the rest; each in the
/// plan's order.
pub(super) fn worst_first(report: &Report) -> Vec<&ItemReport> {
    let mut items: Vec<&ItemReport> = report.items.iter().collect();
    items.sort_by_key(|item| match look(item) {
        Mark::Bad => 0,
        Mark::Open => 1,
        Mark::Untried => 2,
        Mark::Good => 3,
    });
    items
}

/// Why an item stands where it does, in one sentence: the site's own first words where it has any.
pub(super) fn why(item: &ItemReport) -> String {
    let late = item.late.first().map(|late| {
        let name = late.job_name.as_deref().unwrap_or("a restore without a name");
        format!("`{name}` turned up after it had been given up: {}", late.status)
    });
    let reason = item.reason.clone().or_else(|| item.attempts.is_empty().then(|| item.action_reason.clone()));
    let restore = item.attempts.last().and_then(|last| last.restore.as_ref());
    let error = restore.and_then(|restore| restore.errors.first()).filter(|_| look(item) != Mark::Good).cloned();
    let known: Vec<String> = late.into_iter().chain(reason).chain(error).collect();
    known.join("; ")
}
