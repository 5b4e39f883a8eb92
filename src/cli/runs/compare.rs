//! `runs compare`: runs of one plan side by side.

use anyhow::bail;

use super::pages::Pages;
use crate::cli::exit::Exit;
use crate::cli::report as report_command;
use crate::cli::system::SystemClock;
use crate::cli::{Global, OutputFormat, connect};
use crate::journal::{Filter, PlanRuns, Reader as _};
use crate::model::{RunId, Slug};
use crate::report::{self, Comparison, LastRuns, Portion, Report, RunsLeftOut};

/// Arguments of `runs compare`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The runs, in any order: the newest is judged by the others
    #[arg(value_name = "RUN", num_args = 2.., conflicts_with_all = ["plan", "last", "env", "shard"])]
    runs: Vec<String>,
    /// The last runs of this plan instead
    #[arg(long, value_name = "NAME", required_unless_present = "runs", value_parser = super::plan)]
    plan: Option<Slug>,
    /// Only those in this environment [default: that of the newest]
    #[arg(long, short, value_name = "NAME", requires = "plan")]
    env: Option<String>,
    /// Only those of one shard, as I/N, or `whole` for those of the whole plan [default: that of the newest]
    #[arg(long, value_name = "I/N", requires = "plan")]
    shard: Option<Portion>,
    /// How many of them
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u16).range(2..), requires = "plan")]
    last: u16,
    /// How to print the comparison
    #[arg(long, value_enum, default_value_t)]
    format: OutputFormat,
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let terminal = global.terminal();
    let (mut reports, mut left_out) = (Vec::new(), RunsLeftOut::default());
    match &args.plan {
        None => {
            let store = connect::store(global).await?;
            for id in args.runs {
                let made = report_command::build(&store, &RunId::new(id), &SystemClock::new()).await?;
                reports.push(report::comparable(made));
            }
        }
        Some(plan) => (reports, left_out) = last(&args, plan, global).await?,
    }
    let compared = Comparison { left_out, ..report::compare(&reports)? };
    terminal.result(&match args.format {
        OutputFormat::Human => report::comparison_human(&compared, terminal.out()),
        OutputFormat::Json => report::comparison_json(&compared)?,
    })?;
    Ok(Exit::Done)
}

/// The last runs of a plan that went to an environment: that which was named, or that of the newest; and what is left out.
async fn last(args: &Args, plan: &Slug, global: &Global) -> anyhow::Result<(Vec<Report>, RunsLeftOut)> {
    let (store, clock) = (connect::store(global).await?, SystemClock::new());
    let plans = store.plans().await?;
    let is_ours = |one: &&PlanRuns| {
        one.plan == plan.as_str() && args.env.as_ref().is_none_or(|environment| *environment == one.environment)
    };
    let Some(PlanRuns { environment, runs, .. }) = plans.iter().filter(is_ours).max_by_key(|one| one.last_opened_at)
    else {
        let place =
            args.env.as_ref().map_or_else(String::new, |environment| format!(" in environment `{environment}`"));
        bail!("there is no run of plan `{plan}`{place}: see `restorectl runs list`");
    };
    let mut pages = Pages::of(Filter { plan: Some(plan.to_string()), environment: Some(environment.clone()) });
    let mut last = LastRuns::new(usize::from(args.last), args.shard);
    'pages: loop {
        let heads = pages.next(&store).await?;
        if heads.is_empty() {
            break;
        }
        for head in heads {
            if last.is_full() {
                break 'pages;
            }
            match super::report_of(&store, &head.id, &clock, global.terminal()).await {
                Some(report) => last.add(report),
                None => last.pass_unreadable(),
            }
        }
    }
    let portion = last.portion().map_or_else(String::new, |portion| format!(" of {}", portion.words()));
    let (found, left_out) = last.end(*runs);
    if found.len() < 2 {
        let words = left_out.words().map_or_else(String::new, |words| format!(" ({words})"));
        bail!(
            "plan `{plan}` in environment `{environment}` has too few runs{portion}{words}: `restorectl apply` makes one"
        );
    }
    Ok((found, left_out))
}
