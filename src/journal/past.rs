//! What the journal knows of the creates of earlier runs.

use std::collections::BTreeMap;

use super::{Attempt, Entry, IllegalRecord, ItemState, Progress, Run, replay};
use crate::model::{CreateOutcome, End, JobName, PastAttempt, PastFate, ResourceId, RestoreRecord, StatusClass};

/// Every create that earlier runs recorded, oldest first, each with the last that is known of it. A name that a
/// later run settled takes that run's verdict. What was done at another `service` says nothing of this one; only
/// the numbers of its attempts are kept, and that a create may be on its way.
///
/// # Errors
/// When a run's entries don't fit together.
pub fn past_attempts(runs: &[(Run, Vec<Entry>)], service: &str) -> Result<Vec<PastAttempt>, IllegalRecord> {
    let mut known: BTreeMap<JobName, usize> = BTreeMap::new();
    let mut past: Vec<PastAttempt> = Vec::new();
    for (run, entries) in runs {
        for (item, progress) in replay(entries)?.items {
            let last = progress.attempts.len().saturating_sub(1);
            for (index, attempt) in progress.attempts.iter().enumerate() {
                let fate = match fate(attempt, &progress, index == last) {
                    PastFate::Open | PastFate::Accepted if run.service != service => PastFate::Open,
                    _ if run.service != service => PastFate::Gone,
                    fate => fate,
                };
                let entry = PastAttempt {
                    run: run.id.clone(),
                    item: item.clone(),
                    job_name: attempt.job_name.clone(),
                    at: attempt.began_at,
                    prior: attempt.prior.clone(),
                    resource_id: attempt
                        .resource_id()
                        .cloned()
                        .or_else(|| attempt.restore.as_ref()?.execution_id.clone().map(ResourceId::new)),
                    writes: attempt.writes.clone(),
                    fate,
                    doubled: progress.late.iter().any(|late| {
                        let known = attempt.restore.as_ref().is_none_or(|known| !known.may_be(late));
                        known && !attempt.not_found && attempt.is(late)
                    }),
                    measured: attempt.restore.as_ref().and_then(RestoreRecord::measured),
                };
                // Names that a plan sets itself repeat; derived ones repeat only when a later run adopts them.
                match known.get(&attempt.job_name).and_then(|index| past.get_mut(*index)) {
                    // An adopted restore is written down without its targets, which its intent has.
                    Some(earlier) if entry.writes.is_empty() => {
                        *earlier = PastAttempt { writes: std::mem::take(&mut earlier.writes), ..entry };
                    }
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

/// What is known of an attempt of an item, which may be its last.
fn fate(attempt: &Attempt, progress: &Progress, is_last: bool) -> PastFate {
    let seen = attempt.restore.as_ref();
    if let Some(restore) = seen.filter(|restore| restore.is_final()) {
        let doubles = progress.late.iter().filter(|late| late.job_name.as_ref() == Some(&attempt.job_name));
        let mut others = doubles.chain(progress.contradicted.as_ref().filter(|_| is_last));
        let is_success = restore.status.class().is_success();
        if others.any(|other| other.is_final() && other.status.class().is_success() != is_success) {
            return PastFate::Odd;
        }
        return match restore.status.class() {
            class if class.is_success() => PastFate::Succeeded,
            StatusClass::Failed | StatusClass::PartlyFailed => PastFate::Failed,
            _ => PastFate::Odd,
        };
    }
    if attempt.not_found || matches!(attempt.outcome, Some(CreateOutcome::Rejected { .. })) {
        return PastFate::Gone;
    }
    if is_last && matches!(progress.state, ItemState::Ended(End::Rejected)) {
        return PastFate::Gone;
    }
    let accepted = matches!(attempt.outcome, Some(CreateOutcome::Applied { .. }));
    if accepted || seen.is_some_and(|restore: &RestoreRecord| !restore.is_final()) {
        PastFate::Accepted
    } else {
        PastFate::Open
    }
}
