//! Prevalence: findings and numbers, worked out anew where anything that they are made of has changed.

use std::collections::{BTreeMap, BTreeSet};

use census_catalog::Catalog;
use census_lake::{Batch, Lake, Session};
use census_model::tables::{PrevalenceRow, RunRow};
use census_model::tier::{Tiers, Unit};
use census_model::{Policy, Table, Time};
use census_prevalence::{Config, Lens, Qualified, catalog_id};
use census_report::StageLine;
use serde::{Deserialize, Serialize};

use super::crawl::Settings;
use super::{Done, count, row, tally, versions};
use crate::fault::Fault;
use crate::run_id::{Run, now};

/// What the numbers are made of.
const READ: [Table; 14] = [
    Table::Terms,
    Table::Urls,
    Table::Members,
    Table::Gaps,
    Table::Facts,
    Table::FactsHistory,
    Table::Metadata,
    Table::Dependencies,
    Table::Scans,
    Table::Findings,
    Table::Rankings,
    Table::Projects,
    Table::Artifacts,
    Table::Verdicts,
];

/// The tables without which there is nothing new to count: no row of them is ever dropped, wherever optimizing moves it.
const INPUTS: [Table; 5] = [Table::Scans, Table::Rankings, Table::Projects, Table::Artifacts, Table::Verdicts];

/// Which numbers.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) policy: Policy,
    pub(crate) unit: Unit,
    /// The moment they hold for, where that is not now.
    pub(crate) as_of: Option<Time>,
    /// Which facts count, where not those that the rules say: such numbers are shown, not kept.
    pub(crate) qualified: Qualified,
}

impl Wanted {
    /// Those of projects now, as the rules count.
    pub(crate) fn tonight(policy: Policy) -> Self {
        Self { policy, unit: Unit::Project, as_of: None, qualified: Qualified::default() }
    }

    fn config(&self, tiers: Tiers) -> Config {
        let lens = self.as_of.map(Lens::as_of).unwrap_or_default();
        Config { unit: self.unit, lens, qualified: self.qualified.clone(), ..Config::of(self.policy, tiers) }
    }
}

/// `runs.settings` of the stage: what the numbers were counted by, and their denominators.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Counted {
    /// What was counted by.
    pub(crate) by: Inputs,
    /// The denominators, narrowest tier first.
    pub(crate) coverage: Vec<TierCoverage>,
}

/// Everything that decides numbers besides the versions that `runs` has columns for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Inputs {
    /// `all`, `top` or `sample`.
    pub(crate) population: String,
    /// The cuts of the tiers.
    pub(crate) tiers: Tiers,
    /// The thresholds of labels.
    pub(crate) labels: serde_json::Value,
    /// The rows of the tables that numbers change with.
    pub(crate) rows: BTreeMap<String, u64>,
}

/// The denominators of a tier, and why the rest was not scanned.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TierCoverage {
    pub(crate) tier: String,
    pub(crate) population: i64,
    pub(crate) absent: i64,
    pub(crate) eligible: i64,
    pub(crate) scanned: i64,
    pub(crate) partly: i64,
    pub(crate) unscanned: BTreeMap<String, i64>,
}

/// Numbers as they were just worked out.
pub(crate) struct Outcome {
    pub(crate) done: Done,
    pub(crate) run: RunRow,
    pub(crate) rows: Vec<PrevalenceRow>,
}

