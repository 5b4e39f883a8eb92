//! Deadlines, objectives, and choices of backups by their age.

use jiff::Timestamp;

use crate::diagnostic::Draft;
use crate::model::{ExecutionSelector, Limits, Pick};
use crate::plan::findings::{Findings, draft};
use crate::plan::restores::Restore;
use crate::plan::rule;

use super::{Entry, Frame};

/// No backup of this service is older: it didn't exist. 2010-01-01.
const FIRST_BACKUP: Timestamp = Timestamp::constant(1_262_304_000, 0);
/// A moment that is not meant as one. 2100-01-01.
const FAR_OFF: Timestamp = Timestamp::constant(4_102_444_800, 0);

/// Runs the rules about one restore's times.
pub(super) fn check(entry: &Entry<'_>, findings: &mut Findings) {
    deadline(entry, findings);
    selector(entry, findings);
}

fn deadline(entry: &Entry<'_>, findings: &mut Findings) {
    let Some(limits) = entry.frame.limits else { return };
    let deadline = entry.item.deadline_ms;
    let rto = entry.frame.objectives.and_then(|objectives| objectives.rto_ms).filter(|rto| deadline > *rto);
    if let Some(rto) = rto.filter(|_| is_set(entry)) {
        let message = format!("a restore may take {deadline}, longer than the recovery time objective of {rto}");
        let found = set_here(entry, rule::DEADLINE_BEYOND_RTO, message).warning();
        let found = found
            .hint(format!("set a deadline of at most {rto}, so that a restore that takes too long is seen in time"));
        entry.report(related_objective(entry, found, "rto"), findings);
    }
    if deadline <= limits.poll_interval_ms {
        let poll = limits.poll_interval_ms;
        let message =
            format!("a deadline of {deadline} runs out before the site is asked a first time, which is every {poll}");
        let found = set_here(entry, rule::DEADLINE_TOO_SHORT, message);
        entry.report(found.hint("set a longer `deadline`, or a shorter `limits.poll_interval`"), findings);
    }
}

/// Whether somebody set a restore's deadline.
fn is_set(entry: &Entry<'_>) -> bool {
    entry.says("deadline") || entry.frame.limits_node.is_some_and(|limits| limits.get("deadline").is_some())
}

/// A finding where a restore's deadline was set.
fn set_here(entry: &Entry<'_>, rule: &'static str, message: String) -> Draft {
    match entry.frame.limits_node.and_then(|limits| limits.get("deadline")) {
        Some(node) if !entry.says("deadline") => draft(rule, node.span, "/limits/deadline", message),
        _ => entry.draft(rule, &["deadline"], message),
    }
}

fn related_objective(entry: &Entry<'_>, found: Draft, key: &str) -> Draft {
    match entry.frame.root.at(["objectives", key]) {
        Some(node) => found.related(node.span, "the objective is here"),
        None => found,
    }
}

/// Reports, once, that a plan with an objective for its time leaves the deadline to us.
pub(super) fn missing(frame: &Frame<'_>, findings: &mut Findings) {
    let Some(rto) = frame.objectives.and_then(|objectives| objectives.rto_ms) else { return };
    if frame.limits_node.is_some_and(|limits| limits.is_broken() || limits.get("deadline").is_some()) {
        return;
    }
    let without = |restore: &&Restore| !restore.probe && restore.places.at(&["deadline"]).is_none();
    let mut all = frame.restores.iter().filter(without);
    let Some(first) = all.next() else { return };
    let (Some(shown), Some(span)) = (&first.name, first.places.at(&["name"])) else { return };
    let more = match all.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let default = Limits::default().deadline_ms;
    let message =
        format!("no deadline is set for `{shown}`{more}, so it is {default}, whatever the objective of {rto}");
    let found = draft(rule::DEADLINE_MISSING, span, first.author.pointer().join("name").as_str(), message).warning();
    let found = match frame.root.at(["objectives", "rto"]) {
        Some(node) => found.related(node.span, "the objective is here"),
        None => found,
    };
    findings.add(found.hint("set `limits.deadline`; the service waits for locked objects without limit"));
}

fn selector(entry: &Entry<'_>, findings: &mut Findings) {
    const STEPS: &[&str] = &["source", "execution"];
    match &entry.item.source.execution {
        ExecutionSelector::Id(id) if id.as_str().bytes().all(|digit| digit == b'0') => {
            let message = format!("`{id}` is hardly the id of an execution");
            let found = entry.draft(rule::SELECTOR_IDLE, STEPS, message).warning();
            entry.report(found.hint("write the id that the site lists, or `latest`"), findings);
        }
        ExecutionSelector::Before(moment) if *moment < FIRST_BACKUP => {
            let message = format!("no backup is from before {moment}");
            let found = entry.draft(rule::SELECTOR_IDLE, &["source", "execution", "before"], message);
            entry.report(found.hint("look at the year"), findings);
        }
        ExecutionSelector::Before(moment) if *moment > FAR_OFF => {
            let message = format!("every backup is from before {moment}, so this is the newest");
            let found = entry.draft(rule::SELECTOR_IDLE, &["source", "execution", "before"], message).warning();
            entry.report(found.hint("look at the year, or write `execution: latest`"), findings);
        }
        ExecutionSelector::Within { window_ms, pick: Pick::Oldest | Pick::Random { .. } } => {
            let rpo = entry.frame.objectives.and_then(|objectives| objectives.rpo_ms);
            if let Some(rpo) = rpo.filter(|rpo| window_ms > rpo) {
                let message =
                    format!("the backup may be {window_ms} old, older than the recovery point objective of {rpo}");
                let found = entry.draft(rule::RPO_AT_RISK, &["source", "execution", "within"], message).warning();
                let hint = "take a shorter window or `pick: latest`; a report takes the oldest backup of a run for its recovery point";
                entry.report(related_objective(entry, found.hint(hint), "rpo"), findings);
            }
        }
        _ => {}
    }
}
