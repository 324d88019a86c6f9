use census_model::Time;
use census_scan::{Config, Scanned};
use census_testkit::package::Built;

use crate::{Mirror, config, run, sdist, wheel};

/// A result without what may differ from run to run.
fn timeless(mut scanned: Scanned) -> Scanned {
    scanned.scan.duration_ms = 0;
    scanned.scan.started_at = Time(0);
    scanned
}

pub(crate) fn the_same_for_any_number_of_workers() {
    let mirror = Mirror::new();
    let mut work: Vec<_> = (0..40).map(|n| mirror.add(&format!("p{n}"), &wheel(&format!("p{n}"), 1 + n * 7 % 30))).collect();
    work.push(mirror.add("s", &sdist("s")));
    work.push(mirror.add("broken", &Built::new("broken-1.0-py3-none-any.whl", b"PK\x03\x04 no more".to_vec())));
    let all: Vec<Vec<Scanned>> = [1, 2, 8]
        .map(|workers| {
            let (scanned, summary) = run(&config(workers), "honest-worker", &work).unwrap();
            assert_eq!(summary.outcomes.values().sum::<u64>(), 42);
            assert_eq!(summary.outcomes["failed"], 1);
            scanned.into_iter().map(timeless).collect()
        })
        .into();
    assert_eq!(all[0].len(), work.len());
    assert!(all[0] == all[1] && all[1] == all[2]);
    let ids: std::collections::HashSet<_> = all[0].iter().map(|s| &s.scan.scan_id).collect();
    assert_eq!(ids.len(), work.len());
    assert!(
        all[0][..41].iter().all(|s| s.scan.outcome == "ok" && !s.facts.is_empty() && s.scan.run_id == "run-1"),
        "{:?}",
        crate::ends(&all[0])
    );
}

pub(crate) fn of_a_worker_are_those_of_the_function() {
    let mirror = Mirror::new();
    let built = wheel("demo", 3);
    let work = [mirror.add("demo", &built)];
    let (mut scanned, summary) = run(&config(1), "honest-worker", &work).unwrap();
    let by_worker = timeless(scanned.remove(0));
    let mut here = census_scan::scan_bytes("demo", &built.filename, &built.bytes, &Config::default().limits);
    here.scan.scan_id.clone_from(&by_worker.scan.scan_id);
    here.scan.run_id.clone_from(&by_worker.scan.run_id);
    assert_eq!(by_worker, here);
    assert_eq!(here.members.len(), usize::try_from(summary.members).unwrap());
    assert_eq!(summary.bytes_packed, built.bytes.len() as u64);
    assert!(here.terms.iter().any(|term| term.value == "https://host0.example/p") && here.urls.len() >= 3);
}

pub(crate) fn of_no_work_are_none() {
    let (scanned, summary) = run(&config(2), "honest-worker", &[]).unwrap();
    assert!(scanned.is_empty() && summary.outcomes.is_empty());
    assert_eq!(summary.sandbox, None);
}
