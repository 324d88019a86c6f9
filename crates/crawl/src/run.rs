//! The crawl itself: visit, compare, mirror, hand over, in the order of the population.

use std::path::Path;
use std::pin::pin;
use std::sync::Arc;

use census_model::row::Time;
use census_model::tables::{ArtifactRow, ProjectRow, RankingRow};
use futures::{Stream, StreamExt, stream};
use tokio::task::JoinHandle;

use crate::page::Answer;
use crate::population::{Population, population};
use crate::state::{Change, Stamp};
use crate::{Config, Environment, Error, Failure, Http, Index, Known, LeftOut, Links, Mirror, Options, Reason, Source, Summary};

/// Failures in a row after which the index is taken to be gone.
const GIVE_UP_AFTER: usize = 20;

/// How many projects may be deleted where none is left, before that is taken for a mistake.
const PLAUSIBLY_DELETED: usize = 10;

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

/// A crawl, ready to run.
pub struct Crawl {
    stage: Arc<Stage>,
}

/// What the tasks of a crawl share.
struct Stage {
    config: Config,
    source: Source,
    http: Arc<Http>,
    mirror: Mirror,
    known: Known,
    stamp: Stamp,
}

/// What the index says of a project now.
struct Look {
    change: Change,
    /// The files that speak for the project, each with its size where that must be known and is.
    chosen: Vec<(ArtifactRow, Option<u64>)>,
}

/// A project visited, and which of its files to fetch.
struct Visit {
    name: String,
    change: Result<Change, Error>,
    files: Vec<ArtifactRow>,
    chosen: usize,
    present: usize,
    left_out: Vec<LeftOut>,
}

/// What came of fetching a file: its size.
type Fetched = (String, Result<u64, Error>);

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
        Ok(Self { stage: Arc::new(Stage { config, source, http, mirror: Mirror::open(mirror)?, known, stamp }) })
    }

    /// Visits every project of the population and mirrors the files that speak for it. A failure of one project is in the
    /// summary; an error is what leaves nothing to go on with: no population, no disk, no receiver, no index.
    pub async fn run(&self, sink: &mut impl Sink, progress: impl Progress + 'static) -> Result<Summary, Error> {
        let progress: Arc<dyn Progress> = Arc::new(progress);
        let Stage { config, source, http, known, .. } = &*self.stage;
        let mut population = population(config, source, http, known).await?;
        progress.population(population.names.len());
        let ranking = std::mem::take(&mut population.ranking);
        let mut summary = Summary {
            serial: population.serial,
            ranked_on: ranking.first().map(|row| row.ranked_on),
            ranking_source: ranking.first().map(|row| row.source.clone()),
            ..Summary::default()
        };
        hand_over(sink, Rows { rankings: known.new_ranks(ranking), ..Rows::default() }).await?;
        let mut done = pin!(self.visits(&population, &progress));
        let mut failed = 0;
        // Rows wait until one project is found: an index that has none may be the wrong one.
        let mut waiting = Some(Rows::default());
        while let Some((visit, fetched)) = done.next().await {
            failed = if visit.change.is_err() { failed + 1 } else { 0 };
            let found = visit.change.as_ref().is_ok_and(|change| change.present);
            progress.project(&visit.name);
            let rows = add(&mut summary, visit, fetched)?;
            if found && let Some(rows) = waiting.take() {
                hand_over(sink, rows).await?;
            }
            match &mut waiting {
                Some(waiting) => waiting.accept(rows).await.map_err(Error::Sink)?,
                None => hand_over(sink, rows).await?,
            }
            if failed >= GIVE_UP_AFTER.min(population.names.len()) {
                let last = summary.failures.pop().expect("the last visit failed").error;
                return Err(Error::GaveUp { failed, last: Box::new(last) });
            }
        }
        if let Some(rows) = waiting {
            let before = rows.projects.iter().filter(|row| row.status == "deleted").count();
            if before > PLAUSIBLY_DELETED {
                return Err(Error::Vanished { asked: summary.projects, before });
            }
            hand_over(sink, rows).await?;
        }
        summary.requests = http.requests();
        Ok(summary)
    }

    /// The visits and what was fetched, in the order of the population. Pages are read ahead of files; both run as tasks of
    /// their own, so that none stands still while nobody asks for it.
    fn visits<'a>(&'a self, population: &'a Population, progress: &'a Arc<dyn Progress>) -> impl Stream<Item = (Visit, Vec<Fetched>)> + 'a {
        let concurrency = self.stage.config.concurrency.max(1);
        let mut used = 0;
        stream::iter(&population.names)
            .map(|name| {
                let (stage, asked, listed) = (self.stage.clone(), name.clone(), population.serials.get(name).copied());
                let task = Task::spawn(async move { stage.look(&asked, listed).await });
                async move { (name.clone(), task.join().await) }
            })
            .buffered(concurrency)
            .map(move |(name, look)| self.stage.visit(name, look, &mut used))
            .map(|visit| {
                let (stage, files, progress) = (self.stage.clone(), visit.files.clone(), progress.clone());
                let task = Task::spawn(async move { stage.fetch(files, progress.as_ref()).await });
                async move { (visit, task.join().await) }
            })
            .buffered(concurrency)
    }
}

