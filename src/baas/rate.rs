//! No more requests in a minute than a plan wants, whatever they are for.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Requests, evenly spaced: each gets a place at least so much after the one before it. The engine keeps this distance for
/// what it sends; this holds for all that it doesn't know of, too, such as a comparison's readings and what is repeated.
pub(super) struct Rate {
    distance: Duration,
    /// The first moment that is still free.
    free: Mutex<Option<Instant>>,
}

impl Rate {
    /// At most so many requests a minute.
    pub(super) fn new(a_minute: u32) -> Self {
        Self { distance: Duration::from_mins(1) / a_minute.max(1), free: Mutex::default() }
    }

    /// The moment at which a request that is wanted now may be sent; nobody else gets it.
    fn place(&self, now: Instant) -> Instant {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let place = free.map_or(now, |free| free.max(now));
        *free = place.checked_add(self.distance);
        place
    }

    /// Waits for one's place.
    pub(super) async fn wait(&self) {
        tokio::time::sleep_until(self.place(Instant::now())).await;
    }

    /// Takes the place of a create, which doesn't wait: its intent is written, and whoever sends it held the lease a moment
    /// ago. What is read after it waits the longer.
    pub(super) fn take(&self) {
        self.place(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_keep_their_distance_and_are_given_once() {
        let (rate, begun) = (Rate::new(6), Instant::now());
        let places = [0, 0, 1, 50, 51].map(|second| rate.place(begun + Duration::from_secs(second)));
        assert_eq!(places.map(|place| (place - begun).as_secs()), [0, 10, 20, 50, 60]);
    }
}
