//! The page in a real browser, where there is one: `cargo test -- --ignored`, with Debian's package `chromium`.

#![allow(clippy::disallowed_methods, reason = "a browser is a program, and reads a file")]

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use super::formats::many;
use super::scenario::hostile;
use crate::report::{Report, html};

/// A browser that is told what to do over two pipes, and its page.
struct Browser {
    process: Child,
    commands: File,
    answers: Receiver<Value>,
    sent: u64,
    session: Option<String>,
    _folder: tempfile::TempDir,
}

impl Browser {
    fn on(page: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("page.html"), page).unwrap();
        let made = Command::new("mkfifo").args([path("in"), path("out")]).status().unwrap();
        assert!(made.success());
        // No sandbox: it can't be had by root, and the page is ours.
        let script = "exec chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
                      --user-data-dir=\"$1/profile\" --remote-debugging-pipe about:blank 3<\"$1/in\" 4>\"$1/out\"";
        let process = Command::new("sh")
            .args(["-c", script, "sh"])
            .arg(folder.path())
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let commands = File::options().write(true).open(path("in")).unwrap();
        let mut out = BufReader::new(File::open(path("out")).unwrap());
        let (tell, answers) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while out.read_until(0, &mut message).is_ok_and(|read| read > 0) {
                message.pop();
                if tell.send(serde_json::from_slice(&message).unwrap()).is_err() {
                    break;
                }
                message.clear();
            }
        });
        let address = format!("file://{}", path("page.html").display());
        let mut browser = Self { process, commands, answers, sent: 0, session: None, _folder: folder };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let session = browser.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        browser.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        browser.call("Page.enable", json!({}));
        browser.call("Page.navigate", json!({"url": address}));
        browser.value("new Promise(done => document.readyState === 'complete' && location.protocol === 'file:' ? done(1) : addEventListener('load', () => done(1)))");
        browser
    }

    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.sent += 1;
        let mut message = json!({"id": self.sent, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = session.clone().into();
        }
        self.commands.write_all(message.to_string().as_bytes()).unwrap();
        self.commands.write_all(&[0]).unwrap();
        loop {
            let answer = self.answers.recv_timeout(Duration::from_secs(120)).unwrap();
            if answer["id"] == self.sent {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// What an expression comes to in the page; a promise is waited for.
    fn value(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.call("Runtime.evaluate", asked);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Says something in a field or a box, and gives how many rows are shown then.
    fn shown_after(&mut self, action: &str) -> (u64, String) {
        self.value(&format!(
            "(() => {{ {action}; return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1)))); }})()"
        ));
        let rows = self.value("document.querySelectorAll('tbody[data-mark]:not([hidden])').length").as_u64().unwrap();
        (rows, self.value("document.getElementById('found').textContent").as_str().unwrap().to_owned())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn is_there() -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| Path::new(&folder).join("chromium").is_file()))
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
    let mut browser = Browser::on(&html(&ten_thousand()));
    assert_eq!(browser.value("document.getElementById('find').hidden"), false, "the script runs under its policy");
    assert_eq!(browser.value("document.getElementById('found').textContent"), "10000 of 10000 shown");
    assert_eq!(browser.shown_after(&type_in("item-00042")), (1, "1 of 10000 shown".into()));
    assert_eq!(browser.value("document.querySelectorAll('li[data-item]:not([hidden])').length"), 1, "and its bar");
    assert_eq!(browser.value("document.querySelectorAll('table.items').length"), 50);
    assert_eq!(browser.value("document.querySelectorAll('div.chunk:not([hidden])').length"), 1);
    assert_eq!(browser.shown_after(&type_in("streams failed ITEM-00078")), (1, "1 of 10000 shown".into()));
    assert_eq!(browser.shown_after(&type_in("no such thing")).0, 0);
    assert_eq!(browser.shown_after(&type_in("")).0, 10_000);
    let good = "document.querySelector('input[value=good]').click()";
    assert_eq!(browser.shown_after(good).0, 500, "those that failed");
    // A link from the timeline leads to a restore that is hidden, and shows it unfolded.
    assert_eq!(browser.shown_after("location.hash = '#i7'").0, 10_000);
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
    let mut browser = Browser::on(&html(&hostile().report()));
    assert_eq!(browser.value("document.scripts.length"), 1);
    assert_eq!(browser.value("document.querySelectorAll('[onload], [onclick], [src], img, iframe, object').length"), 0);
    assert_eq!(browser.value("performance.getEntriesByType('resource').length"), 0, "nothing is loaded");
    let forced = "const s = document.createElement('script'); s.textContent = 'window.forced = 1'; document.body.append(s); window.forced === undefined";
    assert_eq!(browser.value(forced), true, "the policy allows one script alone");
    for width in [320, 390, 768, 1280] {
        let metrics = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false});
        browser.call("Emulation.setDeviceMetricsOverride", metrics);
        let wide = browser.value("document.documentElement.scrollWidth").as_u64().unwrap();
        let culprits = "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map(e => e.outerHTML.slice(0, 200))";
        assert!(wide <= width, "{wide} of {width}: {:#}", browser.value(culprits));
    }
    browser.call("Emulation.setEmulatedMedia", json!({"media": "print"}));
    assert_eq!(browser.value("getComputedStyle(document.getElementById('find')).display"), "none");
    let printed = browser.call("Page.printToPDF", json!({}));
    assert!(printed["data"].as_str().unwrap().len() > 10_000);
}
