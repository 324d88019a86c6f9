//! The same numbers by plain loops over all rows: what prevalence means, said as slowly as it can be.

use std::collections::{BTreeMap, BTreeSet};

use census_catalog::{Catalog, Matcher, Raised, Test, Within};
use census_model::choice::{Candidate, choose};
use census_model::tables::{ArtifactRow, FactRow, MemberRow, ScanRow, VerdictRow};
use census_model::tier::Unit;
use census_model::{How, Phase, Policy, Role, What, id};
use census_prevalence::{Lens, Qualified};
use regex::Regex;

use crate::rows::Rows;
use crate::world::Asked;

/// What a run should come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Answer {
    /// By rule and tier: yes, unknown, scanned, eligible, population; and the label.
    pub(crate) numbers: BTreeMap<(String, String), ([i64; 5], Option<String>)>,
    /// By tier: population, absent, eligible, scanned, partly.
    pub(crate) coverage: BTreeMap<String, [i64; 5]>,
    /// By tier and reason.
    pub(crate) unscanned: BTreeMap<(String, String), i64>,
}

/// A sign of a rule in an artifact; in the order in which evidence is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sign {
    pub(crate) not_counting: bool,
    pub(crate) phase: i8,
    pub(crate) how: i8,
    pub(crate) role: i8,
    pub(crate) member: i32,
    pub(crate) line: i32,
    pub(crate) term_id: i64,
    pub(crate) count: i32,
}

/// The signs of each rule.
pub(crate) type Signs = BTreeMap<String, Vec<Sign>>;

/// What is counted: a project, or a family.
#[derive(Clone, Debug)]
struct Counted {
    projects: Vec<String>,
    rank: Option<i32>,
    absent: bool,
    eligible: bool,
    scanned: bool,
    partly: bool,
    why: Option<String>,
}

/// Everything there is, as of a moment.
pub(crate) struct Slow<'a> {
    rows: Rows,
    catalog: &'a Catalog,
    qualified: Qualified,
    cuts: &'a [i32],
}

impl<'a> Slow<'a> {
    pub(crate) fn new(all: &Rows, catalog: &'a Catalog, qualified: &Qualified, cuts: &'a [i32], lens: &Lens) -> Self {
        let mut rows = all.clone();
        if let Some(time) = lens.read {
            let read: BTreeSet<i64> = all.scans.iter().filter(|s| is_read(s) && s.started_at <= time).map(|s| s.artifact_id).collect();
            rows.scans.retain(|scan| read.contains(&scan.artifact_id));
        }
        rows.projects.retain(|row| lens.states.is_none_or(|time| row.seen_at <= time));
        rows.artifacts.retain(|row| lens.states.is_none_or(|time| row.seen_at <= time));
        rows.scans.retain(|row| lens.scans.is_none_or(|time| row.started_at <= time));
        rows.rankings.retain(|row| lens.ranking.is_none_or(|day| row.ranked_on <= day));
        rows.verdicts.retain(|row| lens.verdicts.is_none_or(|time| row.on <= time));
        Self { rows, catalog, qualified: qualified.clone(), cuts }
    }

    /// The projects that the index knows something of, and what it says now.
    fn status(&self, project: &str) -> Option<&str> {
        let states = self.rows.projects.iter().filter(|row| row.project == project);
        states.max_by_key(|row| (row.seen_at, row.serial)).map(|row| row.status.as_str())
    }

    fn is_in_index(&self, project: &str) -> bool {
        self.status(project).is_some_and(|status| status != "absent" && status != "deleted")
    }

    /// The files that the index offers.
    fn files(&self, project: &str) -> Vec<&ArtifactRow> {
        if !matches!(self.status(project), Some("active" | "archived")) {
            return Vec::new();
        }
        let mut newest: BTreeMap<&str, &ArtifactRow> = BTreeMap::new();
        for row in self.rows.artifacts.iter().filter(|row| row.project == project) {
            let before = newest.entry(&row.filename).or_insert(row);
            if (row.seen_at, row.serial) > (before.seen_at, before.serial) {
                *before = row;
            }
        }
        newest.into_values().filter(|row| row.status == "active").collect()
    }

