//! The pages of `serve`: whole, harmless, and under a policy that lets them do what they need and no more.

use std::sync::Arc;

use super::compare::weeks;
use super::page::{hash, tags};
use super::scenario::{EVIL, Scenario, at, happy, hostile, interrupted, killed, trouble};
use crate::journal::{Closed, Filter, PlanRuns};
use crate::model::Shard;
use crate::report::{
    Follow, HistoryPage, Life, Portion, RunRow, RunSummary, RunsLeftOut, RunsPage, Served, compare, history_page,
    login_page, message_page, plans_page, report_page, runs_page,
};

fn follow(scenario: &Scenario) -> Follow {
    Follow::new(&scenario.run(), &scenario.entries).unwrap()
}

/// A run without its last entry, which ends it.
fn without_end(mut scenario: Scenario) -> Scenario {
    scenario.entries.pop();
    scenario
}

fn row(scenario: &Scenario, id: &str, life: Option<Life>) -> RunRow {
    let report = scenario.report();
    RunRow {
        id: id.to_owned(),
        plan: report.plan.name.clone(),
        environment: report.environment.name.clone(),
        opened_at: report.run.started_at,
        summary: Some(Arc::new(RunSummary::of(&report))),
        life,
    }
}

fn plan(plan: &str, environment: &str, runs: u64) -> PlanRuns {
    PlanRuns { plan: plan.to_owned(), environment: environment.to_owned(), runs, last_opened_at: at(0) }
}

fn list() -> RunsPage {
    let unread = RunRow { summary: None, ..row(&happy(), "20261123-031206-0007", None) };
    RunsPage {
        rows: vec![
            row(&killed(), "20261123-031211-0001", Some(Life::GoesOn)),
            row(&killed(), "20261123-031210-0002", Some(Life::Silent(at(700)))),
            row(&killed(), "20261123-031209-0003", Some(Life::Gone)),
            row(&trouble(), "20261123-031208-0004", None),
            row(&interrupted(), "20261123-031207-0005", None),
            row(&Scenario { simulated: true, ..happy() }, "20261123-031206-0006", None),
            unread,
        ],
        plans: vec![plan("bank-dr", "prod", 207), plan("weekly", "staging", 1)],
        filter: Filter { plan: Some("bank-dr".to_owned()), environment: None },
        page: 2,
    }
}

fn pages() -> Vec<(&'static str, Served)> {
    let compared = compare(&weeks()).unwrap();
    let (nothing, some) = (RunsLeftOut::default(), left_out());
    let history = |comparison| HistoryPage {
        plan: "bank-dr",
        environment: "prod",
        environments: vec!["prod", "staging"],
        portion: Some(Portion::Whole),
        comparison,
        left_out: &nothing,
    };
    let shard = Some(Portion::Shard(Shard::new(1, 2).unwrap()));
    let evil_list = RunsPage {
        rows: vec![
            row(&hostile(), EVIL, None),
            RunRow { plan: EVIL.to_owned(), summary: None, ..row(&hostile(), EVIL, None) },
        ],
        plans: vec![plan(EVIL, EVIL, 900)],
        filter: Filter { plan: Some(EVIL.to_owned()), environment: Some("none such".to_owned()) },
        page: 3,
    };
    let empty = RunsPage { rows: Vec::new(), plans: Vec::new(), filter: Filter::default(), page: 1 };
    vec![
        ("list", runs_page(&list())),
        ("list of nothing", runs_page(&empty)),
        ("hostile list", runs_page(&evil_list)),
        ("plans", plans_page(&[plan("bank-dr", "prod", 207), plan(EVIL, EVIL, 1)])),
        ("no plans", plans_page(&[])),
        ("history", history_page(&history(Some(&compared)))),
        ("no history", history_page(&HistoryPage { plan: EVIL, environment: EVIL, ..history(None) })),
        ("history of a shard", history_page(&HistoryPage { portion: shard, left_out: &some, ..history(None) })),
        ("live", follow(&killed()).page(Life::GoesOn, at(700))),
        ("live, silent", follow(&killed()).page(Life::Silent(at(660)), at(700))),
        ("live, gone", follow(&killed()).page(Life::Gone, at(700))),
        ("live at the end", follow(&trouble()).page(Life::GoesOn, at(9000))),
        ("live, hostile", follow(&without_end(hostile())).page(Life::GoesOn, at(9000))),
        ("report", report_page(&trouble().report(), None)),
        ("report so far", report_page(&killed().report(), Some(Life::GoesOn))),
        ("report of what broke off", report_page(&killed().report(), Some(Life::Gone))),
        ("hostile report", report_page(&hostile().report(), None)),
        ("message", message_page("Not found", &format!("There is no run {EVIL}."))),
        ("login", login_page(EVIL, true)),
    ]
}

