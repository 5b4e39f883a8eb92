//! `sim`: a stand-in for the service.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;

use super::Global;
use super::exit::Exit;
use super::signals::Signals;
use crate::model::Millis;
use crate::simulator::{self, Config, Fault};

/// Arguments of `sim`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl sim --data ./sim
  restorectl sim --data ./sim --fault create:lose-reply,times=1        lose the first reply
  restorectl sim --data ./sim --fault 'restore:fail,name=dr-weekly_*'  let restores fail

A fault is CALL:EFFECT[=VALUE][,name=GLOB][,after=N][,times=N].
  calls          create, restore, list, status, execution-restores, permissions,
                 databases, jobs, job, executions, prepare-objects,
                 preparation-status, objects, any
  to a restore   fail[=TEXT], partial, warn[=TEXT], status=WORD, slow=FACTOR, hang,
                 vanish=TIME
  to a call      delay=TIME, lose-reply, late-accept=TIME, drop, garbage, truncate,
                 answer=STATUS[,retry-after=SECONDS][,body=TEXT], redirect=URL
More can be added while it runs: POST them as JSON to /_sim/faults. What was sent
and accepted is at /_sim/requests and /_sim/creates.

Then, in another terminal: restorectl diff plans/dr-weekly.yaml -e sim

It is a stand-in for rehearsal: what it proves, it proves about a plan and about
restorectl, not about your backups.")]
pub(super) struct Args {
    /// Address on this machine; port 0 takes any free one
    #[arg(long, default_value = "127.0.0.1:8629", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Folder for its data; made and filled with a sample site where it is new
    #[arg(long, default_value = "restorectl-sim", value_name = "DIR")]
    data: PathBuf,
    /// Bytes that a restore brings back in a second
    #[arg(long, default_value_t = 1_000_000_000, value_name = "BYTES")]
    throughput: u64,
    /// Restores that run at once at one site; others are queued
    #[arg(long, default_value_t = 3, value_name = "N")]
    site_limit: usize,
    /// How long a restore is queued at least
    #[arg(long, default_value = "500ms", value_name = "DURATION")]
    queue_delay: Millis,
    /// Something that goes wrong, like `create:lose-reply` or `restore:fail,name=GLOB`; repeatable
    #[arg(long, value_name = "FAULT")]
    fault: Vec<Fault>,
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let config = Config {
        listen: args.listen,
        throughput: args.throughput,
        site_limit: args.site_limit,
        queue_delay: Duration::from_millis(args.queue_delay.0),
        faults: args.fault,
        ..Config::new(args.data)
    };
    let terminal = global.terminal();
    let (user, data) = (config.user.clone(), config.data.clone());
    let simulator = simulator::start(config).await?;
    let mut signals = Signals::heard().context("nobody could stop it")?;
    terminal.result(&format!(
        "a stand-in for rehearsal, not the service\n  API   {}\n  user  {user}\n  data  {}\nstop it with Ctrl-C\n",
        simulator.url(),
        data.display()
    ))?;
    signals.next().await;
    simulator.stop().await;
    Ok(Exit::Done)
}
