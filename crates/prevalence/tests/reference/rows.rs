//! The world as rows of the lake.

use std::collections::BTreeSet;

use census_lake::Batch;
use census_model::fact::{module, root};
use census_model::tables::{
    ArtifactRow, DependencyRow, FactRow, GapRow, MemberRow, MetadataRow, ProjectRow, RankingRow, ScanRow, TermRow, UrlRow, VerdictRow,
};
use census_model::{Time, choice, id};

use crate::world::{Attempt, File, NAMES, NIGHTS, Project, SHARED, TERMS, Verdict, World};

const REPOSITORIES: [&str; 3] =
    ["https://forge.example/Acme/Tools", "https://forge.example/acme/tools", "https://forge.example/acme/other"];

const PATHS: [&str; 4] = ["pkg/__init__.py", "pkg/run.py", "tests/test_run.py", "setup.py"];

macro_rules! tables {
    ($($table:ident: $row:ty,)+) => {
        /// Rows of the lake.
        #[derive(Clone, Debug, Default)]
        pub(crate) struct Rows { $(pub(crate) $table: Vec<$row>,)+ }

        impl Rows {
            pub(crate) fn extend(&mut self, other: &Self) {
                $(self.$table.extend_from_slice(&other.$table);)+
            }

            pub(crate) fn batch(&self) -> Batch {
                Batch::new()$(.with(&self.$table))+
            }
        }
    };
}

tables! {
    terms: TermRow, urls: UrlRow, members: MemberRow, gaps: GapRow, facts: FactRow, metadata: MetadataRow, dependencies: DependencyRow,
    scans: ScanRow, rankings: RankingRow, projects: ProjectRow, artifacts: ArtifactRow, verdicts: VerdictRow,
}

/// Several as one.
pub(crate) fn together<'a>(rows: impl IntoIterator<Item = &'a Rows>) -> Rows {
    rows.into_iter().fold(Rows::default(), |mut all, rows| {
        all.extend(rows);
        all
    })
}

const MINUTE: i64 = 60_000_000;

/// A time of a night: minutes and microseconds after it began.
fn at(night: usize, minute: i64, micros: usize) -> Time {
    let (night, micros) = (i64::try_from(night).unwrap(), i64::try_from(micros).unwrap());
    Time((20_000 + night) * 1440 * MINUTE + minute * MINUTE + micros)
}

/// When a night is over.
pub(crate) fn end(night: usize) -> Time {
    at(night, 600, 0)
}

fn sha256(of: u8) -> [u8; 32] {
    [of + 1; 32]
}

impl World {
    /// What each night brings, in pieces that may be written one by one, in any order.
    pub(crate) fn nights(&self) -> Vec<Vec<Rows>> {
        let projects = self.projects.iter().zip(NAMES).enumerate();
        let projects: Vec<Vec<Rows>> = projects.map(|(place, (project, name))| project.nights(name, place)).collect();
        let night = |night: usize| {
            let said = Rows { rankings: self.ranking(night), verdicts: self.verdicts(night), ..Rows::default() };
            projects.iter().map(|nights| nights[night].clone()).chain([said]).collect()
        };
        (0..NIGHTS).map(night).collect()
    }

    /// Ties are broken by name.
    fn ranking(&self, night: usize) -> Vec<RankingRow> {
        let downloads = self.downloads[night].iter().flatten().zip(NAMES);
        let mut ranked: Vec<(i64, &str)> = downloads.filter_map(|(n, name)| Some(((*n)?, name))).collect();
        ranked.sort_by_key(|&(n, name)| (-n, name));
        let row = |((downloads, project), rank): ((i64, &str), i32)| RankingRow {
            ranked_on: end(night).day(),
            source: "a ranking".to_owned(),
            project: project.to_owned(),
            rank,
            downloads,
        };
        ranked.into_iter().zip(1..).map(row).collect()
    }

    fn verdicts(&self, night: usize) -> Vec<VerdictRow> {
        let of_night = self.verdicts.iter().enumerate().filter(|(_, verdict)| verdict.night == night);
        let row = |(n, verdict): (usize, &Verdict)| VerdictRow {
            on: at(night, 300, n),
            project: NAMES[verdict.project].to_owned(),
            rule: verdict.rule.to_owned(),
            member_sha256: verdict.file.map(|file| id::hex(&sha256(file))),
            verdict: verdict.verdict.to_owned(),
            by: "somebody".to_owned(),
            why: "seen".to_owned(),
        };
        of_night.map(row).collect()
    }
}

impl Project {
    fn nights(&self, name: &str, place: usize) -> Vec<Rows> {
        let mut read = BTreeSet::new();
        let mut nights = Vec::new();
        for night in 0..NIGHTS {
            let mut rows =
                Rows { projects: self.states[night].iter().map(|status| state(name, status, night)).collect(), ..Rows::default() };
            for (n, file) in self.files.iter().enumerate() {
                // A project holds no two files of one name.
                if self.files[..n].iter().any(|other| other.filename(name) == file.filename(name)) {
                    continue;
                }
                rows.artifacts.extend(file.states[night].map(|state| file.row(name, n, state, night)));
                for (k, attempt) in file.attempts.iter().enumerate().filter(|(_, attempt)| attempt.night == night) {
                    let Some(state) = file.states[..=night].iter().flatten().next_back() else { continue };
                    let artifact = file.row(name, n, *state, night);
                    // What was read is not read again by the same extractor.
                    if !attempt.is_read() || read.insert((artifact.artifact_id, attempt.extractor)) {
                        attempt.add(&artifact, at(night, 100, place * 100 + n * 10 + k), &mut rows);
                    }
                }
            }
            nights.push(rows);
        }
        nights
    }
}

