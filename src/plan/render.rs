//! The resolved plan as a document: defaults filled in, `for_each` expanded, templates gone. It is
//! itself a plan, and resolves to the same thing.

use serde_json::{Map, Value, json};

use crate::model::{
    Check, ExecutionSelector, Item, Level, Limits, Millis, Mode, ObjectName, ObjectType, OnExisting, Pick, Plan,
    QualifiedName, RestoreObject, RetryOn,
};

/// A resolved plan in the plan language.
pub(super) fn document(plan: &Plan) -> Value {
    let mut out = Map::new();
    out.insert("version".into(), json!(1));
    out.insert("name".into(), json!(plan.name));
    for (key, value) in [
        ("description", &plan.purpose.description),
        ("owner", &plan.purpose.owner),
        ("contact", &plan.purpose.contact),
        ("criticality", &plan.purpose.criticality),
        ("ticket", &plan.purpose.ticket),
    ] {
        if let Some(text) = value {
            out.insert(key.into(), text_value(text));
        }
    }
    out.insert("limits".into(), limits(&plan.limits));
    let objectives = [("rto", plan.purpose.objectives.rto_ms), ("rpo", plan.purpose.objectives.rpo_ms)];
    let objectives: Map<String, Value> =
        objectives.into_iter().filter_map(|(key, value)| Some((key.to_owned(), duration(value?)))).collect();
    if !objectives.is_empty() {
        out.insert("objectives".into(), Value::Object(objectives));
    }
    out.insert("restores".into(), plan.items.iter().map(item).collect());
    Value::Object(out)
}

/// A text that comes back as it is, also where it holds braces that would begin a template.
pub(super) fn text_value(text: &str) -> Value {
    Value::String(literal(text))
}

/// Writes a text so that a template that holds it gives the text itself. Braces are escaped in runs of
/// up to four, as the template language reads them; a backslash before them is kept apart by a comment.
fn literal(text: &str) -> String {
    if !text.contains("{{") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        if before.ends_with('\\') {
            out.push_str("\\{{!}}");
        }
        let run = tail.len() - tail.trim_start_matches('{').len();
        let mut left = run;
        while left >= 2 {
            let taken = left.min(4) / 2 * 2;
            out.push('\\');
            out.push_str(&"{".repeat(taken));
            left -= taken;
        }
        out.push_str(&"{".repeat(left));
        rest = tail.get(run..).unwrap_or("");
    }
    out.push_str(rest);
    out
}

pub(super) fn duration(length: Millis) -> Value {
    let mut ms = length.0;
    if ms == 0 {
        return json!("0s");
    }
    let mut text = String::new();
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)] {
        if ms >= size {
            text.push_str(&format!("{}{unit}", ms / size));
            ms %= size;
        }
    }
    Value::String(text)
}

fn limits(limits: &Limits) -> Value {
    let mut out = Map::new();
    out.insert("concurrency".into(), json!(limits.concurrency));
    if let Some(count) = limits.per_target_site {
        out.insert("per_target_site".into(), json!(count));
    }
    if let Some(count) = limits.per_source_site {
        out.insert("per_source_site".into(), json!(count));
    }
    if !limits.groups.is_empty() {
        out.insert("groups".into(), json!(limits.groups));
    }
    if let Some(count) = limits.requests_per_minute {
        out.insert("requests_per_minute".into(), json!(count));
    }
    if !limits.adaptive {
        out.insert("adaptive".into(), json!(false));
    }
    out.insert("deadline".into(), duration(limits.deadline_ms));
    for (key, value) in [("queue_deadline", limits.queue_deadline_ms), ("run_deadline", limits.run_deadline_ms)] {
        if let Some(value) = value {
            out.insert(key.into(), duration(value));
        }
    }
    if let Some(count) = limits.max_failures {
        out.insert("max_failures".into(), json!(count));
    }
    out.insert("retries".into(), json!(limits.retries));
    if limits.retry_on != RetryOn::Any {
        out.insert("retry_on".into(), json!(limits.retry_on));
    }
    if let Some(count) = limits.retry_budget {
        out.insert("retry_budget".into(), json!(count));
    }
    out.insert("poll_interval".into(), duration(limits.poll_interval_ms));
    out.insert("settle_window".into(), duration(limits.settle_window_ms));
    Value::Object(out)
}

