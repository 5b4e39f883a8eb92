//! The plans that we ship: they resolve everywhere, and say what they say they say.

use std::path::Path;

use serde_json::json;

use super::*;
use crate::model::{ExecutionSelector, Item, Mode, Pick, Plan};

fn is_test(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".test.yaml")
}

fn shipped(folder: &str) -> Vec<SourceFile> {
    files(folder, false)
}

fn files(folder: &str, tests: bool) -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "yaml") && is_test(path) == tests);
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let name = format!("{folder}/{}", path.file_name().unwrap().to_string_lossy());
        SourceFile { path: name, bytes: std::fs::read(path).unwrap() }
    };
    paths.iter().map(read).collect()
}

fn read_shipped(path: &str) -> Result<Vec<u8>, String> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).map_err(|error| error.to_string())
}

fn resolved(plan: &SourceFile, environment: &SourceFile) -> Resolution {
    let request =
        Request { plan, environment: Some(environment), inputs: &[], now: NOW, limits: LoaderLimits::default() };
    resolve(request, &mut |path, _| read_shipped(path))
}

fn in_sim(name: &str) -> Plan {
    let plan = file(name, read_shipped(&format!("plans/{name}")).unwrap());
    let environment = file("plans/environments/sim.yaml", read_shipped("plans/environments/sim.yaml").unwrap());
    let resolution = resolved(&plan, &environment);
    assert_eq!(shown(&resolution), "");
    resolution.plan.unwrap()
}

fn without_origins(mut plan: Plan) -> Plan {
    plan.items.iter_mut().for_each(|item| item.origin = Default::default());
    plan
}

#[test]
fn every_plan_resolves_in_every_environment_and_survives_its_own_rendering() {
    let (plans, environments) = (shipped("plans"), shipped("plans/environments"));
    assert!(plans.len() >= 4 && environments.len() >= 4, "{} {}", plans.len(), environments.len());
    for plan in &plans {
        let text = String::from_utf8(plan.bytes.clone()).unwrap();
        assert!(text.starts_with("# yaml-language-server: $schema=../schema/plan.schema.json\n"), "{}", plan.path);
        for environment in environments.iter().filter(|file| !file.path.ends_with("/_base.yaml")) {
            let resolution = resolved(plan, environment);
            assert_eq!(shown(&resolution), "", "{} {}", plan.path, environment.path);
            assert!(resolution.environment.is_some());
            let written = render_yaml(&resolution.rendered().unwrap());
            let again = alone(&written);
            assert_eq!(shown(&again), "", "{written}");
            assert_eq!(
                without_origins(again.plan.clone().unwrap()),
                without_origins(resolution.plan.clone().unwrap()),
                "{written}"
            );
            assert_eq!(again.rendered().map(|r| render_yaml(&r)), Some(written));
        }
    }
}

#[test]
fn authored_plans_fit_the_schema_that_editors_use() {
    for (files, text) in [
        (shipped("plans"), PLAN_SCHEMA),
        (shipped("plans/environments"), ENVIRONMENT_SCHEMA),
        (shipped("plans/snapshots"), SNAPSHOT_SCHEMA),
        (files("plans", true), PLAN_TEST_SCHEMA),
    ] {
        let schema = schema::compile(&serde_json::from_str(text).unwrap()).unwrap();
        assert!(files.len() >= 3);
        for file in files {
            let value: serde_json::Value = serde_yaml::from_slice(&file.bytes).unwrap();
            let errors: Vec<String> =
                schema.iter_errors(&value).map(|e| format!("{} {e}", e.instance_path())).collect();
            assert_eq!(errors, Vec::<String>::new(), "{}", file.path);
        }
    }
}

/// What the create call would carry of an item, by the service's names.
fn body(item: &Item) -> serde_json::Value {
    let objects = item.objects.iter().map(|object| {
        let mut value = json!({
            "object_name": object.name, "object_type": object.object_type,
            "parent_name": object.parent, "parent_type": object.parent_type,
            "exclude_objects": object.exclude, "include_all": object.include_all,
        });
        if let Some(name) = &object.rename_to {
            value["rename_to"] = json!(name);
        }
        value
    });
    let mut body = json!({
        "name": item.job_name, "target_site": item.target.site,
        "job_settings": {
            "objects": objects.collect::<Vec<_>>(),
            "continue_job_on_access_right_violation": item.options.continue_on_access_right_violation,
            "run_as_a_copy_job": item.mode == Mode::Copy,
            "skip_statstics": item.options.skip_statistics,
            "skip_join_or_hash_indexes": item.options.skip_join_or_hash_indexes,
        }
    });
    if let Some(database) = &item.target.database {
        body["job_settings"]["restore_to_a_different_database_on_target_site"] = json!(database);
    }
    body
}

