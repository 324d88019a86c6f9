//! What a project's files are and what is seen in them: one content, which its wheels and its sdist share for the most part.

use std::ops::Range;

use census_model::tables::{TermRow, UrlRow};
use census_model::{How, Kind, Phase, Role, Term, id};

use super::World;
use super::library::line;
use super::names::syllables;
use super::random::{Random, whole};
use super::vocabulary::in_kind;

/// Words from here on are the project's own; those before it are the vocabulary's.
pub(crate) const OWN: u32 = 1 << 31;

/// How much an sdist holds besides what the wheel does, as a share of that: tests, documentation, examples.
pub(crate) const BESIDES: f64 = 0.6;

/// How many facts a file of code has in the mean.
const OF_FILE: f64 = 5.6;

/// A term in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) word: u32,
    pub(crate) phase: Phase,
    pub(crate) how: How,
    pub(crate) count: i32,
    pub(crate) line: i32,
}

/// Which artifacts hold a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Wheels and the sdist.
    Everywhere,
    /// The sdist alone.
    Sdist,
    /// The wheel for one platform.
    Platform(usize),
}

/// A file, by the path it has below the directory of its role.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) place: Place,
    pub(crate) role: Role,
    pub(crate) format: &'static str,
    pub(crate) size: i64,
    pub(crate) sha256: [u8; 32],
    /// Where in [`Content::seen`].
    pub(crate) seen: Range<usize>,
}

/// A copy of a library.
#[derive(Clone, Debug)]
pub(crate) struct Carried {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The place of its first file in [`Content::files`].
    pub(crate) file: usize,
}

/// What a project's files are.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) files: Vec<File>,
    pub(crate) seen: Vec<Seen>,
    /// What the project's metadata show: URLs.
    pub(crate) metadata: Range<usize>,
    pub(crate) carried: Vec<Carried>,
    /// The terms that no other project has: those that [`OWN`] words count.
    pub(crate) terms: Vec<TermRow>,
    /// Those of them that are URLs.
    pub(crate) urls: Vec<UrlRow>,
}

/// Which words a file has so far, without a set: the last file that had each.
#[derive(Debug)]
pub(crate) struct Marks {
    shared: Vec<u32>,
    own: Vec<u32>,
    now: u32,
}

impl Marks {
    /// For a vocabulary of this many words.
    pub(crate) fn new(words: u32) -> Self {
        Self { shared: vec![0; words as usize], own: Vec::new(), now: 0 }
    }

    /// Marks a word; tells whether it is new to the file.
    fn is_new(&mut self, word: u32) -> bool {
        let at = (word & (OWN - 1)) as usize;
        let last = if word & OWN == 0 {
            &mut self.shared[at]
        } else {
            self.own.resize(self.own.len().max(at + 1), 0);
            &mut self.own[at]
        };
        std::mem::replace(last, self.now) != self.now
    }
}

/// How much there is to make.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Facts of a wheel.
    pub(crate) facts: f64,
    /// Platforms with a wheel of their own.
    pub(crate) platforms: usize,
}

/// Makes the content of a project.
pub(crate) struct Maker<'a> {
    world: &'a World,
    random: &'a mut Random,
    marks: &'a mut Marks,
    /// The name of the project as Python writes it.
    module: &'a str,
    number: u32,
    pool: Vec<u32>,
    names: u32,
    content: Content,
}

impl<'a> Maker<'a> {
    pub(crate) fn new(world: &'a World, random: &'a mut Random, marks: &'a mut Marks, module: &'a str, number: u32) -> Self {
        Self { world, random, marks, module, number, pool: Vec::new(), names: 0, content: Content::default() }
    }

    /// The content of this size.
    pub(crate) fn make(mut self, size: Size) -> Content {
        let pool = scale(size.facts * 0.12, 3, 20_000);
        self.pool = (0..pool).map(|_| self.world.vocabulary.draw_rare(self.random)).collect();
        self.own_names(scale(size.facts * 0.02, 1, 400));
        self.metadata();
        self.code(size.facts, Place::Everywhere, &[(Role::Runtime, 94.0), (Role::Data, 4.0), (Role::Stub, 2.0)]);
        let besides = [(Role::Test, 62.0), (Role::Doc, 20.0), (Role::Example, 12.0), (Role::Build, 6.0)];
        self.code(size.facts * BESIDES, Place::Sdist, &besides);
        self.copies(size.facts);
        for platform in 0..size.platforms {
            self.native(platform);
        }
        self.content
    }

