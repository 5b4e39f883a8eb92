//! Situations that would tempt a runner into a second restore, a wrong "done" or an unwarned loss.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use restorectl::baas::wire;
use restorectl::changeset::{self, Changeset, derived_name, differences, fingerprint};
use restorectl::engine::{Effect, Event, Machine, Signal, Step};
use restorectl::journal::sqlite::SqliteStore;
use restorectl::journal::{ItemState, Record, Run, Store as _, past_attempts};
use restorectl::model::*;
use restorectl::ports::{Repeat, Site};

use crate::drill::{decided, entries, execution, item, plan, run, start};
use crate::rig::{Ran, Rig};
use crate::schedules::bodies::dice::Dice;
use crate::schedules::bodies::life::{FOREVER, Signals, World};
use crate::schedules::bodies::site::{Faults, LATEST};

fn site(name: &str) -> SiteId {
    SiteId::new(name)
}

fn at(seconds: u64) -> Timestamp {
    Millis::from_secs(seconds).after(start())
}

fn print(item: &Item, execution: &str) -> String {
    fingerprint((&plan(vec![]).name, "test"), item, &ExecutionId::new(execution)).unwrap()
}

/// The derived name of an item, restored from execution 5002, in generation 1.
fn name(item: &Item, attempt: u32) -> JobName {
    derived_name(&plan(vec![]).name, &item.name, &print(item, "5002"), 1, attempt)
}

fn restore(name: &JobName, id: Option<&str>, status: &str) -> RestoreRecord {
    RestoreRecord {
        job_name: Some(name.clone()),
        execution_id: id.map(str::to_owned),
        status: RestoreStatus(status.into()),
        end_time: (!matches!(status, "RUNNING" | "QUEUED")).then(start),
        ..RestoreRecord::default()
    }
}

struct Scene {
    plan: Plan,
    restores: BTreeMap<SiteId, Reading<Vec<RestoreRecord>>>,
    databases: Vec<&'static str>,
    attempts: Vec<PastAttempt>,
    guard: Guard,
    again: bool,
}

impl Scene {
    fn new(items: Vec<Item>) -> Self {
        Self {
            plan: plan(items),
            restores: BTreeMap::from([(site("PROD"), Reading::Read(vec![]))]),
            databases: vec!["DRILL", "BANK"],
            attempts: vec![],
            guard: Guard::default(),
            again: false,
        }
    }

    fn shows(mut self, list: Vec<RestoreRecord>) -> Self {
        self.restores.insert(site("PROD"), Reading::Read(list));
        self
    }

    fn decide(&self) -> Changeset {
        let databases: Vec<Database> =
            self.databases.iter().map(|n| Database { name: ObjectName::bare(*n).unwrap(), kind: None }).collect();
        let mut snapshot = Snapshot {
            taken_at: start(),
            executions: BTreeMap::new(),
            restores: self.restores.clone(),
            databases: BTreeMap::new(),
            permissions: BTreeMap::new(),
            objects: BTreeMap::new(),
            attempts: self.attempts.clone(),
            settled: false,
        };
        for item in &self.plan.items {
            snapshot.executions.insert(item.source.key(), Reading::Read(vec![execution()]));
            snapshot.databases.insert(item.target.site.clone(), Reading::Read(databases.clone()));
            snapshot.permissions.insert(item.target.site.clone(), Permission::Allowed);
        }
        decided(&self.plan, &snapshot, self.guard, self.again)
    }
}

/// A machine with the creates that it asked for.
struct Driven {
    machine: Machine,
    creates: Vec<JobName>,
}

impl Driven {
    fn start(changeset: &Changeset) -> Self {
        let mut driven = Self { machine: Machine::new(changeset), creates: vec![] };
        driven.tell(Event::Started, 0);
        driven
    }

    fn tell(&mut self, event: Event, seconds: u64) -> Step {
        let step = self.machine.handle(event, at(seconds)).unwrap();
        for effect in &step.effects {
            match effect {
                Effect::Create { request, .. } => self.creates.push(request.job_name.clone()),
                Effect::Search { item, .. } => {
                    return self.tell(Event::Searched { item: item.clone(), result: Ok(Some(vec![])) }, seconds);
                }
                Effect::List { .. } | Effect::Show { .. } => {}
            }
        }
        step
    }

    fn list(&mut self, restores: Vec<RestoreRecord>, seconds: u64) {
        self.tell(Event::Woken, seconds);
        let restores = restores.into_iter().map(Arc::new).collect();
        self.tell(Event::Listed { site: site("PROD"), result: Ok(restores) }, seconds);
    }

    fn reply(&mut self, item: &str, outcome: CreateOutcome, seconds: u64) {
        self.tell(Event::Replied { item: Slug::parse(item).unwrap(), outcome }, seconds);
    }

    fn state(&self, item: &str) -> ItemState {
        self.machine.state().items[&Slug::parse(item).unwrap()].state
    }
}

