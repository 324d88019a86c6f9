//! Rules: each fires on its own fixture and stays silent on the near miss through the whole pipeline, and a rule that changes
//! needs no scan.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use census_catalog::fixture::{self, Fixture};
use census_testkit::package::zip::{Archive, Entry};
use census_testkit::package::{Built, Compression, tar};

use crate::place::{Place, repository};

/// The name of the project that holds a fixture alone.
fn project(fixture: &Fixture) -> String {
    format!("{}-{}", if fixture.fires { "fires" } else { "silent" }, fixture.rule.replace('/', "-"))
}

/// An artifact that holds nothing but the fixture.
fn artifact(fixture: &Fixture) -> Built {
    let stem = format!("{}-1", project(fixture).replace('-', "_"));
    if fixture.is_sdist() {
        let tar = tar::Archive::new().entry(tar::Entry::new(fixture.path(), &fixture.text)).build();
        return Built::new(format!("{stem}.tar.gz"), Compression::Gzip.pack(&tar));
    }
    Built::new(format!("{stem}-py3-none-any.whl"), Archive::new().entry(Entry::new(fixture.path(), &fixture.text)).build())
}

/// Crawls, scans and counts a directory of artifacts.
fn night(place: &Place, directory: &str) {
    place.census(&["crawl", "--find-links", directory, "-q"]).ends(0);
    place.census(&["scan", "-q"]).ends(0);
    place.census(&["prevalence", "-q"]).ends(0);
}

/// The rules that count for each project.
fn counting(place: &Place) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in place.rows("SELECT DISTINCT project, rule FROM shown WHERE counts") {
        let text = |column: &str| row[column].as_str().expect("text").to_owned();
        found.entry(text("project")).or_default().insert(text("rule"));
    }
    found
}

#[test]
fn every_rule_fires_on_its_fixture_and_stays_silent_on_the_near_miss() {
    let fixtures = fixture::read(&repository().join("data")).expect("the fixtures");
    assert!(fixtures.len() > 250, "{} fixtures", fixtures.len());
    let place = Place::new();
    let built: Vec<Built> = fixtures.iter().map(artifact).collect();
    let directory = place.shelve("shelf", &built);
    night(&place, &directory);
    let found = counting(&place);
    let counts = |fixture: &Fixture| found.get(&project(fixture)).is_some_and(|rules| rules.contains(&fixture.rule));
    let wrong = fixtures.iter().filter(|fixture| counts(fixture) != fixture.fires);
    let wrong: Vec<String> = wrong.map(|f| format!("{} {}", f.rule, if f.fires { "does not fire" } else { "is not silent" })).collect();
    assert_eq!(wrong, Vec::<String>::new());
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory") {
        let from = entry.expect("an entry").path();
        let to = to.join(from.file_name().expect("a name"));
        if from.is_dir() { copy(&from, &to) } else { std::fs::copy(&from, &to).map(|_| ()).expect("a copy") }
    }
}

/// The repository's rules in a directory that a test may change.
pub(crate) fn own_data(place: &Place) -> String {
    for part in ["rules", "tlds", "fixtures"] {
        copy(&repository().join("data").join(part), &place.path("data").join(part));
    }
    std::fs::copy(repository().join("data/labels.toml"), place.path("data/labels.toml")).expect("the labels");
    place.arg("data")
}

#[test]
fn a_rule_that_changes_needs_no_scan() {
    use census_testkit::package::Wheel;
    let place = Place::new();
    let calls = Wheel::new("caller", "1").file("caller.py", "import antigravity_of_the_tests as a\na.lift(1)\n").build();
    let silent = Wheel::new("bystander", "1").file("bystander.py", "import antigravity_of_the_tests\n").build();
    let directory = place.shelve("shelf", [&calls, &silent]);
    night(&place, &directory);
    let numbers = "SELECT yes, unknown, scanned, eligible, population FROM latest_prevalence WHERE rule = 'behavior/lift' AND tier = 'all'";
    assert_eq!(place.rows(numbers), Vec::<serde_json::Value>::new());
    let before = place.versions();
    std::fs::remove_dir_all(place.path("mirror")).expect("a mirror to delete");

    let data = own_data(&place);
    let rules = std::fs::read_to_string(place.path("data/rules/behavior.toml")).expect("rules");
    let rule = "\n[[behavior]]\nid = \"behavior/lift\"\nsentence = \"Lifts things.\"\ncalls = [\"antigravity_of_the_tests.lift\"]\n";
    place.write("data/rules/behavior.toml", rules + rule);
    place.write("data/fixtures/behavior/lift/fires.py", "import antigravity_of_the_tests\n\nantigravity_of_the_tests.lift()\n");
    place.write("data/fixtures/behavior/lift/silent.py", "import antigravity_of_the_tests\n\nantigravity_of_the_tests.drop()\n");
    let table = place.census(&["prevalence", "--data", &data, "--counts"]).ends(0);
    assert!(table.out.contains("Lifts things"), "{}", table.out);

    let expected = serde_json::json!([{"yes": 1, "unknown": 0, "scanned": 2, "eligible": 2, "population": 2}]);
    assert_eq!(serde_json::json!(place.rows(numbers)), expected);
    let after = place.versions();
    for table in ["scans", "facts", "terms", "members", "artifacts", "projects"] {
        assert_eq!(before[table], after[table], "{table} was written");
    }
    assert!(after["prevalence"] > before["prevalence"]);
}
