//! The page of a package, filled from the lake.

use std::collections::BTreeMap;

use census_catalog::Catalog;
use census_lake::{Lake, Session};
use census_model::choice::{Candidate, choose};
use census_model::tables::{ArtifactRow, ProjectRow, VerdictRow};
use census_model::{How, Kind, Phase, Policy, Role, What};
use census_report::{ArtifactRead, Evidence, IssueShown, Page, Reviewed, Severity, Shown, Unread};

use super::numbers::Numbers;
use crate::fault::Fault;

/// Which page.
pub(crate) struct Wanted {
    pub(crate) project: String,
    pub(crate) version: Option<String>,
}

census_model::row! {
    /// How the scan of an artifact ended.
    pub struct Read {
        /// The artifact.
        artifact_id: i64,
        /// How.
        outcome: String,
        /// Why.
        reason: Option<String>,
    }
}

census_model::row! {
    /// What could not be read.
    pub struct GapSeen {
        /// The artifact.
        artifact_id: i64,
        /// The path.
        path: String,
        /// What.
        what: String,
        /// Bytes concerned.
        bytes: i64,
    }
}

census_model::row! {
    /// A place in the ranking.
    pub struct Rank {
        /// From 1.
        rank: i32,
    }
}

/// A release: the project, its version, and the files of it that were read.
struct Release {
    project: ProjectRow,
    version: String,
    latest: bool,
    files: Vec<ArtifactRow>,
    installed: Option<String>,
}

/// Fills the page of what the lake holds; how common it is, `numbers` tell.
pub(crate) async fn load(lake: &Lake, catalog: &Catalog, wanted: &Wanted, numbers: &Numbers) -> Result<Page, Fault> {
    let session = lake.session().await?;
    let release = release(&session, wanted).await?;
    let reads = reads(&session, &release).await?;
    let unread = unread(&session, &release).await?;
    let rank: Vec<Rank> = session.rows(&format!("SELECT rank FROM current_ranking WHERE project = '{}'", release.project.project)).await?;
    let reviewed = reviewed(&session, &release.project.project).await?;
    let ids: Vec<i64> = release.files.iter().map(|file| file.artifact_id).collect();
    let seen = evidence(census_prevalence::evidence(&session, catalog, &ids).await?, &release, catalog);
    Ok(Page {
        project: release.project.project.clone(),
        version: release.version.clone(),
        status: release.project.status.clone(),
        rank: rank.first().map(|row| row.rank),
        latest: release.latest,
        artifacts: reads,
        unread,
        behaviors: behaviors(catalog, numbers, &seen),
        issues: issues(catalog, numbers, &seen, &reviewed),
        reviewed,
        tiers: numbers.tiers.clone(),
        stamp: numbers.stamp.clone(),
        ..Page::default()
    })
}

async fn release(session: &Session, wanted: &Wanted) -> Result<Release, Fault> {
    let name = quoted(&wanted.project);
    let project: Vec<ProjectRow> = session.rows(&format!("SELECT * FROM current_projects WHERE project = {name}")).await?;
    let Some(project) = project.into_iter().next() else {
        return Err(Fault::new(
            format!("the lake knows no project `{}`", wanted.project),
            "`census sql -c \"SELECT project FROM current_projects\"` lists them; `census crawl` adds more",
        ));
    };
    let all: Vec<ArtifactRow> = session.rows(&format!("SELECT * FROM newest_artifacts WHERE project = {name} ORDER BY filename")).await?;
    let candidates: Vec<_> = all
        .iter()
        .filter(|a| a.status == "active")
        .map(|a| Candidate { filename: &a.filename, requires_python: a.requires_python.as_deref(), yanked: a.yanked })
        .collect();
    let newest = choose(Policy::Installed, &wanted.project, &candidates).or_else(|| choose(Policy::All, &wanted.project, &candidates));
    let newest = newest.map(|chosen| chosen.version);
    let version = wanted.version.clone().or_else(|| newest.clone()).unwrap_or_default();
    let files: Vec<ArtifactRow> = all.into_iter().filter(|a| a.version == version).collect();
    if files.is_empty() && wanted.version.is_some() {
        return Err(Fault::new(
            format!("the lake knows no release {version} of `{}`", wanted.project),
            format!("its newest is {}", newest.as_deref().unwrap_or("none")),
        ));
    }
    let installed = installed(&wanted.project, &files);
    Ok(Release { latest: newest.as_deref() == Some(&version), project, version, files, installed })
}

