//! Plans from the records of restores.

use proptest::prelude::*;

use super::*;
use crate::model::{JobName, RestoreRecord, SubTask};
use crate::plan::RestoreImport;

fn compose(
    record: &RestoreRecord,
    job: Option<&str>,
    execution: &str,
    made_by: Option<&str>,
) -> Result<String, String> {
    let execution = match execution {
        "latest" => ExecutionSelector::Latest,
        id => ExecutionSelector::Id(ExecutionId::new(id)),
    };
    let (site, job) = (SiteId::new("A"), job.map(JobId::new));
    let import = RestoreImport {
        schema: None,
        name: None,
        record,
        site: &site,
        job: job.as_ref(),
        execution: &execution,
        made_by,
    };
    import.compose().map_err(|error| error.to_string())
}

fn record() -> RestoreRecord {
    let part = |name: &str| SubTask { name: Some(name.to_owned()), bytes: Some(1 << 30), ..SubTask::default() };
    RestoreRecord {
        job_name: Some(JobName::new("dr-weekly_orders_db166849c8abe_1_1")),
        execution_id: Some("8001".to_owned()),
        status: RestoreStatus("COMPLETED_WITH_WARNINGS".to_owned()),
        start_time: Some("2026-11-23T02:00:00Z".parse().unwrap()),
        end_time: Some("2026-11-23T06:10:00Z".parse().unwrap()),
        restored_objects: vec!["ADW.orders: restored".to_owned()],
        sub_tasks: vec![part("ADW.orders"), part("statistics")],
        source_site: Some(SiteId::new("A")),
        target_site: Some(SiteId::new("B")),
        ..RestoreRecord::default()
    }
}

#[test]
fn a_record_gives_what_it_tells() {
    let text = compose(&record(), None, "latest", Some("restore `orders` of plan `dr-weekly`")).unwrap();
    clean(&text);
    assert_golden!("record_with_everything", text);
}

#[test]
fn a_record_that_tells_nothing_gives_a_plan_too() {
    let text = compose(&RestoreRecord::default(), Some("1412"), "5002", None).unwrap();
    let plan = clean(&text);
    assert_eq!(plan.items[0].source.job.as_str(), "1412");
    assert_golden!("record_with_nothing", text);
}

proptest! {
    #[test]
    fn any_record_gives_a_plan_or_says_why_not(
        called in any::<Option<String>>(), site in prop_oneof!["[A-Z0-9-]{1,9}", any::<String>()],
        texts in prop::collection::vec(any::<String>(), 0..4), status in any::<String>(),
        times in any::<(Option<i32>, Option<i32>)>(),
    ) {
        let moment = |second: Option<i32>| second.and_then(|second| jiff::Timestamp::from_second(i64::from(second)).ok());
        let record = RestoreRecord {
            job_name: called.map(JobName::new),
            status: RestoreStatus(status),
            start_time: moment(times.0),
            end_time: moment(times.1),
            source_site: Some(SiteId::new(site.clone())),
            snapshot_name: texts.first().cloned(),
            sub_tasks: texts.iter().map(|text| SubTask { name: Some(text.clone()), ..SubTask::default() }).collect(),
            restored_objects: texts,
            ..RestoreRecord::default()
        };
        match compose(&record, None, "latest", None) {
            Ok(text) => prop_assert_eq!(clean(&text).items.len(), 1),
            Err(why) => prop_assert!(site.is_empty() || !site.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{}", why),
        }
    }
}
