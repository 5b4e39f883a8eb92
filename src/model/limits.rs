//! How much may happen at once, how long it may take, and how often it may fail.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Millis;

/// The limits of one run, after defaults, environments and inputs are applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Restores in flight at once over all sites.
    pub concurrency: u32,
    /// Restores in flight at once to one target site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_target_site: Option<u32>,
    /// Restores in flight at once in each named group.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, u32>,
    /// How long one restore may take from its create call, where the restore itself says nothing.
    pub deadline_ms: Millis,
    /// After so many failed restores nothing new is started. None: go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<u32>,
    /// How many more attempts a restore gets after it failed at the site.
    pub retries: u32,
    /// The least time between two status calls to one site.
    pub poll_interval_ms: Millis,
    /// How long a create whose reply was lost may still appear before another attempt is made.
    pub settle_window_ms: Millis,
}

impl Default for Limits {
    /// The vendor's advice for its own command line: ask every 30 s, few at once. The service waits
    /// on locked objects without limit, so there is always a deadline.
    fn default() -> Self {
        Self {
            concurrency: 2,
            per_target_site: None,
            groups: BTreeMap::new(),
            deadline_ms: Millis::from_secs(6 * 3600),
            max_failures: None,
            retries: 0,
            poll_interval_ms: Millis::from_secs(30),
            settle_window_ms: Millis::from_secs(60),
        }
    }
}
