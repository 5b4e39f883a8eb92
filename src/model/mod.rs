//! The nouns that every other module speaks in.
//!
//! Plain data with its own small laws (how a Teradata name compares, which status is final), no
//! effects and no knowledge of files, HTTP or terminals. Four words are kept apart throughout the
//! house: a *plan* is what somebody wants, a *snapshot* is what the site shows, a *changeset* is the
//! difference between the two, and the *journal* is what was attempted.

mod action;
mod contents;
mod duration;
mod environment;
mod execution;
mod id;
mod item;
mod json;
mod limits;
mod name;
mod object;
mod outcome;
mod plan;
mod request;
mod restore;
mod secret;
mod snapshot;
mod status;
pub mod suggest;
mod text;

pub use action::{Action, DataLoss};
pub use contents::{Contents, nearest_name};
pub use duration::Millis;
pub use environment::{Api, Environment, Guard, PermissionQuery, RestoreCredentials};
pub use execution::{BackupExecution, ExecutionSelector, Pick};
pub use id::{ExecutionId, JobId, JobKey, JobName, ResourceId, RunId, SiteId};
pub use item::{Check, Item, Mode, OnExisting, Options, Origin, RestoreObject, Source, Target, Touched};
pub use json::{canonical, digest};
pub use limits::Limits;
pub use name::{NameError, ObjectName, QualifiedName, Slug};
pub use object::{Level, ObjectType};
pub use outcome::{CreateOutcome, End};
pub use plan::{Objectives, Plan, Purpose};
pub use request::CreateRequest;
pub use restore::{RestoreRecord, SubTask};
pub use secret::{Secret, SecretRef};
pub use snapshot::{BackupObject, Database, ExecutionKey, PastAttempt, PastFate, Permission, Reading, Snapshot};
pub use status::{RestoreStatus, StatusClass};
pub use text::{count, deceives, harmless};
