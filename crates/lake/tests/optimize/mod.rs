//! Optimizing: the same rows, in order, in few files; what is not kept is history; killed at any write, nothing is lost or doubled.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use census_lake::{Batch, Error, Keep, Lake, Optimized, Session};
use census_model::tables::{DependencyRow, FactRow, FindingRow, MetadataRow, RankingRow, ScanRow, TermRow};
use census_model::{Day, Row, Table, id};
use futures::TryStreamExt;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::ParquetMetaData;

use super::dying::DyingStore;
use super::{base, fact, member, scan, scanned, term};

/// The artifact of a project, one in each of some buckets.
fn artifact(n: i64) -> i64 {
    id::artifact(&format!("p{n}"), "aa")
}

fn finding(artifact_id: i64, catalog: &str) -> FindingRow {
    FindingRow {
        bucket: id::bucket(artifact_id),
        project_id: artifact_id,
        artifact_id,
        extractor: 1,
        rule: "file/chmod".into(),
        counts: true,
        phase: 3,
        role: 0,
        how: 0,
        count: 1,
        member: 0,
        line: 7,
        term_id: 1,
        catalog: catalog.into(),
    }
}

fn metadata(artifact_id: i64) -> MetadataRow {
    MetadataRow {
        artifact_id,
        extractor: 1,
        summary: Some("a summary".into()),
        license_expression: None,
        license_files: vec!["LICENSE".into(), "NOTICE".into()],
        homepage: None,
        repository: None,
        author_domain: None,
        maintainer_domain: None,
        requires_python: None,
        build_backend: None,
    }
}

fn requirement(artifact_id: i64) -> DependencyRow {
    DependencyRow { artifact_id, extractor: 1, requires: "six".into(), specifier: String::new(), extra: None, marker: None, url: None }
}

fn ranked(day: i32) -> RankingRow {
    RankingRow { ranked_on: Day(day), source: "example".into(), project: "six".into(), rank: 1, downloads: 9 }
}

/// Twelve artifacts in twelve batches, with findings of two catalogs.
async fn fill(lake: &Lake) -> Result<(), Error> {
    for n in 0..12 {
        let artifact = artifact(n);
        let done: Vec<ScanRow> = lake.session().await?.rows(&format!("SELECT * FROM scans WHERE artifact_id = {artifact}")).await?;
        if done.is_empty() {
            let batch = scanned(artifact, &["os.chmod", "os.chown", "os.utime"])
                .with(&[metadata(artifact)])
                .with(&[requirement(artifact), requirement(artifact)])
                .with(&[finding(artifact, "old"), finding(artifact, "new")])
                .with(&[ranked(i32::try_from(n).unwrap())]);
            lake.commit(batch).await?;
        }
    }
    Ok(())
}

/// Keeps the even ones, and the findings of the catalog `new`.
fn keep() -> Keep {
    let artifacts: HashMap<i64, i32> = (0..12).step_by(2).map(|n| (artifact(n), 1)).collect();
    Keep { artifacts, catalog: Some("new".into()) }
}

/// Everything stays.
fn keep_all() -> Keep {
    Keep { artifacts: (0..12).map(|n| (artifact(n), 1)).collect(), catalog: None }
}

async fn optimize(lake: &Lake, keep: &Keep) -> Result<BTreeMap<Table, Optimized>, Error> {
    let done = lake.optimize(&lake.session().await?, keep).await?;
    Ok(done.into_iter().map(|done| (done.table, done)).collect())
}

async fn lines(lake: &Lake, sql: &str) -> Vec<String> {
    answer(&lake.session().await.unwrap(), sql).await
}

