//! The client as a [`Site`]: documents turned into the model's nouns.

use std::sync::Arc;

use tokio::task::{JoinError, JoinSet};

use super::{CallFailed, Client, Fault};
use crate::model::{
    BackupExecution, BackupObject, CreateOutcome, CreateRequest, Database, ExecutionKey, JobKey, Permission,
    ResourceId, RestoreRecord, SiteId,
};
use crate::ports::{ReadFailed, Repeat, Site};

/// The texts of a record that are the service's own words: all but names of jobs and sites, and ids.
fn free_texts(record: &mut RestoreRecord) -> impl Iterator<Item = &mut String> {
    let lists = [&mut record.errors, &mut record.warnings, &mut record.restored_objects];
    let single = [&mut record.status_details, &mut record.snapshot_name, &mut record.snapshot_size];
    let tasks = record.sub_tasks.iter_mut();
    let of_tasks = tasks.flat_map(|task| {
        let texts = [&mut task.name, &mut task.status_details].into_iter().flatten();
        texts.chain([&mut task.status.0])
    });
    let single = single.into_iter().flatten().chain([&mut record.status.0]);
    single.chain(lists.into_iter().flatten()).chain(of_tasks)
}

impl Client {
    /// A restore's document as a record, without our own secrets.
    pub(super) fn record(&self, restore: super::wire::Restore) -> RestoreRecord {
        let mut record = RestoreRecord::from(restore);
        for text in free_texts(&mut record).filter(|text| self.is_told_by(text)) {
            *text = self.redact(text);
        }
        record
    }
}

fn failed(failed: CallFailed) -> ReadFailed {
    ReadFailed(failed.to_string())
}

/// Has a call go on beside whoever waits for it, who may be busy with the journal; it ends with whoever waits.
async fn aside<T: Send + 'static>(call: impl Future<Output = T> + Send + 'static) -> Result<T, JoinError> {
    let mut tasks = JoinSet::new();
    tasks.spawn(call);
    match tasks.join_next().await {
        Some(done) => done,
        // There is one.
        None => std::future::pending().await,
    }
}

impl Site for Client {
    async fn executions(&self, job: &JobKey) -> Result<Vec<BackupExecution>, ReadFailed> {
        let list = Client::executions(self, job).await.map_err(failed)?;
        Ok(list.into_iter().filter_map(super::wire::Execution::into_model).collect())
    }

    async fn restores(&self, site: &SiteId, repeat: Repeat) -> Result<Vec<Arc<RestoreRecord>>, ReadFailed> {
        let (client, site) = (self.clone(), site.clone());
        let list = aside(async move { client.restore_records(&site, repeat).await.map_err(failed) }).await;
        list.unwrap_or_else(|broken| Err(ReadFailed(format!("a bug in restorectl: {broken}"))))
    }

    async fn restores_of(&self, source: &ExecutionKey) -> Result<Option<Vec<RestoreRecord>>, ReadFailed> {
        match self.execution_restores(source).await {
            Ok(list) => Ok(Some(list.into_iter().map(|restore| self.record(restore)).collect())),
            Err(absent) if absent.fault.is_absent() => Ok(None),
            Err(other) => Err(failed(other)),
        }
    }

    async fn restore(&self, source: &ExecutionKey, restore: &ResourceId) -> Result<Option<RestoreRecord>, ReadFailed> {
        match Client::restore(self, source, restore).await {
            Ok(found) => Ok(Some(self.record(found))),
            Err(absent) if absent.fault.is_absent() => Ok(None),
            Err(other) => Err(failed(other)),
        }
    }

    fn pressed(&self) -> u64 {
        Client::pressed(self)
    }

    async fn databases(&self, site: &SiteId) -> Result<Vec<Database>, ReadFailed> {
        let list = Client::databases(self, site).await.map_err(failed)?;
        Ok(list.into_iter().filter_map(super::wire::Database::into_model).collect())
    }

    async fn permission(&self, site: &SiteId) -> Permission {
        if !self.permission_query().enabled {
            return Permission::NotKnown("the environment turns the query off (`api.permission_query`)".to_owned());
        }
        match self.restore_permissions(site).await {
            Ok(_) => Permission::Allowed,
            Err(failed) if matches!(failed.fault, Fault::Status { status: 401 | 403, .. } | Fault::Refused { .. }) => {
                Permission::Denied(failed.to_string())
            }
            Err(failed) => Permission::NotKnown(failed.to_string()),
        }
    }

    async fn objects(&self, execution: &ExecutionKey) -> Result<Vec<BackupObject>, ReadFailed> {
        let list = match Client::objects(self, execution).await {
            Err(early) if early.fault.is_not_ready() => Vec::new(),
            other => other.map_err(failed)?,
        };
        Ok(list.into_iter().filter_map(super::wire::BackupObject::into_model).collect())
    }

    async fn create(&self, request: &CreateRequest) -> CreateOutcome {
        let (client, request) = (self.clone(), request.clone());
        let outcome = aside(async move { client.create(&request).await }).await;
        outcome.unwrap_or_else(|broken| CreateOutcome::Unknown { message: format!("a bug in restorectl: {broken}") })
    }
}
