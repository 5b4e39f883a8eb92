//! What state a restore is in at what moment. Pure: everything follows from the moments at which
//! restores were accepted, their sizes, the pace of the site and its limit.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::moment::{Moment, Pace};
use super::work::Claim;

/// What the course of a restore that hasn't ended depends on.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    /// Its execution id; later ones are larger.
    pub(super) id: i64,
    /// Where it arrives: the site whose limit it counts against.
    pub(super) target_site: String,
    /// What it locks there.
    pub(super) claims: Vec<Claim>,
    /// From when on it may run.
    pub(super) ready_at: Moment,
    /// Since when it runs, if it does.
    pub(super) started_at: Option<Moment>,
    /// What it has to move.
    pub(super) effort: Effort,
}

/// How much there is to move, and how far it gets.
#[derive(Debug, Clone)]
pub(super) struct Effort {
    /// The bytes of every object, in order.
    pub(super) sizes: Vec<u64>,
    /// How many times longer than by its size it takes.
    pub(super) slowness: f64,
    /// How far it gets.
    pub(super) reach: Reach,
}

/// How far a restore gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// To its end.
    Whole,
    /// Half of its bytes, where it breaks off.
    BreaksHalfway,
    /// Half of its bytes, where it stands still for ever.
    StandsHalfway,
}

/// The next thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// When.
    pub(super) at: Moment,
    /// To which restore.
    pub(super) id: i64,
    /// What.
    pub(super) turn: Turn,
}

/// What can happen to a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    /// It ends. At one moment, endings come first: they make room.
    End,
    /// It starts to run.
    Start,
}

/// The state of a restore that hasn't ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It waits for its time or for room.
    Queued,
    /// It waits for another restore to let go of an object.
    Blocked,
    /// It works.
    Running,
}

/// The next step of all restores that haven't ended, if any ever comes. `cursor` is the moment of the
/// last step: the state as it is has held since then, so nothing can start before it.
pub(super) fn next_step(open: &[Facts], pace: &Pace, limit: usize, cursor: Moment) -> Option<Step> {
    let ends = open.iter().filter_map(|one| {
        let at = one.effort.ends_at(pace, one.started_at?)?;
        Some(Step { at, id: one.id, turn: Turn::End })
    });
    // Whether a restore may start depends only on those before it, so the first that may is the next.
    let starts = queue(open, limit).find(|(_, free)| *free == Place::Free).map(|(one, _)| Step {
        at: one.ready_at.max(cursor),
        id: one.id,
        turn: Turn::Start,
    });
    ends.chain(starts).min_by_key(|step| (step.at, step.turn, step.id))
}

/// The state of every restore at `now`, all steps up to then done.
pub(super) fn standings(open: &[Facts], limit: usize, now: Moment) -> HashMap<i64, Standing> {
    let running = open.iter().filter(|one| one.started_at.is_some()).map(|one| (one.id, Standing::Running));
    let waiting = queue(open, limit).map(|(one, place)| match place {
        Place::Locked if one.ready_at <= now => (one.id, Standing::Blocked),
        _ => (one.id, Standing::Queued),
    });
    running.chain(waiting).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Free,
    Full,
    Locked,
}

/// The restores that wait, in their order, and whether each could start. A restore never overtakes
/// one that it shares an object with; it does overtake others that must wait for something else.
fn queue(open: &[Facts], limit: usize) -> impl Iterator<Item = (&Facts, Place)> {
    let mut locked = Locks::default();
    let mut wanted = Locks::default();
    let mut busy: BTreeMap<&str, usize> = BTreeMap::new();
    for one in open.iter().filter(|one| one.started_at.is_some()) {
        locked.take(one);
        *busy.entry(&one.target_site).or_default() += 1;
    }
    let mut waiting: Vec<&Facts> = open.iter().filter(|one| one.started_at.is_none()).collect();
    waiting.sort_by_key(|one| (one.ready_at, one.id));
    waiting.into_iter().map(move |one| {
        let place = if locked.hold(one) {
            locked.take(one);
            Place::Locked
        } else if wanted.hold(one) || busy.get(one.target_site.as_str()).is_some_and(|busy| *busy >= limit) {
            wanted.take(one);
            Place::Full
        } else {
            Place::Free
        };
        (one, place)
    })
}

/// The objects that some restores hold, for a quick answer on whether another one touches them.
#[derive(Default)]
struct Locks<'a> {
    whole: HashSet<(&'a str, &'a str)>,
    touched: HashSet<(&'a str, &'a str)>,
    objects: HashSet<(&'a str, &'a str, &'a str)>,
}

impl<'a> Locks<'a> {
    fn take(&mut self, one: &'a Facts) {
        for claim in &one.claims {
            let database = (one.target_site.as_str(), claim.database.as_str());
            self.touched.insert(database);
            match &claim.object {
                None => self.whole.insert(database),
                Some(object) => self.objects.insert((database.0, database.1, object)),
            };
        }
    }

