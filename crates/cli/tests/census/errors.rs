//! What is said when something is wrong: what, where, a hint, and an exit code that means it.

use std::net::TcpListener;
use std::process::Command;

use census_testkit::index::Fault;
use census_testkit::package::{Built, Wheel};

use crate::place::{Answer, Place, Served};
use crate::rules::own_data;

/// What was said on standard error, with what differs from machine to machine masked.
fn said(place: &Place, answer: &Answer) -> String {
    let here = place.path("");
    let here = here.to_str().expect("a path of text").trim_end_matches('/');
    let mut text = answer.err.replace(here, "[HERE]");
    for (before, mask) in [("127.0.0.1:", "[PORT]"), ("localhost:", "[PORT]")] {
        let mut parts = text.split(before);
        let first = parts.next().unwrap_or_default().to_owned();
        let port = |part: &str| part.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned();
        text = parts.fold(first, |text, part| format!("{text}{before}{mask}{}", port(part)));
    }
    text
}

/// A fault that ends a command: exit code 2, and a hint.
#[track_caller]
fn fatal(place: &Place, args: &[&str]) -> String {
    let answer = place.census(args).ends(2);
    assert!(answer.err.starts_with("error: ") && answer.err.contains("\nhint: "), "{}", answer.err);
    assert_eq!(answer.out, "");
    said(place, &answer)
}

/// A lake with one project in it.
fn filled() -> Place {
    let place = Place::new();
    let directory = place.shelve("shelf", [&Wheel::new("demo", "1.0").file("demo.py", "import os\nos.system('ls')\n").build()]);
    place.census(&["crawl", "--find-links", &directory, "-q"]).ends(0);
    place.census(&["scan", "-q"]).ends(0);
    place.census(&["prevalence", "-q"]).ends(0);
    place
}

/// Nobody listens there.
fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}/simple/", listener.local_addr().expect("an address"))
}

#[test]
fn without_an_index() {
    let place = Place::new();
    let list = place.write("list.txt", "six\n");
    let mut command = place.command(&["crawl", "--projects", &list]);
    command.env("PATH", place.path("no-programs")).env("PIP_CONFIG_FILE", "/dev/null");
    let output = command.output().expect("the program starts");
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{err}");
    insta::assert_snapshot!(err);
}

#[test]
fn an_index_out_of_reach() {
    let place = Place::new();
    let list = place.write("list.txt", "six\n");
    let answer = place.census(&["crawl", "--projects", &list, "--index-url", &closed(), "-q"]).ends(2);
    insta::assert_snapshot!(said(&place, &answer));
    let answer = place.census(&["crawl", "--all", "--index-url", &closed(), "-q"]).ends(2);
    insta::assert_snapshot!(said(&place, &answer));
    insta::assert_snapshot!(fatal(&place, &["crawl", "--projects", &list, "--index-url", "ftp://files.example/"]));
}

#[test]
fn without_a_lake() {
    let place = Place::new();
    for args in [&["report", "six"][..], &["sql", "-c", "SELECT 1"], &["prevalence"], &["scan"], &["verify"], &["lake", "optimize"]] {
        let said = fatal(&place, args);
        assert_eq!(said, fatal(&place, &["report", "six"]), "one fault, one text");
    }
    insta::assert_snapshot!(fatal(&place, &["report", "six"]));
    assert!(!place.path("lake").exists(), "who only reads makes no lake");
}

#[test]
fn what_the_lake_does_not_know() {
    let place = filled();
    insta::assert_snapshot!(fatal(&place, &["report", "no-such-project"]));
    insta::assert_snapshot!(fatal(&place, &["report", "demo==7"]));
    insta::assert_snapshot!(fatal(&place, &["sql", "-c", "SELEC 1"]));
    insta::assert_snapshot!(fatal(&place, &["sql", "-c", "SELECT nothing FROM facts"]));
    insta::assert_snapshot!(fatal(&place, &["sql", "--format", "parquet", "-c", "SELECT 1"]));
    insta::assert_snapshot!(fatal(&place, &["explain", "process"]));
}