    /// The artifacts that speak for a project.
    fn speakers(&self, project: &str, policy: Policy) -> BTreeSet<i64> {
        let files = self.files(project);
        let candidate = |f: &&'_ ArtifactRow| (f.filename.clone(), f.requires_python.clone(), f.yanked);
        let owned: Vec<_> = files.iter().map(candidate).collect();
        let candidates: Vec<_> = owned
            .iter()
            .map(|(filename, requires, yanked)| Candidate { filename, requires_python: requires.as_deref(), yanked: *yanked })
            .collect();
        let chosen = choose(policy, project, &candidates).map(|chosen| chosen.files).unwrap_or_default();
        chosen.into_iter().map(|at| files[at].artifact_id).collect()
    }

    /// The scan that speaks for an artifact.
    fn scan(&self, artifact: i64) -> Option<&ScanRow> {
        self.rows.scans.iter().filter(|scan| scan.artifact_id == artifact && is_read(scan)).max_by_key(|scan| scan.started_at)
    }

    /// The last that was tried with any of these artifacts.
    fn last_attempt(&self, artifacts: &BTreeSet<i64>) -> Option<&ScanRow> {
        self.rows.scans.iter().filter(|scan| artifacts.contains(&scan.artifact_id)).max_by_key(|scan| scan.started_at)
    }

    fn members(&self, scan: &ScanRow) -> impl Iterator<Item = &MemberRow> {
        let key = (scan.artifact_id, scan.extractor);
        self.rows.members.iter().filter(move |m| (m.artifact_id, m.extractor) == key)
    }

    /// Whether facts qualified so count for a behavior.
    fn counts(&self, behavior: &str, phase: i8, role: i8, how: i8) -> bool {
        let rule = &self.catalog.behavior(behavior).expect("a behavior").counts;
        let phases = self.qualified.phases.as_ref().unwrap_or(&rule.phases);
        let hows = self.qualified.hows.as_ref().unwrap_or(&rule.hows);
        phases.contains(&Phase::from_code(phase).unwrap())
            && self.roles(behavior).contains(&Role::from_code(role).unwrap())
            && hows.contains(&How::from_code(how).unwrap())
    }

    fn roles(&self, behavior: &str) -> Vec<Role> {
        let rule = &self.catalog.behavior(behavior).expect("a behavior").counts;
        self.qualified.roles.as_ref().unwrap_or(&rule.roles).clone()
    }

    /// What shows a behavior, or an issue, in an artifact, without what is wrong there by a reviewer's word.
    pub(crate) fn signs(&self, scan: &ScanRow, wrong: &dyn Fn(&str, Option<i32>) -> bool) -> Signs {
        let mut signs = Signs::new();
        let key = (scan.artifact_id, scan.extractor);
        for fact in self.rows.facts.iter().filter(|f| (f.artifact_id, f.extractor) == key) {
            for behavior in self.catalog.behaviors.iter().filter(|behavior| self.fits(fact, &behavior.matchers)) {
                let counts = self.counts(&behavior.id, fact.phase, fact.role, fact.how);
                let sign = Sign {
                    not_counting: !counts,
                    phase: fact.phase,
                    how: fact.how,
                    role: fact.role,
                    member: fact.member,
                    line: fact.line,
                    term_id: fact.term_id,
                    count: fact.count,
                };
                if !wrong(&behavior.id, Some(fact.member)) {
                    signs.entry(behavior.id.clone()).or_default().push(sign);
                }
            }
        }
        for issue in &self.catalog.issues {
            let mut raised = match &issue.raised {
                Raised::Any(behaviors) => behaviors.iter().flat_map(|b| signs.get(b).cloned().unwrap_or_default()).collect(),
                Raised::All(behaviors, Within::Artifact) => all_of(behaviors, &signs),
                Raised::All(behaviors, Within::File) => self
                    .members(scan)
                    .flat_map(|m| {
                        let here = signs
                            .iter()
                            .map(|(rule, signs)| (rule.clone(), signs.iter().filter(|s| s.member == m.member).cloned().collect()));
                        all_of(behaviors, &here.collect())
                    })
                    .collect(),
                Raised::Where(_) => self.declared(&issue.id, scan).into_iter().collect(),
            };
            raised.retain(|sign: &Sign| !wrong(&issue.id, Some(sign.member)));
            if !raised.is_empty() {
                signs.insert(issue.id.clone(), raised);
            }
        }
        signs.retain(|_, signs| !signs.is_empty());
        signs
    }

