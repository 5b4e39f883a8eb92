//! The last runs of a plan that can be compared: those that carried out the same portion of it. What is left out is counted.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::comparable;
use crate::model::{Shard, ShardError};
use crate::report::Report;
use crate::report::wording::count;

/// How much of its plan a run carried out. A run of one shard is as long as that shard, so only runs of the same portion
/// say something of each other as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Portion {
    /// All of it.
    Whole,
    /// One shard.
    Shard(Shard),
}

impl Portion {
    /// Of a run.
    pub fn of(report: &Report) -> Self {
        report.run.shard.as_ref().map_or(Self::Whole, |shard| Self::Shard(shard.shard))
    }

    /// As people say it.
    pub fn words(self) -> String {
        match self {
            Self::Whole => "the whole plan".to_owned(),
            Self::Shard(shard) => format!("shard {shard}"),
        }
    }
}

/// As it is said on a command line and in an address.
impl fmt::Display for Portion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("whole"),
            Self::Shard(shard) => write!(f, "{shard}"),
        }
    }
}

impl FromStr for Portion {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        if text == "whole" { Ok(Self::Whole) } else { text.parse().map(Self::Shard) }
    }
}

impl Serialize for Portion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Runs of a plan in an environment that are not among the compared ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RunsLeftOut {
    /// Older ones, which were not looked at.
    pub older: u64,
    /// Those that carried out another portion of the plan, among those that were looked at.
    pub others: BTreeMap<Portion, u64>,
    /// Those that can't be read, among those that were looked at.
    pub unreadable: u64,
}

impl RunsLeftOut {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The older ones in words.
    pub fn older_words(&self) -> Option<String> {
        (self.older > 0).then(|| format!("{}, not looked at", runs(self.older, "older run")))
    }

    /// Those of other portions in words.
    pub fn others_words(&self) -> Option<String> {
        let words = |(portion, number): (&Portion, &u64)| format!("{} of {}", runs(*number, "run"), portion.words());
        let all: Vec<String> = self.others.iter().map(words).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }

    /// Those that can't be read in words.
    pub fn unreadable_words(&self) -> Option<String> {
        (self.unreadable > 0).then(|| format!("{} that can't be read", runs(self.unreadable, "run")))
    }

    /// All of it in words; none where nothing is left out.
    pub fn words(&self) -> Option<String> {
        let all = [self.older_words(), self.others_words(), self.unreadable_words()];
        let all: Vec<String> = all.into_iter().flatten().collect();
        (!all.is_empty()).then(|| format!("left out: {}", all.join("; ")))
    }
}

fn runs(number: u64, what: &str) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), what)
}

/// The last runs of a plan in an environment, gathered from the newest on.
#[derive(Debug)]
pub struct LastRuns {
    most: usize,
    portion: Option<Portion>,
    reports: Vec<Report>,
    looked_at: u64,
    left_out: RunsLeftOut,
}

impl LastRuns {
    /// So many at most, of one portion of the plan: of that of the newest one, where none is named.
    pub fn new(most: usize, portion: Option<Portion>) -> Self {
        Self { most, portion, reports: Vec::new(), looked_at: 0, left_out: RunsLeftOut::default() }
    }

    /// Whether no more are wanted.
    pub fn is_full(&self) -> bool {
        self.reports.len() >= self.most
    }

    /// The portion that all of them carried out; none as long as nothing tells which.
    pub fn portion(&self) -> Option<Portion> {
        self.portion
    }

    /// The next older run.
    pub fn add(&mut self, report: Report) {
        self.looked_at = self.looked_at.saturating_add(1);
        let portion = Portion::of(&report);
        if *self.portion.get_or_insert(portion) == portion {
            self.reports.push(comparable(report));
        } else {
            let number = self.left_out.others.entry(portion).or_default();
            *number = number.saturating_add(1);
        }
    }

    /// The next older run can't be read.
    pub fn pass_unreadable(&mut self) {
        self.looked_at = self.looked_at.saturating_add(1);
        self.left_out.unreadable = self.left_out.unreadable.saturating_add(1);
    }

    /// The next older run is not there any more.
    pub fn pass_pruned(&mut self) {
        self.looked_at = self.looked_at.saturating_add(1);
    }

    /// The reports, and what is left out of so many runs in all.
    pub fn end(mut self, total: u64) -> (Vec<Report>, RunsLeftOut) {
        self.left_out.older = total.saturating_sub(self.looked_at);
        (self.reports, self.left_out)
    }
}
