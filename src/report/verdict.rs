//! What a run came to, by a rule that can be read in the report itself.

use serde::{Deserialize, Serialize};

use super::Standing;
use super::document::{ItemReport, MissingShard, RunProgress, ShardReport, VerdictReport};
use super::shards::{lacking, only_a_part};
use super::wording::{count, part};
use crate::model::End;

/// What a run came to. Only the first two are green.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every item succeeded or was there already, and something was restored.
    AllSucceeded,
    /// Every item was there already.
    NothingToDo,
    /// Every item's fate is known, and some did not come about.
    SomeFailed,
    /// Some item is there in part, or its fate isn't known.
    PartialOrUnknown,
    /// Somebody stopped the run.
    Interrupted,
    /// The journal holds no end of the run: it was killed, or it is still running.
    NotEnded,
    /// Of a shard of the plan there is no run.
    Incomplete,
}

impl Verdict {
    /// The words for it on screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::AllSucceeded => "all succeeded",
            Self::NothingToDo => "nothing to do",
            Self::SomeFailed => "some failed",
            Self::PartialOrUnknown => "partial or unknown",
            Self::Interrupted => "interrupted",
            Self::NotEnded => "not ended",
            Self::Incomplete => "incomplete",
        }
    }

    /// Whether everything that the plan asks for is there, for certain.
    pub fn is_green(self) -> bool {
        matches!(self, Self::AllSucceeded | Self::NothingToDo)
    }
}

/// What is judged.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scope<'a> {
    /// A run, of one shard where one is named.
    Run(Option<&'a ShardReport>),
    /// Several runs, with the shards of which there is none.
    Merged(&'a [MissingShard]),
}

/// Judges a run, or several that belong together. The worst that is true counts, and not knowing is worse than knowing
/// of a failure: only the site can tell then what is there.
pub(super) fn judge(state: RunProgress, items: &[ItemReport], scope: Scope<'_>) -> VerdictReport {
    let is = |wanted: &dyn Fn(Standing) -> bool| items.iter().filter(|item| wanted(item.result)).count();
    let good = is(&Standing::is_success);
    let satisfied = is(&|standing| standing == Standing::Ended(End::Satisfied));
    let partial = is(&is_partial_or_unknown);
    let late = items.iter().filter(|item| !item.late.is_empty()).count();
    let missing = match scope {
        Scope::Run(_) => &[],
        Scope::Merged(missing) => missing,
    };
    let total = missing.iter().fold(items.len(), |sum, shard| sum.saturating_add(shard.total));
    let code = match state {
        _ if !missing.is_empty() => Verdict::Incomplete,
        RunProgress::NotEnded => Verdict::NotEnded,
        RunProgress::Interrupted => Verdict::Interrupted,
        RunProgress::Completed if partial > 0 || late > 0 => Verdict::PartialOrUnknown,
        RunProgress::Completed if good < items.len() => Verdict::SomeFailed,
        RunProgress::Completed if satisfied == items.len() => Verdict::NothingToDo,
        RunProgress::Completed => Verdict::AllSucceeded,
    };
    let warned = is(&|standing| standing == Standing::Ended(End::SucceededWithWarnings));
    let there = part(good, total, "restore");
    let rest =
        Some(breakdown(items)).filter(|rest| !rest.is_empty()).map(|rest| format!(" ({rest})")).unwrap_or_default();
    let rule = match code {
        Verdict::AllSucceeded if warned > 0 => {
            format!("every restore succeeded or was there already; {warned} with warnings of the service")
        }
        Verdict::AllSucceeded => "every restore succeeded or was there already".to_owned(),
        Verdict::NothingToDo if items.is_empty() && !matches!(scope, Scope::Run(None)) => {
            "no restore of the plan falls into it, and nothing was sent".to_owned()
        }
        Verdict::NothingToDo if items.is_empty() => "no restore was asked for, and nothing was sent".to_owned(),
        Verdict::NothingToDo => "every restore was there already, and nothing was sent".to_owned(),
        Verdict::SomeFailed => format!("{there} came about{rest}; green needs all of them"),
        Verdict::PartialOrUnknown if partial == 0 => format!(
            "{there} came about, but one that had been given up turned up late for {}: two may have written there",
            count(late, "item")
        ),
        Verdict::PartialOrUnknown => {
            format!("{there} came about{rest}; what is partial or unknown is never green")
        }
        Verdict::Interrupted => format!("{there} came about{rest}; the run was stopped before its end"),
        Verdict::NotEnded => format!("{there} came about{rest}; the journal holds no end of the run"),
        Verdict::Incomplete => format!("{}; {there} came about{rest}, and green needs all of them", lacking(missing)),
    };
    let rule = match scope {
        Scope::Run(Some(shard)) => format!("{rule}; {}", only_a_part(shard)),
        Scope::Run(None) | Scope::Merged(_) => rule,
    };
    VerdictReport { code, words: code.words().to_owned(), green: code.is_green(), rule }
}

/// `1 failed, 2 skipped`: how many items without success stand where.
fn breakdown(items: &[ItemReport]) -> String {
    let mut parts: Vec<(&'static str, usize)> = Vec::new();
    for standing in Standing::ALL.into_iter().filter(|standing| !standing.is_success()) {
        let number = items.iter().filter(|item| item.result == standing).count();
        match parts.iter_mut().find(|(words, _)| *words == standing.words()) {
            Some((_, sum)) => *sum += number,
            None => parts.push((standing.words(), number)),
        }
    }
    let told = parts.into_iter().filter(|(_, number)| *number > 0);
    told.map(|(words, number)| format!("{number} {words}")).collect::<Vec<_>>().join(", ")
}

/// Whether the target holds a part of it, or may hold what the journal doesn't know of.
fn is_partial_or_unknown(standing: Standing) -> bool {
    match standing {
        Standing::Ended(End::PartlyFailed | End::TimedOut | End::Unknown) => true,
        Standing::Ended(_) | Standing::NotStarted | Standing::RetryNotStarted => false,
        Standing::Contradicted | Standing::Running | Standing::Unsettled | Standing::Unsure => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_partial_and_never_a_success() {
        for standing in Standing::ALL {
            assert!(!(standing.is_success() && is_partial_or_unknown(standing)), "{standing}");
        }
        for end in [End::PartlyFailed, End::TimedOut, End::Unknown] {
            assert!(is_partial_or_unknown(Standing::Ended(end)));
        }
    }
}
