//! The report as one HTML file: no network, no font of its own. It opens from a mail, a ticket or a disk, follows the
//! reader's light or dark setting, and prints. All of it is there without its script, which searches and filters.

mod diff;
mod find;
pub(super) mod frame;
mod item;
pub(super) mod markup;
mod plain;
mod runs;
mod timeline;

pub use self::diff::preview_html;
use self::markup::Markup;
use super::document::{Report, RunProgress};
use super::shards::shard_words;
use super::standing::Mark;
use super::wording::{SIMULATED, bytes, count, hours, moment};
use super::{ObjectiveVerdict, Standing, Verdict};

pub(super) const CSS: &str = include_str!("page.css");
pub(super) const SCRIPT: &str = include_str!("page.js");

/// The report as a self-contained HTML page.
pub fn html(report: &Report) -> String {
    let mut page = Markup::default();
    let title = format!("{}: {} in {}", report.verdict.words, report.plan.name, report.environment.name);
    frame::head(&mut page, &title, Some(SCRIPT));
    page.fixed("<body>\n");
    contents(&mut page, report);
    page.fixed("</body>\n</html>\n");
    page.finish()
}

/// All that a report's page holds, with its script.
pub(super) fn contents(page: &mut Markup, report: &Report) {
    banner(page, report);
    page.fixed("<main>\n");
    facts(page, report);
    runs::runs(page, report);
    summary(page, report);
    next(page, report);
    may_still_run(page, report);
    find::form(page, report);
    timeline::timeline(page, report);
    item::items(page, report);
    not_executed(page, report);
    losses(page, report);
    checks(page, report);
    notes(page, report);
    page.fixed("</main>\n");
    footer(page, report);
    page.fixed("<script>").fixed(SCRIPT).fixed("</script>\n");
}

fn banner(page: &mut Markup, report: &Report) {
    if report.simulated {
        page.element("p", &[("class", "simulated"), ("role", "note")], SIMULATED);
    }
    let mark = mark_of(report.verdict.code);
    page.open("header", &[("class", &format!("banner {}", class(mark)))]);
    page.element("p", &[("class", "kind")], "Restore report");
    page.fixed("<h1>");
    page.element("bdi", &[], &report.plan.name).text(" in ").element("bdi", &[], &report.environment.name).close("h1");
    page.open("p", &[("class", "verdict")]);
    page.element("span", &[("aria-hidden", "true")], glyph(mark)).text(&report.verdict.words).close("p");
    page.prose("p", &[], &report.verdict.rule);
    page.close("header");
}

/// How a verdict is marked.
pub(super) fn mark_of(verdict: Verdict) -> Mark {
    match verdict {
        Verdict::AllSucceeded | Verdict::NothingToDo => Mark::Good,
        Verdict::SomeFailed | Verdict::PartialOrUnknown => Mark::Bad,
        Verdict::Interrupted | Verdict::NotEnded | Verdict::Incomplete => Mark::Open,
    }
}

/// The name of a mark in the style sheet.
pub(super) fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Good => "good",
        Mark::Bad => "bad",
        Mark::Open => "open",
        Mark::Untried => "untried",
    }
}

/// A shape for the eye that skims; a word always stands beside it.
pub(super) fn glyph(mark: Mark) -> &'static str {
    match mark {
        Mark::Good => "\u{2713}",
        Mark::Bad => "\u{2715}",
        Mark::Open => "?",
        Mark::Untried => "\u{2013}",
    }
}

/// A standing with its shape, its word and its colour.
fn standing(page: &mut Markup, standing: Standing) {
    marked(page, standing.mark(), standing.words());
}

/// Words with the shape and the colour of a mark.
pub(super) fn marked(page: &mut Markup, mark: Mark, words: &str) {
    page.open("span", &[("class", &format!("standing {}", class(mark)))]);
    page.element("span", &[("aria-hidden", "true")], glyph(mark)).text(words).close("span");
}

