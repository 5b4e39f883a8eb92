//! The sum of reports that are known to belong together.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::MergeError;
use crate::model::{End, Millis, digest};
use crate::report::build::{bytes_restored, counts, not_executed};
use crate::report::document::{
    ItemReport, MergedReport, MergedRun, NoteReport, REPORT_VERSION, Report, RunFacts, RunProgress,
};
use crate::report::verdict::{Scope, judge};
use crate::report::{Standing, next, objective};

/// What the sum tells of one of its runs.
pub(super) fn merged_run(report: &Report) -> MergedRun {
    let run = &report.run;
    MergedRun {
        id: run.id.clone(),
        shard: run.shard.as_ref().map(|shard| shard.shard),
        resumes: run.resumes.clone(),
        state: run.state,
        verdict: report.verdict.code,
        opened_by: run.opened_by.clone(),
        tool_version: run.tool_version.clone(),
        started_at: run.started_at,
        ended_at: run.ended_at,
        total: report.items.len(),
        changeset_digest: run.changeset_digest.clone(),
    }
}

/// A run, and the one that went on with it, as one. What the later one says of an item counts, but where it merely found
/// there what the earlier one had brought back: that one tells more of it.
pub(super) fn go_on(earlier: Report, later: Report) -> Report {
    let seen: BTreeSet<String> = later.items.iter().map(|item| item.name.clone()).collect();
    let mut items: BTreeMap<String, ItemReport> =
        earlier.items.into_iter().map(|item| (item.name.clone(), item)).collect();
    for item in later.items {
        let before = items.get(&item.name);
        let found = item.result == Standing::Ended(End::Satisfied);
        if found && before.is_some_and(|before| before.result.is_success()) {
            continue;
        }
        // The earlier run had all of them, so it knows the place.
        let place = before.map_or(item.place, |before| before.place);
        items.insert(item.name.clone(), ItemReport { place, ..item });
    }
    let run = RunFacts {
        started_at: earlier.run.started_at,
        entries: earlier.run.entries.saturating_add(later.run.entries),
        site_read_at: earlier.run.site_read_at,
        ..later.run
    };
    Report {
        simulated: earlier.simulated || later.simulated,
        items: items.into_values().collect(),
        checks: after(earlier.checks, later.checks, |check| seen.contains(&check.item)),
        may_still_run: after(earlier.may_still_run, later.may_still_run, |entry| seen.contains(&entry.item)),
        notes: after(earlier.notes, later.notes, |_| false),
        run,
        ..earlier
    }
}

/// What was said earlier and isn't said anew, then what was said later.
fn after<T>(earlier: Vec<T>, later: Vec<T>, is_anew: impl Fn(&T) -> bool) -> Vec<T> {
    earlier.into_iter().filter(|one| !is_anew(one)).chain(later).collect()
}

/// The sum of one report for each shard that there is a run of.
///
/// # Errors
/// When two hold the same item.
pub(super) fn join(parts: Vec<Report>, merged: MergedReport, now: Timestamp) -> Result<Report, MergeError> {
    let run = sum(&parts, &merged)?;
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else { return Err(MergeError::Nothing) };
    let mut all = Report { notes: labelled(&first), ..first };
    let mut owners: BTreeMap<String, String> = owned(&all).collect();
    for part in parts {
        for (item, other) in owned(&part) {
            if let Some(first) = owners.insert(item.clone(), other.clone()) {
                return Err(MergeError::Overlap { item, first, other });
            }
        }
        all.simulated |= part.simulated;
        all.notes.extend(labelled(&part));
        all.items.extend(part.items);
        all.checks.extend(part.checks);
        all.may_still_run.extend(part.may_still_run);
    }
    all.items.sort_by(|a, b| (a.place, &a.name).cmp(&(b.place, &b.name)));
    all.notes.sort_by_key(|note| note.at);
    all.notes.extend(divided(&all.items).into_iter().map(|text| NoteReport { at: now, text }));
    let places: BTreeMap<&str, usize> = all.items.iter().map(|item| (item.name.as_str(), item.place)).collect();
    let place = |item: &str| places.get(item).copied();
    all.checks.sort_by_key(|check| place(&check.item));
    all.may_still_run.sort_by_key(|entry| place(&entry.item));
    let elsewhere = merged.missing.iter().fold(0_usize, |sum, shard| sum.saturating_add(shard.total));
    let mut report = Report {
        report_version: REPORT_VERSION,
        generated_at: now,
        generated_by: env!("CARGO_PKG_VERSION").to_owned(),
        verdict: judge(run.state, &all.items, Scope::Merged(&merged.missing)),
        total: all.items.len().saturating_add(elsewhere),
        counts: counts(&all.items),
        bytes_restored: bytes_restored(&all.items),
        objectives: objective::measure(objective::wanted(&all.objectives), &run, &all.items, elsewhere),
        not_executed: all.items.iter().filter_map(not_executed).collect(),
        next: Vec::new(),
        merged: Some(merged),
        run,
        ..all
    };
    report.next = next::steps(&report);
    Ok(report)
}

