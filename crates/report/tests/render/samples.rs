//! Small made-up data, in the shape of what the lake gives.

use census_model::{How, Kind, Phase, Role, What};
use census_report::{
    ArtifactRead, Counting, Estimate, Evidence, Explained, Fixture, IssueShown, LabelBasis, Matcher, Page, Precision, Prevalence,
    PrevalenceRow, Reviewed, RuleKind, RunSummary, Severity, Share, Shown, Since, StageLine, Stamp, Tally, TierHead, Unread,
    Vulnerabilities, VulnerabilityShown,
};

pub(crate) fn stamp() -> Stamp {
    Stamp {
        run_id: "r-17".into(),
        as_of: "2026-08-14".into(),
        index_serial: Some(41_200_113),
        ranked_on: Some("2026-04-01".into()),
        ranking_source: Some("all installers".into()),
        policy: "installed".into(),
        unit: "project".into(),
        rules: "7".into(),
        extractor: "3".into(),
    }
}

fn tier(title: &str, population: i64, absent: i64, eligible: i64, scanned: i64, partly: i64) -> TierHead {
    let whole = title == "community";
    let unscanned = if scanned < eligible { vec![("not crawled".to_owned(), eligible - scanned)] } else { Vec::new() };
    TierHead { title: title.into(), whole, population, absent, eligible, scanned, partly, sample: whole, unscanned }
}

pub(crate) fn tiers() -> Vec<TierHead> {
    vec![
        tier("Top 100", 100, 0, 100, 100, 1),
        tier("Top 1k", 1000, 1, 999, 998, 14),
        tier("Top 10k", 10_000, 7, 9_980, 9_941, 171),
        tier("community", 790_000, 0, 764_000, 41_300, 390),
    ]
}

/// Shares in the sample's tiers, the last with the margin of a random sample.
pub(crate) fn shares(yes: [i64; 4]) -> Vec<Share> {
    let share = |(yes, tier): (i64, &TierHead)| Share {
        yes,
        unknown: tier.partly / 10,
        scanned: tier.scanned,
        eligible: tier.eligible,
        estimate: tier.whole.then(|| {
            #[expect(clippy::cast_precision_loss, reason = "a sample")]
            let percent = 100.0 * yes as f64 / tier.scanned as f64;
            Estimate { percent, low: (percent - 0.1).max(0.0), high: percent + 0.1 }
        }),
    };
    yes.into_iter().zip(&tiers()).map(share).collect()
}

pub(crate) fn call(value: &str, path: &str, line: i32) -> Evidence {
    Evidence {
        phase: Phase::Call,
        role: Role::Runtime,
        how: How::Resolved,
        kind: Kind::Call,
        value: value.into(),
        path: path.into(),
        line,
        count: 1,
        counts: true,
        only_in: None,
        note: None,
    }
}

fn in_stub(kind: Kind, value: &str, path: &str, line: i32) -> Evidence {
    Evidence { phase: Phase::Never, role: Role::Stub, kind, counts: false, ..call(value, path, line) }
}

fn shown(rule: &str, sentence: &str, label: &str, yes: [i64; 4], evidence: Vec<Evidence>) -> Shown {
    Shown {
        rule: rule.into(),
        sentence: sentence.into(),
        category: rule.split('/').next().unwrap_or_default().into(),
        label: Some(label.into()),
        unvalidated: false,
        counts: evidence.iter().any(|e| e.counts),
        ordinary: false,
        shares: shares(yes),
        evidence,
    }
}

fn url() -> Evidence {
    let note = Some("list: legacy".to_owned());
    Evidence {
        note,
        how: How::String,
        ..in_stub(Kind::Url, "www.tcl.example", "jedi/third_party/typeshed/stdlib/tkinter/__init__.pyi", 174)
    }
}

