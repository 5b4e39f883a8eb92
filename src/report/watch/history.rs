//! The runs of a plan side by side: how long each took, and what changed.

use super::{Served, Shell, address, heading, took};
use crate::report::compare::{Change, ComparedItem, ComparedRun, Comparison, Portion, RunsLeftOut};
use crate::report::page::markup::Markup;
use crate::report::page::{cell, class, mark_of, marked};
use crate::report::standing::Mark;
use crate::report::wording::{SIMULATED, bytes, count, moment};

/// How many runs are put side by side.
pub const HISTORY: usize = 12;

/// How many restores are listed.
const SHOWN: usize = 25;

/// The drawing is so high, and a run so wide, in its own units.
const HEIGHT: u64 = 100;
const WIDTH: usize = 40;

/// What is known of a plan's runs.
#[derive(Debug, Clone)]
pub struct HistoryPage<'a> {
    /// The plan.
    pub plan: &'a str,
    /// The environment.
    pub environment: &'a str,
    /// All environments in which the plan was run.
    pub environments: Vec<&'a str>,
    /// The portion of the plan whose runs are compared; none where no run can be read.
    pub portion: Option<Portion>,
    /// Its last runs; none where there are fewer than two that can be compared.
    pub comparison: Option<&'a Comparison>,
    /// Runs that are not among those.
    pub left_out: &'a RunsLeftOut,
}

/// A plan's history as a page.
pub fn history_page(history: &HistoryPage<'_>) -> Served {
    let shard = match history.portion {
        Some(portion @ Portion::Shard(_)) => format!(", {}", portion.words()),
        Some(Portion::Whole) | None => String::new(),
    };
    let what = format!("{} in {}{shard}", history.plan, history.environment);
    Shell::titled(&format!("{what} - restorectl")).page(|page| {
        heading(page, "How its runs compare", &what);
        page.fixed("<main>\n<p class=\"links\">");
        let runs = address::runs(Some(history.plan), Some(history.environment), 1);
        page.element("a", &[("href", &runs)], "All its runs");
        for other in history.environments.iter().filter(|other| **other != history.environment) {
            page.element("a", &[("href", &address::plan(history.plan, Some(other), None))], &format!("in {other}"));
        }
        for portion in history.left_out.others.keys() {
            let href = address::plan(history.plan, Some(history.environment), Some(&portion.to_string()));
            page.element("a", &[("href", &href)], &portion.words());
        }
        page.fixed("</p>\n");
        match history.comparison {
            Some(comparison) => compared(page, comparison),
            None => {
                let runs = match history.portion {
                    Some(portion @ Portion::Shard(_)) => format!("runs of {}", portion.words()),
                    Some(Portion::Whole) | None => "whole runs of it".to_owned(),
                };
                let words = format!("There are fewer than two {runs} here, so there is nothing to compare.");
                page.element("p", &[], &words).fixed("\n");
            }
        }
        if let Some(words) = history.left_out.words() {
            page.element("p", &[("class", "rule")], &sentence(&words)).fixed("\n");
        }
        page.fixed("</main>\n");
    })
}

/// With a capital letter and a full stop.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

fn compared(page: &mut Markup, comparison: &Comparison) {
    if comparison.runs.iter().any(|run| run.simulated) {
        page.element("p", &[("class", "simulated"), ("role", "note")], SIMULATED);
    }
    page.fixed("<section>\n");
    page.element("h2", &[], &format!("The last {}", count(comparison.runs.len(), "run")));
    trend(page, &comparison.runs);
    page.fixed("<table class=\"runs\">\n<thead><tr><th scope=\"col\">Run</th><th scope=\"col\">Started</th>");
    page.fixed("<th scope=\"col\">Took</th><th scope=\"col\">Restored</th><th scope=\"col\">A second</th>");
    page.fixed("<th scope=\"col\">Change</th><th scope=\"col\">Came to</th></tr></thead>\n<tbody>\n");
    for run in comparison.runs.iter().rev() {
        page.fixed("<tr><th scope=\"row\">").element("a", &[("href", &address::run(&run.id))], &run.id).close("th");
        cell(page, "Started", &moment(run.started_at));
        cell(page, "Took", &took(run.duration_ms));
        cell(page, "Restored", &run.bytes.map_or_else(|| "\u{2013}".to_owned(), bytes));
        cell(page, "A second", &run.bytes_per_second.map_or_else(|| "\u{2013}".to_owned(), bytes));
        changed(page, run.change);
        page.open("td", &[("data-label", "Came to")]);
        marked(page, mark_of(run.verdict), run.verdict.words());
        page.close("td").close("tr");
    }
    page.fixed("</tbody>\n</table>\n</section>\n");
    restores(page, comparison);
}

