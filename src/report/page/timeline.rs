//! When each restore waited and worked, drawn to one scale. Bars are SVG in percent of the row, so they follow the
//! page's width; labels are ordinary text.

use jiff::Timestamp;

use super::find::{CHUNK, id};
use super::markup::Markup;
use super::{class, standing};
use crate::model::Millis;
use crate::report::document::{AttemptReport, ItemReport, Report};
use crate::report::standing::Mark;
use crate::report::urgency::look;
use crate::report::wording::moment;
use crate::report::{AnswerKind, ObjectiveKind};

/// The stretch of time that the drawing covers.
#[derive(Debug, Clone, Copy)]
struct Axis {
    from: Timestamp,
    length: Millis,
}

/// What a bar shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Working,
    /// Waiting and working that can't be told apart.
    UnderWay,
}

#[derive(Debug, Clone, Copy)]
struct Bar {
    phase: Phase,
    from: Timestamp,
    to: Timestamp,
}

/// Steps between ticks, in seconds; the first that gives few enough is taken.
const STEPS: [u64; 17] =
    [1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 604_800, 2_592_000];
const TICKS: u64 = 5;

impl Axis {
    fn of(report: &Report) -> Self {
        let from = report.run.started_at;
        let shown = |item: &ItemReport| item.ended_at.into_iter().chain(item.attempts.iter().map(|a| a.began_at)).max();
        let ends = report.run.ended_at.into_iter().chain(report.run.last_entry_at);
        let to = ends.chain(report.items.iter().filter_map(shown)).max().unwrap_or(from);
        Self { from, length: Millis(Millis::between(from, to).0.max(1000)) }
    }

    fn end(self) -> Timestamp {
        self.length.after(self.from)
    }

    /// How far along the axis a moment lies, held at its ends, in thousandths of a percent.
    fn place(self, at: Timestamp) -> u64 {
        let along = u128::from(Millis::between(self.from, at).0.min(self.length.0));
        u64::try_from(along * 100_000 / u128::from(self.length.0)).unwrap_or(100_000)
    }

    fn ticks(self) -> impl Iterator<Item = Millis> {
        let seconds = self.length.0 / 1000;
        let step = STEPS.into_iter().find(|step| seconds / step <= TICKS).unwrap_or(seconds / TICKS).max(1);
        (0..=seconds / step).map(move |number| Millis::from_secs(number * step))
    }
}

fn percent(thousandths: u64) -> String {
    format!("{}.{:03}%", thousandths / 1000, thousandths % 1000)
}

/// The drawing with its legend.
pub(super) fn timeline(page: &mut Markup, report: &Report) {
    if report.items.iter().all(|item| item.attempts.is_empty()) {
        return;
    }
    let axis = Axis::of(report);
    page.fixed("<section>\n<h2>When it happened</h2>\n<figure class=\"timeline\">\n");
    let rows: Vec<(usize, &ItemReport)> =
        report.items.iter().enumerate().filter(|(_, item)| !item.attempts.is_empty()).collect();
    let large = rows.len() > CHUNK;
    // Very many rows scroll by themselves, so that their scale stays in sight.
    let region = "<div class=\"rows\" role=\"group\" aria-label=\"Timeline\" tabindex=\"0\">\n";
    page.fixed(if large { region } else { "" });
    for chunk in rows.chunks(CHUNK) {
        page.fixed(if large { "<ol class=\"chunk\">\n" } else { "<ol>\n" });
        for (index, item) in chunk {
            row(page, axis, (*index, item));
        }
        page.fixed("</ol>\n");
    }
    page.fixed(if large { "</div>\n" } else { "" });
    scale(page, axis, report);
    page.fixed("<figcaption>");
    let sentence = format!("Each row is one restore, from {} to {}.", moment(axis.from), moment(axis.end()));
    page.element("span", &[], &sentence);
    for (phase, words) in [
        (Phase::Waiting, "thin: waiting (queue, locks)"),
        (Phase::Working, "thick: working"),
        (Phase::UnderWay, "dashed: under way, waiting and working not told apart"),
    ] {
        page.fixed("<span class=\"key\"><svg width=\"2.5em\" height=\"1.1em\" aria-hidden=\"true\">");
        rect(page, phase, "untried", 0, 100_000);
        page.fixed("</svg> ").text(words).close("span");
    }
    page.fixed("</figcaption>\n</figure>\n</section>\n");
}

fn row(page: &mut Markup, axis: Axis, (index, item): (usize, &ItemReport)) {
    let id = id(index);
    page.open("li", &[("data-item", &id), ("data-mark", class(look(item)))]);
    page.element("a", &[("class", "name"), ("href", &format!("#{id}"))], &item.name);
    page.open("svg", &[("role", "img"), ("aria-label", &in_words(item)), ("class", "bar"), ("height", "20")]);
    let last = item.attempts.len().saturating_sub(1);
    for (index, attempt) in item.attempts.iter().enumerate() {
        let mark = if index == last { item.result.mark() } else { Mark::Bad };
        let end = attempt.over_at.or(item.ended_at).unwrap_or_else(|| axis.end());
        for bar in bars(attempt, end) {
            let (from, to) = (axis.place(bar.from), axis.place(bar.to));
            // A moment too short for the scale still shows.
            let width = to.saturating_sub(from).max(400);
            rect(page, bar.phase, class(mark), from.min(100_000 - width.min(100_000)), width);
        }
    }
    page.close("svg").open("span", &[("class", "result")]);
    standing(page, item.result);
    if let Some(took) = item.took_ms {
        page.element("span", &[("class", "took")], &took.to_string());
    }
    page.close("span").close("li");
}