fn applied(id: &str) -> CreateOutcome {
    CreateOutcome::Applied { resource_id: Some(ResourceId::new(id)) }
}

fn unknown() -> CreateOutcome {
    CreateOutcome::Unknown { message: "reset".into() }
}

fn database(name: &str) -> RestoreObject {
    RestoreObject {
        object_type: ObjectType::Database,
        name: ObjectName::bare(name).unwrap(),
        parent: ObjectName::bare("DBC").unwrap(),
        parent_type: ObjectType::Database,
        exclude: vec![],
        include_all: true,
        rename_to: None,
    }
}

fn database_item(names: &[&str], on_existing: OnExisting) -> Item {
    let mut made = item("model", "t");
    made.target.database = None;
    made.objects = names.iter().map(|name| database(name)).collect();
    made.on_existing = on_existing;
    made
}

// ---- a wrong "done" ----

#[test]
fn going_back_to_an_older_backup_is_not_done_already() {
    // Restored from 5002, then from 5003 over it; the plan now says 5002 again.
    let mut wanted = item("model", "t");
    wanted.on_existing = OnExisting::Replace;
    let other = derived_name(&plan(vec![]).name, &wanted.name, &print(&wanted, "5003"), 1, 1);
    let list = vec![
        restore(&name(&wanted, 1), Some("91"), "COMPLETED_SUCCESSFULLY"),
        restore(&other, Some("92"), "COMPLETED_SUCCESSFULLY"),
    ];
    let mut scene = Scene::new(vec![wanted]).shows(list);
    scene.guard.allow_replace = true;
    let made = scene.decide();
    assert_ne!(made.items[0].action, Action::Satisfied, "{}", made.items[0].reason);
}

#[test]
fn skip_does_not_take_our_own_failed_attempt_for_done() {
    let wanted = database_item(&["NEW"], OnExisting::Skip);
    let failed = restore(&name(&wanted, 1), Some("91"), "FAILED");
    let mut scene = Scene::new(vec![wanted]).shows(vec![failed]);
    // The failed restore made the database before it failed.
    scene.databases.push("NEW");
    let made = scene.decide();
    assert_ne!(made.items[0].action, Action::Satisfied, "{}", made.items[0].reason);
}

#[test]
fn skip_does_not_take_a_create_on_its_way_for_done() {
    let wanted = database_item(&["NEW"], OnExisting::Skip);
    let open = PastAttempt {
        run: RunId::new("r1"),
        item: wanted.name.clone(),
        job_name: name(&wanted, 1),
        at: start(),
        prior: vec![],
        resource_id: None,
        writes: vec![],
        fate: PastFate::Open,
        doubled: false,
        measured: None,
    };
    let mut scene = Scene::new(vec![wanted]);
    scene.databases.push("NEW");
    scene.attempts.push(open);
    let made = scene.decide();
    assert_ne!(made.items[0].action, Action::Satisfied, "{}", made.items[0].reason);
}

#[test]
fn skip_needs_every_object_to_be_there() {
    let made = Scene::new(vec![database_item(&["BANK", "MISSING"], OnExisting::Skip)]).decide();
    assert_ne!(made.items[0].action, Action::Satisfied, "{}", made.items[0].reason);
}

#[test]
fn a_fixed_name_whose_last_restore_failed_is_not_done() {
    let mut wanted = item("model", "t");
    let fixed = JobName::new("nightly_copy");
    wanted.job_name = Some(fixed.clone());
    // The second came of `--again`.
    let list = vec![restore(&fixed, Some("7"), "COMPLETED_SUCCESSFULLY"), restore(&fixed, Some("8"), "FAILED")];
    let made = Scene::new(vec![wanted]).shows(list).decide();
    assert_ne!(made.items[0].action, Action::Satisfied, "{}", made.items[0].reason);
}

#[test]
fn an_older_restore_without_an_id_is_not_the_new_one() {
    let mut wanted = item("model", "t");
    let fixed = JobName::new("nightly_copy");
    wanted.job_name = Some(fixed.clone());
    wanted.on_existing = OnExisting::Replace;
    let old = restore(&fixed, None, "COMPLETED_SUCCESSFULLY");
    let mut scene = Scene::new(vec![wanted]).shows(vec![old.clone()]);
    scene.guard.allow_replace = true;
    scene.again = true;
    let made = scene.decide();
    assert_eq!(made.items[0].action, Action::Create, "{}", made.items[0].reason);
    let mut driven = Driven::start(&made);
    driven.reply("model", applied("9"), 1);
    // The new one is accepted and not listed yet.
    driven.list(vec![old], 40);
    assert_eq!(driven.state("model"), ItemState::Following);
}

