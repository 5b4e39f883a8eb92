//! Claims to leases, for tests of stores.

use restorectl::journal::{Claim, Holder, Run, Store, TERM};
use restorectl::model::{Millis, Slug};

pub fn holder(name: &str) -> Holder {
    Holder {
        operator: format!("{name}@here"),
        host: "here".into(),
        boot: "this".into(),
        pid_space: String::new(),
        pid: 7,
        started: "1".into(),
    }
}

pub fn claim(plan: &Slug, environment: &str, name: &str, term: Millis) -> Claim {
    Claim { plan: plan.clone(), environment: environment.into(), share: None, holder: holder(name), term }
}

/// The claim of somebody at another machine, of whom nobody here can tell whether he is alive.
pub fn elsewhere(plan: &Slug, environment: &str) -> Claim {
    let claim = claim(plan, environment, "cleo", TERM);
    Claim { holder: Holder { host: "elsewhere".into(), boot: "other".into(), ..claim.holder }, ..claim }
}

/// Opens a run as whoever finds that the last holder of its lease is gone.
pub async fn open(store: &impl Store, run: &Run) {
    let left: Vec<u64> =
        store.leases(&run.plan, &run.environment).await.unwrap().into_iter().map(|left| left.token).collect();
    let claim = claim(&run.plan, &run.environment, "test", TERM);
    let lease = store.take(&claim, &left).await.unwrap();
    store.open_run(run, &lease).await.unwrap();
}
