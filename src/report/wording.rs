//! Moments, sizes, counts and commands, written the same way on every surface.

use jiff::Timestamp;

use crate::model::Millis;
pub(super) use crate::model::{count, harmless};

/// What a rehearsal says on its face, on every surface.
pub(super) const SIMULATED: &str =
    "SIMULATED: a rehearsal against the simulator. It is no evidence of anything at a real site.";

/// `2026-11-23 03:12:07Z`: whole seconds, UTC.
pub(super) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// `03:12:07Z`: for lines of a run that is going on.
pub(super) fn time_of_day(at: Timestamp) -> String {
    at.strftime("%H:%M:%SZ").to_string()
}

/// `812 B`, `1.2 GiB`: binary units, one digit where it says something.
pub(super) fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut tenths = u128::from(count) * 10 / 1024;
    let mut unit = "KiB";
    for next in UNITS.iter().skip(1) {
        if tenths < 10_240 {
            break;
        }
        tenths /= 1024;
        unit = next;
    }
    if tenths >= 1000 { format!("{} {unit}", tenths / 10) } else { format!("{}.{} {unit}", tenths / 10, tenths % 10) }
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

/// A word as a shell takes it back, so that a command we print can be pasted.
pub fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '@' | '+' | ',' | '=');
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_unit_that_fits() {
        for (number, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_536, "1.5 KiB"),
            (104_857_600, "100 MiB"),
            (1_288_490_189, "1.2 GiB"),
            (u64::MAX, "15.9 EiB"),
        ] {
            assert_eq!(bytes(number), text);
        }
    }

    #[test]
    fn lengths_compare_in_hours() {
        for (minutes, text) in [(59, "59m"), (60, "1h"), (26 * 60 + 5, "26h 5m"), (95 * 60, "95h"), (96 * 60, "4d")] {
            assert_eq!(hours(Millis::from_secs(minutes * 60)), text);
        }
    }

    #[test]
    fn commands_survive_a_shell() {
        assert_eq!(shell_word("plans/dr.yaml"), "plans/dr.yaml");
        assert_eq!(shell_word("my plan.yaml"), "'my plan.yaml'");
        assert_eq!(shell_word("a'; rm -rf ~"), r"'a'\''; rm -rf ~'");
        assert_eq!(shell_word("-x"), "'-x'");
        assert_eq!(shell_word(""), "''");
    }
}