#[test]
fn saved_questions() {
    let place = filled();
    let list = place.census(&["sql", "--list"]).ends(0).out;
    assert!(list.contains("\nwhere_called project=… value=…\n"), "{list}");
    let answer = place.census(&["sql", "who_calls", "value=os.system", "--format", "csv"]).ends(0);
    assert_eq!(answer.out, "rank,project,artifacts,files,times,phase\n,demo,1,1,1,import\n");
    for (args, what) in [
        (&["sql", "who_calls"][..], "the query needs a value for `value`"),
        (&["sql", "who_calls", "value=a", "version=1"], "the query has no parameter `version`"),
        (&["sql", "who_has_file", "sha256=xyz"], "`xyz` cannot be the value of `sha256`"),
        (&["sql", "who_is_it"], "there is no saved query `who_is_it`"),
        (&["sql", "who_calls", "shows"], "more than one query"),
    ] {
        let said = fatal(&place, args);
        assert!(said.contains(what), "{said}");
    }
}

#[test]
fn rules_that_are_wrong() {
    let place = filled();
    let data = own_data(&place);
    let rules = std::fs::read_to_string(place.path("data/rules/registry.toml")).expect("rules");
    place.write("data/rules/registry.toml", rules.replacen("sentence =", "sentense =", 1));
    insta::assert_snapshot!(fatal(&place, &["prevalence", "--data", &data]));
    place.write("data/rules/registry.toml", rules.replacen("[[behavior]]", "[[behavior]", 1));
    insta::assert_snapshot!(fatal(&place, &["prevalence", "--data", &data]));
    place.write("data/rules/registry.toml", &rules);
    std::fs::remove_file(place.path("data/fixtures/registry/open-keys/silent.py")).expect("a fixture");
    insta::assert_snapshot!(fatal(&place, &["prevalence", "--data", &data]));
}

#[test]
fn a_command_line_that_is_wrong() {
    let place = Place::new();
    for args in [&["run", "--no-such-option"][..], &["prevalence", "--policy", "none"], &["crawl", "--top", "many"], &["no-such-command"]] {
        let answer = place.census(args).ends(2);
        assert!(answer.err.starts_with("error: ") && answer.err.contains("--help"), "{}", answer.err);
    }
    let pipeline = place.write("night.toml", "[crawl]\ntopp = 3\n");
    insta::assert_snapshot!(fatal(&place, &["run", &pipeline]));
    insta::assert_snapshot!(fatal(&place, &["run", &place.arg("missing.toml")]));
    insta::assert_snapshot!(fatal(&place, &["crawl", "--index-url", &closed()]));
    let ranking = place.write("ranking.csv", "# ranked_on: 2026-04-01\nproject,downloads\nsix,many\n");
    insta::assert_snapshot!(fatal(&place, &["crawl", "--top", "5", "--ranking", &ranking, "--index-url", &closed()]));
}

#[test]
fn a_damaged_lake() {
    let place = filled();
    let log = std::fs::read_dir(place.path("lake/facts/_delta_log")).expect("a log");
    for entry in log {
        std::fs::write(entry.expect("an entry").path(), "garbage\n").expect("a file");
    }
    for args in [&["report", "demo"][..], &["sql", "-c", "SELECT count(*) FROM facts"], &["prevalence"], &["scan"]] {
        // The library that reads the log may have its own say before.
        let said = place.census(args).ends(2).err;
        let error = said.lines().find(|line| line.starts_with("error: ")).unwrap_or_else(|| panic!("{args:?}: {said}"));
        assert!(error.contains("`facts`"), "{args:?}: {said}");
        assert!(said.lines().any(|line| line.starts_with("hint: the lake is damaged")), "{args:?}: {said}");
        assert!(!said.contains('\u{1b}'), "no color without a terminal: {said:?}");
    }
}

