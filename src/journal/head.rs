//! How both stores read the heads of runs, and whether a run goes on.

use jiff::Timestamp;
use serde::Deserialize;

use super::{Entry, Record, Run, SavedChangeset};
use crate::model::{RunId, Slug};

/// Reads as much of a run's head as is wanted.
pub(super) type ReadHead = fn(&str) -> Result<Run, serde_json::Error>;

impl Run {
    /// Reads a whole head.
    pub(super) fn with_changeset(head: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(head)
    }

    /// Reads a head but for its changeset, which stays null: of a plan that ran for years there are very many, and all
    /// that its next run wants of them is what was attempted.
    pub(super) fn without_changeset(head: &str) -> Result<Self, serde_json::Error> {
        let mut text = serde_json::Deserializer::from_str(head);
        let run = WithoutChangeset::deserialize(&mut text)?;
        text.end().map(|()| run)
    }
}

/// A run's head as it is read where nobody asks for its changeset.
#[derive(Deserialize)]
#[serde(remote = "Run")]
struct WithoutChangeset {
    id: RunId,
    plan: Slug,
    environment: String,
    opened_at: Timestamp,
    #[serde(default)]
    turn: u64,
    tool_version: String,
    opened_by: String,
    #[serde(default)]
    service: String,
    #[serde(default)]
    simulated: bool,
    #[serde(default)]
    resumes: Option<RunId>,
    #[serde(skip)]
    changeset: SavedChangeset,
}

/// Whether a run with these entries has ended: nothing is appended to it then.
pub(super) fn has_ended(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| matches!(entry.record, Record::Closed { .. }))
}
