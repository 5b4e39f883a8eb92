//! Runs made by hand: a changeset and the entries that a runner would have written.

use jiff::Timestamp;
use serde_json::json;

use crate::changeset::{Changeset, Decision, PlanFacts, Saw};
use crate::journal::{Closed, Entry, Record, Run, SavedChangeset};
use crate::model::{
    Action, Api, BackupExecution, Check, CreateOutcome, CreateRequest, DataLoss, End, Environment, ExecutionId,
    ExecutionKey, ExecutionSelector, Guard, Item, JobId, JobName, Limits, Millis, Mode, ObjectName, ObjectType,
    Objectives, OnExisting, Options, Origin, PermissionQuery, Purpose, ResourceId, RestoreObject, RestoreRecord,
    RestoreStatus, RunId, SiteId, Slug, Source, SubTask, Target,
};
use crate::report::{Report, build};

/// When every run here starts.
pub(super) const START: &str = "2026-11-23T03:12:07Z";

pub(super) fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = START.parse().unwrap();
    Timestamp::from_second(start.as_second() + seconds).unwrap()
}

pub(super) fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

pub(super) fn name(text: &str) -> ObjectName {
    ObjectName::bare(text).unwrap()
}

pub(super) fn table(parent: &str, table: &str, rename_to: Option<&str>) -> RestoreObject {
    RestoreObject {
        object_type: ObjectType::Table,
        name: name(table),
        parent: name(parent),
        parent_type: ObjectType::Database,
        exclude: Vec::new(),
        include_all: true,
        rename_to: rename_to.map(name),
    }
}

pub(super) fn job(item: &str, attempt: u32) -> JobName {
    JobName::new(format!("bank-dr_{item}_7c1fd0a2_1_{attempt}"))
}

/// A decision to copy one table beside its original from a backup that is 26 hours old.
pub(super) fn decision(item_name: &str, action: Action, reason: &str) -> Decision {
    let source =
        Source { site: SiteId::new("TDICGC73149PP88"), job: JobId::new("1412"), execution: ExecutionSelector::Latest };
    let target = Target { site: SiteId::new("TDICGC73149PP88"), database: Some(name("BANKING")) };
    let objects = vec![table("BANK_MARKETING", item_name, Some(&format!("{item_name}_restored")))];
    let execution = BackupExecution {
        id: ExecutionId::new("77"),
        status: RestoreStatus("SUCCESSFUL".into()),
        start_time: Some(at(-97_200)),
        end_time: Some(at(-93_600)),
        bytes: Some(9_000_000_000),
    };
    let request = CreateRequest {
        job_name: job(item_name, 1),
        source: ExecutionKey { job: source.key(), execution: execution.id.clone() },
        target: target.clone(),
        objects: objects.clone(),
        mode: Mode::Copy,
        options: Options::default(),
    };
    Decision {
        item: Item {
            name: slug(item_name),
            source,
            target,
            objects,
            mode: Mode::Copy,
            options: Options::default(),
            on_existing: OnExisting::Fail,
            allow_reserved: false,
            after: Vec::new(),
            group: None,
            weight: 1,
            priority: 0,
            deadline_ms: Millis::from_secs(7200),
            job_name: None,
            checks: Vec::new(),
            origin: Origin { file: "plans/bank-dr.yaml".into(), line: 12, column: 5 },
        },
        action,
        reason: reason.into(),
        fingerprint: "7c1fd0a2".into(),
        generation: 1,
        attempt: 1,
        used: 0,
        execution: Some(execution),
        request: Some(request),
        refusal: None,
        data_loss: DataLoss::None,
        losses: Vec::new(),
        sizes: Vec::new(),
        notes: Vec::new(),
        bytes: Some(1_288_490_189),
        estimate: None,
        saw: Saw::default(),
    }
}

/// A restore as the site shows it, with the service's own times in seconds from the run's start.
pub(super) fn restore(job_name: &JobName, id: &str, status: &str, start: i64, end: Option<i64>) -> RestoreRecord {
    RestoreRecord {
        job_name: Some(job_name.clone()),
        job_id: Some("501".into()),
        execution_id: Some(id.into()),
        status: RestoreStatus(status.into()),
        start_time: Some(at(start)),
        end_time: end.map(at),
        source_site: Some(SiteId::new("TDICGC73149PP88")),
        target_site: Some(SiteId::new("TDICGC73149PP88")),
        ..RestoreRecord::default()
    }
}

pub(super) fn sub_task(task: &str, status: &str, start: i64, end: Option<i64>, bytes: u64) -> SubTask {
    SubTask {
        name: Some(task.into()),
        status: RestoreStatus(status.into()),
        status_details: None,
        start_time: Some(at(start)),
        end_time: end.map(at),
        bytes: Some(bytes),
    }
}

