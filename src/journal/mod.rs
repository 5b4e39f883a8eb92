//! What was attempted, in the order in which it happened, durable before it matters.
//!
//! A run is a header and a list of numbered entries. [`Progress::apply`] is the one transition table:
//! the live run, the next run after a crash and every report fold the same entries through it, so they
//! can't disagree about where an item stands. The journal is not a reporter: if it can't be written, no
//! new work starts. A run is written under a [`Lease`], so that two runners never apply one plan, or one
//! shard of it, to one environment.

mod chain;
#[cfg(feature = "program")]
mod either;
mod last;
mod lease;
mod past;
#[cfg(feature = "program")]
pub mod postgres;
mod progress;
mod reader;
mod record;
mod remains;
#[cfg(feature = "program")]
mod row;
#[cfg(feature = "program")]
pub mod sqlite;
mod store;

#[cfg(feature = "program")]
pub use either::StateStore;
pub use last::ended_badly;
pub use lease::{Claim, Holder, Lease, Share, TERM};
pub use past::past_attempts;
pub use progress::{Attempt, IllegalRecord, ItemState, Progress, RunState, replay};
pub use reader::{Begun, Bookmark, Filter, Ownership, PlanRuns, Reader, RunHead};
pub use record::{Closed, Entry, Record, Run, SavedChangeset, in_order};
pub use store::{Store, StoreError};
