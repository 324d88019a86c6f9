//! A hundred packages made from a plan, and the numbers that follow from the plan alone, against those of `census run`.

use std::collections::{BTreeMap, BTreeSet};

use census_testkit::package::zip::{Archive, Entry, Method};
use census_testkit::package::{Built, Sdist, Wheel};

use crate::place::{Chance, Place, Served};

/// Something to plant: a call, and the rules that it shows; or, without a function, a URL.
struct Plant {
    module: &'static str,
    function: &'static str,
    arguments: &'static str,
    rules: &'static [&'static str],
}

const fn plant(module: &'static str, function: &'static str, arguments: &'static str, rules: &'static [&'static str]) -> Plant {
    Plant { module, function, arguments, rules }
}

const PLANTS: [Plant; 6] = [
    plant("subprocess", "check_call", "['true']", &["execution/create-process"]),
    plant("os", "chmod", "'a', 0o600", &["permissions/change-permissions"]),
    plant("os", "chown", "'a', 1, 1", &["file/change-owner"]),
    plant("winreg", "OpenKey", "winreg_key, 'Software'", &["registry/open-keys"]),
    plant("builtins", "eval", "text", &["execution/evaluate-code"]),
    plant("", "", "", &["network/url-suspicious-tld", "network/suspicious-tld"]),
];

/// Under a listed top-level domain, at a host that nobody has.
const URL: &str = "https://nobody-has-this-host-of-the-census-tests.cc/page";

/// Where and how it is planted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spot {
    Module,
    Function,
    Class,
    Alias,
    Disguise,
    Vendored,
    Setup,
    Tests,
    Docs,
    Stub,
    Words,
    OwnName,
}

const SPOTS: [Spot; 12] = [
    Spot::Module,
    Spot::Function,
    Spot::Class,
    Spot::Alias,
    Spot::Disguise,
    Spot::Vendored,
    Spot::Setup,
    Spot::Tests,
    Spot::Docs,
    Spot::Stub,
    Spot::Words,
    Spot::OwnName,
];

impl Spot {
    /// Whether code there runs when the package is used: what is counted of calls.
    fn runs(self) -> bool {
        !matches!(self, Self::Tests | Self::Docs | Self::Stub | Self::Words | Self::OwnName)
    }

    fn path(self, package: &str, module: &str, n: usize) -> String {
        match self {
            Self::Vendored => format!("{package}/_vendor/other{n}/__init__.py"),
            Self::Setup => "setup.py".to_owned(),
            Self::Tests => format!("{package}/tests/test_at{n}.py"),
            Self::Docs => format!("{package}/docs/conf{n}.py"),
            Self::Stub => format!("{package}/at{n}/{module}.pyi"),
            _ => format!("{package}/{self:?}{n}.py").to_lowercase(),
        }
    }
}

impl Plant {
    fn text(&self, spot: Spot) -> String {
        let Self { module, function, arguments, .. } = self;
        if function.is_empty() {
            return format!("\"\"\"See the page.\"\"\"\nPAGE = \"{URL}\"\n");
        }
        let plain = format!("import {module}\n{module}.{function}({arguments})\n");
        match spot {
            Spot::Function => format!("import {module}\n\n\ndef work(text, winreg_key):\n    return {module}.{function}({arguments})\n"),
            Spot::Class => format!(
                "import {module} as m\n\n\nclass A:\n    def work(self):\n        if self:\n            m.{function}({arguments})\n"
            ),
            Spot::Alias => format!("from {module} import {function} as innocent\n\ninnocent({arguments})\n"),
            Spot::Disguise => {
                let (head, tail) = function.split_at(2);
                format!("import {module}\n\ngetattr({module}, \"{head}\" + \"{tail}\")({arguments})\n")
            }
            Spot::Setup => format!("from setuptools import setup\n{plain}setup()\n"),
            Spot::Stub => format!("def {function}(*arguments) -> None: ...\n"),
            Spot::Words => format!(
                "# {module}.{function}({arguments})\n\"\"\"Never calls {module}.{function}().\"\"\"\nTEXT = '{module}.{function}'\n"
            ),
            Spot::OwnName => format!("def {function}(*arguments):\n    return arguments\n\n\n{function}(1, 2)\n"),
            Spot::Module | Spot::Vendored | Spot::Tests | Spot::Docs => plain,
        }
    }

