//! The right to be the only one that applies a plan, or a shard of it, to an environment: the lease in the store, and
//! beside a store in a file the locks of the operating system.

#![allow(clippy::disallowed_methods, reason = "the lock file is opened here")]

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::difference::Bench;
use super::process::{self, Life};
use super::state::Place;
use super::system;
use super::terminal::Terminal;
use crate::engine::{DriveError, Tenure};
use crate::journal::{Claim, Lease, Share, StateStore, Store as _, StoreError, TERM};
use crate::model::Slug;

/// Held while a plan is applied to an environment.
#[derive(Debug)]
pub(super) struct Hold {
    /// What the store gave.
    pub(super) lease: Lease,
    _locks: Vec<Lock>,
}

/// The system takes it back when the process ends, however it ends.
#[derive(Debug)]
struct Lock(#[expect(dead_code, reason = "kept open, which is what holds the lock")] std::fs::File);

/// How a lock is held: alone, or by several who all hold it like this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grip {
    Alone,
    Shared,
}

impl Hold {
    /// Makes sure that nobody else applies the plan to the environment, or the shard where one is named: others may
    /// apply other shards then.
    ///
    /// # Errors
    /// When somebody does, or may, or the store can't be written.
    pub(super) async fn take(
        bench: &Bench,
        place: &Place,
        (plan, environment, share): (&Slug, &str, Option<Share>),
        terminal: Terminal,
    ) -> anyhow::Result<Self> {
        let holder = process::this();
        let claim = Claim { plan: plan.clone(), environment: environment.to_owned(), share, holder, term: TERM };
        let locks = match place {
            Place::File(path) => lock_all(&bench.store, path, &claim).await?,
            Place::Server(_) => Vec::new(),
        };
        let (mut gone, mut taken_over) = (Vec::new(), Vec::new());
        let lease = loop {
            match bench.store.take(&claim, &gone).await {
                Err(StoreError::Held(left))
                    if !gone.contains(&left.token) && is_gone(&left, &claim, !locks.is_empty()) =>
                {
                    taken_over.push(format!("process {} left its lease behind; it is taken over", left.holder.pid));
                    gone.push(left.token);
                }
                Err(StoreError::Held(held)) => {
                    let why = cut_otherwise(&held, &claim);
                    let error = anyhow::Error::new(StoreError::Held(held));
                    return Err(match why {
                        Some(why) => error.context(why),
                        None => error,
                    });
                }
                other => break other?,
            }
        };
        taken_over.iter().for_each(|line| terminal.progress(line));
        Ok(Self { lease, _locks: locks })
    }

    /// Does some work while the lease is kept.
    ///
    /// # Errors
    /// When the work fails, or the lease is lost meanwhile.
    pub(super) async fn during<T>(
        &self,
        bench: &Bench,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        let tenure = Tenure::begin(self.lease.clone(), &bench.clock, &bench.store).await?;
        tokio::select! {
            done = work => done,
            lost = tenure.keep() => Err(DriveError::from(lost).into()),
        }
    }

    /// Lets go of the lease. Where that fails, it runs out by itself.
    pub(super) async fn release(self, bench: &Bench, terminal: Terminal) {
        match bench.store.end_lease(&self.lease, "was given back").await {
            Ok(_) => {}
            Err(error) => {
                let error = anyhow::Error::new(error);
                terminal.say(&format!("warning: the lease runs out by itself in a minute: {error:#}"));
            }
        }
        if let StateStore::Server(store) = &bench.store {
            store.close().await;
        }
    }
}

/// Whether the holder of a lease that was left is gone for certain. Whoever holds the system's locks beside the file knows
/// that of every process of this start of the system that would need one of them: a living one would hold it. Only of the
/// shards of another split those who hold a shard's locks know nothing.
fn is_gone(left: &Lease, claim: &Claim, locked: bool) -> bool {
    let (one, this) = (&left.holder, &claim.holder);
    let same_system = one.boot == this.boot && (!this.boot.is_empty() || one.host == this.host);
    let (theirs, ours) = (left.shard(), claim.share.as_ref().map(|share| share.shard));
    let same_lock = theirs.is_none() || ours.is_none() || theirs == ours;
    locked && same_system && same_lock || process::life(one, this) == Life::Gone
}

/// Why two shards can't be carried out at once, where they aren't the same one.
fn cut_otherwise(held: &Lease, claim: &Claim) -> Option<String> {
    let (held, share) = (held.share.as_ref()?, claim.share.as_ref()?);
    let (there, here) = (held.shard.count(), share.shard.count());
    if there != here {
        return Some(format!(
            "the plan is split into {there} shards there and into {here} here, and shards of two splits may hold the same restores"
        ));
    }
    (held.digest != share.digest && held.shard != share.shard)
        .then(|| "the plan means something else there, by its text or its inputs, so its shards are others".to_owned())
}

/// The locks that a claim needs: that of the plan, which shards share and the whole plan doesn't; and for a shard that
/// of the shard.
async fn lock_all(store: &StateStore, path: &Path, claim: &Claim) -> anyhow::Result<Vec<Lock>> {
    let Some(share) = &claim.share else {
        return Ok(vec![lock(store, path, claim, "", Grip::Alone).await?]);
    };
    let shard = format!(".{}-of-{}", share.shard.number(), share.shard.count());
    let plan = lock(store, path, claim, "", Grip::Shared).await?;
    Ok(vec![plan, lock(store, path, claim, &shard, Grip::Alone).await?])
}

async fn lock(store: &StateStore, path: &Path, claim: &Claim, shard: &str, grip: Grip) -> anyhow::Result<Lock> {
    let Claim { plan, environment, .. } = claim;
    // The store is open, so its file is there, and a link to it means the same lock.
    let mut path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()).into_os_string();
    path.push(format!(".{plan}.{}{shard}.lock", Slug::words(environment)));
    let path = PathBuf::from(path);
    let file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| format!("`{}` can't be opened", path.display()))?;
    let locked = match grip {
        Grip::Alone => file.try_lock(),
        Grip::Shared => file.try_lock_shared(),
    };
    match locked {
        Ok(()) => Ok(Lock(file)),
        Err(std::fs::TryLockError::WouldBlock) => {
            let held = store.leases(plan, environment).await.unwrap_or_default();
            match held.into_iter().find(|lease| lease.excludes(claim.share.as_ref())) {
                Some(lease) => Err(StoreError::Held(Box::new(lease)).into()),
                None => bail!(
                    "another restorectl applies plan `{plan}` to environment `{environment}` right now; wait until it ends, or look at it with `restorectl runs list`"
                ),
            }
        }
        Err(std::fs::TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("`{}` can't be locked", path.display()))
        }
    }
}

/// How a lease ended that somebody broke, as the store keeps it.
pub(super) fn broken_by() -> String {
    format!("was broken with `restorectl unlock` by {}", system::operator())
}