/// A changeset with the entries of a run that carries it out.
#[derive(Debug, Clone)]
pub(super) struct Scenario {
    pub(super) changeset: Changeset,
    pub(super) entries: Vec<Entry>,
    pub(super) simulated: bool,
}

impl Scenario {
    pub(super) fn new(decisions: Vec<Decision>) -> Self {
        let api = Api {
            url: "https://api.example.com/data-protection/v2".into(),
            headers: Default::default(),
            bearer: None,
            restore_credentials: None,
            permission_query: PermissionQuery::default(),
            ca_file: None,
            timeout_ms: Millis::from_secs(60),
            allow_plain_http: false,
        };
        let changeset = Changeset {
            version: 1,
            tool_version: "0.1.0".into(),
            created_at: at(-10),
            expires_at: at(86_390),
            plan: PlanFacts {
                name: slug("bank-dr"),
                file: "plans/bank-dr.yaml".into(),
                digest: "sha256:0d8c3b".into(),
                inputs: [("suffix".to_owned(), "_drill".to_owned())].into(),
                purpose: Purpose {
                    description: Some("Bring the bank's models back beside production.".into()),
                    owner: Some("data-platform".into()),
                    contact: Some("dba-oncall@example.com".into()),
                    criticality: Some("tier-1".into()),
                    ticket: Some("CHG-1234".into()),
                    objectives: Objectives {
                        rto_ms: Some(Millis::from_secs(4 * 3600)),
                        rpo_ms: Some(Millis::from_secs(30 * 3600)),
                    },
                },
            },
            environment: Environment {
                name: "prod".into(),
                api: Some(api),
                guard: Guard::default(),
                webhooks: Default::default(),
                guard_origin: None,
            },
            again: false,
            opened: Default::default(),
            part: None,
            selection: None,
            strays: Vec::new(),
            limits: Limits::default(),
            items: decisions,
        };
        Self { changeset, entries: Vec::new(), simulated: false }
    }

    pub(super) fn record(mut self, seconds: i64, record: Record) -> Self {
        let seq = self.entries.len() as u64 + 1;
        self.entries.push(Entry { seq, at: at(seconds), record });
        self
    }

    pub(super) fn sent(self, seconds: i64, item: &str, attempt: u32) -> Self {
        let record = Record::Intent {
            item: slug(item),
            job_name: job(item, attempt),
            generation: 1,
            attempt,
            prior: Vec::new(),
            writes: Vec::new(),
        };
        self.record(seconds, record)
    }

    pub(super) fn replied(self, seconds: i64, item: &str, outcome: CreateOutcome) -> Self {
        self.record(seconds, Record::Replied { item: slug(item), outcome })
    }

    pub(super) fn accepted(self, seconds: i64, item: &str, id: &str) -> Self {
        self.replied(seconds, item, CreateOutcome::Applied { resource_id: Some(ResourceId::new(id)) })
    }

    pub(super) fn observed(self, seconds: i64, item: &str, restore: RestoreRecord) -> Self {
        self.record(seconds, Record::Observed { item: slug(item), restore })
    }

    pub(super) fn ended(self, seconds: i64, item: &str, end: End, reason: &str) -> Self {
        self.record(seconds, Record::Ended { item: slug(item), end, reason: reason.into() })
    }

    pub(super) fn closed(self, seconds: i64, how: Closed) -> Self {
        self.record(seconds, Record::Closed { how })
    }

    /// Sends, is accepted, works and succeeds.
    pub(super) fn success(self, from: i64, item: &str, id: &str) -> Self {
        let done = restore(&job(item, 1), id, "COMPLETED_SUCCESSFULLY", from + 5, Some(from + 600));
        self.sent(from, item, 1).accepted(from + 1, item, id).observed(from + 605, item, done).ended(
            from + 605,
            item,
            End::Succeeded,
            "the site restored it",
        )
    }

    pub(super) fn run(&self) -> Run {
        Run {
            id: RunId::new("20261123T031207Z-5f3a"),
            plan: self.changeset.plan.name.clone(),
            environment: self.changeset.environment.name.clone(),
            opened_at: at(0),
            turn: 1,
            tool_version: "0.1.0".into(),
            service: String::new(),
            resumes: None,
            simulated: self.simulated,
            opened_by: "alice@bastion".into(),
            changeset: SavedChangeset::of(&self.changeset).unwrap(),
        }
    }

    /// The report, five hours after the run's start, by a version that doesn't change with the package's.
    pub(super) fn report(&self) -> Report {
        let mut report = build(&self.run(), &self.entries, at(5 * 3600)).unwrap();
        report.generated_by = "0.0.0".into();
        report
    }
}

