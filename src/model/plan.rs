//! A plan, typed and resolved for one environment.

use serde::{Deserialize, Serialize};

use super::{Item, Limits, Millis, Slug};

/// What somebody wants restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Unique among the runbooks of a team; part of every job name.
    pub name: Slug,
    /// What it is for, and whose it is.
    #[serde(flatten)]
    pub purpose: Purpose,
    /// How much at once, how long, how often.
    pub limits: Limits,
    /// The restores, in the plan's order.
    pub items: Vec<Item>,
}

/// What a plan is for, and whose it is: said in every report of its runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purpose {
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Whom to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// How much it matters, in the team's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality: Option<String>,
    /// The change or incident that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// What the restore must achieve.
    #[serde(default)]
    pub objectives: Objectives,
}

/// What a restore must achieve.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objectives {
    /// Recovery time objective: the whole run at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rto_ms: Option<Millis>,
    /// Recovery point objective: the backup's age at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rpo_ms: Option<Millis>,
}
