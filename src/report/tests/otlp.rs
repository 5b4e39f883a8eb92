//! Traces and metrics as OTLP has them in JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::scenario::{Scenario, at, decision, happy, hostile, interrupted, killed, trouble};
use crate::model::Action;
use crate::report::{Report, Telemetry, TraceParent, otlp_metrics, otlp_traces};

fn of() -> Telemetry {
    Telemetry { resource: vec![("service.name".into(), "restorectl".into())], ..Telemetry::default() }
}

fn batches(report: &Report, of: &Telemetry) -> Vec<Value> {
    otlp_traces(report, of).map(|text| serde_json::from_str(&text).unwrap()).collect()
}

fn spans(report: &Report, of: &Telemetry) -> Vec<Value> {
    let of_batch = |batch: &Value| batch["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone();
    batches(report, of).iter().flat_map(of_batch).collect()
}

fn metrics(report: &Report, of: &Telemetry) -> Vec<Value> {
    let value: Value = serde_json::from_str(&otlp_metrics(report, of)).unwrap();
    value["resourceMetrics"][0]["scopeMetrics"][0]["metrics"].as_array().unwrap().clone()
}

fn attribute<'a>(of: &'a Value, key: &str) -> Option<&'a Value> {
    let found = of["attributes"].as_array()?.iter().find(|attribute| attribute["key"] == key)?;
    found["value"].as_object()?.values().next()
}

fn all() -> [Scenario; 6] {
    [happy(), trouble(), interrupted(), killed(), hostile(), Scenario::new(Vec::new())]
}

/// A version that doesn't change with the package's.
fn pinned(text: &str) -> String {
    let value: Value = serde_json::from_str(text).unwrap();
    let own = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    serde_json::to_string_pretty(&value).unwrap().replace(&own, "\"version\": \"0.0.0\"")
}

#[test]
fn ids_are_hexadecimal_and_every_parent_is_there() {
    for scenario in all() {
        let spans = spans(&scenario.report(), &of());
        let ids: BTreeSet<&str> = spans.iter().map(|span| span["spanId"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), spans.len(), "no id comes twice");
        let is_hex = |id: &str, digits: usize| id.len() == digits && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        for span in &spans {
            assert!(is_hex(span["spanId"].as_str().unwrap(), 16) && is_hex(span["traceId"].as_str().unwrap(), 32));
            assert_eq!(span["traceId"], spans[0]["traceId"]);
            let parent = span["parentSpanId"].as_str().unwrap();
            assert_eq!(parent.is_empty(), span["spanId"] == spans[0]["spanId"], "{span}");
            assert!(parent.is_empty() || ids.contains(parent), "{span}");
            let moment = |key: &str| span[key].as_str().unwrap().parse::<u64>().unwrap();
            assert!(moment("startTimeUnixNano") <= moment("endTimeUnixNano"), "{span}");
            let keys: Vec<&Value> = span["attributes"].as_array().unwrap().iter().map(|one| &one["key"]).collect();
            assert_eq!(keys.len(), keys.iter().map(|key| key.as_str().unwrap()).collect::<BTreeSet<_>>().len());
        }
    }
}

#[test]
fn every_attempt_is_a_span_with_what_became_of_it() {
    let report = trouble().report();
    let spans = spans(&report, &of());
    let attempts: Vec<(&str, &str, u64)> = spans
        .iter()
        .filter(|span| span["name"] == "restore")
        .map(|span| {
            let text = |key| attribute(span, key).and_then(Value::as_str).unwrap();
            (text("restorectl.item"), text("restorectl.outcome"), span["status"]["code"].as_u64().unwrap_or(0))
        })
        .collect();
    assert_eq!(
        attempts,
        [
            ("model", "succeeded", 0),
            ("orders", "failed", 2),
            ("orders", "failed", 2),
            ("logs", "succeeded", 0),
            ("clicks", "succeeded", 0),
            ("history", "timed_out", 2),
        ]
    );
    let total: usize = report.items.iter().map(|item| item.attempts.len()).sum();
    assert_eq!(total, attempts.len());
}

