//! For programs: one JSON document with every pair and every problem; `schema/diagnostics.schema.json` pins its shape.

use serde_json::{Map, Value, json};

use super::{Allowed, Checked, Collation, Diagnostic, Diagnostics, Finding, Place};
use crate::model::deceives;

/// The version of the document's shape.
const VERSION: u32 = 1;

/// The JSON Schema of the document.
pub const DIAGNOSTICS_SCHEMA: &str = include_str!("../../schema/diagnostics.schema.json");

/// Everything that was found. Every field is always there: null and an empty list say that there is nothing.
pub fn json(collation: &Collation) -> String {
    written(&json!({
        "version": VERSION,
        "tool_version": env!("CARGO_PKG_VERSION"),
        "summary": {
            "valid": collation.errors() == 0,
            "plans": collation.plans(),
            "environments": collation.environments(),
            "pairs": collation.checked().len(),
            "errors": collation.errors(),
            "warnings": collation.warnings(),
            "allowed": collation.allowed().len(),
            "not_listed": collation.not_kept(),
        },
        "pairs": collation.checked().iter().map(pair).collect::<Vec<_>>(),
        "diagnostics": collation.findings().iter().map(with_pairs).collect::<Vec<_>>(),
        "allowed": collation.allowed().iter().map(with_reason).collect::<Vec<_>>(),
    }))
}

/// A document as indented text. What could deceive on a terminal is written as an escape, which means the same to whoever
/// reads it as JSON.
pub fn written(document: &Value) -> String {
    let mut text = String::new();
    for c in format!("{document:#}\n").chars() {
        if c != '\n' && deceives(c) {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
        } else {
            text.push(c);
        }
    }
    text
}

fn pair(checked: &Checked) -> Value {
    json!({
        "plan": checked.pair.plan,
        "environment": checked.pair.environment.as_ref().map(|of| json!({"name": of.name, "file": of.file})),
        "errors": checked.errors,
        "warnings": checked.warnings,
    })
}

/// The problems of one resolution as such objects, without the pairs.
pub fn json_list(diagnostics: &Diagnostics) -> Value {
    diagnostics.iter().map(|diagnostic| Value::Object(object(diagnostic))).collect()
}

fn with_pairs(finding: &Finding) -> Value {
    let mut object = object(&finding.diagnostic);
    object.insert("pairs".to_owned(), json!(finding.pairs));
    object.insert("only_in".to_owned(), json!(finding.only_in));
    Value::Object(object)
}

fn with_reason(allowed: &Allowed) -> Value {
    let mut object = object(&allowed.diagnostic);
    object.insert("reason".to_owned(), json!(allowed.reason));
    Value::Object(object)
}

fn object(diagnostic: &Diagnostic) -> Map<String, Value> {
    let related = diagnostic.related.iter().map(|(at, message)| {
        let mut object = place(at);
        object.insert("message".to_owned(), json!(message));
        Value::Object(object)
    });
    let fields = [
        ("rule", json!(diagnostic.rule)),
        ("severity", json!(diagnostic.severity)),
        ("message", json!(diagnostic.message)),
        ("place", diagnostic.place.as_ref().map_or(Value::Null, |at| Value::Object(place(at)))),
        ("pointer", json!(diagnostic.pointer)),
        ("hint", json!(diagnostic.hint)),
        ("related", related.collect()),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn place(place: &Place) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("file".to_owned(), json!(place.file));
    let numbers = [
        ("line", place.line),
        ("column", place.column),
        ("end_line", place.end_line),
        ("end_column", place.end_column),
        ("start", place.span.start),
        ("end", place.span.end),
    ];
    object.extend(numbers.map(|(name, number)| (name.to_owned(), json!(number))));
    object
}
