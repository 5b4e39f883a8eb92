//! A store on a filesystem that is really full.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use restorectl::journal::sqlite::SqliteStore;
use restorectl::journal::{Record, Store as _};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::cli::{APPLY, WEEKLY, no_doubles};
use crate::rig::{FAST, Ran, Rig};

/// A filesystem of two mebibytes.
struct Disk {
    folder: PathBuf,
    /// The process whose mounts show it; none: everybody's do.
    keeper: Option<Child>,
}

impl Disk {
    /// In a namespace of its own, where this user may make one; else as root, for everybody to see.
    async fn mount(folder: &Path) -> Self {
        std::fs::create_dir(folder).unwrap();
        if let Some(keeper) = Self::in_a_namespace(folder).await {
            return Self { folder: folder.to_owned(), keeper: Some(keeper) };
        }
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "none"]).arg(folder).status().await;
        assert!(mounted.unwrap().success(), "neither `unshare -rm` nor `mount` can make a filesystem here");
        Self { folder: folder.to_owned(), keeper: None }
    }

    async fn in_a_namespace(folder: &Path) -> Option<Child> {
        let script = "mount -t tmpfs -o size=2m none \"$0\" && echo mounted && exec cat";
        let mut unshare = Command::new("unshare");
        unshare.args(["-rm", "sh", "-c", script]).arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = unshare.kill_on_drop(true).spawn().ok()?;
        let mut line = String::new();
        BufReader::new(keeper.stdout.take()?).read_line(&mut line).await.unwrap();
        (line == "mounted\n").then_some(keeper)
    }

    /// The same command, where the filesystem is to be seen.
    fn within(&self, command: &Command) -> Command {
        let command = command.as_std();
        let folder = command.get_current_dir().unwrap_or(Path::new("/"));
        let mut within = match &self.keeper {
            Some(keeper) => {
                let mut within = Command::new("nsenter");
                within.args(["-t", &keeper.id().unwrap().to_string(), "-U", "-m", "--preserve-credentials"]);
                within.arg(format!("--wd={}", folder.display())).arg("--").arg(command.get_program());
                within
            }
            None => Command::new(command.get_program()),
        };
        within.args(command.get_args()).current_dir(folder).env_clear();
        within.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        within.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        within
    }

    async fn run(&self, rig: &Rig, arguments: &[&str]) -> Ran {
        Ran::from(self.within(&rig.command(arguments)).output().await.unwrap())
    }

    async fn shell(&self, script: &str) {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]).arg(&self.folder).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        let output = self.within(&command).output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Takes all the room that is left.
    async fn fill(&self) {
        self.shell("! dd if=/dev/zero of=\"$0/ballast\" bs=4k && test -s \"$0/ballast\"").await;
    }

    async fn make_room(&self) {
        self.shell("rm \"$0/ballast\"").await;
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.keeper.is_none() {
            let _ = std::process::Command::new("umount").arg(&self.folder).status();
        }
    }
}

const RESUME: [&str; 2] = ["resume", "--auto-approve"];
const FULL: &str = "its disk is full, or it may not grow; make room and run the same command again";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a small filesystem, which `unshare -rm` or root can mount: cargo test -- --ignored full_disk"]
async fn a_full_disk_stops_a_run_before_anything_more_is_sent_and_loses_nothing() {
    let mut rig = Rig::with(|config| config.throughput = 0).await;
    let disk = Disk::mount(&rig.path("disk")).await;
    rig.state = disk.folder.join("state.db").display().to_string();
    let mut run = disk.within(&rig.command(&APPLY)).spawn().unwrap();
    tokio::select! {
        () = rig.until("as many run as may", async |rig| rig.creates().await.len() == 4) => {}
        ended = run.wait() => panic!("{ended:?} {:?}", Ran::from(run.wait_with_output().await.unwrap())),
    }
    disk.fill().await;
    rig.throughput(FAST).await;
    let ran = Ran::from(run.wait_with_output().await.unwrap()).code(1).says(FULL).says("these may run at the site");
    assert_eq!(rig.creates().await.len(), 4, "{}", ran.stderr);

    // As long as it is full, nothing goes on, and nothing new begins.
    disk.run(&rig, &RESUME).await.code(1).says("disk");
    let elsewhere = disk.folder.join("new.db").display().to_string();
    disk.run(&rig, &[&["--state", &elsewhere], &APPLY[..]].concat()).await.code(1).says("disk");
    assert_eq!(rig.creates().await.len(), 4);

    disk.make_room().await;
    let copy = rig.path("copy");
    std::fs::create_dir(&copy).unwrap();
    disk.shell(&format!("cp \"$0\"/state.db* '{}'", copy.display())).await;
    let store = SqliteStore::open(&copy.join("state.db")).await.unwrap();
    let run = store.runs().await.unwrap().remove(0);
    let (_, entries) = store.run(&run).await.unwrap().unwrap();
    let intended = |name: &str| {
        let is_it = |record: &Record| matches!(record, Record::Intent { job_name, .. } if job_name.as_str() == name);
        entries.iter().any(|entry| is_it(&entry.record))
    };
    for create in rig.creates().await {
        let name = create["body"]["name"].as_str().unwrap();
        assert!(intended(name), "{name} was sent without a durable intent");
    }

    disk.run(&rig, &RESUME).await.code(0);
    no_doubles(&rig.creates().await, WEEKLY);
    let report = disk.run(&rig, &["report", "--latest", "--format", "json"]).await.code(0);
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!(report["verdict"]["green"], true, "{report:#}");
    assert_eq!(report["run"]["resumes"], run.as_str());
}
