//! The parts of the report in Markdown.

use super::text::{Cell, Markdown};
use crate::report::document::{ItemReport, Report};
use crate::report::human::{execution_id, needs_details};
use crate::report::junit::told;
use crate::report::shards::{missing_words, run_label, run_words, shard_words};
use crate::report::standing::Mark;
use crate::report::urgency::{look, why};
use crate::report::wording::{SIMULATED, bytes, count, hours, moment};
use crate::report::{RunProgress, Standing};

/// A sign that is read at a glance; a word always stands beside it.
fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Good => "\u{2705}",
        Mark::Bad => "\u{274c}",
        Mark::Open => "\u{2753}",
        Mark::Untried => "\u{2796}",
    }
}

/// What it is about and what it came to.
pub(super) fn head(page: &mut Markdown, report: &Report) {
    page.fixed("# Restore report: ").code(&report.plan.name).fixed(" in ").code(&report.environment.name);
    page.fixed("\n\n");
    if report.simulated {
        page.fixed("> **").prose(SIMULATED).fixed("**\n\n");
    }
    let mark = if report.verdict.green { Mark::Good } else { Mark::Bad };
    page.fixed(sign(mark)).fixed(" **").prose(&report.verdict.words.to_uppercase()).fixed("**: ");
    page.prose(&report.verdict.rule).fixed("\n\n");
}

/// What to do, most urgent first.
pub(super) fn next(page: &mut Markdown, report: &Report) {
    page.fixed("## What to do next\n\n");
    for step in &report.next {
        page.fixed("1. ").prose(step).fixed("\n");
    }
    page.fixed("\n");
}

/// How many items stand where, in a line.
pub(super) fn numbers(page: &mut Markdown, report: &Report) {
    page.fixed("**").prose(&count(report.total, "restore")).fixed("**");
    for each in Standing::ALL {
        let number = report.counts.get(each.code()).copied().unwrap_or(0);
        if number > 0 {
            page.fixed(" · ").fixed(sign(each.mark())).prose(&format!(" {number} {}", each.words()));
        }
    }
    page.fixed("\n\n");
}

/// The run itself.
pub(super) fn facts(page: &mut Markdown, report: &Report) {
    let (run, plan) = (&report.run, &report.plan);
    page.fixed("## The run\n\n| | |\n|---|---|\n");
    let mut fact = |label: &str, text: String| {
        page.row(&[Cell::Prose(label.to_owned()), Cell::Prose(text)]);
    };
    fact("Plan", format!("`{}` from `{}`", plain(&plan.name), plain(&plan.file)));
    plan.inputs.iter().for_each(|(name, value)| fact("Input", format!("`{}={}`", plain(name), plain(value))));
    let told = [
        ("Purpose", &plan.description),
        ("Owner", &plan.owner),
        ("Contact", &plan.contact),
        ("Ticket", &plan.ticket),
        ("Criticality", &plan.criticality),
        ("API", &report.environment.api_url),
    ];
    for (label, text) in told {
        text.iter().for_each(|text| fact(label, (*text).clone()));
    }
    match &report.merged {
        None => fact("Run", format!("`{}` by {}", plain(&run.id), run.opened_by)),
        Some(merged) => {
            merged.runs.iter().for_each(|each| fact(&run_label(each), run_words(each)));
            merged.missing.iter().for_each(|each| fact(&format!("shard {}", each.shard), missing_words(each)));
        }
    }
    run.shard.iter().for_each(|shard| fact("Shard", shard_words(shard)));
    run.resumes.iter().for_each(|before| fact("Resumes", format!("`{}`", plain(before))));
    fact("Started", moment(run.started_at));
    match run.ended_at {
        Some(end) => {
            let took = run.duration_ms.map(|took| format!(", after {took}")).unwrap_or_default();
            fact("Ended", format!("{}{took} ({})", moment(end), run.state.words()));
        }
        None => fact("State", RunProgress::NotEnded.words().to_owned()),
    }
    report.bytes_restored.iter().for_each(|told| fact("Restored", format!("{}, as the site tells", bytes(*told))));
    for objective in &report.objectives {
        let (most, verdict) = (hours(objective.objective_ms), objective.verdict.words());
        fact(objective.kind.words(), format!("{most} {}: {}", verdict.to_uppercase(), objective.reason));
    }
    page.fixed("\n");
}

