//! Folds a run into its report.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use super::attempt::{attempt, over_reasons, service};
use super::document::{
    AttemptReport, CheckReport, CheckResult, DataLossReport, EnvironmentReport, ItemReport, MayStillRun, NotExecuted,
    NoteReport, ObjectReport, PlanReport, REPORT_VERSION, Report, RunFacts, RunProgress, ShardReport, SourceReport,
};
use super::verdict::{Scope, judge};
use super::{ObjectiveReport, ObjectiveVerdict, Standing, next, objective};
use crate::changeset::{Changeset, Decision};
use crate::journal::{Closed, Entry, IllegalRecord, ItemState, Progress, Run, RunState, replay};
use crate::model::{Action, Check, DataLoss, End, Item, Millis, RestoreObject, RestoreRecord, Slug, count, digest};

/// How many of those that were left out are named.
const LEFT_OUT: usize = 12;

/// Why a run can't be reported.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The head of the run holds something else.
    #[error(
        "run `{run}` holds a changeset that this version can't read; make the report with restorectl {tool_version}, which opened the run"
    )]
    Changeset {
        /// The run.
        run: String,
        /// The version that opened it.
        tool_version: String,
        /// What can't be read.
        #[source]
        source: serde_json::Error,
    },
    /// The journal is damaged.
    #[error("the journal of run `{run}` is damaged, so no report of it can be trusted")]
    Journal {
        /// The run.
        run: String,
        /// What doesn't fit.
        #[source]
        source: IllegalRecord,
    },
    /// The journal and the changeset don't belong together.
    #[error("the journal of run `{run}` tells of `{item}`, which its changeset does not have: the journal is damaged")]
    Stranger {
        /// The run.
        run: String,
        /// The item.
        item: String,
    },
}

/// Folds a run and its entries into a report. `now` is the moment of making it; the same run and moment give the same report.
///
/// # Errors
/// When the journal is damaged, or another version wrote it.
pub fn build(run: &Run, entries: &[Entry], now: Timestamp) -> Result<Report, ReportError> {
    let id = || run.id.to_string();
    let unreadable = |source| ReportError::Changeset { run: id(), tool_version: run.tool_version.clone(), source };
    // One after the other: either may be large.
    let changeset_digest = run.changeset.read().and_then(|whole: Value| digest(&whole)).map_err(unreadable)?;
    let changeset: Changeset = run.changeset.read().map_err(unreadable)?;
    build_of(run, (&changeset, changeset_digest), entries, now)
}

/// As [`build()`], where the run's changeset is at hand, with its digest.
///
/// # Errors
/// When its entries don't fit together, or tell of what the changeset hasn't.
pub fn build_of(
    run: &Run,
    (changeset, changeset_digest): (&Changeset, String),
    entries: &[Entry],
    now: Timestamp,
) -> Result<Report, ReportError> {
    let id = || run.id.to_string();
    let state = replay(entries).map_err(|source| ReportError::Journal { run: id(), source })?;
    let known: BTreeSet<&Slug> = changeset.items.iter().map(|decision| &decision.item.name).collect();
    if let Some(stranger) = state.items.keys().find(|name| !known.contains(name)) {
        return Err(ReportError::Stranger { run: id(), item: stranger.to_string() });
    }

    let facts = run_facts(run, changeset, changeset_digest, &state);
    let elsewhere = facts.shard.as_ref().map_or(0, ShardReport::elsewhere);
    let mut reasons = over_reasons(entries);
    let mut items = Vec::with_capacity(changeset.items.len());
    let mut may_still_run = Vec::new();
    for (index, decision) in changeset.items.iter().enumerate() {
        let place = changeset.part.as_ref().and_then(|part| part.places.get(index).copied()).unwrap_or(index);
        let progress = state.items.get(&decision.item.name);
        let reasons = reasons.remove(&decision.item.name).unwrap_or_default();
        items.push(item_report((decision, place + 1), progress, &reasons, run.opened_at, state.last_at));
        if let Some(progress) = progress {
            still_running(&decision.item, progress, &mut may_still_run);
        }
    }
    let environment = EnvironmentReport {
        name: changeset.environment.name.clone(),
        api_url: changeset.environment.api.as_ref().map(|api| api.url.clone()),
    };
    let mut report = Report {
        report_version: REPORT_VERSION,
        generated_at: now,
        generated_by: env!("CARGO_PKG_VERSION").to_owned(),
        simulated: run.simulated,
        verdict: judge(facts.state, &items, Scope::Run(facts.shard.as_ref())),
        merged: None,
        plan: plan_report(changeset),
        environment,
        total: items.len(),
        counts: counts(&items),
        bytes_restored: bytes_restored(&items),
        objectives: objective::measure(changeset.plan.purpose.objectives, &facts, &items, elsewhere)
            .into_iter()
            .map(|objective| of_all(objective, changeset))
            .collect(),
        not_executed: items.iter().filter_map(not_executed).collect(),
        may_still_run,
        checks: changeset.items.iter().flat_map(|decision| checks(&decision.item)).collect(),
        notes: chosen(changeset, run.opened_at)
            .into_iter()
            .chain(state.notes.into_iter().map(|(at, text)| NoteReport { at, text }))
            .collect(),
        next: Vec::new(),
        run: facts,
        items,
    };
    report.next = next::steps(&report);
    Ok(report)
}

