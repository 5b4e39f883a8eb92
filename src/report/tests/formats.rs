//! Markdown, JUnit and TAP: what they say, and that no text from outside leaves its place.

use super::scenario::{EVIL, Scenario, decision, happy, hostile, interrupted, killed, trouble};
use crate::journal::Closed;
use crate::model::{Action, End};
use crate::report::{STEP_LIMIT, Style, brief, github_summary, human, junit, markdown, tap};

fn scenarios() -> [Scenario; 5] {
    [happy(), trouble(), interrupted(), killed(), hostile()]
}

#[test]
fn formats_are_pinned() {
    insta::assert_snapshot!("trouble_markdown", markdown(&trouble().report()));
    insta::assert_snapshot!("happy_markdown", markdown(&happy().report()));
    insta::assert_snapshot!("trouble_junit", junit(&trouble().report()));
    insta::assert_snapshot!("happy_junit", junit(&happy().report()));
    insta::assert_snapshot!("trouble_tap", tap(&trouble().report()));
    insta::assert_snapshot!("happy_tap", tap(&happy().report()));
    insta::assert_snapshot!("trouble_step", github_summary(&trouble().report(), STEP_LIMIT).unwrap());
}

/// Texts that would end a cell, an element, a line, a directive or a quotation, or call for somebody.
pub(super) const TEXTS: [&str; 16] = [
    "a | b || c",
    "`tick` ``two` \\` \\| \\",
    "<script>alert(1)</script><img src=x onerror=y><!-- -->",
    "]]> <![CDATA[ &amp; &#10; &lt;",
    "\u{1b}[31mred\u{7}\u{0}\u{9b}",
    "one\n# two\r\n- three\u{2028}| four |",
    "name # SKIP it # TODO",
    "\nok 7 - forged\nBail out!\n1..0\n",
    "\u{202e}gnp.exe\u{200b}\u{feff}\u{2066}",
    "@org/team @octocat #1 GH-1 http://evil.example www.evil.example",
    "[text](javascript:alert(1)) ![x](http://evil.example/p.png) [ref]: x",
    "**ALL SUCCEEDED** ~~no~~ $x^2$ :rocket:",
    "  ---\n  ...\n- \"quoted\" 'single' : {a: b}",
    "::error file=x::y %0A",
    "\u{fffe}\u{ffff}\u{10ffff}",
    EVIL,
];

/// The run with all troubles, where every text that may be free is this.
fn saying(text: &str) -> Scenario {
    let mut scenario = hostile();
    let spoilt = serde_json::to_string(&scenario.entries).unwrap();
    let (evil, other) = (serde_json::to_string(EVIL).unwrap(), serde_json::to_string(text).unwrap());
    scenario.entries = serde_json::from_str(&spoilt.replace(&evil, &other)).unwrap();
    scenario.changeset.plan.file = text.to_owned();
    scenario.changeset.plan.purpose.owner = Some(text.to_owned());
    scenario.changeset.environment.name = text.to_owned();
    for decision in &mut scenario.changeset.items {
        decision.reason = text.to_owned();
        decision.notes = vec![text.to_owned()];
        decision.losses = vec![text.to_owned()];
    }
    scenario
}

#[test]
fn no_text_leaves_its_place_in_any_format() {
    let plain = saying("plain").report();
    for text in TEXTS {
        let report = saying(text).report();
        for (one, other) in
            [(markdown(&report), markdown(&plain)), (junit(&report), junit(&plain)), (tap(&report), tap(&plain))]
        {
            assert_eq!(one.lines().count(), other.lines().count(), "{text:?} makes or loses lines: {one}");
            for c in one.chars().filter(|c| *c != '\n') {
                assert!(!crate::model::deceives(c), "{c:?} of {text:?}");
            }
        }
        well_formed(&junit(&report));
        harmless_tap(&tap(&report));
        let page = markdown(&report);
        for (one, other) in page.lines().zip(markdown(&plain).lines()) {
            assert_eq!(one.starts_with('|'), other.starts_with('|'), "{text:?}: {one}");
            if one.starts_with('|') {
                assert_eq!(one.matches('|').count(), other.matches('|').count(), "cells of {text:?}: {one}");
            }
            let without_code = one.replace("<code>", "").replace("</code>", "");
            assert!(!without_code.trim_start_matches("> ").contains(['<', '>']), "markup of {text:?}: {one}");
        }
    }
}

/// Reads XML by a strict little grammar: elements nest, attributes are quoted, nothing else is there.
fn well_formed(xml: &str) {
    let allowed = |c: char| matches!(c, '\n' | ' '..='\u{fffd}' | '\u{10000}'..);
    assert!(xml.chars().all(allowed), "{xml}");
    let body = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap();
    let mut open: Vec<String> = Vec::new();
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap();
        assert!(!text.contains(['>']), "{part}");
        for piece in text.split('&').skip(1).chain(tag.split('&').skip(1)) {
            let entity = piece.split_once(';').unwrap().0;
            assert!(["amp", "lt", "gt", "quot", "apos"].contains(&entity), "&{entity};");
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let quotes = tag.matches('"').count();
        assert!(quotes.is_multiple_of(2), "{tag}");
        let outside: String = tag.split('"').step_by(2).collect();
        assert!(outside.chars().all(|c| c.is_ascii_alphanumeric() || " =/_-".contains(c)), "{tag}");
        if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap().to_owned());
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

/// Reads TAP as a harness does: a version, a plan, and as many points as it says, each with a block of YAML.
fn harmless_tap(text: &str) {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("TAP version 14"));
    let total: usize = lines.next().unwrap().strip_prefix("1..").unwrap().parse().unwrap();
    let mut points = 0;
    let mut block = false;
    for line in lines {
        match line {
            "  ---" => block = true,
            "  ..." => block = false,
            line if block => {
                let listed = line.strip_prefix("    - ");
                let value = listed.or_else(|| line.split_once(": ").map(|(_, value)| value)).unwrap_or("\"\"");
                assert!(line == "  told:" || serde_json::from_str::<String>(value).is_ok(), "{line}");
            }
            line if line.starts_with("# ") => {}
            line => {
                points += 1;
                let rest = line.strip_prefix("not ").unwrap_or(line);
                let rest = rest.strip_prefix(&format!("ok {points} - ")).unwrap_or_else(|| panic!("{line}"));
                let directives = rest.replace("\\\\", "").replace("\\#", "");
                assert!(directives.matches('#').count() <= 1, "{line}");
                assert_eq!(directives.contains('#'), directives.contains(" # SKIP "), "{line}");
            }
        }
    }
    assert_eq!(points, total);
}

