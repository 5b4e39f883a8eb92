//! The engine in virtual time: whole runs with faults and crashes, and the laws they must keep.

use std::sync::Arc;
use std::time::Duration;

use restorectl::changeset::{self, Changeset, Intention};
use restorectl::engine::{self, Effect, Event, Machine, Signal};
use restorectl::journal::{Closed, ItemState, Run, RunState, Store as _, past_attempts, replay};
use restorectl::model::*;
use restorectl::observe::observe;
use restorectl::ports::Clock as _;
use tokio::sync::mpsc;

use crate::lease_book::open;
use crate::world::{Dice, Faults, LATEST, MemoryStore, VirtualClock, World, execution, item, plan, start};

/// One `apply`: read, decide, drive. Gives where the run stands when it ends.
async fn apply(
    world: &World,
    store: &MemoryStore,
    clock: &VirtualClock,
    plan: &Plan,
    signals: mpsc::Receiver<Signal>,
) -> (Changeset, RunState) {
    let guard = Guard { allow_replace: true, ..Guard::default() };
    let environment = Environment { name: "test".into(), api: None, guard };
    let runs = store.runs_of(&plan.name, "test").await.unwrap();
    let past = past_attempts(&runs, "").unwrap();
    let site = Arc::new(world.clone());
    let snapshot = observe(&site, &plan.items, past, clock.now()).await;
    let intention = Intention {
        plan,
        file: "drill.yaml",
        environment: &environment,
        inputs: &Default::default(),
        again: false,
        opened: &Default::default(),
        tool_version: "0",
    };
    let changeset = changeset::decide(&intention, &snapshot).unwrap();
    let run = Run {
        id: RunId::new(format!("r{}", runs.len() + 1)),
        plan: plan.name.clone(),
        environment: "test".into(),
        opened_at: clock.now(),
        tool_version: "0".into(),
        opened_by: "test".into(),
        service: String::new(),
        resumes: None,
        simulated: true,
        changeset: serde_json::to_value(&changeset).unwrap(),
    };
    open(store, &run).await;
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
        item.on_existing = OnExisting::Replace;
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

/// A machine driven by hand: what it creates and lists, in order.
struct ByHand {
    machine: Machine,
    creates: Vec<String>,
    lists: Vec<String>,
    wake: Option<jiff::Timestamp>,
}

impl ByHand {
    fn start(plan: &Plan) -> Self {
        let environment = Environment { name: "test".into(), api: None, guard: Guard::default() };
        let sites = [SiteId::new("PROD"), SiteId::new("DR"), SiteId::new("DR2")];
        let database = Database { name: ObjectName::bare("DRILL").unwrap(), kind: None };
        let snapshot = Snapshot {
            taken_at: start(),
            executions: plan.items.iter().map(|i| (i.source.key(), Reading::Read(vec![execution()]))).collect(),
            restores: sites.iter().map(|s| (s.clone(), Reading::Read(vec![]))).collect(),
            databases: sites.iter().map(|s| (s.clone(), Reading::Read(vec![database.clone()]))).collect(),
            permissions: Default::default(),
            objects: Default::default(),
            attempts: vec![],
        };
        let intention = Intention {
            plan,
            file: "drill.yaml",
            environment: &environment,
            inputs: &Default::default(),
            again: false,
            opened: &Default::default(),
            tool_version: "0",
        };
        let changeset = changeset::decide(&intention, &snapshot).unwrap();
        assert_eq!(changeset.count(Action::Create), plan.items.len(), "{changeset:#?}");
        let mut by_hand = Self { machine: Machine::new(&changeset), creates: vec![], lists: vec![], wake: None };
        by_hand.tell(Event::Started, 0);
        by_hand
    }

    fn tell(&mut self, event: Event, seconds: u64) {
        let step = self.machine.handle(event, Millis::from_secs(seconds).after(start())).unwrap();
        for effect in step.effects {
            match effect {
                Effect::Create { item, .. } => self.creates.push(item.to_string()),
                Effect::List { site } => self.lists.push(site.to_string()),
                Effect::Show { .. } => {}
            }
        }
        self.wake = step.wake;
    }

    fn reply(&mut self, item: &str, outcome: CreateOutcome, seconds: u64) {
        self.tell(Event::Replied { item: Slug::parse(item).unwrap(), outcome }, seconds);
    }

    /// The site shows the item's last attempt with this status.
    fn shows(&mut self, item: &str, status: &str, seconds: u64) {
        self.tell(Event::Woken, seconds);
        let progress = &self.machine.state().items[&Slug::parse(item).unwrap()];
        let record = RestoreRecord {
            job_name: Some(progress.attempts.last().unwrap().job_name.clone()),
            execution_id: Some(progress.attempts.len().to_string()),
            status: RestoreStatus(status.into()),
            ..RestoreRecord::default()
        };
        self.tell(Event::Listed { site: SiteId::new("PROD"), result: Ok(vec![record]) }, seconds);
    }
}

fn applied() -> CreateOutcome {
    CreateOutcome::Applied { resource_id: Some(ResourceId::new("1")) }
}

fn busy(seconds: u64) -> CreateOutcome {
    CreateOutcome::Rejected { message: "429".into(), retry: true, wait_ms: Some(Millis::from_secs(seconds)) }
}

#[test]
fn one_target_site_has_a_limit_of_its_own_and_holds_up_no_other() {
    let mut plan = simple(4);
    plan.limits.concurrency = 4;
    plan.limits.per_target_site = Some(1);
    plan.items[2].target.site = SiteId::new("DR");
    plan.items[3].target.site = SiteId::new("DR2");
    assert_eq!(ByHand::start(&plan).creates, ["item-0", "item-2", "item-3"]);
}

#[test]
fn requests_keep_their_distance() {
    let mut plan = simple(4);
    plan.limits.concurrency = 4;
    plan.limits.requests_per_minute = Some(6);
    let mut by_hand = ByHand::start(&plan);
    assert_eq!(by_hand.creates.len(), 1);
    for seconds in 1..=30 {
        by_hand.tell(Event::Woken, seconds);
        assert_eq!(by_hand.creates.len() + by_hand.lists.len(), 1 + usize::try_from(seconds / 10).unwrap());
    }
    assert_eq!(by_hand.creates.len(), 4);
}

#[test]
fn what_is_heavy_takes_its_weight_and_a_source_site_has_a_limit_too() {
    let mut plan = simple(4);
    plan.limits.concurrency = 4;
    plan.limits.groups.insert("heavy".into(), 3);
    for (index, weight) in [(0, 2), (1, 2), (2, 1)] {
        plan.items[index].group = Some("heavy".into());
        plan.items[index].weight = weight;
    }
    // Who doesn't fit isn't overtaken in its group.
    assert_eq!(ByHand::start(&plan).creates, ["item-0", "item-3"]);
    let mut plan = simple(3);
    plan.limits.concurrency = 3;
    plan.limits.per_source_site = Some(1);
    plan.items[2].source.site = SiteId::new("DR");
    assert_eq!(ByHand::start(&plan).creates, ["item-0", "item-2"]);
}

#[test]
fn a_full_group_holds_up_no_other() {
    let mut plan = simple(4);
    plan.limits.concurrency = 4;
    for index in [0, 1, 2] {
        plan.items[index].group = Some("heavy".into());
    }
    assert_eq!(ByHand::start(&plan).creates, ["item-0", "item-3"]);
}

#[test]
fn higher_priority_goes_first_and_then_the_plans_order() {
    let mut plan = simple(4);
    plan.limits.concurrency = 3;
    plan.items[2].priority = 5;
    plan.items[3].priority = 9;
    assert_eq!(ByHand::start(&plan).creates, ["item-3", "item-2", "item-0"]);
}

#[test]
fn what_the_rest_of_the_plan_waits_for_goes_before_what_nothing_waits_for() {
    let mut plan = simple(6);
    plan.limits.concurrency = 3;
    for (item, needed) in [(3, 2), (4, 3), (5, 1)] {
        plan.items[item].after = vec![Slug::parse(&format!("item-{needed}")).unwrap()];
    }
    assert_eq!(ByHand::start(&plan).creates, ["item-2", "item-1", "item-0"]);
}

#[test]
fn a_service_that_asks_for_peace_gets_it() {
    let mut plan = simple(1);
    plan.limits.concurrency = 1;
    let mut by_hand = ByHand::start(&plan);
    by_hand.reply("item-0", busy(120), 1);
    assert_eq!(by_hand.wake, Some(Millis::from_secs(121).after(start())), "it asks to be woken then, and not before");
    by_hand.tell(Event::Woken, 120);
    assert_eq!(by_hand.creates.len(), 1);
    by_hand.tell(Event::Woken, 121);
    assert_eq!(by_hand.creates.len(), 2);
}

#[test]
fn a_failed_attempt_is_followed_by_a_pause() {
    let mut plan = simple(1);
    plan.limits.retries = 1;
    let mut by_hand = ByHand::start(&plan);
    by_hand.reply("item-0", applied(), 1);
    by_hand.shows("item-0", "FAILED", 31);
    assert_eq!(by_hand.creates.len(), 1);
    by_hand.tell(Event::Woken, 61);
    assert_eq!(by_hand.creates.len(), 2);
}

#[test]
fn nothing_is_tried_again_once_somebody_stopped_the_run() {
    let mut plan = simple(1);
    plan.limits.retries = 3;
    let mut by_hand = ByHand::start(&plan);
    by_hand.reply("item-0", applied(), 1);
    by_hand.tell(Event::Stop, 2);
    by_hand.shows("item-0", "FAILED", 31);
    assert_eq!(by_hand.creates.len(), 1);
    assert!(by_hand.machine.state().closed.is_some(), "there is nothing left to wait for");
}

#[test]
fn a_restore_between_sites_is_looked_for_at_both() {
    let mut plan = simple(1);
    plan.items[0].target.site = SiteId::new("DR");
    let mut by_hand = ByHand::start(&plan);
    by_hand.reply("item-0", CreateOutcome::Unknown { message: "reset".into() }, 1);
    assert_eq!(by_hand.lists, ["DR", "PROD"]);
    // A whole settle window of the one site says nothing of the other.
    for seconds in [31, 61, 91, 121] {
        by_hand.tell(Event::Listed { site: SiteId::new("PROD"), result: Ok(vec![]) }, seconds);
    }
    assert_eq!(by_hand.creates.len(), 1);
    for seconds in [122, 152, 182, 212] {
        by_hand.tell(Event::Listed { site: SiteId::new("DR"), result: Ok(vec![]) }, seconds);
    }
    assert_eq!(by_hand.creates.len(), 2);
}

#[test]
fn a_restore_that_turns_up_late_is_told_of_and_followed() {
    let mut by_hand = ByHand::start(&simple(1));
    let prod = || SiteId::new("PROD");
    by_hand.reply("item-0", CreateOutcome::Unknown { message: "reset".into() }, 1);
    for seconds in [31, 61, 91] {
        by_hand.tell(Event::Listed { site: prod(), result: Ok(vec![]) }, seconds);
        by_hand.tell(Event::Woken, seconds);
    }
    assert_eq!(by_hand.creates.len(), 2, "given up after a whole settle window");
    by_hand.reply("item-0", applied(), 92);
    let name =
        |attempt: usize| by_hand.machine.state().items.values().next().unwrap().attempts[attempt].job_name.clone();
    let record = |name: JobName, id: &str, status: &str| RestoreRecord {
        job_name: Some(name),
        execution_id: Some(id.into()),
        status: RestoreStatus(status.into()),
        ..RestoreRecord::default()
    };
    let (first, second) = (record(name(0), "7", "RUNNING"), record(name(1), "8", "COMPLETED_SUCCESSFULLY"));
    by_hand.tell(Event::Listed { site: prod(), result: Ok(vec![first, second]) }, 121);
    let progress = by_hand.machine.state().items.values().next().unwrap();
    assert_eq!(progress.late.len(), 1);
    assert_eq!(progress.late[0].execution_id.as_deref(), Some("7"));
    assert!(progress.may_run(), "it takes room while it runs");
}

#[test]
fn items_that_wait_for_each_other_do_not_wait_for_ever() {
    let mut plan = simple(3);
    let name = |index: usize| Slug::parse(&format!("item-{index}")).unwrap();
    plan.items[0].after = vec![name(1)];
    plan.items[1].after = vec![name(0)];
    plan.items[2].after = vec![Slug::parse("nobody").unwrap()];
    let by_hand = ByHand::start(&plan);
    assert_eq!(by_hand.creates, Vec::<String>::new());
    assert!(matches!(by_hand.machine.state().closed, Some((_, Closed::Completed))));
}
