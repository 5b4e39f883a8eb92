//! Plan × snapshot → changeset: one action with its reason for every item.

use std::collections::{BTreeMap, HashMap};

use super::document::VERSION;
use super::estimate::estimate;
use super::fingerprint::marked;
use super::history::{History, Verdict, under_way};
use super::loss::loss;
use super::ours::Ours;
use super::window::Window;
use super::{Changeset, Decision, Opened, PlanFacts, Saw, Size, derived_name, item_key};
use super::{others, within};
use crate::model::{
    Action, BackupExecution, BackupObject, Contents, CreateRequest, DataLoss, Environment, ExecutionId, ExecutionKey,
    Item, Millis, PastAttempt, PastFate, Permission, Plan, Reading, Slug, Snapshot, Touched, digest,
};

/// How long a saved changeset may wait for its approval.
const VALID_FOR: Millis = Millis::from_secs(24 * 3600);

/// What is to be compared with the site.
#[derive(Debug, Clone)]
pub struct Intention<'a> {
    /// The plan, resolved for the environment.
    pub plan: &'a Plan,
    /// Its file, as the user gave it.
    pub file: &'a str,
    /// The environment.
    pub environment: &'a Environment,
    /// Inputs that were set on the command line.
    pub inputs: &'a BTreeMap<String, String>,
    /// Whether to open a new generation although the site may have what the plan wants.
    pub again: bool,
    /// Of the items for which an interrupted run already opened a new generation: that one, and the attempt.
    pub opened: &'a Opened,
    /// The version of restorectl.
    pub tool_version: &'a str,
}

/// Decides every item of a plan. The same plan and the same snapshot give the same changeset.
///
/// # Errors
/// Never for plans that can be written down; see [`digest`].
pub fn decide(intention: &Intention<'_>, snapshot: &Snapshot) -> Result<Changeset, serde_json::Error> {
    decide_as(intention, snapshot, plan_digest(intention.plan)?)
}

/// As [`decide()`], of a plan that is a part of the one with this digest.
///
/// # Errors
/// As [`decide()`].
pub(super) fn decide_as(
    intention: &Intention<'_>,
    snapshot: &Snapshot,
    digest: String,
) -> Result<Changeset, serde_json::Error> {
    let plan = intention.plan;
    let mut items = Vec::with_capacity(plan.items.len());
    let contents = snapshot.contents();
    let ours = Ours::new((&plan.name, &intention.environment.name), snapshot);
    let twins = twins(plan);
    let mut opened = intention.opened.clone();
    for item in &plan.items {
        match twins.get(&item.name) {
            Some(reason) => items.push(Decision { saw: under_way(item, &ours), reason: reason.clone(), ..blank(item) }),
            None => items.push(decide_item(intention, item, (snapshot, &ours), &contents, &mut opened)?),
        }
    }
    let window = Window::new(plan.limits.settle_window_ms, snapshot);
    others::keep_away(&mut items, &ours, (snapshot, window), intention.again);
    within::overwritten(&mut items);
    within::held_up(&mut items);
    estimate(&mut items, &snapshot.attempts);
    Ok(Changeset {
        version: VERSION,
        tool_version: intention.tool_version.to_owned(),
        created_at: snapshot.taken_at,
        expires_at: VALID_FOR.after(snapshot.taken_at),
        plan: PlanFacts {
            name: plan.name.clone(),
            file: intention.file.to_owned(),
            digest,
            inputs: intention.inputs.clone(),
            purpose: plan.purpose.clone(),
        },
        environment: intention.environment.clone(),
        again: intention.again,
        opened,
        part: None,
        selection: None,
        strays: Vec::new(),
        limits: plan.limits.clone(),
        items,
    })
}

