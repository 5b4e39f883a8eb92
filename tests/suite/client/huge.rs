//! Answers of legal size that are as large as they can be when read: the real binary stays within its memory.
//!
//! The peak is what the system says of the process (`VmHWM`), looked at again and again while it runs, so it may be a little
//! short. The worst of them are tried each time; `cargo test --test suite huge -- --include-ignored --nocapture` tries all
//! and shows the figures that `docs/hostile-servers.md` has.

use std::sync::Arc;
use std::time::Duration;

use super::server::{Act, Hostile, say};
use crate::rig::{Ran, Rig};

/// What no case may take, in MiB.
const MOST: u64 = 600;

/// Just below the largest answer that is taken, in bytes.
const LARGE: usize = 126 * 1024 * 1024;

/// As many of these elements as make a large list.
fn list(element: &str) -> String {
    format!("[{}]", vec![element; LARGE / (element.len() + 1)].join(","))
}

/// A restore with one field that is as large as it gets.
fn restore(field: &str) -> String {
    format!("[{{\"restore_job_name\": \"a\", \"status\": \"RUNNING\", {field}}}]")
}

fn large(body: &str) -> Vec<u8> {
    super::json(body)
}

/// Runs the binary and looks at its memory; the peak in MiB, where the system tells it.
async fn watched(rig: &Rig, arguments: &[&str]) -> (Ran, u64) {
    let child = rig.start(arguments);
    let status = format!("/proc/{}/status", child.id().unwrap());
    let watch = tokio::spawn(async move {
        let mut peak = 0;
        while let Ok(text) = tokio::fs::read_to_string(&status).await {
            let Some(line) = text.lines().find_map(|line| line.strip_prefix("VmHWM:")) else { break };
            peak = line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        peak
    });
    let ran = Ran::from(child.wait_with_output().await.unwrap());
    (ran, watch.await.unwrap())
}

/// A site whose calls ending in `call` are answered with this body.
async fn site(call: &'static str, body: &str) -> (Rig, Hostile) {
    let rig = Rig::new().await;
    let (base, answer) = (rig.base.clone(), Arc::new(large(body)));
    let gate = Hostile::new(move |_, request| {
        let path = request.split(' ').nth(1).unwrap_or_default();
        match request.starts_with("GET") && path.ends_with(call) {
            true => vec![say(answer.as_slice())],
            false => vec![Act::Forward(base.clone())],
        }
    })
    .await;
    rig.through(&gate.url, "");
    (rig, gate)
}

/// The call that is answered so, what the answer is, and what is said of it where it is refused.
type Case = (&'static str, &'static str, String, Option<&'static str>);

const TOO_MANY: Option<&str> = Some("the list holds more than any documented one");

/// A restore that can be found.
const NAMED: &str = "{\"restore_job_name\":\"a\"}";

async fn all_fit(cases: Vec<Case>) {
    for (call, what, body, said) in cases {
        let (rig, gate) = site(call, &body).await;
        drop(body);
        let (ran, peak) = watched(&rig, &["diff", "plans/rename-table.yaml", "--env", "sim"]).await;
        println!("{what}: {peak} MiB");
        assert!(matches!(ran.code, Some(0 | 1)) && !ran.stderr.contains("panicked"), "{what}: {ran:?}");
        assert!(ran.stdout.len() + ran.stderr.len() < 100_000, "{what} printed {} bytes", ran.stdout.len());
        if let Some(said) = said {
            ran.says(said);
        }
        assert!(peak < MOST, "{what} took {peak} MiB");
        assert!(gate.requests().iter().any(|request| request.split(' ').nth(1).unwrap().ends_with(call)), "{what}");
    }
}

/// Restores, each with as many sub-tasks as are kept.
fn of_many_tasks() -> String {
    let tasks = vec!["{}"; 10_000].join(",");
    list(&format!("{{\"restore_job_name\": \"a\", \"restore_execution_sub_tasks\": [{tasks}]}}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_restores_fit_into_memory() {
    let text = "x".repeat(30 * 1024 * 1024);
    all_fit(vec![
        ("/restores", "30 MiB of details", restore(&format!("\"status_details\": \"{text}\"")), None),
        ("/restores", "restores of 10 000 sub-tasks", of_many_tasks(), TOO_MANY),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_lists_fit_into_memory() {
    all_fit(vec![
        ("/restores", "5 million restores", list(NAMED), TOO_MANY),
        ("/databases", "10 million databases", list("{\"name\":\"a\"}"), TOO_MANY),
    ])
    .await;
}

#[ignore = "takes minutes: for the figures in the docs"]
#[tokio::test(flavor = "multi_thread")]
async fn every_large_answer_fits_into_memory() {
    let text = "x".repeat(30 * 1024 * 1024);
    let million = |element: &str| format!("[{}]", vec![element; 1_000_000].join(","));
    let errors = |all: String| restore(&format!("\"errors\": {all}"));
    let tasks = |all: String| restore(&format!("\"restore_execution_sub_tasks\": {all}"));
    all_fit(vec![
        ("/restores", "30 MiB of a name", format!("[{{\"restore_job_name\": \"{text}\"}}]"), None),
        ("/restores", "a million errors", errors(million("\"e\"")), None),
        ("/restores", "40 million empty errors", errors(list("\"\"")), None),
        ("/restores", "a million sub-tasks", tasks(million("{\"restore_size\": 1}")), None),
        ("/restores", "40 million empty sub-tasks", tasks(list("{}")), None),
        ("/restores", "40 million lists in a status", restore(&format!("\"status\": {}", list("[]"))), None),
        ("/restores", "40 million empty restores", list("{}"), Some("another shape")),
        ("/restores", "250 000 restores", format!("[{}]", vec![NAMED; 250_000].join(",")), None),
        ("/executions", "13 million executions", list("{\"id\":1}"), None),
        ("/objects", "6 million objects", list("{\"object_name\":\"a\"}"), None),
    ])
    .await;
}

/// Every restore of the site with as much to tell as it likes.
fn talkative(_: usize, body: &str) -> String {
    let mut list: Vec<serde_json::Value> = serde_json::from_str(body).unwrap();
    for restore in list.iter_mut().take(1) {
        restore["errors"] = serde_json::json!(vec!["e".repeat(50); 100_000]);
        restore["status_details"] = serde_json::json!("d".repeat(4 * 1024 * 1024));
        restore["restored_objects_status"] = serde_json::json!(vec!["o"; 100_000]);
    }
    serde_json::to_string(&list).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_tells_too_much_fills_neither_journal_nor_report() {
    let rig = Rig::new().await;
    let base = rig.base.clone();
    let gate = Hostile::new(move |_, request| {
        let path = request.split(' ').nth(1).unwrap_or_default();
        match request.starts_with("GET") && path.ends_with("/restores") {
            true => vec![Act::Changed(base.clone(), talkative)],
            false => vec![Act::Forward(base.clone())],
        }
    })
    .await;
    rig.through(&gate.url, "");
    let (ran, peak) = watched(&rig, &["apply", "plans/dr-weekly.yaml", "--env", "sim", "--auto-approve"]).await;
    println!("a talkative restore: {peak} MiB, {} bytes of journal", rig.journal().len());
    let ran = ran.code(0);
    assert!(peak < MOST, "{peak} MiB");
    assert!(ran.stderr.len() < 1_000_000, "{} bytes on the terminal", ran.stderr.len());
    assert!(rig.journal().len() < 20_000_000, "{} bytes of journal", rig.journal().len());
    for format in ["human", "json", "html"] {
        let report = rig.run(&["report", "--latest", "--format", format]).await.code(0).stdout;
        assert!(report.len() < 2_000_000, "{format}: {} bytes", report.len());
        assert!(report.contains("and 99000 more"), "{format} tells that there was more");
    }
}
