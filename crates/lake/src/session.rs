//! SQL over one snapshot of the lake.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use census_model::{Row, Table};
use datafusion::arrow::datatypes::{DataType, Fields, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::datasource::{MemTable, TableProvider};
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::scalar::ScalarValue;
use futures::StreamExt;
use tokio::task::JoinSet;
use url::Url;

use crate::delta::State;
use crate::store::Store;
use crate::{Error, Versions, export};

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
    "superseded",
    "current_ranking",
    "current_rules",
    "current_verdicts",
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
    rows: BTreeMap<Table, u64>,
}

/// What people may do over the lake: ask.
fn read_only() -> SQLOptions {
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false)
}

/// The side of a join that is held is held in one piece as far as can be: only then does what it holds tell which data files, row groups
/// and pages of the other side need not be read. (Held in parts, ten facts of an artifact are found among 150 million in 4 s of
/// computing; in one piece in 0.1 s.)
fn config() -> SessionConfig {
    SessionConfig::new()
        .with_information_schema(true)
        .set_bool("datafusion.execution.parquet.pushdown_filters", true)
        .set_usize("datafusion.optimizer.hash_join_single_partition_threshold", 1 << 30)
        .set_usize("datafusion.optimizer.hash_join_single_partition_threshold_rows", 1 << 24)
}

/// A value as the type that the question compares it with; bytes are written in hexadecimal digits.
fn scalar(value: &str, of: Option<&DataType>) -> Option<ScalarValue> {
    match of {
        Some(DataType::Binary) => {
            let pairs = value.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
            let bytes = pairs.collect::<Option<Vec<u8>>>().filter(|bytes| bytes.len() * 2 == value.len())?;
            Some(ScalarValue::Binary(Some(bytes)))
        }
        Some(of) => ScalarValue::try_from_string(value.to_owned(), of).ok(),
        None => Some(value.into()),
    }
}

impl Session {
    pub(crate) async fn over(store: &Store, states: Vec<State>) -> Result<Self, Error> {
        let context = SessionContext::new_with_config(config());
        let root = Url::parse("census://lake/").expect("a constant URL");
        context.register_object_store(&root, store.root());
        for state in &states {
            context.register_table(state.table.name(), provider(&root, state)?)?;
        }
        let rows = states.iter().map(|state| (state.table, state.rows)).collect();
        let versions = states.into_iter().map(|state| (state.table, state.version)).collect();
        let session = Self { context, versions, rows };
        session.define_views().await?;
        Ok(session)
    }

    /// A session that sees what this one sees now, and answers each question in one thread: many of them side by side divide work
    /// that falls into parts. What is defined in one does not show in the other.
    pub async fn fork(&self) -> Result<Self, Error> {
        let context = SessionContext::new_with_config_rt(config().with_target_partitions(1), self.context.runtime_env());
        for name in self.tables() {
            let provider = self.context.table_provider(&name).await?;
            context.register_table(&name, provider)?;
        }
        Ok(Self { context, versions: self.versions.clone(), rows: self.rows.clone() })
    }

    /// The names of all tables and views.
    fn tables(&self) -> Vec<String> {
        let schemas = self.context.catalog_names().into_iter().filter_map(|name| self.context.catalog(&name)?.schema("public"));
        schemas.flat_map(|schema| schema.table_names()).collect()
    }

    async fn define_views(&self) -> Result<(), Error> {
        for (name, sql) in VIEWS {
            self.define(name, sql).await?;
        }
        Ok(())
    }

    /// Puts the answers of SELECTs in place of tables: the views, too, are of what is left of them.
    pub async fn narrow(&self, tables: &[(Table, String)]) -> Result<(), Error> {
        for (table, sql) in tables {
            self.define(table.name(), sql).await?;
        }
        self.define_views().await
    }

    /// How many rows a table holds, by its log.
    pub fn size(&self, table: Table) -> u64 {
        self.rows.get(&table).copied().unwrap_or_default()
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
        self.query_with(sql, &BTreeMap::new()).await
    }

