use serde_json::json;

use super::*;

const DONE: &str = "COMPLETED_SUCCESSFULLY";

#[tokio::test]
async fn a_renamed_table_is_really_there_with_its_rows() {
    let site = Rehearsal::begin(|_| {}).await;
    let live = site.rows(HERE, "BANK_MARKETING", "glm_bank_marketing_model").await.unwrap();
    let objects = [renamed(table("BANK_MARKETING", "glm_bank_marketing_model"), "model_again")];
    let ended = site.restored(5002, &copy("r", HERE, None, &objects)).await;
    assert_eq!(ended["status"], DONE, "{ended}");
    let rows = site.rows(HERE, "BANK_MARKETING", "model_again").await.unwrap();
    // Two rows more than at first, as of the backup's second version.
    assert_eq!(rows.len(), 52);
    assert_ne!(rows, live, "the backup is older than what lives");
    assert_eq!(site.rows(HERE, "BANK_MARKETING", "glm_bank_marketing_model").await.unwrap(), live);
    assert_eq!(site.file_rows("TDICGC73149PP88.BANK_MARKETING.model_again").await, 52);
    assert_eq!(site.file_rows("backup-5002.BANK_MARKETING.glm_bank_marketing_model").await, 52);
    let task = &ended["restore_execution_sub_tasks"][0];
    assert_eq!(task["status"], DONE);
    assert!(task["restore_size"].as_i64().unwrap() > 1_000_000);
    assert_eq!(
        ended["restored_objects_status"],
        json!(["TABLE BANK_MARKETING.glm_bank_marketing_model to BANK_MARKETING.model_again: COMPLETED_SUCCESSFULLY"])
    );
}

#[tokio::test]
async fn an_existing_table_is_replaced() {
    let site = Rehearsal::begin(|_| {}).await;
    let before = site.rows(HERE, "BANKING", "accounts").await.unwrap();
    // Another case of the name, and another definition than that of the table it replaces.
    let objects = [renamed(table("RETAIL", "items"), "ACCOUNTS")];
    let ended = site.restored(7002, &copy("r", HERE, Some("banking"), &objects)).await;
    assert_eq!(ended["status"], DONE, "{ended}");
    let after = site.rows(HERE, "BANKING", "accounts").await.unwrap();
    assert_ne!(before, after);
    assert!(after[0]["price"].is_number(), "{}", after[0]);
    assert_eq!(site.objects(HERE, "BANKING").await, ["TABLE ACCOUNTS", "TABLE transactions"]);
}

#[tokio::test]
async fn older_and_newer_backups_differ() {
    let site = Rehearsal::begin(|_| {}).await;
    for (execution, name) in [(6001, "old"), (6004, "new")] {
        let ended =
            site.restored(execution, &copy(name, HERE, None, &[renamed(table("BANKING", "accounts"), name)])).await;
        assert_eq!(ended["status"], DONE);
    }
    let (old, new) =
        (site.rows(HERE, "BANKING", "old").await.unwrap(), site.rows(HERE, "BANKING", "new").await.unwrap());
    assert!(old.len() < new.len());
    assert!(old.iter().zip(&new).any(|(old, new)| old != new));
}

#[tokio::test]
async fn a_database_restore_drops_what_came_since_but_what_is_excluded() {
    let site = Rehearsal::begin(|_| {}).await;
    for name in ["since", "kept"] {
        site.restored(6004, &copy(name, HERE, Some("ADW"), &[renamed(table("BANKING", "accounts"), name)])).await;
    }
    let live = site.rows(HERE, "ADW", "orders").await.unwrap();
    let mut whole = object("DATABASE", "DBC", "ADW");
    whole["exclude_objects"] = json!([
        {"object_name": "kept", "object_type": "TABLE"}, {"object_name": "ORDERS", "object_type": "TABLE"}
    ]);
    let ended = site.restored(5002, &restore("whole", &[whole])).await;
    assert_eq!(ended["status"], DONE, "{ended}");
    assert_eq!(ended["restore_execution_sub_tasks"].as_array().unwrap().len(), 4);
    assert_eq!(
        site.objects(HERE, "ADW").await,
        ["TABLE calendar", "TABLE customer", "TABLE kept", "TABLE line_item", "TABLE orders", "VIEW order_totals"]
    );
    assert_eq!(site.rows(HERE, "ADW", "orders").await.unwrap(), live, "excluded: not restored either");
    assert_eq!(site.rows(HERE, "ADW", "customer").await.unwrap().len(), 132);
}

