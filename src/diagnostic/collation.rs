//! What several resolutions found, each problem once.
//!
//! A plan is checked for one environment after another, and an environment for one plan after another, so the same
//! problem comes again and again. Here it is told once, with where it was found; and each pair of plan and environment
//! keeps its own counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::collection::Trace;
use super::{Allowed, Diagnostic, Diagnostics, Place, Severity, Sources};

/// A plan, and the environment that it was checked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The plan's file, as the user gave it.
    pub plan: String,
    /// The environment. None: the plan was checked alone.
    pub environment: Option<EnvironmentFile>,
}

impl Pair {
    /// The files that it names.
    pub fn files(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.plan).chain(self.environment.as_ref().map(|environment| &environment.file))
    }
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
    /// The plans that it was found in, where it has no place to say so and there are several.
    pub plans: Vec<String>,
}

/// All that was found, sorted by file and place.
#[derive(Debug, Clone, Default)]
pub struct Collation {
    sources: Sources,
    checked: Vec<Checked>,
    findings: Vec<Finding>,
    errors: usize,
    warnings: usize,
    allowed: Vec<Allowed>,
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

    /// Leaves out what a rule found in some pairs and not in all that read the file: what is idle for one environment
    /// may be needed for another.
    #[must_use]
    pub fn where_all_agree(mut self, rule: &str) -> Self {
        let checked = &mut self.checked;
        let warnings = &mut self.warnings;
        self.findings.retain(|finding| {
            let file = finding.diagnostic.place.as_ref().map_or("", |place| place.file.as_str());
            let own = checked.iter().filter(|checked| checked.pair.files().any(|own| own == file)).count();
            // A file that is no pair's own is included by plans, or extended by environments: by which, nobody says here.
            let all = if own == 0 { checked.len() } else { own };
            let agreed = finding.diagnostic.rule != rule || finding.pairs.len() == all;
            if !agreed {
                *warnings = warnings.saturating_sub(1);
                for number in &finding.pairs {
                    if let Some(pair) = checked.get_mut(*number) {
                        pair.warnings = pair.warnings.saturating_sub(1);
                    }
                }
            }
            agreed
        });
        self
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

    /// The warnings that are allowed, each once, in the same order.
    pub fn allowed(&self) -> &[Allowed] {
        &self.allowed
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
    /// How many errors and warnings of each plan nothing is left of. Those of its environments are taken for the same.
    dropped: BTreeMap<String, (usize, usize)>,
    allowed: Vec<Allowed>,
}

impl Gathered {
    fn add(&mut self, pair: Pair, mut found: Diagnostics) {
        let number = self.checked.len();
        let (known, more) = (self.dropped.entry(pair.plan.clone()).or_default(), found.dropped());
        *known = (known.0.max(more.0), known.1.max(more.1));
        self.checked.push(Checked { pair, errors: found.errors(), warnings: found.warnings() });
        let allowed = found.take_allowed();
        if found.is_empty() && allowed.is_empty() {
            return;
        }
        self.allowed.extend(allowed);
        let (sources, kept, beyond) = found.into_parts();
        self.sources.absorb(sources);
        self.beyond.extend(beyond);
        for diagnostic in kept {
            let identity = (diagnostic.rule, diagnostic.place.clone(), diagnostic.message.clone());
            match self.known.get(&identity).and_then(|index| self.findings.get_mut(*index)) {
                Some(known) => known.join(number, diagnostic),
                None => {
                    self.known.insert(identity, self.findings.len());
                    self.findings.push(Finding { pairs: vec![number], ..Finding::alone(diagnostic) });
                }
            }
        }
    }

    fn finish(self) -> Collation {
        let Self { sources, checked, mut findings, mut beyond, dropped, mut allowed, .. } = self;
        let mut pairs_of: BTreeMap<&str, usize> = BTreeMap::new();
        for checked in &checked {
            *pairs_of.entry(&checked.pair.plan).or_default() += 1;
        }
        for finding in &mut findings {
            finding.only_in = only_in(finding, &checked, &pairs_of);
            if finding.diagnostic.place.is_none() && pairs_of.len() > 1 {
                let plans = finding.pairs.iter().filter_map(|number| Some(&checked.get(*number)?.pair.plan));
                finding.plans = plans.collect::<BTreeSet<_>>().into_iter().cloned().collect();
            }
            beyond.remove(&finding.diagnostic.trace());
        }
        findings.sort_by(|a, b| order(&a.diagnostic).cmp(&order(&b.diagnostic)));
        allowed.sort_by(|a, b| order(&a.diagnostic).cmp(&order(&b.diagnostic)));
        allowed.dedup_by(|a, b| a.diagnostic.identity() == b.diagnostic.identity());
        let count = |severity: Severity| {
            let kept = findings.iter().filter(|finding| finding.diagnostic.severity == severity).count();
            kept + beyond.iter().filter(|(_, of)| *of == severity).count()
        };
        let errors = count(Severity::Error) + dropped.values().map(|(errors, _)| errors).sum::<usize>();
        let warnings = count(Severity::Warning) + dropped.values().map(|(_, warnings)| warnings).sum::<usize>();
        Collation { sources, checked, findings, errors, warnings, allowed }
    }
}

impl Finding {
    /// One that nothing is told of but the problem.
    pub(super) fn alone(diagnostic: Diagnostic) -> Self {
        Self { diagnostic, pairs: Vec::new(), only_in: Vec::new(), plans: Vec::new() }
    }

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

#[cfg(test)]
mod tests {
    use super::super::{Draft, Look, Sources, Span, overview};
    use super::*;

    fn pair(plan: &str, environment: Option<&str>) -> Pair {
        let environment =
            environment.map(|name| EnvironmentFile { name: name.into(), file: format!("envs/{name}.yaml") });
        Pair { plan: plan.into(), environment }
    }

    /// A resolution that found these: rule, file, first byte, message, and the file of a related place.
    fn found(all: &[(&'static str, &str, usize, &str, Option<&str>)]) -> Diagnostics {
        capped(all, 100)
    }

    fn capped(all: &[(&'static str, &str, usize, &str, Option<&str>)], cap: usize) -> Diagnostics {
        let mut sources = Sources::default();
        let mut span = |path: &str, start| Span { file: sources.add(path, "0123456789".into()), start, end: start + 1 };
        let drafts = all.iter().map(|(rule, path, start, message, related)| Draft {
            rule,
            severity: if rule.starts_with('W') { Severity::Warning } else { Severity::Error },
            message: (*message).to_owned(),
            span: (!path.is_empty()).then(|| span(path, *start)),
            pointer: String::new(),
            hint: None,
            related: related.iter().map(|path| (span(path, 1), format!("in {path}"))).collect(),
        });
        let drafts = drafts.collect();
        Diagnostics::new(sources, drafts, cap)
    }

    fn told(collation: &Collation) -> Vec<(&str, &[usize], Vec<&str>)> {
        let told = collation.findings().iter().map(|finding| {
            let only_in = finding.only_in.iter().map(String::as_str).collect();
            (finding.diagnostic.rule, finding.pairs.as_slice(), only_in)
        });
        told.collect()
    }

    #[test]
    fn a_problem_is_told_once_with_the_environments_that_have_it_unless_all_do() {
        let everywhere = ("E1", "a.yaml", 5, "m", None);
        let collation = Collation::new([
            (pair("a.yaml", Some("prod")), found(&[everywhere, ("E2", "a.yaml", 3, "m", None)])),
            (pair("a.yaml", Some("sim")), found(&[everywhere])),
            (pair("a.yaml", Some("staging")), found(&[everywhere, ("E2", "a.yaml", 3, "m", None)])),
        ]);
        let expected: Vec<(&str, &[usize], Vec<&str>)> =
            vec![("E2", &[0, 2], vec!["prod", "staging"]), ("E1", &[0, 1, 2], vec![])];
        assert_eq!(told(&collation), expected);
        assert_eq!((collation.errors(), collation.plans(), collation.environments()), (2, 1, 3));
        let counts: Vec<usize> = collation.checked().iter().map(|checked| checked.errors).collect();
        assert_eq!(counts, [2, 1, 2], "each pair keeps its own count");
        let text = overview(&collation, Look::default());
        assert!(text.contains("= note: in environments `prod`, `staging`"), "{text}");
        assert!(
            text.contains("invalid  a.yaml with prod, staging: 2 errors\ninvalid  a.yaml with sim: 1 error\n"),
            "{text}"
        );
    }

    #[test]
    fn an_environments_own_problem_is_told_once_and_its_place_says_where() {
        let own = ("E1", "envs/prod.yaml", 0, "m", None);
        let base = ("E2", "envs/_base.yaml", 0, "m", None);
        let collation = Collation::new([
            (pair("a.yaml", Some("prod")), found(&[own, base])),
            (pair("a.yaml", Some("sim")), found(&[])),
            (pair("b.yaml", Some("prod")), found(&[own, base])),
            (pair("b.yaml", Some("sim")), found(&[])),
        ]);
        let expected: Vec<(&str, &[usize], Vec<&str>)> = vec![("E2", &[0, 2], vec!["prod"]), ("E1", &[0, 2], vec![])];
        assert_eq!(told(&collation), expected);
    }

    #[test]
    fn problems_differ_by_rule_place_or_message_and_keep_all_that_is_related() {
        let collation = Collation::new([
            (
                pair("a.yaml", Some("x")),
                found(&[("E1", "a.yaml", 1, "m", Some("x.yaml")), ("E1", "a.yaml", 2, "m", None)]),
            ),
            (
                pair("a.yaml", Some("y")),
                found(&[("E1", "a.yaml", 1, "m", Some("y.yaml")), ("E1", "a.yaml", 2, "n", None)]),
            ),
        ]);
        let messages: Vec<(&str, usize)> =
            collation.findings().iter().map(|f| (f.diagnostic.message.as_str(), f.diagnostic.related.len())).collect();
        assert_eq!(messages, [("m", 2), ("m", 0), ("n", 0)]);
    }

    #[test]
    fn sorted_by_file_and_place_and_what_has_none_comes_last() {
        let collation = Collation::new([
            (pair("b.yaml", None), found(&[("E0", "", 0, "m", None), ("E1", "b.yaml", 1, "m", None)])),
            (pair("a.yaml", None), found(&[("E2", "a.yaml", 7, "m", None), ("W3", "a.yaml", 2, "m", None)])),
        ]);
        let rules: Vec<&str> = collation.findings().iter().map(|finding| finding.diagnostic.rule).collect();
        assert_eq!(rules, ["W3", "E2", "E1", "E0"]);
        assert_eq!(collation.findings()[3].plans, ["b.yaml"], "there is no place to say so");
        assert_eq!(collation.findings()[2].plans, Vec::<String>::new());
        assert!(told(&collation).iter().all(|(_, _, only_in)| only_in.is_empty()));
    }

    #[test]
    fn what_a_resolution_did_not_keep_is_counted_once_all_the_same() {
        let all: Vec<(&'static str, &str, usize, &str, Option<&str>)> =
            (0..8).map(|start| (if start < 6 { "E1" } else { "W1" }, "a.yaml", start, "m", None)).collect();
        // The second pair keeps others than the first, and has one that the first hasn't.
        let collation = Collation::new([
            (pair("a.yaml", Some("x")), capped(&all[..7], 2)),
            (pair("a.yaml", Some("y")), capped(&all[1..], 2)),
        ]);
        assert_eq!(collation.findings().len(), 3);
        assert_eq!((collation.errors(), collation.warnings(), collation.not_kept()), (6, 2, 5));
        let text = overview(&collation, Look { most: 2, ..Look::default() });
        assert!(text.contains("not shown: 6 more problems"), "{text}");
    }

    #[test]
    fn a_mask_of_one_resolution_holds_in_all() {
        let masked = |mask: bool| {
            let mut sources = Sources::default();
            let file = sources.add("e.yaml", "secret: hunter2".into());
            let span = Span { file, start: 8, end: 15 };
            if mask {
                sources.mask(span);
            }
            let draft = Draft {
                rule: "E1",
                severity: Severity::Error,
                message: "m".into(),
                span: Some(span),
                pointer: String::new(),
                hint: None,
                related: Vec::new(),
            };
            Diagnostics::new(sources, vec![draft], 1)
        };
        let pairs = || (pair("a.yaml", Some("x")), pair("b.yaml", Some("x")));
        for first in [true, false] {
            let (a, b) = pairs();
            let text = overview(&Collation::new([(a, masked(first)), (b, masked(!first))]), Look::default());
            assert!(text.contains("********") && !text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn what_is_idle_in_one_environment_only_is_left_out() {
        let idle: (&'static str, &str, usize, &str, Option<&str>) = ("R007", "p.yaml", 0, "idle", None);
        let collate = |second: &[(&'static str, &str, usize, &str, Option<&str>)]| {
            let pairs = [(pair("p.yaml", Some("a")), found(&[idle])), (pair("p.yaml", Some("b")), found(second))];
            let collation = Collation::new(pairs).where_all_agree("R007");
            (collation.findings().len(), collation.errors() + collation.warnings())
        };
        assert_eq!(collate(&[idle]).0, 1);
        assert_eq!(collate(&[]).0, 0);
        assert_eq!(collate(&[("R101", "p.yaml", 0, "other", None)]).0, 1);
    }
}
