//! A small ecosystem, written and read back.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZero;

use census_lake::Lake;
use census_model::choice::{Candidate, choose};
use census_model::tables::{ArtifactRow, FactRow, MemberRow, ScanRow, TableRow, TermRow};
use census_model::{Policy, Role, Table};

use super::{Options, write};

/// A written ecosystem, and its directory for as long as it is needed.
struct Written {
    place: tempfile::TempDir,
    counts: BTreeMap<Table, u64>,
}

fn written(history: u32, threads: usize) -> Written {
    let place = tempfile::tempdir().unwrap();
    let options = Options {
        lake: place.path().join("lake"),
        data: place.path().join("data"),
        projects: 200,
        seed: 7,
        history,
        threads: NonZero::new(threads).unwrap(),
    };
    let counts = write(&options).unwrap();
    Written { place, counts }
}

impl Written {
    fn rows<R: TableRow>(&self) -> Vec<R> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let location = self.place.path().join("lake").display().to_string();
        let sql = format!("SELECT * FROM {}", R::TABLE.name());
        runtime.block_on(async { Lake::open(&location).await.unwrap().session().await.unwrap().rows(&sql).await.unwrap() })
    }

    /// The rows in words, in an order of their own.
    fn sorted<R: TableRow + std::fmt::Debug>(&self) -> Vec<String> {
        let mut rows: Vec<String> = self.rows::<R>().iter().map(|row| format!("{row:?}")).collect();
        rows.sort_unstable();
        rows
    }
}

#[test]
fn the_same_seed_gives_the_same_rows_whatever_the_threads() {
    let (one, two) = (written(1, 1), written(1, 2));
    assert_eq!(one.counts, two.counts);
    assert!(one.sorted::<FactRow>() == two.sorted::<FactRow>());
    assert!(one.sorted::<MemberRow>() == two.sorted::<MemberRow>());
    assert!(one.sorted::<TermRow>() == two.sorted::<TermRow>());
    assert!(one.sorted::<ArtifactRow>() == two.sorted::<ArtifactRow>());
    assert_eq!(one.counts[&Table::Facts], one.rows::<FactRow>().len() as u64);
}

#[test]
fn history_leaves_the_newest_releases_alone() {
    let (now, then) = (written(1, 2), written(3, 2));
    let (facts, more) = (now.sorted::<FactRow>(), then.sorted::<FactRow>());
    let all: BTreeSet<&String> = more.iter().collect();
    assert!(facts.iter().all(|fact| all.contains(fact)));
    assert!((25..=35).contains(&(10 * more.len() / facts.len())), "{} of {}", facts.len(), more.len());
}

#[test]
fn what_is_named_is_there() {
    let written = written(1, 2);
    let terms: BTreeSet<i64> = written.rows::<TermRow>().iter().map(|term| term.term_id).collect();
    let members: BTreeSet<(i64, i32)> = written.rows::<MemberRow>().iter().map(|row| (row.artifact_id, row.member)).collect();
    let facts = written.rows::<FactRow>();
    assert!(facts.iter().all(|fact| terms.contains(&fact.term_id) && members.contains(&(fact.artifact_id, fact.member))));
    let keys: BTreeSet<_> = facts.iter().map(|fact| (fact.artifact_id, fact.member, fact.term_id, fact.phase, fact.how)).collect();
    assert_eq!(keys.len(), facts.len(), "a term stands once in a member");
    let named: BTreeSet<i64> = facts.iter().map(|fact| fact.term_id).collect();
    assert!(named.is_subset(&terms) && 100 * named.len() >= 90 * terms.len(), "{} of {} terms are seen", named.len(), terms.len());
}

#[test]
fn shares_are_near_what_was_asked_for() {
    let written = written(1, 2);
    let facts = written.rows::<FactRow>();
    let mean = facts.len() / 200;
    assert!((100..2_000).contains(&mean), "{mean} facts a project");
    let percent = |role: Role| 100 * facts.iter().filter(|fact| fact.role == role.code()).count() / facts.len();
    assert!((45..80).contains(&percent(Role::Runtime)), "{} %", percent(Role::Runtime));
    assert!((5..25).contains(&percent(Role::Test)), "{} %", percent(Role::Test));
    let mut projects: HashMap<i64, BTreeSet<i64>> = HashMap::new();
    for fact in &facts {
        projects.entry(fact.term_id).or_default().insert(fact.project_id);
    }
    let most = projects.values().map(BTreeSet::len).max().unwrap();
    assert!((80..=160).contains(&most), "the commonest name is in {most} of 200 projects");
    assert!(projects.values().filter(|of| of.len() == 1).count() > projects.len() / 2, "most terms are of one project alone");
}

#[test]
fn the_files_that_pip_would_take_were_scanned() {
    let written = written(1, 2);
    let tried: BTreeSet<i64> = written.rows::<ScanRow>().iter().map(|scan| scan.artifact_id).collect();
    let mut files: BTreeMap<String, Vec<ArtifactRow>> = BTreeMap::new();
    for row in written.rows::<ArtifactRow>() {
        files.entry(row.project.clone()).or_default().push(row);
    }
    let mut scanned = 0;
    for (project, rows) in &files {
        let candidates = rows.iter().map(|row| Candidate {
            filename: &row.filename,
            requires_python: row.requires_python.as_deref(),
            yanked: row.yanked,
        });
        let chosen = choose(Policy::Representative, project, &candidates.collect::<Vec<_>>()).expect("a file for everybody");
        scanned += usize::from(chosen.files.iter().any(|&at| tried.contains(&rows[at].artifact_id)));
    }
    assert!(scanned * 100 >= files.len() * 96, "{scanned} of {}", files.len());
}