#[tokio::test]
async fn a_whole_database_goes_elsewhere() {
    let site = Rehearsal::begin(|_| {}).await;
    let whole = object("DATABASE", "DBC", "BANK_MARKETING");
    let all =
        ["TABLE campaign_contacts", "TABLE glm_bank_marketing_model", "TABLE model_scores", "MACRO refresh_scores"];
    // Under a new name it is created; where it is mapped to, the database must be there already.
    let ended = site.restored(5002, &copy("new", THERE, None, &[renamed(whole.clone(), "MARKETING_DR")])).await;
    assert_eq!(ended["status"], DONE, "{ended}");
    assert_eq!(site.objects(THERE, "MARKETING_DR").await, all);
    let ended = site.restored(5002, &copy("mapped", THERE, Some("ADW_DR"), std::slice::from_ref(&whole))).await;
    assert_eq!(ended["status"], DONE, "{ended}");
    assert_eq!(site.objects(THERE, "ADW_DR").await, all);
    let ended = site.restored(5002, &copy("missing", THERE, Some("NOWHERE"), &[whole])).await;
    assert_eq!(ended["status"], "FAILED");
    assert_eq!(ended["errors"], json!(["database NOWHERE does not exist at the target"]));
}

#[tokio::test]
async fn what_the_data_shows_to_be_wrong_fails_the_restore() {
    let site = Rehearsal::begin(|_| {}).await;
    for (execution, body, expected) in [
        (5002, copy("r", HERE, Some("NOWHERE"), &[table("ADW", "orders")]), "database NOWHERE does not exist"),
        (5002, copy("r", THERE, None, &[table("ADW", "orders")]), "database ADW does not exist at the target"),
        (5002, restore("r", &[table("ADW", "unheard_of")]), "holds no TABLE ADW.unheard_of"),
        (5002, restore("r", &[object("VIEW", "ADW", "orders")]), "holds no VIEW ADW.orders"),
        (6004, restore("r", &[object("DATABASE", "DBC", "ADW")]), "holds no DATABASE DBC.ADW"),
        (
            6004,
            copy("r", HERE, Some("ADW"), &[renamed(table("BANKING", "accounts"), "order_totals")]),
            "order_totals exists at the target as a VIEW",
        ),
    ] {
        let ended = site.restored(execution, &body).await;
        assert_eq!(ended["status"], "FAILED", "{body}");
        assert!(ended["status_details"].as_str().unwrap().contains(expected), "{ended}");
        assert!(ended["errors"][0].as_str().unwrap().contains(expected), "{ended}");
    }
    assert_eq!(site.objects(HERE, "ADW").await.len(), 5, "nothing changed");
}

#[tokio::test]
async fn a_site_runs_no_more_than_its_limit() {
    let site = Rehearsal::begin(|config| (config.throughput, config.site_limit) = (0, 2)).await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d"] {
        ids.push(site.accepted(5002, &copy(name, HERE, None, &[renamed(table("ADW", "calendar"), name)])).await);
    }
    let elsewhere = site.accepted(5002, &copy("e", THERE, Some("ADW_DR"), &[table("ADW", "calendar")])).await;
    let statuses: Vec<Value> = site.list().await.iter().map(|one| one["status"].clone()).collect();
    assert_eq!(statuses, ["RUNNING", "RUNNING", "QUEUED", "QUEUED", "RUNNING"]);
    assert_eq!(site.listed(ids[2]).await["start_time"], json!(null));
    site.post("/_sim/throughput", &json!({"bytes_per_second": AT_ONCE})).await;
    let mut spans = Vec::new();
    for id in ids {
        let ended = site.ended(id).await;
        assert_eq!(ended["status"], DONE);
        let time = |key: &str| ended[key].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        spans.push((time("start_time"), time("end_time")));
    }
    for (start, _) in &spans {
        let at_once = spans.iter().filter(|(from, to)| from <= start && start < to).count();
        assert!(at_once <= 2, "{at_once} ran at {start}");
    }
    assert_eq!(site.ended(elsewhere).await["status"], DONE);
}

#[tokio::test]
async fn a_second_restore_of_one_object_is_blocked_until_the_first_ends() {
    let site = Rehearsal::begin(|config| config.throughput = 0).await;
    let first = site.accepted(5001, &restore("first", &[object("DATABASE", "DBC", "ADW")])).await;
    let second = site.accepted(5002, &restore("second", &[table("ADW", "calendar")])).await;
    let other = site.accepted(5002, &restore("other", &[table("BANK_MARKETING", "model_scores")])).await;
    assert_eq!(site.listed(first).await["status"], "RUNNING");
    assert_eq!(site.listed(second).await["status"], "BLOCKED");
    assert_eq!(site.listed(other).await["status"], "RUNNING");
    site.post("/_sim/throughput", &json!({"bytes_per_second": AT_ONCE})).await;
    let (first, second) = (site.ended(first).await, site.ended(second).await);
    assert_eq!((&first["status"], &second["status"]), (&json!(DONE), &json!(DONE)));
    assert_eq!(second["start_time"], first["end_time"], "it starts the moment that the first lets go");
    // The second came last, so its backup's rows are there.
    assert_eq!(site.rows(HERE, "ADW", "calendar").await.unwrap().len(), 104);
    assert_eq!(site.rows(HERE, "ADW", "customer").await.unwrap().len(), 126);
}
