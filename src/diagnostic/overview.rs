//! For people: every problem of a collation, then each pair, then the sum.

use super::collection::most_severe;
use super::human::{Look, block, found};
use super::{Allowed, Checked, Collation, plain};
use crate::model::{count, harmless};

/// Everything that was found, with what it comes to.
pub fn overview(collation: &Collation, look: Look) -> String {
    let mut out = String::new();
    let findings = collation.findings();
    let (shown, others) = most_severe(findings, |finding| finding.diagnostic.severity, look.most);
    for finding in shown {
        let notes: Vec<String> = plain::whereabouts(finding).collect();
        out.push_str(&block(&finding.diagnostic, &notes, collation.sources(), look));
        out.push_str("\n\n");
    }
    let not_shown = others.len() + collation.not_kept();
    if not_shown > 0 {
        let all = look.most + others.len();
        out.push_str(&format!("not shown: {}; see more with `--max {all}`\n\n", count(not_shown, "more problem")));
    }
    if collation.checked().len() > 1 {
        for plan in collation.checked().chunk_by(|a, b| a.pair.plan == b.pair.plan) {
            pairs(plan, look).iter().for_each(|line| out.push_str(line));
        }
        out.push('\n');
    }
    if look.allowed {
        for Allowed { diagnostic, reason } in collation.allowed() {
            let place = diagnostic.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
            let line = format!("{place}{} {}: {reason}", diagnostic.rule, diagnostic.message);
            out.push_str(&format!("allowed  {}\n", harmless(&line)));
        }
        out.push_str(if collation.allowed().is_empty() { "" } else { "\n" });
    }
    out.push_str(&sum(collation, look));
    out
}

/// One plan's pairs: a line for those of its environments that came to the same.
fn pairs(plan: &[Checked], look: Look) -> Vec<String> {
    let mut alike: Vec<(&Checked, Vec<&str>)> = Vec::new();
    for checked in plan {
        let name = checked.pair.environment.as_ref().map(|of| of.name.as_str());
        let same =
            |(of, _): &&mut (&Checked, Vec<&str>)| (of.errors, of.warnings) == (checked.errors, checked.warnings);
        match alike.iter_mut().find(same) {
            Some((_, names)) => names.extend(name),
            None => alike.push((checked, name.into_iter().collect())),
        }
    }
    let line = |(checked, names): &(&Checked, Vec<&str>)| {
        let Checked { pair, errors, warnings } = checked;
        let with = if names.is_empty() { String::new() } else { format!(" with {}", names.join(", ")) };
        let what = if errors + warnings == 0 { String::new() } else { format!(": {}", found(*errors, *warnings)) };
        let word = verdict(*errors);
        let pad = " ".repeat("invalid".len() - word.len());
        format!("{}{pad}  {}{what}\n", paint(word, *errors, look), harmless(&format!("{}{with}", pair.plan)))
    };
    alike.iter().map(line).collect()
}

/// `invalid: 2 plans, 3 environments, 4 errors, 1 warning`.
fn sum(collation: &Collation, look: Look) -> String {
    let (errors, warnings) = (collation.errors(), collation.warnings());
    let environments = match collation.environments() {
        0 => "no environment".to_owned(),
        some => count(some, "environment"),
    };
    let allowed = match collation.allowed().len() {
        0 => String::new(),
        some => format!(" and {some} allowed"),
    };
    format!(
        "{}: {}, {environments}, {}, {}\n",
        paint(verdict(errors), errors, look),
        count(collation.plans(), "plan"),
        count(errors, "error"),
        count(warnings, "warning") + &allowed
    )
}

fn verdict(errors: usize) -> &'static str {
    if errors == 0 { "valid" } else { "invalid" }
}

fn paint(word: &str, errors: usize, look: Look) -> String {
    match (look.colour, errors) {
        (false, _) => word.to_owned(),
        (true, 0) => format!("\u{1b}[32m{word}\u{1b}[0m"),
        (true, _) => format!("\u{1b}[1;31m{word}\u{1b}[0m"),
    }
}
