//! How many may be in flight at present: fewer while the service shows that it has too much to do.

use jiff::Timestamp;

use crate::model::Millis;

/// Halved when the service asks for peace or its queue grows, and one more again for each restore that succeeds.
#[derive(Debug)]
pub(super) struct Pressure {
    most: u32,
    allowed: u32,
    adaptive: bool,
    /// Signs of one burst count once: nothing is lowered again before this moment.
    settled_at: Option<Timestamp>,
}

impl Pressure {
    /// No pressure yet; at most so many at once.
    pub(super) fn new(most: u32, adaptive: bool) -> Self {
        let most = most.max(1);
        Self { most, allowed: most, adaptive, settled_at: None }
    }

    /// How many may be in flight.
    pub(super) fn allowed(&self) -> u32 {
        self.allowed
    }

    /// The service asks for peace while so many are in flight. Gives the new number, where it is another one.
    pub(super) fn rise(&mut self, in_flight: u32, now: Timestamp, pause: Millis) -> Option<u32> {
        if !self.adaptive || self.settled_at.is_some_and(|until| now < until) {
            return None;
        }
        self.settled_at = Some(pause.after(now));
        let lowered = (self.allowed.min(in_flight.max(1)) / 2).max(1);
        (lowered < self.allowed).then(|| {
            self.allowed = lowered;
            lowered
        })
    }

    /// So many take room for good, and nothing else is under way: whatever the pressure, one more may start. Gives the
    /// new number, where the limit has room for one.
    pub(super) fn make_room(&mut self, taken: u32) -> Option<u32> {
        (self.allowed <= taken && taken < self.most).then(|| {
            self.allowed = taken + 1;
            self.allowed
        })
    }

    /// A restore succeeded. Gives the number where it is back at the limit.
    pub(super) fn ease(&mut self) -> Option<u32> {
        let below = self.allowed < self.most;
        self.allowed = self.allowed.saturating_add(1).min(self.most);
        (below && self.allowed == self.most).then_some(self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Millis::from_secs(seconds).after(Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn lowers_once_a_burst_and_never_below_one() {
        let pause = Millis::from_secs(30);
        let mut pressure = Pressure::new(8, true);
        assert_eq!(pressure.rise(8, at(0), pause), Some(4));
        assert_eq!(pressure.rise(8, at(29), pause), None, "the same burst");
        assert_eq!(pressure.rise(3, at(30), pause), Some(1), "what is in flight counts, where it is fewer");
        assert_eq!(pressure.rise(1, at(60), pause), None);
        assert_eq!(pressure.allowed(), 1);
        let eased: Vec<Option<u32>> = (0..8).map(|_| pressure.ease()).collect();
        assert_eq!(eased, [None, None, None, None, None, None, Some(8), None], "told once, when it is back");
        assert_eq!(pressure.allowed(), 8);
    }

    #[test]
    fn stays_where_nobody_wants_it_to_adapt() {
        let mut pressure = Pressure::new(8, false);
        assert_eq!(pressure.rise(8, at(0), Millis(0)), None);
        assert_eq!(pressure.allowed(), 8);
    }
}
