//! A plan from the record of a restore, as far as that tells.
//!
//! The record names neither the backup nor any object. What isn't known is marked, in a form that validates and that no
//! site has, so that the plan can be read and can't be carried out until somebody puts in what they know.

use serde_json::{Map, Value, json};

use super::naming::{Names, plan_name};
use super::reasons;
use super::sketch::{Entry, Object, Part, Restore, Sketch};
use super::{ComposeError, findings};
use crate::model::{ExecutionSelector, JobId, Millis, OnExisting, RestoreRecord, SiteId, Slug};
use crate::model::{bytes, count};
use crate::plan::render;

/// Stands for a job that isn't known: an id in form, and none that a service gives.
const UNKNOWN_JOB: &str = "REPLACE-ME";

/// Stands for an object that isn't known.
const UNKNOWN_TABLE: &str = "REPLACE_ME.REPLACE_ME";

/// How many parts and messages of the record are shown of each kind.
const SHOWN: usize = 40;

/// The shortest deadline that is proposed: what holds where nothing is said.
const LEAST_DEADLINE: Millis = Millis::from_secs(6 * 3600);

/// The longest: a record with odd times is no reason for more.
const MOST_DEADLINE: Millis = Millis::from_secs(7 * 24 * 3600);

/// What to make a plan of.
#[derive(Debug, Clone)]
pub struct RestoreImport<'a> {
    /// Where editors find the schema, as seen from the plan's file.
    pub schema: Option<&'a str>,
    /// The plan's name; like the restore's where none.
    pub name: Option<&'a Slug>,
    /// The record.
    pub record: &'a RestoreRecord,
    /// The site that lists it.
    pub site: &'a SiteId,
    /// The backup job, where somebody knows it.
    pub job: Option<&'a JobId>,
    /// What the plan is to say about the execution.
    pub execution: &'a ExecutionSelector,
    /// The plan and the item of ours that the restore's name speaks of.
    pub made_by: Option<&'a str>,
}

impl RestoreImport<'_> {
    /// Composes the plan.
    ///
    /// # Errors
    /// When what the record holds can't stand in a plan.
    pub fn compose(&self) -> Result<String, ComposeError> {
        let text = self.sketch().write();
        match findings(&text).iter().next() {
            Some(found) => Err(ComposeError::new(format!("the record gives no sound plan: {}", found.message))),
            None => Ok(text),
        }
    }

    fn called(&self) -> &str {
        self.record.job_name.as_ref().map_or("without a name", |name| name.as_str())
    }

    fn took(&self) -> Option<Millis> {
        Some(Millis::between(self.record.start_time?, self.record.end_time?))
    }

    /// Twice what the restore took, in whole hours, within reason.
    fn deadline(&self) -> Millis {
        let hours = self.took().map_or(0, |took| took.0.saturating_mul(2).div_ceil(3_600_000));
        Millis::from_secs(hours.saturating_mul(3600)).clamp(LEAST_DEADLINE, MOST_DEADLINE)
    }

    fn sketch(&self) -> Sketch {
        let source_site = self.record.source_site.as_ref();
        let target_site = self.record.target_site.as_ref();
        let source = source_site.unwrap_or(self.site);
        let target = target_site.unwrap_or(source);
        let stated = |entry: Entry, stated: bool| if stated { entry } else { entry.remark("the record doesn't tell") };
        let job = self.job.map_or(UNKNOWN_JOB, JobId::as_str);
        let mut execution = Entry::new("execution", render::execution(self.execution));
        if *self.execution == ExecutionSelector::Latest {
            execution = execution.remark(reasons::LATEST);
        }
        Sketch {
            schema: self.schema.map(str::to_owned),
            head: self.head(),
            purpose: vec![
                Entry::new("name", self.name.map_or_else(|| plan_name(self.called()), Slug::to_string)),
                Entry::text("description", &format!("As restore {} did.", self.called())),
            ],
            source: Part {
                comment: Vec::new(),
                entries: vec![
                    stated(Entry::text("site", source.as_str()), source_site.is_some()),
                    stated(Entry::new("job", render::id(job)), self.job.is_some()),
                    execution,
                ],
            },
            target: Part {
                comment: vec!["Add `database` if it went into another one.".to_owned()],
                entries: vec![stated(Entry::text("site", target.as_str()), target_site.is_some())],
            },
            limits: reasons::limits(&render::duration(self.deadline())),
            before_restores: vec!["`on_existing: fail` until somebody decides what may be replaced.".to_owned()],
            restores: vec![Restore {
                comment: Vec::new(),
                name: Names::default().like(self.called(), "restore"),
                objects: vec![unknown_object()],
                on_existing: json!(OnExisting::Fail),
                after: Vec::new(),
            }],
            tail: Vec::new(),
        }
    }

    fn head(&self) -> Vec<String> {
        let id = self.record.execution_id.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
        let mut head = vec![format!(
            "A starting point, written by `restorectl import` from the record of restore {}{id} at site {}.",
            self.called(),
            self.site
        )];
        head.push(format!("The record tells: {}.", self.told().join(", ")));
        let job = if self.job.is_some() { "" } else { "the backup job, " };
        let execution = if *self.execution == ExecutionSelector::Latest { "the execution, " } else { "" };
        head.push(format!(
            "It doesn't tell, because the service keeps nothing of it there: {job}{execution}the objects and what they were \
             renamed to, the target database, the mode and the options. Put in what you know where `REPLACE` stands. Until \
             then this validates and `diff` refuses it, because nothing is called that."
        ));
        head.extend(self.made_by.map(|item| {
            format!(
                "The name is one that restorectl gives: it was made by {item}, and that plan says what it restored."
            )
        }));
        let parts: Vec<&str> = self.record.sub_tasks.iter().filter_map(|task| task.name.as_deref()).collect();
        head.extend(list("Its parts were named", &parts));
        let objects: Vec<&str> = self.record.restored_objects.iter().map(String::as_str).collect();
        head.extend(list("Of the objects the service said", &objects));
        head.push(reasons::whose(&reasons::UNTOLD));
        head
    }

    fn told(&self) -> Vec<String> {
        let record = self.record;
        let moment = |at: jiff::Timestamp| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let mut told = Vec::new();
        told.push(if record.status.0.is_empty() { "no status".to_owned() } else { record.status.to_string() });
        told.extend(record.start_time.map(|at| format!("begun {}", moment(at))));
        told.extend(record.end_time.map(|at| format!("ended {}", moment(at))));
        told.extend(self.took().map(|took| format!("took {took}")));
        told.extend(record.bytes().map(bytes));
        told.extend(record.source_site.as_ref().map(|site| format!("from site {site}")));
        told.extend(record.target_site.as_ref().map(|site| format!("to site {site}")));
        told.extend(record.snapshot_name.as_ref().map(|name| format!("snapshot {name}")));
        told
    }
}

/// Texts of the record, the first of many.
fn list(what: &str, texts: &[&str]) -> Option<String> {
    if texts.is_empty() {
        return None;
    }
    let mut shown: Vec<String> = texts.iter().take(SHOWN).map(|text| format!("`{text}`")).collect();
    if texts.len() > SHOWN {
        shown.push(format!("{} more", count(texts.len() - SHOWN, "entry")));
    }
    Some(format!("{what}: {}.", shown.join(", ")))
}

fn unknown_object() -> Object {
    let entry: Map<String, Value> = Map::from_iter([("table".to_owned(), json!(UNKNOWN_TABLE))]);
    Object {
        comment: Some("The objects, one entry each: `table: DATABASE.name`, `view: ...`, `database: ...`".to_owned()),
        entry,
    }
}
