//! A notice in one line, as chat services show it. Names stand as code, and nothing in them can become a mention or a link.

use super::{PlanNotice, RunNotice};
use crate::report::event::Ending;
use crate::report::wording::{SIMULATED_SHORT, bytes, count, harmless, hours};
use crate::report::{ObjectiveReport, ObjectiveVerdict, Report};

/// Of a longer name, the beginning is shown.
const LONGEST: usize = 80;

pub(super) fn started(
    run: &RunNotice,
    plan: &PlanNotice,
    environment: &str,
    (total, pending): (usize, usize),
) -> String {
    let begins = match &run.resumes {
        Some(earlier) => format!("goes on with run {}", code(earlier)),
        None => "begins".to_owned(),
    };
    let restores = count(total, "restore");
    let to_do = match pending {
        0 => "nothing to do".to_owned(),
        all if all == total => "all to do".to_owned(),
        some => format!("{some} to do"),
    };
    line(run, plan, environment, &format!(" {begins}: {restores}, {to_do}"))
}

pub(super) fn finished(run: &RunNotice, plan: &PlanNotice, environment: &str, report: &Report) -> String {
    let mut words = format!(": {}: {}", report.verdict.words, report.verdict.rule);
    if let Some(took) = report.run.duration_ms {
        words.push_str(&format!("; it took {}", hours(took)));
    }
    if let Some(restored) = report.bytes_restored.filter(|restored| *restored > 0) {
        words.push_str(&format!(", {} restored", bytes(restored)));
    }
    for objective in &report.objectives {
        let verdict = match objective.verdict {
            ObjectiveVerdict::Met | ObjectiveVerdict::Missed => objective.verdict.words(),
            ObjectiveVerdict::NotKnown => continue,
        };
        let (kind, goal) = (objective.kind.words(), hours(objective.objective_ms));
        words.push_str(&format!("; {kind} of {goal} {verdict}"));
    }
    if !report.may_still_run.is_empty() {
        words.push_str(&format!("; {} may still run at the site", report.may_still_run.len()));
    }
    line(run, plan, environment, &words)
}

pub(super) fn unreported(run: &RunNotice, plan: &PlanNotice, environment: &str, how: Ending, may_run: usize) -> String {
    let ended = match how {
        Ending::Completed => " is at its end, and no report could be made of it",
        Ending::Interrupted => " was interrupted, and no report could be made of it",
        Ending::BrokenOff => " could not go on",
    };
    line(run, plan, environment, &format!("{ended}; {may_run} may still run at the site"))
}

pub(super) fn missed(run: &RunNotice, plan: &PlanNotice, environment: &str, objective: &ObjectiveReport) -> String {
    let (kind, goal) = (objective.kind.words(), hours(objective.objective_ms));
    line(run, plan, environment, &format!(": {kind} of {goal} missed: {}", objective.reason))
}

fn line(run: &RunNotice, plan: &PlanNotice, environment: &str, words: &str) -> String {
    let rehearsal = if run.simulated { SIMULATED_SHORT } else { "" };
    let shard = run.shard.map_or_else(String::new, |shard| format!(", shard {shard}"));
    let (plan, environment, id) = (code(&plan.name), code(environment), code(&run.id));
    format!("{rehearsal}{plan} in {environment}{shard}{words} (run {id})")
}

/// A name as code: services that know none show the backquotes.
fn code(name: &str) -> String {
    let name = harmless(name);
    let plain = name.chars().take(LONGEST).map(|c| match c {
        '`' => '\'',
        '<' => '‹',
        '>' => '›',
        c => c,
    });
    format!("`{}`", plain.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_becomes_a_mention_or_ends_its_code() {
        for (name, shown) in [
            ("prod-eu_1", "`prod-eu_1`"),
            ("<!channel>", "`‹!channel›`"),
            ("a` @here `b", "`a' @here 'b`"),
            ("a\n\u{202e}b", "`a \\u{202e}b`"),
        ] {
            assert_eq!(code(name), shown);
        }
        assert_eq!(code(&"x".repeat(500)).len(), LONGEST + 2);
    }
}
