//! Reviewers' words: what was found wrong counts no more. `true` and `accepted` leave the numbers as they are.

use std::collections::BTreeMap;

use census_lake::Session;
use census_model::id;
use census_model::tables::VerdictRow;

use crate::Error;
use crate::inputs::Numbers;

census_model::row! {
    /// A rule that a project does not show, whatever its facts.
    pub struct Dismissed {
        /// The project.
        project_id: i64,
        /// The number of the rule.
        n: i32,
    }
}

census_model::row! {
    /// A rule that a file does not show, whatever its facts.
    pub struct DismissedFile {
        /// The artifact.
        artifact_id: i64,
        /// The file's number.
        member: i32,
        /// The number of the rule.
        n: i32,
    }
}

census_model::row! {
    /// A file.
    pub struct File {
        /// The artifact.
        artifact_id: i64,
        /// Its number.
        member: i32,
    }
}

/// What was found wrong, and in which projects.
#[derive(Debug, Default)]
pub(crate) struct Disputes {
    pub(crate) projects: Vec<i64>,
    pub(crate) dismissed: Vec<Dismissed>,
    pub(crate) files: Vec<DismissedFile>,
}

/// The newest verdict on each project, rule and file, where it is that the finding is wrong; `voice` must be there.
pub(crate) async fn disputes(session: &Session, numbers: &Numbers) -> Result<Disputes, Error> {
    let rows: Vec<VerdictRow> = session.rows("SELECT * FROM verdicts ORDER BY \"on\"").await?;
    let newest: BTreeMap<_, _> =
        rows.into_iter().map(|row| ((row.project.clone(), row.rule.clone(), row.member_sha256.clone()), row)).collect();
    let mut disputes = Disputes::default();
    for row in newest.into_values().filter(|row| row.verdict == "false") {
        let Some(n) = numbers.get(&row.rule) else { continue };
        let project_id = id::project(&row.project);
        match &row.member_sha256 {
            None => disputes.dismissed.push(Dismissed { project_id, n }),
            Some(sha256) => {
                let files = files(session, project_id, sha256).await?;
                disputes.files.extend(files.into_iter().map(|f| DismissedFile { artifact_id: f.artifact_id, member: f.member, n }));
            }
        }
        disputes.projects.push(project_id);
    }
    disputes.projects.sort_unstable();
    disputes.projects.dedup();
    Ok(disputes)
}

/// Where a project's speaking artifacts hold the file.
async fn files(session: &Session, project_id: i64, sha256: &str) -> Result<Vec<File>, Error> {
    let sql = format!(
        "SELECT m.artifact_id, m.member FROM members AS m
         JOIN voice AS v ON v.artifact_id = m.artifact_id AND v.extractor = m.extractor
         WHERE v.project_id = {project_id} AND m.sha256 = X'{sha256}'"
    );
    Ok(session.rows(&sql).await?)
}
