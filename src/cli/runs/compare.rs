//! `runs compare`: runs of one plan side by side.

use anyhow::{Context as _, bail};

use crate::cli::exit::Exit;
use crate::cli::report as report_command;
use crate::cli::system::SystemClock;
use crate::cli::{Global, OutputFormat, connect};
use crate::model::{RunId, Slug};
use crate::report::{self, Report};

/// Arguments of `runs compare`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The runs, in any order: the newest is judged by the others
    #[arg(value_name = "RUN", num_args = 2.., conflicts_with_all = ["plan", "last", "env"])]
    runs: Vec<String>,
    /// The last runs of this plan instead
    #[arg(long, value_name = "NAME", required_unless_present = "runs", value_parser = super::plan)]
    plan: Option<Slug>,
    /// Only those in this environment [default: that of the newest]
    #[arg(long, short, value_name = "NAME", requires = "plan")]
    env: Option<String>,
    /// How many of them
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u16).range(2..), requires = "plan")]
    last: u16,
    /// How to print the comparison
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let terminal = global.terminal();
    let mut reports = Vec::new();
    match &args.plan {
        None => {
            let store = connect::store(global).await?;
            for id in args.runs {
                reports.push(report_command::build(&store, &RunId::new(id), &SystemClock::new()).await?);
            }
        }
        Some(plan) => reports = last(&args, plan, global).await?,
    }
    let compared = report::compare(&reports)?;
    terminal.result(&match args.format {
        OutputFormat::Human => report::comparison_human(&compared, terminal.out()),
        OutputFormat::Json => report::comparison_json(&compared)?,
    })?;
    Ok(Exit::Done)
}

/// The last runs of a plan that went to an environment. Shards are parts of a run, and say nothing of a whole one.
async fn last(args: &Args, plan: &Slug, global: &Global) -> anyhow::Result<Vec<Report>> {
    let made = super::reports(&connect::store(global).await?, global.terminal()).await?;
    let mut of_plan = made.into_iter().filter(|report| report.plan.name == plan.as_str() && report.run.shard.is_none());
    let Some(newest) = of_plan.next() else {
        bail!("there is no run of plan `{plan}`: see `restorectl runs list`");
    };
    let environment = args.env.clone().unwrap_or_else(|| newest.environment.name.clone());
    let wanted = std::iter::once(newest).chain(of_plan).filter(|report| report.environment.name == environment);
    let found: Vec<Report> = wanted.take(usize::from(args.last)).collect();
    let few = || format!("plan `{plan}` in environment `{environment}` has too few runs: `restorectl apply` makes one");
    (found.len() > 1).then_some(found).with_context(few)
}