/// Whether a decision about a plan rests on nothing but clocks that may be wrong: an earlier run sent something that the sites
/// don't show, and whether it may still appear depends on how long ago that was.
///
/// # Errors
/// As [`decide`].
pub fn rests_on_clocks(plan: &Plan, environment: &str, snapshot: &Snapshot) -> Result<bool, serde_json::Error> {
    let open = |past: &PastAttempt| matches!(past.fate, PastFate::Open | PastFate::Accepted);
    if snapshot.settled || !snapshot.attempts.iter().any(open) {
        return Ok(false);
    }
    let ours = Ours::new((&plan.name, environment), snapshot);
    let window = Window::new(plan.limits.settle_window_ms, snapshot);
    if others::rest_on_clocks(plan, &ours, (snapshot, window)) {
        return Ok(true);
    }
    for item in plan.items.iter().filter(|item| ours.attempts(item).into_iter().any(open)) {
        // Of what is blocked anyway nothing is sent.
        let Ok(execution) = choose(item, snapshot) else { continue };
        let fingerprint = marked(ours.of(), item, &execution.id)?;
        let history = History::read(item, &fingerprint, &ours, window);
        if history.is_ok_and(|history| history.rests_on_clocks()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The digest of a plan's meaning: where it stands in a file doesn't count.
///
/// # Errors
/// Never for plans that were read.
pub fn plan_digest(plan: &Plan) -> Result<String, serde_json::Error> {
    let mut plan = plan.clone();
    for item in &mut plan.items {
        item.origin = crate::model::Origin::default();
    }
    digest(&plan)
}

impl Changeset {
    /// The plan that this changeset carries, with every execution frozen to the one that was approved.
    pub fn frozen_plan(&self) -> Plan {
        Plan {
            name: self.plan.name.clone(),
            purpose: self.plan.purpose.clone(),
            limits: self.limits.clone(),
            items: self.items.iter().map(Decision::frozen).collect(),
        }
    }
}

fn decide_item(
    intention: &Intention<'_>,
    item: &Item,
    (snapshot, ours): (&Snapshot, &Ours<'_>),
    contents: &BTreeMap<&ExecutionKey, Contents<'_>>,
    opened: &mut Opened,
) -> Result<Decision, serde_json::Error> {
    let mut decision = blank(item);
    let execution = match choose(item, snapshot) {
        Ok(execution) => execution,
        Err(why) => {
            decision.saw = under_way(item, ours);
            decision.reason = why;
            return Ok(decision);
        }
    };
    let plan = &intention.plan.name;
    decision.fingerprint = marked(ours.of(), item, &execution.id)?;
    decision.execution = Some(execution.clone());
    let window = Window::new(intention.plan.limits.settle_window_ms, snapshot);
    let history = match History::read(item, &decision.fingerprint, ours, window) {
        Ok(history) => history,
        Err(why) => {
            decision.saw = under_way(item, ours);
            decision.reason = why;
            return Ok(decision);
        }
    };
    decision.notes.extend(history.notes.iter().cloned());
    decision.notes.extend(history.doubled());
    let again = intention.again && !history.has_begun(intention.opened.get(&item.name));
    let verdict = history.verdict(again);
    if again {
        opened.entry(item.name.clone()).or_insert_with(|| history.opens(&verdict));
    }
    decision.generation = verdict.generation();
    decision.attempt = verdict.attempt();
    decision.used = history.used(decision.generation);
    let whole = history.is_whole();
    let awaited = history.awaited().cloned();
    decision.saw.restores = history.counting();
    let job_name = item.job_name.clone().unwrap_or_else(|| {
        derived_name(plan, &item.name, &decision.fingerprint, decision.generation, decision.attempt)
    });
    let source = ExecutionKey { job: item.source.key(), execution: execution.id.clone() };
    let missing = match contents.get(&source) {
        Some(contents) => look_up(&source.execution, contents, &mut decision),
        None => {
            decision.notes.push(unlisted(snapshot.objects.get(&source)));
            None
        }
    };
    decision.request = Some(CreateRequest {
        job_name,
        source,
        target: item.target.clone(),
        objects: item.objects.clone(),
        mode: item.mode,
        options: item.options,
    });
    let (action, reason) = match (verdict, missing) {
        (Verdict::Send { .. }, Some(missing)) => (Action::Blocked, missing),
        (Verdict::Send { action, reason, before, .. }, None) => {
            permit(intention, snapshot, (before.as_deref(), whole), &mut decision, (action, reason))
        }
        // Nothing is sent now; but another attempt may be, and it is permitted or not like any other.
        (Verdict::Adopt { reason, .. }, missing) => {
            attempts_after(intention, snapshot, &mut decision, missing);
            (Action::Adopt, reason)
        }
        (Verdict::Await { reason, past, .. }, missing) => {
            decision.saw.awaited = Some(past);
            attempts_after(intention, snapshot, &mut decision, missing);
            (Action::Adopt, reason)
        }
        (Verdict::Satisfied { reason, .. }, _) => (Action::Satisfied, reason),
        (Verdict::Blocked { reason, .. }, _) => {
            decision.saw.awaited = awaited;
            (Action::Blocked, reason)
        }
    };
    decision.action = action;
    decision.reason = reason;
    Ok(decision)
}

/// A decision about an item of which nothing is known yet.
fn blank(item: &Item) -> Decision {
    Decision {
        item: item.clone(),
        action: Action::Blocked,
        reason: String::new(),
        fingerprint: String::new(),
        generation: 1,
        attempt: 1,
        used: 0,
        execution: None,
        request: None,
        refusal: None,
        data_loss: DataLoss::None,
        losses: Vec::new(),
        sizes: Vec::new(),
        notes: Vec::new(),
        bytes: None,
        estimate: None,
        saw: Saw::default(),
    }
}

/// The items whose restores couldn't be told from those of another one, because their names are cut to the same, and why
/// they are refused.
fn twins(plan: &Plan) -> HashMap<&Slug, String> {
    let mut by_key: HashMap<String, Vec<&Slug>> = HashMap::new();
    for item in &plan.items {
        by_key.entry(item_key(&plan.name, &item.name)).or_default().push(&item.name);
    }
    let several = by_key.into_iter().filter(|(_, names)| names.len() > 1);
    let reasons = several.flat_map(|(key, names)| {
        let list = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ");
        let reason = format!("at the sites the names of {list} are cut to `{key}`, so their restores couldn't be told apart: give one of them a shorter name");
        names.into_iter().map(move |name| (name, reason.clone()))
    });
    reasons.collect()
}

/// Whether another attempt may follow the one that runs or is on its way.
fn attempts_after(intention: &Intention<'_>, snapshot: &Snapshot, decision: &mut Decision, missing: Option<String>) {
    let (action, reason) = permit(intention, snapshot, (None, false), decision, (Action::Retry, String::new()));
    decision.refusal = missing.or_else(|| (action != Action::Retry).then_some(reason));
}

/// The backup execution to restore from.
fn choose<'a>(item: &Item, snapshot: &'a Snapshot) -> Result<&'a BackupExecution, String> {
    let key = item.source.key();
    let executions = snapshot.executions_of(&key)?;
    let chosen = item.source.execution.select(executions, snapshot.taken_at);
    chosen.map_err(|why| format!("backup job `{}` at site `{}`: {why}", key.job, key.site))
}

/// Why there is no object list of a backup to look into.
fn unlisted(reading: Option<&Reading<Vec<BackupObject>>>) -> String {
    const HENCE: &str = "so sizes and contents are not known";
    match reading.map(Reading::as_result) {
        Some(Err(why)) => format!("the backup's object list could not be read, {HENCE}: {why}"),
        Some(Ok(_)) | None => format!("the backup's object list is not prepared, {HENCE}"),
    }
}

/// Looks the item's objects up in the backup's list: it decides what can come back. Gives why the item can't be
/// restored, where the backup lacks a part of it.
fn look_up(execution: &ExecutionId, contents: &Contents<'_>, decision: &mut Decision) -> Option<String> {
    let mut total: Option<u64> = None;
    let mut missing: Vec<String> = Vec::new();
    for object in &decision.item.objects {
        let held = contents.of(object);
        if held.is_empty() {
            let meant = contents.meant(object).map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"));
            missing.push(format!("{} `{}`{meant}", object.object_type, object.written()));
        }
        if let Some(kind) = contents.other_type(object) {
            let (name, wanted) = (object.written(), &object.object_type);
            decision
                .notes
                .push(format!("the plan says {wanted} of `{name}`, and execution `{execution}` holds it as {kind}"));
        }
        for (name, meant) in contents.excluded_in_vain(object) {
            let meant = meant.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
            let whole = &object.name;
            decision.notes.push(format!(
                "`exclude` names `{name}`, which execution `{execution}` does not hold in `{whole}`{meant}"
            ));
        }
        let bytes = held.iter().filter_map(|entry| entry.bytes).reduce(u64::saturating_add);
        if let Some(bytes) = bytes {
            total = Some(total.unwrap_or(0).saturating_add(bytes));
        }
        if !held.is_empty() {
            let target = decision.item.writes(object).to_string();
            decision.sizes.push(Size { target, objects: held.len(), bytes });
        }
    }
    decision.bytes = total;
    let list = missing.join(" and no ");
    (!missing.is_empty()).then(|| format!("execution `{execution}` holds no {list}; look at its object list"))
}

/// Whether the item may be sent: by the service's permission, and by what it would destroy. `whole` says that no restore of
/// it ended badly last.
fn permit(
    intention: &Intention<'_>,
    snapshot: &Snapshot,
    (before, whole): (Option<&str>, bool),
    decision: &mut Decision,
    (action, reason): (Action, String),
) -> (Action, String) {
    let item = &decision.item;
    let permission = snapshot.permissions.get(&item.target.site);
    decision.saw.permission = permission.cloned();
    if let Some(Permission::NotKnown(why)) = permission {
        decision
            .notes
            .push(format!("whether restores to site `{}` are permitted is not known: {why}", item.target.site));
    }
    let made_before = |touched: &Touched| {
        item.made_before(touched, |name| intention.plan.items.iter().find(|other| other.name == *name))
    };
    let taken_at = decision.execution.as_ref().and_then(BackupExecution::taken_at);
    let loss = loss(item, (intention.environment, taken_at), snapshot, before, made_before);
    decision.data_loss = loss.class;
    decision.losses = loss.words;
    decision.notes.extend(loss.notes);
    decision.saw.databases = loss.databases;
    if let Some(Permission::Denied(why)) = permission {
        let site = &item.target.site;
        return (Action::Blocked, format!("the service does not permit restores to site `{site}`: {why}"));
    }
    match (loss.refusal, loss.skip) {
        (Some(why), _) => (Action::Blocked, why),
        // What is there may be what our own failed attempt left.
        (None, Some(why)) if !whole => {
            let why = format!(
                "{why}; but an attempt to restore it was made, so whether it is whole is not known: look at it"
            );
            (Action::Blocked, why)
        }
        (None, Some(why)) => (Action::Satisfied, why),
        (None, None) => (action, reason),
    }
}