#[test]
fn only_what_is_there_passes_and_the_whole_is_red_unless_the_verdict_is_green() {
    for scenario in scenarios() {
        let report = scenario.report();
        let (xml, points) = (junit(&report), tap(&report));
        well_formed(&xml);
        harmless_tap(&points);
        for item in &report.items {
            let (_, case) = xml.split_once(&format!("<testcase name=\"{}\"", item.name)).unwrap();
            let case = case.split_once("<testcase").unwrap().0;
            let passed = !["<failure", "<error", "<skipped"].iter().any(|bad| case.contains(bad));
            assert_eq!(passed, item.result.is_success(), "{}: {case}", item.name);
            let point = points.lines().find(|line| line.contains(&format!(" - {}", item.name))).unwrap();
            let passed = point.starts_with("ok ") && !point.contains(" # SKIP ");
            assert_eq!(passed, item.result.is_success(), "{point}");
        }
        let red = xml.contains("<failure") || xml.contains("<error");
        assert_eq!(red, !report.verdict.green);
        assert_eq!(points.contains("\nnot ok "), !report.verdict.green);
    }
    // What was refused is skipped alone; the verdict is what makes it red.
    let refused = Scenario::new(vec![decision("model", Action::Blocked, "no")]);
    let report = refused.ended(1, "model", End::Blocked, "no").closed(2, Closed::Completed).report();
    assert!(junit(&report).contains("tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\""));
    assert!(tap(&report).contains("ok 1 - model # SKIP blocked: no\n"), "{}", tap(&report));
}

/// A plan of very many restores, some of which failed.
pub(super) fn many(count: usize, failed: usize) -> Scenario {
    let name = |number: usize| format!("item-{number:05}");
    let decisions = (0..count).map(|number| decision(&name(number), Action::Create, "the site has nothing of it"));
    let mut scenario = Scenario::new(decisions.collect());
    for number in 0..count {
        let from = number as i64 % 900;
        scenario =
            match number >= count - failed {
                true => scenario
                    .sent(from, &name(number), 1)
                    .accepted(from + 1, &name(number), &number.to_string())
                    .ended(from + 400, &name(number), End::Failed, "FAILED: 2 of 3 streams failed"),
                false => scenario.success(from, &name(number), &number.to_string()),
            };
    }
    scenario.closed(2000, Closed::Completed)
}

#[test]
fn a_steps_summary_keeps_within_what_github_takes_and_says_what_it_leaves_out() {
    let report = many(1_500, 30).report();
    let limit = 50_000;
    let text = github_summary(&report, limit).unwrap();
    assert!(text.len() <= limit && text.len() > limit - 2000, "{}", text.len());
    assert!(text.contains("left out for want of room: ") && text.contains(" of 1500 restores"));
    let at = |name: &str| text.find(name).unwrap();
    assert!(at("`item-01499`") < at("`item-00000`"), "what failed stands first");
    for limit in [0, 10, 399, 400, 600, 900, 2000, 5000] {
        match github_summary(&report, limit) {
            Some(text) => {
                assert!(text.len() <= limit && text.contains("SOME FAILED") && text.contains("left out"), "{text}");
            }
            None => assert!(limit < 900, "{limit}"),
        }
    }
    assert!(!github_summary(&trouble().report(), STEP_LIMIT).unwrap().contains("left out"));
}

#[test]
fn a_thousand_restores_fit_a_screen() {
    let style = |width| Style { width, ..Style::default() };
    for (scenario, name) in [(many(1000, 0), "good"), (many(1000, 3), "bad"), (many(1000, 400), "worse")] {
        let mut report = scenario.report();
        report.simulated = true;
        for width in [80, 140] {
            let text = brief(&report, style(width));
            assert!(text.lines().count() <= 40, "{}: {text}", text.lines().count());
            assert!(text.contains("\nNext\n") && text.contains("--all"), "{text}");
            insta::assert_snapshot!(format!("thousand_{name}_{width}"), text);
        }
    }
    // A killed run has the most to say, and hostile texts must not make it longer.
    let mut scenario = many(1000, 900);
    scenario.entries.truncate(2500);
    scenario.changeset.plan.file = EVIL.repeat(2);
    scenario.changeset.environment.name = "x".into();
    let text = brief(&scenario.report(), style(80));
    assert!(text.lines().count() <= 60, "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    assert_eq!(
        brief(&trouble().report(), style(80)),
        human(&trouble().report(), style(80)),
        "a small plan is told whole"
    );
}
