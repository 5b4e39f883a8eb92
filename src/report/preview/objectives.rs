//! Whether a plan's objectives would be met. "Not known" wherever the forecast can't tell.

use super::build::about;
use super::document::ObjectivePreview;
use crate::changeset::{Changeset, Forecast};
use crate::model::{Action, Millis, count};
use crate::report::wording::hours;
use crate::report::{ObjectiveKind, ObjectiveVerdict, ShardReport};

/// The objectives of a changeset's plan, with what is to be expected.
pub(super) fn expected(changeset: &Changeset, forecast: &Forecast) -> Vec<ObjectivePreview> {
    let objectives = changeset.plan.purpose.objectives;
    let time = objectives.rto_ms.map(|most| recovery_time(most, changeset, forecast));
    let point = objectives.rpo_ms.map(|most| recovery_point(most, changeset));
    time.into_iter().chain(point).collect()
}

/// What keeps a run of the changeset from being the whole recovery, if anything does.
fn lacks(changeset: &Changeset) -> Option<String> {
    let blocked = changeset.count(Action::Blocked);
    let elsewhere = ShardReport::of(changeset).map_or(0, |shard| shard.elsewhere());
    let are = |number: usize| if number == 1 { "is" } else { "are" };
    let of = |number: usize, what: &str| {
        (number > 0).then(|| format!("{} {} {what}", count(number, "restore"), are(number)))
    };
    let parts: Vec<String> =
        [of(blocked, "refused"), of(changeset.left_out(), "left out"), of(elsewhere, "in other shards")]
            .into_iter()
            .flatten()
            .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn recovery_time(most: Millis, changeset: &Changeset, forecast: &Forecast) -> ObjectivePreview {
    let expected = forecast.duration_ms;
    let unknown = forecast.unknown();
    let (verdict, reason) = match (expected, lacks(changeset)) {
        (None, _) if forecast.pending == 0 => (ObjectiveVerdict::NotKnown, "nothing is to be restored".to_owned()),
        (None, _) => (ObjectiveVerdict::NotKnown, forecast.basis()),
        (Some(took), _) if took > most => {
            let over = Millis(took.0.saturating_sub(most.0));
            (
                ObjectiveVerdict::Missed,
                format!("the forecast is {}, {} more than allowed", hours(about(took)), hours(about(over))),
            )
        }
        (Some(took), Some(lacks)) => {
            (ObjectiveVerdict::NotKnown, format!("the forecast is {}, but {lacks}", hours(about(took))))
        }
        (Some(took), None) if unknown > 0 => {
            let what = count(unknown, "restore");
            (
                ObjectiveVerdict::NotKnown,
                format!("the forecast is {}, but nothing is known of {what}", hours(about(took))),
            )
        }
        (Some(took), None) => (ObjectiveVerdict::Met, format!("the forecast is {}", hours(about(took)))),
    };
    ObjectivePreview { kind: ObjectiveKind::Rto, objective_ms: most, expected_ms: expected, verdict, reason }
}

/// The oldest backup that would be used counts, by its age at the reading.
fn recovery_point(most: Millis, changeset: &Changeset) -> ObjectivePreview {
    let now = changeset.created_at;
    let pending = || changeset.items.iter().filter(|decision| decision.action.is_pending());
    let aged = pending().filter_map(|decision| {
        let at = decision.execution.as_ref()?.taken_at().filter(|at| *at <= now)?;
        Some((Millis::between(at, now), &decision.item.name))
    });
    let oldest = aged.clone().reduce(|a, b| if b.0 > a.0 { b } else { a });
    let unread = pending().count().saturating_sub(aged.count());
    let (verdict, reason) = match oldest {
        None if pending().count() == 0 => (ObjectiveVerdict::NotKnown, "nothing is to be restored".to_owned()),
        None => (ObjectiveVerdict::NotKnown, "the age of no backup is known".to_owned()),
        Some((age, item)) => {
            let oldest = format!("the oldest backup, that of `{item}`, is {} old", hours(age));
            match lacks(changeset) {
                _ if age > most => {
                    let over = Millis(age.0.saturating_sub(most.0));
                    (ObjectiveVerdict::Missed, format!("{oldest}, {} more than allowed", hours(over)))
                }
                _ if unread > 0 => {
                    let reason = format!("{oldest}, but the age of {} is not known", count(unread, "other"));
                    (ObjectiveVerdict::NotKnown, reason)
                }
                Some(lacks) => (ObjectiveVerdict::NotKnown, format!("{oldest}, but {lacks}")),
                None => (ObjectiveVerdict::Met, oldest),
            }
        }
    };
    let expected_ms = oldest.map(|(age, _)| age);
    ObjectivePreview { kind: ObjectiveKind::Rpo, objective_ms: most, expected_ms, verdict, reason }
}
