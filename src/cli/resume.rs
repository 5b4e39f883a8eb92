//! `resume`: goes on with a run that was interrupted, killed, or did not bring everything back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, bail};

use super::apply;
use super::consent::Consent;
use super::difference::Extent;
use super::exit::Exit;
use super::load::{Binding, Given, Loaded};
use super::wanted::Wanted;
use super::{Global, diff, state};
use crate::changeset::{Changeset, Part, plan_digest};
use crate::engine::Left;
use crate::journal::{PlanRuns, Reader as _, Run, RunState, Store as _, replay};
use crate::model::{Item, Plan, RunId, Slug, harmless};

/// Arguments of `resume`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl resume                                   the last run
  restorectl resume 20261123-031207-4f2a --only-failed
  restorectl resume --accept-changes                  after the plan was mended

What is done is left alone, what runs is attached to, what may be on its way is
looked for, and the rest is started in the order of its dependencies, from the
very backups that the run had chosen. A new run is recorded for it. A run of one
shard (`apply --shard`) is gone on with as that shard.")]
pub(super) struct Args {
    /// The run, as `runs list` shows it [default: the last one; needed for a machine where a store holds several plans' runs]
    run: Option<String>,
    /// Only what failed or timed out, what was skipped or refused, and what is under way; not what hadn't begun
    #[arg(long)]
    only_failed: bool,
    /// Carry out what the plan says now, where it means something else than when the run began
    #[arg(long, conflicts_with_all = ["only_failed", "recorded"])]
    accept_changes: bool,
    /// Go on with what the run recorded, without a look at the plan's file
    #[arg(long)]
    recorded: bool,
    /// Where the environment's file is, if the plan's file doesn't lead to it by the name that was recorded
    #[arg(long, short, value_name = "ENV")]
    env: Option<String>,
    #[command(flatten)]
    consent: Consent,
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let terminal = global.terminal();
    let (run, state) = found(&args, global).await?;
    let changeset: Changeset = run.changeset.read().with_context(|| {
        format!(
            "what run {} set out to do can't be read by this version; go on with restorectl {}, which opened it",
            run.id, run.tool_version
        )
    })?;
    if !args.recorded {
        let Some(loaded) = as_written(&args, &changeset, global)? else {
            terminal.say(&format!(
                "whether the plan still means what it meant when run {} began can't be seen, so nothing was sent; mend it, or say `--recorded` to go on as the run recorded it",
                run.id
            ));
            return Ok(Exit::Invalid);
        };
        if args.accept_changes {
            let elsewhere = renamed(&changeset, &loaded);
            if !elsewhere.is_empty() {
                bail!(
                    "run {} can't be gone on with as another plan or in another environment, so nothing was sent:{}\n`restorectl apply` carries out what the plan says now",
                    run.id,
                    listed(&elsewhere)
                );
            }
            let Some(choice) = Left::choice(&changeset) else {
                terminal.say(&format!("run {}: nothing was chosen for it, so there is nothing to go on with", run.id));
                return Ok(Exit::Done);
            };
            let check = choice.check(&loaded.plan).map_err(anyhow::Error::msg);
            check
                .with_context(|| format!("what run {} chose is no longer in the plan, so nothing was sent", run.id))?;
            let extent = Extent { again: false, shard: changeset.shard(), choice };
            return apply::carry_out(Wanted::Anew(Box::new(loaded), Box::new(extent), run.id), &args.consent, global)
                .await;
        }
        let changes = changes(&changeset, &loaded)?;
        if !changes.is_empty() {
            let list = listed(&changes);
            bail!(
                "the plan no longer means what it meant when run {} began, so nothing was sent:{list}\nsay `--accept-changes` to carry out what it says now, or `--recorded` to go on as the run recorded it",
                run.id
            );
        }
    }
    let all = changeset.items.len();
    let Some(left) = Left::of(changeset, &state, args.only_failed) else {
        let what = if args.only_failed { "nothing failed in it" } else { "everything in it is done" };
        terminal.say(&format!("run {}: {what}, so there is nothing to go on with", run.id));
        return Ok(Exit::Done);
    };
    terminal.progress(&format!("going on with run {} ({} of {all} restores)", run.id, left.count()));
    apply::carry_out(Wanted::Left(Box::new(left), run.id), &args.consent, global).await
}

/// The run that is meant, and where it stands.
async fn found(args: &Args, global: &Global) -> anyhow::Result<(Run, RunState)> {
    let store = state::Place::of(global)?.open(global.state_patience, global.terminal()).await?;
    let id = match &args.run {
        Some(id) => RunId::new(id),
        None => {
            // Somebody who is asked sees which run it is.
            if args.consent.is_given() {
                only_one(&store.plans().await?)?;
            }
            let newest = store.runs().await?.into_iter().next();
            newest.context("there is no run yet: `restorectl apply` makes one")?
        }
    };
    let found = store.run(&id).await?;
    let (run, entries) = found.with_context(|| format!("there is no run `{id}`: see `restorectl runs list`"))?;
    Ok((run, replay(&entries)?))
}

