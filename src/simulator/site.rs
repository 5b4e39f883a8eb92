//! What every part of a running simulator shares: the store, the faults, the settings.

use std::sync::{Mutex as FaultMutex, MutexGuard as FaultGuard, PoisonError};

use axum::http::StatusCode;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard, Notify};

use super::Config;
use super::course::{self, Course};
use super::failure::Failure;
use super::fault::FaultBook;
use super::moment::Moment;
use super::store::Store;

/// How long it takes to prepare an object list.
const PREPARATION_MS: u64 = 250;

/// A running site.
pub(super) struct Site {
    /// None once the simulator has stopped.
    store: Mutex<Option<Store>>,
    faults: FaultMutex<FaultBook>,
    /// Told whenever the next step may have come nearer.
    changed: Notify,
    limit: usize,
    queue_delay_ms: u64,
    /// What `x-auth-credentials` must hold, after `Basic `.
    credentials: String,
    bearer: Option<String>,
}

impl Site {
    /// A site over an open store.
    pub(super) fn new(store: Store, config: Config) -> Self {
        let mut faults = FaultBook::default();
        for fault in config.faults {
            faults.add(fault);
        }
        Self {
            store: Mutex::new(Some(store)),
            faults: FaultMutex::new(faults),
            changed: Notify::new(),
            limit: config.site_limit,
            queue_delay_ms: u64::try_from(config.queue_delay.as_millis()).unwrap_or(u64::MAX),
            credentials: BASE64_STANDARD.encode(format!("{}:{}", config.user, config.password)),
            bearer: config.bearer,
        }
    }

    /// The store, as it was left.
    pub(super) async fn store(&self) -> Result<MappedMutexGuard<'_, Store>, Failure> {
        MutexGuard::try_map(self.store.lock().await, Option::as_mut)
            .map_err(|_| Failure::new(StatusCode::SERVICE_UNAVAILABLE, "the simulator is stopping"))
    }

    /// The store, with the site moved on to this moment. Whoever reads it reads the truth.
    pub(super) async fn current(&self) -> Result<(MappedMutexGuard<'_, Store>, Course, Moment), Failure> {
        let mut store = self.store().await?;
        let now = Moment::now();
        let course = course::advance(&mut store, self.limit, now).await?;
        Ok((store, course, now))
    }

    /// Moves the site on as time passes, so that restores also end while nobody asks. Never returns by itself.
    pub(super) async fn keep_moving(&self) {
        loop {
            // Made before the look at the site, so that no change in between is missed.
            let changed = self.changed.notified();
            let pause = match self.current().await {
                Ok((_, course, now)) => course.next.map(|next| now.until(next)),
                // Told in the log already; a moment's rest keeps it from being told without end.
                Err(_) => Some(std::time::Duration::from_secs(1)),
            };
            match pause {
                Some(pause) => drop(tokio::time::timeout(pause, changed).await),
                None => changed.await,
            }
        }
    }

    /// Tells the clockwork to look again.
    pub(super) fn wake(&self) {
        self.changed.notify_one();
    }

    /// Closes the store; every call from now on is refused.
    pub(super) async fn close(&self) -> sqlx::Result<()> {
        match self.store.lock().await.take() {
            Some(store) => store.close().await,
            None => Ok(()),
        }
    }

    /// The faults in force.
    pub(super) fn faults(&self) -> FaultGuard<'_, FaultBook> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When a restore accepted at that moment may run.
    pub(super) fn ready_at(&self, accepted_at: Moment) -> Moment {
        accepted_at.plus(self.queue_delay_ms)
    }

    /// When an object list whose preparation begins at that moment is ready.
    pub(super) fn prepared_at(&self, begun_at: Moment) -> Moment {
        begun_at.plus(PREPARATION_MS)
    }

    /// Whether a value of `x-auth-credentials` is the right one.
    pub(super) fn knows(&self, credentials: &str) -> bool {
        let (scheme, value) = credentials.split_once(' ').unwrap_or((credentials, ""));
        scheme.eq_ignore_ascii_case("Basic") && value.trim() == self.credentials
    }

    /// Whether a value of `authorization` lets a call pass.
    pub(super) fn admits(&self, authorization: Option<&str>) -> bool {
        let Some(bearer) = &self.bearer else {
            return true;
        };
        let parts = authorization.and_then(|value| value.split_once(' '));
        parts.is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case("Bearer") && token.trim() == bearer)
    }
}
