//! A run as OpenTelemetry has it: one trace and some metrics, in the JSON encoding of OTLP. They are made of the report, so
//! a run of last year gives the same as it gave at its end.
//!
//! The encoding is that of the protocol's messages in JSON, with two exceptions that it names itself: ids of traces and
//! spans are hexadecimal, and enumerations are numbers. 64-bit integers are strings.

mod attribute;
mod metric;
mod parent;
mod span;

use serde_json::{Value, json};

use self::attribute::{Attributes, nanoseconds};
pub use self::parent::TraceParent;
use super::Report;
use crate::model::Millis;

/// The most spans in one request.
const BATCH: usize = 500;

/// Who sends, and what the run belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Telemetry {
    /// Attributes of the sender, by their keys; among them `service.name`.
    pub resource: Vec<(String, String)>,
    /// The span that started the run; none: the run has a trace of its own.
    pub parent: Option<TraceParent>,
    /// Whether sums count from the last time they were sent, instead of from a beginning.
    pub delta: bool,
}

/// The trace of a run, as bodies of requests that follow one another: the run, its attempts, and of each the time in queues
/// and the time of work.
pub fn otlp_traces<'a>(report: &'a Report, of: &'a Telemetry) -> impl Iterator<Item = String> + 'a {
    let mut spans = span::all(report, of.parent.as_ref()).peekable();
    std::iter::from_fn(move || {
        spans.peek()?;
        let batch: Vec<Value> = spans.by_ref().take(BATCH).collect();
        let scope = json!({"scope": scope(), "spans": batch});
        Some(json!({"resourceSpans": [{"resource": resource(of), "scopeSpans": [scope]}]}).to_string())
    })
}

/// The metrics of a run, as the body of a request.
pub fn otlp_metrics(report: &Report, of: &Telemetry) -> String {
    let scope = json!({"scope": scope(), "metrics": metric::all(report, of.delta)});
    json!({"resourceMetrics": [{"resource": resource(of), "scopeMetrics": [scope]}]}).to_string()
}

fn resource(of: &Telemetry) -> Value {
    let attributes = of.resource.iter().fold(Attributes::default(), |all, (key, value)| all.text(key, value));
    json!({"attributes": attributes})
}

fn scope() -> Value {
    json!({"name": "restorectl", "version": env!("CARGO_PKG_VERSION")})
}

/// From a run's start to its end, or to its last entry where it has none.
fn extent(report: &Report) -> (jiff::Timestamp, jiff::Timestamp) {
    let run = &report.run;
    let end = run.ended_at.or(run.last_entry_at).unwrap_or(run.started_at);
    (run.started_at, end.max(run.started_at))
}

/// A length in seconds.
fn seconds(length: Millis) -> f64 {
    std::time::Duration::from_millis(length.0).as_secs_f64()
}
