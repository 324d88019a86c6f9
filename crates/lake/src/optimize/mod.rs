//! Optimizing: many small files become few large ones, in order, and what no current release needs moves to history.
//!
//! Rows are divided into parts (`parts`); each part that has rows in several files, or rows to move, is read, put in order and written
//! as one file, some parts at a time, so that memory holds no more than a fraction of a table. A table that is only laid out anew
//! changes in one commit of its log; one that loses rows to its history changes with it, under an intent. A commit takes its files
//! away only if they are all still there: whoever comes second leaves his own files as litter and says so.

mod input;
mod merge;
mod parts;

use std::collections::HashMap;
use std::ops::RangeInclusive;

use census_model::Table;
use datafusion::arrow::array::{AsArray, BooleanArray};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::arrow::datatypes::{Int32Type, Int64Type};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::RecordBatch;
use deltalake::kernel::Add;
use futures::{StreamExt, TryStreamExt, stream};

use crate::delta::Delta;
use crate::file;
use crate::intent::{Change, Intent, new_id};
use crate::{Error, Lake, Session};
use input::{Input, Wanted, inputs};
use merge::{Gathered, Merged};
use parts::{Parts, passes};

/// How many bytes of rows are merged in one pass, unless one part has more: they are in memory twice, for a while.
const PASS: usize = 128 << 20;

/// How many parts are put in order and encoded at once.
const AT_ONCE: usize = 2;

/// What is needed today, and so stays where today's questions are answered.
#[derive(Clone, Debug, Default)]
pub struct Keep {
    /// The extractor whose facts are the current ones, by artifact. Facts of other artifacts, or by other extractors, are history.
    pub artifacts: HashMap<i64, i32>,
    /// The catalog whose findings are the current ones; where it is known, those of others are history.
    pub catalog: Option<String>,
}

/// What was done to a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Optimized {
    /// The table.
    pub table: Table,
    /// Files that were merged.
    pub merged: usize,
    /// Files that were written in their place.
    pub written: usize,
    /// Rows that moved to the table's history.
    pub moved: usize,
    /// Rows that had been written twice.
    pub dropped: usize,
}

/// The table that rows of this one move to when nothing current needs them.
pub(crate) fn history(table: Table) -> Option<Table> {
    match table {
        Table::Facts => Some(Table::FactsHistory),
        Table::Findings => Some(Table::FindingsHistory),
        _ => None,
    }
}

impl Lake {
    /// Merges the files of every table as `session` sees them, and moves to history what is not to be kept. Tells what was done;
    /// nothing, where nothing is to do. Others may write meanwhile: what they add stays as it is.
    ///
    /// # Errors
    /// [`Error::Overtaken`] where somebody else merged the same files meanwhile.
    pub async fn optimize(&self, session: &Session, keep: &Keep) -> Result<Vec<Optimized>, Error> {
        let mut done = Vec::new();
        for &table in Table::ALL {
            // What is to be kept was told of what the session sees: a later row may be needed, too. A history comes after its table.
            let version = history(table).and_then(|_| session.versions().get(&table).copied());
            done.extend(Work::new(self, table, keep).run(version).await?);
        }
        Ok(done)
    }
}

/// The merging of one table.
struct Work<'a> {
    lake: &'a Lake,
    table: Table,
    keep: &'a Keep,
    id: String,
    files: u32,
    change: Change,
    gone: Vec<Add>,
    done: Optimized,
}

impl<'a> Work<'a> {
    fn new(lake: &'a Lake, table: Table, keep: &'a Keep) -> Self {
        let change = Change { table: table.name().to_owned(), adds: Vec::new(), removes: Vec::new() };
        let done = Optimized { table, merged: 0, written: 0, moved: 0, dropped: 0 };
        Self { lake, table, keep, id: new_id(), files: 0, change, gone: Vec::new(), done }
    }

    async fn run(mut self, version: Option<i64>) -> Result<Option<Optimized>, Error> {
        let opened = Delta::new(&self.lake.store, self.table).opened(version).await?;
        let inputs = inputs(&self.lake.store, self.table, &opened).await?;
        drop(opened);
        let rows = inputs.iter().map(Input::rows).sum();
        match Parts::of(self.table, rows) {
            Some(parts) => self.merge_parts(parts, &inputs).await?,
            None => self.merge_small(&inputs).await?,
        }
        self.commit().await
    }

