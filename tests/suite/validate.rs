//! `validate` as people and CI systems use it: several plans and environments, several formats, files that can't be read.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use super::rig::{Ran, Rig};

const ORDERS: &str = r#"version: 1
name: orders
inputs:
  source_site: {type: string}
  suffix: {type: string, default: _restored}
  unused: {type: string, default: x}
source: {site: "{{source_site}}", job: 1412}
target: {site: "{{source_site}}"}
restores:
  - name: orders
    objects:
      - table: SALES.orders
        rename_too: "orders{{sufix}}"
    after: [customer]
"#;

const CUSTOMERS: &str = r#"version: 1
name: customers
inputs:
  source_site: {type: string}
  copies: {type: integer, default: 1}
source: {site: "{{source_site}}", job: 1412}
target: {site: "{{source_site}}"}
restores:
  - name: customers
    objects: [{table: "SALES.customers", rename_to: "customers_{{copies}}"}]
"#;

const BASE: &str = "version: 1\ninputs: {source_site: A}\nlimits: {concurency: 2}\n";
const PROD: &str = "version: 1\nextends: _base\ninputs: {copies: two}\n";
const STAGING: &str = "version: 1\nextends: _base\napi: {url: https://api.example.com, bearer: hunter2}\n";
const SIM: &str = "version: 1\ninputs: {source_site: A}\n";

/// A folder of plans with mistakes in several files.
async fn mistakes() -> Rig {
    let rig = Rig::new().await;
    std::fs::create_dir_all(rig.path("runbooks/environments")).unwrap();
    for (name, text) in [
        ("orders.yaml", ORDERS),
        ("customers.yaml", CUSTOMERS),
        ("environments/_base.yaml", BASE),
        ("environments/prod.yaml", PROD),
        ("environments/staging.yaml", STAGING),
        ("environments/sim.yaml", SIM),
    ] {
        rig.write(&format!("runbooks/{name}"), text);
    }
    symlink("nowhere", rig.path("runbooks/gone.yaml")).unwrap();
    rig
}

/// A document without what changes with the version and with every new rule.
fn stable(text: &str) -> String {
    text.replace(&format!("\"{}\"", env!("CARGO_PKG_VERSION")), "\"VERSION\"")
}

fn read_json(rig: &Rig, name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(rig.path(name)).unwrap()).unwrap()
}

