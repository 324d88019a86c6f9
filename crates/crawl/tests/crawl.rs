//! The crawl against an index on the loopback interface: what is asked, what comes of it, and every fault on the way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use census_crawl::{Config, Crawl, Environment, Error, Http, Index as Client, Known, Links, Options, Progress, Ranking, Reason};
use census_crawl::{Rows, Sink, Source, Summary};
use census_model::tables::{ArtifactRow, ProjectRow, RankingRow};
use census_model::{Policy, Time};
use census_testkit::index::{Fault, Index, Manners};
use census_testkit::package::{Built, Sdist, Wheel, sha256_hex};

/// An index, a mirror, and what earlier crawls learned.
struct World {
    index: Index,
    place: tempfile::TempDir,
    projects: BTreeMap<String, ProjectRow>,
    artifacts: BTreeMap<(String, String), ArtifactRow>,
    rankings: Vec<RankingRow>,
    runs: i64,
    timeout: Duration,
}

impl World {
    async fn new() -> Self {
        let (index, place) = (Index::start().await, tempfile::tempdir().unwrap());
        Self {
            index,
            place,
            projects: BTreeMap::new(),
            artifacts: BTreeMap::new(),
            rankings: vec![],
            runs: 0,
            timeout: Duration::from_secs(30),
        }
    }

    /// With two projects: `demo`, two releases, a wheel and an sdist each; `tool`, an sdist alone.
    async fn small() -> Self {
        let world = Self::new().await;
        for version in ["1.0", "2.0"] {
            world.index.put("demo", wheel("demo", version));
            world.index.put("demo", sdist("demo", version));
        }
        world.index.put("tool", sdist("tool", "0.1"));
        world
    }

    fn mirror(&self) -> PathBuf {
        self.place.path().join("mirror")
    }

    fn mirrored(&self) -> Vec<String> {
        let mut found = vec![];
        for entry in self.artifacts.values() {
            let path = self.mirror().join(&entry.sha256[..2]).join(&entry.sha256[2..4]).join(&entry.sha256);
            if path.is_file() {
                assert_eq!(sha256_hex(&std::fs::read(path).unwrap()), entry.sha256);
                found.push(entry.filename.clone());
            }
        }
        found
    }

    fn open(&self, config: Config) -> Crawl {
        let options = Options {
            contact: Some("census@operator.example".to_owned()),
            concurrency: config.concurrency,
            backoff: Duration::from_millis(2),
            timeout: self.timeout,
            ..Options::default()
        };
        let http = Arc::new(Http::new(options).unwrap());
        let source = match &config.find_links {
            Some(directory) => Source::Links(Links::open(directory).unwrap()),
            None => Source::Index(Client::new(http.clone(), self.index.url().parse().unwrap())),
        };
        let known = Known::new(self.projects.values().cloned().collect(), self.artifacts.values().cloned().collect(), &self.rankings);
        Crawl::new(config, source, http, &self.mirror(), known, &format!("run-{}", self.runs), Time(self.runs)).unwrap()
    }

    /// One more crawl, learned from as the lake would.
    async fn crawl(&mut self, config: Config) -> (Rows, Summary) {
        self.index.forget();
        self.runs += 1;
        let mut rows = Rows::default();
        let summary = self.open(config).run(&mut rows, ()).await.unwrap();
        self.projects.extend(rows.projects.iter().map(|row| (row.project.clone(), row.clone())));
        self.artifacts.extend(rows.artifacts.iter().map(|row| ((row.project.clone(), row.filename.clone()), row.clone())));
        self.rankings.extend(rows.rankings.clone());
        (rows, summary)
    }

    fn list(&self, names: &[&str]) -> Config {
        let path = self.place.path().join("list.txt");
        std::fs::write(&path, names.join("\n")).unwrap();
        Config { projects: Some(path), ..Config::default() }
    }

    fn both(&self) -> Config {
        self.list(&["demo", "tool"])
    }
}

fn wheel(name: &str, version: &str) -> Built {
    Wheel::new(name, version).file(&format!("{name}.py"), format!("version = {version:?}\n").as_bytes()).build()
}

