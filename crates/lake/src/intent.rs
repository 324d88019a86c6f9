//! Intents: what a batch is about to add, written before any table is touched.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use deltalake::kernel::Add;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::store::Store;

const DIRECTORY: &str = "_intents";

/// One batch: the file that each table is to gain. Its id is the application transaction of every commit.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Intent {
    pub(crate) id: String,
    pub(crate) tables: Vec<(String, Add)>,
}

impl Intent {
    /// An empty intent with an id that no other has: the time, the process, and a count within it.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let id = format!("{now:032x}-{:08x}-{:08x}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self { id, tables: Vec::new() }
    }

    pub(crate) fn path(&self, store: &Store) -> Path {
        store.path([DIRECTORY, &format!("{}.json", self.id)])
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
