use std::sync::Mutex;

use census_scan::{Config, Error, Program, Work};
use census_testkit::package::{Built, Wheel};

use crate::{Mirror, config, ends, program, run, wheel};

pub(crate) fn every_attempt_has_one() {
    let mirror = Mirror::new();
    let good = mirror.add("good", &wheel("good", 2));
    let other = wheel("other", 1);
    let changed = Work { sha256: other.sha256.clone(), ..mirror.add("changed", &wheel("changed", 1)) };
    let missing = Work { path: "/nowhere".into(), ..mirror.add("missing", &wheel("missing", 1)) };
    let directory = Work { path: std::env::temp_dir(), ..missing.clone() };
    let empty = mirror.add("empty", &Built::new("empty-1.0-py3-none-any.whl", vec![]));
    let installer = mirror.add("installer", &Built::new("installer-1.0.win32.exe", b"MZ".to_vec()));
    let text = mirror.add("text", &Built::new("text-1.0.tar.gz", b"<html>not found</html>".to_vec()));
    let work = [good.clone(), changed, missing, directory, empty, installer, text, good];
    let (scanned, summary) = run(&config(2), "honest-worker", &work).unwrap();
    let outcomes: Vec<_> = scanned.iter().map(|s| s.scan.outcome.as_str()).collect();
    assert_eq!(outcomes, ["ok", "failed", "failed", "failed", "failed", "skipped", "failed", "ok"], "{:?}", ends(&scanned));
    assert_eq!(summary.outcomes.values().sum::<u64>(), 8);
    for (scan, work) in scanned.iter().map(|s| &s.scan).zip(&work) {
        assert_eq!(scan.reason.is_none(), scan.outcome == "ok", "{scan:?}");
        assert_eq!(scan.artifact_id, census_model::id::artifact(&work.project, &work.sha256));
    }
    assert!(scanned[1].scan.reason.as_deref().unwrap().contains(&other.sha256));
    assert!(scanned[5].scan.reason.as_deref().unwrap().contains(".exe"));
}

pub(crate) fn what_nests_deep_is_read_by_a_worker() {
    let nested = |depth: usize| format!("import os\nx = {}os.getcwd(){}\n", "[".repeat(depth), "]".repeat(depth));
    let indented: String = (0..90).flat_map(|n| [" ".repeat(n), "if x:\n".to_owned()]).collect();
    let chained = format!("import os\nx = 1{} + os.getpid()\n{indented}{}pass\n", " + 1".repeat(5_000), " ".repeat(90));
    let deep = Wheel::new("deep", "1.0").file("deep/a.py", nested(190)).file("deep/b.py", chained).build();
    let deeper = Wheel::new("deeper", "1.0").file("deeper/a.py", nested(10_000)).build();
    let mirror = Mirror::new();
    let work = [mirror.add("deep", &deep), mirror.add("deeper", &deeper), mirror.add("p", &wheel("p", 1))];
    let (scanned, _) = run(&config(1), "honest-worker", &work).unwrap();
    assert_eq!(ends(&scanned), [("ok", ""), ("partial", "gaps: 1 bounded"), ("ok", "")]);
    for called in ["os.getcwd", "os.getpid"] {
        assert!(scanned[0].terms.iter().any(|term| term.kind == "call" && term.value == called), "{called}");
    }
}

pub(crate) fn a_worker_that_dies_costs_one_artifact() {
    let mirror = Mirror::new();
    let mut work = Vec::new();
    for what in ["abort", "panic", "memory", "stack", "exit", "noise", "announce", "cut", "empty"] {
        work.push(mirror.order(what));
        work.push(mirror.add(what, &wheel(what, 1)));
    }
    let seen = Mutex::new(0);
    let mut scanned = Vec::new();
    let mut sink = |result| -> Result<(), std::io::Error> {
        scanned.push(result);
        Ok(())
    };
    let progress = |_: &Work, _: &census_model::tables::ScanRow| *seen.lock().unwrap() += 1;
    census_scan::run(&config(2), &program("worker"), "r", &work, &progress, &mut sink).unwrap();
    assert_eq!(seen.into_inner().unwrap(), work.len());
    let ends = ends(&scanned);
    assert_eq!(ends.len(), work.len());
    assert!(ends.iter().skip(1).step_by(2).all(|end| *end == ("ok", "")), "{ends:?}");
    let reasons: Vec<_> = ends.iter().step_by(2).copied().collect();
    assert!(reasons.iter().all(|end| end.0 == "crashed"), "{reasons:?}");
    let expected = [
        "SIGABRT",
        "panicked: a  [31mred herring (hostile.rs:",
        "memory allocation",
        "overflowed its stack",
        "exit status: 0",
        "answer is none",
        "answer is none",
        "died",
        "cut off",
    ];
    for (reason, part) in reasons.iter().zip(expected) {
        assert!(reason.1.contains(part), "{reason:?} has no `{part}`");
    }
    assert!(reasons[..5].iter().all(|reason| reason.1.ends_with("it was reading `pkg/member.py`")), "{reasons:?}");
}

