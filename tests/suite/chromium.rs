//! A real browser, where there is one: Debian's package `chromium`. It is told what to do over two pipes. Shared by the tests of
//! the report's page and of the server's pages.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// A browser and its page.
pub struct Browser {
    process: Child,
    commands: File,
    answers: Receiver<Value>,
    sent: u64,
    session: Option<String>,
    /// What the console, the policy and scripts that failed said.
    complaints: Vec<Value>,
    _folder: tempfile::TempDir,
}

impl Browser {
    /// Starts one, with an empty page.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
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
        let mut browser =
            Self { process, commands, answers, sent: 0, session: None, complaints: Vec::new(), _folder: folder };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let session = browser.call("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        browser.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Log", "Runtime"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Goes to an address, and waits until the page is there.
    pub fn go(&mut self, url: &str) {
        // The page that is left may still be there when the browser answers.
        self.value("window.isLeft = true");
        let went = self.call("Page.navigate", json!({"url": url}));
        assert!(went["errorText"].is_null(), "{url}: {went}");
        self.until("window.isLeft === undefined");
    }

    /// Waits until an expression holds in a page that is wholly there, whichever page that is by then.
    pub fn until(&mut self, expression: &str) {
        let expression = format!("document.readyState === 'complete' && ({expression})");
        for _ in 0..2400 {
            let asked = json!({"expression": expression, "returnByValue": true});
            if self.call("Runtime.evaluate", asked)["result"]["value"] == true {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("never came about: {expression}\n{}", self.value("document.body.innerText"));
    }

    /// How wide it is, and which colours people want.
    pub fn looks(&mut self, width: u32, scheme: &str) {
        let metrics = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600});
        self.call("Emulation.setDeviceMetricsOverride", metrics);
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    /// What the console, the policy and scripts that failed said so far.
    pub fn complaints(&mut self) -> Vec<Value> {
        self.value("1");
        std::mem::take(&mut self.complaints)
    }

    /// The elements that are wider than the window.
    pub fn too_wide(&mut self) -> Value {
        self.value("document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map(e => e.outerHTML.slice(0, 200))")
    }

    /// Has one thing done, and gives what comes of it.
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
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
            let level = answer["params"]["entry"]["level"].as_str().or(answer["params"]["type"].as_str());
            let is_bad = matches!(level, Some("error" | "warning" | "assert"));
            if answer["method"] == "Runtime.exceptionThrown" || is_bad {
                self.complaints.push(answer);
            }
        }
    }

    /// What an expression comes to in the page; a promise is waited for.
    pub fn value(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.call("Runtime.evaluate", asked);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Whether there is one.
pub fn is_there() -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| Path::new(&folder).join("chromium").is_file()))
}
