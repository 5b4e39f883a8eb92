//! For CI systems that show tests: JUnit's XML, one case for each restore and one for what the run came to.
//!
//! Only what is there for certain passes. What wasn't tried is skipped, which such systems count as no failure; so the last
//! case holds the verdict, and the whole is red wherever that isn't green.

use super::document::{ItemReport, MissingShard, Report};
use super::human::{attempt_words, execution_id};
use super::shards::missing_words;
use super::standing::Mark;
use super::urgency::{look, why};
use super::wording::{SIMULATED, Zone};
use crate::model::{Millis, xml_text};

/// The name of the case that holds the verdict.
pub(super) const VERDICT: &str = "the verdict of the run";

/// What a case came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    /// It is known not to be there, or only in part.
    Failure,
    /// Nobody knows.
    Error,
    Skipped,
}

/// The report as JUnit's XML.
pub fn junit(report: &Report) -> String {
    let missing = report.merged.iter().flat_map(|merged| &merged.missing);
    let mut cases: Vec<(Outcome, String)> = missing.map(|shard| missing_case(report, shard)).collect();
    cases.extend(report.items.iter().map(|item| case(report, item)));
    cases.push(verdict(report));
    let of = |wanted| cases.iter().filter(|(outcome, _)| *outcome == wanted).count();
    let (failures, errors, skipped) = (of(Outcome::Failure), of(Outcome::Error), of(Outcome::Skipped));
    let counts = format!("tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"", cases.len());
    let time = time(report.run.duration_ms);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&format!("<testsuites name=\"restorectl report\" {counts}{time}>\n"));
    let name = xml_text(&format!("{} in {}", report.plan.name, report.environment.name));
    // JUnit's moments have no zone; ours are UTC.
    let at = report.run.started_at.strftime("%Y-%m-%dT%H:%M:%S");
    out.push_str(&format!("  <testsuite name=\"{name}\" timestamp=\"{at}\" {counts}{time}>\n    <properties>\n"));
    for (name, value) in properties(report) {
        out.push_str(&format!("      <property name=\"{name}\" value=\"{}\"/>\n", xml_text(&value)));
    }
    out.push_str("    </properties>\n");
    cases.iter().for_each(|(_, element)| out.push_str(element));
    out + "  </testsuite>\n</testsuites>\n"
}

fn properties(report: &Report) -> Vec<(&'static str, String)> {
    let mut properties = vec![
        ("run", report.run.id.clone()),
        ("plan", report.plan.file.clone()),
        ("environment", report.environment.name.clone()),
        ("verdict", report.verdict.code.words().to_owned()),
        ("generated_at", report.generated_at.to_string()),
        ("generated_by", format!("restorectl {}", report.generated_by)),
    ];
    properties.extend(report.simulated.then(|| ("simulated", SIMULATED.to_owned())));
    properties
}

/// Seconds, as JUnit wants them; nothing where they aren't known.
fn time(took: Option<Millis>) -> String {
    took.map_or_else(String::new, |took| format!(" time=\"{}.{:03}\"", took.0 / 1000, took.0 % 1000))
}

fn case(report: &Report, item: &ItemReport) -> (Outcome, String) {
    let outcome = match look(item) {
        Mark::Good => Outcome::Passed,
        Mark::Bad => Outcome::Failure,
        Mark::Open => Outcome::Error,
        Mark::Untried => Outcome::Skipped,
    };
    let message = format!("{}: {}", item.result.words(), why(item));
    (outcome, element(report, (&item.name, time(item.took_ms)), (outcome, item.result.code(), &message), &told(item)))
}

fn missing_case(report: &Report, shard: &MissingShard) -> (Outcome, String) {
    let name = format!("shard {}", shard.shard);
    let told = (Outcome::Error, "incomplete", missing_words(shard));
    (Outcome::Error, element(report, (&name, String::new()), (told.0, told.1, &told.2), &[]))
}

fn verdict(report: &Report) -> (Outcome, String) {
    let outcome = if report.verdict.green { Outcome::Passed } else { Outcome::Failure };
    let message = format!("{}: {}", report.verdict.words, report.verdict.rule);
    let told: Vec<String> = report.next.iter().map(|step| format!("next: {step}")).collect();
    (outcome, element(report, (VERDICT, time(report.run.duration_ms)), (outcome, "verdict", &message), &told))
}

fn element(
    report: &Report,
    (name, time): (&str, String),
    (outcome, kind, message): (Outcome, &str, &str),
    told: &[String],
) -> String {
    let class = xml_text(&report.plan.name);
    let open = format!("    <testcase name=\"{}\" classname=\"{class}\"{time}", xml_text(name));
    if outcome == Outcome::Passed && told.is_empty() {
        return format!("{open}/>\n");
    }
    let text = told.iter().map(|line| xml_text(line)).collect::<Vec<_>>().join("\n");
    let message = xml_text(message);
    let inner = match outcome {
        Outcome::Passed => format!("<system-out>{text}</system-out>"),
        Outcome::Failure => format!("<failure message=\"{message}\" type=\"{kind}\">{text}</failure>"),
        Outcome::Error => format!("<error message=\"{message}\" type=\"{kind}\">{text}</error>"),
        Outcome::Skipped => format!("<skipped message=\"{message}\"/>"),
    };
    format!("{open}>\n      {inner}\n    </testcase>\n")
}

/// What is known of an item, one line each: attempts, the service's words, notes.
pub(super) fn told(item: &ItemReport) -> Vec<String> {
    let mut lines = Vec::new();
    if item.flaky {
        lines.push("flaky: it succeeded after an attempt had failed at the site".to_owned());
    }
    for attempt in &item.attempts {
        let id = execution_id(attempt).map(|id| format!(" (restore {id})")).unwrap_or_default();
        lines.push(format!("attempt {}{id}: {}", attempt.number, attempt_words(attempt, Zone::UTC)));
        let restore = attempt.restore.as_ref();
        lines.extend(restore.iter().flat_map(|restore| restore.errors.iter().map(|text| format!("error: {text}"))));
        lines.extend(restore.iter().flat_map(|restore| restore.warnings.iter().map(|text| format!("warning: {text}"))));
    }
    for late in &item.late {
        let name = late.job_name.as_deref().unwrap_or("(no name)");
        lines.push(format!("late: {name} turned up after it had been given up: {}", late.status));
    }
    lines.extend(item.data_loss.losses.iter().map(|loss| format!("data loss: {loss}")));
    lines.extend(item.notes.iter().map(|note| format!("note: {note}")));
    lines
}