/// An objective is the whole plan's: a run of a chosen part never shows that it is met.
fn of_all(mut objective: ObjectiveReport, changeset: &Changeset) -> ObjectiveReport {
    let left_out = changeset.left_out();
    if left_out > 0 && objective.verdict == ObjectiveVerdict::Met {
        objective.verdict = ObjectiveVerdict::NotKnown;
        objective.reason =
            format!("{}, but {} of the plan left out, as was asked", objective.reason, count(left_out, "restore"));
    }
    objective
}

/// That the run is of a part of its plan, where it is.
fn chosen(changeset: &Changeset, at: Timestamp) -> Option<NoteReport> {
    let selection = changeset.selection.as_ref().filter(|selection| !selection.left_out.is_empty())?;
    let names: Vec<&str> = selection.left_out.iter().map(|left_out| left_out.item.as_str()).take(LEFT_OUT).collect();
    let more = selection.left_out.len().saturating_sub(LEFT_OUT);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let number = count(selection.left_out.len(), "restore");
    Some(NoteReport { at, text: format!("{number} of the plan left out, as was asked: {}{more}", names.join(", ")) })
}

/// How many items stand where; every standing is listed.
pub(super) fn counts(items: &[ItemReport]) -> BTreeMap<String, usize> {
    let mut counts: BTreeMap<String, usize> = Standing::ALL.map(|standing| (standing.code().to_owned(), 0)).into();
    for item in items {
        *counts.entry(item.result.code().to_owned()).or_default() += 1;
    }
    counts
}

/// Bytes that the site says it restored, where it says so of any.
pub(super) fn bytes_restored(items: &[ItemReport]) -> Option<u64> {
    let told = items.iter().filter(|item| item.result.is_success()).filter_map(|item| item.bytes);
    told.reduce(u64::saturating_add)
}

fn run_facts(run: &Run, changeset: &Changeset, changeset_digest: String, state: &RunState) -> RunFacts {
    let ended_at = state.closed.map(|(at, _)| at);
    RunFacts {
        id: run.id.to_string(),
        shard: ShardReport::of(changeset),
        resumes: run.resumes.as_ref().map(ToString::to_string),
        state: match state.closed {
            Some((_, Closed::Completed)) => RunProgress::Completed,
            Some((_, Closed::Interrupted)) => RunProgress::Interrupted,
            None => RunProgress::NotEnded,
        },
        opened_by: run.opened_by.clone(),
        tool_version: run.tool_version.clone(),
        started_at: run.opened_at,
        ended_at,
        duration_ms: ended_at.map(|end| Millis::between(run.opened_at, end)),
        last_entry_at: state.last_at,
        entries: state.seq,
        site_read_at: changeset.created_at,
        changeset_digest,
    }
}

