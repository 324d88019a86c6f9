//! Questions asked by hand: files without an index, single stages, SQL in every format, rules explained, pages of hostile packages.

use census_testkit::package::{Sdist, Wheel};
use serde_json::json;

use crate::place::Place;

fn wheel(name: &str, code: &str) -> census_testkit::package::Built {
    Wheel::new(name, "1.0").file(&format!("{name}/__init__.py"), code).build()
}

#[test]
fn files_are_scanned_without_index_or_lake() {
    let place = Place::new();
    let one = place.shelve("one", [&wheel("demo", "import os\nos.chown('a', 1, 1)\n")]) + "/demo-1.0-py3-none-any.whl";
    let setup = "import subprocess\nfrom setuptools import setup\nsubprocess.run(['make'])\nsetup()\n";
    let sdist = Sdist::new("other", "2.0").file("setup.py", setup).build();
    let more = place.shelve("more", [&sdist, &wheel("third", "VALUE = 1\n")]);
    let answer = place.census(&["scan", &one, &more]).ends(0);
    for expected in ["demo 1.0", "os.chown", "demo/__init__.py:2", "other 2.0", "subprocess.run", "setup.py:3", "third 1.0"] {
        assert!(answer.out.contains(expected), "no {expected} in:\n{}", answer.out);
    }
    assert!(!place.path("lake").exists() && !place.path("mirror").exists(), "nothing is kept");

    let page = place.census(&["scan", &one, "--format", "json", "-q"]).ends(0).json();
    assert_eq!(page["project"], json!("demo"));
    assert!(page.to_string().contains("file/change-owner"));
}

/// Two projects, ranked with a third that is not there, by single stages.
fn filled() -> Place {
    let place = Place::new();
    let files = [wheel("alpha", "import os\nos.chown('a', 1, 1)\n"), wheel("beta", "import os\n\n\ndef f():\n    os.system('ls')\n")];
    let directory = place.shelve("shelf", &files);
    let ranking = place.write("ranking.csv", "# source: by hand\n# ranked_on: 2026-04-01\nproject,downloads\nbeta,9\nalpha,9\ngone,3\n");
    let crawl = place.census(&["crawl", "--find-links", &directory, "--ranking", &ranking, "-q"]).ends(1);
    assert_eq!(crawl.err, "census: 1 project is not in the index\n");
    place.census(&["scan", "-q"]).ends(0);
    place
}

#[test]
fn single_stages_make_a_night() {
    let place = filled();
    let sql = "SELECT project, rank FROM current_ranking ORDER BY rank";
    assert_eq!(
        json!(place.rows(sql)),
        json!([{"project": "alpha", "rank": 1}, {"project": "beta", "rank": 2}, {"project": "gone", "rank": 3}])
    );
    let table = place.census(&["prevalence", "--counts"]).ends(0).out;
    assert!(table.contains("Changes who owns files") && table.contains("Creates a process"), "{table}");
    let csv = place.census(&["prevalence", "--format", "csv"]).ends(0).out;
    assert!(csv.lines().any(|line| line.contains("file/change-owner")), "{csv}");
    let numbers = place.census(&["prevalence", "--format", "json"]).ends(0).json();
    assert!(numbers.to_string().contains("execution/create-process"));
    let markdown = place.census(&["prevalence", "--format", "md"]).ends(0).out;
    assert!(markdown.contains("| "), "{markdown}");
    // Asking again works nothing out anew.
    let before = place.versions();
    place.census(&["prevalence"]).ends(0);
    assert_eq!(place.versions(), before);
}

#[test]
fn sql_answers_in_every_format() {
    let place = filled();
    let query = "SELECT project, value, phase FROM evidence WHERE kind = 'call' AND value LIKE 'os.%' ORDER BY project";
    let ask = |format: &str| place.census(&["sql", "--format", format, "-c", query]).ends(0);
    assert_eq!(ask("csv").out, "project,value,phase\nalpha,os.chown,import\nbeta,os.system,call\n");
    let rows = json!([
        {"project": "alpha", "value": "os.chown", "phase": "import"},
        {"project": "beta", "value": "os.system", "phase": "call"},
    ]);
    assert_eq!(ask("json").json(), rows);
    assert!(ask("table").out.contains("| alpha   | os.chown  | import |"), "{}", ask("table").out);
    let file = place.arg("answer.parquet");
    place.census(&["sql", "--format", "parquet", "-o", &file, "-c", query]).ends(0);
    let bytes = std::fs::read(&file).expect("a file");
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    // The query may stand in a file.
    let file = place.write("query.sql", query);
    assert_eq!(place.census(&["sql", "--format", "json", "-f", &file]).ends(0).json(), rows);
    assert_eq!(json!(place.rows("SELECT 1 AS one WHERE false")), json!([]));
}

#[test]
fn rules_and_columns_are_explained() {
    let place = Place::new();
    let rule = place.census(&["explain", "permissions/change-permissions"]).ends(0).out;
    assert!(rule.contains("Changes permissions of files or directories.") && rule.contains("os.chmod"), "{rule}");
    let issue = place.census(&["explain", "network/suspicious-tld", "--format", "json"]).ends(0).json();
    assert_eq!(issue["severity"], json!("low"));
    assert!(!issue["next_steps"].as_array().expect("steps").is_empty());
    let columns = place.census(&["explain", "columns"]).ends(0).out;
    for name in ["startup", "vendored", "resolved", "folded", "stub"] {
        assert!(columns.contains(name), "{columns}");
    }
    let wrong = place.census(&["explain", "permissions/change-permission"]).ends(2);
    assert!(wrong.err.contains("permissions/change-permissions"), "{}", wrong.err);
}

/// Names that would steer a terminal, a page or a table if they were let.
#[test]
fn pages_of_hostile_packages_are_harmless() {
    let place = Place::new();
    let call = "import os\nos.chown('a', 1, 1)\n";
    let url = "PAGE = 'https://nobody-has-this-host.cc/<script>alert(1)</script>'\n";
    let hostile = ["evil\u{1b}[2J\u{1b}]0;owned\u{7}.py", "<img src=x onerror=alert(1)>.py", "a|b`c\u{202e}d.py", "new\nline.py"];
    let wheel = Wheel::new("hostile", "1.0").file("hostile/__init__.py", url);
    let wheel =
        hostile.iter().fold(wheel, |wheel, name| wheel.file(&format!("hostile/{name}"), call)).field("Summary", "\u{1b}[31mred<b>").build();
    let directory = place.shelve("shelf", [&wheel]);
    place.census(&["crawl", "--find-links", &directory, "-q"]).ends(0);
    place.census(&["scan", "-q"]).ends(0);
    place.census(&["prevalence", "-q"]).ends(0);
    let steering = |text: &str| text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}');
    for format in ["text", "md", "html", "json"] {
        let page = place.census(&["report", "hostile", "--format", format, "--all"]).ends(0).out;
        assert!(!steering(&page), "{format} steers: {page:?}");
        assert!(page.contains("os.chown") && page.contains("onerror"), "{format} hides the evidence:\n{page}");
        if format == "html" {
            assert!(!page.contains("<img src=x") && !page.contains("<script>alert"), "{page}");
        }
        if format == "json" {
            let page: serde_json::Value = serde_json::from_str(&page).expect("JSON");
            assert!(page.to_string().contains(r"\u001b[2J"), "JSON keeps what is there");
        }
    }
    let table = place.census(&["sql", "-c", "SELECT path FROM members ORDER BY path"]).ends(0).out;
    assert!(!steering(&table), "{table:?}");
}
