//! What is known of the index, and what a new answer changes of it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use census_model::choice::{self, Candidate, Chosen, packagetype};
use census_model::row::{Day, Time};
use census_model::tables::{ArtifactRow, ProjectRow, RankingRow};
use census_model::{Policy, id};

use crate::page::{Answer, File, Page};

/// The state as earlier crawls left it: the latest row of each project and of each (project, file name), and the rankings.
#[derive(Clone, Debug, Default)]
pub struct Known {
    projects: Vec<ProjectRow>,
    artifacts: Vec<ArtifactRow>,
    rankings: HashSet<(Day, String, String)>,
}

impl Known {
    /// From the latest rows, in any order: one a project, one a (project, file name).
    pub fn new(mut projects: Vec<ProjectRow>, mut artifacts: Vec<ArtifactRow>, rankings: &[RankingRow]) -> Self {
        projects.sort_by(|a, b| a.project.cmp(&b.project));
        artifacts.sort_by(|a, b| (&a.project, &a.filename).cmp(&(&b.project, &b.filename)));
        let rankings = rankings.iter().map(|row| (row.ranked_on, row.source.clone(), row.project.clone())).collect();
        Self { projects, artifacts, rankings }
    }

    /// The state of a project.
    pub(crate) fn project(&self, project: &str) -> Option<&ProjectRow> {
        self.projects.binary_search_by(|row| row.project.as_str().cmp(project)).ok().map(|at| &self.projects[at])
    }

    /// The states of a project's files, by file name.
    pub(crate) fn artifacts(&self, project: &str) -> &[ArtifactRow] {
        let start = self.artifacts.partition_point(|row| row.project.as_str() < project);
        let end = self.artifacts.partition_point(|row| row.project.as_str() <= project);
        &self.artifacts[start..end]
    }

    /// The projects that the index had when it was last asked.
    pub(crate) fn present(&self) -> impl Iterator<Item = &str> {
        self.projects.iter().filter(|row| !matches!(row.status.as_str(), "absent" | "deleted")).map(|row| row.project.as_str())
    }

    /// The rows that are new.
    pub(crate) fn new_ranks(&self, rows: Vec<RankingRow>) -> Vec<RankingRow> {
        rows.into_iter().filter(|row| !self.rankings.contains(&(row.ranked_on, row.source.clone(), row.project.clone()))).collect()
    }
}

/// What stamps every new row.
#[derive(Clone, Debug)]
pub(crate) struct Stamp {
    pub(crate) run_id: String,
    pub(crate) seen_at: Time,
}

/// What an answer makes of a project.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// The project's new state, where it has one.
    pub(crate) project: Option<ProjectRow>,
    /// The new states of its files, by name.
    pub(crate) artifacts: Vec<ArtifactRow>,
    /// Its files as they are now, by name, gone ones left out.
    pub(crate) current: Vec<ArtifactRow>,
    /// Files that cannot be mirrored or told apart: the index gives no SHA-256.
    pub(crate) without_hash: Vec<String>,
    /// Whether the index has the project.
    pub(crate) present: bool,
    /// The serial that the project's state holds from; 0 where the index tells none.
    pub(crate) serial: i64,
}

impl Change {
    /// Compares an answer with what is known.
    pub(crate) fn of(project: &str, answer: Answer, known: &Known, stamp: &Stamp) -> Self {
        let (before, files) = (known.project(project), known.artifacts(project));
        let page = match answer {
            // Nobody can install what is quarantined: it has no files, whatever a mirror still lists.
            Answer::Page(page) if page.status == "quarantined" => Some(Page { files: BTreeMap::new(), ..page }),
            Answer::Page(page) => Some(page),
            Answer::Missing => None,
            Answer::Unchanged => {
                let current = files.iter().filter(|row| row.status == "active").cloned().collect();
                let present = before.is_some_and(|row| !matches!(row.status.as_str(), "absent" | "deleted"));
                let serial = before.map_or(0, |row| row.serial);
                return Self { current, present, serial, ..Self::default() };
            }
        };
        let serial = page.as_ref().map_or(0, |page| page.serial);
        let (current, without_hash) = page.as_ref().map(|page| rows(project, page, stamp)).unwrap_or_default();
        let gone = files.iter().filter(|row| row.status == "active" && !current.contains_key(&row.filename));
        let gone = gone.map(|row| ArtifactRow {
            status: "gone".to_owned(),
            run_id: stamp.run_id.clone(),
            seen_at: stamp.seen_at,
            serial,
            ..row.clone()
        });
        let old: BTreeMap<&str, &ArtifactRow> = files.iter().map(|row| (row.filename.as_str(), row)).collect();
        let changed = current.values().filter(|row| old.get(row.filename.as_str()).is_none_or(|old| !same_file(old, row)));
        let mut artifacts: Vec<ArtifactRow> = changed.cloned().chain(gone).collect();
        artifacts.sort_by(|a, b| a.filename.cmp(&b.filename));
        let current: Vec<ArtifactRow> = current.into_values().collect();
        let row = match &page {
            Some(page) => summary(project, page, &current, stamp),
            None => missing(project, before, stamp),
        };
        let project = before.is_none_or(|before| !same_project(before, &row)).then_some(row);
        Self { project, artifacts, current, without_hash, present: page.is_some(), serial }
    }

