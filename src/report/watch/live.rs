//! The page of a run that goes on. The parts of it that change are made here too, so that what the server sends later looks
//! like what it sent first.

use jiff::Timestamp;

use super::follow::{Follow, Parts};
use super::{Life, Served, Shell, address};
use crate::journal::Closed;
use crate::model::{Millis, bytes, count};
use crate::report::live::{Under, View, about, seconds};
use crate::report::page::markup::Markup;
use crate::report::page::{cell, class, glyph, marked};
use crate::report::screen::Tone;
use crate::report::standing::Mark;
use crate::report::wording::{SIMULATED, Zone, moment};

const SCRIPT: &str = include_str!("live.js");

/// How many of those that are under way are shown, and of those that didn't end well.
const SHOWN: usize = 50;

/// A shape for what runs.
const RUNNING: &str = "\u{25b8}";

/// The width of the bar, in its own units.
const BAR: usize = 1000;

pub(super) fn page(follow: &Follow, life: Life, now: Timestamp) -> Served {
    let run = &follow.run;
    let title = format!("{} in {} - live", run.plan, run.environment);
    let parts = parts(follow, life, now);
    Shell { script: Some(SCRIPT), again: true, ..Shell::titled(&title) }.page(|page| {
        if run.simulated {
            page.element("p", &[("class", "simulated"), ("role", "note")], SIMULATED);
        }
        page.open("header", &[("id", "banner"), ("class", &format!("banner {}", parts.mark))]);
        page.element("p", &[("class", "kind")], "Live view of a run").fixed("<h1>");
        page.element("bdi", &[], &run.plan).text(" in ").element("bdi", &[], &run.environment).close("h1");
        place(page, &parts, "state");
        page.close("header");
        page.open(
            "main",
            &[
                ("id", "live"),
                ("data-events", &address::events(&run.id)),
                ("data-now", &now.as_millisecond().to_string()),
            ],
        );
        page.fixed("<p id=\"line\" class=\"line\" role=\"status\" hidden></p>\n");
        for (id, title) in
            [("counts", "Progress"), ("running", "Under way"), ("wrong", "What went wrong"), ("told", "What happened")]
        {
            page.fixed("<section>\n").element("h2", &[], title);
            place(page, &parts, id);
            page.close("section");
        }
        facts(page, follow);
        page.fixed("</main>\n<script>").fixed(SCRIPT).fixed("</script>\n");
    })
}

fn place(page: &mut Markup, parts: &Parts, id: &'static str) {
    page.open("div", &[("id", id)]);
    if let Some((_, piece)) = parts.parts.iter().find(|(of, _)| *of == id) {
        page.piece(piece);
    }
    page.close("div");
}

pub(super) fn parts(follow: &Follow, life: Life, now: Timestamp) -> Parts {
    let view = follow.live.view(SHOWN);
    let piece = |make: &dyn Fn(&mut Markup)| {
        let mut markup = Markup::default();
        make(&mut markup);
        markup.cut()
    };
    Parts {
        mark: class(follow.mark(life)),
        parts: [
            ("state", piece(&|page| state(page, follow, life))),
            ("counts", piece(&|page| counts(page, follow, &view, (life, now)))),
            ("running", piece(&|page| under_way(page, &view, now))),
            ("wrong", piece(&|page| wrong(page, follow))),
            ("told", piece(&|page| told(page, follow))),
        ],
    }
}

/// In one line how the run stands, and where its report is.
fn state(page: &mut Markup, follow: &Follow, life: Life) {
    let words = match follow.state.closed {
        Some((_, Closed::Completed)) => "ended",
        Some((_, Closed::Interrupted)) => "interrupted",
        None => life.word(),
    };
    let sign = if life == Life::GoesOn && !follow.has_ended() { RUNNING } else { glyph(follow.mark(life)) };
    page.open("p", &[("class", "verdict")]);
    page.element("span", &[("aria-hidden", "true")], sign).text(words).close("p");
    if let Some(warning) = life.warning().filter(|_| !follow.has_ended()) {
        page.prose("p", &[], &warning);
    }
    page.fixed("<p>");
    match follow.has_ended() || life == Life::Gone {
        true => page.element("a", &[("href", &address::run(&follow.run.id))], "See its report"),
        false => page.element("a", &[("href", &address::so_far(&follow.run.id))], "The report so far"),
    };
    page.close("p");
}

