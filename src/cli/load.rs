//! Finds a plan and its environment and resolves them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::files;
use crate::model::{Environment, Plan};
use crate::plan::{EnvironmentResolution, LoaderLimits, Request, Resolution, SourceFile, resolve, resolve_environment};

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
    let folder = plan.parent().unwrap_or(Path::new("")).join("environments");
    let beside = files::environments_beside(plan);
    let names: Vec<String> =
        beside.iter().filter_map(|path| Some(format!("`{}`", path.file_stem()?.to_string_lossy()))).collect();
    match names.as_slice() {
        [] => format!("there is no environment in `{}`", folder.display()),
        names => format!("the environments in `{}` are {}", folder.display(), names.join(", ")),
    }
}

/// Resolves an environment without a plan; `plan` is where one would be.
///
/// # Errors
/// When a file can't be read.
pub(super) fn environment(plan: &Path, name: &str) -> anyhow::Result<EnvironmentResolution> {
    let path = environment_path(plan, name);
    let bytes = files::read(&path, files::LARGEST).with_context(|| known_environments(plan))?;
    let file = SourceFile { path: path.display().to_string(), bytes };
    let mut read = |path: &str| files::read(Path::new(path), files::LARGEST).map_err(|error| format!("{error:#}"));
    Ok(resolve_environment(&file, LoaderLimits::default(), &mut read))
}

/// Resolves a plan, for an environment where one is named.
///
/// # Errors
/// When a file can't be read. What is wrong in the files is in the resolution's diagnostics.
pub(super) fn load(plan: &Path, environment: Option<&Path>, inputs: &[(String, String)]) -> anyhow::Result<Resolution> {
    let source = |path: &Path| -> anyhow::Result<SourceFile> {
        Ok(SourceFile { path: path.display().to_string(), bytes: files::read(path, files::LARGEST)? })
    };
    let environment = environment.map(source).transpose().with_context(|| known_environments(plan))?;
    let plan = source(plan)?;
    let request = Request { plan: &plan, environment: environment.as_ref(), inputs, limits: LoaderLimits::default() };
    let mut read = |path: &str| files::read(Path::new(path), files::LARGEST).map_err(|error| format!("{error:#}"));
    Ok(resolve(request, &mut read))
}
