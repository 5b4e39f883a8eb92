//! For CI systems that show tests: JUnit's XML, one suite for each plan, one case for each of its pairs.

use super::human::found;
use super::{Checked, Collation, Finding, Severity, plain};
use crate::model::{harmless, xml_text};

/// Every pair as a test that passes if it has no error. Warnings stand in the case's output.
pub fn junit(collation: &Collation) -> String {
    let mut cases: Vec<Case<'_>> =
        collation.checked().iter().map(|checked| Case { checked, findings: Vec::new() }).collect();
    for finding in collation.findings() {
        for number in &finding.pairs {
            if let Some(case) = cases.get_mut(*number) {
                case.findings.push(finding);
            }
        }
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&format!("<testsuites name=\"restorectl validate\" {}>\n", counts(&cases)));
    for suite in cases.chunk_by(|a, b| a.checked.pair.plan == b.checked.pair.plan) {
        let name = suite.first().map(|case| xml_text(&case.checked.pair.plan)).unwrap_or_default();
        out.push_str(&format!("  <testsuite name=\"{name}\" {} skipped=\"0\">\n", counts(suite)));
        suite.iter().for_each(|case| out.push_str(&case.element()));
        out.push_str("  </testsuite>\n");
    }
    out + "</testsuites>\n"
}

fn counts(cases: &[Case<'_>]) -> String {
    let failures = cases.iter().filter(|case| case.checked.errors > 0).count();
    format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\"", cases.len())
}

/// A pair with what was found in it.
struct Case<'a> {
    checked: &'a Checked,
    findings: Vec<&'a Finding>,
}

impl Case<'_> {
    fn element(&self) -> String {
        let Checked { pair, errors, warnings } = self.checked;
        let name = pair.environment.as_ref().map_or("no environment", |of| of.name.as_str());
        let open = format!("    <testcase name=\"{}\" classname=\"{}\"", xml_text(name), xml_text(&pair.plan));
        if errors + warnings == 0 {
            return format!("{open}/>\n");
        }
        let mut out = format!("{open}>\n");
        if *errors > 0 {
            let (message, text) = (found(*errors, 0), self.text(Severity::Error, *errors));
            out.push_str(&format!("      <failure message=\"{message}\" type=\"error\">{text}</failure>\n"));
        }
        if *warnings > 0 {
            let text = self.text(Severity::Warning, *warnings);
            out.push_str(&format!("      <system-out>{text}</system-out>\n"));
        }
        out + "    </testcase>\n"
    }

    /// All problems of one severity, and how many of them are not listed.
    fn text(&self, severity: Severity, expected: usize) -> String {
        let findings = || self.findings.iter().filter(|finding| finding.diagnostic.severity == severity);
        let mut lines: Vec<String> = findings().flat_map(|finding| lines(finding)).collect();
        let listed = findings().count();
        if expected > listed {
            lines.push(format!("{} more, not listed", expected - listed));
        }
        lines.iter().map(|line| xml_text(line)).collect::<Vec<_>>().join("\n")
    }
}

/// A problem; not in which environments it is, because each case is one.
fn lines(finding: &Finding) -> Vec<String> {
    let diagnostic = &finding.diagnostic;
    let place = diagnostic.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
    let (severity, rule, message) = (diagnostic.severity, diagnostic.rule, harmless(&diagnostic.message));
    let first = format!("{}{severity}[{rule}]: {message}", harmless(&place));
    let below = plain::hint(finding).into_iter().chain(plain::related(finding)).map(|line| format!("  {line}"));
    std::iter::once(first).chain(below).collect()
}
