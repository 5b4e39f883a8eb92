//! The difference between a plan and what its site shows: plain data, decided without effects.
//!
//! [`decide()`] gives every item of a plan one action with its reason. What a decision rests on is kept
//! beside it ([`Saw`]), so that a saved changeset can be compared with the site again before it is
//! carried out: what was approved is what runs.

mod approval;
mod choice;
mod compare;
mod decide;
mod differ;
mod document;
mod estimate;
mod fields;
mod fingerprint;
mod forecast;
mod history;
mod loss;
mod name;
mod others;
mod ours;
mod shard;
mod strays;
mod unseen;
mod window;
mod within;

pub use choice::{Choice, LeftOut, Selection, Unwanted, decide_chosen, decide_without};
pub use compare::{Comparison, ItemChange};
pub use decide::{Intention, decide, plan_digest, rests_on_clocks};
pub use differ::differences;
pub use document::{LoadError, load, save};
pub use estimate::{Basis, Estimate};
pub use fields::{FieldChange, changed_fields};
pub use fingerprint::{environment_mark, fingerprint};
pub use forecast::Forecast;
pub use name::{derived_name, item_key};
pub use shard::Part;
pub use strays::{Stray, strays};

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{
    Action, BackupExecution, CreateRequest, DataLoss, Environment, ExecutionSelector, Item, Limits, PastAttempt,
    Permission, Purpose, RestoreRecord, Slug,
};

/// Generations and attempts by items.
pub type Opened = BTreeMap<Slug, (u32, u32)>;

/// The difference between a plan and the site, for one environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Changeset {
    /// The version of this format.
    pub version: u32,
    /// The version of restorectl that made it.
    pub tool_version: String,
    /// When the site was read.
    pub created_at: Timestamp,
    /// After this moment `apply` refuses it.
    pub expires_at: Timestamp,
    /// The plan that it comes from.
    pub plan: PlanFacts,
    /// The environment, with references to secrets, never their values.
    pub environment: Environment,
    /// Whether a new generation was asked for although the site may have what the plan wants.
    #[serde(default)]
    pub again: bool,
    /// Of the items for which an interrupted run already opened a new generation: that one, and the attempt.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub opened: Opened,
    /// Which shard of the plan it is; none where it is the whole plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// What was chosen of it, and what was left out; none where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Selection>,
    /// Restores at the sites under the plan's names that no item of it explains.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub strays: Vec<Stray>,
    /// Limits of the run.
    pub limits: Limits,
    /// One decision for each item, in the plan's order.
    pub items: Vec<Decision>,
}

/// What a changeset keeps of the plan besides its items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanFacts {
    /// Its name.
    pub name: Slug,
    /// The file, as the user gave it.
    pub file: String,
    /// Over the plan as it resolved: its meaning, not its bytes.
    pub digest: String,
    /// Inputs that were set on the command line, over what the environment says.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, String>,
    /// What it is for, and whose it is.
    #[serde(flatten)]
    pub purpose: Purpose,
}

/// What is to be done about one item, why, and what that rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The item.
    pub item: Item,
    /// What is to be done.
    pub action: Action,
    /// Why, in a sentence.
    pub reason: String,
    /// Its meaning in short: a hash over what would be sent.
    pub fingerprint: String,
    /// The generation of the next or the running attempt, from 1.
    pub generation: u32,
    /// The number of the next or the running attempt, from 1.
    pub attempt: u32,
    /// The highest number of an attempt of this generation that anything is known of; the next one has a higher one.
    #[serde(default)]
    pub used: u32,
    /// The backup execution, frozen; none where it could not be resolved.
    pub execution: Option<BackupExecution>,
    /// What the create call sends, under the next attempt's name; none where nothing can be sent.
    pub request: Option<CreateRequest>,
    /// Why no (further) attempt may be sent, although one runs or may be on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// What it destroys at the target.
    pub data_loss: DataLoss,
    /// The data loss in words, one sentence an object.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub losses: Vec<String>,
    /// How much of each the backup holds that the item would put at the target, where its object list tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sizes: Vec<Size>,
    /// What else a reader should know: what can't be seen, what couldn't be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Bytes to restore, where the backup's object list tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// How long it will probably take; none where nothing is known of earlier restores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// What the decision rests on.
    pub saw: Saw,
}

/// How much the backup holds of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Its name at the target, as [`Decision::losses`] write it.
    pub target: String,
    /// How many objects of the backup's list it is.
    pub objects: usize,
    /// Their bytes together, as far as the list tells.
    pub bytes: Option<u64>,
}

/// What a decision rests on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Saw {
    /// Restores of the item at the site, whatever their definition, oldest first: those that run, and of those that are
    /// over the ones that count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restores: Vec<RestoreRecord>,
    /// A create of an earlier run that the site doesn't show, and that it may show yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaited: Option<PastAttempt>,
    /// Databases that the item writes to or needs, and whether they were there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub databases: Vec<SeenDatabase>,
    /// Whether the service permits restores to the target site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission: Option<Permission>,
}

/// A database at the target site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenDatabase {
    /// Its name.
    pub name: String,
    /// Whether it was there; none where the list couldn't be read.
    pub exists: Option<bool>,
}

impl Changeset {
    /// Whether `apply` would send or wait for anything.
    pub fn has_changes(&self) -> bool {
        self.items.iter().any(|decision| decision.action.is_pending())
    }

    /// How many items have this action.
    pub fn count(&self, action: Action) -> usize {
        self.items.iter().filter(|decision| decision.action == action).count()
    }
}

impl Decision {
    /// The item, with its execution frozen to the one that was chosen.
    pub fn frozen(&self) -> Item {
        let mut item = self.item.clone();
        if let Some(execution) = &self.execution {
            item.source.execution = ExecutionSelector::Id(execution.id.clone());
        }
        item
    }

    /// Whether the site showed a restore of the item that runs, or may show one that is on its way.
    pub fn may_run(&self) -> bool {
        self.saw.awaited.is_some() || self.saw.restores.iter().any(|restore| !restore.is_final())
    }
}
