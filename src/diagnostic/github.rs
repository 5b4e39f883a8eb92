//! For GitHub: workflow commands, which become annotations beside the lines.

use super::path::slashed;
use super::{Collation, Finding, Severity, plain};
use crate::model::{count, harmless};

/// So many annotations of each kind GitHub shows for one step; what is beyond that is in the step's log alone.
const SHOWN: usize = 10;

/// A command for each problem, errors first, because GitHub shows the first ones.
pub fn github(collation: &Collation) -> String {
    let mut out = String::new();
    for severity in [Severity::Error, Severity::Warning] {
        let own = collation.findings().iter().filter(|finding| finding.diagnostic.severity == severity);
        own.for_each(|finding| out.push_str(&annotation(finding)));
    }
    let (errors, warnings) = (collation.errors(), collation.warnings());
    if errors > SHOWN || warnings > SHOWN || collation.not_kept() > 0 {
        let mut words = format!(
            "{} and {}; GitHub shows {SHOWN} of each, and this step's log has the others",
            count(errors, "error"),
            count(warnings, "warning"),
        );
        if collation.not_kept() > 0 {
            words.push_str(&format!(" but {}", collation.not_kept()));
        }
        out.push_str(&format!("::notice title=restorectl::{}\n", data(&words)));
    }
    out
}

fn annotation(finding: &Finding) -> String {
    let mut properties = Vec::new();
    if let Some(place) = &finding.diagnostic.place {
        properties.push(format!("file={}", property(&slashed(&place.file))));
        properties.push(format!("line={}", place.line));
        properties.push(format!("endLine={}", place.end_line));
        // Columns are for places on one line only.
        if place.line == place.end_line {
            properties.push(format!("col={}", place.column));
            properties.push(format!("endColumn={}", place.end_column));
        }
    }
    properties.push(format!("title={}", property(finding.diagnostic.rule)));
    let lines: Vec<String> = plain::message(finding).into_iter().chain(plain::related(finding)).collect();
    let command = finding.diagnostic.severity;
    format!("::{command} {}::{}\n", properties.join(","), data(&lines.join("\n")))
}

/// Escapes the text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(&harmless(text)).replace(':', "%3A").replace(',', "%2C")
}
