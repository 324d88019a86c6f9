//! Verifying: every log entry, every checkpoint and every data file is read whole, and whatever is wrong is named.
//!
//! A data file's name tells the hash of its bytes, so that a flipped bit shows even where it still decodes.

use std::collections::BTreeSet;

use bytes::Bytes;
use census_model::Table;
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::row::{OwnedRow, RowConverter, SortField};
use deltalake::kernel::Action;
use deltalake::logstore::get_actions;
use futures::{StreamExt, stream};
use object_store::path::Path;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;

use crate::delta::{DataFile, Delta};
use crate::file::digest;
use crate::intent::Intent;
use crate::{Error, Lake};

/// How many files are read at once.
const AT_ONCE: usize = 2;

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The table.
    pub table: String,
    /// The path in the store: of a file, or of the table where no file is to blame.
    pub file: String,
    /// What is wrong.
    pub what: String,
}

/// What was looked at, and what was wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Data files.
    pub files: usize,
    /// Their rows.
    pub rows: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Log entries and checkpoints.
    pub entries: usize,
    /// What is wrong.
    pub damages: Vec<Damage>,
}

impl Verified {
    fn blame(&mut self, table: &str, file: &Path, what: impl Into<String>) {
        self.damages.push(Damage { table: table.to_owned(), file: file.to_string(), what: what.into() });
    }
}

impl Lake {
    /// Reads everything: what is wrong is told, not an error.
    ///
    /// # Errors
    /// [`Error::Store`] where the store itself fails.
    pub async fn verify(&self) -> Result<Verified, Error> {
        let mut verified = Verified::default();
        for &table in Table::ALL {
            self.verify_log(table, &mut verified).await?;
            match self.data(table).await {
                Ok(files) => self.verify_data(table, files, &mut verified).await?,
                Err(error) => verified.blame(table.name(), &self.store.path([table.name(), "_delta_log"]), chain(&error)),
            }
        }
        for id in Intent::list(&self.store).await?.standing {
            if let Err(Error::Intent { path, why }) = Intent::read(&self.store, &id).await {
                verified.blame("_intents", &Path::from(path), why);
            }
        }
        Ok(verified)
    }

    async fn data(&self, table: Table) -> Result<Vec<DataFile>, Error> {
        Delta::new(&self.store, table).opened(None).await?.data()
    }

    async fn verify_log(&self, table: Table, verified: &mut Verified) -> Result<(), Error> {
        let directory = self.store.path([table.name(), "_delta_log"]);
        let mut versions = BTreeSet::new();
        for object in self.store.list(&directory).await? {
            let path = object.location;
            let Some((version, kind)) = path.filename().and_then(entry) else { continue };
            let Some(bytes) = self.store.get(&path).await? else { continue };
            verified.entries += 1;
            let wrong = match kind {
                Entry::Commit => {
                    versions.insert(version);
                    wrong_commit(version, &bytes)
                }
                Entry::Checkpoint => decode(bytes).err().map(|e| chain(&e)),
            };
            if let Some(what) = wrong {
                verified.blame(table.name(), &path, what);
            }
        }
        let newest = versions.last().copied().unwrap_or_default();
        for missing in versions.first().map_or(0..0, |first| *first..newest).filter(|version| !versions.contains(version)) {
            verified.blame(table.name(), &directory.clone().join(format!("{missing:020}.json")), "is missing");
        }
        Ok(())
    }

    async fn verify_data(&self, table: Table, files: Vec<DataFile>, verified: &mut Verified) -> Result<(), Error> {
        let check = |file: DataFile| async move {
            let bytes = self.store.get(&file.path).await?;
            let path = file.path.clone();
            let checked = match bytes {
                None => Err("is missing".to_owned()),
                Some(bytes) => tokio::task::spawn_blocking(move || check(table, &file, bytes)).await.expect("checking does not panic"),
            };
            Ok::<_, Error>((path, checked))
        };
        let mut checks = stream::iter(files).map(check).buffered(AT_ONCE);
        while let Some(checked) = checks.next().await {
            let (path, checked) = checked?;
            verified.files += 1;
            match checked {
                Ok((rows, bytes)) => {
                    verified.rows += rows;
                    verified.bytes += bytes;
                }
                Err(what) => verified.blame(table.name(), &path, what),
            }
        }
        Ok(())
    }
}

