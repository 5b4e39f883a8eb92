//! The entries of the journal.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::model::{CreateOutcome, End, JobName, ResourceId, RestoreRecord, RunId, Slug, Touched};

/// The head of a run: what it set out to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Unique in the store; sorts by the time of opening.
    pub id: RunId,
    /// The plan's name.
    pub plan: Slug,
    /// The environment's name.
    pub environment: String,
    /// When it was opened, by the clock of whoever opened it.
    pub opened_at: Timestamp,
    /// The token of the lease that it was opened under: it grows with every run of the plan in the environment, whatever
    /// clocks show. 0 where an older version opened it.
    #[serde(default)]
    pub turn: u64,
    /// The version of restorectl that opened it.
    pub tool_version: String,
    /// The user and host that opened it, as the system tells.
    pub opened_by: String,
    /// The service's address: what was done at one says nothing of another.
    #[serde(default)]
    pub service: String,
    /// Whether the service said that it is the simulator: the run is a rehearsal then, and no evidence.
    #[serde(default)]
    pub simulated: bool,
    /// The interrupted run that it goes on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumes: Option<RunId>,
    /// The changeset that it carries out, as it was saved. Holds no secrets.
    pub changeset: SavedChangeset,
}

/// A changeset as JSON text: it may be large, and is read where somebody asks for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SavedChangeset(Box<RawValue>);

impl SavedChangeset {
    /// What a changeset is saved as.
    ///
    /// # Errors
    /// When it can't be written as JSON.
    pub fn of(changeset: &impl Serialize) -> serde_json::Result<Self> {
        serde_json::value::to_raw_value(changeset).map(Self)
    }

    /// Reads it.
    ///
    /// # Errors
    /// When it was written in another way.
    pub fn read<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_str(self.0.get())
    }
}

/// Null, where nobody asks for one.
impl Default for SavedChangeset {
    fn default() -> Self {
        Self(RawValue::NULL.to_owned())
    }
}

impl PartialEq for SavedChangeset {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

/// Puts the runs of a plan in an environment, and what is left of pruned ones, in the order in which they were opened.
///
/// What a later run recorded of a create counts, so this must not rest on clocks: those of two hosts differ, and somebody may
/// set one back. Leases were taken one after the other, whatever the clocks showed.
pub fn in_order(runs: &mut [(Run, Vec<Entry>)]) {
    runs.sort_by(|(a, _), (b, _)| (a.turn, a.opened_at, &a.id).cmp(&(b.turn, b.opened_at, &b.id)));
}

/// A record with its number in the run and its moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// From 1, without gaps.
    pub seq: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// What happened.
    pub record: Record,
}

/// One thing that happened in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// A create call is about to be sent. Durable before it is.
    Intent {
        /// For this item.
        item: Slug,
        /// Under this name.
        job_name: JobName,
        /// In this generation, from 1.
        generation: u32,
        /// As this attempt, from 1.
        attempt: u32,
        /// Restores that bore the name before, by their marks: they are not the answer to this call.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        prior: Vec<String>,
        /// What it writes at the target, for runs to come: the service's records don't tell.
        #[serde(default)]
        writes: Vec<Touched>,
    },
    /// The create call was answered, or will never be.
    Replied {
        /// For this item.
        item: Slug,
        /// What the answer proves.
        #[serde(flatten)]
        outcome: CreateOutcome,
    },
    /// Instead of creating, the run attached to a restore of ours, seen at the site or possibly on its way.
    Adopted {
        /// For this item.
        item: Slug,
        /// The name it bears.
        job_name: JobName,
        /// Its generation.
        generation: u32,
        /// Its attempt.
        attempt: u32,
        /// As seen at the site; none where an earlier run sent it, or may have, and the site doesn't show it yet.
        seen: Option<RestoreRecord>,
        /// Whether it is known to have been accepted, so that it must never be given up for lost.
        #[serde(default)]
        accepted: bool,
        /// The id that the service gave when it accepted it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resource_id: Option<ResourceId>,
        /// As in [`Record::Intent`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        prior: Vec<String>,
    },
    /// The site showed a restore of the item in a new light.
    Observed {
        /// Of this item.
        item: Slug,
        /// As the site showed it.
        restore: RestoreRecord,
    },
    /// A whole settle window passed, and the site shows nothing of the attempt.
    NotFound {
        /// Of this item.
        item: Slug,
    },
    /// The attempt failed at the site, and another one follows.
    AttemptFailed {
        /// Of this item.
        item: Slug,
        /// How, in the service's words.
        reason: String,
    },
    /// A restore turned up that had been given up: there may now be two.
    Late {
        /// Of this item.
        item: Slug,
        /// The name it bears.
        job_name: JobName,
        /// As the site showed it.
        restore: RestoreRecord,
    },
    /// The site shows a restore in another light than the one in which its item ended.
    Contradicted {
        /// Of this item.
        item: Slug,
        /// As the site shows it now.
        restore: RestoreRecord,
    },
    /// The item is at its end.
    Ended {
        /// This item.
        item: Slug,
        /// How it ended.
        end: End,
        /// Why, in a sentence.
        reason: String,
    },
    /// Something that a reader of the report must know.
    Noted {
        /// Concerns this item, or the whole run.
        item: Option<Slug>,
        /// In a sentence.
        text: String,
    },
    /// Fewer are kept in flight than `limits.concurrency` allows, or as many again.
    Concurrency {
        /// So many at most from here on.
        allowed: u32,
        /// Why, in a sentence.
        reason: String,
    },
    /// The run is at its end.
    Closed {
        /// How it ended.
        how: Closed,
    },
}

impl Record {
    /// The item that the record is about.
    pub fn item(&self) -> Option<&Slug> {
        match self {
            Self::Intent { item, .. }
            | Self::Replied { item, .. }
            | Self::Adopted { item, .. }
            | Self::Observed { item, .. }
            | Self::NotFound { item }
            | Self::AttemptFailed { item, .. }
            | Self::Late { item, .. }
            | Self::Contradicted { item, .. }
            | Self::Ended { item, .. } => Some(item),
            Self::Noted { item, .. } => item.as_ref(),
            Self::Concurrency { .. } | Self::Closed { .. } => None,
        }
    }
}

/// How a run ended. A run without this entry was killed, or still goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closed {
    /// Every item reached its end.
    Completed,
    /// Somebody stopped it; items without an end were not started or may still run at the site.
    Interrupted,
}
