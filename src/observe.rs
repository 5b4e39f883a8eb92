//! Reads a site into a snapshot. Sends nothing but reads and the permission query; what can't be read becomes a
//! value, so that only the decisions that need it are refused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::StreamExt as _;
use jiff::Timestamp;

use crate::model::{ExecutionKey, Item, JobKey, PastAttempt, Plan, Reading, RestoreRecord, SiteId, Snapshot};
use crate::ports::{Clock, ReadFailed, Repeat, Site};

/// Reads in flight at once.
const READS_AT_ONCE: usize = 4;

/// Reads everything that the decisions about these items need: the executions of their jobs, the restores of their
/// sites, the databases of and the permission at their target sites, and the object lists that are ready.
/// `attempts` comes from the journal and is passed through.
pub async fn observe<S: Site>(site: &Arc<S>, items: &[Item], attempts: Vec<PastAttempt>, now: Timestamp) -> Snapshot {
    let jobs: BTreeSet<JobKey> = items.iter().map(|item| item.source.key()).collect();
    let targets: BTreeSet<SiteId> = items.iter().map(|item| item.target.site.clone()).collect();
    let mut sites: BTreeSet<SiteId> = items.iter().map(|item| item.source.site.clone()).collect();
    sites.extend(targets.iter().cloned());

    let executions = each(site, jobs, |site, job| async move { reading(site.executions(&job).await) }).await;
    let mut chosen: BTreeSet<ExecutionKey> = BTreeSet::new();
    for item in items {
        let key = item.source.key();
        if let Some(Reading::Read(list)) = executions.get(&key)
            && let Ok(execution) = item.source.execution.select(list, now)
        {
            chosen.insert(ExecutionKey { job: key, execution: execution.id.clone() });
        }
    }
    Snapshot {
        taken_at: now,
        objects: each(site, chosen, |site, key| async move { reading(site.objects(&key).await) }).await,
        executions,
        restores: each(site, sites, |site, id| async move {
            reading(site.restores(&id, Repeat::WhileItMayPass).await.map(owned))
        })
        .await,
        databases: each(site, targets.clone(), |site, id| async move { reading(site.databases(&id).await) }).await,
        permissions: each(site, targets, |site, id| async move { site.permission(&id).await }).await,
        attempts,
        settled: false,
    }
}

/// As [`observe`], for whoever holds the plan's lease, so that nobody else can send anything meanwhile. Where `in_doubt` says
/// so, a settle window is waited by the steady clock, and everything is read again.
pub async fn observe_settled<S: Site, C: Clock>(
    (site, clock): (&Arc<S>, &C),
    plan: &Plan,
    attempts: Vec<PastAttempt>,
    in_doubt: impl FnOnce(&Snapshot) -> bool,
) -> Snapshot {
    let snapshot = observe(site, &plan.items, attempts, clock.now()).await;
    if !in_doubt(&snapshot) {
        return snapshot;
    }
    clock.sleep_until(plan.limits.settle_window_ms.after(clock.now())).await;
    Snapshot { settled: true, ..observe(site, &plan.items, snapshot.attempts, clock.now()).await }
}

fn reading<T>(result: Result<T, ReadFailed>) -> Reading<T> {
    match result {
        Ok(value) => Reading::Read(value),
        Err(failed) => Reading::Unreadable(failed.0),
    }
}

/// Makes one read for every key, a few at once.
async fn each<S, K, V, F>(site: &Arc<S>, keys: BTreeSet<K>, read: impl Fn(Arc<S>, K) -> F) -> BTreeMap<K, V>
where
    S: Site,
    K: Ord + Clone,
    F: Future<Output = V>,
{
    let calls = keys.into_iter().map(|key| {
        let call = read(Arc::clone(site), key.clone());
        async move { (key, call.await) }
    });
    futures_util::stream::iter(calls).buffer_unordered(READS_AT_ONCE).collect().await
}

fn owned(restores: Vec<Arc<RestoreRecord>>) -> Vec<RestoreRecord> {
    restores.into_iter().map(Arc::unwrap_or_clone).collect()
}
