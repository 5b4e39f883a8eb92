//! What several resolutions found, each problem once.
//!
//! A plan is checked for one environment after another, and an environment for one plan after another, so the same
//! problem comes again and again. Here it is told once, with where it was found; and each pair of plan and environment
//! keeps its own counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::collection::Trace;
use super::{Diagnostic, Diagnostics, Place, Severity, Sources};

/// A plan, and the environment that it was checked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The plan's file, as the user gave it.
    pub plan: String,
    /// The environment. None: the plan was checked alone.
    pub environment: Option<EnvironmentFile>,
}

/// An environment as plans are checked for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnvironmentFile {
    /// Its name.
    pub name: String,
    /// Its file, as the user gave it or as it was found.
    pub file: String,
}

/// A pair with how much was found in it, each problem counted that concerns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The pair.
    pub pair: Pair,
    /// How many errors there are.
    pub errors: usize,
    /// How many warnings there are.
    pub warnings: usize,
}

/// A problem, and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The problem.
    pub diagnostic: Diagnostic,
    /// The pairs that it was found in, as they are numbered in [`Collation::checked`].
    pub pairs: Vec<usize>,
    /// The names of the environments that it was found in; empty where it doesn't depend on the environment, or where its
    /// place says which one it is.
    pub only_in: Vec<String>,
}

/// All that was found, sorted by file and place.
#[derive(Debug, Clone, Default)]
pub struct Collation {
    sources: Sources,
    checked: Vec<Checked>,
    findings: Vec<Finding>,
    errors: usize,
    warnings: usize,
}

impl Collation {
    /// Brings the diagnostics of several resolutions together.
    pub fn new(resolutions: impl IntoIterator<Item = (Pair, Diagnostics)>) -> Self {
        let mut gathered = Gathered::default();
        for (pair, found) in resolutions {
            gathered.add(pair, found);
        }
        gathered.finish()
    }

    /// The texts that the findings point into.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Every pair, in the order in which they were checked.
    pub fn checked(&self) -> &[Checked] {
        &self.checked
    }

    /// Every problem that is kept.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many different errors were found, with those that are not kept.
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// How many different warnings were found, with those that are not kept.
    pub fn warnings(&self) -> usize {
        self.warnings
    }

    /// How many of both are not kept, because one pair had more than a resolution keeps.
    pub fn not_kept(&self) -> usize {
        self.errors + self.warnings - self.findings.len()
    }

    /// How many plans were checked.
    pub fn plans(&self) -> usize {
        self.checked.iter().map(|checked| &checked.pair.plan).collect::<BTreeSet<_>>().len()
    }

    /// How many environments they were checked for.
    pub fn environments(&self) -> usize {
        self.checked.iter().filter_map(|checked| checked.pair.environment.as_ref()).collect::<BTreeSet<_>>().len()
    }
}

/// A collation under construction.
#[derive(Debug, Default)]
struct Gathered {
    sources: Sources,
    checked: Vec<Checked>,
    findings: Vec<Finding>,
    /// Where each problem is among the findings.
    known: HashMap<(&'static str, Option<Place>, String), usize>,
    /// What is left of the problems that were not kept.
    beyond: BTreeSet<Trace>,
}

impl Gathered {
    fn add(&mut self, pair: Pair, found: Diagnostics) {
        let number = self.checked.len();
        self.checked.push(Checked { pair, errors: found.errors(), warnings: found.warnings() });
        if found.is_empty() {
            return;
        }
        let (sources, kept, beyond) = found.into_parts();
        self.sources.absorb(sources);
        self.beyond.extend(beyond);
        for diagnostic in kept {
            let identity = (diagnostic.rule, diagnostic.place.clone(), diagnostic.message.clone());
            match self.known.get(&identity).and_then(|index| self.findings.get_mut(*index)) {
                Some(known) => known.join(number, diagnostic),
                None => {
                    self.known.insert(identity, self.findings.len());
                    self.findings.push(Finding { diagnostic, pairs: vec![number], only_in: Vec::new() });
                }
            }
        }
    }

    fn finish(self) -> Collation {
        let Self { sources, checked, mut findings, mut beyond, .. } = self;
        let mut pairs_of: BTreeMap<&str, usize> = BTreeMap::new();
        for checked in &checked {
            *pairs_of.entry(&checked.pair.plan).or_default() += 1;
        }
        for finding in &mut findings {
            finding.only_in = only_in(finding, &checked, &pairs_of);
            beyond.remove(&finding.diagnostic.trace());
        }
        findings.sort_by(|a, b| order(&a.diagnostic).cmp(&order(&b.diagnostic)));
        let count = |severity: Severity| {
            let kept = findings.iter().filter(|finding| finding.diagnostic.severity == severity).count();
            kept + beyond.iter().filter(|(_, of)| *of == severity).count()
        };
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        Collation { sources, checked, findings, errors, warnings }
    }
}

impl Finding {
    /// Takes in the same problem from another pair.
    fn join(&mut self, pair: usize, same: Diagnostic) {
        self.pairs.push(pair);
        for related in same.related {
            if !self.diagnostic.related.contains(&related) {
                self.diagnostic.related.push(related);
            }
        }
    }
}

/// By file and place; what has no place comes last.
fn order(diagnostic: &Diagnostic) -> impl Ord + '_ {
    let place = diagnostic.place.as_ref().map(|place| (&place.file, place.span.start, place.span.end));
    (place.is_none(), place, diagnostic.severity, diagnostic.rule, &diagnostic.message)
}

/// The environments that a problem was found in, if that is not all that its plans were checked for.
fn only_in(finding: &Finding, checked: &[Checked], pairs_of: &BTreeMap<&str, usize>) -> Vec<String> {
    let pairs = || finding.pairs.iter().filter_map(|number| checked.get(*number)).map(|checked| &checked.pair);
    let mut found_in: BTreeMap<&str, usize> = BTreeMap::new();
    for pair in pairs() {
        *found_in.entry(&pair.plan).or_default() += 1;
    }
    let place = finding.diagnostic.place.as_ref().map(|place| place.file.as_str());
    let everywhere = found_in.iter().all(|(plan, count)| pairs_of.get(plan) == Some(count));
    let says_itself = |pair: &Pair| pair.environment.as_ref().is_some_and(|of| place == Some(of.file.as_str()));
    if everywhere || pairs().all(says_itself) {
        return Vec::new();
    }
    let names: BTreeSet<&String> = pairs().filter_map(|pair| Some(&pair.environment.as_ref()?.name)).collect();
    names.into_iter().cloned().collect()
}
