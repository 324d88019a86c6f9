//! From the bytes of an artifact to its rows: what a worker does. Pure: no clock, disk or network.

use std::collections::{BTreeMap, HashMap};

use census_artifact::{Block, Limits, Memory};
use census_extract::text::url;
use census_extract::{Extract, Packaging, Seen, format};
use census_model::tables::{ComponentRow, DependencyRow, FactRow, GapRow, MemberRow, MetadataRow, ScanRow, TermRow, UrlRow};
use census_model::{Gap, Kind, Role, Term, Time, id};

use crate::{Outcome, Scanned};

/// An artifact and what is said of it.
#[derive(Clone, Copy, Debug)]
pub struct Artifact<'a> {
    /// The normalized name of its project.
    pub project: &'a str,
    /// The SHA-256 it must have, lower-case hex.
    pub sha256: &'a str,
    /// Its name on the index.
    pub filename: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// The rows of a file that is believed to be what it is: its SHA-256 is computed. Runs in the caller's own process, unprotected.
pub fn scan_bytes(project: &str, filename: &str, bytes: &[u8], limits: &Limits) -> Scanned {
    let sha256 = id::hex(&id::sha256(bytes));
    let artifact = Artifact { project, sha256: &sha256, filename, bytes };
    census_extract::on_stack(|| read(&artifact, limits, &heap, &mut |_| {}))
}

fn heap(length: usize) -> Block {
    Box::new(vec![0; length])
}

/// The rows of an artifact, once its bytes have proved to be the ones that are meant. `reading` hears the path of each member before
/// it is extracted. Scan and run id, time and duration are left to the caller.
pub fn scan_artifact(artifact: &Artifact<'_>, limits: &Limits, reading: &mut dyn FnMut(&str)) -> Scanned {
    scan_artifact_in(artifact, limits, &heap, reading)
}

/// As [`scan_artifact`], the members being unpacked into the memory that is given.
pub(crate) fn scan_artifact_in(artifact: &Artifact<'_>, limits: &Limits, memory: Memory<'_>, reading: &mut dyn FnMut(&str)) -> Scanned {
    let found = id::hex(&id::sha256(artifact.bytes));
    if found == artifact.sha256 {
        return census_extract::on_stack(|| read(artifact, limits, memory, reading));
    }
    let reason = format!("the file has the SHA-256 {found}, not {}", artifact.sha256);
    Scanned::without_rows(artifact.project, artifact.sha256, Outcome::Failed, reason)
}

/// A member without its bytes: all that is kept of it.
struct Kept {
    number: i32,
    path: String,
    format: format::Format,
    size: i64,
    sha256: [u8; 32],
    executable: bool,
    seen: Seen,
}

fn read(artifact: &Artifact<'_>, limits: &Limits, memory: Memory<'_>, reading: &mut dyn FnMut(&str)) -> Scanned {
    let &Artifact { project, sha256, filename, bytes } = artifact;
    let Some(packaging) = packaging(filename) else {
        let reason = format!("`{}` is not a kind of file that is read", extension(filename));
        return Scanned::without_rows(project, sha256, Outcome::Skipped, reason);
    };
    let mut kept = Vec::new();
    let summary = census_artifact::read_with(bytes, limits, memory, &mut |member| {
        reading(member.path);
        let format = format::detect(member.path, member.bytes);
        kept.push(Kept {
            number: member.number,
            path: member.path.to_owned(),
            format,
            size: i64::try_from(member.bytes.len()).unwrap_or(i64::MAX),
            sha256: id::sha256(member.bytes),
            executable: member.executable,
            seen: census_extract::member(format, member.bytes),
        });
    });
    match summary {
        Ok(summary) => {
            reading("");
            let extract = census_extract::artifact(packaging, project, &kept.iter().map(Kept::as_member).collect::<Vec<_>>());
            Scanned::with_rows(artifact, &kept, &summary.gaps, extract)
        }
        Err(error) => Scanned::without_rows(project, sha256, outcome_of(&error), error.to_string()),
    }
}

