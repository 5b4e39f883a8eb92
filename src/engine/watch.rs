//! When each site was read, and when it is to be read next: one list call covers all that runs there.

use jiff::Timestamp;

use crate::model::Millis;

/// The reading of one site's restores.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// When the last call was begun.
    begun: Option<Timestamp>,
    /// Whether it is still under way.
    under_way: bool,
    /// When the last call that succeeded was begun: what it shows is at least as new.
    seen: Option<Timestamp>,
    /// The last failure, until a call succeeds.
    pub(super) trouble: Option<String>,
}

impl Watch {
    /// When the next call may begin: never sooner than the interval after the last, never two at once.
    pub(super) fn next(&self, interval: Millis, now: Timestamp) -> Option<Timestamp> {
        if self.under_way {
            return None;
        }
        Some(self.begun.map_or(now, |begun| interval.after(begun).max(now)))
    }

    /// A call begins.
    pub(super) fn begin(&mut self, now: Timestamp) {
        self.begun = Some(now);
        self.under_way = true;
    }

    /// The call ended, well or not.
    pub(super) fn end(&mut self, success: bool) {
        self.under_way = false;
        if success {
            self.seen = self.begun;
            self.trouble = None;
        }
    }

    /// Whether a successful reading began at or after this moment.
    pub(super) fn has_seen(&self, moment: Timestamp) -> bool {
        self.seen.is_some_and(|seen| seen >= moment)
    }
}
