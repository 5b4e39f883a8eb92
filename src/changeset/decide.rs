//! Plan × snapshot → changeset: one action with its reason for every item.

use std::collections::{BTreeMap, BTreeSet};

use super::document::VERSION;
use super::history::{History, Verdict};
use super::loss::loss;
use super::within;
use super::{Changeset, Decision, PlanFacts, Saw, derived_name, fingerprint};
use crate::model::{
    Action, BackupExecution, BackupObject, CreateRequest, DataLoss, Environment, ExecutionKey, ExecutionSelector, Item,
    Level, Millis, Permission, Plan, Reading, Slug, Snapshot, Touched, digest,
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
    /// The version of restorectl.
    pub tool_version: &'a str,
}

/// Decides every item of a plan. The same plan and the same snapshot give the same changeset.
///
/// # Errors
/// Never for plans that can be written down; see [`digest`].
pub fn decide(intention: &Intention<'_>, snapshot: &Snapshot) -> Result<Changeset, serde_json::Error> {
    let plan = intention.plan;
    let mut items = Vec::with_capacity(plan.items.len());
    for item in &plan.items {
        items.push(decide_item(intention, item, snapshot)?);
    }
    within::overwritten(&mut items);
    within::held_up(&mut items);
    Ok(Changeset {
        version: VERSION,
        tool_version: intention.tool_version.to_owned(),
        created_at: snapshot.taken_at,
        expires_at: VALID_FOR.after(snapshot.taken_at),
        plan: PlanFacts {
            name: plan.name.clone(),
            file: intention.file.to_owned(),
            digest: plan_digest(plan)?,
            inputs: intention.inputs.clone(),
            purpose: plan.purpose.clone(),
        },
        environment: intention.environment.clone(),
        again: intention.again,
        limits: plan.limits.clone(),
        items,
    })
}

/// The digest of a plan's meaning: where it stands in a file doesn't count.
fn plan_digest(plan: &Plan) -> Result<String, serde_json::Error> {
    let mut plan = plan.clone();
    for item in &mut plan.items {
        item.origin = crate::model::Origin::default();
    }
    digest(&plan)
}

impl Changeset {
    /// The plan that this changeset carries, with every execution frozen to the one that was approved.
    pub fn frozen_plan(&self) -> Plan {
        let freeze = |decision: &Decision| {
            let mut item = decision.item.clone();
            if let Some(execution) = &decision.execution {
                item.source.execution = ExecutionSelector::Id(execution.id.clone());
            }
            item
        };
        Plan {
            name: self.plan.name.clone(),
            purpose: self.plan.purpose.clone(),
            limits: self.limits.clone(),
            items: self.items.iter().map(freeze).collect(),
        }
    }
}

fn decide_item(intention: &Intention<'_>, item: &Item, snapshot: &Snapshot) -> Result<Decision, serde_json::Error> {
    let mut decision = Decision {
        item: item.clone(),
        action: Action::Blocked,
        reason: String::new(),
        fingerprint: String::new(),
        generation: 1,
        attempt: 1,
        execution: None,
        request: None,
        refusal: None,
        data_loss: DataLoss::None,
        losses: Vec::new(),
        notes: Vec::new(),
        bytes: None,
        saw: Saw::default(),
    };
    let execution = match choose(item, snapshot) {
        Ok(execution) => execution,
        Err(why) => {
            decision.reason = why;
            return Ok(decision);
        }
    };
    let plan = &intention.plan.name;
    decision.fingerprint = fingerprint(plan, item, &execution.id)?;
    decision.execution = Some(execution.clone());
    let history =
        match History::read(plan, item, &decision.fingerprint, snapshot, intention.plan.limits.settle_window_ms) {
            Ok(history) => history,
            Err(why) => {
                decision.reason = why;
                return Ok(decision);
            }
        };
    decision.notes.extend(history.notes.iter().cloned());
    decision.notes.extend(history.doubled());
    let verdict = history.verdict(intention.again);
    decision.generation = verdict.generation();
    decision.attempt = verdict.attempt();
    let awaited = history.awaited().cloned();
    decision.saw.restores = history.restores;
    let job_name = item.job_name.clone().unwrap_or_else(|| {
        derived_name(plan, &item.name, &decision.fingerprint, decision.generation, decision.attempt)
    });
    let source = ExecutionKey { job: item.source.key(), execution: execution.id.clone() };
    size(item, &source, snapshot, &mut decision);
    decision.request = Some(CreateRequest {
        job_name,
        source,
        target: item.target.clone(),
        objects: item.objects.clone(),
        mode: item.mode,
        options: item.options,
    });
    let (action, reason) = match verdict {
        Verdict::Send { action, reason, before, .. } => {
            if decision.reason.is_empty() {
                permit(intention, snapshot, before.as_deref(), &mut decision, action, reason)
            } else {
                (Action::Blocked, std::mem::take(&mut decision.reason))
            }
        }
        // Nothing is sent now; but another attempt may be, and it is permitted or not like any other.
        Verdict::Adopt { reason, .. } => {
            attempts_after(intention, snapshot, &mut decision);
            (Action::Adopt, reason)
        }
        Verdict::Await { reason, past, .. } => {
            decision.saw.awaited = Some(past);
            attempts_after(intention, snapshot, &mut decision);
            (Action::Adopt, reason)
        }
        Verdict::Satisfied { reason, .. } => (Action::Satisfied, reason),
        Verdict::Blocked { reason, .. } => {
            decision.saw.awaited = awaited;
            (Action::Blocked, reason)
        }
    };
    decision.action = action;
    decision.reason = reason;
    Ok(decision)
}

