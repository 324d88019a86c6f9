//! Data files: sorted, dictionary-encoded Parquet with page index and bloom filters, and the Delta action that adds one.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use census_model::Table;
use datafusion::arrow::compute::{SortColumn, concat_batches, lexsort_to_indices, take_record_batch};
use datafusion::arrow::record_batch::RecordBatch;
use deltalake::kernel::Add;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use serde_json::{Value, json};

use crate::Error;
use crate::store::Store;

/// Rows in a row group.
const ROW_GROUP: usize = 1 << 20;

/// Writes the batches as one data file of the table, sorted, and tells how Delta Lake is to add it.
pub(crate) async fn write(store: &Store, table: Table, id: &str, batches: &[RecordBatch]) -> Result<Add, Error> {
    let failed = |source| Error::Encode { table: table.name(), source };
    let (bytes, metadata) = encode(table, batches).map_err(failed)?;
    let name = format!("part-{id}.parquet");
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    store.put(&store.path([table.name(), &name]), bytes).await?;
    let modification_time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
    Ok(Add {
        path: name,
        partition_values: HashMap::new(),
        size,
        modification_time,
        data_change: true,
        stats: Some(statistics(&metadata).to_string()),
        tags: None,
        deletion_vector: None,
        base_row_id: None,
        default_row_commit_version: None,
        clustering_provider: None,
    })
}

fn encode(table: Table, batches: &[RecordBatch]) -> Result<(Vec<u8>, ParquetMetaData), ParquetError> {
    let rows = sorted(table, &concat_batches(&table.schema(), batches)?)?;
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, table.schema(), Some(properties(table, rows.num_rows())))?;
    writer.write(&rows)?;
    let metadata = writer.close()?;
    Ok((bytes, metadata))
}

fn sorted(table: Table, rows: &RecordBatch) -> Result<RecordBatch, ParquetError> {
    let columns: Vec<SortColumn> = table
        .sort()
        .iter()
        .filter_map(|name| rows.column_by_name(name))
        .map(|column| SortColumn { values: column.clone(), options: None })
        .collect();
    let order = lexsort_to_indices(&columns, None)?;
    Ok(take_record_batch(rows, &order)?)
}

/// How every data file of a table is written, fresh or merged.
fn properties(table: Table, rows: usize) -> WriterProperties {
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
fn statistics(metadata: &ParquetMetaData) -> Value {
    json!({ "numRecords": metadata.file_metadata().num_rows() })
}
