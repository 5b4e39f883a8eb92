//! Plans from backups and from restores, through the real binary against a simulated site.

use serde_json::{Value, json};

use crate::rig::{DR_SITE, Ran, Rig, SITE};

const FROM_BACKUP: [&str; 7] = ["import", "--job", "1412", "--execution", "5002", "--env", "sim"];

/// Runs `import` from the backup with more arguments.
async fn import(rig: &Rig, more: &[&str]) -> Ran {
    rig.run(&[&FROM_BACKUP[..], more].concat()).await
}

/// How often the service was asked to prepare an object list.
async fn orders(rig: &Rig) -> usize {
    rig.requests().await.iter().filter(|request| request["call"] == "prepare-objects").count()
}

/// Lets the site list these objects as the backup's.
async fn list(rig: &Rig, objects: Value) {
    let fault = json!({"call": "objects", "effect": {"answer": {"status": 200, "body": objects}}});
    rig.fault(&fault.to_string()).await;
}

/// A plan without the moment of the backup, which is another in every run.
fn timeless(plan: &str) -> String {
    let (head, rest) = plan.split_once(" (20").unwrap();
    let (moment, rest) = rest.split_once(')').unwrap();
    assert_eq!(moment.len(), "26-11-15 21:07:59Z".len(), "{plan}");
    format!("{head} (YYYY-MM-DD hh:mm:ssZ){rest}")
}