    /// Merges the parts that have rows in several files, or rows to move.
    async fn merge_parts(&mut self, parts: Parts, inputs: &[Input]) -> Result<(), Error> {
        let places: Vec<Option<usize>> = inputs.iter().map(|input| parts.of_file(input.footer.metadata())).collect();
        let mut rows = vec![0; parts.count()];
        let mut files = vec![0; parts.count()];
        let mut dirty = vec![false; parts.count()];
        for (input, place) in inputs.iter().zip(&places) {
            match place {
                Some(part) => {
                    rows[*part] += input.rows();
                    files[*part] += 1;
                    dirty[*part] |= files[*part] > 1 || self.holds_history(input).await?;
                }
                None => {
                    for (part, n) in self.count(parts, input).await?.into_iter().enumerate() {
                        rows[part] += n;
                        dirty[part] |= n > 0;
                    }
                }
            }
        }
        let is_merged = |place: &Option<usize>| place.is_none_or(|part| dirty[part]);
        let wanted: Vec<usize> = rows.iter().zip(&dirty).map(|(&rows, &dirty)| if dirty { rows } else { 0 }).collect();
        for pass in passes(&wanted, PASS / width(self.table)) {
            self.pass(parts, &pass, inputs, &places, &is_merged).await?;
        }
        self.change.removes =
            inputs.iter().zip(&places).filter(|(_, place)| is_merged(place)).map(|(input, _)| input.remove.clone()).collect();
        Ok(())
    }

    async fn count(&self, parts: Parts, input: &Input) -> Result<Vec<usize>, Error> {
        let mut counts = vec![0; parts.count()];
        let count = |batch: RecordBatch| {
            parts.of_rows(batch.column(0)).into_iter().for_each(|part| counts[part] += 1);
            Ok(())
        };
        input.each(&self.lake.store, Wanted::Columns(&[parts.column()]), count).await?;
        Ok(counts)
    }

    async fn pass(
        &mut self,
        parts: Parts,
        pass: &RangeInclusive<usize>,
        inputs: &[Input],
        places: &[Option<usize>],
        is_merged: &impl Fn(&Option<usize>) -> bool,
    ) -> Result<(), Error> {
        let mut gathered: Vec<Gathered> = pass.clone().map(|_| Gathered::default()).collect();
        for (number, (input, place)) in (0..).zip(inputs.iter().zip(places)) {
            if !is_merged(place) || place.is_some_and(|part| !pass.contains(&part)) {
                continue;
            }
            let wanted = if place.is_some() || parts.count() == 1 { Wanted::All } else { Wanted::Parts(parts, pass.clone()) };
            let divide = |batch: RecordBatch| divide(parts, pass, &batch, number, &mut gathered).map_err(|e| self.failed(e));
            input.each(&self.lake.store, wanted, divide).await?;
        }
        self.write(gathered).await
    }

    /// Merges the files of a table that has no parts: the small ones, as many as make a large one.
    async fn merge_small(&mut self, inputs: &[Input]) -> Result<(), Error> {
        let mut groups: Vec<(usize, Vec<&Input>)> = Vec::new();
        for input in inputs.iter().filter(|input| input.rows() < file::ROW_GROUP / 2) {
            match groups.last_mut() {
                Some((rows, group)) if *rows + input.rows() <= file::ROW_GROUP => {
                    *rows += input.rows();
                    group.push(input);
                }
                _ => groups.push((input.rows(), vec![input])),
            }
        }
        for (_, group) in groups.into_iter().filter(|(_, group)| group.len() > 1) {
            let mut gathered = Gathered::default();
            for (number, input) in (0..).zip(&group) {
                let add = |batch| gathered.add(batch, number).map_err(|e| self.failed(e));
                input.each(&self.lake.store, Wanted::All, add).await?;
            }
            self.write(vec![gathered]).await?;
            self.change.removes.extend(group.into_iter().map(|input| input.remove.clone()));
        }
        Ok(())
    }

    /// Writes a file for each part, and one for what moves from them to history.
    async fn write(&mut self, gathered: Vec<Gathered>) -> Result<(), Error> {
        let (table, keep) = (self.table, self.keep.clone());
        let merge = |gathered: Gathered| {
            let keep = keep.clone();
            async move { tokio::task::spawn_blocking(move || merge(table, gathered, &keep)).await.expect("merging does not panic") }
        };
        let parts = stream::iter(gathered.into_iter().filter(|part| !part.is_empty())).map(merge).buffered(AT_ONCE);
        let parts: Vec<Part> = parts.try_collect().await.map_err(|source| Error::Encode { table: table.name(), source })?;
        let mut gone = Vec::new();
        for part in parts {
            self.done.dropped += part.dropped;
            gone.extend(part.gone);
            if part.rows > 0 {
                let name = self.name();
                self.change.adds.push(file::put(&self.lake.store, table, &name, part.bytes, part.rows).await?);
            }
        }
        if let Some(history) = history(table).filter(|_| !gone.is_empty()) {
            self.done.moved += gone.iter().map(RecordBatch::num_rows).sum::<usize>();
            let name = self.name();
            self.gone.push(file::write(&self.lake.store, history, &name, &gone).await?);
        }
        Ok(())
    }

