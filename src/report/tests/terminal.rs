//! What a person sees on a terminal.

use unicode_width::UnicodeWidthStr as _;

use super::preview::shown;
use super::scenario::{Scenario, decision, happy, hostile, interrupted, killed, trouble};
use crate::journal::Closed;
use crate::model::{Action, End};
use crate::report::{ListedRun, Style, event_line, human, run_json, runs_human};

fn at_width(width: usize) -> Style {
    Style { width, ..Style::default() }
}

fn log(scenario: &Scenario) -> String {
    let lines: Vec<String> =
        scenario.entries.iter().filter_map(|entry| event_line(entry, 7, Style::default())).collect();
    lines.join("\n")
}

#[test]
fn reports_are_pinned() {
    insta::assert_snapshot!("happy_80", human(&happy().report(), at_width(80)));
    insta::assert_snapshot!("trouble_80", human(&trouble().report(), at_width(80)));
    insta::assert_snapshot!("trouble_140", human(&trouble().report(), at_width(140)));
    insta::assert_snapshot!("interrupted_80", human(&interrupted().report(), at_width(80)));
    insta::assert_snapshot!("killed_80", human(&killed().report(), at_width(80)));
}

#[test]
fn changesets_are_pinned() {
    insta::assert_snapshot!("happy_diff_80", shown(&happy().changeset, at_width(80)));
    insta::assert_snapshot!("trouble_diff_80", shown(&trouble().changeset, at_width(80)));
    insta::assert_snapshot!("trouble_diff_140", shown(&trouble().changeset, at_width(140)));
}

#[test]
fn the_live_log_is_pinned() {
    insta::assert_snapshot!("trouble_log", log(&trouble()));
}

#[test]
fn nothing_to_do_is_said_plainly() {
    let there = |name: &str| decision(name, Action::Satisfied, "the site has it");
    for (items, words) in [
        (vec![], "nothing to do: the plan has no restores\n"),
        (vec![there("model")], "nothing to do: the one restore is there\n"),
        (vec![there("model"), there("orders")], "nothing to do: all 2 restores are there\n"),
    ] {
        let text = shown(&Scenario::new(items).changeset, Style::default());
        assert!(text.ends_with(words), "{text}");
    }
    let blocked = Scenario::new(vec![there("model"), decision("orders", Action::Blocked, "no")]);
    let text = shown(&blocked.changeset, Style::default());
    assert!(!text.contains("nothing to do") && text.contains("1 already there, 1 blocked"), "{text}");
}

#[test]
fn a_rehearsal_says_so_on_its_face() {
    let mut scenario = happy();
    assert!(!human(&scenario.report(), Style::default()).contains("SIMULATED"));
    scenario.simulated = true;
    assert!(human(&scenario.report(), Style::default()).starts_with("SIMULATED: a rehearsal"));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for scenario in [happy(), trouble(), interrupted(), killed()] {
        for width in [40, 60, 80, 140] {
            let diff = shown(&scenario.changeset, at_width(width));
            // A report's table of seven columns has a least width of its own.
            let report = human(&scenario.report(), at_width(width.max(80)));
            for (line, width) in
                diff.lines().map(|line| (line, width)).chain(report.lines().map(|l| (l, width.max(80))))
            {
                assert!(line.width() <= width, "{width}: {line}");
                assert_eq!(line, line.trim_end(), "trailing spaces");
            }
        }
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let strip = |text: &str| {
        let mut parts = text.split('\u{1b}');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |out, part| out + part.split_once('m').map_or("", |(_, rest)| rest))
    };
    let coloured = Style { colour: true, width: 80, ..Style::default() };
    let report = trouble().report();
    assert_ne!(human(&report, coloured), human(&report, at_width(80)));
    assert_eq!(strip(&human(&report, coloured)), human(&report, at_width(80)));
    let changeset = trouble().changeset;
    assert_eq!(strip(&shown(&changeset, coloured)), shown(&changeset, at_width(80)));
}

