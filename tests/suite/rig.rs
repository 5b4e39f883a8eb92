//! A simulator in this process, a folder of plans, and the real binary to try on them.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use restorectl::simulator::{self, Config, Simulator};
use serde_json::Value;
use tokio::process::{Child, Command};

pub const SITE: &str = "TDICGC73149PP88";
pub const DR_SITE: &str = "TDICGC73149PP99";

/// Fast enough that a restore takes some tens of milliseconds.
pub const FAST: u64 = 200_000_000_000;

pub struct Rig {
    pub folder: tempfile::TempDir,
    simulator: Option<Simulator>,
    http: reqwest::Client,
    pub base: String,
    /// Where runs are kept, as `RESTORECTL_STATE` says it.
    pub state: String,
}

impl Rig {
    /// A simulator with the sample site, and the shipped plans with an environment `sim` that reaches it.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::new(folder.path().join("simulator"));
        config.throughput = FAST;
        config.queue_delay = Duration::ZERO;
        change(&mut config);
        let simulator = simulator::start(config).await.unwrap();
        let plans = Path::new(env!("CARGO_MANIFEST_DIR")).join("plans");
        copy(&plans, &folder.path().join("plans"));
        let base = format!("http://{}", simulator.addr());
        let environment = folder.path().join("plans/environments/sim.yaml");
        let text = std::fs::read_to_string(&environment).unwrap();
        let text = text
            .replace("http://127.0.0.1:8629", &base)
            .replace("200ms", "20ms")
            .replace("settle_window: 2s", "settle_window: 300ms");
        assert!(text.contains(&base) && text.contains("20ms") && text.contains("300ms"));
        std::fs::write(&environment, text).unwrap();
        // A client that is independent of ours; the simulator's provider is installed by the first of either.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let state = folder.path().join("state.db").display().to_string();
        Self { folder, simulator: Some(simulator), http: reqwest::Client::new(), base, state }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Writes a file anew with another text in it.
    #[track_caller]
    pub fn change(&self, name: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{text}");
        self.write(name, &text.replace(from, to));
    }

    /// Lets the environment `sim` reach the site through another address, with more lines in its `api`.
    pub fn through(&self, url: &str, more: &str) {
        let path = self.path("plans/environments/sim.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        let head = format!("api:\n  url: {}/data-protection/v2\n", self.base);
        assert!(text.contains(&head), "{text}");
        std::fs::write(path, text.replace(&head, &format!("api:\n  url: {url}\n{more}"))).unwrap();
    }

    /// Everything that the journal's files hold, as text.
    pub fn journal(&self) -> String {
        let files = ["state.db", "state.db-wal"].map(|name| std::fs::read(self.path(name)).unwrap_or_default());
        String::from_utf8_lossy(&files.concat()).into_owned()
    }

    /// The binary with these arguments, in the rig's folder, with its state there.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_restorectl"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("RESTORECTL_STATE", &self.state)
            .env("USER", "tester")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs the binary to its end.
    pub async fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().await.unwrap())
    }

    /// Starts the binary.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    pub async fn get(&self, path: &str) -> Value {
        let response = self.http.get(format!("{}{path}", self.base)).send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.json().await.unwrap()
    }

    async fn post(&self, path: &str, body: &Value) {
        let response = self.http.post(format!("{}{path}", self.base)).json(body).send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
    }

    pub async fn fault(&self, text: &str) {
        let fault: simulator::Fault = text.parse().unwrap();
        self.post("/_sim/faults", &serde_json::to_value(fault).unwrap()).await;
    }

    pub async fn clear_faults(&self) {
        self.http.delete(format!("{}/_sim/faults", self.base)).send().await.unwrap();
    }

    pub async fn throughput(&self, bytes_per_second: u64) {
        self.post("/_sim/throughput", &serde_json::json!({"bytes_per_second": bytes_per_second})).await;
    }

    /// What the site accepted: every create with its body.
    pub async fn creates(&self) -> Vec<Value> {
        self.get("/_sim/creates").await.as_array().unwrap().clone()
    }

    /// Sends a create once more, past restorectl.
    pub async fn send_again(&self, create: &Value) {
        let text = |key: &str| create[key].as_str().map_or_else(|| create[key].to_string(), str::to_owned);
        let (site, job, execution) = (text("site"), text("job"), text("execution"));
        let url = format!("{}/data-protection/v2/sites/{site}/jobs/{job}/executions/{execution}/restores", self.base);
        // `restore_operator:rehearsal-only`
        let login = "Basic cmVzdG9yZV9vcGVyYXRvcjpyZWhlYXJzYWwtb25seQ==";
        let sent = self.http.post(url).header("x-auth-credentials", login).json(&create["body"]).send().await.unwrap();
        assert_eq!(sent.status(), 202);
    }

    pub async fn requests(&self) -> Vec<Value> {
        self.get("/_sim/requests").await.as_array().unwrap().clone()
    }

    pub async fn rows(&self, site: &str, database: &str, table: &str) -> Vec<Value> {
        let path = format!("/_sim/sites/{site}/databases/{database}/tables/{table}/rows");
        self.get(&path).await["rows"].as_array().unwrap().clone()
    }

    /// Waits until something holds of the site; looks again and again, and gives up after a minute.
    pub async fn until(&self, what: &str, holds: impl AsyncFn(&Self) -> bool) {
        for _ in 0..3000 {
            if holds(self).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("never came about: {what}");
    }

    /// The newest run's report.
    pub async fn report(&self) -> Value {
        let ran = self.run(&["report", "--latest", "--format", "json"]).await;
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
    }

    /// How many runs the journal holds.
    pub async fn runs(&self) -> usize {
        let ran = self.run(&["runs", "list", "--format", "json"]).await;
        serde_json::from_str::<Vec<Value>>(&ran.stdout).map_or(0, |runs| runs.len())
    }

    /// Stops the simulator, so that nobody answers any more.
    pub async fn cut(&mut self) {
        self.simulator.take().unwrap().stop().await;
    }
}

/// What came of a command.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    #[track_caller]
    pub fn code(self, expected: i32) -> Self {
        assert_eq!(self.code, Some(expected), "{}\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn says(self, words: &str) -> Self {
        let all = format!("{}\n{}", self.stdout, self.stderr);
        assert!(all.contains(words), "should say `{words}`:\n{all}");
        self
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
