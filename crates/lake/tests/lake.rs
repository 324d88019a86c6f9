//! The lake's contract: a batch is in all of its tables or in none, whenever its writer is killed.

mod crowd;
mod dying;
mod optimize;
mod sql;
mod verify;

use std::sync::Arc;

use census_lake::{Batch, Error, Lake};
use census_model::fact::{Kind, Term};
use census_model::tables::{FactRow, MemberRow, RankingRow, ScanRow, TermRow};
use census_model::{Day, Row, Table, Time, id};
use dying::DyingStore;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use proptest::prelude::*;
use url::Url;

fn base() -> Url {
    Url::parse("memory:///lake/").unwrap()
}

fn term(value: &str) -> TermRow {
    let term = Term::new(Kind::Call, value);
    TermRow {
        term_id: id::term(term.kind, value),
        kind: "call".into(),
        value: value.into(),
        module: term.module().into(),
        root: term.root().into(),
    }
}

fn fact(artifact_id: i64, value: &str) -> FactRow {
    FactRow {
        bucket: id::bucket(artifact_id),
        project_id: artifact_id,
        artifact_id,
        extractor: 1,
        member: 0,
        term_id: id::term(Kind::Call, value),
        phase: 3,
        role: 0,
        how: 0,
        count: 1,
        line: 7,
    }
}

fn member(artifact_id: i64) -> MemberRow {
    MemberRow {
        artifact_id,
        extractor: 1,
        member: 0,
        path: "a.py".into(),
        role: 0,
        format: "python".into(),
        size: 1,
        sha256: [1; 32],
        executable: false,
    }
}

fn scan(artifact_id: i64) -> ScanRow {
    ScanRow {
        scan_id: format!("s{artifact_id}"),
        run_id: "r".into(),
        artifact_id,
        extractor: 1,
        outcome: "ok".into(),
        reason: None,
        members: 1,
        bytes_packed: 1,
        bytes_unpacked: 1,
        duration_ms: 0,
        started_at: Time(0),
    }
}

/// What a scan of one artifact writes.
fn scanned(artifact_id: i64, values: &[&str]) -> Batch {
    Batch::new()
        .with(&values.iter().map(|v| term(v)).collect::<Vec<_>>())
        .with(&[member(artifact_id)])
        .with(&values.iter().map(|v| fact(artifact_id, v)).collect::<Vec<_>>())
        .with(&[scan(artifact_id)])
}

/// Scans each artifact that has no scan yet, as a rerun does.
async fn work(lake: &Lake) -> Result<(), Error> {
    for (artifact, values) in [(1, ["os.chmod", "os.chown"]), (2, ["os.chmod", "os.system"])] {
        let done: Vec<ScanRow> = lake.session().await?.rows(&format!("SELECT * FROM scans WHERE artifact_id = {artifact}")).await?;
        if done.is_empty() {
            lake.commit(scanned(artifact, &values)).await?;
        }
    }
    draft(lake, 3).await
}

/// Scans one more artifact, if it has no scan yet, into several files of one table.
async fn draft(lake: &Lake, artifact: i64) -> Result<(), Error> {
    let done: Vec<ScanRow> = lake.session().await?.rows(&format!("SELECT * FROM scans WHERE artifact_id = {artifact}")).await?;
    if !done.is_empty() {
        return Ok(());
    }
    let draft = lake.draft();
    let file = |value| [FactRow::batch(&[fact(artifact, value)])];
    let (chmod, chown, utime) = (file("os.chmod"), file("os.chown"), file("os.utime"));
    tokio::try_join!(draft.write(Table::Facts, &chmod), draft.write(Table::Facts, &chown), draft.write(Table::Facts, &utime))?;
    draft.commit(Batch::new().with(&[term("os.utime")]).with(&[member(artifact)]).with(&[scan(artifact)])).await
}

/// Every row of every table that the work writes, as text.
async fn everything(lake: &Lake) -> String {
    let session = lake.session().await.unwrap();
    let mut text = String::new();
    for table in [Table::Terms, Table::Members, Table::Facts, Table::Scans] {
        let sql = format!("SELECT * FROM {} ORDER BY {}", table.name(), table.sort().join(", "));
        let batches = session.query(&sql).await.unwrap();
        text += &census_lake::arrow::util::pretty::pretty_format_batches(&batches).unwrap().to_string();
    }
    text
}

async fn undisturbed() -> String {
    let lake = Lake::on(Arc::new(InMemory::new()), base()).await.unwrap();
    work(&lake).await.unwrap();
    everything(&lake).await
}

