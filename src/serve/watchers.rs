//! Who watches runs. Each run is looked at by one task, however many watch it, and by none once nobody does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use super::failure::Failure;
use super::files::{aside, failure};
use super::{PERIOD, Shared};
use crate::journal::{Bookmark, Reader as _};
use crate::model::RunId;
use crate::report::{Follow, Life, Parts};

/// How many watch at once.
const ROOM: usize = 64;

/// How often the forecast is sent while nothing else changes: it would change each second.
const FORECAST: u32 = 5;

/// What is told to whoever watches.
#[derive(Debug, Clone)]
pub(super) struct Told {
    /// Grows with each.
    pub(super) number: u64,
    pub(super) news: News,
}

#[derive(Debug, Clone)]
pub(super) enum News {
    /// How the run stands now.
    Update(Arc<Parts>),
    /// It stands as it will stay.
    End(Arc<Parts>),
    /// How it stands can't be seen at the moment; in a sentence.
    Trouble(Arc<str>),
    /// How it stands can't be seen, and won't be; in a sentence.
    Over(Arc<str>),
}

impl News {
    /// Whether nothing comes after it.
    pub(super) fn is_last(&self) -> bool {
        matches!(self, Self::End(_) | Self::Over(_))
    }
}

/// Everyone who watches.
#[derive(Debug)]
pub(super) struct Watchers {
    runs: Mutex<BTreeMap<RunId, watch::Sender<Option<Told>>>>,
    room: Arc<Semaphore>,
}

impl Default for Watchers {
    fn default() -> Self {
        Self { runs: Mutex::default(), room: Arc::new(Semaphore::new(ROOM)) }
    }
}

/// One who watches a run.
#[derive(Debug)]
pub(super) struct Watcher {
    pub(super) told: watch::Receiver<Option<Told>>,
    pub(super) stop: watch::Receiver<()>,
    _place: OwnedSemaphorePermit,
}

/// Begins to watch a run that is there.
///
/// # Errors
/// When too many watch already.
pub(super) fn watch(shared: &Arc<Shared>, id: &RunId) -> Result<Watcher, Failure> {
    let watchers = &shared.watchers;
    let place = Arc::clone(&watchers.room).try_acquire_owned().map_err(|_| Failure::Crowded)?;
    let mut runs = watchers.runs.lock().unwrap_or_else(PoisonError::into_inner);
    let told = match runs.get(id) {
        Some(sender) => sender.subscribe(),
        None => {
            let (sender, told) = watch::channel(None);
            runs.insert(id.clone(), sender.clone());
            tokio::spawn(look(Arc::clone(shared), id.clone(), sender));
            told
        }
    };
    Ok(Watcher { told, stop: shared.stop.clone(), _place: place })
}

/// How many runs are looked at.
#[cfg(test)]
pub(super) fn looked_at(shared: &Shared) -> usize {
    shared.watchers.runs.lock().unwrap_or_else(PoisonError::into_inner).len()
}

/// Looks at a run until it is over, or nobody watches any more.
async fn look(shared: Arc<Shared>, id: RunId, sender: watch::Sender<Option<Told>>) {
    let mut stop = shared.stop.clone();
    let mut looking = Looking::default();
    let mut number = 0;
    loop {
        let began = Instant::now();
        let news = looking.next(&shared, &id).await;
        let is_last = news.as_ref().is_some_and(News::is_last);
        if let Some(news) = news {
            number += 1;
            sender.send_replace(Some(Told { number, news }));
        }
        {
            // Under the lock, so that nobody comes between the question and the end.
            let mut runs = shared.watchers.runs.lock().unwrap_or_else(PoisonError::into_inner);
            if is_last || sender.receiver_count() == 0 {
                runs.remove(&id);
                return;
            }
        }
        // A look that took long is followed by a rest as long.
        let rest = PERIOD.max(began.elapsed());
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            _ = stop.changed() => return,
        }
    }
}

/// What was seen of a run so far.
#[derive(Debug, Default)]
struct Looking {
    follow: Option<(Follow, Option<Bookmark>)>,
    /// The last entry and the life that were told, and the forecast.
    told: Option<(u64, Life, String)>,
    quiet: u32,
    in_trouble: bool,
    /// Whether its lease was lost when it was last looked at.
    was_gone: bool,
}

impl Looking {
    /// What there is to tell now, if anything.
    async fn next(&mut self, shared: &Shared, id: &RunId) -> Option<News> {
        match self.look(shared, id).await {
            Ok(news) => news,
            Err(Failure::Store) => {
                // Said once, and told again to those who come later by the channel.
                self.told = None;
                let is_news = !std::mem::replace(&mut self.in_trouble, true);
                is_news.then(|| News::Trouble(format!("{} It is tried again.", Failure::Store.words()).into()))
            }
            // What isn't there, or can't be read, won't be read better in a second.
            Err(failure) => Some(News::Over(failure.words().into())),
        }
    }

    async fn look(&mut self, shared: &Shared, id: &RunId) -> Result<Option<News>, Failure> {
        let trouble = |error| match self.in_trouble {
            true => Failure::Store,
            false => Failure::store(shared, error),
        };
        let pruned = || Failure::NotFound("This run has been pruned.".to_owned());
        match &mut self.follow {
            None => {
                let turn = Arc::clone(&shared.making).acquire_owned().await.map_err(|_| Failure::Crowded)?;
                let begun = shared.store.begin(id).await.map_err(trouble)?;
                let (run, entries, bookmark) = begun.ok_or_else(pruned)?;
                let follow = aside(turn, move || Follow::new(&run, &entries)).await;
                let follow = follow.map_err(|error| failure(shared, error))?;
                self.follow = Some((follow.map_err(Failure::report)?, bookmark));
            }
            Some((follow, Some(bookmark))) => {
                let added = shared.store.since(id, *bookmark).await.map_err(trouble)?;
                let (entries, now_at) = added.ok_or_else(pruned)?;
                follow.hear(&entries).map_err(Failure::report)?;
                *bookmark = now_at;
            }
            Some((_, None)) => {}
        }
        let Some((follow, _)) = &self.follow else { return Ok(None) };
        let life = if follow.has_ended() { Life::GoesOn } else { shared.life(id).await.map_err(trouble)? };
        self.in_trouble = false;
        // It may have come to its end and given its lease back between the two readings: whoever lost the lease writes no more,
        // so the next look has all.
        if life == Life::Gone && !std::mem::replace(&mut self.was_gone, true) {
            return Ok(None);
        }
        let now = (shared.now)();
        let forecast = follow.forecast(now);
        self.quiet = self.quiet.saturating_add(1);
        let is_new = self.told.as_ref().is_none_or(|(seq, lived, told)| {
            (*seq, *lived) != (follow.seq(), life) || self.quiet >= FORECAST && *told != forecast
        });
        if !is_new {
            return Ok(None);
        }
        self.quiet = 0;
        self.told = Some((follow.seq(), life, forecast));
        let parts = Arc::new(follow.parts(life, now));
        Ok(Some(if follow.has_ended() || life == Life::Gone { News::End(parts) } else { News::Update(parts) }))
    }
}
