//! From projects to rows of the lake's tables, as a crawl and a scan write them.

use census_extract::VERSION;
use census_lake::Batch;
use census_model::tables::{
    ArtifactRow, ComponentRow, DependencyRow, FactRow, GapRow, MemberRow, MetadataRow, ProjectRow, ScanRow, TermRow, UrlRow,
};
use census_model::{Role, Table, Time, What, id};

use super::content::{BESIDES, Content, File, Maker, Marks, OWN, Place, Seen, Size};
use super::names::{self, sentence};
use super::project::{Kind, Outcome, PLATFORMS, Project, Release, Status, outcome};
use super::random::{Random, Use, scatter, whole};
use super::run::{FIRST, LAST, SCAN};
use super::{Words, World};

/// The share of an sdist's files that its wheel has too, out of 256.
const SHARED: u8 = 243;

/// The share of files that a release changes, out of 256.
const CHANGED: u8 = 38;

/// Rows of several projects.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) terms: Vec<TermRow>,
    pub(crate) urls: Vec<UrlRow>,
    pub(crate) members: Vec<MemberRow>,
    pub(crate) gaps: Vec<GapRow>,
    pub(crate) facts: Vec<FactRow>,
    pub(crate) metadata: Vec<MetadataRow>,
    pub(crate) dependencies: Vec<DependencyRow>,
    pub(crate) components: Vec<ComponentRow>,
    pub(crate) scans: Vec<ScanRow>,
    pub(crate) projects: Vec<ProjectRow>,
    pub(crate) artifacts: Vec<ArtifactRow>,
}

impl Rows {
    /// The rows as a batch.
    pub(crate) fn batch(&self) -> Batch {
        Batch::new()
            .with(&self.terms)
            .with(&self.urls)
            .with(&self.members)
            .with(&self.gaps)
            .with(&self.facts)
            .with(&self.metadata)
            .with(&self.dependencies)
            .with(&self.components)
            .with(&self.scans)
            .with(&self.projects)
            .with(&self.artifacts)
    }

    /// How many rows there are of each table.
    pub(crate) fn each_count(&self, tell: &mut dyn FnMut(Table, usize)) {
        tell(Table::Terms, self.terms.len());
        tell(Table::Urls, self.urls.len());
        tell(Table::Members, self.members.len());
        tell(Table::Gaps, self.gaps.len());
        tell(Table::Facts, self.facts.len());
        tell(Table::Metadata, self.metadata.len());
        tell(Table::Dependencies, self.dependencies.len());
        tell(Table::Components, self.components.len());
        tell(Table::Scans, self.scans.len());
        tell(Table::Projects, self.projects.len());
        tell(Table::Artifacts, self.artifacts.len());
    }

    /// Adds the rows of a project; `words` learns which shared terms they name.
    pub(crate) fn add(&mut self, world: &World, number: u32, marks: &mut Marks, words: &Words) {
        let mut random = Random::of(world.seed, Use::Project, number.into());
        let project = Project::of(world, number, &mut random);
        self.state(&project);
        if project.releases.is_empty() {
            return;
        }
        for release in &project.releases {
            for &file in &project.files {
                self.file(world, &project, release, file);
            }
        }
        let platforms = project.files.iter().filter(|file| matches!(file, Kind::Platform(_))).count();
        let facts = project.facts / project.files.iter().map(weight).sum::<f64>();
        let module = project.module();
        let mut content = Maker::new(world, &mut random, marks, &module, number).make(Size { facts, platforms });
        for seen in content.seen.iter().filter(|seen| seen.word < OWN) {
            words.add(seen.word);
        }
        for release in &project.releases {
            for &file in project.files.iter().filter(|file| !matches!(file, Kind::Older(_))) {
                Attempt { world, project: &project, content: &content, release, file }.scan(self);
            }
        }
        self.terms.append(&mut content.terms);
        self.urls.append(&mut content.urls);
    }

