//! The report for a terminal: the verdict first, then what to know, then what to do.

use std::collections::BTreeMap;

use super::document::{AnswerKind, AttemptReport, ItemReport, Report, RunProgress, ServiceReport};
use super::screen::{Cell, Screen, Style, Tone};
use super::shards::{missing_words, run_label, run_words, shard_words};
use super::standing::Mark;
use super::wording::{SIMULATED, Zone, bytes, count, hours};
use super::{ObjectiveVerdict, Verdict};

/// The column at which facts begin.
const FACTS: usize = 13;
/// The column at which an item's details begin.
const DETAILS: usize = 11;

/// The report as text for a terminal.
pub fn human(report: &Report, style: Style) -> String {
    let mut screen = Screen::new(style);
    head(&mut screen, report);
    facts(&mut screen, report);
    items(&mut screen, report);
    for item in report.items.iter().filter(|item| needs_details(item)) {
        details(&mut screen, item);
    }
    losses(&mut screen, report);
    not_executed(&mut screen, report);
    may_still_run(&mut screen, report);
    notes(&mut screen, report);
    next(&mut screen, report);
    screen.finish()
}

/// What comes first whatever follows: that it is a rehearsal, if it is, and the verdict.
pub(super) fn head(screen: &mut Screen, report: &Report) {
    if report.simulated {
        screen.text(0, Tone::Open, SIMULATED);
        screen.gap();
    }
    let headline = format!("{}: {}", report.verdict.words.to_uppercase(), report.verdict.rule);
    screen.text(0, verdict_tone(report.verdict.code), &headline);
    screen.gap();
}

pub(super) fn verdict_tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::AllSucceeded | Verdict::NothingToDo => Tone::Good,
        Verdict::SomeFailed | Verdict::PartialOrUnknown => Tone::Bad,
        Verdict::Interrupted | Verdict::NotEnded | Verdict::Incomplete => Tone::Open,
    }
}

fn facts(screen: &mut Screen, report: &Report) {
    let (run, plan) = (&report.run, &report.plan);
    let zone = screen.zone();
    let mut fact = |label: &str, text: &str| screen.field(2, label, FACTS, text);
    fact("plan", &format!("{} ({})", plan.name, plan.file));
    if let Some(description) = &plan.description {
        fact("", description);
    }
    for (name, value) in &plan.inputs {
        fact("input", &format!("{name}={value}"));
    }
    let told = [
        ("owner", &plan.owner),
        ("contact", &plan.contact),
        ("ticket", &plan.ticket),
        ("criticality", &plan.criticality),
    ];
    for (label, text) in told {
        if let Some(text) = text {
            fact(label, text);
        }
    }
    let url = report.environment.api_url.as_deref().unwrap_or("no API");
    fact("environment", &format!("{} at {url}", report.environment.name));
    match &report.merged {
        None => fact("run", &format!("{} by {} (restorectl {})", run.id, run.opened_by, run.tool_version)),
        Some(merged) => {
            merged.runs.iter().for_each(|run| fact(&run_label(run), &run_words(run)));
            for shard in &merged.missing {
                fact(&format!("shard {}", shard.shard), &missing_words(shard));
            }
        }
    }
    if let Some(shard) = &run.shard {
        fact("shard", &shard_words(shard));
    }
    if let Some(resumed) = &run.resumes {
        fact("resumes", resumed);
    }
    fact("started", &zone.moment(run.started_at));
    match (run.ended_at, run.last_entry_at) {
        (Some(end), _) => {
            let took = run.duration_ms.map(|took| format!(", after {took}")).unwrap_or_default();
            fact("ended", &format!("{}{took} ({})", zone.moment(end), run.state.words()));
        }
        (None, Some(last)) => {
            fact("state", &format!("{}; last entry {}", RunProgress::NotEnded.words(), zone.moment(last)))
        }
        (None, None) => fact("state", &format!("{}; no entry", RunProgress::NotEnded.words())),
    }
    if let Some(told) = report.bytes_restored {
        fact("restored", &format!("{}, as the site tells", bytes(told)));
    }
    for objective in &report.objectives {
        let text = format!(
            "{} {}: {}",
            hours(objective.objective_ms),
            objective.verdict.words().to_uppercase(),
            objective.reason
        );
        let tone = match objective.verdict {
            ObjectiveVerdict::Met => Tone::Plain,
            ObjectiveVerdict::Missed => Tone::Bad,
            ObjectiveVerdict::NotKnown => Tone::Open,
        };
        screen.labelled(2, objective.kind.words(), FACTS, tone, &text);
    }
}

