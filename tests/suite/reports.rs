//! Reports and history, end to end: the real binary over runs that it made.

use serde_json::Value;

use crate::cli::{APPLY, WEEKLY, no_doubles};
use crate::rig::Rig;

const AGAIN: [&str; 6] = ["apply", "plans/dr-weekly.yaml", "--env", "sim", "--auto-approve", "--again"];

fn read(rig: &Rig, name: &str) -> String {
    std::fs::read_to_string(rig.path(name)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_comes_of_one_call() {
    let rig = Rig::new().await;
    rig.run(&APPLY).await.code(0);
    let ran = rig
        .run(&[
            "report",
            "--latest",
            "--out",
            "r.md",
            "--out",
            "r.xml",
            "--out",
            "r.tap",
            "--out",
            "r.json",
            "--out",
            "r.html",
            "--format",
            "github-summary",
            "--out",
            "step.md",
            "--out",
            "r.txt",
        ])
        .await;
    ran.code(0);
    assert!(read(&rig, "r.md").starts_with("# Restore report: `dr-weekly` in `sim`"));
    assert!(
        read(&rig, "r.xml").contains(&format!("tests=\"{}\" failures=\"0\" errors=\"0\" skipped=\"0\"", WEEKLY + 1))
    );
    assert!(read(&rig, "r.tap").starts_with(&format!("TAP version 14\n1..{}\n", WEEKLY + 1)));
    assert!(!read(&rig, "r.tap").contains("not ok"));
    assert!(read(&rig, "step.md").contains("ALL SUCCEEDED"));
    assert!(read(&rig, "r.html").starts_with("<!DOCTYPE html>"));
    assert!(read(&rig, "r.txt").contains("ALL SUCCEEDED"));
    let json: Value = serde_json::from_str(&read(&rig, "r.json")).unwrap();
    assert_eq!(json["verdict"]["green"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_steps_summary_is_added_to_and_its_limit_is_kept() {
    let rig = Rig::new().await;
    rig.run(&APPLY).await.code(0);
    let report = ["report", "--latest", "--format", "github-summary"];
    rig.run(&report).await.code(1).says("`GITHUB_STEP_SUMMARY` is not set").says("write `--out PATH` right behind");
    rig.write("summary.md", "# Before\n");
    for _ in 0..2 {
        let mut command = rig.command(&[&report[..], &["--format", "human"]].concat());
        let output = command.env("GITHUB_STEP_SUMMARY", rig.path("summary.md")).output().await.unwrap();
        let ran = crate::rig::Ran::from(output);
        ran.code(0).says("ALL SUCCEEDED");
    }
    let text = read(&rig, "summary.md");
    assert!(text.starts_with("# Before\n\n# Restore report"), "{text}");
    assert_eq!(text.matches("# Restore report").count(), 2);
    rig.write("full.md", &"x".repeat(1024 * 1024 - 100));
    let mut command = rig.command(&report);
    let output = command.env("GITHUB_STEP_SUMMARY", rig.path("full.md")).output().await.unwrap();
    crate::rig::Ran::from(output).code(1).says("has no room");
    assert_eq!(read(&rig, "full.md").len(), 1024 * 1024 - 100, "nothing was added");
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_are_compared_and_pruned_and_nothing_is_sent_again() {
    let rig = Rig::new().await;
    rig.run(&["runs", "compare", "--plan", "dr-weekly"]).await.code(1).says("there is no run of plan `dr-weekly`");
    rig.run(&APPLY).await.code(0);
    rig.run(&["runs", "compare", "--plan", "dr-weekly"]).await.code(1).says("too few runs");
    rig.run(&AGAIN).await.code(0);
    rig.run(&AGAIN).await.code(0);
    let sent = rig.creates().await;
    no_doubles_over(&sent, 3);
    let ids = ids(&rig).await;
    assert_eq!(ids.len(), 3);
    let compared = rig.run(&["runs", "compare", "--plan", "dr-weekly", "--last", "3", "--format", "json"]).await;
    let compared: Value = serde_json::from_str(&compared.code(0).stdout).unwrap();
    assert_eq!(compared["items"].as_array().unwrap().len(), WEEKLY);
    assert_eq!(compared["runs"][2]["id"], ids[0].as_str(), "the newest is last");
    rig.run(&["runs", "compare", &ids[2], &ids[0]]).await.code(0).says("the last run against 1 run before it");
    rig.run(&["runs", "compare", &ids[0]]).await.code(2);

    rig.run(&["runs", "prune"]).await.code(2);
    rig.run(&["runs", "prune", "--keep", "1"]).await.code(1).says("nobody can be asked here").says("--yes");
    rig.run(&["runs", "prune", "--keep", "0", "--dry-run"])
        .await
        .code(0)
        .says("2 runs would be pruned")
        .says("the last one");
    rig.run(&["runs", "prune", "--older-than", "1d", "--yes"]).await.code(0).says("no run is to be pruned");
    assert_eq!(self::ids(&rig).await, ids);
    rig.run(&["runs", "prune", "--keep", "1", "--yes"]).await.code(0).says("2 runs pruned");
    assert_eq!(self::ids(&rig).await, ids[..1]);
    rig.run(&["report", &ids[2]]).await.code(1).says("there is no run");
    // What is there is known, and a new generation has a new number.
    rig.run(&APPLY).await.code(0).says("nothing to do");
    rig.run(&AGAIN).await.code(0);
    no_doubles_over(&rig.creates().await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_of_shards_are_compared_and_what_is_left_out_is_said() {
    let rig = Rig::new().await;
    for part in ["2/2", "1/2", "2/2", "2/2"] {
        rig.run(&[&AGAIN[..], &["--shard", part]].concat()).await.code(0);
    }
    let compare = async |more: &[&str]| {
        let call = [&["runs", "compare", "--plan", "dr-weekly"][..], more].concat();
        rig.run(&call).await
    };
    // The newest tells which shard is meant.
    let ran = compare(&[]).await.code(0).says("left out: 1 run of shard 1/2 (`--shard 1/2` compares those)");
    assert!(ran.stdout.matches(" 2/2 ").count() >= 3 && !ran.stdout.contains("older run"), "{}", ran.stdout);
    compare(&["--last", "2"]).await.code(0).says("left out: 2 older runs, not looked at (`--last N` takes more)");
    compare(&["--shard", "1/2"]).await.code(1).says("too few runs of shard 1/2 (left out: 3 runs of shard 2/2)");
    compare(&["--shard", "whole"])
        .await
        .code(1)
        .says("too few runs of the whole plan (left out: 1 run of shard 1/2, 3");
    compare(&["--shard", "3/2"]).await.code(2).says("there is no shard 3 of 2");
    let ids = ids(&rig).await;
    let ran = rig.run(&["runs", "compare", &ids[0], &ids[2], "--format", "json"]).await.code(0);
    let compared: Value = serde_json::from_str(&ran.stdout).unwrap();
    let shards: Vec<&Value> = compared["runs"].as_array().unwrap().iter().map(|run| &run["shard"]).collect();
    assert_eq!(shards, ["1/2", "2/2"]);

    let serving = crate::serve::Serving::new(&rig).await;
    let page = serving.page("/plans/dr-weekly").await;
    assert!(page.contains("shard 2/2</h1>") && page.contains("The last 3 runs"), "{page}");
    assert!(page.contains("Left out: 1 run of shard 1/2."), "{page}");
    let page = serving.page("/plans/dr-weekly?env=sim&shard=1%2F2").await;
    assert!(page.contains("fewer than two runs of shard 1/2") && page.contains("Left out: 3 runs of"), "{page}");
    let nowhere = serving.get("/plans/dr-weekly?shard=%3Cem%3E").await;
    assert_eq!(nowhere.status(), reqwest::StatusCode::NOT_FOUND);
    let text = nowhere.text().await.unwrap();
    assert!(text.contains("&lt;em&gt;") && !text.contains("<em>"), "{text}");
}

/// So many generations of every item, each under a name of its own.
fn no_doubles_over(creates: &[Value], generations: usize) {
    assert_eq!(creates.len(), WEEKLY * generations);
    let mut names: Vec<&str> = creates.iter().map(|create| create["body"]["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), WEEKLY * generations);
    no_doubles(&creates[..WEEKLY], WEEKLY);
}

/// The runs that the store has, newest first.
async fn ids(rig: &Rig) -> Vec<String> {
    let listed = rig.run(&["runs", "list", "--format", "json"]).await;
    let listed: Value = serde_json::from_str(&listed.code(0).stdout).unwrap();
    listed.as_array().unwrap().iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect()
}
