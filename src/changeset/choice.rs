//! A part of a plan that somebody chooses, by names, globs and groups, or by how items ended last.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::decide::decide_as;
use super::{Changeset, Decision, Intention, decide, plan_digest};
use crate::model::{Action, Item, Plan, Slug, Snapshot, glob, suggest::nearest};

/// What goes before the name of a group.
const GROUP: &str = "group:";

/// Which items are wanted. What is said nothing of is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choice {
    /// Only these: names, globs, or `group:NAME`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// Not these, written the same way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Only those whose last run ended badly.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub only_failed: bool,
}

/// What a changeset keeps of a choice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// What was said.
    #[serde(flatten)]
    pub choice: Choice,
    /// The items of the plan, or of its shard, that are not in the changeset because of it, in the plan's order.
    pub left_out: Vec<LeftOut>,
    /// Items that are in the changeset although they are not wanted, because something of them is under way: they are
    /// followed, and nothing of them is sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub followed: Vec<LeftOut>,
    /// What is left out, as it would be carried out: whoever carries the changeset out later looks at it again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unwanted: Vec<Unwanted>,
    /// What items need and don't wait for, because it is left out and was there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub needs: BTreeMap<Slug, Vec<Slug>>,
}

/// The definition of an item that is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unwanted {
    /// The item, with its execution frozen.
    pub item: Item,
    /// Where it stands in the plan, from 0, where the changeset is of a shard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<usize>,
}

/// An item that somebody left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its name.
    pub item: Slug,
    /// Why, in a sentence.
    pub reason: String,
}

impl Choice {
    /// Whether everything is wanted.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Makes sure that every pattern fits something of a plan, so that a slip of the pen leaves nothing out unseen.
    ///
    /// # Errors
    /// A sentence about the first that fits nothing, with its place among several, and the letter that no name has.
    pub fn check(&self, plan: &Plan) -> Result<(), String> {
        for (option, patterns) in [("--only", &self.only), ("--exclude", &self.exclude)] {
            for (at, pattern) in patterns.iter().enumerate() {
                if plan.items.iter().any(|item| fits(pattern, item)) {
                    continue;
                }
                let place = if patterns.len() > 1 { format!(" (`{option}` number {})", at + 1) } else { String::new() };
                return Err(format!("`{option} {pattern}`{place} {}", misfit(pattern, plan)));
            }
        }
        Ok(())
    }

    /// Why an item isn't wanted; none if it is.
    fn refuses(&self, item: &Item, failed: &BTreeSet<Slug>) -> Option<String> {
        if let Some(pattern) = self.exclude.iter().find(|pattern| fits(pattern, item)) {
            return Some(format!("`--exclude {pattern}`"));
        }
        if !self.only.is_empty() && !self.only.iter().any(|pattern| fits(pattern, item)) {
            return Some("it is not among `--only`".to_owned());
        }
        let spared = self.only_failed && !failed.contains(&item.name);
        spared.then(|| "`--only-failed`, and no run of it ended badly last".to_owned())
    }
}

/// Why a pattern fits nothing of a plan, and what may have been meant.
fn misfit(pattern: &str, plan: &Plan) -> String {
    let (what, near) = match pattern.strip_prefix(GROUP) {
        Some(group) => {
            let known: BTreeSet<&str> = plan.items.iter().filter_map(|item| item.group.as_deref()).collect();
            ("is the group of no restore", nearest(group, known).map(|group| format!("{GROUP}{group}")))
        }
        None => {
            let known = plan.items.iter().map(|item| item.name.as_str());
            ("fits no restore", nearest(pattern, known).map(str::to_owned))
        }
    };
    let in_names = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '*' | '?');
    let odd = pattern.chars().enumerate().find(|(_, c)| !pattern.starts_with(GROUP) && !in_names(*c));
    let odd = odd.map_or_else(String::new, |(at, c)| format!(": no name holds `{c}`, its character {}", at + 1));
    let hint = near.map_or_else(
        || "write a name, a glob like `banking-*`, or `group:NAME`".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    format!("{what} of plan `{}`{odd}; {hint}", plan.name)
}

fn fits(pattern: &str, item: &Item) -> bool {
    match pattern.strip_prefix(GROUP) {
        Some(group) => item.group.as_deref().is_some_and(|own| glob::fits(group, own)),
        None => glob::fits(pattern, item.name.as_str()),
    }
}

