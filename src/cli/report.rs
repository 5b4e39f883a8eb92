//! `report`: any run again, in any format.

use std::path::Path;

use anyhow::{Context as _, bail};

use super::exit::Exit;
use super::outputs::{self, Destination, Outputs};
use super::system::SystemClock;
use super::{Global, connect, files, otlp};
use crate::journal::Store;
use crate::model::RunId;
use crate::ports::Clock as _;
use crate::report::{self, Report, STEP_LIMIT, Style, Verdict};

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl report --latest
  restorectl report 20261123-031207-4f2a --format html --out report.html --format json --out report.json
  restorectl report --latest --format github-summary --format junit --out restores.xml
  restorectl report --latest --otlp
  restorectl report --merge shard-1.json shard-2.json shard-3.json

A merged report ends with the exit code that its runs would have ended with as one
run of the plan; with 5 where a shard is missing.")]
pub(super) struct Args {
    /// The run, as `restorectl runs list` shows it
    #[arg(value_name = "RUN", conflicts_with_all = ["latest", "merge"])]
    run: Option<String>,
    /// The newest run
    #[arg(long)]
    latest: bool,
    /// Join the reports of several runs: of the shards of a plan, and of runs that went on with one another. Each is a
    /// run, or a file that ends in `.json` and that `report --format json` wrote elsewhere
    #[arg(long, value_name = "RUN-or-FILE", num_args = 1.., conflicts_with = "latest")]
    merge: Vec<String>,
    /// List every restore of a large plan on the terminal too; files have them all anyway
    #[arg(long)]
    all: bool,
    /// Send the run as a trace and metrics to the collector that the variables `OTEL_EXPORTER_OTLP_...` name, or to
    /// http://localhost:4318
    #[arg(long)]
    otlp: bool,
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
    /// For tickets, wikis and pull requests.
    Markdown,
    /// For CI: a test case for each restore, and one for the verdict.
    Junit,
    /// For test harnesses: TAP 14.
    Tap,
    /// For a collector: the run as a trace, in lines of JSON.
    OtlpTraces,
    /// For a collector: the run's metrics, in a line of JSON.
    OtlpMetrics,
    /// For GitHub Actions: added to the step's summary (`GITHUB_STEP_SUMMARY`), unless `--out` names a file.
    GithubSummary,
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    if !args.merge.is_empty() {
        let merged = merged(&args.merge, global).await?;
        args.outputs.write_for(global.terminal(), |format, style, to| shown(&merged, format, style, (to, args.all)))?;
        if args.otlp {
            otlp::sent(&merged, global.terminal()).await?;
        }
        return Ok(exit(&merged));
    }
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
    args.outputs.write_for(global.terminal(), |format, style, to| shown(&made, format, style, (to, args.all)))?;
    if args.otlp {
        otlp::sent(&made, global.terminal()).await?;
    }
    Ok(Exit::Done)
}

/// The report of several runs together.
async fn merged(named: &[String], global: &Global) -> anyhow::Result<Report> {
    let clock = SystemClock::new();
    let is_file = |name: &String| Path::new(name).extension().is_some_and(|ending| ending == "json");
    // Whoever has only files needs no store.
    let store = if named.iter().all(is_file) { None } else { Some(connect::store(global).await?) };
    let mut reports = Vec::with_capacity(named.len());
    for name in named {
        reports.push(match store.as_ref().filter(|_| !is_file(name)) {
            Some(store) => build(store, &RunId::new(name.clone()), &clock).await?,
            None => from_file(Path::new(name))?,
        });
    }
    Ok(report::merge(reports, clock.now())?)
}

fn from_file(path: &Path) -> anyhow::Result<Report> {
    let about = || format!("`{}`", path.display());
    let bytes = files::read(path, files::LARGEST)?;
    report::read(&String::from_utf8(bytes).with_context(about)?).with_context(about)
}

impl outputs::Format for Format {
    fn by_ending(ending: &str) -> Option<Self> {
        match ending {
            "html" | "htm" => Some(Self::Html),
            "json" => Some(Self::Json),
            "md" | "markdown" => Some(Self::Markdown),
            "tap" => Some(Self::Tap),
            "txt" => Some(Self::Human),
            "xml" => Some(Self::Junit),
            _ => None,
        }
    }

    fn is_for_a_step(self) -> bool {
        self == Self::GithubSummary
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

/// A report in a format, for where it goes; a terminal has room for `all` items of a small plan only, unless they are wanted.
fn shown(made: &Report, format: Format, style: Style, (to, all): (Destination, bool)) -> anyhow::Result<String> {
    Ok(match format {
        Format::Human if to == Destination::Printed && !all => report::brief(made, style),
        Format::Human => report::human(made, style),
        Format::Json => report::json(made)?,
        Format::Html => report::html(made),
        Format::Markdown => report::markdown(made),
        Format::Junit => report::junit(made),
        Format::Tap => report::tap(made),
        Format::OtlpTraces => report::otlp_traces(made, &otlp::telemetry()).map(|line| line + "\n").collect(),
        Format::OtlpMetrics => report::otlp_metrics(made, &otlp::telemetry()) + "\n",
        Format::GithubSummary => {
            let room = if let Destination::Step(room) = to { room } else { STEP_LIMIT };
            let full = "the step's summary has no room for a report: GitHub takes 1 MiB of each step, so report in one of its own";
            report::github_summary(made, room).context(full)?
        }
    })
}

/// The exit code that a report's verdict means.
pub(super) fn exit(made: &Report) -> Exit {
    match made.verdict.code {
        Verdict::AllSucceeded | Verdict::NothingToDo => Exit::Done,
        Verdict::SomeFailed => Exit::RestoresFailed,
        Verdict::PartialOrUnknown | Verdict::NotEnded | Verdict::Incomplete => Exit::PartialOrUnknown,
        Verdict::Interrupted => Exit::Interrupted,
    }
}
