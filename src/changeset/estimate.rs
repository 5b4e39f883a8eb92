//! How long restores will probably take, by what earlier ones took: what the order of a run and its forecast rest on.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Decision;
use crate::model::{Measured, Millis, PastAttempt, RestoreRecord};

/// How many of the last restores of an item count. Older ones were of other data.
const LAST: usize = 5;

/// How many of the last restores of the plan count for its throughput.
const REMEMBERED: usize = 101;

/// How long a restore will probably take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// From its start to its end at the site.
    pub duration_ms: Millis,
    /// What that rests on.
    pub basis: Basis,
}

/// What an estimate rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The median of the item's last restores, by bytes where those of then and of now are known.
    OwnRestores(usize),
    /// The bytes to restore, at the median throughput of so many restores of the plan.
    Throughput {
        /// In bytes a second.
        bytes_per_second: u64,
        /// How many restores it was measured over.
        restores: usize,
    },
}

/// Estimates every item of which something is known. `past` are the creates that the journal holds, oldest first.
pub(super) fn estimate(items: &mut [Decision], past: &[PastAttempt]) {
    let shown =
        |decision: &Decision| decision.saw.restores.iter().filter_map(RestoreRecord::measured).collect::<Vec<_>>();
    let listed: BTreeSet<_> = items
        .iter()
        .flat_map(|decision| &decision.saw.restores)
        .filter_map(|restore| restore.job_name.clone())
        .collect();
    // What the site still shows isn't taken from the journal once more.
    let journal = || past.iter().filter(|past| !listed.contains(&past.job_name));
    let mut all: Vec<Measured> = journal().filter_map(|past| past.measured).collect();
    all.extend(items.iter().flat_map(shown));
    let throughput = Throughput::of(all.get(all.len().saturating_sub(REMEMBERED)..).unwrap_or(&[]));
    for decision in items {
        let name = &decision.item.name;
        let mut own: Vec<Measured> =
            journal().filter(|past| past.item == *name).filter_map(|past| past.measured).collect();
        own.extend(shown(decision));
        let own = own.get(own.len().saturating_sub(LAST)..).unwrap_or(&[]);
        let scaled = own.iter().map(|measured| measured.for_bytes(decision.bytes).0).collect();
        decision.estimate = match (median(scaled), decision.bytes, &throughput) {
            (Some(took), ..) => Some(Estimate { duration_ms: Millis(took), basis: Basis::OwnRestores(own.len()) }),
            (None, Some(bytes), Some(throughput)) => Some(throughput.estimate(bytes)),
            _ => None,
        };
    }
}

impl Measured {
    /// How long so many bytes would have taken, where both numbers are known.
    fn for_bytes(&self, bytes: Option<u64>) -> Millis {
        let scaled = self.bytes.filter(|then| *then > 0).zip(bytes).and_then(|(then, now)| {
            u64::try_from(u128::from(self.took_ms.0).saturating_mul(u128::from(now)) / u128::from(then)).ok()
        });
        scaled.map_or(self.took_ms, Millis)
    }
}

/// How fast restores of the plan went.
struct Throughput {
    bytes_per_second: u64,
    restores: usize,
}

impl Throughput {
    fn of(measured: &[Measured]) -> Option<Self> {
        let rate = |one: &Measured| {
            let bytes = u128::from(one.bytes.filter(|bytes| *bytes > 0)?);
            u64::try_from(bytes.saturating_mul(1000).checked_div(u128::from(one.took_ms.0))?).ok()
        };
        let rates: Vec<u64> = measured.iter().filter_map(rate).collect();
        let restores = rates.len();
        let bytes_per_second = median(rates).filter(|rate| *rate > 0)?;
        Some(Self { bytes_per_second, restores })
    }

    fn estimate(&self, bytes: u64) -> Estimate {
        let took = u128::from(bytes).saturating_mul(1000).checked_div(u128::from(self.bytes_per_second)).unwrap_or(0);
        let basis = Basis::Throughput { bytes_per_second: self.bytes_per_second, restores: self.restores };
        Estimate { duration_ms: Millis(u64::try_from(took).unwrap_or(u64::MAX)), basis }
    }
}

fn median(mut all: Vec<u64>) -> Option<u64> {
    all.sort_unstable();
    all.get(all.len() / 2).copied()
}
