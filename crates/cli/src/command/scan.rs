//! `census scan`: what is mirrored and not yet scanned; with paths, those files, ad hoc.

use std::path::{Path, PathBuf};

use census_catalog::Catalog;
use census_crawl::{Config as CrawlConfig, Crawl, Environment, Known, Rows};
use census_lake::{Batch, Lake};
use census_model::Policy;
use census_report::RunSummary;
use census_scan::{Config, Work};

use super::numbers::Numbers;
use super::page::{self, Wanted};
use super::{print, report};
use crate::Ending;
use crate::args::{Common, Scan};
use crate::fault::Fault;
use crate::run_id::Run;
use crate::{rules, stage};

/// Runs the command.
pub(crate) async fn run(common: &Common, options: &Scan) -> Ending {
    let config = Config { require_sandbox: options.require_sandbox, ..Config::default() };
    if !options.paths.is_empty() {
        return ad_hoc(common, options, &config).await;
    }
    Lake::open(&common.lake).await?;
    let lake = Lake::open_or_create(&common.lake).await?;
    let done = stage::scan::run(common, &lake, &config).await?;
    if !common.quiet {
        let summary =
            RunSummary { run_id: "scan".to_owned(), seconds: done.line.seconds, stages: vec![done.line], ..RunSummary::default() };
        print(&summary.text())?;
    }
    Ok(done.left_out)
}

/// Scans files into a lake in memory and prints a page for each project in them.
async fn ad_hoc(common: &Common, options: &Scan, config: &Config) -> Ending {
    let catalog: Catalog = rules::load(common)?;
    let lake = Lake::open_or_create("memory:///").await?;
    let run = Run::begin("scan");
    let gathered = Gathered::from(&options.paths)?;
    let rows = gathered.index(&run).await?;
    lake.commit(Batch::new().with(&rows.projects).with(&rows.artifacts)).await?;
    let work = gathered.work(&rows);
    let (summary, _, trouble) = stage::scan::scan(common, &lake, config, &run, work).await?;
    let numbers = numbers(common, &lake).await?;
    for project in &rows.projects {
        let versions: std::collections::BTreeSet<&str> =
            rows.artifacts.iter().filter(|a| a.project == project.project).map(|a| a.version.as_str()).collect();
        for version in versions {
            let wanted = Wanted { project: project.project.clone(), version: Some(version.to_owned()) };
            let page = page::load(&lake, &catalog, &wanted, &numbers).await?;
            report::show(&page, options.format, options.all)?;
        }
    }
    Ok(trouble.into_iter().chain(gathered.strange(&rows)).chain(stage::scan::sandbox(&summary)).collect())
}

/// How common things are: as the lake tells, where there is one; the files themselves are no population.
async fn numbers(common: &Common, files: &Lake) -> Result<Numbers, Fault> {
    let session = match Lake::open(&common.lake).await {
        Ok(lake) => lake.session().await?,
        Err(_) => files.session().await?,
    };
    Numbers::newest(&session, Policy::Installed).await
}

/// The artifacts among some paths, side by side in a directory that acts as an index.
struct Gathered {
    directory: tempfile::TempDir,
    files: Vec<PathBuf>,
}

impl Gathered {
    fn from(paths: &[PathBuf]) -> Result<Self, Fault> {
        let gathered = Self { directory: tempfile::tempdir()?, files: artifacts(paths)? };
        for file in &gathered.files {
            let name = file.file_name().unwrap_or_default();
            std::os::unix::fs::symlink(std::path::absolute(file)?, gathered.directory.path().join(name))
                .map_err(|e| Fault::from_error(e).at(format!("{} (are there two files of this name?)", file.display())))?;
        }
        Ok(gathered)
    }

    /// What an index of these files would say.
    async fn index(&self, run: &Run) -> Result<Rows, Fault> {
        let mirror = tempfile::tempdir()?;
        let config = CrawlConfig {
            find_links: Some(self.directory.path().to_owned()),
            max_bytes: Some(0),
            artifacts: Policy::All,
            ..CrawlConfig::default()
        };
        let crawl = Crawl::open(config, &Environment::empty(), mirror.path(), Known::default(), &run.id, run.started)?;
        let mut rows = Rows::default();
        crawl.run(&mut rows, ()).await?;
        Ok(rows)
    }

    fn work(&self, rows: &Rows) -> Vec<Work> {
        let path = |filename: &str| self.directory.path().join(filename);
        let work = rows.artifacts.iter().map(|a| Work {
            project: a.project.clone(),
            sha256: a.sha256.clone(),
            filename: a.filename.clone(),
            path: path(&a.filename),
        });
        work.collect()
    }

    /// A line for each file whose name tells no project and version.
    fn strange(&self, rows: &Rows) -> Vec<String> {
        let name = |file: &PathBuf| file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let known = |file: &&PathBuf| rows.artifacts.iter().any(|a| a.filename == name(file));
        self.files.iter().filter(|file| !known(file)).map(|f| format!("{}: its name is not that of an artifact", f.display())).collect()
    }
}

/// The files among the paths, and those directly in the directories among them.
fn artifacts(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Fault> {
    let mut files = Vec::new();
    for path in paths {
        let meta = std::fs::metadata(path).map_err(|e| Fault::from_error(e).at(path.display()))?;
        if !meta.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        for entry in std::fs::read_dir(path).map_err(|e| Fault::from_error(e).at(path.display()))? {
            let entry = entry?.path();
            if entry.is_file() && is_artifact(&entry) {
                files.push(entry);
            }
        }
        files[before..].sort();
    }
    Ok(files)
}

fn is_artifact(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    [".whl", ".egg", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tar"].iter().any(|end| name.ends_with(end))
}
