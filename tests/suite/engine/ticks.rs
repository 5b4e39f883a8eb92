//! What following costs: whole runs, event by event, at a site that does as it is told and takes its time for each call.
//! `benches/cost` measures the same with real processes, whose figures depend on the machine.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use restorectl::engine::{Effect, Event, Machine};
use restorectl::model::*;

use crate::drill::{decided, simple, snapshot, start};
use crate::schedules::bodies::dice::Dice;

/// How long each restore takes, in microseconds, as everything here.
const RESTORE: u64 = 200_000;

/// What happens at a moment; the second number keeps the order of what happens at the same one.
type Agenda = BTreeMap<(u64, usize), Happening>;

enum Happening {
    /// A create call arrives at the site.
    Arrives(Slug, JobName),
    /// A list call arrives at the site, and is answered after so long.
    Asks(SiteId, u64),
    /// An answer comes back.
    Tells(Event),
}

struct Site {
    agenda: Agenda,
    planned: usize,
    dice: Dice,
    /// Each restore with when it was begun.
    accepted: Vec<(JobName, u64)>,
    /// What the last list showed.
    shown: Vec<Arc<RestoreRecord>>,
    lists: usize,
}

fn moment(at: u64) -> Timestamp {
    start() + SignedDuration::from_micros(i64::try_from(at).unwrap())
}

impl Site {
    fn plan(&mut self, at: u64, what: Happening) {
        self.planned += 1;
        self.agenda.insert((at, self.planned), what);
    }

    /// When something happens next.
    fn next(&self) -> Option<u64> {
        self.agenda.first_key_value().map(|((at, _), _)| *at)
    }

    /// Lets the site work until then, and gives what came back from it.
    fn work(&mut self, until: u64) -> Vec<Event> {
        let mut told = Vec::new();
        while self.next().is_some_and(|at| at <= until) {
            let Some(((at, _), what)) = self.agenda.pop_first() else { break };
            match what {
                Happening::Tells(event) => told.push(event),
                Happening::Arrives(item, name) => {
                    self.accepted.push((name, at));
                    let id = ResourceId::new(self.accepted.len().to_string());
                    let outcome = CreateOutcome::Applied { resource_id: Some(id) };
                    let back = at + 1_000 + self.dice.below(2_000);
                    self.plan(back, Happening::Tells(Event::Replied { item, outcome }));
                }
                Happening::Asks(site, takes) => {
                    self.lists += 1;
                    let list = self.list(at);
                    self.plan(at + takes, Happening::Tells(Event::Listed { site, result: Ok(list) }));
                }
            }
        }
        told
    }

    /// Everything that is there, sharing with the former list what says the same.
    fn list(&mut self, at: u64) -> Vec<Arc<RestoreRecord>> {
        let record = |(number, (name, begun)): (usize, &(JobName, u64))| {
            let ended = begun + RESTORE <= at;
            let status = if ended { "COMPLETED_SUCCESSFULLY" } else { "RUNNING" };
            let record = RestoreRecord {
                job_name: Some(name.clone()),
                execution_id: Some((number + 1).to_string()),
                status: RestoreStatus(status.into()),
                start_time: Some(moment(*begun)),
                end_time: ended.then(|| moment(begun + RESTORE)),
                ..RestoreRecord::default()
            };
            let known = self.shown.get(number).filter(|known| ***known == record);
            known.map_or_else(|| Arc::new(record), Arc::clone)
        };
        let list: Vec<_> = self.accepted.iter().enumerate().map(record).collect();
        self.shown.clone_from(&list);
        list
    }
}

/// The makespan's ratio to its lower bound, and the requests a restore; readings of the comparison before it included.
fn cost(seed: u64, restores: usize, in_flight: u32) -> (f64, f64) {
    let mut plan = simple(restores);
    plan.limits = Limits { concurrency: in_flight, poll_interval_ms: Millis(10), ..Limits::default() };
    let changeset = decided(&plan, &snapshot(&plan), Guard::default(), false);
    let mut machine = Machine::new(&changeset);
    let mut site = Site {
        agenda: Agenda::new(),
        planned: 0,
        dice: Dice::new(seed),
        accepted: Vec::new(),
        shown: Vec::new(),
        lists: 0,
    };
    let (mut now, mut events, mut creates) = (0, vec![Event::Started], 0);
    loop {
        let step = machine.handle_all(std::mem::take(&mut events), moment(now)).unwrap();
        if step.finished {
            break;
        }
        if !step.records.is_empty() {
            // They are made durable.
            now += 1_000 + site.dice.below(1_000);
        }
        for (nth, effect) in (1..).zip(step.effects) {
            // One after the other they leave, and arrive a little later.
            let arrives = now + 200 * nth + site.dice.below(1_000);
            match effect {
                Effect::Create { item, request } => {
                    creates += 1;
                    site.plan(arrives, Happening::Arrives(item, request.job_name));
                }
                Effect::List { site: of } => {
                    let takes = 1_000 + site.dice.below(1_000) + 4 * site.accepted.len() as u64;
                    site.plan(arrives, Happening::Asks(of, takes));
                }
                Effect::Search { .. } | Effect::Show { .. } => panic!("a list tells of everything"),
            }
        }
        let wake = step.wake.map(|wake| u64::try_from(wake.duration_since(moment(0)).as_micros()).unwrap() + 1);
        while events.is_empty() {
            let until = site.next().into_iter().chain(wake).min().expect("something happens");
            now = now.max(until);
            events = site.work(now);
            if events.is_empty() && wake.is_some_and(|wake| wake <= now) {
                events.push(Event::Woken);
            }
        }
    }
    assert_eq!((creates, site.accepted.len()), (restores, restores));
    let slots = u64::from(in_flight);
    let rounds = (restores as u64).div_ceil(slots);
    // Five readings come before a run: of executions, restores, databases, the permission and the object list.
    let requests = creates + site.lists + 5;
    (now as f64 / (rounds * RESTORE) as f64, requests as f64 / restores as f64)
}

/// Mean and worst of several seeds.
fn costs(seeds: u64, restores: usize, in_flight: u32) -> [(f64, f64); 2] {
    let all: Vec<(f64, f64)> = (0..seeds).map(|seed| cost(seed, restores, in_flight)).collect();
    let of = |pick: fn(&(f64, f64)) -> f64| {
        let values = || all.iter().map(pick);
        (values().sum::<f64>() / seeds as f64, values().fold(0.0, f64::max))
    };
    let found = [of(|cost| cost.0), of(|cost| cost.1)];
    println!("{restores}/{in_flight}: of the bound {:.3?}, requests {:.3?}", found[0], found[1]);
    found
}

#[test]
fn a_finished_restore_is_found_soon_without_asking_often() {
    for (restores, in_flight, seeds) in [(50, 8, 40), (2_000, 64, 4)] {
        let [makespan, requests] = costs(seeds, restores, in_flight);
        assert!(makespan.1 <= 1.10, "{restores}/{in_flight}: {makespan:?} of the bound");
        assert!(requests.1 <= 1.5, "{restores}/{in_flight}: {requests:?} requests a restore");
    }
}
