//! The names of database objects: what may be one, and when two are the same.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory as Category;
use serde::{Deserialize, Serialize};

use super::deceives;

/// Why a text can't be a name, and how far into the text (in bytes) the trouble is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct NameError {
    /// What is wrong.
    pub problem: String,
    /// The text that was probably meant, where there is only one.
    pub meant: Option<String>,
    /// Byte offset into the text that was read.
    pub offset: usize,
}

impl NameError {
    pub(super) fn new(problem: impl Into<String>, offset: usize) -> Self {
        Self { problem: problem.into(), meant: None, offset }
    }
}

/// The longest name that the database takes, in characters of its decomposed form (NFD).
const LONGEST: usize = 128;

static NFD: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizerBorrowed::new_nfd();

/// The name of a database, table or other object: bare (no quotes), compared without case.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ObjectName(String);

impl ObjectName {
    /// A name from its bare form, as the API writes it.
    ///
    /// # Errors
    /// When it is empty or too long, ends in white space, which the database doesn't count, or holds a character that
    /// no name can hold.
    pub fn bare(text: impl Into<String>) -> Result<Self, NameError> {
        let text = text.into();
        let kept = text.trim_end().len();
        if kept == 0 {
            return Err(NameError::new("a name can't be empty", 0));
        }
        for (offset, c) in text.char_indices() {
            if let Some(problem) = forbidden(c) {
                return Err(NameError::new(problem, offset));
            }
        }
        if kept < text.len() {
            let problem = "a name can't end in white space: the database doesn't count it";
            return Err(NameError::new(problem, kept));
        }
        let length = if text.is_ascii() { text.len() } else { decomposed(&text).count() };
        if length > LONGEST {
            let how = if length == text.chars().count() { "" } else { ", as the database counts them: accents apart" };
            let problem = format!("a name has at most {LONGEST} characters; this one has {length}{how}");
            return Err(NameError::new(problem, 0));
        }
        Ok(Self(text))
    }

    /// The bare form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which two spellings of one name are the same: decomposed, so that it doesn't matter how accents
    /// are encoded, and in upper case, letter by letter.
    pub fn folded(&self) -> String {
        folded(&self.0).collect()
    }

    /// What in it makes people take it for another name, where something does.
    pub fn lookalike(&self) -> Option<String> {
        if self.0.starts_with(char::is_whitespace) {
            return Some("begins with white space".to_owned());
        }
        if self.0.is_ascii() && !self.0.contains(|c: char| c.is_ascii_control()) {
            return None;
        }
        let latin = self.0.contains(|c: char| c.is_ascii_alphabetic());
        self.0.chars().find_map(|c| match c {
            '\u{370}'..='\u{3FF}' if latin => Some(format!("mixes Latin letters with the Greek `{c}`")),
            '\u{400}'..='\u{52F}' if latin => Some(format!("mixes Latin letters with the Cyrillic `{c}`")),
            c if deceives(c) => Some(format!("holds U+{:04X}, which nobody sees", u32::from(c))),
            '\u{FF01}'..='\u{FF5E}' => {
                Some(format!("holds the full-width `{c}`, which is another character than it looks"))
            }
            c if c.is_whitespace() && c != ' ' => {
                Some(format!("holds U+{:04X}, which looks like a blank and is none", u32::from(c)))
            }
            _ => None,
        })
    }

    fn needs_quotes(&self) -> bool {
        let mut chars = self.0.chars();
        !(chars.next().is_some_and(starts) && chars.all(extends))
    }
}

fn decomposed(text: &str) -> impl Iterator<Item = char> {
    NFD.normalize_iter(text.chars())
}

fn folded(text: &str) -> impl Iterator<Item = char> {
    decomposed(text).map(upper)
}

