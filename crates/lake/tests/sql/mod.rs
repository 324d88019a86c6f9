//! Every SQL file of `pipelines/` beside its expected rows: `NAME.slt`, in the format of sqllogictest, over a few rows written out.
//!
//! `statement ok` makes a table of what a SELECT tells, `include` takes in another file, and a `query` may be a saved question as
//! `census sql` takes it. What the file itself answers goes by the file's name.

mod script;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use census_lake::{Lake, SAVED, Saved, Session, VIEWS};
use script::{Record, answer, read};

/// Where the SQL is.
fn pipelines() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../pipelines")
}

/// The files of a directory with this ending.
fn files(directory: &str, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(pipelines().join(directory)).expect("a directory of SQL").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == ending)).collect();
    files.sort();
    files
}

const DIRECTORIES: [&str; 3] = ["queries", "queries/views", "prevalence"];

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn stem(path: &Path) -> &str {
    path.file_stem().and_then(|stem| stem.to_str()).expect("a name")
}

/// The answer of a query: SQL, or a saved question's name and values.
async fn ask(session: &Session, query: &str) -> Result<Vec<census_lake::arrow::record_batch::RecordBatch>, census_lake::Error> {
    let mut words = query.split_whitespace();
    let Some(saved) = words.next().and_then(Saved::find) else { return session.query(query).await };
    let values: BTreeMap<String, String> =
        words.map(|word| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).expect("NAME=VALUE")).collect();
    session.query_with(saved.sql, &values).await
}

/// What a file answers, by the file's name: a step of `prevalence/` over what its script makes, a view over tables that it makes.
async fn define(session: &Session, file: &Path) {
    let is_step = file.parent().is_some_and(|parent| parent.ends_with("prevalence"));
    let defined = if is_step { session.define(stem(file), &text(file)).await } else { session.narrow(&[]).await };
    defined.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}

/// Runs the script beside a file; tells what differs.
async fn run(file: &Path) -> Vec<String> {
    let session = Lake::open_or_create("memory:///").await.expect("a lake").session().await.expect("a session");
    let (tables, queries): (Vec<_>, Vec<_>) =
        read(&file.with_extension("slt")).into_iter().partition(|r| matches!(r, Record::Table { .. }));
    for table in tables {
        let Record::Table { name, sql } = table else { continue };
        session.keep(&name, &sql).await.unwrap_or_else(|error| panic!("{}: {name}: {error}", file.display()));
    }
    define(&session, file).await;
    assert!(!queries.is_empty(), "{}: asks nothing", file.display());
    let mut wrong = Vec::new();
    for query in queries {
        let Record::Query { sql, types, sorted, expected } = query else { continue };
        let batches = ask(&session, &sql).await.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let (found_types, mut found) = answer(&batches);
        if sorted {
            found.sort();
        }
        if (types.as_str(), &expected) != (found_types.as_str(), &found) {
            wrong.push(format!("{}: query {found_types}\n{}", file.display(), found.join("\n")));
        }
    }
    wrong
}

#[tokio::test]
async fn every_file_answers_as_written_beside_it() {
    let mut wrong = Vec::new();
    for directory in DIRECTORIES {
        for file in files(directory, "sql") {
            assert!(file.with_extension("slt").is_file(), "{} has no rows that are expected of it", file.display());
            wrong.extend(run(&file).await);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_program_knows_every_file() {
    let there = |directory| -> BTreeSet<String> { files(directory, "sql").iter().map(|file| stem(file).to_owned()).collect() };
    assert_eq!(SAVED.iter().map(|saved| saved.name.to_owned()).collect::<BTreeSet<_>>(), there("queries"));
    assert_eq!(VIEWS.iter().map(|(name, _)| (*name).to_owned()).collect::<BTreeSet<_>>(), there("queries/views"));
}

#[tokio::test]
async fn a_saved_question_says_what_it_answers_and_what_it_needs() {
    let session = Lake::open_or_create("memory:///").await.unwrap().session().await.unwrap();
    for saved in SAVED {
        assert!(saved.answers().ends_with('.'), "{}", saved.name);
        let told: Vec<&str> = saved.parameters().into_iter().map(|(name, _)| name).collect();
        for name in &told {
            let others = told.iter().filter(|other| other != &name).map(|other| ((*other).to_owned(), "1".to_owned())).collect();
            let error = session.query_with(saved.sql, &others).await.unwrap_err().to_string();
            assert_eq!(error, format!("the query needs a value for `{name}`"), "{}", saved.name);
        }
        let more = told.iter().copied().chain(["no-such"]).map(|name| (name.to_owned(), "1".to_owned())).collect();
        let error = session.query_with(saved.sql, &more).await.unwrap_err().to_string();
        assert_eq!(error, "the query has no parameter `no-such`", "{}", saved.name);
    }
}

#[tokio::test]
async fn a_value_that_cannot_be_compared_is_an_error() {
    let session = Lake::open_or_create("memory:///").await.unwrap().session().await.unwrap();
    for value in ["zz", "abc"] {
        let values = BTreeMap::from([("sha256".to_owned(), value.to_owned())]);
        let error = session.query_with(Saved::find("who_has_file").unwrap().sql, &values).await.unwrap_err().to_string();
        assert_eq!(error, format!("`{value}` cannot be the value of `sha256`"));
    }
}

/// What a file is made of without its comments.
fn code(sql: &str) -> String {
    sql.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_file_is_one_select_of_what_other_engines_have_too() {
    for file in DIRECTORIES.iter().flat_map(|directory| files(directory, "sql")) {
        let sql = text(&file);
        assert!(sql.starts_with("-- "), "{} opens without saying what it is", file.display());
        let code = code(&sql);
        assert!(!code.contains(';'), "{}: more than one statement", file.display());
        let words: Vec<String> = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').map(str::to_lowercase).collect();
        assert!(matches!(words.iter().find(|word| !word.is_empty()).map(String::as_str), Some("select" | "with")), "{}", file.display());
        let other = ["create", "insert", "update", "delete", "drop", "copy", "set", "temporary", "recursive", "lateral", "qualify"];
        let found: Vec<&String> = words.iter().filter(|word| other.contains(&word.as_str())).collect();
        assert!(found.is_empty(), "{}: {found:?}", file.display());
        let calls = functions(&code);
        let strange: Vec<&String> = calls.iter().filter(|name| !FUNCTIONS.contains(&name.as_str())).collect();
        assert!(strange.is_empty(), "{}: functions {strange:?}", file.display());
    }
}

/// Functions, and words that may stand before a parenthesis, that every engine has which the SQL is meant for.
const FUNCTIONS: &[&str] = &[
    "and",
    "array_agg",
    "as",
    "bool_or",
    "by",
    "cast",
    "coalesce",
    "count",
    "decimal",
    "distinct",
    "exists",
    "first_value",
    "from",
    "having",
    "in",
    "join",
    "lower",
    "max",
    "min",
    "not",
    "on",
    "or",
    "over",
    "round",
    "row_number",
    "select",
    "strpos",
    "substr",
    "sum",
    "then",
    "union",
    "when",
    "where",
    "all",
];

/// The words that stand before a parenthesis.
fn functions(code: &str) -> BTreeSet<String> {
    let before = |at: usize| {
        let head = code[..at].trim_end();
        let start = head.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |at| at + 1);
        head[start..].to_lowercase()
    };
    code.match_indices('(').map(|(at, _)| before(at)).filter(|word| !word.is_empty()).collect()
}
