//! Tells as soon as a run is known to miss an objective, by the rules that its report is made by.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::changeset::Changeset;
use crate::journal::{Entry, Record};
use crate::model::{Action, Millis, OnExisting, Slug};
use crate::report::document::SourceReport;
use crate::report::objective::{over, too_old};
use crate::report::wording::hours;
use crate::report::{ObjectiveKind, ObjectiveReport, ObjectiveVerdict};

/// How long after its time a run must still go on: its last entry may have been made in time, and be on its way to the
/// journal.
const GRACE: Millis = Millis::from_secs(1);

/// Watches a run.
#[derive(Debug)]
pub(super) struct Watch {
    begun: Timestamp,
    recovery_time: Option<Millis>,
    recovery_point: Option<Millis>,
    /// The age of each backup that is too old, by the item that would be restored from it.
    too_old: BTreeMap<Slug, Millis>,
    told: Vec<ObjectiveKind>,
}

impl Watch {
    /// A run that begins, with what it misses from its beginning.
    pub(super) fn new(begun: Timestamp, changeset: &Changeset) -> (Self, Option<ObjectiveReport>) {
        let objectives = changeset.plan.purpose.objectives;
        let mut watch = Self {
            begun,
            recovery_time: objectives.rto_ms,
            recovery_point: objectives.rpo_ms,
            too_old: BTreeMap::new(),
            told: Vec::new(),
        };
        let Some(most) = objectives.rpo_ms else { return (watch, None) };
        let mut there: Option<(Millis, &Slug)> = None;
        for decision in &changeset.items {
            let age = SourceReport::of(decision, begun).backup_age_ms;
            let Some(age) = age.filter(|age| *age > most) else { continue };
            watch.too_old.insert(decision.item.name.clone(), age);
            // What is there already holds that backup, unless it may be anybody's.
            let is_held = decision.action == Action::Satisfied && decision.item.on_existing != OnExisting::Skip;
            if is_held && there.is_none_or(|(oldest, _)| age > oldest) {
                there = Some((age, &decision.item.name));
            }
        }
        let missed = there.and_then(|(age, item)| watch.missed_point(age, item));
        (watch, missed)
    }

    /// Whether a kind of objective wasn't told of yet; it is from now on.
    pub(super) fn tells(&mut self, kind: ObjectiveKind) -> bool {
        let is_new = !self.told.contains(&kind);
        if is_new {
            self.told.push(kind);
        }
        is_new
    }

    /// An attempt that begins uses its backup.
    pub(super) fn hear(&mut self, entry: &Entry) -> Option<ObjectiveReport> {
        let (Record::Intent { item, .. } | Record::Adopted { item, .. }) = &entry.record else { return None };
        let age = *self.too_old.get(item)?;
        self.missed_point(age, item)
    }

    /// When the recovery time is over, where that is still to be told.
    pub(super) fn due(&self) -> Option<Timestamp> {
        let most = self.recovery_time.filter(|_| !self.told.contains(&ObjectiveKind::Rto))?;
        Some(Millis(most.0.saturating_add(GRACE.0)).after(self.begun))
    }

    pub(super) fn overdue(&mut self, now: Timestamp) -> Option<ObjectiveReport> {
        let most = self.recovery_time.filter(|_| self.due().is_some_and(|due| due <= now))?;
        self.told.push(ObjectiveKind::Rto);
        let took = Millis::between(self.begun, now);
        Some(ObjectiveReport {
            kind: ObjectiveKind::Rto,
            objective_ms: most,
            measured_ms: Some(took),
            verdict: ObjectiveVerdict::Missed,
            reason: format!("the run still goes on after {}, {} more than allowed", hours(took), over(took, most)),
        })
    }

    fn missed_point(&mut self, age: Millis, item: &Slug) -> Option<ObjectiveReport> {
        let most = self.recovery_point?;
        if !self.tells(ObjectiveKind::Rpo) {
            return None;
        }
        Some(ObjectiveReport {
            kind: ObjectiveKind::Rpo,
            objective_ms: most,
            measured_ms: Some(age),
            verdict: ObjectiveVerdict::Missed,
            reason: too_old("a backup that is used", item.as_str(), (age, most)),
        })
    }
}
