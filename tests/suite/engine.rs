//! The engine in virtual time: whole runs with faults and crashes, and the laws they must keep.

use std::sync::Arc;
use std::time::Duration;

use restorectl::changeset::{self, Changeset, Intention};
use restorectl::engine::{self, Machine, Signal};
use restorectl::journal::{Closed, ItemState, Run, RunState, Store as _, past_attempts, replay};
use restorectl::model::*;
use restorectl::observe::observe;
use restorectl::ports::Clock as _;
use tokio::sync::mpsc;

use crate::world::{Dice, Faults, LATEST, MemoryStore, VirtualClock, World, item, plan};

/// One `apply`: read, decide, drive. Gives where the run stands when it ends.
async fn apply(
    world: &World,
    store: &MemoryStore,
    clock: &VirtualClock,
    plan: &Plan,
    signals: mpsc::Receiver<Signal>,
) -> (Changeset, RunState) {
    let environment = Environment { name: "test".into(), api: None, guard: Guard::default() };
    let runs = store.runs_of(&plan.name, "test").await.unwrap();
    let past = past_attempts(&runs).unwrap();
    let site = Arc::new(world.clone());
    let snapshot = observe(&site, &plan.items, past, clock.now()).await;
    let intention = Intention { plan, file: "drill.yaml", environment: &environment, again: false, tool_version: "0" };
    let changeset = changeset::decide(&intention, &snapshot).unwrap();
    let run = Run {
        id: RunId::new(format!("r{}", runs.len() + 1)),
        plan: plan.name.clone(),
        environment: "test".into(),
        opened_at: clock.now(),
        tool_version: "0".into(),
        opened_by: "test".into(),
        simulated: true,
        changeset: serde_json::to_value(&changeset).unwrap(),
    };
    store.open_run(&run).await.unwrap();
    let mut machine = Machine::new(&changeset);
    engine::drive(&mut machine, &run.id, (&site, clock, store), signals, |_, _| {}).await.unwrap();
    let (_, entries) = store.run(&run.id).await.unwrap().unwrap();
    let replayed = replay(&entries).unwrap();
    assert_eq!(&replayed, machine.state(), "the journal tells what the machine knew");
    (changeset, replayed)
}

fn no_signals() -> mpsc::Receiver<Signal> {
    mpsc::channel(1).1
}

fn random_plan(dice: &mut Dice) -> Plan {
    let count = 2 + dice.below(7);
    let mut items = Vec::new();
    for index in 0..count {
        // Some items share a table at the target, so they overlap.
        let table = if dice.percent(20) { "shared".to_owned() } else { format!("t{index}") };
        let mut item = item(&format!("item-{index}"), &table);
        for before in 0..index {
            if dice.percent(15) {
                item.after.push(Slug::parse(&format!("item-{before}")).unwrap());
            }
        }
        if dice.percent(30) {
            item.group = Some("heavy".into());
        }
        item.priority = i64::try_from(dice.below(3)).unwrap();
        items.push(item);
    }
    let mut plan = plan(items);
    plan.limits.concurrency = 1 + u32::try_from(dice.below(4)).unwrap();
    plan.limits.retries = u32::try_from(dice.below(3)).unwrap();
    plan.limits.settle_window_ms = Millis(LATEST + 5_000);
    plan
}

fn run_virtually<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
}

/// A whole life of a plan: applied again and again, crashing at any moment, until a run ends by itself.
fn live(seed: u64) -> Result<(), String> {
    run_virtually(async {
        let mut dice = Dice::new(seed);
        let plan = random_plan(&mut dice);
        let clock = VirtualClock::new();
        let faults = Faults {
            lost_reply: dice.below(20),
            lost_request: dice.below(20),
            late: dice.below(20),
            busy: dice.below(20),
            failure: dice.below(20),
            unreadable: dice.below(30),
        };
        let world = World::new(dice.next(), plan.clone(), faults, clock.clone());
        let store = MemoryStore::default();
        for _ in 0..dice.below(5) {
            let life = Duration::from_millis(dice.below(200_000));
            tokio::select! {
                _ = apply(&world, &store, &clock, &plan, no_signals()) => break,
                () = tokio::time::sleep(life) => {}
            }
        }
        // The site may not be readable at the moment of the diff; then items are blocked, and one tries again.
        let mut ended = None;
        for _ in 0..200 {
            let (changeset, state) = apply(&world, &store, &clock, &plan, no_signals()).await;
            let blocked = changeset.count(Action::Blocked) > 0;
            ended = Some(state);
            if !blocked {
                break;
            }
        }
        let state = ended.unwrap();
        let mut broken = world.broken();
        if !matches!(state.closed, Some((_, Closed::Completed))) {
            broken.push(format!("the run ended as {:?}", state.closed));
        }
        let restored = world.restored();
        for item in &plan.items {
            let there = restored.contains(item.name.as_str());
            match state.items.get(&item.name).map(|progress| progress.state) {
                Some(ItemState::Ended(end)) if end.is_success() == there => {}
                other => broken.push(format!("{} is {other:?}, and at the site: {there}", item.name)),
            }
        }
        if broken.is_empty() { Ok(()) } else { Err(format!("seed {seed}: {broken:#?}")) }
    })
}