fn sdist(name: &str, version: &str) -> Built {
    Sdist::new(name, version).file(&format!("{name}.py"), format!("version = {version:?}\n").as_bytes()).build()
}

fn names(rows: &Rows) -> Vec<&str> {
    rows.artifacts.iter().map(|row| row.filename.as_str()).collect()
}

fn failure(summary: &Summary) -> &Error {
    assert_eq!(summary.failures.len(), 1, "{:?}", summary.failures);
    &summary.failures[0].error
}

#[tokio::test]
async fn the_first_crawl_tells_everything_and_the_second_nothing() {
    let mut world = World::small().await;
    let (rows, summary) = world.crawl(world.both()).await;
    assert_eq!(rows.projects.iter().map(|row| row.project.as_str()).collect::<Vec<_>>(), ["demo", "tool"]);
    let demo = &rows.projects[0];
    assert_eq!((demo.status.as_str(), demo.latest_version.as_deref(), demo.releases), ("active", Some("2.0"), 2));
    assert!(demo.first_upload < demo.last_upload && demo.serial == 4 && demo.etag.is_some());
    assert_eq!(
        names(&rows),
        ["demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz", "demo-2.0-py3-none-any.whl", "demo-2.0.tar.gz", "tool-0.1.tar.gz"]
    );
    let wheel = &rows.artifacts[2];
    assert_eq!((wheel.packagetype.as_str(), wheel.python_tag.as_deref(), wheel.version.as_str()), ("bdist_wheel", Some("py3"), "2.0"));
    assert_eq!(world.mirrored(), ["demo-2.0-py3-none-any.whl", "tool-0.1.tar.gz"]);
    assert_eq!((summary.projects, summary.chosen, summary.downloaded, summary.requests), (2, 2, 2, 4));
    let mirrored = world.mirrored();
    let bytes: i64 = rows.artifacts.iter().filter(|row| mirrored.contains(&row.filename)).filter_map(|row| row.size).sum();
    assert_eq!(summary.bytes, u64::try_from(bytes).unwrap());
    assert_eq!(summary.serial, Some(5));
    let agent = &world.index.requests()[0].agent;
    assert!(agent.starts_with("census/") && agent.ends_with(" (census@operator.example)"), "{agent}");

    let (rows, summary) = world.crawl(world.both()).await;
    assert!(rows.is_empty(), "{rows:?}");
    let asked: Vec<_> = world.index.requests().into_iter().map(|r| (r.path, r.conditional, r.status)).collect();
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|(path, conditional, status)| path.starts_with("/simple/") && *conditional && *status == 304));
    assert_eq!((summary.unchanged, summary.present, summary.downloaded, summary.bytes), (2, 2, 0, 0));
    assert_eq!(summary.serial, Some(5));
}

#[tokio::test]
async fn what_changes_is_told_and_nothing_else() {
    let mut world = World::small().await;
    world.crawl(world.both()).await;

    world.index.edit("demo", |demo| demo.files[2..].iter_mut().for_each(|file| file.yanked = Some("broken".to_owned())));
    let (rows, _) = world.crawl(world.both()).await;
    assert_eq!(names(&rows), ["demo-2.0-py3-none-any.whl", "demo-2.0.tar.gz"]);
    assert!(rows.artifacts.iter().all(|row| row.yanked && row.yanked_reason.as_deref() == Some("broken")));
    assert_eq!(rows.projects[0].latest_version.as_deref(), Some("1.0"));
    assert!(world.mirrored().contains(&"demo-1.0-py3-none-any.whl".to_owned()));

    world.index.edit("demo", |demo| drop(demo.files.drain(2..)));
    let (rows, _) = world.crawl(world.both()).await;
    assert_eq!(names(&rows), ["demo-2.0-py3-none-any.whl", "demo-2.0.tar.gz"]);
    assert!(rows.artifacts.iter().all(|row| row.status == "gone"));

    world.index.edit("demo", |demo| demo.status = "quarantined".to_owned());
    let (rows, summary) = world.crawl(world.both()).await;
    assert_eq!((rows.projects[0].status.as_str(), &rows.projects[0].latest_version), ("quarantined", &None));
    assert_eq!((rows.artifacts.len(), summary.chosen), (2, 1));

    world.index.edit("demo", |demo| demo.status = "archived".to_owned());
    let (rows, _) = world.crawl(world.both()).await;
    assert_eq!((rows.projects[0].status.as_str(), rows.projects[0].latest_version.as_deref()), ("archived", Some("1.0")));
    assert!(rows.artifacts.iter().all(|row| row.status == "active"));

    world.index.delete("demo");
    let (rows, summary) = world.crawl(world.both()).await;
    assert_eq!((rows.projects[0].status.as_str(), rows.artifacts.len(), summary.absent), ("deleted", 2, 1));
    let (rows, summary) = world.crawl(world.both()).await;
    assert!(rows.is_empty());
    assert_eq!((summary.absent, summary.unchanged, summary.failures.len()), (1, 2, 0));

    world.index.put("demo", wheel("demo", "3.0"));
    let (rows, _) = world.crawl(world.both()).await;
    assert_eq!((rows.projects[0].status.as_str(), names(&rows)), ("active", vec!["demo-3.0-py3-none-any.whl"]));
}

