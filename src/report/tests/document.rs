//! The document itself: what it says, and that its shape is the pinned one.

use serde_json::Value;

use super::scenario::{self, Scenario, at, decision, happy, interrupted, job, killed, restore, slug, trouble};
use crate::journal::{Closed, Entry, Record, SavedChangeset};
use crate::model::{Action, End, Millis, OnExisting};
use crate::report::{
    ObjectiveKind, ObjectiveVerdict, REPORT_SCHEMA, Report, ReportError, Standing, Verdict, build, json,
};

fn scenarios() -> Vec<(&'static str, Scenario)> {
    vec![
        ("happy", happy()),
        ("trouble", trouble()),
        ("interrupted", interrupted()),
        ("killed", killed()),
        ("late", late()),
        ("empty", Scenario::new(Vec::new()).closed(1, Closed::Completed)),
        ("no entry at all", Scenario::new(vec![decision("model", Action::Create, "new")])),
    ]
}

/// A create that was given up and turned up after the next one had succeeded.
fn late() -> Scenario {
    let first = restore(&job("model", 1), "90", "RUNNING", 400, None);
    Scenario::new(vec![decision("model", Action::Create, "the site has nothing of it")])
        .sent(1, "model", 1)
        .replied(31, "model", crate::model::CreateOutcome::Unknown { message: "timed out".into() })
        .record(100, Record::NotFound { item: slug("model") })
        .sent(101, "model", 2)
        .accepted(102, "model", "91")
        .observed(300, "model", restore(&job("model", 2), "91", "COMPLETED_SUCCESSFULLY", 110, Some(290)))
        .ended(300, "model", End::Succeeded, "the site restored it")
        .record(400, Record::Late { item: slug("model"), job_name: job("model", 1), restore: first })
        .closed(401, Closed::Completed)
}

#[test]
fn every_report_has_the_pinned_shape() {
    let schema: Value = serde_json::from_str(REPORT_SCHEMA).unwrap();
    let validator = jsonschema::options().offline().build(&schema).unwrap();
    for (name, scenario) in scenarios() {
        let text = json(&scenario.report()).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        assert!(text.ends_with("}\n"), "{name}");
    }
}

#[test]
fn the_schema_refuses_another_shape() {
    let schema: Value = serde_json::from_str(REPORT_SCHEMA).unwrap();
    let validator = jsonschema::options().offline().build(&schema).unwrap();
    let whole: Value = serde_json::from_str(&json(&happy().report()).unwrap()).unwrap();
    let spoil: [fn(&mut Value); 4] = [
        |document| document["report_version"] = 2.into(),
        |document| document["items"][0]["result"] = "great".into(),
        |document| document["surprise"] = true.into(),
        |document| document["run"].as_object_mut().map(|run| run.remove("ended_at")).map_or((), drop),
    ];
    for spoil in spoil {
        let mut document = whole.clone();
        spoil(&mut document);
        assert!(!validator.is_valid(&document), "{document:#}");
    }
}

#[test]
fn the_json_form_is_pinned() {
    insta::assert_snapshot!("happy_json", json(&happy().report()).unwrap());
}

#[test]
fn verdicts_are_green_only_when_all_is_there() {
    let done = |scenario: Scenario| scenario.closed(2, Closed::Completed);
    let ended = |action, end| done(one(action).ended(1, "model", end, "so it is"));
    for (name, scenario, verdict) in [
        ("happy", happy(), Verdict::AllSucceeded),
        ("trouble", trouble(), Verdict::PartialOrUnknown),
        ("interrupted", interrupted(), Verdict::Interrupted),
        ("killed", killed(), Verdict::NotEnded),
        ("late", late(), Verdict::PartialOrUnknown),
        ("all there", ended(Action::Satisfied, End::Satisfied), Verdict::NothingToDo),
        ("blocked", ended(Action::Blocked, End::Blocked), Verdict::SomeFailed),
        ("said to be complete, but an item has no end", done(one(Action::Create)), Verdict::SomeFailed),
        ("not ended, though all is there", one(Action::Create).success(1, "model", "91"), Verdict::NotEnded),
    ] {
        let report = scenario.report();
        assert_eq!(report.verdict.code, verdict, "{name}: {}", report.verdict.rule);
        assert_eq!(report.verdict.green, matches!(verdict, Verdict::AllSucceeded | Verdict::NothingToDo), "{name}");
    }
}

/// One item, no entry yet.
fn one(action: Action) -> Scenario {
    Scenario::new(vec![decision("model", action, "because")])
}