/// A name that goes between backquotes.
fn plain(text: &str) -> String {
    text.replace('`', "'")
}

/// The head of the table of items.
pub(super) fn table_head(page: &mut Markdown) {
    page.fixed("| | Restore | Diff | Result | Why | Took | Bytes | Id at the site |\n");
    page.fixed("|---|---|---|---|---|--:|--:|---|\n");
}

/// An item in a line.
pub(super) fn item_row(item: &ItemReport) -> Markdown {
    let mut row = Markdown::default();
    let mark = look(item);
    let why = if mark == Mark::Good { String::new() } else { why(item) };
    let flaky = if item.flaky { " (flaky)" } else { "" };
    row.fixed("| ").fixed(sign(mark)).fixed(" ").row(&[
        Cell::Code(&item.name),
        Cell::Prose(item.action.word().to_owned()),
        Cell::Prose(format!("{}{flaky}", item.result.words())),
        Cell::Prose(why),
        Cell::Prose(item.took_ms.map(|took| took.to_string()).unwrap_or_default()),
        Cell::Prose(item.bytes.map(bytes).unwrap_or_default()),
        Cell::Code(item.attempts.last().and_then(execution_id).unwrap_or_default()),
    ]);
    row
}

/// All items in the plan's order, then what the table doesn't say of some.
pub(super) fn items(page: &mut Markdown, report: &Report) {
    page.fixed("## Restores\n\n");
    numbers(page, report);
    if !report.items.is_empty() {
        table_head(page);
        for item in &report.items {
            page.piece(item_row(item));
        }
        page.fixed("\n");
    }
    for item in report.items.iter().filter(|item| needs_details(item)) {
        page.fixed("### ").code(&item.name).fixed(": ").prose(item.result.words()).fixed("\n\n");
        let reason = item.reason.iter().map(|reason| format!("why: {reason}"));
        reason.chain(told(item)).for_each(|line| list(page, &line));
        page.fixed("\n");
    }
}

fn list(page: &mut Markdown, text: &str) {
    page.fixed("- ").prose(text).fixed("\n");
}

/// What concerns some of the items, each under its heading.
pub(super) fn lists(page: &mut Markdown, report: &Report) {
    let named = |name: &str, text: &str| format!("`{}`: {text}", plain(name));
    let tried = report.items.iter().filter(|item| !item.attempts.is_empty());
    let losses = tried.flat_map(|item| item.data_loss.losses.iter().map(|loss| named(&item.name, loss)));
    let not_executed =
        report.not_executed.iter().map(|each| named(&each.item, &format!("{}: {}", each.result.words(), each.reason)));
    let running = report.may_still_run.iter().map(|each| {
        let status = each.last_status.as_deref().unwrap_or("never seen");
        named(&each.item, &format!("{} to {}, {status}: {}", each.job_name, each.target_site, each.reason))
    });
    let checks = report.checks.iter().map(|check| named(&check.item, &format!("{}: not run", check.kind)));
    let notes = report.notes.iter().map(|note| format!("{}: {}", moment(note.at), note.text));
    for (title, lines) in [
        ("## May still run at the site (can't be cancelled from here)\n\n", running.collect::<Vec<String>>()),
        ("## Data loss at the target, by the restores that were sent\n\n", losses.collect()),
        ("## Not executed by this run\n\n", not_executed.collect()),
        ("## Checks of the plan\n\n", checks.collect()),
        ("## Notes of the run\n\n", notes.collect()),
    ] {
        if !lines.is_empty() {
            page.fixed(title);
            lines.iter().for_each(|line| list(page, line));
            page.fixed("\n");
        }
    }
}

/// By whom and from what the report was made.
pub(super) fn about(page: &mut Markdown, report: &Report) {
    page.fixed("---\n\n");
    page.prose(&format!(
        "Made {} by restorectl {} from {} of the journal. Plan `{}`, changeset `{}`. All times are UTC.",
        moment(report.generated_at),
        report.generated_by,
        count(usize::try_from(report.run.entries).unwrap_or(usize::MAX), "entry"),
        plain(&report.plan.digest),
        plain(&report.run.changeset_digest),
    ));
    page.fixed("\n");
}