fn behaviors() -> Vec<Shown> {
    let process = call("subprocess.Popen", "jedi/inference/compiled/subprocess/__init__.py", 66);
    let registry = call("winreg.OpenKey", "jedi/api/environment.py", 418);
    let removal = Evidence { role: Role::Test, counts: false, only_in: Some("sdist".into()), ..call("shutil.rmtree", "conftest.py", 68) };
    let posix = "jedi/third_party/typeshed/stdlib/posix.pyi";
    let console = Shown {
        ordinary: true,
        ..shown(
            "behavior/console-output",
            "Writes to the console.",
            "Common",
            [90, 900, 9000, 30_000],
            vec![call("builtins.print", "jedi/__main__.py", 20)],
        )
    };
    vec![
        shown("execution/create-process", "Creates a process.", "Common", [61, 470, 3300, 7900], vec![process]),
        console,
        shown("file/delete-tree", "Deletes directories.", "Common", [30, 300, 2800, 9000], vec![removal]),
        shown(
            "file/ownership",
            "Changes file ownership.",
            "Uncommon",
            [9, 54, 210, 350],
            vec![in_stub(Kind::Declare, "os.chown", posix, 97)],
        ),
        shown(
            "network/url-suspicious-tld",
            "Contains URLs that use suspicious top-level domains.",
            "Common",
            [12, 83, 470, 826],
            vec![url()],
        ),
        shown(
            "permissions/modify",
            "Modifies file/directory permissions.",
            "Common",
            [34, 185, 1062, 1400],
            vec![in_stub(Kind::Declare, "os.chmod", posix, 96)],
        ),
        shown("registry/open-key", "Opens registry keys.", "Uncommon", [9, 61, 310, 330], vec![registry]),
    ]
}

fn suspicious_tld() -> IssueShown {
    IssueShown {
        rule: "network/suspicious-tld".into(),
        severity: Severity::Low,
        title: "Suspicious top-level domain".into(),
        problem:
            "Some registrars hand out names with few questions, and abuse gathers under the domains they sell. A link there is no proof of \
                  harm, but it should be known and meant."
                .into(),
        next_steps: vec![
            "confirm that the link belongs here; accept with `census verdict`".into(),
            "replace it where another address serves".into(),
        ],
        label: Some("Common".into()),
        unvalidated: true,
        in_running_code: false,
        shares: shares([12, 83, 470, 826]),
        evidence: vec![url()],
    }
}

fn artifact(kind: &str, filename: &str, installed: bool) -> ArtifactRead {
    ArtifactRead { kind: kind.into(), filename: filename.into(), installed, outcome: "ok".into(), reason: None }
}

/// The page of SCREENS: what a reader meets first.
pub(crate) fn jedi() -> Page {
    Page {
        project: "jedi".into(),
        version: "0.20.1".into(),
        status: "active".into(),
        rank: Some(263),
        latest: true,
        artifacts: vec![artifact("wheel", "jedi-0.20.1-py3-none-any.whl", true), artifact("sdist", "jedi-0.20.1.tar.gz", false)],
        unread: Vec::new(),
        stamp: stamp(),
        tiers: tiers(),
        behaviors: behaviors(),
        issues: vec![suspicious_tld()],
        reviewed: Vec::new(),
        vulnerabilities: Vulnerabilities::NotChecked,
    }
}