fn item(item: &Item) -> Value {
    let mut out = Map::new();
    out.insert("name".into(), json!(item.name));
    out.insert(
        "source".into(),
        json!({
            "site": id(item.source.site.as_str()),
            "job": id(item.source.job.as_str()),
            "execution": execution(&item.source.execution),
        }),
    );
    let mut target = Map::new();
    target.insert("site".into(), id(item.target.site.as_str()));
    if let Some(database) = &item.target.database {
        target.insert("database".into(), name(database));
    }
    out.insert("target".into(), Value::Object(target));
    out.insert("objects".into(), item.objects.iter().map(object).collect());
    let mode = match item.mode {
        Mode::Copy => "copy",
        Mode::Restore => "restore",
    };
    out.insert("mode".into(), json!(mode));
    out.insert("options".into(), json!(item.options));
    let on_existing = match item.on_existing {
        OnExisting::Fail => "fail",
        OnExisting::Replace => "replace",
        OnExisting::Skip => "skip",
    };
    out.insert("on_existing".into(), json!(on_existing));
    if item.allow_reserved {
        out.insert("allow_reserved".into(), json!(true));
    }
    if !item.after.is_empty() {
        out.insert("after".into(), json!(item.after));
    }
    if let Some(group) = &item.group {
        out.insert("group".into(), text_value(group));
    }
    if item.weight != 1 {
        out.insert("weight".into(), json!(item.weight));
    }
    out.insert("priority".into(), json!(item.priority));
    out.insert("deadline".into(), duration(item.deadline_ms));
    if let Some(name) = &item.job_name {
        out.insert("job_name".into(), text_value(name.as_str()));
    }
    if !item.checks.is_empty() {
        let check = |check: &Check| match check {
            Check::Rows(value) => json!({"rows": literals(value)}),
            Check::Sql(value) => json!({"sql": literals(value)}),
            Check::Command(value) => json!({"command": literals(value)}),
        };
        out.insert("checks".into(), item.checks.iter().map(check).collect());
    }
    Value::Object(out)
}

fn literals(value: &Value) -> Value {
    match value {
        Value::String(text) => text_value(text),
        Value::Array(items) => items.iter().map(literals).collect(),
        Value::Object(map) => Value::Object(map.iter().map(|(key, value)| (key.clone(), literals(value))).collect()),
        other => other.clone(),
    }
}

/// An id, as a number where it is one.
pub(super) fn id(text: &str) -> Value {
    number(text).unwrap_or_else(|| text_value(text))
}

/// The number that a text is, where it is written like that number.
pub(super) fn number(text: &str) -> Option<Value> {
    text.parse::<u64>().ok().filter(|n| n.to_string() == text).map(Value::from)
}

pub(super) fn execution(selector: &ExecutionSelector) -> Value {
    match selector {
        ExecutionSelector::Id(execution) => id(execution.as_str()),
        ExecutionSelector::Latest => json!("latest"),
        ExecutionSelector::Before(moment) => json!({"before": moment.to_string()}),
        ExecutionSelector::Within { window_ms, pick } => {
            let window = duration(*window_ms);
            match pick {
                Pick::Latest => json!({"within": window, "pick": "latest"}),
                Pick::Oldest => json!({"within": window, "pick": "oldest"}),
                Pick::Random { seed } => json!({"within": window, "pick": "random", "seed": seed}),
            }
        }
    }
}

pub(super) fn name(name: &ObjectName) -> Value {
    text_value(&name.to_string())
}

fn object(object: &RestoreObject) -> Value {
    let mut out = identity(object);
    if !object.exclude.is_empty() {
        out.insert("exclude".into(), object.exclude.iter().map(name).collect());
    }
    out.insert("include_all".into(), json!(object.include_all));
    if let Some(renamed) = &object.rename_to {
        out.insert("rename_to".into(), name(renamed));
    }
    Value::Object(out)
}

/// What an object is: the one key that names it by its type, or `object` where no key says it.
pub(super) fn identity(object: &RestoreObject) -> Map<String, Value> {
    let mut out = Map::new();
    let key = ObjectType::keys().find(|key| ObjectType::from_key(key).as_ref() == Some(&object.object_type));
    let is_database = object.object_type.level() == Level::Database;
    let ordinary = object.parent_type == ObjectType::Database && (!is_database || object.parent.folded() == "DBC");
    match key.filter(|_| ordinary) {
        Some(key) if is_database => drop(out.insert(key.into(), name(&object.name))),
        Some(key) => {
            let qualified = QualifiedName { parent: Some(object.parent.clone()), name: object.name.clone() };
            out.insert(key.into(), text_value(&qualified.to_string()));
        }
        None => {
            let described = json!({
                "type": text_value(object.object_type.wire()),
                "name": name(&object.name),
                "parent": name(&object.parent),
                "parent_type": text_value(object.parent_type.wire()),
            });
            out.insert("object".into(), described);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::LoaderLimits;
    use crate::plan::budget::Budget;
    use crate::plan::template::Templates;
    use crate::plan::template::scope::Scope;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn literal_text_survives_templates(text in r"([{}\\ab !~#/\n]){0,24}") {
            let limits = LoaderLimits::default();
            let sources = crate::diagnostic::Sources::default();
            let budget = Budget::new(&limits);
            let mut templates = Templates::new(&limits, &sources, &budget);
            let scope = Scope::new(Map::new(), Default::default());
            let written = literal(&text);
            let back = if written.contains("{{") {
                templates.scalar(&written, &scope).unwrap().unwrap()
            } else {
                Value::String(written)
            };
            prop_assert_eq!(back, Value::String(text));
        }
    }
}