/// Backup jobs of which the runs chose different executions by the same words, because they read the site at different
/// moments: what came back is then of no single moment.
fn divided(items: &[ItemReport]) -> Vec<String> {
    let mut chosen: BTreeMap<(&str, &str, &str), BTreeSet<&str>> = BTreeMap::new();
    for ItemReport { source, .. } in items {
        let key = (source.site.as_str(), source.job.as_str(), source.selector.as_str());
        chosen.entry(key).or_default().extend(source.execution.as_deref());
    }
    let several = chosen.into_iter().filter(|(_, executions)| executions.len() > 1);
    let words = |((site, job, selector), executions): ((&str, &str, &str), BTreeSet<&str>)| {
        let executions: Vec<&str> = executions.into_iter().collect();
        format!(
            "`{selector}` of job `{job}` at site `{site}` was not the same execution for all runs ({}): name one in the plan, \
             where all must restore from the same backup",
            executions.join(", ")
        )
    };
    several.map(words).collect()
}

/// Each item of a report with the run that it is of.
fn owned(report: &Report) -> impl Iterator<Item = (String, String)> + '_ {
    report.items.iter().map(|item| (item.name.clone(), format!("run {}", report.run.id)))
}

/// Notes of a run, with the shard that they are of.
fn labelled(report: &Report) -> Vec<NoteReport> {
    let label = report.run.shard.as_ref().map_or_else(String::new, |shard| format!("shard {}: ", shard.shard));
    report.notes.iter().map(|note| NoteReport { at: note.at, text: format!("{label}{}", note.text) }).collect()
}

/// What several runs come to together: from the first's beginning to the last's end, and no better than the worst of them.
fn sum(parts: &[Report], merged: &MergedReport) -> Result<RunFacts, MergeError> {
    let runs = || parts.iter().map(|part| &part.run);
    let worst = |run: &RunFacts| match run.state {
        RunProgress::NotEnded => 2,
        RunProgress::Interrupted => 1,
        RunProgress::Completed => 0,
    };
    let state = runs().max_by_key(|run| worst(run)).ok_or(MergeError::Nothing)?.state;
    let started_at = runs().map(|run| run.started_at).min().ok_or(MergeError::Nothing)?;
    let ended_at = runs().map(|run| run.ended_at).collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max());
    let digests: Vec<&str> = merged.runs.iter().map(|run| run.changeset_digest.as_str()).collect();
    let each = |of: fn(&MergedRun) -> &str, between: &str| {
        let mut all: Vec<&str> = Vec::new();
        for text in merged.runs.iter().map(of) {
            if !all.contains(&text) {
                all.push(text);
            }
        }
        all.join(between)
    };
    Ok(RunFacts {
        id: each(|run| &run.id, "+"),
        shard: None,
        resumes: None,
        state,
        opened_by: each(|run| &run.opened_by, ", "),
        tool_version: each(|run| &run.tool_version, ", "),
        started_at,
        ended_at,
        duration_ms: ended_at.filter(|end| *end >= started_at).map(|end| Millis::between(started_at, end)),
        last_entry_at: runs().filter_map(|run| run.last_entry_at).max(),
        entries: runs().fold(0, |sum, run| sum.saturating_add(run.entries)),
        site_read_at: runs().map(|run| run.site_read_at).min().ok_or(MergeError::Nothing)?,
        changeset_digest: match digests.as_slice() {
            [only] => (*only).to_owned(),
            _ => digest(&digests).map_err(MergeError::Digest)?,
        },
    })
}
