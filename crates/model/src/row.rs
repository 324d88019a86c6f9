//! Rows and columns: one definition of a table gives its struct, its Arrow schema, and both ways between them.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BooleanArray, ListBuilder, RecordBatch, StringArray, StringBuilder};
use arrow::array::{Date32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, SchemaRef, TimeUnit};
use arrow::datatypes::{Date32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType};
use serde::{Deserialize, Serialize};

/// What can go wrong between a record batch and its rows.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The batch has no such column.
    #[error("no column `{0}` in the record batch")]
    NoColumn(String),
    /// A column holds a null where the row has none.
    #[error("column `{0}` is null where a value must be")]
    Null(String),
    /// A column cannot be read as the row's type, or a batch cannot be made.
    #[error("column `{0}`: {1}")]
    Arrow(String, arrow::error::ArrowError),
}

/// A point in time: microseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub i64);

/// A day: days since 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub i32);

impl Time {
    /// From an RFC 3339 text, as the Simple API's `upload-time` is.
    pub fn parse(text: &str) -> Option<Self> {
        chrono::DateTime::parse_from_rfc3339(text).ok().map(|t| Self(t.timestamp_micros()))
    }

    /// The day it falls on, UTC.
    pub fn day(self) -> Day {
        Day(i32::try_from(self.0.div_euclid(86_400_000_000)).unwrap_or(0))
    }
}

impl Day {
    /// Its last microsecond, UTC.
    pub fn end(self) -> Time {
        Time((i64::from(self.0) + 1) * 86_400_000_000 - 1)
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match chrono::DateTime::from_timestamp_micros(self.0) {
            Some(t) => write!(f, "{}", t.format("%Y-%m-%dT%H:%M:%SZ")),
            None => write!(f, "{}us", self.0),
        }
    }
}

impl Day {
    /// From `YYYY-MM-DD`; what follows a blank is ignored.
    pub fn parse(text: &str) -> Option<Self> {
        let day = text.split([' ', 'T']).next()?.parse::<chrono::NaiveDate>().ok()?;
        i32::try_from(day.signed_duration_since(chrono::NaiveDate::default()).num_days()).ok().map(Self)
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match chrono::NaiveDate::default().checked_add_signed(chrono::Duration::days(self.0.into())) {
            Some(day) => write!(f, "{day}"),
            None => write!(f, "day {}", self.0),
        }
    }
}

/// A type that a column can hold.
pub trait Column: Sized {
    /// The Arrow type.
    fn data_type() -> DataType;
    /// Whether a value may be absent.
    const NULLABLE: bool = false;
    /// A column of these values.
    fn array<'a>(values: impl Iterator<Item = &'a Self>) -> ArrayRef
    where
        Self: 'a;
    /// The value in row `at` of a column of exactly [`Column::data_type`]; `None` where it is null.
    fn get(array: &dyn Array, at: usize) -> Option<Self>;
}

macro_rules! primitive {
    ($($type:ty, $arrow:ty, $array:ty, $data:expr;)+) => {$(
        impl Column for $type {
            fn data_type() -> DataType { $data }
            fn array<'a>(values: impl Iterator<Item = &'a Self>) -> ArrayRef {
                Arc::new(<$array>::from_iter_values(values.copied()))
            }
            fn get(array: &dyn Array, at: usize) -> Option<Self> {
                (!array.is_null(at)).then(|| array.as_primitive::<$arrow>().value(at))
            }
        }
        impl Column for Option<$type> {
            fn data_type() -> DataType { $data }
            const NULLABLE: bool = true;
            fn array<'a>(values: impl Iterator<Item = &'a Self>) -> ArrayRef {
                Arc::new(values.copied().collect::<$array>())
            }
            fn get(array: &dyn Array, at: usize) -> Option<Self> { Some(<$type>::get(array, at)) }
        }
    )+};
}

primitive! {
    i8, Int8Type, Int8Array, DataType::Int8;
    i16, Int16Type, Int16Array, DataType::Int16;
    i32, Int32Type, Int32Array, DataType::Int32;
    i64, Int64Type, Int64Array, DataType::Int64;
    f64, Float64Type, Float64Array, DataType::Float64;
}

fn utc() -> Arc<str> {
    Arc::from("UTC")
}

impl Column for Time {
    fn data_type() -> DataType {
        DataType::Timestamp(TimeUnit::Microsecond, Some(utc()))
    }
    fn array<'a>(values: impl Iterator<Item = &'a Self>) -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from_iter_values(values.map(|t| t.0)).with_timezone(utc()))
    }
    fn get(array: &dyn Array, at: usize) -> Option<Self> {
        (!array.is_null(at)).then(|| Self(array.as_primitive::<TimestampMicrosecondType>().value(at)))
    }
}

