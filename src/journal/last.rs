//! How items ended when they were last run.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, IllegalRecord, ItemState, Run, replay};
use crate::model::Slug;

/// The items whose last run at a service ended badly: failed, timed out, not accepted, skipped or refused. A run that didn't
/// bring an item to an end says nothing of it. `runs` come oldest first.
///
/// # Errors
/// When a run's entries don't fit together.
pub fn ended_badly(runs: &[(Run, Vec<Entry>)], service: &str) -> Result<BTreeSet<Slug>, IllegalRecord> {
    let mut last: BTreeMap<Slug, bool> = BTreeMap::new();
    for (_, entries) in runs.iter().filter(|(run, _)| run.service == service) {
        for (item, progress) in replay(entries)?.items {
            if matches!(progress.state, ItemState::Ended(_)) {
                last.insert(item, !progress.succeeded());
            }
        }
    }
    Ok(last.into_iter().filter(|(_, badly)| *badly).map(|(item, _)| item).collect())
}
