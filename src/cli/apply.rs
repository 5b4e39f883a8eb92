//! `apply`: carries out a plan or a saved changeset.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use tokio::sync::oneshot;

use super::difference::{Bench, Extent};
use super::exit::Exit;
use super::hold::Hold;
use super::load::{Binding, Loaded};
use super::state::Place;
use super::system::SystemClock;
use super::terminal::Terminal;
use super::{Global, connect, diff, execute, files, report as report_command};
use crate::changeset::{self, Changeset, plan_digest};
use crate::journal::Share;
use crate::model::{RunId, Shard, Slug};
use crate::report;

/// Arguments of `apply`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl apply plans/dr-weekly.yaml -e sim                  show the difference and ask
  restorectl apply plans/dr-weekly.yaml -e sim --auto-approve   for a machine
  restorectl apply change.json                                  what `diff --out` saved
  restorectl apply plans/dr-weekly.yaml -e sim --auto-approve --shard 1/3

Stop with Ctrl-C: nothing more is started, and what runs is waited for. A second
Ctrl-C leaves at once. Running it again is safe: what is done, running or on its
way is not sent a second time.")]
pub(super) struct Args {
    /// A plan, or a changeset saved by `diff --out`
    #[arg(value_name = "PLAN-or-CHANGESET")]
    file: PathBuf,
    #[command(flatten)]
    binding: Binding,
    #[command(flatten)]
    consent: Consent,
    /// Restore again what is there already, as a new generation
    #[arg(long)]
    again: bool,
    /// Carry out one shard alone: I/N is the I-th of N parts, each of which another process may carry out at the same
    /// time; limits hold in each process by itself
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
}

/// What somebody says beforehand about carrying something out.
#[derive(Debug, clap::Args)]
pub(super) struct Consent {
    /// Don't ask; needed for a plan where nobody sits at a terminal
    #[arg(long)]
    auto_approve: bool,
    /// Name the environment once more, where it is protected
    #[arg(long, value_name = "ENV")]
    confirm: Option<String>,
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let terminal = global.terminal();
    let wanted = match saved(&args)? {
        Some((saved, digest)) => Wanted::Saved(Box::new(saved), digest),
        None => match diff::resolved(&args.file, &args.binding, terminal)? {
            Some(loaded) => Wanted::Plan(Box::new(loaded), Extent { again: args.again, shard: args.shard }),
            None => return Ok(Exit::Invalid),
        },
    };
    carry_out(wanted, &args.consent, global).await
}

/// Carries something out under the lease of its plan and environment.
///
/// # Errors
/// When somebody else does, or the store, the site or the terminal fails.
pub(super) async fn carry_out(wanted: Wanted, consent: &Consent, global: &Global) -> anyhow::Result<Exit> {
    let terminal = global.terminal();
    let (plan, environment) = match &wanted {
        Wanted::Saved(saved, _) => (&saved.plan.name, &saved.environment),
        Wanted::Plan(loaded, _) | Wanted::Anew(loaded, _, _) => (&loaded.plan.name, &loaded.environment),
        Wanted::Left(left) => (&left.changeset.plan.name, &left.changeset.environment),
    };
    let share = wanted.share()?;
    let place = Place::of(global)?;
    let client = connect::client(environment, terminal)?;
    let store = place.open(global.state_patience, terminal).await?;
    let bench = Bench { client, store, clock: SystemClock::new() };
    // It comes before the site is read, so that nothing of ours changes between the two.
    let hold = Hold::take(&bench, &place, (plan, &environment.name, share), terminal).await?;
    let ended = under_lease(wanted, consent, &bench, &hold, terminal).await;
    hold.release(&bench, terminal).await;
    ended
}

/// What is to be carried out.
pub(super) enum Wanted {
    /// What somebody saved and approved, with its digest.
    Saved(Box<Changeset>, String),
    /// Whatever a plan, or a shard of it, lacks.
    Plan(Box<Loaded>, Extent),
    /// Whatever a plan, or a shard of it, lacks that means something else now than when this run began.
    Anew(Box<Loaded>, Extent, RunId),
    /// What an interrupted run left.
    Left(Box<Left>),
}

