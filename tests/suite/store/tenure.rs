//! What a runner does for its lease, in virtual time, and with clocks that go wrong.

use std::pin::pin;
use std::sync::Mutex;

use jiff::Timestamp;
use restorectl::engine::Tenure;
use restorectl::journal::{Lease, Store as _, StoreError, TERM};
use restorectl::ports::Clock;

use super::behaviours::plan;
use crate::claims::claim;
use crate::schedules::bodies::life::{FOREVER, World};
use crate::schedules::bodies::site::Faults;
use crate::schedules::bodies::store::Journal;
use crate::schedules::bodies::time::Time;

/// Virtual time, with a wall clock that somebody sets.
struct OddClock {
    steady: Time,
    ahead_ms: Mutex<i64>,
}

impl Clock for OddClock {
    fn now(&self) -> Timestamp {
        self.steady.now()
    }

    fn wall(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now().as_millisecond() + *self.ahead_ms.lock().unwrap()).unwrap()
    }

    async fn sleep_until(&self, moment: Timestamp) {
        self.steady.sleep_until(moment).await;
    }
}

/// Does something in virtual time, over a journal in memory.
fn virtually(what: impl AsyncFnOnce(Time, Journal)) {
    let world = World::new(0, crate::drill::plan(vec![]), Faults::default(), None);
    let doing = pin!(what(world.site.time().clone(), world.journal.clone()));
    world.site.time().run(doing, FOREVER).expect("it ends");
}

async fn held(store: &Journal) -> Lease {
    store.take(&claim(&plan(), "test", "ada", TERM), &[]).await.unwrap()
}

async fn take_over(store: &Journal, lease: &Lease) {
    store.take(&claim(&plan(), "test", "ben", TERM), &[lease.token]).await.unwrap();
}

#[test]
fn it_is_renewed_in_time_for_as_long_as_it_takes() {
    virtually(async |clock, store| {
        let tenure = Tenure::begin(held(&store).await, &clock, &store).await.unwrap();
        tokio::select! {
            biased;
            lost = tenure.keep() => panic!("{lost}"),
            () = clock.sleep(600_000) => {}
        }
        let renewed = store.renewals();
        assert!((40..=42).contains(&renewed), "every 15 seconds: {renewed:?}");
    });
}

#[test]
fn a_store_that_is_away_ends_nothing_and_one_that_was_lost_does() {
    virtually(async |clock, store| {
        let lease = held(&store).await;
        let tenure = Tenure::begin(lease.clone(), &clock, &store).await.unwrap();
        store.away(true);
        tokio::select! {
            biased;
            lost = tenure.keep() => panic!("{lost}"),
            () = clock.sleep(600_000) => {}
        }
        // But nothing may be begun in that time.
        assert!(matches!(tenure.assure().await, Err(StoreError::Unreadable { .. })));
        store.away(false);
        tenure.assure().await.unwrap();
        take_over(&store, &lease).await;
        let lost = tokio::select! {
            biased;
            lost = tenure.keep() => lost,
            () = clock.sleep(16_000) => panic!("it is told within a beat"),
        };
        assert!(
            matches!(&lost, StoreError::LeaseLost { now: Some(now), .. } if now.holder.operator == "ben@here"),
            "{lost}"
        );
    });
}

#[test]
fn it_is_sure_for_three_quarters_of_its_term_and_asks_then() {
    virtually(async |clock, store| {
        let lease = held(&store).await;
        let tenure = Tenure::begin(lease.clone(), &clock, &store).await.unwrap();
        let asked = store.renewals();
        clock.sleep(44_000).await;
        tenure.assure().await.unwrap();
        assert_eq!(store.renewals(), asked, "the store isn't asked before every create");
        // The process stood still for so long that another may have it; and another has.
        take_over(&store, &lease).await;
        clock.sleep(2_000).await;
        assert!(matches!(tenure.assure().await, Err(StoreError::LeaseLost { .. })));
    });
}

#[test]
fn neither_clock_hides_what_the_other_shows() {
    virtually(async |steady, store| {
        let clock = OddClock { steady: steady.clone(), ahead_ms: Mutex::new(3_600_000) };
        let lease = held(&store).await;
        let tenure = Tenure::begin(lease.clone(), &clock, &store).await.unwrap();
        let asked = store.renewals();
        tenure.assure().await.unwrap();
        assert_eq!(store.renewals(), asked, "a clock that is an hour wrong is no reason");
        // The machine slept: only the wall clock went on.
        *clock.ahead_ms.lock().unwrap() += 3_600_000;
        tenure.assure().await.unwrap();
        assert_eq!(store.renewals(), asked + 1);
        // Somebody set the wall clock back: only the steady one went on.
        *clock.ahead_ms.lock().unwrap() -= 7_200_000;
        steady.sleep(50_000).await;
        tenure.assure().await.unwrap();
        assert_eq!(store.renewals(), asked + 2);
    });
}

#[test]
fn who_lost_it_before_the_beginning_does_not_begin() {
    virtually(async |clock, store| {
        let lease = held(&store).await;
        take_over(&store, &lease).await;
        assert!(matches!(Tenure::begin(lease, &clock, &store).await, Err(StoreError::LeaseLost { .. })));
    });
}