#[test]
fn an_older_restore_without_an_id_is_not_the_new_one_while_that_is_not_listed() {
    let mut wanted = item("model", "t");
    let fixed = JobName::new("nightly_copy");
    wanted.job_name = Some(fixed.clone());
    let old = restore(&fixed, None, "FAILED");
    let made = Scene::new(vec![wanted]).shows(vec![old.clone()]).decide();
    assert_eq!(made.items[0].action, Action::Retry, "{}", made.items[0].reason);
    let mut driven = Driven::start(&made);
    driven.reply("model", applied("9"), 1);
    driven.list(vec![old], 40);
    assert_eq!(driven.state("model"), ItemState::Following);
}

#[test]
fn one_of_two_under_one_name_that_still_runs_is_not_done() {
    // A proxy delivered the request twice.
    let wanted = item("model", "t");
    let made = Scene::new(vec![wanted.clone()]).decide();
    let mut driven = Driven::start(&made);
    driven.reply("model", applied("92"), 1);
    driven.list(
        vec![
            restore(&name(&wanted, 1), Some("91"), "RUNNING"),
            restore(&name(&wanted, 1), Some("92"), "COMPLETED_SUCCESSFULLY"),
        ],
        40,
    );
    assert_eq!(driven.state("model"), ItemState::Following, "91 still writes to the same table");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_service_under_the_same_environment_name_is_not_done() {
    let apply = ["apply", "plans/rename-table.yaml", "--env", "sim", "--auto-approve"];
    let first = Rig::new().await;
    first.run(&apply).await.code(0);
    // The environment's url is changed to another service (here: from a rehearsal to "the real one").
    let second = Rig::new().await;
    let state = first.path("state.db").display().to_string();
    let all: Vec<&str> = ["--state", &state].into_iter().chain(apply).collect();
    let ran = second.run(&all).await;
    assert_eq!(second.creates().await.len(), 1, "exit {:?}\n{}\n{}", ran.code, ran.stdout, ran.stderr);
}

// ---- a second restore ----

#[test]
fn a_create_under_another_definition_may_be_on_its_way() {
    // The run was killed in its POST; then a new backup became `latest`, or somebody edited the plan.
    let wanted = item("model", "t");
    let mut scene = Scene::new(vec![wanted.clone()]);
    scene.attempts.push(PastAttempt {
        run: RunId::new("r1"),
        item: wanted.name.clone(),
        job_name: derived_name(&scene.plan.name, &wanted.name, &print(&wanted, "5001"), 1, 1),
        at: start(),
        prior: vec![],
        resource_id: None,
        writes: vec![],
        fate: PastFate::Open,
        doubled: false,
        measured: None,
    });
    let made = scene.decide();
    assert!(!made.items[0].action.sends(), "{}: {}", made.items[0].action, made.items[0].reason);
}

fn after_a_killed_run(records: impl FnOnce(&JobName) -> Vec<Record>, shown: Vec<RestoreRecord>) -> Driven {
    let wanted = item("model", "t");
    let job_name = name(&wanted, 1);
    let mut list = vec![Record::Intent {
        item: wanted.name.clone(),
        job_name: job_name.clone(),
        generation: 1,
        attempt: 1,
        prior: vec![],
        writes: vec![],
    }];
    list.extend(records(&job_name));
    let mut scene = Scene::new(vec![wanted]).shows(shown.clone());
    scene.attempts = past_attempts(&[(run("r1"), entries(list))], "").unwrap();
    let mut driven = Driven::start(&scene.decide());
    for tick in 1..10 {
        driven.list(shown.clone(), tick * 30);
    }
    driven
}

#[test]
fn a_restore_that_was_accepted_and_is_not_listed_is_not_sent_again() {
    let item = || Slug::parse("model").unwrap();
    let driven = after_a_killed_run(|_| vec![Record::Replied { item: item(), outcome: applied("91") }], vec![]);
    assert_eq!(driven.creates, Vec::<JobName>::new(), "the service said 202 to the first");
}

#[test]
fn a_restore_that_was_seen_running_and_is_no_longer_listed_is_not_sent_again() {
    let item = || Slug::parse("model").unwrap();
    let records = |name: &JobName| {
        vec![
            Record::Replied { item: item(), outcome: applied("91") },
            Record::Observed { item: item(), restore: restore(name, Some("91"), "RUNNING") },
        ]
    };
    let driven = after_a_killed_run(records, vec![]);
    assert_eq!(driven.creates, Vec::<JobName>::new(), "the first was seen running; the list only dropped it");
}

#[test]
fn a_restore_that_ended_oddly_and_is_no_longer_listed_is_not_sent_again() {
    let item = || Slug::parse("model").unwrap();
    let records = |name: &JobName| {
        vec![
            Record::Replied { item: item(), outcome: applied("91") },
            Record::Observed { item: item(), restore: restore(name, Some("91"), "MOSTLY_DONE") },
            Record::Ended { item: item(), end: End::Unknown, reason: "odd".into() },
        ]
    };
    let driven = after_a_killed_run(records, vec![]);
    assert_eq!(driven.creates, Vec::<JobName>::new(), "nobody knows what it did; it is a person's turn");
}

#[test]
fn a_restore_that_is_listed_without_its_name_is_known_by_its_id() {
    let item = || Slug::parse("model").unwrap();
    let nameless = RestoreRecord { job_name: None, ..restore(&JobName::new("x"), Some("91"), "RUNNING") };
    let driven = after_a_killed_run(|_| vec![Record::Replied { item: item(), outcome: applied("91") }], vec![nameless]);
    assert_eq!(driven.creates, Vec::<JobName>::new(), "91 runs at the site");
}

#[test]
fn a_late_restore_keeps_the_item_from_being_sent_once_more() {
    let wanted = item("model", "t");
    let mut driven = Driven::start(&Scene::new(vec![wanted.clone()]).decide());
    driven.reply("model", unknown(), 1);
    driven.list(vec![], 31);
    driven.list(vec![], 70);
    driven.list(vec![], 100);
    assert_eq!(driven.creates.len(), 2, "given up after the settle window");
    let busy = CreateOutcome::Rejected { message: "429".into(), retry: true, wait_ms: Some(Millis::from_secs(120)) };
    driven.reply("model", busy, 101);
    // While it waits, the first turns up after all, and even comes to a good end.
    driven.list(vec![restore(&name(&wanted, 1), Some("91"), "RUNNING")], 131);
    driven.list(vec![restore(&name(&wanted, 1), Some("91"), "RUNNING")], 300);
    assert_eq!(driven.creates.len(), 2, "the first runs at the site: {:?}", driven.creates);
}

#[test]
fn the_name_that_was_turned_away_is_not_used_again_after_the_late_one_failed() {
    let wanted = item("model", "t");
    let mut scene = Scene::new(vec![wanted.clone()]);
    scene.plan.limits.retries = 2;
    let mut driven = Driven::start(&scene.decide());
    driven.reply("model", unknown(), 1);
    driven.list(vec![], 31);
    driven.list(vec![], 70);
    driven.list(vec![], 100);
    let busy = CreateOutcome::Rejected { message: "429".into(), retry: true, wait_ms: Some(Millis::from_secs(120)) };
    driven.reply("model", busy, 101);
    let late = |status: &str| vec![restore(&name(&wanted, 1), Some("91"), status)];
    driven.list(late("RUNNING"), 131);
    driven.list(late("FAILED"), 300);
    driven.list(late("FAILED"), 700);
    let names: Vec<JobName> = (1..=3).map(|attempt| name(&wanted, attempt)).collect();
    assert_eq!(driven.creates, names);
}

#[test]
fn a_service_that_gives_ids_and_times_late_or_never_is_followed_to_the_end() {
    let wanted = item("model", "t");
    let at_last = |id: Option<&str>| {
        let mut driven = Driven::start(&Scene::new(vec![wanted.clone()]).decide());
        driven.reply("model", CreateOutcome::Applied { resource_id: None }, 1);
        let started = |status: &str, id: Option<&str>| RestoreRecord {
            start_time: Some(at(40)),
            ..restore(&name(&wanted, 1), id, status)
        };
        driven.list(vec![restore(&name(&wanted, 1), None, "QUEUED")], 31);
        driven.list(vec![started("RUNNING", id)], 70);
        driven.list(vec![started("COMPLETED_SUCCESSFULLY", id)], 140);
        driven.list(vec![started("COMPLETED_SUCCESSFULLY", id)], 300);
        driven.machine.state().items.values().next().unwrap().clone()
    };
    for id in [None, Some("91")] {
        let progress = at_last(id);
        assert!(progress.succeeded(), "{id:?}: {progress:#?}");
        assert_eq!(progress.late, vec![], "{id:?}: there is one of it");
    }
}

#[test]
fn what_comes_after_waits_for_a_late_restore_too() {
    let (first, mut second) = (item("model", "t"), item("next", "t"));
    second.after = vec![first.name.clone()];
    second.on_existing = OnExisting::Replace;
    let mut scene = Scene::new(vec![first.clone(), second]);
    scene.guard.allow_replace = true;
    let mut driven = Driven::start(&scene.decide());
    driven.reply("model", unknown(), 1);
    driven.list(vec![], 31);
    driven.list(vec![], 70);
    driven.list(vec![], 100);
    driven.reply("model", applied("92"), 101);
    let late = restore(&name(&first, 1), Some("91"), "RUNNING");
    driven.list(vec![late.clone(), restore(&name(&first, 2), Some("92"), "COMPLETED_SUCCESSFULLY")], 140);
    assert_eq!(driven.creates.len(), 2, "91 still writes to the very table: {:?}", driven.creates);
}

#[test]
fn the_list_of_the_target_site_matters_too() {
    let mut wanted = item("model", "t");
    wanted.target.site = site("DR");
    let mut scene = Scene::new(vec![wanted]);
    scene.restores.insert(site("DR"), Reading::Read(vec![]));
    let saved = scene.decide();
    scene.restores.insert(site("DR"), Reading::Unreadable("503".into()));
    let fresh = scene.decide();
    assert!(
        !fresh.items[0].action.sends() && !differences(&saved, &fresh).is_empty(),
        "what runs at the target isn't known, and yet it is: {}",
        fresh.items[0].action
    );
}

// ---- limits and overlap ----

#[test]
fn what_runs_under_another_definition_takes_room() {
    // Both write to DRILL.t; the first one's older definition still runs.
    let (first, second) = (item("first", "t"), item("second", "t"));
    let old = derived_name(&plan(vec![]).name, &first.name, &print(&first, "5001"), 1, 1);
    let made = Scene::new(vec![first, second]).shows(vec![restore(&old, Some("91"), "RUNNING")]).decide();
    assert_eq!(made.items[0].action, Action::Blocked);
    let driven = Driven::start(&made);
    assert_eq!(driven.creates, Vec::<JobName>::new(), "91 runs and writes to the same table");
}

#[test]
fn what_may_be_on_its_way_takes_room_although_it_may_not_be_sent_again() {
    let (mut first, second) = (item("first", "t"), item("second", "t"));
    first.on_existing = OnExisting::Replace; // not allowed by the guard, any more
    let mut scene = Scene::new(vec![first.clone(), second]);
    scene.attempts.push(PastAttempt {
        run: RunId::new("r1"),
        item: first.name.clone(),
        job_name: name(&first, 1),
        at: start(),
        prior: vec![],
        resource_id: None,
        writes: vec![],
        fate: PastFate::Open,
        doubled: false,
        measured: None,
    });
    let made = scene.decide();
    assert_eq!(made.items[0].action, Action::Adopt, "it is watched, and not sent again: {:?}", made.items[0].refusal);
    assert!(made.items[0].refusal.is_some());
    let driven = Driven::start(&made);
    assert_eq!(driven.creates, Vec::<JobName>::new(), "the first may be on its way to the same table");
}

// ---- guards ----

#[test]
fn a_retry_of_what_was_adopted_is_guarded_like_any_other() {
    let wanted = database_item(&["BANK"], OnExisting::Replace);
    let running = restore(&name(&wanted, 1), Some("91"), "RUNNING");
    let mut scene = Scene::new(vec![wanted.clone()]).shows(vec![running]);
    scene.plan.limits.retries = 1;
    let made = scene.decide();
    assert_eq!(made.items[0].action, Action::Adopt);
    let mut driven = Driven::start(&made);
    driven.list(vec![restore(&name(&wanted, 1), Some("91"), "FAILED")], 30);
    driven.list(vec![], 90);
    assert_eq!(driven.creates, Vec::<JobName>::new(), "`guard.allow_in_place` is off, and nobody was told of a loss");
}

// ---- the client ----

use std::io::{Read as _, Write as _};

fn serve(body: &str, headers: &str) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v2", listener.local_addr().unwrap());
    let answer =
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = [0u8; 8192];
            let _ = stream.read(&mut bytes);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

fn client(url: &str, header: &str, password: &str) -> restorectl::baas::Client {
    let api = Api {
        url: url.to_owned(),
        headers: BTreeMap::new(),
        bearer: None,
        restore_credentials: None,
        permission_query: PermissionQuery::default(),
        ca_file: None,
        timeout_ms: Millis::from_secs(10),
        allow_plain_http: false,
    };
    let access = restorectl::baas::Access {
        headers: vec![("x-tenant".into(), Secret::new(header.into()))],
        bearer: None,
        restore: Some(("dba".into(), Secret::new(password.into()))),
    };
    restorectl::baas::Client::new(&api, &access, None, None).unwrap()
}

#[tokio::test]
async fn a_header_value_does_not_change_what_the_site_shows() {
    // A tenant header whose value is a word that also stands in job names.
    let url = serve("[{\"restore_job_name\": \"drill_model_4d90123456789_1_1\"}]", "");
    let shown = client(&url, "drill", "hunter2-password").restores(&site("PROD")).await.unwrap();
    assert_eq!(shown[0].restore_job_name.as_deref(), Some("drill_model_4d90123456789_1_1"));
}

#[tokio::test]
async fn a_header_value_does_not_break_json() {
    let url = serve("[{\"restore_job_name\": \"x\", \"is_failover\": true}]", "");
    assert!(client(&url, "true", "hunter2-password").restores(&site("PROD")).await.is_ok());
}

#[tokio::test]
async fn an_echoed_secret_with_a_quote_is_hidden_too() {
    let url = serve("[{\"restore_job_name\": \"x\", \"status_details\": \"login dba:pa\\\"ss-word failed\"}]", "");
    let client = client(&url, "gate-keeper", "pa\"ss-word");
    let shown = Site::restores(&client, &site("PROD"), Repeat::Never).await.unwrap();
    let details = shown[0].status_details.clone().unwrap();
    assert!(!details.contains("pa\"ss-word"), "{details}");
}

#[tokio::test]
async fn nothing_at_all_is_not_an_empty_list() {
    let url = serve("", "content-type: text/html\r\n");
    let read = client(&url, "gate-keeper", "hunter2").restores(&site("PROD")).await;
    assert!(read.is_err(), "an empty page would pass for a site where nothing runs");
}

#[test]
fn a_document_may_name_a_thing_twice() {
    let both =
        serde_json::json!({"id": 5002, "backup_job_execution_id": 5002, "execution_id": 5002, "status": "SUCCESSFUL"});
    let read = serde_json::from_value::<wire::Execution>(both);
    assert!(read.is_ok(), "{read:?}");
}

#[test]
fn one_odd_entry_does_not_hide_the_others() {
    let odd = serde_json::json!({"restore_job_name": "x", "restore_execution_sub_tasks": [null]});
    let read = serde_json::from_value::<wire::Restore>(odd);
    assert!(read.is_ok(), "{read:?}");
}

// ---- documents and numbers ----

#[test]
fn the_highest_attempt_does_not_panic() {
    let wanted = item("model", "t");
    let failed = restore(&name(&wanted, u32::MAX), Some("91"), "FAILED");
    let made = Scene::new(vec![wanted]).shows(vec![failed]).decide();
    assert_eq!(made.items[0].attempt, u32::MAX);
}

#[test]
fn a_saved_changeset_keeps_its_numbers() {
    let mut wanted = item("model", "t");
    wanted.source.execution = ExecutionSelector::Within {
        window_ms: Millis::from_secs(30 * 86_400),
        pick: Pick::Random { seed: 14_029_467_366_897_019_727 },
    };
    let made = Scene::new(vec![wanted]).decide();
    let (_, text) = changeset::save(&made).unwrap();
    assert_eq!(changeset::load(&text).map(|(loaded, _)| loaded).map_err(|e| e.to_string()), Ok(made));
}

#[tokio::test]
async fn runs_come_in_the_order_of_their_opening() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("state.db")).await.unwrap();
    use crate::claims::open;
    open(&store, &Run { opened_at: "2026-11-23T03:00:00Z".parse().unwrap(), ..run("r1") }).await;
    open(&store, &Run { opened_at: "2026-11-23T03:00:00.5Z".parse().unwrap(), ..run("r2") }).await;
    assert_eq!(store.runs().await.unwrap()[0], RunId::new("r2"));
}

