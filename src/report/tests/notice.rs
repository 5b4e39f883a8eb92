//! What webhooks are told of a run, from its beginning to its end.

use serde_json::Value;

use super::scenario::{Scenario, at, happy, hostile, interrupted, killed, trouble};
use crate::journal::replay;
use crate::model::{Millis, NoticeEvent, RunId};
use crate::report::{NOTICE_SCHEMA, Notice, Notices, ObjectiveVerdict};

/// All that is told of a run in whose course it is never late.
fn told(scenario: &Scenario) -> Vec<Notice> {
    let run = scenario.run();
    let (mut notices, mut told) = Notices::begin(&run, &scenario.changeset);
    for (place, entry) in scenario.entries.iter().enumerate() {
        let state = replay(&scenario.entries[..=place]).unwrap();
        told.extend(notices.hear(entry, &state));
    }
    told.extend(notices.finished(&scenario.report()));
    told
}

fn json(notice: &Notice) -> Value {
    serde_json::from_slice(&notice.body()).unwrap()
}

/// The same with objectives in seconds.
fn within(mut scenario: Scenario, rto: u64, rpo: u64) -> Scenario {
    let objectives = &mut scenario.changeset.plan.purpose.objectives;
    (objectives.rto_ms, objectives.rpo_ms) = (Some(Millis::from_secs(rto)), Some(Millis::from_secs(rpo)));
    scenario
}

fn events(told: &[Notice]) -> Vec<&str> {
    told.iter().map(|notice| notice.id().split_once(':').unwrap().1).collect()
}

#[test]
fn every_notice_fits_the_schema_and_its_counts_are_whole() {
    let schema: Value = serde_json::from_str(NOTICE_SCHEMA).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::options().offline().build(&schema).unwrap();
    for scenario in [happy(), trouble(), interrupted(), killed(), hostile(), Scenario::new(Vec::new())] {
        for scenario in [scenario.clone(), within(scenario, 1, 1)] {
            let all = told(&scenario);
            assert_eq!((all[0].event(), all.last().unwrap().event()), (NoticeEvent::Started, NoticeEvent::Finished));
            for notice in &all {
                let value = json(notice);
                if let Err(error) = validator.validate(&value) {
                    panic!("{error}: {value}");
                }
                let counts = value["counts"].as_object().unwrap();
                let sum: u64 = counts.iter().filter(|(key, _)| *key != "total").map(|(_, n)| n.as_u64().unwrap()).sum();
                assert_eq!(Some(sum), counts["total"].as_u64(), "{value}");
                let text = value["text"].as_str().unwrap();
                assert!(!text.contains(['\n', '\r', '\u{1b}', '<', '\u{202e}', '\0']), "{text}");
            }
        }
    }
}

#[test]
fn what_is_missed_is_told_once_as_soon_as_it_is_known_and_is_in_the_report() {
    // The backups are 26 hours old; the run takes 1306 and 8701 seconds.
    for (scenario, expected) in [
        (within(happy(), 2000, 200_000), vec!["started", "finished"]),
        (within(happy(), 2000, 3600), vec!["started", "objective_missed:rpo", "finished"]),
        (within(happy(), 600, 200_000), vec!["started", "objective_missed:rto", "finished"]),
        (within(trouble(), 600, 3600), vec!["started", "objective_missed:rpo", "objective_missed:rto", "finished"]),
        (within(Scenario::new(Vec::new()), 1, 1), vec!["started", "finished"]),
    ] {
        let all = told(&scenario);
        assert_eq!(events(&all), expected);
        let missed = scenario.report().objectives.into_iter().filter(|one| one.verdict == ObjectiveVerdict::Missed);
        assert_eq!(missed.count(), expected.len() - 2);
    }
    // What is there from an old backup is missed from the beginning; what is sent, when it is sent.
    let all = told(&within(happy(), 2000, 3600));
    assert_eq!(json(&all[1])["at"], json(&all[0])["at"]);
    let all = told(&within(interrupted(), 2000, 3600));
    assert_eq!(json(&all[1])["at"], at(1).to_string());
}

#[test]
fn a_run_that_still_goes_on_after_its_recovery_time_is_told_of_then() {
    let scenario = within(happy(), 600, 200_000);
    let (mut notices, _) = Notices::begin(&scenario.run(), &scenario.changeset);
    let due = notices.due().unwrap();
    assert_eq!(due, at(601));
    assert_eq!(notices.overdue(at(600)), None);
    let missed = json(&notices.overdue(due).unwrap());
    assert_eq!(
        missed["text"],
        "`bank-dr` in `prod`: RTO of 10m missed: the run still goes on after 10m 1s, 1s more than allowed \
         (run `20261123T031207Z-5f3a`)"
    );
    assert_eq!((notices.due(), notices.overdue(due)), (None, None));
    assert_eq!(events(&notices.finished(&scenario.report())), ["finished"]);
    let (mut notices, _) = Notices::begin(&Scenario::new(Vec::new()).run(), &within(happy(), 1, 1).changeset);
    assert!(notices.overdue(at(0)).is_none());
}

#[test]
fn a_run_that_could_not_go_on_is_over_without_a_verdict() {
    let scenario = killed();
    let (mut notices, _) = Notices::begin(&scenario.run(), &scenario.changeset);
    for (place, entry) in scenario.entries.iter().enumerate() {
        notices.hear(entry, &replay(&scenario.entries[..=place]).unwrap());
    }
    let told = json(&notices.unreported(at(700)));
    assert_eq!(
        (&told["how"], &told["verdict"], &told["counts"]["running"]),
        (&"broken_off".into(), &Value::Null, &3.into())
    );
}

#[test]
fn rehearsals_shards_and_runs_that_go_on_say_so() {
    let mut scenario = happy();
    scenario.simulated = true;
    let mut run = scenario.run();
    run.resumes = Some(RunId::new("20261122-0001"));
    let (_, told) = Notices::begin(&run, &scenario.changeset);
    let told = json(&told[0]);
    assert_eq!(
        told["text"],
        "SIMULATED: `bank-dr` in `prod` goes on with run `20261122-0001`: 2 restores, 1 to do \
         (run `20261123T031207Z-5f3a`)"
    );
    assert_eq!((&told["run"]["resumes"], &told["run"]["simulated"]), (&"20261122-0001".into(), &true.into()));
}

#[test]
fn the_notices_are_pinned() {
    let all = told(&within(trouble(), 600, 3600));
    let texts: String = all.iter().map(|notice| format!("{}\n", json(notice)["text"].as_str().unwrap())).collect();
    let last = serde_json::to_string_pretty(&json(all.last().unwrap())).unwrap();
    insta::assert_snapshot!("trouble_notices", format!("{texts}\n{last}"));
}
