//! Teradata object names, and the slugs that plans and their restores are named with.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

/// Why a text can't be a name, and how far into the text (in bytes) the trouble is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct NameError {
    /// What is wrong, and what would be right.
    pub problem: String,
    /// Byte offset into the text that was read.
    pub offset: usize,
}

/// The longest name that the database takes, in characters.
const LONGEST: usize = 128;

/// The name of a database, table or other object: bare (no quotes), compared without case.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ObjectName(String);

impl ObjectName {
    /// A name from its bare form, as the API writes it.
    ///
    /// # Errors
    /// When it is empty, longer than 128 characters, or holds a NUL.
    pub fn bare(text: impl Into<String>) -> Result<Self, NameError> {
        let text = text.into();
        let problem = if text.trim().is_empty() {
            "a name can't be empty".to_owned()
        } else if text.chars().count() > LONGEST {
            format!("a name has at most {LONGEST} characters; this one has {}", text.chars().count())
        } else if text.contains('\0') {
            "a name can't hold a NUL character".to_owned()
        } else {
            return Ok(Self(text));
        };
        Err(NameError { problem, offset: 0 })
    }

    /// The bare form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which two spellings of one name are the same.
    pub fn folded(&self) -> String {
        self.0.to_uppercase()
    }

    fn needs_quotes(&self) -> bool {
        let mut chars = self.0.chars();
        let first = chars.next().is_some_and(|c| c.is_alphabetic() || matches!(c, '#' | '$' | '_'));
        !(first && chars.all(|c| c.is_alphanumeric() || matches!(c, '#' | '$' | '_')))
    }
}

impl PartialEq for ObjectName {
    fn eq(&self, other: &Self) -> bool {
        self.folded() == other.folded()
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
        self.folded().cmp(&other.folded())
    }
}

impl Hash for ObjectName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}

impl fmt::Display for ObjectName {
    /// As SQL writes it: quoted only where it must be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.needs_quotes() { write!(f, "\"{}\"", self.0.replace('"', "\"\"")) } else { f.write_str(&self.0) }
    }
}

/// A name with its parent, as plans write it: `BANK_MARKETING.model`, `"my db"."t""x"`, or `ADW` alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QualifiedName {
    /// The database or user that holds the object; none for a name that stands alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ObjectName>,
    /// The object's own name.
    pub name: ObjectName,
}

impl QualifiedName {
    /// Reads a name as SQL writes it: one or two parts joined by a dot, each bare or in double quotes.
    ///
    /// # Errors
    /// When it is no such name; the error says where and what to write instead.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let (first, rest) = part(text, 0)?;
        let Some(dot) = rest else {
            return Ok(Self { parent: None, name: first });
        };
        let (second, rest) = part(text, dot)?;
        match rest {
            None => Ok(Self { parent: Some(first), name: second }),
            Some(offset) => Err(NameError {
                problem: "a name has at most two parts, `parent.name`; put a part that holds a dot in double quotes"
                    .to_owned(),
                offset,
            }),
        }
    }
}

impl fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = &self.parent {
            write!(f, "{parent}.")?;
        }
        write!(f, "{}", self.name)
    }
}

