//! `runs prune`: takes old runs away, and leaves what later runs decide on.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;
use jiff::Timestamp;

use super::pages::Pages;
use crate::cli::exit::Exit;
use crate::cli::system::SystemClock;
use crate::cli::terminal::Terminal;
use crate::cli::{Global, connect};
use crate::journal::{Filter, StateStore, Store as _, past_attempts};
use crate::model::{Millis, PastFate, RunId, Shard, Slug, count, harmless};
use crate::ports::Clock as _;
use crate::report::{ListedRun, RunProgress};

/// Arguments of `runs prune`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Keep so many of the newest runs of each plan and environment
    #[arg(long, value_name = "N", required_unless_present = "older_than")]
    keep: Option<usize>,
    /// Only runs that began longer ago than this, like `90d`
    #[arg(long, value_name = "DURATION")]
    older_than: Option<Millis>,
    /// Only runs of this plan
    #[arg(long, value_name = "NAME", value_parser = super::plan)]
    plan: Option<Slug>,
    /// Only show what would be pruned
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Don't ask
    #[arg(long)]
    yes: bool,
}

/// What becomes of an old run.
enum Fate {
    Pruned,
    Stays(String),
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let terminal = global.terminal();
    let store = connect::store(global).await?;
    let runs = listed(&args, &store, terminal).await?;
    let judged = judge(&args, &runs, &store, SystemClock::new().now()).await?;
    let mut text = String::new();
    for (run, fate) in &judged {
        let what = format!("{} of {} in {}", run.id, run.plan, run.environment);
        text.push_str(&match fate {
            Fate::Pruned => format!("prune  {}\n", harmless(&what)),
            Fate::Stays(why) => format!("keep   {}\n", harmless(&format!("{what}: {why}"))),
        });
    }
    let wanted: Vec<&ListedRun> =
        judged.iter().filter(|(_, fate)| matches!(fate, Fate::Pruned)).map(|(run, _)| *run).collect();
    terminal.result(&text)?;
    if wanted.is_empty() {
        terminal.say("no run is to be pruned");
        return Ok(Exit::Done);
    }
    if args.dry_run {
        terminal.say(&format!("{} would be pruned; nothing was", count(wanted.len(), "run")));
        return Ok(Exit::Done);
    }
    if !args.yes && !asked(terminal, wanted.len())? {
        terminal.say("nothing was pruned");
        return Ok(Exit::Failed);
    }
    let mut pruned = 0;
    for run in wanted {
        // Read again, so that what is left of it is what is there now.
        if let Some((run, entries)) = store.run(&RunId::new(run.id.clone())).await? {
            pruned += usize::from(store.prune(&run, &entries).await?);
        }
    }
    terminal.say(&format!("{} pruned; what they sent is still known to later runs", count(pruned, "run")));
    Ok(Exit::Done)
}

/// All runs that are asked for, newest first.
async fn listed(args: &Args, store: &StateStore, terminal: Terminal) -> anyhow::Result<Vec<ListedRun>> {
    let clock = SystemClock::new();
    let mut pages = Pages::of(Filter { plan: args.plan.as_ref().map(ToString::to_string), environment: None });
    let mut runs = Vec::new();
    loop {
        let heads = pages.next(store).await?;
        if heads.is_empty() {
            return Ok(runs);
        }
        for head in heads {
            runs.extend(super::report_of(store, &head.id, &clock, terminal).await.map(|report| ListedRun::of(&report)));
        }
    }
}

/// What becomes of each old run. Those that nobody asked for are not told of.
async fn judge<'a>(
    args: &Args,
    runs: &'a [ListedRun],
    store: &StateStore,
    now: Timestamp,
) -> anyhow::Result<Vec<(&'a ListedRun, Fate)>> {
    let mut open: BTreeMap<(&str, &str), BTreeSet<RunId>> = BTreeMap::new();
    let mut newer: BTreeMap<(&str, &str, Option<Shard>), usize> = BTreeMap::new();
    let mut judged = Vec::new();
    for run in runs {
        let (plan, environment) = (run.plan.as_str(), run.environment.as_str());
        let place = newer.entry((plan, environment, run.shard)).or_default();
        let newer = std::mem::replace(place, place.saturating_add(1));
        let old = args.older_than.is_none_or(|age| age.after(run.started_at) < now);
        if !old || args.keep.is_some_and(|keep| newer < keep) {
            continue;
        }
        let open = match open.entry((plan, environment)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(with_open_fates(store, plan, environment).await?),
        };
        let unsettled = open.contains(&RunId::new(run.id.clone()));
        let why = if newer == 0 {
            Some("it is the last one of them")
        } else if run.state == RunProgress::NotEnded {
            Some("it has not ended, or was killed, and may be gone on with")
        } else if unsettled {
            Some("what became of something that it sent is not known, and later runs watch for it")
        } else {
            None
        };
        judged.push((run, why.map_or(Fate::Pruned, |why| Fate::Stays(why.to_owned()))));
    }
    Ok(judged)
}

/// The runs that hold the last word of a create whose fate is open, accepted or odd: somebody may be told to look there.
async fn with_open_fates(store: &StateStore, plan: &str, environment: &str) -> anyhow::Result<BTreeSet<RunId>> {
    let plan = Slug::parse(plan)?;
    let runs = store.runs_of(&plan, environment).await?;
    let services: BTreeSet<&str> = runs.iter().map(|(run, _)| run.service.as_str()).collect();
    let mut open = BTreeSet::new();
    for service in services {
        let past = past_attempts(&runs, service)?;
        let unsettled = |fate| matches!(fate, PastFate::Open | PastFate::Accepted | PastFate::Odd);
        open.extend(past.into_iter().filter(|past| unsettled(past.fate)).map(|past| past.run));
    }
    Ok(open)
}

fn asked(terminal: Terminal, runs: usize) -> anyhow::Result<bool> {
    if !terminal.can_ask() {
        bail!("nobody can be asked here, so nothing was pruned: say `--yes` if you mean it");
    }
    let what = count(runs, "run");
    Ok(terminal.ask(&format!("\nPrune {what}? Their reports can't be made again. Only `yes` does: "))? == "yes")
}
