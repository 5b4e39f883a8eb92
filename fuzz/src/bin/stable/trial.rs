//! One input at a time, watched: a panic is caught, and what never ends is ended.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use restorectl_fuzz::Target;

/// How long one input may take. Far more than any needs, also on a slow machine.
const LONGEST: Duration = Duration::from_secs(60);

/// Runs inputs.
pub struct Trials {
    begun: Instant,
    /// When the present input was begun, in milliseconds from then on; 0: there is none.
    present: Arc<AtomicU64>,
    /// What the last panic said.
    last_words: Arc<Mutex<String>>,
    /// Holds the present input, for the case that the whole process dies of it.
    current: PathBuf,
}

impl Trials {
    /// Begins to watch.
    pub fn begin() -> Self {
        let trials = Self {
            begun: Instant::now(),
            present: Arc::default(),
            last_words: Arc::default(),
            current: super::corpus::scratch().join("current"),
        };
        let words = Arc::clone(&trials.last_words);
        let (trying, usual) = (Arc::clone(&trials.present), std::panic::take_hook());
        std::panic::set_hook(Box::new(move |info| {
            // While no input is tried, it is the runner itself that fails.
            match trying.load(Ordering::Acquire) {
                0 => usual(info),
                _ => *words.lock().unwrap() = info.to_string(),
            }
        }));
        let (begun, present, current) = (trials.begun, Arc::clone(&trials.present), trials.current.clone());
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(Duration::from_secs(1));
                let since = present.load(Ordering::Acquire);
                if since > 0 && begun.elapsed() > Duration::from_millis(since) + LONGEST {
                    println!("an input takes longer than {LONGEST:?}: {}", current.display());
                    std::process::exit(1);
                }
            }
        });
        trials
    }

    /// Runs one input: the rules that it met, or what went wrong.
    pub fn run(&self, target: &Target, input: &[u8]) -> Result<Vec<&'static str>, String> {
        std::fs::write(&self.current, input).unwrap();
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap().max(1);
        self.present.store(now, Ordering::Release);
        let outcome = std::panic::catch_unwind(|| (target.run)(input));
        self.present.store(0, Ordering::Release);
        let mut met = outcome.map_err(|_| std::mem::take(&mut *self.last_words.lock().unwrap()))?;
        met.sort_unstable();
        met.dedup();
        Ok(met)
    }
}
