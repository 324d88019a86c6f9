//! One Delta table: creating it, its state, and commits that happen once.

use std::collections::{BTreeMap, HashMap};

use census_model::Table;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TransactionError};
use deltalake::kernel::{Action, LogicalFileView, Remove, StructType, Transaction};
use deltalake::operations::create::CreateBuilder;
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use futures::TryStreamExt;
use object_store::path::Path;
use url::Url;

use crate::Error;
use crate::file::now_ms;
use crate::intent::Change;
use crate::optimize::history;
use crate::store::Store;

/// How many times a commit is put on top of others' commits, and how many times it is begun anew.
const RETRIES: usize = 100;
const ATTEMPTS: usize = 20;

/// Set on every table: the log is summed up now and then; for a month it remembers finished batches and the files that were taken
/// away; and it is cleaned when the lake is, with the same retention, not whenever somebody commits.
const PROPERTIES: [(&str, &str); 4] = [
    ("delta.checkpointInterval", "10"),
    ("delta.setTransactionRetentionDuration", "interval 30 days"),
    ("delta.deletedFileRetentionDuration", "interval 30 days"),
    ("delta.enableExpiredLogCleanup", "false"),
];

/// Set on tables whose rows stay for ever; their files may be merged, since that changes no row. From `facts` and `findings` rows
/// move to their histories: these lose data, in the log's words, and must not promise otherwise.
const APPEND_ONLY: (&str, &str) = ("delta.appendOnly", "true");

/// A table of the lake as Delta Lake knows it.
pub(crate) struct Delta<'a> {
    store: &'a Store,
    table: Table,
    url: Url,
}

/// A table at one version: its data files, as paths in the store.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) table: Table,
    pub(crate) version: i64,
    pub(crate) files: Vec<Path>,
    /// How many rows they hold, as the log tells.
    pub(crate) rows: u64,
}

impl<'a> Delta<'a> {
    pub(crate) fn new(store: &'a Store, table: Table) -> Self {
        Self { store, table, url: store.table_url(table.name()) }
    }

    fn failed(&self, source: DeltaTableError) -> Error {
        Error::table(self.table, &self.url, source)
    }

    fn unloaded(&self) -> Result<DeltaTable, Error> {
        DeltaTableBuilder::from_url(self.url.clone())
            .and_then(|builder| builder.with_storage_backend(self.store.root(), self.url.clone()).build())
            .map_err(|e| self.failed(e))
    }

    pub(crate) async fn exists(&self) -> Result<bool, Error> {
        self.unloaded()?.verify_deltatable_existence().await.map_err(|e| self.failed(e))
    }

    /// Creates the table unless it is there.
    pub(crate) async fn create(self) -> Result<(), Error> {
        if self.exists().await? {
            return Ok(());
        }
        let schema: StructType = deltalake::kernel::engine::arrow_conversion::TryIntoKernel::try_into_kernel(self.table.schema().as_ref())
            .map_err(|e| self.failed(DeltaTableError::generic(e.to_string())))?;
        let append_only = history(self.table).is_none().then_some(&APPEND_ONLY);
        CreateBuilder::new()
            .with_log_store(self.unloaded()?.log_store())
            .with_table_name(self.table.name())
            .with_comment(self.table.meaning())
            .with_columns(schema.fields().cloned())
            .with_configuration(PROPERTIES.iter().chain(append_only).map(|(key, value)| (*key, Some(*value))))
            .with_save_mode(SaveMode::Ignore)
            .await
            .map(drop)
            .map_err(|e| self.failed(e))
    }

    /// The table as it is now, or as it was at a version.
    pub(crate) async fn opened(&self, version: Option<i64>) -> Result<Opened, Error> {
        let mut delta = self.unloaded()?;
        match version.and_then(|version| u64::try_from(version).ok()) {
            Some(version) => delta.load_version(version).await,
            None => delta.load().await,
        }
        .map_err(|e| self.failed(e))?;
        Ok(Opened { table: self.table, url: self.url.clone(), directory: self.store.path([self.table.name()]), delta })
    }

    /// Makes a change under the transaction `id`, unless that transaction has been made before. Tells whether it could be made:
    /// a file that it takes away must still be there.
    pub(crate) async fn commit(&self, id: &str, change: &Change) -> Result<bool, Error> {
        let mut last = None;
        for attempt in 0..ATTEMPTS {
            let table = self.opened(None).await?;
            if table.has_made(id).await? {
                return Ok(true);
            }
            if !table.holds(&change.removes)? {
                return Ok(false);
            }
            match try_commit(&table.delta, id, change).await {
                Ok(()) => return Ok(true),
                Err(source) if is_conflict(&source) => {
                    tracing::debug!(table = self.table.name(), %source, attempt, "another writer was faster");
                    last = Some(Box::new(source));
                }
                // What follows a commit may fail where the commit did not, or another writer may have finished this batch.
                Err(source) if self.opened(None).await?.has_made(id).await? => {
                    tracing::debug!(table = self.table.name(), %source, "committed all the same");
                    return Ok(true);
                }
                Err(source) => return Err(self.failed(source)),
            }
        }
        Err(Error::Busy { table: self.table.name(), location: self.url.to_string(), source: last })
    }
}

