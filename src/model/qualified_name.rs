//! Names as SQL writes them: with or without a parent, with or without quotes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::name::{extends, forbidden, starts};
use super::{NameError, ObjectName, deceives};

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
    /// When it is no such name; the error says where, and what was meant where that can be told.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        read(text).map_err(|error| NameError { meant: meant(text), ..error })
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

fn read(text: &str) -> Result<QualifiedName, NameError> {
    let begin = text.len() - text.trim_start().len();
    let end = text.trim_end().len();
    if end == 0 {
        return Err(NameError::new("a name is missing here", 0));
    }
    if begin > 0 {
        return Err(NameError::new("a name doesn't begin with white space", 0));
    }
    if end < text.len() {
        let what = if text.ends_with(['\n', '\r']) { "a line break" } else { "white space" };
        return Err(NameError::new(format!("a name doesn't end in {what}"), end));
    }
    let (first, rest) = part(text, 0)?;
    let Some(dot) = rest else {
        return Ok(QualifiedName { parent: None, name: first });
    };
    let (second, rest) = part(text, dot)?;
    match rest {
        None => Ok(QualifiedName { parent: Some(first), name: second }),
        Some(offset) => {
            let problem =
                "a name has at most two parts, `DATABASE.name`; a part that holds a dot stands in double quotes";
            Err(NameError::new(problem, offset))
        }
    }
}

/// Reads one part from `start`; gives it with the offset behind the dot that follows it, if one does.
fn part(text: &str, start: usize) -> Result<(ObjectName, Option<usize>), NameError> {
    let rest = text.get(start..).unwrap_or("");
    if let Some(inside) = rest.strip_prefix('"') {
        return quoted(text, start, inside);
    }
    if rest.starts_with("U&\"") || rest.starts_with("u&\"") {
        let problem = "names with Unicode escapes (`U&\"...\"`) aren't read here; write the characters themselves";
        return Err(NameError::new(problem, start));
    }
    let end = rest.find('.').map_or(text.len(), |dot| start + dot);
    let word = text.get(start..end).unwrap_or("");
    if word.is_empty() {
        return Err(NameError::new("a name is missing here", start));
    }
    for (index, c) in word.char_indices() {
        let fits = if index == 0 { starts(c) } else { extends(c) };
        if !fits {
            return Err(NameError::new(unfit(c, index == 0), start + index));
        }
    }
    let name = ObjectName::bare(word).map_err(|error| NameError { offset: start + error.offset, ..error })?;
    Ok((name, (end < text.len()).then_some(end + 1)))
}

/// Reads a part in double quotes, of which `inside` is the text behind the first.
fn quoted(text: &str, start: usize, inside: &str) -> Result<(ObjectName, Option<usize>), NameError> {
    let mut name = String::new();
    let mut chars = inside.char_indices().peekable();
    while let Some((index, c)) = chars.next() {
        if let Some(problem) = unwritable(c) {
            return Err(NameError::new(problem, start + 1 + index));
        }
        if c != '"' {
            name.push(c);
            continue;
        }
        if chars.next_if(|(_, next)| *next == '"').is_some() {
            name.push('"');
            continue;
        }
        let end = start + 1 + index + 1;
        let name = ObjectName::bare(name).map_err(|error| NameError { offset: start, ..error })?;
        return match text.get(end..).and_then(|tail| tail.chars().next()) {
            None => Ok((name, None)),
            Some('.') => Ok((name, Some(end + 1))),
            Some(_) => Err(NameError::new("only a dot may follow a quoted name", end)),
        };
    }
    let problem = "this quoted name is never closed; end it with `\"`, and write an inner quote twice";
    Err(NameError::new(problem, start))
}

/// Why a character can't stand in a name that somebody writes. The database takes most control characters; nobody means
/// one, and nobody could see it.
fn unwritable(c: char) -> Option<String> {
    match c {
        '\n' | '\r' | '\u{85}' => Some("a name can't hold a line break".to_owned()),
        '\t' => Some("a name can't hold a tab".to_owned()),
        c => forbidden(c).map(str::to_owned).or_else(|| {
            c.is_control().then(|| format!("a name can't hold the control character U+{:04X}", u32::from(c)))
        }),
    }
}

