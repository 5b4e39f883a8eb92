//! The comparison for a terminal.

use super::{Change, ComparedItem, ComparedRun, Comparison, RunsLeftOut};
use crate::report::screen::{Cell, Screen, Style, Tone};
use crate::report::wording::{SIMULATED, bytes, count};

/// How many items are listed of each kind.
const SHOWN: usize = 15;

/// The comparison as text for a terminal: the runs, then the items that changed most.
pub fn comparison_human(comparison: &Comparison, style: Style) -> String {
    let mut screen = Screen::new(style);
    if comparison.runs.iter().any(|run| run.simulated) {
        screen.text(0, Tone::Open, SIMULATED);
        screen.gap();
    }
    let before = count(comparison.runs.len().saturating_sub(1), "run");
    screen.text(0, Tone::Strong, &format!("Plan {}: the last run against {before} before it", comparison.plan));
    screen.gap();
    // A column for those who have any.
    let shards = comparison.runs.iter().any(|run| run.shard.is_some());
    let rows: Vec<Vec<Cell>> = comparison.runs.iter().map(|one| run(one, shards)).collect();
    let mut heads = vec!["", "run", "env"];
    heads.extend(shards.then_some("shard"));
    heads.extend(["took", "restored", "a second", "change", "came to"]);
    screen.table(0, &heads, &rows);
    left_out(&mut screen, &comparison.left_out);
    items(&mut screen, comparison);
    screen.gap();
    let usual = comparison.items.iter().filter_map(|item| item.change).filter(|c| !c.slower && !c.faster).count();
    let none = comparison.items.iter().filter(|item| item.change.is_none()).count();
    screen.text(
        0,
        if comparison.slower > 0 { Tone::Bad } else { Tone::Good },
        &format!(
            "{}: {} slower, {} faster, {usual} as usual, {none} with nothing to compare",
            count(comparison.items.len(), "restore"),
            comparison.slower,
            comparison.faster
        ),
    );
    screen.text(0, Tone::Faint, comparison.rule);
    screen.finish()
}

/// What the table doesn't have, and how to come by it.
fn left_out(screen: &mut Screen, left_out: &RunsLeftOut) {
    let hint = left_out.others.keys().next().map(|portion| format!(" (`--shard {portion}` compares those)"));
    for (words, hint) in [
        (left_out.older_words(), Some(" (`--last N` takes more)".to_owned())),
        (left_out.others_words(), hint),
        (left_out.unreadable_words(), None),
    ] {
        if let Some(words) = words {
            screen.text(0, Tone::Open, &format!("left out: {words}{}", hint.unwrap_or_default()));
        }
    }
}

/// A run's name tells when it began.
fn run(run: &ComparedRun, shards: bool) -> Vec<Cell> {
    let (sign, tone) = mark(run.change);
    let shard = || Cell::new(run.shard.map_or_else(|| "whole".to_owned(), |shard| shard.to_string()));
    let mut cells = vec![Cell::new(sign).tone(tone), Cell::new(&run.id).whole(), Cell::new(&run.environment)];
    cells.extend(shards.then(shard));
    cells.extend([
        Cell::new(run.duration_ms.map_or_else(|| "-".to_owned(), |took| took.to_string())).right(),
        Cell::new(run.bytes.map(bytes).unwrap_or_default()).right(),
        Cell::new(run.bytes_per_second.map(bytes).unwrap_or_default()).right(),
        Cell::new(run.change.map(percent).unwrap_or_default()).right().tone(tone),
        Cell::new(run.verdict.words()),
    ]);
    cells
}

/// Those that changed most first; what is as usual is left to the counts where there are many.
fn items(screen: &mut Screen, comparison: &Comparison) {
    let mut items: Vec<(&ComparedItem, Change)> =
        comparison.items.iter().filter_map(|item| Some((item, item.change?))).collect();
    items.sort_by_key(|(_, change)| std::cmp::Reverse((change.slower, change.faster, change.percent.unsigned_abs())));
    if items.is_empty() {
        return;
    }
    screen.gap();
    let row = |(item, change): &(&ComparedItem, Change)| {
        let (sign, tone) = mark(Some(*change));
        let last = item.runs.last().copied().flatten();
        vec![
            Cell::new(sign).tone(tone),
            Cell::new(&item.name).whole(),
            Cell::new(last.and_then(|last| last.took_ms).map(|took| took.to_string()).unwrap_or_default()).right(),
            Cell::new(change.usual_ms.to_string()).right(),
            Cell::new(percent(*change)).right().tone(tone),
            Cell::new(last.and_then(|last| last.bytes_per_second).map(bytes).unwrap_or_default()).right(),
            Cell::new(change.of.to_string()).right(),
        ]
    };
    let rows: Vec<Vec<Cell>> = items.iter().take(SHOWN).map(row).collect();
    screen.table(0, &["", "restore", "took", "usual", "change", "a second", "of runs"], &rows);
    let rest = items.len().saturating_sub(SHOWN);
    if rest > 0 {
        screen.text(2, Tone::Faint, &format!("and {rest} more, which changed less; `--format json` has all"));
    }
}

fn percent(change: Change) -> String {
    format!("{}{} %", if change.percent > 0 { "+" } else { "" }, change.percent)
}

fn mark(change: Option<Change>) -> (&'static str, Tone) {
    match change {
        Some(change) if change.slower => ("!!", Tone::Bad),
        Some(change) if change.faster => ("ok", Tone::Good),
        _ => ("", Tone::Plain),
    }
}
