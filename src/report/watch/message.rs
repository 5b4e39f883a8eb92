//! Pages that say one thing: what went wrong, and that a token is wanted.

use super::{Served, Shell, heading};

/// A page with one message; what stands in backquotes becomes code.
pub fn message_page(title: &str, words: &str) -> Served {
    Shell::titled(&format!("{title} - restorectl")).page(|page| {
        heading(page, "restorectl", title);
        page.fixed("<main>\n").prose("p", &[], words);
        page.fixed("</main>\n");
    })
}

/// The page that asks for the token. `then` is the page that was asked for.
pub fn login_page(then: &str, was_wrong: bool) -> Served {
    Shell { leads: false, ..Shell::titled("Token - restorectl") }.page(|page| {
        heading(page, "restorectl", "Runs and reports");
        page.fixed("<main>\n<form class=\"login\" method=\"post\" action=\"/login\">\n");
        if was_wrong {
            page.element("p", &[("class", "wrong"), ("role", "alert")], "That is not the token.");
        }
        page.open("input", &[("type", "hidden"), ("name", "then"), ("value", then)]);
        page.fixed("<label>Token <input type=\"password\" name=\"token\" autocomplete=\"current-password\" ");
        page.fixed("required autofocus></label>\n<button type=\"submit\">Show the runs</button>\n</form>\n");
        page.prose("p", &[], "It is the one that `restorectl serve` was started with.").fixed("</main>\n");
    })
}
