//! `apply`: carries out a plan or a saved changeset.

use std::path::PathBuf;

use anyhow::{Context as _, bail};

use super::difference::Bench;
use super::exit::Exit;
use super::load::Binding;
use super::system::SystemClock;
use super::terminal::Terminal;
use super::{Global, connect, diff, execute, files, report as report_command};
use crate::changeset::{self, Changeset};
use crate::report;

/// Arguments of `apply`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl apply plans/dr-weekly.yaml -e sim                  show the difference and ask
  restorectl apply plans/dr-weekly.yaml -e sim --auto-approve   for a machine
  restorectl apply change.json                                  what `diff --out` saved

Stop with Ctrl-C: nothing more is started, and what runs is waited for. A second
Ctrl-C leaves at once. Running it again is safe: what is done, running or on its
way is not sent a second time.")]
pub(super) struct Args {
    /// A plan, or a changeset saved by `diff --out`
    #[arg(value_name = "PLAN-or-CHANGESET")]
    file: PathBuf,
    #[command(flatten)]
    binding: Binding,
    /// Don't ask; needed for a plan where nobody sits at a terminal
    #[arg(long)]
    auto_approve: bool,
    /// Name the environment once more, where it is protected
    #[arg(long, value_name = "ENV")]
    confirm: Option<String>,
    /// Restore again what is there already, as a new generation
    #[arg(long)]
    again: bool,
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let terminal = global.terminal();
    let store = || connect::store(global.state.as_deref());
    let clock = SystemClock::new();
    let state = global.state.as_deref();
    // The lock comes before the site is read, so that nothing of ours changes between the two.
    let (made, bench, approved, _lock) = match saved(&args)? {
        Some((saved, digest)) => {
            let bench = Bench { client: connect::client(&saved.environment, terminal)?, store: store().await?, clock };
            let lock = connect::lock(state, &saved.plan.name, &saved.environment.name)?;
            bench.still_fits(&saved).await?;
            terminal.progress(&format!("the site still is as `{}` ({digest}) saw it", args.file.display()));
            // What was approved is what runs, and what the journal holds.
            (saved, bench, true, lock)
        }
        None => {
            let Some(loaded) = diff::resolved(&args.file, &args.binding, terminal)? else {
                return Ok(Exit::Invalid);
            };
            let bench = Bench { client: connect::client(&loaded.environment, terminal)?, store: store().await?, clock };
            let lock = connect::lock(state, &loaded.plan.name, &loaded.environment.name)?;
            let made = bench.diff(&loaded, args.again).await?;
            (made, bench, args.auto_approve, lock)
        }
    };
    let difference = report::changeset_human(&made, terminal.err());
    if made.has_changes() && !approved {
        // Nobody is asked about something that isn't shown.
        terminal.say(difference.trim_end());
    } else {
        terminal.progress(difference.trim_end());
    }
    if made.has_changes() {
        confirmed(&made, args.confirm.as_deref())?;
        if !approved {
            if !asked(terminal)? {
                terminal.say("nothing was sent");
                return Ok(Exit::Failed);
            }
            // Somebody may have thought about it for an hour.
            bench.still_fits(&made).await?;
        }
    }
    let run = execute::execute(&bench, &made, terminal).await?;
    report_command::finish(&bench, &run, terminal).await
}

/// The saved changeset, where the file is one.
fn saved(args: &Args) -> anyhow::Result<Option<(Changeset, String)>> {
    let bytes = files::read(&args.file, files::LARGEST)?;
    if !looks_saved(&bytes) {
        return Ok(None);
    }
    let about = || format!("`{}`", args.file.display());
    let text = String::from_utf8(bytes).with_context(about)?;
    let loaded = changeset::load(&text).with_context(about)?;
    if args.again || args.binding.env.is_some() || !args.binding.given.inputs.is_empty() {
        bail!(
            "{} is a saved changeset, which holds its environment and inputs: leave out `--env`, `--input` and `--again`",
            about()
        );
    }
    Ok(Some(loaded))
}

/// A plan is YAML, and nobody writes one in the flow style that begins like JSON.
fn looks_saved(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"{")
}

/// A protected environment wants its name said once more.
fn confirmed(made: &Changeset, confirm: Option<&str>) -> anyhow::Result<()> {
    let name = &made.environment.name;
    if made.environment.guard.protected && confirm != Some(name.as_str()) {
        bail!("environment `{name}` is protected (`guard.protected`): say `--confirm {name}` if you mean it");
    }
    Ok(())
}

fn asked(terminal: Terminal) -> anyhow::Result<bool> {
    if !terminal.can_ask() {
        bail!(
            "nobody can be asked here: say `--auto-approve`, or save the difference with `restorectl diff --out` and apply that"
        );
    }
    Ok(terminal.ask("\nCarry this out? Only `yes` does: ")? == "yes")
}
