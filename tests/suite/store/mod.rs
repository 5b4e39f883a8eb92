//! The store: one suite of behaviours for a file and for a server, and what is particular to each.
//!
//! The tests at a server are marked as ignored, so that the harness counts and lists them as such, with the way to run them,
//! and never as passed, where there is none: `.ci/postgres cargo test -- --include-ignored` runs all of them.

mod behaviours;
mod faults;
mod file;
mod full;
pub mod places;
mod reading;
mod runners;
mod server;
mod shards;
mod tenure;
