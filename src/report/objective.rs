//! Whether a run shows that the plan's objectives are met. "Not known" wherever the run can't show it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::document::{ItemReport, RunFacts, RunProgress};
use super::wording::{count, hours, part};
use crate::model::{Action, Millis, Objectives, OnExisting};

/// One objective and what the run shows about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectiveReport {
    /// Which.
    pub kind: ObjectiveKind,
    /// What the plan wants at most.
    pub objective_ms: Millis,
    /// What was measured.
    pub measured_ms: Option<Millis>,
    /// Met, missed or not known.
    pub verdict: ObjectiveVerdict,
    /// Why, in a sentence.
    pub reason: String,
}

/// The objectives that a plan may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectiveKind {
    /// Recovery time: how long the run may take.
    Rto,
    /// Recovery point: how old the backup may be.
    Rpo,
}

impl ObjectiveKind {
    /// As documents for programs write it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Rto => "rto",
            Self::Rpo => "rpo",
        }
    }

    /// The abbreviation that people know.
    pub fn words(self) -> &'static str {
        match self {
            Self::Rto => "RTO",
            Self::Rpo => "RPO",
        }
    }
}

/// What a run shows about an objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectiveVerdict {
    /// It is met.
    Met,
    /// It is missed.
    Missed,
    /// The run doesn't show it.
    NotKnown,
}

impl ObjectiveVerdict {
    /// The words for it on screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::NotKnown => "not known",
        }
    }
}

/// Measures a run against its plan's objectives. `elsewhere` is how many restores the plan has beside these, in other
/// shards: an objective is the whole plan's, and met by all of it or not at all.
pub(super) fn measure(
    objectives: Objectives,
    run: &RunFacts,
    items: &[ItemReport],
    elsewhere: usize,
) -> Vec<ObjectiveReport> {
    let time = objectives.rto_ms.map(|most| recovery_time(most, run, items));
    let point = objectives.rpo_ms.map(|most| recovery_point(most, items));
    let all = time.into_iter().chain(point).map(|mut objective| {
        if elsewhere > 0 && objective.verdict == ObjectiveVerdict::Met {
            objective.verdict = ObjectiveVerdict::NotKnown;
            let (what, are) = (count(elsewhere, "restore"), if elsewhere == 1 { "is" } else { "are" });
            objective.reason = format!("{}, but {what} of the plan {are} in other shards", objective.reason);
        }
        objective
    });
    all.collect()
}

/// The objectives that were measured, as the plan has them.
pub(super) fn wanted(measured: &[ObjectiveReport]) -> Objectives {
    let of = |kind| measured.iter().find(|objective| objective.kind == kind).map(|objective| objective.objective_ms);
    Objectives { rto_ms: of(ObjectiveKind::Rto), rpo_ms: of(ObjectiveKind::Rpo) }
}

/// The run's duration counts, from its opening to its end: what was there before, or was begun before, took time that
/// this run can't show.
fn recovery_time(most: Millis, run: &RunFacts, items: &[ItemReport]) -> ObjectiveReport {
    let last: Timestamp = run.ended_at.or(run.last_entry_at).unwrap_or(run.started_at);
    let took = Millis::between(run.started_at, last);
    let missing = items.iter().filter(|item| !item.result.is_success()).count();
    let earlier = items.iter().filter(|item| item.attempts.first().is_none_or(|first| first.adopted)).count();
    let (verdict, reason) = if last < run.started_at {
        // Of runs of several hosts, that is.
        let why = "by the clocks of its hosts the run ended before it began, so how long it took is not known";
        (ObjectiveVerdict::NotKnown, why.to_owned())
    } else if took > most {
        (ObjectiveVerdict::Missed, format!("the run took {}, {} more than allowed", hours(took), over(took, most)))
    } else if run.state != RunProgress::Completed {
        (ObjectiveVerdict::NotKnown, format!("the run has not completed; its last entry came after {}", hours(took)))
    } else if missing > 0 {
        let what = part(missing, items.len(), "restore");
        (ObjectiveVerdict::NotKnown, format!("the run took {}, but {what} did not come about", hours(took)))
    } else if earlier > 0 {
        let what = part(earlier, items.len(), "restore");
        let took = hours(took);
        (
            ObjectiveVerdict::NotKnown,
            format!("the run took {took}, but {what} had come about or begun before it, so that is not the whole time"),
        )
    } else if items.is_empty() {
        (ObjectiveVerdict::NotKnown, "nothing was restored".to_owned())
    } else {
        let again = items.iter().any(|item| item.action == Action::Retry);
        let apart = if again { "; the time of earlier runs is not in it" } else { "" };
        (ObjectiveVerdict::Met, format!("the run took {}, all restores included{apart}", hours(took)))
    };
    ObjectiveReport {
        kind: ObjectiveKind::Rto,
        objective_ms: most,
        measured_ms: (last >= run.started_at).then_some(took),
        verdict,
        reason,
    }
}

/// That a backup is older than it may be.
pub(super) fn too_old(backup: &str, item: &str, (age, most): (Millis, Millis)) -> String {
    format!("{}, {} more than allowed", age_of(backup, item, age), over(age, most))
}

fn age_of(backup: &str, item: &str, age: Millis) -> String {
    format!("{backup}, that of `{item}`, was {} old when the run started", hours(age))
}

pub(super) fn over(measured: Millis, most: Millis) -> Millis {
    Millis(measured.0.saturating_sub(most.0))
}

const OLDEST: &str = "the oldest backup";

/// The oldest backup that was used counts, by its age at the run's start.
fn recovery_point(most: Millis, items: &[ItemReport]) -> ObjectiveReport {
    let used = |item: &&ItemReport| !item.attempts.is_empty() || item.action == Action::Satisfied;
    // A target that was left as it was found holds whatever somebody else put there, not this backup.
    let left = |item: &ItemReport| item.attempts.is_empty() && item.on_existing == OnExisting::Skip;
    let age = |item: &ItemReport| item.source.backup_age_ms.filter(|_| !left(item));
    let aged = |item: &ItemReport| age(item).map(|age| (age, item.name.clone()));
    let oldest = items.iter().filter(used).filter_map(aged).reduce(|a, b| if b.0 > a.0 { b } else { a });
    let unread = items.iter().filter(used).filter(|item| age(item).is_none()).count();
    let missing = items.iter().filter(|item| !item.result.is_success()).count();
    let report = |measured_ms, verdict, reason| ObjectiveReport {
        kind: ObjectiveKind::Rpo,
        objective_ms: most,
        measured_ms,
        verdict,
        reason,
    };
    let Some((age, item)) = oldest else {
        return report(None, ObjectiveVerdict::NotKnown, "the age of no backup is known".to_owned());
    };
    let oldest = age_of(OLDEST, &item, age);
    let (verdict, reason) = if age > most {
        (ObjectiveVerdict::Missed, too_old(OLDEST, &item, (age, most)))
    } else if unread > 0 {
        (ObjectiveVerdict::NotKnown, format!("{oldest}, but the age of {} is not known", count(unread, "other")))
    } else if missing > 0 {
        let what = part(missing, items.len(), "restore");
        (ObjectiveVerdict::NotKnown, format!("{oldest}, but {what} did not come about"))
    } else {
        (ObjectiveVerdict::Met, oldest)
    };
    report(Some(age), verdict, reason)
}
