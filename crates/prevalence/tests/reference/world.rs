//! A small random ecosystem: what three nights of crawling, scanning and reviewing could have left.

use census_model::tier::Unit;
use census_model::{How, Kind, Phase, Policy, Role, What};
use census_prevalence::Qualified;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

/// How many nights there are.
pub(crate) const NIGHTS: usize = 3;

/// The projects that there may be, and some that are only ranked.
pub(crate) const NAMES: [&str; 11] = ["alpha", "beta", "delta", "epsilon", "eta", "gamma", "iota", "kappa", "omega", "theta", "zeta"];

const VERSIONS: [&str; 5] = ["1.0", "1.1", "1.2.post1", "2.0", "2.1rc1"];

const KINDS: [&str; 8] = [
    "-py3-none-any.whl",
    "-cp314-cp314-manylinux_2_28_x86_64.whl",
    "-cp39-cp39-manylinux2014_x86_64.whl",
    "-cp313-cp313-win_amd64.whl",
    "-cp312-abi3-macosx_11_0_arm64.whl",
    ".tar.gz",
    ".zip",
    ".win-amd64-py2.7.exe",
];

/// The content that several files of a project share.
pub(crate) const SHARED: u8 = 2;

/// Terms near the patterns of [`super::catalogs`]: what fits, and what only just does not.
pub(crate) const TERMS: [(Kind, &str); 28] = [
    (Kind::Call, "os.chmod"),
    (Kind::Call, "os.chmods"),
    (Kind::Name, "os.chmod"),
    (Kind::Call, "os.execv"),
    (Kind::Call, "os.executable"),
    (Kind::Import, "ctypes"),
    (Kind::Import, "ctypes.util"),
    (Kind::Import, "ctypeslib"),
    (Kind::Import, "cffi"),
    (Kind::Name, "os.path.sep"),
    (Kind::Call, "os.path.join"),
    (Kind::Call, "os.path.deep.er"),
    (Kind::Symbol, "CreateProcessW"),
    (Kind::Symbol, "KERNEL32.dll!CreateProcessW"),
    (Kind::Symbol, "KERNEL32.dll!CreateProcessWithTokenW"),
    (Kind::Symbol, "ADVAPI32.dll!RegOpenKeyExW"),
    (Kind::Command, "su -"),
    (Kind::Command, "sudoku"),
    (Kind::Arg, "requests.get:verify=False"),
    (Kind::Arg, "requests.get:verify=True"),
    (Kind::Meta, "install-hook"),
    (Kind::Pattern, "token-forge"),
    (Kind::Url, "https://paste.example/x"),
    (Kind::Url, "https://raw.paste.example/y"),
    (Kind::Url, "https://notpaste.example/z"),
    (Kind::Url, "https://a.odd/x"),
    (Kind::Url, "https://docs.b.odd/x"),
    (Kind::Url, "http://127.0.0.1/odd"),
];

/// All of it, small enough to be shrunk.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) projects: Vec<Project>,
    /// Of each night, where it has a ranking: the downloads of each of the names.
    pub(crate) downloads: Vec<Option<Vec<Option<i64>>>>,
    pub(crate) verdicts: Vec<Verdict>,
    /// The cuts of the tiers.
    pub(crate) cuts: Vec<i32>,
    /// The thresholds of labels.
    pub(crate) labels: [f64; 3],
    /// What is asked, question by question.
    pub(crate) asked: Vec<Asked>,
    /// Into how many commits each night falls.
    pub(crate) commits: usize,
    /// What comes after the nights.
    pub(crate) then: Then,
}

/// What is looked at once the nights are over: all of it for every world would take minutes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Then {
    /// The nights before, from an optimized lake.
    Back,
    /// The same again, and from a lake written in another order.
    Again,
    /// With another catalog.
    Other,
}

/// A way of counting.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) policy: Policy,
    pub(crate) unit: Unit,
    pub(crate) qualified: Qualified,
    pub(crate) parts: Option<i16>,
}

#[derive(Clone, Debug)]
pub(crate) struct Project {
    /// Each night's new state, where there is one.
    pub(crate) states: Vec<Option<&'static str>>,
    pub(crate) files: Vec<File>,
}

#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) requires_python: Option<&'static str>,
    /// Each night's new state, where there is one: which content, yanked, gone.
    pub(crate) states: Vec<Option<(u8, bool, bool)>>,
    pub(crate) attempts: Vec<Attempt>,
}

#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) night: usize,
    pub(crate) extractor: i32,
    pub(crate) outcome: &'static str,
    pub(crate) members: Vec<(usize, i8, bool, u8)>,
    pub(crate) facts: Vec<(Index, usize, i8, i8, i32, i32)>,
    pub(crate) gaps: Vec<(Option<i32>, What)>,
    pub(crate) metadata: Option<Option<usize>>,
    pub(crate) dependencies: Vec<bool>,
}

