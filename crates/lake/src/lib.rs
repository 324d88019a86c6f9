//! The lake: every table of Census as a Delta table on an object store, written so that a reader never sees half a batch.
//!
//! Reads and writes `<lake>/<table>/` (Delta Lake) and `<lake>/_intents/`; answers SQL through DataFusion over one snapshot of
//! all tables, with the views of `pipelines/queries/views/` and the saved questions of `pipelines/queries/`. May depend on `model`. The only crate, with `prevalence`, that
//! names DataFusion or Delta Lake.
//!
//! *Commit*: a [`Batch`] or a [`Draft`] first writes its data files, then one intent that names the files of every table, then commits
//! each table under an application transaction that carries the intent's id. Whoever opens the lake for writing finishes the intents
//! it finds: a batch is in all of its tables or, killed before its intent stood, in none. A [`Session`] reads intents too, so that
//! it sees a batch that is being committed whole.
//!
//! *Shape*: [`Lake::optimize`] merges files and moves rows to history, [`Lake::clean`] deletes what has been out of use for a while,
//! [`Lake::verify`] reads everything and names what is damaged. Each is safe beside readers and writers.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use census_lake::{Batch, Lake};
//! use census_model::{Day, tables::RankingRow};
//!
//! let lake = Lake::open_or_create("memory:///").await?;
//! let first = RankingRow { ranked_on: Day(0), source: "example".into(), project: "six".into(), rank: 1, downloads: 9 };
//! lake.commit(Batch::new().with(&[first])).await?;
//! let rows: Vec<RankingRow> = lake.session().await?.rows("SELECT * FROM rankings").await?;
//! assert_eq!(rows[0].project, "six");
//! # Ok::<(), census_lake::Error>(()) }).unwrap();
//! ```

mod batch;
mod clean;
mod delta;
mod draft;
mod error;
mod export;
mod file;
mod intent;
mod known;
mod optimize;
mod saved;
mod session;
mod snapshot;
mod store;
mod verify;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use census_model::Table;
use futures::future::try_join_all;
use object_store::ObjectStore;
use tokio::sync::Mutex;
use url::Url;

pub use batch::Batch;
pub use clean::Cleaned;
pub use datafusion::arrow;
pub use draft::Draft;
pub use error::Error;
pub use export::{Format, export};
pub use optimize::{Keep, Optimized};
pub use saved::{SAVED, Saved};
pub use session::{Session, VIEWS};
pub use verify::{Damage, Verified};

use delta::Delta;
use intent::Intent;
use known::Known;
use store::Store;

/// The version of each table at one moment.
pub type Versions = BTreeMap<Table, i64>;

/// An open lake. A clone is the same lake.
#[derive(Clone, Debug)]
pub struct Lake {
    store: Store,
    known: Arc<Mutex<Option<Known>>>,
    closed: Arc<std::sync::Mutex<VecDeque<(Instant, String)>>>,
}

/// How long an intent is kept once it is closed: longer than any reader takes to look at every table.
const CLOSED_FOR: Duration = Duration::from_mins(10);

impl Lake {
    /// Opens the lake at `location` (a path, or a URL with a scheme that is built in) for reading.
    ///
    /// # Errors
    /// [`Error::NoLake`] where there is none, [`Error::Table`] where a table cannot be read.
    pub async fn open(location: &str) -> Result<Self, Error> {
        Self::over(Store::at(location)?).if_there(location).await
    }

    /// Opens the lake at `location` for writing: creates the tables that are missing and finishes what was left unfinished.
    pub async fn open_or_create(location: &str) -> Result<Self, Error> {
        Self::over(Store::at(location)?).ready_to_write().await
    }

    /// Like [`Lake::open_or_create`], on a given object store whose paths begin with the path of `base`.
    pub async fn on(root: Arc<dyn ObjectStore>, base: Url) -> Result<Self, Error> {
        Self::over(Store::new(root, base)?).ready_to_write().await
    }