impl Column for Option<Time> {
    fn data_type() -> DataType {
        Time::data_type()
    }
    const NULLABLE: bool = true;
    fn array<'a>(values: impl Iterator<Item = &'a Self>) -> ArrayRef {
        let column: TimestampMicrosecondArray = values.map(|t| t.map(|t| t.0)).collect();
        Arc::new(column.with_timezone(utc()))
    }
    fn get(array: &dyn Array, at: usize) -> Option<Self> {
        Some(Time::get(array, at))
    }
}

impl Column for Day {
    fn data_type() -> DataType {
        DataType::Date32
    }
    fn array<'a>(values: impl Iterator<Item = &'a Self>) -> ArrayRef {
        Arc::new(Date32Array::from_iter_values(values.map(|d| d.0)))
    }
    fn get(array: &dyn Array, at: usize) -> Option<Self> {
        (!array.is_null(at)).then(|| Self(array.as_primitive::<Date32Type>().value(at)))
    }
}

impl Column for Option<Day> {
    fn data_type() -> DataType {
        DataType::Date32
    }
    const NULLABLE: bool = true;
    fn array<'a>(values: impl Iterator<Item = &'a Self>) -> ArrayRef {
        Arc::new(values.map(|d| d.map(|d| d.0)).collect::<Date32Array>())
    }
    fn get(array: &dyn Array, at: usize) -> Option<Self> {
        Some(Day::get(array, at))
    }
}

impl Column for bool {
    fn data_type() -> DataType {
        DataType::Boolean
    }
    fn array<'a>(values: impl Iterator<Item = &'a Self>) -> ArrayRef {
        Arc::new(values.map(|v| Some(*v)).collect::<BooleanArray>())
    }
    fn get(array: &dyn Array, at: usize) -> Option<Self> {
        (!array.is_null(at)).then(|| array.as_boolean().value(at))
    }
}

impl Column for String {
    fn data_type() -> DataType {
        DataType::Utf8
    }
    fn array<'a>(values: impl Iterator<Item = &'a Self>) -> ArrayRef {
        Arc::new(StringArray::from_iter_values(values))
    }
    fn get(array: &dyn Array, at: usize) -> Option<Self> {
        (!array.is_null(at)).then(|| array.as_string::<i32>().value(at).to_owned())
    }
}

impl Column for Option<String> {
    fn data_type() -> DataType {
        DataType::Utf8
    }
    const NULLABLE: bool = true;
    fn array<'a>(values: impl Iterator<Item = &'a Self>) -> ArrayRef {
        Arc::new(values.map(Option::as_deref).collect::<StringArray>())
    }
    fn get(array: &dyn Array, at: usize) -> Option<Self> {
        Some(String::get(array, at))
    }
}

impl Column for Vec<String> {
    fn data_type() -> DataType {
        DataType::List(Arc::new(Field::new("element", DataType::Utf8, true)))
    }
    fn array<'a>(values: impl Iterator<Item = &'a Self>) -> ArrayRef {
        let field = Field::new("element", DataType::Utf8, true);
        let mut list = ListBuilder::new(StringBuilder::new()).with_field(field);
        for texts in values {
            for text in texts {
                list.values().append_value(text);
            }
            list.append(true);
        }
        Arc::new(list.finish())
    }
    fn get(array: &dyn Array, at: usize) -> Option<Self> {
        if array.is_null(at) {
            return Some(Self::new());
        }
        let texts = array.as_list::<i32>().value(at);
        (0..texts.len()).map(|i| String::get(&texts, i)).collect()
    }
}

/// A SHA-256.
impl Column for [u8; 32] {
    fn data_type() -> DataType {
        DataType::Binary
    }
    fn array<'a>(values: impl Iterator<Item = &'a Self>) -> ArrayRef {
        Arc::new(BinaryArray::from_iter_values(values))
    }
    fn get(array: &dyn Array, at: usize) -> Option<Self> {
        (!array.is_null(at)).then(|| array.as_binary::<i32>().value(at).try_into().ok()).flatten()
    }
}

/// A row of a table or of a query's result.
pub trait Row: Sized {
    /// Its columns.
    fn schema() -> SchemaRef;
    /// The rows as one record batch.
    fn batch(rows: &[Self]) -> RecordBatch;
    /// The rows of a record batch; columns are found by name and cast where they differ, others are ignored.
    fn read(batch: &RecordBatch) -> Result<Vec<Self>, Error>;
    /// The rows of several record batches.
    fn read_all(batches: &[RecordBatch]) -> Result<Vec<Self>, Error> {
        let mut rows = Vec::new();
        for batch in batches {
            rows.extend(Self::read(batch)?);
        }
        Ok(rows)
    }
}

