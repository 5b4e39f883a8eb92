//! `apply`: carries out a plan or a saved changeset.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::choosing::Choosing;
use super::consent::{Consent, agreed};
use super::difference::{Bench, Extent};
use super::events::EventFile;
use super::execute::{self, Audience};
use super::exit::{Exit, Misuse};
use super::hold::Hold;
use super::load::Binding;
use super::state::Place;
use super::system::SystemClock;
use super::wanted::Wanted;
use super::webhook::Webhooks;
use super::{Global, connect, diff, files, otlp, report as report_command};
use crate::changeset::{self, Changeset};
use crate::model::Shard;
use crate::report::{self, Report};

/// Arguments of `apply`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl apply plans/dr-weekly.yaml -e sim                  show the difference and ask
  restorectl apply plans/dr-weekly.yaml -e sim --auto-approve   for a machine
  restorectl apply change.json                                  what `diff --save` saved
  restorectl apply plans/dr-weekly.yaml -e prod --approve sha256:...   what `diff` showed, and nothing else
  restorectl apply plans/dr-weekly.yaml -e sim --only 'banking-*' --exclude banking-old
  restorectl apply plans/dr-weekly.yaml -e sim --auto-approve --shard 1/3

Stop with Ctrl-C: nothing more is started, and what runs is waited for. A second
Ctrl-C leaves at once. Running it again is safe: what is done, running or on its
way is not sent a second time.")]
pub(super) struct Args {
    /// A plan, or a changeset saved by `diff --save`
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
    #[command(flatten)]
    choosing: Choosing,
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let terminal = global.terminal();
    let wanted = match saved(&args)? {
        Some((saved, digest)) => Wanted::Saved(Box::new(saved), digest),
        None => match diff::resolved(&args.file, &args.binding, terminal)? {
            Some(loaded) => {
                let choice = args.choosing.of(&loaded.plan)?;
                let extent = Extent { again: args.again, shard: args.shard, choice };
                Wanted::Plan(Box::new(loaded), Box::new(extent))
            }
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
    let (plan, limits, environment) = wanted.bounds();
    let share = wanted.share()?;
    let events = consent.events.as_deref().map(|path| EventFile::open(path, terminal)).transpose()?;
    let place = Place::of(global)?;
    let client = connect::client(environment, limits.requests_per_minute, terminal)?;
    let webhooks = Webhooks::of(environment);
    let audience = Audience { events: events.as_ref(), webhooks: &webhooks, terminal };
    let store = place.open(global.state_patience, terminal).await?;
    let bench = Bench { client, store, clock: SystemClock::new(), waits: Some(terminal) };
    // It comes before the site is read, so that nothing of ours changes between the two.
    let hold = Hold::take(&bench, &place, (plan, &environment.name, share), terminal).await?;
    let ended = under_lease(wanted, consent, &bench, &hold, audience).await;
    hold.release(&bench, terminal).await;
    // Receivers may take their time; people are told first.
    let exit = match &ended {
        Ok(None) => Ok(Exit::Failed),
        Ok(Some(report)) => {
            let shown = terminal.result(&report::brief(report, terminal.out()));
            shown.map(|()| report_command::exit(report)).map_err(Into::into)
        }
        Err(error) => Ok(super::failed(error, terminal)),
    };
    let report = ended.as_ref().ok().and_then(Option::as_ref);
    tokio::join!(webhooks.close(&bench.clock, terminal), otlp::tell(report, terminal));
    exit
}

/// Gives the report of the run; none where nobody said yes.
async fn under_lease(
    wanted: Wanted,
    consent: &Consent,
    bench: &Bench,
    hold: &Hold,
    audience: Audience<'_>,
) -> anyhow::Result<Option<Report>> {
    let terminal = audience.terminal;
    let resumes = wanted.resumes().cloned();
    let Some(made) = hold.during(bench, agreed(wanted, consent, bench, terminal)).await? else {
        terminal.say("nothing was sent");
        return Ok(None);
    };
    let run = execute::execute(bench, hold, &made, resumes, audience).await?;
    let report = report_command::build(&bench.store, &run, &bench.clock).await?;
    audience.webhooks.finished(&report);
    Ok(Some(report))
}

/// The saved changeset, where the file is one.
fn saved(args: &Args) -> anyhow::Result<Option<(Changeset, String)>> {
    let bytes = files::read(&args.file, files::LARGEST)?;
    let Some(loaded) = loaded(&args.file, bytes)? else { return Ok(None) };
    let about = || format!("`{}`", args.file.display());
    let chosen = !args.choosing.choice().is_all();
    if chosen
        || args.again
        || args.shard.is_some()
        || args.binding.env.is_some()
        || !args.binding.given.inputs.is_empty()
    {
        return Err(Misuse(format!(
            "{} is a saved changeset, which holds its environment, inputs, shard and choice: leave out `--env`, `--input`, `--again`, `--shard`, `--only`, `--exclude` and `--only-failed`",
            about()
        ))
        .into());
    }
    Ok(Some(loaded))
}

/// The saved changeset in a file's bytes, with its digest; none where they are no JSON, and so a plan.
///
/// # Errors
/// When it was changed, or another version wrote it.
pub(super) fn loaded(path: &Path, bytes: Vec<u8>) -> anyhow::Result<Option<(Changeset, String)>> {
    if !looks_saved(&bytes) {
        return Ok(None);
    }
    let about = || format!("`{}`", path.display());
    let text = String::from_utf8(bytes).with_context(about)?;
    Ok(Some(changeset::load(&text).with_context(about)?))
}

/// A plan is YAML, and nobody writes one in the flow style that begins like JSON.
fn looks_saved(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"{")
}
