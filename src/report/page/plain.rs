//! What is known of a restore as lines of text. A page of thousands of restores would take a browser many seconds if each
//! had its own tables; so there those that succeeded are told this way, with everything that the tables would hold.

use super::item::answer;
use super::markup::Markup;
use crate::report::document::{AttemptReport, ItemReport, ServiceReport, SubTaskReport};
use crate::report::wording::{bytes, hours, moment};

/// All that is known of an item, a line each.
pub(super) fn details(page: &mut Markup, item: &ItemReport) {
    page.fixed("<p class=\"plain\">");
    for line in lines(item) {
        page.text(&line).fixed("\n");
    }
    page.fixed("</p>\n");
}

fn lines(item: &ItemReport) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(item.reason.iter().map(|reason| format!("Result: {reason}")));
    lines.push(format!("Diff: {}: {}", item.action, item.action_reason));
    lines.extend(item.ended_at.map(|at| format!("Ended: {}", moment(at))));
    let source = &item.source;
    let execution = source.execution.as_deref().unwrap_or("none");
    lines.push(format!(
        "Source: site {}, job {}, execution {execution} (wanted: {})",
        source.site, source.job, source.selector
    ));
    let age = source.backup_age_ms.map(|age| format!(", {} old at the start", hours(age))).unwrap_or_default();
    lines.extend(source.backup_at.map(|at| format!("Backup of: {}{age}", moment(at))));
    lines.push(format!("Target site: {}", item.target_site));
    lines.extend((!item.after.is_empty()).then(|| format!("After: {}", item.after.join(", "))));
    for object in &item.objects {
        let over = if object.in_place { " (over itself)" } else { "" };
        let all = if object.include_all { "" } else { ", include_all off" };
        let out = match object.exclude.is_empty() {
            true => String::new(),
            false => format!(", left out: {}", object.exclude.join(", ")),
        };
        lines.push(format!("Object: {} {} to {}{over}{all}{out}", object.object_type, object.name, object.target_name));
    }
    lines.extend(item.data_loss.losses.iter().map(|loss| format!("Data loss: {loss}")));
    item.attempts.iter().for_each(|each| attempt(&mut lines, each));
    for late in &item.late {
        lines.push("Turned up late: this had been given up, and there may be two".to_owned());
        service(&mut lines, late);
    }
    lines.extend(item.notes.iter().map(|note| format!("Note: {note}")));
    lines
}

fn attempt(lines: &mut Vec<String>, attempt: &AttemptReport) {
    let how = if attempt.adopted { "adopted" } else { "intended" };
    lines.push(format!(
        "Attempt {}: {}, generation {}, {how} {}, {}",
        attempt.number,
        attempt.job_name,
        attempt.generation,
        moment(attempt.began_at),
        answer(attempt)
    ));
    let first = attempt.first_seen_at.map(|at| format!("first seen {}", moment(at)));
    let waited = attempt.waiting_ms.map(|time| format!("waited {time}"));
    let worked = attempt.working_ms.map(|time| format!("worked {time}"));
    let over = attempt.over_at.map(|at| format!("given up {}", moment(at)));
    let told: Vec<String> = [first, waited, worked, over, attempt.over_reason.clone()].into_iter().flatten().collect();
    lines.extend((!told.is_empty()).then(|| format!("  {}", told.join(", "))));
    if let Some(restore) = &attempt.restore {
        service(lines, restore);
    }
}

/// A restore in the service's own words.
fn service(lines: &mut Vec<String>, restore: &ServiceReport) {
    let details = restore.status_details.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
    let named = |label: &str, text: &Option<String>| text.as_ref().map(|text| format!("{label} {text}"));
    let open = if restore.is_final { "" } else { ", not final" };
    let told: Vec<String> = [
        Some(format!("Service: {}{details}{open}", restore.status)),
        named("named", &restore.job_name),
        named("execution", &restore.execution_id),
        named("job", &restore.job_id),
        restore.start_time.map(|at| format!("began {}", moment(at))),
        restore.end_time.map(|at| format!("ended {}", moment(at))),
        restore.bytes.map(bytes),
        named("source site", &restore.source_site),
        named("target site", &restore.target_site),
        named("DR site", &restore.dr_site),
        named("snapshot", &restore.snapshot_name),
        named("snapshot size", &restore.snapshot_size),
        restore.is_failover.map(|yes| format!("failover {}", if yes { "yes" } else { "no" })),
    ]
    .into_iter()
    .flatten()
    .collect();
    lines.push(told.join(", "));
    lines.extend(restore.errors.iter().map(|text| format!("  Error: {text}")));
    lines.extend(restore.warnings.iter().map(|text| format!("  Warning: {text}")));
    lines.extend(restore.restored_objects.iter().map(|text| format!("  Object, by the service: {text}")));
    lines.extend(restore.sub_tasks.iter().map(sub_task));
}

fn sub_task(task: &SubTaskReport) -> String {
    let details = task.status_details.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
    let began = task.start_time.map(|at| format!(", began {}", moment(at))).unwrap_or_default();
    let ended = task.end_time.map(|at| format!(", ended {}", moment(at))).unwrap_or_default();
    let took = task.duration_ms.map(|took| format!(", took {took}")).unwrap_or_default();
    let size = task.bytes.map(|size| format!(", {}", bytes(size))).unwrap_or_default();
    format!(
        "  Sub-task {}: {}{details}{began}{ended}{took}{size}",
        task.name.as_deref().unwrap_or("(no name)"),
        task.status
    )
}
