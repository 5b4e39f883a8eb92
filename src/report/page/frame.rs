//! What every page of ours has around its contents: what it may load, how it looks, and which plan it is about.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::CSS;
use super::markup::Markup;
use crate::report::PlanReport;

/// The beginning of a page up to its body. Its style sheet and its script, if it has one, are allowed by their hashes and
/// nothing else is, so even a text that got through could do nothing.
pub(super) fn head(page: &mut Markup, title: &str, script: Option<&str>) {
    let policy = policy(CSS, script, "form-action 'none'");
    begin(page, title, CSS, Some(&policy));
    page.fixed("</head>\n");
}

/// What a page may load and run: its own style sheet and its own script, by their hashes; and `more`.
pub(in crate::report) fn policy(style: &str, script: Option<&str>, more: &str) -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    let script = script.map_or_else(String::new, |script| format!("script-src 'sha256-{}'; ", hash(script)));
    format!("default-src 'none'; style-src 'sha256-{}'; {script}base-uri 'none'; {more}", hash(style))
}

/// The beginning of a page, with its head still open. Where a server sends the policy, the page needn't hold it.
pub(in crate::report) fn begin(page: &mut Markup, title: &str, style: &'static str, policy: Option<&str>) {
    page.fixed("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    if let Some(policy) = policy {
        page.open("meta", &[("http-equiv", "Content-Security-Policy"), ("content", policy)]).fixed("\n");
    }
    page.fixed("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.fixed(
        "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n",
    );
    page.fixed("<meta name=\"robots\" content=\"noindex\">\n");
    page.element("title", &[], title);
    page.fixed("<style>").fixed(style).fixed("</style>\n");
}

/// Which plan it is, with which inputs, what it is for and whose it is.
pub(super) fn plan_facts(page: &mut Markup, plan: &PlanReport) {
    page.fact("Plan", Some(&format!("{} ({})", plan.name, plan.file)));
    for (name, value) in &plan.inputs {
        page.fact("Input", Some(&format!("{name}={value}")));
    }
    page.fact("Purpose", plan.description.as_deref());
    page.fact("Owner", plan.owner.as_deref());
    page.fact("Contact", plan.contact.as_deref());
    page.fact("Ticket", plan.ticket.as_deref());
    page.fact("Criticality", plan.criticality.as_deref());
}
