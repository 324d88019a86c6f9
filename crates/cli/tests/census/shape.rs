//! What keeps a lake in shape: optimizing changes no answer, verifying names what is damaged, and all of it works on S3.

use std::path::PathBuf;
use std::process::Command;

use census_testkit::package::{Built, Wheel};
use census_testkit::s3::Server;
use serde_json::Value;

use crate::place::{Answer, Place};

fn wheel(name: &str, version: &str, call: &str) -> Built {
    Wheel::new(name, version).file(&format!("{name}.py"), format!("import os\n\n\ndef f(x):\n    os.{call}(x)\n")).build()
}

/// Two nights: of the second, one project has a new release.
fn two_nights(place: &Place) -> String {
    let shelf = place.shelve("shelf", [&wheel("demo", "1.0", "system"), &wheel("other", "1.0", "chmod")]);
    let pipeline = place.write("night.toml", "tiers = [5]\n");
    place.census(&["run", &pipeline, "--find-links", &shelf, "-q"]).ends(0);
    place.shelve("shelf", [&wheel("demo", "2.0", "chown")]);
    place.census(&["run", &pipeline, "--find-links", &shelf, "-q"]).ends(0);
    shelf
}

/// What people ask: the numbers, and the page of a package.
fn answers(place: &Place) -> Vec<Value> {
    let numbers = "SELECT rule, tier, yes, unknown, scanned, eligible, population, label FROM latest_prevalence ORDER BY rule, tier";
    let page = place.census(&["report", "demo", "--format", "json"]).ends(0).json();
    let evidence = "SELECT project, version, path, line, value FROM evidence WHERE project = 'other' ORDER BY path, line, value";
    [Value::from(place.rows(numbers)), page, Value::from(place.rows(evidence))].into()
}

#[test]
fn optimizing_changes_no_answer() {
    let place = Place::new();
    two_nights(&place);
    let before = answers(&place);
    let all = "SELECT artifact_id, term_id, line FROM facts UNION ALL SELECT artifact_id, term_id, line FROM facts_history";
    let facts = place.rows(&format!("SELECT * FROM ({all}) ORDER BY artifact_id, term_id, line"));
    let said = place.census(&["lake", "optimize"]).ends(0).out;
    assert!(said.lines().any(|line| line.starts_with("facts ") && line.contains(" rows to history")), "{said}");
    assert!(said.contains("out of use for 7 days"), "{said}");
    assert_eq!(answers(&place), before);
    assert_eq!(place.rows(&format!("SELECT * FROM ({all}) ORDER BY artifact_id, term_id, line")), facts);
    let old = "SELECT DISTINCT a.version FROM facts_history AS f JOIN artifacts AS a ON a.artifact_id = f.artifact_id";
    assert_eq!(serde_json::json!(place.rows(old)), serde_json::json!([{"version": "1.0"}]));
    let versions = place.versions();
    assert!(place.census(&["lake", "optimize"]).ends(0).out.starts_with("nothing to merge\n"));
    assert_eq!(place.versions(), versions);
    // Numbers that are worked out anew are the same, too.
    let rules = place.census(&["prevalence", "--format", "json"]).ends(0).json();
    place.census(&["lake", "optimize", "-q"]).ends(0);
    assert_eq!(place.census(&["prevalence", "--format", "json"]).ends(0).json(), rules);
    assert_eq!(place.census(&["lake", "optimize", "--keep-days", "0"]).ends(2).out, "");
}

/// The data files of a table.
fn data(place: &Place, table: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(place.path("lake").join(table)).expect("a table");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "parquet"));
    files.sort();
    files
}

#[test]
fn what_is_damaged_is_named() {
    let place = Place::new();
    two_nights(&place);
    let sound = place.census(&["verify"]).ends(0);
    assert!(sound.out.starts_with("sound: ") && sound.out.contains(" 3 mirrored files"), "{}", sound.out);
    assert_eq!(place.census(&["verify", "-q"]).ends(0).out, "");

    let file = data(&place, "facts").remove(0);
    let mut bytes = std::fs::read(&file).expect("a data file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    std::fs::write(&file, bytes).expect("a data file");
    let sha256 = place.rows("SELECT sha256 FROM artifacts WHERE project = 'other'")[0]["sha256"].as_str().expect("a hash").to_owned();
    let mirrored = place.path("mirror").join(&sha256[..2]).join(&sha256[2..4]).join(&sha256);
    std::fs::write(&mirrored, "something else").expect("a mirrored file");

    let damaged = place.census(&["verify"]).ends(1);
    let lines: Vec<&str> = damaged.err.lines().collect();
    assert_eq!(lines.len(), 2, "{}", damaged.err);
    let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
    assert!(lines[0].starts_with("census: table `facts`: ") && lines[0].contains(name), "{}", lines[0]);
    assert!(lines[0].ends_with("its bytes are not those that were written"), "{}", lines[0]);
    assert!(lines[1].starts_with("census: mirror: ") && lines[1].contains(&sha256), "{}", lines[1]);
    assert_eq!(damaged.out, "");
    assert_eq!(place.census(&["verify", "--tables"]).ends(1).err.lines().count(), 1);
}

/// The program on a lake in a bucket.
fn on_s3(place: &Place, server: &Server, args: &[&str]) -> Answer {
    let mut command: Command = place.command(args);
    command.env("CENSUS_LAKE", format!("s3://{}/lakes/one", Server::BUCKET)).envs(server.environment());
    Answer::of(&command.output().expect("the program starts"))
}

#[test]
fn a_lake_on_s3_is_as_any_other() {
    let server = match Server::start() {
        Ok(server) => server,
        Err(why) => return eprintln!("skipped: no S3 server: {why}"),
    };
    let place = Place::new();
    assert!(on_s3(&place, &server, &["sql", "-c", "SELECT 1"]).ends(2).err.contains("there is no lake at s3://"));
    let shelf = place.shelve("shelf", [&wheel("demo", "1.0", "system"), &wheel("other", "1.0", "chmod")]);
    let pipeline = place.write("night.toml", "tiers = [5]\n");
    on_s3(&place, &server, &["run", &pipeline, "--find-links", &shelf, "-q"]).ends(0);
    place.census(&["run", &pipeline, "--find-links", &shelf, "-q"]).ends(0);
    let numbers = "SELECT rule, tier, yes, scanned, label FROM latest_prevalence ORDER BY rule, tier";
    let there = on_s3(&place, &server, &["sql", "--format", "json", "-c", numbers]).ends(0).json();
    assert_eq!(there, Value::from(place.rows(numbers)));
    on_s3(&place, &server, &["lake", "optimize", "-q"]).ends(0);
    assert_eq!(on_s3(&place, &server, &["sql", "--format", "json", "-c", numbers]).ends(0).json(), there);
    assert!(on_s3(&place, &server, &["verify"]).ends(0).out.starts_with("sound: "));
}
