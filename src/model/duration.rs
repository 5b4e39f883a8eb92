//! Durations as whole milliseconds: exact in JSON, humane on screen.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A length of time in milliseconds. Fields of this type end in `_ms` in every document we write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    /// A duration of whole seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// The same length for the standard library and tokio.
    pub const fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0)
    }

    /// The time from `earlier` to `later`, or nothing where the clock shows them the other way round.
    pub fn between(earlier: jiff::Timestamp, later: jiff::Timestamp) -> Self {
        let millis = later.as_millisecond().saturating_sub(earlier.as_millisecond());
        Self(u64::try_from(millis).unwrap_or(0))
    }

    /// The moment this long after `start`, held at the end of time rather than overflowing.
    pub fn after(self, start: jiff::Timestamp) -> jiff::Timestamp {
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX);
        jiff::Timestamp::from_millisecond(start.as_millisecond().saturating_add(millis)).unwrap_or(jiff::Timestamp::MAX)
    }

    /// The moment this long before `end`, held at the beginning of time rather than overflowing.
    pub fn before(self, end: jiff::Timestamp) -> jiff::Timestamp {
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX);
        jiff::Timestamp::from_millisecond(end.as_millisecond().saturating_sub(millis)).unwrap_or(jiff::Timestamp::MIN)
    }
}

/// Why a text is not a duration; says what would be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a duration: write a number and a unit, like `90s`, `15m`, `6h`, `2d` or `1h30m`, and at most a hundred years"
)]
pub struct DurationError(String);

/// A hundred years: longer than anything that is meant, and small enough to be exact in any JSON reader.
const LONGEST: u64 = 36_500 * 86_400_000;

const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

impl FromStr for Millis {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || DurationError(text.to_owned());
        let mut rest = text.trim();
        let (mut total, mut last) = (0u64, u64::MAX);
        if rest.is_empty() {
            return Err(wrong());
        }
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, tail) = rest.split_at(digits);
            let letters = tail.len() - tail.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
            let (unit, tail) = tail.split_at(letters);
            let number: u64 = number.parse().map_err(|_| wrong())?;
            // Each unit once, the largest first: anything else is a slip.
            let (_, size) = UNITS.iter().find(|(name, size)| *name == unit && *size < last).ok_or_else(wrong)?;
            last = *size;
            let part = number.checked_mul(*size).ok_or_else(wrong)?;
            total = total.checked_add(part).ok_or_else(wrong)?;
            rest = tail;
        }
        if total > LONGEST {
            return Err(wrong());
        }
        Ok(Self(total))
    }
}

impl fmt::Display for Millis {
    /// The two largest units that matter: `1h 30m`, `42s`, `250ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0;
        if ms < 1000 {
            return write!(f, "{ms}ms");
        }
        if ms < 10_000 && ms % 1000 >= 100 {
            return write!(f, "{}.{}s", ms / 1000, ms % 1000 / 100);
        }
        let s = ms / 1000;
        let (large, small) = match s {
            0..60 => ((s, "s"), (0, "")),
            60..3600 => ((s / 60, "m"), (s % 60, "s")),
            3600..86_400 => ((s / 3600, "h"), (s % 3600 / 60, "m")),
            _ => ((s / 86_400, "d"), (s % 86_400 / 3600, "h")),
        };
        write!(f, "{}{}", large.0, large.1)?;
        if small.0 > 0 {
            write!(f, " {}{}", small.0, small.1)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, ms) in [("250ms", 250), ("90s", 90_000), ("1h30m", 5_400_000), ("2d", 172_800_000)] {
            assert_eq!(text.parse::<Millis>(), Ok(Millis(ms)), "{text}");
        }
        for text in [
            "",
            "6",
            "h",
            "6 hours",
            "-1s",
            "1.5h",
            "99999999999999999999d",
            "18446744073709551615d",
            "36501d",
            "30m2h",
            "2h2h",
        ] {
            assert!(text.parse::<Millis>().is_err(), "{text}");
        }
    }

    #[test]
    fn shows_two_units_at_most() {
        for (ms, text) in [
            (0, "0ms"),
            (950, "950ms"),
            (1_500, "1.5s"),
            (42_900, "42s"),
            (61_000, "1m 1s"),
            (5_400_000, "1h 30m"),
            (90_000_000, "1d 1h"),
        ] {
            assert_eq!(Millis(ms).to_string(), text);
        }
    }

    #[test]
    fn moments_do_not_overflow() {
        let start = jiff::Timestamp::UNIX_EPOCH;
        assert_eq!(Millis(u64::MAX).after(start), jiff::Timestamp::MAX);
        assert_eq!(Millis(u64::MAX).before(start), jiff::Timestamp::MIN);
        assert_eq!(Millis::between(Millis(5).after(start), start), Millis(0));
    }
}