/// An error and its causes, in a line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text.replace('\n', " ")
}

/// What a file of a log is.
enum Entry {
    Commit,
    Checkpoint,
}

fn entry(name: &str) -> Option<(u64, Entry)> {
    let (version, end) = name.split_once('.')?;
    let version = version.parse().ok()?;
    match end {
        "json" => Some((version, Entry::Commit)),
        _ if end.starts_with("checkpoint") && end.ends_with("parquet") => Some((version, Entry::Checkpoint)),
        _ => None,
    }
}

/// What is wrong with a commit. Every one but the first ends with the batch that it was made for.
fn wrong_commit(version: u64, bytes: &Bytes) -> Option<String> {
    match get_actions(version, bytes) {
        Err(error) => Some(chain(&error)),
        Ok(actions) if version > 0 && !actions.iter().any(|action| matches!(action, Action::Txn(_))) => Some("is cut short".to_owned()),
        Ok(actions) if actions.is_empty() => Some("is empty".to_owned()),
        Ok(_) => None,
    }
}

/// Reads every page of a Parquet file, and gives each batch.
fn decode_each(bytes: Bytes, mut take: impl FnMut(&[ArrayRef]) -> Result<(), ParquetError>) -> Result<usize, ParquetError> {
    let mut rows = 0;
    for batch in ParquetRecordBatchReaderBuilder::try_new(bytes)?.build()? {
        let batch = batch?;
        rows += batch.num_rows();
        take(batch.columns())?;
    }
    Ok(rows)
}

fn decode(bytes: Bytes) -> Result<usize, ParquetError> {
    decode_each(bytes, |_| Ok(()))
}

/// The rows and bytes of a data file, or what is wrong with it.
fn check(table: Table, file: &DataFile, bytes: Bytes) -> Result<(usize, u64), String> {
    let size = bytes.len() as u64;
    if size != file.size {
        return Err(format!("has {size} bytes in place of {}", file.size));
    }
    if told(&file.path).is_some_and(|told| told != digest(&bytes)) {
        return Err("its bytes are not those that were written".to_owned());
    }
    let mut order = Order::new(table).map_err(|e| chain(&e))?;
    let rows = decode_each(bytes, |columns| order.look(columns)).map_err(|e| chain(&e))?;
    if let Some(expected) = file.rows.filter(|&expected| expected != rows) {
        return Err(format!("has {rows} rows in place of {expected}"));
    }
    order.holds.then_some((rows, size)).ok_or_else(|| format!("is not sorted by {}", table.sort().join(", ")))
}

/// The hash that a data file's name tells.
fn told(path: &Path) -> Option<&str> {
    let hash = path.filename()?.strip_suffix(".parquet")?.rsplit('-').next()?;
    (hash.len() == 32).then_some(hash)
}

/// Whether rows come in the order of their table.
struct Order {
    at: Vec<usize>,
    rows: RowConverter,
    last: Option<OwnedRow>,
    holds: bool,
}

impl Order {
    fn new(table: Table) -> Result<Self, ParquetError> {
        let schema = table.schema();
        let at: Vec<usize> = table.sort().iter().filter_map(|name| schema.index_of(name).ok()).collect();
        let fields = at.iter().map(|&at| SortField::new(schema.field(at).data_type().clone())).collect();
        Ok(Self { at, rows: RowConverter::new(fields)?, last: None, holds: true })
    }

    fn look(&mut self, columns: &[ArrayRef]) -> Result<(), ParquetError> {
        let columns: Vec<ArrayRef> = self.at.iter().map(|&at| columns[at].clone()).collect();
        let rows = self.rows.convert_columns(&columns)?;
        let mut last = self.last.as_ref().map(OwnedRow::row);
        for row in &rows {
            self.holds &= last.is_none_or(|last| last <= row);
            last = Some(row);
        }
        self.last = last.map(|row| row.owned());
        Ok(())
    }
}
