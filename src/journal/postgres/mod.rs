//! The journal in a PostgreSQL database that several runners share: runs, leases and history.
//!
//! An append is one statement: it holds the run's lease in its place, moves the run's tail on from where this process
//! knows it, and adds all entries; or it does nothing at all. So an append whose answer was lost can be tried again: what
//! is there with the same checksum was written.

mod address;
mod leases;
mod patience;
mod pruning;
mod reading;
mod schema;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Connection as _, Row as _};

pub use address::{Address, AddressError};

use self::patience::{Line, Patience, Trouble};
use super::chain::{self, Checksum, KeptEntry, KeptRun, Tail};
use super::head::{ReadHead, has_ended};
use super::kept_lease::kept_shard;
use super::record::in_order;
use super::remains::Remains;
use super::{Claim, Entry, Lease, Reader as _, Run, Store, StoreError};
use crate::model::{RunId, Slug};

/// How long a server that went away is waited for, where nothing else is said.
pub const PATIENCE: Duration = Duration::from_secs(60);

const APPEND: &str = "
WITH held AS (
    SELECT l.token FROM restorectl.runs r
    JOIN restorectl.leases l ON l.plan = r.plan AND l.environment = r.environment AND l.shard = r.shard
    WHERE r.id = $1 AND l.token = r.token AND l.holder IS NOT NULL
    FOR SHARE OF l
), tail AS (
    UPDATE restorectl.tails t SET seq = $4, checksum = $5 FROM held
    WHERE t.run = $1 AND t.seq = $2 AND t.checksum = $3
    RETURNING t.run
), added AS (
    INSERT INTO restorectl.entries (run, seq, at, record, checksum)
    SELECT tail.run, e.seq, e.at, e.record, e.checksum
    FROM tail, unnest($6::bigint[], $7::text[], $8::text[], $9::bytea[]) AS e (seq, at, record, checksum)
    RETURNING seq
)
SELECT count(*) FROM added
";

/// A store at a server. Clones share one connection.
#[derive(Debug, Clone)]
pub struct PostgresStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    address: Address,
    patience: Duration,
    line: Line,
    /// Where the runs end that this process writes.
    tails: Mutex<BTreeMap<RunId, Tail>>,
}

/// A run with its entries, and where they end.
type ReadRun = ((Run, Vec<Entry>), Option<Tail>);

/// Does some work over the connection; again, over a new one, where the server went away.
macro_rules! patiently {
    ($store:expr, $length:expr, $what:literal, |$connection:ident| $work:expr) => {{
        let store: &PostgresStore = $store;
        let mut patience = Patience::new(&store.0.address.place, $what, $length);
        loop {
            let attempt = async {
                let mut session = store.0.line.session().await?;
                let $connection = &mut session.connection;
                let done = $work.await?;
                session.keep();
                Ok::<_, Trouble>(done)
            };
            if let Some(result) = patience.attempt(attempt).await {
                break result;
            }
        }
    }};
}

pub(in crate::journal::postgres) use patiently;

impl PostgresStore {
    /// Connects, and makes the tables where they aren't there. A server that doesn't answer isn't waited for here. Later,
    /// one that went away is waited for as long as `patience` says.
    ///
    /// # Errors
    /// When there is no connection, or the tables were made by a newer version.
    pub async fn open(address: &Address, patience: Duration) -> Result<Self, StoreError> {
        let store = Self::at(address, patience, Line::new(address.options.clone()));
        let place = &store.0.address.place;
        patiently!(&store, Duration::ZERO, "be opened", |connection| schema::migrate(connection, place))?;
        Ok(store)
    }

    /// Connects to read alone: the session can write nothing, and the tables aren't brought up to date.
    ///
    /// # Errors
    /// When there is no connection, or the tables aren't there or are of another version.
    pub async fn open_to_read(address: &Address, patience: Duration) -> Result<Self, StoreError> {
        let store = Self::at(address, patience, Line::to_read(address.options.clone()));
        let place = &store.0.address.place;
        patiently!(&store, Duration::ZERO, "be opened", |connection| schema::check(connection, place))?;
        Ok(store)
    }

    fn at(address: &Address, patience: Duration, line: Line) -> Self {
        Self(Arc::new(Inner { address: address.clone(), patience, line, tails: Mutex::default() }))
    }

    /// Ends the connection in order.
    pub async fn close(&self) {
        self.0.line.close().await;
    }

    fn damaged(&self, problem: String) -> StoreError {
        StoreError::Damaged { place: self.0.address.place.clone(), problem }
    }

