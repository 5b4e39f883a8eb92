//! Which sites are looked at, and what turns up there.

use restorectl::engine::Event;
use restorectl::model::*;

use super::hand::{ByHand, applied};
use crate::drill::simple;

#[test]
fn a_restore_between_sites_is_looked_for_at_both() {
    let mut plan = simple(1);
    plan.items[0].target.site = SiteId::new("DR");
    let mut by_hand = ByHand::start(&plan);
    by_hand.reply("item-0", CreateOutcome::Unknown { message: "reset".into() }, 1);
    by_hand.tell(Event::Woken, 31);
    assert_eq!(by_hand.lists, ["DR", "PROD"]);
    // A whole settle window of the one site says nothing of the other.
    for seconds in [31, 61, 91, 121] {
        by_hand.tell(Event::Listed { site: SiteId::new("PROD"), result: Ok(vec![]) }, seconds);
    }
    assert_eq!(by_hand.creates.len(), 1);
    for seconds in [122, 152, 182, 212] {
        by_hand.tell(Event::Listed { site: SiteId::new("DR"), result: Ok(vec![]) }, seconds);
    }
    assert_eq!(by_hand.creates.len(), 2);
}

#[test]
fn a_restore_that_turns_up_late_is_told_of_and_followed() {
    let mut by_hand = ByHand::start(&simple(1));
    let prod = || SiteId::new("PROD");
    by_hand.reply("item-0", CreateOutcome::Unknown { message: "reset".into() }, 1);
    for seconds in [31, 61, 91] {
        by_hand.lists(&[], seconds);
    }
    assert_eq!(by_hand.creates.len(), 2, "given up after a whole settle window");
    by_hand.reply("item-0", applied(), 92);
    let name =
        |attempt: usize| by_hand.machine.state().items.values().next().unwrap().attempts[attempt].job_name.clone();
    let record = |name: JobName, id: &str, status: &str| RestoreRecord {
        job_name: Some(name),
        execution_id: Some(id.into()),
        status: RestoreStatus(status.into()),
        ..RestoreRecord::default()
    };
    let (first, second) = (record(name(0), "7", "RUNNING"), record(name(1), "8", "COMPLETED_SUCCESSFULLY"));
    by_hand.tell(Event::Listed { site: prod(), result: Ok(vec![first.into(), second.into()]) }, 121);
    let progress = by_hand.machine.state().items.values().next().unwrap();
    assert_eq!(progress.late.len(), 1);
    assert_eq!(progress.late[0].execution_id.as_deref(), Some("7"));
    assert!(progress.may_run(), "it takes room while it runs");
}