fn outcome_of(error: &census_artifact::Error) -> Outcome {
    match error {
        census_artifact::Error::Unsupported { .. } => Outcome::Skipped,
        _ => Outcome::Failed,
    }
}

impl Kept {
    fn as_member(&self) -> census_extract::Member<'_> {
        let &Self { number, ref path, format, size, sha256, ref seen, .. } = self;
        census_extract::Member { number, path, format, size, sha256, seen }
    }
}

/// What a file is by its name. What else an index may hold (installers, RPMs) is not read.
fn packaging(filename: &str) -> Option<Packaging> {
    const SDIST: &[&str] = &[".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar.zst", ".tar"];
    let name = filename.to_ascii_lowercase();
    match name.rsplit_once('.')?.1 {
        "whl" => Some(Packaging::Wheel),
        "egg" => Some(Packaging::Egg),
        _ => SDIST.iter().any(|end| name.ends_with(end)).then_some(Packaging::Sdist),
    }
}

fn extension(filename: &str) -> &str {
    filename.rfind('.').map_or(filename, |dot| &filename[dot..])
}

impl Scanned {
    /// An attempt that gave no rows but that of `scans`.
    pub(crate) fn without_rows(project: &str, sha256: &str, outcome: Outcome, reason: String) -> Self {
        Self {
            scan: scan_row(id::artifact(project, sha256), outcome, Some(reason)),
            members: Vec::new(),
            facts: Vec::new(),
            terms: Vec::new(),
            urls: Vec::new(),
            gaps: Vec::new(),
            metadata: Vec::new(),
            dependencies: Vec::new(),
            components: Vec::new(),
        }
    }

    fn with_rows(artifact: &Artifact<'_>, kept: &[Kept], unread: &[Gap], extract: Extract) -> Self {
        let artifact_id = id::artifact(artifact.project, artifact.sha256);
        let gaps: Vec<&Gap> = unread.iter().chain(&extract.gaps).collect();
        let reason = partial(&gaps);
        let outcome = if reason.is_some() { Outcome::Partial } else { Outcome::Ok };
        let mut scan = scan_row(artifact_id, outcome, reason);
        scan.members = i32::try_from(kept.len()).unwrap_or(i32::MAX);
        scan.bytes_packed = i64::try_from(artifact.bytes.len()).unwrap_or(i64::MAX);
        scan.bytes_unpacked = kept.iter().map(|member| member.size).sum();
        let mut ids = HashMap::new();
        let facts = fact_rows(artifact_id, id::project(artifact.project), &extract, &mut ids);
        let mut terms: Vec<(&Term, i64)> = ids.into_iter().collect();
        terms.sort_unstable();
        Self {
            scan,
            members: kept.iter().zip(&extract.roles).map(|(member, &role)| member_row(artifact_id, member, role)).collect(),
            facts,
            urls: terms.iter().filter_map(|&(term, term_id)| url_row(term, term_id)).collect(),
            terms: terms.iter().map(|&(term, term_id)| term_row(term, term_id)).collect(),
            gaps: gaps.into_iter().map(|gap| gap_row(artifact_id, gap)).collect(),
            dependencies: extract.dependencies.into_iter().map(|dependency| dependency_row(artifact_id, dependency)).collect(),
            components: extract.components.into_iter().map(|component| component_row(artifact_id, component)).collect(),
            metadata: vec![metadata_row(artifact_id, extract.metadata)],
        }
    }
}

/// Why a scan is partial, where it is: how many gaps of which kinds hide something.
fn partial(gaps: &[&Gap]) -> Option<String> {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for gap in gaps.iter().filter(|gap| gap.what.hides()) {
        *counts.entry(gap.what.name()).or_default() += 1;
    }
    let parts: Vec<_> = counts.iter().map(|(what, count)| format!("{count} {what}")).collect();
    (!parts.is_empty()).then(|| format!("gaps: {}", parts.join(", ")))
}

