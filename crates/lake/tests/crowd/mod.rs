//! Many at once: the same suite in memory, on disk and on an S3 server.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use census_lake::{Batch, Error, Keep, Lake, Session};
use census_model::tables::FactRow;
use census_model::{Row, Table};
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use tokio::task::JoinHandle;
use url::Url;

use super::{base, fact, member, scan, scanned, term};

/// A place for a lake, which any number of writers and readers open.
struct Ground {
    store: Arc<dyn ObjectStore>,
    base: Url,
    /// What must live as long as the place does.
    _keep: Box<dyn std::any::Any>,
}

impl Ground {
    fn memory() -> Self {
        Self { store: Arc::new(InMemory::new()), base: base(), _keep: Box::new(()) }
    }

    fn disk() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let base = Url::from_directory_path(directory.path()).unwrap();
        Self { store: Arc::new(LocalFileSystem::new()), base, _keep: Box::new(directory) }
    }

    /// None, with the reason printed, where there is no S3.
    #[cfg(feature = "s3")]
    #[expect(clippy::print_stderr, reason = "a test that cannot run here says why")]
    fn s3() -> Option<Self> {
        use census_testkit::s3::Server;
        let server = Server::start().inspect_err(|why| eprintln!("skipped: no S3 server: {why}")).ok()?;
        let client = object_store::aws::AmazonS3Builder::new()
            .with_endpoint(server.endpoint())
            .with_allow_http(true)
            .with_region("us-east-1")
            .with_access_key_id("key")
            .with_secret_access_key("secret")
            .with_bucket_name(Server::BUCKET)
            .build()
            .unwrap();
        let base = Url::parse(&format!("s3://{}/some/lake/", Server::BUCKET)).unwrap();
        Some(Self { store: Arc::new(client), base, _keep: Box::new(server) })
    }

    async fn lake(&self) -> Lake {
        Lake::on(Arc::clone(&self.store), self.base.clone()).await.unwrap()
    }

    async fn reader(&self) -> Lake {
        Lake::read(Arc::clone(&self.store), self.base.clone()).await.unwrap()
    }
}

