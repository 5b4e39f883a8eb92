//! `apply --approve DIGEST` by the real binary: what was shown is what runs.

use serde_json::Value;

use super::{PLAN, words, write_plan};
use crate::rig::Rig;

async fn digest(rig: &Rig, more: &[&str]) -> String {
    let call: Vec<&str> =
        ["diff", PLAN, "--env", "sim", "--format", "json"].into_iter().chain(more.iter().copied()).collect();
    let document: Value = serde_json::from_str(&rig.run(&call).await.code(0).stdout).unwrap();
    document["digest"].as_str().unwrap().to_owned()
}

async fn approve(rig: &Rig, digest: &str, more: &[&str]) -> crate::rig::Ran {
    let call: Vec<&str> =
        ["apply", PLAN, "--env", "sim", "--approve", digest].into_iter().chain(more.iter().copied()).collect();
    rig.run(&call).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_shown_runs_and_nothing_else() {
    let rig = Rig::new().await;
    write_plan(&rig);
    let shown = digest(&rig, &[]).await;
    assert_eq!(digest(&rig, &[]).await, shown, "a later reading of the same site");
    rig.run(&["diff", PLAN, "--env", "sim"]).await.code(0).says(&format!("\ndigest  {shown}\n"));
    // Somebody changed an input meanwhile.
    let ran = approve(&rig, &shown, &["--input", "suffix=_other"]).await.code(1);
    let said = words(&ran);
    assert!(said.contains(&format!("and {shown} was approved, so nothing was sent")), "{said}");
    assert!(said.contains("BANK_MARKETING.model_other"), "{said}");
    assert!(said.contains("a digest doesn't hold what was approved"), "{said}");
    assert!(said.contains("the same `restorectl diff plans/one.yaml --env sim` with `--save NOW.json`"), "{said}");
    assert_eq!(rig.creates().await.len(), 0);
    approve(&rig, &shown, &[]).await.code(0);
    assert_eq!(rig.creates().await.len(), 1);
    // What is there is not sent again, whatever was approved.
    approve(&rig, &shown, &[]).await.code(0).says("nothing to do");
    let again = approve(&rig, &shown, &["--again"]).await.code(1);
    again.says("it is what run").says("carried out, since when:").says("`model`");
    assert_eq!(rig.creates().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_saved_tells_what_is_different() {
    let rig = Rig::new().await;
    write_plan(&rig);
    // As the message says it.
    let diff = ["diff", PLAN, "--env", "sim"];
    rig.run(&[&diff[..], &["--save", "APPROVED.json"]].concat()).await.code(0);
    rig.run(&[&diff[..], &["--input", "suffix=_other", "--save", "NOW.json"]].concat()).await.code(0);
    let said = words(&rig.run(&["diff", "APPROVED.json", "NOW.json"]).await.code(0));
    assert!(said.contains("rename_to: model_copy -> model_other"), "{said}");
    // Whoever restored the table by other means is found out by the saved one, and told of by name.
    rig.run(&["apply", PLAN, "--env", "sim", "--auto-approve"]).await.code(0);
    rig.run(&["apply", "APPROVED.json"]).await.code(1).says("so nothing was sent:").says("`model`");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_is_no_password_for_the_guards() {
    let rig = Rig::new().await;
    write_plan(&rig);
    rig.change("plans/environments/sim.yaml", "allow_in_place: true", "allow_in_place: true\n  protected: true");
    let shown = digest(&rig, &[]).await;
    approve(&rig, &shown, &[]).await.code(1).says("--confirm sim").says("plans/environments/sim.yaml:");
    approve(&rig, shown.trim_start_matches("sha256:"), &["--confirm", "sim"]).await.code(0);
    approve(&rig, "sha256:123", &[]).await.code(2).says("64 hexadecimal digits");
    approve(&rig, &shown, &["--auto-approve"]).await.code(2);
    rig.run(&["apply", PLAN, "--env", "sim", "--again", "--confirm", "sim"]).await.code(1).says("--approve");
}
