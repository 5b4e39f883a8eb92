//! For people: one block for each problem, with the line that it is on.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str};

use super::{Diagnostic, Diagnostics, Place, Severity, Sources};

/// Everything that was found, and a line that sums it up. Empty when nothing was found.
pub fn human(diagnostics: &Diagnostics, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for diagnostic in diagnostics.iter() {
        out.push_str(&block(diagnostic, diagnostics.sources(), &renderer));
        out.push_str("\n\n");
    }
    if !diagnostics.is_empty() {
        out.push_str(&summary(diagnostics));
        out.push('\n');
    }
    out
}

fn block(diagnostic: &Diagnostic, sources: &Sources, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let related = diagnostic.related.iter().map(|(place, label)| (place, Some(label.as_str())));
    let places: Vec<(&Place, Option<&str>)> =
        diagnostic.place.iter().map(|place| (place, None)).chain(related).collect();
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.rule));
    // Where an excerpt is cut or masked before the place, the column that the library counts is not ours.
    let mut moved = Vec::new();
    for (index, (place, label)) in places.iter().enumerate() {
        let excerpt = sources.excerpt(place).unwrap_or_default();
        let path = normalize_untrusted_str(&place.file);
        let counted = excerpt.text.get(..excerpt.marked.start).unwrap_or("").chars().count() + 1;
        if counted != place.column {
            let line = place.line;
            moved.push((format!("{path}:{line}:{counted}"), format!("{path}:{line}:{}", place.column)));
        }
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let annotation = kind.span(excerpt.marked).label(label.map(normalize_untrusted_str));
        group = group.element(Snippet::source(excerpt.text).path(path).line_start(place.line).annotation(annotation));
    }
    let hints = diagnostic.hint.iter().map(|hint| Level::HELP.message(normalize_untrusted_str(hint)));
    let mut text = renderer.render(&[group.elements(hints)]);
    for (counted, own) in moved {
        text = text.replacen(&counted, &own, 1);
    }
    text
}

/// How much was found, in a few words.
fn summary(diagnostics: &Diagnostics) -> String {
    let count = |n: usize, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
    let mut text = match (diagnostics.errors(), diagnostics.warnings()) {
        (0, warnings) => count(warnings, "warning"),
        (errors, 0) => count(errors, "error"),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    };
    if diagnostics.hidden() > 0 {
        text.push_str(&format!(" (and {} more, not shown)", diagnostics.hidden()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::{Draft, Span};
    use super::*;

    #[test]
    fn shows_the_place_the_line_the_hint_and_what_is_related() {
        let mut sources = Sources::default();
        let file = sources.add("plans/a.yaml", "name: a\nrestores:\n  - name: x\n  - name: x\u{1b}[31m\n".into());
        let span = |start, end| Span { file, start, end };
        let draft = Draft {
            rule: "R301",
            severity: Severity::Error,
            message: "two restores are named `x\u{1b}[31m`".into(),
            span: Some(span(40, 45)),
            pointer: "/restores/1/name".into(),
            hint: Some("rename one".into()),
            related: vec![(span(28, 29), "the first is here".into())],
        };
        let odd = Draft {
            span: None,
            rule: "R203",
            related: vec![],
            hint: None,
            severity: Severity::Warning,
            ..draft.clone()
        };
        let all = Diagnostics::new(sources, vec![draft, odd], 10);
        insta::assert_snapshot!(human(&all, false), @"
        error[R301]: two restores are named `x␛[31m`
         --> plans/a.yaml:4:11
          |
        4 |   - name: x␛[31m
          |           ^^^^^
          |
         ::: plans/a.yaml:3:11
          |
        3 |   - name: x
          |           - the first is here
          |
          = help: rename one

        warning[R203]: two restores are named `x␛[31m`

        1 error, 1 warning
        ");
        assert!(human(&all, true).contains("\u{1b}[1m"));
        assert!(!human(&all, true).contains("\u{1b}[31m`"));
        assert_eq!(human(&Diagnostics::default(), false), "");
    }
    #[test]
    fn the_column_is_the_files_own_where_an_excerpt_is_cut_or_masked() {
        let mut sources = Sources::default();
        let line = format!("{}: secret, b: é, c: 1", "k".repeat(300));
        let file = sources.add("f.yaml", line.clone());
        let at = line.find("secret").unwrap();
        sources.mask(Span { file, start: at, end: at + 6 });
        let c = line.find("c: 1").unwrap();
        let draft = Draft {
            rule: "R101",
            severity: Severity::Error,
            message: "m".into(),
            span: Some(Span { file, start: c, end: c + 1 }),
            pointer: String::new(),
            hint: None,
            related: vec![],
        };
        let text = human(&Diagnostics::new(sources, vec![draft], 10), false);
        assert!(text.contains(&format!("f.yaml:1:{}", line.chars().count() - 3)), "{text}");
        assert!(text.contains("********") && !text.contains("secret"), "{text}");
    }
}
