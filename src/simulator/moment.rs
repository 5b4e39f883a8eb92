//! Moments and the pace of the site's work. Pure, but for [`Moment::now`].

use std::time::Duration;

use jiff::Timestamp;

/// A moment in whole milliseconds since 1970: the grain of everything that the simulator stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(pub(super) i64);

impl Moment {
    /// This moment, by the machine's clock.
    pub(super) fn now() -> Self {
        Self(Timestamp::now().as_millisecond())
    }

    /// The moment this many milliseconds later, held at the end of time rather than overflowing.
    pub(super) fn plus(self, ms: u64) -> Self {
        let latest = Timestamp::MAX.as_millisecond();
        Self(self.0.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX)).min(latest))
    }

    /// How long until `later`; nothing when that has passed.
    pub(super) fn until(self, later: Self) -> Duration {
        Duration::from_millis(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }

    /// The form that documents carry.
    pub(super) fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::MAX)
    }
}

/// How fast the site works, over time. A restore's progress is the integral over this history, so that
/// it depends on nothing but the moments themselves: not on when anyone looks, nor on restarts.
#[derive(Debug, Clone, Default)]
pub(super) struct Pace {
    /// From when on, and bytes per second; oldest first. The first rate also holds before its moment.
    steps: Vec<(Moment, u64)>,
}

impl Pace {
    /// A history of rates, oldest first.
    pub(super) fn new(steps: Vec<(Moment, u64)>) -> Self {
        Self { steps }
    }

    /// The rate that holds now.
    pub(super) fn latest(&self) -> Option<u64> {
        self.steps.last().map(|(_, rate)| *rate)
    }

    /// The bytes that work begun at `start` has moved by `now`.
    pub(super) fn done(&self, start: Moment, now: Moment) -> u64 {
        let moved: u128 = self
            .stretches(start)
            .map(|(from, to, rate)| {
                let end = to.map_or(now, |to| to.min(now));
                u128::from(rate).saturating_mul(millis(from, end))
            })
            .fold(0, u128::saturating_add);
        u64::try_from(moved / 1000).unwrap_or(u64::MAX)
    }

    /// When work begun at `start` will have moved so many bytes; never, where the rate stays at nothing.
    pub(super) fn reach(&self, start: Moment, bytes: u64) -> Option<Moment> {
        let mut missing = u128::from(bytes) * 1000;
        if missing == 0 {
            return Some(start);
        }
        for (from, to, rate) in self.stretches(start) {
            let rate = u128::from(rate);
            let capacity = to.map(|to| rate.saturating_mul(millis(from, to)));
            if let Some(capacity) = capacity.filter(|capacity| *capacity < missing) {
                missing -= capacity;
                continue;
            }
            if rate > 0 {
                return Some(from.plus(u64::try_from(missing.div_ceil(rate)).unwrap_or(u64::MAX)));
            }
        }
        None
    }

    /// The stretches of one rate each from `start` on: from, to (open for the last), bytes per second.
    fn stretches(&self, start: Moment) -> impl Iterator<Item = (Moment, Option<Moment>, u64)> + '_ {
        self.steps.iter().enumerate().filter_map(move |(index, (since, rate))| {
            let to = self.steps.get(index + 1).map(|(next, _)| *next);
            let from = if index == 0 { start } else { start.max(*since) };
            to.is_none_or(|to| to > from).then_some((from, to, *rate))
        })
    }
}

fn millis(from: Moment, to: Moment) -> u128 {
    from.until(to).as_millis()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pace(steps: &[(i64, u64)]) -> Pace {
        Pace::new(steps.iter().map(|(at, rate)| (Moment(*at), *rate)).collect())
    }

    #[test]
    fn work_takes_bytes_by_rate() {
        let steady = pace(&[(0, 100)]);
        let then_faster = pace(&[(0, 100), (2_000, 1_000)]);
        let pause = pace(&[(0, 100), (1_000, 0), (5_000, 100)]);
        let for_ever = pace(&[(0, 100), (1_000, 0)]);
        for (pace, start, bytes, end) in [
            (&steady, 0, 0, Some(0)),
            (&steady, 0, 100, Some(1_000)),
            (&steady, 500, 1, Some(510)),
            (&steady, -500, 100, Some(500)),
            (&then_faster, 1_000, 100, Some(2_000)),
            (&then_faster, 1_000, 1_100, Some(3_000)),
            (&then_faster, 9_000, 1_000, Some(10_000)),
            (&pause, 0, 200, Some(6_000)),
            (&for_ever, 0, 100, Some(1_000)),
            (&for_ever, 0, 101, None),
            (&for_ever, 2_000, 1, None),
        ] {
            assert_eq!(pace.reach(Moment(start), bytes), end.map(Moment), "{bytes} bytes from {start} at {pace:?}");
        }
        assert_eq!(pause.done(Moment(0), Moment(3_000)), 100);
        assert_eq!(pause.done(Moment(0), Moment(5_500)), 150);
        assert_eq!(steady.done(Moment(10), Moment(0)), 0);
    }

    #[test]
    fn a_moment_stays_in_time() {
        assert_eq!(Moment(0).plus(u64::MAX).timestamp().as_millisecond(), Timestamp::MAX.as_millisecond());
        assert_eq!(Moment(5).until(Moment(3)), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn reached_means_done(
            gaps in proptest::collection::vec((1i64..5_000, 0u64..1_000_000), 1..6),
            start in 0i64..10_000,
            bytes in 1u64..5_000_000,
        ) {
            let mut at = 0;
            let steps: Vec<_> = gaps.into_iter().map(|(gap, rate)| { at += gap; (at, rate) }).collect();
            let pace = pace(&steps);
            let start = Moment(start);
            if let Some(end) = pace.reach(start, bytes) {
                prop_assert!(pace.done(start, end) >= bytes);
                prop_assert!(pace.done(start, Moment(end.0 - 1)) < bytes);
            } else {
                prop_assert_eq!(pace.latest(), Some(0));
            }
        }
    }
}
