//! Fixtures: for each rule one file that shows it and one near miss that does not, `fixtures/<category>/<what>/`.
//!
//! `fires.<as>` and `silent.<as>`: texts only, harmless, never run. What follows the first dot says where the file would
//! stand in an artifact ([`Fixture::path`]): `py` is a module, `setup.py` the sdist's, `METADATA` the wheel's, `json.py`
//! lies at its top.
//!
//! `{{letters 40}}` in a text becomes 40 letters and digits that look random: secrets in fixtures are made when they are read,
//! so that nobody who looks for leaks finds any here. `{{bytes 7f454c46}}` becomes these bytes and `{{zeros 8}}` eight zeros: what
//! native rules need of a binary fits into a header, all of whose bytes are ASCII, and is harmless as there is no code behind it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::{Catalog, Error, Problem, source};

/// A fixture.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fixture {
    /// The rule, `category/what`.
    pub rule: String,
    /// Whether the rule must fire; else it must stay silent.
    pub fires: bool,
    /// What follows `fires.` or `silent.` in the file's name.
    pub suffix: String,
    /// The text.
    pub text: String,
}

impl Fixture {
    /// Where it would stand in an artifact of the project `fixture`, version 1.
    pub fn path(&self) -> String {
        match self.suffix.as_str() {
            "METADATA" | "RECORD" | "WHEEL" | "entry_points.txt" => format!("fixture-1.dist-info/{}", self.suffix),
            "setup.py" | "setup.cfg" | "pyproject.toml" => format!("fixture-1/{}", self.suffix),
            "pth" => "fixture.pth".to_owned(),
            "data.txt" => "fixture-1.data/data/etc/fixture.txt".to_owned(),
            suffix if suffix.strip_suffix(".py").is_some() => suffix.to_owned(),
            suffix => format!("fixture/module.{suffix}"),
        }
    }

    /// Whether it stands in an sdist; else in a wheel.
    pub fn is_sdist(&self) -> bool {
        matches!(self.suffix.as_str(), "setup.py" | "setup.cfg" | "pyproject.toml")
    }

    fn name(&self) -> String {
        format!("{}/{}.{}", self.rule, if self.fires { "fires" } else { "silent" }, self.suffix)
    }
}

/// The fixtures of a data directory, by rule.
pub fn read(data: &Path) -> Result<Vec<Fixture>, Error> {
    let mut fixtures = Vec::new();
    for category in source::list(&data.join("fixtures"))? {
        for folder in source::list(&category)? {
            let rule = format!("{}/{}", name(&category), name(&folder));
            for file in source::list(&folder)? {
                let (fires, suffix) = match name(&file).split_once('.') {
                    Some(("fires", suffix)) => (true, suffix.to_owned()),
                    Some(("silent", suffix)) => (false, suffix.to_owned()),
                    _ => return Err(Error::Fixture { rule: format!("{rule}/{}", name(&file)), problem: Problem::StrayFixture }),
                };
                fixtures.push(Fixture { rule: rule.clone(), fires, suffix, text: made(&source::read(&file)?) });
            }
        }
    }
    Ok(fixtures)
}

/// The text with its secrets and headers made: the same each time.
fn made(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let whole = after.split_once("}}").and_then(|(inside, after)| Some((inside.split_once(' ')?, after)));
        let piece = whole.and_then(|((what, value), after)| Some((piece(what, value)?, after)));
        out.push_str(before);
        rest = if let Some((piece, after)) = piece {
            out.push_str(&piece);
            after
        } else {
            out.push_str("{{");
            after
        };
    }
    out + rest
}

/// What stands between two braces, made; none where it is no more than braces.
fn piece(what: &str, value: &str) -> Option<String> {
    match what {
        "letters" => value.parse().ok().map(letters),
        "zeros" => value.parse().ok().map(|count| "\0".repeat(count)),
        "bytes" => {
            let pairs = value.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
            let bytes = pairs.map(|pair| u8::from_str_radix(pair?, 16).ok().filter(u8::is_ascii));
            bytes.map(|byte| byte.map(char::from)).collect()
        }
        _ => None,
    }
}

/// Letters and digits that look random, as many as asked for.
fn letters(count: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut state = 7_u32;
    let mut letter = || {
        // A linear congruential generator: its upper bits look random enough to be taken for a secret.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(LETTERS[(state >> 16) as usize % LETTERS.len()])
    };
    (0..count).map(|_| letter()).collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Checks that every rule has one firing and one silent fixture, that all differ, and that none is left over.
pub fn check(catalog: &Catalog, fixtures: &[Fixture]) -> Result<(), Error> {
    let failed = |rule: &str, problem| Err(Error::Fixture { rule: rule.to_owned(), problem });
    for rule in catalog.ids() {
        for (fires, which) in [(true, "fires"), (false, "silent")] {
            if fixtures.iter().filter(|f| f.rule == rule && f.fires == fires).count() != 1 {
                return failed(rule, Problem::Fixture(which));
            }
        }
    }
    let rules: std::collections::BTreeSet<_> = catalog.ids().collect();
    let mut texts = BTreeMap::new();
    for fixture in fixtures {
        if !rules.contains(fixture.rule.as_str()) {
            return failed(&fixture.rule, Problem::StrayFixture);
        }
        if let Some(other) = texts.insert(fixture.text.trim(), fixture) {
            return failed(&fixture.name(), Problem::SameFixture(other.name()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_braces_is_made() {
        assert_eq!(made("a{{bytes 4d5a}}{{zeros 2}}z"), "aMZ\0\0z");
        assert_eq!(made("{{letters 12}}").len(), 12);
        for text in ["{{ name }}", "{{bytes ff}}", "{{bytes 4}g}}", "{{letters many}}", "{{letters 4", "{{}}"] {
            assert_eq!(made(text), text);
        }
    }
}
