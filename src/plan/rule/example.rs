//! Tiny plans that show a rule, built into the program.

use std::borrow::Cow;

use crate::plan::{LoaderLimits, Request, Resolution, SourceFile, resolve};

const PLAN: &str = "plan.yaml";
const ENVIRONMENT: &str = "environments/test.yaml";
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

    /// Resolves it, as the command line would in its folder.
    pub fn resolve(self) -> Resolution {
        let file = |path: &str, bytes: &[u8]| SourceFile { path: path.to_owned(), bytes: bytes.to_vec() };
        let environment = self.bytes(ENVIRONMENT).map(|bytes| file(ENVIRONMENT, bytes));
        let request = Request {
            plan: &file(PLAN, self.plan),
            environment: environment.as_ref(),
            inputs: &self.inputs(),
            now: jiff::Timestamp::UNIX_EPOCH,
            limits: LoaderLimits::default(),
        };
        resolve(request, &mut |path| {
            self.bytes(path).map(<[u8]>::to_vec).ok_or_else(|| "there is no such file".to_owned())
        })
    }

    fn bytes(self, path: &str) -> Option<&'static [u8]> {
        self.beside.iter().find(|(own, _)| *own == path).map(|(_, bytes)| *bytes)
    }
}
