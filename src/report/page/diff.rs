//! What a changeset would do, as one HTML file, in the manner of a report's page.

use super::markup::Markup;
use super::{cell, class, frame, glyph};
use crate::model::{Action, DataLoss, bytes, count};
use crate::report::preview::{Group, change, expected, forecast, origin, selection, since, stray, summary};
use crate::report::standing::Mark;
use crate::report::wording::{Zone, hours, moment};
use crate::report::{ItemPreview, ObjectiveVerdict, Preview};

/// A preview as a self-contained HTML page.
pub fn preview_html(preview: &Preview) -> String {
    let mut page = Markup::default();
    let title = format!("Changes for {} in {}", preview.plan.name, preview.environment.name);
    frame::head(&mut page, &title, None);
    page.fixed("<body>\n");
    banner(&mut page, preview);
    page.fixed("<main>\n");
    facts(&mut page, preview);
    objectives(&mut page, preview);
    for group in Group::ALL {
        items(&mut page, group, &group.of(preview));
    }
    left_out(&mut page, preview);
    strays(&mut page, preview);
    page.fixed("</main>\n");
    footer(&mut page, preview);
    page.fixed("</body>\n</html>\n");
    page.finish()
}

fn banner(page: &mut Markup, preview: &Preview) {
    let blocked = preview.items.iter().any(|item| item.action == Action::Blocked);
    let mark = match (preview.is_all_there(), preview.alarms().is_empty() && !blocked) {
        (true, _) => Mark::Good,
        (false, true) => Mark::Open,
        (false, false) => Mark::Bad,
    };
    page.open("header", &[("class", &format!("banner {}", class(mark)))]);
    page.element("p", &[("class", "kind")], "Restores that would be made");
    page.fixed("<h1>");
    page.element("bdi", &[], &preview.plan.name).text(" in ");
    page.element("bdi", &[], &preview.environment.name).close("h1");
    page.element("p", &[("class", "verdict")], &summary(preview));
    for alarm in preview.alarms() {
        page.prose("p", &[], &format!("DATA LOSS: {alarm}"));
    }
    if preview.environment.plain_http {
        page.prose("p", &[], "Credentials travel unencrypted (`allow_plain_http`).");
    }
    page.close("header");
}

fn facts(page: &mut Markup, preview: &Preview) {
    let plan = &preview.plan;
    page.fixed("<section>\n<h2>The changeset</h2>\n<dl class=\"facts\">\n");
    frame::plan_facts(page, plan);
    page.fact("Environment", Some(&preview.environment.name));
    page.fact("API", Some(preview.environment.api_url.as_deref().unwrap_or("none: it can't be applied to")));
    page.fact("Shard", preview.shard.as_ref().map(crate::report::shards::shard_words).as_deref());
    page.fact("Elsewhere", preview.elsewhere().as_deref());
    page.fact("Chosen", preview.selection.as_ref().map(selection).as_deref());
    page.fact("Again", preview.again.then_some("a new generation: what is there already is restored anew"));
    page.fact("Site read", Some(&moment(preview.read_at)));
    page.fact("Valid until", Some(&moment(preview.valid_until)));
    page.fact("Forecast", forecast(preview).as_deref());
    page.fixed("</dl>\n</section>\n");
}

fn objectives(page: &mut Markup, preview: &Preview) {
    if preview.objectives.is_empty() || preview.forecast.pending == 0 {
        return;
    }
    page.fixed("<section>\n<table>\n<caption>Objectives of the plan</caption>\n<thead><tr>");
    columns(page, &["Objective", "At most", "Verdict", "Why"]);
    page.fixed("<tbody>\n");
    for objective in &preview.objectives {
        let mark = match objective.verdict {
            ObjectiveVerdict::Met => Mark::Good,
            ObjectiveVerdict::Missed => Mark::Bad,
            ObjectiveVerdict::NotKnown => Mark::Open,
        };
        page.fixed("<tr>").element("th", &[("scope", "row")], objective.kind.words());
        cell(page, "At most", &hours(objective.objective_ms));
        page.open("td", &[("data-label", "Verdict")]);
        standing(page, mark, objective.verdict.words());
        page.close("td");
        cell(page, "Why", &objective.reason);
        page.close("tr");
    }
    page.fixed("</tbody>\n</table>\n</section>\n");
}

fn columns(page: &mut Markup, names: &[&str]) {
    for name in names {
        page.element("th", &[("scope", "col")], name);
    }
    page.fixed("</tr></thead>\n");
}

/// A word with its shape and its colour.
fn standing(page: &mut Markup, mark: Mark, words: &str) {
    page.open("span", &[("class", &format!("standing {}", class(mark)))]);
    page.element("span", &[("aria-hidden", "true")], glyph(mark)).text(words).close("span");
}