async fn answer(session: &Session, sql: &str) -> Vec<String> {
    let batches = session.query(sql).await.unwrap();
    let text = census_lake::arrow::util::pretty::pretty_format_batches(&batches).unwrap().to_string();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Every row of every table, facts and findings with their histories.
async fn everything(lake: &Lake) -> BTreeMap<Table, Vec<String>> {
    let session = lake.session().await.unwrap();
    let mut all = BTreeMap::new();
    for &table in Table::ALL {
        let sql = match table {
            Table::FactsHistory | Table::FindingsHistory => continue,
            Table::Facts | Table::Findings => format!("SELECT * FROM {0} UNION ALL SELECT * FROM {0}_history", table.name()),
            _ => format!("SELECT * FROM {}", table.name()),
        };
        all.insert(table, answer(&session, &sql).await);
    }
    all
}

async fn filled() -> (Arc<dyn ObjectStore>, Lake) {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let lake = Lake::on(Arc::clone(&store), base()).await.unwrap();
    fill(&lake).await.unwrap();
    (store, lake)
}

/// A store with the same objects.
async fn copy(store: &Arc<dyn ObjectStore>) -> Arc<dyn ObjectStore> {
    let copy = InMemory::new();
    for object in store.list(None).try_collect::<Vec<_>>().await.unwrap() {
        let bytes = store.get(&object.location).await.unwrap().bytes().await.unwrap();
        copy.put(&object.location, bytes.into()).await.unwrap();
    }
    Arc::new(copy)
}

/// The footers of the files that a session reads.
async fn footers(store: &Arc<dyn ObjectStore>, lake: &Lake, table: Table) -> Vec<Arc<ParquetMetaData>> {
    let mut footers = Vec::new();
    for file in lake.files(table).await.unwrap() {
        let bytes = store.get(&file.as_str().into()).await.unwrap().bytes().await.unwrap();
        footers.push(Arc::clone(ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().metadata()));
    }
    footers
}

#[tokio::test]
async fn optimizing_keeps_rows_order_and_bloom_filters_and_does_it_once() {
    let (store, lake) = filled().await;
    let before = everything(&lake).await;
    let done = optimize(&lake, &keep_all()).await.unwrap();
    assert_eq!(done[&Table::Facts], Optimized { table: Table::Facts, merged: 12, written: 1, moved: 0, dropped: 0 });
    assert!(done.contains_key(&Table::Rankings) && done.contains_key(&Table::Metadata), "{done:?}");
    assert_eq!(everything(&lake).await, before);
    for &table in Table::ALL {
        let rows: usize = before.get(&table).map_or(0, |lines| lines.len() - 4);
        let footers = footers(&store, &lake, table).await;
        assert_eq!(footers.len(), usize::from(rows > 0 && history_of(table).is_none()), "{}", table.name());
        for footer in footers {
            assert_eq!(usize::try_from(footer.file_metadata().num_rows()).unwrap(), rows, "{}", table.name());
            let group = footer.row_group(0);
            let sorted: Vec<&str> = group
                .sorting_columns()
                .unwrap()
                .iter()
                .map(|c| group.column(c.column_idx.try_into().unwrap()).column_descr().name())
                .collect();
            assert_eq!(sorted, table.sort(), "{}", table.name());
            let filters = group.columns().iter().filter(|column| column.bloom_filter_offset().is_some()).count();
            assert_eq!(filters, table.bloom().len(), "{}", table.name());
            assert!(group.columns().iter().all(|column| column.offset_index_offset().is_some()), "{}", table.name());
        }
    }
    let facts: Vec<FactRow> = lake.session().await.unwrap().rows("SELECT * FROM facts").await.unwrap();
    assert!(facts.is_sorted_by_key(|row| (row.bucket, row.term_id, row.artifact_id, row.member)), "{facts:?}");
    let versions = lake.versions().await.unwrap();
    assert_eq!(optimize(&lake, &keep_all()).await.unwrap(), BTreeMap::new());
    assert_eq!(lake.versions().await.unwrap(), versions);
}

/// The table whose history this is.
fn history_of(table: Table) -> Option<Table> {
    [(Table::FactsHistory, Table::Facts), (Table::FindingsHistory, Table::Findings)]
        .into_iter()
        .find_map(|(h, of)| (h == table).then_some(of))
}

#[tokio::test]
async fn what_is_not_kept_moves_to_history() {
    let (_, lake) = filled().await;
    let before = everything(&lake).await;
    let old = lake.session().await.unwrap();
    let done = optimize(&lake, &keep()).await.unwrap();
    assert_eq!((done[&Table::Facts].moved, done[&Table::Findings].moved), (18, 12));
    assert_eq!(everything(&lake).await, before);
    let count = |sql: &'static str| async { lines(&lake, sql).await.len() - 4 };
    assert_eq!(count("SELECT * FROM facts").await, 18);
    assert_eq!(count("SELECT * FROM facts_history").await, 18);
    assert_eq!(count("SELECT * FROM findings WHERE catalog = 'old'").await, 0);
    assert_eq!(count("SELECT * FROM findings_history WHERE catalog = 'old'").await, 12);
    assert_eq!(old.rows::<FactRow>("SELECT * FROM facts").await.unwrap().len(), 36, "who looked before still sees what was there");
    assert_eq!(optimize(&lake, &keep()).await.unwrap(), BTreeMap::new());
    // A rescan by another extractor supersedes what was kept.
    let again = FactRow { extractor: 2, ..fact(artifact(0), "os.chmod") };
    lake.commit(Batch::new().with(&[again])).await.unwrap();
    let mut keep = keep();
    keep.artifacts.insert(artifact(0), 2);
    assert_eq!(optimize(&lake, &keep).await.unwrap()[&Table::Facts].moved, 3);
    assert_eq!(count("SELECT * FROM facts").await, 16);
}

#[tokio::test]
async fn what_two_writers_wrote_is_kept_once_and_what_one_wrote_twice_is_not_touched() {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let one = Lake::on(Arc::clone(&store), base()).await.unwrap();
    let two = Lake::on(Arc::clone(&store), base()).await.unwrap();
    for lake in [&one, &two] {
        lake.session().await.unwrap();
        let batch =
            Batch::new().with(&[member(1)]).with(&[fact(1, "os.chmod"), fact(1, "os.chown")]).with(&[requirement(1), requirement(1)]);
        lake.commit(batch).await.unwrap();
    }
    for lake in [&one, &two] {
        lake.draft().write(Table::Terms, &[TermRow::batch(&[term("dropped")])]).await.unwrap();
        let draft = lake.draft();
        draft.write(Table::Terms, &[TermRow::batch(&[term("os.chmod")])]).await.unwrap();
        draft.commit(Batch::new()).await.unwrap();
    }
    one.commit(Batch::new().with(&[scan(1)])).await.unwrap();
    let keep = Keep { artifacts: [(1, 1)].into(), catalog: None };
    let done = optimize(&one, &keep).await.unwrap();
    let dropped: BTreeMap<Table, usize> = done.values().map(|done| (done.table, done.dropped)).collect();
    assert_eq!(dropped, [(Table::Terms, 1), (Table::Members, 1), (Table::Facts, 2), (Table::Dependencies, 2)].into());
    assert_eq!(lines(&one, "SELECT * FROM dependencies").await.len() - 4, 2, "a wheel may say a thing twice");
}

/// The optimizer dies at its n-th write, for every n until it gets through; whoever comes next finishes what stood.
#[tokio::test]
async fn killed_at_any_write_nothing_is_lost_or_doubled() {
    let (filled, undisturbed) = filled().await;
    let filled = copy(&filled).await;
    let expected = everything(&undisturbed).await;
    optimize(&undisturbed, &keep()).await.unwrap();
    let facts = lines(&undisturbed, "SELECT * FROM facts").await;
    let mut died = 0;
    for writes in 0.. {
        let storage = copy(&filled).await;
        let dying = Lake::read(Arc::new(DyingStore::new(Arc::clone(&storage), writes)), base()).await.unwrap();
        let survived = optimize(&dying, &keep()).await.is_ok();
        // Who only reads sees all of a move or nothing of it, with nobody there to finish it.
        let reader = Lake::read(Arc::clone(&storage), base()).await.unwrap();
        assert_eq!(everything(&reader).await, expected, "after {writes} writes");
        let lake = Lake::on(storage, base()).await.unwrap();
        assert_eq!(everything(&lake).await, expected, "finished after {writes} writes");
        optimize(&lake, &keep()).await.unwrap();
        assert_eq!(everything(&lake).await, expected, "optimized again after {writes} writes");
        assert_eq!(lines(&lake, "SELECT * FROM facts").await, facts, "after {writes} writes");
        if survived {
            break;
        }
        died += 1;
    }
    assert!(died > 20, "only {died} deaths");
}

#[tokio::test]
async fn who_comes_second_says_so_and_leaves_everything_as_it_is() {
    let (store, one) = filled().await;
    let before = everything(&one).await;
    let two = Lake::on(Arc::clone(&store), base()).await.unwrap();
    let session = two.session().await.unwrap();
    optimize(&one, &keep()).await.unwrap();
    one.commit(scanned(artifact(40), &["os.chmod"])).await.unwrap();
    let error = two.optimize(&session, &keep()).await.unwrap_err();
    assert!(error.to_string().contains("were merged by somebody else meanwhile"), "{error}");
    let after = everything(&two).await;
    assert_eq!(after[&Table::Facts].len(), before[&Table::Facts].len() + 1);
    assert_eq!(after[&Table::Findings], before[&Table::Findings]);
    optimize(&two, &keep()).await.unwrap();
    assert_eq!(everything(&one).await[&Table::Facts], after[&Table::Facts]);
}

/// A table of more rows than one file holds is divided, and only what is new is written anew.
#[tokio::test]
async fn parts_that_have_nothing_new_stay_as_they_are() {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let lake = Lake::on(Arc::clone(&store), base()).await.unwrap();
    let draft = lake.draft();
    for file in 0..3_i64 {
        let rows: Vec<FactRow> = (0..400_000_i64)
            .map(|n| FactRow { line: i32::try_from(file).unwrap(), ..fact(artifact(n % 500), &format!("f{}", n % 7)) })
            .collect();
        draft.write(Table::Facts, &[FactRow::batch(&rows)]).await.unwrap();
    }
    draft.commit(Batch::new()).await.unwrap();
    let keep = Keep { artifacts: (0..500).map(|n| (artifact(n), 1)).collect(), catalog: None };
    let done = optimize(&lake, &keep).await.unwrap();
    assert_eq!((done[&Table::Facts].merged, done[&Table::Facts].written), (3, 2));
    let buckets = |footer: &ParquetMetaData| match footer.row_group(0).column(0).statistics().unwrap() {
        parquet::file::statistics::Statistics::Int32(range) => (*range.min_opt().unwrap(), *range.max_opt().unwrap()),
        other => panic!("{other:?}"),
    };
    let mut held: Vec<_> = footers(&store, &lake, Table::Facts).await.iter().map(|footer| buckets(footer)).collect();
    held.sort_unstable();
    assert_eq!(held, [(0, 31), (32, 63)]);
    let files = lake.files(Table::Facts).await.unwrap();
    let one = artifact(3);
    lake.commit(Batch::new().with(&[FactRow { line: 9, ..fact(one, "f1") }])).await.unwrap();
    let done = optimize(&lake, &keep).await.unwrap();
    assert_eq!((done[&Table::Facts].merged, done[&Table::Facts].written), (2, 1));
    let kept = lake.files(Table::Facts).await.unwrap().iter().filter(|file| files.contains(file)).count();
    assert_eq!(kept, 1, "the half without it was not touched");
    let rows: Vec<FactRow> =
        lake.session().await.unwrap().rows(&format!("SELECT * FROM facts WHERE artifact_id = {one} AND line = 9")).await.unwrap();
    assert_eq!(rows.len(), 1);
}