/// Runs the stage: numbers that stand already are not worked out again, and those of facts picked by hand are not kept.
pub(crate) async fn run(lake: &Lake, catalog: &Catalog, wanted: &Wanted) -> Result<Outcome, Fault> {
    let run = Run::begin("prevalence");
    let session = lake.session().await?;
    let (crawl, settings) = Settings::newest(&session, wanted.as_of).await?;
    let by = Inputs {
        population: settings.population.clone(),
        tiers: settings.tiers.clone(),
        labels: serde_json::json!(catalog.labels),
        rows: INPUTS.iter().map(|&table| (table.name().to_owned(), session.size(table))).collect(),
    };
    let end = RunRow {
        index_serial: crawl.as_ref().and_then(|crawl| crawl.index_serial),
        ranked_on: crawl.as_ref().and_then(|crawl| crawl.ranked_on),
        ranking_source: crawl.as_ref().and_then(|crawl| crawl.ranking_source.clone()),
        policy: Some(wanted.policy.name().to_owned()),
        unit: Some(wanted.unit.name().to_owned()),
        as_of: Some(wanted.as_of.unwrap_or(run.started)),
        catalog: Some(catalog_id(catalog)),
        extractor: extractors(&session).await?.last().copied(),
        tlds: Some(catalog.tlds.version.clone()),
        labels: Some(catalog.labels.version.clone()),
        versions: versions(session.versions(), &READ),
        ..row(&run, "done")
    };
    let kept = wanted.qualified == Qualified::default();
    if kept && let Some(before) = standing(&session, wanted, &end, &by).await? {
        let line = StageLine { stage: run.stage.to_owned(), seconds: run.seconds(), ..StageLine::default() };
        let rows = of_run(&session, &before.run_id).await?;
        return Ok(Outcome { done: Done { line, left_out: Vec::new() }, run: before, rows });
    }
    let draft = lake.draft();
    let config = wanted.config(settings.tiers);
    let numbers = census_prevalence::run(&session, Some(&draft), catalog, &config, (&run.id, end.as_of.unwrap_or(run.started))).await?;
    let counted = Counted { by, coverage: coverage(&numbers) };
    let end = RunRow { finished_at: now(), settings: serde_json::json!(counted).to_string(), ..end };
    if kept {
        let batch = Batch::new().with(&numbers.rules).with(&numbers.prevalence).with(std::slice::from_ref(&end));
        draft.commit(batch).await?;
    }
    Ok(Outcome { done: done(&run, &numbers), run: end, rows: numbers.prevalence })
}

fn done(run: &Run, numbers: &census_prevalence::Numbers) -> Done {
    let line = StageLine {
        stage: run.stage.to_owned(),
        projects: numbers.coverage.last().map_or(0, |all| all.scanned),
        seconds: run.seconds(),
        rows: vec![tally("rules", numbers.rules.len()), tally("findings", numbers.findings), tally("prevalence", numbers.prevalence.len())],
        ..StageLine::default()
    };
    Done { line, left_out: Vec::new() }
}

fn coverage(numbers: &census_prevalence::Numbers) -> Vec<TierCoverage> {
    let why = |tier: &str| {
        let of_tier = numbers.unscanned.iter().filter(|u| u.tier == tier);
        of_tier.map(|u| (u.why.clone(), u.projects)).collect()
    };
    let tier = |c: &census_prevalence::Coverage| TierCoverage {
        tier: c.tier.clone(),
        population: c.population,
        absent: c.absent,
        eligible: c.eligible,
        scanned: c.scanned,
        partly: c.partly,
        unscanned: why(&c.tier),
    };
    numbers.coverage.iter().map(tier).collect()
}

impl Counted {
    /// Those of a run.
    pub(crate) fn of(run: &RunRow) -> Result<Self, Fault> {
        serde_json::from_str(&run.settings).map_err(|e| {
            Fault::new(format!("run {}: its settings cannot be read: {e}", run.run_id), "was it written by another version of census?")
        })
    }
}

/// The newest run of these numbers, where nothing that decides them has changed since.
async fn standing(session: &Session, wanted: &Wanted, end: &RunRow, by: &Inputs) -> Result<Option<RunRow>, Fault> {
    let same = |before: &RunRow| {
        let versions = |r: &RunRow| (r.catalog.clone(), r.tlds.clone(), r.labels.clone(), r.ranked_on, r.index_serial);
        let counted: Option<Counted> = serde_json::from_str(&before.settings).ok();
        versions(before) == versions(end) && counted.is_some_and(|counted| counted.by == *by)
    };
    let runs = latest(session, wanted.policy, wanted.unit, wanted.as_of, 1).await?;
    Ok(runs.into_iter().find(|before| same(before) && wanted.as_of.is_none_or(|as_of| before.as_of == Some(as_of))))
}

/// The newest runs of the stage, newest first: of those that hold for a moment until `as_of`, where one is given.
pub(crate) async fn latest(session: &Session, policy: Policy, unit: Unit, as_of: Option<Time>, n: usize) -> Result<Vec<RunRow>, Fault> {
    let until = as_of.map(|time| format!("AND as_of <= to_timestamp_micros({})", time.0)).unwrap_or_default();
    let sql = format!(
        "SELECT * FROM runs WHERE stage = 'prevalence' AND policy = '{}' AND unit = '{}' {until}
         ORDER BY as_of DESC, started_at DESC, run_id DESC LIMIT {n}",
        policy.name(),
        unit.name()
    );
    Ok(session.rows(&sql).await?)
}

/// The numbers of a run.
pub(crate) async fn of_run(session: &Session, run_id: &str) -> Result<Vec<PrevalenceRow>, Fault> {
    Ok(session.rows(&format!("SELECT * FROM prevalence WHERE run_id = '{run_id}'")).await?)
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
