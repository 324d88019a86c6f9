//! Merging: the rows of one part, from several files, in order, each once.

use std::cmp::Ordering;
use std::sync::Arc;

use census_model::Table;
use datafusion::arrow::array::{ArrayRef, BooleanArray, DynComparator, UInt32Array, make_comparator};
use datafusion::arrow::compute::{SortColumn, SortOptions, concat_batches, lexsort_to_indices, take_record_batch};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::errors::ParquetError;

use crate::file::{SLICE, properties};

/// Batches of one part that wait to be merged: so many are put together, since small ones cost more than their rows.
const WAITING: usize = 64;

/// The rows of one part as they come in, each with the number of the file it is from.
#[derive(Default)]
pub(super) struct Gathered {
    batches: Vec<RecordBatch>,
    small: usize,
    origin: Vec<u32>,
}

impl Gathered {
    pub(super) fn add(&mut self, batch: RecordBatch, file: u32) -> Result<(), ArrowError> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        self.origin.extend(std::iter::repeat_n(file, batch.num_rows()));
        self.batches.push(batch);
        self.small += 1;
        if self.small >= WAITING {
            let from = self.batches.len() - self.small;
            let together = concat_batches(&self.batches[0].schema(), &self.batches[from..])?;
            self.batches.truncate(from);
            self.batches.push(together);
            self.small = 0;
        }
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// The rows in the order of the table. A row that several files have, each because it was written twice, is there as often as in
    /// the file that has it most often.
    pub(super) fn merged(self, table: Table) -> Result<Merged, ArrowError> {
        let came = self.origin.len();
        let rows = concat_batches(&table.schema(), &self.batches)?;
        drop(self.batches);
        let origin: ArrayRef = Arc::new(UInt32Array::from(self.origin));
        let leading = table.sort().iter().filter_map(|name| rows.column_by_name(name));
        let others =
            rows.schema_ref().fields().iter().zip(rows.columns()).filter(|(field, _)| !table.sort().contains(&field.name().as_str()));
        let whole: Vec<ArrayRef> = leading.chain(others.map(|(_, column)| column)).cloned().collect();
        let columns = whole.iter().chain([&origin]).map(|column| SortColumn { values: Arc::clone(column), options: None });
        let order = lexsort_to_indices(&columns.collect::<Vec<_>>(), None)?;
        let same = comparators(&whole)?;
        let same = |one: u32, other: u32| same.iter().all(|compare| compare(one as usize, other as usize) == Ordering::Equal);
        let from = comparators(&[origin])?.remove(0);
        let same_file = |one: u32, other: u32| from(one as usize, other as usize) == Ordering::Equal;
        let runs = order.values().chunk_by(|one, other| same(*one, *other));
        let mut order = Vec::with_capacity(came);
        for run in runs {
            let most = run.chunk_by(|one, other| same_file(*one, *other)).map(<[u32]>::len).max().unwrap_or_default();
            order.extend_from_slice(&run[..most]);
        }
        Ok(Merged { dropped: came - order.len(), rows, order })
    }
}

fn comparators(columns: &[ArrayRef]) -> Result<Vec<DynComparator>, ArrowError> {
    columns.iter().map(|column| make_comparator(column, column, SortOptions::default())).collect()
}

/// The rows of one part, in order.
pub(super) struct Merged {
    rows: RecordBatch,
    order: Vec<u32>,
    /// How many rows were written twice.
    pub(super) dropped: usize,
}

impl Merged {
    /// Those that stay, as `stays` says of each, and the others.
    pub(super) fn divided(self, stays: impl FnOnce(&RecordBatch) -> BooleanArray) -> (Self, Self) {
        let stays = stays(&self.rows);
        let (stay, go) = self.order.into_iter().partition(|&row| stays.value(row as usize));
        let gone = Self { rows: self.rows.clone(), order: go, dropped: 0 };
        (Self { rows: self.rows, order: stay, dropped: self.dropped }, gone)
    }

    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// The rows, some thousands at a time.
    pub(super) fn slices(&self) -> impl Iterator<Item = Result<RecordBatch, ArrowError>> {
        self.order.chunks(SLICE).map(|slice| take_record_batch(&self.rows, &UInt32Array::from(slice.to_vec())))
    }

    /// A data file of them.
    pub(super) fn encoded(&self, table: Table) -> Result<Vec<u8>, ParquetError> {
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, table.schema(), Some(properties(table, self.len())))?;
        for slice in self.slices() {
            writer.write(&slice?)?;
        }
        writer.close()?;
        Ok(bytes)
    }
}
