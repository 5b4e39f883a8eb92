//! Joins the reports of several runs that carried out one plan in parts, and of runs that went on with one another.
//!
//! Reports are joined, not journals: a report holds all that a reader is shown, and unlike a journal it leaves the machine
//! that it was made on. So runs of one store and reports of many are joined by the same code. What a sum rests on (the
//! verdict, the counts, the objectives, the next steps) is judged anew, never taken over.

mod join;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use self::join::{go_on, join, merged_run};
use super::document::{MergedReport, MissingShard, Report, ShardReport};
use crate::model::{Shard, count};

/// Why reports can't be joined.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// There are none.
    #[error("there is no report to merge")]
    Nothing,
    /// One was joined before.
    #[error("{0} is a merged report already: name the reports that it was made of")]
    Merged(String),
    /// One is named twice.
    #[error("run {0} is named twice")]
    Twice(String),
    /// They are of different things.
    #[error("{first} and {other} don't belong together: {what}")]
    Foreign {
        /// The run that was named first.
        first: String,
        /// The one that differs from it.
        other: String,
        /// In what.
        what: String,
    },
    /// Several runs of the same shard, or of the whole plan, don't go on with one another.
    #[error(
        "{runs} both carried out {of}, and neither goes on with the other: name the one that counts, \
         or all of a run and those that `resume` made of it"
    )]
    Rivals {
        /// The runs.
        runs: String,
        /// The shard, or the whole plan.
        of: String,
    },
    /// A run went on with a part of its shard alone.
    #[error("{run} holds {has} of the {wants} of shard {shard}{hint}")]
    Short {
        /// The run.
        run: String,
        /// The shard.
        shard: Shard,
        /// How many restores it holds.
        has: usize,
        /// How many the shard has.
        wants: String,
        /// What to do about it; begins with a colon then.
        hint: String,
    },
    /// Two shards hold the same item.
    #[error(
        "`{item}` is in {first} and in {other}, although they are different shards: one of the reports was changed"
    )]
    Overlap {
        /// The item.
        item: String,
        /// The one run.
        first: String,
        /// The other.
        other: String,
    },
    /// Never for reports that were read.
    #[error("the changesets' digests can't be written down")]
    Digest(#[source] serde_json::Error),
}

/// Joins reports into one. `now` is the moment of making it; the same reports and moment give the same report, in whatever
/// order they come.
///
/// # Errors
/// When they don't belong together, or it can't be told which of them counts.
pub fn merge(reports: Vec<Report>, now: Timestamp) -> Result<Report, MergeError> {
    belong_together(&reports)?;
    let mut by_shard: BTreeMap<Option<Shard>, Vec<Report>> = BTreeMap::new();
    for report in reports {
        by_shard.entry(shard_of(&report)).or_default().push(report);
    }
    let mut runs = Vec::new();
    let mut parts = Vec::new();
    for (shard, reports) in by_shard {
        let chain = in_turn(shard, reports)?;
        runs.extend(chain.iter().map(merged_run));
        if let Some(whole) = chain.into_iter().reduce(go_on) {
            is_whole(&whole)?;
            parts.push(whole);
        }
    }
    let sizes = parts.iter().find_map(|part| part.run.shard.clone());
    let have: BTreeSet<Shard> = parts.iter().filter_map(shard_of).collect();
    let missing = sizes.iter().flat_map(|sizes| lacks(sizes, &have)).collect();
    join(parts, MergedReport { runs, missing }, now)
}

fn shard_of(report: &Report) -> Option<Shard> {
    report.run.shard.as_ref().map(|shard| shard.shard)
}

/// How messages name a run.
fn named(report: &Report) -> String {
    match shard_of(report) {
        Some(shard) => format!("run {} (shard {shard})", report.run.id),
        None => format!("run {}", report.run.id),
    }
}

fn belong_together(reports: &[Report]) -> Result<(), MergeError> {
    let first = reports.first().ok_or(MergeError::Nothing)?;
    let mut ids = BTreeSet::new();
    for report in reports {
        if report.merged.is_some() {
            return Err(MergeError::Merged(report.run.id.clone()));
        }
        if !ids.insert(&report.run.id) {
            return Err(MergeError::Twice(report.run.id.clone()));
        }
        if let Some(what) = difference(first, report) {
            return Err(MergeError::Foreign { first: named(first), other: named(report), what });
        }
    }
    Ok(())
}

