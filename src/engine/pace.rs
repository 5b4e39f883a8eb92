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
}

impl Pace {
    /// A restore of so many bytes took so long.
    pub(super) fn learn(&mut self, bytes: Option<u64>, took: Millis) {
        if self.ended.len() == REMEMBERED {
            self.ended.pop_front();
        }
        self.ended.push_back((bytes, took.0));
    }

    /// How long one of so many bytes probably takes; none as long as nothing is known.
    pub(super) fn expect(&self, bytes: Option<u64>) -> Option<Millis> {
        let sized = bytes.and_then(|bytes| self.line(bytes));
        sized.or_else(|| self.median()).map(Millis)
    }

    fn median(&self) -> Option<u64> {
        let mut all: Vec<u64> = self.ended.iter().map(|(_, took)| *took).collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied()
    }

    /// The straight line through what is known of bytes and durations, at so many bytes; none where nothing tells its
    /// slope, or where it would fall.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate"
    )]
    fn line(&self, bytes: u64) -> Option<u64> {
        let known: Vec<(f64, f64)> =
            self.ended.iter().filter_map(|(bytes, took)| Some(((*bytes)? as f64, *took as f64))).collect();
        let count = known.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| known.iter().map(of).sum::<f64>() / count;
        let (x, y) = (mean(|known| known.0), mean(|known| known.1));
        let spread: f64 = known.iter().map(|(bytes, _)| (bytes - x) * (bytes - x)).sum();
        let slope = known.iter().map(|(bytes, took)| (bytes - x) * (took - y)).sum::<f64>() / spread;
        let expected = y + slope * (bytes as f64 - x);
        (slope >= 0.0 && slope.is_finite() && expected >= 0.0).then_some(expected.round() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_size_where_sizes_are_known_and_by_the_median_otherwise() {
        let mut pace = Pace::default();
        assert_eq!(pace.expect(Some(5)), None);
        for took in [300, 100, 200] {
            pace.learn(None, Millis(took));
        }
        assert_eq!(pace.expect(None), Some(Millis(200)));
        assert_eq!(pace.expect(Some(1_000)), Some(Millis(200)), "no size is known yet");
        for bytes in [1_000, 2_000, 4_000] {
            pace.learn(Some(bytes), Millis(50 + bytes / 10));
        }
        assert_eq!(pace.expect(Some(8_000)), Some(Millis(850)));
        assert_eq!(pace.expect(Some(0)), Some(Millis(50)));
    }

    #[test]
    fn only_the_last_ones_count() {
        let mut pace = Pace::default();
        (0..1_000).for_each(|took| pace.learn(None, Millis(took)));
        assert_eq!(pace.expect(None), Some(Millis(949)));
    }
}
