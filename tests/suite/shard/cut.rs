//! The cut of a plan: a table, and what must hold of any plan.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use restorectl::changeset::{Part, plan_digest};
use restorectl::model::*;

use crate::drill::{item, plan};

/// An item that writes a table of its own.
fn lone(name: &str) -> Item {
    item(name, &name.replace('-', "_"))
}

fn whole(name: &str, database: &str) -> Item {
    let mut item = lone(name);
    item.target.database = Some(ObjectName::bare(database).unwrap());
    item.objects[0].object_type = ObjectType::Database;
    item
}

fn after(mut item: Item, needs: &[&str]) -> Item {
    item.after = needs.iter().map(|need| Slug::parse(need).unwrap()).collect();
    item
}

fn in_group(mut item: Item, group: &str) -> Item {
    item.group = Some(group.into());
    item
}

fn at(mut item: Item, site: &str, database: &str) -> Item {
    item.target = Target { site: SiteId::new(site), database: Some(ObjectName::bare(database).unwrap()) };
    item
}

/// The names in each shard.
fn cut(plan: &Plan, count: u32) -> Vec<Vec<String>> {
    let first = Shard::new(1, count).unwrap();
    let names = |shard| Part::of(plan, shard).plan(plan).items.into_iter().map(|item| item.name.to_string()).collect();
    first.siblings().map(names).collect()
}

#[test]
fn plans_are_cut_like_this() {
    let four = || ["d", "b", "a", "c"].map(lone).to_vec();
    type Case<'a> = (&'a str, Vec<Item>, u32, &'a [&'a [&'a str]]);
    let table: Vec<Case<'_>> = vec![
        ("no restores", vec![], 2, &[&[], &[]]),
        ("one shard is the plan", four(), 1, &[&["d", "b", "a", "c"]]),
        ("in turn by name, in the plan's order within", four(), 2, &[&["a", "c"], &["d", "b"]]),
        ("another number, another cut", four(), 3, &[&["d", "a"], &["b"], &["c"]]),
        ("more shards than restores", ["a", "b"].map(lone).to_vec(), 3, &[&["a"], &["b"], &[]]),
        (
            "dependencies stay together, also through others, and the largest goes first",
            vec![lone("a"), lone("b"), after(lone("c"), &["d"]), after(lone("d"), &["e"]), lone("e")],
            2,
            &[&["c", "d", "e"], &["a", "b"]],
        ),
        (
            "the same object",
            vec![item("a", "shared"), lone("b"), item("c", "shared"), lone("d")],
            2,
            &[&["a", "c"], &["b", "d"]],
        ),
        ("the same name in any case", vec![item("a", "shared"), item("b", "SHARED")], 2, &[&["a", "b"], &[]]),
        (
            "a whole database and what is in it, even where it says `exclude`",
            vec![lone("a"), lone("b"), whole("c", "DRILL"), at(lone("d"), "PROD", "OTHER")],
            2,
            &[&["a", "b", "c"], &["d"]],
        ),
        (
            "the same database at another site is another",
            vec![whole("a", "DRILL"), at(lone("b"), "ELSEWHERE", "DRILL")],
            2,
            &[&["a"], &["b"]],
        ),
        (
            "a group with a limit",
            vec![in_group(lone("a"), "heavy"), lone("b"), in_group(lone("c"), "heavy"), lone("d")],
            2,
            &[&["a", "c"], &["b", "d"]],
        ),
        (
            "a group without a limit binds nothing",
            vec![in_group(lone("a"), "light"), in_group(lone("b"), "light")],
            2,
            &[&["a"], &["b"]],
        ),
        ("a need that isn't there", vec![after(lone("a"), &["gone"]), lone("b")], 2, &[&["a"], &["b"]]),
        ("a circle", vec![after(lone("a"), &["b"]), after(lone("b"), &["a"])], 2, &[&["a", "b"], &[]]),
    ];
    for (what, items, count, expected) in table {
        assert_eq!(cut(&plan(items), count), expected, "{what}");
    }
}

#[test]
fn a_part_knows_what_is_elsewhere() {
    let plan = plan(["d", "b", "a"].map(lone).to_vec());
    let part = Part::of(&plan, "2/2".parse().unwrap());
    assert_eq!((part.sizes.as_slice(), part.places.as_slice()), (&[2, 1][..], &[1][..]));
    let kept: Part = serde_json::from_value(serde_json::to_value(&part).unwrap()).unwrap();
    assert_eq!(kept, part);
}