    /// Opens a lake for reading on a given object store, as it is.
    pub async fn read(root: Arc<dyn ObjectStore>, base: Url) -> Result<Self, Error> {
        let location = base.to_string();
        Self::over(Store::new(root, base)?).if_there(&location).await
    }

    async fn if_there(self, location: &str) -> Result<Self, Error> {
        let there = self.delta(Table::Runs).exists().await?;
        there.then_some(self).ok_or_else(|| Error::NoLake { location: location.to_owned() })
    }

    fn over(store: Store) -> Self {
        Self { store, known: Arc::default(), closed: Arc::default() }
    }

    async fn ready_to_write(self) -> Result<Self, Error> {
        try_join_all(Table::ALL.iter().map(|&table| self.delta(table).create())).await?;
        for intent in Intent::unfinished(&self.store).await? {
            tracing::info!(intent = intent.id, "finishing a batch that was left unfinished");
            self.finish(&intent).await?;
        }
        Ok(self)
    }

    fn delta(&self, table: Table) -> Delta<'_> {
        Delta::new(&self.store, table)
    }

    /// Adds the rows of a batch to their tables: all of them, or none. An empty batch does nothing.
    ///
    /// Terms that the lake already holds are left out, with their URLs.
    ///
    /// # Errors
    /// [`Error::Collision`] where two terms share an id; [`Error::Store`] and [`Error::Table`] where storage fails. After an
    /// error the batch may yet be finished by whoever opens the lake for writing next.
    pub async fn commit(&self, batch: Batch) -> Result<(), Error> {
        self.draft().commit(batch).await
    }

    /// A batch whose files are written as they come.
    pub fn draft(&self) -> Draft {
        Draft::new(self.clone())
    }

    async fn only_new_terms(&self, batch: Batch, known: &mut Option<Known>) -> Result<Batch, Error> {
        if !batch.holds(Table::Terms) {
            return Ok(batch);
        }
        if known.is_none() {
            *known = Some(Known::load(&self.session().await?).await?);
        }
        known.as_mut().expect("just loaded").keep_new(batch)
    }

    /// Makes every commit of an intent; tells whether it could be made. What only adds always can.
    async fn finish(&self, intent: &Intent) -> Result<bool, Error> {
        let mut made = true;
        for change in &intent.changes {
            let table = intent.table(&self.store, change)?;
            made = self.delta(table).commit(&intent.id, change).await?;
            if !made {
                break;
            }
        }
        intent.close(&self.store).await?;
        self.forget_closed(&intent.id).await?;
        Ok(made)
    }

    /// Forgets the intents that this process closed a while ago.
    async fn forget_closed(&self, id: &str) -> Result<(), Error> {
        let old = {
            let mut closed = self.closed.lock().expect("nobody panics while holding the lock");
            closed.push_back((Instant::now(), id.to_owned()));
            let kept = closed.iter().position(|(when, _)| when.elapsed() < CLOSED_FOR).unwrap_or(closed.len());
            closed.drain(..kept).collect::<Vec<_>>()
        };
        for (_, id) in old {
            Intent::forget(&self.store, &id).await?;
        }
        Ok(())
    }

    /// The version of every table now.
    pub async fn versions(&self) -> Result<Versions, Error> {
        let states = snapshot::states(&self.store).await?;
        Ok(states.into_iter().map(|state| (state.table, state.version)).collect())
    }

    /// The data files of a table now: their paths in the store.
    pub async fn files(&self, table: Table) -> Result<Vec<String>, Error> {
        Ok(self.delta(table).opened(None).await?.data()?.into_iter().map(|file| file.path.to_string()).collect())
    }

    /// A SQL session over the lake as it is now: later commits do not show in it, and a batch that is being committed shows in all
    /// of its tables or in none.
    pub async fn session(&self) -> Result<Session, Error> {
        Session::over(&self.store, snapshot::states(&self.store).await?).await
    }
}
