//! What must hold of every life, whatever befell it.

use std::collections::BTreeMap;

use restorectl::changeset::{Changeset, Decision};
use restorectl::journal::{Closed, ItemState, RunState};
use restorectl::model::*;
use restorectl::report::Report;

use super::plans::can_succeed;
use super::site::{Accepted, Site, weights};

/// What is broken by accepting a restore, after those before.
pub fn on_accept(plan: &Plan, before: &[Accepted], new: &Accepted) -> Vec<String> {
    // That a request was delivered twice is no runner's doing.
    if new.second {
        return Vec::new();
    }
    let Accepted { name, item, at: now, .. } = new;
    let of = |name: &Slug| plan.items.iter().find(|item| item.name == *name);
    let Some(wanted) = of(item) else { return vec![format!("{name} is of no item of the plan")] };
    // One of two under a name may be all that lists show: then the other runs without anybody knowing.
    let doubled = |a: &&Accepted| before.iter().any(|b| b.second && b.name == a.name);
    let running: Vec<(&Item, &Accepted)> =
        before.iter().filter(|a| *now < a.ends && !doubled(a)).filter_map(|a| Some((of(&a.item)?, a))).collect();
    let mut broken = Vec::new();
    for (other, _) in &running {
        if other.touches().iter().any(|t| wanted.touches().iter().any(|w| w.overlaps(t))) {
            broken.push(format!("{name} overlaps {} that runs", other.name));
        }
    }
    if let Some(other) = before.iter().find(|a| a.item == *item && a.shard != new.shard) {
        broken.push(format!("{name} was sent by {}, and {} by {}", words(new), other.name, words(other)));
    }
    let limits = &plan.limits;
    // Most limits are each process's own.
    let ours = || running.iter().filter(|(_, a)| a.shard == new.shard).map(|(item, _)| *item);
    let count = |fits: &dyn Fn(&&Item) -> bool| u32::try_from(ours().filter(fits).count()).unwrap_or(u32::MAX);
    let full = |what: &str, used: u32, limit: Option<u32>| {
        limit.is_some_and(|limit| used >= limit).then(|| format!("{name} is one too many {what}"))
    };
    broken.extend(full("in flight", count(&|_| true), Some(limits.concurrency)));
    broken.extend(full("at its target", count(&|i| i.target.site == wanted.target.site), limits.per_target_site));
    broken.extend(full("from its source", count(&|i| i.source.site == wanted.source.site), limits.per_source_site));
    if let Some(group) = &wanted.group
        && let Some(limit) = limits.groups.get(group)
    {
        let used = weights(running.iter().map(|(item, _)| *item)).get(group.as_str()).copied().unwrap_or(0);
        if used > 0 && used + wanted.weight > *limit {
            broken.push(format!("{name} is too heavy for group {group}"));
        }
    }
    let done =
        |a: &Accepted, name: &Slug| a.item == *name && a.execution == new.execution && a.ends <= *now && !a.fails;
    let same = |a: &Accepted| a.generation == new.generation;
    // What came of a second delivery may be there without anybody knowing; and what was restored over since is gone.
    let gone = |a: &Accepted| {
        before.iter().any(|other| other.item == *item && other.execution != new.execution && other.at > a.at)
    };
    if before.iter().any(|a| done(a, item) && same(a) && !a.second && !gone(a)) {
        broken.push(format!("{name} was restored before"));
    }
    for need in wanted.after.iter().filter(|need| !before.iter().any(|a| done(a, need))) {
        broken.push(format!("{name} was started before {need} was there"));
    }
    broken
}

fn words(accepted: &Accepted) -> String {
    accepted.shard.map_or_else(|| "the whole plan".to_owned(), |shard| format!("shard {shard}"))
}