fn counts(page: &mut Markup, follow: &Follow, view: &View, (life, now): (Life, Timestamp)) {
    bar(page, view);
    page.fixed("<ul class=\"counts\">\n");
    page.open("li", &[]).element("b", &[], &view.total().to_string()).text(" in the run").close("li");
    for (mark, number) in view.ended {
        let words = match mark {
            Mark::Good => "done",
            Mark::Bad => "failed",
            Mark::Open => "not known",
            Mark::Untried => "skipped",
        };
        if number > 0 || mark == Mark::Good {
            page.open("li", &[("data-count", words)]).element("b", &[], &number.to_string());
            marked(page, mark, words);
            page.close("li");
        }
    }
    for (number, words) in [(view.running, "running"), (view.waiting, "waiting")] {
        page.open("li", &[("data-count", words)])
            .element("b", &[], &number.to_string())
            .text(" ")
            .text(words)
            .close("li");
    }
    page.fixed("</ul>\n");
    if follow.has_ended() {
        let ended = follow.state.closed.map_or(now, |(at, _)| at);
        page.element("p", &[], &format!("It took {}.", seconds(Millis::between(follow.run.opened_at, ended))));
        return;
    }
    page.fixed("<p>Begun <time>").text(&moment(follow.run.opened_at)).fixed("</time>, ");
    since(page, follow.run.opened_at, now);
    page.text(" ago.").close("p");
    if let Some(reason) = &view.lowered {
        page.element("p", &[("class", "lowered")], reason);
    }
    if life == Life::GoesOn {
        page.element("p", &[("class", "rest")], &format!("The rest: {}.", follow.forecast(now)));
    }
}

/// How much of the run is where, as one bar. The counts beside it say the same.
fn bar(page: &mut Markup, view: &View) {
    let total = view.total().max(1);
    page.open(
        "svg",
        &[
            ("class", "share"),
            ("viewBox", &format!("0 0 {BAR} 12")),
            ("preserveAspectRatio", "none"),
            ("aria-hidden", "true"),
        ],
    );
    page.open("rect", &[("class", "rest"), ("x", "0"), ("y", "0"), ("width", &BAR.to_string()), ("height", "12")]);
    page.close("rect");
    let mut before = 0usize;
    let running = [("running", view.running)];
    for (name, number) in view.ended.iter().map(|(mark, number)| (class(*mark), *number)).chain(running) {
        let at = |number: usize| number.saturating_mul(BAR) / total;
        let (from, to) = (at(before), at(before.saturating_add(number)));
        before = before.saturating_add(number);
        if to > from {
            let width = (to - from).to_string();
            page.open(
                "rect",
                &[("class", name), ("x", &from.to_string()), ("y", "0"), ("width", &width), ("height", "12")],
            );
            page.close("rect");
        }
    }
    page.close("svg");
}

fn under_way(page: &mut Markup, view: &View, now: Timestamp) {
    if view.under_way.is_empty() {
        page.fixed("<p>Nothing is under way.</p>\n");
        return;
    }
    page.fixed(
        "<table class=\"running\">\n<thead><tr><th scope=\"col\">Restore</th><th scope=\"col\">The site shows</th>",
    );
    page.fixed("<th scope=\"col\">For</th><th scope=\"col\">There</th></tr></thead>\n<tbody>\n");
    for one in &view.under_way {
        row(page, one, now);
    }
    page.fixed("</tbody>\n</table>\n");
    let more = view.running.saturating_sub(view.under_way.len());
    if more > 0 {
        page.element("p", &[], &format!("And {more} more, begun later."));
    }
}

