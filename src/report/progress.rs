//! The live log of a run: one line for each entry that a person wants to see.

use super::screen::{Style, Tone, pad};
use super::standing::Standing;
use super::wording::{bytes, harmless};
use crate::journal::{Closed, Entry, Record};
use crate::model::{CreateOutcome, RestoreRecord};

/// One line (without a break) for an entry of the journal, or none where it says nothing new to a person.
/// `names` is the width of the longest item name, so that the lines stand in columns.
pub fn event_line(entry: &Entry, names: usize, style: Style) -> Option<String> {
    let (tone, words) = words(&entry.record)?;
    let item = entry.record.item().map_or("", |item| item.as_str());
    let words = style.paint(tone, &harmless(&words));
    Some(format!("{}  {}  {words}", style.zone.time_of_day(entry.at), pad(&harmless(item), names, false)))
}

/// What a record says to a person; none where it says nothing new.
pub(super) fn words(record: &Record) -> Option<(Tone, String)> {
    Some(match record {
        Record::Intent { job_name, attempt, .. } => {
            let again = if *attempt > 1 { format!(" (attempt {attempt})") } else { String::new() };
            (Tone::Faint, format!("sending as {job_name}{again}"))
        }
        Record::Replied { outcome: CreateOutcome::Applied { resource_id: Some(id) }, .. } => {
            (Tone::Plain, format!("accepted by the site as restore {id}"))
        }
        Record::Replied { outcome: CreateOutcome::Applied { resource_id: None }, .. } => {
            (Tone::Plain, "accepted by the site".to_owned())
        }
        Record::Replied { outcome: CreateOutcome::Rejected { message, retry, wait_ms }, .. } => {
            let then = match (retry, wait_ms) {
                (true, Some(wait)) => format!("; the site asks to wait {wait}"),
                (true, None) => "; may be sent again".to_owned(),
                (false, _) => String::new(),
            };
            (Tone::Bad, format!("not accepted: {message}{then}"))
        }
        Record::Replied { outcome: CreateOutcome::Unknown { message }, .. } => {
            (Tone::Open, format!("no usable reply: {message}; looking for it at the site"))
        }
        Record::Adopted { job_name, seen: Some(restore), .. } => {
            (Tone::Plain, format!("attached to {job_name}: {}", restore_words(restore)))
        }
        Record::Adopted { job_name, seen: None, .. } => {
            (Tone::Open, format!("an earlier run may have sent {job_name}; looking for it at the site"))
        }
        Record::Observed { restore, .. } => (Tone::Plain, format!("the site shows {}", restore_words(restore))),
        Record::NotFound { .. } => (Tone::Open, "the site showed nothing of it in a whole settle window".to_owned()),
        Record::AttemptFailed { reason, .. } => (Tone::Bad, format!("attempt failed: {reason}; another one follows")),
        Record::Late { job_name, restore, .. } => {
            (Tone::Bad, format!("{job_name} turned up after it had been given up: {}", restore_words(restore)))
        }
        Record::Contradicted { restore, .. } => {
            (Tone::Bad, format!("after its end, the site now shows {}", restore_words(restore)))
        }
        Record::Concurrency { reason, .. } => (Tone::Open, reason.clone()),
        Record::Ended { end, reason, .. } => {
            let mark = Standing::Ended(*end).mark();
            (mark.into(), format!("{} {end}: {reason}", mark.sign()))
        }
        Record::Noted { text, .. } => (Tone::Faint, text.clone()),
        Record::Closed { how: Closed::Completed } => return None,
        Record::Closed { how: Closed::Interrupted } => (Tone::Open, "the run was interrupted".to_owned()),
    })
}

/// Whether an entry says something that doesn't show in the live view, which has what is under way.
pub fn is_news(record: &Record) -> bool {
    !matches!(
        record,
        Record::Intent { .. }
            | Record::Replied { outcome: CreateOutcome::Applied { .. }, .. }
            | Record::Adopted { seen: Some(_), .. }
            | Record::Observed { .. }
    )
}

fn restore_words(restore: &RestoreRecord) -> String {
    let mut words = restore.status.to_string();
    if let Some(id) = &restore.execution_id {
        words.push_str(&format!(" (restore {id})"));
    }
    let done = restore.sub_tasks.iter().filter(|task| task.end_time.is_some()).count();
    if !restore.sub_tasks.is_empty() {
        words.push_str(&format!(", {done} of {} sub-tasks ended", restore.sub_tasks.len()));
    }
    if let Some(told) = restore.bytes().filter(|told| *told > 0) {
        words.push_str(&format!(", {}", bytes(told)));
    }
    words
}
