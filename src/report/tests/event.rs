//! Events of a run, line by line.

use serde_json::Value;

use super::scenario::{Scenario, at, happy, hostile, interrupted, killed, trouble};
use crate::journal::{RunState, replay};
use crate::report::{EVENTS_SCHEMA, Events};

fn lines(scenario: &Scenario) -> Vec<String> {
    let run = scenario.run();
    let events = Events::new(&run);
    let mut lines = vec![events.started(&run, &scenario.changeset)];
    lines.extend(scenario.entries.iter().filter_map(|entry| events.entry(entry)));
    lines.push(events.asked(at(7), "stopping: nothing more is started"));
    let state: RunState = replay(&scenario.entries).unwrap();
    lines.push(events.ended(&state, at(9)));
    lines
}

#[test]
fn every_event_fits_the_schema_and_takes_one_line() {
    let schema: Value = serde_json::from_str(EVENTS_SCHEMA).unwrap();
    let validator = jsonschema::options().offline().build(&schema).unwrap();
    let mut kinds = std::collections::BTreeSet::new();
    for scenario in [happy(), trouble(), interrupted(), killed(), hostile()] {
        for line in lines(&scenario) {
            assert_eq!(line.matches('\n').count(), 1, "{line}");
            assert!(line.ends_with('\n') && !line.contains('\u{1b}'), "{line}");
            let event: Value = serde_json::from_str(&line).unwrap();
            if let Err(error) = validator.validate(&event) {
                panic!("{error}: {line}");
            }
            kinds.insert(event["event"].as_str().unwrap().to_owned());
        }
    }
    for kind in ["run_started", "sending", "accepted", "not_known", "observed", "ended", "run_ended"] {
        assert!(kinds.contains(kind), "{kind} isn't among {kinds:?}");
    }
    let mut odd: Value = serde_json::from_str(&lines(&happy())[0]).unwrap();
    odd["event"] = "sending".into();
    assert!(validator.validate(&odd).is_err());
}

#[test]
fn the_events_are_pinned() {
    insta::assert_snapshot!("trouble_events", lines(&trouble()).concat());
}
