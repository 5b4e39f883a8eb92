//! The metrics of a run. None of them tells items apart: that is what the trace is for.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::attribute::Attributes;
use super::{extent, nanoseconds, seconds};
use crate::report::{AnswerKind, AttemptReport, ObjectiveVerdict, Report};

/// Bounds of the lengths of restores, in seconds: from a second to a day.
const BOUNDS: [f64; 15] =
    [1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 14_400.0, 28_800.0, 86_400.0];

/// By the protocol's numbers.
const DELTA: u8 = 1;
const CUMULATIVE: u8 = 2;

/// Makes metrics of one run.
struct Metrics<'a> {
    report: &'a Report,
    temporality: u8,
}

pub(super) fn all(report: &Report, delta: bool) -> Vec<Value> {
    let make = Metrics { report, temporality: if delta { DELTA } else { CUMULATIVE } };
    let attempts = || report.items.iter().flat_map(|item| &item.attempts);
    let counts = report.counts.iter().filter(|(_, count)| **count > 0);
    let items = counts.map(|(code, count)| (number(*count), make.attributes().text("restorectl.outcome", code)));
    let mut answers: BTreeMap<&str, usize> = BTreeMap::new();
    attempts().filter(|attempt| !attempt.adopted).for_each(|attempt| *answers.entry(answer(attempt)).or_default() += 1);
    let creates =
        answers.into_iter().map(|(kind, count)| (number(count), make.attributes().text("restorectl.answer", kind)));
    let bytes = report.bytes_restored.map(|bytes| (integer(bytes), make.attributes()));
    let (from, to) = extent(report);
    let took = json!({"asDouble": seconds(crate::model::Millis::between(from, to))});
    let of_flight = |count: usize| vec![(number(count), make.attributes())];
    let mut metrics = vec![
        make.sum("restorectl.items", "{restore}", "Restores of a run by where they stand at its end.", items.collect()),
        make.sum("restorectl.creates", "{request}", "Create calls by their answers.", creates.collect()),
        make.sum("restorectl.bytes", "By", "Bytes that the site says it restored.", bytes.into_iter().collect()),
        make.gauge("restorectl.run.duration", "s", "How long the run took.", vec![(took, make.attributes())]),
        make.gauge("restorectl.in_flight.peak", "{restore}", "The most attempts at once.", of_flight(peak(report))),
        make.gauge(
            "restorectl.in_flight.left",
            "{restore}",
            "Restores that may still run at the site.",
            of_flight(report.may_still_run.len()),
        ),
        make.histogram(
            "restorectl.restore.waiting",
            "From a create call to the start of work.",
            attempts().filter_map(|attempt| attempt.waiting_ms).map(seconds).collect(),
        ),
        make.histogram(
            "restorectl.restore.working",
            "From the start of work to its end.",
            attempts().filter_map(|attempt| attempt.working_ms).map(seconds).collect(),
        ),
    ];
    metrics.extend(make.objectives());
    metrics.retain(|metric| ["sum", "gauge", "histogram"].iter().any(|kind| has_points(metric, kind)));
    metrics
}

