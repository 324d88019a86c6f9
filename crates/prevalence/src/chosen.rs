//! Which artifacts speak for each project: the choice of the model, over the files that the index holds now.

use std::collections::BTreeSet;

use census_lake::Session;
use census_model::choice::{Candidate, Releases};
use census_model::{Policy, Row, Table};

use crate::{Error, parts, steps};

/// Into how many parts the projects are divided.
const PARTS: i16 = 8;

census_model::row! {
    /// A file that the index holds, as the choice sees it.
    pub struct File {
        /// The project.
        project: String,
        /// Its id.
        project_id: i64,
        /// The artifact.
        artifact_id: i64,
        /// The file's name.
        filename: String,
        /// `Requires-Python`.
        requires_python: Option<String>,
        /// Whether it is yanked.
        yanked: bool,
    }
}

census_model::row! {
    /// An artifact that speaks for its project.
    pub struct Choice {
        /// The project.
        project_id: i64,
        /// The artifact.
        artifact_id: i64,
    }
}

census_model::row! {
    /// A scan that speaks for a file which may speak for its project.
    pub struct Speaking {
        /// The artifact.
        artifact_id: i64,
        /// The version of the extractor.
        extractor: i32,
    }
}

/// The scans of every file that speaks for its project under any policy: whose facts tonight's numbers need.
pub async fn speaking(session: &Session) -> Result<Vec<Speaking>, Error> {
    session.register("candidate", &choices(session, Policy::ALL).await?)?;
    steps::take(session, steps::SPEAKING).await?;
    Ok(session.rows("SELECT * FROM speaking").await?)
}

/// The artifacts that speak for each project under any of the policies.
pub async fn choices(session: &Session, policies: &'static [Policy]) -> Result<Vec<Choice>, Error> {
    let work = parts::divided(PARTS).into_iter().map(|part| async move {
        let here = parts::within("project_id", &part);
        let of_part = |table: Table| (table, format!("SELECT * FROM {} WHERE {here}", table.name()));
        let session = session.fork().await?;
        session.narrow(&[of_part(Table::Projects), of_part(Table::Artifacts)]).await?;
        Ok(of_session(session, policies))
    });
    let mut choices = Vec::new();
    parts::side_by_side(work, async |part: Vec<Choice>| {
        choices.extend(part);
        Ok(())
    })
    .await?;
    Ok(choices)
}

async fn of_session(session: Session, policies: &[Policy]) -> Result<Vec<Choice>, Error> {
    let sql = "SELECT project, project_id, artifact_id, filename, requires_python, yanked
               FROM current_artifacts ORDER BY project_id, filename";
    let (mut choices, mut rest) = (Vec::new(), Vec::<File>::new());
    session
        .each(sql, |batch| {
            rest.extend(File::read(batch)?);
            // The last project of a batch may go on in the next.
            let last = rest.last().map(|file| file.project_id);
            let whole = rest.partition_point(|file| Some(file.project_id) != last);
            choices.extend(of_projects(policies, rest.drain(..whole).as_slice()));
            Ok(())
        })
        .await?;
    choices.extend(of_projects(policies, &rest));
    Ok(choices)
}

fn of_projects<'a>(policies: &'a [Policy], files: &'a [File]) -> impl Iterator<Item = Choice> + 'a {
    files.chunk_by(|a, b| a.project_id == b.project_id).flat_map(|files| of_project(policies, files))
}

fn of_project(policies: &[Policy], files: &[File]) -> Vec<Choice> {
    let candidates: Vec<_> = files
        .iter()
        .map(|f| Candidate { filename: &f.filename, requires_python: f.requires_python.as_deref(), yanked: f.yanked })
        .collect();
    let releases = Releases::of(&files[0].project, &candidates);
    let chosen = policies.iter().filter_map(|&policy| releases.choose(policy)).flat_map(|chosen| chosen.files);
    // One content under two names is one artifact.
    let ids: BTreeSet<i64> = chosen.map(|at| files[at].artifact_id).collect();
    ids.into_iter().map(|artifact_id| Choice { project_id: files[0].project_id, artifact_id }).collect()
}