fn settings(object: serde_json::Value, copy: bool) -> serde_json::Value {
    json!({
        "objects": [object], "continue_job_on_access_right_violation": false, "run_as_a_copy_job": copy,
        "skip_statstics": false, "skip_join_or_hash_indexes": false,
    })
}

#[test]
fn the_three_sample_requests_are_expressed_exactly() {
    let table = json!({
        "object_name": "glm_bank_marketing_model", "object_type": "TABLE", "parent_name": "BANK_MARKETING",
        "parent_type": "DATABASE", "exclude_objects": [], "include_all": true,
    });
    let only = |plan: Plan| {
        assert_eq!(plan.items.len(), 1);
        body(&plan.items[0])
    };
    let database = json!({
        "object_name": "ADW", "object_type": "DATABASE", "parent_name": "DBC", "parent_type": "DATABASE",
        "exclude_objects": [], "include_all": true,
    });
    let expected = json!({"name": null, "target_site": "TDICGC73149PP88", "job_settings": settings(database, false)});
    assert_eq!(only(in_sim("whole-database.yaml")), expected);

    let mut renamed = table.clone();
    renamed["rename_to"] = json!("glm_bank_marketing_model_renamed");
    let expected = json!({
        "name": "test_restore_job_rename_to", "target_site": "TDICGC73149PP88", "job_settings": settings(renamed, true),
    });
    assert_eq!(only(in_sim("rename-table.yaml")), expected);

    let mut expected = json!({
        "name": "test_restore_from_api_map_to", "target_site": "TDICGC73149PP88", "job_settings": settings(table, true),
    });
    expected["job_settings"]["restore_to_a_different_database_on_target_site"] = json!("BANKING");
    assert_eq!(only(in_sim("other-database.yaml")), expected);
}

#[test]
fn the_recovery_plan_expands_as_its_comments_say() {
    let plan = in_sim("dr-weekly.yaml");
    let names: Vec<&str> = plan.items.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "reference-customer",
            "reference-calendar",
            "orders",
            "line-items",
            "banking-accounts",
            "banking-transactions",
            "retail-stores",
            "retail-items",
            "retail-inventory",
            "older-accounts"
        ]
    );
    let after = |index: usize| plan.items[index].after.iter().map(|slug| slug.as_str()).collect::<Vec<_>>();
    assert_eq!(after(2), ["reference-customer", "reference-calendar"]);
    assert_eq!(after(9), ["banking-accounts", "banking-transactions"]);
    assert_eq!(plan.items[4].priority, 5);
    assert_eq!(plan.items[4].source.job.as_str(), "1420");
    assert!(plan.items.iter().all(|item| item.mode == Mode::Copy));
    assert!(matches!(plan.items[9].source.execution, ExecutionSelector::Within { pick: Pick::Random { seed: 7 }, .. }));
    assert_eq!(plan.limits.poll_interval_ms.0, 200);
    assert_eq!(plan.items[0].origin.to_string(), "dr-weekly.yaml:38:5");
}

#[test]
fn environments_are_merged_with_their_base_and_keep_only_references() {
    let environment = |name: &str| {
        let plan = file("p.yaml", plan_with("  - {name: a, objects: [{table: D.t}]}\n"));
        let path = format!("plans/environments/{name}.yaml");
        let resolution = resolved(&plan, &file(&path, read_shipped(&path).unwrap()));
        assert_eq!(shown(&resolution), "");
        serde_json::to_value(resolution.environment.unwrap()).unwrap()
    };
    let prod = environment("prod");
    assert_eq!(prod["name"], "prod");
    assert_eq!(prod["api"]["bearer"], json!({"env": "RESTORECTL_API_TOKEN"}));
    assert_eq!(prod["api"]["timeout_ms"], 60_000);
    assert_eq!(prod["guard"], json!({"protected": true, "allow_in_place": false, "allow_replace": false}));
    let sim = environment("sim");
    assert_eq!(sim["api"]["restore_credentials"]["password"], json!({"file": "plans/environments/sim.password"}));
}
