//! The report of a large plan for a terminal, on one screen: the verdict, what went wrong, how many stand where, and what to do.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::document::{MayStillRun, Report};
use super::human::{head, human, next};
use super::screen::{Screen, Style, Tone};
use super::standing::Mark;
use super::urgency::{look, why, worst_first};
use super::wording::{bytes, count, harmless, hours, shell_word};
use super::{ObjectiveVerdict, RunProgress, Standing};

/// Plans of more restores than these are told in brief.
const WHOLE: usize = 20;
/// How many items are shown of those that need a look.
const SHOWN: usize = 8;
/// How many are shown of what else there may be very many of.
const FEW: usize = 3;
/// The column at which facts begin.
const FACTS: usize = 13;

/// The report as text for a terminal: the whole of a small plan, and what fits a screen of a large one.
pub fn brief(report: &Report, style: Style) -> String {
    if report.items.len() <= WHOLE {
        return human(report, style);
    }
    let mut screen = Screen::new(style);
    head(&mut screen, report);
    facts(&mut screen, report, style);
    worst(&mut screen, report, style);
    screen.gap();
    for each in Standing::ALL {
        let number = report.counts.get(each.code()).copied().unwrap_or(0);
        if number > 0 {
            screen.labelled(2, &format!("{} {number:>6}", each.mark().sign()), FACTS, each.mark().into(), each.words());
        }
    }
    running(&mut screen, report, style);
    next(&mut screen, report);
    let all = match &report.merged {
        None => format!("`restorectl report {} --all`", shell_word(&report.run.id)),
        Some(_) => "`--all` behind this command".to_owned(),
    };
    screen.gap();
    screen.text(0, Tone::Faint, &format!("{} in all: {all} lists them", count(report.items.len(), "restore")));
    screen.finish()
}

fn facts(screen: &mut Screen, report: &Report, style: Style) {
    let (run, plan) = (&report.run, &report.plan);
    let mut fact = |label: &str, text: String| screen.field(2, label, FACTS, &cut(&text, style, FACTS));
    fact("plan", format!("{} ({})", plan.name, plan.file));
    let url = report.environment.api_url.as_deref().unwrap_or("no API");
    fact("environment", format!("{} at {url}", report.environment.name));
    match &report.merged {
        None => fact("run", format!("{} by {}", run.id, run.opened_by)),
        Some(merged) => fact("runs", count(merged.runs.len(), "run")),
    }
    let ended = run.ended_at.map(|end| {
        let took = run.duration_ms.map(|took| format!(", after {took}")).unwrap_or_default();
        format!("{}{took}", style.zone.moment(end))
    });
    fact("ended", ended.unwrap_or_else(|| RunProgress::NotEnded.words().to_owned()));
    if let Some(told) = report.bytes_restored {
        fact("restored", format!("{}, as the site tells", bytes(told)));
    }
    for objective in report.objectives.iter().filter(|each| each.verdict != ObjectiveVerdict::Met) {
        let words = objective.verdict.words().to_uppercase();
        fact(objective.kind.words(), format!("{} {words}: {}", hours(objective.objective_ms), objective.reason));
    }
    let lost =
        report.items.iter().filter(|item| !item.attempts.is_empty() && !item.data_loss.losses.is_empty()).count();
    if lost > 0 {
        fact("DATA LOSS", format!("at the target, by {} that were sent", count(lost, "restore")));
    }
    for note in report.notes.iter().rev().take(FEW) {
        fact("note", note.text.clone());
    }
}

/// The first of those that went wrong, or of which nobody knows, or that weren't tried.
fn worst(screen: &mut Screen, report: &Report, style: Style) {
    let bad: Vec<_> = worst_first(report).into_iter().filter(|item| look(item) != Mark::Good).collect();
    if bad.is_empty() {
        return;
    }
    screen.gap();
    screen.text(0, Tone::Strong, "What needs a look");
    for item in bad.iter().take(SHOWN) {
        let mark = look(item);
        let text = format!("{}: {}: {}", item.name, item.result.words(), why(item));
        screen.labelled(2, mark.sign(), 4, mark.into(), &cut(&text, style, 4));
    }
    let rest = bad.len().saturating_sub(SHOWN);
    if rest > 0 {
        screen.text(6, Tone::Faint, &format!("and {rest} more"));
    }
}

fn running(screen: &mut Screen, report: &Report, style: Style) {
    if report.may_still_run.is_empty() {
        return;
    }
    screen.gap();
    screen.text(0, Tone::Open, "May still run at the site (can't be cancelled from here)");
    for MayStillRun { item, job_name, target_site, reason, .. } in report.may_still_run.iter().take(FEW) {
        let text = format!("{item}: {job_name} to {target_site}: {reason}");
        screen.field(2, Mark::Open.sign(), 4, &cut(&text, style, 4));
    }
    let rest = report.may_still_run.len().saturating_sub(FEW);
    if rest > 0 {
        screen.text(6, Tone::Faint, &format!("and {rest} more"));
    }
}

/// As much of a text as fits the rest of a line.
fn cut(text: &str, style: Style, column: usize) -> String {
    let text = harmless(text);
    let room = style.width.max(40).saturating_sub(2 + column);
    if text.width() <= room {
        return text;
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > room {
            break;
        }
        out.push(c);
    }
    out.trim_end().to_owned() + "\u{2026}"
}