    /// The states of a project, as two crawls saw it.
    fn state(&mut self, project: &Project) {
        let uploads = || project.releases.iter().map(|release| release.uploaded);
        let now = ProjectRow {
            run_id: FIRST.id.to_owned(),
            seen_at: FIRST.started(),
            serial: 30_000_000 + i64::from(project.number),
            project: project.name.clone(),
            project_id: project.id,
            status: project.status.name().to_owned(),
            latest_version: project.latest().map(str::to_owned),
            releases: i32::try_from(project.releases.len()).unwrap_or(i32::MAX),
            first_upload: uploads().min(),
            last_upload: uploads().max(),
            etag: Some(format!("\"{:016x}\"", project.id)),
        };
        let later = ProjectRow { run_id: LAST.id.to_owned(), seen_at: LAST.started(), serial: now.serial + 1, ..now.clone() };
        let before = ProjectRow { status: Status::Active.name().to_owned(), ..now.clone() };
        match project.status {
            Status::Deleted => {
                let nothing =
                    ProjectRow { serial: 0, latest_version: None, releases: 0, first_upload: None, last_upload: None, etag: None, ..later };
                self.projects.extend([before, nothing]);
            }
            Status::Quarantined => {
                let nothing = ProjectRow { latest_version: None, releases: 0, first_upload: None, last_upload: None, ..later };
                self.projects.extend([before, nothing]);
            }
            _ if project.changed => self.projects.extend([ProjectRow { etag: None, ..before }, later]),
            _ => self.projects.push(now),
        }
    }

    /// The states of a file.
    fn file(&mut self, world: &World, project: &Project, release: &Release, file: Kind) {
        let filename = project.filename(&release.version, file);
        let mut random = project.random(world, &release.version, file);
        let sha256 = id::hex(&random.digest());
        let (python, abi, platform) = match file {
            Kind::Sdist => (None, None, None),
            Kind::Pure => (Some("py3"), Some("none"), Some("any")),
            Kind::Platform(at) => (Some("cp314"), Some("cp314"), Some(PLATFORMS[at])),
            Kind::Older(at) => (Some("cp313"), Some("cp313"), Some(PLATFORMS[at])),
        };
        let row = ArtifactRow {
            run_id: FIRST.id.to_owned(),
            seen_at: FIRST.started(),
            serial: 30_000_000 + i64::from(project.number),
            artifact_id: id::artifact(&project.name, &sha256),
            project_id: project.id,
            project: project.name.clone(),
            version: release.version.clone(),
            url: format!("https://files.example/{}/{filename}", &sha256[..8]),
            filename,
            packagetype: if file == Kind::Sdist { "sdist" } else { "bdist_wheel" }.to_owned(),
            python_tag: python.map(str::to_owned),
            abi_tag: abi.map(str::to_owned),
            platform_tag: platform.map(str::to_owned),
            size: Some(whole(random.lognormal(20_000.0, 1.6)).into()),
            upload_time: Some(release.uploaded),
            requires_python: random.chance(0.7).then(|| random.weighed(&[(">=3.8", 3.0), (">=3.9", 4.0), (">=3.10", 3.0)]).to_owned()),
            yanked: release.yanked,
            yanked_reason: release.yanked.then(|| "broken".to_owned()),
            status: "active".to_owned(),
            provenance: None,
            sha256,
        };
        let gone = (!project.status.has_files()).then(|| ArtifactRow {
            run_id: LAST.id.to_owned(),
            seen_at: LAST.started(),
            status: "gone".to_owned(),
            ..row.clone()
        });
        self.artifacts.push(row);
        self.artifacts.extend(gone);
    }
}

/// How many of a wheel's facts a file has.
fn weight(file: &Kind) -> f64 {
    match file {
        Kind::Sdist => f64::from(SHARED) / 256.0 + BESIDES,
        Kind::Pure | Kind::Platform(_) => 1.0,
        Kind::Older(_) => 0.0,
    }
}

/// An attempt to scan a file of a release.
struct Attempt<'a> {
    world: &'a World,
    project: &'a Project,
    content: &'a Content,
    release: &'a Release,
    file: Kind,
}

