//! The right to be the only one that applies a plan, or a shard of it, to an environment, for a while.
//!
//! Leases of different shards stand beside each other, where the plan was cut in the same way for both: into as many
//! shards, and from the same meaning of the plan, since another plan is cut otherwise. All others exclude each other.
//!
//! A lease lasts for its term and is renewed before that ends. Whether it has ended is judged by one clock alone, the
//! store's, so the clocks of those who hold leases don't matter. Its token only grows: whoever takes a lease over gets
//! a larger one, and what the earlier holder still tries to write is refused, however late it comes.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{Millis, RunId, Shard, Slug};

/// How long a lease lasts without being renewed.
pub const TERM: Millis = Millis::from_secs(60);

/// A process that holds a lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The user and host, as the system tells.
    pub operator: String,
    /// The host's name.
    pub host: String,
    /// What tells this start of the host's system from every other; empty where the system doesn't tell.
    #[serde(default)]
    pub boot: String,
    /// Among which of the host's processes the number counts: containers number their own.
    #[serde(default)]
    pub pid_space: String,
    /// The process's number.
    pub pid: u32,
    /// When the process was started, as the system counts: a number comes back, the two together don't.
    #[serde(default)]
    pub started: String,
}

/// A shard of a plan as it was resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Which shard.
    pub shard: Shard,
    /// The digest of the plan that was cut.
    pub digest: String,
}

impl Share {
    /// Whether both may be carried out at once; none is the whole plan.
    fn beside(one: Option<&Self>, other: Option<&Self>) -> bool {
        match (one, other) {
            (Some(one), Some(other)) => one.digest == other.digest && one.shard.is_beside(other.shard),
            _ => false,
        }
    }
}

/// What somebody asks for who wants a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Of this plan.
    pub plan: Slug,
    /// In this environment.
    pub environment: String,
    /// Of this shard alone; none: of the whole plan.
    pub share: Option<Share>,
    /// Who asks.
    pub holder: Holder,
    /// How long it shall last without being renewed.
    pub term: Millis,
}

/// A lease that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Of this plan.
    pub plan: Slug,
    /// In this environment.
    pub environment: String,
    /// Of this shard alone; none: of the whole plan.
    pub share: Option<Share>,
    /// Grows with every lease of the plan in the environment, and never comes back.
    pub token: u64,
    /// Who holds it.
    pub holder: Holder,
    /// The run that was opened under it.
    pub run: Option<RunId>,
    /// When it was taken, by the store's clock.
    pub since: Timestamp,
    /// When it ends unless it is renewed, by the store's clock.
    pub until: Timestamp,
    /// How long it lasts without being renewed.
    pub term: Millis,
}

impl Lease {
    /// Which shard of the plan it is of, where it isn't of the whole.
    pub fn shard(&self) -> Option<Shard> {
        self.share.as_ref().map(|share| share.shard)
    }

    /// Whether it and another one of the plan in the environment can't be held at once.
    pub fn excludes(&self, share: Option<&Share>) -> bool {
        !Share::beside(self.share.as_ref(), share)
    }
}

impl fmt::Display for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        write!(f, "{} (process {}", self.holder.operator, self.holder.pid)?;
        if let Some(run) = &self.run {
            write!(f, ", run {run}")?;
        }
        write!(f, ") since {}, until {} unless it renews its lease", moment(self.since), moment(self.until))
    }
}

#[cfg(test)]
impl Claim {
    /// A claim to a whole plan, for tests.
    pub(crate) fn of_a_test(plan: Slug, environment: &str) -> Self {
        let holder = Holder {
            operator: "ada@here".into(),
            host: "here".into(),
            boot: "this".into(),
            pid_space: String::new(),
            pid: 7,
            started: "1".into(),
        };
        Self { plan, environment: environment.into(), share: None, holder, term: TERM }
    }
}
