//! `census verdict`: what a reviewer says of a finding. `false` takes it out of every number and page, `accepted` off the list of
//! issues, `true` confirms it.

use census_lake::{Batch, Lake, Session};
use census_model::tables::VerdictRow;
use census_model::{id, name};

use super::page::quoted;
use super::print;
use crate::Ending;
use crate::args::{Common, Verdict};
use crate::fault::Fault;
use crate::{rules, run_id};

census_model::row! {
    /// A file of an artifact that speaks for the project.
    pub struct Seen {
        /// Its path.
        path: String,
        /// Its SHA-256.
        sha256: [u8; 32],
    }
}

/// Runs the command.
pub(crate) async fn run(common: &Common, options: &Verdict) -> Ending {
    let catalog = rules::load(common)?;
    let project = name::normalize(&options.project);
    if !catalog.ids().any(|id| id == options.rule) {
        return Err(Fault::new(format!("no rule is called `{}`", options.rule), "`census report` and `data/rules/README.md` name them"));
    }
    Lake::open(&common.lake).await?;
    let lake = Lake::open_or_create(&common.lake).await?;
    let session = lake.session().await?;
    let member_sha256 = match &options.file {
        Some(path) => Some(file(&session, &project, path).await?),
        None => known(&session, &project).await.map(|()| None)?,
    };
    let verdict = VerdictRow {
        on: run_id::now(),
        project,
        rule: options.rule.clone(),
        member_sha256,
        verdict: options.verdict.name().to_owned(),
        by: options.by.clone(),
        why: options.why.clone(),
    };
    lake.commit(Batch::new().with(std::slice::from_ref(&verdict))).await?;
    if !common.quiet {
        print(&format!("{} · {}: {} by {}", verdict.project, verdict.rule, verdict.verdict, verdict.by))?;
    }
    Ok(Vec::new())
}

/// That the lake knows a project.
async fn known(session: &Session, project: &str) -> Result<(), Fault> {
    let sql = format!("SELECT count(*) AS n FROM projects WHERE project_id = {}", id::project(project));
    match crate::stage::prevalence::number(session, &sql).await? {
        0 => Err(Fault::new(
            format!("the lake knows no project `{project}`"),
            "`census sql -c \"SELECT project FROM current_projects\"` lists them",
        )),
        _ => Ok(()),
    }
}

/// The SHA-256 of a file that the artifacts of a project hold, lower-case hex: of the newest release's where several differ.
async fn file(session: &Session, project: &str, path: &str) -> Result<String, Fault> {
    known(session, project).await?;
    let sql = format!(
        "SELECT m.path, m.sha256 FROM members AS m
         JOIN package_files AS f ON f.artifact_id = m.artifact_id AND f.extractor = m.extractor
         WHERE f.project_id = {} AND f.version = f.latest_version AND m.path = {}",
        id::project(project),
        quoted(path)
    );
    let seen: Vec<Seen> = session.rows(&sql).await?;
    seen.first().map(|seen| id::hex(&seen.sha256)).ok_or_else(|| {
        Fault::new(format!("no file of the newest release of `{project}` is called `{path}`"), "paths are as `census report` shows them")
    })
}
