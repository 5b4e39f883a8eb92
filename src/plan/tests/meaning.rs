//! What plans mean: precedence, overriding, defaults, and that a rendered plan means the same.

use serde_json::json;

use super::*;
use crate::model::{Check, ExecutionSelector, Mode, ObjectType, OnExisting, Pick};

fn clean(resolution: Resolution) -> model::Plan {
    assert_eq!(shown(&resolution), "");
    resolution.plan.unwrap()
}

#[test]
fn inputs_come_from_the_plan_then_the_environment_base_first_then_the_command_line() {
    let plan = file(
        "plan.yaml",
        "version: 1\nname: test\ninputs:\n  a: {type: string, default: plan}\n  b: {type: string, default: plan}\n  c: {type: string, default: plan}\n  d: {type: string, default: plan}\nsource: {site: '{{a}}-{{b}}', job: 1}\ntarget: {site: '{{c}}-{{d}}'}\nrestores:\n  - {name: x, objects: [{table: D.t}]}\n",
    );
    let environment = file("envs/prod.yaml", "version: 1\nextends: base\ninputs: {c: prod, d: prod, other: 1}\n");
    let mut read = |path: &str, _: Option<&Path>| match path {
        "envs/base.yaml" => {
            Ok(b"version: 1\ninputs: {b: base, c: base, d: base}\nlimits: {retries: 4, groups: {g: 2}}\n".to_vec())
        }
        other => Err(other.to_owned()),
    };
    let inputs = [("d".to_owned(), "first".to_owned()), ("d".to_owned(), "line".to_owned())];
    let request = Request {
        plan: &plan,
        environment: Some(&environment),
        inputs: &inputs,
        now: NOW,
        limits: LoaderLimits::default(),
    };
    let plan = clean(resolve(request, &mut read));
    assert_eq!(plan.items[0].source.site.as_str(), "plan-base");
    assert_eq!(plan.items[0].target.site.as_str(), "prod-line");
    assert_eq!(plan.limits.retries, 4);
    assert_eq!(plan.limits.groups.get("g"), Some(&2));
}

#[test]
fn the_command_line_is_read_as_the_type_asks_for() {
    let text = "version: 1\nname: test\ninputs:\n  text: {type: string}\n  number: {type: integer}\n  list: {type: list}\n  flag: {type: boolean}\nsource: {site: '{{text}}', job: '{{number}}'}\ntarget: {site: B}\nrestores:\n  - {name: x, for_each: '{{list}}', objects: [{table: 'D.{{item}}'}], options: {skip_statistics: '{{flag}}'}}\n";
    let given = [("text", "007"), ("number", "12"), ("list", "[a, b]"), ("flag", "true")];
    let plan = clean(with_inputs(text, &given));
    assert_eq!(plan.items.len(), 2);
    assert_eq!(plan.items[1].source.site.as_str(), "007");
    assert_eq!(plan.items[1].source.job.as_str(), "12");
    assert!(plan.items[1].options.skip_statistics);
    for (name, wrong) in
        [("number", "twelve"), ("number", "1.5"), ("list", "a"), ("list", "[a"), ("flag", "yes"), ("flag", "")]
    {
        let given: Vec<_> = given.iter().map(|(k, v)| if *k == name { (*k, wrong) } else { (*k, *v) }).collect();
        let resolution = with_inputs(text, &given);
        let first = resolution.diagnostics.iter().next().unwrap();
        assert_eq!(first.place.as_ref().unwrap().file, format!("--input {name}"), "{name}={wrong}");
        assert_eq!(resolution.diagnostics.errors(), 1, "{}", shown(&resolution));
    }
}

