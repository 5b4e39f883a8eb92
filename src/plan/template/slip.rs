//! What was probably meant by a template that can't be read: habits from other languages, and blocks that don't fit.

use std::ops::Range;

use super::Problem;
use crate::plan::rule;

/// A tag of a template: what stands between its braces, and where.
struct Tag<'a> {
    text: &'a str,
    /// With the braces.
    at: Range<usize>,
}

/// Finds the slip in a template that the library can't read.
pub(in crate::plan) fn slip(text: &str) -> Option<Problem> {
    let tags = tags(text);
    tags.iter().find_map(habit).or_else(|| block(&tags))
}

/// An index as other languages write it, which reads like the call of a helper.
pub(in crate::plan) fn index(text: &str) -> Option<Problem> {
    tags(text).into_iter().find_map(|tag| {
        let bracket = tag.text.find('[')?;
        let name = tag.text.get(..bracket)?;
        name.ends_with(|c: char| c.is_alphanumeric() || c == '_').then_some(())?;
        let word = name.rsplit([' ', '(']).next()?;
        let problem = Problem::new(rule::TEMPLATE, "an element of a list isn't written like this").at(tag.at);
        Some(problem.hint(format!("write `{{{{{word}.[0]}}}}` for the first element")))
    })
}

fn tags(text: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut from = 0;
    while let Some(open) = text.get(from..).and_then(|rest| rest.find("{{")).map(|at| from + at) {
        let Some(length) = text.get(open..).and_then(|rest| rest.find("}}")) else { break };
        let inside = text.get(open + 2..open + length).unwrap_or("");
        let text = inside.trim_matches(['{', '~', ' ']);
        // A comment may hold anything.
        if !text.starts_with('!') {
            tags.push(Tag { text, at: open..open + length + 2 });
        }
        from = open + length + 2;
    }
    tags
}

/// Something that other languages have and templates don't.
fn habit(tag: &Tag<'_>) -> Option<Problem> {
    let text = without_quoted(tag.text);
    let first = text.split([' ', '(']).next().unwrap_or("");
    let has = |sign: &str| text.contains(sign);
    let (what, hint) = match () {
        () if has("==") => ("`==` means nothing here", "write `(eq a b)`, like `{{#if (eq a b)}}`"),
        () if has("!=") => ("`!=` means nothing here", "write `(ne a b)`, like `{{#if (ne a b)}}`"),
        () if has("||") => ("`||` means nothing here", "write `(or a b)`"),
        () if has("&&") => ("`&&` means nothing here", "write `(and a b)`"),
        () if has("?") => ("a template has no `?`", "write `{{#if name}}...{{else}}...{{/if}}`"),
        () if has("|") && !has(" as |") => ("a helper stands before its value", "write `{{upper name}}`"),
        () if has(",") => ("a comma means nothing here", "put blanks between the arguments of a helper"),
        () if matches!(first, "if" | "unless" | "each" | "with") => {
            ("a block begins with `#`", "write `{{#if name}}...{{/if}}`")
        }
        () if matches!(first, "end" | "endif" | "endfor" | "endeach") => {
            ("a block ends with its own name", "write `{{/if}}`, `{{/each}}` and so on")
        }
        () if text.starts_with('.') || text.ends_with('.') => {
            ("a name is missing beside the dot", "write `{{name.key}}`")
        }
        () => return None,
    };
    Some(Problem::new(rule::TEMPLATE, what).at(tag.at.clone()).hint(hint))
}

/// The text with its quoted parts left out.
fn without_quoted(text: &str) -> String {
    let mut quote = None;
    let kept = text.chars().filter(|c| match quote {
        Some(open) => {
            if *c == open {
                quote = None;
            }
            false
        }
        None if matches!(c, '"' | '\'') => {
            quote = Some(*c);
            false
        }
        None => true,
    });
    kept.collect()
}

/// A block that isn't closed, or was never opened.
fn block(tags: &[Tag<'_>]) -> Option<Problem> {
    let mut open: Vec<(&str, &Tag<'_>)> = Vec::new();
    let name = |text: &str| text.split([' ', '~']).next().map(str::len).unwrap_or(0);
    for tag in tags {
        let wrong = |message: String| Problem::new(rule::TEMPLATE, message).at(tag.at.clone());
        if let Some(begins) = tag.text.strip_prefix('#') {
            open.push((begins.get(..name(begins)).unwrap_or(""), tag));
        } else if let Some(ends) = tag.text.strip_prefix('/') {
            if open.pop().is_none() {
                return Some(
                    wrong(format!("`{{{{/{ends}}}}}` closes nothing")).hint("remove it, or begin the block before it"),
                );
            }
        } else if tag.text == "else" && open.is_empty() {
            return Some(wrong("`{{else}}` stands in no block".to_owned()).hint("write `{{#if name}}` before it"));
        }
    }
    let (name, tag) = open.first()?;
    let problem = Problem::new(rule::TEMPLATE, format!("`{{{{#{name}}}}}` is never closed")).at(tag.at.clone());
    Some(problem.hint(format!("write `{{{{/{name}}}}}` where it ends")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_named_where_they_are() {
        for (text, at, words) in [
            ("a{{#if x}}b", "{{#if x}}", "`{{#if}}` is never closed"),
            ("{{#each l}}{{#if x}}b{{/if}}", "{{#each l}}", "`{{#each}}` is never closed"),
            ("a{{/if}}", "{{/if}}", "closes nothing"),
            ("a{{else}}b", "{{else}}", "stands in no block"),
            ("{{if x}}a{{/if}}", "{{if x}}", "begins with `#`"),
            ("{{#if x}}a{{endif}}", "{{endif}}", "ends with its own name"),
            ("{{#if a == b}}c{{/if}}", "{{#if a == b}}", "`==`"),
            ("{{a || b}}", "{{a || b}}", "`||`"),
            ("{{a | upper}}", "{{a | upper}}", "before its value"),
            ("{{replace a, 'x,y', 'z'}}", "{{replace", "comma"),
            ("{{.x}}", "{{.x}}", "beside the dot"),
            ("{{x ? 'a' : 'b'}}", "{{x ?", "no `?`"),
        ] {
            let problem = slip(text).unwrap_or_else(|| panic!("{text}"));
            assert!(problem.message.contains(words), "{text}: {}", problem.message);
            assert!(text[problem.at.unwrap().start..].starts_with(at), "{text}");
            assert!(problem.hint.is_some());
        }
        for text in
            ["{{a}}", "{{#if (eq a \"==,|?\")}}b{{else}}c{{/if}}", "{{#each l as |x|}}{{x}}{{/each}}", "a }} b", "{{"]
        {
            assert!(slip(text).is_none(), "{text}");
        }
        assert!(index("x{{l[0]}}").unwrap().hint.unwrap().contains("`{{l.[0]}}`"));
        assert!(index("{{l.[0]}}").is_none() && index("{{join (split a \"[\") b}}").is_none());
    }
}
