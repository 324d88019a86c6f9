//! Scan: every artifact in the mirror that has not been read by this extractor.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use census_crawl::Mirror;
use census_lake::{Batch, Lake, Session};
use census_model::tables::ScanRow;
use census_model::{Table, id};
use census_report::{StageLine, Tally};
use census_scan::{Config, Program, Scanned, Summary, Work};
use tokio::sync::mpsc;

use super::{Done, count, row, some, versions};
use crate::args::Common;
use crate::command::worker;
use crate::fault::Fault;
use crate::progress::Meter;
use crate::run_id::Run;

/// How many artifacts, and how many bytes of rows, are committed together.
const BATCH: (usize, usize) = (200, 256 << 20);

/// Nights on which an artifact that failed is tried again, and the hours that make a night.
const TRIES: i64 = 4;
const NIGHT: i64 = 12 * 3600;

census_model::row! {
    /// An artifact that may have to be scanned.
    pub struct Candidate {
        /// The project.
        project: String,
        /// The file's name.
        filename: String,
        /// Its SHA-256.
        sha256: String,
    }
}

/// Scans what the index holds now, is mirrored, and was not read by this extractor.
pub(crate) async fn run(common: &Common, lake: &Lake, config: &Config) -> Result<Done, Fault> {
    let run = Run::begin("scan");
    let session = lake.session().await?;
    let work = waiting(&session, &common.mirror, &run).await?;
    let (summary, rows, trouble) = scan(common, lake, config, &run, work).await?;
    if !rows.is_empty() {
        let end = census_model::tables::RunRow {
            extractor: Some(census_extract::VERSION),
            versions: versions(session.versions(), &[Table::Artifacts, Table::Scans, Table::Facts, Table::Terms]),
            ..row(&run, if trouble.is_empty() { "done" } else { "partial" })
        };
        lake.commit(Batch::new().with(&[end])).await?;
    }
    Ok(Done { line: line(&run, &summary, rows), left_out: some(trouble).into_iter().chain(sandbox(&summary)).collect() })
}

/// The artifacts to scan, by rank and name. One that failed is tried again on the nights that follow.
async fn waiting(session: &Session, mirror: &Path, run: &Run) -> Result<Vec<Work>, Fault> {
    let sql = format!(
        "SELECT a.project, a.filename, a.sha256
         FROM current_artifacts AS a
         LEFT JOIN current_ranking AS r ON r.project = a.project
         LEFT JOIN (
             SELECT artifact_id, count(*) AS tries, max(started_at) AS last,
                 bool_or(outcome IN ('ok', 'partial', 'skipped')) AS done
             FROM scans WHERE extractor = {extractor} GROUP BY artifact_id
         ) AS s ON s.artifact_id = a.artifact_id
         WHERE s.artifact_id IS NULL
            OR (NOT s.done AND s.tries < {TRIES} AND s.last < to_timestamp_seconds({before}))
         ORDER BY r.rank NULLS LAST, a.project, a.filename",
        extractor = census_extract::VERSION,
        before = run.started.0 / 1_000_000 - NIGHT,
    );
    let candidates: Vec<Candidate> = session.rows(&sql).await?;
    let mirror = Mirror::open(mirror)?;
    let mut seen = HashSet::new();
    let fresh = candidates.into_iter().filter(|c| mirror.has(&c.sha256) && seen.insert((c.project.clone(), c.sha256.clone())));
    Ok(fresh.map(|c| Work { path: mirror.path(&c.sha256), project: c.project, sha256: c.sha256, filename: c.filename }).collect())
}

/// The tables take no more rows: why, their own error says.
#[derive(Debug, thiserror::Error)]
#[error("the lake takes no more rows")]
struct NoReceiver;

