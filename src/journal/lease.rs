//! The right to be the only one that applies a plan to an environment, for a while.
//!
//! A lease lasts for its term and is renewed before that ends. Whether it has ended is judged by one clock alone, the
//! store's, so the clocks of those who hold leases don't matter. Its token only grows: whoever takes a lease over gets
//! a larger one, and what the earlier holder still tries to write is refused, however late it comes.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{Millis, RunId, Slug};

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

/// What somebody asks for who wants a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Of this plan.
    pub plan: Slug,
    /// In this environment.
    pub environment: String,
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
    /// The lease that a claim gets.
    pub(super) fn new(claim: &Claim, token: u64, now: Timestamp) -> Self {
        Self {
            plan: claim.plan.clone(),
            environment: claim.environment.clone(),
            token,
            holder: claim.holder.clone(),
            run: None,
            // As exact as it is kept.
            since: Millis(0).after(now),
            until: claim.term.after(now),
            term: claim.term,
        }
    }

    /// Whether somebody else may take it: it has ended, or the one who asks knows that the holder of this very lease is
    /// gone.
    pub(super) fn may_be_taken(&self, now: Timestamp, over: Option<u64>) -> bool {
        self.until <= now || over == Some(self.token)
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

/// A lease as a database keeps it: one row for each plan and environment, with a holder or without.
#[derive(Debug)]
pub(super) struct KeptLease {
    pub(super) token: i64,
    pub(super) holder: Option<String>,
    pub(super) run: Option<String>,
    pub(super) since: i64,
    pub(super) until: i64,
    pub(super) term: i64,
}

impl KeptLease {
    /// The lease, where somebody holds it.
    ///
    /// # Errors
    /// When the row can't be read; the text says what of it.
    pub(super) fn read(self, plan: &Slug, environment: &str) -> Result<Option<Lease>, String> {
        let damaged = |what: &str| format!("the lease of plan `{plan}` in environment `{environment}`: {what}");
        let Some(holder) = self.holder else {
            return Ok(None);
        };
        let moment = |ms| Timestamp::from_millisecond(ms).map_err(|e| damaged(&e.to_string()));
        Ok(Some(Lease {
            plan: plan.clone(),
            environment: environment.to_owned(),
            token: u64::try_from(self.token).map_err(|e| damaged(&e.to_string()))?,
            holder: serde_json::from_str(&holder).map_err(|e| damaged(&e.to_string()))?,
            run: self.run.map(RunId::new),
            since: moment(self.since)?,
            until: moment(self.until)?,
            term: Millis(u64::try_from(self.term).map_err(|e| damaged(&e.to_string()))?),
        }))
    }
}
