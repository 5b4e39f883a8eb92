//! What to do after a run, in sentences with commands that can be pasted.

use std::collections::BTreeMap;

use super::document::{ItemReport, MergedReport, MergedRun, Report};
use super::wording::{count, shell_word};
use super::{RunProgress, Standing, Verdict};
use crate::model::{End, Shard};

/// The next steps, the most urgent first.
pub(super) fn steps(report: &Report) -> Vec<String> {
    let mut steps = Vec::new();
    let inputs: String = report
        .plan
        .inputs
        .iter()
        .map(|(name, value)| format!(" --input {}", shell_word(&format!("{name}={value}"))))
        .collect();
    let (file, environment) = (shell_word(&report.plan.file), shell_word(&report.environment.name));
    let of = |shard: Shard| format!("`restorectl apply {file} --env {environment}{inputs} --shard {shard}`");
    let apply = match &report.run.shard {
        Some(shard) => of(shard.shard),
        None => format!("`restorectl apply {file} --env {environment}{inputs}`"),
    };
    let page = match &report.merged {
        None => format!("`restorectl report {} --format html --out report.html`", shell_word(&report.run.id)),
        Some(_) => "`--format html --out report.html` behind this command".to_owned(),
    };

    if report.run.state == RunProgress::NotEnded {
        let what = if report.merged.is_some() { "any of these runs" } else { "this run" };
        steps.push(format!("make sure that no restorectl process carries {what} out any more"));
    }
    for missing in report.merged.iter().flat_map(|merged| &merged.missing) {
        let (shard, run) = (missing.shard, of(missing.shard));
        steps.push(format!(
            "find the run of shard {shard} and name it to `report --merge` too; if there is none, {run} makes it"
        ));
    }
    let late = report.items.iter().filter(|item| !item.late.is_empty()).count();
    if late > 0 {
        let items = count(late, "item");
        steps.push(format!(
            "look at the late arrivals of {items} first: two restores may have written to the same target"
        ));
    }
    if !report.may_still_run.is_empty() {
        let what = count(report.may_still_run.len(), "restore");
        let target = if report.may_still_run.len() == 1 { "its target" } else { "their targets" };
        steps.push(format!(
            "{what} may still run at the site and can't be cancelled from here: let nothing else write to {target} meanwhile"
        ));
    }
    let failed = named(report, |item| {
        matches!(
            item.result,
            Standing::Ended(End::Failed | End::PartlyFailed | End::Rejected) | Standing::RetryNotStarted
        )
    });
    if let Some(what) = failed {
        steps.push(format!("find out why {what} did not come about: the reasons are in this report"));
    }
    if let Some(what) = named(report, |item| item.result == Standing::Ended(End::Blocked)) {
        steps.push(format!("mend what made the diff refuse {what}: its reason says what"));
    }
    let lacking = report.merged.as_ref().map(not_green).unwrap_or_default();
    if report.verdict.green {
        let nothing = if report.run.shard.is_some() {
            "nothing more to restore in this shard"
        } else {
            "nothing more to restore"
        };
        steps.push(format!("{nothing}; {page} keeps this report"));
    } else if report.verdict.code != Verdict::Incomplete || !lacking.is_empty() {
        let first = if steps.is_empty() { "run" } else { "then run" };
        let apply = match lacking.as_slice() {
            [] => apply,
            few @ ([_] | [_, _] | [_, _, _]) => few.iter().copied().map(of).collect::<Vec<_>>().join(", "),
            [one, more @ ..] => {
                let more: Vec<String> = more.iter().map(Shard::to_string).collect();
                format!("{} (and so for {})", of(*one), more.join(", "))
            }
        };
        let again = "it reads the site first, attaches to what runs there, and does not send again what is done";
        let resume = format!("restorectl resume {}", shell_word(&report.run.id));
        // What the diff refused is mended in the plan or its environment, and then `resume` would refuse.
        let is_blocked = named(report, |item| item.result == Standing::Ended(End::Blocked)).is_some();
        // Several runs are not resumed as one.
        let is_one = report.merged.is_none();
        steps.push(match report.run.state {
            RunProgress::Interrupted | RunProgress::NotEnded if is_one && !is_blocked => format!(
                "{first} `{resume}`, which goes on with this run from the backups that it had chosen, or {apply}, which chooses anew: {again}"
            ),
            RunProgress::Completed if is_one && !is_blocked && report.items.iter().any(is_left) => format!(
                "{first} {apply} again: {again}; or `{resume} --only-failed`, for what did not come about, from the same backups"
            ),
            _ => format!("{first} {apply} again: {again}"),
        });
    }
    if !report.checks.is_empty() {
        let (what, was) = (count(report.checks.len(), "check"), if report.checks.len() == 1 { "was" } else { "were" });
        steps.push(format!("{what} of the plan {was} not run: look at the restored data yourself"));
    }
    steps
}

/// The shards that did not come to a green end, each by its last run.
fn not_green(merged: &MergedReport) -> Vec<Shard> {
    let last: BTreeMap<Shard, &MergedRun> =
        merged.runs.iter().filter_map(|run| run.shard.map(|shard| (shard, run))).collect();
    last.into_iter().filter(|(_, run)| !run.verdict.is_green()).map(|(shard, _)| shard).collect()
}

/// Whether `resume --only-failed` would try it again.
fn is_left(item: &ItemReport) -> bool {
    matches!(item.result, Standing::Ended(end) if !end.is_success())
}

/// The items that are wanted: by name where they are few.
fn named(report: &Report, wanted: impl Fn(&ItemReport) -> bool) -> Option<String> {
    let names: Vec<String> =
        report.items.iter().filter(|item| wanted(item)).map(|item| format!("`{}`", item.name)).collect();
    match names.len() {
        0 => None,
        1..=3 => Some(names.join(", ")),
        more => Some(count(more, "restore")),
    }
}
