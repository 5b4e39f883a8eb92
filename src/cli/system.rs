//! The real clock, and what names a run.

#![allow(clippy::disallowed_methods, reason = "this is where the time is read")]

use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;
use jiff::Timestamp;

use crate::model::{Millis, RunId, Shard};
use crate::ports::Clock;

/// The wall clock, read once and moved on by the steady one, so that it never goes back while a run lasts.
#[derive(Debug, Clone, Copy)]
pub(super) struct SystemClock {
    began: Timestamp,
    steady: Instant,
}

impl SystemClock {
    /// Reads the wall clock.
    pub(super) fn new() -> Self {
        Self { began: Timestamp::now(), steady: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let passed = u64::try_from(self.steady.elapsed().as_millis()).unwrap_or(u64::MAX);
        Millis(passed).after(self.began)
    }

    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep_until(&self, moment: Timestamp) {
        tokio::time::sleep(Millis::between(self.now(), moment).to_std()).await;
    }
}

/// What the wall clock shows, for what is shown to people.
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

/// A name for a new run: the moment, four letters by chance, and the shard where it is one.
pub(super) fn run_id(now: Timestamp, shard: Option<Shard>) -> RunId {
    let chance = RandomState::new().hash_one(std::process::id());
    // Shards are started at once, so chance alone would be little.
    let shard = shard.map_or_else(String::new, |shard| format!("-{}of{}", shard.number(), shard.count()));
    RunId::new(format!("{}-{:04x}{shard}", now.strftime("%Y%m%d-%H%M%S"), chance & 0xffff))
}

/// The user and the machine, as far as the system tells.
pub(super) fn operator() -> String {
    let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    let user = user.unwrap_or_else(|| "unknown".to_owned());
    match host() {
        Some(host) => format!("{user}@{host}"),
        None => user,
    }
}

/// The machine's name, as far as the system tells.
pub(super) fn host() -> Option<String> {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok());
    host.map(|host| host.trim().to_owned()).filter(|host| !host.is_empty())
}

/// Where state is kept when nothing else is said.
///
/// # Errors
/// When the system names no folder for the user.
pub(super) fn default_state() -> anyhow::Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state")));
    let base = base.context("there is no home folder to keep state in; say where with `--state PATH`")?;
    Ok(base.join("restorectl").join("state.db"))
}