    fn fits(&self, fact: &FactRow, matchers: &[Matcher]) -> bool {
        let term = self.rows.terms.iter().find(|term| term.term_id == fact.term_id).expect("a fact's term");
        let url = self.rows.urls.iter().find(|url| url.term_id == fact.term_id);
        let fits = |m: &&Matcher| {
            let value = &term.value;
            m.kind.name() == term.kind
                && match m.test {
                    Test::Exact => *value == m.pattern,
                    Test::Prefix => value.starts_with(&m.pattern),
                    Test::Module => term.module == m.pattern,
                    Test::Root => term.root == m.pattern,
                    Test::Regex => Regex::new(&m.pattern).unwrap().is_match(value),
                    Test::Symbol => *value == m.pattern || value.split_once('!').is_some_and(|(_, symbol)| symbol == m.pattern),
                    Test::Domain => url.is_some_and(|u| u.host == m.pattern || u.host.ends_with(&format!(".{}", m.pattern))),
                    Test::Tld => url.is_some_and(|u| u.tld == m.pattern),
                }
        };
        matchers.iter().filter(|m| !m.exclude).any(|m| fits(&m)) && !matchers.iter().filter(|m| m.exclude).any(|m| fits(&m))
    }

    /// What metadata raise, at the file that declares it.
    fn declared(&self, issue: &str, scan: &ScanRow) -> Option<Sign> {
        let key = (scan.artifact_id, scan.extractor);
        let holds = match issue {
            "a/direct" => self.rows.dependencies.iter().any(|d| (d.artifact_id, d.extractor) == key && d.url.is_some()),
            "a/homeless" => self.rows.metadata.iter().all(|m| (m.artifact_id, m.extractor) != key || m.repository.is_none()),
            other => panic!("an issue of its own: {other}"),
        };
        let member = self.members(scan).filter(|m| m.format == "metadata").map(|m| m.member).min()?;
        let never = Phase::Never.code();
        holds.then_some(Sign { not_counting: false, phase: never, how: 0, role: 0, member, line: 0, term_id: 0, count: 1 })
    }

    /// What reviewers last said of a project's rule, in the whole project or in a file: whether it is that the finding is wrong.
    fn is_wrong(&self, project: &str, rule: &str, sha256: Option<&str>) -> bool {
        let of_it = |v: &&VerdictRow| v.project == project && v.rule == rule && v.member_sha256.as_deref() == sha256;
        self.rows.verdicts.iter().filter(of_it).max_by_key(|v| v.on).is_some_and(|v| v.verdict == "false")
    }

    /// The rules that a project shows where they count.
    fn shown(&self, project: &str, policy: Policy) -> BTreeSet<String> {
        let mut shown = BTreeSet::new();
        for scan in self.speakers(project, policy).iter().filter_map(|&artifact| self.scan(artifact)) {
            let wrong = |rule: &str, member: Option<i32>| {
                let file = self.members(scan).find(|m| Some(m.member) == member).map(|m| id::hex(&m.sha256));
                self.is_wrong(project, rule, None) || file.is_some_and(|sha256| self.is_wrong(project, rule, Some(&sha256)))
            };
            let signs = self.signs(scan, &wrong).into_iter();
            shown.extend(signs.filter(|(_, signs)| signs.iter().any(|sign| !sign.not_counting)).map(|(rule, _)| rule));
        }
        shown
    }

