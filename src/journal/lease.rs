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

use super::StoreError;
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
    /// The lease that a claim gets.
    pub(super) fn new(claim: &Claim, token: u64, now: Timestamp) -> Self {
        Self {
            plan: claim.plan.clone(),
            environment: claim.environment.clone(),
            share: claim.share.clone(),
            token,
            holder: claim.holder.clone(),
            run: None,
            // As exact as it is kept.
            since: Millis(0).after(now),
            until: claim.term.after(now),
            term: claim.term,
        }
    }

    /// Which shard of the plan it is of, where it isn't of the whole.
    pub fn shard(&self) -> Option<Shard> {
        self.share.as_ref().map(|share| share.shard)
    }

    /// Whether it and another one of the plan in the environment can't be held at once.
    pub fn excludes(&self, share: Option<&Share>) -> bool {
        !Share::beside(self.share.as_ref(), share)
    }

    /// Whether somebody else may take it: it has ended, or the one who asks knows that the holder of this very lease is
    /// gone.
    pub(super) fn may_be_taken(&self, now: Timestamp, over: &[u64]) -> bool {
        self.until <= now || over.contains(&self.token)
    }
}

/// What taking a lease comes to, where these are held.
pub(super) enum Taking {
    /// It is given, after those have ended that stand in its way and may be taken over.
    Over(Vec<Lease>),
    /// Somebody holds one that stands in its way.
    Held(Box<Lease>),
}

/// Decides whether a claim gets its lease, where all of `held` are of its plan and environment. Both stores ask this in
/// the transaction that writes the lease.
pub(super) fn taking(claim: &Claim, held: Vec<Lease>, now: Timestamp, over: &[u64]) -> Taking {
    let in_the_way: Vec<Lease> = held.into_iter().filter(|lease| lease.excludes(claim.share.as_ref())).collect();
    match in_the_way.iter().find(|lease| !lease.may_be_taken(now, over)) {
        Some(held) => Taking::Held(Box::new(held.clone())),
        None => Taking::Over(in_the_way),
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

/// How databases name the shard of a lease; nothing for the whole plan.
pub(super) fn kept_shard(share: Option<&Share>) -> String {
    share.map_or_else(String::new, |share| share.shard.to_string())
}

/// A lease as a database keeps it: one row for each plan, environment and shard, with a holder or without.
#[derive(Debug)]
pub(super) struct KeptLease {
    pub(super) shard: String,
    pub(super) digest: Option<String>,
    pub(super) token: i64,
    pub(super) holder: Option<String>,
    pub(super) run: Option<String>,
    pub(super) since: i64,
    pub(super) until: i64,
    pub(super) term: i64,
}

impl KeptLease {
    /// The shard that its last holder had; none: the whole plan.
    pub(super) fn share(&self) -> Result<Option<Share>, String> {
        if self.shard.is_empty() {
            return Ok(None);
        }
        let shard = self.shard.parse::<Shard>().map_err(|e| e.to_string())?;
        Ok(Some(Share { shard, digest: self.digest.clone().unwrap_or_default() }))
    }

    /// The lease, where somebody holds it.
    ///
    /// # Errors
    /// When the row can't be read; the text says what of it.
    pub(super) fn read(self, plan: &Slug, environment: &str) -> Result<Option<Lease>, String> {
        let damaged = |what: &str| format!("the lease of plan `{plan}` in environment `{environment}`: {what}");
        let share = self.share().map_err(|e| damaged(&e))?;
        let Some(holder) = self.holder else {
            return Ok(None);
        };
        let moment = |ms| Timestamp::from_millisecond(ms).map_err(|e| damaged(&e.to_string()));
        Ok(Some(Lease {
            plan: plan.clone(),
            environment: environment.to_owned(),
            share,
            token: u64::try_from(self.token).map_err(|e| damaged(&e.to_string()))?,
            holder: serde_json::from_str(&holder).map_err(|e| damaged(&e.to_string()))?,
            run: self.run.map(RunId::new),
            since: moment(self.since)?,
            until: moment(self.until)?,
            term: Millis(u64::try_from(self.term).map_err(|e| damaged(&e.to_string()))?),
        }))
    }
}

/// The leases among the rows of a plan in an environment.
///
/// # Errors
/// When a row can't be read; the text says what of it.
pub(super) fn held(
    plan: &Slug,
    environment: &str,
    rows: Vec<(KeptLease, Option<String>)>,
) -> Result<Vec<Lease>, String> {
    rows.into_iter().filter_map(|(row, _)| row.read(plan, environment).transpose()).collect()
}

/// That the lease of a plan, or of a shard of it, in an environment is lost, told by the rows of the plan there: who
/// holds what stands in its place, and how it ended.
///
/// # Errors
/// When a row can't be read; the text says what of it.
pub(super) fn lost(
    (plan, environment, shard): (&Slug, &str, &str),
    rows: Vec<(KeptLease, Option<String>)>,
) -> Result<StoreError, String> {
    let (mut own, mut share, mut others) = (None, None, Vec::new());
    let mut note = None;
    for (row, ended) in rows {
        let is_own = row.shard == shard;
        let last = row.share()?;
        let held = row.read(plan, environment)?;
        if is_own {
            (own, share, note) = (held, last, ended);
        } else {
            others.extend(held);
        }
    }
    let now = own.or_else(|| others.into_iter().find(|other| other.excludes(share.as_ref())));
    let (plan, environment) = (plan.clone(), environment.to_owned());
    Ok(StoreError::LeaseLost { plan, environment, shard: shard.parse().ok(), now: now.map(Box::new), note })
}
