//! What is left of a run that was interrupted, killed, or did not bring everything back, and what follows for it from what
//! the sites show now.

use std::collections::{BTreeSet, HashMap};

use crate::changeset::{Changeset, Choice, Intention, Opened, decide_without};
use crate::journal::{ItemState, RunState};
use crate::model::{End, Item, Plan, Slug, Snapshot};

/// Why something isn't gone on with that the run had in it.
const PASSED_BY: &str = "`resume --only-failed`, and it did not end badly";

/// A run that is gone on with: from the very backups that it had chosen, and within what it was asked for.
#[derive(Debug, Clone)]
pub struct Left {
    /// What the run set out to do.
    changeset: Changeset,
    /// The items that are gone on with.
    wanted: BTreeSet<Slug>,
    /// Those of which it sent something, or attached to it.
    begun: BTreeSet<Slug>,
}

impl Left {
    /// What is left of a run that stands at `state`; none where nothing is. With `only_failed` that is what ended in something
    /// else than success and what is under way; without it also what hadn't begun.
    pub fn of(changeset: Changeset, state: &RunState, only_failed: bool) -> Option<Self> {
        let wanted = wanted(&changeset, state, only_failed);
        let begun = state.items.iter().filter(|(_, progress)| !progress.attempts.is_empty());
        let begun = begun.map(|(item, _)| item.clone()).collect();
        (!wanted.is_empty()).then_some(Self { changeset, wanted, begun })
    }

    /// What the run set out to do.
    pub fn changeset(&self) -> &Changeset {
        &self.changeset
    }

    /// How many items are gone on with.
    pub fn count(&self) -> usize {
        self.wanted.len()
    }

    /// The plan that the sites are to be read for: with every execution frozen to the one that the run had chosen, and with
    /// what isn't wanted, which may run or be needed.
    pub fn plan(&self) -> Plan {
        self.changeset.whole_plan()
    }

    /// Decides what is wanted of [`Self::plan`], which the snapshot was taken for. Whoever needs something that isn't wanted and
    /// isn't there is refused, and what isn't wanted is followed where it runs, and not sent.
    ///
    /// # Errors
    /// As [`decide`](crate::changeset::decide()).
    pub fn decide(&self, snapshot: &Snapshot, tool_version: &str) -> Result<Changeset, serde_json::Error> {
        let Changeset { plan: facts, environment, again, .. } = &self.changeset;
        let plan = self.plan();
        let intention = Intention {
            plan: &plan,
            file: &facts.file,
            environment,
            inputs: &facts.inputs,
            again: *again,
            opened: &self.opened(),
            tool_version,
        };
        let unwanted = |item: &Item| {
            let asked = self.changeset.unwanted(&item.name).map(str::to_owned);
            asked.or_else(|| (!self.wanted.contains(&item.name)).then(|| PASSED_BY.to_owned()))
        };
        let mut made = decide_without(&intention, snapshot, unwanted)?;
        // It is the same plan still, though its executions are frozen now.
        made.plan.digest.clone_from(&facts.digest);
        if let Some(part) = self.changeset.part.clone() {
            made.part = Some(made.placed(part, &self.places()));
        }
        if let Some(selection) = &mut made.selection {
            let choice = self.changeset.selection.as_ref().map(|selection| selection.choice.clone());
            selection.choice = choice.unwrap_or_default();
            selection.choice.only_failed |= selection.left_out.iter().any(|left_out| left_out.reason == PASSED_BY);
        }
        Ok(made)
    }

    /// Where the items of a shard stand in the plan.
    fn places(&self) -> HashMap<&Slug, usize> {
        let names = self.changeset.items.iter().map(|decision| &decision.item.name);
        let part = self.changeset.part.iter().flat_map(|part| part.places.iter().copied());
        let unwanted = self.changeset.selection.iter().flat_map(|selection| &selection.unwanted);
        let unwanted = unwanted.filter_map(|unwanted| Some((&unwanted.item.name, unwanted.place?)));
        names.zip(part).chain(unwanted).collect()
    }

    /// What to choose of the plan as it is written now, to go on with what the run had chosen of it; none where it had chosen
    /// nothing.
    pub fn choice(changeset: &Changeset) -> Option<Choice> {
        let Some(selection) = &changeset.selection else { return Some(Choice::default()) };
        if !selection.choice.only_failed {
            return Some(selection.choice.clone());
        }
        // What had failed then may have begun since.
        let names = changeset.items.iter().map(|decision| &decision.item.name);
        let chosen = names.filter(|item| changeset.only_followed(item).is_none());
        let only: Vec<String> = chosen.map(ToString::to_string).collect();
        (!only.is_empty()).then(|| Choice { only, ..Choice::default() })
    }

    /// The generations that the run opened, if it was asked for a new one of each: nobody asked for one more.
    fn opened(&self) -> Opened {
        let mut opened = self.changeset.opened.clone();
        for (_, (_, attempt)) in opened.iter_mut().filter(|(item, _)| self.begun.contains(*item)) {
            // Whatever the sites show of it now, it was begun.
            *attempt = 0;
        }
        opened
    }
}

/// The items that are gone on with: all, or those that are under way or ended in something else than success.
fn wanted(changeset: &Changeset, state: &RunState, only_failed: bool) -> BTreeSet<Slug> {
    let is_wanted = |item: &Slug| match state.items.get(item) {
        Some(progress) if progress.succeeded() => false,
        // What is under way takes room at the site, so it is followed in any case.
        Some(progress) if only_failed && progress.current_may_run() => true,
        Some(progress) if only_failed => matches!(progress.state, ItemState::Ended(end) if end != End::Satisfied),
        Some(_) => true,
        None => !only_failed,
    };
    let all: BTreeSet<Slug> = changeset.items.iter().map(|decision| decision.item.name.clone()).collect();
    let left: BTreeSet<Slug> = all.iter().filter(|item| is_wanted(item)).cloned().collect();
    // Those that are done stay in sight, so that the diff shows them and their dependants know of them.
    if only_failed || left.is_empty() { left } else { all }
}
