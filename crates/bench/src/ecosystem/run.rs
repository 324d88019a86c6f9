//! What is said of the whole: the runs that are to have filled the lake, and the ranking.

use census_model::tables::{ProjectRow, RankingRow, RunRow};
use census_model::{Day, Time, id};

use super::World;
use super::names;
use super::random::{scatter, whole};

/// The day of the ranking.
const RANKED_ON: &str = "2026-11-01";

/// Where it is to be from.
const SOURCE: &str = "synthetic";

/// One in so many ranked names is of a project that the index lacks.
const ABSENT: u32 = 500;

/// A run of a stage.
pub(crate) struct Run {
    pub(crate) id: &'static str,
    stage: &'static str,
    at: &'static str,
}

/// The first crawl.
pub(crate) const FIRST: Run = Run { id: "20261001T010000000000Z-crawl", stage: "crawl", at: "2026-10-01T01:00:00Z" };

/// The last crawl.
pub(crate) const LAST: Run = Run { id: "20261102T010000000000Z-crawl", stage: "crawl", at: "2026-11-02T01:00:00Z" };

/// The scan.
pub(crate) const SCAN: Run = Run { id: "20261102T020000000000Z-scan", stage: "scan", at: "2026-11-02T02:00:00Z" };

impl Run {
    /// When it began.
    pub(crate) fn started(&self) -> Time {
        Time::parse(self.at).expect("a time")
    }

    fn row(&self) -> RunRow {
        let is_crawl = self.stage == "crawl";
        let settings = r#"{"population":"all","tiers":[100,1000,10000],"artifacts":"representative"}"#;
        RunRow {
            run_id: self.id.to_owned(),
            stage: self.stage.to_owned(),
            started_at: self.started(),
            finished_at: Time(self.started().0 + 3_600_000_000),
            outcome: "done".to_owned(),
            index_serial: is_crawl.then_some(40_000_000),
            ranked_on: is_crawl.then(ranked_on),
            ranking_source: is_crawl.then(|| SOURCE.to_owned()),
            policy: None,
            unit: None,
            as_of: None,
            catalog: None,
            extractor: (!is_crawl).then_some(census_extract::VERSION),
            tlds: None,
            labels: None,
            advisories_on: None,
            versions: "{}".to_owned(),
            settings: if is_crawl { settings } else { "{}" }.to_owned(),
        }
    }
}

fn ranked_on() -> Day {
    Day::parse(RANKED_ON).expect("a day")
}

/// The rows of the runs.
pub(crate) fn runs() -> Vec<RunRow> {
    [FIRST, LAST, SCAN].iter().map(Run::row).collect()
}

/// The ranking, ties broken by name, and the states of ranked projects that the index lacks.
pub(crate) fn ranking(world: &World) -> (Vec<RankingRow>, Vec<ProjectRow>) {
    let is_absent = |number: u32| number % ABSENT == ABSENT / 2;
    let name = |number| if is_absent(number) { format!("absent-{}", names::scattered(number)) } else { names::project(world.seed, number) };
    let mut all: Vec<(i64, String, bool)> = (0..world.ranked).map(|number| (downloads(number), name(number), is_absent(number))).collect();
    all.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let absent = all.iter().filter(|(_, _, absent)| *absent).map(|(_, project, _)| ProjectRow {
        run_id: FIRST.id.to_owned(),
        seen_at: FIRST.started(),
        serial: 0,
        project: project.clone(),
        project_id: id::project(project),
        status: "absent".to_owned(),
        latest_version: None,
        releases: 0,
        first_upload: None,
        last_upload: None,
        etag: None,
    });
    let absent = absent.collect();
    let rows = (1..).zip(all).map(|(rank, (downloads, project, _))| RankingRow {
        ranked_on: ranked_on(),
        source: SOURCE.to_owned(),
        project,
        rank,
        downloads,
    });
    (rows.collect(), absent)
}

/// Downloads fall with the place, in steps: there are ties.
fn downloads(number: u32) -> i64 {
    let exact = whole(4e9 / f64::from(number + 1).powf(1.1));
    let step = 10_u32.pow(exact.max(1).ilog10().saturating_sub(2));
    i64::from(exact / step * step) + i64::try_from(scatter(u64::from(number)) & 1).unwrap_or(0) * i64::from(step)
}