async fn try_commit(table: &DeltaTable, id: &str, change: &Change) -> Result<(), DeltaTableError> {
    // What only adds, the library may put on top of others' commits. What takes files away must look at each first: the library does
    // not see that two writers have replaced one file.
    let (retries, operation) = if change.removes.is_empty() {
        (RETRIES, DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None })
    } else {
        (0, DeltaOperation::Optimize { predicate: None, target_size: 0 })
    };
    let properties = CommitProperties::default().with_max_retries(retries).with_application_transaction(Transaction::new_with_last_update(
        id,
        1,
        Some(now_ms()),
    ));
    let removes = change.removes.iter().cloned().map(Action::Remove);
    let actions = removes.chain(change.adds.iter().cloned().map(Action::Add)).collect();
    CommitBuilder::from(properties).with_actions(actions).build(Some(table.snapshot()?), table.log_store(), operation).await.map(drop)
}

/// Whether a commit failed because another writer's came first.
fn is_conflict(error: &DeltaTableError) -> bool {
    match error {
        DeltaTableError::VersionAlreadyExists(_) => true,
        DeltaTableError::Transaction { source } => {
            matches!(source, TransactionError::CommitConflict(_) | TransactionError::MaxCommitAttempts(_))
        }
        _ => false,
    }
}

/// A table that has been loaded.
pub(crate) struct Opened {
    table: Table,
    url: Url,
    directory: Path,
    delta: DeltaTable,
}

/// A data file as the log tells of it.
pub(crate) struct DataFile {
    pub(crate) path: Path,
    pub(crate) size: u64,
    pub(crate) rows: Option<usize>,
}

impl Opened {
    fn failed(&self, source: DeltaTableError) -> Error {
        Error::table(self.table, &self.url, source)
    }

    pub(crate) fn version(&self) -> i64 {
        self.delta.version().and_then(|version| i64::try_from(version).ok()).unwrap_or_default()
    }

    /// The path in the store of a file that the log names.
    pub(crate) fn path(&self, file: &str) -> Path {
        self.directory.clone().join(file)
    }

    /// The data files, by path in the store: what would take each away.
    pub(crate) fn files(&self) -> Result<BTreeMap<Path, Remove>, Error> {
        let snapshot = self.delta.snapshot().map_err(|e| self.failed(e))?;
        let file = |file: LogicalFileView| (self.path(&file.path()), file.remove_action(false));
        Ok(snapshot.log_data().iter().map(file).collect())
    }

    /// The data files, by path: what the log tells of each.
    pub(crate) fn data(&self) -> Result<Vec<DataFile>, Error> {
        let snapshot = self.delta.snapshot().map_err(|e| self.failed(e))?;
        let file = |file: LogicalFileView| DataFile {
            path: self.path(&file.path()),
            size: u64::try_from(file.size()).unwrap_or_default(),
            rows: file.num_records(),
        };
        let mut files: Vec<DataFile> = snapshot.log_data().iter().map(file).collect();
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(files)
    }

    /// When the files that were taken away were, in milliseconds since 1970, as far as the log remembers.
    pub(crate) async fn tombstones(&self) -> Result<HashMap<Path, i64>, Error> {
        let snapshot = self.delta.snapshot().map_err(|e| self.failed(e))?;
        let log = self.delta.log_store();
        let gone = snapshot.all_tombstones(log.as_ref()).try_collect::<Vec<_>>().await.map_err(|e| self.failed(e))?;
        Ok(gone.iter().map(|file| (self.path(&file.path()), file.deletion_timestamp().unwrap_or_default())).collect())
    }

    /// Whether the transaction `id` has been made.
    pub(crate) async fn has_made(&self, id: &str) -> Result<bool, Error> {
        let snapshot = self.delta.snapshot().map_err(|e| self.failed(e))?;
        let made = snapshot.transaction_version(self.delta.log_store().as_ref(), id).await.map_err(|e| self.failed(e))?;
        Ok(made.is_some())
    }

    fn holds(&self, removes: &[Remove]) -> Result<bool, Error> {
        if removes.is_empty() {
            return Ok(true);
        }
        let files = self.files()?;
        Ok(removes.iter().all(|remove| files.contains_key(&self.path(&remove.path))))
    }

    /// Deletes the entries of the log that were written before `cutoff` (milliseconds since 1970) and that a checkpoint sums up.
    /// Tells how many.
    pub(crate) async fn forget(&self, cutoff: i64) -> Result<usize, Error> {
        let version = self.delta.version().unwrap_or_default();
        let log = self.delta.log_store();
        deltalake::checkpoints::cleanup_expired_logs_for(version, log.as_ref(), cutoff, None).await.map_err(|e| self.failed(e))
    }
}
