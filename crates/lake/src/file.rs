//! Data files: sorted, dictionary-encoded Parquet with page index and bloom filters, and the Delta action that adds one.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use census_model::{Table, id};
use datafusion::arrow::array::Array;
use datafusion::arrow::compute::{LexicographicalComparator, SortColumn, concat, interleave_record_batch, lexsort_to_indices};
use datafusion::arrow::record_batch::RecordBatch;
use deltalake::kernel::Add;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use serde_json::json;

use crate::Error;
use crate::store::Store;

/// Rows in a row group.
pub(crate) const ROW_GROUP: usize = 1 << 20;

/// Rows that are put in order together, on their way from memory to a file.
pub(crate) const SLICE: usize = 1 << 16;

/// Milliseconds since 1970, as Delta Lake counts.
pub(crate) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// Writes the batches as one data file of the table, sorted, and tells how Delta Lake is to add it.
pub(crate) async fn write(store: &Store, table: Table, id: &str, batches: &[RecordBatch]) -> Result<Add, Error> {
    let batches = batches.to_vec();
    let encoded = tokio::task::spawn_blocking(move || encode(table, &batches)).await.expect("encoding does not panic");
    let (bytes, rows) = encoded.map_err(|source| Error::Encode { table: table.name(), source })?;
    put(store, table, id, bytes, rows).await
}

/// Writes the bytes of a data file. Its name tells their hash, so that damage shows.
pub(crate) async fn put(store: &Store, table: Table, id: &str, bytes: Vec<u8>, rows: usize) -> Result<Add, Error> {
    let name = format!("part-{id}-{}.parquet", digest(&bytes));
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    store.put(&store.path([table.name(), &name]), bytes).await?;
    Ok(Add {
        path: name,
        partition_values: HashMap::new(),
        size,
        modification_time: now_ms(),
        data_change: true,
        stats: Some(statistics(rows)),
        tags: None,
        deletion_vector: None,
        base_row_id: None,
        default_row_commit_version: None,
        clustering_provider: None,
    })
}

/// The part of a data file's name that tells its content: half of its SHA-256, in hexadecimal digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    id::hex(&id::sha256(bytes)[..16])
}

fn encode(table: Table, batches: &[RecordBatch]) -> Result<(Vec<u8>, usize), ParquetError> {
    let rows = batches.iter().map(RecordBatch::num_rows).sum();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, table.schema(), Some(properties(table, rows)))?;
    match order(table, batches)? {
        None => batches.iter().try_for_each(|batch| writer.write(batch))?,
        Some(order) => {
            let batches: Vec<&RecordBatch> = batches.iter().collect();
            for slice in order.chunks(SLICE) {
                writer.write(&interleave_record_batch(&batches, slice)?)?;
            }
        }
    }
    writer.close()?;
    Ok((bytes, rows))
}

/// The rows, as batch and row, in the order of the table; none where they are in it. Copies the columns that it sorts by alone: rows
/// are many.
fn order(table: Table, batches: &[RecordBatch]) -> Result<Option<Vec<(usize, usize)>>, ParquetError> {
    let column = |name: &&str| -> Result<SortColumn, ParquetError> {
        let parts: Vec<&dyn Array> = batches.iter().filter_map(|batch| batch.column_by_name(name)).map(AsRef::as_ref).collect();
        Ok(SortColumn { values: concat(&parts)?, options: None })
    };
    let columns = table.sort().iter().map(column).collect::<Result<Vec<_>, _>>()?;
    let compare = LexicographicalComparator::try_new(&columns)?;
    let rows: Vec<(usize, usize)> =
        batches.iter().enumerate().flat_map(|(batch, rows)| (0..rows.num_rows()).map(move |row| (batch, row))).collect();
    if (1..rows.len()).all(|at| compare.compare(at - 1, at).is_le()) {
        return Ok(None);
    }
    Ok(Some(lexsort_to_indices(&columns, None)?.values().iter().map(|&at| rows[at as usize]).collect()))
}

/// How every data file of a table is written, fresh or merged.
pub(crate) fn properties(table: Table, rows: usize) -> WriterProperties {
    let schema = table.schema();
    let sorting = table.sort().iter().filter_map(|name| schema.index_of(name).ok()).map(|index| SortingColumn {
        column_idx: i32::try_from(index).unwrap_or(i32::MAX),
        descending: false,
        nulls_first: true,
    });
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("census ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(parquet::basic::ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_sorting_columns(Some(sorting.collect()));
    for column in table.bloom() {
        let path = ColumnPath::from(*column);
        properties = properties
            .set_column_bloom_filter_enabled(path.clone(), true)
            .set_column_bloom_filter_max_ndv(path, rows.clamp(1, ROW_GROUP) as u64);
    }
    properties.build()
}

/// Delta Lake's statistics of a file: its rows alone. Ranges of some columns and not of others mislead readers (Arrow's datasets take
/// a column without them for one of nulls, and lose its rows); every reader finds them in the file's own footer.
fn statistics(rows: usize) -> String {
    json!({ "numRecords": rows }).to_string()
}
