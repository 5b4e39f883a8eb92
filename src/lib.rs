//! restorectl: declarative restore plans for the Backup-as-a-Service API of Teradata VantageCloud Enterprise.

pub mod baas;
pub mod changeset;
pub mod engine;
pub mod journal;
pub mod model;
pub mod observe;
pub mod ports;
pub mod report;
pub mod simulator;
