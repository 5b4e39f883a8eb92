//! How much may happen at once, how long it may take, and how often it may fail.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Millis, StatusClass};

/// The limits of one run, after defaults, environments and inputs are applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Restores in flight at once over all sites.
    pub concurrency: u32,
    /// Restores in flight at once to one target site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_target_site: Option<u32>,
    /// Restores in flight at once from one source site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_source_site: Option<u32>,
    /// The weights in flight at once in each named group, summed up; a restore weighs 1 unless it says otherwise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, u32>,
    /// Requests to the service in a minute, at most and evenly spaced: all that a command makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u32>,
    /// Whether fewer are kept in flight while the service shows that it has too much to do.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub adaptive: bool,
    /// How long one restore may take from its create call, where the restore itself says nothing.
    pub deadline_ms: Millis,
    /// How long an accepted restore may wait at the site before it begins there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_deadline_ms: Option<Millis>,
    /// How long the whole run may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_deadline_ms: Option<Millis>,
    /// After so many failed restores nothing new is started. None: go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<u32>,
    /// How many more attempts a restore gets after it failed at the site.
    pub retries: u32,
    /// What of it is worth another attempt.
    #[serde(default, skip_serializing_if = "RetryOn::is_any")]
    pub retry_on: RetryOn,
    /// How many further attempts all restores of a run get together, whatever became of the first ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_budget: Option<u32>,
    /// The least time between two status calls to one site.
    pub poll_interval_ms: Millis,
    /// How long a create whose reply was lost may still appear before another attempt is made.
    pub settle_window_ms: Millis,
}

/// Which failures at the site are worth another attempt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryOn {
    /// Those that failed as a whole and those that failed in part.
    #[default]
    Any,
    /// Those that failed as a whole.
    Failed,
    /// Those that failed in part.
    PartlyFailed,
}

impl RetryOn {
    /// Whether an end at the site is among them.
    pub fn includes(self, class: StatusClass) -> bool {
        match class {
            StatusClass::Failed => self != Self::PartlyFailed,
            StatusClass::PartlyFailed => self != Self::Failed,
            _ => false,
        }
    }

    fn is_any(&self) -> bool {
        *self == Self::Any
    }
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_yes(value: &bool) -> bool {
    *value
}

impl Default for Limits {
    /// The vendor's advice for its own command line: ask every 30 s, few at once. The service waits
    /// on locked objects without limit, so there is always a deadline.
    fn default() -> Self {
        Self {
            concurrency: 2,
            per_target_site: None,
            per_source_site: None,
            groups: BTreeMap::new(),
            requests_per_minute: None,
            adaptive: true,
            deadline_ms: Millis::from_secs(6 * 3600),
            queue_deadline_ms: None,
            run_deadline_ms: None,
            max_failures: None,
            retries: 0,
            retry_on: RetryOn::Any,
            retry_budget: None,
            poll_interval_ms: Millis::from_secs(30),
            settle_window_ms: Millis::from_secs(60),
        }
    }
}
