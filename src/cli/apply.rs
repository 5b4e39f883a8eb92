//! `apply`: carries out a plan or a saved changeset.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tokio::sync::oneshot;

use super::choosing::Choosing;
use super::difference::{Bench, Extent, Found};
use super::events::EventFile;
use super::execute::{self, Audience};
use super::exit::{Exit, Misuse};
use super::hold::Hold;
use super::load::{Binding, Loaded};
use super::state::Place;
use super::system::SystemClock;
use super::terminal::Terminal;
use super::webhook::Webhooks;
use super::{Global, connect, diff, files, otlp, report as report_command};
use crate::changeset::{self, Changeset, plan_digest};
use crate::journal::Share;
use crate::model::{RunId, Shard, Slug, harmless, shell_word};
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

/// What somebody says beforehand about carrying something out.
#[derive(Debug, clap::Args)]
pub(super) struct Consent {
    /// Don't ask; needed for a plan where nobody sits at a terminal
    #[arg(long)]
    auto_approve: bool,
    /// Don't ask, if what would be done has this digest, as `diff` printed it; refuse otherwise
    #[arg(long, value_name = "DIGEST", value_parser = approval, conflicts_with = "auto_approve")]
    approve: Option<String>,
    /// Name the environment once more, where it is protected
    #[arg(long, value_name = "ENV")]
    confirm: Option<String>,
    /// Write what happens, as it happens, to a file: one JSON object on a line; its schema is `restorectl schema events`
    #[arg(long, value_name = "PATH")]
    events: Option<PathBuf>,
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
    let (plan, limits, environment) = match &wanted {
        Wanted::Saved(saved, _) => (&saved.plan.name, &saved.limits, &saved.environment),
        Wanted::Plan(loaded, _) | Wanted::Anew(loaded, _, _) => {
            (&loaded.plan.name, &loaded.plan.limits, &loaded.environment)
        }
        Wanted::Left(left) => {
            let changeset = &left.changeset;
            (&changeset.plan.name, &changeset.limits, &changeset.environment)
        }
    };
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

/// What is to be carried out.
pub(super) enum Wanted {
    /// What somebody saved and approved, with its digest.
    Saved(Box<Changeset>, String),
    /// Whatever a plan, or a shard of it, lacks.
    Plan(Box<Loaded>, Box<Extent>),
    /// Whatever a plan, or a shard of it, lacks that means something else now than when this run began.
    Anew(Box<Loaded>, Box<Extent>, RunId),
    /// What an interrupted run left.
    Left(Box<Left>),
}

impl Wanted {
    /// The shard that the lease is needed for; none where it is needed for the whole plan.
    fn share(&self) -> anyhow::Result<Option<Share>> {
        let of = |made: &Changeset| made.shard().map(|shard| Share { shard, digest: made.plan.digest.clone() });
        Ok(match self {
            Self::Saved(saved, _) => of(saved),
            Self::Plan(loaded, extent) | Self::Anew(loaded, extent, _) => match extent.shard {
                Some(shard) => Some(Share { shard, digest: plan_digest(&loaded.plan)? }),
                None => None,
            },
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
    /// The items that are there.
    pub(super) done: BTreeSet<Slug>,
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
    let resumes = match &wanted {
        Wanted::Left(left) => Some(left.run.clone()),
        Wanted::Anew(_, _, run) => Some(run.clone()),
        Wanted::Saved(..) | Wanted::Plan(..) => None,
    };
    let Some(made) = hold.during(bench, agreed(wanted, consent, bench, terminal)).await? else {
        terminal.say("nothing was sent");
        return Ok(None);
    };
    let run = execute::execute(bench, hold, &made, resumes, audience).await?;
    let report = report_command::build(&bench.store, &run, &bench.clock).await?;
    audience.webhooks.finished(&report);
    Ok(Some(report))
}

/// What will be carried out: as it was approved, or as somebody said yes to it; none where nobody did.
async fn agreed(
    wanted: Wanted,
    consent: &Consent,
    bench: &Bench,
    terminal: Terminal,
) -> anyhow::Result<Option<Changeset>> {
    let (found, approved) = match wanted {
        Wanted::Saved(saved, digest) => {
            bench.still_fits(&saved).await?;
            terminal.progress(&format!("the site still is as the saved changeset ({digest}) saw it"));
            // What was approved is what runs, and what the journal holds.
            (Found::from(*saved), true)
        }
        Wanted::Plan(loaded, extent) | Wanted::Anew(loaded, extent, _) => {
            (bench.diff(&loaded, &extent).await?, consent.auto_approve)
        }
        Wanted::Left(left) => {
            let made = bench.left(&left.changeset, &left.items, &left.done).await?;
            (made.into(), consent.auto_approve)
        }
    };
    let approved = approved || consent.approve.is_some();
    let preview = bench.preview(&found).await?;
    let difference = report::preview_human(&preview, terminal.err());
    let wrong = consent.approve.as_ref().filter(|digest| **digest != preview.digest && found.made.has_changes());
    if let Some(digest) = wrong {
        terminal.say(difference.trim_end());
        return Err(not_approved(digest, &preview.digest, &found, bench).await?);
    }
    let made = found.made;
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

/// A protected environment wants its name said once more.
fn confirmed(made: &Changeset, confirm: Option<&str>) -> anyhow::Result<()> {
    let name = &made.environment.name;
    if made.environment.guard.protected && confirm != Some(name.as_str()) {
        bail!(
            "environment `{name}` is protected (`guard.protected`{}): say `--confirm {name}` if you mean it",
            made.environment.guard_place()
        );
    }
    Ok(())
}

async fn asked(terminal: Terminal) -> anyhow::Result<bool> {
    if !terminal.can_ask() {
        bail!(
            "nobody can be asked here: say `--auto-approve`, or `--approve` with the digest that `restorectl diff` printed, or save the difference with `restorectl diff --save` and apply that"
        );
    }
    // On a thread of its own, so that the lease is kept meanwhile; and nobody waits for that thread.
    let (sender, answer) = oneshot::channel();
    std::thread::spawn(move || sender.send(terminal.ask("\nCarry this out? Only `yes` does: ")));
    Ok(answer.await.context("nobody answered")?? == "yes")
}

/// A digest as `diff` prints it, with or without the word before it.
fn approval(text: &str) -> Result<String, String> {
    let digits = text.trim().strip_prefix("sha256:").unwrap_or(text.trim());
    if digits.len() == 64 && digits.chars().all(|c| c.is_ascii_hexdigit()) {
        Ok(format!("sha256:{}", digits.to_ascii_lowercase()))
    } else {
        Err("a digest is `sha256:` and 64 hexadecimal digits, as `restorectl diff` prints it".to_owned())
    }
}

/// That something else would be done than what was approved, with what is different where that can be told.
async fn not_approved(digest: &str, now: &str, found: &Found, bench: &Bench) -> anyhow::Result<anyhow::Error> {
    let known = match bench.carried_out(digest, found).await? {
        None => format!(
            "\nwhat is different can't be told, because a digest doesn't hold what was approved, and none of the runs that sent these restores last carried it out:\n  - where it was saved (`restorectl diff --save APPROVED.json`), save what would be done now by the same `restorectl diff {}` with `--save NOW.json`, and `restorectl diff APPROVED.json NOW.json` tells\n  - where it wasn't, let it be saved next time: `restorectl apply APPROVED.json` refuses with each difference",
            harmless(&format!(
                "{} --env {}",
                shell_word(&found.made.plan.file),
                shell_word(&found.made.environment.name)
            ))
        ),
        Some((run, approved)) => {
            let changes = changeset::differences(&approved, &found.made);
            let list: String = changes.iter().map(|change| format!("\n  - {}", harmless(change))).collect();
            format!("; it is what run {run} carried out, since when:{list}")
        }
    };
    Ok(anyhow::anyhow!(
        "what would be done has digest {now}, and {digest} was approved, so nothing was sent{known}\nlook at the difference above, and approve that if you mean it"
    ))
}