/// The writer dies at its n-th write, for every n until the work gets through; whoever comes next finishes it.
#[tokio::test]
async fn killed_at_any_write_the_tables_equal_an_undisturbed_run() {
    let expected = undisturbed().await;
    assert_eq!(expected.matches("os.chmod").count(), 1);
    assert_eq!(expected.matches("| ok ").count(), 3, "{expected}");
    assert_eq!(expected.matches("os.utime").count(), 1, "{expected}");
    let mut died = 0;
    for writes in 0.. {
        let storage: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let dying = DyingStore::new(Arc::clone(&storage), writes);
        let survived = match Lake::on(Arc::new(dying), base()).await {
            Ok(lake) => work(&lake).await.is_ok(),
            Err(_) => false,
        };
        let lake = Lake::on(storage, base()).await.unwrap();
        let before = lake.session().await.unwrap();
        assert_eq!(before.rows::<Orphan>(ORPHANS).await.unwrap(), [], "after {writes} writes: facts without a scan");
        work(&lake).await.unwrap();
        assert_eq!(everything(&lake).await, expected, "after {writes} writes");
        if survived {
            break;
        }
        died += 1;
    }
    assert!(died > 2 * 4 + 6 + Table::ALL.len(), "only {died} deaths: the store did not die at each write");
}

const ORPHANS: &str =
    "SELECT DISTINCT f.artifact_id FROM facts f LEFT JOIN scans s ON s.artifact_id = f.artifact_id WHERE s.artifact_id IS NULL";

census_model::row! {
    /// An artifact with facts and no scan.
    pub struct Orphan {
        /// The artifact.
        artifact_id: i64,
    }
}

#[tokio::test]
async fn a_draft_is_one_commit_a_table_and_nothing_of_it_shows_before() {
    let lake = Lake::open_or_create("memory:///").await.unwrap();
    let before = lake.versions().await.unwrap();
    lake.draft().write(Table::Facts, &[FactRow::batch(&[fact(9, "dropped")])]).await.unwrap();
    let draft = lake.draft();
    for value in ["os.chmod", "os.chown"] {
        draft.write(Table::Facts, &[FactRow::batch(&[fact(2, value), fact(1, value)]), FactRow::batch(&[fact(3, value)])]).await.unwrap();
    }
    draft.write(Table::Members, &[MemberRow::batch(&[])]).await.unwrap();
    assert_eq!(lake.versions().await.unwrap(), before);
    draft.commit(Batch::new().with(&[scan(1)])).await.unwrap();
    let after = lake.versions().await.unwrap();
    let gained: Vec<Table> = Table::ALL.iter().copied().filter(|table| after[table] != before[table]).collect();
    assert_eq!(gained, [Table::Facts, Table::Scans]);
    assert_eq!(after[&Table::Facts], before[&Table::Facts] + 1);
    let facts: Vec<FactRow> = lake.session().await.unwrap().rows("SELECT * FROM facts").await.unwrap();
    assert_eq!(facts.len(), 6);
}

#[tokio::test]
async fn two_writers_at_once_both_succeed() {
    let storage: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let one = Lake::on(Arc::clone(&storage), base()).await.unwrap();
    let two = Lake::on(Arc::clone(&storage), base()).await.unwrap();
    let batches = |lake: Lake, first: i64| async move {
        for artifact in first..first + 5 {
            lake.commit(scanned(artifact, &["os.chmod"])).await.unwrap();
        }
    };
    tokio::join!(batches(one, 10), batches(two, 20));
    let lake = Lake::on(storage, base()).await.unwrap();
    let scans: Vec<ScanRow> = lake.session().await.unwrap().rows("SELECT * FROM scans").await.unwrap();
    assert_eq!(scans.len(), 10);
}

#[tokio::test]
async fn nothing_is_lost_when_the_log_is_checkpointed() {
    let directory = tempfile::tempdir().unwrap();
    let location = directory.path().to_str().unwrap();
    let lake = Lake::open_or_create(location).await.unwrap();
    for artifact in 0..25 {
        lake.commit(Batch::new().with(&[scan(artifact)])).await.unwrap();
        let scans: Vec<ScanRow> = Lake::open(location).await.unwrap().session().await.unwrap().rows("SELECT * FROM scans").await.unwrap();
        assert_eq!(i64::try_from(scans.len()).unwrap(), artifact + 1);
    }
    let log = std::fs::read_dir(directory.path().join("scans/_delta_log")).unwrap();
    assert!(log.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains(".checkpoint")).count() > 0);
}

#[tokio::test]
async fn an_open_session_does_not_see_later_commits() {
    let lake = Lake::open_or_create("memory:///").await.unwrap();
    let before = lake.session().await.unwrap();
    lake.commit(scanned(1, &["os.chmod"])).await.unwrap();
    assert!(before.rows::<ScanRow>("SELECT * FROM scans").await.unwrap().is_empty());
    let after = lake.session().await.unwrap();
    assert_eq!(after.rows::<ScanRow>("SELECT * FROM scans").await.unwrap().len(), 1);
    assert_eq!(after.versions()[&Table::Scans], before.versions()[&Table::Scans] + 1);
}

