//! One attempt of an item, and the restore that the site showed for it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::document::{AnswerKind, AnswerReport, AttemptReport, ServiceReport, SubTaskReport};
use crate::journal::{Attempt, Entry, Record};
use crate::model::{CreateOutcome, Millis, RestoreRecord, Slug, SubTask};

/// Why attempts were over, by item and by the attempt's place in it: the fold keeps when, the entries say why.
pub(super) fn over_reasons(entries: &[Entry]) -> BTreeMap<Slug, BTreeMap<usize, String>> {
    let mut begun: BTreeMap<&Slug, usize> = BTreeMap::new();
    let mut reasons: BTreeMap<Slug, BTreeMap<usize, String>> = BTreeMap::new();
    for entry in entries {
        match &entry.record {
            Record::Intent { item, .. } | Record::Adopted { item, .. } => *begun.entry(item).or_default() += 1,
            Record::AttemptFailed { item, reason } => {
                let place = begun.get(item).copied().unwrap_or(0).saturating_sub(1);
                reasons.entry(item.clone()).or_default().insert(place, reason.clone());
            }
            _ => {}
        }
    }
    reasons
}

/// Tells an attempt. `known_until` is the last moment at which our own clock vouches for the item.
pub(super) fn attempt(attempt: &Attempt, failed: Option<&String>, known_until: Timestamp) -> AttemptReport {
    let restore = attempt.restore.as_ref();
    let work_began_at = restore.and_then(work_began);
    let work_ended_at = restore.and_then(work_ended);
    // The site's clock and ours may differ by more than the wait: a start outside of what we saw tells nothing.
    let until = attempt.over_at.unwrap_or(known_until);
    let fits = |began: &Timestamp| !attempt.adopted && attempt.began_at <= *began && *began <= until;
    AttemptReport {
        job_name: attempt.job_name.to_string(),
        generation: attempt.generation,
        number: attempt.number,
        adopted: attempt.adopted,
        began_at: attempt.began_at,
        answer: attempt.outcome.as_ref().map(|outcome| answer(outcome, attempt.answered_at)),
        first_seen_at: attempt.first_seen_at,
        over_at: attempt.over_at,
        over_reason: over_reason(attempt, failed),
        not_found: attempt.not_found,
        work_began_at,
        work_ended_at,
        waiting_ms: work_began_at.filter(fits).map(|began| Millis::between(attempt.began_at, began)),
        working_ms: span(work_began_at, work_ended_at),
        restore: restore.map(service),
    }
}

fn answer(outcome: &CreateOutcome, at: Option<Timestamp>) -> AnswerReport {
    let (kind, resource_id, message) = match outcome {
        CreateOutcome::Applied { resource_id } => (AnswerKind::Accepted, resource_id.as_ref(), None),
        CreateOutcome::Rejected { message, .. } => (AnswerKind::Rejected, None, Some(message.clone())),
        CreateOutcome::Unknown { message } => (AnswerKind::Lost, None, Some(message.clone())),
    };
    AnswerReport { kind, at, resource_id: resource_id.map(ToString::to_string), message }
}

fn over_reason(attempt: &Attempt, failed: Option<&String>) -> Option<String> {
    if let Some(reason) = failed {
        return Some(reason.clone());
    }
    match &attempt.outcome {
        _ if attempt.not_found => Some("a whole settle window passed, and the site showed nothing of it".to_owned()),
        Some(CreateOutcome::Rejected { message, .. }) => Some(message.clone()),
        _ => None,
    }
}

/// When the site began to work: with its first sub-task where it lists any that began, else with the restore itself.
/// A restore that waits in the queue or for a lock has not begun, whatever its start time says.
fn work_began(restore: &RestoreRecord) -> Option<Timestamp> {
    let waits = restore.status.is_queued();
    let first = restore.sub_tasks.iter().filter_map(|task| task.start_time).min();
    first.or(restore.start_time.filter(|_| !waits))
}

fn work_ended(restore: &RestoreRecord) -> Option<Timestamp> {
    let last = || restore.sub_tasks.iter().filter_map(|task| task.end_time).max();
    restore.end_time.or_else(last).filter(|_| restore.is_final())
}

fn span(from: Option<Timestamp>, to: Option<Timestamp>) -> Option<Millis> {
    from.zip(to).filter(|(from, to)| from <= to).map(|(from, to)| Millis::between(from, to))
}

/// Tells a restore as the site showed it.
pub(super) fn service(restore: &RestoreRecord) -> ServiceReport {
    ServiceReport {
        job_name: restore.job_name.as_ref().map(ToString::to_string),
        job_id: restore.job_id.clone(),
        execution_id: restore.execution_id.clone(),
        status: restore.status.to_string(),
        status_class: restore.status.class(),
        is_final: restore.is_final(),
        status_details: restore.status_details.clone(),
        start_time: restore.start_time,
        end_time: restore.end_time,
        bytes: restore.bytes(),
        errors: restore.errors.clone(),
        warnings: restore.warnings.clone(),
        restored_objects: restore.restored_objects.clone(),
        sub_tasks: restore.sub_tasks.iter().map(sub_task).collect(),
        source_site: restore.source_site.as_ref().map(ToString::to_string),
        target_site: restore.target_site.as_ref().map(ToString::to_string),
        dr_site: restore.dr_site.as_ref().map(ToString::to_string),
        snapshot_name: restore.snapshot_name.clone(),
        snapshot_size: restore.snapshot_size.clone(),
        is_failover: restore.is_failover,
    }
}

fn sub_task(task: &SubTask) -> SubTaskReport {
    SubTaskReport {
        name: task.name.clone(),
        status: task.status.to_string(),
        status_class: task.status.class(),
        status_details: task.status_details.clone(),
        start_time: task.start_time,
        end_time: task.end_time,
        duration_ms: span(task.start_time, task.end_time),
        bytes: task.bytes,
    }
}