fn fits(schema: &str, document: &Value) {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::options().offline().build(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
}

fn total(values: &Value, key: &str) -> u64 {
    values.as_array().unwrap().iter().map(|value| value[key].as_u64().unwrap()).sum()
}

#[tokio::test]
async fn every_format_in_one_call_and_all_agree() {
    let rig = mistakes().await;
    let ran = rig
        .run(&[
            "validate",
            "runbooks",
            "--format",
            "human",
            "--format",
            "json",
            "--out",
            "all.json",
            "--format",
            "sarif",
            "--out",
            "all.sarif",
            "--format",
            "github",
            "--out",
            "all.txt",
            "--out",
            "all.xml",
        ])
        .await
        .code(2);
    for wrote in ["wrote `all.json`", "wrote `all.sarif`", "wrote `all.txt`", "wrote `all.xml`"] {
        assert!(ran.stderr.contains(wrote), "{}", ran.stderr);
    }
    insta::assert_snapshot!("mistakes_human", ran.stdout);
    let read = |name: &str| std::fs::read_to_string(rig.path(name)).unwrap();
    insta::assert_snapshot!("mistakes_json", stable(&read("all.json")));
    insta::assert_snapshot!("mistakes_github", read("all.txt"));
    insta::assert_snapshot!("mistakes_junit", read("all.xml"));
    for name in ["all.json", "all.sarif", "all.txt", "all.xml"] {
        assert!(!read(name).contains("hunter2"), "{name}");
    }

    let document = read_json(&rig, "all.json");
    fits(&rig.run(&["schema", "diagnostics"]).await.code(0).stdout, &document);
    let mut log = read_json(&rig, "all.sarif");
    fits(include_str!("../fixtures/sarif-parts.schema.json"), &log);
    let run = &mut log["runs"][0];
    let rules = run["tool"]["driver"].as_object_mut().unwrap().shift_remove("rules").unwrap();
    for result in run["results"].as_array_mut().unwrap() {
        let index = result.as_object_mut().unwrap().shift_remove("ruleIndex").unwrap().as_u64().unwrap();
        assert_eq!(rules[usize::try_from(index).unwrap()]["id"], result["ruleId"]);
    }
    insta::assert_snapshot!("mistakes_sarif", stable(&format!("{log:#}")));

    for (severity, key) in [("error", "errors"), ("warning", "warnings")] {
        let expected = document["summary"][key].as_u64().unwrap();
        assert!(expected > 0);
        let of = |list: &Value, field: &str| {
            list.as_array().unwrap().iter().filter(|one| one[field] == severity).count() as u64
        };
        assert_eq!(of(&document["diagnostics"], "severity"), expected);
        assert_eq!(of(&log["runs"][0]["results"], "level"), expected);
        assert_eq!(
            read("all.txt").lines().filter(|line| line.starts_with(&format!("::{severity} "))).count() as u64,
            expected
        );
        assert_eq!(
            ran.stdout.lines().filter(|line| line.starts_with(&format!("{severity}["))).count() as u64,
            expected
        );
        let words = format!("{expected} {severity}{}", if expected == 1 { "" } else { "s" });
        assert!(ran.stdout.lines().last().unwrap().contains(&words), "{}", ran.stdout);
        // JUnit tells each of them for each pair that has it.
        let told = read("all.xml").matches(&format!(": {severity}[R")).count() as u64;
        assert_eq!(told, total(&document["pairs"], key));
    }
}

#[tokio::test]
async fn one_format_is_printed_and_each_takes_the_out_behind_it() {
    let rig = mistakes().await;
    let usage = rig.run(&["validate", "runbooks", "--format", "json", "--format", "sarif"]).await.code(2);
    assert!(usage.stderr.contains("only one format can be printed"), "{}", usage.stderr);
    assert_eq!(usage.stdout, "");
    rig.run(&["validate", "runbooks", "--out", "x.bin"]).await.code(2).says("`x.bin` names no format");
    let mixed = ["validate", "runbooks", "--format", "human", "--out", "x.sarif"];
    rig.run(&mixed).await.code(2).says("`x.sarif` names another format than is before it");
    rig.run(&["report", "--latest", "--format", "json", "--format", "html"]).await.code(2).says("only one format");

    // What is there and is no file stays what it is.
    let device = rig.path("device");
    symlink("/dev/null", &device).unwrap();
    rig.run(&["validate", "runbooks", "--format", "json", "--out", "device"]).await.code(1).says("not a regular file");
    assert_eq!(std::fs::read_link(&device).unwrap(), std::path::Path::new("/dev/null"));

    // The one without an --out comes first, in the middle, last.
    let json = ["--format", "json", "--out", "a.json"];
    let human = ["--format", "human"];
    let junit = ["--format", "junit", "--out", "a.xml"];
    for order in [[&human[..], &json, &junit], [&json, &human, &junit], [&json, &junit, &human]] {
        let ran = rig.run(&[&["validate", "runbooks"], order.concat().as_slice()].concat()).await.code(2);
        assert!(ran.stdout.contains("error[R101]"), "{}", ran.stdout);
        assert_eq!(read_json(&rig, "a.json")["version"], 1);
        assert!(std::fs::read_to_string(rig.path("a.xml")).unwrap().starts_with("<?xml"));
        std::fs::remove_file(rig.path("a.json")).unwrap();
        std::fs::remove_file(rig.path("a.xml")).unwrap();
    }
    let ran = rig.run(&["validate", "runbooks", "--format", "json"]).await.code(2);
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap()["summary"]["plans"], 3);
}