/// The one letter that is this letter's upper case. The database maps letter by letter: what would become several
/// letters, like `ß`, stays as it is.
fn upper(c: char) -> char {
    let mut letters = c.to_uppercase();
    match (letters.next(), letters.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

/// Why no name can hold this character: the database refuses these three.
pub(super) fn forbidden(c: char) -> Option<&'static str> {
    match c {
        '\0' => Some("a name can't hold a NUL character"),
        '\u{1A}' => Some("a name can't hold U+001A, which stands for a character that a session couldn't show"),
        '\u{FFFD}' => Some("a name can't hold U+FFFD, which stands for a character that was lost in a conversion"),
        _ => None,
    }
}

/// The class of a character in Unicode.
fn category(c: char) -> Category {
    CodePointMapData::<Category>::new().get(c)
}

/// Whether a name without quotes may begin with this character. Letters that nobody sees may, for the database; here
/// they need quotes, which show that they are meant.
pub(super) fn starts(c: char) -> bool {
    use Category::{LetterNumber, LowercaseLetter, ModifierLetter, OtherLetter, TitlecaseLetter, UppercaseLetter};
    match c {
        '#' | '$' | '_' => true,
        c if c.is_ascii() => c.is_ascii_alphabetic(),
        c if deceives(c) => false,
        '¡' | '‾' | '€' | '゛' | '゜' | '＃' | '＄' | '＿' => true,
        c => matches!(
            category(c),
            UppercaseLetter | LowercaseLetter | TitlecaseLetter | ModifierLetter | OtherLetter | LetterNumber
        ),
    }
}

/// Whether a name without quotes may go on with this character. As in [`starts`], what nobody sees needs quotes.
pub(super) fn extends(c: char) -> bool {
    use Category::{ConnectorPunctuation, DecimalNumber, NonspacingMark, SpacingMark};
    match c {
        c if starts(c) => true,
        c if c.is_ascii() => c.is_ascii_digit(),
        '·' => true,
        c => matches!(category(c), NonspacingMark | SpacingMark | DecimalNumber | ConnectorPunctuation),
    }
}

impl PartialEq for ObjectName {
    fn eq(&self, other: &Self) -> bool {
        if self.0.is_ascii() && other.0.is_ascii() {
            return self.0.eq_ignore_ascii_case(&other.0);
        }
        folded(&self.0).eq(folded(&other.0))
    }
}

impl Eq for ObjectName {}

impl PartialOrd for ObjectName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ObjectName {
    fn cmp(&self, other: &Self) -> Ordering {
        folded(&self.0).cmp(folded(&other.0))
    }
}

impl Hash for ObjectName {
    /// Hashes the folded form. Names are hashed by the hundred thousand, so those that are ASCII, nearly all, are
    /// folded without an allocation.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut buffer = [0; LONGEST];
        match buffer.get_mut(..self.0.len()) {
            Some(bytes) if self.0.is_ascii() => {
                bytes.copy_from_slice(self.0.as_bytes());
                bytes.make_ascii_uppercase();
                state.write(bytes);
            }
            _ => state.write(self.folded().as_bytes()),
        }
        state.write_u8(0xff);
    }
}

impl fmt::Display for ObjectName {
    /// As SQL writes it: quoted only where it must be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.needs_quotes() { write!(f, "\"{}\"", self.0.replace('"', "\"\"")) } else { f.write_str(&self.0) }
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> ObjectName {
        ObjectName::bare(text).unwrap()
    }

    #[test]
    fn compares_without_case_and_without_regard_to_how_accents_are_encoded() {
        for (one, other) in [
            ("Model", "MODEL"),
            ("größe", "GRÖßE"),
            ("gr\u{f6}\u{df}e", "GRO\u{308}\u{df}E"),
            ("\u{212b}ngstr\u{f6}m", "\u{e5}ngstro\u{308}m"),
            ("σας", "ΣΑΣ"),
            ("ﬁ", "ﬁ"),
        ] {
            assert_eq!(name(one), name(other));
            assert_eq!(name(one).cmp(&name(other)), Ordering::Equal);
        }
        for (one, other) in [("Model", "MODEL2"), ("straße", "STRASSE"), ("ﬁ", "FI"), ("ＡＤＷ", "ADW"), ("a", "ä")]
        {
            assert_ne!(name(one), name(other));
            assert_ne!(name(one).cmp(&name(other)), Ordering::Equal);
        }
    }

