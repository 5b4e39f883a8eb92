//! Plan tests and recorded snapshots, as people meet them: through the real binary.

use std::collections::BTreeMap;
use std::path::Path;

use restorectl::changeset::{self, Intention, decide};
use restorectl::model::Reading;
use restorectl::plan::{LoaderLimits, Request, SourceFile, read_snapshot, resolve};
use serde_json::Value;

use crate::rig::{Ran, Rig};

/// The shipped plans without their tests, and one test file for a plan.
async fn with_test(plan: &str, text: &str) -> Rig {
    let rig = Rig::new().await;
    for entry in std::fs::read_dir(rig.path("plans")).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with(".test.yaml") {
            std::fs::remove_file(path).unwrap();
        }
    }
    rig.write(&format!("plans/{plan}.test.yaml"), text);
    rig
}

async fn test(plan: &str, text: &str) -> Ran {
    with_test(plan, text).await.run(&["test"]).await
}

fn golden(name: &str, text: &str) {
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, text);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shipped_tests_pass_and_need_nothing_but_files() {
    let mut rig = Rig::new().await;
    rig.cut().await;
    let ran = rig.run(&["test", "plans/"]).await.code(0);
    golden("shipped_tests", &ran.stdout);
    assert!(!rig.path("state.db").exists(), "no store is opened");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_as_expected_is_shown_where_it_is_expected() {
    let ran = test("dr-weekly", FAILING).await.code(6);
    golden("failing_tests", &ran.stdout);
}

/// Every key of an expectation, each with something that isn't so.
const FAILING: &str = "\
version: 1
environment: sim
snapshot: snapshots/sim-first.yaml
cases:
  - name: all is well
    expect: {others: create}
  - name: nothing is as expected
    expect:
      restores:
        reference: {action: satisfied, reason: there already}
        orders:
          action: create
          execution: 5001
          data_loss: none
          loses: [replaces, drops]
          notes: no sizes
          job_name: orders
          attempt: 2
          refused: allow_replace
        older-accounts: blocked
      others: satisfied
  - name: refused for another reason
    environment: prod
    snapshot: snapshots/prod.yaml
    expect:
      restores: {orders: {refused: allow_in_place}}
      others: none
  - name: there are no others
    expect:
      restores: {reference: create, orders: create, line-items: create, banking: create, retail: create, older-accounts: create}
      others: create
  - name: the plan is not valid
    inputs: {retail_tables: [items, ITEMS]}
    expect: {others: create}
  - name: the plan is valid
    expect: {errors: [R302], warnings: [R204]}
  - name: the plan breaks another rule
    inputs: {retail_tables: [items, ITEMS]}
    expect: {errors: [R302]}
";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_mistakes_is_not_run_and_each_is_shown() {
    let text = "\
version: 1
enviroment: sim
cases:
  - name: empty
    expect: {}
  - name: empty
    expect: {restores: {model: creat}}
  - expect: {restores: {model: {reson: x, attempt: 0}}}
  - name: earlier
    earlier: {model: [{attempt: 1}, {journal: opened}]}
    expect: {errors: [R999], others: create}
  - name: inline
    now: soon
    snapshot: {version: 1, taken_at: today, sites: {A: {restore: []}}}
    expect: {errors: [], restores: {}}
";
    let ran = test("rename-table", text).await.code(2);
    golden("invalid_test_file", &ran.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_does_not_fit_its_plan_is_not_run() {
    let text = "\
version: 1
environment: sim
snapshot: snapshots/sim-first.yaml
cases:
  - name: another environment
    environment: simm
    expect: {others: create}
  - name: other restores
    earlier: {bankin: FAILED}
    expect: {restores: {ordres: create}, others: create}
  - name: another file
    snapshot: snapshots/none.yaml
    expect: {others: create}
  - name: a file that is no snapshot
    snapshot: dr-weekly.yaml
    expect: {others: create}
  - name: another input
    inputs: {retail_table: [x]}
    expect: {others: create}
  - name: nowhere to lay it over
    snapshot:
      version: 1
      taken_at: 2026-11-23T03:00:00Z
      sites: {TDICGC73149PP88: {jobs: {1412: [5002]}}}
    earlier: {orders: FAILED, retail: FAILED}
    expect: {others: blocked}
";
    let ran = test("dr-weekly", text).await.code(2);
    golden("cases_that_do_not_fit", &ran.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_is_no_yaml_is_said_to_be_that() {
    let case = "version: 1\nenvironment: sim\ncases:\n  - {name: one, inputs: {a: b}, expect: {others: create}}\n";
    let rig = with_test("broken", case).await;
    rig.write("plans/broken.yaml", "a: [\n");
    let ran = rig.run(&["test"]).await.code(6).says("R430").says("plans/broken.yaml:1:4");
    assert!(!ran.stdout.contains("R203"), "{}", ran.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_without_a_place_to_run_in_says_so() {
    let plan = "version: 1\nname: bare\nsource: {site: A, job: 1}\ntarget: {site: B, database: D}\nrestores:\n  - {name: x, objects: [{table: E.t}]}\n";
    let case = |more: &str| format!("version: 1\ncases:\n  - {{name: one, expect: {{others: blocked}}{more}}}\n");
    for (more, code, words) in [
        ("", 2, "names no environment"),
        (", environment: sim", 2, "has no snapshot"),
        (
            ", environment: sim, snapshot: {version: 1, taken_at: 2026-11-23T03:00:00Z, sites: {A: {restores: []}}}",
            0,
            "1 passed",
        ),
    ] {
        let rig = with_test("bare", &case(more)).await;
        rig.write("plans/bare.yaml", plan);
        rig.run(&["test", "plans/bare.yaml"]).await.code(code).says(words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_to_run_is_never_green() {
    let rig = with_test("gone", FAILING).await;
    std::fs::create_dir(rig.path("empty")).unwrap();
    for (arguments, code, words) in [
        (&["test", "empty"][..], 1, "there is no test (`*.test.yaml`) in `empty`"),
        (&["test", "nowhere"], 1, "`nowhere` can't be read"),
        (&["test", "plans/rename-table.yaml"], 1, "`plans/rename-table.yaml` has no test file beside it"),
        (
            &["test", "plans", "--filter", "no such case"],
            1,
            "no case has `no such case` in its name, of 7 that there are",
        ),
        (&["test", "plans"], 2, "this file has no plan `plans/gone.yaml`: there is no such file"),
    ] {
        rig.run(arguments).await.code(code).says(words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_runs_what_it_names() {
    let rig = with_test("dr-weekly", FAILING).await;
    rig.run(&["test", "--filter", "all is well"])
        .await
        .code(0)
        .says("1 case in 1 file: 1 passed, 6 left out by --filter");
    rig.run(&["test", "plans/dr-weekly.yaml", "--filter", "plan is valid"]).await.code(6).says("0 passed, 1 failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_and_ci_read_the_same() {
    let text = "\
version: 1
environment: sim
snapshot: snapshots/sim-first.yaml
cases:
  - name: good
    expect: {restores: {model: create}}
  - name: \"bad <&> \\e[31m\\\"\"
    expect: {restores: {model: satisfied}}
  - name: unfit
    expect: {restores: {modell: create}}
";
    let rig = with_test("rename-table", text).await;
    rig.write("plans/other-database.test.yaml", "version: 1\ncases: []\n");
    let ran = rig.run(&["test", "--format", "junit"]).await.code(2);
    golden("junit", &ran.stdout);
    // Several formats in one call, each to its own output.
    let both = ["test", "--format", "json", "--out", "tests.json", "--format", "junit"];
    assert_eq!(rig.run(&both).await.code(2).stdout, ran.stdout);
    let json: Value = serde_json::from_str(&std::fs::read_to_string(rig.path("tests.json")).unwrap()).unwrap();
    let counts = ["passed", "failed", "invalid", "invalid_files", "left_out"].map(|key| json[key].as_u64().unwrap());
    assert_eq!(counts, [1, 1, 1, 1, 0], "{json:#}");
    assert_eq!(json["files"][0]["diagnostics"][0]["rule"], "R105");
    let case = &json["files"][1]["cases"][1];
    assert_eq!((case["outcome"].as_str(), case["line"].as_u64()), (Some("failed"), Some(7)), "{case:#}");
    assert_eq!(case["diagnostics"][0]["rule"], "R431");
    assert_eq!(case["diagnostics"][0]["related"][0]["file"], "plans/rename-table.yaml");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_journal_knows_decides_with_what_the_site_shows() {
    let table = [
        ("{journal: open}", "adopt", 1),
        ("{journal: accepted}", "adopt", 1),
        ("{journal: accepted, sent: 2026-11-20T00:00:00Z}", "blocked", 1),
        ("{journal: odd}", "blocked", 1),
        ("{journal: gone}", "create", 2),
        ("{journal: failed}", "retry", 2),
        ("{journal: succeeded}", "satisfied", 1),
        ("{journal: open, status: COMPLETED_SUCCESSFULLY}", "satisfied", 1),
        ("[FAILED, COMPLETED_WITH_ERRORS]", "retry", 3),
        ("[FAILED, COMPLETED_WITH_WARNINGS]", "satisfied", 2),
        ("{status: FAILED, generation: 2, attempt: 3}", "retry", 4),
        ("{status: RUNNING, definition: other}", "blocked", 1),
    ];
    let mut text = "version: 1\nenvironment: sim\nsnapshot: snapshots/sim-first.yaml\ncases:\n".to_owned();
    for (index, (earlier, action, attempt)) in table.iter().enumerate() {
        text += &format!(
            "  - name: case {index}\n    earlier: {{orders: {earlier}}}\n    expect: {{restores: {{orders: {{action: {action}, attempt: {attempt}}}}}}}\n"
        );
    }
    test("dr-weekly", &text).await.code(0).says(&format!("{} passed", table.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_moment_of_a_case_counts() {
    let case = |now: &str, expect: &str| {
        format!("  - {{name: 'at {now}', {now} expect: {{restores: {{older-accounts: {expect}}}}}}}\n")
    };
    let text = format!(
        "version: 1\nenvironment: sim\nsnapshot: snapshots/sim-first.yaml\ncases:\n{}{}",
        case("", "{action: create, execution: 6001}"),
        case("now: 2027-11-23T03:00:00Z,", "{refused: within the last 30d}")
    );
    test("dr-weekly", &text).await.code(0).says("2 passed");
}

#[tokio::test(flavor = "multi_thread")]
async fn test_files_and_snapshots_are_no_plans() {
    let rig = Rig::new().await;
    let folder = rig.run(&["validate", "plans", "--env", "sim"]).await.code(0).says("valid: 4 plans, 1 environment");
    let mut all: Vec<String> = vec!["validate".into(), "--env".into(), "sim".into()];
    for entry in std::fs::read_dir(rig.path("plans")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            all.push(format!("plans/{}", path.file_name().unwrap().display()));
        }
    }
    all[3..].sort();
    assert!(all.iter().any(|path| path.ends_with(".test.yaml")));
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let globbed = rig.run(&all).await.code(0);
    assert_eq!(folder.stdout, globbed.stdout);
    rig.run(&["validate", "plans/dr-weekly.test.yaml"]).await.code(1).says("there is no plan");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_decides_what_the_site_itself_decides() {
    let rig = Rig::new().await;
    rig.fault("restore:fail,name=dr-weekly_orders_*").await;
    rig.run(&["apply", "plans/dr-weekly.yaml", "--env", "sim", "--auto-approve"]).await.code(4);
    rig.run(&["apply", "plans/rename-table.yaml", "--env", "sim", "--auto-approve"]).await.code(0);
    rig.clear_faults().await;
    rig.fault("objects:answer=403").await;

    let before = rig.requests().await.len();
    rig.run(&["snapshot", "plans", "--env", "sim", "--out", "site.yaml"]).await.code(0).says("recorded as `site.yaml`");
    for request in &rig.requests().await[before..] {
        let permission = request["path"].as_str().unwrap().ends_with("/restore-permissions");
        assert!(request["method"] == "GET" || permission, "{request}");
        assert_eq!(request["has_credentials"], false, "{request}");
    }
    let file = |path: &Path| SourceFile { path: path.display().to_string(), bytes: std::fs::read(path).unwrap() };
    let (recorded, found) = read_snapshot(&file(&rig.path("site.yaml")), &LoaderLimits::default());
    assert!(found.is_empty());
    let recorded = recorded.unwrap();
    assert!(recorded.objects.values().all(|list| matches!(list, Reading::Unreadable(_))), "what can't be read is said");
    let text = std::fs::read_to_string(rig.path("site.yaml")).unwrap();
    assert!(!text.contains("rehearsal-only"), "a recording holds no secrets");

    let mut seen = BTreeMap::new();
    for plan in ["dr-weekly", "rename-table", "other-database", "whole-database"] {
        let path = format!("plans/{plan}.yaml");
        // A state of its own: what our journal knows is no part of a recording.
        let diff = ["--state", "other.db", "diff", &path, "--env", "sim", "--out", "change.json"];
        rig.run(&diff).await.code(0);
        let (live, _) = changeset::load(&std::fs::read_to_string(rig.path("change.json")).unwrap()).unwrap();
        let source = SourceFile { path: path.clone(), ..file(&rig.path(&path)) };
        let environment = file(&rig.path("plans/environments/sim.yaml"));
        let request = Request {
            plan: &source,
            environment: Some(&environment),
            inputs: &[],
            now: recorded.taken_at,
            limits: LoaderLimits::default(),
        };
        let resolution = resolve(request, &mut |path, _| std::fs::read(path).map_err(|error| error.to_string()));
        let intention = Intention {
            plan: &resolution.plan.unwrap(),
            file: &path,
            environment: &resolution.environment.unwrap(),
            inputs: &BTreeMap::new(),
            again: false,
            opened: &Default::default(),
            tool_version: "0",
        };
        let made = decide(&intention, &recorded).unwrap();
        assert_eq!(made.items, live.items, "{plan}");
        seen.extend(made.items.into_iter().map(|decision| (decision.action, plan)));
    }
    let actions: Vec<&str> = seen.keys().map(|action| action.word()).collect();
    assert_eq!(actions, ["create", "retry", "satisfied"], "the comparison is about something");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_checked_against_a_recording() {
    let rig = Rig::new().await;
    rig.run(&["snapshot", "plans/dr-weekly.yaml", "--env", "sim", "--out", "site.yaml"]).await.code(0);
    let validate = |plan: &'static str| ["validate", plan, "--env", "sim", "--snapshot", "site.yaml"];
    // The simulator hasn't prepared its lists, and that is said once for each backup.
    let ran = rig
        .run(&validate("plans/dr-weekly.yaml"))
        .await
        .code(0)
        .says("valid: 1 plan, 1 environment, 0 errors, 4 warnings");
    assert_eq!(ran.stdout.matches("warning[R409]").count(), 4, "{}", ran.stdout);

    let known = ["validate", "plans/dr-weekly.yaml", "--env", "sim", "--snapshot", "plans/snapshots/sim-first.yaml"];
    rig.run(&known).await.code(0).says("0 errors, 0 warnings");
    let plan = std::fs::read_to_string(rig.path("plans/dr-weekly.yaml")).unwrap();
    let plan = plan.replace("database: ADW_DR}", "database: ADW_DRR}").replace("ADW.line_item", "ADW.lineitem");
    rig.write("plans/slips.yaml", &plan.replace("job: 1431", "job: 1413"));
    let slips = ["validate", "plans/slips.yaml", "--env", "sim", "--snapshot", "plans/snapshots/sim-first.yaml"];
    let ran = rig.run(&slips).await.code(2);
    golden("names_against_a_recording", &ran.stdout);

    rig.write("site.yaml", "version: 1\nsites: {A: {}}\n");
    rig.run(&validate("plans/dr-weekly.yaml")).await.code(2).says("the key `taken_at` is missing");
    let missing = ["validate", "plans/dr-weekly.yaml", "--snapshot", "nowhere.yaml"];
    rig.run(&missing).await.code(1).says("`nowhere.yaml` can't be read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_needs_a_site_that_can_be_read() {
    let rig = Rig::new().await;
    let record = ["snapshot", "plans/dr-weekly.yaml", "--env", "sim", "--out", "site.yaml"];
    rig.fault("databases:answer=403").await;
    rig.run(&record).await.code(0);
    let text = std::fs::read_to_string(rig.path("site.yaml")).unwrap();
    assert!(text.contains("databases:\n      unreadable: \"GET "), "{text}");
    rig.fault("list:answer=403").await;
    std::fs::remove_file(rig.path("site.yaml")).unwrap();
    rig.run(&record).await.code(1).says("no site of the plan could be read");
    assert!(!rig.path("site.yaml").exists());
    std::fs::create_dir_all(rig.path("other/environments")).unwrap();
    std::fs::copy(rig.path("plans/dr-weekly.yaml"), rig.path("other/dr-weekly.yaml")).unwrap();
    let environment = std::fs::read_to_string(rig.path("plans/environments/sim.yaml")).unwrap();
    rig.write("other/environments/sim.yaml", &environment.replace(&rig.base, "http://127.0.0.1:1"));
    let both = ["snapshot", "plans/dr-weekly.yaml", "other/dr-weekly.yaml", "--env", "sim"];
    rig.run(&both).await.code(1).says("is for another service, `http://127.0.0.1:1/data-protection/v2`");
    rig.run(&["snapshot", "plans/dr-weekly.yaml"]).await.code(2).says("--env");
    rig.run(&["snapshot", "plans/dr-weekly.test.yaml", "--env", "sim"]).await.code(1).says("there is no plan");
}
