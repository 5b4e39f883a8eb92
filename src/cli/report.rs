//! `report`: any run again, in any format.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::difference::Bench;
use super::exit::Exit;
use super::system::SystemClock;
use super::terminal::Terminal;
use super::{Global, connect, files};
use crate::journal::Store;
use crate::model::RunId;
use crate::ports::Clock as _;
use crate::report::{self, Report, Verdict};

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl report --latest
  restorectl report 20261123-031207-4f2a --format html --out report.html --format json --out report.json

Each --format takes the --out behind it; a format without one is printed. An
--out without a --format says it by its ending.")]
pub(super) struct Args {
    /// The run, as `restorectl runs list` shows it
    #[arg(value_name = "RUN", conflicts_with = "latest")]
    run: Option<String>,
    /// The newest run
    #[arg(long)]
    latest: bool,
    /// A format; repeatable
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Vec<Format>,
    /// Where to write the format before it; repeatable
    #[arg(long, value_name = "PATH")]
    out: Vec<PathBuf>,
}

/// A format of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For the terminal.
    Human,
    /// For programs; its schema is `restorectl schema report`.
    Json,
    /// One page that needs no network.
    Html,
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let mut formats = args.format;
    for path in args.out.iter().skip(formats.len()) {
        formats.push(by_ending(path)?);
    }
    if formats.is_empty() {
        formats.push(Format::Human);
    }
    let store = connect::store(global.state.as_deref()).await?;
    let id = match args.run {
        Some(id) => RunId::new(id),
        None if !args.latest => bail!("name a run, as `restorectl runs list` shows it, or say `--latest`"),
        None => {
            let newest = store.runs().await?.into_iter().next();
            newest.context("there is no run yet: `restorectl apply` makes one")?.id
        }
    };
    let made = build(&store, &id, &SystemClock::new()).await?;
    let terminal = global.terminal();
    for (index, format) in formats.into_iter().enumerate() {
        match args.out.get(index) {
            Some(path) => {
                files::write_private(path, text(&made, format, terminal)?.as_bytes())?;
                terminal.progress(&format!("wrote `{}`", path.display()));
            }
            None => terminal.result(&text(&made, format, terminal)?)?,
        }
    }
    Ok(Exit::Done)
}

fn by_ending(path: &Path) -> anyhow::Result<Format> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("html" | "htm") => Ok(Format::Html),
        Some("json") => Ok(Format::Json),
        Some("txt") => Ok(Format::Human),
        _ => bail!("the ending of `{}` names no format: say `--format html`, `json` or `human`", path.display()),
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
pub(super) fn text(made: &Report, format: Format, terminal: Terminal) -> anyhow::Result<String> {
    Ok(match format {
        Format::Human => report::human(made, terminal.out()),
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
    terminal.result(&text(&made, Format::Human, terminal)?)?;
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
