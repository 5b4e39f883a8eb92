//! `resume`, end to end: the real binary goes on with runs that were killed, stopped, or didn't bring everything back.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::cli::{APPLY, WEEKLY, no_doubles};
use crate::rig::{FAST, Ran, Rig, SITE};

const RESUME: [&str; 2] = ["resume", "--auto-approve"];
const PLAN: &str = "plans/dr-weekly.yaml";
const ENVIRONMENT: &str = "plans/environments/sim.yaml";

async fn resume(rig: &Rig, more: &[&str]) -> Ran {
    rig.run(&[&RESUME[..], more].concat()).await
}

/// The newest run's id.
async fn newest(rig: &Rig) -> String {
    rig.report().await["run"]["id"].as_str().unwrap().to_owned()
}

/// What a person reads, with the run's id as `RUN`.
fn told(ran: &Ran, run: &str) -> String {
    ran.stderr.replace(run, "RUN")
}

/// What to do next, in the newest run's report.
async fn next(rig: &Rig, run: &str) -> String {
    let report = rig.report().await;
    let steps: Vec<&str> = report["next"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    steps.join("\n").replace(run, "RUN")
}

/// A run of which `orders` failed for good, so that `line-items` was skipped.
async fn with_a_failure() -> (Rig, String) {
    let rig = Rig::new().await;
    rig.fault("restore:fail=no more spool space,name=dr-weekly_orders_*,times=2").await;
    rig.run(&APPLY).await.code(4);
    let run = newest(&rig).await;
    (rig, run)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_is_gone_on_with() {
    let rig = Rig::with(|config| config.throughput = 0).await;
    let mut child = rig.start(&APPLY);
    rig.until("as many run as may", async |rig| rig.creates().await.len() == 4).await;
    child.kill().await.unwrap();
    let run = newest(&rig).await;
    insta::assert_snapshot!("next_after_a_kill", next(&rig, &run).await);
    let again = rig.start(&RESUME);
    rig.until("the second run has begun", async |rig| rig.runs().await == 2).await;
    rig.throughput(FAST).await;
    let ran = Ran::from(again.wait_with_output().await.unwrap()).code(0);
    assert!(ran.stderr.contains(&format!("going on with run {run} (10 of 10 restores)")), "{}", ran.stderr);
    assert!(ran.stderr.contains("attached to"), "{}", ran.stderr);
    assert!(ran.stdout.contains(&format!("  resumes      {run}\n")), "{}", ran.stdout);
    no_doubles(&rig.creates().await, WEEKLY);
    let report = rig.report().await;
    assert_eq!(report["verdict"]["code"], "all_succeeded", "{report:#}");
    assert_eq!(report["run"]["resumes"], run.as_str());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_stopped_is_gone_on_with() {
    let rig = Rig::with(|config| config.throughput = 0).await;
    let mut child = rig.start(&APPLY);
    rig.until("as many run as may", async |rig| rig.creates().await.len() == 4).await;
    let id = child.id().unwrap().to_string();
    let mut interrupt = tokio::process::Command::new("kill");
    assert!(interrupt.args(["-INT", &id]).stderr(Stdio::null()).status().await.unwrap().success());
    // Nothing comes to an end before it has heard of it.
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    while !said.next_line().await.unwrap().expect("it goes on").contains("nothing more is started") {}
    let reader = tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
    rig.throughput(FAST).await;
    let stopped = Ran::from(child.wait_with_output().await.unwrap()).code(130);
    reader.await.unwrap();
    let (run, before) = (newest(&rig).await, rig.creates().await.len());
    assert_eq!(before, 4, "{}", stopped.stdout);
    insta::assert_snapshot!("next_after_a_stop", next(&rig, &run).await);
    let ran = resume(&rig, &[]).await.code(0);
    assert!(ran.stderr.contains(&format!("going on with run {run} (10 of 10 restores)")), "{}", ran.stderr);
    no_doubles(&rig.creates().await, WEEKLY);
    assert_eq!(rig.report().await["verdict"]["code"], "all_succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_left_nothing_begins() {
    let rig = Rig::new().await;
    resume(&rig, &[]).await.code(1).says("there is no run yet: `restorectl apply` makes one");
    resume(&rig, &["20260101-000000-0000"]).await.code(1).says("there is no run `20260101-000000-0000`");
    rig.run(&APPLY).await.code(0);
    let run = newest(&rig).await;
    let done = resume(&rig, &[]).await.code(0);
    assert_eq!(told(&done, &run), "run RUN: everything in it is done, so there is nothing to go on with\n");
    let none = resume(&rig, &["--only-failed"]).await.code(0);
    assert_eq!(told(&none, &run), "run RUN: nothing failed in it, so there is nothing to go on with\n");
    assert_eq!((rig.runs().await, rig.creates().await.len()), (1, WEEKLY));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_failed_is_tried_again_if_that_is_wanted() {
    let (rig, run) = with_a_failure().await;
    insta::assert_snapshot!("next_after_a_failure", next(&rig, &run).await);
    let ran = resume(&rig, &["--only-failed"]).await.code(0);
    assert!(ran.stderr.contains(&format!("going on with run {run} (2 of 10 restores)")), "{}", ran.stderr);
    let report = rig.report().await;
    let items: Vec<&str> = report["items"].as_array().unwrap().iter().filter_map(|i| i["name"].as_str()).collect();
    assert_eq!(items, ["orders", "line-items"]);
    assert_eq!(report["verdict"]["code"], "all_succeeded", "{report:#}");
    // Two attempts of `orders` failed.
    assert_eq!(rig.creates().await.len(), WEEKLY + 2);
    // The run that went on can be gone on with, too; and the first one knows nothing of what came after it.
    resume(&rig, &[]).await.code(0).says("everything in it is done");
    resume(&rig, &[&run]).await.code(0).says("nothing to do");
    assert_eq!(rig.creates().await.len(), WEEKLY + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_can_not_be_read_any_more_is_shown_with_the_way_on() {
    let (rig, _) = with_a_failure().await;
    let sent = rig.creates().await.len();
    rig.change(PLAN, "criticality:", "criticalness:");
    resume(&rig, &[]).await.code(2).says("criticalness").says("say `--recorded` to go on as the run recorded it");
    assert_eq!(rig.creates().await.len(), sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_means_something_else_now_is_named() {
    let (rig, run) = with_a_failure().await;
    let written = std::fs::read_to_string(rig.path(PLAN)).unwrap();
    let sent = rig.creates().await.len();

    let mut other = written.replace("    after: [orders]\n", "    after: [orders]\n    priority: 3\n");
    other = other.replace("  - name: older-accounts", "  - name: oldest-accounts");
    rig.write(PLAN, &other);
    let refused = resume(&rig, &[]).await.code(1);
    insta::assert_snapshot!("resume_of_another_plan", told(&refused, &run));

    rig.write(PLAN, &written.replace("concurrency: 4", "concurrency: 3"));
    let refused = resume(&rig, &[]).await.code(1);
    insta::assert_snapshot!("resume_under_other_limits", told(&refused, &run));

    rig.write(PLAN, &written.replace("name: dr-weekly", "name: dr-monthly"));
    resume(&rig, &[]).await.code(1).says("the plan's name is `dr-monthly`, and not `dr-weekly`");

    rig.write(PLAN, &written);
    rig.change(ENVIRONMENT, "allow_in_place: true", "allow_in_place: false");
    resume(&rig, &[]).await.code(1).says("environment `sim` has another `guard`");
    rig.change(ENVIRONMENT, "allow_in_place: false", "allow_in_place: true");
    rig.change(ENVIRONMENT, "http://127.0.0.1", "http://localhost");
    resume(&rig, &[]).await.code(1).says("environment `sim` has another `api.url`");
    assert_eq!((rig.creates().await.len(), rig.runs().await), (sent, 1), "nothing was sent, and no run opened");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_accepts_the_changes_carries_out_what_the_plan_says_now() {
    let (rig, run) = with_a_failure().await;
    rig.change(PLAN, "concurrency: 4", "concurrency: 3");
    rig.change(PLAN, "  - name: older-accounts", "  - name: oldest-accounts");
    rig.change(PLAN, "rename_to: accounts_older", "rename_to: accounts_oldest");
    resume(&rig, &["--accept-changes", "--recorded"]).await.code(2);
    resume(&rig, &["--accept-changes"]).await.code(0);
    let report = rig.report().await;
    assert_eq!(report["run"]["resumes"], run.as_str());
    assert_eq!(report["verdict"]["code"], "all_succeeded", "{report:#}");
    assert!(report["items"].as_array().unwrap().iter().any(|item| item["name"] == "oldest-accounts"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_is_gone_on_with_whatever_the_plan_says_now() {
    let (rig, run) = with_a_failure().await;
    rig.change(PLAN, "concurrency: 4", "concurrency: 3");
    rig.change(PLAN, "  - name: older-accounts", "  - name: oldest-accounts");
    resume(&rig, &["--recorded"]).await.code(0);
    let report = rig.report().await;
    assert_eq!(report["run"]["resumes"], run.as_str());
    assert_eq!(report["verdict"]["code"], "all_succeeded", "{report:#}");
    assert!(report["items"].as_array().unwrap().iter().all(|item| item["name"] != "oldest-accounts"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_plans_file_a_person_is_told_of_the_way_on() {
    let (rig, run) = with_a_failure().await;
    std::fs::rename(rig.path(PLAN), rig.path("away.yaml")).unwrap();
    for more in [&[][..], &["--accept-changes"]] {
        let refused = resume(&rig, more).await.code(2);
        insta::assert_snapshot!("resume_without_the_plans_file", told(&refused, &run));
    }
    assert_eq!(rig.runs().await, 1);
    resume(&rig, &["--recorded"]).await.code(0);
    assert_eq!(rig.report().await["verdict"]["code"], "all_succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_environment_that_was_moved_is_named() {
    let (rig, run) = with_a_failure().await;
    std::fs::create_dir(rig.path("moved")).unwrap();
    for file in ["sim.yaml", "sim.password"] {
        std::fs::copy(rig.path(&format!("plans/environments/{file}")), rig.path(&format!("moved/{file}"))).unwrap();
    }
    std::fs::copy(rig.path(ENVIRONMENT), rig.path("moved/other.yaml")).unwrap();
    std::fs::remove_file(rig.path(ENVIRONMENT)).unwrap();
    let refused = resume(&rig, &[]).await.code(1);
    insta::assert_snapshot!("resume_without_the_environments_file", told(&refused, &run));
    let other = resume(&rig, &["--env", "moved/other.yaml"]).await.code(1);
    other.says("the environment's name is `other`, and not `sim`");
    let accepted = resume(&rig, &["--env", "moved/other.yaml", "--accept-changes"]).await.code(1);
    accepted.says("can't be gone on with as another plan or in another environment").says("is `other`, and not `sim`");
    assert_eq!(rig.runs().await, 1);
    resume(&rig, &["--env", "moved/sim.yaml"]).await.code(0);
    assert_eq!(rig.report().await["verdict"]["code"], "all_succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_failed_still_counts_what_runs_and_what_is_needed() {
    let rig = Rig::new().await;
    let one = |name: &str, more: &str| {
        format!("  - {{name: {name}, objects: [{{table: ADW.{name}}}], on_existing: replace{more}}}\n")
    };
    let plan = [
        "version: 1\nname: odd\nsource: {site: \"{{source_site}}\", job: 1412, execution: latest}\n",
        "target: {site: \"{{dr_site}}\", database: ADW_DR}\nlimits: {concurrency: 1, retries: 0}\n",
        "inputs: {source_site: {type: string}, dr_site: {type: string}}\nrestores:\n",
        &one("customer", ", priority: 3"),
        &one("calendar", ", priority: 2"),
        &one("store", ""),
        &one("orders", ", after: [customer, store]"),
    ]
    .concat();
    rig.write("plans/odd.yaml", &plan);
    rig.fault("restore:fail=no more spool space,name=odd_customer_*,times=1").await;
    rig.fault("restore:slow=100000,name=odd_calendar_*,times=1").await;
    let mut child = rig.start(&["apply", "plans/odd.yaml", "--env", "sim", "--auto-approve"]);
    rig.until("one has failed and the next one runs", async |rig| rig.creates().await.len() == 2).await;
    child.kill().await.unwrap();
    let mut again = rig.start(&[&RESUME[..], &["--only-failed"]].concat());
    rig.until("the second run has begun", async |rig| rig.runs().await == 2).await;
    let told = |report: &Value, name: &str| {
        let items = report["items"].as_array().unwrap();
        items.iter().find(|item| item["name"] == name).map(|item| item["result"].as_str().unwrap().to_owned())
    };
    rig.until("what runs is followed", async |rig| told(&rig.report().await, "calendar").as_deref() == Some("running"))
        .await;
    let report = rig.report().await;
    assert_eq!(rig.creates().await.len(), 2, "the one that runs takes all the room there is: {report:#}");
    assert_eq!(told(&report, "orders").as_deref(), Some("blocked"), "it needs `store`, which hadn't begun");
    assert_eq!(told(&report, "store"), None);
    again.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_excluded_and_only_followed_is_not_sent_when_it_fails() {
    let rig = Rig::with(|config| config.throughput = 0).await;
    let plan = format!(
        "version: 1\nname: apart\nsource: {{site: {SITE}, job: 1412, execution: latest}}\n\
         target: {{site: {SITE}}}\nlimits: {{concurrency: 2, retries: 3}}\nrestores:\n  \
         - {{name: customer, objects: [{{table: ADW.customer, rename_to: customer_copy}}]}}\n  \
         - {{name: calendar, objects: [{{table: ADW.calendar, rename_to: calendar_copy}}]}}\n"
    );
    rig.write("plans/apart.yaml", &plan);
    rig.fault("restore:fail=no more spool space,name=apart_customer_*").await;
    let apply = ["apply", "plans/apart.yaml", "--env", "sim", "--auto-approve"];
    let mut child = rig.start(&apply);
    rig.until("both run", async |rig| rig.creates().await.len() == 2).await;
    child.kill().await.unwrap();
    let mut second = rig.start(&[&apply[..], &["--exclude", "customer"]].concat());
    rig.until("the second run has begun", async |rig| rig.runs().await == 2).await;
    second.kill().await.unwrap();
    // The one that nobody wants any more fails meanwhile.
    rig.throughput(FAST).await;
    rig.until("it has failed", async |rig| {
        let shown = rig.get(&format!("/data-protection/v2/sites/{SITE}/restores")).await;
        shown.as_array().unwrap().iter().any(|restore| restore.to_string().contains("FAILED"))
    })
    .await;
    resume(&rig, &[]).await.code(0).says("`--exclude customer`");
    assert_eq!(rig.creates().await.len(), 2, "it is not sent again");
    let report = rig.report().await;
    let notes = report["notes"].to_string();
    assert!(notes.contains("1 restore of the plan left out, as was asked: customer"), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_run_it_is_must_be_said_where_nobody_is_asked() {
    let (rig, run) = with_a_failure().await;
    rig.run(&["apply", "plans/rename-table.yaml", "--env", "sim", "--auto-approve"]).await.code(0);
    let refused = resume(&rig, &[]).await.code(1);
    refused.says("the store holds runs of more than one plan or environment").says("  - rename-table in sim");
    assert_eq!(rig.runs().await, 2);
    resume(&rig, &[&run]).await.code(0);
}
