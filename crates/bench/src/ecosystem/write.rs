//! Writing the lake: threads that take parts of the projects and commit each as one batch.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use census_lake::{Batch, Lake};
use census_model::tables::{TableRow, TermRow};
use census_model::{Row, Table};
use tokio::runtime::{Builder, Handle};

use super::content::Marks;
use super::rows::Rows;
use super::{Options, Words, World, run};
use crate::error::Error;

/// How many projects, and how many releases of them, are committed together.
const PART: u32 = 4_000;

/// How many shared terms are committed together.
const TERMS: u32 = 1_000_000;

/// How many rows each table has.
pub(super) type Written = BTreeMap<Table, u64>;

/// What the threads share.
struct Work<'a> {
    world: &'a World,
    words: Words,
    next: AtomicU32,
    written: Mutex<Written>,
}

/// Writes the lake.
pub(super) fn lake(options: &Options, world: &World) -> Result<Written, Error> {
    let runtime = Builder::new_multi_thread().worker_threads(options.threads.get()).enable_all().build().map_err(Error::Thread)?;
    let handle = runtime.handle();
    let location = options.lake.display().to_string();
    if options.lake.join(Table::Runs.name()).exists() {
        return Err(Error::Taken { path: options.lake.clone() });
    }
    let work = Work { world, words: Words::new(world.vocabulary.len()), next: AtomicU32::new(0), written: Mutex::default() };
    let lakes: Vec<Lake> =
        (0..options.threads.get()).map(|_| handle.block_on(Lake::open_or_create(&location))).collect::<Result<_, _>>()?;
    let (rankings, absent) = run::ranking(world);
    let runs = run::runs();
    handle.block_on(lakes[0].commit(Batch::new().with(&rankings).with(&absent).with(&runs)))?;
    work.count(&rankings);
    work.count(&absent);
    work.count(&runs);
    work.on_all(&lakes, &|lake| work.projects(lake, handle))?;
    work.next.store(0, Ordering::Relaxed);
    work.on_all(&lakes, &|lake| work.terms(lake, handle))?;
    Ok(work.written.into_inner().expect("no thread panicked"))
}

impl Work<'_> {
    /// Does the same on a thread for each handle of the lake.
    fn on_all(&self, lakes: &[Lake], task: &(dyn Fn(&Lake) -> Result<(), Error> + Sync)) -> Result<(), Error> {
        std::thread::scope(|scope| {
            let threads: Vec<_> = lakes.iter().map(|lake| scope.spawn(move || task(lake))).collect();
            threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })
    }

    fn projects(&self, lake: &Lake, handle: &Handle) -> Result<(), Error> {
        let mut marks = Marks::new(self.world.vocabulary.len());
        let part = (PART / self.world.history).max(1);
        loop {
            let start = self.next.fetch_add(part, Ordering::Relaxed);
            if start >= self.world.projects {
                return Ok(());
            }
            let mut rows = Rows::default();
            for number in start..(start + part).min(self.world.projects) {
                rows.add(self.world, number, &mut marks, &self.words);
            }
            rows.each_count(&mut |table, count| self.add(table, count));
            let batch = rows.batch();
            drop(rows);
            handle.block_on(lake.commit(batch))?;
        }
    }

    /// The shared terms that some project has.
    fn terms(&self, lake: &Lake, handle: &Handle) -> Result<(), Error> {
        let vocabulary = &self.world.vocabulary;
        loop {
            let start = self.next.fetch_add(TERMS, Ordering::Relaxed);
            if start >= vocabulary.len() {
                return Ok(());
            }
            let seen: Vec<u32> = (start..start.saturating_add(TERMS).min(vocabulary.len())).filter(|&word| self.words.has(word)).collect();
            let terms: Vec<TermRow> = seen.iter().map(|&word| vocabulary.row(word)).collect();
            let urls: Vec<_> = seen.iter().filter_map(|&word| vocabulary.url(word)).collect();
            self.count(&terms);
            self.count(&urls);
            handle.block_on(lake.commit(Batch::new().with(&terms).with(&urls)))?;
        }
    }

    fn count<R: TableRow + Row>(&self, rows: &[R]) {
        self.add(R::TABLE, rows.len());
    }

    fn add(&self, table: Table, rows: usize) {
        *self.written.lock().expect("no thread panicked").entry(table).or_default() += rows as u64;
    }
}