impl Metrics<'_> {
    /// What every point says of its run: nothing that is another in every run, or each would be a series of its own.
    fn attributes(&self) -> Attributes {
        let report = self.report;
        let attributes = Attributes::default()
            .text("restorectl.plan", &report.plan.name)
            .text("restorectl.environment", &report.environment.name)
            .flag("restorectl.simulated", report.simulated);
        // Shards run at the same time.
        match &report.run.shard {
            Some(shard) => attributes.text("restorectl.shard", &shard.shard.to_string()),
            None => attributes,
        }
    }

    fn objectives(&self) -> Vec<Value> {
        let of = |value: &dyn Fn(&crate::report::ObjectiveReport) -> Option<Value>| -> Vec<(Value, Attributes)> {
            let all = self.report.objectives.iter().filter_map(|objective| {
                Some((value(objective)?, self.attributes().text("restorectl.objective", objective.kind.code())))
            });
            all.collect()
        };
        let goal = of(&|objective| Some(json!({"asDouble": seconds(objective.objective_ms)})));
        let observed = of(&|objective| Some(json!({"asDouble": seconds(objective.measured_ms?)})));
        let missed = of(&|objective| match objective.verdict {
            ObjectiveVerdict::Met => Some(number(0)),
            ObjectiveVerdict::Missed => Some(number(1)),
            ObjectiveVerdict::NotKnown => None,
        });
        vec![
            self.gauge("restorectl.objective.goal", "s", "What the plan wants at most.", goal),
            self.gauge("restorectl.objective.observed", "s", "What the run shows.", observed),
            self.gauge("restorectl.objective.missed", "1", "1 where it is missed, 0 where it is met.", missed),
        ]
    }

    fn sum(&self, name: &str, unit: &str, description: &str, points: Vec<(Value, Attributes)>) -> Value {
        let points: Vec<Value> = points.into_iter().map(|(value, attributes)| self.point(value, &attributes)).collect();
        let sum = json!({"dataPoints": points, "aggregationTemporality": self.temporality, "isMonotonic": true});
        json!({"name": name, "description": description, "unit": unit, "sum": sum})
    }

    fn gauge(&self, name: &str, unit: &str, description: &str, points: Vec<(Value, Attributes)>) -> Value {
        let points: Vec<Value> = points.into_iter().map(|(value, attributes)| self.point(value, &attributes)).collect();
        json!({"name": name, "description": description, "unit": unit, "gauge": {"dataPoints": points}})
    }

    fn histogram(&self, name: &str, description: &str, values: Vec<f64>) -> Value {
        let mut buckets = [0u64; BOUNDS.len() + 1];
        for value in &values {
            // A bound belongs to the bucket below it.
            let place = BOUNDS.iter().position(|bound| value <= bound).unwrap_or(BOUNDS.len());
            if let Some(bucket) = buckets.get_mut(place) {
                *bucket += 1;
            }
        }
        let points = values.first().map(|first| {
            let rest = json!({
                "count": values.len().to_string(),
                "sum": values.iter().sum::<f64>(),
                "bucketCounts": buckets.map(|count| count.to_string()),
                "explicitBounds": BOUNDS,
                "min": values.iter().copied().fold(*first, f64::min),
                "max": values.iter().copied().fold(*first, f64::max),
            });
            self.point(rest, &self.attributes())
        });
        let points: Vec<Value> = points.into_iter().collect();
        let histogram = json!({"dataPoints": points, "aggregationTemporality": self.temporality});
        json!({"name": name, "description": description, "unit": "s", "histogram": histogram})
    }

    /// A value with its time and attributes.
    fn point(&self, value: Value, attributes: &Attributes) -> Value {
        let (from, to) = extent(self.report);
        let mut point = json!({
            "attributes": attributes,
            "startTimeUnixNano": nanoseconds(from),
            "timeUnixNano": nanoseconds(to),
        });
        if let (Value::Object(point), Value::Object(value)) = (&mut point, value) {
            point.extend(value);
        }
        point
    }
}

fn has_points(metric: &Value, kind: &str) -> bool {
    metric.get(kind).and_then(|data| data.get("dataPoints")?.as_array()).is_some_and(|points| !points.is_empty())
}

fn number(count: usize) -> Value {
    integer(u64::try_from(count).unwrap_or(u64::MAX))
}

fn integer(value: u64) -> Value {
    json!({"asInt": i64::try_from(value).unwrap_or(i64::MAX).to_string()})
}

fn answer(attempt: &AttemptReport) -> &'static str {
    match attempt.answer.as_ref().map(|answer| answer.kind) {
        Some(AnswerKind::Accepted) => "accepted",
        Some(AnswerKind::Rejected) => "rejected",
        Some(AnswerKind::Lost) | None => "lost",
    }
}

/// The most attempts that were under way at once.
fn peak(report: &Report) -> usize {
    let (_, end) = extent(report);
    let mut changes: Vec<(Timestamp, bool)> = Vec::new();
    for item in &report.items {
        for attempt in &item.attempts {
            let over = attempt.over_at.or(item.ended_at).unwrap_or(end);
            // One that was adopted at its end took no room.
            if over > attempt.began_at {
                changes.extend([(attempt.began_at, true), (over, false)]);
            }
        }
    }
    // One that ends makes room for one that begins at the same moment.
    changes.sort_unstable();
    let (mut now, mut most) = (0usize, 0);
    for (_, begins) in changes {
        now = if begins { now + 1 } else { now.saturating_sub(1) };
        most = most.max(now);
    }
    most
}