    /// The rules that it shows there, counted by default: URLs count everywhere.
    fn shows(&self, spot: Spot) -> &'static [&'static str] {
        if self.function.is_empty() || spot.runs() { self.rules } else { &[] }
    }
}

type Shows = BTreeSet<&'static str>;

/// What is planted in one release.
#[derive(Clone, Debug, Default)]
struct Planting(Vec<(usize, Spot)>);

impl Planting {
    /// Up to four plants; in a file that is no sdist none is in setup.py.
    fn some(chance: &mut Chance, sdist: bool) -> Self {
        let spots: Vec<Spot> = SPOTS.into_iter().filter(|spot| sdist || *spot != Spot::Setup).collect();
        let mut planting = Self::default();
        for _ in 0..chance.below(5) {
            let (n, spot) = (chance.below(PLANTS.len()), spots[chance.below(spots.len())]);
            // One setup.py holds one plant.
            if spot != Spot::Setup || planting.0.iter().all(|(_, taken)| *taken != Spot::Setup) {
                planting.0.push((n, spot));
            }
        }
        planting
    }

    fn files(&self, package: &str) -> BTreeMap<String, String> {
        let mut files = BTreeMap::from([(format!("{package}/__init__.py"), "VERSION = 1\n".to_owned())]);
        files.extend(self.0.iter().map(|&(n, spot)| (spot.path(package, PLANTS[n].module, n), PLANTS[n].text(spot))));
        files
    }

    fn shows(&self) -> Shows {
        self.0.iter().flat_map(|&(n, spot)| PLANTS[n].shows(spot)).copied().collect()
    }

    fn wheel(&self, name: &str, version: &str, tag: &str) -> Built {
        let wheel = Wheel::new(name, version).tag(tag);
        self.files(&name.replace('-', "_")).iter().fold(wheel, |wheel, (path, text)| wheel.file(path, text)).build()
    }

    fn sdist(&self, name: &str, version: &str) -> Built {
        let sdist = Sdist::new(name, version);
        self.files(&name.replace('-', "_")).iter().fold(sdist, |sdist, (path, text)| sdist.file(path, text)).build()
    }

    /// An sdist that ends within its last file, which cannot be compressed: whatever might have followed is lost.
    fn cut(&self, name: &str, version: &str) -> Built {
        let mut chance = Chance(1);
        let noise: Vec<u8> = (0..40_000).map(|_| u8::try_from(chance.below(256)).expect("a byte")).collect();
        let files = self.files(&name.replace('-', "_"));
        let sdist =
            files.iter().fold(Sdist::new(name, version), |sdist, (path, text)| sdist.file(path, text)).file("tail.bin", noise).build();
        Built::new(sdist.filename, sdist.bytes[..sdist.bytes.len() - 20_000].to_vec())
    }

    /// A wheel with one more module, whose bytes are not those that its checksum was made of.
    fn damaged(&self, name: &str, version: &str) -> Built {
        let package = name.replace('-', "_");
        let whole = self.files(&package);
        let entries = whole.iter().map(|(path, text)| Entry::new(path, text).method(Method::Deflate));
        let damaged = Entry::new(format!("{package}/damaged.py"), "LOST = 1\n").claims_crc(7);
        let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
        let metadata = Entry::new(format!("{package}-{version}.dist-info/METADATA"), metadata);
        let archive = entries.chain([damaged, metadata]).fold(Archive::new(), Archive::entry);
        Built::new(format!("{package}-{version}-py3-none-any.whl"), archive.build())
    }
}

/// How far the file that speaks for a project can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Whole,
    Partly,
    Not,
}

