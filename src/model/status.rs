//! What a status of the service means. The set is not documented, so it is open: an unknown status
//! is never a success.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A status as the service wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RestoreStatus(pub String);

/// What a status means for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusClass {
    /// Everything came back.
    Succeeded,
    /// Everything came back, and the service warns of something.
    SucceededWithWarnings,
    /// Some objects did not come back.
    PartlyFailed,
    /// It failed or was aborted.
    Failed,
    /// It waits or works.
    Running,
    /// A status that we don't know. Never a success; final only once it has an end time.
    Unknown,
}

impl RestoreStatus {
    /// The meaning, from the status alone.
    pub fn class(&self) -> StatusClass {
        let classes: [(&[&str], StatusClass); 5] = [
            (&["COMPLETED_SUCCESSFULLY", "SUCCESSFUL"], StatusClass::Succeeded),
            (&["COMPLETED_WARNINGS", "COMPLETED_WITH_WARNINGS"], StatusClass::SucceededWithWarnings),
            (&["COMPLETED_ERRORS", "COMPLETED_WITH_ERRORS"], StatusClass::PartlyFailed),
            (&["FAILED", "ABORTED"], StatusClass::Failed),
            (&["NEW", "QUEUED", "RUNNING", "ABORTING", "NOT_RESPONDING", "BLOCKED"], StatusClass::Running),
        ];
        let class = classes.into_iter().find(|(names, _)| self.is_one_of(names));
        class.map_or(StatusClass::Unknown, |(_, class)| class)
    }

    /// Whether it was accepted and has not begun: it stands in a queue, or waits for locks.
    pub fn is_queued(&self) -> bool {
        self.is_one_of(&["NEW", "QUEUED", "BLOCKED"])
    }

    /// Services write them in letters of either size.
    fn is_one_of(&self, names: &[&str]) -> bool {
        let status = self.0.trim();
        names.iter().any(|name| status.eq_ignore_ascii_case(name))
    }
}

impl StatusClass {
    /// Whether what was asked for is there.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Succeeded | Self::SucceededWithWarnings)
    }
}

impl fmt::Display for RestoreStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "(no status)" } else { &self.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_words_are_a_success() {
        for (text, class) in [
            ("COMPLETED_SUCCESSFULLY", StatusClass::Succeeded),
            ("successful", StatusClass::Succeeded),
            ("COMPLETED_WITH_WARNINGS", StatusClass::SucceededWithWarnings),
            ("COMPLETED_ERRORS", StatusClass::PartlyFailed),
            ("ABORTED", StatusClass::Failed),
            ("NOT_RESPONDING", StatusClass::Running),
            ("", StatusClass::Unknown),
            ("COMPLETED", StatusClass::Unknown),
        ] {
            assert_eq!(RestoreStatus(text.into()).class(), class, "{text}");
        }
    }
}
