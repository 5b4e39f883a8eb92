//! Shows runs to browsers: an HTTP server that reads the state store and writes nothing, neither there nor elsewhere.
//!
//! Every request passes `guard` first: its host, its method and its token. The pages come from [`report`](crate::report);
//! this module reads the store for them, follows runs that go on, and gives reports out as files.

mod access;
mod events;
mod failure;
mod files;
mod guard;
mod pages;
mod session;
mod summaries;
mod throttle;
mod watchers;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use hyper_util::service::TowerToHyperService;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

pub use self::access::{Access, AccessError};
use self::summaries::Summaries;
use self::watchers::Watchers;
use crate::journal::{Holder, Ownership, Reader as _, StateStore, StoreError};
use crate::listen;
use crate::model::RunId;
use crate::report::Life;

/// How often a run that somebody watches is looked at.
const PERIOD: Duration = Duration::from_secs(1);

/// How many connections are open at once.
const CONNECTIONS: usize = 256;

/// How many reports are made at once: one of a large run takes a core for a second.
const AT_ONCE: usize = 2;

/// What the server is to do, and what it can't do itself.
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The token that is wanted; none: whoever reaches it may see everything.
    pub access: Option<Access>,
    /// Names under which it may be asked for, besides those of this machine.
    pub hosts: Vec<String>,
    /// The store, opened to be read.
    pub store: StateStore,
    /// The time.
    pub now: fn() -> Timestamp,
    /// Whether a process is known to be gone.
    pub is_gone: fn(&Holder) -> bool,
    /// Says something to whoever runs the server.
    pub say: Box<dyn Fn(&str) + Send + Sync>,
}

/// Why it can't serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Others would see everything.
    #[error(
        "`{0}` can be reached from other machines, so a token is wanted: say where it is with `--token-file PATH` or \
         `--token-env NAME`, or listen on `127.0.0.1:{port}`", port = .0.port()
    )]
    Open(SocketAddr),
    /// The address can't be had.
    #[error("can't listen on `{addr}`: choose another port, or 0 for any free one")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
}

/// What all requests share.
struct Shared {
    store: StateStore,
    access: Option<Access>,
    guard: guard::Hosts,
    now: fn() -> Timestamp,
    is_gone: fn(&Holder) -> bool,
    say: Box<dyn Fn(&str) + Send + Sync>,
    summaries: Summaries,
    watchers: Watchers,
    /// Whoever makes a report, or reads a run to follow it, holds one of these until that is done.
    making: Arc<Semaphore>,
    stop: watch::Receiver<()>,
}

impl Shared {
    /// Whether a run without an end still goes on.
    async fn life(&self, id: &RunId) -> Result<Life, StoreError> {
        Ok(match self.store.ownership(id).await? {
            Ownership::Lost => Life::Gone,
            Ownership::Held { lease, .. } if (self.is_gone)(&lease.holder) => Life::Gone,
            Ownership::Held { lease, is_over: true } => Life::Silent(lease.until),
            Ownership::Held { .. } => Life::GoesOn,
        })
    }
}

/// A running server. It ends when it is stopped or dropped.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

/// Starts a server.
///
/// # Errors
/// When others could reach it without a token, or the address is not to be had.
pub async fn start(config: Config) -> Result<Server, ServeError> {
    if config.access.is_none() && !config.listen.ip().is_loopback() {
        return Err(ServeError::Open(config.listen));
    }
    let addr = config.listen;
    let unheard = |source| ServeError::Listen { addr, source };
    let listener = TcpListener::bind(addr).await.map_err(unheard)?;
    let addr = listener.local_addr().map_err(unheard)?;
    let (stop, stopped) = watch::channel(());
    let shared = Arc::new(Shared {
        store: config.store,
        access: config.access,
        guard: guard::Hosts::new(addr.ip(), config.hosts),
        now: config.now,
        is_gone: config.is_gone,
        say: config.say,
        summaries: Summaries::default(),
        watchers: Watchers::default(),
        making: Arc::new(Semaphore::new(AT_ONCE)),
        stop: stopped.clone(),
    });
    let task = tokio::spawn(listen::serve(listener, TowerToHyperService::new(router(shared)), CONNECTIONS, stopped));
    Ok(Server { addr, stop, task })
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(pages::runs))
        .route("/runs", get(pages::to_the_list))
        .route("/runs/{run}", get(pages::run))
        .route("/runs/{run}/events", get(events::events))
        .route("/runs/{run}/{file}", get(files::file))
        .route("/plans", get(pages::plans))
        .route("/plans/{plan}", get(pages::history))
        .route("/healthz", get(pages::health))
        .route("/login", post(session::log_in).get(session::page))
        .fallback(pages::nothing)
        .layer(from_fn_with_state(Arc::clone(&shared), guard::pass))
        .with_state(shared)
}

impl Server {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops listening, ends connections and those who watch runs.
    pub async fn stop(self) {
        self.stop.send_replace(());
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the server broke off");
        }
    }
}

#[cfg(test)]
mod tests;
