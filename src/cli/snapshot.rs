//! `snapshot`: what the sites of plans show, as a file.

use std::path::PathBuf;

use anyhow::bail;

use super::difference::{readable, service};
use super::exit::Exit;
use super::load::Binding;
use super::system::SystemClock;
use super::{Global, connect, diff, discover, files};
use crate::model::Environment;
use crate::observe::observe;
use crate::plan;
use crate::ports::Clock as _;

/// Arguments of `snapshot`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl snapshot plans/dr-weekly.yaml -e prod --out plans/snapshots/prod.yaml
  restorectl snapshot plans/*.yaml -e sim   all that these plans need, to standard output

It sends nothing but reads. The file holds no secrets and may be changed by hand: it is made for `restorectl test` and
for `restorectl validate --snapshot`.")]
pub(super) struct Args {
    /// The plans whose jobs, sites and backups are recorded
    #[arg(value_name = "PLAN", required = true)]
    plans: Vec<PathBuf>,
    #[command(flatten)]
    binding: Binding,
    /// Write it to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let terminal = global.terminal();
    let discover::Found { files: plans, unreadable } = discover::plans_below(&args.plans);
    if let Some(folder) = unreadable.into_iter().next() {
        return Err(folder.into());
    }
    let mut items = Vec::new();
    let mut environment: Option<Environment> = None;
    let mut requests_per_minute: Option<u32> = None;
    for path in &plans {
        let Some(loaded) = diff::resolved(path, &args.binding, terminal)? else { return Ok(Exit::Invalid) };
        // Each plan has its own environments beside it, and one recording is of one service.
        if let Some(first) = environment.as_ref().filter(|first| service(first) != service(&loaded.environment)) {
            let other = service(&loaded.environment);
            bail!(
                "`{}` is for another service, `{other}`, than `{}`: record them one by one",
                loaded.file,
                service(first)
            );
        }
        requests_per_minute = requests_per_minute.into_iter().chain(loaded.plan.limits.requests_per_minute).min();
        items.extend(loaded.plan.items);
        environment = Some(loaded.environment);
    }
    let Some(environment) = environment else {
        bail!("there is no plan (`*.yaml`) in {}", discover::names(&args.plans));
    };
    let client = connect::client(&environment, requests_per_minute, terminal)?;
    let snapshot = observe(&client, &items, Vec::new(), SystemClock::new().now()).await;
    readable(&snapshot)?;
    let text = plan::write_snapshot(&snapshot)?;
    match &args.out {
        Some(path) => {
            files::write_private(path, text.as_bytes())?;
            terminal.progress(&format!("recorded as `{}`", path.display()));
        }
        None => terminal.result(&text)?,
    }
    Ok(Exit::Done)
}
