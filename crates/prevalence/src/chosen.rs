//! Which artifacts speak for each project: the choice of the model, over the files that the index holds now.

use census_lake::Session;
use census_model::Policy;
use census_model::choice::{Candidate, choose};

use crate::Error;

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

/// The artifacts that speak for each project under a policy.
pub async fn choices(session: &Session, policy: Policy) -> Result<Vec<Choice>, Error> {
    let sql =
        "SELECT project, project_id, artifact_id, filename, requires_python, yanked FROM current_artifacts ORDER BY project, filename";
    let files: Vec<File> = session.rows(sql).await?;
    Ok(files.chunk_by(|a, b| a.project_id == b.project_id).flat_map(|files| of_project(policy, files)).collect())
}

fn of_project(policy: Policy, files: &[File]) -> Vec<Choice> {
    let candidates: Vec<_> = files
        .iter()
        .map(|f| Candidate { filename: &f.filename, requires_python: f.requires_python.as_deref(), yanked: f.yanked })
        .collect();
    let chosen = choose(policy, &files[0].project, &candidates).map(|chosen| chosen.files).unwrap_or_default();
    chosen.into_iter().map(|at| Choice { project_id: files[at].project_id, artifact_id: files[at].artifact_id }).collect()
}