#[tokio::test]
async fn an_unknown_project_is_absent_and_said_once() {
    let mut world = World::small().await;
    let (rows, summary) = world.crawl(world.list(&["demo", "nobody"])).await;
    assert_eq!((rows.projects[1].project.as_str(), rows.projects[1].status.as_str()), ("nobody", "absent"));
    assert_eq!((summary.absent, summary.failures.len()), (1, 0));
    let (rows, summary) = world.crawl(world.list(&["demo", "nobody"])).await;
    assert_eq!((rows.is_empty(), summary.absent), (true, 1));
}

#[tokio::test]
async fn passing_faults_are_waited_out() {
    for fault in [Fault::TooMany(0), Fault::Status(500), Fault::Status(503), Fault::Reset, Fault::Truncated] {
        for part in ["/simple/demo/", "/files/"] {
            let mut world = World::small().await;
            world.index.fault(part, [fault.clone()]);
            let (rows, summary) = world.crawl(world.both()).await;
            assert!(summary.failures.is_empty(), "{fault:?} {part}: {:?}", summary.failures);
            assert_eq!((rows.artifacts.len(), summary.downloaded, summary.requests), (5, 2, 5), "{fault:?} {part}");
            assert_eq!(world.mirrored().len(), 2);
        }
    }
}

#[tokio::test]
async fn what_does_not_come_in_time_is_asked_for_again() {
    let mut world = World { timeout: Duration::from_millis(400), ..World::small().await };
    world.index.fault("/simple/demo/", [Fault::Slow(Duration::from_millis(600))]);
    world.index.fault("/files/", [Fault::Slow(Duration::from_millis(600))]);
    let (rows, summary) = world.crawl(world.both()).await;
    assert_eq!((rows.artifacts.len(), summary.downloaded, summary.failures.len()), (5, 2, 0));
    assert!(summary.requests >= 6);
}

#[tokio::test]
async fn a_crawl_that_was_cut_short_and_run_again_tells_what_one_would_have() {
    /// Takes so many lots of rows, and then no more.
    struct Dies(usize, Rows);
    impl Sink for Dies {
        async fn accept(&mut self, rows: Rows) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
            self.0 = self.0.checked_sub(1).ok_or("killed")?;
            self.1.accept(rows).await
        }
    }
    let mut world = World::new().await;
    for n in 0..8 {
        world.index.put(&format!("p{n}"), sdist(&format!("p{n}"), "1.0"));
    }
    let everything = Config { all: true, ..Config::default() };
    for survived in [0, 1, 5] {
        std::fs::remove_dir_all(world.mirror()).ok();
        let mut killed = Dies(survived, Rows::default());
        let error = world.open(everything.clone()).run(&mut killed, ()).await.unwrap_err();
        assert!(matches!(error, Error::Sink(_)));
        assert_eq!(killed.1.projects.len(), survived);
        let mut again = World { projects: BTreeMap::new(), artifacts: BTreeMap::new(), ..world };
        again.projects.extend(killed.1.projects.iter().map(|row| (row.project.clone(), row.clone())));
        again.artifacts.extend(killed.1.artifacts.iter().map(|row| ((row.project.clone(), row.filename.clone()), row.clone())));
        let (rows, _) = again.crawl(everything.clone()).await;
        let mut both = killed.1;
        both.accept(rows).await.unwrap();

        again.projects.clear();
        again.artifacts.clear();
        let (undisturbed, _) = again.crawl(everything.clone()).await;
        both.projects.iter_mut().for_each(|row| (row.run_id, row.seen_at) = (format!("run-{}", again.runs), Time(again.runs)));
        both.artifacts.iter_mut().for_each(|row| (row.run_id, row.seen_at) = (format!("run-{}", again.runs), Time(again.runs)));
        assert_eq!(both, undisturbed);
        assert_eq!(again.mirrored().len(), 8);
        world = World { projects: BTreeMap::new(), artifacts: BTreeMap::new(), ..again };
    }
}

