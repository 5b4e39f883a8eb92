//! What means harm, through the real binary: it ends in time, within its memory, in words that deceive nobody.
//!
//! The limits are enforced by the system. They are no measure of speed: the sizes here are small enough for a slow
//! machine and a build without optimisation, and still far beyond what anything but linear work could bear.

mod files;
mod names;
mod places;
mod values;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use restorectl::model::harmless;

use crate::rig::Ran;

/// What the process may map altogether, in KiB: one GiB.
const MEMORY: &str = "1048576";
/// Longer than this is a hang.
const PATIENCE: Duration = Duration::from_secs(60);
/// More output than this is a flood, in bytes.
const FLOOD: usize = 300_000;

/// A folder to put files in, and the binary to try on them.
pub struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// Runs the binary within its limits, and checks what must hold of every run.
    pub async fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = tokio::process::Command::new("sh");
        command
            .args(["-c", &format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_restorectl")])
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("RESTORECTL_STATE", self.path("state.db"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let ended = tokio::time::timeout(PATIENCE, command.output()).await;
        let output = ended.unwrap_or_else(|_| panic!("{arguments:?} takes longer than {PATIENCE:?}")).unwrap();
        let ran = Ran::from(output);
        let all = format!("{}{}", ran.stdout, ran.stderr);
        let shown = || all.chars().take(2000).collect::<String>();
        assert!(matches!(ran.code, Some(0..=2)), "{arguments:?} ended with {:?}:\n{}", ran.code, shown());
        assert!(!all.contains("panicked"), "{arguments:?}:\n{}", shown());
        assert!(all.len() < FLOOD, "{arguments:?} printed {} bytes:\n{}", all.len(), shown());
        for line in all.lines() {
            assert_eq!(line, harmless(line), "{arguments:?}: this line can deceive");
        }
        ran
    }

    /// Validates a plan of this content.
    pub async fn validate(&self, content: impl AsRef<[u8]>) -> Ran {
        self.write("plan.yaml", content);
        self.run(&["validate", "plan.yaml"]).await
    }
}

/// A plan around the restores that a test is about.
fn plan(restores: &str) -> String {
    format!("{HEAD}restores:\n{restores}")
}

/// What a plan begins with.
const HEAD: &str = "version: 1\nname: test\nsource: {site: A, job: 1}\ntarget: {site: B}\n";

/// A restore with nothing wrong.
const ONE: &str = "  - {name: a, objects: [{table: D.t}]}\n";

/// So many restores, each made from its number.
fn restores(count: usize, one: impl Fn(usize) -> String) -> String {
    plan(&numbered(count, |number| format!("  - {{{}}}\n", one(number)), ""))
}

/// So many pieces, each made from its number.
fn numbered(count: usize, one: impl Fn(usize) -> String, between: &str) -> String {
    (0..count).map(one).collect::<Vec<_>>().join(between)
}

/// Puts a link somewhere.
fn link(to: &str, from: &Path) {
    std::os::unix::fs::symlink(to, from).unwrap();
}
