//! A small plan, its backup, and the moment at which everything begins, for tests that need no site.

use std::collections::BTreeMap;

use jiff::Timestamp;
use restorectl::changeset::{Changeset, Intention, decide};
use restorectl::journal::{Entry, Record, Run, SavedChangeset};
use restorectl::model::*;

use crate::schedules::bodies::plans;

pub fn start() -> Timestamp {
    "2026-11-23T03:00:00Z".parse().unwrap()
}

pub fn execution() -> BackupExecution {
    BackupExecution {
        id: ExecutionId::new("5002"),
        status: RestoreStatus("SUCCESSFUL".into()),
        start_time: None,
        end_time: Some("2026-11-22T00:00:00Z".parse().unwrap()),
        bytes: None,
    }
}

/// One table, to be copied to `DRILL` at its own site; whatever is there already is in the way.
pub fn item(name: &str, table: &str) -> Item {
    let mut item = plans::item(name, table);
    item.source.site = SiteId::new("PROD");
    item.target.site = SiteId::new("PROD");
    item.on_existing = OnExisting::Fail;
    item.deadline_ms = Millis::from_secs(3600);
    item
}

pub fn plan(items: Vec<Item>) -> Plan {
    let limits = Limits { concurrency: 3, groups: BTreeMap::from([("heavy".into(), 1)]), ..Limits::default() };
    Plan { name: Slug::parse("drill").unwrap(), purpose: Purpose::default(), limits, items }
}

/// A plan of independent items that each take some time.
pub fn simple(count: usize) -> Plan {
    plan((0..count).map(|i| item(&format!("item-{i}"), &format!("t{i}"))).collect())
}

/// What is to be done about a plan, where the site was found so.
pub fn decided(plan: &Plan, snapshot: &Snapshot, guard: Guard, again: bool) -> Changeset {
    let environment =
        Environment { name: "test".into(), api: None, webhooks: Default::default(), guard, guard_origin: None };
    let intention = Intention {
        plan,
        file: "drill.yaml",
        environment: &environment,
        inputs: &Default::default(),
        again,
        opened: &Default::default(),
        tool_version: "0",
    };
    decide(&intention, snapshot).unwrap()
}

/// A run of the plan, opened at the beginning.
pub fn run(id: &str) -> Run {
    Run {
        id: RunId::new(id),
        plan: Slug::parse("drill").unwrap(),
        environment: "test".into(),
        opened_at: start(),
        turn: 0,
        tool_version: "0".into(),
        opened_by: "me@here".into(),
        service: String::new(),
        resumes: None,
        simulated: true,
        changeset: SavedChangeset::of(&serde_json::json!({"items": []})).unwrap(),
    }
}

/// Records as entries, one a second.
pub fn entries(records: Vec<Record>) -> Vec<Entry> {
    let entry = |(record, seq): (Record, u64)| Entry { seq, at: Millis(seq * 1000).after(start()), record };
    records.into_iter().zip(1..).map(entry).collect()
}

pub fn snapshot(plan: &Plan) -> Snapshot {
    let site = SiteId::new("PROD");
    let database = |name: &str| Database { name: ObjectName::bare(name).unwrap(), kind: None };
    Snapshot {
        taken_at: start(),
        executions: BTreeMap::from([(plan.items[0].source.key(), Reading::Read(vec![execution()]))]),
        restores: BTreeMap::from([(site.clone(), Reading::Read(vec![]))]),
        databases: BTreeMap::from([(site.clone(), Reading::Read(vec![database("DRILL"), database("BANK")]))]),
        permissions: BTreeMap::from([(site, Permission::Allowed)]),
        objects: BTreeMap::new(),
        attempts: vec![],
        settled: false,
    }
}