/// The rule, the file and the environments of everything that was found.
fn found(ran: &Ran) -> BTreeSet<(String, String)> {
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let diagnostics = document["diagnostics"].as_array().unwrap().iter();
    diagnostics.map(|found| (text(&found["rule"]), text(&found["place"]["file"]))).collect()
}

#[tokio::test]
async fn what_cannot_be_read_is_told_and_the_others_are_checked() {
    let rig = mistakes().await;
    let folder = rig.path("runbooks");
    std::fs::remove_file(folder.join("orders.yaml")).unwrap();
    std::fs::remove_file(folder.join("environments/staging.yaml")).unwrap();
    rig.write("runbooks/environments/prod.yaml", SIM);
    let made = std::process::Command::new("mkfifo").arg(folder.join("pipe.yaml")).status().unwrap();
    assert!(made.success());
    std::fs::create_dir(folder.join("environments/folder.yaml")).unwrap();
    // Links that lead back end, too.
    symlink(".", folder.join("again")).unwrap();
    let ran = rig.run(&["validate", "runbooks", "missing.yaml", "runbooks/customers.yaml", "--format", "json"]).await;
    let ran = ran.code(2);
    let unreadable = ["missing.yaml", "runbooks/environments/folder.yaml", "runbooks/gone.yaml", "runbooks/pipe.yaml"];
    assert_eq!(found(&ran), unreadable.map(|file| ("R001".to_owned(), file.to_owned())).into());
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    let pairs: Vec<(&str, &str, u64)> = document["pairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| {
            let name = pair["environment"]["name"].as_str().unwrap_or("");
            (pair["plan"].as_str().unwrap(), name, pair["errors"].as_u64().unwrap())
        })
        .collect();
    let plan = |plan, errors: u64| [(plan, "folder", 1 + errors), (plan, "prod", errors), (plan, "sim", errors)];
    let below =
        [plan("runbooks/customers.yaml", 0), plan("runbooks/gone.yaml", 1), plan("runbooks/pipe.yaml", 1)].concat();
    let expected = [below, vec![("missing.yaml", "", 1)]].concat();
    assert_eq!(pairs, expected, "each plan once, in the order of the command line");
}

#[tokio::test]
async fn where_nothing_can_be_checked_that_is_a_failure() {
    let rig = mistakes().await;
    let ran = rig.run(&["validate", "missing.yaml", "--format", "json"]).await.code(1);
    assert_eq!(found(&ran), [("R001".to_owned(), "missing.yaml".to_owned())].into());
    assert!(ran.stderr.contains("not a single plan could be checked"), "{}", ran.stderr);
    let ran = rig.run(&["validate", "runbooks/customers.yaml", "--env", "simm"]).await.code(1);
    ran.says("runbooks/environments/simm.yaml").says("the environments in `runbooks/environments` are `prod`");
    std::fs::create_dir(rig.path("empty")).unwrap();
    rig.run(&["validate", "empty"]).await.code(1).says("there is no plan");
}

#[tokio::test]
async fn warnings_are_let_through_unless_they_are_denied() {
    let rig = mistakes().await;
    rig.write("runbooks/warned.yaml", &CUSTOMERS.replace("_{{copies}}", "_copy"));
    let arguments = ["validate", "runbooks/warned.yaml", "--env", "sim"];
    let ran = rig.run(&arguments).await.code(0);
    assert!(ran.stdout.ends_with("valid: 1 plan, 1 environment, 0 errors, 1 warning\n"), "{}", ran.stdout);
    rig.run(&[&arguments[..], &["--deny-warnings"]].concat()).await.code(2).says("`--deny-warnings` allows none");
    rig.run(&["validate", "runbooks/customers.yaml", "--env", "sim", "--deny-warnings"]).await.code(0);
}

