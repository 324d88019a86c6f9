//! The crawl itself: visit, compare, mirror, hand over, in the order of the population.

use std::path::Path;
use std::pin::pin;
use std::sync::Arc;

use census_model::row::{Day, Time};
use census_model::tables::{ArtifactRow, ProjectRow, RankingRow};
use futures::{Stream, StreamExt, stream};
use tokio::task::JoinHandle;

use crate::page::{Answer, Names};
use crate::population::{Population, population};
use crate::state::{Change, Stamp};
use crate::{Config, Environment, Error, Http, Index, Known, Links, Mirror, Options};

/// Failures in a row after which the index is taken to be gone.
const GIVE_UP_AFTER: usize = 100;

/// New rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// Of `rankings`.
    pub rankings: Vec<RankingRow>,
    /// Of `projects`.
    pub projects: Vec<ProjectRow>,
    /// Of `artifacts`.
    pub artifacts: Vec<ArtifactRow>,
}

impl Rows {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rankings.is_empty() && self.projects.is_empty() && self.artifacts.is_empty()
    }
}

/// Takes new rows: first a ranking's, then those of one project after the other.
pub trait Sink {
    /// Takes some. An error ends the crawl.
    fn accept(&mut self, rows: Rows) -> impl Future<Output = Result<(), Box<dyn std::error::Error + Send + Sync>>>;
}

/// Keeps them.
impl Sink for Rows {
    async fn accept(&mut self, rows: Rows) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.rankings.extend(rows.rankings);
        self.projects.extend(rows.projects);
        self.artifacts.extend(rows.artifacts);
        Ok(())
    }
}

/// Is told how the crawl goes. Called from several threads.
pub trait Progress: Send + Sync {
    /// So many projects will be visited.
    fn population(&self, _projects: usize) {}
    /// A project is done. In the order of the population.
    fn project(&self, _name: &str) {}
    /// So many bytes of files came.
    fn bytes(&self, _bytes: u64) {}
}

/// Tells nobody.
impl Progress for () {}

/// Where projects and files come from.
pub enum Source {
    /// An index.
    Index(Index),
    /// A directory.
    Links(Links),
}

impl Source {
    pub(crate) async fn names(&self) -> Result<Names, Error> {
        match self {
            Self::Index(index) => index.names().await,
            Self::Links(links) => Ok(links.names()),
        }
    }

    async fn project(&self, project: &str, etag: Option<&str>) -> Result<Answer, Error> {
        match self {
            Self::Index(index) => index.project(project, etag).await,
            Self::Links(links) => Ok(links.project(project)),
        }
    }

    async fn fetch(&self, file: &ArtifactRow, mirror: &Mirror, progress: &dyn Progress) -> Result<u64, Error> {
        match self {
            Self::Index(index) => {
                let size = file.size.and_then(|size| u64::try_from(size).ok());
                index.download(&file.url, &file.sha256, size, mirror, progress).await
            }
            Self::Links(links) => links.copy(&file.url, &file.sha256, mirror, progress).await,
        }
    }
}

/// What could not be done for a project; the others went on.
#[derive(Debug)]
pub struct Failure {
    /// The project.
    pub project: String,
    /// The file, where one is meant.
    pub filename: Option<String>,
    /// Why.
    pub error: Error,
}

/// A file that was not mirrored on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The project.
    pub project: String,
    /// The file.
    pub filename: String,
    /// Why.
    pub reason: Reason,
}

/// Why a file was not mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// `max_bytes` was used up by the projects before.
    Budget,
    /// `max_bytes` is set, and the index does not tell the file's size.
    UnknownSize,
    /// The index gives no SHA-256, so the file could not be verified.
    NoHash,
}

/// What a crawl did.
#[derive(Debug, Default)]
pub struct Summary {
    /// Projects visited.
    pub projects: usize,
    /// Of these, those whose state and files are as they were.
    pub unchanged: usize,
    /// Of these, those the index does not have.
    pub absent: usize,
    /// Projects and files that failed.
    pub failures: Vec<Failure>,
    /// Files that speak for their projects: downloaded, in the mirror already, left out or failed.
    pub chosen: usize,
    /// Of these, downloaded now.
    pub downloaded: usize,
    /// Of these, in the mirror already.
    pub present: usize,
    /// Files left out, chosen or not.
    pub left_out: Vec<LeftOut>,
    /// Bytes of the files downloaded.
    pub bytes: u64,
    /// Requests made, tries again included.
    pub requests: u64,
    /// The highest serial that the index told.
    pub serial: Option<i64>,
    /// The day of the ranking.
    pub ranked_on: Option<Day>,
    /// Where the ranking is from.
    pub ranking_source: Option<String>,
}

