//! How long restores take, as far as this run has seen: what tells when the next one is worth looking for.

use std::collections::VecDeque;

use crate::model::Millis;

/// How many of the last restores count.
const REMEMBERED: usize = 101;

/// Durations of restores that ended.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Bytes, where they are known, and milliseconds.
    ended: VecDeque<(Option<u64>, u64)>,
    /// In milliseconds.
    median: Option<u64>,
    line: Option<Line>,
}

impl Pace {
    /// A restore of so many bytes took so long.
    pub(super) fn learn(&mut self, bytes: Option<u64>, took: Millis) {
        if self.ended.len() == REMEMBERED {
            self.ended.pop_front();
        }
        self.ended.push_back((bytes, took.0));
        let mut all: Vec<u64> = self.ended.iter().map(|(_, took)| *took).collect();
        all.sort_unstable();
        self.median = all.get(all.len() / 2).copied();
        self.line = Line::through(self.ended.iter().filter_map(|(bytes, took)| Some(((*bytes)?, *took))));
    }

    /// How long one of so many bytes probably takes; none as long as nothing is known.
    pub(super) fn expected(&self, bytes: Option<u64>) -> Option<Millis> {
        let sized = bytes.zip(self.line.as_ref()).and_then(|(bytes, line)| line.at(bytes));
        sized.or(self.median).map(Millis)
    }
}

/// The straight line through what is known of bytes and durations.
#[derive(Debug)]
struct Line {
    /// Mean of the bytes.
    x: f64,
    /// Mean of the milliseconds.
    y: f64,
    /// Milliseconds a byte.
    slope: f64,
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate")]
impl Line {
    /// None where nothing tells its slope, or where it would fall.
    fn through(known: impl Iterator<Item = (u64, u64)>) -> Option<Self> {
        let known: Vec<(f64, f64)> = known.map(|(bytes, took)| (bytes as f64, took as f64)).collect();
        let count = known.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| known.iter().map(of).sum::<f64>() / count;
        let (x, y) = (mean(|known| known.0), mean(|known| known.1));
        let spread: f64 = known.iter().map(|(bytes, _)| (bytes - x) * (bytes - x)).sum();
        let slope = known.iter().map(|(bytes, took)| (bytes - x) * (took - y)).sum::<f64>() / spread;
        (slope >= 0.0 && slope.is_finite()).then_some(Self { x, y, slope })
    }

    /// Milliseconds for so many bytes.
    fn at(&self, bytes: u64) -> Option<u64> {
        let expected = self.y + self.slope * (bytes as f64 - self.x);
        (expected >= 0.0).then_some(expected.round() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_size_where_sizes_are_known_and_by_the_median_otherwise() {
        let mut pace = Pace::default();
        assert_eq!(pace.expected(Some(5)), None);
        for took in [300, 100, 200] {
            pace.learn(None, Millis(took));
        }
        assert_eq!(pace.expected(None), Some(Millis(200)));
        assert_eq!(pace.expected(Some(1_000)), Some(Millis(200)), "no size is known yet");
        for bytes in [1_000, 2_000, 4_000] {
            pace.learn(Some(bytes), Millis(50 + bytes / 10));
        }
        assert_eq!(pace.expected(Some(8_000)), Some(Millis(850)));
        assert_eq!(pace.expected(Some(0)), Some(Millis(50)));
    }

    #[test]
    fn only_the_last_ones_count() {
        let mut pace = Pace::default();
        (0..1_000).for_each(|took| pace.learn(None, Millis(took)));
        assert_eq!(pace.expected(None), Some(Millis(949)));
    }
}
