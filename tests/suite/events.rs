//! `apply --events` by the real binary.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::rig::Rig;

const APPLY: [&str; 5] = ["apply", "plans/dr-weekly.yaml", "--env", "sim", "--auto-approve"];

fn with(path: &str) -> Vec<&str> {
    [&APPLY[..], &["--events", path]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_tell_the_run_from_its_beginning_to_its_end() {
    let rig = Rig::new().await;
    rig.run(&with("events.ndjson")).await.code(0);
    let text = std::fs::read_to_string(rig.path("events.ndjson")).unwrap();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let schema: Value = serde_json::from_str(&rig.run(&["schema", "events"]).await.code(0).stdout).unwrap();
    let validator = jsonschema::options().offline().build(&schema).unwrap();
    for event in &events {
        assert!(validator.is_valid(event), "{event}");
    }
    let report = rig.report().await;
    let kinds = |kind: &str| events.iter().filter(|event| event["event"] == kind).count();
    assert_eq!(events[0]["event"], "run_started");
    assert_eq!(events[0]["run"], report["run"]["id"]);
    assert_eq!(events[0]["simulated"], true);
    let last = events.last().unwrap();
    assert_eq!((last["event"].as_str(), last["how"].as_str()), (Some("run_ended"), Some("completed")));
    let items = report["items"].as_array().unwrap().len();
    assert_eq!(
        (kinds("ended"), last["ended"].as_u64(), last["may_run"].as_u64()),
        (items, Some(items as u64), Some(0))
    );
    assert_eq!(kinds("sending"), rig.creates().await.len());
    let numbers: Vec<u64> = events.iter().filter_map(|event| event["seq"].as_u64()).collect();
    assert!(numbers.is_sorted() && numbers.first() == Some(&1), "{numbers:?}");
    let mode = std::fs::metadata(rig.path("events.ndjson")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!text.contains("rehearsal-only"), "no password is in it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_can_not_be_opened_sends_nothing_and_one_that_fills_up_stops_nothing() {
    let rig = Rig::new().await;
    rig.run(&with("no/such/folder/events")).await.code(1).says("the events can't be written to");
    assert_eq!(rig.creates().await.len(), 0);
    assert_eq!(rig.runs().await, 0);
    if std::path::Path::new("/dev/full").exists() {
        let ran = rig.run(&with("/dev/full")).await.code(0);
        let warned = ran.stderr.matches("no more events can be written").count();
        assert_eq!(warned, 1, "it is told once: {}", ran.stderr);
    }
}
