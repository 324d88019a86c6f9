//! `census lake`: what keeps the lake in shape.

use std::time::{Duration, SystemTime};

use census_lake::{Cleaned, Keep, Lake, Optimized, Session};
use census_report::{bytes, thousands};

use super::print;
use crate::Ending;
use crate::args::{Common, Lake as Options, LakeCommand, Optimize};
use crate::fault::Fault;

const DAY: Duration = Duration::from_hours(24);

census_model::row! {
    /// The newest catalog.
    pub struct Newest {
        /// Its version.
        catalog: String,
    }
}

/// Runs the command.
pub(crate) async fn run(common: &Common, options: &Options) -> Ending {
    match &options.command {
        LakeCommand::Optimize(options) => optimize(common, options).await,
    }
}

/// Merges files, moves what is history, and deletes what has been out of use for long enough.
async fn optimize(common: &Common, options: &Optimize) -> Ending {
    Lake::open(&common.lake).await?;
    let lake = Lake::open_or_create(&common.lake).await?;
    let session = lake.session().await?;
    let keep = keep(&session).await?;
    let done = lake.optimize(&session, &keep).await?;
    let cleaned = lake.clean(SystemTime::now(), DAY * options.keep_days).await?;
    if !common.quiet {
        print(&summary(&done, cleaned, options.keep_days))?;
    }
    Ok(Vec::new())
}

/// What current releases and the newest numbers need.
async fn keep(session: &Session) -> Result<Keep, Fault> {
    let newest: Vec<Newest> = session.rows(include_str!("../../../../pipelines/optimize/catalog.sql")).await?;
    let needed = census_prevalence::speaking(session).await?;
    Ok(Keep {
        artifacts: needed.into_iter().map(|needed| (needed.artifact_id, needed.extractor)).collect(),
        catalog: newest.into_iter().next().map(|newest| newest.catalog),
    })
}

fn summary(done: &[Optimized], cleaned: Cleaned, days: u32) -> String {
    let count = |n: usize| thousands(i64::try_from(n).unwrap_or(i64::MAX));
    let line = |done: &Optimized| {
        let also = [(done.moved, "rows to history"), (done.dropped, "rows written twice")];
        let also: String = also.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!(" · {} {what}", count(*n))).collect();
        format!("{:16}{} → {} files{also}\n", done.table.name(), count(done.merged), count(done.written))
    };
    let merged: String = if done.is_empty() { "nothing to merge\n".to_owned() } else { done.iter().map(line).collect() };
    let size = bytes(i64::try_from(cleaned.bytes).unwrap_or(i64::MAX));
    let (files, entries) = (count(cleaned.files), count(cleaned.entries));
    format!("{merged}deleted {files} files ({size}) and {entries} log entries that were out of use for {days} days\n")
}
