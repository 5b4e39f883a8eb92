//! How long `validate` takes, and how much memory, on plans of 1k, 10k and 100k restores, and on a small one.
//!
//! `cargo bench --bench plans` prints a table. `cargo bench --bench plans -- --emit N PATH` writes a plan. Where
//! `PEER` holds a command, it is measured beside ours on the largest plan: `{}` stands for the plan's path.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a measurement reads the clock, and may stop at once"
)]

mod generate;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often each is measured; the fastest counts.
const ROUNDS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [flag, count, path] = arguments.as_slice()
        && flag == "--emit"
    {
        std::fs::write(path, generate::plan(count.parse().unwrap())).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    println!("{:>9} {:>9} {:>9} {:>12} {:>9}", "restores", "MB", "ms", "µs/restore", "peak MiB");
    for count in [1, 1_000, 10_000, 100_000] {
        let path = folder.path().join(format!("{count}.yaml"));
        std::fs::write(&path, generate::plan(count)).unwrap();
        let (time, peak) = best(|| ours(&path));
        let megabytes = std::fs::metadata(&path).unwrap().len() as f64 / 1e6;
        let each = time.as_secs_f64() * 1e6 / count as f64;
        println!(
            "{count:>9} {megabytes:>9.1} {:>9.1} {each:>12.1} {:>9.0}",
            time.as_secs_f64() * 1e3,
            peak as f64 / 1024.0
        );
    }
    if let Ok(peer) = std::env::var("PEER") {
        let path: PathBuf = folder.path().join("100000.yaml");
        let mut words = peer.split_whitespace().map(|word| word.replace("{}", &path.display().to_string()));
        let program = words.next().unwrap();
        let arguments: Vec<String> = words.collect();
        // One after the other in each round, so that both meet the same machine.
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let own = ours(&path);
            let mut command = Command::new(&program);
            command.args(&arguments);
            times.push((own, run(command)));
        }
        let own = times.iter().map(|(own, _)| *own).min().unwrap();
        let other = times.iter().map(|(_, other)| *other).min().unwrap();
        println!("ours {:.0} ms, {:.0} MiB", own.0.as_secs_f64() * 1e3, own.1 as f64 / 1024.0);
        println!("peer {:.0} ms, {:.0} MiB", other.0.as_secs_f64() * 1e3, other.1 as f64 / 1024.0);
        println!("ratio {:.2}", own.0.as_secs_f64() / other.0.as_secs_f64());
    }
}

fn best(measure: impl Fn() -> (Duration, u64)) -> (Duration, u64) {
    (0..ROUNDS).map(|_| measure()).min().unwrap()
}

fn ours(plan: &Path) -> (Duration, u64) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_restorectl"));
    command.arg("validate").arg(plan);
    for limit in ["restores=1000000", "file-bytes=1000000000", "nodes=100000000", "expanded-bytes=1000000000"] {
        command.args(["--limit", limit]);
    }
    run(command)
}

/// Wall time, and the most memory in KiB that was seen, looking a thousand times a second.
fn run(mut command: Command) -> (Duration, u64) {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let end = loop {
        if child.try_wait().unwrap().is_some() {
            break start.elapsed();
        }
        let seen = std::fs::read_to_string(&status).unwrap_or_default();
        let line = seen.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0);
        peak = peak.max(kib);
        std::thread::sleep(Duration::from_millis(1));
    };
    (end, peak)
}
