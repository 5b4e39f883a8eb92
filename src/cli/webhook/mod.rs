//! Tells receivers of a run while it goes on, beside it: nothing here stops, delays or fails a run.

mod delivery;
mod signature;

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use self::delivery::Delivery;
use super::signals;
use super::system::SystemClock;
use super::terminal::Terminal;
use crate::changeset::Changeset;
use crate::journal::{Entry, Run, RunState};
use crate::model::{Environment, NoticeEvent, Webhook, harmless};
use crate::ports::Clock as _;
use crate::report::{Notice, Notices, Report};

/// The receivers of one run.
pub(super) struct Webhooks {
    hooks: Vec<Hook>,
    /// None before the run begins, and after its end was told.
    notices: RefCell<Option<Notices>>,
    warnings: Warnings,
}

/// What went wrong and wasn't said yet: the terminal may be in use.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

struct Hook {
    name: String,
    events: Vec<NoticeEvent>,
    /// How long a delivery may take.
    timeout: Duration,
    queue: mpsc::UnboundedSender<Notice>,
    worker: JoinHandle<()>,
}

impl Webhooks {
    /// The receivers that an environment names. Nothing is sent yet.
    pub(super) fn of(environment: &Environment) -> Self {
        let warnings = Warnings::default();
        let hook = |(name, webhook): (&String, &Webhook)| {
            let (queue, notices) = mpsc::unbounded_channel();
            Hook {
                name: name.clone(),
                events: webhook.events.clone(),
                timeout: webhook.timeout_ms.to_std(),
                queue,
                worker: tokio::spawn(deliver(name.clone(), webhook.clone(), notices, warnings.clone())),
            }
        };
        Self { hooks: environment.webhooks.iter().map(hook).collect(), notices: RefCell::new(None), warnings }
    }

    /// A run begins.
    pub(super) fn begin(&self, run: &Run, changeset: &Changeset) {
        if self.hooks.is_empty() {
            return;
        }
        let (notices, told) = Notices::begin(run, changeset);
        *self.notices.borrow_mut() = Some(notices);
        told.into_iter().for_each(|notice| self.tell(notice));
    }

    /// An entry is durable.
    pub(super) fn hear(&self, entry: &Entry, state: &RunState) {
        let told = self.notices.borrow_mut().as_mut().and_then(|notices| notices.hear(entry, state));
        told.into_iter().for_each(|notice| self.tell(notice));
    }

    /// Waits until the run misses its recovery time, and tells that; for ever where it has none.
    pub(super) async fn overdue(&self, clock: &SystemClock) {
        let due = self.notices.borrow().as_ref().and_then(Notices::due);
        match due {
            Some(due) => clock.sleep_until(due).await,
            None => std::future::pending().await,
        }
        let told = self.notices.borrow_mut().as_mut().and_then(|notices| notices.overdue(clock.now()));
        told.into_iter().for_each(|notice| self.tell(notice));
    }

    /// The run is over, and this is its report.
    pub(super) fn finished(&self, report: &Report) {
        let notices = self.notices.borrow_mut().take();
        notices.into_iter().flat_map(|mut notices| notices.finished(report)).for_each(|notice| self.tell(notice));
    }

    /// What went wrong since this was asked the last time.
    pub(super) fn warnings(&self) -> Vec<String> {
        self.warnings.take()
    }

    /// Waits for the last deliveries, within a bound, and says what went wrong. A run whose end wasn't told could not go on.
    pub(super) async fn close(self, clock: &SystemClock, terminal: Terminal) {
        if let Some(notices) = self.notices.take() {
            self.tell(notices.unreported(clock.now()));
        }
        let mut ends = Vec::new();
        for Hook { name, timeout, queue, worker, .. } in self.hooks {
            drop(queue);
            // A last one may wait behind another.
            ends.push((name, tokio::time::Instant::now() + timeout * 2, worker));
        }
        let last = async {
            for (name, until, worker) in &mut ends {
                if !matches!(tokio::time::timeout_at(*until, worker).await, Ok(Ok(()))) {
                    self.warnings.add(name, "not all that happened could be told in time");
                }
            }
        };
        tokio::select! {
            () = last => {}
            _ = signals::one() => self.warnings.add_all("the last deliveries were not waited for"),
        }
        ends.iter().for_each(|(_, _, worker)| worker.abort());
        self.warnings.take().iter().for_each(|line| terminal.say(line));
    }

    fn tell(&self, notice: Notice) {
        for hook in self.hooks.iter().filter(|hook| hook.events.contains(&notice.event())) {
            // Its worker lives as long as the queue.
            let _ = hook.queue.send(notice.clone());
        }
    }
}

impl Warnings {
    fn add(&self, webhook: &str, why: &str) {
        self.push(format!("warning: webhook `{webhook}`: {why}; the run is not affected"));
    }

    fn add_all(&self, why: &str) {
        self.push(format!("warning: webhooks: {why}; the run is not affected"));
    }

    fn push(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(harmless(&line));
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Sends what comes, one after another, so that a receiver hears it in its order.
async fn deliver(name: String, webhook: Webhook, mut notices: mpsc::UnboundedReceiver<Notice>, warnings: Warnings) {
    // Nobody's secrets are asked for before there is something to send.
    let Some(first) = notices.recv().await else { return };
    let delivery = match prepared(webhook).await {
        Ok(delivery) => delivery,
        Err(why) => return warnings.add(&name, &why),
    };
    let mut next = Some(first);
    while let Some(notice) = next {
        if let Err(why) = delivery.send(&notice).await {
            warnings.add(&name, &format!("`{}` could not be told: {why}", notice.event().code()));
        }
        next = notices.recv().await;
    }
}

/// On a thread of its own, for which nobody waits: a program that prints a secret may take its time.
async fn prepared(webhook: Webhook) -> Result<Delivery, String> {
    let (sender, answer) = oneshot::channel();
    let thread = std::thread::Builder::new().spawn(move || {
        // Nobody waits any more where the run is over.
        let _ = sender.send(Delivery::prepare(&webhook));
    });
    thread.map_err(|why| format!("it can't be used: the system gives no thread: {why}"))?;
    match answer.await {
        Ok(prepared) => prepared.map_err(|why| format!("it can't be used: {why:#}")),
        Err(_) => Err("it can't be used".to_owned()),
    }
}
