//! Units that were read, put together in their order.

use std::collections::BTreeMap;

use super::NotAlone;
use super::reader::UnitRead;
use crate::plan::findings::Findings;

/// What was read so far, put together in the order of the units, so that it never stands in memory twice.
pub(super) struct Gathered {
    pub(super) all: UnitRead,
    /// The number of the unit that comes next.
    next: usize,
    /// Units that were read before others that come first.
    waiting: BTreeMap<usize, UnitRead>,
    /// The first unit that couldn't be read alone.
    pub(super) refused: Option<(usize, NotAlone)>,
}

impl Gathered {
    /// Room for so many restores.
    pub(super) fn new(many: usize) -> Self {
        let (restores, items) = (Vec::with_capacity(many), Vec::with_capacity(many));
        let all = UnitRead { restores, items, findings: Findings::new(), nodes: 0 };
        Self { all, next: 0, waiting: BTreeMap::new(), refused: None }
    }

    pub(super) fn take(&mut self, number: usize, read: Result<UnitRead, NotAlone>) {
        match read {
            Ok(read) => drop(self.waiting.insert(number, read)),
            Err(not_alone) if self.refused.is_none_or(|(first, _)| number < first) => {
                self.refused = Some((number, not_alone));
            }
            Err(_) => {}
        }
        while let Some(read) = self.waiting.remove(&self.next) {
            self.next += 1;
            self.all.restores.extend(read.restores);
            self.all.items.extend(read.items);
            self.all.findings.take(read.findings);
            self.all.nodes = self.all.nodes.saturating_add(read.nodes);
        }
    }
}