// ---- the commands ----

const ENVIRONMENT: &str = "plans/environments/sim.yaml";

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_interval_of_nothing_is_refused() {
    let rig = Rig::new().await;
    rig.change(ENVIRONMENT, "20ms", "0s");
    let ran = rig.run(&["validate", "plans/rename-table.yaml", "--env", "sim"]).await;
    assert_eq!(ran.code, Some(2), "it would ask without a pause, and send after a 429 without a pause: {}", ran.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_leaves_a_child_behind_does_not_hold_us() {
    let rig = Rig::new().await;
    let text = std::fs::read_to_string(rig.path(ENVIRONMENT)).unwrap();
    let line = text.lines().find(|line| line.contains("password:")).unwrap().to_owned();
    let indent = &line[..line.len() - line.trim_start().len()];
    let new = format!("{indent}password: {{command: [/bin/sh, -c, \"echo rehearsal-only; /bin/sleep 60 &\"]}}");
    std::fs::write(rig.path(ENVIRONMENT), text.replace(&line, &new)).unwrap();
    // The child holds our standard error too, so only the end of the process itself is waited for.
    let mut command = rig.command(&["diff", "plans/rename-table.yaml", "--env", "sim"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(45), child.wait()).await;
    assert!(ended.expect("it gives a program 30 seconds, and hangs").unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_in_the_variables_is_not_asked_for_this_machine() {
    let rig = Rig::new().await;
    let line = "  bearer: {env: TOKEN}\n  restore_credentials:";
    rig.change(ENVIRONMENT, "  restore_credentials:", line);
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let heard = std::thread::spawn(move || {
        let mut stream = proxy.accept().unwrap().0;
        let mut bytes = [0u8; 8192];
        let count = stream.read(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..count]).to_string()
    });
    let mut command = rig.command(&["diff", "plans/rename-table.yaml", "--env", "sim"]);
    let ran = Ran::from(command.env("HTTP_PROXY", address).env("TOKEN", "very-secret-token").output().await.unwrap());
    assert_eq!(ran.code, Some(0), "the proxy, on the network in earnest, was told: {}", heard.join().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_is_not_nothing_pending() {
    let rig = Rig::new().await;
    rig.change(ENVIRONMENT, "allow_in_place: true", "allow_in_place: false");
    let ran = rig.run(&["diff", "plans/whole-database.yaml", "--env", "sim", "--detailed-exitcode"]).await;
    assert_ne!(ran.code, Some(0), "0 says that the site is as the plan wants it: {}", ran.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn durations_that_nobody_means_are_refused() {
    let rig = Rig::new().await;
    rig.change(ENVIRONMENT, "settle_window: 300ms", "settle_window: 300ms\n  deadline: 200000000000d");
    rig.run(&["validate", "plans/rename-table.yaml", "--env", "sim"]).await.code(2).says("at most a hundred years");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changeset_is_applied_from_any_folder() {
    let rig = Rig::new().await;
    rig.run(&["diff", "plans/rename-table.yaml", "--env", "sim", "--out", "c.json"]).await.code(0);
    let mut command = rig.command(&["apply", "../c.json"]);
    let output = command.current_dir(rig.path("plans")).output().await.unwrap();
    Ran::from(output).code(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_the_state_is_the_same_state_for_the_lock() {
    let rig = Rig::with(|config| config.throughput = 0).await;
    let apply = ["apply", "plans/rename-table.yaml", "--env", "sim", "--auto-approve"];
    let mut first = rig.start(&apply);
    rig.until("a restore runs", async |rig| !rig.creates().await.is_empty()).await;
    std::os::unix::fs::symlink(rig.path("state.db"), rig.path("link.db")).unwrap();
    let all: Vec<&str> = ["--state", "link.db"].into_iter().chain(apply).collect();
    let second = rig.start(&all);
    let ran = tokio::time::timeout(Duration::from_secs(5), second.wait_with_output()).await;
    first.kill().await.unwrap();
    Ran::from(ran.expect("both apply the same plan").unwrap()).code(1).says("another restorectl");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settle_window_of_nothing_is_refused() {
    let rig = Rig::new().await;
    rig.change(ENVIRONMENT, "300ms", "0s");
    let ran = rig.run(&["validate", "plans/rename-table.yaml", "--env", "sim"]).await;
    assert_eq!(ran.code, Some(2), "the first list after a lost reply would lead to a second create: {}", ran.stdout);
}

// ---- what is listed, and what can't be ----

#[test]
fn a_site_without_any_database_was_not_read() {
    // Each site has `DBC` at least; an empty list is what rights that are missing look like.
    let mut scene = Scene::new(vec![database_item(&["BANK"], OnExisting::Fail)]);
    scene.databases.clear();
    let decision = scene.decide().items.remove(0);
    assert!(!decision.action.sends(), "{}, losing: {}", decision.reason, decision.data_loss);
}

#[test]
fn a_padded_name_is_the_same_name() {
    let padded = serde_json::json!({"name": "BANK                          ", "dbKind": "D"});
    let read = serde_json::from_value::<wire::Database>(padded).unwrap().into_model().unwrap();
    assert_eq!(read.name, ObjectName::bare("BANK").unwrap(), "a database that is there would pass for missing");
}

#[test]
fn a_busy_service_is_not_asked_for_all_items_at_once() {
    let items = (0..20).map(|i| item(&format!("item-{i}"), &format!("t{i}"))).collect();
    let mut scene = Scene::new(items);
    scene.plan.limits.concurrency = 1;
    let mut driven = Driven::start(&scene.decide());
    for index in 0..20 {
        if driven.creates.len() > index {
            let wait_ms = Some(Millis::from_secs(60));
            let busy = CreateOutcome::Rejected { message: "429".into(), retry: true, wait_ms };
            driven.reply(&format!("item-{index}"), busy, 1);
        }
    }
    assert_eq!(driven.creates.len(), 1, "the service asked for a minute's peace");
}

#[test]
fn a_plan_that_begins_to_set_the_name_sees_what_ran_under_the_derived_one() {
    let mut wanted = item("model", "t");
    let running = restore(&name(&wanted, 1), Some("91"), "RUNNING");
    wanted.job_name = Some(JobName::new("nightly_copy"));
    let made = Scene::new(vec![wanted]).shows(vec![running]).decide();
    assert!(!made.items[0].action.sends(), "91 restores this very item: {}", made.items[0].reason);
}

#[test]
fn what_a_step_before_makes_may_be_written_to() {
    // The first step brings the database back, the second copies a table into it.
    let mut first = database_item(&["NEW"], OnExisting::Fail);
    first.name = Slug::parse("base").unwrap();
    let mut second = item("model", "t");
    second.target.database = ObjectName::bare("NEW").ok();
    second.after = vec![first.name.clone()];
    let made = Scene::new(vec![first, second]).decide();
    assert_eq!(made.items[1].action, Action::Create, "{}", made.items[1].reason);
}

#[test]
fn a_restore_that_can_not_be_read_is_not_said_to_run() {
    let mut wanted = item("model", "t");
    wanted.deadline_ms = Millis::from_secs(100);
    let mut driven = Driven::start(&Scene::new(vec![wanted.clone()]).decide());
    driven.reply("model", applied("91"), 1);
    driven.list(vec![restore(&name(&wanted, 1), Some("91"), "RUNNING")], 31);
    driven.tell(Event::Woken, 61);
    driven.tell(Event::Listed { site: site("PROD"), result: Err("503".into()) }, 62);
    // It is looked for once more before its time is said to be up.
    let step = driven.tell(Event::Woken, 101);
    assert!(step.records.is_empty() && !step.effects.is_empty(), "{step:?}");
    let step = driven.tell(Event::Listed { site: site("PROD"), result: Err("503".into()) }, 102);
    let told = format!("{:?}", step.records);
    assert!(told.contains("TimedOut") && !told.contains("still runs at the site"), "{told}");
}

// ---- whole lives with deadlines, interrupts and a limit of failures ----

fn hard_life(seed: u64) -> Vec<String> {
    let mut dice = Dice::new(seed);
    let mut items = Vec::new();
    for index in 0..2 + dice.below(7) {
        let table = if dice.percent(25) { "shared".to_owned() } else { format!("t{index}") };
        let mut made = item(&format!("item-{index}"), &table);
        for before in 0..index {
            if dice.percent(15) {
                made.after.push(Slug::parse(&format!("item-{before}")).unwrap());
            }
        }
        if dice.percent(30) {
            made.group = Some("heavy".into());
        }
        made.on_existing = OnExisting::Replace;
        made.deadline_ms = Millis(dice.below(150_000));
        items.push(made);
    }
    let mut plan = plan(items);
    plan.limits.concurrency = 1 + u32::try_from(dice.below(4)).unwrap();
    plan.limits.retries = u32::try_from(dice.below(3)).unwrap();
    plan.limits.max_failures = dice.percent(30).then(|| 1 + u32::try_from(dice.below(2)).unwrap());
    plan.limits.settle_window_ms = Millis(LATEST + 5_000);
    let mut chance = || dice.below(25);
    let faults = Faults {
        lost_reply: chance(),
        lost_request: chance(),
        late: chance(),
        busy: chance(),
        failure: chance(),
        unreadable: chance(),
        ..Faults::default()
    };
    let world = World::new(dice.roll(), plan, faults, None);
    for _ in 0..12 {
        let (first, second) = (dice.below(300_000), dice.below(300_000));
        let both = vec![(first, Signal::Stop), (first + second, Signal::Leave)];
        let signals = if dice.percent(50) { both } else { Signals::new() };
        let life = if dice.percent(40) { dice.below(200_000) } else { FOREVER };
        match world.run_for(&mut world.apply(signals), life) {
            Some(ended) => drop(ended.unwrap()),
            None if life == FOREVER => return vec![format!("seed {seed}: a run takes for ever")],
            None => world.killed(),
        }
    }
    world.site.broken().into_iter().map(|law| format!("seed {seed}: {law}")).collect()
}

#[test]
fn no_hard_life_breaks_a_law() {
    let broken: Vec<String> = (0..400).flat_map(hard_life).collect();
    assert_eq!(broken, Vec::<String>::new());
}

#[tokio::test]
async fn somebody_elses_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    std::fs::write(&path, "").unwrap();
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    sqlx::query("CREATE TABLE theirs (x)").execute(&pool).await.unwrap();
    pool.close().await;
    assert!(SqliteStore::open(&path).await.is_err(), "our tables were added to it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_holds_as_much_as_a_database() {
    let rig = Rig::new().await;
    let plan = "version: 1\nname: users\nsource: {site: TDICGC73149PP88, job: 1412, execution: latest}\n\
                target: {site: TDICGC73149PP88}\nrestores:\n  - name: bank\n    objects:\n      \
                - object: {type: USER, name: ADW, parent: DBC, parent_type: DATABASE}\n";
    rig.write("plans/users.yaml", plan);
    let ran = rig.run(&["diff", "plans/users.yaml", "--env", "sim", "--format", "json"]).await;
    assert!(
        ran.code == Some(2) || ran.stdout.contains("\"drops\"") || ran.stdout.contains("\"blocked\""),
        "it is restored over itself, and nobody is warned: {ran:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_damaged_run_does_not_hide_the_others() {
    let rig = Rig::new().await;
    rig.run(&["apply", "plans/rename-table.yaml", "--env", "sim", "--auto-approve"]).await.code(0);
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", rig.path("state.db").display())).await.unwrap();
    sqlx::query(
        "INSERT INTO runs SELECT 'damaged', plan, 'elsewhere', opened_at, replace(head, id, 'damaged'), NULL, NULL, '' FROM runs",
    )
    .execute(&pool)
    .await
    .unwrap();
    sqlx::query("INSERT INTO entries VALUES ('damaged', 2, '2026-11-23T03:00:00Z', '{}', NULL)")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    rig.run(&["runs", "list"]).await.code(0).says("rename-table");
}
