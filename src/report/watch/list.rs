//! The list of runs, newest first, a page at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::{Life, Served, Shell, address, heading, took};
use crate::journal::{Filter, PlanRuns};
use crate::model::{Millis, Shard, count};
use crate::report::page::markup::Markup;
use crate::report::page::{cell, mark_of, marked};
use crate::report::standing::Mark;
use crate::report::wording::moment;
use crate::report::{Report, RunProgress, Verdict};

/// How many runs a page has.
pub const PAGE: u64 = 50;

/// What the list tells of a run: so little that it can be kept for thousands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSummary {
    shard: Option<Shard>,
    simulated: bool,
    duration: Option<Millis>,
    verdict: Verdict,
    state: RunProgress,
    total: usize,
    /// How many stand how.
    marks: [(Mark, usize); 4],
}

impl RunSummary {
    /// Of a run's report.
    pub fn of(report: &Report) -> Self {
        let of = |mark: Mark| (mark, report.items.iter().filter(|item| item.result.mark() == mark).count());
        Self {
            shard: report.run.shard.as_ref().map(|shard| shard.shard),
            simulated: report.simulated,
            duration: report.run.duration_ms,
            verdict: report.verdict.code,
            state: report.run.state,
            total: report.total,
            marks: [Mark::Good, Mark::Bad, Mark::Open, Mark::Untried].map(of),
        }
    }

    /// Whether it has come to its end.
    pub fn has_ended(&self) -> bool {
        self.state != RunProgress::NotEnded
    }
}

/// A run in the list.
#[derive(Debug, Clone)]
pub struct RunRow {
    /// Its id.
    pub id: String,
    /// The plan's name.
    pub plan: String,
    /// The environment's name.
    pub environment: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// What became of it; none where it can't be read.
    pub summary: Option<Arc<RunSummary>>,
    /// Whether it goes on, where it has no end.
    pub life: Option<Life>,
}

/// A page of the list.
#[derive(Debug, Clone)]
pub struct RunsPage {
    /// The runs.
    pub rows: Vec<RunRow>,
    /// All plans and environments that there are runs of.
    pub plans: Vec<PlanRuns>,
    /// Which runs are asked for.
    pub filter: Filter,
    /// Which page it is, from 1.
    pub page: u64,
}

/// The list as a page.
pub fn runs_page(list: &RunsPage) -> Served {
    Shell::titled("Runs - restorectl").page(|page| {
        let total = matching(list);
        heading(page, &counted(total), "Runs");
        page.fixed("<main>\n");
        filter(page, list);
        if list.rows.is_empty() {
            let words = match (list.plans.is_empty(), list.page) {
                (true, _) => "There are no runs yet: `restorectl apply` makes one.",
                (false, 1) => "There is no such run.",
                (false, _) => "The list ends before this page.",
            };
            page.prose("p", &[], words);
        } else {
            table(page, &list.rows);
        }
        pager(page, list, total);
        page.fixed("</main>\n");
    })
}

fn counted(total: u64) -> String {
    count(usize::try_from(total).unwrap_or(usize::MAX), "run")
}

/// How many runs the filter leaves.
fn matching(list: &RunsPage) -> u64 {
    let is = |wanted: &Option<String>, has: &str| wanted.as_deref().is_none_or(|wanted| wanted == has);
    let left = list
        .plans
        .iter()
        .filter(|one| is(&list.filter.plan, &one.plan) && is(&list.filter.environment, &one.environment));
    left.fold(0, |sum, one| sum.saturating_add(one.runs))
}

fn filter(page: &mut Markup, list: &RunsPage) {
    if list.plans.len() < 2 && list.filter == Filter::default() {
        return;
    }
    let plans: BTreeSet<&str> = list.plans.iter().map(|one| one.plan.as_str()).collect();
    let environments: BTreeSet<&str> = list.plans.iter().map(|one| one.environment.as_str()).collect();
    page.fixed("<form class=\"filter\" method=\"get\" action=\"/\" role=\"search\">\n");
    page.fixed("<label>Plan <select name=\"plan\">");
    options(page, "all plans", &plans, list.filter.plan.as_deref());
    page.fixed("</select></label>\n<label>Environment <select name=\"env\">");
    options(page, "all environments", &environments, list.filter.environment.as_deref());
    page.fixed("</select></label>\n<button type=\"submit\">Show</button>\n");
    if let Some(plan) = &list.filter.plan {
        let href = address::plan(plan, list.filter.environment.as_deref(), None);
        page.open("a", &[("href", &href)]).text("How its runs compare").close("a");
    }
    page.close("form");
}

