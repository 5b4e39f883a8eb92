//! This process as the holder of a lease, and whether another holder still lives.

#![allow(clippy::disallowed_methods, reason = "the system's own files tell of its processes")]

use super::system;
use crate::journal::Holder;

/// What this machine can tell of a holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// It runs here.
    Alive,
    /// It ran here, and doesn't any more.
    Gone,
    /// It runs elsewhere, or the system doesn't tell.
    Unknown,
}

/// This process.
pub(super) fn this() -> Holder {
    let pid = std::process::id();
    Holder {
        operator: system::operator(),
        host: system::host().unwrap_or_default(),
        boot: told("/proc/sys/kernel/random/boot_id"),
        pid_space: std::fs::read_link("/proc/self/ns/pid")
            .map_or_else(|_| String::new(), |link| link.display().to_string()),
        pid,
        started: status(pid).map_or_else(String::new, |(_, started)| started),
    }
}

/// Whether a holder lives, as far as `this` process can tell: only of processes of the same start of the same system, and
/// of those that are counted together.
pub(super) fn life(holder: &Holder, this: &Holder) -> Life {
    let here = holder.host == this.host && holder.boot == this.boot && holder.pid_space == this.pid_space;
    if !here || this.boot.is_empty() || this.started.is_empty() || holder.started.is_empty() {
        return Life::Unknown;
    }
    match status(holder.pid) {
        // One that has ended and whose parent hasn't looked yet is gone.
        Some((state, started)) if started == holder.started && !matches!(state, 'Z' | 'X') => Life::Alive,
        _ => Life::Gone,
    }
}

/// A process's state, and when it was started, in the system's ticks.
fn status(pid: u32) -> Option<(char, String)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name stands in brackets, and may hold anything.
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(18)?.to_owned()))
}

fn told(path: &str) -> String {
    std::fs::read_to_string(path).map_or_else(|_| String::new(), |text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_living_and_the_dead_are_told_apart() {
        let this = this();
        assert_eq!(life(&this, &this), Life::Alive);
        assert_eq!(
            life(&Holder { started: "1".into(), ..this.clone() }, &this),
            Life::Gone,
            "another bears its number"
        );
        assert_eq!(life(&Holder { pid: u32::MAX, ..this.clone() }, &this), Life::Gone);
        assert_eq!(life(&Holder { host: "elsewhere".into(), ..this.clone() }, &this), Life::Unknown);
        assert_eq!(life(&Holder { boot: "before".into(), ..this.clone() }, &this), Life::Unknown);
        assert_eq!(life(&Holder { pid_space: "another".into(), ..this.clone() }, &this), Life::Unknown);
    }
}
