//! Documents made of the schemas' own words: nearly right, and wrong in every way that a schema knows.

use restorectl::plan::{ENVIRONMENT_SCHEMA, PLAN_SCHEMA, render_yaml};
use serde_json::{Map, Value};

use super::check::{file, resolved, rules};
use super::choices::Choices;

/// How many values inside each other are made.
const DEEPEST: usize = 12;

/// Runs one input.
pub fn run(bytes: &[u8]) -> Vec<&'static str> {
    let mut choices = Choices::new(bytes);
    let as_json = choices.one_in(2);
    let mut document = |schema: &str| {
        let value = Maker { root: &serde_json::from_str(schema).unwrap() }.value(&mut choices);
        if as_json { value.to_string() } else { render_yaml(&value) }
    };
    let plan = file("plan.yaml", document(PLAN_SCHEMA));
    let environment = file("environment.yaml", document(ENVIRONMENT_SCHEMA));
    rules(&resolved(&plan, Some(&environment), &[]))
}

/// Makes values by a schema.
struct Maker<'a> {
    root: &'a Value,
}

impl Maker<'_> {
    fn value(&self, choices: &mut Choices<'_>) -> Value {
        self.by(self.root, choices, DEEPEST)
    }

    /// A value that fits a schema, but for a slip now and then.
    fn by(&self, schema: &Value, choices: &mut Choices<'_>, deep: usize) -> Value {
        if deep == 0 || choices.one_in(24) {
            return self.anything(choices, deep);
        }
        if let Some(name) = schema["$ref"].as_str() {
            return self.by(self.root.pointer(&name[1..]).unwrap(), choices, deep - 1);
        }
        if let Some(branches) = schema["anyOf"].as_array() {
            return self.by(&branches[choices.below(branches.len())], choices, deep - 1);
        }
        if let Some(fixed) = schema.get("const") {
            return fixed.clone();
        }
        if let Some(words) = schema["enum"].as_array() {
            return words[choices.below(words.len())].clone();
        }
        if let Some(examples) = schema["examples"].as_array().filter(|_| !choices.one_in(4)) {
            return examples[choices.below(examples.len())].clone();
        }
        match kind(schema, choices) {
            "object" => Value::Object(self.map(schema, choices, deep)),
            "array" => (0..choices.below(4)).map(|_| self.by(&schema["items"], choices, deep - 1)).collect(),
            "integer" => Value::from(choices.below(9)),
            "boolean" => Value::Bool(choices.one_in(2)),
            "string" => Value::from(choices.text()),
            _ => choices.scalar(),
        }
    }

    fn map(&self, schema: &Value, choices: &mut Choices<'_>, deep: usize) -> Map<String, Value> {
        let mut map = Map::new();
        let Some(properties) = schema["properties"].as_object() else {
            let keys = ["a", "heavy", "x y", "", "a/b~c"];
            for _ in 0..choices.below(3) {
                let key = choices.of(&keys).to_owned();
                map.insert(key, self.by(&schema["additionalProperties"], choices, deep - 1));
            }
            return map;
        };
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let names: Vec<&str> = properties.keys().map(String::as_str).collect();
        let wanted = (0..choices.below(5)).map(|_| choices.of(&names)).collect::<Vec<_>>();
        for name in required.into_iter().chain(wanted) {
            let key = match choices.below(20) {
                18 => format!("{name}s"),
                19 => choices.text(),
                _ => name.to_owned(),
            };
            map.insert(key, self.by(&properties[name], choices, deep - 1));
        }
        if let Some(one) = schema["oneOf"].as_array().filter(|_| !choices.one_in(8)) {
            let name = one[choices.below(one.len())]["required"][0].as_str().unwrap();
            map.insert(name.to_owned(), self.by(&properties[name], choices, deep - 1));
        }
        map
    }

    fn anything(&self, choices: &mut Choices<'_>, deep: usize) -> Value {
        match choices.below(6) {
            0 if deep > 0 => (0..choices.below(3)).map(|_| self.anything(choices, deep - 1)).collect(),
            1 if deep > 0 => {
                let pair = |choices: &mut Choices<'_>| (choices.text(), self.anything(choices, deep - 1));
                Value::Object((0..choices.below(3)).map(|_| pair(choices)).collect())
            }
            _ => choices.scalar(),
        }
    }
}

/// One of the kinds that a schema takes.
fn kind<'a>(schema: &'a Value, choices: &mut Choices<'_>) -> &'a str {
    match &schema["type"] {
        Value::String(one) => one,
        Value::Array(several) => several[choices.below(several.len())].as_str().unwrap_or_default(),
        _ if schema.get("properties").is_some() => "object",
        _ => "",
    }
}