fn items(screen: &mut Screen, report: &Report) {
    if report.items.is_empty() {
        return;
    }
    screen.gap();
    let rows: Vec<Vec<Cell>> = report
        .items
        .iter()
        .map(|item| {
            let mark = item.result.mark();
            let id = item.attempts.last().and_then(execution_id).unwrap_or_default();
            vec![
                Cell::new(mark.sign()).tone(mark.into()),
                Cell::new(&item.name).whole(),
                Cell::new(item.action.word()),
                Cell::new(item.result.words()).tone(mark.into()),
                Cell::new(item.took_ms.map(|took| took.to_string()).unwrap_or_default()).right(),
                Cell::new(item.bytes.map(bytes).unwrap_or_default()).right(),
                Cell::new(id).whole(),
            ]
        })
        .collect();
    screen.table(0, &["", "restore", "diff", "result", "took", "bytes", "id at site"], &rows);
}

/// The restore's id at the site, from its own record or from the answer to the create call.
pub(super) fn execution_id(attempt: &AttemptReport) -> Option<&str> {
    let shown = attempt.restore.as_ref().and_then(|restore| restore.execution_id.as_deref());
    shown.or_else(|| attempt.answer.as_ref().and_then(|answer| answer.resource_id.as_deref()))
}

/// Whether the table doesn't say enough of an item that this run tried.
pub(super) fn needs_details(item: &ItemReport) -> bool {
    let told = |restore: &ServiceReport| restore.errors.is_empty() && restore.warnings.is_empty();
    let attempts = &item.attempts;
    let plain = attempts.len() == 1 && attempts.iter().all(|attempt| attempt.restore.as_ref().is_none_or(told));
    let lost = attempts.iter().any(|a| a.answer.as_ref().is_some_and(|answer| answer.kind == AnswerKind::Lost));
    let tried = !item.attempts.is_empty() || !item.result.is_untried();
    tried && (item.result.mark() != Mark::Good || !plain || lost) || !item.late.is_empty()
}

fn details(screen: &mut Screen, item: &ItemReport) {
    screen.gap();
    screen.text(0, Tone::Strong, &format!("{}: {}", item.name, item.result));
    if item.flaky {
        screen.labelled(2, "FLAKY", DETAILS, Tone::Open, "it succeeded after an attempt had failed at the site");
    }
    if let Some(reason) = &item.reason {
        screen.field(2, "why", DETAILS, reason);
    }
    for attempt in &item.attempts {
        screen.field(2, &format!("attempt {}", attempt.number), DETAILS, &attempt_words(attempt, screen.zone()));
        if let Some(restore) = &attempt.restore {
            service_words(screen, restore);
        }
    }
    for late in &item.late {
        let name = late.job_name.as_deref().unwrap_or("(no name)");
        let id = late.execution_id.as_deref().unwrap_or("without an id");
        let text = format!("{name} ({id}) turned up after it had been given up: {}", late.status);
        screen.labelled(2, "LATE", DETAILS, Tone::Bad, &text);
        service_words(screen, late);
    }
}

/// One attempt in a sentence.
pub(super) fn attempt_words(attempt: &AttemptReport, zone: Zone) -> String {
    let mut words = vec![attempt.job_name.clone()];
    if attempt.generation > 1 {
        words.push(format!("generation {}", attempt.generation));
    }
    words.push(format!("{} {}", if attempt.adopted { "adopted" } else { "intended" }, zone.moment(attempt.began_at)));
    if let Some(answer) = &attempt.answer {
        let message = answer.message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
        words.push(match answer.kind {
            AnswerKind::Accepted => match &answer.resource_id {
                Some(id) => format!("accepted as restore {id}"),
                None => "accepted".to_owned(),
            },
            AnswerKind::Rejected => format!("not accepted{message}"),
            AnswerKind::Lost => format!("its reply was lost{message}"),
        });
    } else if !attempt.adopted {
        words.push("no reply recorded".to_owned());
    }
    match &attempt.restore {
        Some(restore) => {
            let details = restore.status_details.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
            words.push(format!("the site showed {}{details}", restore.status));
        }
        None if attempt.not_found => words.push("the site never showed it".to_owned()),
        None => {}
    }
    if let Some(waited) = attempt.waiting_ms {
        words.push(format!("waited {waited}"));
    }
    if let Some(worked) = attempt.working_ms {
        words.push(format!("worked {worked}"));
    }
    words.join("; ")
}

