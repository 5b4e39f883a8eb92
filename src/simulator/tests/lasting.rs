use std::net::SocketAddr;

use serde_json::json;

use super::*;
use crate::simulator::SimulatorError;

#[tokio::test]
async fn a_restart_keeps_everything_and_goes_on() {
    let site = Rehearsal::begin(|config| {
        (config.throughput, config.site_limit) = (0, 1);
        config.faults = vec!["restore:warn=remembered,name=first".parse().unwrap()];
    })
    .await;
    let ids = [
        site.accepted(5002, &copy("first", HERE, None, &[renamed(table("ADW", "orders"), "o2")])).await,
        site.accepted(5002, &copy("second", HERE, None, &[renamed(table("ADW", "orders"), "o3")])).await,
    ];
    let log = site.read("/_sim/requests").await;
    let before = site.list().await;
    assert_eq!((&before[0]["status"], &before[1]["status"]), (&json!("RUNNING"), &json!("QUEUED")));
    let site = site.again(|config| (config.throughput, config.site_limit) = (0, 1)).await;
    assert_eq!(site.list().await, before);
    assert_eq!(site.creates().await, 2);
    let kept = site.read("/_sim/requests").await;
    assert_eq!(kept.as_array().unwrap()[..2], log.as_array().unwrap()[..2]);
    let site = site.again(|_| {}).await;
    let (first, second) = (site.ended(ids[0]).await, site.ended(ids[1]).await);
    assert_eq!((&first["status"], &first["warnings"]), (&json!("COMPLETED_WITH_WARNINGS"), &json!(["remembered"])));
    assert_eq!(second["status"], "COMPLETED_SUCCESSFULLY");
    let rows = site.rows(HERE, "ADW", "o2").await.unwrap();
    assert_eq!(rows.len(), 276);
    let site = site.again(|_| {}).await;
    assert_eq!(site.rows(HERE, "ADW", "o2").await.unwrap(), rows, "it is not seeded again");
    assert_eq!(site.list().await, [first, second]);
}

#[tokio::test]
async fn restores_end_while_nobody_asks() {
    let site = Rehearsal::begin(|_| {}).await;
    site.accepted(5002, &copy("r", HERE, None, &[renamed(table("ADW", "calendar"), "c2")])).await;
    let mut connection = open_file(&site.folder).await;
    for _ in 0..TRIES {
        let ended: i64 = sqlx::query_scalar("SELECT count(*) FROM sim_restores WHERE ended_at IS NOT NULL")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        if ended == 1 {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("nothing moved by itself");
}

#[tokio::test]
async fn a_restore_that_can_no_longer_be_carried_out_fails_alone() {
    let site = Rehearsal::begin(|config| config.throughput = 0).await;
    let id = site.accepted(5002, &copy("r", HERE, None, &[renamed(table("ADW", "calendar"), "c2")])).await;
    {
        let mut connection = open_file(&site.folder).await;
        sqlx::query("DROP TABLE \"backup-5002.ADW.calendar\"").execute(&mut connection).await.unwrap();
    }
    site.post("/_sim/throughput", &json!({"bytes_per_second": AT_ONCE})).await;
    let ended = site.ended(id).await;
    assert_eq!(ended["status"], "FAILED");
    assert!(ended["status_details"].as_str().unwrap().contains("the database refused"), "{ended}");
    assert_eq!(site.rows(HERE, "ADW", "c2").await, None);
}

#[tokio::test]
async fn a_folder_serves_one_simulator_and_its_owner() {
    let site = Rehearsal::begin(|_| {}).await;
    let second = start(config(&site.folder)).await.unwrap_err();
    assert!(matches!(second, SimulatorError::InUse { .. }), "{second}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = site.folder.path().join("site");
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        let mut seen = 0;
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path), 0o600, "{}", path.display());
            seen += 1;
        }
        assert!(seen >= 2);
    }
    site.simulator.stop().await;
    start(config(&site.folder)).await.unwrap().stop().await;
}

#[tokio::test]
async fn a_dropped_simulator_lets_go() {
    let site = Rehearsal::begin(|_| {}).await;
    drop(site.simulator);
    for _ in 0..TRIES {
        match start(config(&site.folder)).await {
            Ok(simulator) => return simulator.stop().await,
            Err(SimulatorError::InUse { .. }) => tokio::time::sleep(PAUSE).await,
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the folder is still held");
}

#[tokio::test]
async fn refuses_what_it_must_not_use() {
    let folder = tempfile::tempdir().unwrap();
    for addr in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let listen: SocketAddr = addr.parse().unwrap();
        let error = start(Config { listen, ..config(&folder) }).await.unwrap_err();
        assert!(matches!(error, SimulatorError::NotLoopback(_)), "{error}");
    }
    let error = start(Config { site_limit: 0, ..config(&folder) }).await.unwrap_err();
    assert!(matches!(error, SimulatorError::NoRoom), "{error}");
    assert!(!folder.path().join("site").exists(), "nothing was made");
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = start(Config { listen: taken.local_addr().unwrap(), ..config(&folder) }).await.unwrap_err();
    assert!(matches!(error, SimulatorError::Listen { .. }), "{error}");
    std::fs::create_dir(folder.path().join("site")).unwrap();
    let mut connection = open_file(&folder).await;
    sqlx::query("CREATE TABLE mine (a)").execute(&mut connection).await.unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let error = start(config(&folder)).await.unwrap_err();
    assert!(matches!(error, SimulatorError::Foreign { .. }), "{error}");
}
