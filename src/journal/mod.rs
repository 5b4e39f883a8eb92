//! What was attempted, in the order in which it happened, durable before it matters.
//!
//! A run is a header and a list of numbered entries. [`Progress::apply`] is the one transition table:
//! the live run, the next run after a crash and every report fold the same entries through it, so they
//! can't disagree about where an item stands. The journal is not a reporter: if it can't be written, no
//! new work starts. A run is written under a [`Lease`], so that two runners never apply one plan, or one
//! shard of it, to one environment.

#[cfg(feature = "program")]
mod chain;
#[cfg(feature = "program")]
mod either;
#[cfg(feature = "program")]
mod head;
#[cfg(feature = "program")]
mod kept_lease;
mod last;
mod lease;
mod listing;
mod past;
#[cfg(feature = "program")]
pub mod postgres;
mod progress;
#[cfg(feature = "program")]
mod reader;
mod record;
#[cfg(feature = "program")]
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
pub use listing::{Filter, PlanRuns, RunHead};
pub use past::past_attempts;
pub use progress::{Attempt, IllegalRecord, ItemState, Progress, RunState, replay};
#[cfg(feature = "program")]
pub use reader::{Begun, Bookmark, Ownership, Reader};
pub use record::{Closed, Entry, Record, Run, SavedChangeset, in_order};
pub use store::{Store, StoreError};
