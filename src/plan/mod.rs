//! Text to plan, and every problem on the way.
//!
//! Pure: no files, no environment, no clock. What must be read is handed in; what is found comes back
//! as a value. The stages, in their order:
//!
//! `parse` reads bytes into values that know their places, a large plan in `pieces` · `include` lays what
//! plans share under them · `environment` lays an environment over its bases · `inputs` gives every declared
//! input its value · `template` renders single scalars · `expand` carries out `for_each` · `schema` validates
//! what came of it · `typed` turns it into the model · `rules` look at what reads well and is still wrong ·
//! `allow` takes out the warnings that somebody answers for. `workspace` leads through all of them.
//!
//! `compose` goes the other way: it writes new plans and environments as text, for people to go on from.
//!
//! No stage stops at the first problem, and none stops another: what can't be had is marked as broken
//! where it stands, reported once, and passed over by everybody after that.

mod allow;
mod alone;
mod around;
mod budget;
mod compose;
mod difference;
mod document;
mod environment;
mod expand;
mod findings;
mod include;
mod inputs;
mod language;
mod limits;
mod load;
mod locate;
mod node;
mod origin;
mod parse;
mod pieces;
mod place;
mod places;
mod pointer;
mod render;
mod restores;
pub(crate) mod rule;
mod rules;
mod schema;
mod schema_message;
mod schema_sample;
mod snapshot;
mod template;
mod test_file;
mod typed;
mod typed_environment;
mod typed_item;
mod typed_name;
mod typed_object;
mod typed_webhook;
mod workspace;
mod yaml_text;

#[cfg(test)]
mod tests;

pub use alone::{EnvironmentResolution, resolve_environment};
pub use compose::{
    BackupImport, ComposeError, Composed, FirstEnvironment, FirstPlan, Grouping, RestoreImport, Selection,
};
pub use difference::{Difference, between};
pub use environment::name_of as environment_name;
pub use include::root_of;
pub use language::language_page;
pub use limits::LoaderLimits;
pub use origin::{Origin, annotated};
pub use place::Placed;
pub use rule::{Example, Explained, RULES, explained, nearest_rule};
pub use schema::{ENVIRONMENT_SCHEMA, PLAN_SCHEMA, PLAN_TEST_SCHEMA, SNAPSHOT_SCHEMA};
pub use snapshot::{newest, read_snapshot, write_snapshot};
pub use test_file::{Case, Earlier, Expect, ExpectedDecision, Others, SnapshotSource, TestFile, read_tests};
pub use typed::LONGEST_PLAN_NAME;
pub use workspace::Workspace;
pub use yaml_text::render_yaml;

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use crate::diagnostic::{Diagnostics, Sources};
use crate::model;
use crate::model::suggest;

/// The rule about comments that allow nothing; what allows nothing in one environment may do so in another.
pub const ALLOW_UNUSED: &str = rule::ALLOW_UNUSED;

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The path as the user gave it.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// What to resolve.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The plan.
    pub plan: &'a SourceFile,
    /// The environment, where there is one.
    pub environment: Option<&'a SourceFile>,
    /// `--input NAME=VALUE`, in their order; of several for one name the last counts.
    pub inputs: &'a [(String, String)],
    /// What `now` stands for in templates.
    pub now: Timestamp,
    /// How much is taken.
    pub limits: LoaderLimits,
}

/// Reads a file by its path. With a folder, only if it is below that, wherever links lead: so are files read that plans
/// include. The error is a short reason, like `no such file`.
pub type ReadFile<'a> = dyn FnMut(&str, Option<&Path>) -> Result<Vec<u8>, String> + 'a;

/// What came of it.
#[derive(Debug, Clone)]
pub struct Resolution {
    /// The plan; none where anything is wrong with it or with the environment.
    pub plan: Option<model::Plan>,
    /// The environment; none where none was given or something is wrong with it.
    pub environment: Option<model::Environment>,
    /// Everything that was found, in the plan and in the environment.
    pub diagnostics: Diagnostics,
    /// What the names of restores with `for_each` stand for: all of their elements. Other names stand for themselves.
    /// Empty where there is no plan.
    pub names: BTreeMap<String, Vec<model::Slug>>,
    /// The inputs that the plan declares.
    pub inputs: Vec<String>,
    /// Where the values of the resolved plan come from, where the workspace was asked to keep that.
    pub origins: Vec<Origin>,
}

impl Resolution {
    /// The resolved plan in the plan language; there when the plan is.
    pub fn rendered(&self) -> Option<serde_json::Value> {
        self.plan.as_ref().map(render::document)
    }
}

/// What there is to say of a file that can't be read at all, for who has others to go on with.
pub fn unreadable(path: &str, why: &str, hint: Option<String>) -> Diagnostics {
    let mut sources = Sources::default();
    let found = workspace::unreadable(path, why, &mut sources).maybe_hint(hint);
    Diagnostics::new(sources, vec![found], 1)
}

/// Resolves one plan for one environment; [`Workspace`] resolves many and reads each file once.
pub fn resolve(request: Request<'_>, read: &mut ReadFile<'_>) -> Resolution {
    let Request { plan, environment, inputs, now, limits } = request;
    let mut given = |path: &str, below: Option<&Path>| {
        let files = [Some(plan), environment];
        match files.into_iter().flatten().find(|file| file.path == path) {
            Some(file) => Ok(file.bytes.clone()),
            None => read(path, below),
        }
    };
    let mut workspace = Workspace::new(limits, now, &mut given);
    workspace.resolve(&plan.path, environment.map(|file| file.path.as_str()), inputs)
}
