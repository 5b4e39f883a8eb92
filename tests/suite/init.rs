//! A first plan and a first environment, through the real binary.

use serde_json::Value;

use crate::rig::{Rig, SITE};

/// What is needed where nobody can be asked.
const NEEDED: [&str; 14] = [
    "init",
    "new/bank-marketing.yaml",
    "--site",
    SITE,
    "--job",
    "1412",
    "--table",
    "BANK_MARKETING.glm_bank_marketing_model",
    "--rename-suffix",
    "_restored",
    "--api-url",
    "https://api.example.com/data-protection/v2",
    "--user",
    "restore_operator",
];

fn read(rig: &Rig, name: &str) -> String {
    std::fs::read_to_string(rig.path(name)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_and_an_environment_that_validate() {
    let rig = Rig::new().await;
    let ran = rig.run(&NEEDED).await.code(0);
    let files = ["plan.schema.json", "environment.schema.json"].map(|name| format!("new/schema/{name}"));
    let expected = format!("{}\n{}\nnew/environments/prod.yaml\nnew/bank-marketing.yaml\n", files[0], files[1]);
    assert_eq!(ran.stdout, expected);
    ran.says("export RESTORECTL_PASSWORD=").says("restorectl diff new/bank-marketing.yaml --env prod");
    insta::assert_snapshot!("init_plan", read(&rig, "new/bank-marketing.yaml"));
    insta::assert_snapshot!("init_environment", read(&rig, "new/environments/prod.yaml"));
    let ran = rig.run(&["validate", "new"]).await.code(0);
    assert_eq!(ran.stdout, "valid: 1 plan, 1 environment, 0 errors, 0 warnings\n");
    for (file, printed) in files.iter().zip(["plan", "environment"]) {
        assert_eq!(read(&rig, file), rig.run(&["schema", printed]).await.stdout, "{file}");
        serde_json::from_str::<Value>(&read(&rig, file)).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_nothing_to_a_restored_table() {
    let rig = Rig::new().await;
    let url = format!("{}/data-protection/v2", rig.base);
    let mut arguments = NEEDED.to_vec();
    arguments[11] = &url;
    rig.run(&[&arguments[..], &["--env", "here", "--password-env", "SIM_PASSWORD"]].concat()).await.code(0);
    let plan = "new/bank-marketing.yaml";
    let with_password = async |arguments: &[&str]| {
        let mut command = rig.command(arguments);
        crate::rig::Ran::from(command.env("SIM_PASSWORD", "rehearsal-only").output().await.unwrap())
    };
    rig.run(&["diff", plan, "--env", "here"]).await.code(1).says("SIM_PASSWORD");
    with_password(&["diff", plan, "--env", "here"]).await.code(0).says("1 to create");
    let apply = ["apply", plan, "--env", "here", "--auto-approve"];
    with_password(&apply).await.code(1).says("--confirm here");
    assert!(rig.creates().await.is_empty(), "a new environment is a protected one");
    with_password(&[&apply[..], &["--confirm", "here"]].concat()).await.code(0);
    assert!(!rig.rows(SITE, "BANK_MARKETING", "glm_bank_marketing_model_restored").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_everything_missing_is_named_at_once() {
    let rig = Rig::new().await;
    let ran = rig.run(&["init", "new"]).await.code(2);
    for flag in ["--name", "--site", "--job", "--table, --database", "--api-url", "--user"] {
        assert!(ran.stderr.contains(&format!("\n  {flag} ")), "{flag}: {}", ran.stderr);
    }
    // Beside the rig's plans there are environments, so none is made.
    let ran = rig.run(&["init", "--job", "1412"]).await.code(2);
    assert!(ran.stderr.contains("--site") && !ran.stderr.contains("--api-url"), "{}", ran.stderr);
    let whole = ["init", "--name", "adw", "--site", SITE, "--job", "1412", "--database", "ADW"];
    assert!(!rig.path("new").exists() && !rig.path("plans/adw.yaml").exists(), "nothing is written");
    rig.run(&whole).await.code(0);
    assert!(std::fs::read_to_string(rig.path("plans/adw.yaml")).unwrap().contains("on_existing: fail"));
    let ran = rig.run(&["validate", "plans/adw.yaml"]).await.code(0);
    assert!(ran.stdout.ends_with("0 errors, 0 warnings\n"), "{}", ran.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_flag_is_told_with_the_words_of_validate() {
    let rig = Rig::new().await;
    let wrong =
        ["--name", "Big", "--site", "a b", "--job", "../7", "--execution", "lastest", "--target-database", "a.b"];
    let more = ["--table", "t", "--database", "a b", "--on-existing", "perhaps", "--deadline", "soon", "--env", "a b"];
    let last = ["--api-url", "http://example.com", "--user", "{{x}}", "--password-env", "hunter2 x"];
    let ran = rig.run(&[&["init", "new"], &wrong[..], &more[..], &last[..]].concat()).await.code(2);
    insta::assert_snapshot!("init_wrong_flags", ran.stderr);
    assert!(!rig.path("new").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_stays_as_it_is() {
    let rig = Rig::new().await;
    rig.run(&NEEDED).await.code(0);
    let before = read(&rig, "new/environments/prod.yaml") + "# mine\n";
    rig.write("new/environments/prod.yaml", &before);
    rig.write("new/bank-marketing.yaml", "mine\n");
    rig.run(&NEEDED).await.code(1).says("`new/bank-marketing.yaml` is there already");
    assert_eq!(read(&rig, "new/bank-marketing.yaml"), "mine\n");
    let mut second = NEEDED.to_vec();
    second[1] = "new/second.yaml";
    let ran = rig.run(&second).await.code(0);
    assert_eq!(ran.stdout, "new/second.yaml\n", "schemas and environments are there");
    assert_eq!(read(&rig, "new/environments/prod.yaml"), before);
    rig.run(&[&NEEDED[..], &["--force"]].concat()).await.code(0);
    assert!(read(&rig, "new/bank-marketing.yaml").contains("name: bank-marketing"));
    // A schema beside the folder of plans serves too, and without any there is no line that leads nowhere.
    let mut bare = NEEDED.to_vec();
    bare[1] = "bare/model.yaml";
    bare.push("--no-schema");
    rig.run(&bare).await.code(0);
    assert!(!rig.path("bare/schema").exists());
    assert!(read(&rig, "bare/model.yaml").starts_with("# Begun by"), "{}", read(&rig, "bare/model.yaml"));
    std::fs::rename(rig.path("new/schema"), rig.path("schema")).unwrap();
    bare[1] = "bare/other.yaml";
    rig.run(&bare).await.code(0);
    let first = "# yaml-language-server: $schema=../schema/plan.schema.json\n";
    assert!(read(&rig, "bare/other.yaml").starts_with(first), "{}", read(&rig, "bare/other.yaml"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_would_be_no_plan_is_not_written() {
    let rig = Rig::new().await;
    for (path, why) in [
        ("ours/_shared.yaml", "is for plans to include"),
        ("ours/orders.test.yaml", "is a plan's test"),
        ("ours/orders.txt", "ends in `.yaml`"),
    ] {
        let ran = rig.run(&["init", path, "--name", "orders"]).await.code(1);
        assert!(ran.stderr.contains(why), "{ran:?}");
        assert!(!rig.path(path).exists());
    }
}
