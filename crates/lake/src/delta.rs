//! One Delta table: creating it, its state, and commits that happen once.

use std::collections::HashSet;

use census_model::Table;
use deltalake::kernel::transaction::TransactionError;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake::kernel::{Action, Remove, StructType, Transaction};
use deltalake::operations::create::CreateBuilder;
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use object_store::path::Path;
use url::Url;

use crate::Error;
use crate::file::now_ms;
use crate::intent::Change;
use crate::store::Store;

/// How many times a commit is put on top of others' commits, and how many times it is begun anew.
const RETRIES: usize = 100;
const ATTEMPTS: usize = 20;

/// Set on every table: rows are never changed, the log is summed up now and then, and ids of finished batches are forgotten after
/// a month.
const PROPERTIES: [(&str, &str); 3] =
    [("delta.appendOnly", "true"), ("delta.checkpointInterval", "10"), ("delta.setTransactionRetentionDuration", "interval 30 days")];

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

    async fn load(&self) -> Result<DeltaTable, Error> {
        let mut table = self.unloaded()?;
        table.load().await.map_err(|e| self.failed(e))?;
        Ok(table)
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
        CreateBuilder::new()
            .with_log_store(self.unloaded()?.log_store())
            .with_table_name(self.table.name())
            .with_comment(self.table.meaning())
            .with_columns(schema.fields().cloned())
            .with_configuration(PROPERTIES.map(|(key, value)| (key, Some(value))))
            .with_save_mode(SaveMode::Ignore)
            .await
            .map(drop)
            .map_err(|e| self.failed(e))
    }

    pub(crate) async fn state(self) -> Result<State, Error> {
        let table = self.load().await?;
        let snapshot = table.snapshot().map_err(|e| self.failed(e))?;
        let directory = self.store.path([self.table.name()]);
        let mut files: Vec<Path> =
            snapshot.log_data().iter().map(|file| directory.parts().chain(file.object_store_path().parts()).collect()).collect();
        files.sort();
        let version = table.version().and_then(|v| i64::try_from(v).ok()).unwrap_or_default();
        Ok(State { table: self.table, version, files })
    }

    /// Makes a change under the transaction `id`, unless that transaction has been made before. Tells whether it could be made:
    /// a file that it takes away must still be there.
    pub(crate) async fn commit(&self, id: &str, change: &Change) -> Result<bool, Error> {
        let mut last = None;
        for attempt in 0..ATTEMPTS {
            let table = self.load().await?;
            if self.has_made(&table, id).await? {
                return Ok(true);
            }
            if !self.holds_all(&table, &change.removes)? {
                return Ok(false);
            }
            match self.try_commit(&table, id, change).await {
                Ok(()) => return Ok(true),
                Err(source) if is_conflict(&source) => {
                    tracing::debug!(table = self.table.name(), %source, attempt, "another writer was faster");
                    last = Some(source);
                }
                // What is done after a commit may fail, or another writer may have finished this batch.
                Err(source) if self.has_made(&self.load().await?, id).await? => {
                    tracing::debug!(table = self.table.name(), %source, "committed all the same");
                    return Ok(true);
                }
                Err(source) => return Err(self.failed(source)),
            }
        }
        Err(Error::Busy { table: self.table.name(), location: self.url.to_string(), source: last.map(Box::new) })
    }

    async fn try_commit(&self, table: &DeltaTable, id: &str, change: &Change) -> Result<(), DeltaTableError> {
        // Against other writers, the library may put what only adds on top of their commits; what takes files away must look first.
        let (retries, operation) = if change.removes.is_empty() {
            (RETRIES, DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None })
        } else {
            (0, DeltaOperation::Optimize { predicate: None, target_size: 0 })
        };
        let properties = CommitProperties::default()
            .with_max_retries(retries)
            .with_application_transaction(Transaction::new_with_last_update(id, 1, Some(now_ms())));
        let removes = change.removes.iter().cloned().map(Action::Remove);
        let actions = removes.chain(change.adds.iter().cloned().map(Action::Add)).collect();
        CommitBuilder::from(properties).with_actions(actions).build(Some(table.snapshot()?), table.log_store(), operation).await.map(drop)
    }

    fn holds_all(&self, table: &DeltaTable, removes: &[Remove]) -> Result<bool, Error> {
        if removes.is_empty() {
            return Ok(true);
        }
        let snapshot = table.snapshot().map_err(|e| self.failed(e))?;
        let active: HashSet<String> = snapshot.log_data().iter().map(|file| file.path().into_owned()).collect();
        Ok(removes.iter().all(|remove| active.contains(&remove.path)))
    }

    async fn has_made(&self, table: &DeltaTable, id: &str) -> Result<bool, Error> {
        let snapshot = table.snapshot().map_err(|e| self.failed(e))?;
        let made = snapshot.transaction_version(table.log_store().as_ref(), id).await.map_err(|e| self.failed(e))?;
        Ok(made.is_some())
    }
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
