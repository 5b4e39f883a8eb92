//! The object list of a backup, which the service makes ready when it is asked to.

use anyhow::bail;
use jiff::Timestamp;

use super::super::terminal::Terminal;
use crate::baas::wire::{BackupObject, PreparationStatus};
use crate::baas::{CallFailed, Client, Fault};
use crate::model::harmless;
use crate::model::{ExecutionKey, Millis, RestoreStatus, StatusClass};
use crate::ports::Clock;

/// How to come by a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// How long to wait for it altogether.
    pub(super) wait: Millis,
    /// How long between two looks.
    pub(super) pause: Millis,
    /// Whether the service may be asked to prepare it.
    pub(super) prepare: bool,
}

/// Gives the object list of an execution. Where it isn't ready, the service is asked to prepare it, once nothing else is
/// being prepared at the site, and is waited for.
///
/// # Errors
/// When the list can't be read, isn't ready and mustn't be prepared, or isn't ready in time.
pub(super) async fn read(
    client: &Client,
    clock: &impl Clock,
    execution: &ExecutionKey,
    patience: Patience,
    terminal: Terminal,
) -> anyhow::Result<Vec<BackupObject>> {
    let waiting = Waiting { client, clock, execution, patience, terminal, until: patience.wait.after(clock.now()) };
    waiting.for_list().await
}

/// What a list is waited for with.
struct Waiting<'a, C> {
    client: &'a Client,
    clock: &'a C,
    execution: &'a ExecutionKey,
    patience: Patience,
    terminal: Terminal,
    until: Timestamp,
}

impl<C: Clock> Waiting<'_, C> {
    async fn for_list(&self) -> anyhow::Result<Vec<BackupObject>> {
        let mut ordered = false;
        let mut last = String::new();
        loop {
            let ready = self.list().await?;
            if let Some(list) = ready.as_ref().filter(|list| !list.is_empty()) {
                return Ok(list.clone());
            }
            if !self.patience.prepare {
                bail!(
                    "the object list of execution {} is not ready, and `--no-prepare` leaves it at that",
                    self.execution.execution
                );
            }
            let status = self.client.preparation_status(&self.execution.job.site).await?;
            let class = RestoreStatus(status.status.clone().unwrap_or_default()).class();
            let shown = words(&status);
            match class {
                StatusClass::Running => {}
                StatusClass::Failed if ordered => bail!("the service could not prepare the object list: {shown}"),
                // What was prepared and is empty has nothing in it.
                _ if ordered => {
                    if let Some(empty) = ready {
                        return Ok(empty);
                    }
                }
                _ => ordered = self.order().await?,
            }
            if class == StatusClass::Running && shown != last {
                self.terminal.progress(&format!("the site prepares an object list: {shown}"));
            }
            last = shown;
            let now = self.clock.now();
            if now >= self.until {
                bail!(
                    "the object list of execution {} was not ready within {}; the site says: {last}; try again later, or wait longer with `--wait`",
                    self.execution.execution,
                    self.patience.wait
                );
            }
            self.clock.sleep_until(self.patience.pause.after(now).min(self.until)).await;
        }
    }

    /// The list, or none where it isn't ready. It may be empty then, too.
    async fn list(&self) -> anyhow::Result<Option<Vec<BackupObject>>> {
        match self.client.objects(self.execution).await {
            Ok(list) => Ok(Some(list)),
            Err(CallFailed { fault, .. }) if fault.is_not_ready() => Ok(None),
            Err(failed) => Err(failed.into()),
        }
    }

    /// Asks the service to prepare the list; says whether it took that.
    async fn order(&self) -> anyhow::Result<bool> {
        match self.client.prepare_objects(self.execution).await {
            Ok(_) => {
                let execution = &self.execution.execution;
                self.terminal
                    .progress(&format!("asked the service to prepare the object list of execution {execution}"));
                Ok(true)
            }
            // Another preparation is on its way, or nobody knows whether this one is: the status will tell.
            Err(CallFailed { fault: Fault::Status { status: 408 | 409 | 429 | 500..=599, .. }, .. })
            | Err(CallFailed { fault: Fault::NotConnected(_) | Fault::NoAnswer(_) | Fault::CutOff { .. }, .. }) => {
                Ok(false)
            }
            Err(failed) => Err(failed.into()),
        }
    }
}

/// What a status says.
fn words(status: &PreparationStatus) -> String {
    let texts = [status.status.as_deref(), status.details.as_deref()];
    let texts: Vec<&str> = texts.into_iter().flatten().collect();
    if texts.is_empty() { "nothing".to_owned() } else { harmless(&texts.join(", ")) }
}