    /// Names that no other project has.
    fn own_names(&mut self, count: u32) {
        self.names = count;
        for name in 0..count {
            let own = format!("{}{}", syllables(name.into(), 1), syllables(self.number.into(), 3));
            let part = syllables(self.random.below(64).into(), 1);
            let kind = self.random.weighed(&[(Kind::Call, 70.0), (Kind::Import, 15.0), (Kind::Env, 10.0), (Kind::Path, 5.0)]);
            self.own_term(kind, in_kind(kind, "x", &part, &own));
        }
    }

    fn own_term(&mut self, kind: Kind, value: String) -> u32 {
        let term = Term::new(kind, value);
        let row = TermRow {
            term_id: id::term(kind, &term.value),
            kind: kind.name().to_owned(),
            module: term.module().to_owned(),
            root: term.root().to_owned(),
            value: term.value,
        };
        self.content.terms.push(row);
        OWN + u32::try_from(self.content.terms.len() - 1).expect("fewer terms than 2^31")
    }

    /// A URL that no other project names.
    fn own_url(&mut self) -> u32 {
        let own = format!("{}-{}", self.number, self.content.urls.len());
        let row = self.world.web.url(self.random, &own);
        let word = self.own_term(Kind::Url, row.url.clone());
        let term_id = self.content.terms[(word - OWN) as usize].term_id;
        self.content.urls.push(UrlRow { term_id, ..row });
        word
    }

    fn metadata(&mut self) {
        for _ in 0..=self.random.below(3) {
            let word = self.own_url();
            self.content.seen.push(Seen { word, phase: Phase::Never, how: How::Text, count: 1, line: 5 });
        }
        self.content.metadata = 0..self.content.seen.len();
    }

    /// Files with about this many facts together.
    fn code(&mut self, facts: f64, place: Place, roles: &[(Role, f64)]) {
        let files = scale(facts / OF_FILE * self.random.lognormal(1.0, 0.4), 1, 6_000);
        let weights: Vec<f64> = (0..files).map(|_| self.random.lognormal(1.0, 1.0)).collect();
        let whole: f64 = weights.iter().sum();
        for (number, weight) in (0..).zip(weights) {
            let role = if number == 0 { roles[0].0 } else { self.random.weighed(roles) };
            let count = scale(facts * weight / whole + self.random.unit(), 0, 20_000);
            self.file(number, place, role, count);
        }
    }

    fn file(&mut self, number: u32, place: Place, role: Role, facts: u32) {
        let own = syllables(number.into(), 2);
        let package = syllables(u64::from(number) / 12 % 64, 1);
        let is_marker = role == Role::Runtime && number.is_multiple_of(12);
        let (path, format) = match role {
            _ if is_marker => (format!("{}/{package}/__init__.py", self.module), "python"),
            Role::Runtime => (format!("{}/{package}/{own}.py", self.module), "python"),
            Role::Stub => (format!("{}/{package}/{own}.pyi", self.module), "stub"),
            Role::Data => (format!("{}/data/{own}.json", self.module), "json"),
            Role::Test => (format!("tests/{package}/test_{own}.py"), "python"),
            Role::Doc => (format!("docs/{own}.rst"), "rst"),
            Role::Example => (format!("examples/{own}.py"), "python"),
            _ => (format!("tools/{own}.py"), "python"),
        };
        let is_empty = facts == 0 && (is_marker || self.random.chance(0.1));
        let (size, sha256, format) = if is_empty {
            (0, id::sha256(b""), "empty")
        } else {
            (i64::from(scale(self.random.lognormal(3_500.0, 1.3), 20, 2_000_000)), self.random.digest(), format)
        };
        let seen = self.seen(role, size, if is_empty { 0 } else { facts });
        self.content.files.push(File { path, place, role, format, size, sha256, seen });
    }