    fn out_of_turn(&self, run: &RunId, problem: String) -> StoreError {
        StoreError::OutOfTurn { place: self.0.address.place.clone(), run: run.clone(), problem }
    }

    fn known_tail(&self, run: &RunId) -> Option<Tail> {
        self.0.tails.lock().unwrap_or_else(PoisonError::into_inner).get(run).copied()
    }

    fn remember(&self, run: &RunId, tail: Option<Tail>) {
        let mut tails = self.0.tails.lock().unwrap_or_else(PoisonError::into_inner);
        match tail {
            Some(tail) => tails.insert(run.clone(), tail),
            None => tails.remove(run),
        };
    }

    /// The plan, environment and shard that a run's row names; an empty shard is the whole plan.
    fn whose(&self, run: &RunId, row: &PgRow) -> Result<(Slug, String, String), Trouble> {
        let plan: String = row.try_get("plan")?;
        let plan = Slug::parse(&plan).map_err(|e| self.damaged(format!("the plan of run {run}: {e}")))?;
        Ok((plan, row.try_get("environment")?, row.try_get("shard")?))
    }

    /// Where a run ends, if its lease is held.
    async fn tail(&self, connection: &mut PgConnection, run: &RunId) -> Result<Tail, Trouble> {
        let row = sqlx::query(
            "SELECT r.plan, r.environment, r.shard, t.seq, t.checksum, \
                    coalesce(l.token = r.token AND l.holder IS NOT NULL, FALSE) AS held \
             FROM restorectl.runs r LEFT JOIN restorectl.tails t ON t.run = r.id \
             LEFT JOIN restorectl.leases l \
             ON l.plan = r.plan AND l.environment = r.environment AND l.shard = r.shard WHERE r.id = $1",
        )
        .bind(run.as_str())
        .fetch_optional(&mut *connection)
        .await?;
        let row = row.ok_or_else(|| self.out_of_turn(run, "there is no such run".to_owned()))?;
        if !row.try_get::<bool, _>("held")? {
            let (plan, environment, shard) = self.whose(run, &row)?;
            return Err(self.lost(connection, (&plan, &environment, &shard)).await);
        }
        let checksum: Option<Vec<u8>> = row.try_get("checksum")?;
        let tail = Tail::kept(row.try_get("seq")?, checksum.as_deref());
        Ok(tail.ok_or_else(|| self.damaged(format!("the end of run {run} is missing")))?)
    }

    /// Adds linked entries behind a tail. `again`: an earlier attempt may have written them.
    async fn add(
        &self,
        connection: &mut PgConnection,
        run: &RunId,
        (before, kept, after): (Tail, &[KeptEntry], Tail),
        again: bool,
    ) -> Result<(), Trouble> {
        let added: i64 = sqlx::query_scalar(APPEND)
            .bind(run.as_str())
            .bind(before.seq)
            .bind(before.checksum.bytes())
            .bind(after.seq)
            .bind(after.checksum.bytes())
            .bind(kept.iter().map(|entry| entry.seq).collect::<Vec<_>>())
            .bind(kept.iter().map(|entry| entry.at.as_str()).collect::<Vec<_>>())
            .bind(kept.iter().map(|entry| entry.record.as_str()).collect::<Vec<_>>())
            .bind(kept.iter().filter_map(|entry| entry.checksum.as_deref()).collect::<Vec<_>>())
            .fetch_one(&mut *connection)
            .await?;
        if usize::try_from(added).ok() == Some(kept.len()) {
            return Ok(());
        }
        let there = self.tail(connection, run).await?;
        if again && there == after {
            return Ok(());
        }
        let problem = format!("{} entries are there, and {} were expected", there.seq, before.seq);
        Err(Trouble::Final(self.out_of_turn(run, problem)))
    }