/// Reads one part from `start`; gives it with the offset behind the dot that follows it, if one does.
fn part(text: &str, start: usize) -> Result<(ObjectName, Option<usize>), NameError> {
    let fail = |problem: &str, offset: usize| Err(NameError { problem: problem.to_owned(), offset });
    let rest = text.get(start..).unwrap_or("");
    let at = |inner: NameError| NameError { offset: start, ..inner };
    if let Some(quoted) = rest.strip_prefix('"') {
        let mut name = String::new();
        let mut chars = quoted.char_indices().peekable();
        while let Some((index, c)) = chars.next() {
            if c != '"' {
                name.push(c);
                continue;
            }
            if chars.next_if(|(_, next)| *next == '"').is_some() {
                name.push('"');
                continue;
            }
            let end = start + 1 + index + 1;
            let name = ObjectName::bare(name).map_err(at)?;
            return match text.get(end..).and_then(|tail| tail.chars().next()) {
                None => Ok((name, None)),
                Some('.') => Ok((name, Some(end + 1))),
                Some(_) => fail("only a dot may follow a quoted name", end),
            };
        }
        return fail("this quoted name is never closed; end it with `\"`, and write an inner quote twice", start);
    }
    let end = rest.find('.').map_or(text.len(), |dot| start + dot);
    let word = text.get(start..end).unwrap_or("");
    if word.is_empty() {
        return fail("a name is missing here", start);
    }
    for (index, c) in word.char_indices() {
        let allowed = if index == 0 { c.is_alphabetic() } else { c.is_alphanumeric() };
        if !(allowed || matches!(c, '#' | '$' | '_')) {
            let problem = if index == 0 {
                "an unquoted name starts with a letter, `#`, `$` or `_`; put it in double quotes"
            } else {
                "an unquoted name holds only letters, digits, `#`, `$` and `_`; put it in double quotes"
            };
            return fail(problem, start + index);
        }
    }
    let name = ObjectName::bare(word).map_err(at)?;
    Ok((name, (end < text.len()).then_some(end + 1)))
}

/// A name that we give: lower-case words of letters and digits joined by `-`, first a letter.
/// It holds no `_`, so that a job name built from slugs can be taken apart again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slug(String);

impl Slug {
    /// Takes a text that already is a slug.
    ///
    /// # Errors
    /// When it isn't one; the error says what a slug is.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let first = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        if first && text.split('-').all(word) {
            return Ok(Self(text.to_owned()));
        }
        Err(NameError {
            problem: format!(
                "`{text}` is not a name here: write lower-case letters and digits, words joined by `-`, first a letter"
            ),
            offset: 0,
        })
    }

    /// The nearest thing to a slug that a text gives: case folded, everything else a single `-`.
    /// Empty where the text has no letter or digit at all.
    pub fn words(text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            if c.is_ascii_alphanumeric() {
                out.push(c.to_ascii_lowercase());
            } else if !out.is_empty() && !out.ends_with('-') {
                out.push('-');
            }
        }
        out.truncate(out.trim_end_matches('-').len());
        out
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_as_sql_does() {
        for (text, shown) in [
            ("ADW", "ADW"),
            ("BANK_MARKETING.glm_model", "BANK_MARKETING.glm_model"),
            ("\"my db\".\"t\"\"x\"", "\"my db\".\"t\"\"x\""),
            ("\"a.b\".c", "\"a.b\".c"),
            ("\"PLAIN\".t", "PLAIN.t"),
            ("größe.t", "größe.t"),
        ] {
            assert_eq!(QualifiedName::parse(text).unwrap().to_string(), shown);
        }
        for (text, offset) in
            [("", 0), ("a.", 2), (".a", 0), ("a.b.c", 4), ("1a", 0), ("a b", 1), ("a.\"b", 2), ("\"a\"b", 3)]
        {
            assert_eq!(QualifiedName::parse(text).unwrap_err().offset, offset, "{text}");
        }
    }

    #[test]
    fn compares_without_case() {
        assert_eq!(ObjectName::bare("Model").unwrap(), ObjectName::bare("MODEL").unwrap());
        assert_ne!(ObjectName::bare("Model").unwrap(), ObjectName::bare("MODEL2").unwrap());
    }

    #[test]
    fn holds_the_length_limit() {
        assert!(ObjectName::bare("x".repeat(128)).is_ok());
        assert!(ObjectName::bare("x".repeat(129)).is_err());
    }

    #[test]
    fn slugs_are_words_joined_by_hyphens() {
        for good in ["a", "bank-marketing", "t2-x9"] {
            assert!(Slug::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "A", "-a", "a-", "a--b", "a_b", "2a", "a b"] {
            assert!(Slug::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Slug::words("BANK_Marketing.Öl"), "bank-marketing-l");
        assert_eq!(Slug::words("__"), "");
    }
}
