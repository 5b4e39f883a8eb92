//! What a runner does for its lease while it works: renews it in time, and makes sure of it before anything is sent.
//!
//! The store refuses the writing of whoever lost the lease, so no create is without an intent that was durable while the
//! lease was held. But a process may stand still between that and the sending, for as long as somebody keeps its machine
//! asleep. So the runner counts for itself, by two clocks, how long ago it last renewed the lease: by the steady one, and
//! by the wall clock, which moves on while the machine sleeps. The larger number counts.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::journal::{Lease, Store, StoreError};
use crate::model::Millis;
use crate::ports::Clock;

/// A quarter of its term passes between two renewals of a lease.
const BEATS: u64 = 4;

/// A lease in use.
#[derive(Debug)]
pub struct Tenure<'a, C, J> {
    lease: Lease,
    clock: &'a C,
    store: &'a J,
    /// By both clocks, when the last renewal that succeeded was asked for.
    renewed: Mutex<(Timestamp, Timestamp)>,
}

impl<'a, C: Clock, J: Store> Tenure<'a, C, J> {
    /// Begins by renewing the lease, because nobody knows how long ago it was taken.
    ///
    /// # Errors
    /// When it is lost already, or the store can't be reached.
    pub async fn begin(lease: Lease, clock: &'a C, store: &'a J) -> Result<Self, StoreError> {
        let tenure = Self { lease, clock, store, renewed: Mutex::new((Timestamp::MIN, Timestamp::MIN)) };
        tenure.renew().await?;
        Ok(tenure)
    }

    /// Renews the lease again and again. Comes back only when it is lost: a store that can't be reached for a while is
    /// no reason to let go of what runs.
    pub async fn keep(&self) -> StoreError {
        let beat = Millis(self.lease.term.0 / BEATS);
        loop {
            self.clock.sleep_until(beat.after(self.clock.now())).await;
            if let Err(lost @ StoreError::LeaseLost { .. }) = self.renew().await {
                return lost;
            }
        }
    }

    /// Makes sure that nobody else can have taken the lease: at once, where it was renewed not long ago.
    ///
    /// # Errors
    /// When it is lost, or nobody can tell because the store can't be reached.
    pub async fn assure(&self) -> Result<(), StoreError> {
        if self.is_sure() { Ok(()) } else { self.renew().await }
    }

    /// Whether the lease, as last renewed, lasts for another quarter of its term.
    fn is_sure(&self) -> bool {
        let (steady, wall) = *self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = Millis::between(steady, self.clock.now()).max(Millis::between(wall, self.clock.wall()));
        passed.0 < self.lease.term.0 / BEATS * (BEATS - 1)
    }

    async fn renew(&self) -> Result<(), StoreError> {
        let asked = (self.clock.now(), self.clock.wall());
        self.store.renew(&self.lease).await?;
        *self.renewed.lock().unwrap_or_else(PoisonError::into_inner) = asked;
        Ok(())
    }
}