/// A project of the plan: what must be known of it in the end.
#[derive(Clone, Debug)]
struct Project {
    name: String,
    downloads: Option<i64>,
    /// Whether the index holds it, or did when it was last looked at and only locked it away.
    held: bool,
    /// What the file that pip would install shows, and how far it can be read.
    speaks: Option<(Shows, Reading)>,
}

/// What is special about a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Plain,
    Sdist,
    WheelBesideSdist,
    TwoReleases,
    YankedNewest,
    EarlyNewest,
    EarlyOnly,
    ForLaterPython,
    OtherPlatformNewest,
    OtherPlatformOnly,
    AllYanked,
    Quarantined,
    Archived,
    NoFiles,
    Absent,
    Damaged,
    Cut,
    NoArchive,
}

const CASES: [Case; 18] = [
    Case::Plain,
    Case::Sdist,
    Case::WheelBesideSdist,
    Case::TwoReleases,
    Case::YankedNewest,
    Case::EarlyNewest,
    Case::EarlyOnly,
    Case::ForLaterPython,
    Case::OtherPlatformNewest,
    Case::OtherPlatformOnly,
    Case::AllYanked,
    Case::Quarantined,
    Case::Archived,
    Case::NoFiles,
    Case::Absent,
    Case::Damaged,
    Case::Cut,
    Case::NoArchive,
];

const ANY: &str = "py3-none-any";
const WINDOWS: &str = "cp314-cp314-win_amd64";

/// Builds a project into the index and tells what must come out. Whatever does not speak is planted too, differently.
fn build(case: Case, name: &str, downloads: Option<i64>, chance: &mut Chance, index: &Served) -> Project {
    let (speaking, decoy) =
        (Planting::some(chance, matches!(case, Case::Sdist | Case::Cut)), Planting(vec![(chance.below(6), Spot::Module)]));
    let index = &index.index;
    let put = |built: Built| index.put(name, built);
    let last = |change: &dyn Fn(&mut census_testkit::index::Served)| {
        index.edit(name, |project| change(project.files.last_mut().expect("a file")));
    };
    let yank = |file: &mut census_testkit::index::Served| file.yanked = Some("broken".to_owned());
    let mut reading = Some(Reading::Whole);
    let mut held = true;
    match case {
        Case::Plain => put(speaking.wheel(name, "1.0", ANY)),
        Case::Sdist => put(speaking.sdist(name, "1.0")),
        Case::WheelBesideSdist => {
            put(decoy.sdist(name, "1.0"));
            put(speaking.wheel(name, "1.0", ANY));
        }
        Case::TwoReleases => {
            // Neither the order of upload nor that of letters is the order of versions.
            put(speaking.wheel(name, "1.10", ANY));
            put(decoy.wheel(name, "1.9", ANY));
        }
        Case::YankedNewest => {
            put(speaking.wheel(name, "1.0", ANY));
            put(decoy.wheel(name, "2.0", ANY));
            last(&yank);
        }
        Case::EarlyNewest => {
            put(speaking.wheel(name, "1.0", ANY));
            put(decoy.wheel(name, "2.0rc1", ANY));
        }
        Case::EarlyOnly => {
            put(decoy.wheel(name, "1.0a1", ANY));
            put(speaking.wheel(name, "1.0b1", ANY));
        }
        Case::ForLaterPython => {
            put(speaking.wheel(name, "1.0", ANY));
            put(decoy.wheel(name, "2.0", ANY));
            last(&|file| file.requires_python = Some(">=4".to_owned()));
        }
        Case::OtherPlatformNewest => {
            put(speaking.wheel(name, "1.0", ANY));
            put(decoy.wheel(name, "2.0", WINDOWS));
        }
        Case::OtherPlatformOnly => {
            put(decoy.wheel(name, "1.0", WINDOWS));
            reading = None;
        }
        Case::AllYanked => {
            put(decoy.wheel(name, "1.0", ANY));
            last(&yank);
            reading = None;
        }
        Case::Quarantined => {
            put(decoy.wheel(name, "1.0", ANY));
            index.edit(name, |project| "quarantined".clone_into(&mut project.status));
            // The index does not list it: only a ranking tells that it is there.
            (held, reading) = (false, None);
        }
        Case::Archived => {
            put(speaking.wheel(name, "1.0", ANY));
            index.edit(name, |project| "archived".clone_into(&mut project.status));
        }
        Case::NoFiles => {
            index.edit(name, |_| ());
            reading = None;
        }
        Case::Absent => (held, reading) = (false, None),
        Case::Damaged => {
            put(speaking.damaged(name, "1.0"));
            reading = Some(Reading::Partly);
        }
        Case::Cut => {
            put(speaking.cut(name, "1.0"));
            reading = Some(Reading::Partly);
        }
        Case::NoArchive => {
            put(Built::new(format!("{}-1.0-py3-none-any.whl", name.replace('-', "_")), format!("{name} is no archive").into_bytes()));
            reading = Some(Reading::Not);
        }
    }
    Project { name: name.to_owned(), downloads, held, speaks: reading.map(|reading| (speaking.shows(), reading)) }
}

