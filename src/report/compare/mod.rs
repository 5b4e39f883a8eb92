//! Runs of one plan side by side: how long they took, how fast they were, and whether the last one is slower than usual.
//!
//! The rule is one sentence ([`RULE`]) and uses whole numbers alone, so that the same runs give the same marks anywhere.

mod human;
mod last;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

pub use self::human::comparison_human;
pub use self::last::{LastRuns, Portion, RunsLeftOut};
use super::document::{AttemptReport, ItemReport, Report};
use super::{Standing, Verdict};
use crate::model::{Millis, Shard};

/// The rule by which something is marked as slower or faster.
const RULE: &str = "a restore is marked if it took over 25 % more (or less) time for each byte than the median of its last 5 \
                        successes before, and that is a second or more; where the site tells no bytes, by time alone";

/// How many earlier successes count.
const BEFORE: usize = 5;
/// How many percent more make a mark.
const MORE: u64 = 25;
/// What is less than that is chance.
const LEAST: u64 = 1000;

/// Why runs can't be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// There are too few.
    #[error("{0} can't be compared with another: name two runs, as `restorectl runs list` shows them")]
    TooFew(String),
    /// They are of different plans.
    #[error("runs of one plan are compared, and these are of `{0}` and `{1}`")]
    Plans(String, String),
}

/// Runs side by side, oldest first; the last one is judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The plan of all.
    pub plan: String,
    /// `RULE`.
    pub rule: &'static str,
    /// The runs.
    pub runs: Vec<ComparedRun>,
    /// Runs of the plan that are not among them, where they were not named one by one.
    pub left_out: RunsLeftOut,
    /// Every item that the last run has, in its order.
    pub items: Vec<ComparedItem>,
    /// How many of them are slower than usual.
    pub slower: usize,
    /// How many are faster.
    pub faster: usize,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparedRun {
    /// Its id.
    pub id: String,
    /// Its environment.
    pub environment: String,
    /// The shard that it carried out; none for the whole plan.
    pub shard: Option<Shard>,
    /// Whether it was a rehearsal.
    pub simulated: bool,
    /// When it began.
    pub started_at: Timestamp,
    /// What it came to.
    pub verdict: Verdict,
    /// How long it took; none where it has not ended.
    pub duration_ms: Option<Millis>,
    /// Bytes that it restored, as the site tells.
    pub bytes: Option<u64>,
    /// Those by its whole time.
    pub bytes_per_second: Option<u64>,
    /// Against the runs of the same portion of the plan before it, for the last one.
    pub change: Option<Change>,
}

/// An item through the runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparedItem {
    /// Its name.
    pub name: String,
    /// What it came to in each run; none where that run doesn't have it.
    pub runs: Vec<Option<Measure>>,
    /// Of the last run against those before it; none where there is nothing to compare.
    pub change: Option<Change>,
}

/// What an item came to in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Measure {
    /// Where it stands.
    pub result: Standing,
    /// How long the site worked on it in the attempt that succeeded; none where it did not, or nobody knows.
    pub took_ms: Option<Millis>,
    /// Bytes that it restored.
    pub bytes: Option<u64>,
    /// Those by that time.
    pub bytes_per_second: Option<u64>,
}

/// How the last one compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Change {
    /// How long it would have taken at the usual pace.
    pub usual_ms: Millis,
    /// How many percent more time it took; less than 0: it was faster.
    pub percent: i64,
    /// Of how many earlier successes the median was taken.
    pub of: usize,
    /// Whether the rule marks it as slower.
    pub slower: bool,
    /// Whether the rule marks it as faster.
    pub faster: bool,
}

/// Compares runs of one plan, in any order. Restores are compared wherever they were carried out, runs as a whole with those
/// of the same portion of the plan.
///
/// # Errors
/// When there are fewer than two, or of two plans.
pub fn compare(reports: &[Report]) -> Result<Comparison, CompareError> {
    let mut reports: Vec<&Report> = reports.iter().collect();
    reports.sort_by(|a, b| (a.run.started_at, &a.run.id).cmp(&(b.run.started_at, &b.run.id)));
    let (Some(last), [_, _, ..]) = (reports.last().copied(), reports.as_slice()) else {
        let one = reports.first().map_or_else(|| "no run".to_owned(), |one| format!("run `{}`", one.run.id));
        return Err(CompareError::TooFew(one));
    };
    if let Some(other) = reports.iter().find(|report| report.plan.name != last.plan.name) {
        return Err(CompareError::Plans(other.plan.name.clone(), last.plan.name.clone()));
    }
    let mut runs: Vec<ComparedRun> = reports.iter().map(|report| run(report)).collect();
    let portion = Portion::of(last);
    let alike = |report: &Report| (Portion::of(report) == portion).then(|| whole_run(report)).flatten();
    let whole: Vec<Option<Sample>> = reports.iter().map(|report| alike(report)).collect();
    if let Some(last) = runs.last_mut() {
        last.change = change(&whole);
    }
    let by_name: Vec<BTreeMap<&str, &ItemReport>> =
        reports.iter().map(|report| report.items.iter().map(|item| (item.name.as_str(), item)).collect()).collect();
    let items: Vec<ComparedItem> = last
        .items
        .iter()
        .map(|item| {
            let found = by_name.iter().map(|items| items.get(item.name.as_str()).copied().map(measure));
            let runs: Vec<Option<Measure>> = found.collect();
            let samples: Vec<Option<Sample>> = runs.iter().map(|measure| measure.and_then(Sample::of)).collect();
            ComparedItem { name: item.name.clone(), runs, change: change(&samples) }
        })
        .collect();
    let marked = |is: fn(&Change) -> bool| items.iter().filter_map(|item| item.change).filter(is).count();
    let (slower, faster) = (marked(|change| change.slower), marked(|change| change.faster));
    Ok(Comparison {
        plan: last.plan.name.clone(),
        rule: RULE,
        runs,
        left_out: RunsLeftOut::default(),
        items,
        slower,
        faster,
    })
}

