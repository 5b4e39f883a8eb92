//! For programs: an array of objects, one for each problem.

use serde_json::{Map, Value, json};

use super::{Diagnostic, Diagnostics, Place};

/// Everything that is kept. Fields without content are null, so that every object has the same keys.
pub fn json(diagnostics: &Diagnostics) -> Value {
    Value::Array(diagnostics.iter().map(object).collect())
}

fn object(diagnostic: &Diagnostic) -> Value {
    let related = diagnostic.related.iter().map(|(at, message)| {
        let mut object = place(at);
        object.insert("message".to_owned(), json!(message));
        Value::Object(object)
    });
    json!({
        "rule": diagnostic.rule,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "place": diagnostic.place.as_ref().map(place),
        "pointer": diagnostic.pointer,
        "hint": diagnostic.hint,
        "related": related.collect::<Vec<_>>(),
    })
}

fn place(place: &Place) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("file".to_owned(), json!(place.file));
    object.insert("line".to_owned(), json!(place.line));
    object.insert("column".to_owned(), json!(place.column));
    object.insert("start".to_owned(), json!(place.span.start));
    object.insert("end".to_owned(), json!(place.span.end));
    object
}
