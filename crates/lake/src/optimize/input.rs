//! Data files as they are read to be merged.

use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use bytes::Bytes;
use census_model::Table;
use datafusion::arrow::record_batch::RecordBatch;
use deltalake::kernel::Remove;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, TryFutureExt, TryStreamExt, stream};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ArrowReaderMetadata, ArrowReaderOptions, RowFilter};
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStreamBuilder};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};

use super::parts::Parts;
use crate::Error;
use crate::delta::Opened;
use crate::store::Store;

/// What is wanted of a data file.
pub(super) enum Wanted<'a> {
    /// Its rows.
    All,
    /// Some of its columns.
    Columns(&'a [&'a str]),
    /// The rows of some parts: pages without any are not even fetched.
    Parts(Parts, RangeInclusive<usize>),
}

/// How many footers are read at once.
const AT_ONCE: usize = 16;

/// A data file: how to read it, and how to take it away.
pub(super) struct Input {
    table: Table,
    path: Path,
    size: u64,
    pub(super) remove: Remove,
    pub(super) footer: ArrowReaderMetadata,
}

/// The data files of a table, with their footers.
pub(super) async fn inputs(store: &Store, table: Table, opened: &Opened) -> Result<Vec<Input>, Error> {
    let input = |(path, remove): (Path, Remove)| async move {
        let size = remove.size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
        let failed = |source| Error::damaged(table, &path, source);
        let mut reader = Reader { store: store.root(), path: path.clone(), size };
        let metadata = reader.get_metadata(None).await.map_err(failed)?;
        let footer = ArrowReaderMetadata::try_new(metadata, ArrowReaderOptions::new()).map_err(failed)?;
        Ok(Input { table, path, size, remove, footer })
    };
    stream::iter(opened.files()?).map(input).buffered(AT_ONCE).try_collect().await
}

impl Input {
    /// How many rows it has.
    pub(super) fn rows(&self) -> usize {
        usize::try_from(self.footer.metadata().file_metadata().num_rows()).unwrap_or_default()
    }

    fn failed(&self, source: ParquetError) -> Error {
        Error::damaged(self.table, &self.path, source)
    }

    /// Gives some of its columns, or its rows, or those of some parts, batch by batch.
    pub(super) async fn each(
        &self,
        store: &Store,
        wanted: Wanted<'_>,
        mut take: impl FnMut(RecordBatch) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let reader = Reader { store: store.root(), path: self.path.clone(), size: self.size };
        let mut builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, self.footer.clone());
        let mask = |columns: &[&str]| ProjectionMask::columns(self.footer.parquet_schema(), columns.iter().copied());
        match wanted {
            Wanted::All => {}
            Wanted::Columns(columns) => builder = builder.with_projection(mask(columns)),
            Wanted::Parts(parts, pass) => {
                let filter =
                    move |batch: RecordBatch| Ok(parts.of_rows(batch.column(0)).iter().map(|part| Some(pass.contains(part))).collect());
                let predicate = ArrowPredicateFn::new(mask(&[parts.column()]), filter);
                builder = builder.with_row_filter(RowFilter::new(vec![Box::new(predicate)]));
            }
        }
        let mut batches = builder.build().map_err(|e| self.failed(e))?;
        while let Some(batch) = batches.try_next().await.map_err(|e| self.failed(e))? {
            take(batch)?;
        }
        Ok(())
    }
}

/// A data file, of which the parts that are needed are fetched.
struct Reader {
    store: Arc<dyn ObjectStore>,
    path: Path,
    size: u64,
}

fn external(source: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(source))
}

impl AsyncFileReader for Reader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, ParquetError>> {
        self.store.get_range(&self.path, range).map_err(external).boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>, ParquetError>> {
        async move { self.store.get_ranges(&self.path, &ranges).await.map_err(external) }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>, ParquetError>> {
        async move {
            let reader =
                ParquetMetaDataReader::new().with_arrow_reader_options(options).with_offset_index_policy(PageIndexPolicy::Optional);
            let size = self.size;
            reader.load_and_finish(self, size).await.map(Arc::new)
        }
        .boxed()
    }
}