#[test]
fn the_same_run_gives_the_same_and_what_it_went_on_with_is_linked() {
    let scenario = happy();
    let first = scenario.report();
    let mut later = crate::report::build(&scenario.run(), &scenario.entries, at(900_000)).unwrap();
    assert_eq!(spans(&first, &of()), spans(&later, &of()));
    later.run.resumes = Some(first.run.id.clone());
    later.run.id = "another".into();
    let next = spans(&later, &of());
    assert_ne!(next[0]["traceId"], spans(&first, &of())[0]["traceId"]);
    assert_eq!(next[0]["links"][0]["traceId"], spans(&first, &of())[0]["traceId"]);
    assert_eq!(next[0]["links"][0]["spanId"], spans(&first, &of())[0]["spanId"]);
    let parent = TraceParent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let within = spans(&later, &Telemetry { parent, ..of() });
    assert!(within.iter().all(|span| span["traceId"] == "0af7651916cd43dd8448eb211c80319c"));
    assert_eq!((&within[0]["parentSpanId"], &within[0]["links"]), (&"b7ad6b7169203331".into(), &Value::Null));
}

#[test]
fn large_runs_are_sent_in_parts() {
    let names: Vec<String> = (0..700).map(|number| format!("item-{number}")).collect();
    let decisions = names.iter().map(|name| decision(name, Action::Create, "the site has nothing of it")).collect();
    let scenario = names.iter().fold(Scenario::new(decisions), |all, name| all.success(1, name, name));
    let report = scenario.report();
    let parts = batches(&report, &of());
    let sizes: Vec<usize> =
        parts.iter().map(|part| part["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [500, 500, 500, 500, 101]);
    assert!(otlp_traces(&report, &of()).all(|part| part.len() < 1_000_000));
    assert!(otlp_metrics(&report, &of()).len() < 20_000, "metrics don't grow with the plan");
    let peak = metrics(&report, &of()).into_iter().find(|one| one["name"] == "restorectl.in_flight.peak").unwrap();
    assert_eq!(peak["gauge"]["dataPoints"][0]["asInt"], "700");
}

#[test]
fn metrics_add_up() {
    for scenario in all() {
        let report = scenario.report();
        let metrics = metrics(&report, &of());
        let by_name: BTreeMap<&str, &Value> = metrics.iter().map(|one| (one["name"].as_str().unwrap(), one)).collect();
        assert_eq!(by_name.len(), metrics.len());
        let points = |name: &str, kind: &str| -> Vec<Value> {
            let found = by_name.get(name).and_then(|one| one[kind]["dataPoints"].as_array());
            found.cloned().unwrap_or_default()
        };
        let sum = |points: Vec<Value>| -> u64 {
            points.iter().map(|point| point["asInt"].as_str().unwrap().parse::<u64>().unwrap()).sum()
        };
        assert_eq!(sum(points("restorectl.items", "sum")), report.items.len() as u64);
        let attempts = || report.items.iter().flat_map(|item| &item.attempts);
        let own = attempts().filter(|attempt| !attempt.adopted).count();
        assert_eq!(sum(points("restorectl.creates", "sum")), own as u64);
        let worked = attempts().filter(|attempt| attempt.working_ms.is_some()).count();
        let histogram = points("restorectl.restore.working", "histogram");
        assert_eq!(histogram.len(), usize::from(worked > 0));
        for point in histogram {
            let buckets = point["bucketCounts"].as_array().unwrap();
            assert_eq!(buckets.len(), point["explicitBounds"].as_array().unwrap().len() + 1);
            let all: u64 = buckets.iter().map(|count| count.as_str().unwrap().parse::<u64>().unwrap()).sum();
            assert_eq!((all.to_string().as_str(), all), (point["count"].as_str().unwrap(), worked as u64));
        }
    }
    let temporality =
        |delta| metrics(&happy().report(), &Telemetry { delta, ..of() })[0]["sum"]["aggregationTemporality"].clone();
    assert_eq!((temporality(false), temporality(true)), (2.into(), 1.into()));
}

#[test]
fn no_text_from_outside_could_move_a_cursor_or_has_no_end() {
    let mut scenario = hostile();
    scenario.changeset.environment.name = "e".repeat(50_000);
    let report = scenario.report();
    for text in otlp_traces(&report, &of()).chain([otlp_metrics(&report, &of())]) {
        assert!(!text.contains("\\u001b") && !text.contains(['\u{1b}', '\u{202e}', '\n']), "{text}");
        assert!(!text.contains(&"e".repeat(2000)));
    }
}

#[test]
fn traces_and_metrics_are_pinned() {
    let report = trouble().report();
    insta::assert_snapshot!("trouble_traces", pinned(&otlp_traces(&report, &of()).next().unwrap()));
    insta::assert_snapshot!("trouble_metrics", pinned(&otlp_metrics(&report, &of())));
}
