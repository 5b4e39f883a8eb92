//! `report --merge`, through the real binary: shards that one store holds, and shards of several machines.

use std::path::Path;

use serde_json::Value;

use super::runners::{WEEKLY_PLAN, apply, ended};
use crate::cli::{APPLY, WEEKLY, no_doubles};
use crate::rig::{FAST, Ran, Rig};

/// The ids of all runs, oldest first.
async fn runs(rig: &Rig) -> Vec<String> {
    let list: Vec<Value> = serde_json::from_str(&rig.run(&["runs", "list", "--format", "json"]).await.stdout).unwrap();
    list.iter().rev().map(|run| run["id"].as_str().unwrap().to_owned()).collect()
}

async fn merge(rig: &Rig, named: &[&str], more: &[&str]) -> Ran {
    rig.run(&[&["report", "--merge"], named, more].concat()).await
}

async fn json(rig: &Rig, named: &[&str]) -> Value {
    let ran = merge(rig, named, &["--format", "json"]).await;
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

/// Runs a command with a store of its own, as on another machine, and writes the report of its run.
async fn elsewhere(rig: &Rig, machine: &str, arguments: &[&str], code: i32) -> String {
    let state = rig.path(&format!("{machine}.db")).display().to_string();
    let file = format!("{machine}.json");
    Ran::from(rig.command(arguments).env("RESTORECTL_STATE", &state).output().await.unwrap()).code(code);
    let report = ["report", "--latest", "--format", "json", "--out", &file];
    Ran::from(rig.command(&report).env("RESTORECTL_STATE", &state).output().await.unwrap()).code(0);
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn shards_of_several_machines_are_one_report() {
    let rig = Rig::new().await;
    let mut files = Vec::new();
    for machine in ["1", "2", "3"] {
        files.push(elsewhere(&rig, &format!("m{machine}"), &apply(&format!("{machine}/3")), 0).await);
    }
    let named: Vec<&str> = files.iter().map(String::as_str).collect();
    no_doubles(&rig.creates().await, WEEKLY);
    let all = merge(&rig, &named, &["--format", "html", "--out", "all.html", "--format", "human"]).await.code(0);
    all.says("ALL SUCCEEDED: every restore succeeded or was there already").says("shard 3/3");
    let page = std::fs::read_to_string(rig.path("all.html")).unwrap();
    assert!(page.contains("Each run") && page.contains("<td data-label=\"Shard\">3/3</td>"));
    assert!(!Path::new(&rig.path("state.db")).exists(), "files need no store");

    let report = json(&rig, &named).await;
    let schema = serde_json::from_str(&rig.run(&["schema", "report"]).await.code(0).stdout).unwrap();
    let schema = jsonschema::options().offline().build(&schema).unwrap();
    assert_eq!(schema.iter_errors(&report).map(|e| e.to_string()).collect::<Vec<_>>(), Vec::<String>::new());
    assert_eq!((&report["total"], &report["verdict"]["green"]), (&WEEKLY.into(), &true.into()));
    // In the plan's order, as one run would tell it.
    let names = |report: &Value| -> Vec<String> {
        report["items"].as_array().unwrap().iter().map(|item| item["name"].to_string()).collect()
    };
    rig.run(&APPLY).await.code(0);
    assert_eq!(names(&report), names(&rig.report().await));
    let places: Vec<u64> = report["items"].as_array().unwrap().iter().map(|i| i["place"].as_u64().unwrap()).collect();
    assert_eq!(places, (1..=WEEKLY as u64).collect::<Vec<_>>());

    // Whatever order they come in.
    let turned = json(&rig, &[named[2], named[0], named[1]]).await;
    for key in ["items", "run", "merged", "verdict", "objectives", "next"] {
        assert_eq!(turned[key], report[key], "{key}");
    }
    // A merged report is no part of another.
    rig.write("all.json", &report.to_string());
    merge(&rig, &["all.json", named[0]], &[]).await.code(1).says("is a merged report already");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_shard_is_never_green() {
    let rig = Rig::new().await;
    rig.run(&apply("1/3")).await.code(0);
    rig.run(&apply("3/3")).await.code(0);
    let ids = runs(&rig).await;
    let named: Vec<&str> = ids.iter().map(String::as_str).collect();
    let ran = merge(&rig, &named, &[]).await.code(5).says("INCOMPLETE: shard 2 of 3 is missing, with 3 restores");
    ran.says("7 of 10 restores came")
        .says("restorectl apply plans/dr-weekly.yaml --env sim --shard 2/3")
        .says("MISSING");
    let report = json(&rig, &named).await;
    assert_eq!(report["verdict"]["code"], "incomplete");
    assert_eq!(report["merged"]["missing"], serde_json::json!([{"shard": "2/3", "total": 3}]));
    assert_eq!(report["total"], WEEKLY);
    merge(&rig, &named[..1], &[]).await.code(5).says("shards 2/3, 3/3 are missing, with 6 restores");
    // From the store and from a file at once.
    let file = elsewhere(&rig, "m2", &apply("2/3"), 0).await;
    merge(&rig, &[named[0], &file, named[1]], &[]).await.code(0).says("ALL SUCCEEDED");
    // A shard without restores is not missed.
    rig.run(&["apply", "plans/rename-table.yaml", "--env", "sim", "--auto-approve", "--shard", "1/2"]).await.code(0);
    let last = runs(&rig).await.pop().unwrap();
    merge(&rig, &[&last], &[]).await.code(0).says("ALL SUCCEEDED");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_belong_together_is_refused() {
    let rig = Rig::new().await;
    rig.run(&apply("1/2")).await.code(0);
    rig.run(&apply("2/2")).await.code(0);
    rig.run(&apply("1/2")).await.code(0);
    rig.run(&APPLY).await.code(0);
    rig.run(&apply("1/3")).await.code(0);
    rig.run(&["apply", "plans/rename-table.yaml", "--env", "sim", "--auto-approve", "--shard", "2/2"]).await.code(0);
    let text = std::fs::read_to_string(rig.path(WEEKLY_PLAN)).unwrap();
    rig.write(WEEKLY_PLAN, &text.replace("concurrency: 4", "concurrency: 3"));
    rig.run(&apply("2/2")).await.code(0);
    let ids = runs(&rig).await;
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let [one, two, one_again, whole, of_three, other_plan, changed] = ids[..] else { panic!("{ids:?}") };
    for (named, words) in [
        (vec![one, one], "is named twice"),
        (vec![one, two, one_again], "both carried out shard 1/2, and neither goes on with the other"),
        (vec![one, whole], "the one carried out one of 2 shards, and the other the whole plan"),
        (vec![one, of_three], "the one carried out one of 2 shards, and the other one of 3 shards"),
        (vec![one, other_plan], "the plan of the one is `dr-weekly`, and of the other `rename-table`"),
        (vec![one, changed], "the plan meant something else"),
        (vec![one, "nobody"], "there is no run `nobody`"),
        (vec![one, "nothing.json"], "nothing.json"),
    ] {
        merge(&rig, &named, &[]).await.code(1).says(words);
    }
    merge(&rig, &[two, one_again], &[]).await.code(0);

    // Files that somebody changed, or that are something else.
    let write = |name: &str, change: &dyn Fn(&mut Value)| {
        let text = std::fs::read_to_string(rig.path("one.json")).unwrap();
        let mut report: Value = serde_json::from_str(&text).unwrap();
        change(&mut report);
        rig.write(name, &report.to_string());
    };
    rig.run(&["report", one, "--format", "json", "--out", "one.json"]).await.code(0);
    write("newer.json", &|report| report["report_version"] = 2.into());
    write("other-env.json", &|report| report["environment"]["name"] = "prod".into());
    write("other-url.json", &|report| report["environment"]["api_url"] = "http://127.0.0.1:1".into());
    write("fewer.json", &|report| drop(report["items"].as_array_mut().unwrap().pop()));
    write("twin.json", &|report| report["run"]["shard"]["shard"] = "2/2".into());
    write("odd.json", &|report| report["run"]["shard"]["shard"] = "3/2".into());
    rig.write("list.json", "[]");
    for (file, words) in [
        ("newer.json", "it is a report of version 2"),
        ("other-env.json", "the environment of the one is `sim`, and of the other `prod`"),
        ("other-url.json", "the API of the one is"),
        ("odd.json", "there is no shard 3 of 2"),
        ("list.json", "it is no JSON report"),
    ] {
        merge(&rig, &[two, file], &[]).await.code(1).says(words);
    }
    merge(&rig, &["fewer.json"], &[]).await.code(1).says("of shard 1/2: the report was changed");
    write("twin.json", &|report| {
        report["run"]["shard"] = serde_json::json!({"shard": "2/2", "sizes": [5, 5]});
        report["run"]["id"] = "another".into();
    });
    write("even.json", &|report| report["run"]["shard"] = serde_json::json!({"shard": "1/2", "sizes": [5, 5]}));
    let twins = merge(&rig, &["twin.json", "even.json"], &[]).await.code(1);
    assert!(
        twins.stderr.contains("although they are different shards") || twins.stderr.contains("of shard"),
        "{twins:?}"
    );
    // The command line.
    rig.run(&["report", "--merge"]).await.code(2);
    rig.run(&["report", "--latest", "--merge", one]).await.code(2);
    rig.run(&["report", one, two]).await.code(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shard_that_was_gone_on_with_counts_as_it_ended() {
    let rig = Rig::new().await;
    rig.fault("restore:fail=no more spool space,name=dr-weekly_orders_*").await;
    rig.run(&apply("1/2")).await.code(4);
    rig.run(&apply("2/2")).await.code(0);
    let ids = runs(&rig).await;
    let (failed, other) = (ids[0].as_str(), ids[1].as_str());
    let ran = merge(&rig, &[failed, other], &[]).await.code(4).says("SOME FAILED").says("--shard 1/2");
    assert!(!ran.stdout.contains("--shard 2/2"), "only what failed is to be run again: {}", ran.stdout);
    rig.clear_faults().await;
    rig.run(&["resume", failed, "--only-failed", "--auto-approve"]).await.code(0);
    let resumed = runs(&rig).await.pop().unwrap();
    // By itself it is a part of its shard.
    let alone = merge(&rig, &[&resumed, other], &[]).await.code(1);
    alone.says("of the").says(&format!("it went on with run {failed} for these alone, so name that one too"));
    merge(&rig, &[&resumed, other, failed], &[]).await.code(0).says("ALL SUCCEEDED").says("(goes on with the one");
    let report = json(&rig, &[failed, other, &resumed]).await;
    assert_eq!(report["items"].as_array().unwrap().len(), WEEKLY);
    assert_eq!(report["merged"]["runs"].as_array().unwrap().len(), 3);
    let orders = report["items"].as_array().unwrap().iter().find(|item| item["name"] == "orders").unwrap();
    assert_eq!(orders["result"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_shard_is_told_of_and_its_resumed_run_takes_its_place() {
    let rig = Rig::with(|config| config.throughput = 0).await;
    let mut one = rig.start(&apply("1/2"));
    rig.until("it has begun", async |rig| !rig.creates().await.is_empty()).await;
    one.kill().await.unwrap();
    let two = rig.start(&apply("2/2"));
    rig.until("the other has begun", async |rig| rig.runs().await == 2).await;
    rig.throughput(FAST).await;
    ended(two).await.code(0);
    let ids = runs(&rig).await;
    let (killed, other) = (ids[0].as_str(), ids[1].as_str());
    merge(&rig, &[killed, other], &[]).await.code(5).says("NOT ENDED").says("May still run at the site");
    rig.run(&["resume", killed, "--auto-approve"]).await.code(0);
    let resumed = runs(&rig).await.pop().unwrap();
    let all = merge(&rig, &[killed, other, &resumed], &[]).await.code(0).says("ALL SUCCEEDED");
    assert!(!all.stdout.contains("May still run"), "{}", all.stdout);
    merge(&rig, &[other, &resumed], &[]).await.code(0).says("ALL SUCCEEDED");
    no_doubles(&rig.creates().await, WEEKLY);
}