/// The bars of one attempt, up to the moment at which the run was done with it.
fn bars(attempt: &AttemptReport, end: Timestamp) -> Vec<Bar> {
    let bar = |phase, from, to| Bar { phase, from, to };
    let began = attempt.began_at;
    let refused = attempt.answer.as_ref().is_some_and(|answer| answer.kind == AnswerKind::Rejected);
    match (attempt.waiting_ms, attempt.work_began_at) {
        (Some(_), Some(working)) => {
            let done = attempt.work_ended_at.filter(|done| working <= *done && *done <= end).unwrap_or(end);
            vec![bar(Phase::Waiting, began, working), bar(Phase::Working, working, done)]
        }
        (None, Some(_)) => vec![bar(Phase::UnderWay, began, end)],
        _ if attempt.restore.is_some() || refused || attempt.not_found => vec![bar(Phase::Waiting, began, end)],
        _ => vec![bar(Phase::UnderWay, began, end)],
    }
}

fn rect(page: &mut Markup, phase: Phase, mark: &str, from: u64, width: u64) {
    let (class, top, height) = match phase {
        Phase::Waiting => ("waiting", "35%", "30%"),
        Phase::Working => ("working", "10%", "80%"),
        Phase::UnderWay => ("underway", "15%", "70%"),
    };
    page.open(
        "rect",
        &[
            ("class", &format!("{class} {mark}")),
            ("x", &percent(from)),
            ("width", &percent(width)),
            ("y", top),
            ("height", height),
        ],
    );
    page.fixed("</rect>");
}

/// What a row shows, for those who can't see it.
fn in_words(item: &ItemReport) -> String {
    let attempts = item.attempts.iter().map(|attempt| {
        let waited = attempt.waiting_ms.map(|time| format!(", waited {time}")).unwrap_or_default();
        let worked = attempt.working_ms.map(|time| format!(", worked {time}")).unwrap_or_default();
        format!("attempt {} from {}{waited}{worked}", attempt.number, moment(attempt.began_at))
    });
    format!("{}: {}; {}", item.name, attempts.collect::<Vec<_>>().join("; "), item.result.words())
}

fn scale(page: &mut Markup, axis: Axis, report: &Report) {
    page.fixed("<div class=\"scale\" aria-hidden=\"true\"><svg height=\"34\">");
    for tick in axis.ticks() {
        let place = axis.place(tick.after(axis.from));
        line(page, "tick", place, "0", "6");
        // The outermost labels turn inwards, so that they stay on the page.
        let anchor = if place == 0 {
            "start"
        } else if place > 92_000 {
            "end"
        } else {
            "middle"
        };
        let words = if tick.0 == 0 { "0".to_owned() } else { format!("+{tick}") };
        page.open("text", &[("x", &percent(place)), ("y", "18"), ("text-anchor", anchor)]).text(&words);
        page.fixed("</text>");
    }
    let objective = report.objectives.iter().find(|objective| objective.kind == ObjectiveKind::Rto);
    if let Some(most) = objective.map(|objective| objective.objective_ms).filter(|most| *most <= axis.length) {
        let place = axis.place(most.after(axis.from));
        line(page, "rto", place, "0", "34");
        let anchor = if place > 50_000 { "end" } else { "start" };
        page.open("text", &[("x", &percent(place)), ("y", "32"), ("text-anchor", anchor)]).text("RTO ");
        page.fixed("</text>");
    }
    page.fixed("</svg></div>\n");
}

fn line(page: &mut Markup, class: &str, place: u64, top: &str, bottom: &str) {
    let x = percent(place);
    page.open("line", &[("class", class), ("x1", &x), ("x2", &x), ("y1", top), ("y2", bottom)]).fixed("</line>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn axis(seconds: u64) -> Axis {
        Axis { from: Timestamp::UNIX_EPOCH, length: Millis::from_secs(seconds) }
    }

    #[test]
    fn ticks_fall_on_round_times() {
        let ticks = |seconds| axis(seconds).ticks().map(|tick| tick.to_string()).collect::<Vec<_>>();
        assert_eq!(ticks(1), ["0ms", "1s"]);
        assert_eq!(ticks(1306), ["0ms", "5m", "10m", "15m", "20m"]);
        assert_eq!(ticks(8701), ["0ms", "30m", "1h", "1h 30m", "2h"]);
    }

    proptest! {
        #[test]
        fn every_moment_has_a_place_on_the_axis(length in 1u64..1_000_000_000, at in -1_000_000_000i64..1_000_000_000) {
            let axis = axis(length);
            prop_assert!(axis.place(Timestamp::from_second(at).unwrap()) <= 100_000);
            prop_assert!(axis.ticks().count() as u64 <= TICKS + 1);
            prop_assert_eq!(axis.place(axis.end()), 100_000);
        }
    }
}
