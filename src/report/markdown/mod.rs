//! The report as Markdown: for tickets, wikis and pull requests, and bounded as the summary of a step at GitHub.

mod sections;
mod step;
mod text;

pub use step::{STEP_LIMIT, github_summary};

use self::sections::{about, facts, head, items, lists, next};
use self::text::Markdown;
use super::document::Report;

/// The whole report as Markdown.
pub fn markdown(report: &Report) -> String {
    let mut page = Markdown::default();
    head(&mut page, report);
    next(&mut page, report);
    facts(&mut page, report);
    items(&mut page, report);
    lists(&mut page, report);
    about(&mut page, report);
    page.finish()
}
