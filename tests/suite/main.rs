//! The one integration-test binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "tests may stop at once where something is wrong"
)]

mod changeset;
mod chromium;
mod claims;
mod cli;
mod client;
mod diffs;
mod directions;
mod drill;
mod engine;
mod events;
mod fuzz;
mod hardships;
mod hostile;
mod import;
mod init;
mod journal;
mod kills;
mod language;
mod limits;
mod plantest;
mod prune;
mod pty;
mod reports;
mod resume;
mod rig;
mod rules;
mod schedules;
mod serve;
mod shard;
mod store;
mod telemetry;
mod unshown;
mod validate;
mod webhooks;
