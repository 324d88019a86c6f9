//! The hostile kit: archives and members that were made to break a reader, each with the end it must come to.
//!
//! Nothing of it is committed and nothing of it is live: every case is built from a few parameters when a test asks for it. What a case
//! states is exact, its gaps included; the sweeps ([`End::Told`]) state what must hold of every cut and every flipped bit.
//!
//! ```
//! use census_testkit::hostile::{self, End};
//!
//! let kit = hostile::kit();
//! assert!(kit.len() >= 120);
//! let quine = kit.iter().find(|case| case.name == "zip/quine").unwrap();
//! let mut bytes = Vec::new();
//! quine.write(&mut bytes).unwrap();
//! assert!(bytes.starts_with(b"PK") && matches!(quine.end, End::Partial(_)));
//! ```

mod large;
mod members;
mod natives;
mod quine;
mod sweeps;
mod tars;
mod zips;

use std::io::{self, Write};

use census_model::What;

/// How the scan of a case must end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Everything is read; these kinds of notes are made, and no others.
    Ok(&'static [What]),
    /// Something is not read: these kinds of gaps and notes, and no others.
    Partial(&'static [What]),
    /// It is of a format that is not read; the reason has these words.
    Skipped(&'static str),
    /// Nothing of it can be read; the reason has these words.
    Failed(&'static str),
    /// It was cut or changed: it fails, is partial, or is ok with every one of these members (their SHA-256, in order) as it was.
    Told(Vec<[u8; 32]>),
}

type Maker = Box<dyn Fn(&mut dyn Write) -> io::Result<()> + Send + Sync>;

/// A hostile artifact.
pub struct Case {
    /// What it is: `zip/quine`.
    pub name: String,
    /// The file's name, as an index would list it.
    pub filename: String,
    /// How its scan must end.
    pub end: End,
    make: Maker,
}

impl Case {
    /// Writes the artifact. Large ones are never held in memory.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        (self.make)(out)
    }

    /// The artifact as bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out).expect("memory takes every write");
        out
    }
}

/// The cases in the making.
struct Kit(Vec<Case>);

impl Kit {
    fn add(&mut self, name: impl Into<String>, filename: &str, end: End, make: impl Fn() -> Vec<u8> + Send + Sync + 'static) {
        self.stream(name, filename, end, move |out| out.write_all(&make()));
    }

    fn stream(
        &mut self,
        name: impl Into<String>,
        filename: &str,
        end: End,
        make: impl Fn(&mut dyn Write) -> io::Result<()> + Send + Sync + 'static,
    ) {
        self.0.push(Case { name: name.into(), filename: filename.to_owned(), end, make: Box::new(make) });
    }

    fn wheel(&mut self, name: impl Into<String>, end: End, make: impl Fn() -> Vec<u8> + Send + Sync + 'static) {
        self.add(name, "hostile-1.0-py3-none-any.whl", end, make);
    }

    fn sdist(&mut self, name: impl Into<String>, end: End, make: impl Fn() -> Vec<u8> + Send + Sync + 'static) {
        self.add(name, "hostile-1.0.tar.gz", end, make);
    }
}

/// Every case of an ordinary run.
pub fn kit() -> Vec<Case> {
    let mut kit = Kit(Vec::new());
    zips::add(&mut kit);
    tars::add(&mut kit);
    members::add(&mut kit);
    natives::add(&mut kit);
    large::add_bearable(&mut kit);
    kit.0
}

/// Cuts and flipped bits: thousands of small archives.
pub fn sweeps() -> Vec<Case> {
    let mut kit = Kit(Vec::new());
    sweeps::add(&mut kit);
    kit.0
}

/// The cases of gigabytes.
pub fn large() -> Vec<Case> {
    let mut kit = Kit(Vec::new());
    large::add(&mut kit);
    kit.0
}

/// Bytes that look random and never differ: a linear congruence, its upper bits.
pub fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_bytes_the_same_each_time() {
        let kit = super::kit();
        let names: HashSet<&str> = kit.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names.len(), kit.len());
        for name in ["zip/quine", "zip/lzma/wrong-crc", "tar.zst/wrong-sum", "native/elf-noise"] {
            let case = kit.iter().find(|case| case.name == name).unwrap();
            assert!(case.bytes() == case.bytes(), "{name}");
        }
    }
}