#[tokio::test]
async fn an_index_that_lost_everything_is_not_believed() {
    let mut world = World::new().await;
    let names: Vec<String> = (0..11).map(|n| format!("p{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for name in &names {
        world.index.put(name, sdist(name, "1.0"));
    }
    world.crawl(world.list(&names)).await;
    for name in &names {
        world.index.delete(name);
    }
    let mut rows = Rows::default();
    let error = world.open(world.list(&names)).run(&mut rows, ()).await.unwrap_err();
    assert!(matches!(error, Error::Vanished { asked: 11, before: 11 }) && rows.is_empty());

    // One that is still there vouches for the rest.
    world.index.put("p10", sdist("p10", "2.0"));
    let (rows, summary) = world.crawl(world.list(&names)).await;
    assert_eq!((rows.projects.len(), rows.projects[0].project.as_str(), summary.absent), (11, "p0", 10));
}

#[tokio::test]
async fn retry_after_is_obeyed() {
    let mut world = World::small().await;
    world.index.fault("/simple/demo/", [Fault::TooMany(1)]);
    let begun = std::time::Instant::now();
    world.crawl(world.both()).await;
    assert!(begun.elapsed() >= Duration::from_secs(1));

    // Longer than anybody waits: the project fails, and is asked again another night.
    world.index.edit("demo", |_| ());
    world.index.fault("/simple/demo/", [Fault::TooMany(86_400)]);
    let (rows, summary) = world.crawl(world.both()).await;
    assert!(matches!(failure(&summary), Error::Status { status: 429, retry_after: Some(_), .. }));
    assert!(rows.is_empty());
}

#[tokio::test]
async fn lasting_faults_fail_one_project_and_not_the_others() {
    let fault = |fault: Fault| std::iter::repeat_n(fault, 5);
    for lasting in [Fault::Status(503), Fault::Reset, Fault::Truncated] {
        let mut world = World::small().await;
        world.index.fault("/simple/demo/", fault(lasting.clone()));
        let (rows, summary) = world.crawl(world.both()).await;
        assert_eq!((summary.failures[0].project.as_str(), &summary.failures[0].filename), ("demo", &None));
        let error = failure(&summary);
        assert!(matches!(error, Error::Status { status: 503, .. } | Error::Exchange { .. }), "{lasting:?}: {error}");
        assert_eq!((names(&rows), world.mirrored()), (vec!["tool-0.1.tar.gz"], vec!["tool-0.1.tar.gz".to_owned()]));
        let (rows, summary) = world.crawl(world.both()).await;
        assert_eq!((rows.artifacts.len(), summary.failures.len()), (4, 0));
    }
    for (hopeless, status) in [(Fault::Status(403), 403), (Fault::Status(501), 501)] {
        let mut world = World::small().await;
        world.index.fault("/simple/demo/", [hopeless]);
        let (_, summary) = world.crawl(world.both()).await;
        assert!(matches!(failure(&summary), Error::Status { status: s, .. } if *s == status));
    }
    let mut world = World::small().await;
    world.index.fault("/simple/demo/", [Fault::Body("{\"files\": [")]);
    let (_, summary) = world.crawl(world.both()).await;
    assert!(matches!(failure(&summary), Error::Page { url, .. } if url.ends_with("/simple/demo/")));
}

#[tokio::test]
async fn a_bad_file_is_named_not_kept_and_tried_again() {
    let mut world = World::small().await;
    let wheel = wheel("demo", "2.0");
    world.index.fault(&wheel.sha256, [Fault::Changed]);
    let (rows, summary) = world.crawl(world.both()).await;
    let mut changed = wheel.bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    let Error::Hash { url, expected, found } = failure(&summary) else { panic!("{:?}", summary.failures) };
    assert_eq!((expected, found), (&wheel.sha256, &sha256_hex(&changed)));
    assert!(url.ends_with(&wheel.filename) && summary.failures[0].filename.as_ref() == Some(&wheel.filename));
    assert_eq!((rows.artifacts.len(), world.mirrored()), (5, vec!["tool-0.1.tar.gz".to_owned()]));
    assert_eq!(std::fs::read_dir(world.mirror().join("tmp")).unwrap().count(), 0);

    // The page did not change, and the file is fetched all the same.
    let (rows, summary) = world.crawl(world.both()).await;
    assert_eq!((rows.is_empty(), summary.downloaded, summary.present), (true, 1, 1));
    assert_eq!(world.mirrored().len(), 2);

    // A file larger than the index says is cut off there; one that is not there is an error that says so.
    for (fault, text) in [(Fault::Status(404), "HTTP status 404"), (Fault::Body("short"), "SHA-256 is")] {
        let mut world = World::small().await;
        world.index.fault("/files/", [fault]);
        let (_, summary) = world.crawl(world.both()).await;
        assert!(failure(&summary).to_string().contains(text), "{:?}", summary.failures);
    }
}

#[tokio::test]
async fn servers_that_tell_less_are_read_too() {
    for manners in [
        Manners { html: true, ..Manners::default() },
        Manners { terse: true, ..Manners::default() },
        Manners { html: true, terse: true, no_etags: true },
    ] {
        let mut world = World::small().await;
        world.index.manners(manners);
        let (rows, summary) = world.crawl(Config { all: true, ..Config::default() }).await;
        assert_eq!((rows.projects.len(), rows.artifacts.len(), summary.failures.len()), (2, 5, 0), "{manners:?}");
        assert_eq!(world.mirrored(), ["demo-2.0-py3-none-any.whl", "tool-0.1.tar.gz"]);
        assert_eq!(summary.serial.is_some(), !manners.html);
        let (rows, _) = world.crawl(Config { all: true, ..Config::default() }).await;
        assert!(rows.is_empty(), "{manners:?}: {rows:?}");
    }
}

#[tokio::test]
async fn a_budget_takes_projects_in_order_until_it_is_used() {
    let mut world = World::small().await;
    let sizes = [wheel("demo", "2.0").bytes.len() as u64, sdist("tool", "0.1").bytes.len() as u64];
    let budget = |max_bytes| Some(max_bytes);
    let (rows, summary) = world.crawl(Config { max_bytes: budget(sizes[0]), ..world.both() }).await;
    assert_eq!((rows.artifacts.len(), world.mirrored()), (5, vec!["demo-2.0-py3-none-any.whl".to_owned()]));
    assert_eq!((summary.left_out[0].filename.as_str(), summary.left_out[0].reason), ("tool-0.1.tar.gz", Reason::Budget));
    assert_eq!((summary.chosen, summary.downloaded + summary.left_out.len()), (2, 2));

    // What was taken counts again: a second night takes no more than the first.
    let (_, summary) = world.crawl(Config { max_bytes: budget(sizes[0]), ..world.both() }).await;
    assert_eq!((summary.downloaded, summary.present, summary.left_out.len()), (0, 1, 1));
    // The first that does not fit ends it, though a later one would.
    let mut world = World::small().await;
    let (_, summary) = world.crawl(Config { max_bytes: budget(sizes[0] - 1), ..world.both() }).await;
    assert_eq!((summary.downloaded, summary.left_out.len()), (0, 2));
}

#[tokio::test]
async fn a_budget_asks_for_sizes_that_the_index_does_not_tell() {
    let mut world = World::small().await;
    world.index.manners(Manners { html: true, ..Manners::default() });
    let size = wheel("demo", "2.0").bytes.len() as u64;
    for (downloaded, present, requests) in [(1, 0, 5), (0, 1, 3)] {
        let (_, summary) = world.crawl(Config { max_bytes: Some(size), ..world.both() }).await;
        assert_eq!((summary.downloaded, summary.present, summary.requests), (downloaded, present, requests));
        assert_eq!((summary.left_out.len(), summary.left_out[0].reason), (1, Reason::Budget));
    }

    let mut world = World::small().await;
    world.index.manners(Manners { html: true, ..Manners::default() });
    world.index.fault("/files/", [Fault::Status(501), Fault::Status(501)]);
    let (_, summary) = world.crawl(Config { max_bytes: Some(u64::MAX), ..world.both() }).await;
    assert_eq!((summary.left_out.len(), summary.left_out[0].reason), (2, Reason::UnknownSize));
}

#[tokio::test]
async fn rows_come_in_one_order_whatever_the_concurrency() {
    let mut seen = vec![];
    for concurrency in [1, 3, 16] {
        let mut world = World::new().await;
        for n in 0..12 {
            world.index.put(&format!("p{n}"), sdist(&format!("p{n}"), "1.0"));
        }
        // The earlier ones answer later.
        for n in 0..6 {
            world.index.fault(&format!("/simple/p{n}/"), [Fault::Slow(Duration::from_millis(60 - 10 * n))]);
        }
        let (mut rows, summary) = world.crawl(Config { all: true, concurrency, ..Config::default() }).await;
        assert_eq!((rows.projects.len(), summary.downloaded), (12, 12));
        let host = world.index.at("");
        rows.artifacts.iter_mut().for_each(|row| row.url = row.url.replace(&host, ""));
        seen.push(rows);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}

#[tokio::test]
async fn the_whole_index_is_asked_only_for_what_its_list_says_is_new() {
    let mut world = World::small().await;
    world.index.put_text("/ranking.csv", "text/csv", "# ranked_on: 2026-04-01\nproject,downloads\nnobody,9\nTool,5\n");
    let config = Config { all: true, ranking: Some(world.index.at("/ranking.csv")), ..Config::default() };
    let (rows, summary) = world.crawl(config.clone()).await;
    assert_eq!(rows.projects.iter().map(|row| row.project.as_str()).collect::<Vec<_>>(), ["nobody", "tool", "demo"]);
    assert_eq!((rows.rankings.len(), summary.ranking_source.as_deref(), summary.absent), (2, Some("ranking"), 1));
    assert_eq!((summary.serial, summary.ranked_on.unwrap().to_string().as_str()), (Some(5), "2026-04-01"));

    world.index.put("demo", wheel("demo", "2.1"));
    world.index.delete("tool");
    let (rows, _) = world.crawl(config).await;
    assert!(rows.rankings.is_empty());
    assert_eq!(names(&rows), ["tool-0.1.tar.gz", "demo-2.1-py3-none-any.whl"]);
    let asked: Vec<String> = world.index.requests().into_iter().map(|r| r.path).filter(|p| p.starts_with("/simple/")).collect();
    assert!(!asked.is_empty() && asked.len() == 4, "{asked:?}");
}

#[tokio::test]
async fn policies_and_tops_are_followed() {
    let mut world = World::small().await;
    let ranking = world.place.path().join("top.csv");
    std::fs::write(&ranking, "# ranked_on: 2026-04-01\nproject,downloads\ndemo,9\ntool,5\n").unwrap();
    let ranking = Some(ranking.display().to_string());
    let config = Config { top: Some(1), ranking, artifacts: Policy::Representative, ..Config::default() };
    let (rows, summary) = world.crawl(config).await;
    assert_eq!((rows.projects.len(), rows.rankings.len(), summary.downloaded), (1, 2, 2));
    assert_eq!(world.mirrored(), ["demo-2.0-py3-none-any.whl", "demo-2.0.tar.gz"]);
}

#[tokio::test]
async fn a_directory_stands_in_for_an_index() {
    let mut world = World::new().await;
    let files = world.place.path().join("files");
    std::fs::create_dir(&files).unwrap();
    for built in [wheel("demo", "1.0"), sdist("demo", "1.0"), sdist("tool", "0.1"), Built::new("notes.txt", b"x".to_vec())] {
        std::fs::write(files.join(&built.filename), &built.bytes).unwrap();
    }
    let config = Config { find_links: Some(files.clone()), ..Config::default() };
    let (rows, summary) = world.crawl(config.clone()).await;
    assert_eq!((rows.projects.len(), rows.artifacts.len(), summary.downloaded, summary.requests), (2, 3, 2, 0));
    assert!(rows.projects.iter().all(|row| row.serial == 0 && row.first_upload.is_none()));
    assert_eq!(world.mirrored(), ["demo-1.0-py3-none-any.whl", "tool-0.1.tar.gz"]);
    assert!(world.crawl(config.clone()).await.0.is_empty());
    std::fs::remove_file(files.join("tool-0.1.tar.gz")).unwrap();
    let (rows, _) = world.crawl(config).await;
    assert_eq!((rows.projects[0].status.as_str(), rows.artifacts[0].status.as_str()), ("deleted", "gone"));
    assert!(world.index.requests().is_empty());
}

#[tokio::test]
async fn an_index_that_is_gone_ends_the_crawl() {
    let world = World::new().await;
    let names: Vec<String> = (0..150).map(|n| format!("p{n}")).collect();
    world.index.fault("/simple/", std::iter::repeat_n(Fault::Status(403), 1000));
    let config = world.list(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let error = world.open(config).run(&mut Rows::default(), ()).await.unwrap_err();
    assert!(matches!(&error, Error::GaveUp { failed: 20, last } if matches!(**last, Error::Status { status: 403, .. })), "{error}");
}

#[tokio::test]
async fn a_receiver_that_fails_ends_the_crawl() {
    struct Full;
    impl Sink for Full {
        async fn accept(&mut self, _: Rows) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
            Err("full".into())
        }
    }
    let world = World::small().await;
    let error = world.open(world.both()).run(&mut Full, ()).await.unwrap_err();
    assert!(matches!(&error, Error::Sink(_)) && error.to_string().contains("full"));
}

#[tokio::test]
async fn progress_is_told() {
    #[derive(Default, Clone)]
    struct Seen(Arc<(AtomicUsize, AtomicUsize, AtomicU64)>);
    impl Progress for Seen {
        fn population(&self, projects: usize) {
            self.0.0.store(projects, Ordering::Relaxed);
        }
        fn project(&self, _: &str) {
            self.0.1.fetch_add(1, Ordering::Relaxed);
        }
        fn bytes(&self, bytes: u64) {
            self.0.2.fetch_add(bytes, Ordering::Relaxed);
        }
    }
    let (world, seen) = (World::small().await, Seen::default());
    let summary = world.open(world.both()).run(&mut Rows::default(), seen.clone()).await.unwrap();
    let (population, projects, bytes) = &*seen.0;
    assert_eq!((population.load(Ordering::Relaxed), projects.load(Ordering::Relaxed)), (2, 2));
    assert_eq!(bytes.load(Ordering::Relaxed), summary.bytes);
}

#[tokio::test]
async fn credentials_are_sent_to_the_index_and_kept_from_the_rows() {
    let mut world = World::small().await;
    let url = world.index.url().replace("http://", "http://me:secret@");
    let config = Config { index_url: Some(url), ..world.both() };
    let crawl = Crawl::open(config, &Environment::empty(), &world.mirror(), Known::default(), "run", Time(0)).unwrap();
    let mut rows = Rows::default();
    crawl.run(&mut rows, ()).await.unwrap();
    assert!(world.index.requests().iter().all(|request| request.authorized));
    assert!(rows.artifacts.iter().all(|row| !row.url.contains("secret")));
    world.crawl(world.both()).await;
    assert!(world.index.requests().iter().all(|request| !request.authorized));
}

#[test]
fn the_index_is_found_where_it_was_told() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path();
    let write = |path: &str, section: &str, url: &str| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("[{section}]\nindex-url = {url}\n")).unwrap();
        path.display().to_string()
    };
    let home = root.join("home").display().to_string();
    let venv = root.join("venv").display().to_string();
    let mut vars = vec![("HOME".to_owned(), home), ("VIRTUAL_ENV".to_owned(), venv)];
    let find = |explicit: Option<&str>, vars: &[(String, String)]| {
        Environment::new(vars.to_vec(), root).index_url(explicit).map(|found| found.url.to_string())
    };

    // Each place that is added wins over those before it.
    let Err(Error::NoIndex { tried }) = find(None, &vars) else { panic!("an index was found where none is set") };
    assert_eq!(tried[0], "CENSUS_INDEX_URL");
    assert!(tried.iter().any(|place| place.ends_with("etc/pip.conf")) && tried.last().unwrap().contains("pip"));
    for (path, section) in [
        ("etc/pip.conf", "global"),
        ("home/.pip/pip.conf", "global"),
        ("home/.config/pip/pip.conf", "global"),
        ("venv/pip.conf", "global"),
        ("etc/xdg/pip/pip.conf", "install"),
    ] {
        let url = format!("https://{}.example/simple/", path.replace(['/', '.'], "-").trim_matches('-'));
        write(path, section, &url);
        assert_eq!(find(None, &vars).unwrap(), url, "{path}");
    }
    let own = write("own.conf", "install", "https://own.example/simple");
    vars.push(("PIP_CONFIG_FILE".to_owned(), own));
    assert_eq!(find(None, &vars).unwrap(), "https://own.example/simple/");
    for name in ["UV_DEFAULT_INDEX", "PIP_INDEX_URL", "CENSUS_INDEX_URL"] {
        let url = format!("https://{}.example/", name.to_lowercase().replace('_', "-"));
        vars.push((name.to_owned(), url.clone()));
        assert_eq!(find(None, &vars).unwrap(), url);
    }
    assert_eq!(find(Some("https://flag.example/simple"), &vars).unwrap(), "https://flag.example/simple/");
    vars.push(("CENSUS_INDEX_URL".to_owned(), "not a URL".to_owned()));
    assert!(matches!(find(None, &vars), Err(Error::IndexUrl { found_in, .. }) if found_in == "CENSUS_INDEX_URL"));
}

