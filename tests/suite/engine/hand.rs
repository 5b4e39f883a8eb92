//! A machine that a test drives event by event.

use std::sync::Arc;

use restorectl::changeset::Changeset;
use restorectl::engine::{Effect, Event, Machine};
use restorectl::journal::{Entry, ItemState, Progress, Record};
use restorectl::model::*;

use crate::drill::{decided, execution, start};

/// A machine driven by hand: what it creates and lists, in order.
pub struct ByHand {
    pub machine: Machine,
    pub creates: Vec<String>,
    pub lists: Vec<String>,
    /// The items whose restores were asked for one by one.
    pub single: Vec<String>,
    /// The items that were looked for among the restores of their backup executions.
    pub searches: Vec<String>,
    /// What is answered to that, again and again.
    pub found: Result<Option<Vec<RestoreRecord>>, String>,
    pub records: Vec<Entry>,
    pub wake: Option<jiff::Timestamp>,
}

impl ByHand {
    pub fn start(plan: &Plan) -> Self {
        Self::carries_out(&Self::changeset(plan))
    }

    /// What is to be done about a plan of which nothing is there.
    pub fn changeset(plan: &Plan) -> Changeset {
        let sites = [SiteId::new("PROD"), SiteId::new("DR"), SiteId::new("DR2")];
        let database = Database { name: ObjectName::bare("DRILL").unwrap(), kind: None };
        let snapshot = Snapshot {
            taken_at: start(),
            executions: plan.items.iter().map(|i| (i.source.key(), Reading::Read(vec![execution()]))).collect(),
            restores: sites.iter().map(|s| (s.clone(), Reading::Read(vec![]))).collect(),
            databases: sites.iter().map(|s| (s.clone(), Reading::Read(vec![database.clone()]))).collect(),
            permissions: Default::default(),
            objects: Default::default(),
            attempts: vec![],
            settled: false,
        };
        let guard = Guard { allow_replace: true, ..Guard::default() };
        let changeset = decided(plan, &snapshot, guard, false);
        assert_eq!(changeset.count(Action::Create), plan.items.len(), "{changeset:#?}");
        changeset
    }

    pub fn carries_out(changeset: &Changeset) -> Self {
        let machine = Machine::new(changeset);
        let mut by_hand = Self {
            machine,
            creates: vec![],
            lists: vec![],
            single: vec![],
            searches: vec![],
            found: Ok(Some(vec![])),
            records: vec![],
            wake: None,
        };
        by_hand.tell(Event::Started, 0);
        by_hand
    }

    pub fn tell(&mut self, event: Event, seconds: u64) {
        let step = self.machine.handle(event, Millis::from_secs(seconds).after(start())).unwrap();
        let mut answers = Vec::new();
        for effect in step.effects {
            match effect {
                Effect::Create { item, .. } => self.creates.push(item.to_string()),
                Effect::List { site } => self.lists.push(site.to_string()),
                Effect::Search { item, .. } => {
                    self.searches.push(item.to_string());
                    answers.push(Event::Searched { item, result: self.found.clone() });
                }
                Effect::Show { item, .. } => self.single.push(item.to_string()),
            }
        }
        self.records.extend(step.records);
        self.wake = step.wake;
        answers.into_iter().for_each(|answer| self.tell(answer, seconds));
    }

    pub fn reply(&mut self, item: &str, outcome: CreateOutcome, seconds: u64) {
        self.tell(Event::Replied { item: Slug::parse(item).unwrap(), outcome }, seconds);
    }

    /// The site shows the item's last attempt with this status, and nothing else.
    pub fn shows(&mut self, item: &str, status: &str, seconds: u64) {
        self.lists(&[(item, status)], seconds);
    }

    /// The site shows the last attempts of these items, each with its status, and nothing else.
    pub fn lists(&mut self, shown: &[(&str, &str)], seconds: u64) {
        self.tell(Event::Woken, seconds);
        let restores = shown.iter().map(|(item, status)| self.restore(item, status)).map(Arc::new).collect();
        self.tell(Event::Listed { site: SiteId::new("PROD"), result: Ok(restores) }, seconds);
    }

    /// The item's last attempt, as the site would show it with this status.
    pub fn restore(&self, item: &str, status: &str) -> RestoreRecord {
        let attempts = &self.progress(item).attempts;
        RestoreRecord {
            job_name: Some(attempts.last().unwrap().job_name.clone()),
            execution_id: Some(attempts.len().to_string()),
            status: RestoreStatus(status.into()),
            ..RestoreRecord::default()
        }
    }

    pub fn progress(&self, item: &str) -> &Progress {
        &self.machine.state().items[&Slug::parse(item).unwrap()]
    }

    /// How an item ended, and why; none while it hasn't.
    pub fn end(&self, item: &str) -> Option<(End, &str)> {
        let progress = self.machine.state().items.get(&Slug::parse(item).unwrap())?;
        match progress.state {
            ItemState::Ended(end) => Some((end, &progress.ended.as_ref().unwrap().1)),
            _ => None,
        }
    }

    /// What was said of how many may be in flight: the number, and why.
    pub fn concurrency(&self) -> Vec<(u32, String)> {
        let said = |entry: &Entry| match &entry.record {
            Record::Concurrency { allowed, reason } => Some((*allowed, reason.clone())),
            _ => None,
        };
        self.records.iter().filter_map(said).collect()
    }
}

pub fn applied() -> CreateOutcome {
    CreateOutcome::Applied { resource_id: Some(ResourceId::new("1")) }
}

pub fn busy(seconds: u64) -> CreateOutcome {
    CreateOutcome::Rejected { message: "429".into(), retry: true, wait_ms: Some(Millis::from_secs(seconds)) }
}
