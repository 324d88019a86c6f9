//! The cases as `data/corpus` holds them, and the facts that each is annotated with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use census_extract::Packaging;
use census_model::{How, Kind, Phase, Role};
use serde::Deserialize;

/// What a case shows its thing as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Class {
    /// As it is written in a manual.
    Plain,
    /// Under another name.
    Aliased,
    /// So that a reader does not see it.
    Disguised,
    /// Not at all, but in the same words.
    NearMiss,
}

impl Class {
    pub(crate) const ALL: [Self; 4] = [Self::Plain, Self::Aliased, Self::Disguised, Self::NearMiss];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Aliased => "aliased",
            Self::Disguised => "disguised",
            Self::NearMiss => "near miss",
        }
    }
}

/// A case as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    class: Class,
    disguise: Option<String>,
    #[serde(default)]
    packaging: Kindred,
    #[serde(default)]
    layout: bool,
    text: Option<String>,
    facts: Option<String>,
    #[serde(default)]
    file: Vec<WrittenFile>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kindred {
    #[default]
    Wheel,
    Sdist,
    Egg,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFile {
    path: String,
    text: Option<String>,
    #[serde(default)]
    parts: Vec<Part>,
    #[serde(default)]
    facts: String,
}

/// A piece of a file: text, or text or hexadecimal digits so many times over.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Part {
    Text(String),
    Repeated { text: String, times: usize },
    Bytes { hex: String, times: Option<usize> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Area {
    case: Vec<Written>,
}

/// A fact as annotated or as found, by the path of its member.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) path: String,
    pub(crate) kind: Kind,
    pub(crate) value: String,
    pub(crate) phase: Phase,
    pub(crate) role: Role,
    pub(crate) how: How,
    pub(crate) line: i32,
}

impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, kind, value, phase, role, how, line } = self;
        write!(f, "{path}: {kind} {value} · {phase} {role} {how} @{line}")
    }
}

/// An annotated fact: how often it is seen, where that is said, and whether it is what the case is about.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) entry: Entry,
    pub(crate) count: Option<i32>,
    pub(crate) key: bool,
}

pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) area: String,
    pub(crate) class: Class,
    pub(crate) disguise: Option<String>,
    pub(crate) packaging: Packaging,
    /// Whether what every file of a format or every wheel shows is annotated too.
    pub(crate) layout: bool,
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) expected: Vec<Expected>,
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/corpus")
}

/// Every case, by area and in the order they are written. What cannot be read is the writer's error.
pub(crate) fn all() -> Vec<Case> {
    let entries = std::fs::read_dir(directory()).expect("data/corpus is there");
    let paths: BTreeMap<String, PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), path))
        .collect();
    let mut cases = Vec::new();
    for (area, path) in paths {
        let text = std::fs::read_to_string(&path).expect("it can be read");
        let written: Area = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        cases.extend(written.case.into_iter().map(|case| read(&area, case)));
    }
    cases
}

fn read(area: &str, written: Written) -> Case {
    let Written { id, class, disguise, packaging, layout, text, facts, mut file } = written;
    if let Some(text) = text {
        file.push(WrittenFile { path: "pkg/mod.py".to_owned(), text: Some(text), parts: Vec::new(), facts: facts.unwrap_or_default() });
    }
    let mut files = Vec::new();
    let mut expected = Vec::new();
    for WrittenFile { path, text, parts, facts } in file {
        annotations(&id, &path, &facts, &mut expected);
        let bytes = text.map_or_else(|| parts.iter().flat_map(bytes).collect(), String::into_bytes);
        files.push((path, bytes));
    }
    let packaging = match packaging {
        Kindred::Wheel => Packaging::Wheel,
        Kindred::Sdist => Packaging::Sdist,
        Kindred::Egg => Packaging::Egg,
    };
    Case { id, area: area.to_owned(), class, disguise, packaging, layout, files, expected }
}

fn bytes(part: &Part) -> Vec<u8> {
    match part {
        Part::Text(text) => text.clone().into_bytes(),
        Part::Repeated { text, times } => text.repeat(*times).into_bytes(),
        Part::Bytes { hex, times } => {
            let digits: Vec<u8> = hex.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
            let byte = |pair: &[u8]| {
                let pair = std::str::from_utf8(pair).expect("hexadecimal digits");
                u8::from_str_radix(pair, 16).expect("hexadecimal digits")
            };
            digits.chunks(2).map(byte).collect::<Vec<u8>>().repeat(times.unwrap_or(1))
        }
    }
}

/// Reads the facts of a file. A line of three words is a phase, a role and a how, and holds for the lines below it, each of which is
/// `kind value [xN] @line`, with `*` before what the case is about.
fn annotations(id: &str, path: &str, text: &str, expected: &mut Vec<Expected>) {
    let mut how: Option<(Phase, Role, How)> = None;
    for written in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let [phase, role, sure] = written.split(' ').collect::<Vec<_>>()[..]
            && let (Some(phase), Some(role), Some(sure)) = (Phase::from_name(phase), Role::from_name(role), How::from_name(sure))
        {
            how = Some((phase, role, sure));
            continue;
        }
        let wrong = || format!("{id}: {path}: not a fact: {written:?}");
        let (phase, role, how) = how.unwrap_or_else(|| panic!("{}", wrong()));
        let key = written.starts_with('*');
        let (kind, rest) = written.trim_start_matches('*').split_once(' ').unwrap_or_else(|| panic!("{}", wrong()));
        let kind = Kind::from_name(kind).unwrap_or_else(|| panic!("{}", wrong()));
        let (rest, line) = rest.rsplit_once(" @").unwrap_or_else(|| panic!("{}", wrong()));
        let line = line.parse().unwrap_or_else(|_| panic!("{}", wrong()));
        let count = rest.rsplit_once(" x").and_then(|(value, count)| Some((value, count.parse().ok()?)));
        let (value, count) = count.map_or((rest, None), |(value, count)| (value, Some(count)));
        let entry = Entry { path: path.to_owned(), kind, value: value.to_owned(), phase, role, how, line };
        expected.push(Expected { entry, count, key });
    }
}