#[test]
fn every_end_gives_the_verdict_that_it_deserves() {
    for standing in Standing::ALL {
        let Some(end) = standing.end() else { continue };
        let scenario = one(Action::Create).success(1, "other", "91").ended(900, "model", end, "so it was");
        let mut scenario = scenario.closed(901, Closed::Completed);
        scenario.changeset.items.push(decision("other", Action::Create, "because"));
        let report = scenario.report();
        let verdict = match end {
            End::Succeeded | End::SucceededWithWarnings | End::Satisfied => Verdict::AllSucceeded,
            End::Failed | End::Rejected | End::Skipped | End::Blocked => Verdict::SomeFailed,
            End::PartlyFailed | End::TimedOut | End::Unknown => Verdict::PartialOrUnknown,
        };
        assert_eq!(report.verdict.code, verdict, "{end}");
        assert_eq!(report.items[0].result.words(), end.words());
        assert_eq!(report.counts[standing.code()], if end == End::Succeeded { 2 } else { 1 }, "{end}");
        assert_eq!(report.counts.values().sum::<usize>(), report.total);
    }
}

#[test]
fn items_of_a_killed_run_are_what_the_journal_can_vouch_for() {
    let report = killed().report();
    let standings: Vec<(&str, &str)> =
        report.items.iter().map(|item| (item.name.as_str(), item.result.code())).collect();
    assert_eq!(
        standings,
        [
            ("model", "succeeded"),
            ("orders", "running"),
            ("views", "unsettled"),
            ("logs", "retry_not_started"),
            ("clicks", "unsure"),
            ("history", "not_started"),
        ]
    );
    let running: Vec<&str> = report.may_still_run.iter().map(|entry| entry.item.as_str()).collect();
    assert_eq!(running, ["orders", "clicks"]);
    let untried: Vec<&str> = report.not_executed.iter().map(|entry| entry.item.as_str()).collect();
    assert_eq!(untried, ["history"]);
    assert_eq!(report.run.duration_ms, None);
}

