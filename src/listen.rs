//! The loop of an HTTP server: bounded in connections and in patience, and stopped in order.
//!
//! axum's own loop bounds neither, and can't close a connection without an answer, as the simulator's faults want it.

use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// How long a request's head is waited for, also on a connection that was used before.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);
/// A request's head has so many bytes at most.
const HEAD_LIMIT: usize = 16 * 1024;
/// How long open connections may take to end when the server stops.
const FAREWELL: Duration = Duration::from_millis(500);
/// The rest after an accept that failed, as when the system has no file left to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves connections until `stop` changes or its sender is gone. At most so many are open at once; others wait to be
/// accepted. Where the service fails, its connection closes without an answer.
pub(crate) async fn serve<S>(listener: TcpListener, service: S, most: usize, mut stop: watch::Receiver<()>)
where
    S: Service<Request<Incoming>, Response = Response<Body>, Future: Send, Error: Into<Box<dyn Error + Send + Sync>>>
        + Clone
        + Send
        + 'static,
{
    let mut connections = JoinSet::new();
    let room = Arc::new(Semaphore::new(most));
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
                let serving = connection(stream, service.clone(), stop.clone());
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

async fn connection<S>(stream: TcpStream, service: S, mut stop: watch::Receiver<()>)
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error: Into<Box<dyn Error + Send + Sync>>>,
{
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE).max_buf_size(HEAD_LIMIT);
    let mut connection = pin!(server.serve_connection(TokioIo::new(stream), service));
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
