//! Runs in lists: which are asked for, and what is known of them without reading them.

use jiff::Timestamp;

use crate::model::RunId;

/// Which runs are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those of this plan.
    pub plan: Option<String>,
    /// Only those in this environment.
    pub environment: Option<String>,
}

/// A run in a list, as far as that is known without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunHead {
    /// Its id.
    pub id: RunId,
    /// The plan's name.
    pub plan: String,
    /// The environment's name.
    pub environment: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// How many entries it has; none for runs of before that was kept, to which nothing is added any more.
    pub entries: Option<u64>,
}

/// The runs of a plan in an environment, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRuns {
    /// The plan's name.
    pub plan: String,
    /// The environment's name.
    pub environment: String,
    /// How many there are.
    pub runs: u64,
    /// When the newest was opened.
    pub last_opened_at: Timestamp,
}
