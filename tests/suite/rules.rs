//! The rules' examples in `tests/fixtures/rules`, through the real binary, and the manual that is made of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::rig::Ran;

/// Set it to write what a test compares with.
const REWRITE: &str = "REWRITE_DOCS";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn run(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_restorectl"));
    Ran::from(command.args(arguments).current_dir(folder).env_clear().output().unwrap())
}

/// What `explain` has to say of every rule.
fn explained() -> &'static [Value] {
    static ALL: LazyLock<Vec<Value>> =
        LazyLock::new(|| serde_json::from_str(&run(&root(), &["explain", "--format", "json"]).code(0).stdout).unwrap());
    &ALL
}

fn id(rule: &Value) -> &str {
    rule["id"].as_str().unwrap()
}

/// One form of a rule's example, as it lies in its folder.
struct Fixture {
    folder: PathBuf,
}

impl Fixture {
    fn new(id: &str, form: &str) -> Self {
        let folder = root().join("tests/fixtures/rules").join(id).join(form);
        assert!(folder.join("plan.yaml").is_file(), "there is no {}/plan.yaml", folder.display());
        Self { folder }
    }

    /// Every file by its path, with `/` whatever the system.
    fn files(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let steps: Vec<_> = path.strip_prefix(&self.folder).unwrap().iter().collect();
                    let name = steps.iter().map(|step| step.to_str().unwrap()).collect::<Vec<_>>().join("/");
                    found.insert(name, String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned());
                }
            }
        }
        found
    }

    /// Tries it: runs its test where it has one, or else validates it, for its environment and against its snapshot
    /// where it has them, with its inputs on the command line.
    fn try_it(&self) -> Ran {
        let files = self.files();
        if let Some(test) = files.keys().find(|path| path.ends_with(".test.yaml")) {
            return run(&self.folder, &["test", test]);
        }
        let mut arguments = vec!["validate"];
        arguments.extend(files.contains_key("other.yaml").then_some("other.yaml"));
        arguments.push("plan.yaml");
        if files.contains_key("snapshot.yaml") {
            arguments.extend(["--snapshot", "snapshot.yaml"]);
        }
        if files.contains_key("environments/test.yaml") {
            arguments.extend(["--env", "test"]);
        }
        for line in files.get("inputs.txt").map_or("", String::as_str).lines() {
            arguments.extend(["--input", line]);
        }
        run(&self.folder, &arguments)
    }
}

/// The rules that a test finds wanting, of those that are about the test itself, each as `error[R431]`.
fn found_by_test(folder: &Path, test: &str) -> BTreeSet<String> {
    let ran = run(folder, &["test", test, "--format", "json"]);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    let files = json["files"].as_array().unwrap();
    let cases = files.iter().flat_map(|file| file["cases"].as_array().unwrap());
    let all = files.iter().chain(cases).flat_map(|part| part["diagnostics"].as_array().unwrap());
    let own = all.filter(|found| found["place"]["file"] == test);
    let text = |found: &Value, key: &str| found[key].as_str().unwrap().to_owned();
    own.map(|found| format!("{}[{}]", text(found, "severity"), text(found, "rule"))).collect()
}

/// The rules that a terminal shows, each as `error[R301]`.
fn found(shown: &str) -> BTreeSet<&str> {
    let heads = shown.lines().filter(|line| line.starts_with("error[") || line.starts_with("warning["));
    heads.filter_map(|line| line.split_once(':')).map(|(head, _)| head).collect()
}

#[test]
fn every_rule_has_an_example_and_every_example_a_rule() {
    let rules: BTreeSet<String> = explained().iter().map(|rule| id(rule).to_owned()).collect();
    let folders = std::fs::read_dir(root().join("tests/fixtures/rules")).unwrap();
    let folders = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(rules, folders.collect::<BTreeSet<_>>());
}

