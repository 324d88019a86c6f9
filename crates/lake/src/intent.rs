//! Intents: what a batch is about to change, written before any table is touched.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use census_model::Table;
use deltalake::kernel::{Add, Remove};
use object_store::path::Path;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::store::Store;

const DIRECTORY: &str = "_intents";
const CLOSED: &str = "closed";

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
        Self::standing(store, &self.id)
    }

    fn standing(store: &Store, id: &str) -> Path {
        store.path([DIRECTORY, &format!("{id}.json")])
    }

    fn closed(store: &Store, id: &str) -> Path {
        store.path([DIRECTORY, CLOSED, &format!("{id}.json")])
    }

    /// The table of one of its changes.
    pub(crate) fn table(&self, store: &Store, change: &Change) -> Result<Table, Error> {
        Table::from_name(&change.table).ok_or_else(|| Error::Intent {
            path: self.path(store).to_string(),
            why: format!("it names `{}`, which is no table", change.table),
        })
    }

    pub(crate) async fn write(&self, store: &Store) -> Result<(), Error> {
        store.put(&self.path(store), self.json(store)?).await
    }

    fn json(&self, store: &Store) -> Result<Vec<u8>, Error> {
        serde_json::to_vec(self).map_err(|e| Error::Intent { path: self.path(store).to_string(), why: e.to_string() })
    }

    /// Closes it: nothing is left to do. It stays readable for a while, for readers that saw some of its tables before.
    pub(crate) async fn close(&self, store: &Store) -> Result<(), Error> {
        store.put(&Self::closed(store, &self.id), self.json(store)?).await?;
        store.delete(&self.path(store)).await
    }

    /// The ids of those that were closed before a time, in milliseconds since 1970.
    pub(crate) async fn closed_before(store: &Store, cutoff: i64) -> Result<Vec<String>, Error> {
        let objects = store.list(&store.path([DIRECTORY, CLOSED])).await?;
        let old = objects.into_iter().filter(|object| object.last_modified.timestamp_millis() < cutoff);
        Ok(old.filter_map(|object| Some(object.location.filename()?.strip_suffix(".json")?.to_owned())).collect())
    }

    /// Forgets a closed one.
    pub(crate) async fn forget(store: &Store, id: &str) -> Result<(), Error> {
        store.delete(&Self::closed(store, id)).await
    }

    /// The ids of all intents.
    pub(crate) async fn list(store: &Store) -> Result<Listing, Error> {
        let directory = store.path([DIRECTORY]);
        let mut listing = Listing::default();
        for meta in store.list(&directory).await? {
            let Some(id) = meta.location.filename().and_then(|name| name.strip_suffix(".json")) else { continue };
            let is_closed = meta.location == Self::closed(store, id);
            if is_closed { &mut listing.closed } else { &mut listing.standing }.insert(id.to_owned());
        }
        Ok(listing)
    }

    /// The intent with this id, whether it stands or was closed.
    pub(crate) async fn read(store: &Store, id: &str) -> Result<Option<Self>, Error> {
        for path in [Self::standing(store, id), Self::closed(store, id)] {
            if let Some(bytes) = store.get(&path).await? {
                let read = serde_json::from_slice(&bytes).map_err(|e| Error::Intent { path: path.to_string(), why: e.to_string() })?;
                return Ok(Some(read));
            }
        }
        Ok(None)
    }

    /// Every intent that stands, oldest first.
    pub(crate) async fn unfinished(store: &Store) -> Result<Vec<Self>, Error> {
        let mut intents = Vec::new();
        for id in Self::list(store).await?.standing {
            intents.extend(Self::read(store, &id).await?);
        }
        Ok(intents)
    }
}

/// The ids of the intents that stand, and of those that were closed not long ago.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) standing: BTreeSet<String>,
    pub(crate) closed: BTreeSet<String>,
}
