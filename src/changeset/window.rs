//! The settle window of what was sent, as whoever reads the sites sees it.

use jiff::Timestamp;

use crate::model::{Millis, PastAttempt, Snapshot};

/// By how much the clocks of two hosts are taken to differ at most, or one clock before and after somebody set it.
const MOST_WRONG: Millis = Millis::from_secs(24 * 3600);

/// How long a create may still appear at a site.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    length: Millis,
    /// When the sites were read.
    now: Timestamp,
    /// Whether it is over for everything that was sent before.
    settled: bool,
}

impl Window {
    /// The window of a plan, when a snapshot was taken for it.
    pub(super) fn new(length: Millis, snapshot: &Snapshot) -> Self {
        Self { length, now: snapshot.taken_at, settled: snapshot.settled }
    }

    /// When it is over for a create.
    pub(super) fn end(self, past: &PastAttempt) -> Timestamp {
        self.length.after(past.at)
    }

    /// Whether a create is so young that it may still appear.
    pub(super) fn is_open(self, past: &PastAttempt) -> bool {
        !self.settled && self.now <= self.end(past)
    }

    /// Whether a create is too old to appear, or was sent in the future, only by two clocks, that of the host which sent it
    /// and this one's.
    pub(super) fn is_doubtful(self, past: &PastAttempt) -> bool {
        past.at > self.now || !self.is_open(past) && self.now <= MOST_WRONG.after(past.at)
    }
}
