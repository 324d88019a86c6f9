//! The SQL of prevalence alone: a process of its own that times it, and the same inputs for other engines.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use census_catalog::Catalog;
use census_lake::{Lake, Session};
use census_model::tier::Tiers;
use census_model::{Policy, Table, Time};
use census_prevalence::{Config, INPUTS, count, prepare};
use clap::Args;
use serde::{Deserialize, Serialize};
use tokio::runtime::Builder;

use crate::error::Error;

/// What other engines read: these tables of the lake, as files, and what they would otherwise compute from patterns.
const TABLES: [Table; 9] = [
    Table::Artifacts,
    Table::Facts,
    Table::Findings,
    Table::Gaps,
    Table::Members,
    Table::Metadata,
    Table::Projects,
    Table::Rankings,
    Table::Scans,
];

/// Which lake, and where to leave what.
#[derive(Debug, Args)]
pub struct Options {
    /// The lake.
    #[arg(long)]
    lake: String,
    /// The rules.
    #[arg(long)]
    data: PathBuf,
    /// Write the inputs of other engines here, as Parquet, and a list of all files, in place of counting.
    #[arg(long)]
    export: Option<PathBuf>,
}

/// What a process says that did the SQL.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Said {
    /// Seconds that the SQL took.
    pub(crate) seconds: f64,
    /// The numbers: rule, tier, yes, unknown.
    pub(crate) numbers: Vec<(String, String, i64, i64)>,
}

/// Does the SQL, or exports what it reads; prints what it says as JSON.
///
/// # Errors
/// Where the lake or the rules cannot be read.
pub fn run(options: &Options, out: &mut dyn std::io::Write) -> Result<(), Error> {
    let runtime = Builder::new_multi_thread().enable_all().build().map_err(Error::Thread)?;
    let catalog = Catalog::read(&options.data)?;
    let config = Config::of(Policy::Installed, Tiers::default());
    runtime.block_on(async {
        let lake = Lake::open(&options.lake).await?;
        let session = lake.session().await?;
        prepare(&session, &catalog, &config).await?;
        match &options.export {
            Some(directory) => export(&lake, &session, directory).await,
            None => say(&session, &catalog, &config, out).await,
        }
    })
}

async fn say(session: &Session, catalog: &Catalog, config: &Config, out: &mut dyn std::io::Write) -> Result<(), Error> {
    let start = Instant::now();
    let rows = count(session, None, catalog, config, ("", Time(0))).await?.prevalence;
    let seconds = start.elapsed().as_secs_f64();
    let said = Said { seconds, numbers: rows.into_iter().map(|row| (row.rule, row.tier, row.yes, row.unknown)).collect() };
    writeln!(out, "{}", serde_json::json!(said)).map_err(Error::Output)
}

/// Writes the inputs, and `files.json`: the files of each table and input.
async fn export(lake: &Lake, session: &Session, directory: &Path) -> Result<(), Error> {
    fs::create_dir_all(directory).map_err(Error::at(directory))?;
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for input in INPUTS {
        files.insert(input.to_owned(), vec![saved(session, input, directory).await?]);
    }
    for table in TABLES {
        let paths: Vec<String> = lake.files(table).await?.into_iter().map(|path| format!("/{path}")).collect();
        let paths = if paths.is_empty() { vec![saved(session, table.name(), directory).await?] } else { paths };
        files.insert(table.name().to_owned(), paths);
    }
    let list = directory.join("files.json");
    fs::write(&list, serde_json::json!(files).to_string()).map_err(Error::at(&list))
}

async fn saved(session: &Session, table: &str, directory: &Path) -> Result<String, Error> {
    let path = directory.join(format!("{table}.parquet"));
    session.save(&format!("SELECT * FROM {table}"), &path).await?;
    Ok(path.display().to_string())
}
