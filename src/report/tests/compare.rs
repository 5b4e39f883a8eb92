//! Runs side by side.

use super::scenario::{Scenario, at, decision, happy, job, restore, slug, sub_task};
use crate::journal::Closed;
use crate::model::{Action, End, Shard};
use crate::report::{
    Comparison, LastRuns, Portion, Report, RunsLeftOut, ShardReport, Style, comparable, compare, comparison_human,
    comparison_json,
};

/// A run on a later day in which each item took so many seconds for so many bytes; none: it failed.
fn run(day: i64, items: &[(&str, Option<(i64, u64)>)]) -> Report {
    let decisions = items.iter().map(|(name, _)| decision(name, Action::Create, "new")).collect();
    let mut scenario = Scenario::new(decisions);
    for (name, measured) in items {
        let status = if measured.is_some() { "COMPLETED_SUCCESSFULLY" } else { "FAILED" };
        let (took, bytes) = measured.unwrap_or((10, 0));
        let mut done = restore(&job(name, 1), "91", status, 10, Some(10 + took));
        done.sub_tasks = vec![sub_task("all", status, 10, Some(10 + took), bytes)];
        let end = if measured.is_some() { End::Succeeded } else { End::Failed };
        scenario = scenario.sent(1, name, 1).accepted(2, name, "91").observed(12 + took, name, done).ended(
            12 + took,
            name,
            end,
            "so it is",
        );
    }
    let longest = items.iter().filter_map(|(_, measured)| *measured).map(|(took, _)| took).max().unwrap_or(10);
    let mut report = scenario.closed(20 + longest, Closed::Completed).report();
    report.run.id = format!("20261{day:03}T031207Z-5f3a");
    report.run.started_at = at(day * 86_400);
    report
}

const GIB: u64 = 1 << 30;

/// Six weeks in which something got slower.
pub(super) fn weeks() -> Vec<Report> {
    let week = |day: i64, model: i64, orders: (i64, u64), views: Option<(i64, u64)>| {
        run(day, &[("model", Some((model, 4 * GIB))), ("orders", Some(orders)), ("views", views)])
    };
    vec![
        week(0, 400, (300, 3 * GIB), Some((20, GIB))),
        week(7, 410, (310, 3 * GIB), None),
        week(14, 900, (600, 6 * GIB), Some((21, GIB))),
        week(21, 390, (620, 6 * GIB), Some((22, GIB))),
        week(28, 405, (600, 6 * GIB), Some((20, GIB))),
        week(35, 640, (1200, 12 * GIB), Some((9, GIB))),
    ]
}

fn change<'a>(comparison: &'a Comparison, name: &str) -> &'a crate::report::Change {
    comparison.items.iter().find(|item| item.name == name).unwrap().change.as_ref().unwrap()
}

#[test]
fn a_comparison_reads_nothing_that_was_left_out() {
    let slim: Vec<Report> = weeks().into_iter().map(comparable).collect();
    assert_eq!(compare(&slim).unwrap(), compare(&weeks()).unwrap());
}

#[test]
fn comparisons_are_pinned() {
    let compared = compare(&weeks()).unwrap();
    for width in [80, 140] {
        insta::assert_snapshot!(
            format!("compare_{width}"),
            comparison_human(&compared, Style { width, ..Style::default() })
        );
    }
    insta::assert_snapshot!("compare_json", comparison_json(&compared).unwrap());
}

#[test]
fn the_median_by_bytes_decides_and_not_one_bad_week() {
    let compared = compare(&weeks()).unwrap();
    let model = change(&compared, "model");
    assert_eq!((model.usual_ms.0, model.percent, model.of, model.slower), (405_000, 58, 5, true));
    let orders = change(&compared, "orders");
    assert!(!orders.slower && !orders.faster, "it has twice the bytes, and takes twice the time: {orders:?}");
    let views = change(&compared, "views");
    assert_eq!((views.of, views.faster), (4, true), "the week in which it failed doesn't count");
    assert_eq!((compared.slower, compared.faster), (1, 1));
    // The order in which they are named is of no matter.
    let mut turned = weeks();
    turned.reverse();
    assert_eq!(compare(&turned).unwrap(), compared);
}

