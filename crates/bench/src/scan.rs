//! Census's own scan, in this process and one thread: what a worker does, without its sandbox and its pipe.

use std::collections::HashSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::{env, fs};

use census_artifact::Limits;
use census_extract::{Member, Packaging, Seen, format};
use census_model::{What, id};

use crate::clock::{Cost, Watch};
use crate::corpus::{Artifact, Packing};
use crate::error::Error;

/// What a scan came to, over all artifacts: the whole, and its parts measured in a second pass.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// `census_scan::scan_bytes`, from bytes to rows.
    pub(crate) whole: Cost,
    /// Archives to members, every checksum verified.
    pub(crate) unpack: Cost,
    /// The SHA-256 of each artifact and of each member.
    pub(crate) sha256: Cost,
    /// Telling formats.
    pub(crate) detect: Cost,
    /// Step A of extraction.
    pub(crate) members: Cost,
    /// Step B of extraction.
    pub(crate) artifacts: Cost,
}

impl Scan {
    pub(crate) fn parts(&self) -> Cost {
        self.unpack + self.sha256 + self.detect + self.members + self.artifacts
    }
}

/// One run over all artifacts, one after another. Reading them from disk is no part of it.
pub(crate) fn run(corpus: &[Artifact]) -> Result<Scan, Error> {
    let mut scan = Scan::default();
    for artifact in corpus {
        let bytes = artifact.bytes()?;
        let mut watch = Watch::start();
        drop(census_scan::scan_bytes(&artifact.project, &artifact.filename, &bytes, &Limits::default()));
        watch.lap(&mut scan.whole);
        parts(artifact, &bytes, &mut scan);
    }
    Ok(scan)
}

struct Kept {
    number: i32,
    path: String,
    format: format::Format,
    size: i64,
    sha256: [u8; 32],
    seen: Seen,
}

/// The same steps, a watch between them. An artifact that cannot be read costs what it costs.
fn parts(artifact: &Artifact, bytes: &[u8], scan: &mut Scan) {
    let mut watch = Watch::start();
    std::hint::black_box(id::sha256(bytes));
    watch.lap(&mut scan.sha256);
    let mut kept = Vec::new();
    let read = census_artifact::read(bytes, &Limits::default(), &mut |member| {
        watch.lap(&mut scan.unpack);
        let format = format::detect(member.path, member.bytes);
        watch.lap(&mut scan.detect);
        let sha256 = id::sha256(member.bytes);
        watch.lap(&mut scan.sha256);
        let seen = census_extract::member(format, member.bytes);
        watch.lap(&mut scan.members);
        let size = i64::try_from(member.bytes.len()).unwrap_or(i64::MAX);
        kept.push(Kept { number: member.number, path: member.path.to_owned(), format, size, sha256, seen });
    });
    watch.lap(&mut scan.unpack);
    if read.is_ok() {
        let packaging = if artifact.packing == Packing::Zip { Packaging::Wheel } else { Packaging::Sdist };
        let members: Vec<_> = kept.iter().map(Kept::as_member).collect();
        drop(census_extract::artifact(packaging, &artifact.project, &members));
        watch.lap(&mut scan.artifacts);
    }
}

impl Kept {
    fn as_member(&self) -> Member<'_> {
        let &Self { number, ref path, format, size, sha256, ref seen } = self;
        Member { number, path, format, size, sha256, seen }
    }
}

/// The hashes of members that extraction does not parse because they nest too deep or are too long; the bare sum does not either.
pub(crate) fn too_deep(corpus: &[Artifact]) -> Result<HashSet<[u8; 32]>, Error> {
    let mut deep = HashSet::new();
    for artifact in corpus {
        let scanned = census_scan::scan_bytes(&artifact.project, &artifact.filename, &artifact.bytes()?, &Limits::default());
        let bounded: HashSet<_> = scanned.gaps.iter().filter(|gap| gap.what == What::Bounded.name()).filter_map(|gap| gap.member).collect();
        deep.extend(scanned.members.iter().filter(|member| bounded.contains(&member.member)).map(|member| member.sha256));
    }
    Ok(deep)
}

/// The peak of memory of a fresh process that scans the same artifacts once, in MB. It holds each artifact whole, as a worker has
/// it mapped.
pub(crate) fn peak() -> Result<f64, Error> {
    let program = env::current_exe().map_err(Error::at("the benchmark itself"))?;
    let output =
        Command::new(&program).args(env::args_os().skip(1)).arg("--peak").stderr(Stdio::inherit()).output().map_err(Error::at(&program))?;
    String::from_utf8_lossy(&output.stdout).trim().parse().map_err(|_| Error::Ended { program, status: output.status })
}

/// Scans once and prints the peak of this process's memory, in MB.
pub(crate) fn print_peak(corpus: &[Artifact]) -> Result<(), Error> {
    const STATUS: &str = "/proc/self/status";
    for artifact in corpus {
        drop(census_scan::scan_bytes(&artifact.project, &artifact.filename, &artifact.bytes()?, &Limits::default()));
    }
    let status = fs::read_to_string(STATUS).map_err(Error::at(STATUS))?;
    let peak = peak_of(&status).ok_or_else(|| Error::Peak { path: STATUS.into() })?;
    writeln!(std::io::stdout(), "{peak}").map_err(Error::Output)
}

/// The peak of resident memory in a process's status, which has it in KiB, in MB.
fn peak_of(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_in_megabytes() {
        assert_eq!(peak_of("Name:\tx\nVmHWM:\t  1000000 kB\nVmRSS:\t1 kB\n"), Some(1024.0));
        assert_eq!(peak_of("Name:\tx\n"), None);
    }
}
