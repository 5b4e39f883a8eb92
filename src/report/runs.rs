//! The list of runs: one line each, newest first.

use serde::Serialize;

use super::screen::{Cell, Screen, Style, Tone};
use super::{Report, RunProgress, Verdict};
use crate::model::{Millis, Shard};

/// A run in the list: so little of its report that many can be held at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedRun {
    /// Its id.
    pub id: String,
    /// The plan's name.
    pub plan: String,
    /// The environment's name.
    pub environment: String,
    /// The shard that it carried out; none for the whole plan.
    pub shard: Option<Shard>,
    /// Whether it was a rehearsal.
    pub simulated: bool,
    /// When it began.
    pub started_at: jiff::Timestamp,
    /// When it ended; none where it has not.
    pub ended_at: Option<jiff::Timestamp>,
    /// How long it took; none where it has not ended.
    pub duration_ms: Option<Millis>,
    /// How far it came.
    pub state: RunProgress,
    /// What it came to.
    pub verdict: Verdict,
    /// How many restores it has.
    pub total: usize,
    /// How many of them are there.
    pub there: usize,
}

impl ListedRun {
    /// Of a run's report.
    pub fn of(report: &Report) -> Self {
        Self {
            id: report.run.id.clone(),
            plan: report.plan.name.clone(),
            environment: report.environment.name.clone(),
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

/// A page of the list for a terminal. The run's name tells when it began.
pub fn runs_human(runs: &[ListedRun], style: Style) -> String {
    let mut screen = Screen::new(style);
    // A column for those who have any.
    let shards = runs.iter().any(|run| run.shard.is_some());
    let row = |run: &ListedRun| {
        let tone = match run.verdict {
            verdict if verdict.is_green() => Tone::Good,
            Verdict::Interrupted | Verdict::NotEnded | Verdict::Incomplete => Tone::Open,
            _ => Tone::Bad,
        };
        let took = run.duration_ms.map_or_else(|| "-".to_owned(), |took| took.to_string());
        let shard = run.shard.map(|shard| shard.to_string()).unwrap_or_default();
        let mut cells = vec![Cell::new(&run.id).whole(), Cell::new(&run.plan), Cell::new(&run.environment)];
        cells.extend(shards.then(|| Cell::new(shard)));
        cells.extend([
            Cell::new(took).right(),
            Cell::new(format!("{}/{}", run.there, run.total)).right(),
            Cell::new(run.verdict.words()).tone(tone),
        ]);
        cells
    };
    let rows: Vec<Vec<Cell>> = runs.iter().map(row).collect();
    let mut heads = vec!["run", "plan", "env"];
    heads.extend(shards.then_some("shard"));
    heads.extend(["took", "there", "came to"]);
    screen.table(0, &heads, &rows);
    screen.finish()
}

/// A run of the list as JSON, as it stands in a list of them.
///
/// # Errors
/// Never for reports that [`super::build()`] makes.
pub fn run_json(run: &ListedRun) -> Result<String, serde_json::Error> {
    Ok(format!("  {}", serde_json::to_string_pretty(run)?.replace('\n', "\n  ")))
}
