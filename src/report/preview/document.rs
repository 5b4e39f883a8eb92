//! The preview as a typed document. Serialized, this is what `diff --format json` prints; `schema/diff.schema.json` pins its
//! shape. Every field is always there: what isn't known is null, what doesn't exist is an empty list.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::changeset::{FieldChange, LeftOut};
use crate::model::{Action, Millis, Mode, OnExisting};
use crate::report::document::{DataLossReport, ObjectReport, PlanReport, ShardReport, SourceReport, pretty};
use crate::report::{ObjectiveKind, ObjectiveVerdict};

/// The version of the document's shape.
pub const PREVIEW_VERSION: u32 = 1;

/// The JSON Schema of the document.
pub const PREVIEW_SCHEMA: &str = include_str!("../../../schema/diff.schema.json");

/// What a changeset would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// [`PREVIEW_VERSION`].
    pub diff_version: u32,
    /// The version of restorectl that decided it.
    pub generated_by: String,
    /// Over what would be done, for `apply --approve`.
    pub digest: String,
    /// When the site was read.
    pub read_at: Timestamp,
    /// After this moment a saved changeset is refused.
    pub valid_until: Timestamp,
    /// The plan.
    pub plan: PlanReport,
    /// Where it would be carried out.
    pub environment: PreviewEnvironment,
    /// Whether a new generation was asked for.
    pub again: bool,
    /// The shard; none for a whole plan.
    pub shard: Option<ShardReport>,
    /// What was chosen of it; none where nothing was.
    pub selection: Option<SelectionReport>,
    /// How many restores are kept in flight at once, at most.
    pub concurrency: u32,
    /// How many items there are.
    pub total: usize,
    /// How many of them have which action; every action is listed.
    pub counts: BTreeMap<String, usize>,
    /// Bytes to restore, as far as object lists tell.
    pub bytes: Option<u64>,
    /// How many items would be sent whose size isn't known.
    pub unknown_sizes: usize,
    /// How long the run will probably take.
    pub forecast: ForecastReport,
    /// What the plan wants to achieve, and whether the forecast and the backups' ages come up to that.
    pub objectives: Vec<ObjectivePreview>,
    /// Every item, in the plan's order.
    pub items: Vec<ItemPreview>,
    /// Restores of the plan's names that no item of it explains.
    pub strays: Vec<StrayReport>,
}

/// Where a changeset would be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewEnvironment {
    /// Its name.
    pub name: String,
    /// The API's address; none: it can't be applied to.
    pub api_url: Option<String>,
    /// Whether credentials would travel unencrypted.
    pub plain_http: bool,
    /// Whether `apply` needs `--confirm NAME`.
    pub protected: bool,
}

/// What was chosen of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectionReport {
    /// Only what fits one of these, if there is any.
    pub only: Vec<String>,
    /// Nothing that fits one of these.
    pub exclude: Vec<String>,
    /// Only what ended badly last.
    pub only_failed: bool,
    /// What was left out of it, in the plan's order.
    pub left_out: Vec<LeftOutReport>,
}

/// An item that was left out.
pub type LeftOutReport = LeftOut;

/// How long a run will probably take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForecastReport {
    /// From its first create call to the end of its last restore; none where nothing is known of any.
    pub duration_ms: Option<Millis>,
    /// How many restores would be sent or waited for.
    pub pending: usize,
    /// Of how many the item's own last restores tell.
    pub by_own: usize,
    /// Of how many the throughput of the plan's restores tells.
    pub by_throughput: usize,
    /// Of how many nothing is known.
    pub unknown: usize,
    /// What it rests on, in words.
    pub basis: String,
}

/// One objective of the plan, looked at beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectivePreview {
    /// Which.
    pub kind: ObjectiveKind,
    /// What the plan wants at most.
    pub objective_ms: Millis,
    /// What is to be expected.
    pub expected_ms: Option<Millis>,
    /// Whether it would be met.
    pub verdict: ObjectiveVerdict,
    /// Why, in a sentence.
    pub reason: String,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemPreview {
    /// Its name.
    pub name: String,
    /// Where in the plan it stands, as `FILE:LINE:COLUMN`.
    pub origin: String,
    /// What would be done.
    pub action: Action,
    /// Why.
    pub reason: String,
    /// Why no further attempt may follow the one that runs.
    pub refusal: Option<String>,
    /// What is another than when it was sent last; none where it never was, or as far as the store tells.
    pub since: Option<SinceReport>,
    /// Where the data comes from; its age is that at the reading of the site.
    pub source: SourceReport,
    /// The site that it goes to.
    pub target_site: String,
    /// Copy or restore.
    pub mode: Mode,
    /// What it brings back.
    pub objects: Vec<ObjectReport>,
    /// How much of that the backup holds, by names at the target, where its object list tells.
    pub sizes: Vec<ObjectSize>,
    /// What it destroys at the target.
    pub data_loss: DataLossReport,
    /// What the plan says about a target that is there already.
    pub on_existing: OnExisting,
    /// Items that must succeed first.
    pub after: Vec<String>,
    /// The group whose limit it counts against.
    pub group: Option<String>,
    /// Bytes to restore.
    pub bytes: Option<u64>,
    /// How long it will probably take; none where nothing is known.
    pub estimate: Option<EstimateReport>,
    /// How long it may take.
    pub deadline_ms: Millis,
    /// The name that it is, or would be, sent under; none where nothing can be sent.
    pub job_name: Option<String>,
    /// What else a reader must know.
    pub notes: Vec<String>,
}

/// What is another than when an item was sent last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinceReport {
    /// The run that sent it, or attached to it.
    pub run: String,
    /// The fields that are others.
    pub changes: Vec<FieldChange>,
}

/// How much the backup holds of one thing.
pub type ObjectSize = crate::changeset::Size;

/// How long an item will probably take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EstimateReport {
    /// From its start to its end at the site.
    pub duration_ms: Millis,
    /// What that rests on, in words.
    pub basis: String,
}

/// Restores at a site that no item explains.
pub type StrayReport = crate::changeset::Stray;

/// The preview as indented JSON with a line break at the end.
///
/// # Errors
/// Never for previews that [`super::preview`] makes: they hold nothing that JSON can't.
pub fn preview_json(preview: &Preview) -> Result<String, serde_json::Error> {
    pretty(preview)
}