    /// Whether something of a project was not read that could show a rule.
    fn could_hide(&self, project: &str, policy: Policy, rule: &str) -> bool {
        let behaviors: Vec<&str> = match self.catalog.issue(rule) {
            Some(issue) => issue.raised.behaviors().iter().map(String::as_str).collect(),
            None => vec![rule],
        };
        let roles: Vec<i8> = behaviors.iter().flat_map(|b| self.roles(b)).map(Role::code).collect();
        self.speakers(project, policy).into_iter().any(|artifact| {
            let Some(scan) = self.scan(artifact) else { return true };
            let gaps = self.rows.gaps.iter().filter(|g| (g.artifact_id, g.extractor) == (artifact, scan.extractor));
            gaps.filter(|gap| What::ALL.iter().any(|what| what.name() == gap.what && what.hides())).any(|gap| {
                let member = self.members(scan).find(|m| Some(m.member) == gap.member);
                member.is_none_or(|member| roles.contains(&member.role))
            })
        })
    }

    /// The repository that a project's files name first.
    fn repository(&self, project: &str, policy: Policy) -> Option<String> {
        let scans = self.speakers(project, policy).into_iter().filter_map(|artifact| self.scan(artifact)).collect::<Vec<_>>();
        let of_them =
            |m: &&census_model::tables::MetadataRow| scans.iter().any(|s| (s.artifact_id, s.extractor) == (m.artifact_id, m.extractor));
        self.rows.metadata.iter().filter(of_them).filter_map(|m| m.repository.as_ref()).map(|text| text.to_lowercase()).min()
    }

    /// The population, project by project: what the index holds, and what is ranked within the tiers, or was asked for, but absent.
    fn population(&self, policy: Policy) -> Vec<Counted> {
        let newest = self.rows.rankings.iter().map(|row| row.ranked_on).max();
        let ranks: BTreeMap<&str, i32> =
            self.rows.rankings.iter().filter(|row| Some(row.ranked_on) == newest).map(|row| (row.project.as_str(), row.rank)).collect();
        let names = self.rows.projects.iter().map(|row| row.project.as_str()).chain(ranks.keys().copied()).collect::<BTreeSet<_>>();
        let mut population = Vec::new();
        for name in names {
            let (rank, absent) = (ranks.get(name).copied(), !self.is_in_index(name));
            let wanted = rank.is_some_and(|rank| self.status(name).is_some() || self.cuts.iter().any(|&cut| rank <= cut));
            if absent && !wanted {
                continue;
            }
            let speakers = self.speakers(name, policy);
            let read: Vec<&ScanRow> = speakers.iter().filter_map(|&artifact| self.scan(artifact)).collect();
            let (eligible, scanned) = (!speakers.is_empty(), !read.is_empty());
            let whole = read.iter().filter(|scan| scan.outcome == "ok").count() == speakers.len();
            let why = self.last_attempt(&speakers).map_or("not yet tried", |scan| &scan.outcome);
            population.push(Counted {
                projects: vec![name.to_owned()],
                rank,
                absent,
                eligible,
                scanned,
                partly: scanned && !whole,
                why: (eligible && !scanned).then(|| why.to_owned()),
            });
        }
        population
    }

    /// Families in place of projects: those whose files name one repository.
    fn families(&self, projects: Vec<Counted>, policy: Policy) -> Vec<Counted> {
        let mut families: BTreeMap<String, Counted> = BTreeMap::new();
        for project in projects {
            let name = &project.projects[0];
            let key = self.repository(name, policy).unwrap_or_else(|| format!("only {name}"));
            let Some(family) = families.get_mut(&key) else {
                families.insert(key, project);
                continue;
            };
            family.projects.extend(project.projects);
            family.rank = [family.rank, project.rank].into_iter().flatten().min();
            family.absent &= project.absent;
            family.eligible |= project.eligible;
            family.scanned |= project.scanned;
            family.partly |= project.partly;
            family.why = family.why.take().max(project.why).filter(|_| !family.scanned);
        }
        families.into_values().collect()
    }

