//! Tests of plans: a plan in a situation, and what must be decided in it.
//!
//! A test file beside a plan holds cases. For each, the plan is resolved for an environment, a recorded snapshot stands
//! for the sites, and the very decision that `diff` would make is compared with what the case expects. Nothing is read
//! but files, and those are handed in. A case passes only where something was compared and all of it fits.

mod check;
mod human;
mod json;
mod junit;
mod run;
mod situation;

pub use human::human;
pub use json::json;
pub use junit::junit;
pub use run::{Subject, run};

use crate::diagnostic::{Diagnostics, Place};

/// What came of a test file.
#[derive(Debug, Clone)]
pub struct FileReport {
    /// Its path, as the user gave it.
    pub file: String,
    /// The path of the plan that it is for.
    pub plan: String,
    /// What is wrong with the file. Where that is an error, none of its cases was run.
    pub diagnostics: Diagnostics,
    /// The cases that were run, in the file's order.
    pub cases: Vec<CaseReport>,
    /// How many cases the filter left out.
    pub passed_over: usize,
}

impl FileReport {
    /// All that was found, in the file and in its cases.
    pub fn all(&self) -> impl Iterator<Item = &Diagnostics> {
        std::iter::once(&self.diagnostics).chain(self.cases.iter().flat_map(|case| &case.found))
    }
}

/// What came of a case.
#[derive(Debug, Clone)]
pub struct CaseReport {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// How it ended.
    pub outcome: Outcome,
    /// What was found: first about the case itself, then about the plan or the snapshot, where that is the reason.
    pub found: Vec<Diagnostics>,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All that it expects is so.
    Passed,
    /// Something that it expects isn't so.
    Failed,
    /// It could not be run: it doesn't fit its plan, or a file that it needs can't be used.
    Invalid,
}

/// How many cases ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Cases that passed.
    pub passed: usize,
    /// Cases that failed.
    pub failed: usize,
    /// Cases that could not be run.
    pub invalid: usize,
    /// Files that could not be used, so that none of their cases was run.
    pub invalid_files: usize,
    /// Cases that the filter left out.
    pub passed_over: usize,
}

impl Counts {
    /// Counts what came of some files.
    pub fn of(files: &[FileReport]) -> Self {
        let mut counts = Self::default();
        for file in files {
            counts.invalid_files += usize::from(file.diagnostics.has_errors());
            counts.passed_over += file.passed_over;
            for case in &file.cases {
                match case.outcome {
                    Outcome::Passed => counts.passed += 1,
                    Outcome::Failed => counts.failed += 1,
                    Outcome::Invalid => counts.invalid += 1,
                }
            }
        }
        counts
    }

    /// Cases that were run, or should have been.
    pub fn cases(self) -> usize {
        self.passed + self.failed + self.invalid
    }
}

impl Outcome {
    /// The word for it on screen and in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Invalid => "invalid",
        }
    }
}
