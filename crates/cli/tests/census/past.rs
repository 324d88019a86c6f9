//! What reviewers say, what was true before, what changed and why, and the bundle that is published of it.

use std::collections::BTreeMap;

use census_model::id;
use census_testkit::package::{Built, Wheel};
use serde_json::Value;

use crate::place::Place;
use crate::rules::own_data;

const PROCESS: &str = "execution/create-process";
const PERMISSIONS: &str = "permissions/change-permissions";
const TLD: &str = "network/suspicious-tld";

fn wheel(name: &str, version: &str, text: &str) -> Built {
    Wheel::new(name, version).file(&format!("{name}.py"), text).build()
}

const CHMOD: &str = "import os\n\n\ndef f(x):\n    os.chmod(x, 0o600)\n";
const SYSTEM: &str = "import os\n\n\ndef f(x):\n    os.system(x)\n";
const URL: &str = "PAGE = 'https://nobody-has-this-host-of-the-census-tests.cc/page'\n";

/// A lake of a few projects, one night old; the pipeline and the shelf for the next.
fn first_night(place: &Place) -> [String; 2] {
    let files = [wheel("demo", "1.0", SYSTEM), wheel("other", "1.0", CHMOD), wheel("third", "1.0", URL), wheel("fourth", "1.0", "X = 1\n")];
    let shelf = place.shelve("shelf", &files);
    let pipeline = place.write("night.toml", "tiers = [2]\n");
    place.census(&["run", &pipeline, "--find-links", &shelf, "-q"]).ends(0);
    [pipeline, shelf]
}

/// How many projects show each rule that any shows.
fn numbers(place: &Place, args: &[&str]) -> BTreeMap<String, i64> {
    let table = place.census(&[&["prevalence", "--format", "json"], args].concat()).ends(0).json();
    let rows = table["rows"].as_array().expect("rows").iter();
    let number = |row: &Value| {
        let yes = row["shares"].as_array().and_then(|shares| shares.last()).and_then(|all| all["yes"].as_i64()).expect("a count");
        (row["rule"].as_str().expect("a rule").to_owned(), yes)
    };
    rows.map(number).filter(|(_, yes)| *yes > 0).collect()
}

