//! Traces and metrics of the real binary, sent to a collector that this test is.

use serde_json::Value;

use crate::cli::APPLY;
use crate::client::server::{Act, Hostile, say};
use crate::client::{answer, json};
use crate::rig::{Ran, Rig};

/// Runs the binary with these variables.
async fn run(rig: &Rig, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    Ran::from(rig.command(arguments).envs(variables.iter().copied()).output().await.unwrap())
}

/// The address of a collector.
fn base(collector: &Hostile) -> String {
    collector.url.trim_end_matches("/data-protection/v2").to_owned()
}

fn body(request: &str) -> Value {
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

fn paths(collector: &Hostile) -> Vec<String> {
    let mut paths: Vec<String> =
        collector.requests().iter().map(|request| request.split(' ').nth(1).unwrap().to_owned()).collect();
    paths.sort();
    paths
}

const ALL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_sent_at_its_end_and_again_later() {
    let collector = Hostile::always(vec![Act::Say(json("{}"))]).await;
    let rig = Rig::new().await;
    let base = base(&collector);
    let variables = [(ALL, base.as_str()), ("OTEL_EXPORTER_OTLP_HEADERS", "x-token=open-sesame")];
    let ran = run(&rig, &APPLY, &variables).await.code(0);
    assert!(!ran.stderr.contains("telemetry"), "{}", ran.stderr);
    assert_eq!(paths(&collector), ["/v1/metrics", "/v1/traces"]);
    let requests = collector.requests();
    let traces = requests.iter().find(|request| request.contains(" /v1/traces ")).unwrap();
    assert!(traces.contains("content-type: application/json\r\n") && traces.contains("x-token: open-sesame\r\n"));
    let first = body(traces);
    let spans = first["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone();
    assert_eq!(spans[0]["name"], "restore run");
    assert_eq!(spans.iter().filter(|span| span["name"] == "restore").count(), 10);
    assert_eq!(spans.iter().filter(|span| span["name"] == "working").count(), 10);

    let again = run(&rig, &["report", "--latest", "--otlp"], &[variables[0]]).await.code(0);
    assert!(again.stderr.contains("sent run"), "{}", again.stderr);
    assert_eq!(paths(&collector).len(), 4);
    let requests = collector.requests();
    let later = requests.iter().rev().find(|request| request.contains(" /v1/traces ")).unwrap();
    assert_eq!(body(later), first, "the same, whenever it is made");
    let file = run(&rig, &["report", "--latest", "--format", "otlp-traces", "--out", "run.jsonl"], &[]).await.code(0);
    assert!(file.stderr.contains("wrote `run.jsonl`"), "{}", file.stderr);
    let line = std::fs::read_to_string(rig.path("run.jsonl")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(line.trim_end()).unwrap(), first);
    let printed = run(&rig, &["report", "--latest", "--format", "otlp-metrics"], &[]).await.code(0);
    assert!(serde_json::from_str::<Value>(&printed.stdout).unwrap()["resourceMetrics"].is_array());
    assert!(!rig.journal().contains("open-sesame"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_means_harm_is_warned_of_and_changes_nothing() {
    let elsewhere = Hostile::always(vec![Act::Say(json("{}"))]).await;
    let moved = answer("308 Permanent Redirect", &format!("location: {}\r\n", elsewhere.url), "");
    let refused = r#"{"partialSuccess":{"rejectedSpans":"7","rejectedDataPoints":"7","errorMessage":"too\nold"}}"#;
    for (acts, says, tries) in [
        (vec![say(answer("400 Bad Request", "", "s3cret"))], "answered 400", Some(2)),
        (vec![say(answer("500 Internal Server Error", "", ""))], "answered 500", Some(2)),
        (vec![say(answer("503 Service Unavailable", "", ""))], "answered 503", None),
        (vec![say(moved.clone())], "answered 308, and redirects are not followed", Some(2)),
        (vec![Act::Silence], "didn't answer in time", None),
        (vec![Act::Reset], "can't be reached", None),
        (vec![say(json(refused))], "7 refused (too old)", Some(2)),
    ] {
        let collector = Hostile::always(acts).await;
        let rig = Rig::new().await;
        let base = base(&collector);
        let variables = [
            (ALL, base.as_str()),
            ("OTEL_EXPORTER_OTLP_HEADERS", "k=s3cret"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", if tries.is_some() { "20000" } else { "900" }),
        ];
        let ran = run(&rig, &APPLY, &variables).await.code(0);
        for signal in ["traces", "metrics"] {
            let warned = |line: &&str| line.starts_with("warning: telemetry: ") && line.contains(signal);
            let line = ran.stderr.lines().find(warned).unwrap_or_else(|| panic!("{signal}: {}", ran.stderr));
            assert!(line.contains(says) && line.contains("--otlp` sends it again"), "{line}");
        }
        assert!(!ran.stderr.contains("s3cret"), "{}", ran.stderr);
        assert!(tries.is_none_or(|tries| collector.requests().len() == tries), "{says}");
        // Who asks for it is told by the exit code.
        run(&rig, &["report", "--latest", "--otlp"], &variables).await.code(1).says(says);
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_sent_is_said_and_what_is_not_wanted_is_not_sent() {
    let collector = Hostile::always(vec![Act::Say(json("{}"))]).await;
    let rig = Rig::new().await;
    let base = base(&collector);
    let ran = run(&rig, &APPLY, &[(ALL, &base), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).await.code(0);
    assert!(ran.stderr.contains("asks for `grpc`, and restorectl speaks `http/json` alone"), "{}", ran.stderr);
    run(&rig, &APPLY, &[(ALL, &base), ("OTEL_SDK_DISABLED", "true")]).await.code(0);
    run(&rig, &["diff", "plans/dr-weekly.yaml", "--env", "sim"], &[(ALL, &base)]).await.code(0);
    run(&rig, &["validate", "plans/dr-weekly.yaml"], &[(ALL, &base)]).await.code(0);
    run(&rig, &["report", "--latest"], &[(ALL, &base)]).await.code(0);
    assert_eq!(collector.connections(), 0);
}
