//! What to do after a run, in sentences with commands that can be pasted.

use super::document::{ItemReport, Report};
use super::wording::{count, shell_word};
use super::{RunProgress, Standing};
use crate::model::End;

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
    let apply = format!("`restorectl apply {file} --env {environment}{inputs}`");
    let page = format!("`restorectl report {} --format html --out report.html`", shell_word(&report.run.id));

    if report.run.state == RunProgress::NotEnded {
        steps.push("make sure that no restorectl process carries this run out any more".to_owned());
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
    if report.verdict.green {
        steps.push(format!("nothing more to restore; {page} keeps this report"));
    } else {
        let first = if steps.is_empty() { "run" } else { "then run" };
        let again = "it reads the site first, attaches to what runs there, and does not send again what is done";
        let resume = format!("restorectl resume {}", shell_word(&report.run.id));
        // What the diff refused is mended in the plan or its environment, and then `resume` would refuse.
        let is_blocked = named(report, |item| item.result == Standing::Ended(End::Blocked)).is_some();
        steps.push(match report.run.state {
            RunProgress::Interrupted | RunProgress::NotEnded if !is_blocked => format!(
                "{first} `{resume}`, which goes on with this run from the backups that it had chosen, or {apply}, which chooses anew: {again}"
            ),
            RunProgress::Completed if !is_blocked && report.items.iter().any(is_left) => format!(
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