#[test]
fn what_fails_yields_its_rule_alone_and_what_passes_nothing() {
    let reference = run(&root(), &["explain", "--format", "markdown"]).code(0).stdout;
    let mut wrong = Vec::new();
    for rule in explained() {
        let (id, severity) = (id(rule), rule["severity"].as_str().unwrap());
        let fixture = Fixture::new(id, "fails");
        let alone = BTreeSet::from([format!("{severity}[{id}]")]);
        let ran = fixture.try_it();
        let (yielded, shown) = match fixture.files().keys().find(|path| path.ends_with(".test.yaml")) {
            Some(test) => {
                assert!(matches!(ran.code, Some(2 | 6)), "{ran:?}");
                (found_by_test(&fixture.folder, test), ran.stdout.trim_end())
            }
            None => {
                assert_eq!(ran.code, Some(if severity == "error" { 2 } else { 0 }), "{ran:?}");
                let (diagnostics, _) = ran.stdout.rsplit_once("\n\n").unwrap();
                // With another plan beside it, there is a line for each.
                let diagnostics = diagnostics.split("\n\nvalid").next().unwrap();
                (found(&ran.stdout).into_iter().map(str::to_owned).collect(), diagnostics)
            }
        };
        if yielded != alone {
            wrong.push(format!("{id}: the failing example:\n{}", ran.stdout));
        }
        if !reference.contains(shown) {
            wrong.push(format!("{id}: `explain` shows something else than the command:\n{}", ran.stdout));
        }
        let passes = Fixture::new(id, "passes").try_it();
        if passes.code != Some(0) || !found(&passes.stdout).is_empty() {
            wrong.push(format!("{id}: the mended example:\n{}", passes.stdout));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn explain_shows_these_very_files() {
    for rule in explained() {
        let id = id(rule);
        for form in ["fails", "passes"] {
            let mut on_disk = Fixture::new(id, form).files();
            on_disk.remove("inputs.txt");
            let shown: BTreeMap<String, String> = serde_json::from_value(rule[form]["files"].clone()).unwrap();
            assert_eq!(shown, on_disk, "{id}/{form}: name the files beside `plan.yaml` at the rule in src/plan/rule");
        }
    }
}

#[test]
fn an_example_and_its_mended_form_differ_in_a_few_lines() {
    for rule in explained() {
        let id = id(rule);
        let (fails, passes) = (Fixture::new(id, "fails").files(), Fixture::new(id, "passes").files());
        assert_ne!(fails, passes, "{id}");
        for (path, mended) in &passes {
            let before: BTreeSet<&str> = fails.get(path).map_or("", String::as_str).lines().collect();
            let changed = mended.lines().filter(|line| !before.contains(line)).count();
            assert!(changed <= 3, "{id}: {path} differs in {changed} lines");
        }
    }
}

#[test]
fn the_reference_is_what_explain_writes() {
    let path = root().join("docs/rules.md");
    let written = run(&root(), &["explain", "--format", "markdown"]).code(0).stdout;
    if std::env::var_os(REWRITE).is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == written, "docs/rules.md is out of date: run `{REWRITE}=1 cargo test --test suite rules` and look");
}

#[test]
fn one_rule_is_explained_whole() {
    insta::assert_snapshot!(run(&root(), &["explain", "r304"]).code(0).stdout);
    insta::assert_snapshot!(run(&root(), &["explain", "R201"]).code(0).stdout);
}

#[test]
fn programs_get_the_texts_the_files_and_the_diagnostics() {
    let one: Value =
        serde_json::from_str(&run(&root(), &["explain", "R220", "--format", "json"]).code(0).stdout).unwrap();
    assert_eq!(Some(&one), explained().iter().find(|rule| id(rule) == "R220"));
    let keys: Vec<&str> = one.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["id", "title", "severity", "why", "mend", "fails", "passes"]);
    assert_eq!(one["fails"]["command"], "restorectl validate plan.yaml --env test");
    assert_eq!(one["fails"]["diagnostics"][0]["place"]["file"], "environments/test.yaml");
    assert_eq!(one["passes"]["diagnostics"], json!([]));
}

#[test]
fn text_keeps_to_the_width_of_the_terminal() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_restorectl"));
    let ran = command.args(["explain", "R304"]).env_clear().env("COLUMNS", "50").output().unwrap();
    let shown = Ran::from(ran).code(0).stdout;
    let (texts, _) = shown.split_once("\nExample\n").unwrap();
    assert!(texts.lines().count() > 12 && texts.lines().all(|line| line.chars().count() <= 50), "{texts}");
}

#[test]
fn the_list_has_one_line_for_each_rule() {
    let list = run(&root(), &["explain"]).code(0).stdout;
    for rule in explained() {
        let line = list.lines().find(|line| line.starts_with(id(rule))).unwrap();
        assert!(line.contains(rule["severity"].as_str().unwrap()), "{line}");
        assert!(line.ends_with(rule["title"].as_str().unwrap()), "{line}");
    }
}

#[test]
fn a_rule_that_is_not_there_is_refused_with_the_nearest() {
    let ran = run(&root(), &["explain", "R34"]).code(2);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("", "error: there is no rule `R34`: did you mean `R304`?\n")
    );
    run(&root(), &["explain", "overlap\u{1b}[2J"])
        .code(2)
        .says("`restorectl explain` lists every rule")
        .says("\\u{1b}");
}