fn service_words(screen: &mut Screen, restore: &ServiceReport) {
    for error in &restore.errors {
        screen.labelled(2, "error", DETAILS, Tone::Bad, error);
    }
    for warning in &restore.warnings {
        screen.labelled(2, "warning", DETAILS, Tone::Open, warning);
    }
    if !restore.status_class.is_success() {
        for object in &restore.restored_objects {
            screen.field(2, "object", DETAILS, object);
        }
        for task in restore.sub_tasks.iter().filter(|task| !task.status_class.is_success()) {
            let name = task.name.as_deref().unwrap_or("(no name)");
            let details = task.status_details.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
            screen.field(2, "sub-task", DETAILS, &format!("{name}: {}{details}", task.status));
        }
    }
}

/// What the restores that were tried have destroyed, or may have: also where they succeeded.
fn losses(screen: &mut Screen, report: &Report) {
    let tried: Vec<&ItemReport> = report.items.iter().filter(|item| !item.attempts.is_empty()).collect();
    if tried.iter().all(|item| item.data_loss.losses.is_empty()) {
        return;
    }
    screen.gap();
    screen.text(0, Tone::Strong, "Data loss at the target, by the restores that were sent");
    for item in tried {
        for loss in &item.data_loss.losses {
            screen.field(2, "-", 2, &format!("{}: {loss}", item.name));
        }
    }
}

fn not_executed(screen: &mut Screen, report: &Report) {
    if report.not_executed.is_empty() {
        return;
    }
    screen.gap();
    screen.text(0, Tone::Strong, "Not executed by this run");
    let row = |entry: &super::NotExecuted| {
        let mark = entry.result.mark();
        vec![
            Cell::new(mark.sign()).tone(mark.into()),
            Cell::new(&entry.item).whole(),
            Cell::new(entry.result.words()).tone(mark.into()),
            Cell::new(&entry.reason),
        ]
    };
    let rows: Vec<Vec<Cell>> = report.not_executed.iter().map(row).collect();
    screen.table(0, &["", "", "", ""], &rows);
}

pub(super) fn may_still_run(screen: &mut Screen, report: &Report) {
    if report.may_still_run.is_empty() {
        return;
    }
    screen.gap();
    screen.text(0, Tone::Open, "May still run at the site (can't be cancelled from here)");
    for entry in &report.may_still_run {
        let id = entry.execution_id.as_deref().map(|id| format!(" ({id})")).unwrap_or_default();
        let status = entry.last_status.as_deref().map(|status| format!(", last seen {status}")).unwrap_or_default();
        let text = format!("{}{id} to {}{status}: {}", entry.job_name, entry.target_site, entry.reason);
        screen.field(2, "??", 4, &format!("{}: {text}", entry.item));
    }
}

/// Notes repeat from item to item; each is said once, with those that it concerns.
fn notes(screen: &mut Screen, report: &Report) {
    let mut order: Vec<&str> = Vec::new();
    let mut concerned: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for item in &report.items {
        for note in &item.notes {
            if !concerned.contains_key(note.as_str()) {
                order.push(note);
            }
            concerned.entry(note).or_default().push(&item.name);
        }
    }
    if order.is_empty() && report.notes.is_empty() {
        return;
    }
    screen.gap();
    screen.text(0, Tone::Strong, "Notes");
    for note in &report.notes {
        screen.field(2, "-", 2, &format!("{}: {}", screen.moment(note.at), note.text));
    }
    for note in order {
        let names = concerned.get(note).map(Vec::as_slice).unwrap_or_default();
        let whom = if names.len() > 4 { count(names.len(), "restore") } else { names.join(", ") };
        screen.field(2, "-", 2, &format!("{whom}: {note}"));
    }
}

pub(super) fn next(screen: &mut Screen, report: &Report) {
    screen.gap();
    screen.text(0, Tone::Strong, "Next");
    for (index, step) in report.next.iter().enumerate() {
        screen.field(2, &format!("{}.", index + 1), 3, step);
    }
}