#[test]
fn attempts_keep_their_own_answers_and_reasons() {
    let report = trouble().report();
    let item = |name: &str| report.items.iter().find(|item| item.name == name).unwrap();
    let orders = &item("orders").attempts;
    assert_eq!(orders.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(orders[0].over_reason.as_deref(), Some("FAILED: 2 of 3 streams failed"));
    assert_eq!(orders[1].over_reason, None);
    assert!(item("logs").attempts[0].adopted);
    assert_eq!(item("logs").attempts[0].waiting_ms, None, "nobody saw an adopted restore being sent");
    assert!(report.may_still_run.iter().any(|entry| entry.item == "history"));
    assert_eq!(late().report().may_still_run[0].execution_id.as_deref(), Some("90"));
}

#[test]
fn waiting_and_working_are_told_apart_only_where_they_can_be() {
    let timed = |from: i64, end: Option<i64>, status: &str| {
        let scenario = one(Action::Create).sent(10, "model", 1).accepted(11, "model", "91");
        let shown = restore(&job("model", 1), "91", status, from, end);
        let report = scenario.observed(100, "model", shown).report();
        let attempt = &report.items[0].attempts[0];
        (attempt.waiting_ms, attempt.working_ms)
    };
    let seconds = |number: u64| Some(Millis::from_secs(number));
    assert_eq!(timed(40, Some(90), "COMPLETED_SUCCESSFULLY"), (seconds(30), seconds(50)));
    assert_eq!(timed(40, None, "RUNNING"), (seconds(30), None));
    assert_eq!(timed(40, None, "QUEUED"), (None, None), "it still waits");
    assert_eq!(timed(40, None, "BLOCKED"), (None, None), "it waits for a lock");
    assert_eq!(timed(-3590, Some(-3500), "FAILED"), (None, seconds(90)), "the site's clock is behind");
    assert_eq!(timed(3610, Some(3700), "FAILED"), (None, seconds(90)), "the site's clock is ahead");
    assert_eq!(timed(90, Some(40), "FAILED"), (seconds(80), None), "it ended before it began");
}

#[test]
fn objectives_are_met_only_where_the_run_shows_it() {
    let verdicts = |scenario: &Scenario| -> Vec<(ObjectiveKind, ObjectiveVerdict)> {
        scenario.report().objectives.iter().map(|objective| (objective.kind, objective.verdict)).collect()
    };
    let both = |rto, rpo| vec![(ObjectiveKind::Rto, rto), (ObjectiveKind::Rpo, rpo)];
    use ObjectiveVerdict::{Met, Missed, NotKnown};

    let whole = one(Action::Create).success(1, "model", "91").closed(700, Closed::Completed);
    assert_eq!(verdicts(&whole), both(Met, Met));

    let mut strict = whole.clone();
    strict.changeset.plan.purpose.objectives.rto_ms = Some(Millis::from_secs(699));
    strict.changeset.plan.purpose.objectives.rpo_ms = Some(Millis::from_secs(93_599));
    assert_eq!(verdicts(&strict), both(Missed, Missed));

    let mut exact = whole.clone();
    exact.changeset.plan.purpose.objectives.rto_ms = Some(Millis::from_secs(700));
    exact.changeset.plan.purpose.objectives.rpo_ms = Some(Millis::from_secs(93_600));
    assert_eq!(verdicts(&exact), both(Met, Met));

    let mut ageless = whole.clone();
    ageless.changeset.items[0].execution.as_mut().unwrap().end_time = None;
    ageless.changeset.items[0].execution.as_mut().unwrap().start_time = None;
    assert_eq!(verdicts(&ageless), both(Met, NotKnown));

    let mut left = one(Action::Satisfied).ended(1, "model", End::Satisfied, "there").closed(2, Closed::Completed);
    assert_eq!(verdicts(&left), both(NotKnown, Met));
    left.changeset.items[0].item.on_existing = OnExisting::Skip;
    assert_eq!(verdicts(&left), both(NotKnown, NotKnown));

    assert_eq!(verdicts(&happy()), both(NotKnown, Met));
    assert_eq!(verdicts(&trouble()), both(NotKnown, NotKnown));
    assert_eq!(verdicts(&interrupted()), both(NotKnown, NotKnown));
    assert_eq!(verdicts(&killed()), both(NotKnown, NotKnown));
}

#[test]
fn the_digest_is_that_of_the_saved_changeset() {
    let scenario = happy();
    let (digest, _) = crate::changeset::save(&scenario.changeset).unwrap();
    assert_eq!(scenario.report().run.changeset_digest, digest);
}

#[test]
fn a_damaged_journal_is_refused() {
    let scenario = happy();
    let attempt = |entries: &[Entry]| build(&scenario.run(), entries, at(0));

    let gap: Vec<Entry> = scenario.entries.iter().skip(1).cloned().collect();
    assert!(matches!(attempt(&gap), Err(ReportError::Journal { .. })));

    let stranger = scenario::killed().success(900, "nobody", "99").entries;
    assert!(matches!(attempt(&stranger), Err(ReportError::Stranger { .. })));

    let mut run = scenario.run();
    run.changeset = SavedChangeset::of(&serde_json::json!({"version": 99})).unwrap();
    let error = build(&run, &scenario.entries, at(0)).unwrap_err();
    assert!(error.to_string().contains("restorectl 0.1.0"), "{error}");
}

#[test]
fn the_same_run_gives_the_same_report() {
    let text = |scenario: &Scenario| -> String {
        let report: Report = scenario.report();
        json(&report).unwrap()
    };
    assert_eq!(text(&trouble()), text(&trouble()));
}

#[test]
fn an_end_that_the_site_takes_back_is_no_success_until_it_stands_again() {
    let shown = |status: &str| restore(&job("model", 1), "91", status, 60, None);
    let contradicted = |scenario: Scenario, seconds: i64, status: &str| {
        let record = Record::Contradicted { item: slug("model"), restore: shown(status) };
        scenario.record(seconds, record)
    };
    let done = || Scenario::new(vec![decision("model", Action::Create, "new")]).success(1, "model", "91");
    let report = contradicted(done(), 800, "RUNNING").closed(900, Closed::Completed).report();
    let item = &report.items[0];
    assert_eq!((item.result, report.verdict.code), (Standing::Contradicted, Verdict::PartialOrUnknown));
    assert_eq!(item.reason.as_deref(), Some("it ended as succeeded, and the site then showed it as RUNNING"));
    assert_eq!(report.may_still_run.len(), 1);

    let again = contradicted(contradicted(done(), 800, "RUNNING"), 850, "COMPLETED_SUCCESSFULLY");
    let report = again.closed(900, Closed::Completed).report();
    let item = &report.items[0];
    assert_eq!((item.result, report.verdict.code), (Standing::Ended(End::Succeeded), Verdict::AllSucceeded));
    assert!(item.notes.iter().any(|note| note.contains("otherwise for a time")), "{:?}", item.notes);
    assert!(report.may_still_run.is_empty());
}
