//! restorectl: declarative restore plans for the Backup-as-a-Service API of Teradata VantageCloud Enterprise.

pub mod baas;
pub mod diagnostic;
pub mod model;
pub mod plan;