/// Decides what is chosen of a plan. `failed` are the items whose last run ended badly.
///
/// # Errors
/// As [`decide()`].
pub fn decide_chosen(
    intention: &Intention<'_>,
    snapshot: &Snapshot,
    choice: &Choice,
    failed: &BTreeSet<Slug>,
) -> Result<Changeset, serde_json::Error> {
    if choice.is_all() {
        return decide(intention, snapshot);
    }
    let mut made = decide_without(intention, snapshot, |item| choice.refuses(item, failed))?;
    made.selection.get_or_insert_default().choice = choice.clone();
    Ok(made)
}

/// Decides what is left over of a plan without some of its items, and keeps these in its selection: those that are left out,
/// and those that are followed all the same. All of the plan is decided first: whoever needs something that is left out needs it no longer
/// if that is there; if it isn't, whoever needs it is refused. What isn't wanted and is under way takes room at the site, so
/// it is followed, though never sent again. Then what is left over is decided as a plan of its own, so that the site can be
/// compared with it again later.
///
/// # Errors
/// As [`decide()`].
pub fn decide_without(
    intention: &Intention<'_>,
    snapshot: &Snapshot,
    unwanted: impl Fn(&Item) -> Option<String>,
) -> Result<Changeset, serde_json::Error> {
    let reasons: Vec<Option<String>> = intention.plan.items.iter().map(unwanted).collect();
    if reasons.iter().all(Option::is_none) {
        return decide(intention, snapshot);
    }
    // As it stands: `--again` would have what is there be made anew.
    let digest = plan_digest(intention.plan)?;
    let whole = decide_as(&Intention { again: false, ..intention.clone() }, snapshot, String::new())?;
    let mut selection = Selection::default();
    let mut followed: BTreeMap<Slug, (String, Decision)> = BTreeMap::new();
    let mut there: BTreeSet<&Slug> = BTreeSet::new();
    let mut plan = Plan { items: Vec::new(), ..intention.plan.clone() };
    for ((item, decision), reason) in intention.plan.items.iter().zip(&whole.items).zip(reasons) {
        let Some(reason) = reason else {
            plan.items.push(item.clone());
            continue;
        };
        if decision.may_run() {
            plan.items.push(item.clone());
            followed.insert(item.name.clone(), (reason, decision.clone()));
            continue;
        }
        if decision.action == Action::Satisfied {
            there.insert(&item.name);
        }
        selection.left_out.push(LeftOut { item: item.name.clone(), reason });
        selection.unwanted.push(Unwanted { item: decision.frozen(), place: None });
    }
    for item in &mut plan.items {
        let (needs, there): (Vec<Slug>, Vec<Slug>) = item.after.drain(..).partition(|need| !there.contains(need));
        item.after = needs;
        if !there.is_empty() {
            selection.needs.insert(item.name.clone(), there);
        }
    }
    let mut made = decide_as(&Intention { plan: &plan, ..intention.clone() }, snapshot, digest)?;
    for decision in &mut made.items {
        let Some((reason, as_it_stands)) = followed.remove(&decision.item.name) else { continue };
        let refusal = format!("{reason}; it is followed because it is under way, and not sent again");
        *decision = Decision { item: decision.item.clone(), refusal: Some(refusal), ..as_it_stands };
        selection.followed.push(LeftOut { item: decision.item.name.clone(), reason });
    }
    made.selection = Some(selection);
    Ok(made)
}

impl Changeset {
    /// The plan that this changeset comes from, as far as it is known: [`Self::frozen_plan`], and what was left out of it, which
    /// its items need as they did.
    pub fn whole_plan(&self) -> Plan {
        let mut plan = self.frozen_plan();
        let Some(selection) = &self.selection else { return plan };
        for item in &mut plan.items {
            item.after.extend(selection.needs.get(&item.name).into_iter().flatten().cloned());
        }
        plan.items.extend(selection.unwanted.iter().map(|unwanted| unwanted.item.clone()));
        plan
    }

    /// Why an item is not wanted, or only followed, where that was asked for.
    pub fn unwanted(&self, item: &Slug) -> Option<&str> {
        let selection = self.selection.as_ref()?;
        let mut all = selection.left_out.iter().chain(&selection.followed);
        all.find(|unwanted| unwanted.item == *item).map(|unwanted| unwanted.reason.as_str())
    }

    /// How many items of the plan, or of its shard, were left out.
    pub fn left_out(&self) -> usize {
        self.selection.as_ref().map_or(0, |selection| selection.left_out.len())
    }

    /// Why an item is followed, and nothing of it sent, where that was asked for.
    pub fn only_followed(&self, item: &Slug) -> Option<&str> {
        let followed = &self.selection.as_ref()?.followed;
        followed.iter().find(|followed| followed.item == *item).map(|followed| followed.reason.as_str())
    }
}
