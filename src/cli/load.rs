//! Finds a plan and its environment and resolves them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::bail;

use super::files;
use super::system::SystemClock;
use super::terminal::Terminal;
use crate::diagnostic;
use crate::model::{Environment, Plan, Snapshot};
use crate::plan::{LoaderLimits, ReadFile, Resolution, SourceFile, Workspace, read_snapshot};
use crate::ports::Clock as _;

/// Options that say which environment a plan is resolved for.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Binding {
    /// Environment: a name (`environments/NAME.yaml` beside the plan) or a path
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
    plan.parent().unwrap_or(Path::new("")).join("environments").join(format!("{environment}.yaml"))
}

/// What could be meant where an environment isn't there.
fn known_environments(plan: &Path) -> String {
    let names: Vec<String> = files::environment_names(plan).iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => format!("there is no environment beside `{}`", plan.display()),
        names => format!("the environments beside `{}` are {}", plan.display(), names.join(", ")),
    }
}

/// Why a file can't be read, for a message that names the file.
fn reason(error: &anyhow::Error) -> String {
    match error.downcast_ref::<std::io::Error>() {
        Some(cause) if cause.kind() == std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.root_cause().to_string(),
    }
}

/// Resolves a plan, for an environment where one is named.
///
/// # Errors
/// When there is no such environment. What is wrong in the files is in the resolution's diagnostics.
pub(super) fn load(plan: &Path, environment: Option<&Path>, binding: &Binding) -> anyhow::Result<Resolution> {
    let mut read = reader();
    let mut workspace = workspace(&binding.given, &mut read);
    resolve(&mut workspace, plan, environment, &binding.given.inputs)
}

/// A workspace over the files of this machine, at this moment.
pub(super) fn workspace<'a>(given: &Given, read: &'a mut ReadFile<'a>) -> Workspace<'a> {
    Workspace::new(given.limits(), SystemClock::new().now(), read)
}

/// Reads files for a [`workspace`].
pub(super) fn reader() -> impl FnMut(&str) -> Result<Vec<u8>, String> {
    |path: &str| files::read(Path::new(path), files::LARGEST).map_err(|error| reason(&error))
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
) -> anyhow::Result<Resolution> {
    if let Some(missing) = environment.filter(|path| !path.exists()) {
        bail!("there is no environment `{}`; {}", missing.display(), known_environments(plan));
    }
    let path = |path: &Path| path.display().to_string();
    Ok(workspace.resolve(&path(plan), environment.map(path).as_deref(), inputs))
}

/// Recorded snapshots. None: one of them is invalid, and that was shown.
///
/// # Errors
/// When a file can't be read.
pub(super) fn snapshots(paths: &[PathBuf], terminal: Terminal) -> anyhow::Result<Option<Vec<Snapshot>>> {
    let mut all = Vec::new();
    for path in paths {
        let file = SourceFile { path: path.display().to_string(), bytes: files::read(path, files::LARGEST)? };
        let (snapshot, found) = read_snapshot(&file, &LoaderLimits::default());
        if !found.is_empty() {
            terminal.say(&diagnostic::human(&found, terminal.err().into()));
        }
        let Some(snapshot) = snapshot else { return Ok(None) };
        all.push(snapshot);
    }
    Ok(Some(all))
}
