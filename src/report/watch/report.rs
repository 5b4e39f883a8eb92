//! A run's report as a page among the others.

use super::{Life, Served, Shell, address};
use crate::report::page::{self, SCRIPT};
use crate::report::{Report, RunProgress, STEP_LIMIT, Style, github_summary, html, human, json, junit, markdown, tap};

/// A file that a report is given out as.
#[derive(Debug, Clone, Copy)]
pub struct ReportFile {
    /// Its name.
    pub name: &'static str,
    /// What people call it.
    words: &'static str,
    /// Its media type.
    pub kind: &'static str,
    /// Its text; none where the report is too large for it.
    pub write: fn(&Report) -> Option<String>,
}

/// Every one.
pub const FILES: [ReportFile; 7] = [
    file("report.html", "HTML", "text/html; charset=utf-8", |report| Some(html(report))),
    file("report.json", "JSON", "application/json", |report| json(report).ok()),
    file("report.md", "Markdown", "text/markdown; charset=utf-8", |report| Some(markdown(report))),
    file("report.txt", "text", "text/plain; charset=utf-8", |report| Some(human(report, Style::default()))),
    file("report.xml", "JUnit", "application/xml", |report| Some(junit(report))),
    file("report.tap", "TAP", "text/plain; charset=utf-8", |report| Some(tap(report))),
    file("summary.md", "summary for a step", "text/markdown; charset=utf-8", |report| {
        github_summary(report, STEP_LIMIT)
    }),
];

const fn file(
    name: &'static str,
    words: &'static str,
    kind: &'static str,
    write: fn(&Report) -> Option<String>,
) -> ReportFile {
    ReportFile { name, words, kind, write }
}

/// The report of a run. `life` tells whether one without an end goes on.
pub fn report_page(report: &Report, life: Option<Life>) -> Served {
    let id = &report.run.id;
    let title = format!("{}: {} in {}", report.verdict.words, report.plan.name, report.environment.name);
    Shell { script: Some(SCRIPT), ..Shell::titled(&title) }.page(|page| {
        page.fixed("<nav class=\"files\" aria-label=\"This report\">");
        let shard = report.run.shard.as_ref().map(|shard| shard.shard.to_string());
        let history = address::plan(&report.plan.name, Some(&report.environment.name), shard.as_deref());
        page.open("a", &[("href", &history)]).text("How runs of this plan compare").close("a");
        page.fixed("<span>This report as ");
        for file in FILES {
            page.element("a", &[("href", &address::file(id, file.name)), ("download", "")], file.words);
        }
        page.fixed("</span></nav>\n");
        if let Some(life) = life.filter(|_| report.run.state == RunProgress::NotEnded) {
            page.fixed("<div class=\"life\" role=\"note\">");
            match life.warning() {
                Some(words) => page.prose("p", &[], &words),
                None => page
                    .fixed("<p>This run goes on; the report is of this moment. ")
                    .element("a", &[("href", &address::run(id))], "See it live")
                    .close("p"),
            };
            page.close("div");
        }
        page::contents(page, report);
    })
}
