//! Drafts: batches that are too large for memory, written as they come and committed together.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use census_model::Table;
use datafusion::arrow::record_batch::RecordBatch;
use deltalake::kernel::Add;

use crate::intent::{Intent, new_id};
use crate::{Batch, Error, Lake, file};

/// A batch of several data files a table. Nothing of it is visible until [`Draft::commit`]; dropped before, it never is, and
/// cleaning the lake takes its files away. A handle: clones of it write to the same batch.
#[derive(Clone, Debug)]
pub struct Draft {
    lake: Lake,
    id: Arc<str>,
    files: Arc<AtomicU32>,
    adds: Arc<Mutex<BTreeMap<Table, Vec<Add>>>>,
}

impl Draft {
    pub(crate) fn new(lake: Lake) -> Self {
        Self { lake, id: new_id().into(), files: Arc::default(), adds: Arc::default() }
    }

    /// Writes rows of a table as one sorted data file, which will be visible once the draft is committed. Several tasks may write
    /// to one draft at once.
    ///
    /// Rows are written as they are: terms, which are to be written once, go to [`Draft::commit`].
    pub async fn write(&self, table: Table, batches: &[RecordBatch]) -> Result<(), Error> {
        if batches.iter().all(|batch| batch.num_rows() == 0) {
            return Ok(());
        }
        let name = format!("{}-{:04}", self.id, self.files.fetch_add(1, Ordering::Relaxed));
        let add = file::write(&self.lake.store, table, &name, batches).await?;
        self.adds.lock().expect("no writer panics while it holds the lock").entry(table).or_default().push(add);
        Ok(())
    }

    /// Commits what was written, with the rows of `batch`: all of it, or nothing; what another handle writes later is never seen.
    /// Terms that the lake already holds are left out of the batch, with their URLs.
    ///
    /// # Errors
    /// As of [`Lake::commit`].
    pub async fn commit(self, batch: Batch) -> Result<(), Error> {
        // A term counts as known only once it is written: no other batch may leave it out meanwhile.
        let lake = self.lake.clone();
        let mut known = lake.known.lock().await;
        let batch = lake.only_new_terms(batch, &mut known).await?;
        let committed = self.commit_all(batch).await;
        if committed.is_err() {
            *known = None;
        }
        committed
    }

    async fn commit_all(self, batch: Batch) -> Result<(), Error> {
        for (table, batches) in batch.into_tables() {
            self.write(table, &batches).await?;
        }
        let adds = std::mem::take(&mut *self.adds.lock().expect("no writer panics while it holds the lock"));
        if adds.is_empty() {
            return Ok(());
        }
        let intent = Intent::adding(self.id.to_string(), adds);
        intent.write(&self.lake.store).await?;
        self.lake.finish(&intent).await.map(drop)
    }
}