/// What a history may leave out.
fn left_out() -> RunsLeftOut {
    let shard = Portion::Shard(Shard::new(2, 2).unwrap());
    RunsLeftOut { older: 1, others: [(Portion::Whole, 1), (shard, 3)].into(), unreadable: 2 }
}

#[test]
fn a_history_says_what_it_leaves_out() {
    let page = |name: &str| pages().into_iter().find(|(one, _)| *one == name).unwrap().1.html;
    let html = page("history of a shard");
    for words in [
        "<h1>bank-dr in prod, shard 1/2</h1>",
        "There are fewer than two runs of shard 1/2 here",
        "Left out: 1 older run, not looked at; 1 run of the whole plan, 3 runs of shard 2/2; 2 runs that can&#39;t be read.",
        "href=\"/plans/bank-dr?env=prod&amp;shard=whole\">the whole plan<",
        "href=\"/plans/bank-dr?env=prod&amp;shard=2%2F2\">shard 2/2<",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(!page("history").contains("Left out"));
}

#[test]
fn every_tag_is_closed_and_nothing_is_loaded_from_elsewhere() {
    for (name, page) in pages() {
        // Pages without a script have nothing behind it.
        let html =
            if page.html.contains("<script>") { page.html.clone() } else { page.html.clone() + "<script></script>" };
        let mut open: Vec<&str> = Vec::new();
        for tag in tags(&html) {
            let element = tag.split(' ').next().unwrap();
            if let Some(closed) = element.strip_prefix('/') {
                assert_eq!(open.pop(), Some(closed), "{name}: {}", page.html);
            } else if !matches!(element, "meta" | "!DOCTYPE" | "input" | "link") {
                open.push(element);
            }
            let outside: String = tag.split('"').step_by(2).collect();
            for attribute in ["src=", "style=", " on"] {
                assert!(!outside.contains(attribute), "{name}: <{tag}>");
            }
            for address in ["href=\"", "action=\"", "data-events=\""] {
                if let Some((_, address)) = tag.split_once(address) {
                    let ours = (address.starts_with('/') && !address.starts_with("//")) || address.starts_with("#i");
                    assert!(ours || address == "data:,\"", "{name}: <{tag}>");
                }
            }
        }
        assert!(open.is_empty(), "{name}: {open:?}");
    }
}

#[test]
fn the_policy_allows_a_page_its_own_style_and_script_alone() {
    for (name, Served { html, policy }) in pages() {
        let between = |from: &str, to: &str| Some(html.split_once(from)?.1.split_once(to)?.0.to_owned());
        let style = between("<style>", "</style>").unwrap();
        assert!(
            policy.starts_with(&format!("default-src 'none'; style-src 'sha256-{}'; ", hash(&style))),
            "{name}: {policy}"
        );
        match between("<script>", "</script>") {
            Some(script) => {
                assert!(policy.contains(&format!("script-src 'sha256-{}'; ", hash(&script))), "{name}");
                for effect in ["XMLHttp", "innerHTML", "eval(", "import", "document.write", "cookie", "Storage", "http"]
                {
                    assert!(!script.contains(effect), "{name}: {effect}");
                }
            }
            None => assert!(!policy.contains("script-src"), "{name}"),
        }
        for directive in ["base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(directive), "{name}: {policy}");
        }
        assert_eq!(policy.contains("connect-src 'self'"), name.starts_with("live"), "{name}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{name}: {policy}");
    }
}

#[test]
fn a_report_looks_the_same_here_as_in_its_file() {
    let page = report_page(&trouble().report(), None).html;
    let (_, page) = page.split_once("</head>").unwrap();
    let own = include_str!("../watch/watch.css").lines().filter_map(|line| line.strip_prefix('.'));
    // What stands around the report, and is meant to look as it does here.
    let around = ["pages", "head", "files", "links", "life", "banner"];
    let first = own.map(|rule| rule.split([' ', ',', ':', '{']).next().unwrap());
    // A class beside it, as in `.standing.live`, has none of a report's look.
    for class in first.filter(|first| !first.contains('.')) {
        let is_in = page.contains(&format!("class=\"{class}\"")) || page.contains(&format!("class=\"{class} "));
        assert!(!is_in || around.contains(&class), "`.{class}` also dresses something of the report");
    }
    assert!(page.contains("class=\"bar\""));
}

#[test]
fn hostile_texts_are_shown_and_not_obeyed() {
    for (name, Served { html, .. }) in pages() {
        assert!(html.matches("<script").count() <= 1 && html.matches("</style>").count() == 1, "{name}");
        for c in html.chars().filter(|c| *c != '\n') {
            assert!(!c.is_control() && !matches!(c, '\u{202e}' | '\u{200b}'), "{name}: {c:?}");
        }
        if name.contains("hostile") {
            assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{name}");
        }
    }
    let parts = serde_json::to_string(&follow(&without_end(hostile())).parts(Life::GoesOn, at(9000))).unwrap();
    assert!(!parts.contains("<script") && parts.contains("&lt;script&gt;"), "what is sent later is escaped as well");
}

#[test]
fn pages_are_pinned() {
    // Without the style sheet, which the policy's test holds.
    let body = |page: &Served| page.html.split_once("</head>").unwrap().1.split("<script>").next().unwrap().to_owned();
    for wanted in ["list", "plans", "history", "live", "live, silent", "live at the end", "login"] {
        let (_, page) = pages().into_iter().find(|(name, _)| *name == wanted).unwrap();
        insta::assert_snapshot!(format!("watch_{}", wanted.replace(", ", "_").replace(' ', "_")), body(&page));
    }
}

#[test]
fn a_page_that_is_sent_later_looks_like_one_that_is_loaded() {
    let scenario = killed();
    let mut late = Follow::new(&scenario.run(), &scenario.entries[..3]).unwrap();
    late.hear(&scenario.entries[3..]).unwrap();
    let parts = late.parts(Life::GoesOn, at(700));
    assert_eq!(parts, follow(&scenario).parts(Life::GoesOn, at(700)));
    let page = follow(&scenario).page(Life::GoesOn, at(700)).html;
    let sent = serde_json::to_value(&parts).unwrap();
    for (id, piece) in parts.parts.iter().map(|(id, _)| id).zip(sent["parts"].as_array().unwrap()) {
        let piece = piece[1].as_str().unwrap();
        assert!(page.contains(&format!("<div id=\"{id}\">{piece}</div>")), "{id}");
    }
    assert!(page.contains("<noscript><meta http-equiv=\"refresh\""), "whoever has no script loads it again");
}

#[test]
fn a_run_that_is_silent_or_gone_is_never_shown_as_going_on() {
    let text = |life| serde_json::to_string(&follow(&killed()).parts(life, at(700))).unwrap();
    assert!(text(Life::GoesOn).contains("The rest: "));
    for life in [Life::Silent(at(660)), Life::Gone] {
        let text = text(life);
        assert!(!text.contains("running</p>") && !text.contains("The rest: "), "{text}");
    }
    assert!(text(Life::Silent(at(660))).contains("Its lease ran out at 2026-11-23 03:23:07Z"));
    assert!(text(Life::Gone).contains("Its process is gone"));
}

#[test]
fn how_a_run_stands_is_marked_by_the_worst_that_is_true() {
    let mark = |scenario: &Scenario, life| follow(scenario).parts(life, at(9000)).mark;
    assert_eq!(mark(&happy(), Life::GoesOn), "good");
    assert_eq!(mark(&trouble(), Life::GoesOn), "bad");
    assert_eq!(mark(&interrupted(), Life::GoesOn), "open");
    assert_eq!(mark(&killed(), Life::GoesOn), "open");
    assert_eq!(mark(&killed(), Life::Gone), "bad");
    let none = Scenario::new(Vec::new()).closed(1, Closed::Completed);
    assert_eq!(mark(&none, Life::GoesOn), "good");
}
