//! Where journals are kept.

use std::future::Future;

use super::{Claim, Entry, Lease, Run};
use crate::model::{RunId, Shard, Slug, shell_word};

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused.
    #[error("the state store at `{place}` could not {what}{hint}")]
    Database {
        /// The file or address.
        place: String,
        /// What was tried.
        what: &'static str,
        /// What to do, where that can be told; begins with a colon then.
        hint: String,
        /// What the database says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Something in it can't be read back.
    #[error("the state store at `{place}` holds something this version can't read: {problem}")]
    Unreadable {
        /// The file or address.
        place: String,
        /// What can't be read.
        problem: String,
    },
    /// Something in it isn't as it was written.
    #[error(
        "the state store at `{place}` is damaged: {problem}; nothing of it was changed: put a whole copy back, or ask \
         whoever keeps it"
    )]
    Damaged {
        /// The file or address.
        place: String,
        /// What of it, by name.
        problem: String,
    },
    /// What was to be appended doesn't follow what is there.
    #[error("the state store at `{place}` took nothing for run {run}: {problem}")]
    OutOfTurn {
        /// The file or address.
        place: String,
        /// The run.
        run: RunId,
        /// What doesn't follow.
        problem: String,
    },
    /// Somebody else may apply the plan to the environment.
    #[error("{}", taken(.0))]
    Held(Box<Lease>),
    /// The lease was broken, or somebody else has taken it.
    #[error("the lease of {}plan `{plan}` in environment `{environment}` is lost: {}", of_shard(*.shard), holds(.now.as_deref(), .note))]
    LeaseLost {
        /// The plan.
        plan: Slug,
        /// The environment.
        environment: String,
        /// The shard, where it wasn't the whole plan.
        shard: Option<Shard>,
        /// The lease that is in its place.
        now: Option<Box<Lease>>,
        /// How the last one ended, where it didn't just run out.
        note: Option<String>,
    },
}

fn taken(lease: &Lease) -> String {
    let Lease { plan, environment, .. } = lease;
    let unlock = lease.shard().map_or_else(String::new, |shard| format!(" --shard {shard}"));
    format!(
        "another restorectl applies {}plan `{plan}` to environment `{environment}` right now: {lease}; wait until it ends, \
         or, if it is certainly gone, break its lease with `restorectl unlock {plan} --env {}{unlock}`",
        of_shard(lease.shard()),
        shell_word(environment)
    )
}

/// Goes before the word "plan".
fn of_shard(shard: Option<Shard>) -> String {
    shard.map_or_else(String::new, |shard| format!("shard {shard} of "))
}

fn holds(now: Option<&Lease>, note: &Option<String>) -> String {
    match (now, note) {
        (Some(lease), Some(note)) => format!("it {note}, and is held by {lease}"),
        (Some(lease), None) => match lease.shard() {
            Some(shard) => format!("shard {shard} is held by {lease}"),
            None => format!("it is held by {lease}"),
        },
        (None, Some(note)) => format!("it {note}"),
        (None, None) => "it ended, and nobody holds it".to_owned(),
    }
}

/// Runs and their entries, and who may write them. What is written is durable when the call returns.
///
/// A run is opened under a lease, and lives as long as that is held: whatever comes after it was broken or taken over
/// fails with [`StoreError::LeaseLost`], in the same transaction, so that a runner that lost its lease writes no intent.
pub trait Store: Send + Sync + 'static {
    /// Takes the lease of a plan, or of a shard of it, in an environment, if nobody holds one that excludes it, or the
    /// time of those has run out. `over` are the tokens of leases whose holders are known to be gone: they may be taken
    /// before their time.
    fn take(&self, claim: &Claim, over: &[u64]) -> impl Future<Output = Result<Lease, StoreError>> + Send;

    /// Renews a lease for its whole term. One whose time has run out is renewed too, if nobody else took it.
    fn renew(&self, lease: &Lease) -> impl Future<Output = Result<Lease, StoreError>> + Send;

    /// Ends a lease, if it still is the one that is held, and says how it ended. Gives whether it was.
    fn end_lease(&self, lease: &Lease, how: &str) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The leases that somebody holds, though their time may have run out: one of the whole plan, or some of shards.
    fn leases(&self, plan: &Slug, environment: &str) -> impl Future<Output = Result<Vec<Lease>, StoreError>> + Send;

    /// The lease under which a run was opened.
    fn lease_of(&self, run: &RunId) -> impl Future<Output = Result<Lease, StoreError>> + Send;

    /// Records a new run under a lease, which is renewed by that, and whose token is the run's turn.
    fn open_run(&self, run: &Run, lease: &Lease) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Appends entries to a run, all or none.
    fn append(&self, run: &RunId, entries: &[Entry]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// All runs, newest first by the clocks of those who opened them.
    fn runs(&self) -> impl Future<Output = Result<Vec<RunId>, StoreError>> + Send;

    /// One run with its entries.
    fn run(&self, id: &RunId) -> impl Future<Output = Result<Option<(Run, Vec<Entry>)>, StoreError>> + Send;

    /// Takes an ended run away, which was read with these entries, and leaves what later runs decide on: every create that it
    /// sent or adopted, with what became of it. Gives whether it was still there.
    fn prune(&self, run: &Run, entries: &[Entry]) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// All runs of a plan in an environment with their entries, in the order in which they were opened ([`in_order`](super::in_order)), but without their changesets, which are null.
    /// Of those that were pruned, what is left.
    fn runs_of(
        &self,
        plan: &Slug,
        environment: &str,
    ) -> impl Future<Output = Result<Vec<(Run, Vec<Entry>)>, StoreError>> + Send;
}
