//! Runs the cases of a test file.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::changeset::{Intention, decide};
use crate::diagnostic::{Diagnostics, Draft, FileId, Severity, Sources, Span, draft};
use crate::model::suggest::{did_you_mean, listed};
use crate::model::{Environment, Plan, Snapshot};
use crate::plan::{
    Case, LoaderLimits, Placed, ReadFile, Request, Resolution, SnapshotSource, SourceFile, read_snapshot, read_tests,
    resolve, rule,
};

use super::check::{self, Names};
use super::{CaseReport, FileReport, Outcome, situation};

/// More findings of one plan than anybody looks at; a test that expects rules must see them all.
const FINDINGS: usize = 10_000;

/// A test file and the plan that it is for.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The test file.
    pub test: &'a SourceFile,
    /// The path of the plan.
    pub plan: &'a str,
    /// The folder of the plan's environments.
    pub folder: &'a Path,
    /// The names of those.
    pub environments: &'a [String],
    /// Only cases whose names hold this text are run.
    pub filter: Option<&'a str>,
}

/// Runs the cases of a test file, as far as the file can be used.
pub fn run(subject: Subject<'_>, read: &mut ReadFile<'_>) -> FileReport {
    let (tests, diagnostics) = read_tests(subject.test, &LoaderLimits::of_recordings());
    let mut report = FileReport {
        file: subject.test.path.clone(),
        plan: subject.plan.to_owned(),
        diagnostics,
        cases: Vec::new(),
        passed_over: 0,
    };
    let Some(tests) = tests else { return report };
    let wanted = |case: &&Case| subject.filter.is_none_or(|text| case.name.value.contains(text));
    let cases: Vec<&Case> = tests.cases.iter().filter(wanted).collect();
    report.passed_over = tests.cases.len() - cases.len();
    let Some(file) = cases.first().map(|case| case.name.span.file) else { return report };
    let mut sources = report.diagnostics.sources().clone();
    let plan = match read(subject.plan, None) {
        Ok(bytes) => SourceFile { path: subject.plan.to_owned(), bytes },
        Err(why) => {
            let found = draft(
                rule::TESTED_PLAN,
                Span { file, start: 0, end: 0 },
                "",
                format!("this file has no plan `{}`: {why}", subject.plan),
            );
            let found = found.hint("a test file stands beside its plan: `NAME.test.yaml` beside `NAME.yaml`");
            report.diagnostics = Diagnostics::new(sources, vec![found], 1);
            return report;
        }
    };
    let text = sources.add(&plan.path, String::from_utf8_lossy(&plan.bytes).into_owned());
    let mut runner = Runner { subject, plan, text, sources, snapshots: BTreeMap::new(), read };
    report.cases = cases.into_iter().map(|case| runner.case(case)).collect();
    report
}

/// A snapshot from a file, or why there is none.
type ReadSnapshot = Result<Snapshot, (String, Option<Box<Diagnostics>>)>;

struct Runner<'a, 'r, 'f> {
    subject: Subject<'a>,
    plan: SourceFile,
    /// The plan's text among the sources.
    text: FileId,
    sources: Sources,
    /// Snapshots that were read, by their paths.
    snapshots: BTreeMap<String, ReadSnapshot>,
    read: &'r mut ReadFile<'f>,
}

/// What a case can't be run for.
struct Unfit {
    draft: Box<Draft>,
    /// What is wrong with another document, where that is the reason.
    because: Option<Box<Diagnostics>>,
}

impl From<Draft> for Unfit {
    fn from(draft: Draft) -> Self {
        Self { draft: Box::new(draft), because: None }
    }
}

/// What was found in a case that could be run.
#[derive(Default)]
struct Verdict {
    /// What isn't as expected.
    failed: Vec<Draft>,
    /// What doesn't fit the plan.
    invalid: Vec<Draft>,
    because: Option<Diagnostics>,
}

