//! Finds a plan and its environment and resolves them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::files::Unreadable;
use super::{discover, files};
use crate::diagnostic::Diagnostics;
use crate::model::{Environment, Plan};
use crate::plan::{self, LoaderLimits, Request, Resolution, SourceFile, resolve};

/// Options that say which environment a plan is resolved for.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Binding {
    /// Environment: a name (`environments/NAME.yaml` beside the plan) or a path
    #[arg(long, short, value_name = "ENV")]
    pub(super) env: Option<String>,
    /// Set an input, over what the environment says; repeatable
    #[arg(long = "input", short, value_name = "NAME=VALUE", value_parser = pair)]
    pub(super) inputs: Vec<(String, String)>,
}

/// A plan and its environment, resolved without an error.
#[derive(Debug)]
pub(super) struct Loaded {
    /// The plan.
    pub(super) plan: Plan,
    /// Its file, as the user gave it.
    pub(super) file: String,
    /// Inputs that were set on the command line.
    pub(super) inputs: BTreeMap<String, String>,
    /// The environment.
    pub(super) environment: Environment,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    if name.is_empty() { Err("write NAME=VALUE".to_owned()) } else { Ok((name.to_owned(), value.to_owned())) }
}

/// The file of an environment: a path where it looks like one, a name beside the plan otherwise.
pub(super) fn environment_path(plan: &Path, environment: &str) -> PathBuf {
    let path = Path::new(environment);
    if path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") || path.components().count() > 1 {
        return path.to_owned();
    }
    plan.parent().unwrap_or(Path::new("")).join("environments").join(format!("{environment}.yaml"))
}

/// What could be meant where an environment isn't there.
fn known_environments(plan: &Path) -> String {
    let beside = discover::environments_beside(plan).unwrap_or_default();
    let names: Vec<String> =
        beside.iter().filter_map(|path| Some(format!("`{}`", path.file_stem()?.to_string_lossy()))).collect();
    match names.as_slice() {
        [] => format!("there is no environment beside `{}`", plan.display()),
        names => format!("the environments beside `{}` are {}", plan.display(), names.join(", ")),
    }
}

/// Why there is no resolution: a file that it needs can't be read.
#[derive(Debug, thiserror::Error)]
#[error("{cause}{}", hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default())]
pub(super) struct Missing {
    /// The file.
    pub(super) cause: Unreadable,
    /// What may help.
    pub(super) hint: Option<String>,
}

impl From<Unreadable> for Missing {
    fn from(cause: Unreadable) -> Self {
        Self { cause, hint: None }
    }
}

impl Missing {
    /// The same as a diagnostic, for who checks other files too.
    pub(super) fn diagnostics(self) -> Diagnostics {
        plan::unreadable(&self.cause.path.display().to_string(), self.cause.to_string(), self.hint)
    }
}

/// Resolves a plan, for an environment where one is named.
///
/// # Errors
/// When a file can't be read. What is wrong in the files is in the resolution's diagnostics.
pub(super) fn load(
    plan: &Path,
    environment: Option<&Path>,
    inputs: &[(String, String)],
) -> Result<Resolution, Missing> {
    let source = |path: &Path| {
        let bytes = files::read(path, files::LARGEST)?;
        Ok(SourceFile { path: path.display().to_string(), bytes })
    };
    let hint = |cause: Unreadable| Missing { cause, hint: Some(known_environments(plan)) };
    let environment = environment.map(source).transpose().map_err(hint)?;
    let plan = source(plan)?;
    let request = Request { plan: &plan, environment: environment.as_ref(), inputs, limits: LoaderLimits::default() };
    let mut read = |path: &str| files::read(Path::new(path), files::LARGEST).map_err(|error| error.why);
    Ok(resolve(request, &mut read))
}
