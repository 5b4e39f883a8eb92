//! What the journal knows of the creates of earlier runs.

use std::collections::BTreeMap;

use super::{IllegalRecord, ItemState, Run, replay};
use crate::journal::Entry;
use crate::model::{CreateOutcome, End, JobName, PastAttempt, PastFate, RestoreRecord};

/// Every create that earlier runs recorded, oldest first, each with the last that is known of it.
/// A name that a later run settled takes that run's verdict.
///
/// # Errors
/// When a run's entries don't fit together.
pub fn past_attempts(runs: &[(Run, Vec<Entry>)]) -> Result<Vec<PastAttempt>, IllegalRecord> {
    let mut known: BTreeMap<JobName, usize> = BTreeMap::new();
    let mut past: Vec<PastAttempt> = Vec::new();
    for (run, entries) in runs {
        for (item, progress) in replay(entries)?.items {
            let last = progress.attempts.len().saturating_sub(1);
            for (index, attempt) in progress.attempts.iter().enumerate() {
                let under_way = index == last && progress.may_run();
                let succeeded = index == last && matches!(progress.state, ItemState::Ended(end) if end.is_success());
                let seen = attempt.restore.as_ref();
                let fate = if succeeded || seen.is_some_and(|r| r.is_final() && r.status.class().is_success()) {
                    PastFate::Succeeded
                } else if attempt.not_found || matches!(attempt.outcome, Some(CreateOutcome::Rejected { .. })) {
                    PastFate::Gone
                } else if under_way || matches!(progress.state, ItemState::Ended(End::Unknown)) && index == last {
                    PastFate::Open
                } else if seen.is_some_and(RestoreRecord::is_final) || attempt.over_at.is_some() {
                    PastFate::Failed
                } else {
                    PastFate::Open
                };
                let entry = PastAttempt {
                    run: run.id.clone(),
                    item: item.clone(),
                    job_name: attempt.job_name.clone(),
                    at: attempt.began_at,
                    prior: attempt.prior.clone(),
                    fate,
                };
                // Names that a plan sets itself repeat; derived ones repeat only when a later run adopts them.
                match known.get(&attempt.job_name).and_then(|index| past.get_mut(*index)) {
                    Some(earlier) => *earlier = entry,
                    None => {
                        known.insert(attempt.job_name.clone(), past.len());
                        past.push(entry);
                    }
                }
            }
        }
    }
    Ok(past)
}