    /// The current files that speak for the project under a policy. Where that asks what is published rather than what installs,
    /// also the file that pip would install, which may be of an older release: the numbers of the default policy are about it.
    pub(crate) fn chosen(&self, project: &str, policy: Policy) -> Vec<&ArtifactRow> {
        let besides = matches!(policy, Policy::Representative | Policy::All).then_some(Policy::Installed);
        let choices = [Some(policy), besides].into_iter().flatten().filter_map(|policy| choose(policy, project, &self.current));
        let files: BTreeSet<usize> = choices.flat_map(|chosen| chosen.files).collect();
        files.into_iter().map(|at| &self.current[at]).collect()
    }
}

fn choose(policy: Policy, project: &str, rows: &[ArtifactRow]) -> Option<Chosen> {
    let candidates =
        rows.iter().map(|row| Candidate { filename: &row.filename, requires_python: row.requires_python.as_deref(), yanked: row.yanked });
    choice::choose(policy, project, &candidates.collect::<Vec<_>>())
}

/// The files of a page as rows, and the names of those without a SHA-256.
fn rows(project: &str, page: &Page, stamp: &Stamp) -> (BTreeMap<String, ArtifactRow>, Vec<String>) {
    let mut rows = BTreeMap::new();
    let mut without_hash = Vec::new();
    for (filename, file) in &page.files {
        match &file.sha256 {
            Some(sha256) => _ = rows.insert(filename.clone(), row(project, filename, file, sha256, page.serial, stamp)),
            None => without_hash.push(filename.clone()),
        }
    }
    (rows, without_hash)
}

fn row(project: &str, filename: &str, file: &File, sha256: &str, serial: i64, stamp: &Stamp) -> ArtifactRow {
    let tags = choice::tags(filename);
    let tag = |of: fn(&choice::WheelTags) -> &String| tags.as_ref().map(|tags| of(tags).clone());
    ArtifactRow {
        run_id: stamp.run_id.clone(),
        seen_at: stamp.seen_at,
        serial,
        artifact_id: id::artifact(project, sha256),
        project_id: id::project(project),
        project: project.to_owned(),
        version: choice::version(project, filename).unwrap_or_default(),
        filename: filename.to_owned(),
        sha256: sha256.to_owned(),
        packagetype: packagetype(filename).name().to_owned(),
        python_tag: tag(|tags| &tags.python),
        abi_tag: tag(|tags| &tags.abi),
        platform_tag: tag(|tags| &tags.platform),
        size: file.size,
        upload_time: file.upload_time,
        requires_python: file.requires_python.clone(),
        yanked: file.yanked,
        yanked_reason: file.yanked_reason.clone(),
        status: "active".to_owned(),
        url: file.url.clone(),
        provenance: file.provenance.clone(),
    }
}

/// The state of a project that the index has.
fn summary(project: &str, page: &Page, current: &[ArtifactRow], stamp: &Stamp) -> ProjectRow {
    let versions: HashSet<&str> = current.iter().map(|row| row.version.as_str()).filter(|version| !version.is_empty()).collect();
    let uploads = || current.iter().filter_map(|row| row.upload_time);
    ProjectRow {
        run_id: stamp.run_id.clone(),
        seen_at: stamp.seen_at,
        serial: page.serial,
        project: project.to_owned(),
        project_id: id::project(project),
        status: page.status.clone(),
        latest_version: choose(Policy::All, project, current).map(|chosen| chosen.version),
        releases: i32::try_from(versions.len()).unwrap_or(i32::MAX),
        first_upload: uploads().min(),
        last_upload: uploads().max(),
        etag: page.etag.clone(),
    }
}

/// The state of a project that the index does not have: deleted where it had it before.
fn missing(project: &str, before: Option<&ProjectRow>, stamp: &Stamp) -> ProjectRow {
    let status = if before.is_some_and(|before| before.status != "absent") { "deleted" } else { "absent" };
    ProjectRow {
        run_id: stamp.run_id.clone(),
        seen_at: stamp.seen_at,
        serial: 0,
        project: project.to_owned(),
        project_id: id::project(project),
        status: status.to_owned(),
        latest_version: None,
        releases: 0,
        first_upload: None,
        last_upload: None,
        etag: None,
    }
}

/// Whether two rows are one state: they differ at most in the run that saw them. The validator is part of a state, or the
/// project would be read whole every night once it has changed.
fn same_project(a: &ProjectRow, b: &ProjectRow) -> bool {
    *a == ProjectRow { run_id: a.run_id.clone(), seen_at: a.seen_at, ..b.clone() }
}

/// Whether two rows are one state of a file: the serial is the page's, and moves with every other file's.
fn same_file(a: &ArtifactRow, b: &ArtifactRow) -> bool {
    *a == ArtifactRow { run_id: a.run_id.clone(), seen_at: a.seen_at, serial: a.serial, ..b.clone() }
}
