//! A run as it grows: what the live page shows of it, made of the journal's entries as they come.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Serialize;

use super::{Life, Served, live};
use crate::changeset::Changeset;
use crate::journal::{Closed, Entry, Run, RunState};
use crate::report::document::ShardReport;
use crate::report::live::Live;
use crate::report::page::markup::Piece;
use crate::report::progress::{is_news, words};
use crate::report::screen::Tone;
use crate::report::standing::Mark;
use crate::report::{ReportError, shards};

/// How many of the last things that happened are shown.
const TOLD: usize = 40;

/// A run that is watched.
#[derive(Debug)]
pub struct Follow {
    pub(super) run: Facts,
    pub(super) live: Live,
    pub(super) state: RunState,
    pub(super) told: VecDeque<Told>,
}

/// What doesn't change while a run goes on.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) id: String,
    pub(super) plan: String,
    pub(super) file: String,
    pub(super) environment: String,
    pub(super) shard: Option<String>,
    pub(super) resumes: Option<String>,
    pub(super) simulated: bool,
    pub(super) opened_at: Timestamp,
    pub(super) opened_by: String,
}

/// Something that happened.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) at: Timestamp,
    pub(super) item: String,
    pub(super) tone: Tone,
    pub(super) words: String,
}

/// The parts of the live page that change, each as a piece of the page: foreign text is escaped in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parts {
    /// How the run stands: `good`, `bad` or `open`.
    pub mark: &'static str,
    /// The pieces, by the ids of their places.
    pub parts: [(&'static str, Piece); 5],
}

impl Follow {
    /// Begins with a run and all entries so far.
    ///
    /// # Errors
    /// When its changeset or an entry can't be read.
    pub fn new(run: &Run, entries: &[Entry]) -> Result<Self, ReportError> {
        let changeset: Changeset = run.changeset.read().map_err(|source| ReportError::Changeset {
            run: run.id.to_string(),
            tool_version: run.tool_version.clone(),
            source,
        })?;
        let mut follow = Self {
            run: Facts {
                id: run.id.to_string(),
                plan: run.plan.to_string(),
                file: changeset.plan.file.clone(),
                environment: run.environment.clone(),
                shard: ShardReport::of(&changeset).as_ref().map(shards::shard_words),
                resumes: run.resumes.as_ref().map(ToString::to_string),
                simulated: run.simulated,
                opened_at: run.opened_at,
                opened_by: run.opened_by.clone(),
            },
            live: Live::new(&changeset, run.opened_at),
            state: RunState::default(),
            told: VecDeque::new(),
        };
        follow.hear(entries)?;
        Ok(follow)
    }

    /// What was added.
    ///
    /// # Errors
    /// When an entry doesn't fit.
    pub fn hear(&mut self, entries: &[Entry]) -> Result<(), ReportError> {
        for entry in entries {
            self.state.apply(entry).map_err(|source| ReportError::Journal { run: self.run.id.clone(), source })?;
            self.live.hear(entry, &self.state);
            if let Some((tone, words)) = is_news(&entry.record).then(|| words(&entry.record)).flatten() {
                let item = entry.record.item().map(ToString::to_string).unwrap_or_default();
                self.told.push_front(Told { at: entry.at, item, tone, words });
                self.told.truncate(TOLD);
            }
        }
        Ok(())
    }

    /// The number of the last entry.
    pub fn seq(&self) -> u64 {
        self.state.seq
    }

    /// Whether the run has come to its end.
    pub fn has_ended(&self) -> bool {
        self.state.closed.is_some()
    }

    /// How long the rest will take, as far as anything tells.
    pub fn forecast(&self, now: Timestamp) -> String {
        self.live.forecast(now)
    }

    /// The parts of the page at a moment.
    pub fn parts(&self, life: Life, now: Timestamp) -> Parts {
        live::parts(self, life, now)
    }

    /// The whole page at a moment.
    pub fn page(&self, life: Life, now: Timestamp) -> Served {
        live::page(self, life, now)
    }

    /// How it stands, for the eye that skims. What the verdict will be is for the report to say.
    pub(super) fn mark(&self, life: Life) -> Mark {
        let bad = self.live.not_well(&self.state).any(|(_, standing, _)| standing.mark() == Mark::Bad);
        let well = self.live.not_well(&self.state).next().is_none();
        match self.state.closed {
            _ if bad => Mark::Bad,
            Some((_, Closed::Completed)) if well => Mark::Good,
            None if life == Life::Gone => Mark::Bad,
            _ => Mark::Open,
        }
    }
}