fn facts(page: &mut Markup, report: &Report) {
    let (run, plan) = (&report.run, &report.plan);
    let title = if report.merged.is_some() { "The runs together" } else { "The run" };
    page.fixed("<section>\n").element("h2", &[], title).fixed("\n<dl class=\"facts\">\n");
    frame::plan_facts(page, plan);
    page.fact("Environment", Some(&report.environment.name));
    page.fact("API", Some(report.environment.api_url.as_deref().unwrap_or("none")));
    if report.merged.is_none() {
        page.fact("Run", Some(&run.id));
    }
    page.fact("Shard", run.shard.as_ref().map(shard_words).as_deref());
    page.fact("Resumes", run.resumes.as_deref());
    page.fact("State", Some(run.state.words()));
    page.fact("Opened by", Some(&run.opened_by));
    page.fact("Started", Some(&moment(run.started_at)));
    page.fact("Ended", run.ended_at.map(moment).as_deref());
    page.fact("Took", run.duration_ms.map(|took| took.to_string()).as_deref());
    if run.state == RunProgress::NotEnded {
        page.fact("Last entry", Some(run.last_entry_at.map_or_else(|| "none".to_owned(), moment).as_str()));
    }
    page.fact("Restored", report.bytes_restored.map(|told| format!("{}, as the site tells", bytes(told))).as_deref());
    page.fixed("</dl>\n</section>\n");
}

fn summary(page: &mut Markup, report: &Report) {
    let scope = if report.run.shard.is_some() { " in the shard" } else { " in the plan" };
    page.fixed("<section>\n<h2>In numbers</h2>\n<ul class=\"counts\">\n");
    page.open("li", &[]).element("b", &[], &report.total.to_string()).text(scope).close("li");
    if let Some(merged) = report.merged.as_ref().filter(|merged| !merged.missing.is_empty()) {
        let number: usize = merged.missing.iter().fold(0, |sum, shard| sum.saturating_add(shard.total));
        page.open("li", &[]).element("b", &[], &number.to_string());
        page.open("span", &[("class", &format!("standing {}", class(Mark::Open)))]);
        page.element("span", &[("aria-hidden", "true")], glyph(Mark::Open)).text("in missing shards").close("span");
        page.close("li");
    }
    for each in Standing::ALL {
        let number = report.counts.get(each.code()).copied().unwrap_or(0);
        if number > 0 {
            page.open("li", &[]).element("b", &[], &number.to_string());
            standing(page, each);
            page.close("li");
        }
    }
    page.fixed("</ul>\n");
    if !report.objectives.is_empty() {
        page.fixed("<table>\n<caption>Objectives of the plan</caption>\n<thead><tr><th scope=\"col\">Objective</th>");
        page.fixed("<th scope=\"col\">At most</th><th scope=\"col\">Measured</th><th scope=\"col\">Verdict</th>");
        page.fixed("<th scope=\"col\">Why</th></tr></thead>\n<tbody>\n");
        for objective in &report.objectives {
            let mark = match objective.verdict {
                ObjectiveVerdict::Met => Mark::Good,
                ObjectiveVerdict::Missed => Mark::Bad,
                ObjectiveVerdict::NotKnown => Mark::Open,
            };
            let measured = objective.measured_ms.map_or_else(|| "not known".to_owned(), hours);
            page.fixed("<tr>").element("th", &[("scope", "row")], objective.kind.words());
            cell(page, "At most", &hours(objective.objective_ms));
            cell(page, "Measured", &measured);
            page.open("td", &[("data-label", "Verdict")]);
            page.open("span", &[("class", &format!("standing {}", class(mark)))]);
            page.element("span", &[("aria-hidden", "true")], glyph(mark)).text(objective.verdict.words()).close("span");
            page.close("td");
            cell(page, "Why", &objective.reason);
            page.close("tr");
        }
        page.fixed("</tbody>\n</table>\n");
    }
    page.fixed("</section>\n");
}

/// A table's cell that names its column where the columns are stacked.
pub(super) fn cell(page: &mut Markup, label: &str, text: &str) {
    page.prose("td", &[("data-label", label)], text);
}

fn next(page: &mut Markup, report: &Report) {
    page.fixed("<section>\n<h2>What to do next</h2>\n<ol>\n");
    for step in &report.next {
        page.prose("li", &[], step);
    }
    page.fixed("</ol>\n</section>\n");
}

