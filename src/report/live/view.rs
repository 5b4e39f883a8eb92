//! The same moment as plain data, for a page that puts it into words and shapes of its own.

use jiff::Timestamp;

use super::Live;
use crate::journal::RunState;
use crate::model::{Millis, Slug};
use crate::report::screen::Tone;
use crate::report::standing::{Mark, Standing};

/// Where a run stands at a moment.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) struct View {
    /// How many ended with each mark, in the order in which they are shown.
    pub(in crate::report) ended: [(Mark, usize); 4],
    /// How many are under way.
    pub(in crate::report) running: usize,
    /// How many wait for their turn.
    pub(in crate::report) waiting: usize,
    /// Those under way, the ones that began first first; not all of them where there are many.
    pub(in crate::report) under_way: Vec<Under>,
    /// Why fewer are kept in flight than the plan allows.
    pub(in crate::report) lowered: Option<String>,
}

/// A restore that is under way.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::report) struct Under {
    pub(in crate::report) name: String,
    pub(in crate::report) status: String,
    pub(in crate::report) tone: Tone,
    pub(in crate::report) since: Timestamp,
    /// What it is expected to take.
    pub(in crate::report) expected: Option<Millis>,
    /// How much of it is there, and how much it is in all.
    pub(in crate::report) done: Option<u64>,
    pub(in crate::report) total: Option<u64>,
}

impl View {
    /// How many the run has to do in all.
    pub(in crate::report) fn total(&self) -> usize {
        self.ended.iter().fold(self.running.saturating_add(self.waiting), |sum, (_, ended)| sum.saturating_add(*ended))
    }
}

impl Live {
    /// Where it stands, with `most` of those that are under way.
    pub(in crate::report) fn view(&self, most: usize) -> View {
        let of = |mark: Mark| (mark, self.marks.values().filter(|one| **one == mark).count());
        let mut running: Vec<_> = self.running.iter().collect();
        running.sort_by_key(|(name, one)| (one.since, *name));
        let under = |(name, one): &(&Slug, &super::Running)| Under {
            name: name.to_string(),
            status: one.status.clone(),
            tone: one.tone,
            since: one.since,
            expected: self.expected.get(*name).copied(),
            done: one.done,
            total: one.total,
        };
        View {
            ended: [Mark::Good, Mark::Bad, Mark::Open, Mark::Untried].map(of),
            running: running.len(),
            waiting: self.waiting.len(),
            under_way: running.iter().take(most).map(under).collect(),
            lowered: self.lowered.as_ref().map(|(_, reason)| reason.clone()),
        }
    }

    /// How long the rest will take, and what says so; or that nothing does.
    pub(in crate::report) fn forecast(&self, now: Timestamp) -> String {
        self.rest(now)
    }

    /// Those that ended otherwise than well, by name, with where they stand and why.
    pub(in crate::report) fn not_well<'a>(
        &'a self,
        state: &'a RunState,
    ) -> impl Iterator<Item = (&'a Slug, Standing, &'a str)> {
        let wrong = self.marks.iter().filter(|(_, mark)| **mark != Mark::Good).map(|(name, _)| name);
        wrong.filter_map(|name| {
            let progress = state.items.get(name)?;
            let reason = progress.ended.as_ref().map_or("", |(_, reason)| reason.as_str());
            Some((name, Standing::of(Some(progress)), reason))
        })
    }
}
