//! Changed inputs: bytes, words of YAML and of templates, pieces of other inputs.

/// Words that mean something to the readers.
const WORDS: [&str; 64] = [
    ": ",
    "- ",
    "\n",
    "\n  ",
    "\n- ",
    "\n    - ",
    "? ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "'",
    "\"",
    "&a ",
    "*a",
    "!!str ",
    "!x ",
    "|\n ",
    ">-\n  ",
    "|+2\n",
    "#",
    " # ",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "<<: ",
    "~",
    "null",
    "true",
    ".nan",
    "0x1f",
    "007",
    "1e3",
    "1.5",
    "\t",
    "\r\n",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "\u{1b}[31m",
    "\0",
    "é",
    "{{",
    "}}",
    "{{#each l}}",
    "{{/each}}",
    "{{#if b}}",
    "{{else}}",
    "{{/if}}",
    "{{#with m}}",
    "{{/with}}",
    "{{s}}",
    "{{item}}",
    "../",
    "this",
    "@index",
    "(len l)",
    "(eq n 3)",
    "\\{{",
    "{{{",
    "~}}",
    "name: a",
];

/// The largest input that is made, in bytes.
const LARGEST: usize = 1024;

/// Makes inputs from inputs, always the same from the same number.
pub struct Mutator {
    state: u64,
}

impl Mutator {
    pub fn new(seed: u64) -> Self {
        Self { state: seed ^ 0x9e37_79b9_7f4a_7c15 }
    }

    /// The next number of a xorshift generator.
    fn next(&mut self) -> u64 {
        self.state = self.state.max(1);
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    /// Changes one of these in some places.
    pub fn change(&mut self, all: &[Vec<u8>]) -> Vec<u8> {
        let mut input = all[self.below(all.len())].clone();
        for _ in 0..=self.below(6) {
            let at = self.below(input.len() + 1);
            let end = (at + self.below(16)).min(input.len());
            match self.below(8) {
                0 => drop(input.splice(at..end, [])),
                1 => drop(input.splice(at..at, [self.next().to_le_bytes()[0]])),
                2 if at < input.len() => input[at] = self.next().to_le_bytes()[0],
                3 if at < input.len() => input[at] ^= 1 << self.below(8),
                4 => {
                    let copied = input[at..end].repeat(1 + self.below(4));
                    input.splice(at..at, copied);
                }
                5 => {
                    let other = &all[self.below(all.len())];
                    let from = self.below(other.len() + 1);
                    let to = (from + self.below(200)).min(other.len());
                    input.splice(at..end, other[from..to].iter().copied());
                }
                _ => {
                    let word = WORDS[self.below(WORDS.len())];
                    input.splice(at..at, word.bytes());
                }
            }
        }
        input.truncate(LARGEST);
        input
    }
}
