//! Bytes as choices: whoever changes a byte changes one decision of a generator.

use serde_json::Value;

/// Choices that come from bytes. When the bytes are used up, every choice is the first one.
pub(super) struct Choices<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

impl<'a> Choices<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter() }
    }

    fn byte(&mut self) -> u8 {
        self.bytes.next().copied().unwrap_or(0)
    }

    /// Whether there is nothing left to choose from.
    pub(super) fn is_done(&self) -> bool {
        self.bytes.len() == 0
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    /// True once in so many times; false where nothing is left.
    pub(super) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    /// One of several.
    pub(super) fn of<'b, T: ?Sized>(&mut self, all: &[&'b T]) -> &'b T {
        all[self.below(all.len())]
    }

    /// A scalar that somebody could have written, of whatever kind.
    pub(super) fn scalar(&mut self) -> Value {
        match self.below(8) {
            0 => Value::Null,
            1 => Value::Bool(self.one_in(2)),
            2 => Value::from(i64::from(self.byte()) - 64),
            3 => Value::from([0.5, -1.5, 1e300, 4_294_967_296.0][self.below(4)]),
            4 => Value::from([u64::MAX, 4_294_967_295, 1_000_001, 0][self.below(4)]),
            _ => Value::from(self.text()),
        }
    }

    /// A text: of the kinds that mean something, or of any letters.
    pub(super) fn text(&mut self) -> String {
        const MEANT: [&str; 24] = [
            "",
            "a",
            "A",
            "D.t",
            "d.T",
            "\"a b\".\"c\"\"d\"",
            "latest",
            "6h",
            "1h30m",
            "99999999999d",
            "yes",
            "2026-11-01T00:00:00Z",
            "copy",
            "{{s}}",
            "{{nope}}",
            "x{{n}}",
            "{{#each l}}{{this}}{{/each}}",
            "\\{{s}}",
            "a-b",
            "é表",
            "\u{202e}\u{1b}[31m\n",
            " ",
            "DBC",
            "*",
        ];
        match self.below(32) {
            index @ 0..24 => MEANT[index].to_owned(),
            _ => (0..self.below(8)).map(|_| char::from(self.byte())).collect(),
        }
    }
}