pub(crate) fn what_one_artifact_does_to_a_worker_does_not_reach_the_next() {
    let mirror = Mirror::new();
    let work = [mirror.order("damage"), mirror.add("p", &wheel("p", 1)), mirror.add("q", &wheel("q", 1))];
    let (scanned, _) = run(&config(1), "worker", &work).unwrap();
    assert_eq!(scanned[0].scan.outcome, "failed");
    assert_eq!(ends(&scanned)[1..], [("ok", ""), ("ok", "")]);
}

pub(crate) fn what_takes_too_long_is_ended() {
    let mirror = Mirror::new();
    let work = [mirror.order("hang"), mirror.add("p", &wheel("p", 1)), mirror.order("hang")];
    let (scanned, summary) = run(&Config { wall_seconds: 1, ..config(2) }, "worker", &work).unwrap();
    assert_eq!((summary.outcomes["timeout"], summary.outcomes["ok"]), (2, 1));
    assert_eq!(scanned[0].scan.reason.as_deref(), Some("took more than 1 s; it was reading `pkg/member.py`"));
    assert!(scanned[0].scan.duration_ms >= 1000);
    let (scanned, _) = run(&Config { cpu_seconds: 0, ..config(1) }, "worker", &[mirror.order("spin")]).unwrap();
    assert_eq!(ends(&scanned), [("timeout", "took more processor time than the bound; it was reading `pkg/member.py`")]);
}

pub(crate) fn rows_that_cannot_be_true_are_refused() {
    let mirror = Mirror::new();
    let work: Vec<_> = ["outcome", "artifact", "term", "twice", "member"].map(|what| mirror.order(what)).into();
    let (scanned, _) = run(&config(1), "worker", &work).unwrap();
    let expected = ["no outcome of a worker", "another artifact", "an id that is not the term's", "a term twice", "no such member"];
    for (end, part) in ends(&scanned).iter().zip(expected) {
        assert!(end.0 == "crashed" && end.1.contains(part), "{end:?} has no `{part}`");
    }
    assert!(scanned.iter().all(|s| s.terms.is_empty() && s.facts.is_empty()));
}

pub(crate) fn a_sink_can_end_the_run() {
    let mirror = Mirror::new();
    let work: Vec<_> = std::iter::once(mirror.add("p", &wheel("p", 1))).chain((0..20).map(|_| mirror.order("hang"))).collect();
    let begun = std::time::Instant::now();
    let mut sink = |_| Err(std::io::Error::other("full"));
    let ended = census_scan::run(&config(2), &program("worker"), "r", &work, &|_, _| {}, &mut sink);
    assert!(matches!(&ended, Err(Error::Sink(why)) if why.to_string() == "full"), "{ended:?}");
    assert!(begun.elapsed().as_secs() < 10);
}

pub(crate) fn what_is_no_worker_ends_the_run() {
    let mirror = Mirror::new();
    let work = [mirror.add("p", &wheel("p", 1))];
    let ended = |path: &str| {
        let program = Program { path: path.into(), args: vec![] };
        census_scan::run(&config(2), &program, "r", &work, &|_, _| {}, &mut |_| Ok::<_, std::io::Error>(()))
    };
    assert!(matches!(ended("/nowhere"), Err(Error::Start { .. })));
    assert!(matches!(ended("/bin/true"), Err(Error::Greeting { .. })));
}
