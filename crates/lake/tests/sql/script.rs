//! As much of sqllogictest's format as the scripts use.

use std::path::Path;

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use census_lake::arrow;
use census_lake::arrow::record_batch::RecordBatch;

/// A record of a script.
pub(super) enum Record {
    /// `statement ok`, `CREATE TABLE name AS select`.
    Table { name: String, sql: String },
    /// `query types [rowsort]`, the query, `----`, the rows.
    Query { sql: String, types: String, sorted: bool, expected: Vec<String> },
}

/// The records of a file, those of the files that it includes first where they stand.
pub(super) fn read(path: &Path) -> Vec<Record> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let code = |paragraph: &str| paragraph.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    let paragraphs = text.split("\n\n").map(|paragraph| code(paragraph).trim().to_owned());
    paragraphs.filter(|paragraph| !paragraph.is_empty()).flat_map(|paragraph| record(path, &paragraph)).collect()
}

fn record(path: &Path, paragraph: &str) -> Vec<Record> {
    let (head, body) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
    let words: Vec<&str> = head.split_whitespace().collect();
    match words[..] {
        ["include", file] => read(&path.with_file_name(file)),
        ["statement", "ok"] => {
            let made = body.strip_prefix("CREATE TABLE ").and_then(|rest| rest.split_once(" AS"));
            let (name, sql) = made.unwrap_or_else(|| panic!("{}: no table is made: {body}", path.display()));
            vec![Record::Table { name: name.to_owned(), sql: sql.to_owned() }]
        }
        ["query", types, ref sort @ ..] => {
            let (sql, rows) = body.split_once("\n----").unwrap_or_else(|| panic!("{}: no rows after: {body}", path.display()));
            let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
            let expected = rows.lines().filter(|line| !line.is_empty()).map(words).collect();
            vec![Record::Query { sql: sql.to_owned(), types: types.to_owned(), sorted: *sort == ["rowsort"], expected }]
        }
        _ => panic!("{}: `{head}` is no record", path.display()),
    }
}

/// The types of an answer's columns, a letter each, and its rows as text.
pub(super) fn answer(batches: &[RecordBatch]) -> (String, Vec<String>) {
    let letter = |of: &DataType| match of {
        of if of.is_integer() => 'I',
        of if of.is_floating() => 'R',
        _ => 'T',
    };
    let types = batches[0].schema().fields().iter().map(|field| letter(field.data_type())).collect();
    let rows = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| (batch, row)));
    let rows = rows.map(|(batch, row)| batch.columns().iter().map(|column| cell(column, row)).collect::<Vec<_>>().join(" "));
    (types, rows.collect())
}

/// A value as sqllogictest writes it; blanks within are as wide as between.
fn cell(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) {
        return "NULL".to_owned();
    }
    let options = FormatOptions::new();
    let text = ArrayFormatter::try_new(column, &options).expect("a column that can be shown").value(row).to_string();
    if text.is_empty() { "(empty)".to_owned() } else { text.split_whitespace().collect::<Vec<_>>().join(" ") }
}
