//! The page in a real browser, where there is one: `cargo test -- --ignored`, with Debian's package `chromium`.

#![allow(clippy::disallowed_methods, unreachable_pub, reason = "a browser is a program, and reads a file")]

#[path = "../../../tests/suite/chromium.rs"]
mod chromium;

use serde_json::json;

use self::chromium::{Browser, is_there};
use super::formats::many;
use super::scenario::hostile;
use crate::report::{Report, html};

/// A browser that shows a page, and the folder where the page is.
fn shown(page: &str) -> (Browser, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    std::fs::write(&path, page).unwrap();
    let mut browser = Browser::start();
    browser.go(&format!("file://{}", path.display()));
    (browser, folder)
}

/// Says something in a field or a box, and gives how many rows are shown then.
fn rows_after(browser: &mut Browser, action: &str) -> (u64, String) {
    browser.value(&format!(
        "(() => {{ {action}; return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1)))); }})()"
    ));
    let rows = browser.value("document.querySelectorAll('tbody[data-mark]:not([hidden])').length").as_u64().unwrap();
    (rows, browser.value("document.getElementById('found').textContent").as_str().unwrap().to_owned())
}

/// Ten thousand restores, of which some failed: copies of a few.
fn ten_thousand() -> Report {
    let mut report = many(40, 2).report();
    let few = report.items.clone();
    report.items = (0..10_000)
        .zip(few.iter().cycle())
        .map(|(number, item)| {
            let mut item = item.clone();
            item.name = format!("item-{number:05}");
            item
        })
        .collect();
    report.total = report.items.len();
    report
}

fn type_in(word: &str) -> String {
    format!(
        "const field = document.getElementById('word'); field.value = '{word}'; field.dispatchEvent(new Event('input'))"
    )
}

#[test]
#[ignore = "needs a browser: apt-get install chromium, then cargo test -- --include-ignored"]
fn ten_thousand_restores_are_searched_and_filtered_in_a_browser() {
    assert!(is_there(), "there is no chromium on the path: apt-get install chromium");
    let (mut browser, _folder) = shown(&html(&ten_thousand()));
    assert_eq!(browser.value("document.getElementById('find').hidden"), false, "the script runs under its policy");
    assert_eq!(browser.value("document.getElementById('found').textContent"), "10000 of 10000 shown");
    assert_eq!(rows_after(&mut browser, &type_in("item-00042")), (1, "1 of 10000 shown".into()));
    assert_eq!(browser.value("document.querySelectorAll('li[data-item]:not([hidden])').length"), 1, "and its bar");
    assert_eq!(browser.value("document.querySelectorAll('table.items').length"), 50);
    assert_eq!(browser.value("document.querySelectorAll('div.chunk:not([hidden])').length"), 1);
    assert_eq!(rows_after(&mut browser, &type_in("streams failed ITEM-00078")), (1, "1 of 10000 shown".into()));
    assert_eq!(rows_after(&mut browser, &type_in("no such thing")).0, 0);
    assert_eq!(rows_after(&mut browser, &type_in("")).0, 10_000);
    let good = "document.querySelector('input[value=good]').click()";
    assert_eq!(rows_after(&mut browser, good).0, 500, "those that failed");
    // A link from the timeline leads to a restore that is hidden, and shows it unfolded.
    assert_eq!(rows_after(&mut browser, "location.hash = '#i7'").0, 10_000);
    assert_eq!(browser.value("document.querySelector('#i7 details').open"), true);
    assert_eq!(browser.value("document.querySelector('#i8 details').open"), false);
    for key in ["/", "Escape"] {
        let parameters = |kind: &str| json!({"type": kind, "key": key, "text": if key == "/" { "/" } else { "" }});
        browser.call("Input.dispatchKeyEvent", parameters("keyDown"));
        browser.call("Input.dispatchKeyEvent", parameters("keyUp"));
        assert_eq!(browser.value("document.activeElement.id"), "word", "{key}");
        assert_eq!(browser.value("document.getElementById('word').value"), "", "{key}");
    }
}

#[test]
#[ignore = "needs a browser: apt-get install chromium, then cargo test -- --include-ignored"]
fn a_browser_runs_nothing_of_a_hostile_report_and_nothing_is_wider_than_a_phone() {
    assert!(is_there(), "there is no chromium on the path: apt-get install chromium");
    let (mut browser, _folder) = shown(&html(&hostile().report()));
    assert_eq!(browser.complaints(), Vec::<serde_json::Value>::new());
    assert_eq!(browser.value("document.scripts.length"), 1);
    assert_eq!(browser.value("document.querySelectorAll('[onload], [onclick], [src], img, iframe, object').length"), 0);
    assert_eq!(browser.value("performance.getEntriesByType('resource').length"), 0, "nothing is loaded");
    let forced = "const s = document.createElement('script'); s.textContent = 'window.forced = 1'; document.body.append(s); window.forced === undefined";
    assert_eq!(browser.value(forced), true, "the policy allows one script alone");
    for width in [320, 390, 768, 1280] {
        browser.looks(width, "light");
        assert_eq!(browser.too_wide(), json!([]), "{width}");
    }
    browser.call("Emulation.setEmulatedMedia", json!({"media": "print"}));
    assert_eq!(browser.value("getComputedStyle(document.getElementById('find')).display"), "none");
    let printed = browser.call("Page.printToPDF", json!({}));
    assert!(printed["data"].as_str().unwrap().len() > 10_000);
}
