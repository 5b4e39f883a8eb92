//! `diff`: a plan against the site.

use std::path::PathBuf;

use anyhow::Context as _;

use super::difference::{Bench, Extent};
use super::exit::Exit;
use super::load::{self, Binding, Loaded};
use super::system::SystemClock;
use super::terminal::Terminal;
use super::{Global, OutputFormat, connect, files};
use crate::model::{Action, Shard};
use crate::{changeset, diagnostic, report};

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl diff plans/dr-weekly.yaml -e sim
  restorectl diff plans/dr-weekly.yaml -e prod --out change.json    save it for approval
  restorectl diff plans/dr-weekly.yaml -e prod --detailed-exitcode  exit with 3 where something is to be done
  restorectl diff plans/dr-weekly.yaml -e prod --shard 1/3          the first of three parts")]
pub(super) struct Args {
    /// The plan
    plan: PathBuf,
    #[command(flatten)]
    binding: Binding,
    /// Save the changeset for `apply`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Exit with 3 where changes are pending, with 4 where nothing is but some are refused
    #[arg(long)]
    detailed_exitcode: bool,
    /// Restore again what is there already, as a new generation
    #[arg(long)]
    again: bool,
    /// Compare one shard alone: I/N is the I-th of N parts, as `apply --shard` carries it out
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// How to print the difference
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let terminal = global.terminal();
    let Some(loaded) = resolved(&args.plan, &args.binding, terminal)? else {
        return Ok(Exit::Invalid);
    };
    let bench = Bench {
        client: connect::client(&loaded.environment, terminal)?,
        store: connect::store(global).await?,
        clock: SystemClock::new(),
    };
    let made = bench.diff(&loaded, Extent { again: args.again, shard: args.shard }).await?;
    match args.format {
        OutputFormat::Human => terminal.result(&report::changeset_human(&made, terminal.out()))?,
        OutputFormat::Json => terminal.result(&report::changeset_json(&made)?)?,
    }
    if let Some(path) = &args.out {
        let (digest, text) = changeset::save(&made)?;
        files::write_private(path, text.as_bytes())?;
        terminal.progress(&format!(
            "saved as `{}` ({digest}), valid until {}; carry it out with `restorectl apply {}`",
            path.display(),
            made.expires_at.strftime("%Y-%m-%d %H:%M:%SZ"),
            path.display()
        ));
    }
    Ok(match args.detailed_exitcode {
        true if made.has_changes() => Exit::Pending,
        true if made.count(Action::Blocked) > 0 => Exit::RestoresFailed,
        _ => Exit::Done,
    })
}

/// A plan that resolved without an error, with its warnings shown; none where it has errors, which are shown then.
pub(super) fn resolved(
    plan: &std::path::Path,
    binding: &Binding,
    terminal: Terminal,
) -> anyhow::Result<Option<Loaded>> {
    let name = binding.env.as_ref().context("name the environment with `--env NAME`: it says which site to talk to")?;
    let environment = load::runnable(plan, name)?;
    let resolution = load::load(plan, Some(&environment), binding)?;
    if !resolution.diagnostics.is_empty() {
        terminal.say(&diagnostic::human(&resolution.diagnostics, terminal.err().into()));
    }
    let (Some(found), Some(mut environment)) = (resolution.plan, resolution.environment) else {
        return Ok(None);
    };
    // A changeset may be carried out from another folder.
    for path in environment.paths_mut() {
        *path = std::path::absolute(&path)?.display().to_string();
    }
    let inputs = binding.given.inputs.iter().cloned().collect();
    Ok(Some(Loaded { plan: found, file: plan.display().to_string(), inputs, environment }))
}
