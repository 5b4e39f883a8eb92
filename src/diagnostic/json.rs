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
    object.insert("end_line".to_owned(), json!(place.end_line));
    object.insert("end_column".to_owned(), json!(place.end_column));
    object.insert("start".to_owned(), json!(place.span.start));
    object.insert("end".to_owned(), json!(place.span.end));
    object
}

#[cfg(test)]
mod tests {
    use super::super::{Draft, Severity, Sources, Span};
    use super::*;

    #[test]
    fn every_object_has_the_same_keys() {
        let mut sources = Sources::default();
        let file = sources.add("f.yaml", "a: 1\n".into());
        let span = Span { file, start: 3, end: 4 };
        let draft = Draft {
            rule: "R101",
            severity: Severity::Error,
            message: "m".into(),
            span: Some(span),
            pointer: "/a".into(),
            hint: None,
            related: vec![(span, "here".into())],
        };
        let bare =
            Draft { span: None, related: vec![], hint: Some("h".into()), severity: Severity::Warning, ..draft.clone() };
        let place =
            json!({"file": "f.yaml", "line": 1, "column": 4, "end_line": 1, "end_column": 5, "start": 3, "end": 4});
        let mut related = place.clone();
        related["message"] = json!("here");
        assert_eq!(
            json(&Diagnostics::new(sources, vec![draft, bare], 9)),
            json!([
                {"rule": "R101", "severity": "error", "message": "m", "place": place, "pointer": "/a", "hint": null, "related": [related]},
                {"rule": "R101", "severity": "warning", "message": "m", "place": null, "pointer": "/a", "hint": "h", "related": []},
            ])
        );
    }
}
