//! The lines of a run that goes on.

use proptest::prelude::*;

use super::scenario::{Scenario, at, decision, job, restore, slug};
use crate::changeset::{Basis, Estimate};
use crate::journal::{Entry, Record, RunState};
use crate::model::{Action, CreateOutcome, End, Millis, ResourceId};
use crate::report::live::about;
use crate::report::{Live, Style, columns};

/// Plays a scenario's entries up to a moment and gives the lines then.
fn lines(scenario: &Scenario, seconds: i64, rows: usize, style: Style) -> Vec<String> {
    let mut live = Live::new(&scenario.changeset, at(0));
    let mut state = RunState::default();
    for entry in scenario.entries.iter().filter(|entry| entry.at <= at(seconds)) {
        state.apply(entry).unwrap();
        live.hear(entry, &state);
    }
    live.lines(at(seconds), rows, style)
}

fn plan(names: &[&str]) -> Scenario {
    Scenario::new(names.iter().map(|name| decision(name, Action::Create, "the site has none")).collect())
}

fn add(scenario: &mut Scenario, seconds: i64, record: Record) {
    let seq = scenario.entries.len() as u64 + 1;
    scenario.entries.push(Entry { seq, at: at(seconds), record });
}

fn sent(scenario: &mut Scenario, item: &str, seconds: i64) {
    let begin = Record::Intent {
        item: slug(item),
        job_name: job(item, 1),
        generation: 1,
        attempt: 1,
        prior: Vec::new(),
        writes: Vec::new(),
    };
    add(scenario, seconds, begin);
    let outcome = CreateOutcome::Applied { resource_id: Some(ResourceId::new("9001")) };
    add(scenario, seconds, Record::Replied { item: slug(item), outcome });
}

fn shown(scenario: &mut Scenario, item: &str, seconds: i64, status: &str) {
    let restore = restore(&job(item, 1), "9001", status, seconds, None);
    add(scenario, seconds, Record::Observed { item: slug(item), restore });
}

fn ended(scenario: &mut Scenario, item: &str, seconds: i64, end: End) {
    add(scenario, seconds, Record::Ended { item: slug(item), end, reason: "it is told".into() });
}

#[test]
fn what_runs_what_is_done_and_how_long_it_takes() {
    let mut scenario = plan(&["model", "orders", "a-table-with-a-name-that-is-as-long-as-they-may-get", "last"]);
    scenario.changeset.limits.concurrency = 2;
    let estimate = Estimate { duration_ms: Millis::from_secs(300), basis: Basis::OwnRestores(3) };
    scenario.changeset.items[1].estimate = Some(estimate);
    sent(&mut scenario, "model", 1);
    sent(&mut scenario, "orders", 2);
    shown(&mut scenario, "model", 30, "RUNNING");
    shown(&mut scenario, "orders", 30, "IN_QUEUE");
    ended(&mut scenario, "model", 120, End::Succeeded);
    sent(&mut scenario, "a-table-with-a-name-that-is-as-long-as-they-may-get", 121);
    let reason = "the service answered 503, so 1 are kept in flight instead of 2".to_owned();
    add(&mut scenario, 130, Record::Concurrency { allowed: 1, reason });
    let told = |seconds, rows, width| lines(&scenario, seconds, rows, Style { width, ..Style::default() }).join("\n");
    insta::assert_snapshot!("live_begins_80", told(0, 10, 80));
    insta::assert_snapshot!("live_runs_80", told(60, 10, 80));
    insta::assert_snapshot!("live_lowered_80", told(150, 10, 80));
    insta::assert_snapshot!("live_lowered_140", told(150, 10, 140));
    insta::assert_snapshot!("live_lowered_4_rows", told(150, 4, 60));
}

#[test]
fn what_is_expected_to_take_less_than_a_second_is_not_nothing() {
    let words = [0, 218, 999, 1000, 61_900].map(|milliseconds| about(Millis(milliseconds)));
    assert_eq!(words, ["0ms", "218ms", "999ms", "1s", "1m 1s"]);
}

#[test]
fn the_end_is_told_as_it_was() {
    let mut scenario = plan(&["model", "orders", "late"]);
    for (item, end) in [("model", End::Failed), ("orders", End::Unknown), ("late", End::Skipped)] {
        if end != End::Skipped {
            sent(&mut scenario, item, 1);
        }
        ended(&mut scenario, item, 5, end);
    }
    let lines = lines(&scenario, 5, 10, Style::default());
    assert_eq!(lines, ["bank-dr -> prod  5s  0 done  1 failed  1 not known  1 skipped", "  the run comes to its end"]);
}

proptest! {
    #[test]
    fn never_wider_nor_higher_than_there_is_room(
        steps in prop::collection::vec((0usize..60, 0u8..4), 0..150), rows in 4usize..30, width in 40usize..160, colour in any::<bool>(),
    ) {
        let names: Vec<String> = (0..60).map(|n| format!("item-{n}-x{}", "x".repeat(n % 40))).collect();
        let mut scenario = plan(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let mut stage = [0u8; 60];
        for (second, (item, to)) in (1i64..).zip(steps) {
            let name = &names[item];
            match (stage[item], to) {
                (0, 1..) => sent(&mut scenario, name, second),
                (1, 1) => shown(&mut scenario, name, second, "全データベースの復元中です\u{202e}"),
                (1, 2) => ended(&mut scenario, name, second, End::Succeeded),
                (1, 3) => ended(&mut scenario, name, second, End::Failed),
                _ => continue,
            }
            stage[item] = if stage[item] == 0 || to == 1 { 1 } else { 2 };
        }
        let style = Style { colour, width, ..Style::default() };
        let lines = lines(&scenario, 200, rows, style);
        prop_assert!(lines.len() <= rows, "{} lines in {rows} rows", lines.len());
        for line in &lines {
            prop_assert!(columns(line) <= width, "{line}");
        }
        let done = stage.iter().filter(|stage| **stage == 2).count();
        let open = stage.iter().filter(|stage| **stage == 1).count();
        let told: String = lines[0].chars().collect();
        prop_assert!(open == 0 || width < 80 || colour || told.contains(&format!("{open} running")), "{told} {done}");
    }
}
