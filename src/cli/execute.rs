//! Carries a changeset out and tells of it: shared by `apply` and `demo`.

use std::pin::pin;

use anyhow::Context as _;
use tokio::sync::mpsc;

use super::difference::{self, Bench, TOOL_VERSION};
use super::events::EventFile;
use super::hold::Hold;
use super::live::Teller;
use super::signals::Signals;
use super::system;
use super::terminal::Terminal;
use super::webhook::Webhooks;
use crate::changeset::Changeset;
use crate::engine::{Heard, Machine, Signal, drive};
use crate::journal::{Run, RunState, SavedChangeset, Store as _};
use crate::model::{RunId, harmless};
use crate::ports::Clock as _;

/// Where a run is told of while it goes on.
#[derive(Clone, Copy)]
pub(super) struct Audience<'a> {
    /// The file of `--events`.
    pub(super) events: Option<&'a EventFile>,
    /// The environment's receivers.
    pub(super) webhooks: &'a Webhooks,
    /// Standard error.
    pub(super) terminal: Terminal,
}

/// Opens a run in the journal and drives it to its end, and tells its audience of it.
///
/// # Errors
/// When the journal can't be written, or the lease is lost. The error says what may still run at the site.
pub(super) async fn execute(
    bench: &Bench,
    hold: &Hold,
    changeset: &Changeset,
    resumes: Option<RunId>,
    audience: Audience<'_>,
) -> anyhow::Result<RunId> {
    let Audience { events, webhooks, terminal } = audience;
    let heard = Signals::heard().context("nobody could stop the run")?;
    let now = bench.clock.now();
    let run = Run {
        id: system::run_id(now, changeset.shard()),
        plan: changeset.plan.name.clone(),
        environment: changeset.environment.name.clone(),
        opened_at: now,
        turn: hold.lease.token,
        tool_version: TOOL_VERSION.to_owned(),
        opened_by: system::operator(),
        service: difference::service(&changeset.environment),
        resumes,
        simulated: bench.client.met_simulator(),
        changeset: SavedChangeset::of(changeset)?,
    };
    bench.store.open_run(&run, &hold.lease).await?;
    terminal.progress(&format!("run {}", run.id));

    let (sender, signals) = mpsc::channel(2);
    let listener = tokio::spawn(hear_signals(heard, sender));
    let mut machine = Machine::new(changeset);
    let teller = Teller::new((&run, changeset), bench.clock, events, terminal);
    webhooks.begin(&run, changeset);
    let listen = |heard: Heard<'_>, state: &RunState| match heard {
        Heard::Entry(entry) => {
            teller.entry(entry, state);
            webhooks.hear(entry, state);
            teller.warn(&webhooks.warnings());
        }
        Heard::Asked(signal) => teller.signal(&words_of_signal(signal, state)),
    };
    let driven = {
        let driving = drive(&mut machine, &run.id, (&bench.client, &bench.clock, &bench.store), signals, listen);
        let mut driving = pin!(driving);
        tokio::select! {
            biased;
            driven = &mut driving => driven,
            () = webhooks.overdue(&bench.clock) => driving.await,
        }
    };
    listener.abort();
    teller.end(machine.state());
    if let Err(failed) = driven {
        let running = still_running(machine.state());
        let error = anyhow::Error::new(failed);
        return Err(match running.is_empty() {
            true => error,
            false => error.context(format!("run {} stopped; these may run at the site:{running}", run.id)),
        });
    }
    Ok(run.id)
}

/// The first Ctrl-C or SIGTERM asks to stop, the second to leave.
async fn hear_signals(mut signals: Signals, sender: mpsc::Sender<Signal>) {
    let mut asked = Signal::Stop;
    loop {
        signals.next().await;
        if sender.send(asked).await.is_err() {
            return;
        }
        asked = Signal::Leave;
    }
}

fn words_of_signal(signal: Signal, state: &RunState) -> String {
    let running = still_running(state);
    match (signal, running.is_empty()) {
        (Signal::Stop, true) => "stopping: nothing more is started".to_owned(),
        (Signal::Stop, false) => format!(
            "stopping: nothing more is started. These run at the site, can't be cancelled from here, and are waited for; \
             press Ctrl-C again to leave at once:{running}"
        ),
        (Signal::Leave, true) => "leaving".to_owned(),
        (Signal::Leave, false) => {
            format!("leaving. These may still run at the site and can't be cancelled from here:{running}")
        }
    }
}

/// One line for each restore that may run at a site; empty where none may.
fn still_running(state: &RunState) -> String {
    let line = |(item, attempt): (&crate::model::Slug, &crate::journal::Attempt)| {
        let restore = attempt.restore.as_ref();
        let id = restore.and_then(|r| r.execution_id.as_deref()).or(attempt.resource_id().map(|id| id.as_str()));
        let id = id.map_or_else(String::new, |id| format!(" (restore {id})"));
        let status = restore.map_or_else(|| "not seen at the site yet".to_owned(), |r| r.status.to_string());
        let line = format!("{item}: {}{id}, {status}", attempt.job_name);
        format!("\n  - {}", harmless(&line))
    };
    state.may_run().map(line).collect()
}