/// A page with everything that can be wrong: gaps, code at import, disguises, URLs that count, unlabelled and unvalidated rules.
pub(crate) fn trouble() -> Page {
    let decoded =
        Evidence { phase: Phase::Install, role: Role::Build, how: How::Decoded, count: 3, ..call("builtins.exec", "setup.py", 9) };
    let vendored = Evidence { phase: Phase::Import, role: Role::Vendored, how: How::Folded, ..call("os.system", "pkg/_vendor/x.py", 1) };
    let native = Evidence { phase: Phase::Native, kind: Kind::Symbol, line: 0, ..call("KERNEL32.dll!CreateProcessW", "pkg/ext.pyd", 0) };
    let many: Vec<_> = (1..=5).map(|line| call("os.popen", "pkg/run.py", line)).collect();
    let evidence = [vec![decoded, vendored, native], many].concat();
    let dynamic =
        Shown { label: None, unvalidated: true, ..shown("execution/dynamic", "Runs code it builds.", "", [20, 200, 900, 4], evidence) };
    let link = Shown {
        counts: true,
        ..shown("network/url-paste", "Links to paste sites.", "Rare", [0, 1, 3, 4], vec![Evidence { counts: true, ..url() }])
    };
    let step =
        "Find out who wrote it, and why it is hidden, before anybody installs this release anywhere that matters to you or to others.";
    let issue = IssueShown {
        rule: "hunting/encoded-at-install".into(),
        severity: Severity::Critical,
        title: "Encoded code runs at install".into(),
        in_running_code: true,
        next_steps: vec![step.into()],
        label: None,
        ..suspicious_tld()
    };
    let partial = ArtifactRead { outcome: "partial".into(), ..artifact("wheel", "trouble-1-cp312-win_amd64.whl", false) };
    let failed = ArtifactRead {
        outcome: "timeout".into(),
        reason: Some("stopped after 60 s".into()),
        ..artifact("sdist", "trouble-1.tar.gz", false)
    };
    let unread =
        (1..=7).map(|n| Unread { artifact: "wheel".into(), path: format!("pkg/{n}.py"), what: What::Unparsed, bytes: 1200 * n }).collect();
    let found = vec![VulnerabilityShown {
        advisory: "PYSEC-2026-1".into(),
        aliases: vec!["CVE-2026-0001".into()],
        severity: Severity::High,
        malicious: false,
        known_exploited: true,
        epss: Some(0.031),
        fixed_in: Some("2".into()),
        component: Some("zlib 1.2.11".into()),
    }];
    Page {
        project: "trouble".into(),
        version: "1".into(),
        status: "quarantined".into(),
        rank: None,
        latest: false,
        artifacts: vec![artifact("wheel", "trouble-1-py3-none-any.whl", true), partial, failed],
        unread,
        behaviors: vec![dynamic, link],
        issues: vec![suspicious_tld(), issue],
        reviewed: vec![
            Reviewed {
                rule: "network/suspicious-tld".into(),
                verdict: "accepted".into(),
                file: None,
                by: "a reviewer".into(),
                on: "2026-08-14T00:00:00Z".into(),
                why: "the *link* belongs here".into(),
            },
            Reviewed {
                rule: "execution/evaluate-code".into(),
                verdict: "false".into(),
                file: Some("aa".repeat(32)),
                by: "another".into(),
                on: "2026-08-15T00:00:00Z".into(),
                why: "a name of its own".into(),
            },
        ],
        vulnerabilities: Vulnerabilities::Checked { advisories_on: "2026-08-13".into(), found },
        ..jedi()
    }
}

fn row(rule: &str, sentence: &str, label: Option<&str>, yes: [i64; 4]) -> PrevalenceRow {
    PrevalenceRow {
        rule: rule.into(),
        kind: RuleKind::Behavior,
        category: rule.split('/').next().unwrap_or_default().into(),
        severity: None,
        sentence: sentence.into(),
        label: label.map(Into::into),
        unvalidated: false,
        shares: shares(yes),
        change: Some(-0.04),
        because: None,
    }
}

pub(crate) fn prevalence() -> Prevalence {
    let issue = PrevalenceRow {
        kind: RuleKind::Issue,
        severity: Some(Severity::Low),
        change: Some(-0.62),
        because: Some("TLD list".into()),
        ..row("network/suspicious-tld", "Suspicious TLD", None, [12, 83, 470, 826])
    };
    let labels = [("Common", "≥ 1%"), ("Uncommon", "≥ 0.1%"), ("Rare", "below"), ("Unique", "one project")];
    Prevalence {
        of: "PyPI".into(),
        stamp: stamp(),
        roles: vec![Role::Runtime, Role::Build, Role::Vendored],
        tiers: tiers(),
        rows: vec![
            row("registry/open-key", "Opens registry keys.", Some("Uncommon"), [9, 61, 310, 330]),
            row("execution/create-process", "Creates a process.", None, [61, 470, 3300, 7900]),
            PrevalenceRow { unvalidated: true, change: None, ..row("execution/a, \"b\"", "Runs a, \"b\".", Some("Rare"), [0, 0, 1, 4]) },
            issue,
        ],
        labels: labels.map(|(label, basis)| LabelBasis { label: label.into(), basis: basis.into() }).into(),
        label_coverage: 95.0,
        since: Some(Since {
            run_id: "r-16".into(),
            as_of: "2026-08-13".into(),
            rules_added: 0,
            rules_gone: 1,
            projects_new: 212,
            projects_gone: 9,
        }),
    }
}

