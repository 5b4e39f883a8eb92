//! `unlock`: breaks the lease that a runner left behind, or those that the runners of several shards did.

use std::path::PathBuf;

use anyhow::bail;

use super::exit::Exit;
use super::load::Binding;
use super::process::{self, Life};
use super::terminal::Terminal;
use super::{Global, connect, diff, hold};
use crate::journal::{Lease, Store as _};
use crate::model::{Shard, Slug, harmless};

/// Arguments of `unlock`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl unlock dr-weekly --env prod          shows who holds the lease, and asks
  restorectl unlock dr-weekly --env prod --yes    for a machine
  restorectl unlock dr-weekly --env prod --shard 1/3

A runner that lost its lease this way can write nothing more, and so sends nothing
more. What it sent before goes on at the site; the next `apply` finds it.")]
pub(super) struct Args {
    /// A plan's name, or its file
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
    #[command(flatten)]
    binding: Binding,
    /// Only the lease of this shard [default: all that are held]
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
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
    let mut leases = store.leases(&plan, &environment).await?;
    leases.retain(|lease| args.shard.is_none() || lease.shard() == args.shard);
    if leases.is_empty() {
        let shard = of_shard(args.shard);
        terminal.say(&format!("nobody holds the lease of {shard}plan `{plan}` in environment `{environment}`"));
        return Ok(Exit::Done);
    }
    let this = process::this();
    let lives: Vec<Life> = leases.iter().map(|lease| process::life(&lease.holder, &this)).collect();
    for (lease, life) in leases.iter().zip(&lives) {
        let what = format!("{}plan `{plan}` in environment `{environment}`", of_shard(lease.shard()));
        terminal.say(&harmless(&format!("{what} is held by {lease}")));
        terminal.say(match life {
            Life::Alive => "that process is ALIVE on this machine",
            Life::Gone => "that process ran on this machine and is gone; `apply` would take over by itself",
            Life::Unknown => "whether that process is alive can't be told from here",
        });
    }
    let alive = leases.iter().zip(&lives).find(|(_, life)| **life == Life::Alive).map(|(lease, _)| lease);
    if let Some(lease) = alive.filter(|_| !args.force) {
        let shards = if leases.len() > 1 { " (those of other shards are broken with `--shard I/N`)" } else { "" };
        bail!(
            "the holder is alive on this machine, so its lease was not broken: stop process {} instead{shards}, or say `--force` if you mean it",
            lease.holder.pid
        );
    }
    if !args.yes && !asked(terminal, leases.len())? {
        terminal.say("nothing was broken");
        return Ok(Exit::Failed);
    }
    for (lease, life) in leases.iter().zip(&lives) {
        if !store.end_lease(lease, &hold::broken_by()).await? {
            bail!("the lease of {} changed hands meanwhile, so it was not broken: look again", lease.holder.operator);
        }
        terminal.say(&told(lease, *life));
    }
    Ok(Exit::Done)
}

/// Goes before the word "plan".
fn of_shard(shard: Option<Shard>) -> String {
    shard.map_or_else(String::new, |shard| format!("shard {shard} of "))
}

fn told(lease: &Lease, life: Life) -> String {
    let still = match life {
        Life::Alive => "; its process goes on until it next writes, and then stops",
        Life::Gone | Life::Unknown => "",
    };
    let shard = lease.shard().map_or_else(String::new, |shard| format!(" on shard {shard}"));
    harmless(&format!("the lease of {}{shard} is broken{still}", lease.holder.operator))
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

fn asked(terminal: Terminal, leases: usize) -> anyhow::Result<bool> {
    if !terminal.can_ask() {
        bail!("nobody can be asked here: say `--yes` if you mean it");
    }
    let what = if leases > 1 { format!("all {leases}") } else { "it".to_owned() };
    Ok(terminal.ask(&format!("\nBreak {what}? Only `yes` does: "))? == "yes")
}