/// Marks that quote names elsewhere, or that a word processor makes of quotes, with what closes them.
const FOREIGN_QUOTES: [(char, char); 9] =
    [('\'', '\''), ('`', '`'), ('[', ']'), ('“', '”'), ('”', '”'), ('„', '“'), ('‘', '’'), ('«', '»'), ('＂', '＂')];

/// Marks that stand for any text in SQL and in shells, and for themselves in a name.
const WILDCARDS: [char; 3] = ['*', '%', '?'];

/// Why a character can't stand in a name without quotes.
fn unfit(c: char, first: bool) -> String {
    if let Some(problem) = unwritable(c) {
        return problem;
    }
    if FOREIGN_QUOTES.iter().any(|(open, close)| c == *open || c == *close) {
        return format!("names are quoted with `\"` here, not with `{c}`");
    }
    let what = match c {
        c if WILDCARDS.contains(&c) => return format!("a name has no wildcards: `{c}` stands for itself"),
        '．' => return "this dot is a full-width one; the one between names is `.`".to_owned(),
        '"' => return "a quoted part begins with its quote; within it, a quote is written twice".to_owned(),
        ' ' => "a blank".to_owned(),
        c if c.is_whitespace() => format!("the white space U+{:04X}", u32::from(c)),
        c if deceives(c) => format!("the invisible character U+{:04X}", u32::from(c)),
        c => format!("`{c}`"),
    };
    if first && extends(c) {
        format!("a name that begins with {what} must stand in double quotes")
    } else {
        format!("a name that holds {what} must stand in double quotes")
    }
}

/// The name that a text would be if every kind of quotes counted and none were missing, as SQL writes it.
fn meant(text: &str) -> Option<String> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        let (part, tail) = loose_part(rest)?;
        parts.push(ObjectName::bare(part).ok()?);
        rest = tail.trim_start();
        if rest.is_empty() {
            break;
        }
        rest = rest.strip_prefix(['.', '．'])?.trim_start();
    }
    let mut parts = parts.into_iter();
    let name = match (parts.next(), parts.next(), parts.next()) {
        (Some(name), None, _) => QualifiedName { parent: None, name },
        (parent, Some(name), None) => QualifiedName { parent, name },
        _ => return None,
    };
    let written = name.to_string();
    read(&written).is_ok().then_some(written)
}

