//! Whole lives of plans in virtual time: the real machine and the real driver against a model of a site that delays,
//! reorders, loses, duplicates and lies, with crashes at every boundary of every command.
//!
//! [`life::live`] lives one schedule: the same seed is the same life, event by event. [`laws`] says what must hold of it.
//! The binary lives very many of them; the test suite of restorectl includes this folder and lives some.

pub mod dice;
pub mod laws;
pub mod life;
pub mod mutation;
pub mod plans;
mod runner;
mod shards;
pub mod site;
pub mod store;
pub mod time;