    async fn open_once(
        &self,
        connection: &mut PgConnection,
        run: &Run,
        (head, tail): (&str, Tail),
        lease: &Lease,
        again: bool,
    ) -> Result<(), Trouble> {
        let mut transaction = connection.begin().await?;
        self.prolong(&mut transaction, lease, Some(&run.id)).await?;
        let opened = sqlx::query(
            "INSERT INTO restorectl.runs (id, plan, environment, shard, opened_at, head, checksum, token) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        )
        .bind(run.id.as_str())
        .bind(lease.plan.as_str())
        .bind(&lease.environment)
        .bind(kept_shard(lease.share.as_ref()))
        .bind(run.opened_at.as_millisecond())
        .bind(head)
        .bind(tail.checksum.bytes())
        .bind(i64::try_from(lease.token).unwrap_or(i64::MAX))
        .execute(&mut *transaction)
        .await?;
        if opened.rows_affected() == 0 {
            // The answer to an earlier attempt was lost, or somebody else's run bears the name.
            let ours: bool = sqlx::query_scalar(
                "SELECT count(*) > 0 FROM restorectl.runs WHERE id = $1 AND checksum = $2 AND token = $3",
            )
            .bind(run.id.as_str())
            .bind(tail.checksum.bytes())
            .bind(i64::try_from(lease.token).unwrap_or(i64::MAX))
            .fetch_one(&mut *transaction)
            .await?;
            if !(again && ours) {
                return Err(Trouble::Final(
                    self.out_of_turn(&run.id, "a run of that name is there already".to_owned()),
                ));
            }
        } else {
            sqlx::query("INSERT INTO restorectl.tails (run, seq, checksum) VALUES ($1, 0, $2)")
                .bind(run.id.as_str())
                .bind(tail.checksum.bytes())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Runs with their entries, all as of one moment, so that nothing is appended between the entries and where they end.
    async fn whole(
        &self,
        connection: &mut PgConnection,
        (id, plan, environment): (Option<&str>, Option<&str>, Option<&str>),
        head: ReadHead,
    ) -> Result<Vec<ReadRun>, Trouble> {
        let mut transaction = connection.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        let heads = sqlx::query(
            "SELECT r.head, r.checksum, t.seq, t.checksum AS tail FROM restorectl.runs r \
             LEFT JOIN restorectl.tails t ON t.run = r.id \
             WHERE ($1 IS NULL OR id = $1) AND ($2 IS NULL OR plan = $2) AND ($3 IS NULL OR environment = $3) \
             ORDER BY opened_at, id",
        )
        .bind(id)
        .bind(plan)
        .bind(environment)
        .fetch_all(&mut *transaction)
        .await?;
        let mut runs = Vec::with_capacity(heads.len());
        for row in &heads {
            let checksum: Option<Vec<u8>> = row.try_get("tail")?;
            let tail = Tail::kept(row.try_get("seq")?, checksum.as_deref());
            let kept = KeptRun { head: row.try_get("head")?, checksum: row.try_get("checksum")?, tail };
            let run = head(&kept.head).map_err(|e| self.damaged(format!("the head of a run: {e}")))?;
            runs.push((run, kept));
        }
        let ids: Vec<&str> = runs.iter().map(|(run, _)| run.id.as_str()).collect();
        let rows = sqlx::query(
            "SELECT run, seq, at, record, checksum FROM restorectl.entries WHERE run = ANY($1) ORDER BY run, seq",
        )
        .bind(ids)
        .fetch_all(&mut *transaction)
        .await?;
        let remains = match (plan, environment) {
            (Some(plan), Some(environment)) => pruning::remains(&mut transaction, plan, environment).await?,
            _ => Vec::new(),
        };
        transaction.commit().await?;
        let mut entries: BTreeMap<String, Vec<KeptEntry>> = BTreeMap::new();
        for row in &rows {
            let entry = KeptEntry {
                seq: row.try_get("seq")?,
                at: row.try_get("at")?,
                record: row.try_get("record")?,
                checksum: row.try_get("checksum")?,
            };
            entries.entry(row.try_get("run")?).or_default().push(entry);
        }
        let whole = |(run, kept): (Run, KeptRun)| {
            let entries = entries.get(run.id.as_str()).map_or(&[][..], Vec::as_slice);
            let entries = chain::read(&run.id, &kept, entries).map_err(|problem| self.damaged(problem))?;
            Ok(((run, entries), kept.tail))
        };
        let left = remains.iter().map(|remains| Ok((remains.read().map_err(|problem| self.damaged(problem))?, None)));
        runs.into_iter().map(whole).chain(left).collect()
    }

    async fn ids(&self, connection: &mut PgConnection) -> Result<Vec<RunId>, Trouble> {
        let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM restorectl.runs ORDER BY opened_at DESC, id DESC")
            .fetch_all(connection)
            .await?;
        Ok(ids.into_iter().map(RunId::new).collect())
    }
}

impl Store for PostgresStore {
    async fn take(&self, claim: &Claim, over: &[u64]) -> Result<Lease, StoreError> {
        // Once: after a lost answer the lease would be in our own way.
        patiently!(self, Duration::ZERO, "give a lease", |connection| self.take_lease(connection, claim, over))
    }

    async fn renew(&self, lease: &Lease) -> Result<Lease, StoreError> {
        patiently!(self, self.0.patience, "renew a lease", |connection| self.prolong(connection, lease, None))
    }

    async fn end_lease(&self, lease: &Lease, how: &str) -> Result<bool, StoreError> {
        patiently!(self, Duration::ZERO, "end a lease", |connection| self.end(connection, lease, Some(how)))
    }

    async fn leases(&self, plan: &Slug, environment: &str) -> Result<Vec<Lease>, StoreError> {
        patiently!(self, self.0.patience, "read a lease", |connection| self.held(connection, plan, environment))
    }

    async fn lease_of(&self, run: &RunId) -> Result<Lease, StoreError> {
        patiently!(self, self.0.patience, "read a lease", |connection| async {
            let row = sqlx::query("SELECT plan, environment, shard FROM restorectl.runs WHERE id = $1")
                .bind(run.as_str())
                .fetch_optional(&mut *connection)
                .await?;
            let row = row.ok_or_else(|| self.out_of_turn(run, "there is no such run".to_owned()))?;
            let (plan, environment, shard) = self.whose(run, &row)?;
            self.tail(connection, run).await?;
            let held = self.held(connection, &plan, &environment).await?;
            match held.into_iter().find(|lease| kept_shard(lease.share.as_ref()) == shard) {
                Some(lease) => Ok::<_, Trouble>(lease),
                None => Err(self.lost(connection, (&plan, &environment, &shard)).await),
            }
        })
    }

    async fn open_run(&self, run: &Run, lease: &Lease) -> Result<(), StoreError> {
        let head = serde_json::to_string(run).map_err(|e| self.out_of_turn(&run.id, e.to_string()))?;
        let tail = Tail { seq: 0, checksum: Checksum::of_head(&head) };
        let mut again = false;
        patiently!(self, self.0.patience, "record a new run", |connection| {
            let earlier = std::mem::replace(&mut again, true);
            self.open_once(connection, run, (&head, tail), lease, earlier)
        })?;
        self.remember(&run.id, Some(tail));
        Ok(())
    }

    async fn append(&self, run: &RunId, entries: &[Entry]) -> Result<(), StoreError> {
        let mut linked = None;
        let mut again = false;
        let appended = patiently!(self, self.0.patience, "append to the journal", |connection| async {
            if linked.is_none() {
                let before = match self.known_tail(run) {
                    Some(before) => before,
                    None => self.tail(connection, run).await?,
                };
                let (kept, after) = chain::link(before, entries).map_err(|problem| self.out_of_turn(run, problem))?;
                linked = Some((before, kept, after));
            }
            let Some((before, kept, after)) = &linked else { return Ok(None) };
            let earlier = std::mem::replace(&mut again, true);
            self.add(connection, run, (*before, kept, *after), earlier).await?;
            Ok::<_, Trouble>(Some(*after))
        });
        // Whatever failed, the server knows better than this process where the run ends.
        self.remember(run, appended.as_ref().ok().copied().flatten());
        appended.map(drop)
    }

    async fn runs(&self) -> Result<Vec<RunId>, StoreError> {
        patiently!(self, self.0.patience, "list the runs", |connection| self.ids(connection))
    }

    async fn run(&self, id: &RunId) -> Result<Option<(Run, Vec<Entry>)>, StoreError> {
        Ok(self.begin(id).await?.map(|(run, entries, _)| (run, entries)))
    }

    async fn prune(&self, run: &Run, entries: &[Entry]) -> Result<bool, StoreError> {
        if !has_ended(entries) {
            return Err(self.out_of_turn(&run.id, "it has not ended".to_owned()));
        }
        let remains = Remains::of(run, entries).map_err(|problem| self.out_of_turn(&run.id, problem))?;
        let mut again = false;
        patiently!(self, self.0.patience, "prune a run", |connection| {
            let earlier = std::mem::replace(&mut again, true);
            self.take_away(connection, run, (entries.len(), remains.as_ref()), earlier)
        })
    }

    async fn runs_of(&self, plan: &Slug, environment: &str) -> Result<Vec<(Run, Vec<Entry>)>, StoreError> {
        let found = patiently!(self, self.0.patience, "list the runs of a plan", |connection| {
            self.whole(connection, (None, Some(plan.as_str()), Some(environment)), Run::without_changeset)
        });
        let mut runs: Vec<(Run, Vec<Entry>)> = found?.into_iter().map(|(run, _)| run).collect();
        in_order(&mut runs);
        Ok(runs)
    }
}
