//! What receivers of webhooks are told: that a run begins, that it is known to miss an objective, and that it is over.

mod tally;
mod text;
mod watch;

use jiff::Timestamp;
use serde::Serialize;

use self::tally::{Counts, Tally};
use self::watch::Watch;
use super::event::Ending;
use super::{ObjectiveReport, ObjectiveVerdict, Report, RunProgress, VerdictReport};
use crate::changeset::Changeset;
use crate::journal::{Closed, Entry, Run, RunState};
use crate::model::{Millis, NoticeEvent, Shard};

/// The version of the notices' form: it grows when a reader of the one before would misunderstand.
pub const NOTICE_VERSION: u32 = 1;

/// The JSON Schema of a notice.
pub const NOTICE_SCHEMA: &str = include_str!("../../../schema/webhook.schema.json");

/// One notice, which is the body of a delivery.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notice {
    version: u32,
    /// The same for every delivery of this notice, so that a receiver can drop one that came twice.
    id: String,
    event: NoticeEvent,
    at: Timestamp,
    /// All of it in one line; chat services show this alone.
    text: String,
    run: RunNotice,
    plan: PlanNotice,
    environment: String,
    counts: Counts,
    /// What the site says it restored; none before the end.
    bytes_restored: Option<u64>,
    /// How the run ended; none before the end.
    how: Option<Ending>,
    /// What it came to; none before the end, and where the journal can't be read.
    verdict: Option<VerdictReport>,
    /// The objective that is missed, where that is what is told.
    objective: Option<ObjectiveReport>,
    /// All objectives of the plan; none before the end.
    objectives: Vec<ObjectiveReport>,
}

/// The run that a notice is about.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct RunNotice {
    id: String,
    /// The run that it goes on with.
    resumes: Option<String>,
    shard: Option<Shard>,
    simulated: bool,
    opened_by: String,
    started_at: Timestamp,
    ended_at: Option<Timestamp>,
    duration_ms: Option<Millis>,
}

/// The plan that it carries out.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct PlanNotice {
    name: String,
    owner: Option<String>,
    contact: Option<String>,
    ticket: Option<String>,
    criticality: Option<String>,
}

impl Notice {
    /// What it tells of.
    pub fn event(&self) -> NoticeEvent {
        self.event
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The body of a delivery.
    pub fn body(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Makes the notices of one run, kept up to date entry by entry.
#[derive(Debug)]
pub struct Notices {
    run: RunNotice,
    plan: PlanNotice,
    environment: String,
    tally: Tally,
    watch: Watch,
    closed: Option<Closed>,
}

impl Notices {
    /// A run that begins, with what is to be told of that.
    pub fn begin(run: &Run, changeset: &Changeset) -> (Self, Vec<Notice>) {
        let purpose = &changeset.plan.purpose;
        let (watch, missed) = Watch::new(run.opened_at, changeset);
        let notices = Self {
            run: RunNotice {
                id: run.id.to_string(),
                resumes: run.resumes.as_ref().map(ToString::to_string),
                shard: changeset.shard(),
                simulated: run.simulated,
                opened_by: run.opened_by.clone(),
                started_at: run.opened_at,
                ended_at: None,
                duration_ms: None,
            },
            plan: PlanNotice {
                name: run.plan.to_string(),
                owner: purpose.owner.clone(),
                contact: purpose.contact.clone(),
                ticket: purpose.ticket.clone(),
                criticality: purpose.criticality.clone(),
            },
            environment: run.environment.clone(),
            tally: Tally::new(changeset),
            watch,
            closed: None,
        };
        let pending = changeset.items.iter().filter(|decision| decision.action.is_pending()).count();
        let started = Notice {
            text: text::started(&notices.run, &notices.plan, &notices.environment, (changeset.items.len(), pending)),
            ..notices.notice(NoticeEvent::Started, run.opened_at)
        };
        let missed = missed.map(|missed| notices.missed(missed, run.opened_at));
        let all = std::iter::once(started).chain(missed).collect();
        (notices, all)
    }

    /// An entry of the journal is durable; `state` is where the run stands with it. Gives what is to be told of it.
    pub fn hear(&mut self, entry: &Entry, state: &RunState) -> Option<Notice> {
        self.tally.hear(entry, state);
        self.closed = state.closed.map(|(_, how)| how);
        let missed = self.watch.hear(entry)?;
        Some(self.missed(missed, entry.at))
    }

    /// The moment from which a run that still goes on misses its recovery time.
    pub fn due(&self) -> Option<Timestamp> {
        self.watch.due()
    }

    /// The run still goes on at this moment. Gives what is to be told if its recovery time is over.
    pub fn overdue(&mut self, now: Timestamp) -> Option<Notice> {
        let missed = self.watch.overdue(now)?;
        Some(self.missed(missed, now))
    }

    /// The run is over, and this is its report: what it missed and wasn't told of yet, and its end.
    pub fn finished(&mut self, report: &Report) -> Vec<Notice> {
        let at = report.run.ended_at.unwrap_or(report.generated_at);
        self.run.ended_at = report.run.ended_at;
        self.run.duration_ms = report.run.duration_ms;
        let missed = report.objectives.iter().filter(|objective| objective.verdict == ObjectiveVerdict::Missed);
        let new: Vec<ObjectiveReport> = missed.filter(|missed| self.watch.tells(missed.kind)).cloned().collect();
        let how = match report.run.state {
            RunProgress::Completed => Ending::Completed,
            RunProgress::Interrupted => Ending::Interrupted,
            RunProgress::NotEnded => Ending::BrokenOff,
        };
        let finished = Notice {
            text: text::finished(&self.run, &self.plan, &self.environment, report),
            how: Some(how),
            verdict: Some(report.verdict.clone()),
            bytes_restored: report.bytes_restored,
            objectives: report.objectives.clone(),
            ..self.notice(NoticeEvent::Finished, at)
        };
        new.into_iter().map(|missed| self.missed(missed, at)).chain([finished]).collect()
    }

    /// No report can be made of the run: it could not go on, or was at its end before.
    pub fn unreported(&self, now: Timestamp) -> Notice {
        let how = match self.closed {
            Some(Closed::Completed) => Ending::Completed,
            Some(Closed::Interrupted) => Ending::Interrupted,
            None => Ending::BrokenOff,
        };
        Notice {
            text: text::unreported(&self.run, &self.plan, &self.environment, how, self.tally.may_run()),
            how: Some(how),
            ..self.notice(NoticeEvent::Finished, now)
        }
    }

    fn missed(&self, objective: ObjectiveReport, at: Timestamp) -> Notice {
        let notice = self.notice(NoticeEvent::ObjectiveMissed, at);
        let kind = objective.kind.code();
        Notice {
            id: format!("{}:{kind}", notice.id),
            text: text::missed(&self.run, &self.plan, &self.environment, &objective),
            objective: Some(objective),
            ..notice
        }
    }

    fn notice(&self, event: NoticeEvent, at: Timestamp) -> Notice {
        Notice {
            version: NOTICE_VERSION,
            id: format!("{}:{}", self.run.id, event.code()),
            event,
            at,
            text: String::new(),
            run: self.run.clone(),
            plan: self.plan.clone(),
            environment: self.environment.clone(),
            counts: self.tally.counts(),
            bytes_restored: None,
            how: None,
            verdict: None,
            objective: None,
            objectives: Vec::new(),
        }
    }
}
