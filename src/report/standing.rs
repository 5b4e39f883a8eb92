//! Where an item of a run stands, in one word for every reader.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::journal::{ItemState, Progress};
use crate::model::{End, RestoreRecord};

/// Where an item stands, or how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// The run recorded its end.
    Ended(End),
    /// The run recorded its end, and the site then showed something else.
    Contradicted,
    /// The site accepted it, and it had not ended there when it was last seen.
    Running,
    /// The site showed its end, and the run stopped before it recorded that.
    Unsettled,
    /// A create call was sent or about to be sent, and the run stopped before it learned what became of it.
    Unsure,
    /// An attempt was over, and the run stopped before it made the next one.
    RetryNotStarted,
    /// The run stopped before its turn came.
    NotStarted,
}

/// How good or bad a standing is. A reader that sees one of these without its word has been told too little.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// What was asked for is there.
    Good,
    /// It is not, or only partly.
    Bad,
    /// Nobody knows, or it still goes on.
    Open,
    /// This run didn't try.
    Untried,
}

impl Standing {
    /// Every standing, best known first.
    pub const ALL: [Self; 16] = [
        Self::Ended(End::Succeeded),
        Self::Ended(End::SucceededWithWarnings),
        Self::Ended(End::Satisfied),
        Self::Ended(End::PartlyFailed),
        Self::Ended(End::Failed),
        Self::Ended(End::Rejected),
        Self::Ended(End::TimedOut),
        Self::Ended(End::Unknown),
        Self::Ended(End::Skipped),
        Self::Ended(End::Blocked),
        Self::Contradicted,
        Self::Running,
        Self::Unsettled,
        Self::Unsure,
        Self::RetryNotStarted,
        Self::NotStarted,
    ];

    /// Reads it off an item's fold; none: no entry of the journal is about the item.
    pub(super) fn of(progress: Option<&Progress>) -> Self {
        let Some(progress) = progress else {
            return Self::NotStarted;
        };
        if progress.is_contradicted() {
            return Self::Contradicted;
        }
        let seen = progress.current().and_then(|attempt| attempt.restore.as_ref());
        match progress.state {
            ItemState::Ended(end) => Self::Ended(end),
            ItemState::Following if seen.is_some_and(RestoreRecord::is_final) => Self::Unsettled,
            ItemState::Following => Self::Running,
            ItemState::Intended | ItemState::Unsure => Self::Unsure,
            ItemState::Waiting if progress.attempts.is_empty() => Self::NotStarted,
            ItemState::Waiting => Self::RetryNotStarted,
        }
    }

    /// How it ended; none while it hasn't.
    pub fn end(self) -> Option<End> {
        match self {
            Self::Ended(end) => Some(end),
            _ => None,
        }
    }

    /// The word for it in documents.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ended(End::Succeeded) => "succeeded",
            Self::Ended(End::SucceededWithWarnings) => "succeeded_with_warnings",
            Self::Ended(End::Satisfied) => "already_there",
            Self::Ended(End::PartlyFailed) => "partly_failed",
            Self::Ended(End::Failed) => "failed",
            Self::Ended(End::Rejected) => "rejected",
            Self::Ended(End::TimedOut) => "timed_out",
            Self::Ended(End::Unknown) => "unknown",
            Self::Ended(End::Skipped) => "skipped",
            Self::Ended(End::Blocked) => "blocked",
            Self::Contradicted => "contradicted",
            Self::Running => "running",
            Self::Unsettled => "unsettled",
            Self::Unsure => "unsure",
            Self::RetryNotStarted => "retry_not_started",
            Self::NotStarted => "not_started",
        }
    }

    /// The words for it on screen. An unsure item reads "unknown", like one that ended so: what its reader
    /// has to do is the same.
    pub fn words(self) -> &'static str {
        match self {
            Self::Ended(end) => end.words(),
            Self::Contradicted => "contradicted",
            Self::Running => "running at the site",
            Self::Unsettled => "end not recorded",
            Self::Unsure => "unknown",
            Self::RetryNotStarted => "retry not started",
            Self::NotStarted => "not started",
        }
    }

    /// Whether what was asked for is there, for certain.
    pub fn is_success(self) -> bool {
        self.end().is_some_and(End::is_success)
    }

    /// Whether this run never tried it.
    pub(super) fn is_untried(self) -> bool {
        self == Self::NotStarted || self.end().is_some_and(End::is_not_executed)
    }

    pub(super) fn mark(self) -> Mark {
        match self {
            Self::Ended(End::Skipped | End::Blocked) | Self::NotStarted => Mark::Untried,
            Self::Ended(End::TimedOut | End::Unknown)
            | Self::Contradicted
            | Self::Running
            | Self::Unsettled
            | Self::Unsure => Mark::Open,
            Self::Ended(End::PartlyFailed | End::Failed | End::Rejected) | Self::RetryNotStarted => Mark::Bad,
            Self::Ended(End::Succeeded | End::SucceededWithWarnings | End::Satisfied) => Mark::Good,
        }
    }
}

impl Mark {
    /// Two plain characters that tell the marks apart without colour.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Bad => "!!",
            Self::Open => "??",
            Self::Untried => "--",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words())
    }
}

impl Serialize for Standing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Standing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        let known = Self::ALL.into_iter().find(|standing| standing.code() == code);
        known.ok_or_else(|| serde::de::Error::custom(format!("`{code}` is no standing of a restore")))
    }
}