/// Checks a plan's text as the first thing that anybody would do with it.
async fn valid(rig: &Rig, plan: &str) {
    rig.write("plans/imported.yaml", plan);
    let ran = rig.run(&["validate", "plans/imported.yaml", "--env", "sim"]).await.code(0);
    assert_eq!(ran.stdout, "valid: 1 plan, 1 environment, 0 errors, 0 warnings\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_becomes_a_plan_that_can_be_carried_out() {
    let rig = Rig::new().await;
    let target = ["--target-site", DR_SITE, "--target-database", "ADW_DR", "--include", "adw.*"];
    let ran = import(&rig, &[&target[..], &["--out", "plans/adw.yaml"]].concat()).await.code(0);
    assert_eq!(ran.stdout, "");
    let ran = ran.says("asked the service to prepare the object list of execution 5002");
    ran.says("4 objects in 1 restore; 1 object left out").says("restorectl validate plans/adw.yaml");
    let plan = std::fs::read_to_string(rig.path("plans/adw.yaml")).unwrap();
    insta::assert_snapshot!("import_adw", timeless(&plan));
    valid(&rig, &plan).await;
    rig.run(&["apply", "plans/adw.yaml", "--env", "sim", "--auto-approve"]).await.code(0);
    assert!(!rig.rows(DR_SITE, "ADW_DR", "line_item").await.is_empty());
    // The list is ready now, so nobody asks for it again.
    let again = import(&rig, &[&target[..], &["--name", "adw"]].concat()).await.code(0);
    assert_eq!(orders(&rig).await, 1);
    assert_eq!(again.stdout, plan, "the same list gives the same plan");
}

#[tokio::test(flavor = "multi_thread")]
async fn whole_databases_in_place_need_a_word() {
    let rig = Rig::new().await;
    import(&rig, &["--type", "database"])
        .await
        .code(0)
        .says("on_existing: fail")
        .says("Say `replace` once it is meant");
    let more = ["--type", "database", "--on-existing", "replace", "--exclude", "*.customer", "--exclude", "bank*"];
    let ran = import(&rig, &more).await.code(0);
    insta::assert_snapshot!("import_whole_database", timeless(&ran.stdout));
    valid(&rig, &ran.stdout).await;
    rig.run(&["diff", "plans/imported.yaml", "--env", "sim"]).await.code(0).says("drops everything made in `ADW`");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_every_kind_survive() {
    let rig = Rig::new().await;
    let long = "größe".repeat(21);
    let names =
        ["plain", "Plain 2", "a.b", "t\"x", "{{item}}", "no", "# x: y", "line\nbreak", "abc\u{202e}fdp", &long, "表"];
    let table = |name: &&str| json!({"object_name": name, "object_type": "TABLE", "parent_name": "my \"db\"", "parent_type": "USER", "byte_count": "12"});
    let mut objects: Vec<Value> = names.iter().map(table).collect();
    objects.push(json!({"object_name": null, "object_type": "TABLE"}));
    objects
        .push(json!({"object_name": "PLAIN", "object_type": "VIEW", "parent_name": "MY \"DB\"", "parent_type": null}));
    list(&rig, json!(objects)).await;
    let ran = import(&rig, &["--target-site", DR_SITE]).await.code(0).says("1 entry of the list");
    valid(&rig, &ran.stdout).await;
    let rendered = rig.run(&["render", "plans/imported.yaml", "--env", "sim"]).await.code(0).stdout;
    let rendered: Value = serde_yaml::from_str(&rendered).unwrap();
    let items = rendered["restores"].as_array().unwrap();
    let objects: Vec<&Value> = items.iter().flat_map(|item| item["objects"].as_array().unwrap()).collect();
    // A line break, and what turns letters round, are for nobody to write down by themselves.
    assert_eq!(objects.len(), names.len() - 2);
    assert!(objects.iter().all(|object| object["object"]["parent_type"] == "USER"), "{rendered}");
    assert!(ran.stdout.contains("has `\"MY \"\"DB\"\"\".PLAIN` before, as TABLE"), "{}", ran.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_list_is_waited_for_and_not_for_ever() {
    let rig = Rig::new().await;
    import(&rig, &["--no-prepare"]).await.code(1).says("is not ready");
    assert_eq!(orders(&rig).await, 0, "nothing was asked for");
    // Something else is being prepared at the site; then the reply gets lost; then it is taken.
    rig.fault("prepare-objects:answer=409,times=1").await;
    rig.fault("prepare-objects:drop,times=1").await;
    import(&rig, &[]).await.code(0);
    assert_eq!(orders(&rig).await, 3);

    rig.fault("objects:answer=404").await;
    let ran = import(&rig, &["--wait", "100ms"]).await.code(1);
    let ran = ran.says("the object list of execution 5002 was not ready within 100ms");
    ran.says("the site says: ").says("`--wait`");
    let failed = json!({"call": "preparation-status", "effect": {"answer": {"status": 200, "body": {"status": "FAILED", "details": "no space\u{1b}[2J"}}}});
    rig.fault(&failed.to_string()).await;
    import(&rig, &[]).await.code(1).says("could not prepare the object list: FAILED, no space\\u{1b}[2J");

    rig.clear_faults().await;
    rig.fault("objects:answer=403").await;
    let before = orders(&rig).await;
    import(&rig, &[]).await.code(1).says("403 Forbidden");
    assert_eq!(orders(&rig).await, before, "who may not see a list doesn't have it prepared");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_imported_is_told() {
    let rig = Rig::new().await;
    for (more, code, words) in [
        (&["--include", "ADV.*"][..], 1, "`ADV.*` fits nothing"),
        (&["--type", "jar"], 1, "there is no JAR in the backup; it holds `BANK_MARKETING` (1 MACRO, 3 TABLE)"),
        (&["--rename-suffix", "_x", "--type", "view"], 1, "can't rename a single VIEW"),
        (&["--target-database", "DBC"], 1, "`DBC` belongs to the system"),
        (&["--target-database", "a b"], 2, "must stand in double quotes"),
        (&["--deadline", "0s"], 2, "longer than nothing"),
        (&["--name", "Big"], 2, "is not a name here"),
        (&["--out", "plans/dr-weekly.yaml"], 1, "is there already"),
        (&["--restore", "x", "--include", "y"], 2, "cannot be used with"),
    ] {
        let ran = import(&rig, more).await.code(code).says(words);
        assert_eq!(ran.stdout, "", "{more:?}");
    }
    list(&rig, json!([{"object_name": "t", "object_type": "TABLE", "parent_name": "D"}])).await;
    import(&rig, &["--exclude", "E.*"]).await.code(0).says("warning: `--exclude E.*` fits nothing");
    rig.run(&["import", "--env", "sim", "--job", "1412", "--execution", "5003"])
        .await
        .code(1)
        .says("did not complete successfully");
    rig.run(&["import", "--env", "sim", "--job", "1412", "--execution", "9"])
        .await
        .code(1)
        .says("the job has no execution `9`");
    rig.run(&["import", "--env", "sim"]).await.code(2).says("--job");
    rig.run(&["import", "--job", "1", "--env", "nope"])
        .await
        .code(1)
        .says("the environments in `plans/environments` are `prod`");
    rig.write("plans/environments/bare.yaml", "version: 1\napi: {url: 'http://127.0.0.1:1'}\n");
    rig.run(&["import", "--job", "1", "--env", "bare"]).await.code(1).says("name the site with `--site`");
    rig.write("plans/environments/odd.yaml", "version: 1\napi: {ulr: x}\n");
    rig.run(&["import", "--job", "1", "--env", "odd"]).await.code(2).says("did you mean `url`?");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_written_over_only_by_force() {
    let rig = Rig::new().await;
    rig.write("plans/mine.yaml", "mine\n");
    let requests = rig.requests().await.len();
    import(&rig, &["--out", "plans/mine.yaml"]).await.code(1).says("`--force`");
    assert_eq!(std::fs::read_to_string(rig.path("plans/mine.yaml")).unwrap(), "mine\n");
    assert_eq!(rig.requests().await.len(), requests, "it is seen before anything is asked of the site");
    import(&rig, &["--out", "plans/mine.yaml", "--force"]).await.code(0);
    rig.run(&["validate", "plans/mine.yaml", "--env", "sim"]).await.code(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_becomes_a_starting_point_that_can_not_run() {
    let rig = Rig::new().await;
    rig.run(&["apply", "plans/rename-table.yaml", "--env", "sim", "--auto-approve"]).await.code(0);
    let id =
        rig.get(&format!("/data-protection/v2/sites/{SITE}/restores")).await[0]["restore_execution_id"].to_string();
    let by_name = rig.run(&["import", "--restore", "test_restore_job_rename_to", "--env", "sim"]).await.code(0);
    let by_id = rig.run(&["import", "--restore", &id, "--env", "sim"]).await.code(0);
    assert_eq!(by_name.stdout, by_id.stdout);
    for words in ["COMPLETED_SUCCESSFULLY", "job: REPLACE-ME", "BANK_MARKETING.glm_bank_marketing_model"] {
        assert!(by_name.stdout.contains(words), "{words}: {}", by_name.stdout);
    }
    valid(&rig, &by_name.stdout).await;
    rig.run(&["diff", "plans/imported.yaml", "--env", "sim", "--detailed-exitcode"]).await.code(4).says("1 blocked");
    let with_job = ["import", "--restore", &id, "--job", "1412", "--execution", "5002", "--env", "sim"];
    let with_job = rig.run(&with_job).await.code(0);
    valid(&rig, &with_job.stdout).await;
    rig.run(&["diff", "plans/imported.yaml", "--env", "sim", "--detailed-exitcode"]).await.code(4).says("1 blocked");
    let ran = rig.run(&["import", "--restore", "nope", "--env", "sim"]).await.code(1);
    ran.says("no restore of site").says("`test_restore_job_rename_to`");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_restores_under_one_name_the_newest_is_taken() {
    let rig = Rig::new().await;
    let record = |id: u32, day: u32| {
        json!({"restore_job_name": "nightly", "restore_execution_id": id, "status": "FAILED", "target_site": DR_SITE,
               "start_time": format!("2026-11-{day}T01:00:00Z")})
    };
    let body = json!([record(1, 21), record(3, 23), record(2, 22)]);
    let fault = json!({"call": "list", "effect": {"answer": {"status": 200, "body": body}}});
    rig.fault(&fault.to_string()).await;
    let ran = rig.run(&["import", "--restore", "nightly", "--env", "sim"]).await.code(0);
    let ran = ran
        .says("warning: `nightly` is 3 restores")
        .says("restore nightly (3)")
        .says("FAILED, begun 2026-11-23 01:00:00Z");
    valid(&rig, &ran.stdout).await;
    rig.run(&["import", "--restore", "2", "--env", "sim"]).await.code(0).says("restore nightly (2)");
}