/// A sample too small for percentages, and never counted before.
pub(crate) fn small() -> Prevalence {
    let head =
        |title: &str, whole, n| TierHead { title: title.into(), whole, population: n, eligible: n, scanned: n, ..TierHead::default() };
    let share = |yes, scanned| Share { yes, unknown: 1, scanned, eligible: scanned, estimate: None };
    let row = PrevalenceRow {
        shares: vec![share(3, 10), share(12, 40)],
        change: None,
        ..row("file/read", "Reads files.", Some("Common"), [0; 4])
    };
    let of = "sample".into();
    Prevalence { of, tiers: vec![head("Top 10", false, 10), head("all 40", true, 40)], rows: vec![row], since: None, ..prevalence() }
}

fn tallies(of: &[(&str, i64)]) -> Vec<Tally> {
    of.iter().map(|&(name, count)| Tally { name: name.into(), count }).collect()
}

pub(crate) fn run() -> RunSummary {
    let crawl = StageLine {
        stage: "crawl".into(),
        projects: 1000,
        artifacts: 998,
        bytes: 1_950_000_000,
        seconds: 184.2,
        requests: 2011,
        downloads: 998,
        rows: tallies(&[("projects", 1000), ("artifacts", 24_117)]),
        ..StageLine::default()
    };
    let scan = StageLine {
        stage: "scan".into(),
        artifacts: 998,
        seconds: 21.4,
        outcomes: tallies(&[("ok", 980), ("partial", 17), ("timeout", 1), ("failed", 0)]),
        rows: tallies(&[("facts", 1_420_000), ("scans", 998)]),
        ..StageLine::default()
    };
    let advise = StageLine { stage: "advise".into(), seconds: 0.1, ..StageLine::default() };
    let left_out = vec!["scan: 1 artifact timed out".into()];
    RunSummary { run_id: "r-17".into(), index_serial: Some(41_200_113), seconds: 205.9, stages: vec![crawl, scan, advise], left_out }
}

pub(crate) fn nothing_new() -> RunSummary {
    let crawl = StageLine { stage: "crawl".into(), projects: 40, requests: 40, seconds: 1.1, ..StageLine::default() };
    RunSummary { run_id: "r-18".into(), index_serial: None, seconds: 1.2, stages: vec![crawl], left_out: Vec::new() }
}

pub(crate) fn explained() -> Explained {
    let matcher = |key: &str, meaning: &str, values: &[&str]| {
        let values = values.iter().map(|v| (*v).to_owned()).collect();
        Matcher { key: key.into(), meaning: meaning.into(), values }
    };
    let phase = Phase::ALL.iter().copied().filter(|&phase| phase != Phase::Never).collect();
    let fixture = |path: &str, fires| Fixture { path: path.into(), fires };
    Explained {
        rule: "execution/create-process".into(),
        kind: RuleKind::Behavior,
        category: "execution".into(),
        sentence: "Creates a process.".into(),
        severity: None,
        problem: None,
        next_steps: Vec::new(),
        matchers: vec![
            matcher("calls", "Functions and classes that are called.", &["subprocess.Popen", "os.system", "os.spawn*"]),
            matcher("symbols", "Symbols that native binaries import.", &["CreateProcessW", "execve"]),
        ],
        exclude: vec!["os.spawn_test".into()],
        counts: Some(Counting { phase, role: vec![Role::Runtime, Role::Build], how: How::ALL.to_vec() }),
        issues: vec!["hunting/download-then-run".into()],
        catalog: "7".into(),
        precision: Some(Precision { share: 0.985, n: 200 }),
        tiers: tiers(),
        shares: shares([61, 470, 3300, 7900]),
        label: Some("Common".into()),
        fixtures: vec![fixture("execution/create-process/fires.py", true), fixture("execution/create-process/silent.py", false)],
    }
}

pub(crate) fn explained_issue() -> Explained {
    let issue = suspicious_tld();
    Explained {
        rule: issue.rule,
        kind: RuleKind::Issue,
        category: "network".into(),
        sentence: issue.title,
        severity: Some(issue.severity),
        problem: Some(issue.problem),
        next_steps: issue.next_steps,
        matchers: vec![Matcher {
            key: "behaviors".into(),
            meaning: "Any of these behaviors.".into(),
            values: vec!["network/url-suspicious-tld".into()],
        }],
        ..Explained::default()
    }
}
