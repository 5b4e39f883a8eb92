//! For people: one line for each case, what was found behind those that didn't pass, and a line that sums it up.

use annotate_snippets::normalize_untrusted_str;

use super::{CaseReport, Counts, FileReport, Outcome};
use crate::diagnostic;

/// What came of the files.
pub fn human(files: &[FileReport], colour: bool) -> String {
    let mut out = String::new();
    for file in files {
        if file.cases.is_empty() && !file.diagnostics.has_errors() {
            continue;
        }
        out.push_str(&format!("{}\n", normalize_untrusted_str(&file.file)));
        if file.diagnostics.has_errors() {
            out.push_str(&format!("{}\n\n", line("INVALID", "the file can't be used, so none of its cases was run")));
            out.push_str(&format!("{}\n", diagnostic::human(&file.diagnostics, colour)));
        }
        for case in &file.cases {
            out.push_str(&format!("{}\n", line(word(case), &case.name)));
            if case.outcome != Outcome::Passed {
                out.push('\n');
                let found = case.found.iter().map(|found| diagnostic::human(found, colour) + "\n");
                out.push_str(&found.collect::<String>());
            }
        }
        out.push('\n');
    }
    out.push_str(&summary(files));
    out
}

fn line(word: &str, text: &str) -> String {
    format!("  {word:<7}  {}", normalize_untrusted_str(text))
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
    for (count, word) in [(counts.failed, "failed"), (counts.invalid, "invalid")] {
        if count > 0 {
            parts.push(format!("{count} {word}"));
        }
    }
    if counts.invalid_files > 0 {
        parts.push(format!("{} invalid", plural(counts.invalid_files, "file")));
    }
    if counts.passed_over > 0 {
        parts.push(format!("{} left out by --filter", counts.passed_over));
    }
    out.push_str(&format!("{} in {}: {}\n", plural(counts.cases(), "case"), plural(run, "file"), parts.join(", ")));
    out
}

fn plural(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