    fn name(&mut self) -> String {
        self.files += 1;
        format!("{}-{:04}", self.id, self.files)
    }

    async fn commit(mut self) -> Result<Option<Optimized>, Error> {
        if self.change.removes.is_empty() {
            return Ok(None);
        }
        // What is only laid out anew, or dropped because another file has it too, changes no data, in Delta Lake's words.
        let moves = !self.gone.is_empty();
        self.change.removes.iter_mut().for_each(|remove| remove.data_change = moves);
        self.change.adds.iter_mut().for_each(|add| add.data_change = moves);
        (self.done.merged, self.done.written) = (self.change.removes.len(), self.change.adds.len());
        let made = match history(self.table).filter(|_| moves) {
            Some(history) => {
                let gone = Change { table: history.name().to_owned(), adds: self.gone, removes: Vec::new() };
                let intent = Intent { id: self.id, changes: vec![self.change, gone] };
                intent.write(&self.lake.store).await?;
                self.lake.finish(&intent).await?
            }
            None => Delta::new(&self.lake.store, self.table).commit(&self.id, &self.change).await?,
        };
        if made { Ok(Some(self.done)) } else { Err(Error::Overtaken { table: self.table.name() }) }
    }

    /// Whether a file has rows that are to move.
    async fn holds_history(&self, input: &Input) -> Result<bool, Error> {
        let Some(columns) = columns(self.table, self.keep) else { return Ok(false) };
        let mut found = false;
        let look = |batch: RecordBatch| {
            found |= stays(self.table, self.keep, &batch).true_count() < batch.num_rows();
            Ok(())
        };
        input.each(&self.lake.store, Wanted::Columns(columns), look).await?;
        Ok(found)
    }

    fn failed(&self, source: ArrowError) -> Error {
        Error::Encode { table: self.table.name(), source: source.into() }
    }
}

/// A part as a data file, and the rows that move from it to history.
struct Part {
    bytes: Vec<u8>,
    rows: usize,
    dropped: usize,
    gone: Vec<RecordBatch>,
}

fn merge(table: Table, gathered: Gathered, keep: &Keep) -> Result<Part, parquet::errors::ParquetError> {
    let merged: Merged = gathered.merged(table)?;
    let dropped = merged.dropped;
    let (stay, go) = merged.divided(|rows| stays(table, keep, rows));
    let gone = go.slices().collect::<Result<_, _>>()?;
    let bytes = if stay.len() > 0 { stay.encoded(table)? } else { Vec::new() };
    Ok(Part { bytes, rows: stay.len(), dropped, gone })
}

/// Puts rows to the part that they belong to.
fn divide(parts: Parts, pass: &RangeInclusive<usize>, batch: &RecordBatch, file: u32, gathered: &mut [Gathered]) -> Result<(), ArrowError> {
    let column = batch.column_by_name(parts.column()).expect("a column of the table");
    let places = parts.of_rows(column);
    for (part, gathered) in pass.clone().zip(gathered) {
        let mask: BooleanArray = places.iter().map(|&place| Some(place == part)).collect();
        gathered.add(filter_record_batch(batch, &mask)?, file)?;
    }
    Ok(())
}

/// How many bytes a row of a table takes in memory, about: most texts are short.
fn width(table: Table) -> usize {
    table.schema().fields().iter().map(|field| field.data_type().primitive_width().unwrap_or(40)).sum()
}

/// The columns that tell whether a row stays, where rows of a table can be history.
fn columns(table: Table, keep: &Keep) -> Option<&'static [&'static str]> {
    match table {
        Table::Facts => Some(&["artifact_id", "extractor"]),
        Table::Findings if keep.catalog.is_some() => Some(&["catalog"]),
        _ => None,
    }
}

/// Which rows stay in their table.
fn stays(table: Table, keep: &Keep, rows: &RecordBatch) -> BooleanArray {
    let column = |name| rows.column_by_name(name).expect("a column of the table");
    match (table, &keep.catalog) {
        (Table::Facts, _) => {
            let artifacts = column("artifact_id").as_primitive::<Int64Type>().values();
            let extractors = column("extractor").as_primitive::<Int32Type>().values();
            artifacts.iter().zip(extractors).map(|(artifact, extractor)| Some(keep.artifacts.get(artifact) == Some(extractor))).collect()
        }
        (Table::Findings, Some(catalog)) => {
            column("catalog").as_string::<i32>().iter().map(|of| Some(of == Some(catalog.as_str()))).collect()
        }
        _ => BooleanArray::from(vec![true; rows.num_rows()]),
    }
}
