//! The service's API: its documents, the client that speaks it, and what each answer means.

mod lenient;
pub mod wire;