/// A bar for each run that ended, as high as it took long, the newest to the right.
fn trend(page: &mut Markup, runs: &[ComparedRun]) {
    let longest = runs.iter().filter_map(|run| run.duration_ms).map(|took| took.0).max().unwrap_or(0);
    if longest == 0 {
        return;
    }
    let width = runs.len().saturating_mul(WIDTH);
    let label = format!(
        "How long each run took; the longest took {}",
        took(runs.iter().filter_map(|run| run.duration_ms).max())
    );
    page.fixed("<figure class=\"trend\">\n");
    page.open(
        "svg",
        &[
            ("viewBox", &format!("0 0 {width} {HEIGHT}")),
            ("role", "img"),
            ("preserveAspectRatio", "xMinYMax"),
            ("aria-label", &label),
        ],
    );
    for (index, run) in runs.iter().enumerate() {
        let Some(duration) = run.duration_ms else { continue };
        let high = u64::try_from(u128::from(duration.0) * u128::from(HEIGHT) / u128::from(longest)).unwrap_or(HEIGHT);
        let high = high.max(1);
        let (x, y) = (index.saturating_mul(WIDTH).saturating_add(WIDTH / 8), HEIGHT.saturating_sub(high));
        page.open(
            "rect",
            &[
                ("class", class(mark_of(run.verdict))),
                ("x", &x.to_string()),
                ("y", &y.to_string()),
                ("width", &(WIDTH * 3 / 4).to_string()),
                ("height", &high.to_string()),
            ],
        );
        page.element("title", &[], &format!("{}: {}, {}", run.id, took(run.duration_ms), run.verdict.words()));
        page.close("rect");
    }
    page.fixed("</svg>\n").element("figcaption", &[], &format!("{label}. The newest is to the right."));
    page.close("figure");
}

/// The restores of the newest run that changed most.
fn restores(page: &mut Markup, comparison: &Comparison) {
    let mut items: Vec<(&ComparedItem, Change)> =
        comparison.items.iter().filter_map(|item| Some((item, item.change?))).collect();
    items.sort_by_key(|(_, change)| std::cmp::Reverse((change.slower, change.faster, change.percent.unsigned_abs())));
    page.fixed("<section>\n<h2>Its restores</h2>\n");
    let words = format!(
        "{} of {} slower than usual, {} faster.",
        comparison.slower,
        count(comparison.items.len(), "restore"),
        comparison.faster
    );
    page.element("p", &[], &words);
    if !items.is_empty() {
        page.fixed("<table>\n<thead><tr><th scope=\"col\">Restore</th><th scope=\"col\">Took</th>");
        page.fixed("<th scope=\"col\">Usual</th><th scope=\"col\">Change</th><th scope=\"col\">Of runs</th>");
        page.fixed("</tr></thead>\n<tbody>\n");
        for (item, change) in items.iter().take(SHOWN) {
            let last = item.runs.last().copied().flatten();
            page.fixed("<tr>").element("th", &[("scope", "row")], &item.name);
            cell(page, "Took", &took(last.and_then(|last| last.took_ms)));
            cell(page, "Usual", &change.usual_ms.to_string());
            changed(page, Some(*change));
            cell(page, "Of runs", &change.of.to_string());
            page.close("tr");
        }
        page.fixed("</tbody>\n</table>\n");
        let rest = items.len().saturating_sub(SHOWN);
        if rest > 0 {
            page.element("p", &[], &format!("And {rest} more, which changed less."));
        }
    }
    page.element("p", &[("class", "rule")], &format!("The rule: {}.", comparison.rule)).fixed("</section>\n");
}

fn changed(page: &mut Markup, change: Option<Change>) {
    page.open("td", &[("data-label", "Change")]);
    match change {
        None => {
            page.text("\u{2013}");
        }
        Some(change) => {
            let words = format!("{}{} %", if change.percent > 0 { "+" } else { "" }, change.percent);
            match (change.slower, change.faster) {
                (true, _) => marked(page, Mark::Bad, &format!("{words}, slower")),
                (_, true) => marked(page, Mark::Good, &format!("{words}, faster")),
                _ => drop(page.text(&words)),
            }
        }
    }
    page.close("td");
}
