//! `diff` by the real binary: its formats, what changed since the last run, and what nobody explains.

use serde_json::Value;

use super::{PLAN, words, write_plan};
use crate::rig::{Rig, SITE};

const RENAME: &str = "plans/rename-table.yaml";

fn schema(name: &str) -> jsonschema::Validator {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(name);
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::options().offline().build(&schema).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn several_formats_in_one_call_and_the_changeset_beside_them() {
    let rig = Rig::new().await;
    let call = [
        "diff",
        "plans/dr-weekly.yaml",
        "--env",
        "sim",
        "--format",
        "markdown",
        "--out",
        "comment.md",
        "--format",
        "html",
        "--out",
        "page",
        "--format",
        "json",
        "--out",
        "diff.json",
        "--format",
        "human",
        "--save",
        "change.json",
    ];
    rig.run(&call).await.code(0).says("10 to create").says("saved as `change.json`").says("wrote `comment.md`");
    let read = |name: &str| std::fs::read_to_string(rig.path(name)).unwrap();
    assert!(read("comment.md").starts_with("## Changes for plan `dr-weekly` in environment `sim`"));
    assert!(read("page").starts_with("<!DOCTYPE html>"));
    let document: Value = serde_json::from_str(&read("diff.json")).unwrap();
    assert!(schema("diff.schema.json").is_valid(&document), "{document:#}");
    assert!(read("comment.md").contains(document["digest"].as_str().unwrap()), "they all say the same digest");
    let printed = rig.run(&["schema", "diff"]).await.code(0).stdout;
    assert!(printed.contains("\"$id\": \"diff.schema.json\""));

    // `--out` alone saves, as it always did; where its ending names another format, it writes that.
    rig.run(&["diff", RENAME, "--env", "sim", "--out", "saved"])
        .await
        .code(0)
        .says("saved as `saved`")
        .says("1 to create");
    rig.run(&["diff", RENAME, "--env", "sim", "--out", "only.md"]).await.code(0).says("wrote `only.md`");
    let twice = ["diff", RENAME, "--env", "sim", "--out", "a.json", "--save", "b.json"];
    rig.run(&twice).await.code(2).says("the changeset is saved once");
    rig.run(&["apply", "diff.json"]).await.code(1).says("not a saved changeset");
    assert_eq!(rig.creates().await.len(), 0);
    rig.run(&["apply", "saved"]).await.code(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_are_shown_against_the_last_run_and_times_are_forecast() {
    let rig = Rig::new().await;
    write_plan(&rig);
    let ran = rig.run(&["diff", PLAN, "--env", "sim"]).await.code(0);
    assert!(words(&ran).contains("forecast not known: no restore of this plan was measured yet"), "{}", ran.stdout);
    rig.run(&["apply", PLAN, "--env", "sim", "--auto-approve"]).await.code(0);
    let run = rig.report().await["run"]["id"].as_str().unwrap().to_owned();
    let call = ["diff", PLAN, "--env", "sim", "--input", "suffix=_second"];
    let ran = rig.run(&call).await.code(0);
    let ran = ran.says(&format!("changed    1 field, since run {run}")).says("rename_to: model_copy -> model_second");
    let said = words(&ran);
    assert!(said.contains("forecast about 1s (by the last restore of 1 of 1 item)"), "{said}");
    assert!(said.contains("RTO met: at most 4h is wanted; the forecast is 1s"), "{said}");
    let json: Vec<&str> = call.into_iter().chain(["--format", "json"]).collect();
    let document: Value = serde_json::from_str(&rig.run(&json).await.code(0).stdout).unwrap();
    assert_eq!(document["items"][0]["since"]["run"], run);
    assert_eq!(document["items"][0]["estimate"]["basis"], "as its last restore took");
    assert!(document["forecast"]["duration_ms"].as_u64().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_item_left_behind_that_was_renamed_is_listed() {
    let rig = Rig::new().await;
    let text = |item: &str| {
        format!(
            "version: 1\nname: strays\nsource: {{site: {SITE}, job: 1412, execution: latest}}\n\
             target: {{site: {SITE}}}\nrestores:\n  - name: {item}\n    objects:\n      \
             - {{table: BANK_MARKETING.glm_bank_marketing_model, rename_to: copy_of_{item}}}\n"
        )
    };
    rig.write("plans/strays.yaml", &text("first"));
    let ran = rig.run(&["apply", "plans/strays.yaml", "--env", "sim", "--auto-approve"]).await.code(0);
    assert!(!ran.stderr.contains("but no item of the plan"), "{}", ran.stderr);
    rig.write("plans/strays.yaml", &text("second"));
    let ran = rig.run(&["diff", "plans/strays.yaml", "--env", "sim"]).await.code(0);
    ran.says("under this plan's names, but no item of the plan").says("`first` at site").says("COMPLETED_SUCCESSFULLY");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_saved_changesets_are_compared() {
    let rig = Rig::new().await;
    rig.run(&["diff", RENAME, "--env", "sim", "--save", "a.json"]).await.code(0);
    rig.run(&["diff", RENAME, "--env", "sim", "--input", "suffix=_b", "--save", "b.json"]).await.code(0);
    let ran = rig.run(&["diff", "a.json", "b.json", "--detailed-exitcode"]).await.code(3);
    let said = words(&ran);
    assert!(said.contains("rename_to: glm_bank_marketing_model_renamed -> glm_bank_marketing_model_b"), "{said}");
    assert!(said.ends_with("1 changed"), "{said}");
    rig.run(&["diff", "a.json", "a.json", "--detailed-exitcode"]).await.code(0).says("they would do the same");
    let json = rig.run(&["diff", "a.json", "b.json", "--format", "json"]).await.code(0).stdout;
    assert!(schema("comparison.schema.json").is_valid(&serde_json::from_str(&json).unwrap()), "{json}");
    rig.run(&["diff", "a.json"]).await.code(2).says("name another one to compare it with");
    rig.run(&["diff", "a.json", RENAME]).await.code(1).says("is no saved changeset");
    rig.run(&["diff", RENAME, "a.json"]).await.code(2).says("can't be compared");
    rig.run(&["diff", "a.json", "b.json", "--env", "sim"]).await.code(2).says("leave out `--env`");
    rig.run(&["diff", "a.json", "b.json", "--format", "html"]).await.code(2).says("human, markdown and json");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_list_that_is_not_there_is_told_from_one_that_cannot_be_read() {
    let rig = Rig::new().await;
    let diff = ["diff", RENAME, "--env", "sim"];
    let said = words(&rig.run(&diff).await.code(0));
    assert!(said.contains("object list is not prepared, so sizes and contents are not known"), "{said}");
    rig.fault("objects:answer=403").await;
    let said = words(&rig.run(&diff).await.code(0));
    assert!(said.contains("object list could not be read, so sizes and contents are not known: GET "), "{said}");
    assert!(said.contains("403") && !said.contains("not prepared"), "{said}");
    // A recording keeps them apart too.
    let recorded = rig.run(&["snapshot", RENAME, "--env", "sim"]).await.code(0).stdout;
    assert!(recorded.contains("unreadable: ") && recorded.contains("403"), "{recorded}");
    rig.clear_faults().await;
    let recorded = rig.run(&["snapshot", RENAME, "--env", "sim"]).await.code(0).stdout;
    assert!(recorded.contains("objects: []") && !recorded.contains("unreadable"), "{recorded}");
}

#[tokio::test(flavor = "multi_thread")]
async fn losses_tell_since_when_and_how_much() {
    let rig = Rig::new().await;
    let ran = rig.run(&["diff", "plans/whole-database.yaml", "--env", "sim"]).await.code(0);
    let said = words(&ran);
    assert!(said.contains("drops everything made in `ADW` since the backup of 20"), "{said}");
    let environment = rig.path("plans/environments/sim.yaml");
    let text = std::fs::read_to_string(&environment).unwrap();
    let line = text.lines().position(|line| line.starts_with("guard:")).unwrap() + 1;
    std::fs::write(&environment, text.replace("allow_in_place: true", "allow_in_place: false")).unwrap();
    let ran = rig.run(&["diff", "plans/whole-database.yaml", "--env", "sim"]).await.code(0);
    let said = words(&ran);
    assert!(said.contains("(plans/whole-database.yaml:"), "the plan's line: {said}");
    let place = format!("`guard: {{allow_in_place: true}}` in the environment (plans/environments/sim.yaml:{line}:1)");
    assert!(said.contains(&place), "the environment's line: {said}");
}