fn state(name: &str, status: &str, night: usize) -> ProjectRow {
    ProjectRow {
        run_id: format!("night-{night}"),
        seen_at: at(night, 1, 0),
        serial: i64::try_from(night).unwrap(),
        project: name.to_owned(),
        project_id: id::project(name),
        status: status.to_owned(),
        latest_version: None,
        releases: 1,
        first_upload: None,
        last_upload: None,
        etag: None,
    }
}

impl File {
    fn filename(&self, name: &str) -> String {
        format!("{name}-{}{}", self.version, self.kind)
    }

    fn row(&self, name: &str, place: usize, (content, yanked, gone): (u8, bool, bool), night: usize) -> ArtifactRow {
        // Most files are like no other, some are uploaded anew under their name, a few are another's copy.
        let own = u8::try_from(place).unwrap() * 2 + 100;
        let (filename, sha256) = (self.filename(name), id::hex(&sha256(if content == SHARED { SHARED } else { own + content })));
        ArtifactRow {
            run_id: format!("night-{night}"),
            seen_at: at(night, 1, 0),
            serial: i64::try_from(night).unwrap(),
            artifact_id: id::artifact(name, &sha256),
            project_id: id::project(name),
            project: name.to_owned(),
            version: self.version.to_owned(),
            packagetype: choice::packagetype(&filename).name().to_owned(),
            python_tag: None,
            abi_tag: None,
            platform_tag: None,
            size: Some(1),
            upload_time: None,
            requires_python: self.requires_python.map(str::to_owned),
            yanked,
            yanked_reason: None,
            status: if gone { "gone" } else { "active" }.to_owned(),
            url: format!("https://files.example/{filename}"),
            provenance: None,
            filename,
            sha256,
        }
    }
}

impl Attempt {
    fn is_read(&self) -> bool {
        matches!(self.outcome, "ok" | "partial")
    }

    fn add(&self, artifact: &ArtifactRow, started_at: Time, rows: &mut Rows) {
        let (artifact_id, extractor) = (artifact.artifact_id, self.extractor);
        rows.scans.push(ScanRow {
            scan_id: format!("{artifact_id:x}-{}", started_at.0),
            run_id: artifact.run_id.clone(),
            artifact_id,
            extractor,
            outcome: self.outcome.to_owned(),
            reason: None,
            members: 0,
            bytes_packed: 0,
            bytes_unpacked: 0,
            duration_ms: 0,
            started_at,
        });
        if !self.is_read() {
            return;
        }
        rows.members.extend(self.members.iter().zip(0..).map(|(&(path, role, metadata, content), member)| MemberRow {
            artifact_id,
            extractor,
            member,
            path: PATHS[path].to_owned(),
            role,
            format: if metadata { "metadata" } else { "python" }.to_owned(),
            size: 1,
            sha256: sha256(content),
            executable: false,
        }));
        rows.gaps.extend(self.gaps.iter().map(|&(member, what)| GapRow {
            artifact_id,
            extractor,
            member,
            path: String::new(),
            what: what.name().to_owned(),
            bytes: 0,
        }));
        rows.dependencies.extend(self.dependencies.iter().map(|&direct| DependencyRow {
            artifact_id,
            extractor,
            requires: "other".to_owned(),
            specifier: String::new(),
            extra: None,
            marker: None,
            url: direct.then(|| "https://files.example/other.tar.gz".to_owned()),
        }));
        rows.metadata.extend(self.metadata.map(|repository| MetadataRow {
            artifact_id,
            extractor,
            summary: None,
            license_expression: None,
            license_files: Vec::new(),
            homepage: None,
            repository: repository.map(|place| REPOSITORIES[place].to_owned()),
            author_domain: None,
            maintainer_domain: None,
            requires_python: None,
            build_backend: None,
        }));
        self.add_facts(artifact, rows);
    }

    fn add_facts(&self, artifact: &ArtifactRow, rows: &mut Rows) {
        let mut seen = BTreeSet::new();
        for &(member, term, phase, how, count, line) in self.facts.iter().filter(|_| !self.members.is_empty()) {
            let member = member.index(self.members.len());
            if !seen.insert((member, term, phase, how)) {
                continue;
            }
            let term = term_row(term);
            rows.facts.push(FactRow {
                bucket: id::bucket(artifact.project_id),
                project_id: artifact.project_id,
                artifact_id: artifact.artifact_id,
                extractor: self.extractor,
                member: i32::try_from(member).unwrap(),
                term_id: term.term_id,
                phase,
                role: self.members[member].1,
                how,
                count,
                line,
            });
            rows.urls.extend((term.kind == "url").then(|| url_row(&term)));
            rows.terms.push(term);
        }
    }
}

fn term_row(term: usize) -> TermRow {
    let (kind, value) = TERMS[term];
    TermRow {
        term_id: id::term(kind, value),
        kind: kind.name().to_owned(),
        value: value.to_owned(),
        module: module(kind, value).to_owned(),
        root: root(kind, value).to_owned(),
    }
}

fn url_row(term: &TermRow) -> UrlRow {
    let (scheme, rest) = term.value.split_once("://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let tld = host.rsplit('.').next().filter(|label| label.parse::<u8>().is_err()).unwrap_or_default();
    UrlRow {
        term_id: term.term_id,
        url: term.value.clone(),
        scheme: scheme.to_owned(),
        host: host.to_owned(),
        domain: String::new(),
        tld: tld.to_owned(),
        port: None,
        url_path: format!("/{path}"),
    }
}
