//! `unlock`: breaks the lease that a runner left behind.

use std::path::PathBuf;

use anyhow::bail;

use super::exit::Exit;
use super::load::Binding;
use super::process::{self, Life};
use super::terminal::Terminal;
use super::{Global, connect, diff, hold};
use crate::journal::{Lease, Store as _};
use crate::model::{Slug, harmless};

/// Arguments of `unlock`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl unlock dr-weekly --env prod          shows who holds the lease, and asks
  restorectl unlock dr-weekly --env prod --yes    for a machine

A runner that lost its lease this way can write nothing more, and so sends nothing
more. What it sent before goes on at the site; the next `apply` finds it.")]
pub(super) struct Args {
    /// A plan's name, or its file
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    #[command(flatten)]
    binding: Binding,
    /// Don't ask
    #[arg(long)]
    yes: bool,
    /// Break it although its holder is alive on this machine
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let terminal = global.terminal();
    let Some((plan, environment)) = which(&args, terminal)? else {
        return Ok(Exit::Invalid);
    };
    let store = connect::store(global).await?;
    let Some(lease) = store.lease(&plan, &environment).await? else {
        terminal.say(&format!("nobody holds the lease of plan `{plan}` in environment `{environment}`"));
        return Ok(Exit::Done);
    };
    let life = process::life(&lease.holder, &process::this());
    terminal.say(&harmless(&format!("plan `{plan}` in environment `{environment}` is held by {lease}")));
    terminal.say(match life {
        Life::Alive => "that process is ALIVE on this machine",
        Life::Gone => "that process ran on this machine and is gone; `apply` would take over by itself",
        Life::Unknown => "whether that process is alive can't be told from here",
    });
    if life == Life::Alive && !args.force {
        bail!(
            "the holder is alive on this machine, so its lease was not broken: stop process {} instead, or say `--force` if you mean it",
            lease.holder.pid
        );
    }
    if !args.yes && !asked(terminal)? {
        terminal.say("nothing was broken");
        return Ok(Exit::Failed);
    }
    if !store.end_lease(&lease, &hold::broken_by()).await? {
        bail!("the lease changed hands meanwhile, so nothing was broken: look again");
    }
    terminal.say(&told(&lease, life));
    Ok(Exit::Done)
}

fn told(lease: &Lease, life: Life) -> String {
    let still = match life {
        Life::Alive => "; its process goes on until it next writes, and then stops",
        Life::Gone | Life::Unknown => "",
    };
    harmless(&format!("the lease of {} is broken{still}", lease.holder.operator))
}

/// The plan's name and the environment's: as they were said where that is a name, otherwise as the file has them.
fn which(args: &Args, terminal: Terminal) -> anyhow::Result<Option<(Slug, String)>> {
    let name = args.plan.to_str().filter(|_| !args.plan.exists()).and_then(|name| Slug::parse(name).ok());
    if let Some(plan) = name {
        let Some(environment) = args.binding.env.clone() else {
            bail!("name the environment with `--env NAME`: a plan is held for each of them");
        };
        return Ok(Some((plan, environment)));
    }
    let loaded = diff::resolved(&args.plan, &args.binding, terminal)?;
    Ok(loaded.map(|loaded| (loaded.plan.name, loaded.environment.name)))
}

fn asked(terminal: Terminal) -> anyhow::Result<bool> {
    if !terminal.can_ask() {
        bail!("nobody can be asked here: say `--yes` if you mean it");
    }
    Ok(terminal.ask("\nBreak it? Only `yes` does: ")? == "yes")
}
