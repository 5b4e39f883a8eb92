//! Limits of a plan, end to end: what a person is told when a time is up, an attempt fails or the service is busy.

use serde_json::Value;

use crate::cli::{APPLY, WEEKLY, no_doubles};
use crate::rig::Rig;

const PLAN: &str = "plans/dr-weekly.yaml";

fn item<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["items"].as_array().unwrap().iter().find(|item| item["name"] == name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_outlives_its_deadline_is_told_and_counts_as_long_as_it_runs() {
    let rig = Rig::new().await;
    rig.fault("restore:hang,name=dr-weekly_orders_*").await;
    // The first of these is of `orders`.
    rig.change(
        PLAN,
        "on_existing: replace\n    deadline: 3h\n\n  - name: line-items",
        "on_existing: replace\n    deadline: 2s\n\n  - name: line-items",
    );
    let ran = rig.run(&APPLY).await.code(5);
    ran.says("its deadline of 2s passed").says("may go on at the site");
    let report = rig.report().await;
    assert_eq!(item(&report, "orders")["result"], "timed_out", "{report:#}");
    let skipped = item(&report, "line-items");
    assert_eq!(skipped["result"], "skipped");
    assert_eq!(skipped["reason"], "it needs `orders`, which ended as: timed out");
    let running = report["may_still_run"].as_array().unwrap();
    assert!(running.len() == 1 && running[0]["item"] == "orders", "{running:#?}");
    // The next run finds it, and what needs it waits for it again.
    let ran = rig.run(&APPLY).await.code(5);
    assert!(ran.stderr.contains("attached to dr-weekly_orders_"), "{}", ran.stderr);
    no_doubles(&rig.creates().await, WEEKLY - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passed_on_a_later_attempt_is_marked() {
    let rig = Rig::new().await;
    rig.fault("restore:fail=no more spool space,name=dr-weekly_orders_*,times=1").await;
    let ran = rig.run(&APPLY).await.code(0);
    assert!(ran.stdout.contains("FLAKY"), "{}", ran.stdout);
    let report = rig.report().await;
    for each in report["items"].as_array().unwrap() {
        assert_eq!(each["flaky"], each["name"] == "orders", "{each:#}");
    }
    assert_eq!(item(&report, "orders")["attempts"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_worth_another_attempt_gets_none() {
    let rig = Rig::new().await;
    rig.change(PLAN, "  retries: 1\n", "  retries: 1\n  retry_on: partly_failed\n");
    rig.fault("restore:fail=no more spool space,name=dr-weekly_orders_*,times=1").await;
    rig.run(&APPLY).await.code(4).says("it gets no further attempt: `limits.retry_on` leaves such failures out");

    let rig = Rig::new().await;
    rig.change(PLAN, "  retries: 1\n", "  retries: 1\n  retry_budget: 1\n");
    rig.fault("restore:fail=no more spool space,name=dr-weekly_orders_*,times=2").await;
    rig.fault("restore:fail=no more spool space,name=dr-weekly_retail-*,times=2").await;
    rig.run(&APPLY).await.code(4).says("it gets no further attempt: `limits.retry_budget` is used up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_service_is_seen_to_be_given_room() {
    let rig = Rig::new().await;
    rig.fault("create:answer=429,after=2,times=1,retry-after=0").await;
    let ran = rig.run(&APPLY).await.code(0);
    let told = |words: &str| assert!(ran.stderr.contains(words), "{words}:\n{}", ran.stderr);
    told("the service asks for fewer calls, so ");
    told(" are kept in flight instead of 4");
    told("restores succeed again, so 4 are kept in flight as before");
    no_doubles(&rig.creates().await, WEEKLY);
}