/// The file of a release that pip installs.
fn installed(project: &str, files: &[ArtifactRow]) -> Option<String> {
    let candidates: Vec<_> =
        files.iter().map(|a| Candidate { filename: &a.filename, requires_python: a.requires_python.as_deref(), yanked: false }).collect();
    let chosen = choose(Policy::Installed, project, &candidates)?;
    chosen.files.first().map(|&at| files[at].filename.clone())
}

/// A text as a literal of SQL.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn ids(release: &Release) -> String {
    let ids: Vec<String> = release.files.iter().map(|file| file.artifact_id.to_string()).collect();
    if ids.is_empty() { "NULL".to_owned() } else { ids.join(", ") }
}

/// The files that an attempt was made to read, and the one that pip installs if it was not.
async fn reads(session: &Session, release: &Release) -> Result<Vec<ArtifactRead>, Fault> {
    let sql = format!("SELECT artifact_id, outcome, reason FROM scans WHERE artifact_id IN ({}) ORDER BY started_at", ids(release));
    let attempts: BTreeMap<i64, Read> = session.rows::<Read>(&sql).await?.into_iter().map(|read| (read.artifact_id, read)).collect();
    let read = |file: &ArtifactRow| {
        let attempt = attempts.get(&file.artifact_id);
        ArtifactRead {
            kind: kind(&file.packagetype).to_owned(),
            filename: file.filename.clone(),
            installed: release.installed.as_ref() == Some(&file.filename),
            outcome: attempt.map_or("not scanned".to_owned(), |read| read.outcome.clone()),
            reason: attempt.and_then(|read| read.reason.clone()),
        }
    };
    let mut reads: Vec<_> = release.files.iter().map(read).filter(|read| read.installed || read.outcome != "not scanned").collect();
    reads.sort_by_key(|read| !read.installed);
    Ok(reads)
}

fn kind(packagetype: &str) -> &str {
    match packagetype {
        "bdist_wheel" => "wheel",
        "bdist_egg" => "egg",
        other => other,
    }
}

async fn unread(session: &Session, release: &Release) -> Result<Vec<Unread>, Fault> {
    let sql = format!("SELECT artifact_id, path, what, bytes FROM gaps WHERE artifact_id IN ({}) ORDER BY path", ids(release));
    let gaps: Vec<GapSeen> = session.rows(&sql).await?;
    let of = |gap: GapSeen| {
        let file = release.files.iter().find(|file| file.artifact_id == gap.artifact_id)?;
        let what = What::from_name(&gap.what).filter(|what| what.hides())?;
        Some(Unread { artifact: kind(&file.packagetype).to_owned(), path: gap.path, what, bytes: gap.bytes })
    };
    Ok(gaps.into_iter().filter_map(of).collect())
}

/// A place in the sources, whichever artifact it is seen in: an sdist's members lie below one more directory.
type Place = (String, String, String, i32, i8, i8);

/// Every evidence once, by rule: the installed file's where that has it, else the other artifacts', and in which alone.
fn evidence(rows: Vec<census_prevalence::Evidence>, release: &Release, catalog: &Catalog) -> BTreeMap<String, Vec<Evidence>> {
    let file = |id: i64| release.files.iter().find(|file| file.artifact_id == id);
    let rank = |id: i64| file(id).map_or(2, |f| i32::from(release.installed.as_ref() != Some(&f.filename)));
    let mut rows = rows;
    rows.sort_by_key(|row| (rank(row.artifact_id), file(row.artifact_id).map(|f| f.filename.clone())));
    let mut seen: BTreeMap<Place, (i32, String, census_prevalence::Evidence)> = BTreeMap::new();
    for row in rows {
        let kind = file(row.artifact_id).map_or(String::new(), |f| kind(&f.packagetype).to_owned());
        let path = if kind == "sdist" { row.path.split_once('/').map_or(row.path.as_str(), |(_, rest)| rest) } else { &row.path };
        let path = path.strip_prefix("src/").filter(|_| kind == "sdist").unwrap_or(path);
        let place = (row.rule.clone(), path.to_owned(), format!("{}:{}", row.kind, row.value), row.line, row.phase, row.how);
        let entry = census_prevalence::Evidence { path: path.to_owned(), ..row };
        seen.entry(place).or_insert((rank(entry.artifact_id), kind, entry));
    }
    let others = release.installed.is_some();
    let mut by_rule: BTreeMap<String, Vec<(i32, Evidence)>> = BTreeMap::new();
    for (rank, kind, row) in seen.into_values() {
        let only_in = (others && rank > 0).then_some(kind);
        by_rule.entry(row.rule.clone()).or_default().push((rank, shown(&row, only_in, catalog)));
    }
    by_rule.into_iter().map(|(rule, rows)| (rule, ordered(rows))).collect()
}

