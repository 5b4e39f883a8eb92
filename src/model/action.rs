//! What a diff decides for an item, and what that would cost at the target.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is to be done about one item of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The site has nothing of it: send it.
    Create,
    /// Our last attempt failed at the site: send another.
    Retry,
    /// The site has a restore of this item with another definition: send the new one.
    Changed,
    /// Ours runs at the site, or an earlier run may have sent it: attach, send nothing blindly.
    Adopt,
    /// It is there already: nothing to do.
    Satisfied,
    /// It must not or can't be sent.
    Blocked,
}

impl Action {
    /// Whether `apply` would send something or wait for something.
    pub fn is_pending(self) -> bool {
        !matches!(self, Self::Satisfied | Self::Blocked)
    }

    /// Whether `apply` would send a create call as its first step.
    pub fn sends(self) -> bool {
        matches!(self, Self::Create | Self::Retry | Self::Changed)
    }

    /// The word for it on screen and in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Retry => "retry",
            Self::Changed => "changed",
            Self::Adopt => "adopt",
            Self::Satisfied => "satisfied",
            Self::Blocked => "blocked",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What a restore destroys at the target, as far as the API lets us know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataLoss {
    /// Nothing that we can see. The API lists databases but not the tables in them, so a table that
    /// happens to have the new name can't be seen; the diff says so where it applies.
    #[default]
    None,
    /// An object's data and definition are replaced.
    Replaces,
    /// All that was made in a database since the backup is dropped.
    Drops,
}

impl fmt::Display for DataLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "none",
            Self::Replaces => "replaces",
            Self::Drops => "drops",
        })
    }
}