impl Runner<'_, '_, '_> {
    fn case(&mut self, case: &Case) -> CaseReport {
        let verdict = self.judge(case).unwrap_or_else(|unfit| Verdict {
            invalid: vec![*unfit.draft],
            because: unfit.because.map(|because| *because),
            ..Verdict::default()
        });
        let outcome = match (verdict.invalid.is_empty(), verdict.failed.is_empty()) {
            (true, true) => Outcome::Passed,
            (true, false) => Outcome::Failed,
            (false, _) => Outcome::Invalid,
        };
        let mut found = Vec::new();
        if outcome != Outcome::Passed {
            let drafts = [verdict.invalid, verdict.failed].concat();
            found.push(Diagnostics::new(self.sources.clone(), drafts, LoaderLimits::default().diagnostics));
            found.extend(verdict.because);
        }
        CaseReport { name: case.name.value.clone(), place: self.sources.place(case.name.span), outcome, found }
    }

    fn judge(&mut self, case: &Case) -> Result<Verdict, Unfit> {
        let environment = case.environment.as_ref().map(|name| self.environment(name)).transpose()?;
        let mut snapshot = case.snapshot.as_ref().map(|source| self.snapshot(source)).transpose()?;
        if let (Some(snapshot), Some(now)) = (&mut snapshot, case.now) {
            snapshot.taken_at = now;
        }
        let inputs: Vec<(String, String)> = case.inputs.iter().map(|input| input.value.clone()).collect();
        let request = Request {
            plan: &self.plan,
            environment: environment.as_ref(),
            inputs: &inputs,
            // The same for every run of the test, also where nobody says what it is.
            now: case.now.or(snapshot.as_ref().map(|snapshot| snapshot.taken_at)).unwrap_or_default(),
            limits: LoaderLimits { diagnostics: FINDINGS, ..LoaderLimits::default() },
        };
        let resolution = resolve(request, self.read);
        let mut verdict = Verdict { failed: rules(case, &resolution), ..Verdict::default() };
        if case.expect.errors.is_some() || resolution.diagnostics.has_errors() {
            if case.expect.errors.is_none() {
                verdict.invalid = unknown_inputs(case, &resolution);
                if resolution.diagnostics.errors() > verdict.invalid.len() {
                    verdict.failed.push(invalid_plan(case));
                }
            }
            if !verdict.failed.is_empty() && !resolution.diagnostics.is_empty() {
                verdict.because = Some(resolution.diagnostics);
            }
            return Ok(verdict);
        }
        if case.expect.restores.is_empty() && case.expect.others.is_none() {
            return Ok(verdict);
        }
        let (Some(plan), Some(environment)) = (&resolution.plan, &resolution.environment) else {
            let message = "the case names no environment, so nothing can be decided";
            let found = draft(rule::CASE_ENVIRONMENT, case.name.span, &case.name.pointer, message);
            return Err(found.hint("add `environment: NAME` to the case, or at the top of the file").into());
        };
        let Some(snapshot) = snapshot else {
            let message = "the case has no snapshot, so nothing can be decided";
            let found = draft(rule::CASE_SNAPSHOT, case.name.span, &case.name.pointer, message);
            return Err(found.hint("add `snapshot: PATH` to the case, or at the top of the file").into());
        };
        let names = Names::new(plan, &resolution.names);
        self.decisions(case, plan, environment, &names, snapshot, &mut verdict)?;
        Ok(verdict)
    }

    /// Compares what is decided with what is expected of it.
    fn decisions(
        &mut self,
        case: &Case,
        plan: &Plan,
        environment: &Environment,
        names: &Names<'_>,
        mut snapshot: Snapshot,
        verdict: &mut Verdict,
    ) -> Result<(), Unfit> {
        situation::lay_over(&case.earlier, (plan, &environment.name), names, &mut snapshot, &mut verdict.invalid);
        let inputs = case.inputs.iter().map(|input| input.value.clone()).collect();
        let intention = Intention {
            plan,
            file: &self.plan.path,
            environment,
            inputs: &inputs,
            again: case.again,
            opened: &Default::default(),
            tool_version: env!("CARGO_PKG_VERSION"),
        };
        let changeset = decide(&intention, &snapshot).map_err(|error| {
            let message = format!("nothing could be decided: {error}");
            draft(rule::CASE_PLAN, case.name.span, &case.name.pointer, message)
        })?;
        let planned = |line, column| self.sources.rest_of_line(self.text, line, column);
        let found = check::decisions(&case.expect, &changeset, names, &planned);
        verdict.failed.extend(found.failed);
        verdict.invalid.extend(found.unknown);
        Ok(())
    }

    /// The file of an environment.
    fn environment(&mut self, name: &Placed<String>) -> Result<SourceFile, Unfit> {
        let folder = self.subject.folder;
        let path = folder.join(format!("{}.yaml", name.value)).display().to_string();
        let wrong = |message: String| draft(rule::CASE_ENVIRONMENT, name.span, &name.pointer, message);
        let known = self.subject.environments.iter().map(String::as_str);
        if !known.clone().any(|known| known == name.value) {
            let hint = did_you_mean(&name.value, known.clone()).unwrap_or_else(|| match known.len() {
                0 => format!("there is no environment in `{}`", folder.display()),
                _ => format!("there are {}", listed(known, "and")),
            });
            return Err(wrong(format!("there is no environment `{}`", name.value)).hint(hint).into());
        }
        let bytes = (self.read)(&path, None).map_err(|why| wrong(format!("environment `{}`: {why}", name.value)))?;
        Ok(SourceFile { path, bytes })
    }

    fn snapshot(&mut self, source: &Placed<SnapshotSource>) -> Result<Snapshot, Unfit> {
        let relative = match &source.value {
            SnapshotSource::Here(snapshot) => return Ok(Snapshot::clone(snapshot)),
            SnapshotSource::File(relative) => relative,
        };
        let folder = Path::new(&self.subject.test.path).parent().unwrap_or(Path::new(""));
        let path = folder.join(relative).display().to_string();
        let read = match self.snapshots.entry(path) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let read = snapshot_from(new.key(), self.read);
                new.insert(read)
            }
        };
        read.clone().map_err(|(why, because)| {
            let message = format!("no snapshot `{relative}`: {why}");
            let found = draft(rule::CASE_SNAPSHOT, source.span, &source.pointer, message);
            let unread = because.is_none().then(|| "a path is seen from the folder of the test file".to_owned());
            Unfit { because, ..found.maybe_hint(unread).into() }
        })
    }
}

