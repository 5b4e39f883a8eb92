//! The difference of two saved changesets, for people and for programs.

use serde::Serialize;

use super::markdown::{LARGEST, largest};
use super::markdown_text::{code, prose, text};
use super::words::change;
use crate::changeset::{Changeset, Comparison, FieldChange, ItemChange};
use crate::model::{Action, Slug, count};
use crate::report::document::pretty;
use crate::report::screen::{Screen, Style, Tone};
use crate::report::wording::Zone;

/// The column at which details begin.
const DETAILS: usize = 11;

/// The difference as text for a terminal.
pub fn changes_human(before: &Changeset, after: &Changeset, style: Style) -> String {
    let compared = Comparison::of(before, after);
    let mut screen = Screen::new(style);
    screen.text(0, Tone::Strong, "From the first changeset to the second");
    for (label, made) in [("first", before), ("second", after)] {
        screen.field(2, label, DETAILS, &about(made, screen.zone()));
    }
    for fact in &compared.facts {
        screen.labelled(2, "other", DETAILS, Tone::Open, &change(fact));
    }
    let alone = [("+", "came", Tone::Good, &compared.came), ("-", "went", Tone::Bad, &compared.went)];
    for (sign, word, tone, items) in alone {
        if !items.is_empty() {
            screen.gap();
        }
        for (item, action) in items {
            screen.labelled(0, &format!("{sign} {word}"), DETAILS + 2, tone, &format!("{item} ({action})"));
        }
    }
    for each in &compared.changed {
        screen.gap();
        screen.labelled(0, "~ changed", DETAILS + 2, Tone::Open, each.item.as_str());
        if each.before != each.after {
            screen.field(2, "action", DETAILS, &format!("{} -> {}", each.before, each.after));
        }
        if let Some(reason) = &each.reason {
            screen.field(2, "why", DETAILS, reason);
        }
        for field in &each.fields {
            screen.field(2, "field", DETAILS, &change(field));
        }
    }
    screen.gap();
    screen.text(0, Tone::Strong, &summary(&compared));
    screen.finish()
}

/// The difference in Markdown, cut to what a comment holds; what is cut is said.
pub fn changes_markdown(before: &Changeset, after: &Changeset) -> String {
    let compared = Comparison::of(before, after);
    let mut head = format!("## From the first changeset to the second\n\n**{}**\n\n", text(&summary(&compared)));
    head.push_str("| | |\n|---|---|\n");
    for (label, made) in [("First", before), ("Second", after)] {
        head.push_str(&format!("| {label} | {} |\n", text(&about(made, Zone::UTC))));
    }
    for fact in &compared.facts {
        head.push_str(&format!("| Other | {} |\n", text(&change(fact))));
    }
    let rows = rows(&compared);
    let page = |shown: usize| {
        let mut out = head.clone();
        if shown < rows.len() {
            let hidden = count(rows.len() - shown, "row");
            out.push_str(&format!(
                "\n**Truncated** to what a comment holds: {hidden} left out. `--format json` has all of it.\n"
            ));
        }
        if shown > 0 {
            out.push_str("\n| | Restore | What |\n|---|---|---|\n");
        }
        rows.iter().take(shown).for_each(|row| out.push_str(row));
        (out.len() <= LARGEST).then_some(out)
    };
    page(rows.len()).or_else(|| largest(rows.len(), page)).unwrap_or(head)
}

fn rows(compared: &Comparison) -> Vec<String> {
    let mut rows = Vec::new();
    for (word, items) in [("came", &compared.came), ("went", &compared.went)] {
        rows.extend(items.iter().map(|(item, action)| format!("| {word} | {} | {action} |\n", code(item.as_str()))));
    }
    for each in &compared.changed {
        let action = (each.before != each.after).then(|| format!("action: {} -> {}", each.before, each.after));
        let fields = each.fields.iter().map(|field| text(&change(field)));
        let reason = each.reason.iter().map(|reason| prose(reason));
        let words: Vec<String> = action.iter().map(|action| text(action)).chain(fields).chain(reason).collect();
        rows.push(format!("| changed | {} | {} |\n", code(each.item.as_str()), words.join("<br>")));
    }
    rows
}

#[derive(Serialize)]
struct Document<'a> {
    comparison_version: u32,
    before: Side<'a>,
    after: Side<'a>,
    facts: &'a [FieldChange],
    came: Vec<Alone<'a>>,
    went: Vec<Alone<'a>>,
    changed: &'a [ItemChange],
    same: usize,
}

#[derive(Serialize)]
struct Side<'a> {
    plan: &'a Slug,
    environment: &'a str,
    read_at: jiff::Timestamp,
    digest: String,
}

#[derive(Serialize)]
struct Alone<'a> {
    item: &'a Slug,
    action: Action,
}

/// The JSON Schema of the difference in JSON.
pub const COMPARISON_SCHEMA: &str = include_str!("../../../schema/comparison.schema.json");

/// The difference as indented JSON with a line break at the end.
///
/// # Errors
/// Never for changesets that were read.
pub fn changes_json(before: &Changeset, after: &Changeset) -> Result<String, serde_json::Error> {
    let compared = Comparison::of(before, after);
    pretty(&Document {
        comparison_version: 1,
        before: side(before)?,
        after: side(after)?,
        facts: &compared.facts,
        came: alone(&compared.came),
        went: alone(&compared.went),
        changed: &compared.changed,
        same: compared.same,
    })
}

fn side(made: &Changeset) -> Result<Side<'_>, serde_json::Error> {
    Ok(Side {
        plan: &made.plan.name,
        environment: &made.environment.name,
        read_at: made.created_at,
        digest: made.approval_digest()?,
    })
}

fn alone(items: &[(Slug, Action)]) -> Vec<Alone<'_>> {
    items.iter().map(|(item, action)| Alone { item, action: *action }).collect()
}

fn about(made: &Changeset, zone: Zone) -> String {
    let (plan, environment) = (&made.plan.name, &made.environment.name);
    let items = count(made.items.len(), "restore");
    format!("plan {plan} in environment {environment}, {items}, site read {}", zone.moment(made.created_at))
}

fn summary(compared: &Comparison) -> String {
    if compared.is_empty() {
        return "they would do the same".to_owned();
    }
    let parts = [
        (compared.came.len(), "came"),
        (compared.went.len(), "went"),
        (compared.changed.len(), "changed"),
        (compared.same, "the same"),
    ];
    let parts: Vec<String> =
        parts.into_iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
    parts.join(", ")
}
