//! Tests of plans: the document beside a plan that says what must be decided in which situation.
//!
//! It is read like a plan, with the place of everything, so that an expectation that isn't met is reported where it
//! was written. What it means to meet one is told elsewhere; here is only what the author said.

mod expect;
mod read;

use jiff::Timestamp;

use crate::diagnostic::{Diagnostics, Sources};
use crate::model::{Action, DataLoss, ExecutionId, JobName, PastFate, RestoreRecord, Snapshot};

use super::findings::Findings;
use super::load::{Privacy, load};
use super::place::{Place, Placed};
use super::{LoaderLimits, SourceFile, schema};

/// The cases of a test file, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestFile {
    /// At least one.
    pub cases: Vec<Case>,
}

/// One situation and what is expected of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What it shows; unique in the file.
    pub name: Placed<String>,
    /// The environment that the plan is resolved for.
    pub environment: Option<Placed<String>>,
    /// Inputs as `--input` would set them, in their order.
    pub inputs: Vec<Placed<(String, String)>>,
    /// What the sites show.
    pub snapshot: Option<Placed<SnapshotSource>>,
    /// The moment of the decision. None: the snapshot's.
    pub now: Option<Timestamp>,
    /// Whether `--again` is given.
    pub again: bool,
    /// Earlier restores by the names of the plan's restores, laid over the snapshot.
    pub earlier: Vec<(Placed<String>, Vec<Earlier>)>,
    /// What must come of it.
    pub expect: Expect,
}

/// Where a case's snapshot is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotSource {
    /// In this file, by its path from the test file.
    File(String),
    /// In the test file itself.
    Here(Box<Snapshot>),
}

/// An earlier restore of one of the plan's restores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// What the site shows of it, still without its name. None: nothing.
    pub shown: Option<RestoreRecord>,
    /// What the journal knows of it, and when it was written down. None: nothing.
    pub journal: Option<(PastFate, Option<Timestamp>)>,
    /// Whether it was made from this very definition.
    pub same_definition: bool,
    /// Its generation, from 1.
    pub generation: u32,
    /// Its number in the generation, from 1.
    pub attempt: u32,
}

/// What must come of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// Of single restores, by their names.
    pub restores: Vec<(Placed<String>, ExpectedDecision)>,
    /// Of all other restores.
    pub others: Option<Placed<Others>>,
    /// The rules that the plan must break. None: it must be valid.
    pub errors: Option<Placed<Vec<Placed<String>>>>,
    /// The rules that the plan must be warned of. None: warnings don't matter.
    pub warnings: Option<Placed<Vec<Placed<String>>>>,
}

/// What is expected of the restores that aren't named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// There are none.
    None,
    /// There are some, and this is decided for each.
    All(Action),
}

/// What must be decided for a restore. What is empty or none doesn't matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedDecision {
    /// What is to be done.
    pub action: Option<Placed<Action>>,
    /// Parts of the reason.
    pub reason: Vec<Placed<String>>,
    /// Parts of what is said against sending it.
    pub refused: Vec<Placed<String>>,
    /// What it destroys at the target.
    pub data_loss: Option<Placed<DataLoss>>,
    /// Parts of what is said about that.
    pub loses: Vec<Placed<String>>,
    /// Parts of notes.
    pub notes: Vec<Placed<String>>,
    /// The backup execution that it comes from.
    pub execution: Option<Placed<ExecutionId>>,
    /// The name that it is sent under.
    pub job_name: Option<Placed<JobName>>,
    /// The number of the next or the running attempt.
    pub attempt: Option<Placed<u32>>,
}

/// Reads a test file. None: something is wrong with it, and the diagnostics say what.
pub fn read_tests(file: &SourceFile, limits: &LoaderLimits) -> (Option<TestFile>, Diagnostics) {
    let mut sources = Sources::default();
    let mut findings = Findings::new();
    let root = load(&file.path, file.bytes.clone(), Privacy::Open, limits, &mut sources, &mut findings);
    let read = root.map(|mut root| {
        schema::validate(&schema::PLAN_TEST, &mut root, &|at| (at.clone(), None), &mut findings);
        read::test_file(&Place::root(&root, &sources), &mut findings)
    });
    let read = read.filter(|_| !findings.has_errors());
    let dropped = findings.dropped();
    let found = Diagnostics::new(sources, findings.into_drafts(), limits.diagnostics);
    (read, found.and_more(dropped.0, dropped.1))
}