fn row(page: &mut Markup, one: &Under, now: Timestamp) {
    page.fixed("<tr>").element("th", &[("scope", "row")], &one.name);
    page.open("td", &[("data-label", "The site shows")]);
    match one.tone {
        Tone::Open => marked(page, Mark::Open, &one.status),
        _ => drop(page.text(&one.status)),
    }
    page.close("td").open("td", &[("data-label", "For")]);
    since(page, one.since, now);
    if let Some(expected) = one.expected {
        page.text(&format!(" of about {}", about(expected)));
    }
    page.close("td");
    let there = match (one.done, one.total) {
        (Some(done), Some(total)) => format!("{} of {}", bytes(done), bytes(total)),
        (Some(done), None) => bytes(done),
        (None, _) => "not told".to_owned(),
    };
    cell(page, "There", &there);
    page.close("tr");
}

/// How long something goes on, which the page counts on.
fn since(page: &mut Markup, since: Timestamp, now: Timestamp) {
    let from = since.as_millisecond().to_string();
    page.open("span", &[("data-since", &from)]).text(&seconds(Millis::between(since, now))).close("span");
}

fn wrong(page: &mut Markup, follow: &Follow) {
    let all: Vec<_> = follow.live.not_well(&follow.state).collect();
    if all.is_empty() {
        page.fixed("<p>Nothing so far.</p>\n");
        return;
    }
    page.fixed("<table>\n<thead><tr><th scope=\"col\">Restore</th><th scope=\"col\">Came to</th>");
    page.fixed("<th scope=\"col\">Why</th></tr></thead>\n<tbody>\n");
    // What went wrong before what was never tried because of it.
    let (tried, untried): (Vec<_>, Vec<_>) = all.iter().partition(|(_, standing, _)| standing.mark() != Mark::Untried);
    for (name, standing, reason) in tried.into_iter().chain(untried).take(SHOWN) {
        page.fixed("<tr>").element("th", &[("scope", "row")], name.as_str()).open("td", &[("data-label", "Came to")]);
        marked(page, standing.mark(), standing.words());
        page.close("td");
        cell(page, "Why", reason);
        page.close("tr");
    }
    page.fixed("</tbody>\n</table>\n");
    if all.len() > SHOWN {
        page.element("p", &[], &format!("And {} more: the report has all.", all.len() - SHOWN));
    }
}

fn told(page: &mut Markup, follow: &Follow) {
    if follow.told.is_empty() {
        page.fixed("<p>Nothing yet.</p>\n");
        return;
    }
    page.fixed("<ol class=\"told\">\n");
    for told in &follow.told {
        let class = match told.tone {
            Tone::Good => "good",
            Tone::Bad => "bad",
            Tone::Open => "open",
            Tone::Plain | Tone::Strong | Tone::Faint => "plain",
        };
        page.fixed("<li>").element("time", &[], &Zone::UTC.time_of_day(told.at)).element("b", &[], &told.item);
        page.prose("span", &[("class", class)], &told.words).close("li");
    }
    page.fixed("</ol>\n");
    let number = usize::try_from(follow.seq()).unwrap_or(usize::MAX);
    page.element(
        "p",
        &[("class", "rule")],
        &format!("The newest first, of {} of the journal.", count(number, "entry")),
    );
}

fn facts(page: &mut Markup, follow: &Follow) {
    let run = &follow.run;
    page.fixed("<section>\n<h2>The run</h2>\n<dl class=\"facts\">\n");
    page.fact("Run", Some(&run.id));
    page.fact("Plan", Some(&format!("{} ({})", run.plan, run.file)));
    page.fact("Environment", Some(&run.environment));
    page.fact("Shard", run.shard.as_deref());
    page.fact("Resumes", run.resumes.as_deref());
    page.fact("Started", Some(&moment(run.opened_at)));
    page.fact("Opened by", Some(&run.opened_by));
    page.fixed("</dl>\n</section>\n");
}