/// A crawl, ready to run.
pub struct Crawl {
    config: Config,
    source: Arc<Source>,
    http: Arc<Http>,
    mirror: Mirror,
    known: Known,
    stamp: Stamp,
}

/// A project visited: what changed, and the files to fetch.
struct Visit {
    name: String,
    change: Result<Change, Error>,
    files: Vec<ArtifactRow>,
    chosen: usize,
    present: usize,
    left_out: Vec<LeftOut>,
}

/// A visit whose files were fetched, or not.
struct Done {
    visit: Visit,
    fetched: Vec<(String, Result<u64, Error>)>,
}

impl Crawl {
    /// A crawl of the index that the settings and the environment name, into the mirror at `mirror`.
    pub fn open(config: Config, environment: &Environment, mirror: &Path, known: Known, run_id: &str, now: Time) -> Result<Self, Error> {
        let options = Options {
            contact: config.contact.clone(),
            certificates: environment.certificates(),
            concurrency: config.concurrency,
            ..Options::default()
        };
        let http = Arc::new(Http::new(options)?);
        let source = match &config.find_links {
            Some(directory) => Source::Links(Links::open(directory)?),
            None => Source::Index(Index::new(http.clone(), environment.index_url(config.index_url.as_deref())?.url)),
        };
        Self::new(config, source, http, mirror, known, run_id, now)
    }

    /// A crawl of this source.
    pub fn new(
        config: Config,
        source: Source,
        http: Arc<Http>,
        mirror: &Path,
        known: Known,
        run_id: &str,
        now: Time,
    ) -> Result<Self, Error> {
        let stamp = Stamp { run_id: run_id.to_owned(), seen_at: now };
        Ok(Self { config, source: Arc::new(source), http, mirror: Mirror::open(mirror)?, known, stamp })
    }

    /// Visits every project of the population and mirrors the files that speak for it. A failure of one project is in the
    /// summary; an error is what leaves nothing to go on with: no population, no disk, no receiver, no index.
    pub async fn run(&self, sink: &mut impl Sink, progress: impl Progress + 'static) -> Result<Summary, Error> {
        let progress: Arc<dyn Progress> = Arc::new(progress);
        let mut population = population(&self.config, &self.source, &self.http, &self.known).await?;
        progress.population(population.names.len());
        let ranking = std::mem::take(&mut population.ranking);
        let mut summary = Summary {
            serial: population.serial,
            ranked_on: ranking.first().map(|row| row.ranked_on),
            ranking_source: ranking.first().map(|row| row.source.clone()),
            ..Summary::default()
        };
        hand_over(sink, Rows { rankings: self.known.new_ranks(ranking), ..Rows::default() }).await?;
        let mut done = pin!(self.visits(&population, &progress));
        let mut failed = 0;
        while let Some(Done { visit, fetched }) = done.next().await {
            failed = if visit.change.is_err() { failed + 1 } else { 0 };
            progress.project(&visit.name);
            let rows = summary.add(visit, fetched)?;
            hand_over(sink, rows).await?;
            if failed >= GIVE_UP_AFTER {
                let last = summary.failures.pop().expect("the last visit failed").error;
                return Err(Error::GaveUp { failed, last: Box::new(last) });
            }
        }
        summary.requests = self.http.requests();
        Ok(summary)
    }