/// A hundred projects: every case first in turn, then the plain ones that most are. Four of five are ranked, many with a tie.
fn plan(seed: u64, index: &Served) -> Vec<Project> {
    let mut chance = Chance(seed);
    let project = |n: usize| {
        let case = if n < 3 * CASES.len() { CASES[n % CASES.len()] } else { CASES[chance.below(5)] };
        let name = format!("planted-{:02}", (n * 37) % 100);
        let downloads = (chance.below(5) > 0).then(|| 1_000 - 50 * i64::try_from(chance.below(12)).expect("small"));
        build(case, &name, downloads, &mut chance, index)
    };
    (0..100).map(project).collect()
}

/// The ranking as it is published: rows in no order.
fn ranking(projects: &[Project], day: &str) -> String {
    let rows = projects.iter().filter_map(|p| Some(serde_json::json!({"project": p.name, "download_count": p.downloads?})));
    serde_json::json!({"last_update": format!("{day} 06:34:06"), "rows": rows.collect::<Vec<_>>()}).to_string()
}

/// yes, unknown, scanned, eligible, population.
type Numbers = [i64; 5];

/// The numbers of every planted rule in every tier, by counting through the plan.
fn expected(projects: &[Project], cuts: &[usize], only_ranked: bool) -> BTreeMap<(String, String), Numbers> {
    let mut ranked: Vec<&Project> = projects.iter().filter(|p| p.downloads.is_some()).collect();
    ranked.sort_by_key(|p| (-p.downloads.unwrap_or(0), p.name.clone()));
    let place = |project: &Project| ranked.iter().position(|p| p.name == project.name);
    let mut numbers = BTreeMap::new();
    for cut in cuts.iter().copied().map(Some).chain([None]) {
        let tier = cut.map_or("all".to_owned(), |cut| format!("top-{cut}"));
        let widest = if only_ranked { cuts.last().copied().unwrap_or(0) } else { usize::MAX };
        let members: Vec<&Project> = projects
            .iter()
            .filter(|p| match (place(p), cut) {
                (Some(place), _) if only_ranked && place >= widest => false,
                (Some(place), Some(cut)) => place < cut,
                (None, Some(_)) => false,
                (Some(_), None) => true,
                (None, None) => p.held && !only_ranked,
            })
            .collect();
        for rule in PLANTS.iter().flat_map(|plant| plant.rules) {
            let mut n: Numbers = [0, 0, 0, 0, 0];
            for project in &members {
                n[4] += 1;
                let Some((shows, reading)) = &project.speaks else { continue };
                n[3] += 1;
                if *reading == Reading::Not {
                    continue;
                }
                n[2] += 1;
                match (shows.contains(rule), reading) {
                    (true, _) => n[0] += 1,
                    (false, Reading::Partly) => n[1] += 1,
                    (false, _) => {}
                }
            }
            numbers.insert(((*rule).to_owned(), tier.clone()), n);
        }
    }
    numbers
}

