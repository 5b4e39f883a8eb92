//! What it asks of the store, and that it leaves it as it is.

use std::collections::BTreeMap;
use std::path::Path;

use reqwest::StatusCode;

use super::Serving;
use crate::cli::APPLY;
use crate::rig::{FAST, Ran, Rig};
use crate::store::places::{Place, at_both};

at_both!(
    an_older_and_a_newer_store_are_refused_and_not_brought_up_to_date,
    a_store_that_fails_is_told_without_its_address
);

/// Every file of a folder with its contents.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file());
    entries.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_file_is_changed_by_whoever_looks() {
    let rig = Rig::new().await;
    rig.run(&APPLY).await.code(0);
    rig.run(&[&APPLY[..], &["--again"]].concat()).await.code(0);
    let before = files(rig.folder.path());
    let serving = Serving::new(&rig).await;
    let id = serving.newest().await;
    let (run, file) = (format!("/runs/{id}"), format!("/runs/{id}/report.json"));
    for path in ["/", "/?plan=dr-weekly", "/plans", "/plans/dr-weekly", "/healthz", &run, &file] {
        serving.page(path).await;
    }
    // Neither the file nor what is on its way into it.
    let kept = |files: BTreeMap<String, Vec<u8>>| {
        ["state.db", "state.db-wal"].map(|name| files.get(name).cloned().unwrap_or_default())
    };
    let before = kept(before);
    assert!(kept(files(rig.folder.path())) == before);
    serving.stop("INT").await.code(0);
    assert!(kept(files(rig.folder.path())) == before);
    // Those who write are in nobody's way meanwhile.
    let serving = Serving::new(&rig).await;
    let run = rig.start(&[&APPLY[..], &["--again"]].concat());
    let listed = async {
        for _ in 0..40 {
            serving.page("/").await;
        }
    };
    let (ran, ()) = tokio::join!(run.wait_with_output(), listed);
    Ran::from(ran.unwrap()).code(0);
    serving.until("/", "3 runs").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a PostgreSQL server: .ci/postgres cargo test -- --include-ignored"]
async fn a_user_of_a_server_who_may_only_read_is_enough() {
    let mut rig = Rig::new().await;
    let place = Place::server().await;
    rig.state = place.said();
    rig.run(&APPLY).await.code(0);
    // Users are the whole server's, so it bears the name of the test's database.
    let (address, database) = rig.state.rsplit_once('/').unwrap();
    let user = format!("reader_of_{database}");
    let host = address.rsplit_once('@').unwrap().1;
    let state = format!("postgres://{user}:seldom@{host}/{database}");
    place
        .meddle(&format!(
            "CREATE ROLE {user} LOGIN PASSWORD 'seldom'; GRANT USAGE ON SCHEMA restorectl TO {user}; \
             GRANT SELECT ON ALL TABLES IN SCHEMA restorectl TO {user}"
        ))
        .await;
    rig.state = state;
    let serving = Serving::new(&rig).await;
    let id = serving.newest().await;
    assert!(serving.page(&format!("/runs/{id}")).await.contains("all succeeded"));
    assert_eq!(serving.page("/healthz").await, "ok\n");
    serving.stop("INT").await.code(0);
    place.meddle(&format!("DROP OWNED BY {user}; DROP ROLE {user}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_there_is_not_made() {
    let rig = Rig::new().await;
    rig.run(&["serve", "--listen", "127.0.0.1:0"]).await.code(1).says("there is no such file");
    assert!(!rig.path("state.db").exists());
    rig.write("state.db", "");
    rig.run(&["serve", "--listen", "127.0.0.1:0"]).await.code(1).says("it holds no tables of restorectl");
    assert_eq!(std::fs::read(rig.path("state.db")).unwrap(), b"");
    rig.write("state.db", &"this is no database".repeat(100));
    rig.run(&["serve", "--listen", "127.0.0.1:0"]).await.code(1).says("is damaged");
}

async fn an_older_and_a_newer_store_are_refused_and_not_brought_up_to_date(place: Place) {
    let mut rig = Rig::new().await;
    rig.state = place.said();
    drop(place.open().await);
    let (set, older) = match place {
        Place::File(_) => ("PRAGMA user_version =", "3"),
        Place::Server(_) => ("UPDATE @version SET version =", "2"),
    };
    for (version, words) in [("99", "use a newer one"), (older, "`restorectl runs list`, brings it up to date")] {
        place.meddle(&format!("{set} {version}")).await;
        let ran = rig.run(&["serve", "--listen", "127.0.0.1:0"]).await.code(1).says(words);
        assert_eq!(ran.stdout, "", "{version}");
        // Once more: nothing was changed by that.
        rig.run(&["serve", "--listen", "127.0.0.1:0"]).await.code(1).says(&format!("version {version}"));
    }
}

async fn a_store_that_fails_is_told_without_its_address(place: Place) {
    let mut rig = Rig::with(|config| config.throughput = FAST).await;
    rig.state = place.said();
    rig.run(&APPLY).await.code(0);
    let serving = Serving::with(&rig, &[], &[("RESTORECTL_STATE_PATIENCE", "100ms")]).await;
    let id = serving.newest().await;
    // One damaged run hides no other, and is not shown as anything.
    place.meddle("UPDATE @entries SET record = '{}' WHERE seq = 3").await;
    rig.run(&["apply", "plans/rename-table.yaml", "--env", "sim", "--auto-approve"]).await.code(0);
    let serving_anew = Serving::with(&rig, &[], &[]).await;
    let list = serving_anew.page("/").await;
    assert!(list.contains("can&#39;t be read") && list.contains("all succeeded"), "{list}");
    let page = serving_anew.get(&format!("/runs/{id}")).await;
    assert_eq!(page.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let page = page.text().await.unwrap();
    assert!(page.contains("is damaged, so nothing of it is shown") && !page.contains(&place.said()), "{page}");
    let ended = serving_anew.stop("INT").await.code(0);
    assert!(ended.stderr.contains("entry 3 of run") && ended.stderr.contains("is damaged"), "{}", ended.stderr);

    place.meddle("ALTER TABLE @runs RENAME TO gone").await;
    for path in ["/", "/plans", &format!("/runs/{id}"), &format!("/runs/{id}/events")] {
        let answer = serving.get(path).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
        let text = answer.text().await.unwrap();
        assert!(
            text.contains("The store can&#39;t be read") && !text.contains("state.db") && !text.contains("postgres"),
            "{text}"
        );
    }
    let ended = serving.stop("TERM").await.code(0);
    assert!(ended.stderr.contains("error: the state store at `"), "{}", ended.stderr);
}
