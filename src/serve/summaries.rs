//! What the list tells of each run, kept: a run is read again only where something was added to it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Shared;
use super::failure::Failure;
use super::files::{failure, make};
use crate::journal::{RunHead, StoreError};
use crate::model::harmless;
use crate::report::{RunRow, RunSummary};

/// How many are kept. A run's name begins with its moment, so the oldest goes for one more.
const KEPT: usize = 10_000;

/// Summaries by the run's id, each with the number of entries that it was made of. One that couldn't be made is kept as
/// well: nobody wants to hear of it each time that somebody looks.
#[derive(Debug, Default)]
pub(super) struct Summaries(Mutex<BTreeMap<String, Kept>>);

type Kept = (Option<u64>, Option<Arc<RunSummary>>);

impl Summaries {
    fn kept(&self, head: &RunHead) -> Option<Option<Arc<RunSummary>>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(head.id.as_str()).filter(|(entries, _)| *entries == head.entries).map(|(_, summary)| summary.clone())
    }

    fn keep(&self, head: &RunHead, summary: Option<Arc<RunSummary>>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(head.id.to_string(), (head.entries, summary));
        if kept.len() > KEPT {
            kept.pop_first();
        }
    }
}

/// A run as the list shows it; none where it has been pruned meanwhile.
///
/// # Errors
/// When the store can't be read.
pub(super) async fn row(shared: &Shared, head: &RunHead) -> Result<Option<RunRow>, Failure> {
    let summary = match shared.summaries.kept(head) {
        Some(summary) => summary,
        None => match summary(shared, head).await? {
            Some(summary) => {
                shared.summaries.keep(head, summary.clone());
                summary
            }
            None => return Ok(None),
        },
    };
    let life = match &summary {
        Some(summary) if !summary.has_ended() => match shared.life(&head.id).await {
            Ok(life) => Some(life),
            Err(error @ StoreError::Database { .. }) => return Err(Failure::store(shared, error)),
            Err(error) => {
                unreadable(shared, head, &error.into());
                None
            }
        },
        _ => None,
    };
    Ok(Some(RunRow {
        id: head.id.to_string(),
        plan: head.plan.clone(),
        environment: head.environment.clone(),
        opened_at: head.opened_at,
        summary,
        life,
    }))
}

/// The summary of a run, of which one that is damaged has none: it must not hide the others.
async fn summary(shared: &Shared, head: &RunHead) -> Result<Option<Option<Arc<RunSummary>>>, Failure> {
    match make(shared, &head.id, |report| RunSummary::of(&report)).await {
        Ok(summary) => Ok(summary.map(|summary| Some(Arc::new(summary)))),
        Err(error) if Failure::is_of_all(&error) => Err(failure(shared, error)),
        Err(error) => {
            unreadable(shared, head, &error);
            Ok(Some(None))
        }
    }
}

/// Says that something of a run can't be read, which hides no other.
pub(super) fn unreadable(shared: &Shared, head: &RunHead, error: &anyhow::Error) {
    (shared.say)(&harmless(&format!("warning: run {} can't be read: {error:#}", head.id)));
}
