//! How long a run will probably take: one table of plans, with what each restore takes.

use restorectl::changeset::{Basis, Changeset, Estimate};
use restorectl::engine::forecast;
use restorectl::model::*;

use crate::drill::{decided, item, plan, snapshot};

/// Name, what it waits for, group, minutes.
type Row<'a> = (&'a str, &'a [&'a str], Option<&'a str>, Option<u64>);

fn changeset(rows: &[Row<'_>], change: impl Fn(&mut Plan)) -> Changeset {
    let items = rows.iter().map(|(name, after, group, _)| {
        let mut item = item(name, &format!("t-{name}"));
        item.after = after.iter().map(|name| Slug::parse(name).unwrap()).collect();
        item.group = group.map(str::to_owned);
        item
    });
    let mut plan = plan(items.collect());
    plan.limits.concurrency = 2;
    change(&mut plan);
    let mut made = decided(&plan, &snapshot(&plan), Guard::default(), false);
    for (decision, (.., minutes)) in made.items.iter_mut().zip(rows) {
        decision.estimate = minutes
            .map(|minutes| Estimate { duration_ms: Millis::from_secs(minutes * 60), basis: Basis::OwnRestores(3) });
    }
    made
}

fn minutes(made: &Changeset) -> Option<u64> {
    forecast(made).duration_ms.map(|length| length.0 / 60_000)
}

#[test]
fn restores_are_scheduled_as_the_engine_would() {
    let none: &[&str] = &[];
    let table: [(&[Row<'_>], Option<u64>); 7] = [
        (&[("a", none, None, Some(10))], Some(10)),
        // Two at once: the longest first, the others beside it.
        (&[("a", none, None, Some(10)), ("b", none, None, Some(20)), ("c", none, None, Some(30))], Some(30)),
        (&[("a", none, None, Some(10)), ("b", &["a"], None, Some(20)), ("c", &["b"], None, Some(30))], Some(60)),
        // A group of one keeps its restores apart.
        (&[("a", none, Some("heavy"), Some(10)), ("b", none, Some("heavy"), Some(20))], Some(30)),
        // What nothing is known of counts as the median of the others.
        (&[("a", none, None, Some(10)), ("b", none, None, Some(40)), ("c", none, None, None)], Some(50)),
        (&[("a", none, None, None), ("b", none, None, None)], None),
        (&[], None),
    ];
    for (rows, expected) in table {
        let mut rows = rows.to_vec();
        if rows.is_empty() {
            rows.push(("a", none, None, Some(10)));
            let mut made = changeset(&rows, |_| {});
            made.items.clear();
            assert_eq!(minutes(&made), expected);
            continue;
        }
        assert_eq!(minutes(&changeset(&rows, |_| {})), expected, "{rows:?}");
    }
    // Two that write the same thing wait for each other.
    let rows: [Row<'_>; 2] = [("a", none, None, Some(10)), ("b", none, None, Some(20))];
    let same = |plan: &mut Plan| {
        for item in &mut plan.items {
            item.target.database = Some(ObjectName::bare("DRILL").unwrap());
            item.objects[0].rename_to = Some(ObjectName::bare("same").unwrap());
            item.on_existing = OnExisting::Replace;
        }
    };
    let mut made = changeset(&rows, same);
    made.items.iter_mut().for_each(|decision| decision.action = Action::Create);
    assert_eq!(minutes(&made), Some(30));
}

#[test]
fn what_runs_takes_what_is_left_of_it_and_what_is_there_nothing() {
    let none: &[&str] = &[];
    let rows: [Row<'_>; 3] = [("a", none, None, Some(30)), ("b", &["a"], None, Some(10)), ("c", none, None, Some(99))];
    let mut made = changeset(&rows, |_| {});
    made.items[0].action = Action::Adopt;
    made.items[0].saw.restores = vec![RestoreRecord {
        status: RestoreStatus("RUNNING".into()),
        start_time: Some(Millis::from_secs(20 * 60).before(made.created_at)),
        ..RestoreRecord::default()
    }];
    made.items[2].action = Action::Satisfied;
    assert_eq!(minutes(&made), Some(20));
    assert_eq!((forecast(&made).pending, forecast(&made).by_own), (2, 2));
    made.items[0].action = Action::Satisfied;
    assert_eq!(minutes(&made), Some(10));
}

#[test]
fn what_it_rests_on_is_told() {
    let none: &[&str] = &[];
    let rows: [Row<'_>; 4] =
        [("a", none, None, Some(10)), ("b", none, None, Some(10)), ("c", none, None, None), ("d", none, None, None)];
    let mut made = changeset(&rows, |_| {});
    let basis = forecast(&made).basis();
    let expected =
        "by the last 3 restores of 2 of 4 items; nothing is known of 2, which count as the median of the others";
    assert_eq!(basis, expected);
    made.items[2].estimate =
        Some(Estimate { duration_ms: Millis(1000), basis: Basis::Throughput { bytes_per_second: 1, restores: 2 } });
    assert!(forecast(&made).basis().contains("by the size of 1 and the plan's throughput; nothing is known of 1,"));
    made.items.iter_mut().for_each(|decision| decision.estimate = None);
    assert_eq!(forecast(&made).basis(), "no restore of this plan was measured yet");
}
