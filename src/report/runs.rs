//! The list of runs: one line each, newest first.

use serde::Serialize;

use super::screen::{Cell, Screen, Style, Tone};
use super::{Report, RunProgress, Verdict};
use crate::model::{Millis, Shard};

/// A run in the list.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    id: &'a str,
    plan: &'a str,
    environment: &'a str,
    shard: Option<Shard>,
    simulated: bool,
    started_at: jiff::Timestamp,
    ended_at: Option<jiff::Timestamp>,
    duration_ms: Option<Millis>,
    state: RunProgress,
    verdict: Verdict,
    total: usize,
    there: usize,
}

impl<'a> Listed<'a> {
    fn new(report: &'a Report) -> Self {
        Self {
            id: &report.run.id,
            plan: &report.plan.name,
            environment: &report.environment.name,
            shard: report.run.shard.as_ref().map(|shard| shard.shard),
            simulated: report.simulated,
            started_at: report.run.started_at,
            ended_at: report.run.ended_at,
            duration_ms: report.run.duration_ms,
            state: report.run.state,
            verdict: report.verdict.code,
            total: report.total,
            there: report.items.iter().filter(|item| item.result.is_success()).count(),
        }
    }
}

/// The list for a terminal. The run's name tells when it began.
pub fn runs_human(reports: &[Report], style: Style) -> String {
    let mut screen = Screen::new(style);
    if reports.is_empty() {
        screen.text(0, Tone::Plain, "no runs yet: `restorectl apply` makes one");
        return screen.finish();
    }
    // A column for those who have any.
    let shards = reports.iter().any(|report| report.run.shard.is_some());
    let row = |report: &Report| {
        let run = Listed::new(report);
        let tone = match run.verdict {
            verdict if verdict.is_green() => Tone::Good,
            Verdict::Interrupted | Verdict::NotEnded | Verdict::Incomplete => Tone::Open,
            _ => Tone::Bad,
        };
        let took = run.duration_ms.map_or_else(|| "-".to_owned(), |took| took.to_string());
        let shard = run.shard.map(|shard| shard.to_string()).unwrap_or_default();
        let mut cells = vec![Cell::new(run.id).whole(), Cell::new(run.plan), Cell::new(run.environment)];
        cells.extend(shards.then(|| Cell::new(shard)));
        cells.extend([
            Cell::new(took).right(),
            Cell::new(format!("{}/{}", run.there, run.total)).right(),
            Cell::new(run.verdict.words()).tone(tone),
        ]);
        cells
    };
    let rows: Vec<Vec<Cell>> = reports.iter().map(row).collect();
    let mut heads = vec!["run", "plan", "env"];
    heads.extend(shards.then_some("shard"));
    heads.extend(["took", "there", "came to"]);
    screen.table(0, &heads, &rows);
    screen.finish()
}

/// The list as JSON.
///
/// # Errors
/// Never for reports that [`super::build()`] makes.
pub fn runs_json(reports: &[Report]) -> Result<String, serde_json::Error> {
    let runs: Vec<Listed<'_>> = reports.iter().map(Listed::new).collect();
    Ok(serde_json::to_string_pretty(&runs)? + "\n")
}