#[test]
fn a_restore_overrides_key_by_key_and_the_mode_follows() {
    let plan = clean(alone(
        "version: 1\nname: test\nsource: {site: A, job: 1, execution: {before: 2026-11-01T00:00:00Z}}\ntarget: {site: A}\nlimits: {deadline: 90m, groups: {heavy: 1}}\nrestores:\n  - {name: a, objects: [{table: D.a}], on_existing: replace}\n  - {name: b, objects: [{table: D.b, rename_to: '\"b 2\"'}], source: {job: two}}\n  - {name: c, objects: [{table: D.c}], target: {database: E}, deadline: 5m, group: heavy, priority: -3}\n  - {name: d, objects: [{database: DD}], on_existing: skip, source: {execution: 17}}\n  - {name: e, objects: [{table: D.e}], mode: copy, on_existing: replace}\n  - {name: f, objects: [{table: D.f}], target: {site: B}, source: {execution: {within: 2d}}}\n  - {name: g, objects: [{table: D.g}], target: {site: B}, allow_reserved: false}\n",
    ));
    let modes: Vec<Mode> = plan.items.iter().map(|item| item.mode).collect();
    assert_eq!(modes, [Mode::Restore, Mode::Copy, Mode::Copy, Mode::Restore, Mode::Copy, Mode::Copy, Mode::Copy]);
    assert_eq!(plan.items[1].source.job.as_str(), "two");
    assert_eq!(plan.items[1].objects[0].rename_to.as_ref().unwrap().as_str(), "b 2");
    assert_eq!(plan.items[1].deadline_ms.0, 90 * 60_000);
    assert_eq!((plan.items[2].deadline_ms.0, plan.items[2].priority), (5 * 60_000, -3));
    assert_eq!(plan.items[3].on_existing, OnExisting::Skip);
    assert_eq!(plan.items[3].source.execution, ExecutionSelector::Id(model::ExecutionId::new("17")));
    assert_eq!(plan.items[3].source.site.as_str(), "A");
    // The choice of an execution is overridden as a whole.
    assert!(matches!(plan.items[5].source.execution, ExecutionSelector::Within { pick: Pick::Latest, .. }));
    assert!(matches!(plan.items[6].source.execution, ExecutionSelector::Before(_)));
}

#[test]
fn names_do_not_change_when_a_list_is_reordered() {
    let text = |list: &str| {
        plan_with(&format!(
            "  - {{name: a, for_each: {list}, objects: [{{table: '{{{{item.table}}}}', rename_to: 'r{{{{index}}}}'}}]}}\n  - {{name: b, objects: [{{table: D.z}}], after: [a-one, a]}}\n"
        ))
    };
    let names = |list: &str| {
        let mut names: Vec<String> = clean(alone(&text(list))).items.iter().map(|i| i.name.to_string()).collect();
        names.sort();
        names
    };
    let forward = names("[{name: One, table: D.x}, {key: 2, table: D.y}]");
    assert_eq!(forward, ["a-2", "a-one", "b"]);
    assert_eq!(names("[{key: 2, table: D.y}, {name: One, table: D.x}]"), forward);
    let after = clean(alone(&text("[{name: One, table: D.x}, {key: 2, table: D.y}]"))).items[2].after.clone();
    assert_eq!(after.iter().map(|slug| slug.as_str()).collect::<Vec<_>>(), ["a-one", "a-2"]);
}

/// Everything that the language has, with texts that are hard to write down.
const RICH: &str = r#"
version: 1
name: rich
description: "braces \\{{x}} and {no} colon: yes"
owner: "on"
contact: "12:30"
criticality: "007"
ticket: "CHG-1 # not a comment"
source: {site: S1, job: 0x10}
target: {site: S2}
limits: {concurrency: 3, per_target_site: 2, groups: {heavy: 1}, deadline: 1h30m, max_failures: 2, retries: 1, poll_interval: 1500ms, settle_window: 1ms}
objectives: {rto: 4h, rpo: 26h}
restores:
  - name: one
    objects:
      - table: '"my db"."t""x.y"'
        rename_to: '"new {name}"'
      - view: "D.v"
      - {object: {type: GLOP, name: g, parent: D, parent_type: USER}}
      - {object: {type: DATABASE, name: sub, parent: owner_db}, exclude: [a, '"b.c"'], include_all: false}
    options: {continue_on_access_right_violation: true, skip_join_or_hash_indexes: true}
    group: heavy
    priority: 9
    job_name: "job \\{{{{ name: [1]"
    checks:
      - rows: {table: D.v, at_least: 1}
      - sql: {query: "SELECT '\\{{' FROM t -- yes", expect: {equals: null}}
      - command: {run: [./x, "a b", 3], timeout: 5m}
  - {name: two, after: [one], source: {execution: {before: 2026-11-01T00:00:00+01:00}}, objects: [{database: "Größe"}], on_existing: replace}
  - {name: three, source: {execution: {within: 30d, pick: random, seed: 18446744073709551615}}, objects: [{macro: D.m}, {jar: D.j}]}
  - {name: four, source: {execution: {within: 1d12h}}, objects: [{database: W}], on_existing: skip}
  - {name: five, objects: [{standard_function: SYSLIB.f}], allow_reserved: true}