fn items(page: &mut Markup, group: Group, items: &[&ItemPreview]) {
    if items.is_empty() {
        return;
    }
    page.fixed("<section>\n");
    page.element("h2", &[], &format!("{}: {}", group.title(), count(items.len(), "restore")));
    page.fixed("<table class=\"items\">\n<thead><tr>");
    columns(page, &["Restore", "Action", "Why", "Data loss", "Size", "Takes"]);
    for item in items {
        page.fixed("<tbody>\n<tr>").element("th", &[("scope", "row")], &item.name);
        let mark = match item.action {
            Action::Blocked => Mark::Bad,
            Action::Satisfied => Mark::Good,
            Action::Adopt | Action::Retry | Action::Changed => Mark::Open,
            Action::Create => Mark::Untried,
        };
        page.open("td", &[("data-label", "Action")]);
        standing(page, mark, item.action.word());
        page.close("td");
        cell(page, "Why", &item.reason);
        page.open("td", &[("data-label", "Data loss")]);
        losses(page, item);
        page.close("td");
        cell(page, "Size", &item.bytes.map_or_else(|| "not known".to_owned(), bytes));
        let takes = expected(item).unwrap_or_else(|| "not known".to_owned());
        cell(page, "Takes", if item.action.is_pending() { &takes } else { "nothing" });
        page.close("tr");
        page.fixed("<tr class=\"more\"><td colspan=\"6\"><details><summary>Details</summary>\n<dl class=\"facts\">\n");
        details(page, item);
        page.fixed("</dl>\n</details></td></tr>\n</tbody>\n");
    }
    page.fixed("</table>\n</section>\n");
}

fn losses(page: &mut Markup, item: &ItemPreview) {
    let asked = item.action.is_pending() || !item.data_loss.losses.is_empty();
    if !asked {
        page.text("none");
        return;
    }
    if item.data_loss.losses.is_empty() {
        page.prose("p", &[], &item.data_loss.words);
    }
    if item.data_loss.class != DataLoss::None && item.action.is_pending() {
        standing(page, Mark::Bad, &item.data_loss.class.to_string());
    }
    for loss in &item.data_loss.losses {
        page.prose("p", &[], loss);
    }
}

fn details(page: &mut Markup, item: &ItemPreview) {
    if let Some(earlier) = &item.since {
        page.fact("Changed", Some(&since(earlier)));
        for each in &earlier.changes {
            page.fact("Field", Some(&change(each)));
        }
    }
    page.fact("From", Some(&origin(item)));
    let backup = item.source.backup_at.map(|at| {
        let age = item.source.backup_age_ms.map_or_else(String::new, |age| format!(", {} old", hours(age)));
        format!("{}{age}", moment(at))
    });
    page.fact("Backup", backup.as_deref());
    page.fact("To", Some(&format!("site {}", item.target_site)));
    for object in &item.objects {
        page.fact("Object", Some(&crate::report::preview::target(object)));
    }
    page.fact("After", (!item.after.is_empty()).then(|| item.after.join(", ")).as_deref());
    page.fact("Group", item.group.as_deref());
    page.fact("Deadline", Some(&item.deadline_ms.to_string()));
    page.fact("Name at the site", item.job_name.as_deref());
    page.fact("No further attempt", item.refusal.as_deref());
    page.fact("Written at", Some(&item.origin));
    for note in &item.notes {
        page.fact("Note", Some(note));
    }
}

fn left_out(page: &mut Markup, preview: &Preview) {
    let Some(chosen) = preview.selection.as_ref().filter(|chosen| !chosen.left_out.is_empty()) else { return };
    page.fixed("<section>\n").element("h2", &[], &format!("Left out: {}", count(chosen.left_out.len(), "restore")));
    page.fixed("<ul>\n");
    for each in &chosen.left_out {
        page.prose("li", &[], &format!("{}: {}", each.item, each.reason));
    }
    page.fixed("</ul>\n</section>\n");
}

fn strays(page: &mut Markup, preview: &Preview) {
    if preview.strays.is_empty() {
        return;
    }
    page.fixed(
        "<section class=\"warn\">\n<h2>At the site under this plan's names, but no item of the plan</h2>\n<ul>\n",
    );
    for each in &preview.strays {
        page.prose("li", &[], &stray(each, Zone::UTC));
    }
    page.fixed("</ul>\n</section>\n");
}

fn footer(page: &mut Markup, preview: &Preview) {
    page.fixed("<footer>\n<h2>About this page</h2>\n<dl class=\"facts\">\n");
    page.fact("Decided by", Some(&format!("restorectl {}", preview.generated_by)));
    page.fact("Plan digest", Some(&preview.plan.digest));
    page.fact("Digest to approve", Some(&preview.digest));
    page.fact("Version", Some(&preview.diff_version.to_string()));
    page.fixed("</dl>\n<p>All times are UTC. Nothing was sent to make this page.</p>\n</footer>\n");
}