/// A report with no more of it than a comparison reads: of a large plan's runs, many are held at once.
pub fn comparable(mut report: Report) -> Report {
    for item in &mut report.items {
        let last = item.attempts.pop();
        item.attempts.clear();
        item.attempts.extend(last.map(|last| AttemptReport { restore: None, ..last }));
        item.objects.clear();
        item.late.clear();
        item.notes.clear();
        item.data_loss.losses.clear();
    }
    report.notes.clear();
    report.checks.clear();
    report.not_executed.clear();
    report
}

/// The comparison as JSON.
///
/// # Errors
/// Never for what [`compare`] makes.
pub fn comparison_json(comparison: &Comparison) -> Result<String, serde_json::Error> {
    super::document::pretty(comparison)
}

fn run(report: &Report) -> ComparedRun {
    ComparedRun {
        id: report.run.id.clone(),
        environment: report.environment.name.clone(),
        shard: report.run.shard.as_ref().map(|shard| shard.shard),
        simulated: report.simulated,
        started_at: report.run.started_at,
        verdict: report.verdict.code,
        duration_ms: report.run.duration_ms,
        bytes: report.bytes_restored,
        bytes_per_second: report.bytes_restored.zip(report.run.duration_ms).and_then(per_second),
        change: None,
    }
}

fn measure(item: &ItemReport) -> Measure {
    // An item that was there already has no attempt, and one that was tried again is measured by the attempt that did it.
    let last = item.attempts.last().filter(|_| item.result.is_success());
    let took_ms = last.and_then(|attempt| attempt.working_ms);
    let bytes = last.and(item.bytes);
    Measure { result: item.result, took_ms, bytes, bytes_per_second: bytes.zip(took_ms).and_then(per_second) }
}

fn per_second((bytes, took): (u64, Millis)) -> Option<u64> {
    u64::try_from((u128::from(bytes) * 1000).checked_div(u128::from(took.0))?).ok()
}

/// A success that can be compared.
#[derive(Debug, Clone, Copy)]
struct Sample {
    took: Millis,
    bytes: Option<u64>,
}

impl Sample {
    fn of(measure: Measure) -> Option<Self> {
        Some(Self { took: measure.took_ms?, bytes: measure.bytes.filter(|bytes| *bytes > 0) })
    }

    /// How long so many bytes would have taken at this one's pace; the time itself where either tells none.
    fn scaled(self, bytes: Option<u64>) -> u64 {
        match (self.bytes, bytes) {
            (Some(own), Some(wanted)) => {
                let took = u128::from(self.took.0).saturating_mul(u128::from(wanted)) / u128::from(own);
                u64::try_from(took).unwrap_or(u64::MAX)
            }
            _ => self.took.0,
        }
    }
}

/// A whole run that came to a green end and restored everything itself: others took a different time for other reasons.
fn whole_run(report: &Report) -> Option<Sample> {
    let all = report.verdict.code == Verdict::AllSucceeded && report.items.iter().all(|item| !item.attempts.is_empty());
    let bytes = report.bytes_restored.filter(|bytes| *bytes > 0);
    Some(Sample { took: report.run.duration_ms.filter(|_| all)?, bytes })
}

/// The last of some samples against those before it.
fn change(samples: &[Option<Sample>]) -> Option<Change> {
    let (last, before) = samples.split_last()?;
    let last = (*last)?;
    let before = before.iter().rev().flatten().take(BEFORE);
    let mut usual: Vec<u64> = before.map(|sample| sample.scaled(last.bytes)).collect();
    usual.sort_unstable();
    let of = usual.len();
    // Of an even number, the slower of the two in the middle: a mark should not rest on a lucky one.
    let usual = *usual.get(of / 2)?;
    let took = last.took.0;
    let percent = (i128::from(took) - i128::from(usual)) * 100 / i128::from(usual.max(1));
    let percent = i64::try_from(percent).unwrap_or(i64::MAX);
    let matters = took.abs_diff(usual) >= LEAST;
    let over = |more: u64, than: u64| u128::from(more) * 100 > u128::from(than) * u128::from(100 + MORE);
    let under = |less: u64, than: u64| u128::from(less) * 100 < u128::from(than) * u128::from(100 - MORE);
    Some(Change {
        usual_ms: Millis(usual),
        percent,
        of,
        slower: matters && over(took, usual),
        faster: matters && under(took, usual),
    })
}