/// Makes sure that the last run can't be another plan's than the one that is meant.
fn only_one(plans: &[PlanRuns]) -> anyhow::Result<()> {
    if plans.len() < 2 {
        return Ok(());
    }
    let list = listed(&plans.iter().map(|runs| format!("{} in {}", runs.plan, runs.environment)).collect::<Vec<_>>());
    bail!(
        "the store holds runs of more than one plan or environment, so name the run that is meant (`restorectl runs list`):{list}"
    );
}

/// The plan as its file says now, in the environment that the run had.
fn as_written(args: &Args, changeset: &Changeset, global: &Global) -> anyhow::Result<Option<Loaded>> {
    let inputs = changeset.plan.inputs.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let env = args.env.clone().unwrap_or_else(|| changeset.environment.name.clone());
    let binding = Binding { env: Some(env), given: Given { inputs, limits: Vec::new() } };
    let file = Path::new(&changeset.plan.file);
    diff::resolved(file, &binding, global.terminal()).with_context(|| {
        "the plan's file and its environment's are needed to see whether they still mean the same; say `--recorded` to go on without them, or with `--env` where the environment's file is"
            .to_owned()
    })
}

/// Plans and environments are known by their names: what tells that it is another one, in sentences.
fn renamed(changeset: &Changeset, loaded: &Loaded) -> Vec<String> {
    let mut found = Vec::new();
    if loaded.plan.name != changeset.plan.name {
        found.push(format!("the plan's name is `{}`, and not `{}`", loaded.plan.name, changeset.plan.name));
    }
    if loaded.environment.name != changeset.environment.name {
        let (now, before) = (&loaded.environment.name, &changeset.environment.name);
        found.push(format!("the environment's name is `{now}`, and not `{before}`"));
    }
    found
}

fn listed(sentences: &[String]) -> String {
    sentences.iter().map(|sentence| format!("\n  - {}", harmless(sentence))).collect()
}

/// What means something else now, in sentences.
fn changes(changeset: &Changeset, loaded: &Loaded) -> anyhow::Result<Vec<String>> {
    let mut found = renamed(changeset, loaded);
    if plan_digest(&loaded.plan)? != changeset.plan.digest {
        let part = changeset.shard().map(|shard| Part::of(&loaded.plan, shard).plan(&loaded.plan));
        found.extend(different_items(changeset, part.as_ref().unwrap_or(&loaded.plan)));
        if found.is_empty() {
            let elsewhere = if part.is_some() { ", or restores of its other shards," } else { "" };
            found.push(format!("its limits, its objectives or the choice of its backups{elsewhere} are others"));
        }
    }
    let (before, now) = (&changeset.environment, &loaded.environment);
    if before.api.as_ref().map(|api| &api.url) != now.api.as_ref().map(|api| &api.url) {
        found.push(format!("environment `{}` has another `api.url`", before.name));
    }
    if before.guard != now.guard {
        found.push(format!("environment `{}` has another `guard`", before.name));
    }
    Ok(found)
}

fn different_items(changeset: &Changeset, plan: &Plan) -> Vec<String> {
    let mut known: BTreeSet<&Slug> = changeset.items.iter().map(|decision| &decision.item.name).collect();
    let now: BTreeMap<&Slug, &Item> = plan.items.iter().map(|item| (&item.name, item)).collect();
    let mut found = Vec::new();
    let here = changeset.shard().map_or_else(|| "it".to_owned(), |shard| format!("its shard {shard}"));
    for decision in &changeset.items {
        match now.get(&decision.item.name) {
            None => found.push(format!("`{}` is no longer in {here}", decision.item.name)),
            Some(item) => {
                let mut item = Item::clone(item);
                item.origin = decision.item.origin.clone();
                // A run that went on with another one has its executions frozen.
                item.source.execution = decision.item.source.execution.clone();
                // One that went on with only what had failed doesn't wait for what was left out of it.
                item.after.retain(|need| known.contains(need) || decision.item.after.contains(need));
                if item != decision.item {
                    found.push(format!("`{}` is another restore now ({})", item.name, decision.item.origin));
                }
            }
        }
    }
    // Nor is what was left out of it new.
    known.extend(changeset.selection.iter().flat_map(|chosen| &chosen.left_out).map(|left_out| &left_out.item));
    let new = plan.items.iter().filter(|item| !known.contains(&item.name));
    found.extend(new.map(|item| format!("`{}` is new in {here}", item.name)));
    found
}
