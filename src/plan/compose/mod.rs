//! Plans and environments that we write: text with comments, for people to go on from.
//!
//! Pure: what was read comes in, text goes out. What is written resolves without a finding, which is made sure of by
//! resolving it. `sketch` is a plan before it is text and `writer` the one that lays it out; `backup` composes a plan from
//! a backup's object list, `record` from a restore's record, `first` from answers to questions.

mod backup;
mod backup_text;
mod first;
mod grouping;
mod naming;
mod reasons;
mod record;
mod selection;
mod sketch;
mod writer;

#[cfg(test)]
mod tests;

pub use backup::{BackupImport, Composed};
pub use first::{FirstEnvironment, FirstPlan};
pub use grouping::Grouping;
pub use record::RestoreImport;
pub use selection::Selection;

use jiff::Timestamp;

use super::{LoaderLimits, Request, SourceFile, resolve};
use crate::diagnostic::Diagnostics;

/// Why no plan could be composed: one sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ComposeError(String);

impl ComposeError {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// Everything that resolving a plan's text finds.
fn findings(text: &str) -> Diagnostics {
    let plan = SourceFile { path: "the new plan".to_owned(), bytes: text.as_bytes().to_vec() };
    let limits = LoaderLimits { diagnostics: usize::MAX, ..LoaderLimits::default() };
    // What is composed holds no templates, so no moment is asked for.
    let request = Request { plan: &plan, environment: None, inputs: &[], now: Timestamp::UNIX_EPOCH, limits };
    resolve(request, &mut |_, _| Err("no environment is read here".to_owned())).diagnostics
}
