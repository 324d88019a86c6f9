//! Intents: what a batch is about to change, written before any table is touched.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use census_model::Table;
use deltalake::kernel::{Add, Remove};
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::store::Store;

const DIRECTORY: &str = "_intents";

/// One batch: what each table is to gain and to lose. Its id is the application transaction of every commit.
///
/// At most one table loses files, and it comes first: where another writer has taken one of them meanwhile, that commit cannot be
/// made, and none is.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Intent {
    pub(crate) id: String,
    pub(crate) changes: Vec<Change>,
}

/// What one table gains and loses, in one commit of its log.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) table: String,
    pub(crate) adds: Vec<Add>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) removes: Vec<Remove>,
}

/// An id that no other batch has: the time, the process, and a count within it.
pub(crate) fn new_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    format!("{now:032x}-{:08x}-{:08x}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

impl Intent {
    /// An intent that only adds.
    pub(crate) fn adding(id: String, tables: impl IntoIterator<Item = (Table, Vec<Add>)>) -> Self {
        let change = |(table, adds): (Table, Vec<Add>)| Change { table: table.name().to_owned(), adds, removes: Vec::new() };
        Self { id, changes: tables.into_iter().map(change).collect() }
    }

    pub(crate) fn path(&self, store: &Store) -> Path {
        store.path([DIRECTORY, &format!("{}.json", self.id)])
    }

    /// The table of one of its changes.
    pub(crate) fn table(&self, store: &Store, change: &Change) -> Result<Table, Error> {
        Table::from_name(&change.table).ok_or_else(|| Error::Intent {
            path: self.path(store).to_string(),
            why: format!("it names `{}`, which is no table", change.table),
        })
    }

    pub(crate) async fn write(&self, store: &Store) -> Result<(), Error> {
        let path = self.path(store);
        let json = serde_json::to_vec(self).map_err(|e| Error::Intent { path: path.to_string(), why: e.to_string() })?;
        store.put(&path, json).await
    }

    pub(crate) async fn remove(&self, store: &Store) -> Result<(), Error> {
        let path = self.path(store);
        match store.root().delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(Error::store(&path, source)),
        }
    }

    /// Every intent that stands, oldest first.
    pub(crate) async fn unfinished(store: &Store) -> Result<Vec<Self>, Error> {
        let directory = store.path([DIRECTORY]);
        let listed = store.root().list(Some(&directory)).map_ok(|meta| meta.location);
        let mut paths: Vec<Path> = listed.try_collect().await.map_err(|e| Error::store(&directory, e))?;
        paths.sort();
        let mut intents = Vec::new();
        for path in paths {
            let bytes = match store.root().get(&path).await {
                Err(object_store::Error::NotFound { .. }) => continue,
                Err(source) => return Err(Error::store(&path, source)),
                Ok(found) => found.bytes().await.map_err(|e| Error::store(&path, e))?,
            };
            intents.push(serde_json::from_slice(&bytes).map_err(|e| Error::Intent { path: path.to_string(), why: e.to_string() })?);
        }
        Ok(intents)
    }
}
