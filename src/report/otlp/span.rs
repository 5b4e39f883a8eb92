//! The spans of a run.

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::attribute::{Attributes, short};
use super::parent::TraceParent;
use super::{extent, nanoseconds};
use crate::model::hexadecimal;
use crate::report::{AnswerKind, AttemptReport, ItemReport, Report};

/// What kind of work a span is, by the protocol's numbers.
const INTERNAL: u8 = 1;
const CLIENT: u8 = 3;
/// A status that says that it went wrong.
const ERROR: u8 = 2;

/// One span.
struct Span<'a> {
    id: String,
    parent: Option<&'a str>,
    name: &'static str,
    kind: u8,
    from: Timestamp,
    to: Timestamp,
    attributes: Attributes,
    /// Why it went wrong, if it did.
    error: Option<String>,
}

/// All spans: the run's own first, then those of its items in the plan's order.
pub(super) fn all<'a>(report: &'a Report, parent: Option<&'a TraceParent>) -> impl Iterator<Item = Value> + 'a {
    let trace = parent.map_or_else(|| trace_of(&report.run.id), |parent| parent.trace.clone());
    let root = id(&[&report.run.id]);
    let first = of_run(report, parent, (&trace, &root));
    let rest = report.items.iter().flat_map(move |item| of_item(report, item, (&trace, &root)));
    std::iter::once(first).chain(rest)
}

/// The trace of a run that nobody else has begun one for: always the same.
fn trace_of(run: &str) -> String {
    digits(&["trace", run], 16)
}

fn id(parts: &[&str]) -> String {
    digits(&[&["span"], parts].concat(), 8)
}

/// So many bytes of a hash, in hexadecimal digits.
fn digits(parts: &[&str], bytes: usize) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hexadecimal(hash.finalize().into_iter().take(bytes))
}

fn of_run(report: &Report, parent: Option<&TraceParent>, (trace, root): (&str, &str)) -> Value {
    let (from, to) = extent(report);
    let run = &report.run;
    let mut attributes = Attributes::default()
        .text("restorectl.run.id", &run.id)
        .text("restorectl.plan", &report.plan.name)
        .text("restorectl.environment", &report.environment.name)
        .text("restorectl.verdict", code(&report.verdict.code).as_str())
        .flag("restorectl.simulated", report.simulated)
        .maybe_text("restorectl.run.resumes", run.resumes.as_deref())
        .text("restorectl.changeset.digest", &run.changeset_digest)
        .text("restorectl.opened_by", &run.opened_by)
        .number("restorectl.items", u64::try_from(report.total).unwrap_or(u64::MAX))
        .maybe_number("restorectl.bytes", report.bytes_restored);
    if let Some(shard) = &run.shard {
        attributes = attributes.text("restorectl.shard", &shard.shard.to_string());
    }
    for objective in &report.objectives {
        let key = format!("restorectl.objective.{}", objective.kind.code());
        attributes = attributes
            .text(&key, &code(&objective.verdict))
            .number(&format!("{key}.goal_ms"), objective.objective_ms.0)
            .maybe_number(&format!("{key}.observed_ms"), objective.measured_ms.map(|measured| measured.0));
    }
    let span = Span {
        id: root.to_owned(),
        parent: parent.map(|parent| parent.span.as_str()),
        name: "restore run",
        kind: INTERNAL,
        from,
        to,
        attributes,
        error: (!report.verdict.green).then(|| report.verdict.rule.clone()),
    };
    let mut value = span.json(trace);
    let note = |note: &crate::report::NoteReport| {
        let attributes = Attributes::default().text("restorectl.note", &note.text);
        json!({"timeUnixNano": nanoseconds(note.at), "name": "note", "attributes": attributes})
    };
    // A trace of somebody else's tells where the run stands; the earlier run may have been in another one.
    let link = |earlier: &String| json!({"traceId": trace_of(earlier), "spanId": id(&[earlier])});
    if let Value::Object(map) = &mut value {
        map.insert("events".to_owned(), report.notes.iter().map(note).collect());
        if let Some(earlier) = run.resumes.as_ref().filter(|_| parent.is_none()) {
            map.insert("links".to_owned(), json!([link(earlier)]));
        }
    }
    value
}

