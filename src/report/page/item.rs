//! The table of restores, each with all that is known of it behind a fold.

use super::find::{CHUNK, id};
use super::markup::Markup;
use super::{cell, class, plain, standing};
use crate::report::document::{AttemptReport, ItemReport, Report, ServiceReport, SubTaskReport};
use crate::report::standing::Mark;
use crate::report::urgency::look;
use crate::report::wording::{bytes, hours, moment};
use crate::report::{AnswerKind, Standing};

/// The table of all items, in the plan's order.
pub(super) fn items(page: &mut Markup, report: &Report) {
    page.fixed("<section>\n<h2>Restores</h2>\n");
    if report.items.is_empty() {
        page.fixed("<p>The plan has none.</p>\n</section>\n");
        return;
    }
    let mut unfolded = 0;
    for (number, chunk) in report.items.chunks(CHUNK).enumerate() {
        let large = report.items.len() > CHUNK;
        page.fixed(if large { "<div class=\"chunk\">\n" } else { "" });
        table(page, (chunk, number * CHUNK), large, &mut unfolded);
        page.fixed(if large { "</div>\n" } else { "" });
    }
    page.fixed("</section>\n");
}

/// So many are unfolded at most: more than that nobody reads from top to bottom.
const UNFOLDED: usize = 50;

fn table(page: &mut Markup, (items, first): (&[ItemReport], usize), large: bool, unfolded: &mut usize) {
    page.fixed("<table class=\"items\">\n");
    if first == 0 {
        page.fixed("<caption>In the plan's order. What needs a look is unfolded.</caption>\n");
    }
    page.fixed("<thead><tr><th scope=\"col\">Restore</th><th scope=\"col\">Diff</th><th scope=\"col\">Result</th>");
    page.fixed("<th scope=\"col\">Backup</th><th scope=\"col\">Target</th><th scope=\"col\">Data loss</th>");
    page.fixed(
        "<th scope=\"col\" class=\"number\">Took</th><th scope=\"col\" class=\"number\">Bytes</th></tr></thead>\n",
    );
    for (index, item) in items.iter().enumerate() {
        page.open("tbody", &[("id", &id(first + index)), ("data-mark", class(look(item)))]).fixed("\n");
        row(page, item);
        page.fixed("<tr class=\"more\"><td colspan=\"8\">");
        let unfold = matches!(look(item), Mark::Bad | Mark::Open) && *unfolded < UNFOLDED;
        *unfolded += usize::from(unfold);
        page.open("details", if unfold { &[("open", "")] } else { &[] });
        page.open("summary", &[]).text("Details of ").element("bdi", &[], &item.name).close("summary");
        if large && look(item) == Mark::Good {
            plain::details(page, item)
        } else {
            details(page, item)
        }
        page.close("details").fixed("</td></tr>\n</tbody>\n");
    }
    page.fixed("</table>\n");
}

fn row(page: &mut Markup, item: &ItemReport) {
    page.fixed("<tr>").element("th", &[("scope", "row")], &item.name);
    cell(page, "Diff", item.action.word());
    page.open("td", &[("data-label", "Result")]);
    standing(page, item.result);
    if item.flaky {
        page.element("small", &[], "flaky: an attempt failed before");
    }
    page.close("td");
    let age = item.source.backup_age_ms.map(|age| format!(", {} old", hours(age))).unwrap_or_default();
    let backup = match &item.source.execution {
        Some(execution) => format!("{execution} of job {}{age}", item.source.job),
        None => format!("none of job {}", item.source.job),
    };
    cell(page, "Backup", &backup);
    cell(page, "Target", &target(item));
    cell(page, "Data loss", &item.data_loss.words);
    number(page, "Took", item.took_ms.map(|took| took.to_string()));
    number(page, "Bytes", item.bytes.map(bytes));
    page.close("tr");
}

fn number(page: &mut Markup, label: &str, text: Option<String>) {
    let text = text.unwrap_or_else(|| "\u{2013}".to_owned());
    page.element("td", &[("data-label", label), ("class", "number")], &text);
}

/// Where it goes, in short.
fn target(item: &ItemReport) -> String {
    match item.objects.as_slice() {
        [only] => format!("{} at {}", only.target_name, item.target_site),
        many => format!("{} objects at {}", many.len(), item.target_site),
    }
}

fn details(page: &mut Markup, item: &ItemReport) {
    page.fixed("<dl class=\"facts\">\n");
    page.fact("Result", item.reason.as_deref());
    page.fact("Diff", Some(&format!("{}: {}", item.action, item.action_reason)));
    page.fact("Ended", item.ended_at.map(moment).as_deref());
    let source = &item.source;
    let wanted = match &source.execution {
        Some(execution) => format!("execution {execution} (wanted: {})", source.selector),
        None => format!("no execution (wanted: {})", source.selector),
    };
    page.fact("Source", Some(&format!("site {}, job {}, {wanted}", source.site, source.job)));
    page.fact("Backup of", source.backup_at.map(moment).as_deref());
    page.fact("Age at the start", source.backup_age_ms.map(hours).as_deref());
    page.fact("Target site", Some(&item.target_site));
    page.fact("After", (!item.after.is_empty()).then(|| item.after.join(", ")).as_deref());
    page.fixed("</dl>\n");
    objects(page, item);
    list(page, "Data loss", &item.data_loss.losses);
    for attempt in &item.attempts {
        attempt_section(page, attempt, item.result);
    }
    for late in &item.late {
        page.fixed("<h3>Turned up late</h3>\n<p>This had been given up: there may be two.</p>\n");
        service(page, late);
    }
    list(page, "Notes", &item.notes);
}