#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) night: usize,
    pub(crate) project: usize,
    pub(crate) rule: &'static str,
    pub(crate) file: Option<u8>,
    pub(crate) verdict: &'static str,
}

fn asked() -> impl Strategy<Value = Asked> {
    let some = |all: &'static [i8]| proptest::option::weighted(0.15, subsequence(all, 1..all.len()));
    let qualified =
        (some(&[0, 1, 2, 3, 4, 5, 6]), some(&[0, 1, 2, 3, 4, 5, 6, 7, 8]), some(&[0, 1, 2, 3, 4])).prop_map(|(p, r, h)| Qualified {
            phases: p.map(|codes| codes.into_iter().filter_map(Phase::from_code).collect()),
            roles: r.map(|codes| codes.into_iter().filter_map(Role::from_code).collect()),
            hows: h.map(|codes| codes.into_iter().filter_map(How::from_code).collect()),
        });
    let unit = prop_oneof![2 => Just(Unit::Project), 1 => Just(Unit::Family)];
    (select(Policy::ALL), unit, qualified, select(vec![None, None, None, None, Some(4), Some(4), Some(64)]))
        .prop_map(|(policy, unit, qualified, parts)| Asked { policy, unit, qualified, parts })
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let outcome = prop_oneof![5 => Just("ok"), 4 => Just("partial"), 3 => select(vec!["failed", "timeout", "skipped", "crashed"])];
    let member = (0..4usize, select(vec![0, 0, 0, 1, 2, 4, 8]), proptest::bool::weighted(0.5), 0..4u8);
    let fact = (any::<Index>(), 0..TERMS.len(), select(vec![0, 1, 2, 3, 3, 6]), select(vec![0, 0, 0, 1, 4]), 1..4, 0..900);
    let gap = (proptest::option::weighted(0.7, 0..5), select(What::ALL));
    (
        (0..NIGHTS, 1..3, outcome),
        proptest::collection::vec(member, 0..4),
        proptest::collection::vec(fact, 0..9),
        prop_oneof![2 => Just(Vec::new()), 1 => proptest::collection::vec(gap, 1..3)],
        proptest::option::weighted(0.8, proptest::option::weighted(0.7, 0..3usize)),
        proptest::collection::vec(any::<bool>(), 0..3),
    )
        .prop_map(|((night, extractor, outcome), members, facts, gaps, metadata, dependencies)| Attempt {
            night,
            extractor,
            outcome,
            members,
            facts,
            gaps,
            metadata,
            dependencies,
        })
}

fn project() -> impl Strategy<Value = Project> {
    let state = prop_oneof![6 => Just("active"), 1 => select(vec!["archived", "quarantined", "deleted", "absent"])];
    let of_file = (select(vec![0, 0, 0, 0, 0, 1, 1, SHARED]), proptest::bool::weighted(0.2), proptest::bool::weighted(0.1));
    let file = (
        select(&VERSIONS[..]),
        select(&KINDS[..]),
        proptest::option::weighted(0.2, select(vec![">=3.8", "<3.10", "what?"])),
        proptest::collection::vec(proptest::option::weighted(0.6, of_file), NIGHTS),
        proptest::collection::vec(attempt(), 0..4),
    )
        .prop_map(|(version, kind, requires_python, states, attempts)| File { version, kind, requires_python, states, attempts });
    let states =
        (proptest::option::weighted(0.9, state.clone()), proptest::collection::vec(proptest::option::weighted(0.3, state), NIGHTS - 1));
    (states, proptest::collection::vec(file, 0..5))
        .prop_map(|((first, later), files)| Project { states: [first].into_iter().chain(later).collect(), files })
}

/// Any world; `rules` are what reviewers speak of.
pub(crate) fn worlds(rules: Vec<&'static str>) -> impl Strategy<Value = World> {
    let verdict =
        (0..NIGHTS, 0..8usize, select(rules), proptest::option::weighted(0.5, 0..4u8), select(vec!["false", "false", "true", "accepted"]))
            .prop_map(|(night, project, rule, file, verdict)| Verdict { night, project, rule, file, verdict });
    let downloads = proptest::collection::vec(proptest::option::weighted(0.8, 0..4i64), NAMES.len());
    (
        proptest::collection::vec(project(), 3..9),
        proptest::collection::vec(proptest::option::weighted(0.8, downloads), NIGHTS),
        proptest::collection::vec(verdict, 0..12),
        select(vec![vec![], vec![3], vec![1, 5], vec![2, 4, 100]]),
        select(vec![[0.5, 0.25, 0.95], [0.4, 0.2, 0.6], [0.6, 0.3, 0.01]]),
        proptest::collection::vec(asked(), 2 * NIGHTS),
        (1..4usize, select(vec![Then::Back, Then::Again, Then::Other])),
    )
        .prop_map(|(projects, downloads, verdicts, cuts, labels, asked, (commits, then))| World {
            projects,
            downloads,
            verdicts,
            cuts,
            labels,
            asked,
            commits,
            then,
        })
}