    #[test]
    fn holds_the_length_limit_in_decomposed_characters() {
        assert!(ObjectName::bare("x".repeat(128)).is_ok());
        assert!(ObjectName::bare("x".repeat(129)).unwrap_err().problem.contains("this one has 129"));
        assert!(ObjectName::bare("ö".repeat(64)).is_ok());
        let error = ObjectName::bare("ö".repeat(65)).unwrap_err();
        assert!(error.problem.contains("this one has 130, as the database counts them"), "{error}");
        assert!(ObjectName::bare("語".repeat(128)).is_ok());
    }

    #[test]
    fn what_no_name_can_hold_is_refused_where_it_stands() {
        for (text, offset) in [
            ("", 0),
            ("   ", 0),
            ("ö\0", 2),
            ("a\u{1a}b", 1),
            ("ab\u{fffd}", 2),
            ("ab ", 2),
            ("a\n", 1),
            ("a\u{a0}", 1),
        ] {
            assert_eq!(ObjectName::bare(text).unwrap_err().offset, offset, "{text:?}");
        }
        for strange in [" a b", "a\nb", "a\u{1b}[2Jb"] {
            assert!(ObjectName::bare(strange).is_ok(), "{strange:?}");
        }
    }

    #[test]
    fn quotes_what_sql_would_have_quoted() {
        for (bare, shown) in [
            ("ADW", "ADW"),
            ("größe", "größe"),
            ("gro\u{308}ße", "gro\u{308}ße"),
            ("_x$#9", "_x$#9"),
            ("表_1", "表_1"),
            ("1a", "\"1a\""),
            ("my-db", "\"my-db\""),
            ("a@b", "\"a@b\""),
            ("a.b", "\"a.b\""),
            ("t\"x", "\"t\"\"x\""),
            ("a\u{200b}b", "\"a\u{200b}b\""),
            ("\u{308}o", "\"\u{308}o\""),
        ] {
            assert_eq!(name(bare).to_string(), shown);
        }
    }

    #[test]
    fn names_that_look_like_others_are_known() {
        for (text, what) in [
            (" a", Some("begins")),
            ("a\u{200b}", Some("U+200B")),
            ("ＡＤＷ", Some("full-width `Ａ`")),
            ("a\u{a0}b", Some("U+00A0")),
            ("a b", None),
            ("größe", None),
            ("Мodel", Some("Cyrillic `М`")),
            ("mοdel", Some("Greek `ο`")),
            ("Модель", None),
        ] {
            let found = name(text).lookalike();
            assert_eq!(found.is_some(), what.is_some(), "{text}");
            assert!(found.unwrap_or_default().contains(what.unwrap_or_default()), "{text}");
        }
    }

    /// Texts that often fold to one another.
    fn close() -> impl Strategy<Value = String> {
        prop::collection::vec(
            prop::sample::select(vec!["a", "A", "ö", "Ö", "o\u{308}", "O\u{308}", "ß", "ſ", "s", "K", "\u{212a}"]),
            1..4,
        )
        .prop_map(|letters| letters.concat())
    }

    proptest! {
        #[test]
        fn folding_is_an_equivalence(a in close(), b in close(), c in close()) {
            let (a, b, c) = (name(&a), name(&b), name(&c));
            prop_assert_eq!(&a, &a);
            prop_assert_eq!(a == b, b == a);
            prop_assert!(!(a == b && b == c) || a == c);
            prop_assert_eq!(a == b, a.folded() == b.folded());
            prop_assert_eq!(a.cmp(&b), a.folded().cmp(&b.folded()));
            let hasher = std::hash::BuildHasherDefault::<std::collections::hash_map::DefaultHasher>::default();
            prop_assert_eq!(a == b, hasher.hash_one(&a) == hasher.hash_one(&b));
        }

        #[test]
        fn folding_again_changes_nothing(text in "\\PC{1,12}") {
            if let Ok(name) = ObjectName::bare(text) {
                let once = name.folded();
                prop_assert_eq!(folded(&once).collect::<String>(), once);
            }
        }
    }
}
