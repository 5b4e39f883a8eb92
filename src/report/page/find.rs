//! The form that searches and filters. It is hidden until the script shows it, so that nobody meets one that does nothing.

use super::markup::Markup;
use super::{class, glyph};
use crate::report::document::Report;
use crate::report::standing::Mark;
use crate::report::urgency::look;

/// So many items stand together in one table or list; the browser lays out those alone that are seen.
pub(super) const CHUNK: usize = 200;

/// The form, where there is enough to search in.
pub(super) fn form(page: &mut Markup, report: &Report) {
    if report.items.len() < 2 {
        return;
    }
    page.fixed("<form id=\"find\" class=\"find\" role=\"search\" hidden>\n");
    page.fixed(
        "<label class=\"word\">Search <input id=\"word\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\"",
    );
    page.fixed(" aria-keyshortcuts=\"/\"></label>\n<fieldset><legend>Show</legend>\n");
    for (mark, words) in [
        (Mark::Bad, "went wrong"),
        (Mark::Open, "not known, or running"),
        (Mark::Untried, "not tried"),
        (Mark::Good, "there"),
    ] {
        let number = report.items.iter().filter(|item| look(item) == mark).count();
        if number > 0 {
            page.open("label", &[]);
            page.open("input", &[("type", "checkbox"), ("value", class(mark)), ("checked", "")]);
            page.open("span", &[("class", &format!("standing {}", class(mark)))]);
            page.element("span", &[("aria-hidden", "true")], glyph(mark)).text(words).close("span");
            page.element("b", &[], &number.to_string()).close("label");
        }
    }
    page.fixed("</fieldset>\n<output id=\"found\" aria-live=\"polite\"></output>\n</form>\n");
}

/// The id of an item's part of the page.
pub(super) fn id(index: usize) -> String {
    format!("i{index}")
}
