//! Rules on a terminal.

use super::{command, mended, shown};
use crate::diagnostic::Severity;
use crate::model::harmless;
use crate::plan::Explained;
use crate::report::{Cell, Screen, Style, Tone};

/// How far examples are set in.
const INDENT: &str = "    ";

/// Every rule in one line.
pub(super) fn list(rules: impl Iterator<Item = &'static Explained>, style: Style) -> String {
    let mut screen = Screen::new(style);
    let row = |Explained { rule, .. }: &Explained| {
        let severity = Cell::new(rule.severity.to_string()).tone(tone(rule.severity)).whole();
        vec![Cell::new(rule.id).whole(), severity, Cell::new(rule.title)]
    };
    screen.table(0, &["", "", ""], &rules.map(row).collect::<Vec<_>>());
    screen.gap();
    screen.text(0, Tone::Plain, "`restorectl explain RULE` tells why, and how to mend it.");
    screen.finish()
}

/// One rule with its example.
pub(super) fn rule(explained: &Explained, style: Style) -> String {
    let rule = &explained.rule;
    let mut out = paragraph(style, tone(rule.severity), &format!("{} ({})", rule.id, rule.severity));
    out += &paragraph(style, Tone::Strong, rule.title);
    for (heading, text) in [("Why", rule.why), ("How to mend it", rule.mend)] {
        out += &heading_line(style, heading);
        let mut screen = Screen::new(style);
        screen.text(2, Tone::Plain, text);
        out += &screen.finish();
    }
    out += &heading_line(style, "Example");
    for (path, text) in explained.fails.documents() {
        out += &document(style, path, &text);
    }
    out += &format!("\n  $ {}\n\n", command(explained.fails));
    // The renderer of diagnostics has made foreign text harmless, and writes colours.
    out += &indented(shown(explained.fails, style.into()).lines());
    out += &heading_line(style, "Mended");
    for (path, text) in mended(explained) {
        out += &document(style, path, &text);
    }
    if command(explained.passes) != command(explained.fails) {
        out += &format!("\n  $ {}\n", command(explained.passes));
    }
    out
}

fn heading_line(style: Style, text: &str) -> String {
    format!("\n{}", paragraph(style, Tone::Strong, text))
}

fn paragraph(style: Style, tone: Tone, text: &str) -> String {
    let mut screen = Screen::new(style);
    screen.text(0, tone, text);
    screen.finish()
}

fn document(style: Style, path: &str, text: &str) -> String {
    let mut screen = Screen::new(style);
    screen.text(2, Tone::Faint, path);
    let lines: Vec<String> = text.lines().map(harmless).collect();
    screen.finish() + &indented(lines.iter().map(String::as_str))
}

/// Lines as they are, set in.
fn indented<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.map(|line| if line.is_empty() { "\n".to_owned() } else { format!("{INDENT}{line}\n") }).collect()
}

fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Open,
    }
}
