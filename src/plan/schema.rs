//! The documents' schemas: one file each, the same for editors and for us.
//!
//! Editors see plans as they are written, where a template may stand for a number. We validate after
//! templates are rendered, so the branches for templates are taken out of the schema before it is
//! compiled: what remains says what is really expected, and so do its messages.

use std::collections::HashSet;
use std::sync::LazyLock;

use jsonschema::{PatternOptions, Validator};
use serde_json::{Value, json};

use super::findings::{Element, Findings};
use super::node::{Entry, Node, Yaml};
use super::pointer::Pointer;
use super::schema_message::{Found, Kind, describe};
use super::schema_sample::{self, Aside};

/// The schema of plans, as editors use it.
pub const PLAN_SCHEMA: &str = include_str!("../../schema/plan.schema.json");
/// The schema of environments, as editors use it.
pub const ENVIRONMENT_SCHEMA: &str = include_str!("../../schema/environment.schema.json");

/// The schema of recorded snapshots, as editors use it.
pub const SNAPSHOT_SCHEMA: &str = include_str!("../../schema/snapshot.schema.json");

/// The schema of plan tests, as editors use it. It holds the whole schema of snapshots, because a case may hold one.
pub const PLAN_TEST_SCHEMA: &str = include_str!("../../schema/plan-test.schema.json");

/// A schema, ready to validate with.
pub(super) struct Schema {
    /// Without the branches for templates; messages quote from it.
    pub(super) strict: Value,
    /// Its documents may hold secrets where they shouldn't, so values of the wrong kind are never shown.
    pub(super) guarded: bool,
    validator: Option<Validator>,
}

/// A plan without its restores, which are validated one by one.
pub(super) static PLAN: LazyLock<Schema> = LazyLock::new(|| Schema::new(PLAN_SCHEMA, None, false));
/// One restore.
pub(super) static RESTORE: LazyLock<Schema> = LazyLock::new(|| Schema::new(PLAN_SCHEMA, Some("restore"), false));
/// An environment.
pub(super) static ENVIRONMENT: LazyLock<Schema> = LazyLock::new(|| Schema::new(ENVIRONMENT_SCHEMA, None, true));
/// A recorded snapshot.
pub(super) static SNAPSHOT: LazyLock<Schema> = LazyLock::new(|| Schema::new(SNAPSHOT_SCHEMA, None, false));
/// A test file beside a plan.
pub(super) static PLAN_TEST: LazyLock<Schema> = LazyLock::new(|| Schema::new(PLAN_TEST_SCHEMA, None, false));

impl Schema {
    /// The whole of a schema, or one of its definitions.
    fn new(text: &str, definition: Option<&str>, guarded: bool) -> Self {
        let mut strict = serde_json::from_str(text).unwrap_or(Value::Bool(false));
        without_templates(&mut strict);
        if let (Some(name), Value::Object(map)) = (definition, &mut strict) {
            map.retain(|key, _| key == "$defs");
            map.insert("$ref".to_owned(), Value::String(format!("#/$defs/{name}")));
        }
        let validator = compile(&strict).ok();
        Self { strict, guarded, validator }
    }

    /// The keys that a definition's map may have.
    pub(super) fn keys_of(&self, definition: &str) -> impl Iterator<Item = &str> {
        let properties = self.strict.pointer(&format!("/$defs/{definition}/properties")).and_then(Value::as_object);
        properties.into_iter().flat_map(|map| map.keys()).map(String::as_str)
    }
}

/// Compiles a schema: no network, no files, patterns in linear time.
pub(super) fn compile(schema: &Value) -> Result<Validator, String> {
    let options = jsonschema::options().offline().with_pattern_options(PatternOptions::regex());
    options.build(schema).map_err(|error| error.to_string())
}

/// Takes the branches for templates out, and the choices that are none without them.
fn without_templates(schema: &mut Value) {
    let template = json!({"$ref": "#/$defs/template"});
    match schema {
        Value::Object(map) => {
            if let Some(Value::Array(branches)) = map.get_mut("anyOf") {
                branches.retain(|branch| *branch != template);
                if let [Value::Object(only)] = branches.as_slice() {
                    let only = only.clone();
                    map.shift_remove("anyOf");
                    map.extend(only);
                }
            }
            map.values_mut().for_each(without_templates);
        }
        Value::Array(items) => items.iter_mut().for_each(without_templates),
        _ => {}
    }
}

