//! How long a run of a changeset will probably take. What is scheduled here is told by the engine, which owns the order; the
//! words stand beside the changeset, because reports show them.

use serde::{Deserialize, Serialize};

use super::{Basis, Changeset};
use crate::model::{Millis, count};

/// How long a run will probably take, and what that rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// From its first create call to the end of its last restore; none where nothing is known of any restore.
    pub duration_ms: Option<Millis>,
    /// How many restores the run would send or wait for.
    pub pending: usize,
    /// Of how many the item's own last restores tell.
    pub by_own: usize,
    /// How many of its own last restores that are, of the item with the fewest and of that with the most.
    pub own_restores: (usize, usize),
    /// Of how many the throughput of other restores of the plan tells.
    pub by_throughput: usize,
}

impl Forecast {
    /// What is known of the pending items of a changeset; the duration is for whoever knows the order.
    pub fn known(changeset: &Changeset) -> Self {
        let mut known = Self { duration_ms: None, pending: 0, by_own: 0, own_restores: (0, 0), by_throughput: 0 };
        for decision in changeset.items.iter().filter(|decision| decision.action.is_pending()) {
            known.pending += 1;
            match decision.estimate.map(|estimate| estimate.basis) {
                Some(Basis::OwnRestores(restores)) => {
                    known.by_own += 1;
                    let (least, most) = known.own_restores;
                    let least = if known.by_own == 1 { restores } else { least.min(restores) };
                    known.own_restores = (least, most.max(restores));
                }
                Some(Basis::Throughput { .. }) => known.by_throughput += 1,
                None => {}
            }
        }
        known
    }

    /// Of how many nothing is known.
    pub fn unknown(&self) -> usize {
        self.pending.saturating_sub(self.by_own).saturating_sub(self.by_throughput)
    }

    /// What it rests on, in words.
    pub fn basis(&self) -> String {
        let of = |number: usize| format!("{number} of {}", count(self.pending, "item"));
        let mut parts = Vec::new();
        if self.by_own > 0 {
            let last = match self.own_restores {
                (_, 1) => "the last restore".to_owned(),
                (least, most) if least == most => format!("the last {most} restores"),
                (least, most) => format!("the last {least} to {most} restores"),
            };
            parts.push(format!("by {last} of {}", of(self.by_own)));
        }
        if self.by_throughput > 0 {
            let whom = if self.by_own > 0 { self.by_throughput.to_string() } else { of(self.by_throughput) };
            parts.push(format!("by the size of {whom} and the plan's throughput"));
        }
        let known = parts.join(", ");
        match (self.unknown(), known.is_empty()) {
            (0, _) => known,
            (_, true) => "no restore of this plan was measured yet".to_owned(),
            (1, false) => format!("{known}; nothing is known of 1, which counts as the median of the others"),
            (more, false) => format!("{known}; nothing is known of {more}, which count as the median of the others"),
        }
    }
}
