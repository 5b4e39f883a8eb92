//! For CI: JUnit's XML, one suite for each file and one case for each case.

use super::{CaseReport, Counts, FileReport, Outcome};
use crate::diagnostic::{self, Diagnostics, Look};
use crate::model::xml_text;

/// What came of the files.
pub fn junit(files: &[FileReport]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let (tests, failures, errors) = numbers(files);
    out.push_str(&format!(
        "<testsuites name=\"restorectl test\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">\n"
    ));
    for file in files {
        suite(file, &mut out);
    }
    out.push_str("</testsuites>\n");
    out
}

/// Tests, failures and errors; a file that can't be used is one test with an error.
fn numbers(files: &[FileReport]) -> (usize, usize, usize) {
    let counts = Counts::of(files);
    (counts.cases() + counts.invalid_files, counts.failed, counts.invalid + counts.invalid_files)
}

fn suite(file: &FileReport, out: &mut String) {
    let (tests, failures, errors) = numbers(std::slice::from_ref(file));
    let name = xml_text(&file.file);
    out.push_str(&format!(
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">\n"
    ));
    if file.diagnostics.has_errors() {
        out.push_str(&format!(
            "    <testcase name=\"the file can be used\" classname=\"{name}\" file=\"{name}\" line=\"1\">\n"
        ));
        problem("error", std::slice::from_ref(&file.diagnostics), out);
        out.push_str("    </testcase>\n");
    }
    for case in &file.cases {
        test_case(case, &name, out);
    }
    out.push_str("  </testsuite>\n");
}

fn test_case(case: &CaseReport, file: &str, out: &mut String) {
    let (name, line) = (xml_text(&case.name), case.place.line);
    let head = format!("    <testcase name=\"{name}\" classname=\"{file}\" file=\"{file}\" line=\"{line}\"");
    let kind = match case.outcome {
        Outcome::Passed => return out.push_str(&format!("{head}/>\n")),
        Outcome::Failed => "failure",
        Outcome::Invalid => "error",
    };
    out.push_str(&format!("{head}>\n"));
    problem(kind, &case.found, out);
    out.push_str("    </testcase>\n");
}

/// What was found: the first of it as the message, all of it as people read it.
fn problem(kind: &str, found: &[Diagnostics], out: &mut String) {
    let first = found.iter().flat_map(Diagnostics::iter).next();
    let (rule, message) = first.map_or(("", ""), |first| (first.rule, first.message.as_str()));
    let text: String = found.iter().map(|found| diagnostic::human(found, Look::default())).collect();
    let text = text.trim_end().lines().map(xml_text).collect::<Vec<_>>().join("\n");
    let message = xml_text(message);
    out.push_str(&format!("      <{kind} type=\"{rule}\" message=\"{message}\">{text}</{kind}>\n"));
}