#[test]
fn no_schedule_breaks_a_law() {
    let seeds = std::env::var("RESTORECTL_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(500);
    for seed in 0..seeds {
        if let Err(broken) = live(seed) {
            panic!("{broken}");
        }
    }
}

/// A plan of independent items that each take some time.
fn simple(count: usize) -> Plan {
    plan((0..count).map(|i| item(&format!("item-{i}"), &format!("t{i}"))).collect())
}

#[test]
fn a_second_apply_sends_nothing() {
    run_virtually(async {
        let plan = simple(5);
        let clock = VirtualClock::new();
        let world = World::new(1, plan.clone(), Faults::default(), clock.clone());
        let store = MemoryStore::default();
        apply(&world, &store, &clock, &plan, no_signals()).await;
        assert_eq!(world.accepted().len(), 5);
        let (changeset, _) = apply(&world, &store, &clock, &plan, no_signals()).await;
        assert_eq!(changeset.count(Action::Satisfied), 5);
        assert!(!changeset.has_changes());
        assert_eq!(world.accepted().len(), 5);
    });
}

#[test]
fn a_lost_reply_is_settled_by_reading_and_never_by_sending() {
    run_virtually(async {
        let plan = simple(4);
        let clock = VirtualClock::new();
        let faults = Faults { lost_reply: 100, ..Faults::default() };
        let world = World::new(2, plan.clone(), faults, clock.clone());
        let (_, state) = apply(&world, &MemoryStore::default(), &clock, &plan, no_signals()).await;
        assert_eq!(world.accepted().len(), 4);
        assert!(state.items.values().all(|p| p.state == ItemState::Ended(End::Succeeded)), "{state:#?}");
    });
}

#[test]
fn one_list_call_a_tick_follows_everything() {
    run_virtually(async {
        let mut plan = simple(60);
        plan.limits.concurrency = 60;
        let clock = VirtualClock::new();
        let world = World::new(3, plan.clone(), Faults::default(), clock.clone());
        apply(&world, &MemoryStore::default(), &clock, &plan, no_signals()).await;
        // One for the diff; then at most one every 30 s while the longest (121 s) ran.
        assert!(world.lists() <= 1 + 6, "{} list calls", world.lists());
    });
}

#[test]
fn a_deadline_ends_the_item_and_keeps_its_place() {
    run_virtually(async {
        let mut plan = simple(2);
        plan.limits.concurrency = 1;
        plan.items[0].deadline_ms = Millis(100);
        let after = plan.items[0].name.clone();
        plan.items.push(item("last", "last"));
        plan.items[2].after = vec![after];
        let clock = VirtualClock::new();
        let world = World::new(4, plan.clone(), Faults::default(), clock.clone());
        let (_, state) = apply(&world, &MemoryStore::default(), &clock, &plan, no_signals()).await;
        let ends: Vec<_> = plan.items.iter().map(|i| state.items[&i.name].state).collect();
        // Nothing may run beside what still runs, and nothing waits for it for ever.
        assert!(matches!(ends[0], ItemState::Ended(End::TimedOut | End::Unknown)), "{ends:?}");
        assert_eq!(ends[1], ItemState::Ended(End::Skipped));
        assert_eq!(ends[2], ItemState::Ended(End::Skipped));
        assert_eq!(world.broken(), Vec::<String>::new());
        assert_eq!(world.accepted().len(), 1);
    });
}

#[test]
fn too_many_failures_stop_new_work() {
    run_virtually(async {
        let mut plan = simple(6);
        plan.limits.concurrency = 1;
        plan.limits.max_failures = Some(2);
        let clock = VirtualClock::new();
        let world = World::new(5, plan.clone(), Faults { failure: 100, ..Faults::default() }, clock.clone());
        let (_, state) = apply(&world, &MemoryStore::default(), &clock, &plan, no_signals()).await;
        let count = |end| state.items.values().filter(|p| p.state == ItemState::Ended(end)).count();
        assert_eq!((count(End::Failed), count(End::Skipped)), (2, 4));
    });
}

#[test]
fn retries_are_counted_and_named_apart() {
    run_virtually(async {
        let mut plan = simple(1);
        plan.limits.retries = 2;
        let clock = VirtualClock::new();
        let world = World::new(6, plan.clone(), Faults { failure: 100, ..Faults::default() }, clock.clone());
        let (_, state) = apply(&world, &MemoryStore::default(), &clock, &plan, no_signals()).await;
        assert_eq!(state.items[&plan.items[0].name].state, ItemState::Ended(End::Failed));
        let names: Vec<String> =
            world.accepted().iter().map(|name| name.as_str()[name.as_str().len() - 3..].into()).collect();
        assert_eq!(names, ["1_1", "1_2", "1_3"]);
    });
}

#[test]
fn a_first_signal_drains_and_a_second_leaves() {
    run_virtually(async {
        let mut plan = simple(5);
        plan.limits.concurrency = 2;
        let clock = VirtualClock::new();
        let world = World::new(7, plan.clone(), Faults::default(), clock.clone());
        let store = MemoryStore::default();
        let (sender, receiver) = mpsc::channel(2);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(4)).await;
            sender.send(Signal::Stop).await.unwrap();
            std::future::pending::<()>().await;
        });
        let (_, state) = apply(&world, &store, &clock, &plan, receiver).await;
        assert_eq!(state.closed.unwrap().1, Closed::Interrupted);
        assert_eq!(state.may_run().count(), 0, "what ran was waited for");
        assert_eq!(world.accepted().len(), 2);

        let (sender, receiver) = mpsc::channel(2);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(8)).await;
            sender.send(Signal::Stop).await.unwrap();
            sender.send(Signal::Leave).await.unwrap();
            std::future::pending::<()>().await;
        });
        let (_, state) = apply(&world, &store, &clock, &plan, receiver).await;
        assert_eq!(state.closed.unwrap().1, Closed::Interrupted);
        assert_eq!(state.may_run().count(), 2, "what runs at the site is known");
        let (_, state) = apply(&world, &store, &clock, &plan, no_signals()).await;
        assert_eq!(state.closed.unwrap().1, Closed::Completed);
        assert_eq!(world.accepted().len(), 5);
        assert_eq!(world.broken(), Vec::<String>::new());
    });
}
