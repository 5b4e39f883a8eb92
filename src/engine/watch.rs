//! When each site was read, and how soon it may be read again: one list call covers all that runs there.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;

use crate::model::{JobName, Millis, RestoreRecord};

/// The next list call begins no sooner than so many halves of the time that the last one took after that began: a third of the
/// time the service has its peace.
const REST: u64 = 3;

/// A call that took for ever doesn't keep us from asking again.
const LONGEST_REST: Millis = Millis::from_secs(60);

/// The reading of one site's restores.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// When the last call was begun.
    begun: Option<Timestamp>,
    /// How long it took.
    took: Millis,
    /// Whether it is still under way.
    under_way: bool,
    /// When the last call that succeeded was begun: what it shows is at least as new.
    seen: Option<Timestamp>,
    /// When the last call that ended, well or not, was begun.
    tried: Option<Timestamp>,
    /// The last failure, until a call succeeds.
    pub(super) trouble: Option<String>,
    /// Which of ours waited in the site's queue when it was last read.
    pub(super) queued: BTreeSet<JobName>,
    /// What the last call that succeeded showed.
    shown: Vec<Arc<RestoreRecord>>,
    /// The items of which something was recorded after their end, and when that was: the next list that was begun later is to be
    /// looked at for them.
    touched: BTreeMap<usize, Timestamp>,
}

impl Watch {
    /// The soonest that the next call may begin: never sooner than the interval after the last, never two at once.
    /// None while one is under way.
    pub(super) fn soonest(&self, interval: Millis) -> Option<Timestamp> {
        if self.under_way {
            return None;
        }
        let rest = interval.max(Millis(self.took.0.saturating_mul(REST) / 2).min(LONGEST_REST));
        Some(self.begun.map_or(Timestamp::MIN, |begun| rest.after(begun)))
    }

    /// When the last call was begun.
    pub(super) fn last(&self) -> Option<Timestamp> {
        self.begun
    }

    /// A call begins.
    pub(super) fn begin(&mut self, now: Timestamp) {
        self.begun = Some(now);
        self.under_way = true;
    }

    /// The call ended, well or not.
    pub(super) fn end(&mut self, success: bool, now: Timestamp) {
        self.under_way = false;
        self.tried = self.begun;
        if let Some(begun) = self.begun {
            self.took = Millis::between(begun, now);
        }
        if success {
            self.seen = self.begun;
            self.trouble = None;
        }
    }

    /// Of an item that is at its end something was recorded.
    pub(super) fn touch(&mut self, item: usize, now: Timestamp) {
        self.touched.insert(item, now);
    }

    /// Which of a list's entries the list before didn't show.
    ///
    /// Nearly all of a list says what it said before, of restores that ended long ago. What a list shares with the former
    /// one ([`Site::restores`](crate::ports::Site::restores)) is known by its address.
    pub(super) fn news(&self, list: &[Arc<RestoreRecord>]) -> Range<usize> {
        let same = |(one, other): &(&Arc<RestoreRecord>, &Arc<RestoreRecord>)| Arc::ptr_eq(one, other);
        let head = list.iter().zip(&self.shown).take_while(same).count();
        let (rest, before) = (list.iter().skip(head).rev(), self.shown.iter().skip(head).rev());
        let tail = rest.zip(before).take_while(same).count();
        head..list.len().saturating_sub(tail)
    }

    /// The items that a list, begun at this moment, has to be looked at for though it may show nothing new of them.
    pub(super) fn touched(&mut self, begun: Timestamp) -> Vec<usize> {
        let touched = self.touched.keys().copied().collect();
        self.touched.retain(|_, moment| *moment > begun);
        touched
    }

    /// A list was looked at.
    pub(super) fn keep(&mut self, list: Vec<Arc<RestoreRecord>>) {
        self.shown = list;
    }

    /// Whether a successful reading began at or after this moment.
    pub(super) fn has_seen(&self, moment: Timestamp) -> bool {
        self.seen.is_some_and(|seen| seen >= moment)
    }

    /// Whether a reading that began at or after this moment has ended, well or not.
    pub(super) fn has_tried(&self, moment: Timestamp) -> bool {
        self.tried.is_some_and(|tried| tried >= moment)
    }
}
