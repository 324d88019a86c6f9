//! Answers in the formats that people ask for.

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::arrow::{csv, json};
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::Error;

/// A format for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A table for a terminal.
    Table,
    /// CSV with a header (RFC 4180). Lists are not possible in it.
    Csv,
    /// A JSON array of objects.
    Json,
    /// A Parquet file.
    Parquet,
}

/// Encodes an answer; `batches` holds at least one, which has the schema.
pub fn export(batches: &[RecordBatch], format: Format) -> Result<Vec<u8>, Error> {
    let bytes = match format {
        Format::Table => pretty_format_batches(batches).map(|table| format!("{table}\n").into_bytes()).map_err(DataFusionError::from),
        Format::Csv => as_csv(batches),
        Format::Json => as_json(batches),
        Format::Parquet => as_parquet(batches),
    };
    Ok(bytes?)
}

fn as_csv(batches: &[RecordBatch]) -> Result<Vec<u8>, DataFusionError> {
    let mut writer = csv::Writer::new(Vec::new());
    for batch in batches {
        writer.write(batch)?;
    }
    Ok(writer.into_inner())
}

fn as_json(batches: &[RecordBatch]) -> Result<Vec<u8>, DataFusionError> {
    let mut writer = json::WriterBuilder::new().with_explicit_nulls(true).build::<_, json::writer::JsonArray>(Vec::new());
    for batch in batches {
        writer.write(batch)?;
    }
    writer.finish()?;
    let mut bytes = writer.into_inner();
    if bytes.is_empty() {
        bytes.extend(b"[]");
    }
    bytes.push(b'\n');
    Ok(bytes)
}

/// Writes batches into a Parquet file as they come.
pub(crate) async fn save(mut batches: SendableRecordBatchStream, path: &Path) -> Result<(), Error> {
    let failed = |e| DataFusionError::ParquetError(Box::new(e));
    let file = std::fs::File::create(path).map_err(|e| DataFusionError::External(format!("{}: {e}", path.display()).into()))?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
    let mut writer = ArrowWriter::try_new(file, batches.schema(), Some(properties)).map_err(failed)?;
    while let Some(batch) = batches.next().await {
        writer.write(&batch?).map_err(failed)?;
    }
    writer.close().map_err(failed)?;
    Ok(())
}

fn as_parquet(batches: &[RecordBatch]) -> Result<Vec<u8>, DataFusionError> {
    let mut bytes = Vec::new();
    let failed = |e| DataFusionError::ParquetError(Box::new(e));
    let mut writer = ArrowWriter::try_new(&mut bytes, Arc::clone(&batches[0].schema()), None).map_err(failed)?;
    for batch in batches {
        writer.write(batch).map_err(failed)?;
    }
    writer.close().map_err(failed)?;
    Ok(bytes)
}