/// Whether another attempt may follow the one that runs or is on its way.
fn attempts_after(intention: &Intention<'_>, snapshot: &Snapshot, decision: &mut Decision) {
    let (action, reason) = permit(intention, snapshot, None, decision, Action::Retry, String::new());
    decision.refusal = (action != Action::Retry).then_some(reason);
}

/// The backup execution to restore from.
fn choose<'a>(item: &Item, snapshot: &'a Snapshot) -> Result<&'a BackupExecution, String> {
    let key = item.source.key();
    let name = format!("backup job `{}` at site `{}`", key.job, key.site);
    match snapshot.executions.get(&key) {
        Some(Reading::Read(executions)) => {
            item.source.execution.select(executions, snapshot.taken_at).map_err(|why| format!("{name}: {why}"))
        }
        Some(Reading::Unreadable(why)) => Err(format!("the executions of {name} could not be read: {why}")),
        None => Err(format!("the executions of {name} were not read")),
    }
}

/// Looks the item's objects up in the backup's list, where the service has it ready.
fn size(item: &Item, source: &ExecutionKey, snapshot: &Snapshot, decision: &mut Decision) {
    // An empty list is what a service may answer that hasn't prepared it.
    let Some(Reading::Read(listed)) = snapshot.objects.get(source).filter(|list| list.as_result() != Ok(&Vec::new()))
    else {
        decision.notes.push("the backup's object list is not prepared, so sizes and contents are not known".to_owned());
        return;
    };
    let mut total: u64 = 0;
    for object in &item.objects {
        let is_itself = |entry: &&BackupObject| {
            entry.name == object.name
                && match object.object_type.level() {
                    Level::Database => entry.object_type.level() == Level::Database,
                    Level::Object => entry.parent.as_ref() == Some(&object.parent),
                }
        };
        let is_inside = |entry: &&BackupObject| {
            object.object_type.level() == Level::Database
                && entry.parent.as_ref() == Some(&object.name)
                && !object.exclude.contains(&entry.name)
        };
        let inside: Vec<&BackupObject> = listed.iter().filter(is_inside).collect();
        let itself: Vec<&BackupObject> = listed.iter().filter(is_itself).collect();
        // A database's own entry may carry the sum of what is in it, so only one of the two is counted.
        let counted = if inside.is_empty() { &itself } else { &inside };
        if counted.is_empty() {
            decision.reason = format!(
                "execution `{}` does not hold {} `{}`; look at its object list",
                source.execution, object.object_type, object.name
            );
        }
        total = counted.iter().filter_map(|entry| entry.bytes).fold(total, u64::saturating_add);
    }
    decision.bytes = Some(total);
}

/// Whether the item may be sent: by the service's permission, and by what it would destroy.
fn permit(
    intention: &Intention<'_>,
    snapshot: &Snapshot,
    before: Option<&str>,
    decision: &mut Decision,
    action: Action,
    reason: String,
) -> (Action, String) {
    let item = &decision.item;
    let permission = snapshot.permissions.get(&item.target.site);
    decision.saw.permission = permission.cloned();
    if let Some(Permission::NotKnown(why)) = permission {
        decision
            .notes
            .push(format!("whether restores to site `{}` are permitted is not known: {why}", item.target.site));
    }
    let made_before = |touched: &Touched| makes_before(intention.plan, item, touched);
    let loss = loss(item, &intention.environment.guard, snapshot, before, made_before);
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
        (None, Some(why)) if action == Action::Retry => {
            let why = format!(
                "{why}; but an attempt to restore it was made, so whether it is whole is not known: look at it"
            );
            (Action::Blocked, why)
        }
        (None, Some(why)) => (Action::Satisfied, why),
        (None, None) => (action, reason),
    }
}

/// Whether an item that must succeed first brings a whole database back, so that it is there when this one starts.
fn makes_before(plan: &Plan, item: &Item, touched: &Touched) -> bool {
    let mut seen: BTreeSet<&Slug> = BTreeSet::new();
    let mut left: Vec<&Slug> = item.after.iter().collect();
    while let Some(name) = left.pop() {
        if !seen.insert(name) {
            continue;
        }
        let Some(earlier) = plan.items.iter().find(|other| other.name == *name) else { continue };
        let whole = Touched { object: None, ..touched.clone() };
        if earlier.touches().contains(&whole) {
            return true;
        }
        left.extend(&earlier.after);
    }
    false
}