"#;

#[test]
fn a_rendered_plan_means_what_the_plan_meant() {
    let first = alone(RICH);
    assert!(!first.diagnostics.has_errors(), "{}", shown(&first));
    let mut plan = first.plan.clone().unwrap();
    assert_eq!(plan.purpose.description.as_deref(), Some("braces {{x}} and {no} colon: yes"));
    assert_eq!(plan.items[0].job_name.as_ref().unwrap().as_str(), "job {{{{ name: [1]");
    assert_eq!(plan.items[0].objects[0].name.as_str(), "t\"x.y");
    assert_eq!(plan.items[0].objects[2].object_type, ObjectType::Other("GLOP".into()));
    assert_eq!(plan.items[0].source.job.as_str(), "16");
    assert!(matches!(&plan.items[0].checks[1], Check::Sql(sql) if sql["query"] == json!("SELECT '{{' FROM t -- yes")));
    assert!(matches!(
        plan.items[3].source.execution,
        ExecutionSelector::Within { pick: Pick::Latest, window_ms: model::Millis(129_600_000) }
    ));
    let written = render_yaml(&first.rendered().unwrap());
    let second = alone(&written);
    assert!(!second.diagnostics.has_errors(), "{}\n{written}", shown(&second));
    assert_eq!(second.rendered().map(|document| render_yaml(&document)).as_deref(), Some(written.as_str()));
    let mut again = second.plan.clone().unwrap();
    for item in plan.items.iter_mut().chain(&mut again.items) {
        item.origin = Default::default();
    }
    assert_eq!(again, plan, "{written}");
    let oracle: serde_json::Value = serde_yaml::from_str(&written).unwrap();
    assert_eq!(oracle["contact"], json!("12:30"));
}

#[test]
fn a_mistake_hides_no_other() {
    let resolution = with_environment(
        "version: 1\nname: Test\ninputs: {n: {type: integer}, '1x': {type: string, default: a}}\nsource: {site: A, job: 1}\ntarget: {site: B}\nlimits: {retries: -1}\nrestores:\n  - {name: a, objects: [{table: 'D.{{nope}}'}], colour: 1}\n  - {name: b, objects: [{table: 'D'}], deadline: 99999999999999d, after: [zz]}\n  - {name: c, objects: [{table: D.t, rename_to: '{{n}}'}], mode: restore}\n",
        "version: 1\nguards: {}\ninputs: {n: many}\n",
    );
    let mut found = rules(&resolution);
    found.sort_unstable();
    assert_eq!(
        found,
        ["R101", "R101", "R105", "R106", "R106", "R202", "R204", "R211", "R302", "R320", "R321"],
        "{}",
        shown(&resolution)
    );
}

#[test]
fn an_environment_in_a_plans_place_is_told_once() {
    let found = alone("version: 1\nextends: base\ninputs: {site: A}\napi: {url: https://x}\n");
    assert_eq!(rules(&found), ["R102"], "{}", shown(&found));
    assert!(shown(&found).contains("reads like an environment"), "{}", shown(&found));
}

#[test]
fn moments_that_do_not_exist_say_so() {
    for (moment, words) in [
        ("2026-02-30T00:00:00Z", "doesn't exist"),
        ("2026-11-01T00:00:00+25:00", "doesn't exist"),
        ("2026-11-01", "with a zone"),
        ("30d", "write `within`"),
    ] {
        let execution =
            format!("  - {{name: a, objects: [{{table: D.t}}], source: {{execution: {{before: '{moment}'}}}}}}\n");
        let found = alone(&plan_with(&execution));
        assert_eq!(rules(&found), ["R106"], "{moment}: {}", shown(&found));
        assert!(shown(&found).contains(words), "{moment}: {}", shown(&found));
    }
}