/// The author's view of a place in the validated document.
pub(super) type Author<'a> = &'a dyn Fn(&Pointer) -> (Pointer, Option<Element<'a>>);

/// Validates a document, reports every error at its author's place, and marks what is wrong as broken,
/// so that later stages pass over it. Gives the spans of values that must not be shown.
pub(super) fn validate(
    schema: &'static Schema,
    root: &mut Node,
    author: Author<'_>,
    findings: &mut Findings,
) -> Vec<crate::diagnostic::Span> {
    let mut document = root.to_json();
    let aside = if std::ptr::eq(schema, &*RESTORE) { schema_sample::sample(&mut document) } else { Vec::new() };
    let Some(validator) = &schema.validator else {
        let message = "the built-in schema can't be used; this is a fault of the program";
        findings.add(super::findings::draft(super::rule::WRONG_KIND, root.span, "", message));
        return Vec::new();
    };
    // Much quicker than looking for errors, and nearly all are valid.
    if aside.is_empty() && validator.is_valid(&document) {
        return Vec::new();
    }
    let found: Vec<Found> = validator.iter_errors(&document).flat_map(|error| describe(schema, root, &error)).collect();
    // Whoever misspelt a key knows that it is missing: it counts as there, and as broken.
    let meant: HashSet<(String, &str)> = found.iter().filter_map(|f| Some((f.at.to_string(), f.meant?))).collect();
    let unknown: HashSet<String> =
        found.iter().filter(|f| f.kind == Kind::UnknownKey).map(|f| f.at.to_string()).collect();
    let mut secret = Vec::new();
    let mut broken = Vec::new();
    for Found { draft, at, kind, breaks, mask, .. } in found {
        secret.extend(mask);
        if breaks {
            broken.push(at.steps());
        }
        let told = match &kind {
            Kind::Missing(key) => meant.contains(&(at.to_string(), key.as_str())),
            Kind::ExactlyOne => unknown.contains(at.as_str()),
            _ => false,
        };
        if !told {
            let (_, element) = author(&at);
            let (pointer, _) = author(&Pointer::from_text(draft.pointer.clone()));
            findings.add_for(element, crate::diagnostic::Draft { pointer: pointer.to_string(), ..draft });
        }
    }
    for Aside { list, entries } in aside {
        let steps = list.steps();
        let Some(Yaml::List(items)) = root.at_mut(steps.iter().map(String::as_str)).map(|node| &mut node.value) else {
            continue;
        };
        let first = entries.first().and_then(|index| Some((list.join(&index.to_string()), items.get(*index)?.span)));
        if let Some((at, span)) = first {
            let (pointer, element) = author(&at);
            let more = entries.len();
            let message = format!("too much is wrong here: {more} more entries of this list are not told one by one");
            findings.add_for(element, super::findings::draft(super::rule::LIMIT, span, pointer.as_str(), message));
        }
        for index in entries {
            if let Some(item) = items.get_mut(index) {
                item.value = Yaml::Broken;
            }
        }
    }
    for steps in broken {
        if let Some(node) = root.at_mut(steps.iter().map(String::as_str)) {
            node.value = Yaml::Broken;
        }
    }
    for (at, key) in meant {
        let steps = Pointer::from_text(at).steps();
        if let Some(Node { span, value: Yaml::Map(entries) }) = root.at_mut(steps.iter().map(String::as_str)) {
            entries.push(Entry { key: key.to_owned(), key_span: *span, value: Node::broken(*span) });
        }
    }
    secret
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_schemas_compile_in_both_forms() {
        for (text, schema) in [
            (PLAN_SCHEMA, &PLAN),
            (ENVIRONMENT_SCHEMA, &ENVIRONMENT),
            (SNAPSHOT_SCHEMA, &SNAPSHOT),
            (PLAN_TEST_SCHEMA, &PLAN_TEST),
        ] {
            let authored: Value = serde_json::from_str(text).unwrap();
            assert_eq!(compile(&authored).err(), None);
            assert!(schema.validator.is_some());
        }
        assert!(!PLAN.strict["properties"].to_string().contains("#/$defs/template\""));
    }

    #[test]
    fn shipped_schemas_are_schemas_and_explain_every_key() {
        for text in [PLAN_SCHEMA, ENVIRONMENT_SCHEMA, SNAPSHOT_SCHEMA, PLAN_TEST_SCHEMA] {
            let schema: Value = serde_json::from_str(text).unwrap();
            jsonschema::meta::validate(&schema).unwrap();
            let mut unexplained = Vec::new();
            without_description(&schema, &Pointer::default(), &mut unexplained);
            assert_eq!(unexplained, Vec::<String>::new());
        }
    }

    /// The keys of all maps that say neither themselves nor by what they refer to what they are for.
    fn without_description(schema: &Value, at: &Pointer, found: &mut Vec<String>) {
        let below = schema.as_object().into_iter().flatten();
        for (key, value) in below {
            if key == "properties" {
                for (name, property) in value.as_object().into_iter().flatten() {
                    let told = property.get("description").is_some()
                        || property["$ref"].as_str().is_some_and(|to| {
                            to.contains("/properties/") || to.ends_with("/limits") || to.ends_with("/defaults")
                        });
                    if !told {
                        found.push(at.join(name).to_string());
                    }
                }
            }
            without_description(value, &at.join(key), found);
        }
        schema.as_array().into_iter().flatten().for_each(|item| without_description(item, at, found));
    }

    #[test]
    fn every_object_type_has_its_key_in_the_schema() {
        let keys: Vec<&str> = crate::model::ObjectType::keys().chain(["object"]).collect();
        for object in [&PLAN.strict["$defs"]["object"], &SNAPSHOT.strict["$defs"]["backup_object"]] {
            let branches: Vec<&str> =
                object["oneOf"].as_array().unwrap().iter().map(|b| b["required"][0].as_str().unwrap()).collect();
            assert_eq!(branches, keys);
            assert!(keys.iter().all(|key| object["properties"].get(key).is_some()));
        }
    }

    #[test]
    fn a_snapshot_in_a_test_is_the_same_as_one_in_a_file() {
        for (name, definition) in SNAPSHOT.strict["$defs"].as_object().unwrap() {
            assert_eq!(PLAN_TEST.strict["$defs"][name], *definition, "{name}");
        }
    }
}
