//! The pages in a real browser, from a real server. Pictures go to the folder that `RESTORECTL_PICTURES` names.

use std::path::Path;

use base64::Engine as _;
use serde_json::{Value, json};

use super::Serving;
use crate::chromium::{Browser, is_there};
use crate::cli::{APPLY, WEEKLY};
use crate::rig::{FAST, Ran, Rig};

const LOOKS: [(&str, u32, &str); 3] = [("light", 1280, "light"), ("dark", 1280, "dark"), ("phone", 360, "light")];

/// Looks at a page in both themes and at a phone's width.
fn look(browser: &mut Browser, name: &str) {
    for (look, width, scheme) in LOOKS {
        browser.looks(width, scheme);
        let dark = browser.value("matchMedia('(prefers-color-scheme: dark)').matches");
        assert_eq!(dark, scheme == "dark");
        assert_eq!(browser.too_wide(), json!([]), "{name} {look}");
        picture(browser, &format!("{name}-{look}"));
    }
    browser.looks(1280, "light");
    assert_eq!(browser.complaints(), Vec::<Value>::new(), "{name}");
}

/// A picture of the whole page, where `RESTORECTL_PICTURES` names a folder for it.
fn picture(browser: &mut Browser, name: &str) {
    let Some(folder) = std::env::var_os("RESTORECTL_PICTURES") else { return };
    let taken = browser.call("Page.captureScreenshot", json!({"format": "png", "captureBeyondViewport": true}));
    let bytes = base64::engine::general_purpose::STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
    std::fs::write(Path::new(&folder).join(format!("{name}.png")), bytes).unwrap();
}

fn browser_at(url: &str) -> Browser {
    let mut browser = Browser::start();
    browser.go(url);
    browser
}

fn count(browser: &mut Browser, words: &str) -> Value {
    browser.value(&format!("Number(document.querySelector('[data-count=\"{words}\"] b').textContent)"))
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a browser: apt-get install chromium, then cargo test -- --include-ignored"]
async fn a_run_is_watched_without_loading_the_page_again() {
    assert!(is_there(), "there is no chromium on the path: apt-get install chromium");
    let rig = Rig::with(|config| config.throughput = 0).await;
    rig.run(&["runs", "list"]).await.code(0);
    let serving = Serving::new(&rig).await;
    let mut browser = browser_at(&serving.url);
    look(&mut browser, "nothing");
    let run = rig.start(&APPLY);
    rig.until("four restores run", async |rig| rig.creates().await.len() >= 4).await;
    let id = serving.newest().await;
    browser.go(&serving.url);
    look(&mut browser, "list-goes-on");
    browser.value("document.querySelector('.runs a').click()");
    browser.until(&format!(
        "location.pathname === '/runs/{id}' && document.querySelector('[data-count=running]') !== null"
    ));
    browser.until("Number(document.querySelector('[data-count=running] b').textContent) >= 4");
    assert_eq!(count(&mut browser, "done"), 0);
    // What runs is counted on by the page itself.
    browser.value("window.before = document.querySelector('.running [data-since]').textContent");
    browser.until("document.querySelector('.running [data-since]').textContent !== window.before");
    look(&mut browser, "live");
    // Whoever lets no script run sees the same, and the page loads itself again.
    browser.call("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    browser.go(&format!("{}/runs/{id}", serving.url));
    assert_eq!(browser.value("document.querySelector('noscript meta').content"), "10");
    assert_eq!(browser.value("document.querySelectorAll('.running tbody tr').length"), 4);
    browser.call("Emulation.setScriptExecutionDisabled", json!({"value": false}));
    browser.go(&format!("{}/runs/{id}", serving.url));
    browser.value("window.mine = 'the same page'");

    rig.fault("restore:fail,name=*_orders_*").await;
    rig.throughput(FAST).await;
    browser.until("document.getElementById('line').textContent.startsWith('The run is over')");
    assert_eq!(browser.value("window.mine"), "the same page");
    assert_eq!(count(&mut browser, "running"), 0);
    assert_eq!(count(&mut browser, "failed"), 1);
    assert!(count(&mut browser, "done").as_u64().is_some_and(|done| done > 1 && done < WEEKLY as u64));
    look(&mut browser, "live-over");
    Ran::from(run.wait_with_output().await.unwrap()).code(4);

    browser.value("document.querySelector('#state a').click()");
    browser.until("document.querySelector('.banner .kind')?.textContent === 'Restore report'");
    // The report's script runs too.
    browser.until("document.getElementById('find').hidden === false");
    look(&mut browser, "report");
    let forced = "const s = document.createElement('script'); s.textContent = 'window.forced = 1'; document.body.append(s); window.forced === undefined";
    assert_eq!(browser.value(forced), true);
    assert!(!browser.complaints().is_empty(), "what the policy forbids is seen here");
    serving.stop("INT").await.code(0);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a browser: apt-get install chromium, then cargo test -- --include-ignored"]
async fn lists_history_and_the_token_are_for_keyboards_and_phones_too() {
    assert!(is_there(), "there is no chromium on the path: apt-get install chromium");
    let rig = Rig::new().await;
    rig.run(&APPLY).await.code(0);
    rig.fault("restore:fail,name=*_orders_*").await;
    rig.run(&[&APPLY[..], &["--again"]].concat()).await;
    rig.clear_faults().await;
    for _ in 0..2 {
        rig.run(&[&APPLY[..], &["--again"]].concat()).await.code(0);
    }
    rig.run(&["apply", "plans/rename-table.yaml", "--env", "sim", "--auto-approve"]).await.code(0);
    let token = "c0ffee00c0ffee00c0ffee00";
    let serving = Serving::with(&rig, &["--token-env", "TOK"], &[("TOK", token)]).await;
    let mut browser = browser_at(&format!("{}/plans", serving.url));
    let is_typed_into = "document.activeElement.name === 'token'";
    browser.until(is_typed_into);
    // That the page is answered with 401 is told in the console.
    browser.complaints();
    look(&mut browser, "login");
    let typed = |browser: &mut Browser, text: &str| {
        browser.call("Input.insertText", json!({"text": text}));
        for kind in ["keyDown", "keyUp"] {
            let enter =
                json!({"type": kind, "key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 13});
            browser.call("Input.dispatchKeyEvent", enter);
        }
    };
    typed(&mut browser, "wrong");
    browser.until(&format!("document.querySelector('.wrong') !== null && {is_typed_into}"));
    typed(&mut browser, token);
    browser.until("document.querySelector('h1')?.textContent === 'Plans'");
    assert_eq!(browser.value("document.cookie"), "", "no script sees the session");
    browser.complaints();
    look(&mut browser, "plans");
    browser.value("document.querySelector('th a').click()");
    browser.until("document.querySelector('.trend rect') !== null");
    look(&mut browser, "history");
    browser.go(&serving.url);
    look(&mut browser, "list");
    browser.value("document.querySelector('[name=plan]').value = 'rename-table'");
    browser.value("document.querySelector('.filter button').click()");
    browser.until("document.querySelectorAll('.runs tbody tr').length === 1");
    browser.go(&format!("{}/runs/none", serving.url));
    browser.complaints();
    look(&mut browser, "not-found");
    serving.stop("INT").await.code(0);
}
