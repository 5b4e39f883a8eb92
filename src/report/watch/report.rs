//! A run's report as a page among the others.

use super::{Life, Served, Shell, address};
use crate::report::page::{self, SCRIPT};
use crate::report::{Report, RunProgress};

/// The files that a report is given out as, with what they are called.
const FILES: [(&str, &str); 7] = [
    ("report.html", "HTML"),
    ("report.json", "JSON"),
    ("report.md", "Markdown"),
    ("report.txt", "text"),
    ("report.xml", "JUnit"),
    ("report.tap", "TAP"),
    ("summary.md", "summary for a step"),
];

/// The report of a run. `life` tells whether one without an end goes on.
pub fn report_page(report: &Report, life: Option<Life>) -> Served {
    let id = &report.run.id;
    let title = format!("{}: {} in {}", report.verdict.words, report.plan.name, report.environment.name);
    Shell { script: Some(SCRIPT), ..Shell::titled(&title) }.page(|page| {
        page.fixed("<nav class=\"files\" aria-label=\"This report\">");
        let history = address::plan(&report.plan.name, Some(&report.environment.name));
        page.open("a", &[("href", &history)]).text("How runs of this plan compare").close("a");
        page.fixed("<span>This report as ");
        for (file, words) in FILES {
            page.element("a", &[("href", &address::file(id, file)), ("download", "")], words);
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