    fn hold(&self, one: &Facts) -> bool {
        one.claims.iter().any(|claim| {
            let database = (one.target_site.as_str(), claim.database.as_str());
            match &claim.object {
                None => self.touched.contains(&database),
                Some(object) => {
                    self.whole.contains(&database) || self.objects.contains(&(database.0, database.1, object.as_str()))
                }
            }
        })
    }
}

/// How far one object of a restore is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    /// When its turn came.
    pub(super) started_at: Option<Moment>,
    /// When all its bytes were there.
    pub(super) ended_at: Option<Moment>,
    /// The bytes that are there.
    pub(super) bytes: u64,
}

impl Effort {
    /// When a restore begun at `start` ends; never, where it stands still.
    pub(super) fn ends_at(&self, pace: &Pace, start: Moment) -> Option<Moment> {
        if self.reach == Reach::StandsHalfway {
            return None;
        }
        pace.reach(start, self.slowed(self.most()))
    }

    /// How far every object is at `now`. Objects come one after the other.
    pub(super) fn progress(&self, pace: &Pace, start: Moment, now: Moment) -> Vec<Progress> {
        let most = self.most();
        let by_now = |bytes: u64| pace.reach(start, self.slowed(bytes)).filter(|at| *at <= now && bytes <= most);
        let unslowed = pace.done(start, now) as f64 / self.slowness;
        // Casts of floats saturate, so that an absurd factor gives nothing or everything, and no panic.
        let done = (unslowed as u64).min(most);
        let mut before: u64 = 0;
        self.sizes
            .iter()
            .map(|size| {
                let after = before.saturating_add(*size);
                let (started_at, ended_at) = (by_now(before), by_now(after));
                let moved = if ended_at.is_some() { *size } else { done.saturating_sub(before).min(*size) };
                before = after;
                Progress { started_at, ended_at, bytes: moved }
            })
            .collect()
    }

    fn most(&self) -> u64 {
        let whole = self.sizes.iter().copied().fold(0, u64::saturating_add);
        if self.reach == Reach::Whole { whole } else { whole / 2 }
    }

