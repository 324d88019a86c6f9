//! The hostile kit, every case through a real, sandboxed worker with small bounds.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use census_artifact::Limits;
use census_model::What;
use census_scan::{Config, Scanned, Work};
use census_testkit::hostile::{self, Case, End};

use crate::program;

/// Bounds that every honest package of a test stays below; the worker's memory is what the kernel itself enforces.
fn small() -> Config {
    let limits = Limits { members: 20_000, member_bytes: 64 << 20, total_bytes: 256 << 20, ..Limits::default() };
    Config { workers: 2, wall_seconds: 60, cpu_seconds: 30, memory_bytes: 256 << 20, require_sandbox: true, limits }
}

pub(crate) fn every_hostile_artifact_ends_as_stated() {
    judge(&small(), hostile::kit());
}

pub(crate) fn what_is_cut_or_changed_never_passes_for_whole() {
    judge(&small(), hostile::sweeps());
}

/// The artifacts of gigabytes, within the bounds that real ones have. Their files take 7 GB of disk.
pub(crate) fn artifacts_of_gigabytes_end_as_stated() {
    if std::env::var_os("CENSUS_LARGE").is_none() {
        crate::say("artifacts of gigabytes are left out: CENSUS_LARGE is not set");
        return;
    }
    for case in hostile::large() {
        judge(&Config { workers: 1, require_sandbox: true, ..Config::default() }, vec![case]);
    }
}

/// Scans the cases in one run, and demands of each the end it states. `CENSUS_CASE` picks those whose names contain it; with
/// `CENSUS_TIMES` the slowest are told.
fn judge(config: &Config, mut cases: Vec<Case>) {
    if let Ok(part) = std::env::var("CENSUS_CASE") {
        cases.retain(|case| case.name.contains(&part));
    }
    let directory = tempfile::tempdir().unwrap();
    let work: Vec<Work> = cases.iter().enumerate().map(|(n, case)| put(directory.path(), n, case)).collect();
    let mut all = Vec::new();
    let mut sink = |scanned| -> Result<(), std::io::Error> {
        all.push(scanned);
        Ok(())
    };
    census_scan::run(config, &program("honest-worker"), "kit", &work, &|_, _| {}, &mut sink).unwrap();
    assert_eq!(all.len(), cases.len(), "one result for each");
    let wrong: Vec<String> = cases.iter().zip(&all).filter_map(|(case, scanned)| differs(case, scanned)).collect();
    if std::env::var_os("CENSUS_TIMES").is_some() {
        let mut slow: Vec<_> = cases.iter().zip(&all).map(|(case, scanned)| (scanned.scan.duration_ms, &case.name)).collect();
        slow.sort();
        slow.iter().rev().take(25).for_each(|(ms, name)| crate::say(&format!("{ms} ms {name}")));
    }
    assert!(wrong.is_empty(), "{} of {} did not end as stated:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// Writes the artifact, as a stream.
fn put(directory: &Path, number: usize, case: &Case) -> Work {
    let path = directory.join(number.to_string());
    let mut file = Hashed { file: BufWriter::new(File::create(&path).unwrap()), sum: sha2::Sha256::default() };
    case.write(&mut file).unwrap();
    file.file.flush().unwrap();
    let sum: [u8; 32] = sha2::Digest::finalize(file.sum).into();
    let sha256 = census_model::id::hex(&sum);
    Work { project: "hostile".into(), sha256, filename: case.filename.clone(), path }
}

struct Hashed {
    file: BufWriter<File>,
    sum: sha2::Sha256,
}

impl std::io::Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        sha2::Digest::update(&mut self.sum, &bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// How a scan ended otherwise than its case states.
fn differs(case: &Case, scanned: &Scanned) -> Option<String> {
    let (outcome, reason) = (scanned.scan.outcome.as_str(), scanned.scan.reason.as_deref().unwrap_or_default());
    let gaps: BTreeSet<What> = scanned.gaps.iter().filter_map(|gap| What::from_name(&gap.what)).collect();
    let exactly = |expected: &[What]| gaps == expected.iter().copied().collect();
    let holds = match &case.end {
        End::Ok(notes) => outcome == "ok" && exactly(notes),
        End::Partial(expected) => outcome == "partial" && exactly(expected),
        End::Skipped(words) => outcome == "skipped" && reason.contains(words),
        End::Failed(words) => outcome == "failed" && reason.contains(words),
        End::Told(members) => match outcome {
            "ok" => scanned.members.iter().map(|row| row.sha256).eq(members.iter().copied()),
            "partial" | "failed" => true,
            _ => false,
        },
    };
    (!holds).then(|| {
        let end = if let End::Told(_) = case.end { "Told".to_owned() } else { format!("{:?}", case.end) };
        format!("{}: {outcome} ({reason}) with {gaps:?}, not {end}", case.name)
    })
}