#[tokio::test]
async fn people_are_shown_so_many_and_told_of_the_others_and_programs_get_all() {
    let rig = mistakes().await;
    let restores: String =
        (0..250).map(|n| format!("  - {{name: r{n}, objects: [{{table: A.t{n}}}], modee: copy}}\n")).collect();
    let head = &ORDERS[..ORDERS.find("  - name").unwrap()];
    rig.write("runbooks/orders.yaml", &format!("{head}{restores}"));
    let arguments = ["validate", "runbooks/orders.yaml", "--env", "sim"];
    let ran = rig.run(&arguments).await.code(2);
    assert_eq!(ran.stdout.matches("error[R").count(), 100);
    assert!(ran.stdout.contains("not shown: 152 more problems; see more with `--max 252`"), "{}", ran.stdout);
    assert!(ran.stdout.contains("250 errors, 2 warnings"), "{}", ran.stdout);
    let ran = rig.run(&[&arguments[..], &["--max", "252"]].concat()).await.code(2);
    assert_eq!(ran.stdout.matches("error[R").count(), 250);
    assert!(!ran.stdout.contains("not shown"));
    let ran = rig.run(&[&arguments[..], &["--max", "1", "--format", "json"]].concat()).await.code(2);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["diagnostics"].as_array().unwrap().len(), 252);
    assert_eq!(document["summary"]["not_listed"], 0);
}

#[tokio::test]
async fn a_problem_without_a_place_names_the_plans_that_have_it() {
    let rig = mistakes().await;
    let ran = rig.run(&["validate", "runbooks", "--env", "sim", "--input", "suffix=_x"]).await.code(2);
    let block = ran.stdout.split("\n\n").find(|block| block.contains("R203")).unwrap_or_else(|| panic!("{ran:?}"));
    assert!(block.contains("= note: in plan `runbooks/customers.yaml`"), "{block}");
}

#[tokio::test]
async fn a_narrow_terminal_gets_narrow_excerpts() {
    let rig = mistakes().await;
    let mut command = rig.command(&["validate", "runbooks"]);
    let ran = Ran::from(command.env("COLUMNS", "40").output().await.unwrap()).code(2);
    let excerpts: Vec<&str> = ran.stdout.lines().filter(|line| line.contains(" | ")).collect();
    assert!(excerpts.iter().any(|line| line.contains('…')), "{}", ran.stdout);
    assert!(excerpts.iter().all(|line| line.chars().count() <= 40), "{excerpts:#?}");
}

