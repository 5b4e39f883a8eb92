//! `validate`: every mistake in every plan, offline.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::exit::Exit;
use super::load::{self, Binding};
use super::{Global, OutputFormat, files};
use crate::{diagnostic, plan};

/// Arguments of `validate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl validate plans/                        every plan, for every environment beside it
  restorectl validate plans/dr-weekly.yaml -e prod  one plan for one environment
  restorectl validate plans/ -e prod --snapshot plans/snapshots/prod.yaml  names, too
  restorectl validate plans/ --format json          for a program")]
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
    /// How to print the diagnostics
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

pub(super) fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let mut plans = Vec::new();
    for path in &args.paths {
        plans.extend(files::plans_in(path)?);
    }
    if plans.is_empty() {
        bail!("there is no plan (`*.yaml`) in {}", files::names(&args.paths));
    }
    let terminal = global.terminal();
    let Some(snapshots) = load::snapshots(&args.snapshot, terminal)? else { return Ok(Exit::Invalid) };
    let mut read = load::reader();
    let mut workspace = load::workspace(&args.binding.given, &mut read);
    workspace.check_against(plan::newest(snapshots));
    let mut documents = Vec::new();
    let (mut checks, mut errors, mut warnings) = (0usize, 0usize, 0usize);
    for plan in &plans {
        for environment in environments(plan, &args) {
            let resolution = load::resolve(&mut workspace, plan, environment.as_deref(), &args.binding.given.inputs)?;
            let found = &resolution.diagnostics;
            checks += 1;
            errors += found.errors();
            warnings += found.warnings();
            match args.format {
                OutputFormat::Human if found.is_empty() => {}
                OutputFormat::Human => {
                    let bound = environment.as_ref().map(|path| format!(" with {}", path.display()));
                    terminal.result(&format!("{}{}:\n\n", plan.display(), bound.unwrap_or_default()))?;
                    terminal.result(&format!("{}\n", diagnostic::human(found, terminal.out().into())))?;
                }
                OutputFormat::Json => documents.push(serde_json::json!({
                    "plan": plan.display().to_string(),
                    "environment": environment.as_ref().map(|path| path.display().to_string()),
                    "diagnostics": diagnostic::json(found),
                })),
            }
        }
    }
    match args.format {
        OutputFormat::Json => terminal.result(&format!("{}\n", serde_json::to_string_pretty(&documents)?))?,
        OutputFormat::Human => terminal.result(&format!(
            "{}: {} checked, {}, {}\n",
            if errors == 0 { "valid" } else { "invalid" },
            count(checks, "plan"),
            count(errors, "error"),
            count(warnings, "warning")
        ))?,
    }
    Ok(if errors == 0 { Exit::Done } else { Exit::Invalid })
}

/// The environments to check a plan for: the one that is named, or all beside it, or none where there are none.
fn environments(plan: &Path, args: &Args) -> Vec<Option<PathBuf>> {
    if let Some(name) = &args.binding.env {
        return vec![Some(load::environment_path(plan, name))];
    }
    let beside = files::environments_beside(plan);
    if beside.is_empty() { vec![None] } else { beside.into_iter().map(Some).collect() }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
