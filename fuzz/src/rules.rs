//! Plans that are nearly valid, of few names, so that they collide: objects, renames, orders, `for_each`, limits.

use serde_json::{Map, Value, json};

use super::check::{file, resolved, rules};
use super::choices::Choices;

const NAMES: [&str; 8] = ["a", "b", "c", "d", "a-1", "b-x", "e", "list"];
const SITES: [&str; 2] = ["S1", "S2"];
const DATABASES: [&str; 6] = ["D", "d", "E", "\"d e\"", "DBC", "SYSLIB"];
const TABLES: [&str; 6] = ["D.t", "d.T", "D.u", "E.t", "\"d e\".\"x\"\"y\"", "E.{{item}}"];
const SINGLES: [&str; 6] = ["t", "T", "u", "v", "\"x y\"", "{{item}}{{index}}"];

/// Runs one input.
pub fn run(bytes: &[u8]) -> Vec<&'static str> {
    let mut choices = Choices::new(bytes);
    let mut restores = Vec::new();
    while !choices.is_done() && restores.len() < 40 {
        restores.push(restore(&mut choices));
    }
    let plan = json!({
        "version": 1,
        "name": "test",
        "inputs": {"list": {"type": "list", "default": ["x", "y", 1]}},
        "source": {"site": "S1", "job": 1},
        "target": {"site": choices.of(&SITES)},
        "limits": {"groups": {"heavy": 1}, "deadline": "2h"},
        "restores": restores,
    });
    rules(&resolved(&file("plan.yaml", restorectl::plan::render_yaml(&plan)), None, &[]))
}

fn restore(choices: &mut Choices<'_>) -> Value {
    let mut restore = Map::new();
    let mut set = |key: &str, value: Value| drop(restore.insert(key.to_owned(), value));
    set("name", json!(choices.of(&NAMES)));
    match choices.below(6) {
        4 => set("for_each", json!("{{list}}")),
        5 => set(
            "for_each",
            json!([choices.text(), choices.scalar(), {"name": choices.of(&NAMES), "t": choices.text()}]),
        ),
        _ => {}
    }
    let objects: Vec<Value> = (0..=choices.below(3)).map(|_| object(choices)).collect();
    set("objects", Value::Array(objects));
    let after: Vec<&str> = (0..choices.below(3)).map(|_| choices.of(&NAMES)).collect();
    if !after.is_empty() {
        set("after", json!(after));
    }
    match choices.below(6) {
        4 => set("target", json!({"site": choices.of(&SITES)})),
        5 => set("target", json!({"database": choices.of(&DATABASES)})),
        _ => {}
    }
    if choices.one_in(4) {
        set("mode", json!(choices.of(&["copy", "restore"])));
    }
    if choices.one_in(4) {
        set("on_existing", json!(choices.of(&["fail", "replace", "skip"])));
    }
    if choices.one_in(6) {
        set("job_name", json!(choices.of(&["one", "two", "{{item}}", "three {{index}}"])));
    }
    if choices.one_in(6) {
        set("group", json!(choices.of(&["heavy", "light"])));
    }
    if choices.one_in(6) {
        set("source", json!({"execution": execution(choices)}));
    }
    if choices.one_in(8) {
        set("checks", json!([{"sql": {"query": choices.text(), "expect": {"equals": choices.scalar()}}}]));
    }
    Value::Object(restore)
}

fn object(choices: &mut Choices<'_>) -> Value {
    let mut object = match choices.below(8) {
        0 => json!({"database": choices.of(&DATABASES)}),
        1 => json!({"user": choices.of(&DATABASES)}),
        2 => json!({"view": choices.of(&TABLES)}),
        3 => json!({"trigger": choices.of(&TABLES)}),
        4 => json!({"object": {"type": choices.text(), "name": choices.of(&TABLES)}}),
        5 => json!({"object": {"type": "TABLE", "name": choices.of(&SINGLES), "parent": choices.of(&DATABASES)}}),
        _ => json!({"table": choices.of(&TABLES)}),
    };
    if choices.one_in(3) {
        object["rename_to"] = json!(choices.of(&SINGLES));
    }
    if choices.one_in(8) {
        object["exclude"] = json!([choices.of(&SINGLES), choices.text()]);
    }
    object
}

fn execution(choices: &mut Choices<'_>) -> Value {
    match choices.below(5) {
        0 => json!("latest"),
        1 => json!(choices.below(99)),
        2 => json!({"before": choices.text()}),
        3 => json!({"within": "30d", "pick": choices.of(&["latest", "oldest", "random"])}),
        _ => json!({"within": "1d12h", "pick": "random", "seed": choices.below(99)}),
    }
}
