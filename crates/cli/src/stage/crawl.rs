//! Crawl: what the index holds now, against what the lake knows.

use std::sync::Arc;

use census_crawl::{Crawl, Environment, Known, Rows, Sink, Summary};
use census_lake::{Batch, Lake, Session};
use census_model::tables::{ArtifactRow, ProjectRow, RankingRow, RunRow};
use census_model::tier::Tiers;
use census_model::{Table, Time};
use census_report::StageLine;
use serde::{Deserialize, Serialize};

use super::{Done, count, row, some, tally, versions};
use crate::args::Common;
use crate::fault::Fault;
use crate::pipeline::Pipeline;
use crate::progress::{Meter, Watch};
use crate::run_id::Run;

/// How many rows are committed together.
const BATCH: usize = 50_000;

/// What later stages need to know of the crawl that filled the lake: `runs.settings`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// `all`, `top` or `sample`.
    pub(crate) population: String,
    /// The cuts of the tiers.
    pub(crate) tiers: Tiers,
    /// Which files were mirrored.
    pub(crate) artifacts: census_model::Policy,
}

impl Settings {
    fn of(pipeline: &Pipeline) -> Self {
        let crawl = &pipeline.crawl;
        let population = match (crawl.all, crawl.top) {
            (true, _) => "all",
            (_, Some(_)) => "top",
            _ => "sample",
        };
        Self {
            population: population.to_owned(),
            tiers: pipeline.tiers.clone().unwrap_or_else(|| Tiers::new(Vec::new())),
            artifacts: crawl.artifacts,
        }
    }

    /// Those of the newest crawl, until a moment where one is given; those of the whole index where there was none.
    pub(crate) async fn newest(session: &Session, as_of: Option<Time>) -> Result<(Option<RunRow>, Self), Fault> {
        let until = as_of.map(|time| format!("AND started_at <= to_timestamp_micros({})", time.0)).unwrap_or_default();
        let sql = format!("SELECT * FROM runs WHERE stage = 'crawl' {until} ORDER BY started_at DESC, run_id DESC LIMIT 1");
        let run = session.rows::<RunRow>(&sql).await?.pop();
        let settings = run.as_ref().and_then(|run| serde_json::from_str(&run.settings).ok());
        let default = Self { population: "sample".to_owned(), tiers: Tiers::new(Vec::new()), artifacts: census_model::Policy::Installed };
        Ok((run, settings.unwrap_or(default)))
    }
}

/// Commits rows as they come.
struct Writer<'a> {
    lake: &'a Lake,
    waiting: Rows,
    rankings: usize,
    projects: usize,
    artifacts: usize,
}

impl Sink for Writer<'_> {
    async fn accept(&mut self, rows: Rows) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.waiting.accept(rows).await?;
        if self.waiting.artifacts.len() + self.waiting.projects.len() >= BATCH {
            self.commit(None).await?;
        }
        Ok(())
    }
}

impl Writer<'_> {
    async fn commit(&mut self, run: Option<RunRow>) -> Result<(), census_lake::Error> {
        let Rows { rankings, projects, artifacts } = std::mem::take(&mut self.waiting);
        self.rankings += rankings.len();
        self.projects += projects.len();
        self.artifacts += artifacts.len();
        let run: Vec<RunRow> = run.into_iter().collect();
        self.lake.commit(Batch::new().with(&rankings).with(&projects).with(&artifacts).with(&run)).await
    }
}

/// Runs the stage.
pub(crate) async fn run(common: &Common, lake: &Lake, pipeline: &Pipeline) -> Result<Done, Fault> {
    let run = Run::begin("crawl");
    let session = lake.session().await?;
    let (before, _) = Settings::newest(&session, None).await?;
    let crawl =
        Crawl::open(pipeline.crawl.clone(), &Environment::of_process(), &common.mirror, known(&session).await?, &run.id, run.started)?;
    let meter = Arc::new(Meter::new(common, "crawl", "projects", 0));
    let mut writer = Writer { lake, waiting: Rows::default(), rankings: 0, projects: 0, artifacts: 0 };
    let summary = crawl.run(&mut writer, Watch(Arc::clone(&meter))).await;
    meter.finish();
    let summary = match summary {
        Ok(summary) => summary,
        Err(error) => {
            // What was learned until then is kept: the next crawl need not ask for it again.
            writer.commit(None).await?;
            return Err(error.into());
        }
    };
    let end = end(&run, &session, &Settings::of(pipeline), &summary);
    let is_new = !writer.waiting.is_empty() || writer.projects + writer.artifacts + writer.rankings > 0;
    let is_news = before.is_none_or(|before| before.settings != end.settings || before.ranked_on != end.ranked_on);
    writer.commit((is_new || is_news).then_some(end)).await?;
    Ok(Done { line: line(&run, &writer, &summary), left_out: left_out(&summary) })
}

async fn known(session: &Session) -> Result<Known, Fault> {
    let projects: Vec<ProjectRow> = session.rows("SELECT * FROM current_projects").await?;
    let artifacts: Vec<ArtifactRow> = session.rows("SELECT * FROM newest_artifacts").await?;
    let rankings: Vec<RankingRow> = session.rows("SELECT * FROM rankings").await?;
    Ok(Known::new(projects, artifacts, &rankings))
}

fn end(run: &Run, session: &Session, settings: &Settings, summary: &Summary) -> RunRow {
    RunRow {
        index_serial: summary.serial.filter(|&serial| serial > 0),
        ranked_on: summary.ranked_on,
        ranking_source: summary.ranking_source.clone(),
        versions: versions(session.versions(), &[Table::Rankings, Table::Projects, Table::Artifacts]),
        settings: serde_json::json!(settings).to_string(),
        ..row(run, if summary.failures.is_empty() { "done" } else { "partial" })
    }
}

fn line(run: &Run, writer: &Writer<'_>, summary: &Summary) -> StageLine {
    StageLine {
        stage: run.stage.to_owned(),
        projects: count(summary.projects),
        artifacts: count(summary.chosen),
        bytes: count(summary.bytes),
        seconds: run.seconds(),
        outcomes: vec![
            tally("unchanged", summary.unchanged),
            tally("absent", summary.absent),
            tally("failed", summary.failures.len()),
            tally("left out", summary.left_out.len()),
        ],
        requests: count(summary.requests),
        downloads: count(summary.downloaded),
        rows: vec![tally("rankings", writer.rankings), tally("projects", writer.projects), tally("artifacts", writer.artifacts)],
    }
}

fn left_out(summary: &Summary) -> Vec<String> {
    let failures = summary.failures.iter().map(|failure| match &failure.filename {
        Some(filename) => format!("{filename}: {}", failure.error),
        None => format!("{}: {}", failure.project, failure.error),
    });
    let mut lines = some(failures.collect());
    let files = summary.left_out.len();
    lines.extend((files > 0).then(|| {
        let first = &summary.left_out[0];
        format!("{files} files were not mirrored, first {} ({})", first.filename, first.reason)
    }));
    lines.extend(match summary.absent {
        0 => None,
        1 => Some("1 project is not in the index".to_owned()),
        n => Some(format!("{n} projects are not in the index")),
    });
    lines
}