    /// The visits, done, in the order of the population. Pages are read ahead of files; both run as tasks of their own, so that
    /// none waits for being asked.
    fn visits<'a>(&'a self, population: &'a Population, progress: &'a Arc<dyn Progress>) -> impl Stream<Item = Done> + 'a {
        let concurrency = self.config.concurrency.max(1);
        let mut used = 0;
        stream::iter(&population.names)
            .map(|name| self.ask(population, name))
            .buffered(concurrency)
            .map(move |(name, answer)| self.visit(name, answer, &mut used))
            .map(|visit| self.fetch(visit, progress))
            .buffered(concurrency)
    }

    /// Asks for a project, unless the index's list already told that nothing is new.
    fn ask<'a>(&'a self, population: &Population, name: &'a str) -> impl Future<Output = (&'a str, Result<Answer, Error>)> + use<'a> {
        let known = self.known.project(name);
        let listed = population.serials.get(name);
        let unchanged = known.zip(listed).is_some_and(|(known, listed)| known.serial == *listed);
        let etag = known.and_then(|row| row.etag.clone());
        let (source, asked) = (self.source.clone(), name.to_owned());
        let task = (!unchanged).then(|| Task(tokio::spawn(async move { source.project(&asked, etag.as_deref()).await })));
        async move {
            match task {
                Some(task) => (name, task.join().await),
                None => (name, Ok(Answer::Unchanged)),
            }
        }
    }

    /// Compares the answer with what is known, and decides on files: `used` is what the projects before have of the budget.
    fn visit(&self, name: &str, answer: Result<Answer, Error>, used: &mut u64) -> Visit {
        let change = answer.map(|answer| Change::of(name, answer, &self.known, &self.stamp));
        let mut visit = Visit { name: name.to_owned(), files: vec![], chosen: 0, present: 0, left_out: vec![], change };
        let Ok(change) = &visit.change else { return visit };
        let left_out = |filename: &str, reason| LeftOut { project: name.to_owned(), filename: filename.to_owned(), reason };
        visit.left_out.extend(change.without_hash.iter().map(|filename| left_out(filename, Reason::NoHash)));
        let chosen = change.chosen(name, self.config.artifacts);
        visit.chosen = chosen.len();
        if let Some(reason) = self.refuse(&chosen, used) {
            visit.left_out.extend(chosen.iter().map(|row| left_out(&row.filename, reason)));
        } else {
            visit.files = chosen.iter().filter(|row| !self.mirror.has(&row.sha256)).map(|row| (*row).clone()).collect();
            visit.present = chosen.len() - visit.files.len();
        }
        visit
    }

    /// Why the files of a project are not taken. The files of a project are taken together or not at all; once a project does
    /// not fit, none after it is taken, so that what is mirrored is a prefix of the population and not a sample of the small.
    fn refuse(&self, chosen: &[&ArtifactRow], used: &mut u64) -> Option<Reason> {
        let limit = self.config.max_bytes?;
        let sizes: Option<Vec<u64>> = chosen.iter().map(|row| row.size.and_then(|size| u64::try_from(size).ok())).collect();
        let Some(sizes) = sizes else { return Some(Reason::UnknownSize) };
        *used = used.saturating_add(sizes.iter().sum());
        (*used > limit).then_some(Reason::Budget)
    }

    /// Fetches the files of a visit, one after the other.
    fn fetch(&self, visit: Visit, progress: &Arc<dyn Progress>) -> impl Future<Output = Done> + use<> {
        let (source, mirror, progress) = (self.source.clone(), self.mirror.clone(), progress.clone());
        let files = visit.files.clone();
        let task = Task(tokio::spawn(async move {
            let mut fetched = Vec::new();
            for file in files {
                let result = source.fetch(&file, &mirror, progress.as_ref()).await;
                fetched.push((file.filename, result));
            }
            fetched
        }));
        async move { Done { fetched: task.join().await, visit } }
    }
}

impl Summary {
    /// Counts a visit and gives its rows; an error where the whole run must end.
    fn add(&mut self, visit: Visit, fetched: Vec<(String, Result<u64, Error>)>) -> Result<Rows, Error> {
        self.projects += 1;
        self.chosen += visit.chosen;
        self.present += visit.present;
        self.left_out.extend(visit.left_out);
        let change = match visit.change {
            Ok(change) => change,
            Err(error) => {
                self.failures.push(Failure { project: visit.name, filename: None, error });
                return Ok(Rows::default());
            }
        };
        for (filename, result) in fetched {
            match result {
                Ok(bytes) => {
                    self.downloaded += 1;
                    self.bytes += bytes;
                }
                Err(error) if error.is_fatal() => return Err(error),
                Err(error) => self.failures.push(Failure { project: visit.name.clone(), filename: Some(filename), error }),
            }
        }
        self.absent += usize::from(!change.present);
        self.serial = self.serial.max(change.project.as_ref().map(|row| row.serial).filter(|&serial| serial > 0));
        let rows = Rows { rankings: vec![], projects: change.project.into_iter().collect(), artifacts: change.artifacts };
        self.unchanged += usize::from(rows.is_empty());
        Ok(rows)
    }
}

async fn hand_over(sink: &mut impl Sink, rows: Rows) -> Result<(), Error> {
    if rows.is_empty() { Ok(()) } else { sink.accept(rows).await.map_err(Error::Sink) }
}

/// A task that ends when nobody waits for it any more.
struct Task<T>(JoinHandle<T>);

impl<T> Task<T> {
    async fn join(mut self) -> T {
        match (&mut self.0).await {
            Ok(value) => value,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