fn runs(place: &Place) -> Vec<String> {
    let rows = place.rows("SELECT run_id FROM runs WHERE stage = 'prevalence' ORDER BY run_id");
    rows.iter().map(|row| row["run_id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn a_verdict_is_honoured_everywhere() {
    let place = Place::new();
    first_night(&place);
    let before = numbers(&place, &[]);
    assert_eq!((before[PROCESS], before[TLD]), (1, 1));

    place.census(&["verdict", "demo", PROCESS, "false", "--why", "it never runs", "--by", "me", "-q"]).ends(0);
    place.census(&["verdict", "third", TLD, "accepted", "--why", "it belongs here", "--by", "me", "-q"]).ends(0);
    let after = numbers(&place, &[]);
    assert_eq!((after.get(PROCESS), after[TLD]), (None, 1), "what was found wrong counts no more, what is accepted does");
    let page = place.census(&["report", "demo", "--format", "json"]).ends(0).json();
    let behaviors: Vec<&Value> = page["behaviors"].as_array().expect("behaviors").iter().map(|behavior| &behavior["rule"]).collect();
    assert!(!behaviors.contains(&&Value::from(PROCESS)), "{behaviors:?}");
    assert!(behaviors.contains(&&Value::from("execution/shell")), "another rule for the same call is not touched: {behaviors:?}");
    let demo = place.census(&["report", "demo"]).ends(0).out;
    assert!(demo.contains("found wrong by me") && demo.contains("it never runs"), "{demo}");
    let third = place.census(&["report", "third"]).ends(0).out;
    assert!(!third.contains("Suspicious top-level domain") && third.contains("network/suspicious-tld accepted by me"), "{third}");
    let shown = place.rows(&format!("SELECT verdict FROM shown WHERE project = 'demo' AND rule = '{PROCESS}'"));
    assert_eq!(shown[0]["verdict"], "false");

    // The newest word holds.
    place.census(&["verdict", "demo", PROCESS, "true", "--why", "it does", "--by", "me", "-q"]).ends(0);
    assert_eq!(numbers(&place, &[]), before);
}

#[test]
fn a_verdict_on_a_file_holds_while_the_file_is_the_same() {
    let place = Place::new();
    let [pipeline, shelf] = first_night(&place);
    place.census(&["verdict", "demo", PROCESS, "false", "--file", "demo.py", "--why", "dead code", "--by", "me", "-q"]).ends(0);
    assert_eq!(numbers(&place, &[]).get(PROCESS), None);
    let night = |version: &str, text: &str| {
        place.shelve("shelf", [&wheel("demo", version, text)]);
        place.census(&["run", &pipeline, "--find-links", &shelf, "-q"]).ends(0);
        numbers(&place, &[]).get(PROCESS).copied()
    };
    assert_eq!(night("1.1", SYSTEM), None, "the same file in a new release");
    assert_eq!(night("1.2", &SYSTEM.replace("f(x)", "g(x)")), Some(1), "another file");
}

#[test]
fn a_wrong_verdict_says_what_is_wrong() {
    let place = Place::new();
    first_night(&place);
    let refuses = |args: &[&str], why: &str| {
        let answer = place.census(&[&["verdict"], args, &["--why", "x", "--by", "me"]].concat()).ends(2);
        assert!(answer.err.contains(why), "{}", answer.err);
    };
    refuses(&["demo", "no/rule", "false"], "no rule is called `no/rule`");
    refuses(&["nobody", PROCESS, "false"], "the lake knows no project `nobody`");
    refuses(&["demo", PROCESS, "false", "--file", "no.py"], "no file of the newest release of `demo` is called `no.py`");
    refuses(&["demo", PROCESS, "maybe"], "accepted, true, false");
}

#[test]
fn the_past_is_worked_out_again_from_what_was_known_then() {
    let place = Place::new();
    let [pipeline, shelf] = first_night(&place);
    let first = numbers(&place, &[]);
    let then = place.rows("SELECT max(finished_at) AS t FROM runs")[0]["t"].as_str().expect("a time").to_owned();
    place.shelve("shelf", [&wheel("demo", "2.0", CHMOD), &wheel("fifth", "1.0", URL)]);
    place.census(&["run", &pipeline, "--find-links", &shelf, "-q"]).ends(0);
    place.census(&["verdict", "other", PERMISSIONS, "false", "--why", "x", "--by", "me", "-q"]).ends(0);
    let now = numbers(&place, &[]);
    assert_ne!(now, first);
    let as_of = format!("{}Z", then.trim_end_matches('Z'));
    assert_eq!(numbers(&place, &["--as-of", &as_of]), first);
    // What is history for tonight is not for then.
    place.census(&["lake", "optimize", "-q"]).ends(0);
    assert_eq!(numbers(&place, &["--as-of", &as_of, "--by", "family"]), first);
    assert_eq!(numbers(&place, &[]), now);
    assert_eq!(numbers(&place, &["--as-of", "2001-01-01"]), BTreeMap::new());
    assert!(place.census(&["prevalence", "--as-of", "yesterday"]).ends(2).err.contains("a day (2026-11-23)"));
}

#[test]
fn a_release_that_was_history_speaks_again() {
    let place = Place::new();
    let [pipeline, shelf] = first_night(&place);
    let newer = wheel("demo", "2.0", CHMOD);
    place.shelve("shelf", [&newer]);
    let night = || place.census(&["run", &pipeline, "--find-links", &shelf, "-q"]).ends(0);
    night();
    place.census(&["lake", "optimize", "-q"]).ends(0);
    assert_eq!(numbers(&place, &["--phase", "call"]).get(PROCESS), None);
    std::fs::remove_file(place.path("shelf").join(&newer.filename)).expect("the newer release");
    night();
    assert_eq!(numbers(&place, &["--phase", "call"]).get(PROCESS), Some(&1));
}

#[test]
fn a_change_is_told_apart_by_its_causes() {
    let place = Place::new();
    let [pipeline, shelf] = first_night(&place);
    place.shelve("shelf", [&wheel("fifth", "1.0", SYSTEM), &wheel("sixth", "1.0", SYSTEM)]);
    place.census(&["run", &pipeline, "--find-links", &shelf, "-q"]).ends(0);
    place.census(&["verdict", "other", PERMISSIONS, "false", "--why", "x", "--by", "me", "-q"]).ends(0);
    // A rule is changed: another call shows it, too.
    let data = own_data(&place);
    let rules = place.path("data/rules/permissions.toml");
    let text = std::fs::read_to_string(&rules).expect("rules");
    std::fs::write(&rules, text.replacen("\"os.chmod\"", "\"os.chmod\", \"os.system\"", 1)).expect("rules");
    place.census(&["prevalence", "--data", &data, "-q"]).ends(0);
    let runs = runs(&place);
    let [first, .., last] = runs.as_slice() else { panic!("{runs:?}") };

    let args = ["prevalence", "--data", &data, "--compare", first, last];
    let comparison = place.census(&[&args[..], &["--format", "json"]].concat()).ends(0).json();
    let causes: Vec<&str> = comparison["causes"].as_array().expect("causes").iter().map(|cause| cause.as_str().expect("text")).collect();
    assert_eq!(causes, ["rules", "TLD list", "verdicts", "extractor", "coverage", "ranking", "world"]);
    let change = |rule: &str| {
        let row = comparison["rows"].as_array().and_then(|rows| rows.iter().find(|row| row["rule"] == rule)).expect("a rule").clone();
        let parts: Vec<f64> = row["parts"].as_array().expect("parts").iter().map(|part| part.as_f64().expect("points")).collect();
        let whole = row["to"].as_f64().expect("a share") - row["from"].as_f64().expect("a share");
        assert!((parts.iter().sum::<f64>() - whole).abs() < 1e-9, "{row}");
        parts.iter().map(|part| (part * 100.0).round() / 100.0).collect::<Vec<f64>>()
    };
    // Of four projects one more by the rule, one less by a verdict; then two of six: 25 → 50 → 25 → 50.
    assert_eq!(change(PERMISSIONS), [25.0, 0.0, -25.0, 0.0, 0.0, 0.0, 25.0]);
    assert_eq!(change(PROCESS), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 25.0]);
    let text = place.census(&args).ends(0).out;
    assert!(text.contains("rules did not move: --all"), "{text}");

    let other = place.census(&["prevalence", "--compare", first, last]).ends(2).err;
    assert!(other.contains("was made with rules"), "{other}");
    assert!(place.census(&["prevalence", "--compare", "nothing", last]).ends(2).err.contains("no run of prevalence is called `nothing`"));
}

#[test]
fn facts_that_rules_leave_out_can_be_asked_for() {
    let place = Place::new();
    let tests = Wheel::new("demo", "1.0").file("demo/__init__.py", "X = 1\n").file("demo/tests/test_a.py", SYSTEM).build();
    let shelf = place.shelve("shelf", [&tests]);
    let pipeline = place.write("night.toml", "tiers = [2]\n");
    place.census(&["run", &pipeline, "--find-links", &shelf, "-q"]).ends(0);
    assert_eq!(numbers(&place, &[]).get(PROCESS), None);
    let versions = place.versions();
    assert_eq!(numbers(&place, &["--role", "test", "--phase", "call"]).get(PROCESS), Some(&1));
    assert_eq!(numbers(&place, &["--role", "test", "--phase", "import"]).get(PROCESS), None);
    assert_eq!(place.versions(), versions, "such numbers are shown, not kept");
    assert!(place.census(&["prevalence", "--role", "tests"]).ends(2).err.contains("one of runtime, build"));
}

#[test]
fn a_bundle_is_whole_and_is_never_changed() {
    let place = Place::new();
    assert!(place.census(&["publish", &place.arg("out")]).ends(2).err.contains("there is no lake"));
    first_night(&place);
    let out = place.arg("out");
    let bundle = std::path::PathBuf::from(place.census(&["publish", &out]).ends(0).out.trim());
    let sums = std::fs::read_to_string(bundle.join("SHA256SUMS")).expect("checksums");
    let mut named = Vec::new();
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").expect("a sum and a name");
        assert_eq!(id::hex(&id::sha256(&std::fs::read(bundle.join(name)).expect("a file"))), sum, "{name}");
        named.push(name);
    }
    assert_eq!(named, ["METHOD.md", "coverage.csv", "findings.parquet", "prevalence.csv", "rules.json", "run.json"]);
    let method = std::fs::read_to_string(bundle.join("METHOD.md")).expect("the method");
    assert!(method.contains("| scanned | 4 |") && method.contains(runs(&place)[0].as_str()), "{method}");
    let csv = std::fs::read_to_string(bundle.join("prevalence.csv")).expect("the numbers");
    assert!(csv.lines().any(|line| line.contains(PROCESS) && line.contains(",all 4,1,0,4,4,4,")), "{csv}");
    assert!(place.census(&["publish", &out]).ends(2).err.contains("is there already"));
    let left: Vec<_> = std::fs::read_dir(&out).expect("a directory").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(left.len(), 1, "{left:?}");
}