#[test]
fn a_file_with_another_hash_is_left_out_and_the_rest_is_done() {
    let (place, served) = (Place::new(), Served::new());
    for name in ["bad", "good"] {
        let built = Wheel::new(name, "1.0").file(&format!("{name}.py"), "import os\nos.system('ls')\n").build();
        served.index.put(name, built);
    }
    served.index.fault("bad-1.0", std::iter::repeat_n(Fault::Changed, 10));
    let list = place.write("list.txt", "bad\ngood\n");
    let pipeline = place.write("night.toml", "");
    let answer = place.census(&["run", &pipeline, "--projects", &list, "--index-url", &served.url(), "-q"]).ends(1);
    let text = said(&place, &answer);
    assert!(text.contains("bad-1.0-py3-none-any.whl") && !text.contains("good"), "{text}");
    let sql = "SELECT yes, scanned, eligible, population FROM latest_prevalence WHERE rule = 'execution/create-process' AND tier = 'all'";
    assert_eq!(serde_json::json!(place.rows(sql)), serde_json::json!([{"yes": 1, "scanned": 1, "eligible": 2, "population": 2}]));
}

#[test]
fn an_index_that_answers_nonsense_for_one_project() {
    let (place, served) = (Place::new(), Served::new());
    for name in ["bad", "good"] {
        served.index.put(name, Wheel::new(name, "1.0").file(&format!("{name}.py"), "import os\n").build());
    }
    served.index.fault("/simple/bad/", std::iter::repeat_n(Fault::Body("{\"nonsense\""), 10));
    let list = place.write("list.txt", "bad\ngood\n");
    let answer = place.census(&["crawl", "--projects", &list, "--index-url", &served.url(), "-q"]).ends(1);
    insta::assert_snapshot!(said(&place, &answer));
    assert_eq!(place.rows("SELECT project FROM current_projects").len(), 1);
}

#[test]
fn artifacts_that_are_none() {
    let place = Place::new();
    let whole = Wheel::new("demo", "1.0").file("demo.py", "import os\n").build();
    let cut = whole.bytes[..whole.bytes.len() / 2].to_vec();
    let broken = place.write("demo-1.0-py3-none-any.whl", cut);
    let answer = place.census(&["scan", &broken, "-q"]).ends(1);
    insta::assert_snapshot!(said(&place, &answer));
    let notes = place.write("notes.txt", "no artifact\n");
    let answer = place.census(&["scan", &notes, "-q"]).ends(1);
    insta::assert_snapshot!(said(&place, &answer));
    insta::assert_snapshot!(fatal(&place, &["scan", &place.arg("missing-1.0-py3-none-any.whl")]));
}

#[test]
fn a_full_disk() {
    let place = Place::new();
    let noise: Vec<u8> = (0..400_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let large = Built::new("large-1.0.tar.gz", noise);
    let directory = place.shelve("shelf", [&large]);
    // Files above so many blocks of 512 or 1024 bytes cannot be written; the signal that tells is ignored, as the program must.
    let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"";
    let program = place.command(&["crawl", "--find-links", &directory, "-q"]);
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(script).arg(program.get_program()).args(program.get_args());
    shell.env_clear().envs(program.get_envs().filter_map(|(key, value)| Some((key, value?)))).current_dir(crate::place::repository());
    let output = shell.output().expect("a shell");
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(matches!(output.status.code(), Some(1 | 2)), "{:?} {err}", output.status);
    assert!(err.contains("large-1.0.tar.gz") || err.contains("mirror"), "where: {err}");
    // With room again all is well.
    place.census(&["crawl", "--find-links", &directory, "-q"]).ends(0);
    assert_eq!(place.rows("SELECT filename FROM current_artifacts").len(), 1);
}

#[test]
fn quiet_is_quiet_and_without_a_terminal_progress_is_lines() {
    let place = Place::new();
    let directory = place.shelve("shelf", [&Wheel::new("demo", "1.0").file("demo.py", "import os\n").build()]);
    let quiet = place.census(&["crawl", "--find-links", &directory, "-q"]).ends(0);
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));
    let scan = place.census(&["scan"]).ends(0);
    assert!(scan.err.lines().all(|line| line.starts_with("scan: ")), "{}", scan.err);
    assert!(scan.err.contains("1 of 1 artifacts") && !scan.err.contains(['\r', '\u{1b}']), "{}", scan.err);
    assert!(scan.out.contains("scan"), "{}", scan.out);
    let again = place.census(&["scan", "-q"]).ends(0);
    assert_eq!((again.out.as_str(), again.err.as_str()), ("", ""));
}
