//! How both stores give, keep and read leases.

use jiff::Timestamp;

use super::{Claim, Lease, Share, StoreError};
use crate::model::{Millis, RunId, Shard, Slug};

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