pub(super) fn plan_report(changeset: &Changeset) -> PlanReport {
    let plan = &changeset.plan;
    PlanReport {
        name: plan.name.to_string(),
        file: plan.file.clone(),
        digest: plan.digest.clone(),
        inputs: plan.inputs.clone(),
        description: plan.purpose.description.clone(),
        owner: plan.purpose.owner.clone(),
        contact: plan.purpose.contact.clone(),
        ticket: plan.purpose.ticket.clone(),
        criticality: plan.purpose.criticality.clone(),
    }
}

fn item_report(
    (decision, place): (&Decision, usize),
    progress: Option<&Progress>,
    over_reasons: &BTreeMap<usize, String>,
    started_at: Timestamp,
    last_at: Option<Timestamp>,
) -> ItemReport {
    let item = &decision.item;
    let result = Standing::of(progress);
    let ended = progress.and_then(|progress| progress.ended.as_ref());
    let known_until = ended.map(|(at, _)| *at).or(last_at).unwrap_or(started_at);
    let attempts: Vec<_> = progress
        .iter()
        .flat_map(|progress| progress.attempts.iter().enumerate())
        .map(|(index, each)| attempt(each, over_reasons.get(&index), known_until))
        .collect();
    let first = attempts.first().map(|first| first.began_at);
    let mut notes = decision.notes.clone();
    notes.extend(progress.iter().flat_map(|progress| progress.notes.iter().cloned()));
    notes.extend(
        progress.filter(|progress| progress.contradicted.is_some() && !progress.is_contradicted()).map(|_| {
            "after its end the site showed it otherwise for a time, and then as it had ended again".to_owned()
        }),
    );
    ItemReport {
        name: item.name.to_string(),
        place,
        action: decision.action,
        action_reason: decision.reason.clone(),
        result,
        reason: contradiction(progress)
            .or_else(|| ended.map(|(_, reason)| reason.clone()))
            .or_else(|| unfinished(decision, progress, result)),
        ended_at: ended.map(|(at, _)| *at),
        took_ms: first.zip(ended).map(|(first, (end, _))| Millis::between(first, *end)),
        source: SourceReport::of(decision, started_at),
        target_site: item.target.site.to_string(),
        objects: item.objects.iter().map(|object| object_report(item, object)).collect(),
        data_loss: DataLossReport {
            class: decision.data_loss,
            words: loss_words(decision.data_loss).to_owned(),
            losses: decision.losses.clone(),
        },
        on_existing: item.on_existing,
        after: item.after.iter().map(Slug::to_string).collect(),
        bytes: attempts.last().and_then(|last| last.restore.as_ref()).and_then(|restore| restore.bytes),
        flaky: result.is_success() && attempts.iter().any(failed_at_site),
        attempts,
        late: progress.iter().flat_map(|progress| progress.late.iter()).map(service).collect(),
        notes,
    }
}

/// Whether an attempt was over because the site ended it otherwise than well.
fn failed_at_site(attempt: &AttemptReport) -> bool {
    attempt.over_at.is_some() && attempt.restore.as_ref().is_some_and(|restore| !restore.status_class.is_success())
}

pub(super) fn object_report(item: &Item, object: &RestoreObject) -> ObjectReport {
    let touched = item.touched_by(object);
    let name = match object.object_type.level() {
        crate::model::Level::Database => object.name.to_string(),
        crate::model::Level::Object => format!("{}.{}", object.parent, object.name),
    };
    ObjectReport {
        object_type: object.object_type.wire().to_owned(),
        name,
        target_name: touched.to_string(),
        in_place: item.is_in_place(object),
        include_all: object.include_all,
        exclude: object.exclude.iter().map(ToString::to_string).collect(),
    }
}

/// A class of data loss in a sentence.
pub(super) fn loss_words(class: DataLoss) -> &'static str {
    match class {
        DataLoss::None => "none that can be seen",
        DataLoss::Replaces => "replaces data at the target",
        DataLoss::Drops => "drops data at the target that was made since the backup",
    }
}

