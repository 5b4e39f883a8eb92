//! `report`: any run again, in any format.

use anyhow::{Context as _, bail};

use super::difference::Bench;
use super::exit::Exit;
use super::outputs::{self, Outputs};
use super::system::SystemClock;
use super::terminal::Terminal;
use super::{Global, connect};
use crate::journal::Store;
use crate::model::RunId;
use crate::ports::Clock as _;
use crate::report::{self, Report, Style, Verdict};

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl report --latest
  restorectl report 20261123-031207-4f2a --format html --out report.html --format json --out report.json")]
pub(super) struct Args {
    /// The run, as `restorectl runs list` shows it
    #[arg(value_name = "RUN", conflicts_with = "latest")]
    run: Option<String>,
    /// The newest run
    #[arg(long)]
    latest: bool,
    #[command(flatten)]
    outputs: Outputs<Format>,
}

/// A format of the report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For the terminal.
    #[default]
    Human,
    /// For programs; its schema is `restorectl schema report`.
    Json,
    /// One page that needs no network.
    Html,
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let store = connect::store(global).await?;
    let id = match args.run {
        Some(id) => RunId::new(id),
        None if !args.latest => bail!("name a run, as `restorectl runs list` shows it, or say `--latest`"),
        None => {
            let newest = store.runs().await?.into_iter().next();
            newest.context("there is no run yet: `restorectl apply` makes one")?
        }
    };
    let made = build(&store, &id, &SystemClock::new()).await?;
    args.outputs.write(global.terminal(), |format, style| text(&made, format, style))?;
    Ok(Exit::Done)
}

impl outputs::Format for Format {
    fn by_ending(ending: &str) -> Option<Self> {
        match ending {
            "html" | "htm" => Some(Self::Html),
            "json" => Some(Self::Json),
            "txt" => Some(Self::Human),
            _ => None,
        }
    }
}

/// The report of a run, from the journal.
///
/// # Errors
/// When there is no such run, or its entries can't be read.
pub(super) async fn build<J: Store>(store: &J, id: &RunId, clock: &SystemClock) -> anyhow::Result<Report> {
    let found = store.run(id).await?;
    let (run, entries) = found.with_context(|| format!("there is no run `{id}`: see `restorectl runs list`"))?;
    Ok(report::build(&run, &entries, clock.now())?)
}

/// A report in a format.
///
/// # Errors
/// Never for reports that [`build`] makes.
pub(super) fn text(made: &Report, format: Format, style: Style) -> anyhow::Result<String> {
    Ok(match format {
        Format::Human => report::human(made, style),
        Format::Json => report::json(made)?,
        Format::Html => report::html(made),
    })
}

/// Ends `apply`: shows the report and says how the run ended.
///
/// # Errors
/// When the journal can't be read back, or standard output can't be written.
pub(super) async fn finish(bench: &Bench, id: &RunId, terminal: Terminal) -> anyhow::Result<Exit> {
    let made = build(&bench.store, id, &bench.clock).await?;
    terminal.result(&text(&made, Format::Human, terminal.out())?)?;
    Ok(exit(&made))
}

/// The exit code that a report's verdict means.
pub(super) fn exit(made: &Report) -> Exit {
    match made.verdict.code {
        Verdict::AllSucceeded | Verdict::NothingToDo => Exit::Done,
        Verdict::SomeFailed => Exit::RestoresFailed,
        Verdict::PartialOrUnknown | Verdict::NotEnded => Exit::PartialOrUnknown,
        Verdict::Interrupted => Exit::Interrupted,
    }
}
