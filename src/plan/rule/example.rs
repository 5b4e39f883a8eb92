//! Tiny plans that show a rule, built into the program.

use std::path::Path;

use std::borrow::Cow;

use crate::plan::{LoaderLimits, Resolution, SourceFile, Workspace, read_snapshot};

const PLAN: &str = "plan.yaml";
const ENVIRONMENT: &str = "environments/test.yaml";
/// A plan that is checked together with it, before it.
const OTHER: &str = "other.yaml";
const SNAPSHOT: &str = "snapshot.yaml";
/// Lines of `NAME=VALUE`, for `--input`; no document, so it isn't shown as one.
const INPUTS: &str = "inputs.txt";

/// A plan with the files that it needs beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    pub(super) plan: &'static [u8],
    /// Each with its path from the plan's folder.
    pub(super) beside: &'static [(&'static str, &'static [u8])],
}

impl Example {
    /// The documents, the plan first, each with its path.
    pub fn documents(self) -> impl Iterator<Item = (&'static str, Cow<'static, str>)> {
        let beside = self.beside.iter().copied().filter(|(path, _)| *path != INPUTS);
        std::iter::once((PLAN, self.plan)).chain(beside).map(|(path, bytes)| (path, String::from_utf8_lossy(bytes)))
    }

    /// Inputs that are given on the command line.
    pub fn inputs(self) -> Vec<(String, String)> {
        let lines = self.bytes(INPUTS).map(String::from_utf8_lossy).unwrap_or_default();
        let pairs = lines.lines().filter_map(|line| line.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The environment that it is resolved for, by its name.
    pub fn environment(self) -> Option<&'static str> {
        self.bytes(ENVIRONMENT).map(|_| "test")
    }

    /// The recorded snapshot that its names are compared with, by its path.
    pub fn snapshot(self) -> Option<&'static str> {
        self.bytes(SNAPSHOT).map(|_| SNAPSHOT)
    }

    /// The test that shows the rule, by its path. None: it shows in the plan itself.
    pub fn test(self) -> Option<&'static str> {
        self.beside.iter().map(|(path, _)| *path).find(|path| path.ends_with(".test.yaml"))
    }

    /// Resolves it, as the command line would in its folder.
    pub fn resolve(self) -> Resolution {
        let mut read = |path: &str, _: Option<&Path>| self.read(path);
        let mut workspace = Workspace::new(LoaderLimits::default(), jiff::Timestamp::UNIX_EPOCH, &mut read);
        let snapshot = self.snapshot().and_then(|path| self.file(path));
        workspace.check_against(snapshot.and_then(|file| read_snapshot(&file, &LoaderLimits::default()).0));
        if self.bytes(OTHER).is_some() {
            workspace.resolve(OTHER, None, &[]);
        }
        let environment = self.environment().map(|_| ENVIRONMENT);
        workspace.resolve(PLAN, environment, &self.inputs())
    }

    /// One of its files.
    pub fn file(self, path: &str) -> Option<SourceFile> {
        let bytes = self.read(path).ok()?;
        Some(SourceFile { path: path.to_owned(), bytes })
    }

    /// What is in one of its files.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn read(self, path: &str) -> Result<Vec<u8>, String> {
        let bytes = if path == PLAN { Some(self.plan) } else { self.bytes(path) };
        bytes.map(<[u8]>::to_vec).ok_or_else(|| "there is no such file".to_owned())
    }

    fn bytes(self, path: &str) -> Option<&'static [u8]> {
        self.beside.iter().find(|(own, _)| *own == path).map(|(_, bytes)| *bytes)
    }
}