fn published(place: &Place) -> BTreeMap<(String, String), Numbers> {
    let rules: Vec<String> = PLANTS.iter().flat_map(|plant| plant.rules).map(|rule| format!("'{rule}'")).collect();
    let sql = format!(
        "SELECT rule, tier, yes, unknown, scanned, eligible, population FROM latest_prevalence WHERE policy = 'installed' AND rule IN ({})",
        rules.join(", ")
    );
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    let row = |row: serde_json::Value| {
        let numbers = ["yes", "unknown", "scanned", "eligible", "population"].map(|column| row[column].as_i64().expect("a count"));
        ((text(&row["rule"]), text(&row["tier"])), numbers)
    };
    place.rows(&sql).into_iter().map(row).collect()
}

/// The same as `census prevalence` prints them.
fn printed(place: &Place, cuts: &[usize]) -> BTreeMap<(String, String), Numbers> {
    let table = place.census(&["prevalence", "--format", "json", "-q"]).ends(0).json();
    let names: Vec<String> = cuts.iter().map(|cut| format!("top-{cut}")).chain(["all".to_owned()]).collect();
    let mut numbers = BTreeMap::new();
    for row in table["rows"].as_array().expect("rows") {
        let rule = row["rule"].as_str().expect("a rule");
        if !PLANTS.iter().any(|plant| plant.rules.contains(&rule)) {
            continue;
        }
        for (n, name) in names.iter().enumerate() {
            let [yes, unknown, scanned, eligible] =
                ["yes", "unknown", "scanned", "eligible"].map(|column| row["shares"][n][column].as_i64().expect("a count"));
            let population = table["tiers"][n]["population"].as_i64().expect("a count");
            numbers.insert((rule.to_owned(), name.clone()), [yes, unknown, scanned, eligible, population]);
        }
    }
    numbers
}

/// Where the numbers differ, in words.
fn differences(expected: &BTreeMap<(String, String), Numbers>, published: &BTreeMap<(String, String), Numbers>) -> Vec<String> {
    let keys: BTreeSet<_> = expected.keys().chain(published.keys()).collect();
    let differ = keys.into_iter().filter(|key| expected.get(key) != published.get(key));
    differ.map(|key| format!("{} {}: planted {:?}, published {:?}", key.0, key.1, expected.get(key), published.get(key))).collect()
}

/// The numbers published and printed are those of the plan; if not, the message says whom they are wrong about.
#[track_caller]
fn agree(place: &Place, projects: &[Project], cuts: &[usize], only_ranked: bool) {
    let expected = expected(projects, cuts, only_ranked);
    let differ = differences(&expected, &published(place));
    if differ.is_empty() {
        assert_eq!(differences(&expected, &printed(place, cuts)), Vec::<String>::new(), "printed otherwise than published");
        return;
    }
    let sql = "SELECT DISTINCT a.project, f.rule FROM findings AS f JOIN artifacts AS a ON a.artifact_id = f.artifact_id WHERE f.counts";
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in place.rows(sql) {
        let text = |column: &str| row[column].as_str().expect("text").to_owned();
        found.entry(text("project")).or_default().insert(text("rule"));
    }
    let missing = projects.iter().filter_map(|project| {
        let (shows, reading) = project.speaks.as_ref()?;
        let missing: Vec<_> = shows.iter().filter(|rule| !found.get(&project.name).is_some_and(|f| f.contains(**rule))).collect();
        (*reading != Reading::Not && !missing.is_empty()).then(|| format!("{} lacks {missing:?}", project.name))
    });
    panic!("{}\n{}", differ.join("\n"), missing.collect::<Vec<_>>().join("\n"));
}

const CUTS: [usize; 2] = [10, 40];

fn pipeline(place: &Place) -> String {
    place.write(
        "night.toml",
        "tiers = [10, 40]\n[crawl]\nall = true\nartifacts = \"representative\"\n[scan]\nwall_seconds = 60\n[prevalence]\npolicy = \"installed\"\n",
    )
}

