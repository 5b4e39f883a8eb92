//! The file of `--events`, which programs read while the run goes on.

#![allow(clippy::disallowed_methods, reason = "the file is opened here")]

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;

use super::terminal::Terminal;

/// Where events go. It may be a pipe.
#[derive(Debug)]
pub(super) struct EventFile {
    path: PathBuf,
    /// None once it could not be written.
    file: Mutex<Option<File>>,
    terminal: Terminal,
}

impl EventFile {
    /// Opens the file, before anything is sent. What it held is gone.
    ///
    /// # Errors
    /// When it can't be opened.
    pub(super) fn open(path: &Path, terminal: Terminal) -> anyhow::Result<Self> {
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let file = options.open(path);
        let file = file.with_context(|| format!("the events can't be written to `{}`", path.display()))?;
        Ok(Self { path: path.to_owned(), file: Mutex::new(Some(file)), terminal })
    }

    /// Writes one event. A failure is told once, and stops nothing: the journal has it all.
    pub(super) fn write(&self, line: &str) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = file.as_mut() else { return };
        if let Err(error) = open.write_all(line.as_bytes()) {
            let path = self.path.display();
            self.terminal.say(&format!("warning: no more events can be written to `{path}`: {error}; the run goes on"));
            *file = None;
        }
    }
}
