//! The house: which crate may lean on which, who prints, and what the repository must not name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use crate::place::repository;

/// The layers. An arrow may only point to a lower one; crates without a layer are never shipped.
const LAYERS: [(&str, u8); 10] = [
    ("cli", 4),
    ("crawl", 3),
    ("scan", 3),
    ("prevalence", 3),
    ("lake", 2),
    ("extract", 2),
    ("report", 2),
    ("artifact", 1),
    ("catalog", 1),
    ("model", 0),
];

/// Never shipped.
const TOOLS: [&str; 2] = ["testkit", "bench"];

/// Libraries that few may name.
const RESERVED: [(&str, &[&str]); 3] =
    [("datafusion", &["lake", "prevalence"]), ("deltalake", &["lake", "prevalence"]), ("reqwest", &["crawl"])];

fn packages() -> Vec<Package> {
    let mut command = MetadataCommand::new();
    command.manifest_path(repository().join("Cargo.toml")).no_deps().other_options(vec!["--offline".to_owned()]);
    command.exec().expect("cargo metadata").packages
}

fn short(name: &str) -> Option<&str> {
    name.strip_prefix("census-")
}

fn layer(name: &str) -> Option<u8> {
    LAYERS.iter().find(|(known, _)| *known == name).map(|(_, layer)| *layer)
}

/// The files of a crate's sources.
fn sources(crate_name: &str) -> Vec<PathBuf> {
    let mut waiting = vec![repository().join("crates").join(crate_name).join("src")];
    let mut files = Vec::new();
    while let Some(directory) = waiting.pop() {
        for entry in std::fs::read_dir(&directory).expect("a directory of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { waiting.push(path) } else { files.push(path) }
        }
    }
    files.retain(|file| file.extension().is_some_and(|end| end == "rs"));
    files
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_crate_has_its_place() {
    let packages = packages();
    let names: BTreeSet<&str> = packages.iter().map(|package| short(package.name.as_str()).expect("a crate of ours")).collect();
    let places: BTreeSet<&str> = LAYERS.iter().map(|(name, _)| *name).chain(TOOLS).collect();
    assert_eq!(names, places);
    for package in &packages {
        let folder = package.manifest_path.parent().and_then(|folder| folder.file_name());
        assert_eq!(folder, short(package.name.as_str()), "a folder is called as its crate less the prefix");
    }
}

#[test]
fn arrows_point_down() {
    let mut wrong = Vec::new();
    for package in packages() {
        let name = short(package.name.as_str()).expect("a crate of ours").to_owned();
        for dependency in &package.dependencies {
            let is_test = dependency.kind == DependencyKind::Development;
            let Some(on) = short(&dependency.name) else {
                let reserved = RESERVED.iter().find(|(library, _)| *library == dependency.name);
                if reserved.is_some_and(|(_, users)| !users.contains(&name.as_str())) {
                    wrong.push(format!("{name} names {}", dependency.name));
                }
                continue;
            };
            let fits = match (layer(&name), layer(on)) {
                (_, None) if on == "bench" => is_test && name == "cli",
                (_, None) => is_test || name == "bench",
                (Some(above), Some(below)) => above > below,
                (None, Some(_)) => name == "bench" || on == "model",
            };
            if !fits {
                wrong.push(format!("{name} → {on}{}", if is_test { " (in tests)" } else { "" }));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "arrows that do not point down");
}

#[test]
fn only_the_command_line_and_benchmarks_print() {
    let mut wrong = Vec::new();
    for (name, _) in LAYERS.iter().filter(|(name, _)| *name != "cli") {
        for file in sources(name) {
            let text = read(&file);
            let printing = |line: &&str| ["println!", "eprintln!", "print!(", "eprint!(", "dbg!("].iter().any(|call| line.contains(call));
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            wrong.extend(code.filter(printing).map(|line| format!("{}: {}", file.display(), line.trim())));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_crate_says_what_it_is() {
    for (name, _) in LAYERS {
        let root = repository().join("crates").join(name).join("src");
        let root = ["lib.rs", "main.rs"].iter().map(|file| root.join(file)).find(|file| file.is_file()).expect("a root file");
        assert!(read(&root).starts_with("//! "), "{} opens without saying what it is", root.display());
    }
}

#[test]
fn unsafe_code_gives_its_reason() {
    let packages: BTreeMap<_, _> = LAYERS.into_iter().collect();
    for name in packages.keys().copied().chain(TOOLS) {
        for file in sources(name) {
            let text = read(&file);
            let marker = ["unsafe", " {"].concat();
            let uses = text.lines().filter(|line| !line.trim_start().starts_with("//") && line.contains(&marker)).count();
            let reasons = text.matches("SAFETY:").count();
            assert!(uses <= reasons, "{}: {uses} unsafe blocks, {reasons} reasons", file.display());
        }
    }
}

/// The hosts of the index that pip asks by default and of its files, told by pip: they are written nowhere here.
fn index_hosts() -> Option<Vec<String>> {
    let ask = "from pip._internal.models.index import PyPI; print(PyPI.netloc, PyPI.file_storage_domain)";
    let output = Command::new("python3").args(["-I", "-c", ask]).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.split_whitespace().map(str::to_owned).collect())
}

#[test]
fn no_index_is_named() {
    let Some(hosts) = index_hosts().filter(|hosts| hosts.len() == 2) else {
        return eprintln!("skipped: no pip here tells which hosts to look for");
    };
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(repository()).output().expect("git");
    let files = String::from_utf8(output.stdout).expect("names of text");
    let files: Vec<&str> = files.split('\0').filter(|name| !name.is_empty() && *name != "Cargo.lock").collect();
    assert!(files.len() > 100, "git lists the repository");
    let mut naming = Vec::new();
    for name in files {
        // A file that was deleted but is still in the index of git has nothing to say.
        let Ok(bytes) = std::fs::read(repository().join(name)) else { continue };
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        naming.extend(hosts.iter().filter(|host| text.contains(host.as_str())).map(|host| format!("{name} names {host}")));
    }
    assert_eq!(naming, Vec::<String>::new());
}
