//! Plans by chance.

use std::collections::BTreeMap;

use restorectl::model::*;

use super::dice::Dice;
use super::site::LATEST;

/// The databases that every site has.
pub const DATABASES: [&str; 2] = ["DRILL", "OTHER"];

/// Longer than all restores of a plan here take, one after the other.
const PATIENT: Millis = Millis::from_secs(7200);

fn name(text: &str) -> ObjectName {
    ObjectName::bare(text).unwrap()
}

/// One table, copied to a site and a database under its own name.
pub fn item(name_of: &str, table: &str) -> Item {
    Item {
        name: Slug::parse(name_of).unwrap(),
        source: Source { site: SiteId::new("A"), job: JobId::new("1412"), execution: ExecutionSelector::Latest },
        target: Target { site: SiteId::new("A"), database: Some(name("DRILL")) },
        objects: vec![RestoreObject {
            object_type: ObjectType::Table,
            name: name(table),
            parent: name("BANK"),
            parent_type: ObjectType::Database,
            exclude: vec![],
            include_all: true,
            rename_to: None,
        }],
        mode: Mode::Copy,
        options: Options::default(),
        on_existing: OnExisting::Replace,
        allow_reserved: false,
        after: vec![],
        group: None,
        weight: 1,
        priority: 0,
        deadline_ms: PATIENT,
        job_name: None,
        checks: vec![],
        origin: Origin::default(),
    }
}

/// Whether nothing in a plan keeps it from coming about at a site that does as it is told: nobody's time is up.
pub fn can_succeed(plan: &Plan) -> bool {
    let Limits { run_deadline_ms, queue_deadline_ms, .. } = &plan.limits;
    let patient = plan.items.iter().all(|item| item.deadline_ms >= PATIENT);
    patient && run_deadline_ms.is_none() && queue_deadline_ms.is_none()
}

/// A plan of up to eight restores with limits, orders, overlaps and, unless it is to be a calm one, deadlines.
pub fn plan(dice: &mut Dice, calm: bool) -> Plan {
    let count = 1 + dice.below(8);
    let sites = 1 + dice.below(3);
    let site = |dice: &mut Dice| SiteId::new(["A", "B", "C"][usize::try_from(dice.below(sites)).unwrap()]);
    // Some lives are of the plainest kind, in which everything must succeed.
    let calm = dice.percent(50) || calm;
    let mut items = Vec::new();
    for index in 0..count {
        // Some share a table at the target, so they overlap.
        let table = if dice.percent(20) { "shared".to_owned() } else { format!("t{index}") };
        let mut item = item(&format!("item-{index}"), &table);
        item.source.site = site(dice);
        item.target.site = site(dice);
        for before in 0..index {
            if dice.percent(15) {
                item.after.push(Slug::parse(&format!("item-{before}")).unwrap());
            }
        }
        if dice.percent(40) {
            item.group = Some(["heavy", "light"][usize::from(dice.percent(30))].into());
            item.weight = 1 + u32::try_from(dice.below(3)).unwrap();
        }
        item.priority = i64::try_from(dice.below(3)).unwrap();
        if !calm && dice.percent(20) {
            item.deadline_ms = Millis(1_000 + dice.below(200_000));
        }
        items.push(item);
    }
    let few = |dice: &mut Dice, chance: u64, most: u64| {
        dice.percent(chance).then(|| 1 + u32::try_from(dice.below(most)).unwrap())
    };
    let mut limits = Limits {
        concurrency: 1 + u32::try_from(dice.below(4)).unwrap(),
        per_target_site: few(dice, 30, 3),
        per_source_site: few(dice, 30, 3),
        groups: BTreeMap::from([("heavy".into(), 1 + u32::try_from(dice.below(4)).unwrap())]),
        requests_per_minute: dice.percent(10).then(|| 10 + u32::try_from(dice.below(60)).unwrap()),
        adaptive: dice.percent(80),
        retries: u32::try_from(dice.below(3)).unwrap(),
        poll_interval_ms: Millis(1_000 + dice.below(29_000)),
        settle_window_ms: Millis(LATEST + 1_000),
        ..Limits::default()
    };
    if !calm {
        limits.max_failures = few(dice, 20, 3);
        limits.retry_budget = few(dice, 20, 3);
        limits.run_deadline_ms = dice.percent(10).then(|| Millis(1_000 + dice.below(400_000)));
        limits.queue_deadline_ms = dice.percent(10).then(|| Millis(1_000 + dice.below(60_000)));
    }
    Plan { name: Slug::parse("drill").unwrap(), purpose: Purpose::default(), limits, items }
}
