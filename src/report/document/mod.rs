//! The report as a typed document. Serialized, this is the JSON report; `schema/report.schema.json` pins its shape.
//!
//! Every field is always there: what isn't known is null, what doesn't exist is an empty list. The words that people
//! read (verdict, rule, reasons, next steps) are made once, here, so that all forms say the same.

mod item;
mod shard;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::item::{
    AnswerKind, AnswerReport, AttemptReport, DataLossReport, ItemReport, ObjectReport, ServiceReport, SourceReport,
    SubTaskReport,
};
pub use self::shard::{MergedReport, MergedRun, MissingShard, ShardReport};
use super::{ObjectiveReport, Standing, Verdict};
use crate::model::Millis;

/// The version of the document's shape.
pub const REPORT_VERSION: u32 = 1;

/// The JSON Schema of the document.
pub const REPORT_SCHEMA: &str = include_str!("../../../schema/report.schema.json");

/// One run, folded from the journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`REPORT_VERSION`].
    pub report_version: u32,
    /// When the report was made.
    pub generated_at: Timestamp,
    /// The version of restorectl that made the report; the run has its own.
    pub generated_by: String,
    /// Whether the API was the simulator: a rehearsal then, and evidence of nothing.
    pub simulated: bool,
    /// The run; of a merged report, what its runs come to together.
    pub run: RunFacts,
    /// The runs that a merged report joins; none for the report of one run.
    pub merged: Option<MergedReport>,
    /// What it came to.
    pub verdict: VerdictReport,
    /// The plan.
    pub plan: PlanReport,
    /// Where it was carried out.
    pub environment: EnvironmentReport,
    /// How many items there are: in the run, or of a merged report in the plan.
    pub total: usize,
    /// How many of them stand where; every standing is listed.
    pub counts: BTreeMap<String, usize>,
    /// Bytes that the site says it restored, where it says so.
    pub bytes_restored: Option<u64>,
    /// What the plan wanted to achieve, and whether this run shows it.
    pub objectives: Vec<ObjectiveReport>,
    /// Every item, in the plan's order.
    pub items: Vec<ItemReport>,
    /// Items that this run didn't try, with the reason.
    pub not_executed: Vec<NotExecuted>,
    /// What may still run at the site; it can't be cancelled from here.
    pub may_still_run: Vec<MayStillRun>,
    /// Checks that the plan declares.
    pub checks: Vec<CheckReport>,
    /// Notes that concern the whole run.
    pub notes: Vec<NoteReport>,
    /// What to do next, in sentences; commands stand in backquotes.
    pub next: Vec<String>,
}

/// The run itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunFacts {
    /// Its id; of a merged report, the ids of its runs, joined by `+`.
    pub id: String,
    /// The shard of the plan that it carried out; none where it was the whole plan.
    pub shard: Option<ShardReport>,
    /// The run that it went on with; none for one that began anew.
    pub resumes: Option<String>,
    /// How far it came.
    pub state: RunProgress,
    /// The user and host that opened it.
    pub opened_by: String,
    /// The version of restorectl that opened it.
    pub tool_version: String,
    /// When it was opened.
    pub started_at: Timestamp,
    /// When it was closed; none for a run that has not ended.
    pub ended_at: Option<Timestamp>,
    /// From start to end; none for a run that has not ended.
    pub duration_ms: Option<Millis>,
    /// The moment of the last entry that the journal holds.
    pub last_entry_at: Option<Timestamp>,
    /// How many entries the journal holds.
    pub entries: u64,
    /// When the site was read for the changeset that this run carried out.
    pub site_read_at: Timestamp,
    /// Over that changeset: the same digest that `diff --save` wrote. Of a merged report, over the list of theirs.
    pub changeset_digest: String,
}

/// How far a run came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunProgress {
    /// Every item reached its end.
    Completed,
    /// Somebody stopped it.
    Interrupted,
    /// The journal has no end: it was killed, or it is still running.
    NotEnded,
}

impl RunProgress {
    /// The words for it on screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Interrupted => "interrupted",
            Self::NotEnded => "not ended: killed or still running",
        }
    }
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictReport {
    /// The verdict.
    pub code: Verdict,
    /// In words.
    pub words: String,
    /// Whether everything that the plan asks for is there, for certain.
    pub green: bool,
    /// The rule that gave it, with the numbers that it was applied to.
    pub rule: String,
}

/// What the report tells of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanReport {
    /// Its name.
    pub name: String,
    /// The file, as the user gave it.
    pub file: String,
    /// Over its meaning.
    pub digest: String,
    /// Inputs that were set on the command line, over what the environment says.
    pub inputs: BTreeMap<String, String>,
    /// What it is for.
    pub description: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Whom to call.
    pub contact: Option<String>,
    /// The change or incident that it belongs to.
    pub ticket: Option<String>,
    /// How much it matters.
    pub criticality: Option<String>,
}

/// Where a run was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentReport {
    /// Its name.
    pub name: String,
    /// The base of the API.
    pub api_url: Option<String>,
}

/// An item that this run didn't try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotExecuted {
    /// The item.
    pub item: String,
    /// Where it stands.
    pub result: Standing,
    /// Why it wasn't tried.
    pub reason: String,
}

/// Something that may still run at the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MayStillRun {
    /// The item that it belongs to.
    pub item: String,
    /// The name it bears at the site.
    pub job_name: String,
    /// The site that it goes to.
    pub target_site: String,
    /// Its id, from the site's own record or from the answer to the create call.
    pub execution_id: Option<String>,
    /// Its status, as last seen.
    pub last_status: Option<String>,
    /// Why that is so.
    pub reason: String,
}

/// A check that the plan declares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    /// Of this item.
    pub item: String,
    /// `rows`, `sql` or `command`.
    pub kind: String,
    /// What the plan says.
    pub declared: serde_json::Value,
    /// What it came to.
    pub result: CheckResult,
}

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckResult {
    /// Nobody ran it, so it shows nothing.
    NotRun,
}

/// A note about the whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteReport {
    /// When it was recorded.
    pub at: Timestamp,
    /// In a sentence.
    pub text: String,
}

/// Why a text is no report that can be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is something else.
    #[error("it is no JSON report of restorectl: {0}")]
    NotOne(#[source] serde_json::Error),
    /// Another version made it.
    #[error(
        "it is a report of version {0}, and this restorectl reads version {REPORT_VERSION}: make it again with this one"
    )]
    Version(u64),
}

/// Reads a JSON report.
///
/// # Errors
/// When it isn't one, or one of another version.
pub fn read(text: &str) -> Result<Report, ReadError> {
    let document: serde_json::Value = serde_json::from_str(text).map_err(ReadError::NotOne)?;
    match document.get("report_version").and_then(serde_json::Value::as_u64) {
        Some(version) if version != u64::from(REPORT_VERSION) => return Err(ReadError::Version(version)),
        _ => {}
    }
    serde_json::from_value(document).map_err(ReadError::NotOne)
}

/// The JSON report: indented, with keys in the document's order and a line break at the end.
///
/// # Errors
/// Never for reports that [`super::build()`] makes: they hold nothing that JSON can't.
pub fn json(report: &Report) -> Result<String, serde_json::Error> {
    pretty(report)
}

/// Any document as indented JSON with a line break at the end.
pub(super) fn pretty<T: Serialize>(document: &T) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(document).map(|text| text + "\n")
}
