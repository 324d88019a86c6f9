//! The stages: each loads what it needs from the lake, runs, writes, and says what it did. They meet at the tables alone.

pub(crate) mod crawl;
pub(crate) mod prevalence;
pub(crate) mod scan;

use std::collections::BTreeMap;

use census_lake::Versions;
use census_model::Table;
use census_model::tables::RunRow;
use census_report::{StageLine, Tally};

use crate::run_id::{Run, now};

/// What a stage did.
#[derive(Default)]
pub(crate) struct Done {
    pub(crate) line: StageLine,
    /// What was left out or found, a line each.
    pub(crate) left_out: Vec<String>,
}

/// The row of a run that ends now, with nothing in it but what every stage has.
fn row(run: &Run, outcome: &str) -> RunRow {
    RunRow {
        run_id: run.id.clone(),
        stage: run.stage.to_owned(),
        started_at: run.started,
        finished_at: now(),
        outcome: outcome.to_owned(),
        index_serial: None,
        ranked_on: None,
        ranking_source: None,
        policy: None,
        unit: None,
        as_of: None,
        catalog: None,
        extractor: None,
        tlds: None,
        labels: None,
        advisories_on: None,
        versions: "{}".to_owned(),
        settings: "{}".to_owned(),
    }
}

/// The versions of these tables as the JSON object that `runs` holds.
fn versions(all: &Versions, tables: &[Table]) -> String {
    let of: BTreeMap<&str, i64> = tables.iter().filter_map(|table| Some((table.name(), *all.get(table)?))).collect();
    serde_json::json!(of).to_string()
}

fn tally(name: &str, count: usize) -> Tally {
    Tally { name: name.to_owned(), count: i64::try_from(count).unwrap_or(i64::MAX) }
}

/// A count of the machine's as one of the tables'.
pub(crate) fn count(n: impl TryInto<i64>) -> i64 {
    n.try_into().unwrap_or(i64::MAX)
}

/// Up to ten of these lines, and how many more there are.
fn some(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(10);
    lines.truncate(10);
    lines.extend((more > 0).then(|| format!("… and {more} more")));
    lines
}
