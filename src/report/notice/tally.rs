//! How many restores of a run stand where while it goes on, kept up to date item by item.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::changeset::Changeset;
use crate::journal::{Entry, Progress, RunState};
use crate::model::Slug;
use crate::report::Standing;
use crate::report::standing::Mark;

/// How many restores stand where; together they are the total.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    pub(super) total: usize,
    /// Restored, or there already.
    pub(super) succeeded: usize,
    /// Failed, partly or refused.
    pub(super) failed: usize,
    /// Given up, or shown otherwise by the site since: nobody knows what is there.
    pub(super) not_known: usize,
    /// Ended without an attempt of this run.
    pub(super) not_executed: usize,
    /// Sent, and not at their end.
    pub(super) running: usize,
    /// Not begun.
    pub(super) waiting: usize,
}

/// Where one restore stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Succeeded,
    Failed,
    NotKnown,
    NotExecuted,
    Running,
    Waiting,
}

/// Counts a run's restores.
#[derive(Debug)]
pub(super) struct Tally {
    counts: Counts,
    /// Those that don't wait, and whether they may run at the site: also one that was given up may.
    places: BTreeMap<Slug, (Place, bool)>,
}

impl Tally {
    /// A run that begins: everything waits.
    pub(super) fn new(changeset: &Changeset) -> Self {
        let total = changeset.items.len();
        Self { counts: Counts { total, waiting: total, ..Counts::default() }, places: BTreeMap::new() }
    }

    pub(super) fn hear(&mut self, entry: &Entry, state: &RunState) {
        let Some(item) = entry.record.item() else { return };
        let Some(progress) = state.items.get(item) else { return };
        let now = Place::of(progress);
        let before =
            self.places.insert(item.clone(), (now, progress.may_run())).map_or(Place::Waiting, |(place, _)| place);
        let left = self.counts.at(before);
        *left = left.saturating_sub(1);
        *self.counts.at(now) += 1;
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// How many may run at the site.
    pub(super) fn may_run(&self) -> usize {
        self.places.values().filter(|(_, may_run)| *may_run).count()
    }
}

impl Counts {
    fn at(&mut self, place: Place) -> &mut usize {
        match place {
            Place::Succeeded => &mut self.succeeded,
            Place::Failed => &mut self.failed,
            Place::NotKnown => &mut self.not_known,
            Place::NotExecuted => &mut self.not_executed,
            Place::Running => &mut self.running,
            Place::Waiting => &mut self.waiting,
        }
    }
}

impl Place {
    fn of(progress: &Progress) -> Self {
        let standing = Standing::of(Some(progress));
        match standing {
            Standing::NotStarted | Standing::RetryNotStarted => Self::Waiting,
            Standing::Running | Standing::Unsettled | Standing::Unsure => Self::Running,
            Standing::Ended(_) | Standing::Contradicted => match standing.mark() {
                Mark::Good => Self::Succeeded,
                Mark::Bad => Self::Failed,
                Mark::Open => Self::NotKnown,
                Mark::Untried => Self::NotExecuted,
            },
        }
    }
}
