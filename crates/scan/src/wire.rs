//! The rows of an artifact as bytes: one Arrow IPC stream for each table, each after its length.
//!
//! What a worker sends has been near a package and is not trusted: a stream must have exactly its table's schema, every value is
//! validated, and nothing is allocated by a length that was only announced.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamDecoder;
use arrow::ipc::writer::StreamWriter;
use census_model::row;
use census_model::tables::TableRow;

use crate::Scanned;

/// Why bytes are not the rows of an artifact.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("the stream of `{0}` is cut off")]
    Short(&'static str),
    #[error("{0} bytes follow the last table")]
    Long(usize),
    #[error("the stream of `{0}` has another schema")]
    Schema(&'static str),
    #[error("the stream of `{0}` is damaged: {1}")]
    Arrow(&'static str, ArrowError),
    #[error("`{0}`: {1}")]
    Row(&'static str, row::Error),
    #[error("the decoder gave up")]
    Panic,
}

/// The bytes of an artifact's rows.
pub(crate) fn encode(scanned: &Scanned) -> Result<Vec<u8>, ArrowError> {
    let mut out = Vec::new();
    put(&mut out, std::slice::from_ref(&scanned.scan))?;
    put(&mut out, &scanned.members)?;
    put(&mut out, &scanned.facts)?;
    put(&mut out, &scanned.terms)?;
    put(&mut out, &scanned.urls)?;
    put(&mut out, &scanned.gaps)?;
    put(&mut out, &scanned.metadata)?;
    put(&mut out, &scanned.dependencies)?;
    put(&mut out, &scanned.components)?;
    Ok(out)
}

/// The rows that bytes hold.
pub(crate) fn decode(bytes: Vec<u8>) -> Result<Scanned, Malformed> {
    let mut bytes = Buffer::from(bytes);
    // Arrow reports damage as errors, but not all of it: what panics in a decoder must cost one artifact, not the run.
    catch_unwind(AssertUnwindSafe(|| decode_all(&mut bytes))).unwrap_or(Err(Malformed::Panic))
}

fn decode_all(bytes: &mut Buffer) -> Result<Scanned, Malformed> {
    let scanned = Scanned {
        scan: take(bytes)?.pop().ok_or(Malformed::Short("scans"))?,
        members: take(bytes)?,
        facts: take(bytes)?,
        terms: take(bytes)?,
        urls: take(bytes)?,
        gaps: take(bytes)?,
        metadata: take(bytes)?,
        dependencies: take(bytes)?,
        components: take(bytes)?,
    };
    if bytes.is_empty() { Ok(scanned) } else { Err(Malformed::Long(bytes.len())) }
}

fn put<R: TableRow>(out: &mut Vec<u8>, rows: &[R]) -> Result<(), ArrowError> {
    let start = out.len();
    out.extend([0; 8]);
    let mut stream = StreamWriter::try_new(&mut *out, &R::schema())?;
    stream.write(&R::batch(rows))?;
    stream.finish()?;
    drop(stream);
    let length = (out.len() - start - 8) as u64;
    out[start..start + 8].copy_from_slice(&length.to_le_bytes());
    Ok(())
}

fn take<R: TableRow>(bytes: &mut Buffer) -> Result<Vec<R>, Malformed> {
    let table = R::TABLE.name();
    let head: [u8; 8] = bytes.get(..8).and_then(|head| head.try_into().ok()).ok_or(Malformed::Short(table))?;
    bytes.advance(8);
    let length = usize::try_from(u64::from_le_bytes(head)).unwrap_or(usize::MAX);
    if length > bytes.len() {
        return Err(Malformed::Short(table));
    }
    let batches = batches::<R>(bytes.slice_with_length(0, length))?;
    bytes.advance(length);
    R::read_all(&batches).map_err(|e| Malformed::Row(table, e))
}

fn batches<R: TableRow>(mut stream: Buffer) -> Result<Vec<RecordBatch>, Malformed> {
    let table = R::TABLE.name();
    let mut decoder = StreamDecoder::new();
    let mut batches = Vec::new();
    while let Some(batch) = decoder.decode(&mut stream).map_err(|e| Malformed::Arrow(table, e))? {
        if batch.schema() != R::schema() {
            return Err(Malformed::Schema(table));
        }
        batches.push(batch);
    }
    decoder.finish().map_err(|e| Malformed::Arrow(table, e))?;
    Ok(batches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use census_testkit::package::Wheel;

    fn scanned() -> Scanned {
        let built = Wheel::new("demo", "1.0").file("demo/a.py", "import os\nos.system('id')\n").requires("six>=1").build();
        crate::scan_bytes("demo", &built.filename, &built.bytes, &census_artifact::Limits::default())
    }

    #[test]
    fn rows_round_trip() {
        let scanned = scanned();
        assert!(!scanned.facts.is_empty());
        assert_eq!(decode(encode(&scanned).unwrap()).unwrap(), scanned);
        let none = Scanned::without_rows("demo", "", crate::Outcome::Failed, "why".into());
        assert_eq!(decode(encode(&none).unwrap()).unwrap(), none);
    }

    #[test]
    fn bytes_cut_off_anywhere_or_with_more_behind_are_refused() {
        let bytes = encode(&scanned()).unwrap();
        for length in (0..bytes.len()).step_by(97) {
            assert!(decode(bytes[..length].to_vec()).is_err(), "{length}");
        }
        assert!(matches!(decode([bytes, vec![0]].concat()), Err(Malformed::Long(1))));
    }

    #[test]
    fn any_changed_byte_gives_rows_or_an_error() {
        let bytes = encode(&scanned()).unwrap();
        let mut refused = 0;
        for at in (0..bytes.len()).step_by(29) {
            for bits in [0x01, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[at] ^= bits;
                refused += usize::from(decode(changed).is_err());
            }
        }
        assert!(refused > 50, "{refused}");
    }

    #[test]
    fn another_table_is_no_substitute() {
        let mut bytes = Vec::new();
        put(&mut bytes, &scanned().terms).unwrap();
        let taken = take::<census_model::tables::UrlRow>(&mut Buffer::from(bytes));
        assert!(matches!(taken, Err(Malformed::Schema("urls"))), "{taken:?}");
    }
}
