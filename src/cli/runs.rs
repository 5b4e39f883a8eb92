//! `runs`: what was done before.

use super::exit::Exit;
use super::report as report_command;
use super::system::SystemClock;
use super::{Global, OutputFormat, connect};
use crate::journal::Store as _;
use crate::model::{RunId, harmless};
use crate::report;

/// Arguments of `runs`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl runs list
  restorectl runs show 20261123-031207-4f2a")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// All runs, newest first
    #[command(after_help = "Example:\n  restorectl runs list --format json")]
    List {
        /// How to print the list
        #[arg(long, value_enum, default_value_t)]
        format: OutputFormat,
    },
    /// One run
    #[command(after_help = "Example:\n  restorectl runs show 20261123-031207-4f2a")]
    Show {
        /// The run, as `runs list` shows it
        run: String,
    },
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let store = connect::store(global).await?;
    let terminal = global.terminal();
    let clock = SystemClock::new();
    match args.command {
        Command::Show { run } => {
            let made = report_command::build(&store, &RunId::new(run), &clock).await?;
            terminal.result(&report::brief(&made, terminal.out()))?;
        }
        Command::List { format } => {
            let mut made = Vec::new();
            for id in store.runs().await? {
                match report_command::build(&store, &id, &clock).await {
                    Ok(report) => made.push(report),
                    // One damaged run must not hide the others.
                    Err(error) => terminal.say(&harmless(&format!("warning: run {id} is left out: {error:#}"))),
                }
            }
            match format {
                OutputFormat::Human => terminal.result(&report::runs_human(&made, terminal.out()))?,
                OutputFormat::Json => terminal.result(&report::runs_json(&made)?)?,
            }
        }
    }
    Ok(Exit::Done)
}
