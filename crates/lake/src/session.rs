//! SQL over one snapshot of the lake.

use std::sync::Arc;

use census_model::Row;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::datasource::{MemTable, TableProvider};
use datafusion::execution::context::SQLOptions;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;
use url::Url;

use crate::delta::State;
use crate::store::Store;
use crate::{Error, Versions};

macro_rules! views {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../../pipelines/queries/views/", $name, ".sql")))),+]
    };
}

/// The views that hide the star: name and SELECT, each using tables and views before it alone. The same text serves DuckDB and
/// Polars (`pipelines/queries/views/`).
pub const VIEWS: &[(&str, &str)] = views![
    "current_projects",
    "newest_artifacts",
    "current_artifacts",
    "current_scans",
    "current_ranking",
    "current_rules",
    "evidence",
    "shown",
    "package_files",
    "package",
    "latest_prevalence",
];

/// A SQL session over the lake as it was when the session was opened.
pub struct Session {
    context: SessionContext,
    versions: Versions,
}

/// What people may do over the lake: ask.
fn read_only() -> SQLOptions {
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false)
}

impl Session {
    pub(crate) async fn over(store: &Store, states: Vec<State>) -> Result<Self, Error> {
        let config = SessionConfig::new().with_information_schema(true).set_bool("datafusion.execution.parquet.pushdown_filters", true);
        let context = SessionContext::new_with_config(config);
        let root = Url::parse("census://lake/").expect("a constant URL");
        context.register_object_store(&root, store.root());
        for state in &states {
            context.register_table(state.table.name(), provider(&root, state)?)?;
        }
        let session = Self { context, versions: states.into_iter().map(|state| (state.table, state.version)).collect() };
        for (name, sql) in VIEWS {
            session.define(name, sql).await?;
        }
        Ok(session)
    }

    /// The version of every table that this session sees.
    pub fn versions(&self) -> &Versions {
        &self.versions
    }

    /// The answer to a question: SELECT and its kin alone.
    ///
    /// # Errors
    /// [`Error::Sql`] with DataFusion's message.
    pub async fn query(&self, sql: &str) -> Result<Vec<RecordBatch>, Error> {
        let frame = self.context.sql_with_options(sql, read_only()).await?;
        let schema = Arc::new(frame.schema().as_arrow().clone());
        let mut batches = frame.collect().await?;
        if batches.is_empty() {
            batches.push(RecordBatch::new_empty(schema));
        }
        Ok(batches)
    }

    /// The answer, batch by batch as it comes: never the whole of it in memory.
    pub async fn each(&self, sql: &str, mut take: impl FnMut(&RecordBatch) -> Result<(), Error>) -> Result<(), Error> {
        let mut batches = self.context.sql_with_options(sql, read_only()).await?.execute_stream().await?;
        while let Some(batch) = batches.next().await {
            take(&batch?)?;
        }
        Ok(())
    }

    /// The answer as rows.
    pub async fn rows<R: Row>(&self, sql: &str) -> Result<Vec<R>, Error> {
        Ok(R::read_all(&self.query(sql).await?)?)
    }

    /// Gives the answer of a SELECT a name; it is worked out whenever it is used.
    pub async fn define(&self, name: &str, sql: &str) -> Result<(), Error> {
        let view = self.context.sql_with_options(sql, read_only()).await?.into_view();
        self.replace(name, view)
    }

    /// Works out the answer of a SELECT once and gives it a name; tells its rows.
    pub async fn keep(&self, name: &str, sql: &str) -> Result<usize, Error> {
        let batches = self.query(sql).await?;
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        self.replace(name, Arc::new(MemTable::try_new(batches[0].schema(), vec![batches])?))?;
        Ok(rows)
    }

    /// Registers rows as a table.
    pub fn register<R: Row>(&self, name: &str, rows: &[R]) -> Result<(), Error> {
        self.replace(name, Arc::new(MemTable::try_new(R::schema(), vec![vec![R::batch(rows)]])?))
    }

    fn replace(&self, name: &str, provider: Arc<dyn TableProvider>) -> Result<(), Error> {
        self.context.deregister_table(name)?;
        self.context.register_table(name, provider)?;
        Ok(())
    }
}

/// A table as the listing of its data files, with the schema it is declared with.
fn provider(root: &Url, state: &State) -> Result<Arc<dyn TableProvider>, Error> {
    if state.files.is_empty() {
        return Ok(Arc::new(EmptyTable::new(state.table.schema())));
    }
    let paths = state.files.iter().map(|file| ListingTableUrl::parse(format!("{root}{file}"))).collect::<Result<Vec<_>, _>>()?;
    let options = ListingOptions::new(Arc::new(ParquetFormat::default()));
    let config = ListingTableConfig::new_with_multi_paths(paths).with_listing_options(options).with_schema(state.table.schema());
    Ok(Arc::new(ListingTable::try_new(config)?))
}
