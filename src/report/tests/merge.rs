//! Reports of several runs as one.

use serde_json::Value;

use super::scenario::{Scenario, at, decision, happy, hostile};
use crate::changeset::Part;
use crate::journal::{Closed, Record};
use crate::model::{Action, DataLoss, End};
use crate::report::{
    MergeError, ObjectiveVerdict, REPORT_SCHEMA, Report, Style, Verdict, html, human, json, merge, read,
};

/// A run of one shard of a plan with so many restores in each.
fn shard(text: &str, sizes: &[usize], scenario: Scenario) -> Report {
    let mut scenario = scenario;
    scenario.changeset.part = Some(part(text, sizes));
    let mut report = scenario.report();
    report.run.id = format!("run-{}", text.replace('/', "of"));
    report
}

fn part(text: &str, sizes: &[usize]) -> Part {
    let shard = text.parse().unwrap();
    let before: usize = sizes.iter().take(shard_index(text)).sum();
    let here = sizes.get(shard_index(text)).copied().unwrap_or(0);
    Part { shard, sizes: sizes.to_vec(), places: (before..before + here).collect() }
}

fn shard_index(text: &str) -> usize {
    text.parse::<crate::model::Shard>().unwrap().index()
}

fn item(name: &str) -> Scenario {
    Scenario::new(vec![decision(name, Action::Create, "the site has nothing of it")])
}

/// One that succeeded.
fn good(name: &str) -> Scenario {
    item(name)
        .success(5, name, "91")
        .record(700, Record::Noted { item: None, text: "slow".into() })
        .closed(701, Closed::Completed)
}

/// One that failed.
fn bad(name: &str) -> Scenario {
    item(name).ended(9, name, End::Failed, "no more spool space").closed(10, Closed::Completed)
}

fn joined(reports: Vec<Report>) -> Report {
    let mut report = merge(reports, at(6 * 3600)).unwrap();
    report.generated_by = "0.0.0".into();
    report
}

