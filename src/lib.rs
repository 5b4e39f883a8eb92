//! restorectl: declarative restore plans for the Backup-as-a-Service API of Teradata VantageCloud Enterprise.
//!
//! A plan in YAML says which objects of which backup go where. It is resolved for an environment ([`plan`]), compared
//! with what the site shows ([`observe`], [`changeset`]), carried out ([`engine`]) over a durable [`journal`], and shown
//! to people and programs ([`report`]). Decisions are pure and synchronous; effects are at the edge: the service's
//! client ([`baas`]), the store, and the command line ([`cli`]). [`model`] holds the nouns that all of them speak in,
//! [`ports`] the effects as traits, [`diagnostic`] what is wrong with a document and where. [`plantest`] holds plans to
//! what their tests expect, offline. [`serve`] shows runs to browsers. [`simulator`] is a site
//! that runs on this machine, for rehearsal and for tests. `listen` is the loop of both servers.
//!
//! Who may import whom is told in `docs/architecture.md` and held by a test. Without the feature `program` only what decides
//! is built, and what it stands on: no document's language, no network, no database. That is what the schedules live on.

#[cfg(feature = "program")]
pub mod baas;
pub mod changeset;
#[cfg(feature = "program")]
pub mod cli;
#[cfg(feature = "program")]
pub mod diagnostic;
pub mod engine;
pub mod journal;
#[cfg(feature = "program")]
mod listen;
pub mod model;
pub mod observe;
#[cfg(feature = "program")]
pub mod plan;
#[cfg(feature = "program")]
pub mod plantest;
pub mod ports;
pub mod report;
#[cfg(feature = "program")]
pub mod serve;
#[cfg(feature = "program")]
pub mod simulator;
