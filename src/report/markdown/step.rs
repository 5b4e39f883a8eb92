//! The summary of a step at GitHub, which takes 1 MiB of each step: what went wrong first, and what had to be left out is said.

use super::sections::{head, item_row, next, numbers, table_head};
use super::text::Markdown;
use crate::report::document::Report;
use crate::report::urgency::worst_first;
use crate::report::wording::{count, shell_word};

/// So many bytes of one step GitHub takes; more, and it shows nothing.
pub const STEP_LIMIT: usize = 1024 * 1024;

/// What the sentence about what is left out may take.
const LEFT_OUT: usize = 400;

/// The report as Markdown of at most `limit` bytes; none where not even the verdict fits.
pub fn github_summary(report: &Report, limit: usize) -> Option<String> {
    let room = limit.checked_sub(LEFT_OUT)?;
    let mut page = Markdown::default();
    head(&mut page, report);
    numbers(&mut page, report);
    if page.len() > room {
        return None;
    }
    let mut left_out = Vec::new();
    let mut steps = Markdown::default();
    next(&mut steps, report);
    if page.len() + steps.len() <= room {
        page.piece(steps);
    } else {
        left_out.push("what to do next".to_owned());
    }
    let mut head = Markdown::default();
    table_head(&mut head);
    let mut shown = 0;
    if page.len() + head.len() <= room && !report.items.is_empty() {
        page.piece(head);
        for item in worst_first(report) {
            let row = item_row(item);
            if page.len() + row.len() > room {
                break;
            }
            page.piece(row);
            shown += 1;
        }
        page.fixed("\n");
    }
    let rest = report.items.len().saturating_sub(shown);
    if rest > 0 {
        left_out.push(format!("{} of {}", rest, count(report.items.len(), "restore")));
    }
    if !left_out.is_empty() {
        let what = left_out.join(" and ");
        page.fixed("\n**").prose(&format!("left out for want of room: {what}")).fixed("**");
    }
    if report.merged.is_none() {
        let run = shell_word(&report.run.id).chars().take(64).collect::<String>().replace('`', "'");
        page.prose(&format!("\n{}the whole: ", if left_out.is_empty() { "" } else { "; " }));
        page.prose(&format!("`restorectl report {run} --format html --out report.html`"));
    }
    page.fixed("\n");
    let text = page.finish();
    (text.len() <= limit).then_some(text)
}
