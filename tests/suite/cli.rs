//! The commands, end to end: the real binary against a simulated site.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use crate::rig::{DR_SITE, FAST, Ran, Rig, SITE};

pub const APPLY: [&str; 5] = ["apply", "plans/dr-weekly.yaml", "--env", "sim", "--auto-approve"];

/// How many restores the weekly plan asks for.
pub const WEEKLY: usize = 10;

/// Whoever waits that long waits for ever.
#[cfg(unix)]
const A_MINUTE: Duration = Duration::from_secs(60);

fn vendor(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/vendor/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn names(creates: &[Value]) -> Vec<String> {
    creates.iter().map(|create| create["body"]["name"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
pub fn no_doubles(creates: &[Value], count: usize) {
    let names = names(creates);
    let items: BTreeSet<&str> = names.iter().map(|name| name.rsplit_once('_').unwrap().0).collect();
    assert_eq!((names.len(), items.len()), (count, count), "{names:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_plans_send_what_the_vendors_page_shows() {
    for (plan, sample) in [
        ("whole-database", "request-normal"),
        ("rename-table", "request-rename"),
        ("other-database", "request-other-database"),
    ] {
        let rig = Rig::new().await;
        let file = format!("plans/{plan}.yaml");
        rig.run(&["apply", &file, "--env", "sim", "--auto-approve"]).await.code(0);
        let creates = rig.creates().await;
        assert_eq!(creates.len(), 1);
        let sent = creates[0]["body"].clone();
        let mut expected = vendor(sample);
        // The page's own placeholders; everything else is taken to the letter.
        if expected["name"] == "<restore-job-name>" {
            expected["name"] = sent["name"].clone();
        }
        if expected["target_site"] == "<site-id>" {
            expected["target_site"] = json!(SITE);
        }
        assert_eq!(sent, expected, "{plan}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_table_is_really_there_with_the_backups_rows() {
    let rig = Rig::new().await;
    let live = rig.rows(SITE, "BANK_MARKETING", "glm_bank_marketing_model").await;
    rig.run(&["apply", "plans/rename-table.yaml", "--env", "sim", "--auto-approve"]).await.code(0);
    let copy = rig.rows(SITE, "BANK_MARKETING", "glm_bank_marketing_model_renamed").await;
    assert!(!copy.is_empty());
    assert_ne!(copy, live, "the rows are the backup's, and the live table has moved on");
    assert_eq!(rig.rows(SITE, "BANK_MARKETING", "glm_bank_marketing_model").await, live, "the original is untouched");
}

#[tokio::test(flavor = "multi_thread")]
async fn applying_twice_restores_once() {
    let rig = Rig::new().await;
    rig.run(&APPLY).await.code(0);
    no_doubles(&rig.creates().await, WEEKLY);
    rig.run(&APPLY).await.code(0).says("nothing to do");
    no_doubles(&rig.creates().await, WEEKLY);
    let report = rig.report().await;
    assert_eq!(report["verdict"]["code"], "nothing_to_do", "{report:#}");
    rig.run(&["diff", "plans/dr-weekly.yaml", "--env", "sim", "--detailed-exitcode"]).await.code(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_is_taken_up_without_a_second_restore() {
    let rig = Rig::with(|config| config.throughput = 0).await;
    let mut child = rig.start(&APPLY);
    rig.until("two restores run", async |rig| rig.creates().await.len() >= 2).await;
    child.kill().await.unwrap();
    let before = rig.creates().await.len();
    let report = rig.report().await;
    assert_eq!(report["run"]["state"], "not_ended", "a killed run doesn't pass for a finished one: {report:#}");
    let again = rig.start(&APPLY);
    rig.until("the second run has begun", async |rig| rig.runs().await >= 2).await;
    rig.throughput(FAST).await;
    let ran = Ran::from(again.wait_with_output().await.unwrap()).code(0);
    assert!(ran.stderr.contains("attached to"), "{}", ran.stderr);
    let creates = rig.creates().await;
    assert!(before >= 2 && creates.len() == WEEKLY, "{before}, {}", creates.len());
    no_doubles(&creates, WEEKLY);
    let report = rig.report().await;
    assert_eq!(report["verdict"]["code"], "all_succeeded", "{report:#}");
    assert_eq!(report["items"].as_array().unwrap().len(), WEEKLY);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_creates_nothing_twice() {
    let rig = Rig::new().await;
    rig.fault("create:lose-reply").await;
    rig.run(&APPLY).await.code(0);
    no_doubles(&rig.creates().await, WEEKLY);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_before_the_reply_finds_its_restore_again() {
    let rig = Rig::new().await;
    // The site accepts, but answers after the process is gone; and shows the restore only some time later.
    rig.fault("create:delay=60s").await;
    rig.fault("restore:vanish=150ms").await;
    let mut child = rig.start(&APPLY);
    rig.until("a create has arrived", async |rig| {
        rig.requests().await.iter().any(|request| request["call"] == "create")
    })
    .await;
    child.kill().await.unwrap();
    rig.clear_faults().await;
    rig.run(&APPLY).await.code(0);
    no_doubles(&rig.creates().await, WEEKLY);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_definition_sent_is_waited_for_where_only_clocks_tell_that_it_is_late() {
    const ENVIRONMENT: &str = "plans/environments/sim.yaml";
    let rig = Rig::new().await;
    rig.fault("create:drop").await;
    rig.change(ENVIRONMENT, "settle_window: 300ms", "settle_window: 60s");
    let mut child = rig.start(&APPLY);
    rig.until("a create was lost", async |rig| rig.requests().await.iter().any(|request| request["call"] == "create"))
        .await;
    child.kill().await.unwrap();
    rig.clear_faults().await;
    // Short enough to be over by any clock.
    rig.change(ENVIRONMENT, "settle_window: 60s", "settle_window: 1ms");
    let table = "- table: \"ADW.{{item}}\"";
    rig.change("plans/dr-weekly.yaml", table, &format!("{table}\n        rename_to: \"{{{{item}}}}_anew\""));
    let ran = rig.run(&APPLY).await.code(0);
    assert!(ran.stderr.contains("it is waited for 1ms here before the sites are read again"), "{}", ran.stderr);
    no_doubles(&rig.creates().await, WEEKLY);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_with_hiccups_is_outlasted() {
    let rig = Rig::new().await;
    rig.fault("create:answer=429,times=2,retry-after=0").await;
    rig.fault("create:drop,after=3,times=1").await;
    rig.fault("create:answer=500,after=5,times=1").await;
    rig.fault("list:answer=503,times=2").await;
    rig.fault("list:truncate,after=4,times=1").await;
    rig.fault("restore:fail,name=dr-weekly_orders_*,times=1").await;
    let ran = rig.run(&APPLY).await.code(0);
    let creates = rig.creates().await;
    assert_eq!(
        creates.len(),
        WEEKLY + 1,
        "one failed at the site and was retried: {:#?}\n{}",
        names(&creates),
        ran.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_end_has_its_exit_code() {
    let rig = Rig::new().await;
    rig.fault("restore:fail=no more spool space,name=dr-weekly_orders_*").await;
    rig.run(&APPLY).await.code(4).says("no more spool space").says("skipped");
    let report = rig.report().await;
    let not_executed = report["not_executed"].as_array().unwrap();
    assert!(not_executed.iter().any(|entry| entry["item"] == "line-items"), "{not_executed:#?}");

    let rig = Rig::new().await;
    rig.fault("restore:status=MOSTLY_DONE,name=dr-weekly_orders_*").await;
    rig.run(&APPLY).await.code(5).says("MOSTLY_DONE");

    let rig = Rig::new().await;
    rig.fault("restore:warn=statistics are old,name=dr-weekly_orders_*").await;
    rig.run(&APPLY).await.code(0).says("statistics are old");

    let rig = Rig::new().await;
    rig.fault("permissions:answer=403").await;
    rig.run(&APPLY).await.code(4).says("does not permit restores");
    assert_eq!(rig.creates().await.len(), 0);

    let rig = Rig::new().await;
    rig.fault("create:answer=401").await;
    rig.run(&APPLY).await.code(4).says("restore_credentials");

    let mut rig = Rig::new().await;
    rig.cut().await;
    rig.run(&["diff", "plans/dr-weekly.yaml", "--env", "sim"]).await.code(1).says("no connection");

    rig.write("plans/bad.yaml", "version: 1\nname: Bad Name\nrestores: []\n");
    rig.run(&["validate", "plans/bad.yaml"]).await.code(2).says("plans/bad.yaml:2:7");
    rig.run(&["apply", "plans/bad.yaml", "--env", "sim", "--auto-approve"]).await.code(2);
    rig.run(&["explode"]).await.code(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn diff_sends_nothing_but_reads() {
    let rig = Rig::new().await;
    rig.run(&["diff", "plans/dr-weekly.yaml", "--env", "sim", "--detailed-exitcode"]).await.code(3);
    for request in rig.requests().await {
        let permission = request["path"].as_str().unwrap().ends_with("/restore-permissions");
        assert!(request["method"] == "GET" || permission, "{request}");
        assert_eq!(request["has_credentials"], false, "{request}");
    }
    assert_eq!(rig.creates().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_create_call_carries_the_login() {
    let rig = Rig::new().await;
    rig.run(&["apply", "plans/rename-table.yaml", "--env", "sim", "--auto-approve"]).await.code(0);
    for request in rig.requests().await {
        assert_eq!(request["has_credentials"], json!(request["call"] == "create"), "{request}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_changeset_runs_as_approved_or_not_at_all() {
    let rig = Rig::new().await;
    let save = ["diff", "plans/dr-weekly.yaml", "--env", "sim", "--out", "change.json"];
    rig.run(&save).await.code(0).says("sha256:");
    let saved = std::fs::read_to_string(rig.path("change.json")).unwrap();
    assert!(!saved.contains("rehearsal-only"), "a changeset holds no secrets");

    // Touched by hand.
    rig.write("touched.json", &saved.replace("5002", "5001"));
    rig.run(&["apply", "touched.json"]).await.code(1).says("does not fit its digest");
    assert_eq!(rig.creates().await.len(), 0);

    // The site moves on: one of its restores runs already.
    rig.run(&["apply", "plans/dr-weekly.yaml", "--env", "sim", "--auto-approve"]).await.code(0);
    let ran = rig.run(&["apply", "change.json"]).await.code(1).says("no longer as it was");
    assert!(ran.stderr.contains("`orders`: its action was `create`, and now is `satisfied`"), "{}", ran.stderr);
    no_doubles(&rig.creates().await, WEEKLY);

    // Unchanged, it runs without a question.
    let rig = Rig::new().await;
    rig.run(&save).await.code(0);
    rig.run(&["apply", "change.json"]).await.code(0);
    no_doubles(&rig.creates().await, WEEKLY);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_where_nobody_sits() {
    let rig = Rig::new().await;
    rig.run(&["apply", "plans/dr-weekly.yaml", "--env", "sim"]).await.code(1).says("--auto-approve");
    rig.run(&["apply", "plans/dr-weekly.yaml", "--auto-approve"]).await.code(2).says("--env");
    assert_eq!(rig.creates().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn guards_are_refusals() {
    let rig = Rig::new().await;
    let environment = rig.path("plans/environments/sim.yaml");
    let text = std::fs::read_to_string(&environment).unwrap();
    std::fs::write(&environment, text.replace("allow_in_place: true", "allow_in_place: false\n  protected: true"))
        .unwrap();
    let apply = ["apply", "plans/whole-database.yaml", "--env", "sim", "--auto-approve"];
    rig.run(&apply).await.code(4).says("allow_in_place");
    let apply = ["apply", "plans/rename-table.yaml", "--env", "sim", "--auto-approve"];
    rig.run(&apply).await.code(1).says("--confirm sim");
    assert_eq!(rig.creates().await.len(), 0);
    let confirmed: Vec<&str> = apply.into_iter().chain(["--confirm", "sim"]).collect();
    rig.run(&confirmed).await.code(0);
    assert_eq!(rig.creates().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_do_not_apply_the_same_plan() {
    let rig = Rig::with(|config| config.throughput = 0).await;
    let mut first = rig.start(&APPLY);
    rig.until("a restore runs", async |rig| !rig.creates().await.is_empty()).await;
    rig.run(&APPLY).await.code(1).says("another restorectl applies plan `dr-weekly`");
    first.kill().await.unwrap();
}

/// Sends a signal to a process.
#[cfg(unix)]
async fn signal(child: &Child, name: &str) {
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args([name, &id]).status().await.unwrap().success());
}

/// A run that was asked to stop while four restores run that don't end, and what it says after it has told so.
#[cfg(unix)]
async fn stopping(rig: &Rig, name: &str) -> (Child, Lines<BufReader<ChildStderr>>) {
    let mut child = rig.start(&APPLY);
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut under_way = 0;
    while under_way < 4 {
        let line = told.next_line().await.unwrap().expect("it ended");
        under_way += usize::from(line.contains("accepted by the site") || line.contains("attached to"));
    }
    signal(&child, name).await;
    while !told.next_line().await.unwrap().expect("it ended").contains("stopping: nothing more is started") {}
    (child, told)
}

/// Waits for the end of a run that was stopped; gives what it still said on standard error and what came of it.
#[cfg(unix)]
async fn stopped((child, mut told): (Child, Lines<BufReader<ChildStderr>>)) -> (String, Ran) {
    let mut rest = String::new();
    while let Some(line) = told.next_line().await.unwrap() {
        rest += &line;
        rest.push('\n');
    }
    (rest, Ran::from(child.wait_with_output().await.unwrap()).code(130))
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_first_signal_drains_and_the_second_leaves_whichever_they_are() {
    for (first, second) in [("-INT", "-INT"), ("-TERM", "-TERM"), ("-TERM", "-INT"), ("-INT", "-TERM")] {
        let case = async {
            let rig = Rig::with(|config| config.throughput = 0).await;
            let run = stopping(&rig, first).await;
            signal(&run.0, second).await;
            let (rest, ran) = stopped(run).await;
            let (_, left) =
                rest.split_once("leaving. These may still run at the site and can't be cancelled from here").unwrap();
            let sent = names(&rig.creates().await);
            assert_eq!(sent.len(), 4, "{sent:#?}");
            for name in sent {
                assert!(left.contains(&name), "{name} should be listed:\n{left}");
            }
            ran.says("INTERRUPTED: 0 of 10 restores came about (4 running at the site, 6 not started)");

            // Drained: what runs is waited for, nothing more is started.
            let run = stopping(&rig, first).await;
            rig.throughput(FAST).await;
            stopped(run).await.1.says("INTERRUPTED: 4 of 10 restores came about (6 not started)");
            assert_eq!(rig.creates().await.len(), 4, "it did not go on");
            let report = rig.report().await;
            let not_executed = report["not_executed"].as_array().unwrap();
            let not_started = not_executed.iter().filter(|entry| entry["result"] == "not_started").count();
            assert_eq!((&report["run"]["state"], not_started), (&json!("interrupted"), 6), "{report:#}");
            rig.run(&APPLY).await.code(0);
            no_doubles(&rig.creates().await, WEEKLY);
        };
        tokio::time::timeout(A_MINUTE, case).await.unwrap_or_else(|_| panic!("{first} {second} never ended a run"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_journaled_is_not_sent() {
    let rig = Rig::new().await;
    std::fs::create_dir(rig.path("folder.db")).unwrap();
    let arguments = ["--state", "folder.db", "apply", "plans/rename-table.yaml", "--env", "sim", "--auto-approve"];
    rig.run(&arguments).await.code(1).says("state store at `folder.db`");
    assert_eq!(rig.creates().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_left_anywhere() {
    let rig = Rig::new().await;
    let mut all = String::new();
    for arguments in [
        &["-vv", "diff", "plans/dr-weekly.yaml", "--env", "sim", "--out", "change.json"][..],
        &["-vv", "apply", "change.json"],
        &["report", "--latest", "--format", "json", "--out", "r.json", "--format", "html", "--out", "r.html"],
        &["render", "plans/dr-weekly.yaml", "--env", "sim"],
    ] {
        let ran = rig.run(arguments).await.code(0);
        all += &ran.stdout;
        all += &ran.stderr;
    }
    for entry in std::fs::read_dir(rig.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            all += &String::from_utf8_lossy(&std::fs::read(path).unwrap());
        }
    }
    assert!(all.len() > 10_000);
    // The password, and the base64 of `restore_operator:rehearsal-only`.
    for secret in ["rehearsal-only", "cmVzdG9yZV9vcGVyYXRvcjpyZWhlYXJzYWwtb25seQ"] {
        assert!(!all.contains(secret), "{secret} is left somewhere");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_come_again_from_the_journal() {
    let rig = Rig::new().await;
    rig.run(&APPLY).await.code(0);
    let listed = rig.run(&["runs", "list", "--format", "json"]).await.code(0);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    let id = listed[0]["id"].as_str().unwrap().to_owned();
    rig.run(&["runs", "list"]).await.code(0).says(&id);
    rig.run(&["runs", "show", &id]).await.code(0).says("dr-weekly");
    let write = ["report", &id, "--format", "json", "--out", "r.json", "--format", "html", "--out", "r.html"];
    rig.run(&write).await.code(0);
    let report: Value = serde_json::from_str(&std::fs::read_to_string(rig.path("r.json")).unwrap()).unwrap();
    let schema = rig.run(&["schema", "report"]).await.code(0).stdout;
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    assert_eq!(schema.iter_errors(&report).map(|e| e.to_string()).collect::<Vec<_>>(), Vec::<String>::new());
    assert_eq!(report["simulated"], true, "a rehearsal says that it is one");
    let page = std::fs::read_to_string(rig.path("r.html")).unwrap();
    assert!(page.contains("dr-weekly") && !page.contains("http-equiv=\"refresh\"") && !page.contains("src=\"http"));
    rig.run(&["report", "no-such-run"]).await.code(1).says("runs list");
    rig.run(&["report"]).await.code(1).says("--latest");
    rig.run(&["report", "--latest", "--out", "by-ending.html"]).await.code(0);
    assert!(std::fs::read_to_string(rig.path("by-ending.html")).unwrap().starts_with("<!"));
    rig.run(&["report", "--latest", "--out", "what.ever"]).await.code(2).says("names no format");
    rig.run(&["apply", "r.json"]).await.code(1).says("not a saved changeset");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_restores_once_and_shows_it_twice() {
    let rig = Rig::new().await;
    let first = rig.run(&["demo", "--dir", "demo", "--state", "demo/state.db"]).await.code(0);
    for words in ["== validate", "== diff", "== apply", "== report", "demo/report.html"] {
        assert!(first.stderr.contains(words) || first.stdout.contains(words), "{words}");
    }
    assert!(rig.path("demo/report.html").exists() && rig.path("demo/report.json").exists());
    rig.run(&["demo", "--dir", "demo", "--state", "demo/state.db"]).await.code(0).says("nothing to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_go_where_the_plan_says() {
    let rig = Rig::new().await;
    rig.run(&APPLY).await.code(0);
    for (database, table) in
        [("ADW_DR", "orders"), ("BANKING_DR", "accounts"), ("BANKING_DR", "accounts_older"), ("RETAIL_DR", "items")]
    {
        assert!(!rig.rows(DR_SITE, database, table).await.is_empty(), "{database}.{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn schemas_and_completions_are_printed() {
    let rig = Rig::new().await;
    for document in ["plan", "environment", "plan-test", "snapshot", "report"] {
        let printed = rig.run(&["schema", document]).await.code(0).stdout;
        let schema: Value = serde_json::from_str(&printed).unwrap();
        assert!(jsonschema::meta::is_valid(&schema), "{document}");
    }
    for shell in ["bash", "zsh", "fish", "powershell"] {
        rig.run(&["completions", shell]).await.code(0).says("restorectl");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_approved_is_what_the_journal_holds() {
    let rig = Rig::new().await;
    rig.run(&["diff", "plans/rename-table.yaml", "--env", "sim", "--out", "change.json"]).await.code(0);
    let text = std::fs::read_to_string(rig.path("change.json")).unwrap();
    let (mut changeset, digest) = restorectl::changeset::load(&text).unwrap();
    rig.run(&["apply", "change.json"]).await.code(0);
    assert_eq!(rig.report().await["run"]["changeset_digest"], digest);

    // An approval does not hold for ever.
    changeset.expires_at = changeset.created_at;
    rig.write("old.json", &restorectl::changeset::save(&changeset).unwrap().1);
    rig.run(&["apply", "old.json"]).await.code(1).says("the changeset expired at");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weekly_plan_goes_on_with_a_newer_backup() {
    let rig = Rig::new().await;
    let apply =
        |execution: &'static str| ["apply", "plans/week.yaml", "--env", "sim", "--auto-approve", "--input", execution];
    let plan = "version: 1\nname: week\ninputs: {execution: {type: string}, existing: {type: string, default: fail}}\n\
                source: {site: TDICGC73149PP88, job: 1412, execution: \"{{execution}}\"}\n\
                target: {site: TDICGC73149PP99, database: ADW_DR}\nrestores:\n  - name: customer\n    \
                objects: [{table: ADW.customer}]\n    on_existing: \"{{existing}}\"\n";
    rig.write("plans/week.yaml", plan);
    rig.run(&apply("execution=5001")).await.code(0);
    let first = rig.rows(DR_SITE, "ADW_DR", "customer").await;
    // The copy of the week before is in the way, and nobody allowed to replace it.
    rig.run(&apply("execution=5002")).await.code(4).says("probably there");
    assert_eq!(rig.creates().await.len(), 1);
    let allowed: Vec<&str> = apply("execution=5002").into_iter().chain(["--input", "existing=replace"]).collect();
    rig.run(&allowed).await.code(0).says("replaces `ADW_DR.customer`");
    assert_ne!(rig.rows(DR_SITE, "ADW_DR", "customer").await, first);
    // Back to the older backup: what was done before the newer one doesn't count as done.
    let back: Vec<&str> = apply("execution=5001").into_iter().chain(["--input", "existing=replace"]).collect();
    rig.run(&back).await.code(0).says("came after");
    assert_eq!(rig.creates().await.len(), 3);
    assert_eq!(rig.rows(DR_SITE, "ADW_DR", "customer").await, first);
    rig.run(&back).await.code(0).says("nothing to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_to_do_next_does_the_same_again() {
    let rig = Rig::new().await;
    rig.fault("restore:fail,times=1").await;
    let apply = ["apply", "plans/rename-table.yaml", "--env", "sim", "--auto-approve", "--input", "suffix=_monday"];
    rig.run(&apply).await.code(4).says("apply plans/rename-table.yaml --env sim --input suffix=_monday`");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_was_doubled_is_never_green() {
    let rig = Rig::with(|config| config.throughput = 0).await;
    let run = rig.start(&APPLY);
    rig.until("a restore is there", async |rig| !rig.creates().await.is_empty()).await;
    // Somebody else, who knows nothing of this run, sends the same.
    rig.send_again(&rig.creates().await[0]).await;
    rig.throughput(FAST).await;
    Ran::from(run.wait_with_output().await.unwrap()).code(5).says("late");
    assert_eq!(rig.creates().await.len(), WEEKLY + 1);
    rig.run(&["diff", "plans/dr-weekly.yaml", "--env", "sim"]).await.code(0).says("more than once");
}