/// The column `name` of a batch, cast to the type `T` is kept as.
pub fn column<T: Column>(batch: &RecordBatch, name: &str) -> Result<ArrayRef, Error> {
    let column = batch.column_by_name(name).ok_or_else(|| Error::NoColumn(name.to_owned()))?;
    arrow::compute::cast(column, &T::data_type()).map_err(|e| Error::Arrow(name.to_owned(), e))
}

/// The field of a column of type `T`.
pub fn field<T: Column>(name: &str) -> Field {
    Field::new(name, T::data_type(), T::NULLABLE)
}

/// Defines a row: a struct whose fields are the columns of a table or of a query's result.
#[macro_export]
macro_rules! row {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name { $($(#[$doc])* pub $field: $type,)+ }

        impl $crate::row::Row for $name {
            fn schema() -> $crate::row::arrow_reexport::SchemaRef {
                $crate::row::arrow_reexport::schema(vec![$($crate::row::field::<$type>(stringify!($field)),)+])
            }
            fn batch(rows: &[Self]) -> $crate::row::arrow_reexport::RecordBatch {
                $crate::row::arrow_reexport::batch(
                    Self::schema(),
                    vec![$(<$type as $crate::row::Column>::array(rows.iter().map(|row| &row.$field)),)+],
                )
            }
            fn read(batch: &$crate::row::arrow_reexport::RecordBatch) -> Result<Vec<Self>, $crate::row::Error> {
                $(let $field = $crate::row::column::<$type>(batch, stringify!($field))?;)+
                (0..batch.num_rows())
                    .map(|at| Ok(Self {
                        $($field: <$type as $crate::row::Column>::get(&$field, at)
                            .ok_or_else(|| $crate::row::Error::Null(stringify!($field).to_owned()))?,)+
                    }))
                    .collect()
            }
        }
    };
}

/// What the [`row!`] macro names of Arrow, so that crates which define rows need not depend on it.
pub mod arrow_reexport {
    pub use arrow::array::{ArrayRef, RecordBatch};
    pub use arrow::datatypes::{Schema, SchemaRef};

    use arrow::datatypes::Field;

    /// A shared schema of these fields.
    pub fn schema(fields: Vec<Field>) -> SchemaRef {
        std::sync::Arc::new(Schema::new(fields))
    }

    /// A batch of columns that were made from the same rows, hence of equal length and of the schema's types.
    pub fn batch(schema: SchemaRef, columns: Vec<ArrayRef>) -> RecordBatch {
        RecordBatch::try_new(schema, columns).expect("columns made from one slice of rows")
    }
}

#[cfg(test)]
#[expect(unreachable_pub, reason = "rows are made for other crates to use")]
mod tests {
    use super::*;

    row! {
        /// One of each type.
        pub struct Sample {
            /// A.
            a: i64,
            /// B.
            b: Option<String>,
            /// C.
            c: Vec<String>,
            /// D.
            d: Option<Time>,
            /// E.
            e: [u8; 32],
            /// F.
            f: bool,
            /// G.
            g: Day,
        }
    }

    #[test]
    fn rows_round_trip() {
        let rows = vec![
            Sample { a: 1, b: None, c: vec![], d: Some(Time(5)), e: [7; 32], f: true, g: Day(1) },
            Sample { a: -1, b: Some("é".into()), c: vec!["x".into(), String::new()], d: None, e: [0; 32], f: false, g: Day(0) },
        ];
        let batch = Sample::batch(&rows);
        assert_eq!(Sample::read(&batch).unwrap(), rows);
        assert_eq!(Sample::read_all(&[batch.clone(), batch]).unwrap().len(), 4);
    }

    #[test]
    fn a_missing_column_is_named() {
        let batch = Sample::batch(&[]).project(&[1]).unwrap();
        assert_eq!(Sample::read(&batch).unwrap_err().to_string(), "no column `a` in the record batch");
    }

    #[test]
    fn days_and_times_read_as_written() {
        assert_eq!(Day::parse("2026-04-01 06:34:06").unwrap().to_string(), "2026-04-01");
        assert_eq!(Day::parse("1969-12-31"), Some(Day(-1)));
        let time = Time::parse("2024-01-02T03:04:05.678901Z").unwrap();
        assert_eq!(time.to_string(), "2024-01-02T03:04:05Z");
        assert_eq!(time.day().to_string(), "2024-01-02");
    }
}
