//! Cleaning: files that no table needs any more go once nobody can be reading them, and so does what a log no longer needs.

use std::collections::HashSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use census_model::Table;
use object_store::path::Path;

use crate::delta::Delta;
use crate::intent::Intent;
use crate::store::Store;
use crate::{Error, Lake};

/// What cleaning took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Data files: those that were merged, and those of batches that were never committed.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Entries of logs that checkpoints sum up.
    pub entries: usize,
}

impl Lake {
    /// Deletes what has been out of use for longer than `keep`, seen from the time `now`: data files that were taken away from their
    /// table that long ago, data files that old which no table and no unfinished batch names, entries that old of logs, and closed
    /// intents. A session that is no older than `keep` finds everything it needs, and so does a batch that takes no longer.
    pub async fn clean(&self, now: SystemTime, keep: Duration) -> Result<Cleaned, Error> {
        let then = now.checked_sub(keep).unwrap_or(UNIX_EPOCH);
        let cutoff = i64::try_from(then.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or(i64::MAX);
        let mut cleaned = Cleaned::default();
        for &table in Table::ALL {
            self.clean_table(table, cutoff, &mut cleaned).await?;
            self.store.sweep(&self.store.path([table.name()]), then);
        }
        for id in Intent::closed_before(&self.store, cutoff).await? {
            Intent::forget(&self.store, &id).await?;
        }
        Ok(cleaned)
    }

    async fn clean_table(&self, table: Table, cutoff: i64, cleaned: &mut Cleaned) -> Result<(), Error> {
        // Listed before anything is asked about it: what a batch adds from here on is not even looked at.
        let data = self.data_files(table).await?;
        let promised = promised(&self.store, table).await?;
        let opened = Delta::new(&self.store, table).opened(None).await?;
        let (active, gone) = (opened.files()?, opened.tombstones().await?);
        for (path, written, size) in data {
            let in_use = active.contains_key(&path) || promised.contains(&path);
            let unused_since = gone.get(&path).copied().unwrap_or(written);
            if !in_use && unused_since < cutoff {
                tracing::debug!(%path, "deleting");
                self.store.delete(&path).await?;
                cleaned.files += 1;
                cleaned.bytes += size;
            }
        }
        cleaned.entries += opened.forget(cutoff).await?;
        Ok(())
    }

    /// The data files in the directory of a table, in use or not: path, time of writing, bytes.
    async fn data_files(&self, table: Table) -> Result<Vec<(Path, i64, u64)>, Error> {
        let directory = self.store.path([table.name()]);
        let objects = self.store.list(&directory).await?;
        let is_data = |path: &Path| path.parts().count() == directory.parts().count() + 1 && path.extension() == Some("parquet");
        let data = objects.into_iter().filter(|object| is_data(&object.location));
        Ok(data.map(|object| (object.location, object.last_modified.timestamp_millis(), object.size)).collect())
    }
}

/// The files that unfinished batches are to add to a table.
async fn promised(store: &Store, table: Table) -> Result<HashSet<Path>, Error> {
    let directory = store.path([table.name()]);
    let intents = Intent::unfinished(store).await?;
    let changes = intents.into_iter().flat_map(|intent| intent.changes).filter(|change| change.table == table.name());
    Ok(changes.flat_map(|change| change.adds).map(|add| directory.clone().join(add.path.as_str())).collect())
}