/// Plans with dependencies, whole databases, shared tables and groups, by chance.
fn plans() -> impl Strategy<Value = Plan> {
    let one = (0..12_u8, 0..3_u8, 0..2_u8, proptest::option::of(0..3_u8), proptest::bool::weighted(0.1));
    let items = proptest::collection::vec((one, proptest::collection::vec(any::<prop::sample::Index>(), 0..2)), 0..24);
    type Drawn = ((u8, u8, u8, Option<u8>, bool), Vec<prop::sample::Index>);
    items.prop_map(|all: Vec<Drawn>| {
        let names: Vec<String> = (0..all.len()).map(|n| format!("i{n}")).collect();
        let make = |(n, ((table, database, site, group, is_whole), needs)): (usize, Drawn)| {
            let (place, name) = (format!("DB{database}"), names[n].as_str());
            let mut made = if is_whole { whole(name, &place) } else { item(name, &format!("t{table}")) };
            made = at(made, &format!("S{site}"), &place);
            made.group = group.map(|group| if group == 0 { "heavy".to_owned() } else { format!("g{group}") });
            if n > 0 {
                made.after = needs.iter().map(|need| Slug::parse(&names[need.index(n)]).unwrap()).collect();
            }
            made
        };
        plan(all.into_iter().enumerate().map(make).collect())
    })
}

/// Where each item is.
fn shards(plan: &Plan, count: u32) -> BTreeMap<String, usize> {
    let all = cut(plan, count).into_iter().enumerate();
    all.flat_map(|(shard, names)| names.into_iter().map(move |name| (name, shard))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_item_is_in_one_shard_and_what_is_bound_in_the_same(plan in plans(), count in 1..9_u32) {
        let all: Vec<String> = cut(&plan, count).concat();
        prop_assert_eq!(all.len(), plan.items.len());
        prop_assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), plan.items.len());
        let shards = shards(&plan, count);
        let of = |item: &Item| shards[item.name.as_str()];
        for one in &plan.items {
            for two in &plan.items {
                let needs = one.after.contains(&two.name);
                let overlaps = one.touches().iter().any(|a| two.touches().iter().any(|b| a.overlaps(b)));
                let grouped = one.group.is_some() && one.group == two.group && one.group.as_deref() == Some("heavy");
                if needs || overlaps || grouped {
                    prop_assert_eq!(of(one), of(two), "{} and {}", &one.name, &two.name);
                }
            }
        }
        for shard in Shard::new(1, count).unwrap().siblings() {
            let part = Part::of(&plan, shard);
            prop_assert_eq!(part.sizes[part.shard.index()], part.places.len());
            prop_assert_eq!(part.sizes.iter().sum::<usize>(), plan.items.len());
        }
    }

    #[test]
    fn the_order_in_which_a_plan_lists_its_items_changes_nothing(
        (plan, turned) in plans().prop_flat_map(|plan| {
            let turned = Just(plan.items.clone()).prop_shuffle();
            (Just(plan), turned)
        }),
        count in 1..9_u32,
    ) {
        let mut other = plan.clone();
        other.items = turned;
        prop_assert_eq!(shards(&plan, count), shards(&other, count));
    }

    /// Restores that nothing binds are spread as evenly as can be.
    #[test]
    fn lone_items_are_spread_evenly(items in 0..60_usize, count in 1..9_u32) {
        let plan = plan((0..items).map(|n| lone(&format!("i{n}"))).collect());
        let sizes = Part::of(&plan, Shard::new(1, count).unwrap()).sizes;
        let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
        prop_assert!(most - least <= 1, "{sizes:?}");
    }

    /// No shard is fuller than 4/3 of what any cut would give its fullest one: no less than the largest component, nor
    /// than a fair share.
    #[test]
    fn components_are_spread_about_evenly(sizes in proptest::collection::vec(1..6_usize, 1..20), count in 1..6_u32) {
        let mut items = Vec::new();
        for (component, size) in sizes.iter().enumerate() {
            items.extend((0..*size).map(|n| item(&format!("c{component}-{n}"), &format!("t{component}"))));
        }
        let total: usize = sizes.iter().sum();
        let fullest = *Part::of(&plan(items), Shard::new(1, count).unwrap()).sizes.iter().max().unwrap();
        let largest = *sizes.iter().max().unwrap();
        // The best cut is at least this; the rule's bound on a cut is the fair share and one component more.
        let fair = total.div_ceil(count as usize);
        prop_assert!(fullest <= fair + largest, "{fullest} of {total}");
        prop_assert!(fullest >= fair.max(largest));
    }
}

#[test]
fn the_whole_plans_digest_stays_with_its_parts() {
    let plan = plan(["a", "b"].map(lone).to_vec());
    let part = Part::of(&plan, "1/2".parse().unwrap());
    assert_ne!(plan_digest(&part.plan(&plan)).unwrap(), plan_digest(&plan).unwrap());
}

#[test]
fn a_large_plan_is_cut_evenly() {
    let items: Vec<Item> = (0..20_000).map(|n| lone(&format!("i{n}"))).collect();
    let chained: Vec<Item> = items
        .into_iter()
        .enumerate()
        .map(|(n, item)| if n % 10 > 0 { after(item, &[&format!("i{}", n - 1)]) } else { item })
        .collect();
    let part = Part::of(&plan(chained), "3/7".parse().unwrap());
    assert!(part.sizes.iter().max().unwrap() - part.sizes.iter().min().unwrap() <= 10, "{:?}", part.sizes);
}
