//! Finds a plan and its environment and resolves them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::discover;
use super::files::{self, Unreadable};
use super::system::SystemClock;
use crate::diagnostic::Diagnostics;
use crate::model::{Environment, Plan, Snapshot};
use crate::plan::{
    self, EnvironmentResolution, LoaderLimits, ReadFile, Resolution, SourceFile, Workspace, read_snapshot,
};
use crate::ports::Clock as _;

/// Options that say which environment a plan is resolved for.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Binding {
    /// Environment: a name (`environments/NAME.yaml` beside the plan, or in `plans/`) or a path
    #[arg(long, short, value_name = "ENV")]
    pub(super) env: Option<String>,
    #[command(flatten)]
    pub(super) given: Given,
}

/// What the command line says of every plan that is resolved.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Given {
    /// Set an input, over what the environment says; repeatable
    #[arg(long = "input", short, value_name = "NAME=VALUE", value_parser = pair)]
    pub(super) inputs: Vec<(String, String)>,
    /// Raise or lower a limit of the loader, like `restores=50000`; repeatable
    #[arg(long = "limit", value_name = "NAME=N", value_parser = limit)]
    pub(super) limits: Vec<(String, usize)>,
}

impl Given {
    /// The loader's limits, with those that the command line sets.
    pub(super) fn limits(&self) -> LoaderLimits {
        let mut limits = LoaderLimits::default();
        for (name, value) in &self.limits {
            limits.set(name, *value);
        }
        limits
    }
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

fn limit(text: &str) -> Result<(String, usize), String> {
    let (name, value) = pair(text)?;
    if !LoaderLimits::default().set(&name, 0) {
        return Err(format!("there is no limit `{name}`: the limits are {}", LoaderLimits::NAMES.join(", ")));
    }
    let value = value.parse().map_err(|_| format!("`{value}` is not a whole number"))?;
    Ok((name, value))
}

/// The file of an environment: a path where it looks like one, a name beside the plan otherwise.
pub(super) fn environment_path(plan: &Path, environment: &str) -> PathBuf {
    let path = Path::new(environment);
    if path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") || path.components().count() > 1 {
        return path.to_owned();
    }
    discover::environments_folder(plan).join(format!("{environment}.yaml"))
}

/// The file of an environment that something is to run in.
///
/// # Errors
/// When it is there only for others to extend.
pub(super) fn runnable(plan: &Path, environment: &str) -> Result<PathBuf, Missing> {
    let path = environment_path(plan, environment);
    if discover::is_base(&path) {
        let what = format!("`{}` is a base that environments extend, and nothing runs in it by itself", path.display());
        return Err(Missing { path, what, hint: None });
    }
    Ok(path)
}

/// What could be meant where an environment isn't there.
fn known_environments(plan: &Path) -> String {
    let folder = discover::environments_folder(plan);
    let names: Vec<String> = discover::environment_names(plan).iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => format!("there is no environment in `{}`", folder.display()),
        names => format!("the environments in `{}` are {}", folder.display(), names.join(", ")),
    }
}

/// Why there is no resolution: something that it needs isn't there.
#[derive(Debug, thiserror::Error)]
#[error("{what}{}", hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default())]
pub(super) struct Missing {
    path: PathBuf,
    what: String,
    hint: Option<String>,
}

impl From<Unreadable> for Missing {
    fn from(cause: Unreadable) -> Self {
        Self { what: cause.to_string(), path: cause.path, hint: None }
    }
}

impl Missing {
    /// Whether an environment's file isn't there.
    fn unless_there(file: &Path, plan: &Path) -> Result<(), Self> {
        if file.exists() {
            return Ok(());
        }
        let what = format!("there is no environment `{}`", file.display());
        Err(Self { path: file.to_owned(), what, hint: Some(known_environments(plan)) })
    }

    /// The same as a diagnostic, for who has other files to go on with.
    pub(super) fn diagnostics(self) -> Diagnostics {
        plan::unreadable(&self.path.display().to_string(), &self.what, self.hint)
    }
}

/// Resolves a plan, for an environment where one is named.
///
/// # Errors
/// When there is no such environment. What is wrong in the files is in the resolution's diagnostics.
pub(super) fn load(plan: &Path, environment: Option<&Path>, binding: &Binding) -> Result<Resolution, Missing> {
    let mut read = reader(binding.given.limits());
    let mut workspace = workspace(&binding.given, &mut read);
    resolve(&mut workspace, plan, environment, &binding.given.inputs)
}

/// A workspace over the files of this machine, at this moment.
pub(super) fn workspace<'a>(given: &Given, read: &'a mut ReadFile<'a>) -> Workspace<'a> {
    Workspace::new(given.limits(), SystemClock::new().now(), read)
}

/// Reads files for a [`workspace`], none that is larger than the loader takes.
pub(super) fn reader(limits: LoaderLimits) -> impl FnMut(&str, Option<&Path>) -> Result<Vec<u8>, String> + use<> {
    let most = u64::try_from(limits.file_bytes).unwrap_or(u64::MAX);
    move |path: &str, below: Option<&Path>| {
        let path = Path::new(path);
        below.map_or(Ok(()), |folder| files::must_be_below(path, folder))?;
        files::read(path, most).map_err(|Unreadable { why, too_large, .. }| match too_large {
            true => format!("{why}; if it must be so large, raise the limit with `--limit file-bytes=N`"),
            false => why,
        })
    }
}

/// As [`load`], in a workspace that reads each file once.
///
/// # Errors
/// As [`load`].
pub(super) fn resolve(
    workspace: &mut Workspace<'_>,
    plan: &Path,
    environment: Option<&Path>,
    inputs: &[(String, String)],
) -> Result<Resolution, Missing> {
    environment.map_or(Ok(()), |file| Missing::unless_there(file, plan))?;
    let path = |path: &Path| path.display().to_string();
    Ok(workspace.resolve(&path(plan), environment.map(path).as_deref(), inputs))
}

/// Resolves an environment without a plan; `plan` is where one would be.
///
/// # Errors
/// When there is no such environment.
pub(super) fn environment(plan: &Path, name: &str) -> Result<EnvironmentResolution, Missing> {
    let path = runnable(plan, name)?;
    Missing::unless_there(&path, plan)?;
    let mut read = reader(LoaderLimits::default());
    Ok(workspace(&Given::default(), &mut read).environment(&path.display().to_string()))
}

/// A recorded snapshot. None: something is wrong with it, and the diagnostics say what.
///
/// # Errors
/// When the file can't be read.
pub(super) fn snapshot(path: &Path) -> Result<(Option<Snapshot>, Diagnostics), Unreadable> {
    let file = SourceFile { path: path.display().to_string(), bytes: files::read(path, files::LARGEST)? };
    Ok(read_snapshot(&file, &LoaderLimits::of_recordings()))
}
