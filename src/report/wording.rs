//! Moments and lengths of time, written the same way on every surface. Sizes, counts, commands and foreign text are
//! written by the model, because others than reports show them too.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::model::Millis;
pub use crate::model::shell_word;
pub(super) use crate::model::{bytes, count, harmless};

/// What a rehearsal says on its face, on every surface.
pub(super) const SIMULATED: &str =
    "SIMULATED: a rehearsal against the simulator. It is no evidence of anything at a real site.";

/// The same at the head of one line.
pub(super) const SIMULATED_SHORT: &str = "SIMULATED: ";

/// Where moments are told: people at a terminal read their own clock; what is kept or sent on has UTC. The text always
/// says which.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Zone(Option<&'static TimeZone>);

impl Zone {
    /// UTC.
    pub const UTC: Self = Self(None);

    /// The zone of whoever looks.
    pub const fn local(zone: &'static TimeZone) -> Self {
        Self(Some(zone))
    }

    /// `2026-11-23 03:12:07Z`, or `2026-11-23 04:12:07+01:00`: whole seconds.
    pub fn moment(self, at: Timestamp) -> String {
        self.told(at, "%Y-%m-%d %H:%M:%S")
    }

    /// `03:12:07Z`, or `04:12:07+01:00`: for lines of a run that is going on.
    pub(super) fn time_of_day(self, at: Timestamp) -> String {
        self.told(at, "%H:%M:%S")
    }

    fn told(self, at: Timestamp, format: &str) -> String {
        match self.0.map(|zone| at.to_zoned(zone.clone())).filter(|told| !told.offset().is_zero()) {
            Some(told) => told.strftime(&format!("{format}%:z")).to_string(),
            None => at.strftime(&format!("{format}Z")).to_string(),
        }
    }
}

/// `2026-11-23 03:12:07Z`: whole seconds, UTC.
pub(super) fn moment(at: Timestamp) -> String {
    Zone::UTC.moment(at)
}

/// A length of time for comparing: hours up to four days, so that `26h` isn't met as `1d 2h`.
pub(super) fn hours(length: Millis) -> String {
    let minutes = length.0 / 60_000;
    match (minutes / 60, minutes % 60) {
        (0, _) | (96.., _) => length.to_string(),
        (hours, 0) => format!("{hours}h"),
        (hours, minutes) => format!("{hours}h {minutes}m"),
    }
}

/// `1 of 3 restores`.
pub(super) fn part(number: usize, total: usize, noun: &str) -> String {
    format!("{number} of {}", count(total, noun))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_says_where_it_is_told() {
        let at: Timestamp = "2026-11-23T03:12:07.9Z".parse().unwrap();
        assert_eq!(moment(at), "2026-11-23 03:12:07Z");
        for (seconds, day, time) in [
            (3_600, "2026-11-23 04:12:07+01:00", "04:12:07+01:00"),
            (-12_600, "2026-11-22 23:42:07-03:30", "23:42:07-03:30"),
            (0, "2026-11-23 03:12:07Z", "03:12:07Z"),
        ] {
            let offset = jiff::tz::Offset::from_seconds(seconds).unwrap();
            let zone = Zone::local(Box::leak(Box::new(TimeZone::fixed(offset))));
            assert_eq!((zone.moment(at).as_str(), zone.time_of_day(at).as_str()), (day, time));
        }
    }

    #[test]
    fn lengths_compare_in_hours() {
        for (minutes, text) in [(59, "59m"), (60, "1h"), (26 * 60 + 5, "26h 5m"), (95 * 60, "95h"), (96 * 60, "4d")] {
            assert_eq!(hours(Millis::from_secs(minutes * 60)), text);
        }
    }
}
