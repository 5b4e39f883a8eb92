//! `runs compare`: runs of one plan side by side.

use anyhow::{Context as _, bail};

use crate::cli::exit::Exit;
use crate::cli::report as report_command;
use crate::cli::system::SystemClock;
use crate::cli::{Global, OutputFormat, connect};
use crate::journal::{Filter, Reader as _};
use crate::model::{RunId, Slug};
use crate::report::{self, Report};

/// How many runs are asked for at once.
const PAGE: u64 = 50;

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

/// The last runs of a plan that went to an environment: that which was named, or that of the newest. Shards are parts of a
/// run, and say nothing of a whole one.
async fn last(args: &Args, plan: &Slug, global: &Global) -> anyhow::Result<Vec<Report>> {
    let (store, clock) = (connect::store(global).await?, SystemClock::new());
    let filter = Filter { plan: Some(plan.to_string()), environment: args.env.clone() };
    let (mut environment, mut found, mut looked_at) = (args.env.clone(), Vec::new(), 0);
    loop {
        let heads = store.heads(&filter, looked_at, PAGE).await?;
        if heads.is_empty() {
            break;
        }
        looked_at = looked_at.saturating_add(heads.len() as u64);
        for head in heads {
            let is_ours = environment.as_ref().is_none_or(|environment| *environment == head.environment);
            if !is_ours || found.len() == usize::from(args.last) {
                continue;
            }
            let report = super::report_of(&store, &head.id, &clock, global.terminal()).await;
            if let Some(report) = report.filter(|report| report.run.shard.is_none()) {
                environment.get_or_insert_with(|| head.environment.clone());
                found.push(report);
            }
        }
        if found.len() == usize::from(args.last) {
            break;
        }
    }
    let Some(environment) = environment else {
        bail!("there is no run of plan `{plan}`: see `restorectl runs list`");
    };
    let few = || format!("plan `{plan}` in environment `{environment}` has too few runs: `restorectl apply` makes one");
    (found.len() > 1).then_some(found).with_context(few)
}
