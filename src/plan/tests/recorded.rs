//! Recorded snapshots: what is written comes back, and what is wrong in one is said at its place.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::model::{
    BackupExecution, BackupObject, Database, ExecutionId, ExecutionKey, JobId, JobKey, JobName, ObjectName, ObjectType,
    Permission, Reading, RestoreRecord, RestoreStatus, SiteId, Snapshot, SubTask,
};

fn read(text: &str) -> (Option<Snapshot>, String) {
    let (snapshot, found) = read_snapshot(&file("s.yaml", text), &LoaderLimits::default());
    (snapshot, human(&found, Look { width: 160, ..Look::default() }))
}

/// Texts that a service may send, among them those that YAML could take for something else.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~é\\n\\t]{0,24}",
        prop::sample::select(vec![
            "",
            "no",
            "~",
            "007",
            "5002",
            "2026-11-01",
            "{{x}}",
            "# x",
            "a: b",
            "- x",
            "\u{1b}[31m"
        ])
        .prop_map(str::to_owned),
    ]
}

fn moment() -> impl Strategy<Value = Timestamp> {
    (0i64..4_000_000_000_000).prop_map(|ms| Timestamp::from_millisecond(ms).unwrap())
}

fn name() -> impl Strategy<Value = ObjectName> {
    "[A-Za-z\"'. _#{}é,-][ -~é]{0,12}".prop_filter_map("not a name", |text| ObjectName::bare(text).ok())
}

fn an_id() -> impl Strategy<Value = String> {
    prop_oneof!["[1-9][0-9]{0,20}", "0[0-9]{0,3}", "[A-Za-z0-9_.-]{1,8}", "(true|null|1e3|0x1f)"]
}

fn reading<T: std::fmt::Debug + Clone>(each: impl Strategy<Value = T>) -> impl Strategy<Value = Reading<Vec<T>>> {
    prop_oneof![
        4 => prop::collection::vec(each, 0..4).prop_map(Reading::Read),
        1 => "[!-~é][ -~é\\n]{0,20}".prop_map(Reading::Unreadable),
    ]
}

fn listed() -> impl Strategy<Value = BackupObject> {
    let kinds = ObjectType::keys().filter_map(ObjectType::from_key).chain([ObjectType::Other("GLOP SET".into())]);
    let kind = prop::sample::select(kinds.collect::<Vec<_>>());
    let parent = prop_oneof![Just(ObjectName::bare("DBC").ok()), name().prop_map(Some), Just(None)];
    (name(), kind, parent, prop::option::of(any::<u64>())).prop_map(|(name, object_type, parent, bytes)| BackupObject {
        name,
        object_type,
        parent,
        parent_type: None,
        bytes,
    })
}

fn restore() -> impl Strategy<Value = RestoreRecord> {
    let task = (prop::option::of(text()), text(), prop::option::of(moment()), prop::option::of(any::<u64>())).prop_map(
        |(name, status, end_time, bytes)| SubTask {
            name: name.clone(),
            status: RestoreStatus(status),
            status_details: name,
            start_time: end_time,
            end_time,
            bytes,
        },
    );
    let texts = || prop::collection::vec(text(), 0..3);
    let ids = (prop::option::of(text()), prop::option::of(an_id()), prop::option::of(an_id()));
    let rest = (text(), prop::option::of(text()), prop::option::of(moment()), prop::option::of(any::<bool>()));
    (ids, rest, texts(), texts(), prop::collection::vec(task, 0..3)).prop_map(
        |((job_name, execution_id, job_id), (status, details, at, is_failover), errors, warnings, sub_tasks)| {
            RestoreRecord {
                job_name: job_name.map(JobName::new),
                job_id,
                execution_id,
                status: RestoreStatus(status),
                status_details: details.clone(),
                start_time: at,
                end_time: at,
                restored_objects: warnings.clone(),
                errors,
                warnings,
                sub_tasks,
                source_site: details.clone().map(SiteId::new),
                target_site: details.clone().map(SiteId::new),
                dr_site: None,
                snapshot_name: details.clone(),
                snapshot_size: details,
                is_failover,
            }
        },
    )
}

/// What one site showed, with one job and what its executions hold.
type SiteParts = (
    Option<Permission>,
    Option<Reading<Vec<Database>>>,
    Option<Reading<Vec<RestoreRecord>>>,
    BTreeMap<String, Reading<Vec<(BackupExecution, Option<Reading<Vec<BackupObject>>>)>>>,
);