fn options(page: &mut Markup, all: &str, names: &BTreeSet<&str>, chosen: Option<&str>) {
    page.element("option", &[("value", "")], all);
    // What was asked for stays chosen, though there may be no run of it.
    let asked = chosen.filter(|chosen| !names.contains(chosen));
    for name in names.iter().copied().chain(asked) {
        match chosen == Some(name) {
            true => page.element("option", &[("value", name), ("selected", "")], name),
            false => page.element("option", &[("value", name)], name),
        };
    }
}

fn table(page: &mut Markup, rows: &[RunRow]) {
    page.fixed("<table class=\"runs\">\n<thead><tr><th scope=\"col\">Run</th><th scope=\"col\">Plan</th>");
    page.fixed("<th scope=\"col\">Environment</th><th scope=\"col\">Started</th><th scope=\"col\">Took</th>");
    page.fixed("<th scope=\"col\">There</th><th scope=\"col\">Came to</th></tr></thead>\n<tbody>\n");
    for row in rows {
        page.fixed("<tr><th scope=\"row\">").element("a", &[("href", &address::run(&row.id))], &row.id);
        page.close("th");
        page.open("td", &[("data-label", "Plan")]);
        let shard = row.summary.as_ref().and_then(|summary| summary.shard);
        let portion = shard.map(|shard| shard.to_string());
        page.element(
            "a",
            &[("href", &address::plan(&row.plan, Some(&row.environment), portion.as_deref()))],
            &row.plan,
        );
        if let Some(shard) = shard {
            page.text(&format!(" shard {shard}"));
        }
        page.close("td");
        cell(page, "Environment", &row.environment);
        cell(page, "Started", &moment(row.opened_at));
        cell(page, "Took", &took(row.summary.as_ref().and_then(|summary| summary.duration)));
        came_to(page, row);
        page.close("tr");
    }
    page.fixed("</tbody>\n</table>\n");
}

/// How much of it is there, and what it came to.
fn came_to(page: &mut Markup, row: &RunRow) {
    let Some(summary) = &row.summary else {
        cell(page, "There", "\u{2013}");
        page.open("td", &[("data-label", "Came to")]);
        marked(page, Mark::Open, "can't be read");
        page.close("td");
        return;
    };
    let there = summary.marks.iter().filter(|(mark, _)| *mark == Mark::Good).fold(0, |sum, (_, number)| sum + number);
    cell(page, "There", &format!("{there}/{}", summary.total));
    page.open("td", &[("data-label", "Came to")]);
    let life = row.life.filter(|_| !summary.has_ended());
    match life {
        Some(Life::GoesOn) => drop(page.element("span", &[("class", "standing live")], Life::GoesOn.word())),
        Some(life) => marked(page, if life == Life::Gone { Mark::Bad } else { Mark::Open }, life.word()),
        None => marked(page, mark_of(summary.verdict), summary.verdict.words()),
    }
    let (open, untried) = match life {
        Some(Life::GoesOn) => ("under way", "waiting"),
        _ => ("not known", "not tried"),
    };
    for (mark, words) in [(Mark::Bad, "went wrong"), (Mark::Open, open), (Mark::Untried, untried)] {
        let number = summary.marks.iter().filter(|(of, _)| *of == mark).fold(0, |sum, (_, number)| sum + number);
        if number > 0 {
            page.element("span", &[("class", "note")], &format!("{number} {words}"));
        }
    }
    if summary.simulated {
        page.element("span", &[("class", "note")], "rehearsal");
    }
    page.close("td");
}

fn pager(page: &mut Markup, list: &RunsPage, total: u64) {
    let pages = total.div_ceil(PAGE).max(1);
    if pages == 1 && list.page == 1 {
        return;
    }
    let at = |number: u64| {
        address::runs(list.filter.plan.as_deref(), list.filter.environment.as_deref(), number.clamp(1, pages))
    };
    page.fixed("<nav class=\"pager\" aria-label=\"Pages of the list\">");
    if list.page > 1 {
        page.element("a", &[("href", &at(list.page - 1)), ("rel", "prev")], "Newer");
    }
    page.element("span", &[], &format!("page {} of {pages}", list.page));
    if list.page < pages {
        page.element("a", &[("href", &at(list.page + 1)), ("rel", "next")], "Older");
    }
    page.close("nav");
}