    fn slowed(&self, bytes: u64) -> u64 {
        (bytes as f64 * self.slowness) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn restore(id: i64, ready_at: i64, bytes: u64, claims: &[&str]) -> Facts {
        let claim = |text: &&str| {
            let (database, object) = text.split_once('.').map_or((*text, None), |(a, b)| (a, Some(b)));
            Claim { database: database.into(), object: object.map(str::to_owned) }
        };
        Facts {
            id,
            target_site: "A".into(),
            claims: claims.iter().map(claim).collect(),
            ready_at: Moment(ready_at),
            started_at: None,
            effort: Effort { sizes: vec![bytes], slowness: 1.0, reach: Reach::Whole },
        }
    }

    /// Plays everything out at 1000 bytes per second and tells what happened.
    fn history(mut open: Vec<Facts>, limit: usize) -> Vec<String> {
        let pace = Pace::new(vec![(Moment(0), 1000)]);
        let mut cursor = Moment(0);
        let mut told = Vec::new();
        while let Some(step) = next_step(&open, &pace, limit, cursor) {
            assert!(step.at >= cursor, "time went back");
            cursor = step.at;
            told.push(format!("{} {:?} {}", step.at.0, step.turn, step.id));
            match step.turn {
                Turn::Start => open.iter_mut().find(|one| one.id == step.id).unwrap().started_at = Some(step.at),
                Turn::End => open.retain(|one| one.id != step.id),
            }
            let running = open.iter().filter(|one| one.started_at.is_some()).count();
            assert!(running <= limit, "{running} run at once");
        }
        told
    }

    #[test]
    fn a_full_site_queues() {
        let open = vec![restore(1, 10, 100, &["D.a"]), restore(2, 10, 50, &["D.b"]), restore(3, 20, 10, &["D.c"])];
        assert_eq!(history(open, 2), ["10 Start 1", "10 Start 2", "60 End 2", "60 Start 3", "70 End 3", "110 End 1"]);
    }

    #[test]
    fn sites_have_limits_of_their_own() {
        let elsewhere = Facts { target_site: "B".into(), ..restore(2, 10, 50, &["D.a"]) };
        let open = vec![restore(1, 10, 100, &["D.a"]), elsewhere];
        let told = history(open, 2);
        assert_eq!(told, ["10 Start 1", "10 Start 2", "60 End 2", "110 End 1"]);
    }

    #[test]
    fn a_locked_object_is_waited_for_and_others_pass_by() {
        let open = vec![
            restore(1, 0, 100, &["D"]),
            restore(2, 1, 10, &["D.a", "E.b"]),
            restore(3, 2, 10, &["E.b"]),
            restore(4, 3, 10, &["E.c"]),
        ];
        let mut running = open.clone();
        running[0].started_at = Some(Moment(0));
        let standing = standings(&running, 9, Moment(2));
        assert_eq!(standing[&1], Standing::Running);
        assert_eq!(standing[&2], Standing::Blocked);
        assert_eq!(standing[&3], Standing::Blocked, "it waits behind 2, which wants the same object");
        assert_eq!(standing[&4], Standing::Queued, "its time hasn't come");
        assert_eq!(
            history(open, 9),
            ["0 Start 1", "3 Start 4", "13 End 4", "100 End 1", "100 Start 2", "110 End 2", "110 Start 3", "120 End 3"]
        );
    }

    #[test]
    fn no_overtaking_on_one_object_in_a_full_site() {
        let open = vec![restore(1, 0, 100, &["D.a"]), restore(2, 1, 10, &["D.b"]), restore(3, 2, 10, &["D.b"])];
        let mut running = open.clone();
        running[0].started_at = Some(Moment(0));
        assert_eq!(standings(&running, 1, Moment(5))[&3], Standing::Queued);
        assert_eq!(
            history(open, 1),
            ["0 Start 1", "100 End 1", "100 Start 2", "110 End 2", "110 Start 3", "120 End 3"]
        );
    }

    #[test]
    fn what_stands_still_holds_its_locks_for_ever() {
        let mut stuck = restore(1, 0, 100, &["D.a"]);
        stuck.effort.reach = Reach::StandsHalfway;
        assert_eq!(history(vec![stuck, restore(2, 0, 10, &["D.a"])], 2), ["0 Start 1"]);
    }

    #[test]
    fn objects_come_one_after_the_other() {
        let pace = Pace::new(vec![(Moment(0), 1000)]);
        let effort = |slowness, reach| Effort { sizes: vec![100, 0, 300], slowness, reach };
        let shown = |effort: Effort, now| {
            let progress = effort.progress(&pace, Moment(1000), Moment(now));
            let show = |p: Progress| (p.started_at.map(|m| m.0), p.ended_at.map(|m| m.0), p.bytes);
            progress.into_iter().map(show).collect::<Vec<_>>()
        };
        let whole = || effort(1.0, Reach::Whole);
        assert_eq!(whole().ends_at(&pace, Moment(1000)), Some(Moment(1400)));
        assert_eq!(shown(whole(), 1050), [(Some(1000), None, 50), (None, None, 0), (None, None, 0)]);
        let middle = [(Some(1000), Some(1100), 100), (Some(1100), Some(1100), 0), (Some(1100), None, 100)];
        assert_eq!(shown(whole(), 1200), middle);
        assert_eq!(shown(effort(1.0, Reach::StandsHalfway), 9999), middle);
        assert_eq!(shown(whole(), 9999)[2], (Some(1100), Some(1400), 300));
        assert_eq!(effort(1.0, Reach::BreaksHalfway).ends_at(&pace, Moment(1000)), Some(Moment(1200)));
        assert_eq!(effort(2.5, Reach::Whole).ends_at(&pace, Moment(1000)), Some(Moment(2000)));
        assert_eq!(shown(effort(2.5, Reach::Whole), 1500)[2].2, 100);
    }

    fn touch(a: &Facts, b: &Facts) -> bool {
        let whole = |claim: &Claim| claim.object.is_none();
        a.target_site == b.target_site
            && a.claims.iter().any(|x| {
                b.claims.iter().any(|y| x.database == y.database && (whole(x) || whole(y) || x.object == y.object))
            })
    }

    proptest! {
        #[test]
        fn whatever_comes_in_limits_and_locks_hold_and_all_ends(
            asked in proptest::collection::vec(
                (0i64..50, 0u64..200, prop::sample::select(vec!["D", "D.a", "D.b", "E", "E.a"]), prop::bool::ANY),
                1..14,
            ),
            limit in 1usize..4,
        ) {
            let pace = Pace::new(vec![(Moment(0), 1_000), (Moment(60), 0), (Moment(90), 500)]);
            let mut open: Vec<Facts> = Vec::new();
            for (id, (ready_at, bytes, claim, elsewhere)) in (1..).zip(&asked) {
                let site = if *elsewhere { "B" } else { "A" };
                open.push(Facts { target_site: site.into(), ..restore(id, *ready_at, *bytes, &[claim]) });
            }
            let (mut cursor, mut ended, mut started) = (Moment(0), 0, Vec::new());
            while let Some(step) = next_step(&open, &pace, limit, cursor) {
                prop_assert!(step.at >= cursor);
                cursor = step.at;
                let index = open.iter().position(|one| one.id == step.id).unwrap();
                if step.turn == Turn::End {
                    open.remove(index);
                    ended += 1;
                    continue;
                }
                prop_assert!(open[index].ready_at <= step.at);
                open[index].started_at = Some(step.at);
                started.push(open[index].clone());
                let running: Vec<&Facts> = open.iter().filter(|one| one.started_at.is_some()).collect();
                for site in ["A", "B"] {
                    prop_assert!(running.iter().filter(|one| one.target_site == site).count() <= limit);
                }
                for (position, one) in running.iter().enumerate() {
                    prop_assert!(running[..position].iter().all(|other| !touch(one, other)));
                }
            }
            prop_assert_eq!(ended, asked.len());
            // Of two that touch one object, the one that was ready first goes first.
            for (position, later) in started.iter().enumerate() {
                for earlier in started[..position].iter().filter(|earlier| touch(earlier, later)) {
                    prop_assert!((earlier.ready_at, earlier.id) < (later.ready_at, later.id));
                }
            }
        }
    }
}
