//! Near misses: what somebody probably meant.

/// A hint that names the nearest of the names that exist, if one is near enough.
pub(super) fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, known).map(|nearest| format!("did you mean `{nearest}`?"))
}

/// How much is compared for one name, in pairs of letters: enough for ten thousand names of the usual length.
const MOST_COMPARED: usize = 2_000_000;

/// The nearest name, where no more than a third of it is different.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
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
        room = room.checked_sub((folded.len() + 1) * (other.len() + 1))?;
        Some((strsim::osa_distance(&folded, &other), known))
    });
    let (distance, nearest) = scored.min()?;
    let other = nearest.chars().count();
    (distance <= most_apart(other) && distance < length.max(other)).then_some(nearest)
}

/// Names as a list in a sentence: `a`, `b` and `c`.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>, last: &str) -> String {
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
    fn lists_read_like_sentences() {
        assert_eq!(listed([], "and"), "");
        assert_eq!(listed(["a"], "and"), "`a`");
        assert_eq!(listed(["a", "b", "c"], "or"), "`a`, `b` or `c`");
    }
}
