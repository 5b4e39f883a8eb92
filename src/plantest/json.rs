//! For programs: one document.

use serde_json::{Value, json};

use super::{CaseReport, Counts, FileReport};
use crate::diagnostic;

/// What came of the files.
pub fn json(files: &[FileReport]) -> String {
    let counts = Counts::of(files);
    diagnostic::written(&json!({
        "version": 1,
        "passed": counts.passed,
        "failed": counts.failed,
        "invalid": counts.invalid,
        "invalid_files": counts.invalid_files,
        "left_out": counts.passed_over,
        "files": files.iter().map(file).collect::<Vec<_>>(),
    }))
}

fn file(file: &FileReport) -> Value {
    json!({
        "file": file.file,
        "plan": file.plan,
        "diagnostics": diagnostic::json_list(&file.diagnostics),
        "cases": file.cases.iter().map(case).collect::<Vec<_>>(),
    })
}

fn case(case: &CaseReport) -> Value {
    let found = case.found.iter().flat_map(|found| match diagnostic::json_list(found) {
        Value::Array(all) => all,
        other => vec![other],
    });
    json!({
        "name": case.name,
        "line": case.place.line,
        "column": case.place.column,
        "outcome": case.outcome.word(),
        "diagnostics": found.collect::<Vec<_>>(),
    })
}
