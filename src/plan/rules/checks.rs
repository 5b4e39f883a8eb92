//! Checks that can't say anything about their restore.

use serde_json::Value;

use crate::model::{Check, Level, QualifiedName, TouchedRef};
use crate::plan::findings::Findings;
use crate::plan::node::Node;
use crate::plan::rule;
use crate::plan::suggest::{did_you_mean, listed};
use crate::plan::typed::Reader;
use crate::plan::typed_name::qualified;

use super::Entry;

/// How many of the objects that a restore writes are named.
const NAMED: usize = 3;

/// This version only reads checks. Said once.
pub(super) fn not_run(entries: &[Entry<'_>], findings: &mut Findings) {
    if let Some(first) = entries.iter().find(|entry| !entry.item.checks.is_empty()) {
        let message = "this version doesn't run checks; they are recorded as `not run`";
        let hint = "run them by hand after the restore";
        findings.add(first.draft(rule::CHECKS_NOT_RUN, &["checks"], message).hint(hint).warning());
    }
}

/// Runs the rules about one restore's checks.
pub(super) fn check(entry: &Entry<'_>, findings: &mut Findings) {
    for (index, check) in entry.item.checks.iter().enumerate() {
        let index = index.to_string();
        match check {
            Check::Rows(rows) => {
                table(entry, rows.get("table").and_then(Value::as_str), &index, findings);
                let steps = ["checks", &index, "rows"];
                bounds(entry, rows, &steps, findings);
                any_count(entry, rows, &steps, findings);
            }
            Check::Sql(sql) => {
                if let Some(expect) = sql.get("expect") {
                    bounds(entry, expect, &["checks", &index, "sql", "expect"], findings);
                }
            }
            Check::Command(_) => {}
        }
    }
}

/// The table of a check is one that the restore writes.
fn table(entry: &Entry<'_>, text: Option<&str>, index: &str, findings: &mut Findings) {
    let steps = ["checks", index, "rows", "table"];
    let Some((text, span)) = text.zip(entry.restore.places.at(&steps)) else { return };
    let node = Node::string(span, text);
    let pointer = entry.restore.author.pointer();
    let mut reader = Reader::new(findings, entry.frame.sources, pointer, entry.restore.element());
    let Some(QualifiedName { parent, name }) = qualified(&node, &steps, &mut reader) else { return };
    let item = &entry.item;
    let written: Vec<TouchedRef<'_>> = item.objects.iter().map(|object| item.writes(object)).collect();
    let Some(parent) = parent else {
        let known = written.iter().find(|touched| touched.object == Some(&name));
        let whole = known.map_or_else(|| format!("DATABASE.{name}"), ToString::to_string);
        let message = format!("the database that holds `{name}` is missing");
        reader.wrong_with(rule::OBJECT_NAME, &node, &steps, message, format!("write `{whole}`"));
        return;
    };
    let fits =
        |touched: &TouchedRef<'_>| *touched.database == parent && touched.object.is_none_or(|object| *object == name);
    if written.iter().any(fits) {
        return;
    }
    let table = QualifiedName { parent: Some(parent), name }.to_string();
    let names: Vec<String> = written.iter().map(ToString::to_string).collect();
    let message = format!("this restore writes no `{table}`, so the check says nothing about it");
    let hint = did_you_mean(&table, names.iter().map(String::as_str)).unwrap_or_else(|| {
        let whole = item.objects.iter().any(|object| object.object_type.level() == Level::Database);
        let more = if names.len() > NAMED { ", and more" } else { "" };
        let in_it = if whole { ", and all that is in it" } else { "" };
        format!("it writes {}{more}{in_it}", listed(names.iter().take(NAMED).map(String::as_str), "and"))
    });
    entry.report(entry.draft(rule::CHECK_ELSEWHERE, &steps, message).hint(hint).warning(), findings);
}

/// What is expected can come about, and can fail to.
fn bounds(entry: &Entry<'_>, expected: &Value, steps: &[&str], findings: &mut Findings) {
    let number = |key: &str| expected.get(key).and_then(Value::as_f64);
    let (least, most, equals) = (number("at_least"), number("at_most"), number("equals"));
    let draft = |key: &str, message: String| {
        let steps: Vec<&str> = steps.iter().copied().chain([key]).collect();
        entry.draft(rule::CHECK_BOUNDS, &steps, message)
    };
    if let (Some(least), Some(most)) = (least, most)
        && least > most
    {
        let found = draft("at_least", format!("nothing is at least {least} and at most {most}"));
        entry.report(found.hint("swap them, or remove one"), findings);
    } else if expected.get("equals").is_some()
        && (expected.get("at_least").is_some() || expected.get("at_most").is_some())
    {
        let beyond = equals.is_some_and(|n| least.is_some_and(|least| n < least) || most.is_some_and(|most| n > most));
        let found = if beyond {
            draft("equals", "`equals` lies outside `at_least` and `at_most`, so the check can't pass".to_owned())
        } else {
            draft("equals", "beside `equals`, `at_least` and `at_most` say nothing more".to_owned()).warning()
        };
        entry.report(found.hint("keep `equals`, or the bounds"), findings);
    }
}

/// A count that may be anything is no check.
fn any_count(entry: &Entry<'_>, expected: &Value, steps: &[&str], findings: &mut Findings) {
    let bounded = ["equals", "at_most"].iter().any(|key| expected.get(*key).is_some());
    let at_least = expected.get("at_least").and_then(Value::as_u64).unwrap_or(0);
    if !bounded && at_least == 0 {
        let message = "this check can't fail: any count is at least 0";
        let found = entry.draft(rule::CHECK_BOUNDS, steps, message).warning();
        entry.report(found.hint("say what is expected, like `at_least: 1`"), findings);
    }
}