#[tokio::test]
async fn nothing_is_appended_for_an_empty_batch_or_terms_that_are_known() {
    let lake = Lake::open_or_create("memory:///").await.unwrap();
    lake.commit(Batch::new().with(&[term("os.chmod")])).await.unwrap();
    let before = lake.versions().await.unwrap();
    lake.commit(Batch::new()).await.unwrap();
    lake.commit(Batch::new().with(&[term("os.chmod")])).await.unwrap();
    assert_eq!(lake.versions().await.unwrap(), before);
}

#[tokio::test]
async fn a_file_is_sorted_and_carries_bloom_filters_and_statistics() {
    let directory = tempfile::tempdir().unwrap();
    let lake = Lake::open_or_create(directory.path().to_str().unwrap()).await.unwrap();
    lake.commit(Batch::new().with(&[fact(2, "b"), fact(1, "b"), fact(3, "a")])).await.unwrap();
    let data = std::fs::read_dir(directory.path().join("facts")).unwrap().map(|e| e.unwrap().path());
    let file = data.filter(|p| p.extension().is_some_and(|e| e == "parquet")).min().unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(file).unwrap()).unwrap();
    let group = reader.metadata().row_group(0).clone();
    assert!(group.sorting_columns().is_some_and(|columns| columns.len() == 4));
    assert!(group.columns().iter().filter(|c| c.bloom_filter_offset().is_some()).count() == 2);
    let rows = FactRow::read_all(&reader.build().unwrap().collect::<Result<Vec<_>, _>>().unwrap()).unwrap();
    assert!(rows.is_sorted_by_key(|row| (row.term_id, row.artifact_id)), "{rows:?}");
    let log = std::fs::read_to_string(directory.path().join("facts/_delta_log/00000000000000000001.json")).unwrap();
    assert!(log.contains(r#"\"numRecords\":3"#) && !log.contains("minValues"), "{log}");
}

#[tokio::test]
async fn errors_say_what_and_where() {
    let nowhere = Lake::open("/nowhere/at/all").await.unwrap_err();
    assert_eq!(nowhere.to_string(), "there is no lake at /nowhere/at/all");
    let scheme = Lake::open("ftp://lake.example/x").await.unwrap_err();
    assert!(scheme.to_string().contains("the scheme `ftp` is not built in"), "{scheme}");
    let lake = Lake::open_or_create("memory:///").await.unwrap();
    let session = lake.session().await.unwrap();
    let wrong = session.query("SELECT nothing FROM facts").await.unwrap_err();
    assert!(wrong.to_string().contains("nothing"), "{wrong}");
    assert!(session.query("CREATE TABLE x AS SELECT 1").await.is_err(), "a session only reads");
}

#[tokio::test]
async fn a_damaged_table_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let location = directory.path().to_str().unwrap().to_owned();
    Lake::open_or_create(&location).await.unwrap();
    std::fs::write(directory.path().join("facts/_delta_log/00000000000000000000.json"), "{not json").unwrap();
    let error = Lake::open(&location).await.unwrap().session().await.err().unwrap();
    assert!(error.to_string().starts_with("table `facts` at "), "{error}");
}

#[tokio::test]
async fn a_damaged_intent_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let location = directory.path().to_str().unwrap().to_owned();
    Lake::open_or_create(&location).await.unwrap();
    std::fs::create_dir_all(directory.path().join("_intents")).unwrap();
    std::fs::write(directory.path().join("_intents/x.json"), "{").unwrap();
    let error = Lake::open_or_create(&location).await.unwrap_err();
    assert!(error.to_string().contains("_intents/x.json"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// What is committed comes back, whatever the values.
    #[test]
    fn rows_survive_the_lake(projects in proptest::collection::vec(("[a-z]{1,12}", 1..i32::MAX, 0..i64::MAX), 1..40)) {
        let rows: Vec<RankingRow> = projects
            .into_iter()
            .map(|(project, rank, downloads)| RankingRow { ranked_on: Day(20_544), source: "s\"'\n".into(), project, rank, downloads })
            .collect();
        let back = tokio::runtime::Runtime::new().unwrap().block_on(async {
            let lake = Lake::open_or_create("memory:///").await.unwrap();
            lake.commit(Batch::new().with(&rows)).await.unwrap();
            lake.session().await.unwrap().rows::<RankingRow>("SELECT * FROM rankings").await.unwrap()
        });
        let key = |row: &RankingRow| (row.rank, row.project.clone(), row.downloads);
        let sorted = |mut rows: Vec<RankingRow>| { rows.sort_by_key(key); rows };
        prop_assert_eq!(sorted(back), sorted(rows));
    }
}
