//! The table of the runs that a merged report joins.

use super::cell;
use super::markup::Markup;
use crate::report::document::Report;
use crate::report::shards::missing_words;
use crate::report::wording::moment;

/// The runs that a merged report joins, and the shards of which there is none.
pub(super) fn runs(page: &mut Markup, report: &Report) {
    let Some(merged) = &report.merged else { return };
    page.fixed("<section>\n<h2>Each run</h2>\n<table>\n<thead><tr><th scope=\"col\">Run</th>");
    page.fixed("<th scope=\"col\">Shard</th><th scope=\"col\">Restores</th><th scope=\"col\">Came to</th>");
    page.fixed("<th scope=\"col\">Opened by</th><th scope=\"col\">Started</th><th scope=\"col\">Ended</th>");
    page.fixed("</tr></thead>\n<tbody>\n");
    for run in &merged.runs {
        let shard = run.shard.map_or_else(|| "the whole plan".to_owned(), |shard| shard.to_string());
        let goes_on = run.resumes.as_ref().map_or_else(String::new, |before| format!(", goes on with {before}"));
        page.fixed("<tr>").element("th", &[("scope", "row")], &run.id);
        cell(page, "Shard", &format!("{shard}{goes_on}"));
        cell(page, "Restores", &run.total.to_string());
        cell(page, "Came to", run.verdict.words());
        cell(page, "Opened by", &format!("{} (restorectl {})", run.opened_by, run.tool_version));
        cell(page, "Started", &moment(run.started_at));
        cell(page, "Ended", &run.ended_at.map_or_else(|| run.state.words().to_owned(), moment));
        page.close("tr");
    }
    for shard in &merged.missing {
        page.fixed("<tr>").element("th", &[("scope", "row")], "missing");
        cell(page, "Shard", &shard.shard.to_string());
        cell(page, "Restores", &shard.total.to_string());
        page.open("td", &[("data-label", "Came to"), ("colspan", "4")]).text(&missing_words(shard)).close("td");
        page.close("tr");
    }
    page.fixed("</tbody>\n</table>\n</section>\n");
}
