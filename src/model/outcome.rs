//! How a create call was answered, and how an item ended.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Millis, ResourceId};

/// What the answer to a create call proves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum CreateOutcome {
    /// The service accepted it.
    Applied {
        /// From `x-resource-id`, where the service sent it.
        resource_id: Option<ResourceId>,
    },
    /// The service did not accept it, for certain.
    Rejected {
        /// The call, the status and the service's words.
        message: String,
        /// Whether sending again may help (429, no connection, secrets that are others now).
        retry: bool,
        /// How long the service asks us to wait.
        wait_ms: Option<Millis>,
    },
    /// It may or may not have been accepted; only reading the site can tell.
    Unknown {
        /// Why we can't know.
        message: String,
    },
}

/// How an item ended. Each item of a run ends once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Restored.
    Succeeded,
    /// Restored, and the service warns of something.
    SucceededWithWarnings,
    /// Was there already.
    Satisfied,
    /// Some of its objects did not come back.
    PartlyFailed,
    /// It failed at the site, and no attempt is left.
    Failed,
    /// The service never accepted it.
    Rejected,
    /// Its deadline passed; it may still run at the site.
    TimedOut,
    /// Nobody can say what became of it.
    Unknown,
    /// Not started, because something it needs did not come about.
    Skipped,
    /// Not started, because the diff refused it.
    Blocked,
}

impl End {
    /// Whether items that come after it may start.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Succeeded | Self::SucceededWithWarnings | Self::Satisfied)
    }

    /// Whether it counts against `max_failures`.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::PartlyFailed | Self::Failed | Self::Rejected | Self::TimedOut | Self::Unknown)
    }

    /// Whether it was never sent by this run.
    pub fn is_not_executed(self) -> bool {
        matches!(self, Self::Satisfied | Self::Skipped | Self::Blocked)
    }

    /// The words for it on screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::SucceededWithWarnings => "succeeded with warnings",
            Self::Satisfied => "already there",
            Self::PartlyFailed => "partly failed",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::TimedOut => "timed out",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
            Self::Blocked => "blocked",
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words())
    }
}
