//! `runs prune` by the real binary, where it must refuse.

use serde_json::Value;

use crate::rig::{Rig, SITE};

const PLAN: &str = "plans/open.yaml";
const APPLY: [&str; 5] = ["apply", PLAN, "--env", "sim", "--auto-approve"];
const PRUNE: [&str; 5] = ["runs", "prune", "--keep", "0", "--yes"];
const ENVIRONMENT: &str = "plans/environments/sim.yaml";

fn write_plan(rig: &Rig) {
    let text = format!(
        "version: 1\nname: open\ninputs: {{suffix: {{type: string, default: _copy}}}}\n\
         source: {{site: {SITE}, job: 1412, execution: latest}}\ntarget: {{site: {SITE}}}\nrestores:\n  \
         - name: calendar\n    on_existing: replace\n    objects: [{{table: ADW.calendar, rename_to: calendar_copy}}]\n  \
         - name: model\n    after: [calendar]\n    deadline: 1s\n    objects:\n      \
         - {{table: BANK_MARKETING.glm_bank_marketing_model, rename_to: \"model{{{{suffix}}}}\"}}\n"
    );
    rig.write(PLAN, &text);
}

/// Every run with its report, newest first.
async fn reports(rig: &Rig) -> Vec<(String, Value)> {
    let listed = rig.run(&["runs", "list", "--format", "json"]).await.code(0).stdout;
    let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
    let mut reports = Vec::new();
    for run in listed {
        let id = run["id"].as_str().unwrap().to_owned();
        let text = rig.run(&["report", &id, "--format", "json"]).await.code(0).stdout;
        let mut report: Value = serde_json::from_str(&text).unwrap();
        report["generated_at"] = Value::Null;
        reports.push((id, report));
    }
    reports
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_stays_as_long_as_nobody_knows_what_became_of_what_it_sent() {
    let rig = Rig::new().await;
    write_plan(&rig);
    // Nobody gives the create up for lost before its deadline, and the service may or may not have it.
    rig.change(ENVIRONMENT, "settle_window: 300ms", "settle_window: 1h");
    rig.fault("create:drop,after=1,times=1").await;
    rig.run(&APPLY).await.code(5);
    // Another definition of it has to wait, so this run says nothing of the first one's create.
    rig.run(&[&APPLY[..], &["--again", "--input", "suffix=_other"]].concat()).await.code(4);
    let before = reports(&rig).await;
    let [(_, _), (first, _)] = before.as_slice() else { panic!("{before:?}") };
    let keeps = format!("keep   {first} of open in sim: what became of something that it sent is not known");
    rig.run(&PRUNE).await.code(0).says(&keeps).says("it is the last one of them").says("no run is to be pruned");
    rig.run(&["runs", "prune", "--older-than", "1ms", "--yes"]).await.code(0).says(&keeps);
    rig.run(&["runs", "prune", "--keep", "0", "--dry-run"]).await.code(0).says(&keeps);
    assert_eq!(reports(&rig).await, before, "nothing was taken away");

    // A later run settles it; then the first one may go.
    rig.change(ENVIRONMENT, "settle_window: 1h", "settle_window: 300ms");
    rig.change(PLAN, "deadline: 1s", "deadline: 1h");
    rig.run(&APPLY).await.code(0);
    rig.run(&PRUNE).await.code(0).says(&format!("prune  {first} of open in sim")).says("2 runs pruned");
    let after = reports(&rig).await;
    assert_eq!(after.len(), 1, "{after:?}");
    assert!(before.iter().all(|(id, _)| *id != after[0].0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_killed_stays() {
    let rig = Rig::with(|config| config.throughput = 0).await;
    write_plan(&rig);
    let mut child = rig.start(&APPLY);
    rig.until("it has begun", async |rig| !rig.creates().await.is_empty()).await;
    child.kill().await.unwrap();
    rig.throughput(crate::rig::FAST).await;
    rig.change(PLAN, "deadline: 1s", "deadline: 1h");
    rig.run(&APPLY).await.code(0);
    let before = reports(&rig).await;
    let [(_, _), (first, _)] = before.as_slice() else { panic!("{before:?}") };
    let keeps = format!("keep   {first} of open in sim: it has not ended, or was killed");
    rig.run(&PRUNE).await.code(0).says(&keeps).says("no run is to be pruned");
    assert_eq!(reports(&rig).await, before, "nothing was taken away");
}