/// Scans this work into the lake; tells the rows written and what went wrong.
pub(crate) async fn scan(
    common: &Common,
    lake: &Lake,
    config: &Config,
    run: &Run,
    work: Vec<Work>,
) -> Result<(Summary, Vec<Tally>, Vec<String>), Fault> {
    let mut config = config.clone();
    if let Some(threads) = common.threads {
        config.workers = threads.get();
    }
    let names = work.iter().map(|w| (id::artifact(&w.project, &w.sha256), w.filename.clone())).collect();
    let program = Program { path: std::env::current_exe()?, args: vec![worker::NAME.into()] };
    let meter = Arc::new(Meter::new(common, "scan", "artifacts", work.len() as u64));
    let (send, receive) = mpsc::channel::<Scanned>(16);
    let (run_id, watch) = (run.id.clone(), Arc::clone(&meter));
    let pool = tokio::task::spawn_blocking(move || {
        let progress = |work: &Work, scan: &ScanRow| {
            watch.bytes(u64::try_from(scan.bytes_packed).unwrap_or(0));
            watch.done(&work.filename);
        };
        census_scan::run(&config, &program, &run_id, &work, &progress, &mut |scanned| send.blocking_send(scanned).map_err(|_| NoReceiver))
    });
    let written = write(lake, receive, &names).await;
    let summary = pool.await?;
    meter.finish();
    // Where the lake refused rows, the pool failed for want of a receiver: the lake's error is the cause.
    let (rows, trouble) = written?;
    Ok((summary?, rows, trouble))
}

/// Commits what comes, batch by batch; `names` tells the file of an artifact.
async fn write(
    lake: &Lake,
    mut receive: mpsc::Receiver<Scanned>,
    names: &HashMap<i64, String>,
) -> Result<(Vec<Tally>, Vec<String>), census_lake::Error> {
    let (mut batch, mut artifacts) = (Batch::new(), 0);
    let (mut rows, mut trouble) = (Vec::new(), Vec::new());
    while let Some(scanned) = receive.recv().await {
        if !matches!(scanned.scan.outcome.as_str(), "ok" | "partial") {
            let (scan, name) = (&scanned.scan, names.get(&scanned.scan.artifact_id).map_or("", String::as_str));
            trouble.push(format!("{name}: {}: {}", scan.outcome, scan.reason.as_deref().unwrap_or("no reason given")));
        }
        tally(&mut rows, &scanned);
        add(&mut batch, &scanned);
        artifacts += 1;
        if artifacts >= BATCH.0 || batch.bytes() >= BATCH.1 {
            lake.commit(std::mem::take(&mut batch)).await?;
            artifacts = 0;
        }
    }
    lake.commit(batch).await?;
    Ok((rows, trouble))
}

fn add(batch: &mut Batch, scanned: &Scanned) {
    batch.add(&scanned.terms);
    batch.add(&scanned.urls);
    batch.add(&scanned.members);
    batch.add(&scanned.gaps);
    batch.add(&scanned.facts);
    batch.add(&scanned.metadata);
    batch.add(&scanned.dependencies);
    batch.add(&scanned.components);
    batch.add(std::slice::from_ref(&scanned.scan));
}

fn tally(rows: &mut Vec<Tally>, scanned: &Scanned) {
    let counts = [
        (Table::Scans, 1),
        (Table::Members, scanned.members.len()),
        (Table::Facts, scanned.facts.len()),
        (Table::Gaps, scanned.gaps.len()),
    ];
    for (table, n) in counts {
        match rows.iter_mut().find(|tally| tally.name == table.name()) {
            Some(tally) => tally.count += count(n),
            None => rows.push(super::tally(table.name(), n)),
        }
    }
}

fn line(run: &Run, summary: &Summary, rows: Vec<Tally>) -> StageLine {
    let outcomes = summary.outcomes.iter().map(|(name, n)| Tally { name: name.clone(), count: count(*n) });
    StageLine {
        stage: run.stage.to_owned(),
        artifacts: count(summary.outcomes.values().sum::<u64>()),
        bytes: count(summary.bytes_packed),
        seconds: run.seconds(),
        outcomes: outcomes.collect(),
        rows,
        ..StageLine::default()
    }
}

/// A line where workers ran without part of their sandbox.
pub(crate) fn sandbox(summary: &Summary) -> Option<String> {
    let sandbox = summary.sandbox.filter(|sandbox| !sandbox.is_whole())?;
    Some(format!("the workers ran without {}: this kernel does not provide it (--require-sandbox refuses)", sandbox.missing()))
}
