//! `runs prune`: takes old runs away, and leaves what later runs decide on.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;
use jiff::Timestamp;

use crate::cli::exit::Exit;
use crate::cli::system::SystemClock;
use crate::cli::terminal::Terminal;
use crate::cli::{Global, connect};
use crate::journal::{StateStore, Store as _, past_attempts};
use crate::model::{Millis, PastFate, RunId, Slug, count, harmless};
use crate::ports::Clock as _;
use crate::report::{Report, RunProgress};

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
    let made = super::reports(&store, terminal).await?;
    let judged = judge(&args, &made, &store, SystemClock::new().now()).await?;
    let mut text = String::new();
    for (report, fate) in &judged {
        let what = format!("{} of {} in {}", report.run.id, report.plan.name, report.environment.name);
        text.push_str(&match fate {
            Fate::Pruned => format!("prune  {}\n", harmless(&what)),
            Fate::Stays(why) => format!("keep   {}\n", harmless(&format!("{what}: {why}"))),
        });
    }
    let wanted: Vec<&Report> =
        judged.iter().filter(|(_, fate)| matches!(fate, Fate::Pruned)).map(|(report, _)| *report).collect();
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
    for report in wanted {
        // Read again, so that what is left of it is what is there now.
        if let Some((run, entries)) = store.run(&RunId::new(report.run.id.clone())).await? {
            pruned += usize::from(store.prune(&run, &entries).await?);
        }
    }
    terminal.say(&format!("{} pruned; what they sent is still known to later runs", count(pruned, "run")));
    Ok(Exit::Done)
}

/// What becomes of each old run. Those that nobody asked for are not told of.
async fn judge<'a>(
    args: &Args,
    made: &'a [Report],
    store: &StateStore,
    now: Timestamp,
) -> anyhow::Result<Vec<(&'a Report, Fate)>> {
    let mut open: BTreeMap<(&str, &str), BTreeSet<RunId>> = BTreeMap::new();
    let mut newer: BTreeMap<(&str, &str, Option<String>), usize> = BTreeMap::new();
    let mut judged = Vec::new();
    for report in made.iter().filter(|report| args.plan.as_ref().is_none_or(|plan| plan.as_str() == report.plan.name)) {
        let (plan, environment) = (report.plan.name.as_str(), report.environment.name.as_str());
        let shard = report.run.shard.as_ref().map(|shard| shard.shard.to_string());
        let place = newer.entry((plan, environment, shard)).or_default();
        let newer = std::mem::replace(place, place.saturating_add(1));
        let old = args.older_than.is_none_or(|age| age.after(report.run.started_at) < now);
        if !old || args.keep.is_some_and(|keep| newer < keep) {
            continue;
        }
        let open = match open.entry((plan, environment)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(with_open_fates(store, plan, environment).await?),
        };
        let unsettled = open.contains(&RunId::new(report.run.id.clone()));
        let why = if newer == 0 {
            Some("it is the last one of them")
        } else if report.run.state == RunProgress::NotEnded {
            Some("it has not ended, or was killed, and may be gone on with")
        } else if unsettled {
            Some("what became of something that it sent is not known, and later runs watch for it")
        } else {
            None
        };
        judged.push((report, why.map_or(Fate::Pruned, |why| Fate::Stays(why.to_owned()))));
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