fn scan_row(artifact_id: i64, outcome: Outcome, reason: Option<String>) -> ScanRow {
    ScanRow {
        scan_id: String::new(),
        run_id: String::new(),
        artifact_id,
        extractor: census_extract::VERSION,
        outcome: outcome.name().to_owned(),
        reason,
        members: 0,
        bytes_packed: 0,
        bytes_unpacked: 0,
        duration_ms: 0,
        started_at: Time(0),
    }
}

fn member_row(artifact_id: i64, member: &Kept, role: Role) -> MemberRow {
    MemberRow {
        artifact_id,
        extractor: census_extract::VERSION,
        member: member.number,
        path: member.path.clone(),
        role: role.code(),
        format: member.format.name().to_owned(),
        size: member.size,
        sha256: member.sha256,
        executable: member.executable,
    }
}

/// The rows of facts; the id of each term that they name is kept in `ids`.
fn fact_rows<'e>(artifact_id: i64, project_id: i64, extract: &'e Extract, ids: &mut HashMap<&'e Term, i64>) -> Vec<FactRow> {
    let bucket = id::bucket(project_id);
    let row = |fact: &'e census_model::Fact| FactRow {
        bucket,
        project_id,
        artifact_id,
        extractor: census_extract::VERSION,
        member: fact.member,
        term_id: *ids.entry(&fact.term).or_insert_with(|| id::term(fact.term.kind, &fact.term.value)),
        phase: fact.phase.code(),
        role: fact.role.code(),
        how: fact.how.code(),
        count: fact.count,
        line: fact.line,
    };
    extract.facts.iter().map(row).collect()
}

fn term_row(term: &Term, term_id: i64) -> TermRow {
    TermRow {
        term_id,
        kind: term.kind.name().to_owned(),
        value: term.value.clone(),
        module: term.module().to_owned(),
        root: term.root().to_owned(),
    }
}

fn url_row(term: &Term, term_id: i64) -> Option<UrlRow> {
    let parts = (term.kind == Kind::Url).then(|| url::parse(&term.value)).flatten()?;
    Some(UrlRow {
        term_id,
        url: term.value.clone(),
        scheme: parts.scheme,
        host: parts.host,
        domain: parts.domain,
        tld: parts.tld,
        port: parts.port,
        url_path: parts.path,
    })
}

fn gap_row(artifact_id: i64, gap: &Gap) -> GapRow {
    GapRow {
        artifact_id,
        extractor: census_extract::VERSION,
        member: gap.member,
        path: gap.path.clone(),
        what: gap.what.name().to_owned(),
        bytes: gap.bytes,
    }
}

fn metadata_row(artifact_id: i64, metadata: census_extract::Metadata) -> MetadataRow {
    MetadataRow {
        artifact_id,
        extractor: census_extract::VERSION,
        summary: metadata.summary,
        license_expression: metadata.license_expression,
        license_files: metadata.license_files,
        homepage: metadata.homepage,
        repository: metadata.repository,
        author_domain: metadata.author_domain,
        maintainer_domain: metadata.maintainer_domain,
        requires_python: metadata.requires_python,
        build_backend: metadata.build_backend,
    }
}

fn dependency_row(artifact_id: i64, dependency: census_extract::Dependency) -> DependencyRow {
    DependencyRow {
        artifact_id,
        extractor: census_extract::VERSION,
        requires: dependency.requires,
        specifier: dependency.specifier,
        extra: dependency.extra,
        marker: dependency.marker,
        url: dependency.url,
    }
}

