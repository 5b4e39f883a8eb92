//! `validate`: every mistake in every plan, offline.

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::bail;

use super::Global;
use super::discover::{self, Found};
use super::exit::Exit;
use super::files::Unreadable;
use super::load::{self, Binding, Missing};
use super::outputs::{self, Outputs};
use crate::diagnostic::{self, Collation, EnvironmentFile, Look, Pair};
use crate::plan;
use crate::report::Style;

/// Arguments of `validate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl validate plans/                        every plan, for every environment beside it
  restorectl validate plans/dr-weekly.yaml -e prod  one plan for one environment
  restorectl validate plans/ -e prod --snapshot plans/snapshots/prod.yaml
                                                    names too, as a recording has them
  restorectl validate plans/ --format sarif --out plans.sarif --format human
                                                    for code scanning, and for people

A problem that several environments have is shown once, with those that have it if
that isn't all of them. Run it in the repository's root, so that the paths in SARIF
and in GitHub's annotations are right.

Exit codes: 0 where there is no error; 2 where there is one, a file that can't be
read among others counted; 1 where not a single plan could be checked.")]
pub(super) struct Args {
    /// Plans, or folders of plans
    #[arg(value_name = "PATH", default_value = "plans")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    binding: Binding,
    /// Check for every environment beside each plan (what happens without --env too, where there are any)
    #[arg(long, conflicts_with = "env")]
    all_envs: bool,
    /// Check names against a snapshot recorded with `restorectl snapshot`; repeatable, the newest counts
    #[arg(long, value_name = "FILE")]
    snapshot: Vec<PathBuf>,
    /// Exit with 2 for warnings too
    #[arg(long)]
    deny_warnings: bool,
    /// List the warnings that comments in the plans allow, with the reasons
    #[arg(long)]
    show_allowed: bool,
    /// How many problems people are shown in full at most, errors first; programs get all
    #[arg(long, value_name = "N", default_value_t = Look::default().most)]
    max: usize,
    #[command(flatten)]
    outputs: Outputs<Format>,
}

/// A format of the diagnostics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For the terminal.
    #[default]
    Human,
    /// For programs; its schema is `restorectl schema diagnostics`.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands, which GitHub shows as annotations.
    Github,
    /// JUnit's XML: a test for each plan and environment.
    Junit,
}

impl outputs::Format for Format {
    fn by_ending(ending: &str) -> Option<Self> {
        match ending {
            "txt" => Some(Self::Human),
            "json" => Some(Self::Json),
            "sarif" => Some(Self::Sarif),
            "xml" => Some(Self::Junit),
            _ => None,
        }
    }
}

pub(super) fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let Found { files: plans, unreadable } = discover::plans_below(&args.paths);
    if plans.is_empty() && unreadable.is_empty() {
        bail!("there is no plan (`*.yaml`) in {}", discover::names(&args.paths));
    }
    let look = |style: Style| Look { most: args.max, allowed: args.show_allowed, ..style.into() };
    let (mut snapshots, mut unfit) = (Vec::new(), Vec::new());
    for path in &args.snapshot {
        match load::snapshot(path)? {
            (Some(snapshot), _) => snapshots.push(snapshot),
            (None, found) => unfit.push((path, found)),
        }
    }
    if !unfit.is_empty() {
        let collation = Collation::new(unfit.into_iter().map(|(path, found)| (pair(path, None), found)));
        args.outputs.write(global.terminal(), |format, style| Ok(text(&collation, format, look(style))))?;
        return Ok(Exit::Invalid);
    }
    // What can't be read is told, and isn't checked.
    let unread = RefCell::new(HashSet::new());
    let mut reader = load::reader(args.binding.given.limits());
    let mut read = |path: &str, below: Option<&Path>| {
        reader(path, below).inspect_err(|_| {
            unread.borrow_mut().insert(path.to_owned());
        })
    };
    let mut workspace = load::workspace(&args.binding.given, &mut read);
    workspace.check_against(plan::newest(snapshots));
    let mut checked = 0usize;
    let folders = unreadable.into_iter().map(|folder| (pair(&folder.path, None), Missing::from(folder).diagnostics()));
    let resolved = plans.iter().flat_map(|plan| environments(plan, &args.binding)).map(|(plan, environment)| {
        let environment = match environment {
            Ok(environment) => environment,
            Err(folder) => return (pair(plan, None), Missing::from(folder).diagnostics()),
        };
        let pair = pair(plan, environment.as_deref());
        match load::resolve(&mut workspace, plan, environment.as_deref(), &args.binding.given.inputs) {
            Ok(resolution) => {
                checked += usize::from(pair.files().all(|file| !unread.borrow().contains(file)));
                (pair, resolution.diagnostics)
            }
            Err(missing) => (pair, missing.diagnostics()),
        }
    });
    let collation = Collation::new(folders.chain(resolved)).where_all_agree(plan::ALLOW_UNUSED);
    let terminal = global.terminal();
    args.outputs.write(terminal, |format, style| Ok(text(&collation, format, look(style))))?;

    if checked == 0 {
        terminal.say("error: not a single plan could be checked");
        return Ok(Exit::Failed);
    }
    let denied = args.deny_warnings && collation.warnings() > 0;
    if denied && collation.errors() == 0 {
        terminal.say("error: there are warnings, and `--deny-warnings` allows none");
    }
    Ok(if denied || collation.errors() > 0 { Exit::Invalid } else { Exit::Done })
}

/// A plan with the environment that is named, or with each that is beside it, or alone where there are none.
fn environments<'a>(plan: &'a Path, binding: &Binding) -> Vec<(&'a Path, Result<Option<PathBuf>, Unreadable>)> {
    let found = match &binding.env {
        Some(name) => Ok(vec![load::environment_path(plan, name)]),
        None => discover::environments_of(plan),
    };
    match found {
        Ok(all) if all.is_empty() => vec![(plan, Ok(None))],
        Ok(all) => all.into_iter().map(|path| (plan, Ok(Some(path)))).collect(),
        Err(unreadable) => vec![(plan, Err(unreadable))],
    }
}

fn pair(plan: &Path, environment: Option<&Path>) -> Pair {
    let environment = environment.map(|path| {
        let file = path.display().to_string();
        EnvironmentFile { name: plan::environment_name(&file), file }
    });
    Pair { plan: plan.display().to_string(), environment }
}

fn text(collation: &Collation, format: Format, look: Look) -> String {
    match format {
        Format::Human => diagnostic::overview(collation, look),
        Format::Json => diagnostic::json(collation),
        Format::Sarif => diagnostic::sarif(collation, &plan::RULES),
        Format::Github => diagnostic::github(collation),
        Format::Junit => diagnostic::junit(collation),
    }
}
