//! The HTML page: whole, self-contained, harmless and readable.

use super::formats::many;
use super::scenario::{Scenario, decision, happy, hostile, interrupted, killed, trouble};
use crate::journal::Closed;
use crate::model::Action;
use crate::report::html;

fn pages() -> Vec<String> {
    let empty = Scenario::new(Vec::new()).closed(1, Closed::Completed);
    let none = Scenario::new(vec![decision("model", Action::Create, "new")]);
    [happy(), trouble(), interrupted(), killed(), hostile(), empty, none, many(450, 90)]
        .iter()
        .map(|s| html(&s.report()))
        .collect()
}

/// Every tag of a page, as it is written between its angle brackets; the style sheet and the script are left out.
pub(super) fn tags(page: &str) -> Vec<&str> {
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let (rest, end) = rest.split_once("<script>").unwrap();
    let (_, end) = end.split_once("</script>").unwrap();
    [head, rest, end]
        .into_iter()
        .flat_map(|part| part.split('<').skip(1))
        .map(|tag| tag.split_once('>').unwrap().0)
        .collect()
}

pub(super) fn hash(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(<sha2::Sha256 as sha2::Digest>::digest(text))
}

#[test]
fn every_tag_is_closed_in_its_turn() {
    for page in pages() {
        let mut open: Vec<&str> = Vec::new();
        for tag in tags(&page) {
            let name = tag.split(' ').next().unwrap();
            if let Some(closed) = name.strip_prefix('/') {
                assert_eq!(open.pop(), Some(closed), "in {page}");
            } else if !matches!(name, "meta" | "!DOCTYPE" | "input") {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }
}

#[test]
fn nothing_is_loaded_and_nothing_runs_but_the_pages_own_script() {
    for page in pages() {
        for tag in tags(&page) {
            let name = tag.split(' ').next().unwrap().trim_start_matches('/');
            let known = [
                "!DOCTYPE",
                "html",
                "head",
                "meta",
                "title",
                "body",
                "main",
                "header",
                "footer",
                "section",
                "figure",
                "figcaption",
                "h1",
                "h2",
                "h3",
                "p",
                "ul",
                "ol",
                "li",
                "dl",
                "dt",
                "dd",
                "div",
                "span",
                "b",
                "bdi",
                "code",
                "table",
                "caption",
                "thead",
                "tbody",
                "tr",
                "th",
                "td",
                "details",
                "summary",
                "svg",
                "rect",
                "line",
                "text",
                "a",
                "form",
                "label",
                "input",
                "fieldset",
                "legend",
                "output",
            ];
            assert!(known.contains(&name), "<{tag}>");
            for attribute in ["src=", "href=", "style=", " on"] {
                let outside: String = tag.split('"').step_by(2).collect();
                let within = tag.starts_with("a class=\"name\" href=\"#i") && attribute == "href=";
                assert!(within || !outside.contains(attribute), "<{tag}>");
            }
        }
        assert!(!page.contains("url(") && !page.contains("@import"), "the style sheet loads nothing");
        assert!(page.contains("default-src &#39;none&#39;; style-src &#39;sha256-"));
        let (_, script) = page.split_once("<script>").unwrap();
        let script = script.split_once("</script>").unwrap().0;
        assert_eq!(script, include_str!("../page/page.js"));
        assert!(page.contains(&format!("script-src &#39;sha256-{}&#39;;", hash(script))));
        for effect in ["fetch", "XMLHttp", "innerHTML", "eval", "import", "document.write", "cookie", "Storage", "http"]
        {
            assert!(!script.contains(effect), "{effect}");
        }
    }
}

#[test]
fn hostile_texts_are_shown_and_not_obeyed() {
    let page = html(&hostile().report());
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("</style>").count(), 1);
    for c in page.chars().filter(|c| *c != '\n') {
        assert!(!c.is_control() && !matches!(c, '\u{202e}' | '\u{200b}'), "{c:?}");
    }
}

#[test]
fn the_page_tells_what_the_report_tells() {
    let page = html(&trouble().report());
    for words in [
        "partial or unknown",
        "3 of 7 restores came about",
        "[3802] Database &#39;BANK_MARKETING&#39; does not exist.",
        "May still run at the site",
        "it comes after <code>orders</code>, which failed",
        "timed out after 30s",
        "attempt 2 from 2026-11-23 03:12:09Z, waited 18s, worked 1m 50s",
        "stream 2",
        "<code>restorectl apply plans/bank-dr.yaml --env prod --input suffix=_drill</code>",
        "no new work was started after 2 failures",
        "(over itself)",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert_eq!(page.matches("<details open").count(), 2, "what failed or is unknown is unfolded");
    assert_eq!(page.matches("<details").count(), 7);
}

#[test]
fn a_rehearsal_says_so_before_anything_else() {
    let mut scenario = happy();
    assert!(!html(&scenario.report()).contains("SIMULATED"));
    scenario.simulated = true;
    let page = html(&scenario.report());
    assert!(page.find("SIMULATED").unwrap() < page.find("<header").unwrap());
}

/// WCAG's contrast of two colours, from 1 to 21.
fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |colour: &str| {
        let part = |from: usize| {
            let value = f64::from(u8::from_str_radix(&colour[from..from + 2], 16).unwrap()) / 255.0;
            if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    };
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn texts_and_bars_stand_out_from_their_ground_in_light_and_dark() {
    let css = include_str!("../page/page.css");
    let (light, rest) = css.split_once("@media (prefers-color-scheme: dark)").unwrap();
    for theme in [light, rest.split_once("* {").unwrap().0] {
        let colour = |name: &str| {
            let (_, value) = theme.split_once(&format!("--{name}: ")).unwrap();
            value[..7].to_owned()
        };
        for (text, grounds) in [
            ("ink", vec!["paper", "card", "good-bg", "bad-bg", "open-bg", "untried-bg"]),
            ("soft", vec!["paper", "card", "good-bg", "bad-bg", "open-bg"]),
            ("link", vec!["paper", "card"]),
            ("good", vec!["paper", "card", "good-bg"]),
            ("bad", vec!["paper", "card", "bad-bg"]),
            ("open", vec!["paper", "card", "open-bg"]),
            ("untried", vec!["paper", "card"]),
        ] {
            for ground in grounds {
                let ratio = contrast(&colour(text), &colour(ground));
                assert!(ratio >= 4.5, "{text} on {ground}: {ratio:.2}");
            }
        }
        for bar in ["good-bar", "bad-bar", "open-bar", "untried-bar"] {
            let ratio = contrast(&colour(bar), &colour("paper"));
            assert!(ratio >= 3.0, "{bar}: {ratio:.2}");
        }
    }
}

#[test]
fn a_large_plan_is_whole_in_chunks_and_not_all_of_it_is_unfolded() {
    let page = html(&many(450, 90).report());
    for class in ["<div class=\"chunk\">", "<ol class=\"chunk\">"] {
        assert_eq!(page.matches(class).count(), 3, "{class}");
    }
    for number in 0..450 {
        let (link, part) = (format!("href=\"#i{number}\""), format!("<tbody id=\"i{number}\""));
        assert_eq!((page.matches(&link).count(), page.matches(&part).count()), (1, 1), "{number}");
    }
    assert_eq!(page.matches("<details open").count(), 50);
}
