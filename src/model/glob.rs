//! Names with `*` and `?`.

/// Whether `text` fits `pattern`: `*` stands for any text, `?` for any one character. Linear but for
/// the pattern's length, so that no pattern can make it slow.
pub fn fits(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // Which lengths of the text the pattern read so far can cover.
    let mut covered = vec![false; text.len() + 1];
    if let Some(first) = covered.first_mut() {
        *first = true;
    }
    for c in pattern.chars() {
        let before = std::mem::replace(&mut covered, vec![false; text.len() + 1]);
        let mut seen = false;
        for (length, slot) in covered.iter_mut().enumerate() {
            let had = |length: usize| before.get(length).copied().unwrap_or(false);
            seen |= had(length);
            let last = length.checked_sub(1);
            let step = last.is_some_and(had);
            *slot = match c {
                '*' => seen,
                '?' => step,
                c => step && last.and_then(|last| text.get(last)) == Some(&c),
            };
        }
    }
    covered.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("dr-weekly_*", "dr-weekly_adw_1", true),
            ("dr-weekly_*", "dr-daily_adw_1", false),
            ("*_adw_*", "dr_adw_1", true),
            ("a?c", "aßc", true),
            ("a?c", "ac", false),
            ("a*b*c", "axxbxxc", true),
            ("a*b*c", "axxcxxb", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} on {text}");
        }
    }
}