/// What counts first, then what is installed, what runs soonest, what is surest; then by place.
fn ordered(mut rows: Vec<(i32, Evidence)>) -> Vec<Evidence> {
    rows.sort_by(|(a_rank, a), (b_rank, b)| {
        let key = |rank: &i32, e: &Evidence| (!e.counts, *rank, e.phase, e.how, e.role);
        key(a_rank, a).cmp(&key(b_rank, b)).then_with(|| (&a.path, a.line, &a.value).cmp(&(&b.path, b.line, &b.value)))
    });
    rows.into_iter().map(|(_, evidence)| evidence).collect()
}

fn shown(row: &census_prevalence::Evidence, only_in: Option<String>, catalog: &Catalog) -> Evidence {
    Evidence {
        phase: Phase::from_code(row.phase).unwrap_or(Phase::Never),
        role: Role::from_code(row.role).unwrap_or(Role::Data),
        how: How::from_code(row.how).unwrap_or(How::Text),
        kind: Kind::from_name(&row.kind).unwrap_or(Kind::Meta),
        value: row.value.clone(),
        path: row.path.clone(),
        line: row.line,
        count: row.count,
        counts: row.counts == 1,
        only_in,
        note: row.tld.as_deref().filter(|_| row.rule.contains("tld")).and_then(|tld| list(catalog, tld)),
    }
}

/// The list that a top-level domain is on.
fn list(catalog: &Catalog, tld: &str) -> Option<String> {
    let list = catalog.tlds.lists.iter().find(|list| list.entries.iter().any(|entry| entry.tld == tld))?;
    Some(format!("list: {}", list.name))
}

fn behaviors(catalog: &Catalog, numbers: &Numbers, seen: &BTreeMap<String, Vec<Evidence>>) -> Vec<Shown> {
    let shown = catalog.behaviors.iter().filter_map(|behavior| {
        let evidence = seen.get(&behavior.id)?.clone();
        let category = census_catalog::category(&behavior.id).to_owned();
        Some(Shown {
            rule: behavior.id.clone(),
            sentence: behavior.sentence.clone(),
            label: numbers.label(&behavior.id),
            unvalidated: behavior.precision.is_none(),
            counts: evidence.iter().any(|e| e.counts),
            // What almost every program does tells nothing about this one.
            ordinary: category == "behavior",
            category,
            shares: numbers.shares(&behavior.id),
            evidence,
        })
    });
    shown.collect()
}

/// What reviewers said of a project, as it stands.
async fn reviewed(session: &Session, project: &str) -> Result<Vec<Reviewed>, Fault> {
    let sql = format!("SELECT * FROM current_verdicts WHERE project = {} ORDER BY \"on\"", quoted(project));
    let rows: Vec<VerdictRow> = session.rows(&sql).await?;
    let word = |row: VerdictRow| Reviewed {
        rule: row.rule,
        verdict: row.verdict,
        file: row.member_sha256,
        by: row.by,
        on: row.on.to_string(),
        why: row.why,
    };
    Ok(rows.into_iter().map(word).collect())
}

/// The issues that nobody has accepted.
fn issues(catalog: &Catalog, numbers: &Numbers, seen: &BTreeMap<String, Vec<Evidence>>, reviewed: &[Reviewed]) -> Vec<IssueShown> {
    let accepted = |rule: &str| reviewed.iter().any(|word| word.rule == rule && word.verdict == "accepted" && word.file.is_none());
    let shown = catalog.issues.iter().filter(|issue| !accepted(&issue.id)).filter_map(|issue| {
        let evidence: Vec<Evidence> = seen.get(&issue.id)?.iter().filter(|e| e.counts).cloned().collect();
        (!evidence.is_empty()).then(|| IssueShown {
            rule: issue.id.clone(),
            severity: Severity::from_name(issue.severity.name()),
            title: issue.title.clone(),
            problem: issue.problem.clone(),
            next_steps: issue.next_steps.clone(),
            label: numbers.label(&issue.id),
            unvalidated: issue.precision.is_none(),
            in_running_code: evidence.iter().any(Evidence::runs),
            shares: numbers.shares(&issue.id),
            evidence,
        })
    });
    shown.collect()
}
