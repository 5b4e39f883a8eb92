//! What may start, and in which order.

use restorectl::engine::Event;
use restorectl::journal::Closed;
use restorectl::model::*;

use super::hand::ByHand;
use crate::drill::simple;

#[test]
fn one_target_site_has_a_limit_of_its_own_and_holds_up_no_other() {
    let mut plan = simple(4);
    plan.limits.concurrency = 4;
    plan.limits.per_target_site = Some(1);
    plan.items[2].target.site = SiteId::new("DR");
    plan.items[3].target.site = SiteId::new("DR2");
    assert_eq!(ByHand::start(&plan).creates, ["item-0", "item-2", "item-3"]);
}

#[test]
fn requests_keep_their_distance() {
    let mut plan = simple(4);
    plan.limits.concurrency = 4;
    plan.limits.requests_per_minute = Some(6);
    let mut by_hand = ByHand::start(&plan);
    assert_eq!(by_hand.creates.len(), 0, "the sites were read just before");
    for seconds in 1..=40 {
        by_hand.tell(Event::Woken, seconds);
        assert_eq!(by_hand.creates.len() + by_hand.lists.len(), usize::try_from(seconds / 10).unwrap());
    }
    assert_eq!(by_hand.creates.len(), 4);
}

#[test]
fn what_is_heavy_takes_its_weight_and_a_source_site_has_a_limit_too() {
    let mut plan = simple(4);
    plan.limits.concurrency = 4;
    plan.limits.groups.insert("heavy".into(), 3);
    for (index, weight) in [(0, 2), (1, 2), (2, 1)] {
        plan.items[index].group = Some("heavy".into());
        plan.items[index].weight = weight;
    }
    // Who doesn't fit isn't overtaken in its group.
    assert_eq!(ByHand::start(&plan).creates, ["item-0", "item-3"]);
    let mut plan = simple(3);
    plan.limits.concurrency = 3;
    plan.limits.per_source_site = Some(1);
    plan.items[2].source.site = SiteId::new("DR");
    assert_eq!(ByHand::start(&plan).creates, ["item-0", "item-2"]);
}

#[test]
fn a_full_group_holds_up_no_other() {
    let mut plan = simple(4);
    plan.limits.concurrency = 4;
    for index in [0, 1, 2] {
        plan.items[index].group = Some("heavy".into());
    }
    assert_eq!(ByHand::start(&plan).creates, ["item-0", "item-3"]);
}

#[test]
fn higher_priority_goes_first_and_then_the_plans_order() {
    let mut plan = simple(4);
    plan.limits.concurrency = 3;
    plan.items[2].priority = 5;
    plan.items[3].priority = 9;
    assert_eq!(ByHand::start(&plan).creates, ["item-3", "item-2", "item-0"]);
}

#[test]
fn what_the_rest_of_the_plan_waits_for_goes_before_what_nothing_waits_for() {
    let mut plan = simple(6);
    plan.limits.concurrency = 3;
    for (item, needed) in [(3, 2), (4, 3), (5, 1)] {
        plan.items[item].after = vec![Slug::parse(&format!("item-{needed}")).unwrap()];
    }
    assert_eq!(ByHand::start(&plan).creates, ["item-2", "item-1", "item-0"]);
}

#[test]
fn items_that_wait_for_each_other_do_not_wait_for_ever() {
    let mut plan = simple(3);
    let name = |index: usize| Slug::parse(&format!("item-{index}")).unwrap();
    plan.items[0].after = vec![name(1)];
    plan.items[1].after = vec![name(0)];
    // One that needs what isn't there at all is refused before any engine sees it.
    plan.items[2].after = vec![name(0)];
    let by_hand = ByHand::start(&plan);
    assert_eq!(by_hand.creates, Vec::<String>::new());
    assert!(matches!(by_hand.machine.state().closed, Some((_, Closed::Completed))));
}