fn may_still_run(page: &mut Markup, report: &Report) {
    if report.may_still_run.is_empty() {
        return;
    }
    page.fixed("<section class=\"warn\">\n<h2>May still run at the site</h2>\n");
    page.fixed("<p>These can't be cancelled from here.</p>\n<table>\n<thead><tr><th scope=\"col\">Restore</th>");
    page.fixed("<th scope=\"col\">Name at the site</th><th scope=\"col\">Id</th><th scope=\"col\">Target site</th>");
    page.fixed("<th scope=\"col\">Last seen</th><th scope=\"col\">Why</th></tr></thead>\n<tbody>\n");
    for entry in &report.may_still_run {
        page.fixed("<tr>").element("th", &[("scope", "row")], &entry.item);
        cell(page, "Name at the site", &entry.job_name);
        cell(page, "Id", entry.execution_id.as_deref().unwrap_or("not known"));
        cell(page, "Target site", &entry.target_site);
        cell(page, "Last seen", entry.last_status.as_deref().unwrap_or("never seen"));
        cell(page, "Why", &entry.reason);
        page.close("tr");
    }
    page.fixed("</tbody>\n</table>\n</section>\n");
}

fn not_executed(page: &mut Markup, report: &Report) {
    page.fixed("<section>\n<h2>Not executed by this run</h2>\n");
    if report.not_executed.is_empty() {
        page.fixed("<p>Nothing was left out.</p>\n</section>\n");
        return;
    }
    page.fixed("<table>\n<thead><tr><th scope=\"col\">Restore</th><th scope=\"col\">Result</th>");
    page.fixed("<th scope=\"col\">Reason</th></tr></thead>\n<tbody>\n");
    for entry in &report.not_executed {
        page.fixed("<tr>").element("th", &[("scope", "row")], &entry.item);
        page.open("td", &[("data-label", "Result")]);
        standing(page, entry.result);
        page.close("td");
        cell(page, "Reason", &entry.reason);
        page.close("tr");
    }
    page.fixed("</tbody>\n</table>\n</section>\n");
}

fn losses(page: &mut Markup, report: &Report) {
    page.fixed("<section>\n<h2>Data loss at the target</h2>\n");
    let tried: Vec<_> = report.items.iter().filter(|item| !item.attempts.is_empty()).collect();
    if tried.iter().all(|item| item.data_loss.losses.is_empty()) {
        page.fixed("<p>None that could be seen before the restores were sent.</p>\n</section>\n");
        return;
    }
    page.fixed("<p>By the restores that were sent, whether they succeeded or not:</p>\n<ul>\n");
    for item in tried {
        for loss in &item.data_loss.losses {
            page.prose("li", &[], &format!("`{}` {loss}", item.name));
        }
    }
    page.fixed("</ul>\n</section>\n");
}

fn checks(page: &mut Markup, report: &Report) {
    if report.checks.is_empty() {
        return;
    }
    page.fixed("<section>\n<h2>Checks of the plan</h2>\n");
    let sentence = format!("{} declared, none run: they show nothing.", count(report.checks.len(), "check"));
    page.element("p", &[], &sentence);
    page.fixed("<table>\n<thead><tr><th scope=\"col\">Restore</th><th scope=\"col\">Kind</th>");
    page.fixed("<th scope=\"col\">Declared</th><th scope=\"col\">Result</th></tr></thead>\n<tbody>\n");
    for check in &report.checks {
        page.fixed("<tr>").element("th", &[("scope", "row")], &check.item);
        cell(page, "Kind", &check.kind);
        page.open("td", &[("data-label", "Declared")]).element("code", &[], &check.declared.to_string()).close("td");
        cell(page, "Result", "not run");
        page.close("tr");
    }
    page.fixed("</tbody>\n</table>\n</section>\n");
}

fn notes(page: &mut Markup, report: &Report) {
    if report.notes.is_empty() {
        return;
    }
    page.fixed("<section>\n<h2>Notes of the run</h2>\n<ul>\n");
    for note in &report.notes {
        page.prose("li", &[], &format!("{}: {}", moment(note.at), note.text));
    }
    page.fixed("</ul>\n</section>\n");
}

fn footer(page: &mut Markup, report: &Report) {
    page.fixed("<footer>\n<h2>About this report</h2>\n<dl class=\"facts\">\n");
    page.fact("Made", Some(&format!("{} by restorectl {}", moment(report.generated_at), report.generated_by)));
    page.fact("Run opened by", Some(&format!("restorectl {}", report.run.tool_version)));
    page.fact("From", Some(&format!("{} of the journal", count(report.run.entries as usize, "entry"))));
    page.fact("Site read", Some(&moment(report.run.site_read_at)));
    page.fact("Plan digest", Some(&report.plan.digest));
    page.fact("Changeset digest", Some(&report.run.changeset_digest));
    page.fact("Report version", Some(&report.report_version.to_string()));
    page.fixed("</dl>\n<p>All times are UTC. Times of the site's own work are by the site's clock.</p>\n</footer>\n");
}