fn list(page: &mut Markup, title: &str, texts: &[String]) {
    if texts.is_empty() {
        return;
    }
    page.element("h3", &[], title).fixed("<ul>\n");
    for text in texts {
        page.prose("li", &[], text);
    }
    page.fixed("</ul>\n");
}

fn objects(page: &mut Markup, item: &ItemReport) {
    page.fixed("<table>\n<caption>Objects</caption>\n<thead><tr><th scope=\"col\">In the backup</th>");
    page.fixed("<th scope=\"col\">Type</th><th scope=\"col\">At the target</th><th scope=\"col\">Left out</th>");
    page.fixed("</tr></thead>\n<tbody>\n");
    for object in &item.objects {
        let place = if object.in_place { " (over itself)" } else { "" };
        let mut out = object.exclude.join(", ");
        if !object.include_all {
            out.push_str(if out.is_empty() { "include_all off" } else { "; include_all off" });
        }
        page.fixed("<tr>").element("th", &[("scope", "row")], &object.name);
        cell(page, "Type", &object.object_type);
        cell(page, "At the target", &format!("{}{place}", object.target_name));
        cell(page, "Left out", if out.is_empty() { "nothing" } else { &out });
        page.close("tr");
    }
    page.fixed("</tbody>\n</table>\n");
}

fn attempt_section(page: &mut Markup, attempt: &AttemptReport, result: Standing) {
    let adopted = if attempt.adopted { ", adopted" } else { "" };
    page.element("h3", &[], &format!("Attempt {}{adopted}", attempt.number));
    page.fixed("<dl class=\"facts\">\n");
    page.fact("Name at the site", Some(&attempt.job_name));
    page.fact("Generation", Some(&attempt.generation.to_string()));
    page.fact(if attempt.adopted { "Adopted" } else { "Intended" }, Some(&moment(attempt.began_at)));
    page.fact("Answer", Some(&answer(attempt)));
    page.fact("First seen at the site", attempt.first_seen_at.map(moment).as_deref());
    page.fact("Waited", attempt.waiting_ms.map(|time| time.to_string()).as_deref());
    page.fact("Worked", attempt.working_ms.map(|time| time.to_string()).as_deref());
    page.fact("Given up", attempt.over_at.map(moment).as_deref());
    page.fact("Because", attempt.over_reason.as_deref());
    page.fixed("</dl>\n");
    match &attempt.restore {
        Some(restore) => service(page, restore),
        None if result.is_success() => {}
        None => {
            page.fixed("<p>The site never showed it.</p>\n");
        }
    }
}

pub(super) fn answer(attempt: &AttemptReport) -> String {
    let Some(answer) = &attempt.answer else {
        return if attempt.adopted { "sent by an earlier run" } else { "none recorded" }.to_owned();
    };
    let when = answer.at.map(|at| format!(", {}", moment(at))).unwrap_or_default();
    let message = answer.message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
    match (answer.kind, &answer.resource_id) {
        (AnswerKind::Accepted, Some(id)) => format!("accepted as restore {id}{when}"),
        (AnswerKind::Accepted, None) => format!("accepted{when}"),
        (AnswerKind::Rejected, _) => format!("not accepted{when}{message}"),
        (AnswerKind::Lost, _) => format!("lost{when}{message}"),
    }
}

/// A restore in the service's own words.
fn service(page: &mut Markup, restore: &ServiceReport) {
    page.fixed("<dl class=\"facts\">\n");
    let details = restore.status_details.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
    let open = if restore.is_final { "" } else { ", not final" };
    page.fact("Status at the site", Some(&format!("{}{details}{open}", restore.status)));
    page.fact("Named", restore.job_name.as_deref());
    page.fact("Execution id", restore.execution_id.as_deref());
    page.fact("Job id", restore.job_id.as_deref());
    page.fact("Began", restore.start_time.map(moment).as_deref());
    page.fact("Ended", restore.end_time.map(moment).as_deref());
    page.fact("Bytes", restore.bytes.map(bytes).as_deref());
    page.fact("Source site", restore.source_site.as_deref());
    page.fact("Target site", restore.target_site.as_deref());
    page.fact("DR site", restore.dr_site.as_deref());
    page.fact("Snapshot", restore.snapshot_name.as_deref());
    page.fact("Snapshot size", restore.snapshot_size.as_deref());
    page.fact("Failover", restore.is_failover.map(|yes| if yes { "yes" } else { "no" }));
    page.fixed("</dl>\n");
    list(page, "Errors of the service", &restore.errors);
    list(page, "Warnings of the service", &restore.warnings);
    list(page, "Objects, by the service", &restore.restored_objects);
    sub_tasks(page, &restore.sub_tasks);
}

fn sub_tasks(page: &mut Markup, tasks: &[SubTaskReport]) {
    if tasks.is_empty() {
        return;
    }
    page.fixed(
        "<table>\n<caption>Sub-tasks</caption>\n<thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Status</th>",
    );
    page.fixed("<th scope=\"col\">Began</th><th scope=\"col\">Ended</th><th scope=\"col\" class=\"number\">Took</th>");
    page.fixed("<th scope=\"col\" class=\"number\">Bytes</th></tr></thead>\n<tbody>\n");
    for task in tasks {
        let details = task.status_details.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
        let time = |at: Option<jiff::Timestamp>| at.map_or_else(|| "\u{2013}".to_owned(), moment);
        page.fixed("<tr>").element("th", &[("scope", "row")], task.name.as_deref().unwrap_or("(no name)"));
        cell(page, "Status", &format!("{}{details}", task.status));
        cell(page, "Began", &time(task.start_time));
        cell(page, "Ended", &time(task.end_time));
        number(page, "Took", task.duration_ms.map(|took| took.to_string()));
        number(page, "Bytes", task.bytes.map(bytes));
        page.close("tr");
    }
    page.fixed("</tbody>\n</table>\n");
}