/// What the site shows since an item ended, where that is something else.
fn contradiction(progress: Option<&Progress>) -> Option<String> {
    let progress = progress?;
    let shown = progress.contradicted.as_ref().filter(|_| progress.is_contradicted())?;
    let ItemState::Ended(end) = progress.state else { return None };
    Some(format!("it ended as {end}, and the site then showed it as {}", shown.status))
}

/// Why an item without an end stands where it does.
fn unfinished(decision: &Decision, progress: Option<&Progress>, standing: Standing) -> Option<String> {
    let seen = || {
        let restore = progress.and_then(Progress::current).and_then(|attempt| attempt.restore.as_ref());
        restore.map_or_else(|| "nothing of it yet".to_owned(), |restore| restore.status.to_string())
    };
    match standing {
        Standing::Ended(_) | Standing::Contradicted => None,
        Standing::Running => Some(format!("accepted by the site, which last showed {}", seen())),
        Standing::Unsettled => Some(format!("the site showed {}, and the journal holds no end of it", seen())),
        Standing::Unsure => {
            Some("a create call was sent or about to be; whether the site accepted it is not known".to_owned())
        }
        Standing::RetryNotStarted => Some("its last attempt is over, and the journal holds no next one".to_owned()),
        Standing::NotStarted => Some(match decision.action {
            Action::Satisfied => format!("the diff found it there already: {}", decision.reason),
            Action::Blocked => format!("the diff refused it: {}", decision.reason),
            Action::Create | Action::Retry | Action::Changed | Action::Adopt => {
                "its turn had not come by the journal's last entry".to_owned()
            }
        }),
    }
}

pub(super) fn not_executed(item: &ItemReport) -> Option<NotExecuted> {
    (item.result.is_untried() && item.attempts.is_empty()).then(|| NotExecuted {
        item: item.name.clone(),
        result: item.result,
        reason: item.reason.clone().unwrap_or_else(|| item.action_reason.clone()),
    })
}

fn still_running(item: &Item, progress: &Progress, found: &mut Vec<MayStillRun>) {
    let standing = Standing::of(Some(progress));
    let entry = |job_name: String, restore: Option<&RestoreRecord>, given: Option<String>, reason: &str| MayStillRun {
        item: item.name.to_string(),
        job_name,
        target_site: item.target.site.to_string(),
        execution_id: restore.and_then(|restore| restore.execution_id.clone()).or(given),
        last_status: restore.map(|restore| restore.status.to_string()),
        reason: reason.to_owned(),
    };
    if let Some(current) = progress.current().filter(|_| progress.current_may_run() && standing != Standing::Unsettled)
    {
        let reason = match standing {
            Standing::Ended(End::TimedOut) => "its deadline passed, and the site had not ended it",
            Standing::Running => "it was under way at the journal's last entry",
            _ => "whether the site accepted it is not known",
        };
        let given = current.resource_id().map(ToString::to_string);
        found.push(entry(current.job_name.to_string(), current.restore.as_ref(), given, reason));
    }
    for restore in progress.contradicted.iter().filter(|restore| !restore.is_final()) {
        let name = restore.job_name.as_ref().map_or_else(|| "(no name)".to_owned(), ToString::to_string);
        found.push(entry(name, Some(restore), None, "the site shows it as running after it had ended"));
    }
    for late in progress.late.iter().filter(|late| !late.is_final()) {
        let name = late.job_name.as_ref().map_or_else(|| "(no name)".to_owned(), ToString::to_string);
        found.push(entry(name, Some(late), None, "it turned up after it had been given up"));
    }
}

fn checks(item: &Item) -> impl Iterator<Item = CheckReport> {
    item.checks.iter().map(|check| {
        let (kind, declared) = match check {
            Check::Rows(declared) => ("rows", declared),
            Check::Sql(declared) => ("sql", declared),
            Check::Command(declared) => ("command", declared),
        };
        CheckReport {
            item: item.name.to_string(),
            kind: kind.to_owned(),
            declared: declared.clone(),
            result: CheckResult::NotRun,
        }
    })
}