    /// Everything that a run tells.
    pub(crate) fn answer(&self, asked: &Asked) -> Answer {
        let policy = asked.policy;
        let projects = self.population(policy);
        let shown: BTreeMap<String, BTreeSet<String>> =
            projects.iter().map(|p| (p.projects[0].clone(), self.shown(&p.projects[0], policy))).collect();
        let counted = if asked.unit == Unit::Family { self.families(projects, policy) } else { projects };
        let tiers = self.cuts.iter().map(|&cut| (format!("top-{cut}"), cut)).chain([("all".to_owned(), i32::MAX)]);
        let mut answer = Answer::default();
        let mut labels = BTreeMap::new();
        for (tier, cut) in tiers.collect::<Vec<_>>().into_iter().rev() {
            let here: Vec<&Counted> = counted.iter().filter(|c| cut == i32::MAX || c.rank.is_some_and(|rank| rank <= cut)).collect();
            let count = |of: fn(&Counted) -> bool| number(here.iter().filter(|c| of(c)).count());
            let (eligible, scanned) = (count(|c| c.eligible), count(|c| c.scanned));
            answer.coverage.insert(tier.clone(), [number(here.len()), count(|c| c.absent), eligible, scanned, count(|c| c.partly)]);
            for why in here.iter().filter_map(|c| c.why.clone()) {
                *answer.unscanned.entry((tier.clone(), why)).or_default() += 1;
            }
            let covered = float(scanned) >= self.catalog.labels.coverage * float(eligible);
            for rule in self.catalog.ids() {
                let read: Vec<&&Counted> = here.iter().filter(|c| c.scanned).collect();
                let (yes, others): (Vec<&Counted>, Vec<&Counted>) =
                    read.into_iter().partition(|c| c.projects.iter().any(|p| shown[p].contains(rule)));
                let unknown = others.iter().filter(|c| c.projects.iter().any(|p| self.could_hide(p, policy, rule))).count();
                if tier == "all" && covered {
                    labels.insert(rule, self.label(&yes, scanned, policy));
                }
                let label = labels.get(rule).cloned().flatten().filter(|_| covered);
                let numbers = [number(yes.len()), number(unknown), scanned, eligible, number(here.len())];
                answer.numbers.insert((rule.to_owned(), tier.clone()), (numbers, label));
            }
        }
        answer
    }

    /// What the share of the whole is called.
    fn label(&self, yes: &[&Counted], scanned: i64, policy: Policy) -> Option<String> {
        let labels = &self.catalog.labels;
        let share = float(number(yes.len())) / float(scanned);
        let one_family = || {
            let repositories: BTreeSet<_> = yes.iter().map(|c| self.repository(&c.projects[0], policy)).collect();
            repositories.len() == 1 && !repositories.contains(&None)
        };
        let label = match yes {
            [] => return None,
            [_] => "Unique",
            _ if one_family() => "Unique",
            _ if share >= labels.common => "Common",
            _ if share >= labels.uncommon => "Uncommon",
            _ => "Rare",
        };
        Some(label.to_owned())
    }

    /// The signs of every rule in everything that speaks for a project under any of the policies, by artifact and extractor.
    pub(crate) fn findings(&self, policies: &[Policy]) -> BTreeMap<(i64, i32), Signs> {
        let projects: BTreeSet<&str> = self.rows.projects.iter().map(|row| row.project.as_str()).collect();
        let speakers = projects.iter().flat_map(|p| policies.iter().flat_map(|&policy| self.speakers(p, policy)));
        let scans = speakers.filter_map(|artifact| self.scan(artifact));
        scans.map(|scan| ((scan.artifact_id, scan.extractor), self.signs(scan, &|_, _| false))).collect()
    }
}

fn is_read(scan: &ScanRow) -> bool {
    matches!(scan.outcome.as_str(), "ok" | "partial")
}

/// The signs of several behaviors, where all of them are shown; they count where all of them count.
fn all_of(behaviors: &[String], signs: &Signs) -> Vec<Sign> {
    let of: Vec<&[Sign]> = behaviors.iter().map(|b| signs.get(b).map_or(&[][..], Vec::as_slice)).collect();
    if of.iter().any(|signs| signs.is_empty()) {
        return Vec::new();
    }
    let all_count = of.iter().all(|signs| signs.iter().any(|sign| !sign.not_counting));
    of.concat().into_iter().map(|sign| Sign { not_counting: sign.not_counting || !all_count, ..sign }).collect()
}

fn number(n: usize) -> i64 {
    i64::try_from(n).unwrap()
}

/// Counts here are small.
fn float(n: i64) -> f64 {
    f64::from(i32::try_from(n).unwrap())
}