#[test]
fn foreign_texts_can_not_drive_the_terminal() {
    let scenario = hostile();
    let report = human(&scenario.report(), Style::default());
    let diff = shown(&scenario.changeset, Style::default());
    for text in [report, diff, log(&scenario)] {
        assert!(text.contains("\\u{1b}"), "{text}");
        for c in text.chars().filter(|c| *c != '\n') {
            assert!(!c.is_control() && !matches!(c, '\u{202e}' | '\u{200b}'), "{c:?} in {text}");
        }
        assert!(!text.lines().any(|line| line.starts_with("ALL SUCCEEDED")), "{text}");
    }
}

#[test]
fn long_lists_of_objects_are_cut_with_a_word_but_losses_never() {
    let mut decision = decision("model", Action::Create, "new");
    let object = decision.item.objects[0].clone();
    decision.item.objects = vec![object; 20];
    decision.losses = (0..20).map(|number| format!("replaces number {number}")).collect();
    decision.data_loss = crate::model::DataLoss::Replaces;
    let text = shown(&Scenario::new(vec![decision]).changeset, Style::default());
    assert!(text.contains("and 12 more objects"), "{text}");
    assert_eq!(text.matches("DATA LOSS  replaces number").count(), 20, "{text}");
}

#[test]
fn a_note_is_said_once_and_never_left_out() {
    let noted = |name: &str, action, notes: &[&str]| {
        let mut decision = decision(name, action, "because");
        decision.notes = notes.iter().map(ToString::to_string).collect();
        decision
    };
    let items = vec![
        noted("model", Action::Create, &["not prepared", "only here"]),
        noted("orders", Action::Satisfied, &["not prepared", "matched by name alone"]),
        noted("views", Action::Blocked, &["not prepared"]),
        noted("logs", Action::Create, &["only here"]),
    ];
    let text = shown(&Scenario::new(items).changeset, Style::default());
    assert_eq!(text.matches("model, orders, views: not prepared").count(), 1, "{text}");
    assert_eq!(text.matches("not prepared").count(), 1, "{text}");
    assert_eq!(text.matches("note       only here").count(), 2, "{text}");
    assert_eq!(text.matches("note       matched by name alone").count(), 1, "{text}");
}

#[test]
fn next_steps_fit_the_run() {
    let done = Scenario::new(vec![decision("model", Action::Create, "new")]).success(1, "model", "91");
    let report = done.closed(700, Closed::Completed).report();
    assert_eq!(report.next.len(), 1, "{:?}", report.next);
    assert!(report.next[0].contains("nothing more to restore"), "{:?}", report.next);
    let blocked = Scenario::new(vec![decision("model", Action::Blocked, "no")]);
    let report = blocked.ended(1, "model", End::Blocked, "no").closed(2, Closed::Completed).report();
    assert!(report.next[0].contains("mend what made the diff refuse `model`"), "{:?}", report.next);
    assert!(report.next[1].contains("restorectl apply plans/bank-dr.yaml --env prod"), "{:?}", report.next);
}

#[test]
fn lists_of_runs_are_pinned() {
    let mut rehearsal = happy();
    rehearsal.simulated = true;
    let scenarios = [rehearsal, trouble(), interrupted(), killed()];
    let runs: Vec<_> = scenarios.iter().map(|scenario| ListedRun::of(&scenario.report())).collect();
    insta::assert_snapshot!("runs_80", runs_human(&runs, at_width(80)));
    insta::assert_snapshot!("runs_140", runs_human(&runs, at_width(140)));
    let list: Vec<serde_json::Value> =
        runs.iter().map(|run| serde_json::from_str(&run_json(run).unwrap()).unwrap()).collect();
    let verdicts: Vec<_> = list.iter().map(|run| run["verdict"].clone()).collect();
    assert_eq!(verdicts, ["all_succeeded", "partial_or_unknown", "interrupted", "not_ended"]);
    assert_eq!(list[0]["simulated"], true);
}
