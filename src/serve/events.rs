//! What happens in a run, sent to a browser as it happens (server-sent events).

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde_json::json;

use super::Shared;
use super::failure::Failure;
use super::files::unknown;
use super::watchers::{News, Told, Watcher, watch};
use crate::journal::Reader as _;
use crate::model::RunId;

/// How often something is sent while nothing happens, so that whoever is in between keeps the connection.
const ALIVE: Duration = Duration::from_secs(15);

/// How long a browser waits before it connects again.
const AGAIN: Duration = Duration::from_secs(2);

/// The events of a run: how it stands, and then again whenever that changes, until it is over.
pub(super) async fn events(State(shared): State<Arc<Shared>>, Path(run): Path<String>) -> Result<Response, Failure> {
    let id = RunId::new(run.as_str());
    // Asked before anybody watches: only a run that is there is looked at.
    let there = shared.store.is_there(&id).await.map_err(|error| Failure::store(&shared, error))?;
    if !there {
        return Err(unknown(&run));
    }
    let watcher = watch(&shared, &id)?;
    let events = stream::unfold(Some(Sending { watcher, sent: 0 }), |sending| async { sending?.next().await });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)).into_response())
}

/// What was sent to one who watches.
struct Sending {
    watcher: Watcher,
    sent: u64,
}

impl Sending {
    /// The next event, and who goes on; nobody after the last one.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Option<Self>)> {
        loop {
            let told = self.watcher.told.borrow_and_update().clone();
            if let Some(told) = told.filter(|told| told.number > self.sent) {
                self.sent = told.number;
                let is_last = told.news.is_last();
                return Some((Ok(event(&told)), (!is_last).then_some(self)));
            }
            let goes_on = tokio::select! {
                changed = self.watcher.told.changed() => changed.is_ok(),
                _ = self.watcher.stop.changed() => false,
            };
            if !goes_on {
                return None;
            }
        }
    }
}

fn event(told: &Told) -> Event {
    let (name, data) = match &told.news {
        News::Update(parts) => ("update", serde_json::to_string(&**parts)),
        News::End(parts) => ("end", serde_json::to_string(&**parts)),
        News::Trouble(words) => ("trouble", Ok(json!({ "words": &**words }).to_string())),
        News::Over(words) => ("over", Ok(json!({ "words": &**words }).to_string())),
    };
    Event::default().event(name).retry(AGAIN).data(data.unwrap_or_default())
}
