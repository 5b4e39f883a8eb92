//! `demo`: the main job on this machine, with nothing to set up.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use super::difference::{Bench, Extent};
use super::execute::{self, Audience};
use super::exit::Exit;
use super::hold::Hold;
use super::load::Binding;
use super::report as report_command;
use super::state::Place;
use super::system::SystemClock;
use super::terminal::Terminal;
use super::webhook::Webhooks;
use super::{Global, connect, diff, files};
use crate::model::shell_word;
use crate::report;
use crate::simulator::{self, Config};

/// Bytes a second: the plan's largest table then takes some seconds.
const THROUGHPUT: u64 = 2_000_000_000;

/// The plan that is run.
const PLAN: &str = "dr-weekly.yaml";

/// What is put into the folder, so that one can look at it and go on from there. Files that are there already
/// are left as they are.
const FILES: [(&str, &str); 11] = [
    ("plans/dr-weekly.yaml", include_str!("../../plans/dr-weekly.yaml")),
    ("plans/whole-database.yaml", include_str!("../../plans/whole-database.yaml")),
    ("plans/rename-table.yaml", include_str!("../../plans/rename-table.yaml")),
    ("plans/other-database.yaml", include_str!("../../plans/other-database.yaml")),
    ("plans/environments/sim.yaml", include_str!("../../plans/environments/sim.yaml")),
    ("plans/environments/sim.password", include_str!("../../plans/environments/sim.password")),
    ("plans/environments/_base.yaml", include_str!("../../plans/environments/_base.yaml")),
    ("plans/environments/staging.yaml", include_str!("../../plans/environments/staging.yaml")),
    ("plans/environments/prod.yaml", include_str!("../../plans/environments/prod.yaml")),
    ("schema/plan.schema.json", crate::plan::PLAN_SCHEMA),
    ("schema/environment.schema.json", crate::plan::ENVIRONMENT_SCHEMA),
];

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  restorectl demo                 twice: the second time nothing is restored again
  restorectl demo --dir /tmp/demo")]
pub(super) struct Args {
    /// Folder for the plans, the simulator's data, the state and the reports
    #[arg(long, default_value = "restorectl-demo", value_name = "DIR")]
    dir: PathBuf,
}

pub(super) async fn run(args: Args, global: &Global) -> anyhow::Result<Exit> {
    let terminal = global.terminal();
    let dir = &args.dir;
    for (name, text) in FILES {
        put(&dir.join(name), text)?;
    }
    let data = dir.join("simulator");
    let config =
        Config { throughput: THROUGHPUT, queue_delay: Duration::from_millis(300), ..Config::new(data.clone()) };
    let simulator = simulator::start(config).await?;
    heading(terminal, "the simulator: a site on this machine, a stand-in for rehearsal");
    terminal.progress(&format!("listens at {}, its tables are in `{}`", simulator.url(), data.display()));

    let plan = dir.join("plans").join(PLAN);
    heading(terminal, &format!("validate: {}", plan.display()));
    let binding = Binding { env: Some("sim".to_owned()), ..Binding::default() };
    let Some(mut loaded) = diff::resolved(&plan, &binding, terminal)? else {
        return Ok(Exit::Invalid);
    };
    terminal.progress(&format!("valid: {} restores for environment `{}`", loaded.plan.items.len(), "sim"));
    // The port is whichever is free, so that the demo never meets something else that listens.
    loaded.environment.api.as_mut().context("environment `sim` has no `api`")?.url = simulator.url();

    heading(terminal, "diff: what is at the site, and what is missing");
    let place = Place::said(global)?.unwrap_or_else(|| Place::File(dir.join("state.db")));
    let bench = Bench {
        client: connect::client(&loaded.environment, loaded.plan.limits.requests_per_minute, terminal)?,
        store: place.open(global.state_patience, terminal).await?,
        clock: SystemClock::new(),
        waits: Some(terminal),
    };
    let hold = Hold::take(&bench, &place, (&loaded.plan.name, &loaded.environment.name, None), terminal).await?;
    let found = bench.diff(&loaded, &Extent::default()).await?;
    terminal.result(&report::preview_human(&bench.preview(&found).await?, terminal.out()))?;

    heading(terminal, "apply: carry it out");
    let webhooks = Webhooks::of(&loaded.environment);
    let audience = Audience { events: None, webhooks: &webhooks, terminal };
    let run = execute::execute(&bench, &hold, &found.made, None, audience).await;
    hold.release(&bench, terminal).await;
    let run = run?;

    heading(terminal, "report");
    let made = report_command::build(&bench.store, &run, &bench.clock).await?;
    terminal.result(&report::brief(&made, terminal.out()))?;
    heading(terminal, "files");
    for (name, text) in [("report.html", report::html(&made)), ("report.json", report::json(&made)?)] {
        let path = dir.join(name);
        files::write_private(&path, text.as_bytes())?;
        terminal.progress(&format!("  {}", path.display()));
    }
    let dir = dir.display();
    terminal.progress(&format!(
        "\nnext\n  \
         restorectl demo --dir {dir}   again: what is there is not restored a second time\n  \
         restorectl sim --data {dir}/simulator   keep the site running, then in another terminal:\n  \
         restorectl diff {dir}/plans/rename-table.yaml --env sim --state {}",
        shell_word(&place.to_string())
    ));
    simulator.stop().await;
    Ok(report_command::exit(&made))
}

fn heading(terminal: Terminal, text: &str) {
    terminal.progress(&format!("\n== {text}"));
}

fn put(path: &Path, text: &str) -> anyhow::Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        files::make_private_folder(folder)?;
    }
    files::write_private(path, text.as_bytes())
}
