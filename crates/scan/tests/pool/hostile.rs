//! What a worker does that a package has taken over, by the name of the artifact.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use census_artifact::{Limits, Memory};
use census_model::Time;
use census_model::tables::ScanRow;
use census_model::{Kind, id, tables::TermRow};
use census_scan::{Artifact, Scanned, scan_artifact};

/// Set by an artifact that leaves its worker so damaged that the next one fails.
static DAMAGED: AtomicBool = AtomicBool::new(false);

/// Does what the artifact says; reads it like an honest worker where it says nothing.
pub(crate) fn scan(artifact: &Artifact<'_>, limits: &Limits, _: Memory<'_>, reading: &mut dyn FnMut(&str)) -> Scanned {
    reading("pkg/member.py");
    assert!(!DAMAGED.load(Ordering::Relaxed), "what came before has damaged this worker");
    let mut scanned = scan_artifact(artifact, limits, &mut |_| {});
    match artifact.filename.trim_end_matches(".whl") {
        "damage" => DAMAGED.store(true, Ordering::Relaxed),
        "abort" => std::process::abort(),
        "exit" => std::process::exit(0),
        "panic" => panic!("a \u{1b}[31mred\nherring"),
        "memory" => drop(std::hint::black_box(Vec::<u8>::with_capacity(64 << 30))),
        "stack" => drop(std::hint::black_box(overflow(0))),
        "hang" => drop(std::io::stdin().read(&mut [0])),
        "spin" => spin(),
        "noise" => flood(b"no frame at all"),
        "announce" => flood(b"R\xff\xff\xff\xff"),
        "cut" => flood(b"R\x10\x00\x00\x00rows"),
        "empty" => flood(b"R\x00\x00\x00\x00"),
        "outcome" => "timeout".clone_into(&mut scanned.scan.outcome),
        "artifact" => scanned.scan.artifact_id = id::artifact("victim", artifact.sha256),
        "term" => scanned.terms.push(term("os.system", id::term(Kind::Call, "os.getcwd"))),
        "twice" => scanned.terms.extend([term("a", id::term(Kind::Call, "a")), term("a", id::term(Kind::Call, "a"))]),
        "member" => scanned.facts.push(fact(artifact)),
        "try" => scanned = confess(scanned, &crate::sandbox::attempts()),
        _ => {}
    }
    scanned
}

fn overflow(depth: u64) -> u64 {
    let frame = std::hint::black_box([depth; 512]);
    if depth == u64::MAX { 0 } else { overflow(depth + 1) + frame[7] }
}

fn spin() {
    let mut n = 0_u64;
    loop {
        n = std::hint::black_box(n.wrapping_add(1));
    }
}

/// Sends bytes of its own to the pool, then ends, so that they are all it says.
fn flood(bytes: &[u8]) {
    let socket = rustix::stdio::stdin();
    rustix::io::write(socket, bytes).unwrap();
    std::process::exit(0);
}

/// Puts what was found into the reason of a failed attempt, the only way to tell.
fn confess(mut scanned: Scanned, found: &[String]) -> Scanned {
    let reason = if found.is_empty() { "nothing worked".to_owned() } else { found.join(", ") };
    scanned.scan = ScanRow { outcome: "failed".into(), reason: Some(reason), started_at: Time(0), ..scanned.scan };
    let _ = std::io::stdout().flush();
    scanned
}

fn term(value: &str, term_id: i64) -> TermRow {
    TermRow {
        term_id,
        kind: "call".into(),
        value: value.into(),
        module: value.rsplit_once('.').map_or("", |(m, _)| m).into(),
        root: value.split('.').next().unwrap().into(),
    }
}

fn fact(artifact: &Artifact<'_>) -> census_model::tables::FactRow {
    let project_id = id::project(artifact.project);
    let (bucket, artifact_id) = (id::bucket(project_id), id::artifact(artifact.project, artifact.sha256));
    census_model::tables::FactRow {
        bucket,
        project_id,
        artifact_id,
        extractor: 1,
        member: 9,
        term_id: 1,
        phase: 0,
        role: 0,
        how: 0,
        count: 1,
        line: 1,
    }
}
