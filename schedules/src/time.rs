//! Virtual time, and the executor that lets it pass: nothing runs but what was woken, and the clock jumps to the next
//! moment that somebody waits for.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use jiff::Timestamp;
use restorectl::model::Millis;
use restorectl::ports::Clock;

/// When every schedule begins.
pub fn start() -> Timestamp {
    Timestamp::from_second(1_795_000_000).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A clock; clones are handles to the same one.
#[derive(Debug, Clone, Default)]
pub struct Time(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    /// Milliseconds since the start.
    now: u64,
    timers: BTreeMap<(u64, u64), Alarm>,
    made: u64,
    stopped: bool,
}

enum Alarm {
    Wake(Waker),
    Do(Box<dyn FnOnce() + Send>),
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ms", self.now)
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Time {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Milliseconds since the start.
    pub fn millis(&self) -> u64 {
        self.lock().now
    }

    /// Waits.
    pub fn sleep(&self, millis: u64) -> Sleep {
        let until = self.lock().now.saturating_add(millis);
        Sleep { time: self.clone(), until, timer: None }
    }

    /// Has something done then.
    pub fn at(&self, moment: u64, what: impl FnOnce() + Send + 'static) {
        let mut inner = self.lock();
        inner.made += 1;
        let key = (moment, inner.made);
        inner.timers.insert(key, Alarm::Do(Box::new(what)));
    }

    /// Stops whoever runs on this clock where it stands, as `kill -9` does.
    pub fn stop(&self) {
        self.lock().stopped = true;
    }

    /// Runs a future to its end, or until somebody calls [`Self::stop`] or this much time has passed: it gives nothing
    /// then. Who drops it has killed the runner, and who runs it again had it stand still.
    ///
    /// # Panics
    /// When the future waits for nothing that could come.
    pub fn run<F: Future + ?Sized>(&self, mut future: Pin<&mut F>, at_most: u64) -> Option<F::Output> {
        self.lock().stopped = false;
        let until = self.millis().saturating_add(at_most);
        let flag = Arc::new(Flag(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&flag));
        let mut context = Context::from_waker(&waker);
        loop {
            while flag.0.swap(false, Ordering::Relaxed) {
                let polled = future.as_mut().poll(&mut context);
                if let Poll::Ready(output) = polled {
                    return Some(output);
                }
                if self.lock().stopped {
                    return None;
                }
            }
            match self.advance(until) {
                Some(Alarm::Wake(waker)) => waker.wake(),
                Some(Alarm::Do(what)) => what(),
                None => return None,
            }
        }
    }

    /// Runs futures side by side until one of them ends, or somebody calls [`Self::stop`] while one runs: tells which, and
    /// what it came to. Gives nothing where this much time has passed before. Empty places are passed by.
    ///
    /// # Panics
    /// When all of them wait for nothing that could come.
    pub fn race<F: Future + ?Sized>(
        &self,
        futures: &mut [Option<Pin<Box<F>>>],
        at_most: u64,
    ) -> Option<(usize, Option<F::Output>)> {
        self.lock().stopped = false;
        let until = self.millis().saturating_add(at_most);
        let flags: Vec<Arc<Flag>> = futures.iter().map(|_| Arc::new(Flag(AtomicBool::new(true)))).collect();
        loop {
            for (at, (future, flag)) in futures.iter_mut().zip(&flags).enumerate() {
                let Some(future) = future else { continue };
                let waker = Waker::from(Arc::clone(flag));
                while flag.0.swap(false, Ordering::Relaxed) {
                    if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                        return Some((at, Some(output)));
                    }
                    if self.lock().stopped {
                        return Some((at, None));
                    }
                }
            }
            match self.advance(until) {
                Some(Alarm::Wake(waker)) => waker.wake(),
                Some(Alarm::Do(what)) => what(),
                None => return None,
            }
        }
    }

    /// Lets time pass without anybody running.
    pub fn pass(&self, millis: u64) {
        let until = self.millis().saturating_add(millis);
        while let Some(alarm) = self.advance(until) {
            match alarm {
                // Whoever stands still finds itself awake when it goes on.
                Alarm::Wake(waker) => waker.wake(),
                Alarm::Do(what) => what(),
            }
        }
    }

    /// Goes to the next moment that somebody waits for; none: that is after `until`, which it is now.
    fn advance(&self, until: u64) -> Option<Alarm> {
        let mut inner = self.lock();
        let next = inner.timers.first_key_value().map(|((moment, _), _)| *moment).filter(|moment| *moment <= until);
        assert!(next.is_some() || until < u64::MAX, "everybody waits for ever");
        let Some(moment) = next else {
            inner.now = until;
            return None;
        };
        inner.now = inner.now.max(moment);
        inner.timers.pop_first().map(|(_, alarm)| alarm)
    }
}

/// A wait.
#[derive(Debug)]
pub struct Sleep {
    time: Time,
    until: u64,
    timer: Option<(u64, u64)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let time = self.time.clone();
        let mut inner = time.lock();
        if let Some(timer) = self.timer.take() {
            inner.timers.remove(&timer);
        }
        if inner.now >= self.until {
            return Poll::Ready(());
        }
        inner.made += 1;
        let key = (self.until, inner.made);
        inner.timers.insert(key, Alarm::Wake(context.waker().clone()));
        drop(inner);
        self.timer = Some(key);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer {
            self.time.lock().timers.remove(&timer);
        }
    }
}

/// A wall clock, which somebody sets; clones are handles to the same one.
#[derive(Debug, Clone, Default)]
pub struct Wall(Arc<AtomicI64>);

impl Wall {
    /// Sets it forward or back by so many milliseconds. It is never wrong by more than `MOST_WRONG`.
    pub fn leap(&self, by: i64) {
        let ahead = self.0.load(Ordering::Relaxed).saturating_add(by).clamp(-MOST_WRONG, MOST_WRONG);
        self.0.store(ahead, Ordering::Relaxed);
    }

    /// What it shows.
    pub fn shows(&self, time: &Time) -> Timestamp {
        let true_one = time.now();
        let ahead = self.0.load(Ordering::Relaxed);
        Timestamp::from_millisecond(true_one.as_millisecond().saturating_add(ahead)).unwrap_or(true_one)
    }
}

/// How wrong a wall clock may be, in milliseconds: half a day.
const MOST_WRONG: i64 = 12 * 3_600_000;

/// The clock of a runner, which does as the real one: it reads the wall clock once, when the runner begins, and moves on by
/// the steady one.
#[derive(Debug, Clone)]
pub struct HostClock {
    time: Time,
    wall: Wall,
    began: Timestamp,
    began_at: u64,
    /// A fault: it is nothing but the wall clock.
    leaps: bool,
}

impl HostClock {
    /// The clock of a runner that begins now, at a host with this wall clock. One that `leaps` has a fault.
    pub fn new(time: Time, wall: Wall, leaps: bool) -> Self {
        let (began, began_at) = (wall.shows(&time), time.millis());
        Self { time, wall, began, began_at, leaps }
    }
}

impl Clock for HostClock {
    fn now(&self) -> Timestamp {
        match self.leaps {
            true => self.wall(),
            false => Millis(self.time.millis() - self.began_at).after(self.began),
        }
    }

    fn wall(&self) -> Timestamp {
        self.wall.shows(&self.time)
    }

    async fn sleep_until(&self, moment: Timestamp) {
        self.time.sleep(Millis::between(self.now(), moment).0).await;
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        Millis(self.millis()).after(start())
    }

    async fn sleep_until(&self, moment: Timestamp) {
        let millis = Millis::between(self.now(), moment).0;
        self.sleep(millis).await;
    }
}
