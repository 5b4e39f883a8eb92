//! What happens in a run, event by event, for programs: one JSON object on a line, as it becomes durable in the journal.

use jiff::Timestamp;
use serde::Serialize;

use super::progress::words;
use crate::changeset::Changeset;
use crate::journal::{Closed, Entry, Record, Run, RunState};
use crate::model::{CreateOutcome, End, JobName, Millis, ResourceId, RestoreRecord, Shard, Slug, StatusClass};

/// The version of the events' form: it grows when a reader of the one before would misunderstand.
pub const EVENTS_VERSION: u32 = 1;

/// The JSON Schema of one event.
pub const EVENTS_SCHEMA: &str = include_str!("../../schema/events.schema.json");

/// One event.
#[derive(Debug, Serialize)]
struct Event<'a> {
    version: u32,
    run: &'a str,
    /// The number of the journal's entry; none for those that are no entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<&'a Slug>,
    #[serde(flatten)]
    what: What<'a>,
    /// The same in words, as the live log has it.
    text: String,
}

/// What happened, with what programs ask for.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum What<'a> {
    RunStarted {
        plan: &'a Slug,
        environment: &'a str,
        items: usize,
        shard: Option<Shard>,
        resumes: Option<&'a str>,
        simulated: bool,
    },
    Sending {
        job_name: &'a JobName,
        generation: u32,
        attempt: u32,
    },
    Accepted {
        restore: Option<&'a ResourceId>,
    },
    NotAccepted {
        may_be_sent_again: bool,
        wait_ms: Option<Millis>,
    },
    NotKnown {},
    Attached {
        job_name: &'a JobName,
        restore: Option<Shown<'a>>,
    },
    Observed {
        restore: Shown<'a>,
    },
    NotFound {},
    AttemptFailed {},
    Late {
        job_name: &'a JobName,
        restore: Shown<'a>,
    },
    Contradicted {
        restore: Shown<'a>,
    },
    Concurrency {
        allowed: u32,
    },
    Ended {
        end: End,
        is_success: bool,
    },
    Noted {},
    StopAsked {},
    RunEnded {
        how: Ending,
        /// Items that ended with success, of those that ended.
        succeeded: usize,
        ended: usize,
        /// Restores that may still run at the site.
        may_run: usize,
    },
}

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Every item is at its end.
    Completed,
    /// Somebody asked it to stop.
    Interrupted,
    /// It couldn't go on: the store or the lease failed. What runs at the site goes on.
    BrokenOff,
}

/// A restore as the site shows it.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    id: Option<&'a str>,
    status: String,
    class: StatusClass,
    is_final: bool,
    start_time: Option<Timestamp>,
    end_time: Option<Timestamp>,
    bytes: Option<u64>,
}

impl<'a> From<&'a RestoreRecord> for Shown<'a> {
    fn from(restore: &'a RestoreRecord) -> Self {
        Self {
            id: restore.execution_id.as_deref(),
            status: restore.status.to_string(),
            class: restore.status.class(),
            is_final: restore.is_final(),
            start_time: restore.start_time,
            end_time: restore.end_time,
            bytes: restore.bytes(),
        }
    }
}

/// Writes the events of one run.
#[derive(Debug)]
pub struct Events {
    run: String,
}

impl Events {
    /// Of this run.
    pub fn new(run: &Run) -> Self {
        Self { run: run.id.to_string() }
    }

    /// The first line: the run begins.
    pub fn started(&self, run: &Run, changeset: &Changeset) -> String {
        let what = What::RunStarted {
            plan: &run.plan,
            environment: &run.environment,
            items: changeset.items.len(),
            shard: changeset.shard(),
            resumes: run.resumes.as_ref().map(|resumed| resumed.as_str()),
            simulated: run.simulated,
        };
        let text = format!("run {} begins: plan {} in environment {}", run.id, run.plan, run.environment);
        self.line(None, run.opened_at, None, what, text)
    }

    /// The line of a durable entry; none for its last one, which [`Events::ended`] tells.
    pub fn entry(&self, entry: &Entry) -> Option<String> {
        let what = match &entry.record {
            Record::Intent { job_name, generation, attempt, .. } => {
                What::Sending { job_name, generation: *generation, attempt: *attempt }
            }
            Record::Replied { outcome: CreateOutcome::Applied { resource_id }, .. } => {
                What::Accepted { restore: resource_id.as_ref() }
            }
            Record::Replied { outcome: CreateOutcome::Rejected { retry, wait_ms, .. }, .. } => {
                What::NotAccepted { may_be_sent_again: *retry, wait_ms: *wait_ms }
            }
            Record::Replied { outcome: CreateOutcome::Unknown { .. }, .. } => What::NotKnown {},
            Record::Adopted { job_name, seen, .. } => {
                What::Attached { job_name, restore: seen.as_ref().map(Shown::from) }
            }
            Record::Observed { restore, .. } => What::Observed { restore: restore.into() },
            Record::NotFound { .. } => What::NotFound {},
            Record::AttemptFailed { .. } => What::AttemptFailed {},
            Record::Late { job_name, restore, .. } => What::Late { job_name, restore: restore.into() },
            Record::Contradicted { restore, .. } => What::Contradicted { restore: restore.into() },
            Record::Concurrency { allowed, .. } => What::Concurrency { allowed: *allowed },
            Record::Ended { end, .. } => What::Ended { end: *end, is_success: end.is_success() },
            Record::Noted { .. } => What::Noted {},
            Record::Closed { .. } => return None,
        };
        let text = words(&entry.record).map(|(_, text)| text).unwrap_or_default();
        Some(self.line(Some(entry.seq), entry.at, entry.record.item(), what, text))
    }

    /// Somebody asked the run to stop, or to leave.
    pub fn asked(&self, now: Timestamp, text: &str) -> String {
        self.line(None, now, None, What::StopAsked {}, text.to_owned())
    }

    /// The last line. Whether all is well is for the report to say: a run may end with restores that failed.
    pub fn ended(&self, state: &RunState, now: Timestamp) -> String {
        let ends = state.items.values().filter(|progress| progress.ended.is_some());
        let how = match state.closed {
            Some((_, Closed::Completed)) => Ending::Completed,
            Some((_, Closed::Interrupted)) => Ending::Interrupted,
            None => Ending::BrokenOff,
        };
        let (succeeded, ended) =
            ends.fold((0, 0), |(good, all), progress| (good + usize::from(progress.succeeded()), all + 1));
        let may_run = state.may_run().count();
        let at = state.closed.map_or(now, |(at, _)| at);
        let text = match how {
            Ending::Completed => format!("the run is at its end: {succeeded} of {ended} succeeded"),
            Ending::Interrupted => format!("the run was interrupted; {may_run} may still run at the site"),
            Ending::BrokenOff => format!("the run could not go on; {may_run} may still run at the site"),
        };
        self.line(None, at, None, What::RunEnded { how, succeeded, ended, may_run }, text)
    }

    fn line(&self, seq: Option<u64>, at: Timestamp, item: Option<&Slug>, what: What<'_>, text: String) -> String {
        let event = Event { version: EVENTS_VERSION, run: &self.run, seq, at, item, what, text };
        serde_json::to_string(&event).unwrap_or_default() + "\n"
    }
}