#[test]
fn the_rule_is_exact_at_its_edges() {
    let against = |usual: i64, took: i64| {
        let runs = [run(0, &[("model", Some((usual, GIB)))]), run(1, &[("model", Some((took, GIB)))])];
        let compared = compare(&runs).unwrap();
        let change = change(&compared, "model");
        (change.slower, change.faster)
    };
    for (usual, took, marks) in [
        (100, 125, (false, false)),
        (100, 126, (true, false)),
        (100, 75, (false, false)),
        (100, 74, (false, true)),
        (1, 2, (true, false)),
        (0, 0, (false, false)),
    ] {
        assert_eq!(against(usual, took), marks, "{usual} and {took}");
    }
}

/// A report of one shard of two.
fn shard(number: u32, mut report: Report) -> Report {
    report.run.shard = Some(ShardReport { shard: Shard::new(number, 2).unwrap(), sizes: vec![3, 3] });
    report
}

#[test]
fn the_last_runs_are_of_one_portion_and_the_rest_is_counted() {
    let weeks = weeks();
    let gather = |portion: Option<Portion>, most: usize| {
        let mut last = LastRuns::new(most, portion);
        // Newest first: the first shard, one that can't be read, the second, and so on; two are not looked at.
        last.add(shard(1, weeks[5].clone()));
        last.pass_unreadable();
        last.add(shard(2, weeks[4].clone()));
        last.add(weeks[3].clone());
        last.pass_pruned();
        last.add(shard(1, weeks[2].clone()));
        (last.is_full(), last.end(8))
    };
    let (is_full, (reports, left_out)) = gather(None, 2);
    assert!(is_full);
    assert_eq!(reports.iter().map(Portion::of).collect::<Vec<_>>(), [first(), first()]);
    let words =
        "left out: 2 older runs, not looked at; 1 run of the whole plan, 1 run of shard 2/2; 1 run that can't be read";
    assert_eq!(left_out.words().as_deref(), Some(words));
    let compared = Comparison { left_out, ..compare(&reports).unwrap() };
    let text = comparison_human(&compared, Style::default());
    for words in [
        "shard  ",
        "left out: 2 older runs, not looked at (`--last N` takes more)\n",
        "left out: 1 run of the whole plan, 1 run of shard 2/2 (`--shard whole` compares\n",
        "left out: 1 run that can't be read\n",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let json: serde_json::Value = serde_json::from_str(&comparison_json(&compared).unwrap()).unwrap();
    let expected = serde_json::json!({"older": 2, "others": {"whole": 1, "2/2": 1}, "unreadable": 1});
    assert_eq!((&json["left_out"], &json["runs"][0]["shard"]), (&expected, &"1/2".into()));
    let (is_full, (reports, left_out)) = gather(Some(Portion::Whole), 6);
    assert_eq!((is_full, reports.len(), left_out.others[&first()]), (false, 1, 2));
    assert_eq!(RunsLeftOut::default().words(), None);
}

fn first() -> Portion {
    Portion::Shard(Shard::new(1, 2).unwrap())
}

#[test]
fn portions_are_read_as_they_are_written() {
    for text in ["whole", "1/2"] {
        assert_eq!(text.parse::<Portion>().unwrap().to_string(), text);
    }
    assert!("3/2".parse::<Portion>().is_err() && "all".parse::<Portion>().is_err());
}

#[test]
fn a_run_as_a_whole_is_judged_among_those_of_its_portion() {
    let week = |day| run(day, &[("model", Some((100, GIB)))]);
    let of = |runs: &[Report]| compare(runs).unwrap().runs.last().unwrap().change.map(|change| change.of);
    assert_eq!(of(&[week(0), week(1), week(2)]), Some(2));
    assert_eq!(of(&[week(0), shard(1, week(1)), week(2)]), Some(1));
    assert_eq!(of(&[week(0), shard(2, week(1)), shard(1, week(2))]), None);
    let mixed = compare(&[week(0), shard(2, week(1)), shard(1, week(2))]).unwrap();
    assert_eq!(change(&mixed, "model").of, 2, "a restore is the same restore wherever it is carried out");
}

#[test]
fn only_runs_of_one_plan_are_compared() {
    assert!(compare(&[]).unwrap_err().to_string().contains("name two runs"));
    assert!(compare(&[happy().report()]).unwrap_err().to_string().contains("run `2026"));
    let mut other = happy().report();
    other.plan.name = slug("another").to_string();
    assert!(compare(&[happy().report(), other]).unwrap_err().to_string().contains("`another`"));
}