impl Stage {
    /// Asks for a project, unless the index's list already told that nothing is new, and compares the answer with what is known.
    async fn look(&self, name: &str, listed: Option<i64>) -> Result<Look, Error> {
        let known = self.known.project(name);
        let answer = match (known, listed) {
            (Some(known), Some(listed)) if known.serial == listed => Answer::Unchanged,
            _ => self.source.project(name, known.and_then(|row| row.etag.as_deref())).await?,
        };
        let change = Change::of(name, answer, &self.known, &self.stamp);
        let mut chosen = vec![];
        for row in change.chosen(name, self.config.artifacts) {
            let mut size = row.size.and_then(|size| u64::try_from(size).ok());
            if size.is_none() && self.config.max_bytes.is_some() {
                size = match self.mirror.size(&row.sha256) {
                    Some(size) => Some(size),
                    None => self.source.size(row).await,
                };
            }
            chosen.push((row.clone(), size));
        }
        Ok(Look { change, chosen })
    }

    /// Decides on the files of a project: `used` is what the projects before have of the budget.
    fn visit(&self, name: String, look: Result<Look, Error>, used: &mut u64) -> Visit {
        let Look { change, chosen } = match look {
            Ok(look) => look,
            Err(error) => return Visit { name, change: Err(error), files: vec![], chosen: 0, present: 0, left_out: vec![] },
        };
        let left_out = |filename: &String, reason| LeftOut { project: name.clone(), filename: filename.clone(), reason };
        let mut left: Vec<LeftOut> = change.without_hash.iter().map(|filename| left_out(filename, Reason::NoHash)).collect();
        let (count, mut files) = (chosen.len(), vec![]);
        let mut present = 0;
        if let Some(reason) = self.refuse(&chosen, used) {
            left.extend(chosen.iter().map(|(row, _)| left_out(&row.filename, reason)));
        } else {
            files.extend(chosen.into_iter().map(|(row, _)| row).filter(|row| !self.mirror.has(&row.sha256)));
            present = count - files.len();
        }
        Visit { name, change: Ok(change), files, chosen: count, present, left_out: left }
    }

    /// Why the files of a project are not taken. The files of a project are taken together or not at all; once a project does
    /// not fit, none after it is taken, so that what is mirrored is a prefix of the population and not a sample of the small.
    fn refuse(&self, chosen: &[(ArtifactRow, Option<u64>)], used: &mut u64) -> Option<Reason> {
        let limit = self.config.max_bytes?;
        let sizes: Option<Vec<u64>> = chosen.iter().map(|(_, size)| *size).collect();
        let Some(sizes) = sizes else { return Some(Reason::UnknownSize) };
        *used = used.saturating_add(sizes.iter().sum());
        (*used > limit).then_some(Reason::Budget)
    }

    /// Fetches files, one after the other.
    async fn fetch(&self, files: Vec<ArtifactRow>, progress: &dyn Progress) -> Vec<Fetched> {
        let mut fetched = vec![];
        for file in files {
            let result = self.source.fetch(&file, &self.mirror, progress).await;
            fetched.push((file.filename, result));
        }
        fetched
    }
}

/// Counts a visit and gives its rows; an error where the whole run must end.
fn add(summary: &mut Summary, visit: Visit, fetched: Vec<Fetched>) -> Result<Rows, Error> {
    summary.projects += 1;
    summary.chosen += visit.chosen;
    summary.present += visit.present;
    summary.left_out.extend(visit.left_out);
    let change = match visit.change {
        Ok(change) => change,
        Err(error) => {
            summary.failures.push(Failure { project: visit.name, filename: None, error });
            return Ok(Rows::default());
        }
    };
    for (filename, result) in fetched {
        match result {
            Ok(bytes) => {
                summary.downloaded += 1;
                summary.bytes += bytes;
            }
            Err(error) if error.is_fatal() => return Err(error),
            Err(error) => summary.failures.push(Failure { project: visit.name.clone(), filename: Some(filename), error }),
        }
    }
    summary.absent += usize::from(!change.present);
    summary.serial = summary.serial.max(Some(change.serial).filter(|&serial| serial > 0));
    let rows = Rows { rankings: vec![], projects: change.project.into_iter().collect(), artifacts: change.artifacts };
    summary.unchanged += usize::from(rows.is_empty());
    Ok(rows)
}

async fn hand_over(sink: &mut impl Sink, rows: Rows) -> Result<(), Error> {
    if rows.is_empty() { Ok(()) } else { sink.accept(rows).await.map_err(Error::Sink) }
}

/// A task that ends when nobody waits for it any more.
struct Task<T>(JoinHandle<T>);

impl<T: Send + 'static> Task<T> {
    fn spawn(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }

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
