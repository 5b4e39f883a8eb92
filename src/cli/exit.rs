//! Exit codes, one meaning each. The README lists them.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Everything as asked.
    Done,
    /// An operation failed: network, store, files, a site that changed since the diff, or a bug.
    Failed,
    /// A document or the command line is wrong.
    Invalid,
    /// Changes are pending, and `--detailed-exitcode` asked to tell.
    Pending,
    /// Some restores failed or were refused, and the fate of all is known.
    RestoresFailed,
    /// Some restores are partial, or nobody knows what became of them.
    PartialOrUnknown,
    /// A check failed: a plan's test expects something that isn't so.
    CheckFailed,
    /// Somebody stopped the run.
    Interrupted,
}

/// That the command line is wrong in a way that only shows once files are read. A command that fails with it ends with 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Misuse(pub(super) String);

impl Misuse {
    /// How a command that failed so ends.
    pub(super) fn exit(error: &anyhow::Error) -> Exit {
        if error.is::<Self>() { Exit::Invalid } else { Exit::Failed }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Invalid => 2,
            Exit::Pending => 3,
            Exit::RestoresFailed => 4,
            Exit::PartialOrUnknown => 5,
            Exit::CheckFailed => 6,
            Exit::Interrupted => 130,
        })
    }
}