#[test]
fn certificates_come_from_the_environment_and_must_be_readable() {
    let place = tempfile::tempdir().unwrap();
    let bundle = place.path().join("bundle.pem");
    std::fs::write(&bundle, "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n").unwrap();
    let vars = ["PIP_CERT", "SSL_CERT_FILE"].map(|name| (name.to_owned(), bundle.display().to_string()));
    let environment = Environment::new(vars, place.path());
    assert_eq!(environment.certificates(), [bundle]);
    let config = Config { index_url: Some("https://a.example/".to_owned()), ..Config::default() };
    let opened = Crawl::open(config, &environment, &place.path().join("mirror"), Known::default(), "run", Time(0));
    assert!(matches!(opened, Err(Error::Certificates { .. } | Error::Client(_))));
}

#[test]
fn settings_are_checked() {
    let config: Config = toml::from_str("projects = \"data/samples/ten.csv\"\nartifacts = \"representative\"\nmax_bytes = 10").unwrap();
    assert_eq!((config.artifacts, config.max_bytes, config.concurrency), (Policy::Representative, Some(10), 8));
    assert!(toml::from_str::<Config>("artefacts = \"all\"").is_err());
}

#[tokio::test]
async fn a_population_is_named_once() {
    let world = World::small().await;
    for config in [Config::default(), Config { all: true, ..world.both() }, Config { top: Some(5), ..Config::default() }] {
        let error = world.open(config).run(&mut Rows::default(), ()).await.unwrap_err();
        assert!(matches!(error, Error::Population(_)));
    }
}

#[test]
fn the_samples_of_the_repository_can_be_read() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/samples");
    for (file, projects) in [("nightly.csv", 40), ("ten.csv", 10)] {
        let sample = Ranking::read(&samples.join(file)).unwrap();
        assert_eq!((sample.names.len(), sample.rows.len()), (projects, projects), "{file}");
        assert!(sample.rows.iter().all(|row| row.source == "top-pypi-packages" && row.ranked_on.to_string() == "2026-04-01"));
        assert!(sample.rows.is_sorted_by(|a, b| a.rank < b.rank && a.downloads >= b.downloads));
    }
}
