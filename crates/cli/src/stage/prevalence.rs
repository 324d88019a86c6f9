//! Prevalence: findings and numbers, worked out anew where anything that they are made of has changed.

use std::collections::BTreeSet;

use census_catalog::Catalog;
use census_lake::{Lake, Session};
use census_model::tables::RunRow;
use census_model::{Policy, Table};
use census_prevalence::{Config, catalog_id};
use census_report::StageLine;

use super::crawl::Settings;
use super::{Done, count, row, tally, versions};
use crate::fault::Fault;
use crate::run_id::Run;

/// What the numbers are made of.
const READ: [Table; 11] = [
    Table::Terms,
    Table::Urls,
    Table::Members,
    Table::Gaps,
    Table::Facts,
    Table::Metadata,
    Table::Dependencies,
    Table::Scans,
    Table::Rankings,
    Table::Projects,
    Table::Artifacts,
];

/// Runs the stage.
pub(crate) async fn run(lake: &Lake, catalog: &Catalog, policy: Policy) -> Result<Done, Fault> {
    let run = Run::begin("prevalence");
    let session = lake.session().await?;
    let (crawl, settings) = Settings::newest(&session).await?;
    let end = RunRow {
        index_serial: crawl.as_ref().and_then(|crawl| crawl.index_serial),
        ranked_on: crawl.as_ref().and_then(|crawl| crawl.ranked_on),
        ranking_source: crawl.as_ref().and_then(|crawl| crawl.ranking_source.clone()),
        policy: Some(policy.name().to_owned()),
        catalog: Some(catalog_id(catalog)),
        extractor: extractors(&session).await?.last().copied(),
        tlds: Some(catalog.tlds.version.clone()),
        labels: Some(catalog.labels.version.clone()),
        versions: versions(session.versions(), &READ),
        settings: serde_json::json!({ "tiers": settings.tiers, "labels": catalog.labels }).to_string(),
        ..row(&run, "done")
    };
    if newest(&session, policy).await?.is_some_and(|before| same(&before, &end)) {
        let line = StageLine { stage: run.stage.to_owned(), seconds: run.seconds(), ..StageLine::default() };
        return Ok(Done { line, left_out: Vec::new() });
    }
    let config = Config { policy, tiers: settings.tiers };
    let numbers = census_prevalence::run(&session, catalog, &config, &run.id, run.started).await?;
    lake.commit(numbers.batch(RunRow { finished_at: crate::run_id::now(), ..end })).await?;
    let line = StageLine {
        stage: run.stage.to_owned(),
        projects: numbers.coverage.last().map_or(0, |all| all.scanned),
        seconds: run.seconds(),
        rows: vec![
            tally("rules", numbers.rules.len()),
            tally("findings", numbers.findings.len()),
            tally("prevalence", numbers.prevalence.len()),
        ],
        ..StageLine::default()
    };
    Ok(Done { line, left_out: Vec::new() })
}

/// The newest run of the stage under a policy.
pub(crate) async fn newest(session: &Session, policy: Policy) -> Result<Option<RunRow>, Fault> {
    Ok(latest(session, policy, 1).await?.pop())
}

/// The newest runs of the stage under a policy, newest first.
pub(crate) async fn latest(session: &Session, policy: Policy, n: usize) -> Result<Vec<RunRow>, Fault> {
    let sql = format!(
        "SELECT * FROM runs WHERE stage = 'prevalence' AND policy = '{}' ORDER BY started_at DESC, run_id DESC LIMIT {n}",
        policy.name()
    );
    Ok(session.rows(&sql).await?)
}

/// Whether two runs make the same numbers of the same things.
fn same(a: &RunRow, b: &RunRow) -> bool {
    let inputs = |r: &RunRow| {
        (r.versions.clone(), r.settings.clone(), r.catalog.clone(), r.tlds.clone(), r.labels.clone(), r.ranked_on, r.index_serial)
    };
    inputs(a) == inputs(b)
}

census_model::row! {
    /// A version of the extractor that speaks for some artifact.
    pub struct Extractor {
        /// The version.
        extractor: i32,
    }
}

/// The versions of the extractor in the current scans, ascending.
pub(crate) async fn extractors(session: &Session) -> Result<BTreeSet<i32>, Fault> {
    let rows: Vec<Extractor> = session.rows("SELECT DISTINCT extractor FROM current_scans").await?;
    Ok(rows.into_iter().map(|row| row.extractor).collect())
}

/// The number of rows of a query `SELECT count(*) AS n …`.
pub(crate) async fn number(session: &Session, sql: &str) -> Result<i64, Fault> {
    census_model::row! {
        /// A count.
        pub struct N {
            /// The count.
            n: i64,
        }
    }
    Ok(session.rows::<N>(sql).await?.first().map_or(0, |row| count(row.n)))
}