#[tokio::test]
async fn a_hostile_file_name_is_shown_and_obeyed_by_nobody() {
    let rig = mistakes().await;
    let name = "x\n::error::forged\u{1b}[2J<&>,:%0A.yaml";
    std::fs::create_dir(rig.path("odd")).unwrap();
    rig.write(&format!("odd/{name}"), ORDERS);
    for format in ["human", "github", "junit", "json", "sarif"] {
        let ran = rig.run(&["validate", "odd", "--format", format]).await.code(2);
        assert!(!ran.stdout.chars().any(|c| c.is_control() && c != '\n'), "{format}: {}", ran.stdout);
        assert!(!ran.stdout.lines().any(|line| line.starts_with("::error::forged")), "{format}: {}", ran.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_in_folders_share_the_environments_above_them() {
    let rig = Rig::new().await;
    for folder in
        ["ours/environments", "ours/plans/environments", "ours/plans/team/own/environments", "ours/plans/team/other"]
    {
        std::fs::create_dir_all(rig.path(folder)).unwrap();
    }
    rig.write("ours/environments/far.yaml", "version: 1\n");
    rig.write("ours/plans/environments/sim.yaml", SIM);
    rig.write("ours/plans/team/own/environments/own.yaml", SIM);
    rig.write("ours/plans/team/other/orders.yaml", ORDERS);
    rig.write("ours/plans/team/own/orders.yaml", ORDERS);
    let ran = rig.run(&["validate", "ours/plans", "--format", "json"]).await;
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    let checked: Vec<_> =
        document["pairs"].as_array().unwrap().iter().map(|pair| &pair["environment"]["name"]).collect();
    assert_eq!(checked, ["sim", "own"], "{document:#}");
    rig.run(&["render", "ours/plans/team/other/orders.yaml", "--env", "sim"]).await.code(2);
    let ran = rig.run(&["render", "ours/plans/team/other/orders.yaml", "--env", "far"]).await;
    assert!(ran.stderr.contains("the environments in `ours/plans/environments` are `sim`"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_allowed_is_told_with_its_reason_wherever_somebody_asks() {
    let rig = Rig::new().await;
    let plan = "version: 1\nname: views\nsource: {site: A, job: 1}\ntarget: {site: A, database: LAB}\nrestores:\n  - name: one\n    objects:\n      - view: SALES.v # restorectl: allow R311 it reads SALES on purpose\n      - view: SALES.w\n";
    std::fs::create_dir_all(rig.path("ours/environments")).unwrap();
    rig.write("ours/views.yaml", plan);
    for environment in ["a", "b"] {
        rig.write(&format!("ours/environments/{environment}.yaml"), "version: 1\n");
    }
    let ran = rig.run(&["validate", "ours"]).await.code(0);
    assert!(ran.stdout.ends_with("valid: 1 plan, 2 environments, 0 errors, 1 warning and 1 allowed\n"), "{ran:?}");
    let all = ["validate", "ours", "--show-allowed", "--format", "human", "--format", "json", "--out", "f.json"];
    let ran = rig.run(&[&all[..], &["--format", "sarif", "--out", "f.sarif"]].concat()).await.code(0);
    let line = ran.stdout.lines().find(|line| line.starts_with("allowed")).unwrap();
    assert!(line.starts_with("allowed  ours/views.yaml:8:9: R311 copied into `LAB`, this view keeps"), "{line}");
    assert!(line.ends_with(": it reads SALES on purpose"), "{line}");
    let document = read_json(&rig, "f.json");
    fits(restorectl::diagnostic::DIAGNOSTICS_SCHEMA, &document);
    assert_eq!((&document["summary"]["warnings"], &document["summary"]["allowed"]), (&json!(1), &json!(1)));
    assert_eq!(document["allowed"][0]["reason"], "it reads SALES on purpose");
    let results = &read_json(&rig, "f.sarif")["runs"][0]["results"];
    let suppressions: Vec<&Value> = results.as_array().unwrap().iter().map(|result| &result["suppressions"]).collect();
    let accepted = json!([{"kind": "inSource", "status": "accepted", "justification": "it reads SALES on purpose"}]);
    assert_eq!(suppressions, [&Value::Null, &accepted]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_diff_would_refuse_is_refused_here_and_a_base_runs_nowhere() {
    let rig = Rig::new().await;
    std::fs::create_dir_all(rig.path("ours/environments")).unwrap();
    rig.write("ours/one.yaml", "version: 1\nname: one\nsource: {site: A, job: 1}\ntarget: {site: B}\nrestores:\n  - {name: a, objects: [{table: D.t}]}\n");
    for (url, words) in [
        ("http://api.example.com/v2", "passwords would cross the network in the open"),
        ("https://h:99999/v2", "is no address"),
    ] {
        rig.write("ours/environments/x.yaml", &format!("version: 1\napi: {{url: \"{url}\"}}\n"));
        let ran = rig.run(&["validate", "ours"]).await.code(2);
        assert!(ran.stdout.contains("error[R106]: `api.url` ") && ran.stdout.contains(words), "{ran:?}");
    }
    rig.write("ours/environments/_x.yaml", "version: 1\napi: {url: \"https://api.example.com/v2\"}\n");
    let ran = rig.run(&["diff", "ours/one.yaml", "--env", "_x"]).await.code(1);
    assert!(ran.stderr.contains("is a base that environments extend"), "{ran:?}");
    // Two plans under one name, checked together.
    std::fs::remove_file(rig.path("ours/environments/x.yaml")).unwrap();
    let one = std::fs::read_to_string(rig.path("ours/one.yaml")).unwrap();
    rig.write("ours/two.yaml", &one);
    let ran = rig.run(&["validate", "ours"]).await.code(2);
    assert_eq!(ran.stdout.matches("error[R356]").count(), 1, "{ran:?}");
}
