//! What a report tells of shards: the one that a run carried out, and those that a merged report joins.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::RunProgress;
use crate::changeset::Changeset;
use crate::model::Shard;
use crate::report::Verdict;

/// A shard of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardReport {
    /// Which, as `I/N`.
    pub shard: Shard,
    /// How many items each shard has, in the order of the shards.
    pub sizes: Vec<usize>,
}

impl ShardReport {
    /// Of what a changeset keeps of the cut.
    pub(in crate::report) fn of(changeset: &Changeset) -> Option<Self> {
        changeset.part.as_ref().map(|part| Self { shard: part.shard, sizes: part.sizes.clone() })
    }

    /// How many items it has.
    pub fn here(&self) -> usize {
        self.sizes.get(self.shard.index()).copied().unwrap_or(0)
    }

    /// How many items all shards have.
    pub fn total(&self) -> usize {
        self.sizes.iter().copied().fold(0, usize::saturating_add)
    }

    /// How many items the other shards have.
    pub fn elsewhere(&self) -> usize {
        self.total().saturating_sub(self.here())
    }
}

/// What a merged report joins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedReport {
    /// The runs, by their shards, and of each shard the first one first.
    pub runs: Vec<MergedRun>,
    /// Shards with items of which there is no run.
    pub missing: Vec<MissingShard>,
}

/// One run of a merged report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedRun {
    /// Its id.
    pub id: String,
    /// The shard that it carried out; none for the whole plan.
    pub shard: Option<Shard>,
    /// The run that it went on with.
    pub resumes: Option<String>,
    /// How far it came.
    pub state: RunProgress,
    /// What it came to by itself.
    pub verdict: Verdict,
    /// The user and host that opened it.
    pub opened_by: String,
    /// The version of restorectl that opened it.
    pub tool_version: String,
    /// When it was opened.
    pub started_at: Timestamp,
    /// When it was closed; none for a run that has not ended.
    pub ended_at: Option<Timestamp>,
    /// How many items it had.
    pub total: usize,
    /// Over the changeset that it carried out.
    pub changeset_digest: String,
}

/// A shard of which a merged report has no run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingShard {
    /// Which.
    pub shard: Shard,
    /// How many items it has. Nobody knows here what became of them.
    pub total: usize,
}
