//! The service's API: its documents, the client that speaks it, and what each answer means.
//!
//! [`Client`] has one method for each documented call. Reads are repeated on faults that pass; the create call
//! is sent once, also where its secrets have to be read anew, and its answer is turned into what it *proves* ([`crate::model::CreateOutcome`]). Nothing here
//! decides what to do next.

mod access;
mod answer;
mod calls;
mod client;
mod entries;
mod fault;
mod identity;
mod lenient;
mod rate;
mod remembered;
mod setup;
mod site;
mod texts;
pub mod wire;

pub use access::{Access, AccessError};
pub use calls::JobFilter;
pub use client::Client;
pub use fault::{Anew, CallFailed, Fault};
pub use identity::Source;
pub(crate) use {answer::chain, fault::retry_after, setup::client_for};
