//! Reads the site and decides: shared by `diff`, `apply` and `demo`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::bail;

use super::load::Loaded;
use super::system::SystemClock;
use super::terminal::Terminal;
use crate::baas::Client;
use crate::changeset::{
    Changeset, Choice, Intention, Part, decide_chosen, decide_without, differences, plan_digest, rests_on_clocks,
    strays,
};
use crate::engine::Left;
use crate::journal::{StateStore, Store as _, ended_badly, past_attempts};
use crate::model::{Environment, Item, PastFate, Plan, Reading, RunId, Shard, Slug, Snapshot, harmless};
use crate::observe::observe_settled;
use crate::ports::Clock as _;

/// The version that documents carry.
pub(super) const TOOL_VERSION: &str = env!("CARGO_PKG_VERSION");

/// A site that can be read and a journal that remembers.
#[derive(Debug, Clone)]
pub(super) struct Bench {
    /// The service.
    pub(super) client: Arc<Client>,
    /// The journal.
    pub(super) store: StateStore,
    /// The time.
    pub(super) clock: SystemClock,
    /// Who is told while it is waited for what may be on its way. None where nobody holds the lease, so that waiting tells
    /// nothing.
    pub(super) waits: Option<Terminal>,
}

/// How much of a plan is wanted.
#[derive(Debug, Clone, Default)]
pub(super) struct Extent {
    /// A new generation of it, although the site may have what the plan wants.
    pub(super) again: bool,
    /// One shard alone.
    pub(super) shard: Option<Shard>,
    /// What of that is chosen.
    pub(super) choice: Choice,
}

/// A difference, and who brought about what the site has.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The difference.
    pub(super) made: Changeset,
    /// The run that last sent each item, or attached to it.
    pub(super) sent: BTreeMap<Slug, RunId>,
}

impl From<Changeset> for Found {
    fn from(made: Changeset) -> Self {
        Self { made, sent: BTreeMap::new() }
    }
}

/// A site that was read, with what the journal tells.
struct Looked {
    snapshot: Snapshot,
    /// Items that ended badly when they were last run.
    ended_badly: BTreeSet<Slug>,
}

/// The service's address, under which the journal keeps what was done there: one for all ways to write it.
pub(super) fn service(environment: &Environment) -> String {
    let Some(api) = &environment.api else { return String::new() };
    let url = reqwest::Url::parse(&api.url).map_or_else(|_| api.url.clone(), String::from);
    url.trim_end_matches('/').to_owned()
}

impl Bench {
    /// Compares a plan, or a shard of it, with the site.
    ///
    /// # Errors
    /// When the journal can't be read, or no site.
    pub(super) async fn diff(&self, loaded: &Loaded, extent: &Extent) -> anyhow::Result<Found> {
        let Loaded { plan: whole, file, inputs, environment } = loaded;
        let part = extent.shard.map(|shard| Part::of(whole, shard));
        let plan = part.as_ref().map(|part| part.plan(whole));
        let intention = Intention {
            plan: plan.as_ref().unwrap_or(whole),
            file,
            environment,
            inputs,
            again: extent.again,
            opened: &Default::default(),
            tool_version: TOOL_VERSION,
        };
        let looked = self.look(intention.plan, environment).await?;
        let mut made = decide_chosen(&intention, &looked.snapshot, &extent.choice, &looked.ended_badly)?;
        if let Some(part) = part {
            made = made.as_part(part, intention.plan, plan_digest(whole)?);
        }
        made.strays = strays((whole, &environment.name), &looked.snapshot);
        let known = looked.snapshot.attempts.into_iter().filter(|past| past.fate != PastFate::Gone);
        Ok(Found { made, sent: known.map(|past| (past.item, past.run)).collect() })
    }

    /// Reads the site again, and makes sure that it still is as a changeset saw it.
    ///
    /// # Errors
    /// When the changeset has expired, or the site no longer is as it was; the error names every change.
    pub(super) async fn still_fits(&self, saved: &Changeset) -> anyhow::Result<()> {
        if self.clock.now() > saved.expires_at {
            bail!(
                "the changeset expired at {}, so nothing was sent: make a new one with `restorectl diff --save`",
                crate::report::Zone::UTC.moment(saved.expires_at)
            );
        }
        let intention = Intention {
            plan: &saved.whole_plan(),
            file: &saved.plan.file,
            environment: &saved.environment,
            inputs: &saved.plan.inputs,
            again: saved.again,
            opened: &saved.opened,
            tool_version: TOOL_VERSION,
        };
        let snapshot = self.look(intention.plan, intention.environment).await?.snapshot;
        let unwanted = |item: &Item| saved.unwanted(&item.name).map(str::to_owned);
        let fresh = decide_without(&intention, &snapshot, unwanted)?;
        let mut changes = differences(saved, &fresh);
        let runs = fresh.selection.iter().flat_map(|selection| &selection.followed);
        let new = runs.filter(|runs| saved.only_followed(&runs.item).is_none());
        changes.extend(new.map(|runs| format!("`{}`, which is left out, may run now", runs.item)));
        if !changes.is_empty() {
            let list: String = changes.iter().map(|change| format!("\n  - {}", harmless(change))).collect();
            bail!(
                "the site is no longer as it was when the changeset was made, so nothing was sent:{list}\nmake a new one with `restorectl diff --save`"
            );
        }
        Ok(())
    }

    /// Decides what is left of a run.
    ///
    /// # Errors
    /// When the journal can't be read, or no site.
    pub(super) async fn left(&self, left: &Left) -> anyhow::Result<Changeset> {
        let looked = self.look(&left.plan(), &left.changeset().environment).await?;
        Ok(left.decide(&looked.snapshot, TOOL_VERSION)?)
    }

    async fn look(&self, plan: &Plan, environment: &Environment) -> anyhow::Result<Looked> {
        let runs = self.store.runs_of(&plan.name, &environment.name).await?;
        let service = service(environment);
        let past = past_attempts(&runs, &service)?;
        let in_doubt = |snapshot: &Snapshot| {
            let wait = self.waits.filter(|_| rests_on_clocks(plan, &environment.name, snapshot).unwrap_or(true));
            if let Some(terminal) = wait {
                let window = plan.limits.settle_window_ms;
                terminal.progress(&format!(
                    "an earlier run sent what the sites don't show; clocks of hosts may be wrong, so it is waited for {window} here before the sites are read again"
                ));
            }
            wait.is_some()
        };
        let snapshot = observe_settled((&self.client, &self.clock), plan, past, in_doubt).await;
        readable(&snapshot)?;
        Ok(Looked { snapshot, ended_badly: ended_badly(&runs, &service)? })
    }
}

/// Makes sure that some site could be read: with none there is nothing to decide or to record, and that every item is
/// blocked would say it less well.
///
/// # Errors
/// When no site's restores could be read.
pub(super) fn readable(snapshot: &Snapshot) -> anyhow::Result<()> {
    let mut readings = snapshot.restores.values().map(Reading::as_result).peekable();
    if readings.peek().is_some() && readings.all(|reading| reading.is_err()) {
        let why = snapshot.restores.values().find_map(|reading| reading.as_result().err());
        bail!("no site of the plan could be read: {}", why.unwrap_or_default());
    }
    Ok(())
}
