//! The right to be the only one that applies a plan to an environment: the lease in the store, and beside a store in a
//! file the lock of the operating system.

#![allow(clippy::disallowed_methods, reason = "the lock file is opened here")]

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::difference::Bench;
use super::process::{self, Life};
use super::state::Place;
use super::system;
use super::terminal::Terminal;
use crate::engine::{DriveError, Tenure};
use crate::journal::{Claim, Lease, StateStore, Store as _, StoreError, TERM};
use crate::model::Slug;

/// Held while a plan is applied to an environment.
#[derive(Debug)]
pub(super) struct Hold {
    /// What the store gave.
    pub(super) lease: Lease,
    _lock: Option<Lock>,
}

/// The system takes it back when the process ends, however it ends.
#[derive(Debug)]
struct Lock(#[expect(dead_code, reason = "kept open, which is what holds the lock")] std::fs::File);

impl Hold {
    /// Makes sure that nobody else applies the plan to the environment.
    ///
    /// # Errors
    /// When somebody does, or may, or the store can't be written.
    pub(super) async fn take(
        bench: &Bench,
        place: &Place,
        plan: &Slug,
        environment: &str,
        terminal: Terminal,
    ) -> anyhow::Result<Self> {
        let lock = match place {
            Place::File(path) => Some(lock(&bench.store, path, plan, environment).await?),
            Place::Server(_) => None,
        };
        let holder = process::this();
        let claim = Claim { plan: plan.clone(), environment: environment.to_owned(), holder, term: TERM };
        let lease = match bench.store.take(&claim, None).await {
            Err(StoreError::Held(left)) if is_gone(&left, &claim, lock.is_some()) => {
                let taken = bench.store.take(&claim, Some(left.token)).await?;
                terminal.progress(&format!("process {} left its lease behind; it is taken over", left.holder.pid));
                taken
            }
            other => other?,
        };
        Ok(Self { lease, _lock: lock })
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

/// Whether the holder of a lease that was left is gone for certain. Whoever holds the system's lock beside the file knows
/// that of every process of this start of the system: a living one would hold the lock.
fn is_gone(left: &Lease, claim: &Claim, locked: bool) -> bool {
    let (left, this) = (&left.holder, &claim.holder);
    let same_system = left.boot == this.boot && (!this.boot.is_empty() || left.host == this.host);
    locked && same_system || process::life(left, this) == Life::Gone
}

async fn lock(store: &StateStore, path: &Path, plan: &Slug, environment: &str) -> anyhow::Result<Lock> {
    // The store is open, so its file is there, and a link to it means the same lock.
    let mut path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()).into_os_string();
    path.push(format!(".{plan}.{}.lock", Slug::words(environment)));
    let path = PathBuf::from(path);
    let file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| format!("`{}` can't be opened", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(std::fs::TryLockError::WouldBlock) => match store.lease(plan, environment).await {
            Ok(Some(lease)) => Err(StoreError::Held(Box::new(lease)).into()),
            _ => bail!(
                "another restorectl applies plan `{plan}` to environment `{environment}` right now; wait until it ends, or look at it with `restorectl runs list`"
            ),
        },
        Err(std::fs::TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("`{}` can't be locked", path.display()))
        }
    }
}

/// How a lease ended that somebody broke, as the store keeps it.
pub(super) fn broken_by() -> String {
    format!("was broken with `restorectl unlock` by {}", system::operator())
}