/// What keeps two reports from being parts of the same.
fn difference(first: &Report, other: &Report) -> Option<String> {
    let differ = |what: &str, one: &str, two: &str| {
        (one != two).then(|| format!("the {what} of the one is `{one}`, and of the other `{two}`"))
    };
    let url = |report: &Report| report.environment.api_url.clone().unwrap_or_else(|| "none".to_owned());
    let (plan, environment) = ((&first.plan, &other.plan), (&first.environment, &other.environment));
    let cut = |report: &Report| report.run.shard.as_ref().map(|shard| shard.sizes.clone());
    let words = |report: &Report| match &report.run.shard {
        Some(shard) => format!("one of {}", count(shard.sizes.len(), "shard")),
        None => "the whole plan".to_owned(),
    };
    differ("plan", &plan.0.name, &plan.1.name)
        .or_else(|| differ("environment", &environment.0.name, &environment.1.name))
        .or_else(|| differ("API", &url(first), &url(other)))
        .or_else(|| {
            let (one, two) = (&plan.0.digest, &plan.1.digest);
            (one != two).then(|| format!("the plan meant something else, by its digests {one} and {two}"))
        })
        .or_else(|| match (words(first), words(other)) {
            (one, two) if one != two => Some(format!("the one carried out {one}, and the other {two}")),
            _ if cut(first) != cut(other) => Some("the plan was cut into other shards".to_owned()),
            _ => None,
        })
}

/// The runs of one shard, each going on with the one before it, as they themselves say: the clocks of their hosts may differ.
fn in_turn(shard: Option<Shard>, mut reports: Vec<Report>) -> Result<Vec<Report>, MergeError> {
    reports.sort_by(|a, b| (a.run.started_at, &a.run.id).cmp(&(b.run.started_at, &b.run.id)));
    let goes_on = |report: &Report, with: &Report| report.run.resumes.as_ref() == Some(&with.run.id);
    let begins = |report: &&Report| !reports.iter().any(|other| goes_on(report, other));
    let first = reports.iter().position(|report| begins(&report)).unwrap_or(0);
    let mut turn: Vec<Report> = (first < reports.len()).then(|| reports.remove(first)).into_iter().collect();
    while let Some(last) = turn.last()
        && let Some(next) = reports.iter().position(|report| goes_on(report, last))
    {
        turn.push(reports.remove(next));
    }
    let (Some(last), Some(rival)) = (turn.last(), reports.first()) else { return Ok(turn) };
    let of = shard.map_or_else(|| "the whole plan".to_owned(), |shard| format!("shard {shard}"));
    Err(MergeError::Rivals { runs: format!("runs {} and {}", last.run.id, rival.run.id), of })
}

/// Makes sure that a shard is there with all its restores.
fn is_whole(report: &Report) -> Result<(), MergeError> {
    let Some(shard) = &report.run.shard else { return Ok(()) };
    let is_a_cut = shard.sizes.len() == shard.shard.siblings().count();
    if is_a_cut && shard.here() == report.items.len() {
        return Ok(());
    }
    let hint = match &report.run.resumes {
        Some(before) if report.items.len() < shard.here() => {
            format!(": it went on with run {before} for these alone, so name that one too")
        }
        _ => ": the report was changed".to_owned(),
    };
    Err(MergeError::Short {
        run: format!("run {}", report.run.id),
        shard: shard.shard,
        has: report.items.len(),
        wants: count(shard.here(), "restore"),
        hint,
    })
}

/// The shards of a cut that have restores and of which there is no run.
fn lacks<'a>(cut: &'a ShardReport, have: &'a BTreeSet<Shard>) -> impl Iterator<Item = MissingShard> + 'a {
    let all = cut.shard.siblings().zip(&cut.sizes).map(|(shard, total)| MissingShard { shard, total: *total });
    all.filter(|missing| missing.total > 0 && !have.contains(&missing.shard))
}
