//! Parts: which rows of a table are kept in one file.

use std::ops::RangeInclusive;

use census_model::Table;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{DataType, Int16Type, Int64Type};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;

use crate::file::ROW_GROUP;

/// As many parts as there are buckets, at most: a power of two.
const BITS: u32 = 6;

/// How the rows of a table are divided: by the top bits of a column.
///
/// `bucket` is the top six bits of the ids of a project and of its artifacts; other ids are hashes too. So a part of any table is a
/// bucket, or some buckets side by side where the table is too small for a file each; and a file's statistics tell what it holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    column: &'static str,
    bits: u32,
}

impl Parts {
    /// The parts of a table of so many rows; none for a table that has no id to divide it by.
    pub(super) fn of(table: Table, rows: usize) -> Option<Self> {
        let schema = table.schema();
        let leading = table.sort()[0];
        let is_id = |name: &str| schema.field_with_name(name).is_ok_and(|field| *field.data_type() == DataType::Int64);
        let column = match leading {
            _ if schema.field_with_name("bucket").is_ok() => "bucket",
            id if is_id(id) && id.ends_with("_id") => id,
            _ if is_id("project_id") => "project_id",
            _ => return None,
        };
        let bits = rows.div_ceil(ROW_GROUP).max(1).next_power_of_two().trailing_zeros().min(BITS);
        Some(Self { column, bits })
    }

    /// The column that divides the rows.
    pub(super) fn column(self) -> &'static str {
        self.column
    }

    /// How many parts there are.
    pub(super) fn count(self) -> usize {
        1 << self.bits
    }

    fn of_bucket(self, bucket: i64) -> usize {
        usize::try_from(bucket).map_or(0, |bucket| bucket >> (BITS - self.bits))
    }

    fn of_id(self, id: i64) -> usize {
        id.cast_unsigned().checked_shr(u64::BITS - self.bits).map_or(0, |part| usize::try_from(part).expect("six bits"))
    }

    /// The part of each row, told by a column of [`Parts::column`].
    pub(super) fn of_rows(self, column: &dyn Array) -> Vec<usize> {
        match column.data_type() {
            DataType::Int16 => column.as_primitive::<Int16Type>().values().iter().map(|&bucket| self.of_bucket(bucket.into())).collect(),
            _ => column.as_primitive::<Int64Type>().values().iter().map(|&id| self.of_id(id)).collect(),
        }
    }

    /// The part that holds all rows of a file, where one does, by its statistics.
    pub(super) fn of_file(self, metadata: &ParquetMetaData) -> Option<usize> {
        let schema = metadata.file_metadata().schema_descr();
        let column = (0..schema.num_columns()).find(|&at| schema.column(at).name() == self.column)?;
        let mut parts = metadata.row_groups().iter().map(|group| group.column(column).statistics().and_then(|s| self.of_range(s)));
        let first = parts.next()??;
        parts.all(|part| part == Some(first)).then_some(first)
    }

    fn of_range(self, statistics: &Statistics) -> Option<usize> {
        let ends = match statistics {
            Statistics::Int32(range) => (*range.min_opt()?, *range.max_opt()?).map(|bucket| self.of_bucket(bucket.into())),
            Statistics::Int64(range) => (*range.min_opt()?, *range.max_opt()?).map(|id| self.of_id(id)),
            _ => return None,
        };
        (ends.0 == ends.1).then_some(ends.0)
    }
}

/// Both ends alike.
trait Both<T> {
    fn map<U>(self, to: impl Fn(T) -> U) -> (U, U);
}

impl<T> Both<T> for (T, T) {
    fn map<U>(self, to: impl Fn(T) -> U) -> (U, U) {
        (to(self.0), to(self.1))
    }
}

/// Parts side by side that are read in one pass: as many as have no more than `budget` rows together, and one at least.
pub(super) fn passes(rows: &[usize], budget: usize) -> Vec<RangeInclusive<usize>> {
    let mut passes: Vec<RangeInclusive<usize>> = Vec::new();
    let mut sum = 0;
    for (part, &rows) in rows.iter().enumerate() {
        match passes.last_mut() {
            Some(pass) if sum + rows <= budget => {
                *pass = *pass.start()..=part;
                sum += rows;
            }
            _ => {
                passes.push(part..=part);
                sum = rows;
            }
        }
    }
    passes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_table_is_one_part_and_a_large_one_sixty_four() {
        assert_eq!(Parts::of(Table::Facts, 0).unwrap().count(), 1);
        assert_eq!(Parts::of(Table::Facts, ROW_GROUP).unwrap().count(), 1);
        assert_eq!(Parts::of(Table::Facts, ROW_GROUP + 1).unwrap().count(), 2);
        assert_eq!(Parts::of(Table::Members, 200_000_000).unwrap().count(), 64);
        assert!(Parts::of(Table::Rankings, 9).is_none() && Parts::of(Table::Runs, 9).is_none());
    }

    #[test]
    fn ids_and_buckets_fall_into_the_same_parts() {
        let parts = Parts { column: "bucket", bits: 4 };
        for name in ["six", "jedi", "numpy", "requests"] {
            let id = census_model::id::project(name);
            assert_eq!(parts.of_id(id), parts.of_bucket(census_model::id::bucket(id).into()));
        }
        assert_eq!(Parts { column: "term_id", bits: 0 }.of_id(-1), 0);
    }

    #[test]
    fn passes_keep_to_the_budget() {
        assert_eq!(passes(&[3, 3, 9, 0, 1, 1], 6), [0..=1, 2..=2, 3..=5]);
        assert_eq!(passes(&[], 6), []);
    }
}
