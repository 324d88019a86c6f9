//! Which artifacts speak for each project: the choice of the model, over the files that the index holds now.

use std::collections::BTreeSet;

use census_lake::Session;
use census_lake::arrow::array::{Array, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray};
use census_model::choice::{Candidate, Releases};
use census_model::row::column;
use census_model::{Policy, Table};

use crate::{Error, parts, steps};

/// Into how many parts the projects are divided.
const PARTS: i16 = 8;

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
    let files = session.query("SELECT project, project_id, artifact_id, filename, requires_python, yanked FROM current_artifacts").await?;
    let files = Files::of(&files)?;
    let mut places: Vec<(i64, usize, usize)> = files.places();
    places.sort_unstable();
    Ok(places.chunk_by(|a, b| a.0 == b.0).flat_map(|of_project| files.choose(policies, of_project)).collect())
}

/// The files that the index holds, batch by batch: millions, so no row of them is copied.
struct Files(Vec<Columns>);

struct Columns {
    project: StringArray,
    project_id: Int64Array,
    artifact_id: Int64Array,
    filename: StringArray,
    requires_python: StringArray,
    yanked: BooleanArray,
}

impl Files {
    fn of(batches: &[RecordBatch]) -> Result<Self, census_lake::Error> {
        let columns = |batch: &RecordBatch| -> Result<Columns, census_lake::Error> {
            Ok(Columns {
                project: column::<String>(batch, "project")?.as_string().clone(),
                project_id: column::<i64>(batch, "project_id")?.as_primitive().clone(),
                artifact_id: column::<i64>(batch, "artifact_id")?.as_primitive().clone(),
                filename: column::<String>(batch, "filename")?.as_string().clone(),
                requires_python: column::<Option<String>>(batch, "requires_python")?.as_string().clone(),
                yanked: column::<bool>(batch, "yanked")?.as_boolean().clone(),
            })
        };
        Ok(Self(batches.iter().map(columns).collect::<Result<_, _>>()?))
    }

    /// The project, batch and row of each file.
    fn places(&self) -> Vec<(i64, usize, usize)> {
        let of_batch = |(batch, columns): (usize, &Columns)| {
            columns.project_id.values().iter().enumerate().map(|(row, &project)| (project, batch, row)).collect::<Vec<_>>()
        };
        self.0.iter().enumerate().flat_map(of_batch).collect()
    }

    fn choose(&self, policies: &[Policy], places: &[(i64, usize, usize)]) -> Vec<Choice> {
        let candidate = |&(_, batch, row): &(i64, usize, usize)| {
            let columns = &self.0[batch];
            let requires_python = &columns.requires_python;
            Candidate {
                filename: columns.filename.value(row),
                requires_python: requires_python.is_valid(row).then(|| requires_python.value(row)),
                yanked: columns.yanked.value(row),
            }
        };
        let (project_id, batch, row) = places[0];
        let candidates: Vec<_> = places.iter().map(candidate).collect();
        let releases = Releases::of(self.0[batch].project.value(row), &candidates);
        let chosen = policies.iter().flat_map(|&policy| releases.files(policy)).map(|at| places[at]);
        // One content under two names is one artifact.
        let ids: BTreeSet<i64> = chosen.map(|(_, batch, row)| self.0[batch].artifact_id.value(row)).collect();
        ids.into_iter().map(|artifact_id| Choice { project_id, artifact_id }).collect()
    }
}
