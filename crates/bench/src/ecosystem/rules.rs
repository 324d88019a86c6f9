//! A data directory of the repository's behaviors and 150 more, which match the rest of the commonest names, rare ones, prefixes,
//! modules, libraries, expressions and hosts.

use std::collections::HashSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use census_catalog::{Catalog, Sources, Test};
use census_model::Kind;

use super::vocabulary::Vocabulary;
use super::web::Web;
use crate::error::Error;

/// How many behaviors there are besides the repository's.
const MORE: usize = 150;

/// The category of those that are not the repository's.
const CATEGORY: &str = "bench";

/// How many rare names each of them matches.
const RARE: u32 = 8;

/// Writes the directory.
pub(crate) fn write(data: &Path, catalog: &Catalog, vocabulary: &Vocabulary, web: &Web) -> Result<(), Error> {
    let more = more(catalog, vocabulary, web);
    let mut texts = Sources::embedded().0;
    texts.insert(format!("rules/{CATEGORY}.toml"), more);
    for (name, text) in &texts {
        put(&data.join(name), text)?;
    }
    for rule in Catalog::parse(&Sources(texts))?.ids() {
        let folder = data.join("fixtures").join(rule);
        put(&folder.join("fires.py"), &format!("# A stand-in for code that shows {rule}.\n"))?;
        put(&folder.join("silent.py"), &format!("# A stand-in for a near miss of {rule}.\n"))?;
    }
    Ok(())
}

fn put(path: &Path, text: &str) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(Error::at(folder))?;
    fs::write(path, text).map_err(Error::at(path))
}

/// The behaviors that are not the repository's.
fn more(catalog: &Catalog, vocabulary: &Vocabulary, web: &Web) -> String {
    let known: HashSet<&str> =
        catalog.matchers().filter(|m| m.test == Test::Exact && m.kind == Kind::Call && !m.exclude).map(|m| m.pattern.as_str()).collect();
    let missing: Vec<&String> = vocabulary.common().iter().filter(|name| !known.contains(name.as_str())).collect();
    let mut out = String::new();
    for (number, rule) in (0..MORE).zip(0_u32..) {
        let common = missing.iter().skip(number).step_by(MORE).map(|name| name.as_str().to_owned());
        let mut rare =
            (0..).map(|at| vocabulary.rare(rule * 97 + at * 1_009)).filter(|term| term.kind == Kind::Call).map(|term| term.value);
        let mut calls: Vec<String> = common.chain(rare.by_ref().take(RARE as usize)).collect();
        let like = rare.next().unwrap_or_default();
        let (library, _) = like.split_once('.').unwrap_or((&like, ""));
        let (module, name) = like.rsplit_once('.').unwrap_or((&like, ""));
        calls.extend(match number % 4 {
            0 => Some(format!("{library}.*")),
            1 => Some(format!("{module}.*")),
            2 => Some(format!("{module}.{}*", &name[..2])),
            _ => (number % 12 == 3).then(|| format!("re:{library}\\.[a-z]+\\.{}[a-z]*", &name[..1])),
        });
        calls.sort();
        calls.dedup();
        let _ = write!(out, "[[behavior]]\nid = \"{CATEGORY}/b{number:03}\"\nsentence = \"Shows pattern {number} of the benchmark.\"\n");
        let _ = writeln!(out, "calls = {calls:?}");
        match number % 15 {
            0 => _ = writeln!(out, "domains = {:?}\neverywhere = true", [web.domain(rule), web.domain(rule * 31 + 7)]),
            7 => _ = writeln!(out, "tlds = {:?}\neverywhere = true", [catalog.tlds.lists[number % catalog.tlds.lists.len()].name.as_str()]),
            _ => {}
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_the_repositorys_and_match_every_common_name_besides() {
        let catalog = Catalog::embedded().unwrap();
        let web = Web::new(1, 100, &catalog);
        let vocabulary = Vocabulary::new(1, 1_000, 10, &catalog, &web);
        let data = tempfile::tempdir().unwrap();
        write(data.path(), &catalog, &vocabulary, &web).unwrap();
        let written = Catalog::read(data.path()).unwrap();
        assert_eq!(written.behaviors.len(), catalog.behaviors.len() + MORE);
        assert_eq!(written.issues, catalog.issues);
        let exact: HashSet<&str> =
            written.matchers().filter(|m| m.test == Test::Exact && m.kind == Kind::Call).map(|m| m.pattern.as_str()).collect();
        assert!(vocabulary.common().iter().all(|name| exact.contains(name.as_str())));
        for test in [Test::Prefix, Test::Module, Test::Root, Test::Regex, Test::Domain, Test::Tld] {
            assert!(written.matchers().any(|m| m.test == test && m.rule.starts_with(CATEGORY)), "{test:?}");
        }
    }
}