/// One part in whatever quotes, or up to the next dot, with the text behind it. None: it can't be told where it ends,
/// or it isn't one name.
fn loose_part(text: &str) -> Option<(String, &str)> {
    let open = text.chars().next()?;
    let own = [('"', '"')];
    let closing = own.iter().chain(&FOREIGN_QUOTES).filter(|(known, _)| *known == open).map(|(_, close)| *close);
    let closing: Vec<char> = closing.collect();
    if closing.is_empty() {
        let end = text.find(['.', '．']).unwrap_or(text.len());
        let (word, tail) = text.split_at(end);
        let word = word.trim_end();
        let odd =
            |c: char| WILDCARDS.contains(&c) || c == '"' || FOREIGN_QUOTES.iter().any(|(a, b)| c == *a || c == *b);
        return (!word.contains(odd)).then(|| (word.chars().filter(|c| !deceives(*c)).collect(), tail));
    }
    let mut name = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((_, c)) = chars.next() {
        if !closing.contains(&c) || chars.next_if(|(_, next)| *next == c).is_some() {
            name.push(c);
        } else {
            let end = chars.peek().map_or(text.len(), |(index, _)| *index);
            return Some((name, text.get(end..).unwrap_or("")));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
            ("gro\u{308}ße.t", "gro\u{308}ße.t"),
            ("\"*\".\"%\"", "\"*\".\"%\""),
            ("\" t\"", "\" t\""),
        ] {
            assert_eq!(QualifiedName::parse(text).unwrap().to_string(), shown);
        }
    }

    /// What is no name, where the trouble is, a word of the reason, and what was meant.
    #[test]
    fn says_where_the_trouble_is_and_what_was_meant() {
        for (text, offset, reason, meant) in [
            ("", 0, "missing", None),
            ("  ", 0, "missing", None),
            (" D.t", 0, "begin with white space", Some("D.t")),
            ("D.t ", 3, "end in white space", Some("D.t")),
            ("D.t\n", 3, "end in a line break", Some("D.t")),
            ("a.", 2, "missing", None),
            (".a", 0, "missing", None),
            ("a..b", 2, "missing", None),
            ("a.b.c", 4, "two parts", None),
            ("\"a\".\"b\".c", 8, "two parts", None),
            ("1a", 0, "begins with `1`", Some("\"1a\"")),
            ("D.2024_t", 2, "begins with `2`", Some("D.\"2024_t\"")),
            ("a b", 1, "a blank", Some("\"a b\"")),
            ("my-db.t", 2, "`-`", Some("\"my-db\".t")),
            ("D.t@x", 3, "`@`", Some("D.\"t@x\"")),
            ("a.\"b", 2, "never closed", None),
            ("\"a\"b", 3, "only a dot", None),
            ("\"a\" . b", 3, "only a dot", Some("a.b")),
            ("\"\".b", 0, "empty", None),
            ("D.\"a \"", 2, "end in white space", None),
            ("D.\"a\tb\"", 4, "a tab", None),
            ("a\"b.c", 1, "written twice", None),
            ("`my db`.t", 0, "not with ``", Some("\"my db\".t")),
            ("[my db].[t]", 0, "not with `[`", Some("\"my db\".t")),
            ("D.'t'", 2, "not with `'`", Some("D.t")),
            ("“my db”.t", 0, "not with `“`", Some("\"my db\".t")),
            ("„my db“.t", 0, "not with `„`", Some("\"my db\".t")),
            ("ADW.*", 4, "no wildcards", None),
            ("ADW%", 3, "no wildcards", None),
            ("D．t", 1, "full-width", Some("D.t")),
            ("D.t\u{200b}", 3, "U+200B", Some("D.t")),
            ("D.t\0", 3, "NUL", Some("D.t")),
            ("U&\"\\00e4\"", 0, "Unicode escapes", None),
        ] {
            let error = QualifiedName::parse(text).unwrap_err();
            assert_eq!(error.offset, offset, "{text:?}: {error}");
            assert!(error.problem.contains(reason), "{text:?}: {error}");
            assert_eq!(error.meant.as_deref(), meant, "{text:?}: {error}");
        }
    }

    /// A text that may well hold what names are made of.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[aZ9_#$.\"'`*% ö\\-]{0,8}", "\\PC{0,8}", any::<String>()]
    }

    proptest! {
        #[test]
        fn whatever_is_a_name_is_read_back_as_it_is_shown(text in text(), parent in text()) {
            let parsed = ObjectName::bare(text).and_then(|name| Ok((name, ObjectName::bare(parent)?)));
            if let Ok((name, parent)) = parsed
                && !format!("{name}{parent}").contains(char::is_control)
            {
                let alone = QualifiedName::parse(&name.to_string()).unwrap();
                prop_assert!(alone.parent.is_none());
                prop_assert_eq!(alone.name.as_str(), name.as_str());
                let both = QualifiedName { parent: Some(parent.clone()), name: name.clone() };
                let back = QualifiedName::parse(&both.to_string()).unwrap();
                prop_assert_eq!(back.name.as_str(), name.as_str());
                let back = back.parent.unwrap();
                prop_assert_eq!(back.as_str(), parent.as_str());
            }
        }

        #[test]
        fn any_text_is_a_name_or_an_error_at_one_of_its_places(text in text()) {
            match QualifiedName::parse(&text) {
                Ok(name) => prop_assert_eq!(QualifiedName::parse(&name.to_string()), Ok(name)),
                Err(error) => {
                    prop_assert!(text.is_char_boundary(error.offset));
                    if let Some(meant) = error.meant {
                        prop_assert!(QualifiedName::parse(&meant).is_ok(), "{}", meant);
                    }
                }
            }
        }
    }
}
