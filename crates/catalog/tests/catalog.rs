//! The repository's own catalog, and what a wrong one is told.

use std::path::PathBuf;

use census_catalog::{Catalog, Counts, Error, Key, Problem, Raised, Sources, Test, Within, fixture, listing};
use census_model::{How, Kind, Phase, Role};
use serde_json::{Value, json};

fn data() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data")
}

#[test]
fn the_catalog_of_the_repository_holds() {
    let read = Catalog::read(&data()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(read, Catalog::embedded().expect("the embedded copy"), "the program holds another catalog than the repository");
    assert_eq!(read.rows().len(), read.ids().count());
    for id in read.ids() {
        let explained = read.explain(id).expect("every rule can be explained");
        assert_eq!(explained.rule, id);
        assert_eq!(explained.kind == "issue", explained.severity.is_some());
    }
    assert!(read.explain("none/such").is_none());
}

#[test]
fn the_lists_are_what_they_say() {
    let catalog = Catalog::embedded().expect("the catalog");
    let tlds = |name: &str| catalog.tlds.list(name).expect("a list").entries.iter().map(|e| e.tld.as_str()).collect::<Vec<_>>();
    let (current, mut legacy) = (tlds("current"), tlds("legacy"));
    legacy.sort_unstable();
    assert_eq!(legacy, ["cf", "ga", "gq", "ml", "tk"]);
    assert!(current.contains(&"cc") && legacy.iter().all(|tld| !current.contains(tld)));
    assert!(catalog.tlds.list("current").expect("a list").entries.iter().all(|entry| entry.score.is_some_and(|score| score >= 100.0)));
    let issue = catalog.issue("network/suspicious-tld").expect("an issue");
    assert_eq!(issue.raised.behaviors().len(), 2);
}

#[test]
fn every_rule_file_fits_the_schema() {
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(data().join("rules/schema.json")).expect("the schema")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for (path, text) in Sources::read(&data()).expect("the sources").0.iter().filter(|(path, _)| path.starts_with("rules/")) {
        let value: Value = toml::from_str(text).expect("TOML");
        let errors: Vec<_> = validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{path}: {errors:#?}");
    }
    let properties = &schema["$defs"]["behavior"]["properties"];
    assert!(Key::ALL.iter().all(|key| properties.get(key.name()).is_some()));
    let wrong = [
        json!({"behavior": [{"id": "a/b", "sentence": "B.", "cals": ["x"]}]}),
        json!({"behavior": [{"id": "a/b", "sentence": "B.", "calls": ["a*b"]}]}),
        json!({"issue": [{"id": "a/b", "severity": "low", "title": "T", "problem": "P.", "next_steps": ["S."]}]}),
    ];
    assert!(wrong.iter().all(|value| !validator.is_valid(value)));
}

#[test]
fn the_listing_is_up_to_date() {
    let (path, fresh) = (data().join("rules/README.md"), listing(&Catalog::embedded().expect("the catalog")));
    if std::env::var_os("CENSUS_WRITE").is_some() {
        std::fs::write(&path, &fresh).expect("written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == fresh, "data/rules/README.md is out of date: CENSUS_WRITE=1 cargo test -p census-catalog");
}

const BEHAVIOR: &str = "[[behavior]]\nid = \"a/b\"\nsentence = \"Does it.\"\ncalls = [\"os.chmod\"]\n";
const ISSUE: &str = "[[issue]]\nid = \"a/i\"\nseverity = \"low\"\ntitle = \"T\"\nproblem = \"P.\"\nnext_steps = [\"S.\"]\n";

/// The repository's lists with one rule file, `a.toml`, and one retired id.
fn sources(rules: &str) -> Sources {
    let mut sources = Sources::embedded();
    sources.0.retain(|path, _| !path.starts_with("rules/"));
    sources.0.insert("rules/a.toml".into(), rules.into());
    sources.0.insert("rules/retired.toml".into(), "retired = [\"a/old\"]\n".into());
    sources
}

fn parse(rules: &str) -> Result<Catalog, Error> {
    Catalog::parse(&sources(rules))
}

/// What the file is told: the line and the problem.
fn told(rules: &str) -> (usize, String) {
    match parse(rules).expect_err("wrong") {
        Error::Rule { line, problem, .. } => (line, format!("{problem:?}").split([' ', '(', '{']).next().unwrap_or_default().to_owned()),
        Error::Toml { line, source, .. } => (line, source.message().to_owned()),
        other => panic!("{other}"),
    }
}

#[test]
fn wrong_rules_are_told_where_and_why() {
    let says = |rules: &str, line: usize, problem: &str| {
        let (at, what) = told(rules);
        assert!(at == line && what.starts_with(problem), "{rules}\n{at} {what}");
    };
    says(&BEHAVIOR.replace("calls", "cals"), 4, "unknown field `cals`");
    says(&BEHAVIOR.replace("a/b", "b/b"), 2, "Id");
    says(&BEHAVIOR.replace("a/b", "a/B"), 2, "Id");
    says(&BEHAVIOR.replace("a/b", "a/old"), 2, "Retired");
    says(&format!("{BEHAVIOR}\n{BEHAVIOR}"), 7, "Duplicate");
    says(&format!("{BEHAVIOR}{}behaviors = [\"a/b\"]\n", ISSUE.replace("a/i", "a/b")), 6, "Duplicate");
    says(&BEHAVIOR.replace("Does it.", ""), 2, "Sentence");
    says(&BEHAVIOR.replace("Does it.", "does it"), 2, "Sentence");
    says(&BEHAVIOR.replace("[\"os.chmod\"]", "[]"), 2, "NoMatcher");
    says(&BEHAVIOR.replace("os.chmod", "re:("), 4, "Regex");
    says(&BEHAVIOR.replace("os.chmod", "os.*mod"), 4, "Pattern");
    says(&BEHAVIOR.replace("\"os.chmod\"", "\"x\",\n\"x\""), 5, "Twice");
    says(&format!("{BEHAVIOR}tlds = [\"none\"]\n"), 5, "UnknownList");
    says(&format!("{BEHAVIOR}everywhere = true\ncounts = {{ phases = [\"call\"] }}\n"), 2, "Counts");
    says(&format!("{BEHAVIOR}counts = {{ phases = [] }}\n"), 2, "Counts");
    says(&format!("{BEHAVIOR}counts = {{ phases = [\"later\"] }}\n"), 5, "unknown variant `later`");
    says(&format!("{BEHAVIOR}precision = 0.9\n"), 2, "Precision");
    says(ISSUE, 2, "Raised");
    says(&format!("{ISSUE}behaviors = [\"a/none\"]\n"), 7, "UnknownBehavior");
    says(&format!("{ISSUE}behaviors = [\"a/b\"]\nwhere = \"1 = 1\"\n{BEHAVIOR}"), 2, "Raised");
    says(&format!("{ISSUE}behaviors = [\"a/b\"]\nall = true\n{BEHAVIOR}"), 2, "Raised");
    says(&format!("{ISSUE}where = \" \"\n"), 2, "Raised");
    says(&format!("{}where = \"1 = 1\"\n", ISSUE.replace("[\"S.\"]", "[]")), 2, "NoSteps");
    says(&format!("{}where = \"1 = 1\"\n", ISSUE.replace("low", "dire")), 3, "unknown variant `dire`");
}

#[test]
fn wrong_lists_are_refused() {
    let with = |path: &str, from: &str, to: &str| {
        let mut sources = sources(BEHAVIOR);
        let text = sources.0[path].replace(from, to);
        sources.0.insert(path.into(), text);
        Catalog::parse(&sources)
    };
    assert!(with("labels.toml", "", "").is_ok());
    assert!(matches!(with("labels.toml", "0.001 ", "0.1 "), Err(Error::List { problem: Problem::Range(_), .. })));
    assert!(matches!(with("tlds/legacy.toml", "\"tk\"", "\".tk\""), Err(Error::List { problem: Problem::Tld(_), .. })));
    assert!(matches!(with("tlds/legacy.toml", "\"tk\"", "\"ml\""), Err(Error::List { problem: Problem::Tld(_), .. })));
    assert!(matches!(with("tlds/legacy.toml", "2023-12-31", "2023"), Err(Error::List { problem: Problem::Range(_), .. })));
    let mut none = sources(BEHAVIOR);
    none.0.remove("labels.toml");
    assert!(matches!(Catalog::parse(&none), Err(Error::Missing(_))));
}

#[test]
fn a_behavior_becomes_matchers() {
    let catalog = parse(&format!(
        "{BEHAVIOR}names = [\"os.environ\"]\nurls = [\"https://a.example/*\"]\ndomains = [\"b.example\"]\nexclude = [\"https://a.example/ok\"]\n"
    ));
    let catalog = catalog.expect("a catalog");
    let got: Vec<_> = catalog.matchers().map(|m| (m.kind, m.test, m.pattern.as_str(), m.exclude)).collect();
    assert!(got.contains(&(Kind::Call, Test::Exact, "os.environ", false)) && got.contains(&(Kind::Name, Test::Exact, "os.environ", false)));
    assert!(got.contains(&(Kind::Url, Test::Prefix, "https://a.example/", false)));
    assert!(got.contains(&(Kind::Url, Test::Exact, "https://a.example/ok", true)));
    assert!(got.contains(&(Kind::Url, Test::Domain, "b.example", false)));
    // A pattern that excludes is compared with whole values, under hosts too, and stands once for a kind.
    assert_eq!(got.iter().filter(|(kind, _, _, exclude)| *kind == Kind::Url && *exclude).count(), 1);
    assert_eq!(catalog.behavior("a/b").expect("a rule").counts, Counts::code());
}

#[test]
fn counts_start_from_code_that_runs() {
    let counts = |more: &str| parse(&format!("{BEHAVIOR}{more}\n")).expect("a catalog").behaviors[0].counts.clone();
    let install = counts("counts = { phases = [\"install\"] }");
    assert_eq!((install.phases.as_slice(), install.roles), ([Phase::Install].as_slice(), vec![Role::Runtime, Role::Build, Role::Vendored]));
    assert!(!counts("").hows.contains(&How::String) && !counts("").phases.contains(&Phase::Never));
    assert_eq!(counts("everywhere = true").roles, Role::ALL);
}

#[test]
fn an_issue_says_what_raises_it() {
    let two = format!("{BEHAVIOR}{}", BEHAVIOR.replace("a/b", "a/c"));
    let raised = |more: &str| parse(&format!("{two}{ISSUE}{more}\n")).expect("a catalog").issues[0].raised.clone();
    let both = vec!["a/b".to_owned(), "a/c".to_owned()];
    assert_eq!(raised("behaviors = [\"a/b\", \"a/c\"]"), Raised::Any(both.clone()));
    assert_eq!(raised("behaviors = [\"a/b\", \"a/c\"]\nall = true"), Raised::All(both.clone(), Within::Artifact));
    assert_eq!(raised("behaviors = [\"a/b\", \"a/c\"]\nall = true\nwithin = \"file\""), Raised::All(both, Within::File));
    assert_eq!(raised("where = \"repository IS NULL\""), Raised::Where("repository IS NULL".into()));
}

#[test]
fn the_version_is_of_the_rules_and_not_of_their_layout() {
    let version = |rules: &str| parse(rules).expect("a catalog").version;
    let other = BEHAVIOR.replace("a/b", "a/c");
    assert_eq!(version(&format!("{BEHAVIOR}{other}")), version(&format!("# both\n{other}\n{BEHAVIOR}")));
    assert_ne!(version(BEHAVIOR), version(&BEHAVIOR.replace("chmod", "chown")));
    assert_eq!(version(BEHAVIOR).len(), 12);
}

#[test]
fn a_rule_needs_its_fixtures() {
    let dir = tempfile::tempdir().expect("a directory");
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).and_then(|()| std::fs::write(path, text)).expect("written");
    };
    sources(BEHAVIOR).0.iter().for_each(|(path, text)| write(path, text));
    let problem = || match Catalog::read(dir.path()) {
        Err(Error::Fixture { problem, .. }) => problem.to_string(),
        other => panic!("{other:?}"),
    };
    write("fixtures/a/b/fires.py", "import os\nos.chmod('x', 0)\n");
    assert!(problem().contains("silent"));
    write("fixtures/a/b/silent.py", "import os\nos.chmod('x', 0)\n");
    assert!(problem().contains("same text"));
    write("fixtures/a/b/silent.py", "chmod = 'os.chmod'\n");
    let catalog = Catalog::read(dir.path()).expect("a catalog");
    assert_eq!(catalog.behaviors.len(), 1);
    write("fixtures/a/b/silent.sh", "echo\n");
    assert!(problem().contains("exactly one"));
    std::fs::remove_file(dir.path().join("fixtures/a/b/silent.sh")).expect("removed");
    write("fixtures/a/gone/fires.py", "1\n");
    assert!(problem().contains("no such rule"));
}

#[test]
fn fixtures_know_where_they_stand() {
    let fixtures = fixture::read(&data()).expect("the fixtures");
    assert!(fixtures.iter().all(|f| !f.text.trim().is_empty() && !f.text.contains("{{letters")));
    let key = fixtures.iter().find(|f| f.rule == "secrets/private-key" && f.fires).expect("a fixture");
    assert!(key.text.lines().all(|line| line.len() == 64 || line.starts_with("-----")), "{}", key.text);
    let stands = |suffix: &str| {
        let fixture = fixture::Fixture { rule: "a/b".into(), fires: true, suffix: suffix.into(), text: String::new() };
        (fixture.path(), fixture.is_sdist())
    };
    assert_eq!(stands("py"), ("fixture/module.py".into(), false));
    assert_eq!(stands("setup.py"), ("fixture-1/setup.py".into(), true));
    assert_eq!(stands("METADATA"), ("fixture-1.dist-info/METADATA".into(), false));
    assert_eq!(stands("pth"), ("fixture.pth".into(), false));
}
