//! The summary of the step of GitHub Actions that this process runs in.

#![allow(
    clippy::disallowed_methods,
    reason = "the variable that names the file is read here, and the file is added to"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::report::STEP_LIMIT;

/// The variable by which GitHub names the file.
const VARIABLE: &str = "GITHUB_STEP_SUMMARY";

/// A step's summary, to which every command of the step adds.
#[derive(Debug)]
pub(super) struct Step {
    path: PathBuf,
    /// So many bytes are there already.
    there: usize,
}

impl Step {
    /// That of this step.
    ///
    /// # Errors
    /// When this is no step, or its summary is no file.
    pub(super) fn of_this() -> anyhow::Result<Self> {
        let path = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
        let Some(path) = path else {
            bail!(
                "`{VARIABLE}` is not set, so this is no step of GitHub Actions: write `--out PATH` right behind `--format github-summary`"
            );
        };
        let there = match std::fs::metadata(&path) {
            // Opening a pipe would wait for somebody to read it.
            Ok(known) if !known.is_file() => {
                bail!("`{}`, which `{VARIABLE}` names, is not a regular file", path.display())
            }
            Ok(known) => usize::try_from(known.len()).unwrap_or(usize::MAX),
            Err(_) => 0,
        };
        Ok(Self { path, there })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes it still takes; one goes to the line between.
    pub(super) fn room(&self) -> usize {
        STEP_LIMIT.saturating_sub(self.there).saturating_sub(1)
    }

    /// Adds a text, on a line of its own.
    ///
    /// # Errors
    /// When the file can't be written.
    pub(super) fn append(&self, text: &str) -> anyhow::Result<()> {
        let about = || format!("`{}`, which `{VARIABLE}` names, can't be written", self.path.display());
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&self.path).with_context(about)?;
        let between = if self.there > 0 { "\n" } else { "" };
        file.write_all(format!("{between}{text}").as_bytes()).with_context(about)
    }
}
