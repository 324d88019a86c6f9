//! Batches: rows for several tables that are committed together.

use std::collections::BTreeMap;

use census_model::{Table, tables::TableRow};
use datafusion::arrow::record_batch::RecordBatch;

/// Rows for any of the tables, committed together by [`crate::Lake::commit`].
#[derive(Debug, Default)]
pub struct Batch {
    tables: BTreeMap<Table, Vec<RecordBatch>>,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds rows to their table.
    pub fn add<R: TableRow>(&mut self, rows: &[R]) {
        if !rows.is_empty() {
            self.tables.entry(R::TABLE).or_default().push(R::batch(rows));
        }
    }

    /// With these rows too.
    #[must_use]
    pub fn with<R: TableRow>(mut self, rows: &[R]) -> Self {
        self.add(rows);
        self
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.tables.values().flatten().map(RecordBatch::num_rows).sum()
    }

    /// How many bytes its columns take in memory.
    pub fn bytes(&self) -> usize {
        self.tables.values().flatten().map(RecordBatch::get_array_memory_size).sum()
    }

    pub(crate) fn holds(&self, table: Table) -> bool {
        self.tables.contains_key(&table)
    }

    pub(crate) fn take(&mut self, table: Table) -> Vec<RecordBatch> {
        self.tables.remove(&table).unwrap_or_default()
    }

    /// The tables, in the order in which they are committed.
    pub(crate) fn into_tables(self) -> BTreeMap<Table, Vec<RecordBatch>> {
        self.tables
    }
}
