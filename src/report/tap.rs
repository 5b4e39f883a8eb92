//! For test harnesses: TAP 14, one test point for each restore and a last one for what the run came to. What wasn't tried is
//! skipped with its reason, which harnesses count as passed; the last point isn't ok then.

use super::document::{ItemReport, Report};
use super::junit::{VERDICT, told};
use super::shards::missing_words;
use super::standing::Mark;
use super::urgency::{look, why};
use super::wording::{SIMULATED, harmless, moment};

/// The report as a TAP 14 stream.
pub fn tap(report: &Report) -> String {
    let missing: Vec<_> = report.merged.iter().flat_map(|merged| &merged.missing).collect();
    let total = missing.len() + report.items.len() + 1;
    let mut stream = Stream { out: format!("TAP version 14\n1..{total}\n"), number: 0 };
    let (plan, environment) = (&report.plan.name, &report.environment.name);
    stream.comment(&format!("restore report of run {}: plan {plan} in {environment}", report.run.id));
    if report.simulated {
        stream.comment(SIMULATED);
    }
    for shard in missing {
        stream.point(false, &format!("shard {}", shard.shard), None);
        stream.block(&[("message", missing_words(shard))], &[]);
    }
    report.items.iter().for_each(|item| stream.item(item));
    stream.point(report.verdict.green, VERDICT, None);
    let verdict = format!("{}: {}", report.verdict.words, report.verdict.rule);
    stream.block(&[("message", verdict), ("made", moment(report.generated_at))], &report.next);
    stream.out
}

/// A stream of which some is written.
struct Stream {
    out: String,
    number: usize,
}

impl Stream {
    fn item(&mut self, item: &ItemReport) {
        let mark = look(item);
        let skipped = (mark == Mark::Untried).then(|| format!("{}: {}", item.result.words(), why(item)));
        self.point(matches!(mark, Mark::Good | Mark::Untried), &item.name, skipped.as_deref());
        let mut facts = vec![("result", item.result.code().to_owned())];
        if mark != Mark::Untried {
            let why = why(item);
            facts.extend((!why.is_empty()).then_some(("message", why)));
        }
        facts.extend(item.took_ms.map(|took| ("duration_ms", took.0.to_string())));
        self.block(&facts, &told(item));
    }

    fn point(&mut self, ok: bool, name: &str, skipped: Option<&str>) {
        self.number += 1;
        let word = if ok { "ok" } else { "not ok" };
        let skip = skipped.map(|why| format!(" # SKIP {}", escaped(why))).unwrap_or_default();
        self.out.push_str(&format!("{word} {} - {}{skip}\n", self.number, escaped(name)));
    }

    /// What belongs to the point before, in YAML.
    fn block(&mut self, facts: &[(&str, String)], told: &[String]) {
        self.out.push_str("  ---\n");
        for (name, value) in facts {
            self.out.push_str(&format!("  {name}: {}\n", quoted(value)));
        }
        if !told.is_empty() {
            self.out.push_str("  told:\n");
            told.iter().for_each(|line| self.out.push_str(&format!("    - {}\n", quoted(line))));
        }
        self.out.push_str("  ...\n");
    }

    fn comment(&mut self, text: &str) {
        self.out.push_str(&format!("# {}\n", harmless(text)));
    }
}

/// A description: what would begin a directive is escaped.
fn escaped(text: &str) -> String {
    harmless(text).trim().replace('\\', "\\\\").replace('#', "\\#")
}

/// A scalar of YAML that nothing can leave: a string of JSON is one, too.
fn quoted(text: &str) -> String {
    serde_json::Value::String(harmless(text)).to_string()
}