impl Wanted {
    /// The shard that the lease is needed for; none where it is needed for the whole plan.
    fn share(&self) -> anyhow::Result<Option<Share>> {
        let of = |made: &Changeset| made.shard().map(|shard| Share { shard, digest: made.plan.digest.clone() });
        Ok(match self {
            Self::Saved(saved, _) => of(saved),
            Self::Plan(loaded, Extent { shard: Some(shard), .. })
            | Self::Anew(loaded, Extent { shard: Some(shard), .. }, _) => {
                Some(Share { shard: *shard, digest: plan_digest(&loaded.plan)? })
            }
            Self::Plan(..) | Self::Anew(..) => None,
            Self::Left(left) => of(&left.changeset),
        })
    }
}

/// An interrupted run, and what of it is wanted.
pub(super) struct Left {
    /// The run.
    pub(super) run: RunId,
    /// What it set out to do.
    pub(super) changeset: Changeset,
    /// The items that are gone on with.
    pub(super) items: BTreeSet<Slug>,
}

async fn under_lease(
    wanted: Wanted,
    consent: &Consent,
    bench: &Bench,
    hold: &Hold,
    terminal: Terminal,
) -> anyhow::Result<Exit> {
    let resumes = match &wanted {
        Wanted::Left(left) => Some(left.run.clone()),
        Wanted::Anew(_, _, run) => Some(run.clone()),
        Wanted::Saved(..) | Wanted::Plan(..) => None,
    };
    let Some(made) = hold.during(bench, agreed(wanted, consent, bench, terminal)).await? else {
        terminal.say("nothing was sent");
        return Ok(Exit::Failed);
    };
    let run = execute::execute(bench, hold, &made, resumes, terminal).await?;
    report_command::finish(bench, &run, terminal).await
}

/// What will be carried out: as it was approved, or as somebody said yes to it; none where nobody did.
async fn agreed(
    wanted: Wanted,
    consent: &Consent,
    bench: &Bench,
    terminal: Terminal,
) -> anyhow::Result<Option<Changeset>> {
    let (made, approved) = match wanted {
        Wanted::Saved(saved, digest) => {
            bench.still_fits(&saved).await?;
            terminal.progress(&format!("the site still is as the saved changeset ({digest}) saw it"));
            // What was approved is what runs, and what the journal holds.
            (*saved, true)
        }
        Wanted::Plan(loaded, extent) => (bench.diff(&loaded, extent).await?, consent.auto_approve),
        Wanted::Anew(loaded, extent, _) => (bench.diff(&loaded, extent).await?, consent.auto_approve),
        Wanted::Left(left) => {
            (bench.left(&left.changeset, |item| left.items.contains(item)).await?, consent.auto_approve)
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
        confirmed(&made, consent.confirm.as_deref())?;
        if !approved {
            if !asked(terminal).await? {
                return Ok(None);
            }
            // Somebody may have thought about it for an hour.
            bench.still_fits(&made).await?;
        }
    }
    Ok(Some(made))
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
    if args.again || args.shard.is_some() || args.binding.env.is_some() || !args.binding.given.inputs.is_empty() {
        bail!(
            "{} is a saved changeset, which holds its environment, inputs and shard: leave out `--env`, `--input`, `--again` and `--shard`",
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

async fn asked(terminal: Terminal) -> anyhow::Result<bool> {
    if !terminal.can_ask() {
        bail!(
            "nobody can be asked here: say `--auto-approve`, or save the difference with `restorectl diff --out` and apply that"
        );
    }
    // On a thread of its own, so that the lease is kept meanwhile; and nobody waits for that thread.
    let (sender, answer) = oneshot::channel();
    std::thread::spawn(move || sender.send(terminal.ask("\nCarry this out? Only `yes` does: ")));
    Ok(answer.await.context("nobody answered")?? == "yes")
}