/// Every test of the suite on each place.
macro_rules! everywhere {
    ($($test:ident)+) => {$(
        mod $test {
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn in_memory() {
                super::$test(super::Ground::memory(), 24).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn on_disk() {
                super::$test(super::Ground::disk(), 12).await;
            }

            #[cfg(feature = "s3")]
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn on_s3() {
                let Some(ground) = super::Ground::s3() else { return };
                super::$test(ground, 6).await;
            }
        }
    )+};
}

everywhere! {
    readers_see_each_batch_whole_or_not_at_all
    writers_at_once_all_succeed
    optimizing_while_others_read_and_write_loses_nothing
    cleaning_takes_what_is_out_of_use_and_nothing_else
}

census_model::row! {
    /// How many artifacts a session knows, by table.
    pub struct Counts {
        /// With a scan.
        scans: i64,
        /// With members.
        members: i64,
        /// With facts.
        facts: i64,
        /// Facts, of three an artifact.
        rows: i64,
        /// Facts whose term is not known.
        strange: i64,
    }
}

/// Sees that every batch is whole in what a session sees; tells how many artifacts there are.
async fn whole(session: &Session) -> i64 {
    let sql = "WITH f AS (SELECT * FROM facts UNION ALL SELECT * FROM facts_history)
        SELECT (SELECT count(DISTINCT artifact_id) FROM scans) AS scans, (SELECT count(DISTINCT artifact_id) FROM members) AS members,
            (SELECT count(DISTINCT artifact_id) FROM f) AS facts, (SELECT count(*) FROM f) AS rows,
            (SELECT count(*) FROM f LEFT JOIN terms t ON t.term_id = f.term_id WHERE t.term_id IS NULL) AS strange";
    let counts = session.rows::<Counts>(sql).await.unwrap().remove(0);
    let n = counts.scans;
    assert_eq!(counts, Counts { scans: n, members: n, facts: n, rows: 3 * n, strange: 0 });
    n
}

fn batch(artifact: i64) -> Batch {
    scanned(artifact, &["os.chmod", "os.chown", "os.utime"])
}

/// A batch in several files, every other time.
async fn write(lake: &Lake, artifact: i64) -> Result<(), Error> {
    if artifact % 2 == 0 {
        return lake.commit(batch(artifact)).await;
    }
    let draft = lake.draft();
    for value in ["os.chmod", "os.chown", "os.utime"] {
        draft.write(Table::Facts, &[FactRow::batch(&[fact(artifact, value)])]).await?;
    }
    let terms = ["os.chmod", "os.chown", "os.utime"].map(term);
    draft.commit(Batch::new().with(&terms).with(&[member(artifact)]).with(&[scan(artifact)])).await
}

/// Writes so many batches in a task of its own, and says when it is done.
fn writing(lake: Lake, batches: i64) -> (JoinHandle<()>, Arc<AtomicBool>) {
    let done = Arc::new(AtomicBool::new(false));
    let say = Arc::clone(&done);
    let task = tokio::spawn(async move {
        for artifact in 0..batches {
            write(&lake, artifact).await.unwrap();
        }
        say.store(true, Ordering::SeqCst);
    });
    (task, done)
}

/// Looks until it is done, in a task of its own; tells how often.
fn reading(reader: Lake, done: Arc<AtomicBool>) -> JoinHandle<usize> {
    tokio::spawn(async move {
        let (mut last, mut looks) = (0, 0);
        while !done.load(Ordering::SeqCst) {
            let now = whole(&reader.session().await.unwrap()).await;
            assert!(now >= last, "{now} after {last}");
            (last, looks) = (now, looks + 1);
        }
        looks
    })
}

async fn readers_see_each_batch_whole_or_not_at_all(ground: Ground, batches: i64) {
    let (task, done) = writing(ground.lake().await, batches);
    let readers = [reading(ground.reader().await, Arc::clone(&done)), reading(ground.reader().await, done)];
    task.await.unwrap();
    for reader in readers {
        assert!(reader.await.unwrap() > 0, "nobody looked while it was written");
    }
    assert_eq!(whole(&ground.reader().await.session().await.unwrap()).await, batches);
}

async fn writers_at_once_all_succeed(ground: Ground, batches: i64) {
    let mut tasks = Vec::new();
    for first in [0, 1000, 2000] {
        let lake = ground.lake().await;
        tasks.push(tokio::spawn(async move {
            for artifact in first..first + batches / 3 {
                write(&lake, artifact).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(whole(&ground.lake().await.session().await.unwrap()).await, batches / 3 * 3);
}

async fn optimizing_while_others_read_and_write_loses_nothing(ground: Ground, batches: i64) {
    let (task, done) = writing(ground.lake().await, batches);
    let reader = reading(ground.reader().await, Arc::clone(&done));
    let mut optimizers = Vec::new();
    for _ in 0..2 {
        let (lake, done) = (ground.lake().await, Arc::clone(&done));
        optimizers.push(tokio::spawn(async move {
            while !done.load(Ordering::SeqCst) {
                optimize(&lake).await;
            }
        }));
    }
    task.await.unwrap();
    reader.await.unwrap();
    for optimizer in optimizers {
        optimizer.await.unwrap();
    }
    optimize(&ground.lake().await).await;
    let session = ground.lake().await.session().await.unwrap();
    assert_eq!(whole(&session).await, batches);
    let history = session.rows::<FactRow>("SELECT * FROM facts_history").await.unwrap();
    assert_eq!(i64::try_from(history.len()).unwrap(), batches / 2 * 3);
    assert!(ground.reader().await.verify().await.unwrap().damages.is_empty());
}

/// Moves what odd artifacts have to history; tells how many rows. Who comes second says so.
async fn optimize(lake: &Lake) -> usize {
    let session = lake.session().await.unwrap();
    let facts = session.rows::<FactRow>("SELECT * FROM facts").await.unwrap();
    let keep = Keep { artifacts: facts.iter().map(|row| (row.artifact_id, 1)).filter(|(id, _)| id % 2 == 0).collect(), catalog: None };
    match lake.optimize(&session, &keep).await {
        Ok(done) => done.iter().map(|done| done.moved).sum(),
        Err(Error::Overtaken { .. }) => 0,
        Err(error) => panic!("{error}"),
    }
}

async fn cleaning_takes_what_is_out_of_use_and_nothing_else(ground: Ground, batches: i64) {
    let day = Duration::from_hours(24);
    let lake = ground.lake().await;
    for artifact in 0..batches {
        write(&lake, artifact).await.unwrap();
    }
    lake.draft().write(Table::Facts, &[FactRow::batch(&[fact(77, "dropped")])]).await.unwrap();
    let old = lake.session().await.unwrap();
    assert!(optimize(&lake).await > 0);
    let now = SystemTime::now();
    let cleaned = lake.clean(now + 6 * day, 7 * day).await.unwrap();
    assert_eq!((cleaned.files, cleaned.entries), (0, 0));
    assert_eq!(whole(&old).await, batches, "a session that is younger than the retention finds its files");
    let before = files(&ground).await;
    let cleaned = lake.clean(now + 8 * day, 7 * day).await.unwrap();
    let after = files(&ground).await;
    assert!(cleaned.files > usize::try_from(batches).unwrap() && cleaned.bytes > 0, "{cleaned:?}");
    assert_eq!(before.len() - after.len(), cleaned.files);
    let mut active = Vec::new();
    for &table in Table::ALL {
        active.extend(lake.files(table).await.unwrap());
    }
    active.sort();
    assert_eq!(after.into_keys().collect::<Vec<_>>(), active, "exactly what is in use is left");
    assert_eq!(cleaned.entries > 0, batches > 10, "{cleaned:?}: a checkpoint is written every ten commits");
    assert_eq!(whole(&ground.lake().await.session().await.unwrap()).await, batches);
    assert!(lake.verify().await.unwrap().damages.is_empty());
    assert_eq!(lake.clean(now + 8 * day, 7 * day).await.unwrap(), census_lake::Cleaned::default());
}

/// The data files of the place, in use or not, with their sizes.
async fn files(ground: &Ground) -> BTreeMap<String, u64> {
    use futures::TryStreamExt;
    let prefix = object_store::path::Path::from_url_path(ground.base.path()).unwrap();
    let objects: Vec<_> = ground.store.list(Some(&prefix)).try_collect().await.unwrap();
    let data = objects.into_iter().filter(|o| o.location.extension() == Some("parquet") && !o.location.as_ref().contains("_delta_log"));
    data.map(|object| (object.location.to_string(), object.size)).collect()
}
