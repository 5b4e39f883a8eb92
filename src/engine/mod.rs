//! Carries a changeset out.
//!
//! [`Machine`] is pure: an event and the moment go in, records and effects come out. It knows no clock, no network
//! and no disk, so a seeded test can drive whole runs in virtual time. [`drive`] is the asynchronous part: it makes
//! records durable, then carries effects out, and brings their results back as events; [`Tenure`] keeps the lease meanwhile.
//!
//! What holds, whatever happens: the intent is durable before a create is sent; a create whose fate is not known is
//! settled by reading the site and never by sending again; limits count everything that may run at the site,
//! whoever started it.

mod admit;
mod driver;
mod forecast;
mod lease;
mod left;
mod machine;
mod order;
mod pace;
mod pressure;
mod queue;
mod watch;

pub use driver::{DriveError, Heard, Signal, drive};
pub use forecast::forecast;
pub use lease::Tenure;
pub use left::Left;
pub use machine::{Effect, Event, Machine, Step};
pub use order::{Work, in_order};