/// What is broken at the end of a life, whose last run of a plan, or of a shard of it, nobody disturbed.
pub fn at_the_end(site: &Site, changeset: &Changeset, state: &RunState, report: &Report) -> Vec<String> {
    let mut broken = site.broken();
    if !matches!(state.closed, Some((_, Closed::Completed))) {
        broken.push(format!("the run ended as {:?}", state.closed));
    }
    let now = site.time().millis();
    let accepted: Vec<Accepted> =
        site.accepted().into_iter().filter(|a| changeset.items.iter().any(|d| d.item.name == a.item)).collect();
    let is_there = |decision: &Decision| {
        let execution = decision.execution.as_ref().and_then(|execution| execution.id.as_str().parse().ok());
        let same = |a: &Accepted| Some(a.execution) == execution && a.generation == decision.generation;
        accepted.iter().any(|a| a.item == decision.item.name && same(a) && a.ends <= now && !a.fails)
    };
    for decision in &changeset.items {
        let item = &decision.item;
        let there = is_there(decision);
        let under_way = accepted.iter().any(|a| a.item == item.name && now < a.ends);
        let end = match state.items.get(&item.name).map(|progress| progress.state) {
            Some(ItemState::Ended(end)) => end,
            other => {
                broken.push(format!("{} has no end: {other:?}", item.name));
                continue;
            }
        };
        let is_doubled = accepted.iter().any(|a| a.item == item.name && a.second);
        match end {
            // Lists may have shown one of two only.
            _ if is_doubled && !end.is_success() => {}
            End::Succeeded | End::SucceededWithWarnings | End::Satisfied if !there => {
                broken.push(format!("{} is said to be done ({end}), and isn't there", item.name));
            }
            End::Failed | End::Rejected | End::Skipped if there => {
                broken.push(format!("{} is said to have {end}, and is there", item.name));
            }
            End::Failed | End::Rejected | End::Skipped if under_way => {
                broken.push(format!("{} is said to have {end}, and runs", item.name));
            }
            _ => {}
        }
        let opened = changeset.opened.get(&item.name).map_or(0, |(generation, _)| *generation);
        // What runs when a new generation is asked for is attached to.
        if end.is_success() && decision.action != Action::Adopt && decision.generation < opened {
            broken.push(format!("{} is said to be done ({end}), and a newer generation was asked for", item.name));
        }
    }
    let all_there = changeset.items.iter().all(is_there);
    if report.verdict.green && !all_there {
        broken.push("the report is green, and something isn't there".to_owned());
    }
    if all_there && !report.verdict.green && !accepted.iter().any(|a| a.second) {
        let odd = report.items.iter().find(|item| !item.result.is_success());
        // What was given up although it ran is no such thing: it is told of, and the next run finds it.
        if odd.is_some_and(|item| item.result == restorectl::report::Standing::Contradicted) {
            broken.push(format!("everything is there, and the report says: {}", report.verdict.rule));
        }
    }
    if report.verdict.green && changeset.count(Action::Blocked) > 0 {
        broken.push("the report is green, and something was blocked".to_owned());
    }
    let doubled = |a: &&Accepted| accepted.iter().any(|b| b.second && b.name == a.name);
    if is_calm(site) {
        broken.extend(calm(&accepted, changeset, report));
    }
    let in_flight = accepted.iter().filter(|a| now < a.ends && !doubled(a)).count();
    let told = report.may_still_run.len();
    let blocked = changeset.items.iter().filter(|d| d.action == Action::Blocked && d.may_run()).count();
    if in_flight > told + blocked {
        broken.push(format!("{in_flight} run at the site, and the report tells of {told}"));
    }
    broken
}

/// Whether everything must come about in a life: the site does as it is told, and the plan leaves it the time. Runners
/// may have been stopped, killed or held up all the same.
pub fn is_calm(site: &Site) -> bool {
    site.is_calm() && can_succeed(site.plan())
}

/// What is broken at the end of a calm life: everything is there from the latest backup, nothing was sent more than once
/// from one backup, and the report says so.
fn calm(accepted: &[Accepted], changeset: &Changeset, report: &Report) -> Vec<String> {
    let mut broken = Vec::new();
    for decision in &changeset.items {
        let item = &decision.item.name;
        let mut times: BTreeMap<(u64, u32), u32> = BTreeMap::new();
        let ours = accepted.iter().filter(|a| a.item == *item);
        ours.for_each(|a| *times.entry((a.execution, a.generation)).or_default() += 1);
        let latest = decision.execution.as_ref().and_then(|execution| execution.id.as_str().parse::<u64>().ok());
        if !times.keys().any(|(execution, _)| Some(*execution) == latest) || times.values().any(|times| *times > 1) {
            broken.push(format!("nothing went wrong, and {item} was restored so often from each backup: {times:?}"));
        }
    }
    if !report.verdict.green {
        broken.push(format!("nothing went wrong, and the report says: {}", report.verdict.rule));
    }
    broken
}
