//! Any text as a template: in a text, in a number's place, in a list's place, with and without an element.

use serde_json::json;

use super::check::{file, resolved, rules};

/// Runs one input.
pub fn run(bytes: &[u8]) -> Vec<&'static str> {
    let template = String::from_utf8_lossy(bytes);
    let inputs = json!({
        "s": {"type": "string", "default": "x<&>{{y}}"},
        "n": {"type": "integer", "default": 3},
        "f": {"type": "number", "default": 1.5},
        "b": {"type": "boolean", "default": true},
        "l": {"type": "list", "default": ["p", "q", 7]},
        "m": {"type": "map", "default": {"k": {"z": [1]}, "t": "D.t"}},
        "long": {"type": "list", "default": vec!["0123456789"; 100]},
    });
    let plan = json!({
        "version": 1,
        "name": "test",
        "description": template,
        "inputs": inputs,
        "source": {"site": "A", "job": 1},
        "target": {"site": "B"},
        "restores": [
            {"name": "text", "objects": [{"table": "D.a"}], "job_name": template},
            {"name": "number", "objects": [{"table": "D.b"}], "priority": template},
            {"name": "list", "objects": [{"table": "D.c"}], "after": template},
            {
                "name": "each",
                "for_each": ["x", {"name": "y", "k": 1}],
                "objects": [{"table": "D.d{{index}}", "rename_to": template}],
            },
        ],
    });
    let resolution = resolved(&file("plan.yaml", written(&plan.to_string())), None, &[]);
    if let Some(plan) = &resolution.plan {
        let names: Vec<&str> = plan.items.iter().map(|item| item.name.as_str()).collect();
        assert_eq!(
            names,
            ["text", "number", "list", "each-x", "each-y"],
            "a template changed what the plan is made of"
        );
    }
    rules(&resolution)
}

/// JSON as YAML takes it: the few characters that YAML wants escaped and JSON does not.
fn written(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}
