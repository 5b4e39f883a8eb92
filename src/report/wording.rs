//! Moments and lengths of time, written the same way on every surface. Sizes, counts, commands and foreign text are
//! written by the model, because others than reports show them too.

use jiff::Timestamp;

use crate::model::Millis;
pub use crate::model::shell_word;
pub(super) use crate::model::{bytes, count, harmless};

/// What a rehearsal says on its face, on every surface.
pub(super) const SIMULATED: &str =
    "SIMULATED: a rehearsal against the simulator. It is no evidence of anything at a real site.";

/// The same at the head of one line.
pub(super) const SIMULATED_SHORT: &str = "SIMULATED: ";

/// `2026-11-23 03:12:07Z`: whole seconds, UTC.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// `03:12:07Z`: for lines of a run that is going on.
pub(super) fn time_of_day(at: Timestamp) -> String {
    at.strftime("%H:%M:%SZ").to_string()
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
    fn lengths_compare_in_hours() {
        for (minutes, text) in [(59, "59m"), (60, "1h"), (26 * 60 + 5, "26h 5m"), (95 * 60, "95h"), (96 * 60, "4d")] {
            assert_eq!(hours(Millis::from_secs(minutes * 60)), text);
        }
    }
}
