//! The asynchronous part: makes records durable, carries effects out, brings their results back.

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::future::FutureExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc::Receiver;

use super::lease::Tenure;
use super::machine::{Effect, Event, Machine};
use crate::journal::{Entry, IllegalRecord, RunState, Store, StoreError};
use crate::model::RunId;
use crate::ports::{Clock, Repeat, Site};

/// What somebody at the terminal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Start nothing more, and wait for what runs.
    Stop,
    /// Leave at once.
    Leave,
}

/// What a listener hears of a run, with where the run stands then.
#[derive(Debug, Clone, Copy)]
pub enum Heard<'a> {
    /// This entry is durable now.
    Entry(&'a Entry),
    /// Somebody asked for this.
    Asked(Signal),
}

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// The journal could not be written. What was sent before goes on at the site; nothing was sent after.
    #[error("the journal could not be written, so nothing more was started")]
    Journal(#[source] StoreError),
    /// Somebody else may apply the plan now. What was sent before goes on at the site; nothing was sent after.
    #[error("the plan may be applied by somebody else now, so nothing more was started")]
    Lease(#[source] StoreError),
    /// The machine and the journal's rules disagree.
    #[error("a bug in restorectl: please report it; nothing was sent after it was found")]
    Bug(#[source] IllegalRecord),
}

impl From<StoreError> for DriveError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::LeaseLost { .. } => Self::Lease(error),
            _ => Self::Journal(error),
        }
    }
}

/// Drives a run from its start to its end, and keeps its lease until then. Every entry is told to `listen` once it is
/// durable.
///
/// # Errors
/// When the journal can't be written, the lease is lost, or a bug is found. The state says what may still run at the site.
pub async fn drive<S: Site, C: Clock, J: Store>(
    machine: &mut Machine,
    run: &RunId,
    (site, clock, store): (&Arc<S>, &C, &J),
    signals: Receiver<Signal>,
    listen: impl FnMut(Heard<'_>, &RunState),
) -> Result<(), DriveError> {
    let tenure = Tenure::begin(store.lease_of(run).await?, clock, store).await?;
    tokio::select! {
        biased;
        ended = work(machine, run, (site, clock, store), &tenure, signals, listen) => ended,
        lost = tenure.keep() => Err(lost.into()),
    }
}

async fn work<S: Site, C: Clock, J: Store>(
    machine: &mut Machine,
    run: &RunId,
    (site, clock, store): (&Arc<S>, &C, &J),
    tenure: &Tenure<'_, C, J>,
    mut signals: Receiver<Signal>,
    mut listen: impl FnMut(Heard<'_>, &RunState),
) -> Result<(), DriveError> {
    let mut calls = FuturesUnordered::new();
    let mut pressed = site.pressed();
    let mut events = vec![Event::Started];
    loop {
        let step = machine.handle_all(events.drain(..), clock.now()).map_err(DriveError::Bug)?;
        if !step.records.is_empty() {
            store.append(run, &step.records).await?;
        }
        for entry in &step.records {
            listen(Heard::Entry(entry), machine.state());
        }
        if step.finished {
            return Ok(());
        }
        for effect in step.effects {
            if matches!(effect, Effect::Create { .. }) {
                tenure.assure().await?;
            }
            calls.push(carry_out(Arc::clone(site), effect));
        }
        tokio::select! {
            biased;
            Some(signal) = signals.recv() => {
                listen(Heard::Asked(signal), machine.state());
                events.push(match signal {
                    Signal::Stop => Event::Stop,
                    Signal::Leave => Event::Leave,
                });
            }
            Some(done) = calls.next() => events.push(done),
            () = sleep(clock, step.wake) => events.push(Event::Woken),
        }
        // What came meanwhile is taken in together: one commit for all of it.
        while let Some(Some(done)) = calls.next().now_or_never() {
            events.push(done);
        }
        let told = site.pressed();
        if told > pressed {
            pressed = told;
            events.push(Event::Pressed);
        }
    }
}

async fn carry_out<S: Site>(site: Arc<S>, effect: Effect) -> Event {
    match effect {
        Effect::Create { item, request } => Event::Replied { item, outcome: site.create(&request).await },
        Effect::List { site: id } => {
            let result = site.restores(&id, Repeat::Never).await.map_err(|failed| failed.0);
            Event::Listed { site: id, result }
        }
        Effect::Search { item, source } => {
            let result = site.restores_of(&source).await.map_err(|failed| failed.0);
            Event::Searched { item, result }
        }
        Effect::Show { item, source, restore } => {
            let result = site.restore(&source, &restore).await;
            let result = result.map(|found| found.map(Box::new)).map_err(|failed| failed.0);
            Event::Shown { item, result }
        }
    }
}

async fn sleep<C: Clock>(clock: &C, wake: Option<jiff::Timestamp>) {
    match wake {
        Some(moment) => clock.sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
