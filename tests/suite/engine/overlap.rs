//! What writes the same never runs together: objects, and whole databases with all that is in them.

use restorectl::changeset::Stray;
use restorectl::model::*;

use super::hand::{ByHand, applied};
use crate::drill::simple;

/// Has a restore bring back the whole of a database.
fn whole(item: &mut Item, database: &str) {
    let name = ObjectName::bare(database).unwrap();
    item.target.database = None;
    item.objects[0].object_type = ObjectType::Database;
    item.objects[0].name = name.clone();
    item.objects[0].parent = name;
    item.on_existing = OnExisting::Replace;
}

#[test]
fn a_database_and_what_is_in_it_take_turns_whichever_comes_first() {
    for (first, second) in [(true, false), (false, true), (true, true)] {
        let mut plan = simple(3);
        plan.limits.concurrency = 3;
        for (index, is_whole) in [(0, first), (1, second)] {
            plan.items[index].on_existing = OnExisting::Replace;
            if is_whole {
                whole(&mut plan.items[index], "DRILL");
            }
        }
        plan.items[2].target.database = ObjectName::bare("OTHER").ok();
        let mut changeset = ByHand::changeset(&simple(3));
        for (decision, item) in changeset.items.iter_mut().zip(&plan.items) {
            decision.item = item.clone();
        }
        let mut by_hand = ByHand::carries_out(&changeset);
        assert_eq!(by_hand.creates, ["item-0", "item-2"], "{first} {second}: another database is in nobody's way");
        by_hand.reply("item-0", applied(), 1);
        by_hand.shows("item-0", "COMPLETED_SUCCESSFULLY", 31);
        assert_eq!(by_hand.creates, ["item-0", "item-2", "item-1"]);
    }
}

#[test]
fn strays_that_run_take_room() {
    let mut changeset = ByHand::changeset(&simple(4));
    changeset.limits.concurrency = 3;
    let stray = |site: &str, item: &str, running: usize| Stray {
        site: SiteId::new(site),
        item: item.into(),
        restores: 2,
        running,
        newest: JobName::new("drill_gone_4d90123456789_1_1"),
        execution_id: None,
        status: RestoreStatus("RUNNING".into()),
        end_time: None,
    };
    // The first is listed at both of its sites.
    changeset.strays = vec![stray("PROD", "gone", 1), stray("DR", "gone", 1), stray("PROD", "over", 0)];
    assert_eq!(ByHand::carries_out(&changeset).creates.len(), 2);
    changeset.limits.per_target_site = Some(2);
    assert_eq!(ByHand::carries_out(&changeset).creates.len(), 1);
}
