//! `runs list`: all runs, printed as they are read.

use super::pages::Pages;
use super::report_of;
use crate::cli::OutputFormat;
use crate::cli::system::SystemClock;
use crate::cli::terminal::Terminal;
use crate::journal::{Filter, StateStore};
use crate::report::{self, ListedRun};

const NONE: &str = "no runs yet: `restorectl apply` makes one\n";

/// Prints all runs, newest first: for people a page at a time, under headings of its own; for programs as one list.
pub(super) async fn run(format: OutputFormat, store: &StateStore, terminal: Terminal) -> anyhow::Result<()> {
    let clock = SystemClock::new();
    let mut pages = Pages::of(Filter::default());
    let mut before = 0_usize;
    loop {
        let heads = pages.next(store).await?;
        if heads.is_empty() {
            break;
        }
        let mut runs = Vec::with_capacity(heads.len());
        for head in heads {
            runs.extend(report_of(store, &head.id, &clock, terminal).await.map(|report| ListedRun::of(&report)));
        }
        if runs.is_empty() {
            continue;
        }
        let text = match format {
            OutputFormat::Human => report::runs_human(&runs, terminal.out()),
            OutputFormat::Json => json(&runs, before)?,
        };
        // Whoever has read enough doesn't want the rest to be read either.
        if !terminal.part(&text)? {
            return Ok(());
        }
        before = before.saturating_add(runs.len());
    }
    terminal.result(match (format, before) {
        (OutputFormat::Human, 0) => NONE,
        (OutputFormat::Human, _) => "",
        (OutputFormat::Json, 0) => "[]\n",
        (OutputFormat::Json, _) => "\n]\n",
    })?;
    Ok(())
}

/// Runs as a part of a list of which so many were printed.
fn json(runs: &[ListedRun], before: usize) -> serde_json::Result<String> {
    let runs: Vec<String> = runs.iter().map(report::run_json).collect::<Result<_, _>>()?;
    let begin = if before == 0 { "[\n" } else { ",\n" };
    Ok(begin.to_owned() + &runs.join(",\n"))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::report::{RunProgress, Verdict};

    #[test]
    fn pages_make_one_list() {
        let run = |id: &str| ListedRun {
            id: id.into(),
            plan: "dr\n\"weekly\"".into(),
            environment: "prod".into(),
            shard: None,
            simulated: false,
            started_at: Timestamp::UNIX_EPOCH,
            ended_at: None,
            duration_ms: None,
            state: RunProgress::NotEnded,
            verdict: Verdict::NotEnded,
            total: 2,
            there: 1,
        };
        let all = [run("c"), run("b"), run("a")];
        let text = json(&all[..2], 0).unwrap() + &json(&all[2..], 2).unwrap() + "\n]\n";
        assert_eq!(text, serde_json::to_string_pretty(&all).unwrap() + "\n");
    }
}