fn component_row(artifact_id: i64, component: census_extract::Component) -> ComponentRow {
    ComponentRow {
        artifact_id,
        extractor: census_extract::VERSION,
        member: component.member,
        name: component.name,
        version: component.version,
        kind: component.kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use census_model::What;
    use census_testkit::package::{Sdist, Wheel};

    #[test]
    fn names_tell_what_is_read() {
        for (name, expected) in [
            ("a-1-py3-none-any.whl", Some(Packaging::Wheel)),
            ("a-1-py3.7.egg", Some(Packaging::Egg)),
            ("a-1.tar.gz", Some(Packaging::Sdist)),
            ("A-1.ZIP", Some(Packaging::Sdist)),
            ("a-1.tar.bz2", Some(Packaging::Sdist)),
            ("a-1.win32.exe", None),
            ("a-1.gz", None),
            ("a", None),
        ] {
            assert_eq!(packaging(name), expected, "{name}");
        }
        let skipped = scan_bytes("a", "a-1.msi", b"anything", &Limits::default());
        assert_eq!(
            (skipped.scan.outcome.as_str(), skipped.scan.reason.as_deref()),
            ("skipped", Some("`.msi` is not a kind of file that is read"))
        );
    }

    #[test]
    fn rows_name_each_other() {
        let code = "import os\nos.system('id')\nos.system('id')\nU = 'https://demo.example:8443/x?y'\n";
        let built = Sdist::new("demo", "1.0").file("setup.py", code).file("demo/__init__.py", code).build();
        let scanned = scan_bytes("demo", &built.filename, &built.bytes, &Limits::default());
        assert_eq!(scanned.scan.outcome, "ok", "{:?}", scanned.scan.reason);
        assert_eq!(scanned.scan.members, i32::try_from(scanned.members.len()).unwrap());
        assert_eq!(scanned.scan.bytes_unpacked, scanned.members.iter().map(|m| m.size).sum::<i64>());
        let mut ids: Vec<_> = scanned.terms.iter().map(|term| term.term_id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), scanned.terms.len());
        assert!(scanned.facts.iter().all(|fact| ids.binary_search(&fact.term_id).is_ok()));
        assert_eq!(scanned.metadata.len(), 1);
        let url = scanned.urls.iter().find(|url| url.host == "demo.example").unwrap();
        assert!(scanned.terms.iter().any(|term| term.term_id == url.term_id && term.kind == "url"));
    }

    #[test]
    fn what_a_bound_cuts_off_makes_a_scan_partial() {
        let built = Wheel::new("demo", "1.0").file("demo/a.py", "x = 1\n").build();
        let limits = Limits { members: 2, ..Limits::default() };
        let scanned = scan_bytes("demo", &built.filename, &built.bytes, &limits);
        assert_eq!((scanned.scan.outcome.as_str(), scanned.scan.reason.as_deref()), ("partial", Some("gaps: 1 members")));
        assert_eq!((scanned.members.len(), scanned.gaps.len()), (2, 1));
    }

    #[test]
    fn notes_leave_a_scan_whole() {
        let gap = |what| Gap { member: Some(0), path: "a".into(), what, bytes: 0 };
        let (link, cut, damaged) = (gap(What::Link), gap(What::Truncated), gap(What::Damaged));
        assert_eq!(partial(&[&link]), None);
        assert_eq!(partial(&[&cut, &link, &cut, &damaged]).as_deref(), Some("gaps: 1 damaged, 2 truncated"));
    }

    #[test]
    fn every_member_is_heard_before_it_is_read_and_a_wrong_hash_is_not_read() {
        let built = Wheel::new("demo", "1.0").file("demo/a.py", "x = 1\n").build();
        let mut heard = Vec::new();
        let artifact = Artifact { project: "demo", sha256: &built.sha256, filename: &built.filename, bytes: &built.bytes };
        scan_artifact(&artifact, &Limits::default(), &mut |path| heard.push(path.to_owned()));
        assert_eq!(heard.first().map(String::as_str), Some("demo/a.py"));
        let wrong = scan_artifact(&Artifact { sha256: "00", ..artifact }, &Limits::default(), &mut |_| unreachable!());
        assert_eq!(wrong.scan.outcome, "failed");
    }
}