fn site() -> impl Strategy<Value = SiteParts> {
    let why = || "[!-~é][ -~é]{0,20}";
    let permission = prop_oneof![
        Just(Permission::Allowed),
        why().prop_map(Permission::Denied),
        why().prop_map(Permission::NotKnown)
    ];
    let kind = prop_oneof![Just(Some("D".to_owned())), Just(None), text().prop_map(Some)];
    let database = (name(), kind).prop_map(|(name, kind)| Database { name, kind });
    let times = (prop::option::of(moment()), prop::option::of(moment()), prop::option::of(any::<u64>()));
    let execution = (an_id(), text(), times).prop_map(|(id, status, (start_time, end_time, bytes))| BackupExecution {
        id: ExecutionId::new(id),
        status: RestoreStatus(status),
        start_time,
        end_time,
        bytes,
    });
    let executions = reading((execution, prop::option::of(reading(listed()))));
    (
        prop::option::of(permission),
        prop::option::of(reading(database)),
        prop::option::of(reading(restore())),
        prop::collection::btree_map(an_id(), executions, 0..3),
    )
}

fn snapshot() -> impl Strategy<Value = Snapshot> {
    (moment(), prop::collection::btree_map("[A-Za-z0-9_.-]{1,8}", site(), 1..3)).prop_map(|(taken_at, sites)| {
        let mut all = Snapshot {
            taken_at,
            executions: BTreeMap::new(),
            restores: BTreeMap::new(),
            databases: BTreeMap::new(),
            permissions: BTreeMap::new(),
            objects: BTreeMap::new(),
            attempts: Vec::new(),
            settled: false,
        };
        for (name, (permission, databases, restores, jobs)) in sites {
            let site = SiteId::new(name);
            all.permissions.extend(permission.map(|permission| (site.clone(), permission)));
            all.databases.extend(databases.map(|databases| (site.clone(), databases)));
            all.restores.extend(restores.map(|restores| (site.clone(), restores)));
            for (job, executions) in jobs {
                let job = JobKey { site: site.clone(), job: JobId::new(job) };
                let executions = match executions {
                    Reading::Unreadable(why) => Reading::Unreadable(why),
                    Reading::Read(list) => {
                        let mut seen = std::collections::BTreeSet::new();
                        let unique = list.into_iter().filter(|(execution, _)| seen.insert(execution.id.clone()));
                        let executions = unique.map(|(execution, objects)| {
                            let key = ExecutionKey { job: job.clone(), execution: execution.id.clone() };
                            all.objects.extend(objects.map(|objects| (key, objects)));
                            execution
                        });
                        Reading::Read(executions.collect())
                    }
                };
                all.executions.insert(job, executions);
            }
        }
        all
    })
}

proptest! {
    #[test]
    fn what_is_written_comes_back(before in snapshot()) {
        let text = write_snapshot(&before).unwrap();
        // A site that showed nothing at all leaves nothing to write.
        prop_assume!(!text.contains("sites: {}"));
        let (after, found) = read(&text);
        prop_assert_eq!(after.as_ref(), Some(&before), "{}\n{}", text, found);
        prop_assert_eq!(write_snapshot(&before).unwrap(), text);
    }
}

#[test]
fn what_a_hand_writes_is_short() {
    let text = "version: 1\ntaken_at: 2026-11-23T03:00:00Z\nsites:\n  A:\n    databases: [ADW, {name: '\"my db\"', kind: U}]\n    restores: []\n    jobs: {1412: [5001, {id: 5002, status: FAILED}], 1420: {unreadable: 'GET: 503'}}\n";
    let (snapshot, found) = read(text);
    assert_eq!(found, "");
    let snapshot = snapshot.unwrap();
    let site = SiteId::new("A");
    let job = |job: &str| JobKey { site: site.clone(), job: JobId::new(job) };
    let statuses: Vec<String> =
        snapshot.executions_of(&job("1412")).unwrap().iter().map(|e| format!("{} {}", e.id, e.status)).collect();
    assert_eq!(statuses, ["5001 SUCCESSFUL", "5002 FAILED"]);
    assert!(snapshot.executions_of(&job("1420")).unwrap_err().ends_with("could not be read: GET: 503"));
    assert!(snapshot.executions_of(&job("7")).unwrap_err().ends_with("were not read"));
    assert_eq!(snapshot.databases_of(&site).unwrap()[1].name.as_str(), "my db");
    assert_eq!(snapshot.restores[&site], Reading::Read(vec![]));
    assert!(snapshot.permissions.is_empty() && snapshot.objects.is_empty());
}

#[test]
fn mistakes_in_a_snapshot_are_shown_where_they_are() {
    let text = "version: 1\ntaken_at: yesterday\nsites:\n  A:\n    database: [ADW]\n    restores: {unreadable: ''}\n    permission: alowed\n    jobs:\n      1412:\n        - {status: FAILED}\n        - id: 5002\n          end_time: 2026-11-23\n          objects: [{table: orders}, {tabel: ADW.x}, {table: ADW.y, bytes: many}, {object: {type: GLOP}}]\n      1420: 6001\n";
    let (snapshot, found) = read(text);
    assert!(snapshot.is_none());
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("mistakes_in_a_snapshot", found);
    });
}