fn snapshot_from(path: &str, read: &mut ReadFile<'_>) -> ReadSnapshot {
    let bytes = read(path, None).map_err(|why| (why, None))?;
    let file = SourceFile { path: path.to_owned(), bytes };
    match read_snapshot(&file, &LoaderLimits::of_recordings()) {
        (Some(snapshot), _) => Ok(snapshot),
        (None, found) => Err(("it is not valid".to_owned(), Some(Box::new(found)))),
    }
}

/// Compares the rules that the plan breaks with those that are expected.
fn rules(case: &Case, resolution: &Resolution) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let expected = [
        (&case.expect.errors, Severity::Error, "breaks", "doesn't break"),
        (&case.expect.warnings, Severity::Warning, "is warned of", "isn't warned of"),
    ];
    for (expected, severity, does, does_not) in expected {
        let Some(list) = expected else { continue };
        let found = resolution.diagnostics.iter().filter(|found| found.severity == severity);
        let found: BTreeSet<&str> = found.map(|found| found.rule).collect();
        for id in list.value.iter().filter(|id| !found.contains(id.value.as_str())) {
            let message = format!("the plan {does_not} `{}`, which is expected", id.value);
            let hint = match found.is_empty() {
                true => "nothing of that kind is wrong with it".to_owned(),
                false => format!("it {does} {}", listed(found.iter().copied(), "and")),
            };
            drafts.push(draft(rule::EXPECTED_RULES, id.span, &id.pointer, message).hint(hint));
        }
        let surplus = found.into_iter().filter(|rule| list.value.iter().all(|id| id.value != *rule));
        let surplus: Vec<&str> = surplus.collect();
        if !surplus.is_empty() {
            let message = format!("the plan {does} {}, which is not expected", listed(surplus, "and"));
            let hint = "expect it too, or mend the plan";
            drafts.push(draft(rule::EXPECTED_RULES, list.span, &list.pointer, message).hint(hint));
        }
    }
    drafts
}

/// Inputs of the case that the plan doesn't declare, as far as its declarations could be read.
fn unknown_inputs(case: &Case, resolution: &Resolution) -> Vec<Draft> {
    let were_read = resolution.diagnostics.iter().any(|found| found.rule == rule::INPUT_UNKNOWN);
    let unknown = case.inputs.iter().filter(|input| were_read && !resolution.inputs.contains(&input.value.0));
    let report = |input: &Placed<(String, String)>| {
        let (name, _) = &input.value;
        let hint = did_you_mean(name, resolution.inputs.iter().map(String::as_str));
        let message = format!("the plan declares no input `{name}`");
        draft(rule::INPUT_UNKNOWN, input.span, &input.pointer, message).maybe_hint(hint)
    };
    unknown.map(report).collect()
}

/// That a plan isn't valid in a case that expects decisions of it.
fn invalid_plan(case: &Case) -> Draft {
    let message = "the plan is not valid in this case, so nothing is decided";
    let found = draft(rule::CASE_PLAN, case.name.span, &case.name.pointer, message);
    found.hint("mend the plan or the case; where the errors are meant, expect them with `errors: [...]`")
}