impl Attempt<'_> {
    fn scan(&self, rows: &mut Rows) {
        let Some(behind) = self.release.scanned else { return };
        let mut random = self.project.random(self.world, &self.release.version, self.file);
        let artifact_id = id::artifact(&self.project.name, &id::hex(&random.digest()));
        let outcome = outcome(&mut random);
        let first = rows.members.len();
        let gap = match outcome {
            Outcome::NotTried => return,
            Outcome::Ok | Outcome::Partial => {
                self.members(rows, artifact_id, behind);
                self.metadata(rows, &mut random, artifact_id);
                let hiding = (outcome == Outcome::Partial)
                    .then(|| random.weighed(&[(What::Unparsed, 7.0), (What::Bounded, 2.0), (What::Encrypted, 1.0)]));
                let what = hiding.or_else(|| random.chance(0.01).then_some(What::Link));
                rows.gaps.extend(what.map(|what| gap(&mut random, &rows.members[first..], artifact_id, what)));
                hiding
            }
            Outcome::Failed | Outcome::Timeout => None,
        };
        rows.scans.push(self.row(&mut random, artifact_id, outcome, gap, &rows.members[first..]));
    }

    fn row(&self, random: &mut Random, artifact_id: i64, outcome: Outcome, gap: Option<What>, members: &[MemberRow]) -> ScanRow {
        let (name, reason) = match outcome {
            Outcome::Partial => ("partial", gap.map(|what| format!("gaps: 1 {}", what.name()))),
            Outcome::Failed => ("failed", Some("the archive is damaged".to_owned())),
            Outcome::Timeout => ("timeout", Some("it took longer than 60 s".to_owned())),
            Outcome::Ok | Outcome::NotTried => ("ok", None),
        };
        let unpacked: i64 = members.iter().map(|member| member.size).sum();
        ScanRow {
            scan_id: format!("{}-{artifact_id:016x}", SCAN.id),
            run_id: SCAN.id.to_owned(),
            artifact_id,
            extractor: VERSION,
            outcome: name.to_owned(),
            reason,
            members: i32::try_from(members.len()).unwrap_or(i32::MAX),
            bytes_packed: unpacked / 4 + 1_000,
            bytes_unpacked: unpacked,
            duration_ms: i64::from(1 + random.zipf(2_000)),
            started_at: Time(SCAN.started().0 + i64::from(self.project.number)),
        }
    }

    /// The files that the artifact holds, and what is seen in them.
    fn members(&self, rows: &mut Rows, artifact_id: i64, behind: u32) {
        let mut member = 0;
        for (number, file) in (0..).zip(&self.content.files) {
            if !self.holds(file, number) {
                continue;
            }
            let row = MemberRow {
                artifact_id,
                extractor: VERSION,
                member,
                path: self.path(&file.path),
                role: file.role.code(),
                format: file.format.to_owned(),
                size: file.size,
                sha256: if file.role == Role::Vendored { file.sha256 } else { older(file.sha256, behind) },
                executable: false,
            };
            rows.members.push(row);
            self.facts(rows, artifact_id, member, file.role, &self.content.seen[file.seen.clone()]);
            if let Some(carried) = self.content.carried.iter().find(|carried| carried.file == number) {
                let (name, version) = (carried.name.clone(), Some(carried.version.clone()));
                rows.components.push(ComponentRow { artifact_id, extractor: VERSION, member, name, version, kind: "vendored".to_owned() });
            }
            member += 1;
        }
        self.packaging(rows, artifact_id, member, behind);
    }

    /// What the packaging puts in.
    fn packaging(&self, rows: &mut Rows, artifact_id: i64, first: i32, behind: u32) {
        let info = format!("{}-{}.dist-info", self.project.module(), self.release.version);
        let files: &[(&str, &str)] = if self.file == Kind::Sdist {
            &[("PKG-INFO", "metadata"), ("pyproject.toml", "pyproject"), ("README.md", "markdown"), ("setup.cfg", "setup-cfg")]
        } else {
            &[("METADATA", "metadata"), ("WHEEL", "wheel-info"), ("top_level.txt", "top-level"), ("RECORD", "record")]
        };
        for (member, (name, format)) in (first..).zip(files) {
            let bits = scatter(artifact_id.cast_unsigned().wrapping_add(u64::from(member.cast_unsigned())));
            let row = MemberRow {
                artifact_id,
                extractor: VERSION,
                member,
                path: if self.file == Kind::Sdist { self.path(name) } else { format!("{info}/{name}") },
                role: Role::Build.code(),
                format: (*format).to_owned(),
                size: i64::try_from(bits & 0xfff).unwrap_or(0),
                sha256: older(Random::of(bits, Use::Release, 0).digest(), behind),
                executable: false,
            };
            rows.members.push(row);
            if *format == "metadata" {
                self.facts(rows, artifact_id, member, Role::Build, &self.content.seen[self.content.metadata.clone()]);
            }
        }
    }

    fn holds(&self, file: &File, number: usize) -> bool {
        match (file.place, self.file) {
            (Place::Everywhere, Kind::Sdist) => number == 0 || file.sha256[0] <= SHARED,
            (Place::Everywhere, _) | (Place::Sdist, Kind::Sdist) => true,
            (Place::Platform(of), Kind::Platform(at)) => of == at,
            _ => false,
        }
    }

    fn path(&self, path: &str) -> String {
        if self.file == Kind::Sdist { format!("{}-{}/{path}", self.project.module(), self.release.version) } else { path.to_owned() }
    }

    fn facts(&self, rows: &mut Rows, artifact_id: i64, member: i32, role: Role, seen: &[Seen]) {
        let bucket = id::bucket(self.project.id);
        let term_id = |word: u32| match word.checked_sub(OWN) {
            Some(own) => self.content.terms[own as usize].term_id,
            None => self.world.vocabulary.id(word),
        };
        rows.facts.extend(seen.iter().map(|seen| FactRow {
            bucket,
            project_id: self.project.id,
            artifact_id,
            extractor: VERSION,
            member,
            term_id: term_id(seen.word),
            phase: seen.phase.code(),
            role: role.code(),
            how: seen.how.code(),
            count: seen.count,
            line: seen.line,
        }));
    }

    fn metadata(&self, rows: &mut Rows, random: &mut Random, artifact_id: i64) {
        let homepage = self.content.urls.first().map(|url| url.url.clone());
        let domain = self.content.urls.first().map(|url| url.domain.clone());
        rows.metadata.push(MetadataRow {
            artifact_id,
            extractor: VERSION,
            summary: Some(sentence(random, 6)),
            license_expression: random
                .chance(0.8)
                .then(|| random.weighed(&[("MIT", 6.0), ("Apache-2.0", 3.0), ("BSD-3-Clause", 1.0)]).to_owned()),
            license_files: vec!["LICENSE".to_owned()],
            homepage: homepage.clone(),
            repository: homepage.filter(|_| random.chance(0.7)),
            author_domain: domain.filter(|_| random.chance(0.5)),
            maintainer_domain: None,
            requires_python: Some(">=3.9".to_owned()),
            build_backend: random
                .chance(0.7)
                .then(|| random.weighed(&[("setuptools.build_meta", 6.0), ("hatchling.build", 4.0)]).to_owned()),
        });
        let mut required: Vec<u32> = (0..random.zipf(20)).map(|_| random.zipf(self.world.projects)).collect();
        required.sort_unstable();
        required.dedup();
        rows.dependencies.extend(required.into_iter().map(|number| DependencyRow {
            artifact_id,
            extractor: VERSION,
            requires: names::project(self.world.seed, number),
            specifier: if number.is_multiple_of(2) { ">=1.0".to_owned() } else { String::new() },
            extra: number.is_multiple_of(7).then(|| "dev".to_owned()),
            marker: None,
            url: random.chance(0.002).then(|| "https://files.example/direct.tar.gz".to_owned()),
        }));
    }
}

/// The hash that a file had so many releases ago.
fn older(mut sha256: [u8; 32], behind: u32) -> [u8; 32] {
    let changes = (1..=behind).filter(|behind| scatter((u64::from(*behind) << 8) | u64::from(sha256[1])) & 0xff < CHANGED.into()).count();
    if changes > 0 && sha256 != id::sha256(b"") {
        sha256[31] = sha256[31].wrapping_add(u8::try_from(changes).unwrap_or(u8::MAX));
    }
    sha256
}

fn gap(random: &mut Random, members: &[MemberRow], artifact_id: i64, what: What) -> GapRow {
    let member = random.pick(members);
    let (path, what) = (member.path.clone(), what.name().to_owned());
    GapRow { artifact_id, extractor: VERSION, member: Some(member.member), path, what, bytes: member.size }
}
