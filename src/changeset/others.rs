//! Restores that run at the sites, or may be on their way there, and are none of an item as the plan has it now: of another
//! definition, or of an item that was renamed or taken out. What they write the journal knows, and nothing else may be
//! written there meanwhile.

use std::collections::HashMap;

use jiff::Timestamp;

use super::Decision;
use super::history::{seconds, shown};
use super::ours::Ours;
use super::window::Window;
use crate::model::{
    Action, DerivedName, ObjectName, PastAttempt, PastFate, Plan, RestoreRecord, SiteId, Slug, Snapshot, Touched,
};

/// One of them.
#[derive(Debug)]
struct Other<'a> {
    past: &'a PastAttempt,
    stands: Stands<'a>,
}

#[derive(Debug)]
enum Stands<'a> {
    /// The site shows that it runs.
    Runs(&'a RestoreRecord),
    /// Nobody learned what became of it, and it may still appear until this moment.
    MayAppear(Timestamp),
    /// It was accepted, and no list shows it.
    Unlisted,
}

/// Refuses whatever would write what one of them writes. With `again`, somebody has looked what became of those that were
/// accepted and aren't listed.
pub(super) fn keep_away(items: &mut [Decision], ours: &Ours<'_>, (snapshot, window): (&Snapshot, Window), again: bool) {
    let others = find(items, ours, (snapshot, window));
    if others.is_empty() {
        return;
    }
    let mut writers: HashMap<(&SiteId, &ObjectName), Vec<(&Other<'_>, &Touched)>> = HashMap::new();
    for other in &others {
        for touched in &other.past.writes {
            writers.entry((&touched.site, &touched.database)).or_default().push((other, touched));
        }
    }
    for decision in items.iter_mut().filter(|decision| decision.action.is_pending()) {
        let name = &decision.item.name;
        let in_the_way = decision.item.touches().iter().find_map(|own| {
            let there = writers.get(&(&own.site, &own.database))?.iter();
            let foreign = there.filter(|(other, _)| other.past.item != *name);
            let mut counts = foreign.filter(|(other, _)| !(again && matches!(other.stands, Stands::Unlisted)));
            counts.find(|(_, touched)| touched.overlaps(own)).map(|(other, touched)| other.words(touched, name))
        });
        let Some(reason) = in_the_way else { continue };
        if decision.action == Action::Adopt {
            decision.refusal.get_or_insert(reason);
        } else {
            decision.action = Action::Blocked;
            decision.reason = reason;
        }
    }
}

/// Whether one of them, that was sent for no item of the plan, is too old to appear only by clocks that may be wrong, and an
/// item would write what it writes.
pub(super) fn rest_on_clocks(plan: &Plan, ours: &Ours<'_>, (snapshot, window): (&Snapshot, Window)) -> bool {
    let is_open = |past: &&PastAttempt| past.fate == PastFate::Open && !past.writes.is_empty();
    let foreign = |past: &&PastAttempt| plan.items.iter().all(|item| item.name != past.item);
    let doubtful = |past: &&PastAttempt| window.is_doubtful(past);
    let unshown = |past: &&PastAttempt| ours.shown(past).next().is_none();
    let all = snapshot.attempts.iter().filter(is_open).filter(doubtful).filter(foreign).filter(unshown);
    let written: Vec<&Touched> = all.flat_map(|past| &past.writes).collect();
    !written.is_empty()
        && plan.items.iter().flat_map(|item| item.touches()).any(|own| written.iter().any(|other| other.overlaps(&own)))
}

fn find<'a>(items: &[Decision], ours: &Ours<'a>, (snapshot, window): (&'a Snapshot, Window)) -> Vec<Other<'a>> {
    let fingerprints: HashMap<&Slug, &Decision> =
        items.iter().map(|decision| (&decision.item.name, decision)).collect();
    let is_current = |past: &PastAttempt| {
        fingerprints.get(&past.item).is_some_and(|decision| match &decision.item.job_name {
            Some(fixed) => *fixed == past.job_name,
            None => DerivedName::parse(&past.job_name).is_some_and(|name| name.fingerprint == decision.fingerprint),
        })
    };
    let stands = |past: &'a PastAttempt| {
        let mut listed = ours.shown(past).peekable();
        if listed.peek().is_some() {
            return listed.find(|restore| !restore.is_final()).map(Stands::Runs);
        }
        match past.fate {
            PastFate::Open => window.is_open(past).then(|| Stands::MayAppear(window.end(past))),
            PastFate::Accepted => Some(Stands::Unlisted),
            PastFate::Odd | PastFate::Gone | PastFate::Failed | PastFate::Succeeded => None,
        }
    };
    let written = snapshot.attempts.iter().filter(|past| !past.writes.is_empty());
    let standing = written.filter_map(|past| Some(Other { past, stands: stands(past)? }));
    standing.filter(|other| !is_current(other.past)).collect()
}

impl Other<'_> {
    /// Why `item` must not write what this one writes.
    fn words(&self, touched: &Touched, item: &Slug) -> String {
        let PastAttempt { run, item: of, job_name, .. } = self.past;
        match self.stands {
            Stands::Runs(restore) => format!(
                "{}, which run {run} sent for `{of}`, writes `{touched}` too and runs at the site ({}): wait until it ends",
                shown(restore),
                restore.status
            ),
            Stands::MayAppear(until) => format!(
                "run {run} sent `{job_name}` for `{of}`, which writes `{touched}` too and may still appear at the site: try again after {}",
                seconds(until)
            ),
            Stands::Unlisted => format!(
                "the site accepted `{job_name}`{} from run {run} for `{of}`, which writes `{touched}` too, and doesn't list it: look what became of it, then use `--again --only {item}`",
                self.past.resource_id.as_ref().map_or_else(String::new, |id| format!(" as restore {id}"))
            ),
        }
    }
}
