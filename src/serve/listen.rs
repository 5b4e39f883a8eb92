//! The HTTP server's loop: bounded in connections and in patience, and stopped in order.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// How many connections are open at once; others wait to be accepted.
const CONNECTIONS: usize = 256;
/// How long a request's head is waited for, also on a connection that was used before.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);
/// A request's head has so many bytes at most.
const HEAD_LIMIT: usize = 16 * 1024;
/// How long open connections may take to end when the server stops.
const FAREWELL: Duration = Duration::from_millis(500);
/// The rest after an accept that failed, as when the system has no file left to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves connections until `stop` changes or its sender is gone.
pub(super) async fn serve(listener: TcpListener, router: Router, mut stop: watch::Receiver<()>) {
    let mut connections = JoinSet::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accept = async {
            let place = Arc::clone(&room).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accept => accepted,
            Some(_) = connections.join_next() => continue,
            _ = stop.changed() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let serving = connection(stream, router.clone(), stop.clone());
                connections.spawn(async move {
                    serving.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    // What hasn't ended by then is cut off with the set.
    drop(tokio::time::timeout(FAREWELL, ended).await);
}

async fn connection(stream: TcpStream, router: Router, mut stop: watch::Receiver<()>) {
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE).max_buf_size(HEAD_LIMIT);
    let connection = server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stop.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
