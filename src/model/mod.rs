//! The nouns that every other module speaks in.
//!
//! Plain data with its own small laws (how a Teradata name compares, which status is final), no
//! effects and no knowledge of files, HTTP or terminals. Four words are kept apart throughout the
//! house: a *plan* is what somebody wants, a *snapshot* is what the site shows, a *changeset* is the
//! difference between the two, and the *journal* is what was attempted.

mod action;
mod address;
mod contents;
mod duration;
mod encoding;
mod environment;
mod execution;
pub mod glob;
mod id;
mod item;
mod job_name;
mod json;
mod limits;
mod name;
mod object;
mod outcome;
mod plan;
mod qualified_name;
mod request;
mod restore;
mod secret;
mod shard;
mod slug;
mod snapshot;
mod status;
pub mod suggest;
mod text;
mod webhook;

pub use action::{Action, DataLoss};
pub use address::{is_this_machine, receiver_address, service_address};
pub use contents::{Contents, nearest_name};
pub use duration::Millis;
pub use encoding::{hexadecimal, percent_encoded};
pub use environment::{Api, Environment, Guard, PermissionQuery, RestoreCredentials};
pub use execution::{BackupExecution, ExecutionSelector, Pick};
pub use id::{ExecutionId, JobId, JobKey, JobName, ResourceId, RunId, SiteId};
pub use item::{Check, Item, Mode, OnExisting, Options, Origin, RestoreObject, Source, Target, Touched, TouchedRef};
pub use job_name::{DerivedName, FINGERPRINT_DIGITS};
pub use json::{canonical, digest};
pub use limits::{Limits, RetryOn};
pub use name::{NameError, ObjectName};
pub use object::{Level, ObjectType};
pub use outcome::{CreateOutcome, End};
pub use plan::{Objectives, Plan, Purpose};
pub use qualified_name::QualifiedName;
pub use request::CreateRequest;
pub use restore::{Measured, RestoreRecord, SubTask};
pub use secret::{Secret, SecretRef};
pub use shard::{Shard, ShardError};
pub use slug::Slug;
pub use snapshot::{BackupObject, Database, ExecutionKey, PastAttempt, PastFate, Permission, Reading, Snapshot};
pub use status::{RestoreStatus, StatusClass};
pub use text::{bytes, count, deceives, harmless, shell_word, wrap, xml_text};
pub use webhook::{LONGEST_WEBHOOK_TIMEOUT, NoticeEvent, WEBHOOK_TIMEOUT, Webhook, WebhookAddress};