    /// So many facts of a file, each of another term.
    fn seen(&mut self, role: Role, size: i64, facts: u32) -> Range<usize> {
        self.marks.now += 1;
        let start = self.content.seen.len();
        for _ in 0..facts {
            let word = self.word();
            if self.marks.is_new(word) {
                let (phase, how) = self.phase_and_how(role, word);
                let count = 1 + self.random.zipf(12).cast_signed();
                let line = line(self.random, size);
                self.content.seen.push(Seen { word, phase, how, count, line });
            }
        }
        start..self.content.seen.len()
    }

    fn word(&mut self) -> u32 {
        let vocabulary = &self.world.vocabulary;
        match self.random.below(100) {
            0..55 => vocabulary.draw_common(self.random),
            55..57 => vocabulary.draw_listed(self.random),
            57..78 => self.pool[self.random.zipf(u32::try_from(self.pool.len()).unwrap_or(1)) as usize],
            78..81 => vocabulary.draw_url(self.random),
            81..95 => self.own_url(),
            _ => OWN + self.random.below(self.names),
        }
    }

    fn phase_and_how(&mut self, role: Role, word: u32) -> (Phase, How) {
        let is_url = match word.checked_sub(OWN) {
            Some(own) => self.content.terms[own as usize].kind == Kind::Url.name(),
            None => self.world.vocabulary.is_url(word),
        };
        let how = match role {
            _ if is_url => How::String,
            Role::Doc | Role::Data => How::Text,
            _ => {
                self.random.weighed(&[(How::Resolved, 93.0), (How::String, 5.0), (How::Folded, 1.5), (How::Text, 0.4), (How::Decoded, 0.1)])
            }
        };
        let phase = match role {
            Role::Doc | Role::Data | Role::Stub => Phase::Never,
            Role::Build => Phase::Install,
            _ => phase_of_code(self.random),
        };
        (phase, how)
    }

    /// Copies of libraries, in few projects.
    fn copies(&mut self, facts: f64) {
        let libraries = &self.world.libraries;
        if !self.random.chance(if facts > 300.0 { 0.2 } else { 0.04 }) {
            return;
        }
        for _ in 0..=self.random.zipf(6) {
            let library = &libraries[self.random.zipf(u32::try_from(libraries.len()).unwrap_or(1)) as usize];
            if self.content.carried.iter().any(|carried| carried.name == library.name) {
                continue;
            }
            let file = self.content.files.len();
            self.content.carried.push(Carried { name: library.name.clone(), version: library.version.clone(), file });
            for copied in &library.files {
                let start = self.content.seen.len();
                self.content.seen.extend(&copied.seen);
                self.content.files.push(File {
                    path: format!("{}/_vendor/{}/{}", self.module, library.name, copied.path),
                    place: Place::Everywhere,
                    role: Role::Vendored,
                    format: "python",
                    size: copied.size,
                    sha256: copied.sha256,
                    seen: start..self.content.seen.len(),
                });
            }
        }
    }

    /// The extension module of a platform.
    fn native(&mut self, platform: usize) {
        const KINDS: [(&str, &str); 3] =
            [("cpython-314-x86_64-linux-gnu.so", "elf"), ("cp314-win_amd64.pyd", "pe"), ("cpython-314-darwin.so", "mach-o")];
        let (suffix, format) = KINDS[platform % KINDS.len()];
        self.marks.now += 1;
        let start = self.content.seen.len();
        for _ in 0..scale(self.random.lognormal(25.0, 0.8), 3, 400) {
            let word = self.world.vocabulary.draw_symbol(self.random);
            if self.marks.is_new(word) {
                self.content.seen.push(Seen { word, phase: Phase::Native, how: How::Resolved, count: 1, line: 0 });
            }
        }
        self.content.files.push(File {
            path: format!("{}/_native.{suffix}", self.module),
            place: Place::Platform(platform),
            role: Role::Runtime,
            format,
            size: i64::from(scale(self.random.lognormal(300_000.0, 1.2), 10_000, 90_000_000)),
            sha256: self.random.digest(),
            seen: start..self.content.seen.len(),
        });
    }
}

/// When a piece of code runs.
pub(crate) fn phase_of_code(random: &mut Random) -> Phase {
    random.weighed(&[(Phase::Call, 62.0), (Phase::Import, 36.0), (Phase::Script, 2.0)])
}

/// A count near a number, within bounds.
pub(crate) fn scale(number: f64, least: u32, most: u32) -> u32 {
    whole(number).clamp(least, most)
}
