//! `--only`, `--exclude` and `--only-failed` by the real binary.

use serde_json::Value;

use super::words;
use crate::rig::{Rig, SITE};

const WEEKLY: &str = "plans/dr-weekly.yaml";

fn names(document: &Value) -> Vec<String> {
    let all = document["items"].as_array().unwrap();
    all.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

async fn diff(rig: &Rig, more: &[&str]) -> Value {
    let call: Vec<&str> =
        ["diff", WEEKLY, "--env", "sim", "--format", "json"].into_iter().chain(more.iter().copied()).collect();
    serde_json::from_str(&rig.run(&call).await.code(0).stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_a_plan_is_carried_out_and_what_is_left_out_is_told() {
    let rig = Rig::new().await;
    let banking = ["diff", WEEKLY, "--env", "sim", "--only", "banking-*", "--exclude", "banking-transactions"];
    let ran = rig.run(&banking).await.code(0).says("1 to create").says("Left out: 9 restores");
    let said = words(&ran);
    assert!(said.contains("`--only banking-*`, `--exclude banking-transactions`: 9 restores left out"), "{said}");
    let apply = ["apply", WEEKLY, "--env", "sim", "--auto-approve", "--only", "banking-*"];
    rig.run(&apply).await.code(0);
    assert_eq!(rig.creates().await.len(), 2);
    let report = rig.report().await;
    assert_eq!(report["total"], 2);
    let notes = report["notes"].to_string();
    assert!(notes.contains("8 restores of the plan left out, as was asked: reference-customer"), "{notes}");
    assert_ne!(report["objectives"][0]["verdict"], "met", "the objective is the whole plan's");
    // What it needs is there now, and isn't chosen.
    rig.run(&["apply", WEEKLY, "--env", "sim", "--auto-approve", "--only", "older-accounts"]).await.code(0);
    assert_eq!(rig.creates().await.len(), 3);
    // What needs something that isn't there is refused.
    let orders = ["apply", WEEKLY, "--env", "sim", "--auto-approve", "--only", "orders"];
    let ran = rig.run(&orders).await.code(4);
    let said = words(&ran);
    assert!(
        said.contains("it needs `reference-customer`, which is left out and is not there: choose that too"),
        "{said}"
    );
    assert_eq!(rig.creates().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pattern_that_fits_nothing_is_a_slip_of_the_command_line() {
    let mut rig = Rig::new().await;
    rig.cut().await;
    // It shows before anything is looked at, by `diff` as by `apply`.
    for (command, patterns, said) in [
        ("diff", &["--only", "bancing"][..], "`--only bancing` fits no restore of plan `dr-weekly`; "),
        ("apply", &["--only", "banking-*", "--only", "x-*"], "`--only x-*` (`--only` number 2) fits no restore"),
        ("apply", &["--exclude", "[b]anking"], "`dr-weekly`: no name holds `[`, its character 1; "),
        ("diff", &["--exclude", "group:"], "`--exclude group:` is the group of no restore"),
        ("diff", &["--only", ""], "`--only ` fits no restore"),
    ] {
        let call: Vec<&str> = [command, WEEKLY, "--env", "sim"].iter().chain(patterns).copied().collect();
        rig.run(&call).await.code(2).says(said);
    }
    assert!(!rig.path("state.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_is_made_within_a_shard_and_saved() {
    let rig = Rig::new().await;
    let whole = names(&diff(&rig, &["--shard", "2/2"]).await);
    let part = diff(&rig, &["--shard", "2/2", "--exclude", &whole[0]]).await;
    assert_eq!(names(&part), &whole[1..]);
    assert_eq!(part["selection"]["left_out"][0]["item"], whole[0].as_str());
    let save = ["diff", WEEKLY, "--env", "sim", "--only", "retail-*", "--save", "change.json"];
    rig.run(&save).await.code(0);
    rig.run(&["apply", "change.json", "--only", "retail-items"]).await.code(2).says("`--only`");
    rig.run(&["apply", "change.json"]).await.code(0);
    assert_eq!(rig.creates().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_failed_last_is_tried_again() {
    let rig = Rig::new().await;
    let plan = |table: &str| {
        format!(
            "version: 1\nname: failing\nsource: {{site: {SITE}, job: 1412, execution: latest}}\n\
             target: {{site: {SITE}}}\nlimits: {{concurrency: 1}}\nrestores:\n  \
             - name: good\n    objects: [{{table: BANK_MARKETING.glm_bank_marketing_model, rename_to: good_copy}}]\n  \
             - name: bad\n    objects: [{{table: {table}, rename_to: bad_copy}}]\n  \
             - name: later\n    after: [good]\n    objects: [{{table: ADW.calendar, rename_to: later_copy}}]\n"
        )
    };
    rig.write("plans/failing.yaml", &plan("ADW.customer"));
    let only = ["diff", "plans/failing.yaml", "--env", "sim", "--only-failed"];
    rig.run(&only).await.code(0).says("nothing to do: nothing of the plan is chosen").says("Left out: 3 restores");
    rig.fault("restore:fail,name=failing_bad_*").await;
    rig.run(&["apply", "plans/failing.yaml", "--env", "sim", "--auto-approve"]).await.code(4);
    rig.clear_faults().await;
    let ran = rig.run(&only).await.code(0).says("1 to retry").says("Left out: 2 restores");
    ran.says("good: `--only-failed`, and no run of it ended badly last");
    let before = rig.creates().await.len();
    rig.run(&["apply", "plans/failing.yaml", "--env", "sim", "--auto-approve", "--only-failed"]).await.code(0);
    assert_eq!(rig.creates().await.len(), before + 1);
    rig.run(&only).await.code(0).says("nothing to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_a_part_is_resumed_as_that_part() {
    let rig = Rig::with(|config| config.throughput = 0).await;
    let apply = ["apply", WEEKLY, "--env", "sim", "--auto-approve", "--only", "retail-*", "--only", "orders"];
    let mut child = rig.start(&apply);
    rig.until("it has begun", async |rig| !rig.creates().await.is_empty()).await;
    child.kill().await.unwrap();
    rig.throughput(crate::rig::FAST).await;
    let ran = rig.run(&["resume", "--auto-approve"]).await.code(4);
    let said = words(&ran);
    assert!(said.contains("it needs `reference-customer`, which is left out"), "it still lacks that: {said}");
    assert_eq!(rig.creates().await.len(), 3);
    assert_eq!(rig.report().await["total"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_out_of_a_saved_changeset_is_looked_at_again_when_that_is_carried_out() {
    let rig = Rig::new().await;
    let plan = format!(
        "version: 1\nname: pair\nsource: {{site: {SITE}, job: 1412, execution: latest}}\ntarget: {{site: {SITE}}}\n\
         limits: {{concurrency: 1, retries: 0}}\nrestores:\n  \
         - {{name: first, objects: [{{table: ADW.customer, rename_to: first_copy}}], on_existing: replace}}\n  \
         - {{name: second, after: [first], objects: [{{table: ADW.calendar, rename_to: second_copy}}]}}\n"
    );
    rig.write("plans/pair.yaml", &plan);
    let apply = ["apply", "plans/pair.yaml", "--env", "sim", "--auto-approve"];
    let only = |command: &[&str], name: &str, more: &[&str]| {
        let call: Vec<String> = command.iter().chain(&["--only", name]).chain(more).map(ToString::to_string).collect();
        call
    };
    let run = async |call: Vec<String>| rig.run(&call.iter().map(String::as_str).collect::<Vec<_>>()).await;
    run(only(&apply, "first", &[])).await.code(0);
    let save = ["diff", "plans/pair.yaml", "--env", "sim"];
    run(only(&save, "second", &["--save", "second.json"])).await.code(0);
    // What it needs fails, when it is restored once more.
    rig.fault("restore:fail=no more spool space,name=pair_first_*").await;
    run(only(&apply, "first", &["--again"])).await.code(4);
    let refused = rig.run(&["apply", "second.json"]).await.code(1);
    refused.says("which is left out and is not there");
    // And while it runs, nothing is sent beside it.
    rig.clear_faults().await;
    rig.throughput(0).await;
    let call = only(&apply, "first", &[]);
    let mut child = rig.start(&call.iter().map(String::as_str).collect::<Vec<_>>());
    rig.until("it runs", async |rig| rig.creates().await.len() == 3).await;
    child.kill().await.unwrap();
    rig.run(&["apply", "second.json"]).await.code(1).says("`first`, which is left out, may run now");
    assert_eq!(rig.creates().await.len(), 3);
}
