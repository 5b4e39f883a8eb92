//! How many wrong tokens are answered as such. Beyond that they are refused without a word about them, so that guessing fills
//! no log and programs that are set up wrongly are told to wait. A right token is let in at any time: whoever guesses shall
//! not be able to shut out the owner.

use std::time::Duration;

use tokio::time::Instant;

/// So many may come at once.
const AT_ONCE: u32 = 20;
/// After so long one more may come.
const PERIOD: Duration = Duration::from_secs(3);

/// What becomes of a wrong token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It is told to be wrong.
    Told,
    /// It is refused, for so long; `first`: the one before it was not.
    Refused {
        /// When the next one is told again.
        wait: Duration,
        /// Whether refusing begins with this one.
        first: bool,
    },
}

/// Counts wrong tokens of whoever sends them: behind a proxy all come from one address.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    /// When all that were told are forgotten; each counts for one period.
    forgotten_at: Option<Instant>,
    refuses: bool,
}

impl Throttle {
    /// Another wrong token came.
    pub(super) fn wrong(&mut self, now: Instant) -> Wrong {
        let counted = self.forgotten_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        let with_this = counted.saturating_add(PERIOD);
        let wait = with_this.saturating_sub(PERIOD * AT_ONCE);
        if wait.is_zero() {
            *self = Self { forgotten_at: Some(now + with_this), refuses: false };
            return Wrong::Told;
        }
        let first = !std::mem::replace(&mut self.refuses, true);
        Wrong::Refused { wait, first }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_are_told_at_once_and_then_one_in_each_period() {
        let mut throttle = Throttle::default();
        let begin = Instant::now();
        for _ in 0..AT_ONCE {
            assert_eq!(throttle.wrong(begin), Wrong::Told);
        }
        for first in [true, false, false] {
            assert_eq!(throttle.wrong(begin), Wrong::Refused { wait: PERIOD, first });
        }
        let nearly = begin + PERIOD - Duration::from_millis(1);
        assert_eq!(throttle.wrong(nearly), Wrong::Refused { wait: Duration::from_millis(1), first: false });
        // What is refused doesn't count, so that nobody waits longer because of others who don't.
        let later = begin + PERIOD;
        assert_eq!(throttle.wrong(later), Wrong::Told);
        assert_eq!(throttle.wrong(later), Wrong::Refused { wait: PERIOD, first: true });
        let much_later = later + PERIOD * AT_ONCE;
        let told = (0..100).take_while(|_| throttle.wrong(much_later) == Wrong::Told).count();
        assert_eq!(told, 20, "never more than at the beginning");
    }
}