fn valid(report: &Report) {
    let schema: Value = serde_json::from_str(REPORT_SCHEMA).unwrap();
    let validator = jsonschema::options().offline().build(&schema).unwrap();
    let document: Value = serde_json::from_str(&json(report).unwrap()).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn merged_reports_are_pinned() {
    let style = Style::default();
    let all = joined(vec![shard("2/2", &[1, 1], bad("orders")), shard("1/2", &[1, 1], good("model"))]);
    insta::assert_snapshot!("merged_80", human(&all, style));
    let some = joined(vec![shard("1/3", &[1, 1, 3], good("model")), shard("2/3", &[1, 1, 3], good("orders"))]);
    insta::assert_snapshot!("incomplete_80", human(&some, style));
    insta::assert_snapshot!("shard_80", human(&shard("1/3", &[1, 1, 3], good("model")), style));
    insta::assert_snapshot!("incomplete_page", html(&some));
    for report in [&all, &some] {
        valid(report);
    }
}

#[test]
fn a_shards_diff_is_pinned() {
    let mut scenario = happy();
    scenario.changeset.part = Some(part("1/2", &[2, 7]));
    insta::assert_snapshot!("shard_diff_80", super::preview::shown(&scenario.changeset, Style::default()));
    let mut empty = Scenario::new(Vec::new());
    empty.changeset.part = Some(part("3/3", &[1, 0, 0]));
    let text = super::preview::shown(&empty.changeset, Style::default());
    assert!(text.ends_with("to another shard, and was not looked at\n"), "{text}");
}

#[test]
fn a_report_is_read_back_as_it_was_written() {
    for report in [happy().report(), hostile().report(), shard("1/2", &[1, 1], good("model"))] {
        assert_eq!(read(&json(&report).unwrap()).unwrap(), report);
    }
    let merged = joined(vec![shard("1/2", &[1, 1], good("model"))]);
    assert_eq!(read(&json(&merged).unwrap()).unwrap(), merged);
    for text in ["", "{}", "[1]", "{\"report_version\": 1}"] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn verdicts_of_merged_reports_are_no_better_than_the_worst() {
    let sizes = [1, 1];
    let one = |scenario| shard("1/2", &sizes, scenario);
    let two = |scenario| shard("2/2", &sizes, scenario);
    let there = |name: &str| item(name).ended(1, name, End::Satisfied, "it is there").closed(2, Closed::Completed);
    let stopped = |name: &str| item(name).closed(2, Closed::Interrupted);
    for (what, reports, verdict) in [
        ("both good", vec![one(good("a")), two(good("b"))], Verdict::AllSucceeded),
        ("one was there", vec![one(good("a")), two(there("b"))], Verdict::AllSucceeded),
        ("both were there", vec![one(there("a")), two(there("b"))], Verdict::NothingToDo),
        ("one failed", vec![one(good("a")), two(bad("b"))], Verdict::SomeFailed),
        ("one was stopped", vec![one(good("a")), two(stopped("b"))], Verdict::Interrupted),
        ("one was killed", vec![one(stopped("a")), two(item("b"))], Verdict::NotEnded),
        ("one is missing", vec![one(good("a"))], Verdict::Incomplete),
        ("one is missing, and the other was killed", vec![one(item("a"))], Verdict::Incomplete),
    ] {
        let report = joined(reports);
        assert_eq!(report.verdict.code, verdict, "{what}: {}", report.verdict.rule);
        assert_eq!(report.verdict.green, verdict.is_green(), "{what}");
        valid(&report);
    }
}

#[test]
fn objectives_are_measured_over_all_runs_and_never_met_by_a_part() {
    let sizes = [1, 1];
    let mut late = shard("2/2", &sizes, good("b"));
    late.run.started_at = at(600);
    late.run.ended_at = Some(at(1300));
    let met = |report: &Report| report.objectives.iter().map(|o| o.verdict).collect::<Vec<_>>();
    let early = shard("1/2", &sizes, good("a"));
    assert_eq!(met(&early), [ObjectiveVerdict::NotKnown; 2], "{:?}", early.objectives);
    let all = joined(vec![late.clone(), early]);
    assert_eq!(met(&all), [ObjectiveVerdict::Met; 2], "{:?}", all.objectives);
    assert_eq!((all.run.started_at, all.run.ended_at), (at(0), Some(at(1300))));
    assert_eq!(all.run.duration_ms.map(|took| took.0), Some(1_300_000));
    assert_eq!(met(&joined(vec![late])), [ObjectiveVerdict::NotKnown; 2]);
}

#[test]
fn a_run_that_goes_on_with_another_is_one_with_it() {
    // The whole plan, and what failed of it once more.
    let both = Scenario::new(vec![
        decision("model", Action::Create, "the site has nothing of it"),
        decision("orders", Action::Create, "the site has nothing of it"),
    ]);
    let first = both.clone().success(5, "model", "91").ended(9, "orders", End::Failed, "no room");
    let first =
        first.record(10, Record::Noted { item: None, text: "first".into() }).closed(700, Closed::Completed).report();
    let mut second = item("orders").success(800, "orders", "92").closed(1500, Closed::Completed).report();
    (second.run.id, second.run.resumes, second.run.started_at) = ("second".into(), Some(first.run.id.clone()), at(790));
    let all = joined(vec![second.clone(), first.clone()]);
    let results: Vec<_> = all.items.iter().map(|item| (item.name.as_str(), item.place, item.result.code())).collect();
    assert_eq!(results, [("model", 1, "succeeded"), ("orders", 2, "succeeded")]);
    assert_eq!((all.verdict.code, all.run.started_at), (Verdict::AllSucceeded, at(0)));
    assert_eq!(all.notes.len(), 1);

    // A third one that found everything there: what it took to get there is told by those before it.
    let found = both.ended(1, "model", End::Satisfied, "there").ended(1, "orders", End::Satisfied, "there");
    let mut third = found.closed(2, Closed::Completed).report();
    (third.run.id, third.run.resumes, third.run.started_at) = ("third".into(), Some("second".into()), at(1600));
    let all = joined(vec![third.clone(), first.clone(), second.clone()]);
    assert!(all.items.iter().all(|item| item.attempts.len() == 1), "{:?}", all.items);
    assert_eq!(all.merged.as_ref().map(|merged| merged.runs.len()), Some(3));
    // Which came first is told by themselves, and not by the clocks of their hosts.
    let mut skewed = second.clone();
    skewed.run.started_at = at(-7200);
    let all = joined(vec![skewed, third.clone(), first.clone()]);
    assert_eq!(
        all.merged.map(|merged| merged.runs.into_iter().map(|run| run.id).collect()),
        Some(vec![first.run.id.clone(), "second".to_owned(), "third".to_owned()])
    );
    // Without the one between them, nobody can tell.
    assert!(matches!(merge(vec![third, first.clone()], at(0)), Err(MergeError::Rivals { .. })));
    let mut rival = second;
    rival.run.resumes = None;
    assert!(matches!(merge(vec![first, rival], at(0)), Err(MergeError::Rivals { .. })));
    assert!(matches!(merge(Vec::new(), at(0)), Err(MergeError::Nothing)));
}

#[test]
fn shards_that_chose_different_backups_are_told_of() {
    let sizes = [1, 1];
    let (one, mut two) = (shard("1/2", &sizes, good("a")), shard("2/2", &sizes, good("b")));
    assert_eq!(joined(vec![one.clone(), two.clone()]).notes.len(), 2, "theirs alone");
    for item in &mut two.items {
        item.source.execution = Some("78".into());
    }
    let notes = joined(vec![one, two]).notes;
    let last = notes.last().map(|note| note.text.as_str()).unwrap_or_default();
    assert!(last.starts_with("`latest` of job `1412`") && last.contains("(77, 78)"), "{notes:?}");
}

#[test]
fn a_report_that_forgets_shards_is_refused() {
    let forgets = merge(vec![shard("1/3", &[1], good("a"))], at(0)).unwrap_err();
    assert!(matches!(forgets, MergeError::Short { .. }), "{forgets}");
}

#[test]
fn no_item_is_in_two_shards() {
    let sizes = [1, 1];
    let twice = merge(vec![shard("1/2", &sizes, good("a")), shard("2/2", &sizes, good("a"))], at(0)).unwrap_err();
    assert!(matches!(&twice, MergeError::Overlap { item, .. } if item == "a"), "{twice}");
}

/// Reports come from files, and files from anywhere.
#[test]
fn a_hostile_report_forges_nothing() {
    let mut report = shard("1/2", &[1, 1], good("model"));
    let evil = "<script>alert(1)</script>\u{1b}[31m\u{202e}";
    report.run.id = evil.into();
    report.run.opened_by = evil.into();
    report.verdict.words = evil.into();
    report.verdict.green = true;
    report.verdict.rule = evil.into();
    report.next = vec![evil.into()];
    let Some(item) = report.items.first_mut() else { panic!("one item") };
    item.data_loss.class = DataLoss::Drops;
    item.data_loss.words = evil.into();
    let all = joined(vec![report]);
    assert_eq!(all.verdict.words, "incomplete", "it is judged anew");
    let text = human(&all, Style::default());
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    let page = html(&all);
    assert!(page.matches("<script").count() == 1 && !page.contains('\u{1b}') && !page.contains('\u{202e}'), "{page}");
}
