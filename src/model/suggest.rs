//! Near misses: what somebody probably meant.

use std::collections::HashMap;

/// A hint that names the nearest of the names that exist, if one is near enough.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, known).map(|nearest| format!("did you mean `{nearest}`?"))
}

/// The nearest name, where no more than a third of it is different.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Far longer than anything that is compared here; keeps the cost away from hostile input.
    if name.len() > 128 {
        return None;
    }
    let folded = name.to_lowercase().replace('-', "_");
    let length = name.chars().count();
    let most_apart = |other: usize| (length.max(other) / 3).max(1);
    // Names of too different a length can't be near.
    let comparable = known.into_iter().filter(|known| {
        let other = known.chars().count();
        length.abs_diff(other) <= most_apart(other)
    });
    let mut room = MOST_COMPARED;
    let scored = comparable.map_while(|known| {
        let other = known.to_lowercase().replace('-', "_");
        room = room.checked_sub(cost(&folded, &other))?;
        Some((strsim::osa_distance(&folded, &other), known))
    });
    let (distance, nearest) = scored.min()?;
    let other = nearest.chars().count();
    (distance <= most_apart(other) && distance < length.max(other)).then_some(nearest)
}

/// How much is compared for one name, in pairs of letters: enough for ten thousand names of the usual length.
const MOST_COMPARED: usize = 2_000_000;

/// How much it takes to compare two names, in pairs of letters.
fn cost(one: &str, other: &str) -> usize {
    (one.len() + 1) * (other.len() + 1)
}

/// Guesses for many wrong names: each is looked at once, and only as long as that costs little, because few are ever
/// shown.
#[derive(Debug)]
pub struct Guesses {
    /// The hint for each wrong name, and what was not to be proposed for it.
    made: HashMap<(String, Option<String>), Option<String>>,
    /// How many pairs of letters may still be compared.
    room: usize,
}

impl Default for Guesses {
    fn default() -> Self {
        Self { made: HashMap::new(), room: 10 * MOST_COMPARED }
    }
}

impl Guesses {
    /// How many names are listed where none is near.
    const LISTED: usize = 12;

    /// The hint for a wrong name: the one of those known that was probably meant, or all where they are few, with words
    /// before them. One of them may be out of the question.
    pub fn hint<'a, I: IntoIterator<Item = &'a str>>(
        &mut self,
        name: &str,
        except: Option<&str>,
        words: &str,
        known: impl FnOnce() -> I,
    ) -> Option<String> {
        let key = (name.to_owned(), except.map(str::to_owned));
        if let Some(hint) = self.made.get(&key) {
            return hint.clone();
        }
        if self.room == 0 {
            return None;
        }
        let mut known: Vec<&str> = known().into_iter().filter(|known| Some(*known) != except).collect();
        let whole: usize = known.iter().map(|known| cost(name, known)).sum();
        self.room = self.room.saturating_sub(whole);
        // Their order counts where they are listed, and where not all of them can be compared.
        if known.len() <= 4 * Self::LISTED || whole > MOST_COMPARED {
            known.sort_unstable();
            known.dedup();
        }
        let few = || match known.as_slice() {
            [] => None,
            [only] => Some(format!("there is only `{only}`")),
            some if some.len() <= Self::LISTED => Some(format!("{words} {}", listed(known.clone(), "and"))),
            _ => None,
        };
        let hint = did_you_mean(name, known.iter().copied()).or_else(few);
        self.made.insert(key, hint.clone());
        hint
    }
}

/// Names as a list in a sentence: `a`, `b` and `c`.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>, last: &str) -> String {
    let mut quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.pop() {
        None => String::new(),
        Some(only) if quoted.is_empty() => only,
        Some(end) => format!("{} {last} {end}", quoted.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_enough_and_no_farther() {
        let keys = ["source", "target", "table", "rename_to"];
        for (name, guess) in [
            ("tabel", Some("table")),
            ("Source", Some("source")),
            ("rename-to", Some("rename_to")),
            ("colour", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, keys), guess, "{name}");
        }
        assert_eq!(nearest("a", []), None);
        assert_eq!(nearest("b", ["a"]), None);
    }

    #[test]
    fn guesses_are_made_once_for_each_name_and_not_without_end() {
        let mut guesses = Guesses::default();
        let mut hint = |name: &str, except: Option<&str>| {
            guesses.hint(name, except, "the others are", || ["model", "core", "core"])
        };
        assert_eq!(hint("modle", None).as_deref(), Some("did you mean `model`?"));
        assert_eq!(hint("modle", Some("model")).as_deref(), Some("there is only `core`"));
        assert_eq!(hint("xyz", None).as_deref(), Some("the others are `core` and `model`"));
        let known = || -> [&str; 0] { panic!("looked at twice") };
        assert_eq!(guesses.hint("modle", None, "", known).as_deref(), Some("did you mean `model`?"));
        guesses.room = 1;
        assert!(guesses.hint("modl", None, "", || ["model"]).is_some());
        assert_eq!(guesses.hint("mode", None, "", || ["model"]), None);
    }

    #[test]
    fn lists_read_like_sentences() {
        assert_eq!(listed([], "and"), "");
        assert_eq!(listed(["a"], "and"), "`a`");
        assert_eq!(listed(["a", "b", "c"], "or"), "`a`, `b` or `c`");
    }
}
