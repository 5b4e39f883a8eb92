//! Many runs at a glance: what `runs list` prints.

use jiff::Timestamp;
use serde::Serialize;

use super::Verdict;
use super::document::{Report, RunProgress, VerdictReport, pretty};
use super::screen::{Cell, Screen, Style, Tone};
use super::wording::moment;
use crate::model::Millis;

/// One run in a line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunSummary {
    /// Its id.
    pub id: String,
    /// The plan's name.
    pub plan: String,
    /// The environment's name.
    pub environment: String,
    /// Whether it was a rehearsal against the simulator.
    pub simulated: bool,
    /// How far it came.
    pub state: RunProgress,
    /// When it was opened.
    pub started_at: Timestamp,
    /// When it was closed.
    pub ended_at: Option<Timestamp>,
    /// Between the two.
    pub duration_ms: Option<Millis>,
    /// What it came to.
    pub verdict: VerdictReport,
    /// How many items there are.
    pub total: usize,
    /// How many of them came about.
    pub succeeded: usize,
    /// How many restores may still run at the site.
    pub may_still_run: usize,
}

impl From<&Report> for RunSummary {
    fn from(report: &Report) -> Self {
        let run = &report.run;
        Self {
            id: run.id.clone(),
            plan: report.plan.name.clone(),
            environment: report.environment.name.clone(),
            simulated: run.simulated,
            state: run.state,
            started_at: run.started_at,
            ended_at: run.ended_at,
            duration_ms: run.duration_ms,
            verdict: report.verdict.clone(),
            total: report.total,
            succeeded: report.items.iter().filter(|item| item.result.is_success()).count(),
            may_still_run: report.may_still_run.len(),
        }
    }
}

/// A table of runs for a terminal, in the order given.
pub fn runs_human(reports: &[Report], style: Style) -> String {
    let mut screen = Screen::new(style);
    if reports.is_empty() {
        screen.text(0, Tone::Plain, "there is no run yet: `restorectl apply` makes one");
        return screen.finish();
    }
    let rows: Vec<Vec<Cell>> = reports
        .iter()
        .map(|report| {
            let run = RunSummary::from(report);
            let (sign, tone) = match run.verdict.verdict {
                Verdict::Succeeded | Verdict::NothingToDo => ("ok", Tone::Good),
                Verdict::Failed | Verdict::PartialOrUnknown => ("!!", Tone::Bad),
                Verdict::Interrupted => ("??", Tone::Open),
            };
            let rehearsal = if run.simulated { " (simulated)" } else { "" };
            vec![
                Cell::new(sign).tone(tone),
                Cell::new(&run.id).whole(),
                Cell::new(moment(run.started_at)),
                Cell::new(format!("{} in {}{rehearsal}", run.plan, run.environment)),
                Cell::new(run.verdict.words).tone(tone),
                Cell::new(format!("{} of {}", run.succeeded, run.total)),
                Cell::new(run.duration_ms.map(|took| took.to_string()).unwrap_or_default()).right(),
            ]
        })
        .collect();
    screen.table(0, &["", "run", "started", "plan", "verdict", "came about", "took"], &rows);
    screen.finish()
}

/// The same runs as an indented JSON list.
pub fn runs_json(reports: &[Report]) -> String {
    pretty(&reports.iter().map(RunSummary::from).collect::<Vec<_>>())
}