#[test]
fn the_numbers_are_those_of_the_plan() {
    let (place, served) = (Place::new(), Served::new());
    let mut projects = plan(20_260_401, &served);
    let (pipeline, url) = (pipeline(&place), served.url());
    let ranking = place.write("ranking.json", ranking(&projects, "2026-04-01"));
    let night = || place.census(&["run", &pipeline, "--index-url", &url, "--ranking", &ranking, "-q"]);

    // Files that are no archives fail, and projects of the ranking are absent: done, but something was left out.
    let first = night().ends(1);
    assert_eq!(first.out, "");
    assert!(first.err.contains("projects are not in the index") && first.err.contains("failed: "), "{}", first.err);
    agree(&place, &projects, &CUTS, false);

    nothing_changes(&place, &served, &night);

    change(&mut projects, &served);
    night().ends(1);
    agree(&place, &projects, &CUTS, false);

    // Another question to the same index: its most-downloaded twenty alone.
    let place = Place::new();
    let top = place.census(&["run", &pipeline, "--index-url", &url, "--ranking", &ranking, "--top", "20"]);
    assert!(matches!(top.code, Some(0 | 1)), "{top:?}");
    agree(&place, &projects, &[20], true);
}

/// A second night on the same index: one conditional request a project at most, no file, no row.
fn nothing_changes(place: &Place, served: &Served, night: &dyn Fn() -> crate::place::Answer) {
    let before = place.versions();
    served.index.forget();
    night();
    assert_eq!(place.versions(), before, "a night on which nothing changed wrote something");
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    for request in served.index.requests() {
        assert!(!request.path.starts_with("/files/"), "{} was fetched again", request.path);
        assert!(request.path == "/simple/" || request.conditional || request.status == 404, "{} was read again", request.path);
        *asked.entry(request.path).or_default() += 1;
    }
    assert!(asked.values().all(|times| *times == 1), "{asked:?}");
}

/// What happens to an index over a day.
fn change(projects: &mut [Project], served: &Served) {
    let index = &served.index;
    let plain: Vec<usize> =
        (0..projects.len()).filter(|&n| projects[n].speaks.as_ref().is_some_and(|(_, reading)| *reading == Reading::Whole)).collect();
    let pick =
        |ranked: bool, nth: usize| plain.iter().copied().filter(|&n| projects[n].downloads.is_some() == ranked).nth(nth).expect("enough");
    let (released, yanked, deleted, forgotten, locked, freed) =
        (pick(true, 0), pick(true, 1), pick(true, 2), pick(false, 0), pick(true, 3), pick(false, 1));
    let everything = Planting((0..PLANTS.len()).map(|n| (n, Spot::Function)).collect());
    let speaks = |planting: &Planting| Some((planting.shows(), Reading::Whole));

    // A release that shows everything.
    index.put(&projects[released].name, everything.wheel(&projects[released].name, "9.0", ANY));
    projects[released].speaks = speaks(&everything);
    // All that was there is yanked, and a pre-release comes: pip takes neither, for there is a final release.
    index.edit(&projects[yanked].name, |project| project.files.iter_mut().for_each(|file| file.yanked = Some(String::new())));
    let one = Planting(vec![(3, Spot::Alias)]);
    index.put(&projects[yanked].name, one.wheel(&projects[yanked].name, "9.0.dev1", ANY));
    projects[yanked].speaks = None;
    // Two projects go, one of them ranked: it is counted as absent. One is locked away, one has its files taken away.
    for n in [deleted, forgotten] {
        index.delete(&projects[n].name);
        (projects[n].held, projects[n].speaks) = (false, None);
    }
    index.edit(&projects[locked].name, |project| "quarantined".clone_into(&mut project.status));
    projects[locked].speaks = None;
    index.edit(&projects[freed].name, |project| project.files.clear());
    projects[freed].speaks = None;
}