/// One restore with sub-tasks, one that was there.
pub(super) fn happy() -> Scenario {
    let mut model = decision("model", Action::Create, "the site has nothing of it");
    model.item.checks = vec![Check::Rows(json!({"table": "BANKING.model_restored", "at_least": 1}))];
    let there = decision("scores", Action::Satisfied, "bank-dr_scores_7c1fd0a2_1_1 restored it on 2026-11-22");
    let mut done = restore(&job("model", 1), "91", "COMPLETED_WITH_WARNINGS", 60, Some(1300));
    done.warnings = vec!["statistics of model could not be copied".into()];
    done.restored_objects = vec!["BANKING.model_restored: COMPLETED_SUCCESSFULLY".into()];
    done.sub_tasks = vec![
        sub_task("stream 1", "COMPLETED_SUCCESSFULLY", 180, Some(1200), 800_000_000),
        sub_task("stream 2", "COMPLETED_SUCCESSFULLY", 190, Some(1290), 488_490_189),
    ];
    Scenario::new(vec![model, there])
        .ended(0, "scores", End::Satisfied, "bank-dr_scores_7c1fd0a2_1_1 restored it on 2026-11-22")
        .sent(1, "model", 1)
        .accepted(2, "model", "91")
        .observed(60, "model", restore(&job("model", 1), "91", "QUEUED", 60, None))
        .observed(1305, "model", done)
        .ended(1305, "model", End::SucceededWithWarnings, "the site restored it and warns of something")
        .closed(1306, Closed::Completed)
}

/// Everything that can go wrong in one run.
pub(super) fn trouble() -> Scenario {
    let mut in_place = decision("orders", Action::Retry, "bank-dr_orders_7c1fd0a2_1_1 ended as FAILED");
    in_place.item.target.database = None;
    in_place.item.objects = vec![table("BANK_MARKETING", "orders", None)];
    in_place.item.on_existing = OnExisting::Replace;
    in_place.data_loss = DataLoss::Replaces;
    in_place.losses = vec!["replaces `BANK_MARKETING.orders`, data and definition, with the backup's".into()];
    in_place.attempt = 2;
    let mut after = decision("views", Action::Create, "the site has nothing of it");
    after.item.after = vec![slug("orders")];
    let mut blocked = decision("audit", Action::Blocked, "database `AUDIT` does not exist at site `TDICGC73149PP88`");
    blocked.execution = None;
    blocked.request = None;
    blocked.bytes = None;
    let note = "the API lists no tables: a table of the new name can't be seen";
    let mut created = decision("model", Action::Create, "the site has nothing of it");
    created.notes = vec![note.into()];
    let mut lost = decision("clicks", Action::Create, "the site has nothing of it");
    lost.notes = vec![note.into()];

    let failed = |attempt: u32, id: &str, from: i64| {
        let mut restore = restore(&job("orders", attempt), id, "FAILED", from, Some(from + 120));
        restore.status_details = Some("2 of 3 streams failed".into());
        restore.errors = vec!["[3802] Database 'BANK_MARKETING' does not exist.".into()];
        restore.sub_tasks = vec![
            sub_task("stream 1", "COMPLETED_SUCCESSFULLY", from + 10, Some(from + 90), 4_096),
            sub_task("stream 2", "FAILED", from + 10, Some(from + 120), 0),
        ];
        restore
    };
    let lost_job = restore(&job("clicks", 1), "94", "COMPLETED_SUCCESSFULLY", 12, Some(700));
    let adopted = |status: &str, end| restore(&job("logs", 1), "88", status, -300, end);
    Scenario::new(vec![
        created,
        in_place,
        decision("logs", Action::Adopt, "bank-dr_logs_7c1fd0a2_1_1 is running at the site"),
        lost,
        decision("history", Action::Create, "the site has nothing of it"),
        after,
        blocked,
    ])
    .ended(0, "audit", End::Blocked, "database `AUDIT` does not exist at site `TDICGC73149PP88`")
    .record(
        1,
        Record::Adopted {
            item: slug("logs"),
            job_name: job("logs", 1),
            generation: 1,
            attempt: 1,
            seen: Some(adopted("RUNNING", None)),
            accepted: false,
            resource_id: None,
            prior: Vec::new(),
        },
    )
    .sent(2, "orders", 2)
    .accepted(3, "orders", "92")
    .observed(150, "orders", failed(2, "92", 10))
    .record(150, Record::AttemptFailed { item: slug("orders"), reason: "FAILED: 2 of 3 streams failed".into() })
    .sent(160, "orders", 3)
    .accepted(161, "orders", "93")
    .observed(300, "orders", failed(3, "93", 170))
    .ended(300, "orders", End::Failed, "FAILED: 2 of 3 streams failed; no attempt is left")
    .ended(300, "views", End::Skipped, "it comes after `orders`, which failed")
    .sent(301, "clicks", 1)
    .replied(331, "clicks", CreateOutcome::Unknown { message: "POST .../restores: timed out after 30s".into() })
    .observed(340, "clicks", lost_job.clone())
    .ended(705, "clicks", End::Succeeded, "the site restored it")
    .observed(800, "logs", adopted("COMPLETED_SUCCESSFULLY", Some(790)))
    .ended(800, "logs", End::Succeeded, "the site restored it")
    .success(810, "model", "95")
    .sent(1500, "history", 1)
    .accepted(1501, "history", "96")
    .observed(1560, "history", restore(&job("history", 1), "96", "BLOCKED", 1505, None))
    .ended(8700, "history", End::TimedOut, "its deadline of 2h passed while the site showed BLOCKED")
    .record(8700, Record::Noted { item: None, text: "no new work was started after 2 failures".into() })
    .closed(8701, Closed::Completed)
}

