//! What the items of one plan do to each other.

use std::collections::{BTreeMap, BTreeSet};

use super::Decision;
use crate::model::{Action, DataLoss, OnExisting, Slug, Touched};

/// Finds items that write what another item of the plan restores before them, and says so. Where the plan doesn't allow
/// to replace it, the later one is refused.
pub(super) fn overwritten(items: &mut [Decision]) {
    let mut writers: BTreeMap<(String, String, String), Vec<usize>> = BTreeMap::new();
    for (index, decision) in items.iter().enumerate() {
        for touched in decision.item.touches() {
            writers.entry(key(&touched)).or_default().push(index);
        }
    }
    let mut found: Vec<(usize, String)> = Vec::new();
    for (index, decision) in items.iter().enumerate().filter(|(_, decision)| decision.action.sends()) {
        for touched in decision.item.touches() {
            let others = writers.get(&key(&touched)).into_iter().flatten();
            let before = others.filter(|other| **other != index).filter_map(|other| Some((*other, items.get(*other)?)));
            // Without an order between the two, the plan's order is as good as any: one of them loses.
            let first = before.filter(|(_, other)| other.action != Action::Blocked).find(|(other_index, other)| {
                let follows = comes_after(items, decision, &other.item.name);
                follows || *other_index < index && !comes_after(items, other, &decision.item.name)
            });
            if let Some((_, other)) = first {
                found.push((index, format!("`{touched}`, which `{}` restores in this plan", other.item.name)));
            }
        }
    }
    for (index, what) in found {
        let Some(decision) = items.get_mut(index) else { continue };
        decision.data_loss = decision.data_loss.max(DataLoss::Replaces);
        decision.losses.push(format!("replaces {what}"));
        if decision.item.on_existing != OnExisting::Replace {
            decision.action = Action::Blocked;
            decision.reason = format!(
                "it would replace {what}: give it another target, or say `on_existing: replace` ({})",
                decision.item.origin
            );
        }
    }
}

/// Refuses what could never start, because something that must succeed first is refused, or is not among the items.
pub(super) fn held_up(items: &mut [Decision]) {
    let mut blocked: BTreeSet<Slug> =
        items.iter().filter(|d| d.action == Action::Blocked).map(|d| d.item.name.clone()).collect();
    let all: BTreeSet<Slug> = items.iter().map(|d| d.item.name.clone()).collect();
    for decision in items.iter_mut() {
        let Some(need) = decision.item.after.iter().find(|need| !all.contains(*need)) else { continue };
        let why = format!("it needs `{need}`, which is left out and is not there: choose that too");
        match decision.action {
            Action::Adopt => decision.refusal = Some(decision.refusal.take().unwrap_or(why)),
            action if action.sends() => {
                decision.action = Action::Blocked;
                decision.reason = why;
                blocked.insert(decision.item.name.clone());
            }
            _ => {}
        }
    }
    // Each pass refuses at least one more, so this comes to rest.
    loop {
        let mut more = Vec::new();
        for decision in items.iter_mut().filter(|decision| decision.action.sends()) {
            if let Some(need) = decision.item.after.iter().find(|need| blocked.contains(*need)) {
                decision.action = Action::Blocked;
                decision.reason = format!("it needs `{need}`, which is blocked");
                more.push(decision.item.name.clone());
            }
        }
        if more.is_empty() {
            return;
        }
        blocked.extend(more);
    }
}

fn key(touched: &Touched) -> (String, String, String) {
    let object = touched.object.as_ref().map(crate::model::ObjectName::folded).unwrap_or_default();
    (touched.site.to_string(), touched.database.folded(), object)
}

/// Whether an item must wait for another, directly or through others.
fn comes_after(items: &[Decision], decision: &Decision, other: &Slug) -> bool {
    let mut seen: BTreeSet<&Slug> = BTreeSet::new();
    let mut left: Vec<&Slug> = decision.item.after.iter().collect();
    while let Some(name) = left.pop() {
        if name == other {
            return true;
        }
        if seen.insert(name) {
            let next = items.iter().find(|decision| decision.item.name == *name);
            left.extend(next.iter().flat_map(|decision| &decision.item.after));
        }
    }
    false
}
