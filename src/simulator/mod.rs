//! A BaaS site that runs on this machine: a stand-in for rehearsal, for `demo` and for tests.
//!
//! It speaks the service's calls over HTTP on loopback, and has real rows in a SQLite database: a restore
//! copies them from a backup to its target when it completes. It is independent of restorectl's client
//! (it shares the wire types alone) and stricter than a friend would be: it is the judge in tests.
//!
//! How it is built: `server` accepts connections, `gate` logs requests and applies faults, `calls`
//! answers the service's calls and `admin` the simulator's own. What a restore means is decided without
//! effects: `work` (what a request asks for), `lifecycle` (what happens when), `record` (what is
//! shown). `course` moves the stored site on to a moment through `data_plane` and `restores`. One lock,
//! in `site`, makes every call see one true state; there is no state outside the database but the faults.
//!
//! Left out on purpose: nothing cancels a restore, because the service documents no way to.

#![allow(clippy::disallowed_methods, reason = "a server has clocks and files")]

mod admin;
mod calls;
mod catalogue;
mod course;
mod data_plane;
mod failure;
mod fault;
mod gate;
mod lifecycle;
mod moment;
mod record;
mod request_log;
mod restores;
mod sample;
mod server;
mod site;
mod store;
#[cfg(test)]
mod tests;
mod work;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use fault::{Call, Effect, Fault, FaultError};
use moment::Moment;
use site::Site;
use store::Store;

/// How a simulator is to run. It has no `Debug`, because it holds a password and a token.
#[derive(Clone)]
pub struct Config {
    /// Where to listen: loopback only; port 0 for any free one.
    pub listen: SocketAddr,
    /// The folder for the site's database; made, for its owner alone, if it isn't there.
    pub data: PathBuf,
    /// Bytes per second that every running restore moves; 0 makes the site stand still.
    pub throughput: u64,
    /// How many restores run at once per target site; at least 1. Others are QUEUED.
    pub site_limit: usize,
    /// How long a restore is QUEUED at least.
    pub queue_delay: Duration,
    /// What goes wrong from the start.
    pub faults: Vec<Fault>,
    /// The user whose login the create call must carry.
    pub user: String,
    /// That user's password.
    pub password: String,
    /// A bearer token that all of the service's calls must carry.
    pub bearer: Option<String>,
}

impl Config {
    /// The usual settings over a data folder: any free port, 200 MB/s, three restores at once.
    pub fn new(data: PathBuf) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data,
            throughput: 200_000_000,
            site_limit: 3,
            queue_delay: Duration::from_millis(500),
            faults: Vec::new(),
            user: "restore_operator".to_owned(),
            password: "rehearsal-only".to_owned(),
            bearer: None,
        }
    }
}

/// Why a simulator can't run.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// It would be reachable from other machines.
    #[error("the simulator listens on this machine only: `{0}` is no loopback address, use `127.0.0.1:PORT`")]
    NotLoopback(SocketAddr),
    /// No restore could ever run.
    #[error("the site's limit is 0, so that no restore could ever run: set it to 1 or more")]
    NoRoom,
    /// The address can't be had.
    #[error("can't listen on `{addr}`: choose another port, or 0 for any free one")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder can't be used.
    #[error("can't use the data folder `{}`", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another simulator works on the folder.
    #[error("another simulator uses the data folder `{}`: stop it, or choose another folder", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// There is a database that no simulator of this version made.
    #[error("`{}` was not made by this version of the simulator: choose another folder, or delete this one", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The database failed.
    #[error("the simulator's database failed")]
    Database(#[from] sqlx::Error),
}

/// A running simulator. It ends when it is stopped or dropped; what it was doing goes on at the next start.
#[derive(Debug)]
pub struct Simulator {
    addr: SocketAddr,
    stop: watch::Sender<()>,
    server: JoinHandle<()>,
    clockwork: JoinHandle<()>,
    site: SiteHandle,
}

/// Starts a simulator: with the sample data if the folder is new, else where it was.
///
/// # Errors
/// When the address is not loopback or not to be had, or the folder can't be used.
pub async fn start(config: Config) -> Result<Simulator, SimulatorError> {
    if !config.listen.ip().is_loopback() {
        return Err(SimulatorError::NotLoopback(config.listen));
    }
    if config.site_limit == 0 {
        return Err(SimulatorError::NoRoom);
    }
    let addr = config.listen;
    let unheard = |source| SimulatorError::Listen { addr, source };
    let listener = TcpListener::bind(addr).await.map_err(unheard)?;
    let addr = listener.local_addr().map_err(unheard)?;
    let (mut store, is_new) = Store::open(&config.data).await?;
    if is_new {
        sample::seed(&mut store, Moment::now()).await?;
    }
    // Up to now the site worked at its old pace, also while nobody ran it.
    course::advance(&mut store, config.site_limit, Moment::now()).await?;
    store.set_pace(Moment::now(), config.throughput).await?;
    store.trim_requests().await?;
    let site = Arc::new(Site::new(store, config));
    let (stop, stopped) = watch::channel(());
    let server = tokio::spawn(server::serve(listener, server::router(Arc::clone(&site)), stopped.clone()));
    let clockwork = tokio::spawn(run_clockwork(Arc::clone(&site), stopped));
    Ok(Simulator { addr, stop, server, clockwork, site: SiteHandle(site) })
}

async fn run_clockwork(site: Arc<Site>, mut stopped: watch::Receiver<()>) {
    tokio::select! {
        () = site.keep_moving() => {}
        _ = stopped.changed() => {}
    }
}

impl Simulator {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The base URL of the service's calls.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.addr, fault::BASE)
    }

    /// Stops listening, ends connections, and closes the database. Restores under way go on at the next start.
    pub async fn stop(self) {
        self.stop.send_replace(());
        for task in [self.server, self.clockwork] {
            if let Err(error) = task.await {
                tracing::error!(%error, "a part of the simulator broke off");
            }
        }
        if let Err(error) = self.site.0.close().await {
            tracing::error!(%error, "the simulator's database did not close well");
        }
    }
}

/// The site, without a `Debug` that could show its secrets.
struct SiteHandle(Arc<Site>);

impl std::fmt::Debug for SiteHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Site")
    }
}