/// Somebody pressed Ctrl-C while one restore ran.
pub(super) fn interrupted() -> Scenario {
    Scenario::new(vec![
        decision("model", Action::Create, "the site has nothing of it"),
        decision("orders", Action::Create, "the site has nothing of it"),
        decision("views", Action::Create, "the site has nothing of it"),
    ])
    .success(1, "model", "91")
    .sent(610, "orders", 1)
    .accepted(611, "orders", "92")
    .observed(640, "orders", restore(&job("orders", 1), "92", "RUNNING", 615, None))
    .closed(700, Closed::Interrupted)
}

/// The process died; the journal shows items in every unfinished state.
pub(super) fn killed() -> Scenario {
    let names = ["model", "orders", "views", "logs", "clicks", "history"];
    let create = |item: &&str| decision(item, Action::Create, "the site has nothing of it");
    let rejected = CreateOutcome::Rejected { message: "POST .../restores: 429".into(), retry: true, wait_ms: None };
    Scenario::new(names.iter().map(create).collect())
        .success(1, "model", "91")
        .sent(610, "orders", 1)
        .accepted(611, "orders", "92")
        .observed(640, "orders", restore(&job("orders", 1), "92", "RUNNING", 615, None))
        .sent(612, "views", 1)
        .accepted(613, "views", "93")
        .observed(650, "views", restore(&job("views", 1), "93", "COMPLETED_SUCCESSFULLY", 615, Some(645)))
        .sent(660, "logs", 1)
        .replied(661, "logs", rejected)
        .sent(670, "clicks", 1)
}

/// Something that a terminal or a browser would obey.
pub(super) const EVIL: &str = "\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}1m\r\nALL SUCCEEDED\u{202e}\u{200b}\0</style></svg><script>alert(1)</script>\"' onload='x`";

/// The run with all troubles, where every text of the service and the plan is [`EVIL`].
pub(super) fn hostile() -> Scenario {
    let mut scenario = trouble();
    let evil = || EVIL.to_owned();
    for entry in &mut scenario.entries {
        match &mut entry.record {
            Record::Observed { restore, .. } | Record::Adopted { seen: Some(restore), .. } => {
                restore.status_details = Some(evil());
                restore.errors.push(evil());
                restore.warnings.push(evil());
                restore.restored_objects.push(evil());
                restore.snapshot_name = Some(evil());
                restore.sub_tasks.push(sub_task(EVIL, EVIL, 1, Some(2), 3));
                restore.execution_id = Some(evil());
            }
            Record::Replied { outcome: CreateOutcome::Unknown { message }, .. } => *message = evil(),
            Record::Replied { outcome: CreateOutcome::Applied { resource_id }, .. } => {
                *resource_id = Some(ResourceId::new(EVIL));
            }
            Record::AttemptFailed { reason, .. } | Record::Ended { reason, .. } => *reason = evil(),
            Record::Noted { text, .. } => *text = evil(),
            _ => {}
        }
    }
    scenario.changeset.plan.file = evil();
    scenario.changeset.plan.purpose.owner = Some(evil());
    scenario.changeset.environment.name = evil();
    for decision in &mut scenario.changeset.items {
        decision.reason = evil();
        decision.notes.push(evil());
        decision.losses.push(evil());
        decision.item.source.site = SiteId::new(EVIL);
        decision.item.target.site = SiteId::new(EVIL);
        decision.item.objects = vec![table("P", &EVIL.replace('\0', ""), None)];
        decision.item.checks = vec![Check::Sql(json!({"query": EVIL}))];
    }
    scenario
}
