//! `runs`: what was done before.

mod compare;
mod list;
mod pages;
mod prune;

use super::exit::Exit;
use super::report as report_command;
use super::system::SystemClock;
use super::terminal::Terminal;
use super::{Global, OutputFormat, connect};
use crate::journal::StateStore;
use crate::model::{RunId, Slug, harmless};
use crate::report::{self, Report};

/// Arguments of `runs`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl runs list
  restorectl runs show 20261123-031207-4f2a
  restorectl runs compare --plan dr-weekly --last 6
  restorectl runs prune --keep 20 --older-than 90d")]
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
    /// Runs of one plan side by side, and whether the newest is slower than usual
    #[command(after_help = "Examples:
  restorectl runs compare 20261116-031207-77aa 20261123-031207-4f2a
  restorectl runs compare --plan dr-weekly --last 6 --format json

A restore is marked if it took over 25 % more (or less) time for each byte than the
median of its last 5 successes before, and that is a second or more.")]
    Compare(compare::Args),
    /// Take old runs away; what they sent stays known, so that nothing is sent twice
    #[command(after_help = "Examples:
  restorectl runs prune --keep 20 --dry-run
  restorectl runs prune --older-than 90d --yes

The last run of a plan and environment stays, one that has not ended, and one of which
something is still watched for.")]
    Prune(prune::Args),
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let terminal = global.terminal();
    match args.command {
        Command::Show { run } => {
            let store = connect::store(global).await?;
            let made = report_command::build(&store, &RunId::new(run), &SystemClock::new()).await?;
            terminal.result(&report::brief(&made, terminal.out()))?;
        }
        Command::List { format } => list::run(format, &connect::store(global).await?, terminal).await?,
        Command::Compare(args) => return compare::run(args, global).await,
        Command::Prune(args) => return prune::run(args, global).await,
    }
    Ok(Exit::Done)
}

/// A plan's name on the command line.
fn plan(text: &str) -> Result<Slug, String> {
    Slug::parse(text).map_err(|error| error.to_string())
}

/// The report of a run; none where none can be made, which is said: one damaged run must not hide the others.
async fn report_of(store: &StateStore, id: &RunId, clock: &SystemClock, terminal: Terminal) -> Option<Report> {
    match report_command::build(store, id, clock).await {
        Ok(report) => Some(report),
        Err(error) => {
            terminal.say(&harmless(&format!("warning: run {id} is left out: {error:#}")));
            None
        }
    }
}
