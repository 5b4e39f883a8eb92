//! Problems in documents: what is wrong, where, and what to do next.
//!
//! A document yields all of its problems at once, each with the id of the rule that found it and the
//! place that its author must change. The model is kept apart from the renderers, so that a further
//! format is a further file here and nothing else. Renderers never see an unmasked secret: what is
//! secret is masked in [`Sources`], which alone gives out excerpts.

mod collation;
mod collection;
mod excerpt;
mod github;
mod human;
mod json;
mod junit;
mod overview;
mod path;
mod plain;
mod rule;
mod sarif;
mod source;

#[cfg(test)]
mod tests;

pub use collation::{Checked, Collation, EnvironmentFile, Finding, Pair};
pub use collection::{Allowed, Diagnostics, Draft, draft};
pub use github::github;
pub use human::{Look, human};
pub use json::{DIAGNOSTICS_SCHEMA, json, json_list, written};
pub use junit::junit;
pub use overview::overview;
pub use rule::Rule;
pub use sarif::sarif;
pub use source::{FileId, Sources, Span};

use std::ops::Range;

/// How much a problem matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The document can't be used.
    Error,
    /// It can, and somebody should look.
    Warning,
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// Where a problem stands, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The path as the user gave it.
    pub file: String,
    /// From byte to byte in the file.
    pub span: Range<usize>,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The line of the character behind the last.
    pub end_line: usize,
    /// The column of the character behind the last.
    pub end_column: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The id of the rule that found it, like `R101`.
    pub rule: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// The author's place. None: it belongs to no file, like an input on the command line that no plan declares.
    pub place: Option<Place>,
    /// The same place as a JSON Pointer into the author's document; empty for the whole of it.
    pub pointer: String,
    /// What to do next.
    pub hint: Option<String>,
    /// Other places that it has to do with, each with what is there.
    pub related: Vec<(Place, String)>,
}