#[test]
fn of_what_several_snapshots_show_the_newest_counts() {
    let at = |hour: u8, sites: &str| {
        read(&format!("version: 1\ntaken_at: 2026-11-23T0{hour}:00:00Z\nsites: {sites}\n")).0.unwrap()
    };
    let newer = at(5, "{A: {databases: [NEW]}}");
    let older = at(3, "{A: {databases: [OLD], restores: []}, B: {databases: [OTHER]}}");
    let one = newest(vec![newer.clone(), older]).unwrap();
    assert_eq!(one.taken_at, newer.taken_at);
    assert_eq!(one.databases_of(&SiteId::new("A")).unwrap()[0].name.as_str(), "NEW");
    assert_eq!(one.databases_of(&SiteId::new("B")).unwrap()[0].name.as_str(), "OTHER");
    assert!(one.restores.contains_key(&SiteId::new("A")));
    assert_eq!(newest(Vec::new()), None);
}

/// Resolves restores against what a site, a job and a backup showed.
fn against(restores: &str) -> Resolution {
    let snapshot = "version: 1\ntaken_at: 2026-11-23T03:00:00Z\nsites:\n  A:\n    jobs:\n      1:\n        - {id: 11, end_time: 2026-11-01T00:00:00Z}\n        - id: 12\n          end_time: 2026-11-20T00:00:00Z\n          objects: [{table: ADW.orders}, {view: ADW.totals}, {table: BANK.accounts}]\n        - {id: 13, status: FAILED, end_time: 2026-11-22T00:00:00Z}\n      2: {unreadable: 'GET: 503'}\n  B:\n    databases: [ADW, BANKING]\n";
    let (snapshot, found) = read(snapshot);
    assert_eq!(found, "");
    let plan =
        format!("version: 1\nname: test\nsource: {{site: A, job: 1}}\ntarget: {{site: B}}\nrestores:\n{restores}");
    let mut read = |path: &str, _: Option<&Path>| {
        if path == "plan.yaml" { Ok(plan.clone().into_bytes()) } else { no_files(path, None) }
    };
    let mut workspace = Workspace::new(LoaderLimits::default(), NOW, &mut read);
    workspace.check_against(snapshot);
    workspace.resolve("plan.yaml", None, &[])
}

#[test]
fn names_that_the_snapshot_knows_are_no_finding() {
    for restores in [
        "  - {name: a, objects: [{table: adw.ORDERS}, {view: ADW.totals}]}\n",
        "  - {name: a, objects: [{table: BANK.accounts}], target: {database: banking}}\n",
        "  - {name: a, objects: [{table: ADW.orders, rename_to: other}], source: {execution: 12}}\n",
        // A database that comes back is there for what comes after it.
        "  - {name: a, objects: [{database: BANK}]}\n  - {name: b, objects: [{table: BANK.accounts}], after: [a], on_existing: replace}\n",
        "  - {name: a, objects: [{database: ADW, exclude: [ORDERS]}], on_existing: replace}\n",
    ] {
        let resolution = against(restores);
        let found: Vec<&str> = rules(&resolution).into_iter().filter(|rule| rule.starts_with("R4")).collect();
        assert_eq!(found, Vec::<&str>::new(), "{restores}{}", shown(&resolution));
        assert!(resolution.plan.is_some());
    }
}

#[test]
fn names_that_the_snapshot_does_not_know_are_shown_where_they_are() {
    let resolution = against(
        "  - {name: a, objects: [{table: ADW.ordres}, {table: ADW.totals}, {table: BANK.accounts}]}\n  - name: b\n    for_each: [orders, order, nothing]\n    objects: [{table: 'ADW.{{item}}', rename_to: 'b_{{item}}'}]\n    target: {database: BANKIN}\n  - {name: c, objects: [{database: ADW, exclude: [order]}], after: [a, b, d, e, f, g, h, i]}\n  - {name: d, objects: [{table: ADW.orders, rename_to: d}], source: {execution: 21}}\n  - {name: e, objects: [{table: ADW.orders, rename_to: e}], source: {execution: 13}}\n  - {name: f, objects: [{table: ADW.orders, rename_to: f}], source: {execution: {within: 2d}}}\n  - {name: g, objects: [{table: ADW.orders, rename_to: g}], source: {execution: 11}}\n  - {name: h, objects: [{table: ADW.orders, rename_to: h}], source: {job: 2}, target: {site: BB}}\n  - {name: i, objects: [{table: ADW.orders, rename_to: i}], source: {job: 2}}\n  - {name: j, objects: [{database: BANK, rename_to: ADW}], after: [c]}\n",
    );
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("names_that_the_snapshot_does_not_know", shown(&resolution));
    });
    let all: std::collections::BTreeSet<&str> =
        rules(&resolution).into_iter().filter(|rule| rule.starts_with("R4")).collect();
    let every = (401..=409).map(|number| format!("R{number}"));
    assert!(all.iter().map(ToString::to_string).eq(every), "each rule has a place here: {all:?}");
}
