//! For people: one line for each case, what was found behind those that didn't pass, and a line that sums it up.

use super::{CaseReport, Counts, FileReport, Outcome};
use crate::diagnostic::{self, Look};
use crate::model::{count, harmless};

/// What came of the files.
pub fn human(files: &[FileReport], look: Look) -> String {
    let mut out = String::new();
    for file in files {
        if file.cases.is_empty() && !file.diagnostics.has_errors() {
            continue;
        }
        out.push_str(&format!("{}\n", harmless(&file.file)));
        if file.diagnostics.has_errors() {
            out.push_str(&format!("{}\n\n", line("INVALID", "the file can't be used, so none of its cases was run")));
            out.push_str(&format!("{}\n", diagnostic::human(&file.diagnostics, look)));
        }
        for case in &file.cases {
            out.push_str(&format!("{}\n", line(word(case), &case.name)));
            if case.outcome != Outcome::Passed {
                out.push('\n');
                let found = case.found.iter().map(|found| diagnostic::human(found, look) + "\n");
                out.push_str(&found.collect::<String>());
            }
        }
        out.push('\n');
    }
    out.push_str(&summary(files));
    out
}

fn line(word: &str, text: &str) -> String {
    format!("  {word:<7}  {}", harmless(text))
}

fn word(case: &CaseReport) -> &'static str {
    match case.outcome {
        Outcome::Passed => "pass",
        Outcome::Failed => "FAIL",
        Outcome::Invalid => "INVALID",
    }
}

/// The cases that didn't pass once more, and the counts.
fn summary(files: &[FileReport]) -> String {
    let mut out = String::new();
    for file in files {
        if file.diagnostics.has_errors() {
            out.push_str(&format!("{}\n", line("INVALID", &file.file)));
        }
        for case in file.cases.iter().filter(|case| case.outcome != Outcome::Passed) {
            out.push_str(&format!("{}\n", line(word(case), &format!("{}  {}", case.place, case.name))));
        }
    }
    let counts = Counts::of(files);
    let run = files.iter().filter(|file| !file.cases.is_empty() || file.diagnostics.has_errors()).count();
    let mut parts = vec![format!("{} passed", counts.passed)];
    for (number, word) in [(counts.failed, "failed"), (counts.invalid, "invalid")] {
        if number > 0 {
            parts.push(format!("{number} {word}"));
        }
    }
    if counts.invalid_files > 0 {
        parts.push(format!("{} invalid", count(counts.invalid_files, "file")));
    }
    if counts.passed_over > 0 {
        parts.push(format!("{} left out by --filter", counts.passed_over));
    }
    out.push_str(&format!("{} in {}: {}\n", count(counts.cases(), "case"), count(run, "file"), parts.join(", ")));
    out
}