/// The spans of an item's attempts; none for one that this run didn't try.
fn of_item(report: &Report, item: &ItemReport, (trace, root): (&str, &str)) -> Vec<Value> {
    let mut all = Vec::with_capacity(item.attempts.len() * 3);
    for (index, attempt) in item.attempts.iter().enumerate() {
        let number = index.to_string();
        let id_of = |part: &str| id(&[&report.run.id, &item.name, &number, part]);
        let is_last = index + 1 == item.attempts.len();
        let own = id_of("attempt");
        all.push(of_attempt(report, (item, attempt), is_last, (own.clone(), root)).json(trace));
        let part = |name: &'static str, from: Timestamp, to: Timestamp| {
            let attributes = Attributes::default().text("restorectl.item", &item.name);
            let span =
                Span { id: id_of(name), parent: Some(&own), name, kind: INTERNAL, from, to, attributes, error: None };
            span.json(trace)
        };
        if let Some(waited) = attempt.waiting_ms {
            all.push(part("waiting", attempt.began_at, waited.after(attempt.began_at)));
        }
        if let (Some(from), Some(to), Some(_)) = (attempt.work_began_at, attempt.work_ended_at, attempt.working_ms) {
            all.push(part("working", from, to));
        }
    }
    all
}

fn of_attempt<'a>(
    report: &Report,
    (item, attempt): (&ItemReport, &AttemptReport),
    is_last: bool,
    (id, root): (String, &'a str),
) -> Span<'a> {
    let restore = attempt.restore.as_ref();
    let given = attempt.answer.as_ref().and_then(|answer| answer.resource_id.as_deref());
    let outcome = if is_last { item.result.code() } else { outcome_of_former(attempt) };
    let is_wrong = !is_last || item.result.end().is_some_and(|end| !end.is_success());
    let reason = attempt.over_reason.as_deref().or(item.reason.as_deref().filter(|_| is_last));
    let attributes = Attributes::default()
        .text("restorectl.plan", &report.plan.name)
        .text("restorectl.environment", &report.environment.name)
        .text("restorectl.item", &item.name)
        .text("restorectl.job_name", &attempt.job_name)
        .maybe_text("restorectl.restore.id", restore.and_then(|restore| restore.execution_id.as_deref()).or(given))
        .number("restorectl.generation", attempt.generation.into())
        .number("restorectl.attempt", attempt.number.into())
        .flag("restorectl.adopted", attempt.adopted)
        .text("restorectl.outcome", outcome)
        .maybe_text("restorectl.restore.status", restore.map(|restore| restore.status.as_str()))
        .maybe_number("restorectl.bytes", restore.and_then(|restore| restore.bytes))
        .text("restorectl.source.site", &item.source.site)
        .text("restorectl.target.site", &item.target_site)
        .maybe_text("restorectl.reason", reason);
    let (_, end) = extent(report);
    Span {
        id,
        parent: Some(root),
        name: "restore",
        kind: CLIENT,
        from: attempt.began_at,
        to: attempt.over_at.or(item.ended_at).unwrap_or(end),
        attributes,
        error: is_wrong.then(|| reason.unwrap_or(outcome).to_owned()),
    }
}

/// What became of an attempt that another one followed.
fn outcome_of_former(attempt: &AttemptReport) -> &'static str {
    match attempt.answer.as_ref().map(|answer| answer.kind) {
        Some(AnswerKind::Rejected) => "rejected",
        _ if attempt.not_found => "not_found",
        _ => "failed",
    }
}

impl Span<'_> {
    fn json(self, trace: &str) -> Value {
        let status = match &self.error {
            Some(why) => json!({"code": ERROR, "message": short(why)}),
            None => json!({}),
        };
        json!({
            "traceId": trace,
            "spanId": self.id,
            "parentSpanId": self.parent.unwrap_or_default(),
            "name": self.name,
            "kind": self.kind,
            "startTimeUnixNano": nanoseconds(self.from),
            "endTimeUnixNano": nanoseconds(self.to.max(self.from)),
            "attributes": self.attributes,
            "status": status,
        })
    }
}

/// The word that a document has for a value.
fn code<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
