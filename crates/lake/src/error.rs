//! What can go wrong in the lake, and where.

use census_model::Table;

/// An error of the lake.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no lake at this location.
    #[error("there is no lake at {location}")]
    NoLake {
        /// The location as given.
        location: String,
    },
    /// The location is neither a path nor a URL that can be opened.
    #[error("`{location}` is no place for a lake: {why}")]
    Location {
        /// The location as given.
        location: String,
        /// Why not.
        why: String,
    },
    /// A table cannot be read or written.
    #[error("table `{table}` at {location}")]
    Table {
        /// The table's name.
        table: &'static str,
        /// The table's URL.
        location: String,
        /// The cause.
        #[source]
        source: Box<deltalake::DeltaTableError>,
    },
    /// Other writers were faster each time a commit was tried.
    #[error("table `{table}` at {location} is busy: other writers were faster each time; nothing is lost, try again")]
    Busy {
        /// The table's name.
        table: &'static str,
        /// The table's URL.
        location: String,
        /// What the last try said.
        #[source]
        source: Option<Box<deltalake::DeltaTableError>>,
    },
    /// Files that were merged have been merged by somebody else meanwhile.
    #[error("the files of table `{table}` were merged by somebody else meanwhile; nothing is lost, try again")]
    Overtaken {
        /// The table's name.
        table: &'static str,
    },
    /// A data file is damaged.
    #[error("table `{table}`: {path} cannot be read")]
    Damaged {
        /// The table's name.
        table: &'static str,
        /// The file's path in the store.
        path: String,
        /// The cause.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// The tables could not be seen at one moment.
    #[error("the lake is being rewritten while it is read; try again")]
    Restless,
    /// The object store failed.
    #[error("{path}")]
    Store {
        /// The path in the store.
        path: String,
        /// The cause.
        #[source]
        source: object_store::Error,
    },
    /// A data file cannot be encoded.
    #[error("a data file for table `{table}` cannot be written")]
    Encode {
        /// The table's name.
        table: &'static str,
        /// The cause.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// A commit intent cannot be understood.
    #[error("the unfinished commit {path} cannot be read: {why}")]
    Intent {
        /// Its path.
        path: String,
        /// Why.
        why: String,
    },
    /// Two different terms have one id.
    #[error("terms collide: id {id} stands for a term that was written before, and for {kind} `{value}`")]
    Collision {
        /// The id.
        id: i64,
        /// The kind of the second.
        kind: String,
        /// The value of the second.
        value: String,
    },
    /// SQL failed.
    #[error("{0}")]
    Sql(Box<datafusion::error::DataFusionError>),
    /// A question has a parameter that nobody gave a value for.
    #[error("the query needs a value for `{name}`")]
    NoValue {
        /// The parameter.
        name: String,
    },
    /// A value was given for a parameter that the question has not.
    #[error("the query has no parameter `{name}`")]
    NoParameter {
        /// The parameter.
        name: String,
    },
    /// A value is not of the type that the question compares it with.
    #[error("`{value}` cannot be the value of `{name}`")]
    Value {
        /// The parameter.
        name: String,
        /// The value.
        value: String,
    },
    /// A result has not the expected columns.
    #[error("an unexpected result: {0}")]
    Rows(#[from] census_model::row::Error),
}

impl From<datafusion::error::DataFusionError> for Error {
    fn from(source: datafusion::error::DataFusionError) -> Self {
        Self::Sql(Box::new(source))
    }
}

impl Error {
    pub(crate) fn table(table: Table, location: &url::Url, source: deltalake::DeltaTableError) -> Self {
        Self::Table { table: table.name(), location: location.to_string(), source: Box::new(source) }
    }

    pub(crate) fn damaged(table: Table, path: &object_store::path::Path, source: parquet::errors::ParquetError) -> Self {
        Self::Damaged { table: table.name(), path: path.to_string(), source }
    }

    pub(crate) fn store(path: &object_store::path::Path, source: object_store::Error) -> Self {
        Self::Store { path: path.to_string(), source }
    }
}