    /// The same for a question with parameters, `$name`, and a value for each.
    ///
    /// # Errors
    /// [`Error::NoValue`] and [`Error::NoParameter`] where one has not what the other needs, [`Error::Value`] and [`Error::Sql`].
    pub async fn query_with(&self, sql: &str, values: &BTreeMap<String, String>) -> Result<Vec<RecordBatch>, Error> {
        let frame = self.context.sql_with_options(sql, read_only()).await?;
        let names = frame.logical_plan().get_parameter_names()?;
        let names: BTreeSet<&str> = names.iter().map(|name| name.trim_start_matches('$')).collect();
        if let Some(name) = names.iter().find(|&&name| !values.contains_key(name)) {
            return Err(Error::NoValue { name: (*name).to_owned() });
        }
        if let Some(name) = values.keys().find(|name| !names.contains(name.as_str())) {
            return Err(Error::NoParameter { name: name.clone() });
        }
        let types = frame.logical_plan().get_parameter_types()?;
        let scalar = |(name, value): (&String, &String)| {
            let of = types.get(&format!("${name}")).cloned().flatten();
            Ok((name.clone(), scalar(value, of.as_ref()).ok_or_else(|| Error::Value { name: name.clone(), value: value.clone() })?))
        };
        let values = values.iter().map(scalar).collect::<Result<HashMap<_, _>, Error>>()?;
        let frame = if values.is_empty() { frame } else { frame.with_param_values(values)? };
        let schema = Arc::new(frame.schema().as_arrow().clone());
        let mut batches = frame.collect().await?;
        if batches.is_empty() {
            batches.push(RecordBatch::new_empty(schema));
        }
        Ok(batches)
    }

    /// Writes the answer into a Parquet file, batch by batch as it comes.
    pub async fn save(&self, sql: &str, path: &std::path::Path) -> Result<(), Error> {
        let answer = self.context.sql_with_options(sql, read_only()).await?.execute_stream().await?;
        export::save(answer, path).await
    }

    /// What `take` makes of the answer, batch by batch: the parts that the engine divides it into are taken side by side, so the order
    /// is any.
    pub async fn gather<T: Send + 'static>(
        &self,
        sql: &str,
        take: impl Fn(&RecordBatch) -> Result<Vec<T>, Error> + Clone + Send + 'static,
    ) -> Result<Vec<T>, Error> {
        let streams = self.context.sql_with_options(sql, read_only()).await?.execute_stream_partitioned().await?;
        let mut parts = JoinSet::new();
        for mut stream in streams {
            let take = take.clone();
            parts.spawn(async move {
                let mut all = Vec::new();
                while let Some(batch) = stream.next().await {
                    all.extend(take(&batch?)?);
                }
                Ok(all)
            });
        }
        let all: Result<Vec<Vec<T>>, Error> = parts.join_all().await.into_iter().collect();
        Ok(all?.into_iter().flatten().collect())
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
        self.set(name, batches)?;
        Ok(rows)
    }

    /// Gives an answer a name; it must have at least one batch, which has the schema.
    pub fn set(&self, name: &str, batches: Vec<RecordBatch>) -> Result<(), Error> {
        let threads = self.context.copied_config().target_partitions();
        // Joins widen what may be null, and the engine's own schemas do not always tell: a table that is kept promises nothing.
        let schema = Arc::new(nullable(&batches[0].schema()));
        let mut parts = vec![Vec::new(); threads.clamp(1, batches.len())];
        let of = parts.len();
        for (at, batch) in batches.into_iter().enumerate() {
            parts[at % of].push(batch.with_schema(Arc::clone(&schema)).map_err(DataFusionError::from)?);
        }
        self.replace(name, Arc::new(MemTable::try_new(schema, parts)?))
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

/// A schema in which any column may be null.
fn nullable(schema: &Schema) -> Schema {
    Schema::new(schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect::<Fields>())
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
