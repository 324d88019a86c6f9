//! The terms that projects share: the commonest names, what the catalog looks for besides, a long tail, and shared URLs.

use std::collections::BTreeSet;
use std::num::NonZero;

use census_catalog::{Catalog, Test};
use census_model::tables::{TermRow, UrlRow};
use census_model::{Kind, Term, id};

use super::names::{scattered, syllables};
use super::random::{Random, Use, scatter, whole};
use super::web::Web;

/// How many names are the commonest.
pub(crate) const COMMON: u32 = 1_000;

/// How many of those are taken from the catalog's own patterns.
const OF_CATALOG: usize = 500;

/// How fast the share of the commonest names falls: the share of place k is like k to the power of minus this.
const FALL: f64 = 0.72;

/// What the longest name lists of real packages begin with.
const BUILTIN: [&str; 60] = [
    "builtins.len",
    "builtins.isinstance",
    "builtins.str",
    "builtins.ValueError",
    "builtins.print",
    "builtins.int",
    "builtins.range",
    "builtins.super",
    "builtins.list",
    "builtins.dict",
    "builtins.getattr",
    "builtins.hasattr",
    "builtins.TypeError",
    "builtins.property",
    "builtins.tuple",
    "builtins.enumerate",
    "builtins.set",
    "builtins.sorted",
    "builtins.zip",
    "builtins.type",
    "builtins.open",
    "builtins.float",
    "builtins.KeyError",
    "builtins.bool",
    "builtins.max",
    "builtins.min",
    "builtins.sum",
    "builtins.any",
    "builtins.RuntimeError",
    "builtins.NotImplementedError",
    "builtins.setattr",
    "builtins.repr",
    "builtins.map",
    "builtins.all",
    "builtins.staticmethod",
    "builtins.classmethod",
    "builtins.iter",
    "builtins.next",
    "builtins.abs",
    "builtins.callable",
    "os.path.join",
    "os.path.exists",
    "os.path.dirname",
    "os.path.abspath",
    "os.path.basename",
    "os.path.isfile",
    "os.path.isdir",
    "typing.cast",
    "typing.TypeVar",
    "collections.defaultdict",
    "functools.partial",
    "functools.wraps",
    "itertools.chain",
    "datetime.datetime.now",
    "copy.deepcopy",
    "dataclasses.field",
    "dataclasses.dataclass",
    "pathlib.Path",
    "argparse.ArgumentParser",
    "setuptools.setup",
];

/// The kinds of the tail and how common each is among its terms.
const KINDS: [(Kind, f64); 13] = [
    (Kind::Call, 52.0),
    (Kind::Name, 16.0),
    (Kind::Import, 12.0),
    (Kind::Arg, 5.0),
    (Kind::Path, 3.0),
    (Kind::Env, 3.0),
    (Kind::Symbol, 3.0),
    (Kind::Command, 2.0),
    (Kind::Host, 1.0),
    (Kind::Meta, 1.0),
    (Kind::Declare, 1.0),
    (Kind::Library, 0.5),
    (Kind::Regkey, 0.5),
];

/// How many terms of the tail one library has.
const OF_LIBRARY: u32 = 300;

/// The shared terms, by number: the commonest names first, then the rest of the catalog's, the tail, the URLs.
pub(crate) struct Vocabulary {
    seed: u64,
    common: Vec<String>,
    /// By 65,536 equal shares of all common names: which one.
    shares: Vec<u32>,
    listed: Vec<Term>,
    /// Which of those are symbols.
    symbols: Vec<u32>,
    tail: u32,
    urls: Vec<UrlRow>,
    ids: Vec<i64>,
}

impl Vocabulary {
    /// With a tail of this many names, and this many URLs that several projects name.
    pub(crate) fn new(seed: u64, tail: u32, urls: u32, catalog: &Catalog, web: &Web) -> Self {
        let common = common(seed, catalog);
        let is_common = |term: &Term| term.kind == Kind::Call && common.contains(&term.value);
        let exact = catalog.matchers().filter(|m| matches!(m.test, Test::Exact | Test::Symbol) && !m.exclude && m.kind != Kind::Url);
        let listed: BTreeSet<Term> = exact.map(|m| Term::new(m.kind, &m.pattern)).filter(|term| !is_common(term)).collect();
        let listed: Vec<Term> = listed.into_iter().collect();
        let symbols = (COMMON..).zip(&listed).filter(|(_, term)| term.kind == Kind::Symbol).map(|(number, _)| number).collect();
        let url = |number: u32| web.url(&mut Random::of(seed, Use::Word, (1 << 32) | u64::from(number)), &format!("s{number}"));
        let mut vocabulary =
            Self { seed, shares: shares(), common, listed, symbols, tail, urls: (0..urls).map(url).collect(), ids: Vec::new() };
        vocabulary.ids = vocabulary.hashed();
        vocabulary
    }

    /// The ids of all terms: each is hashed once, however often it is seen.
    fn hashed(&self) -> Vec<i64> {
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let numbers: Vec<u32> = (0..self.len()).collect();
        let id = |&number: &u32| {
            let term = self.term(number);
            id::term(term.kind, &term.value)
        };
        std::thread::scope(|scope| {
            let parts = numbers.chunks(numbers.len().div_ceil(threads));
            let parts: Vec<_> = parts.map(|part| scope.spawn(move || part.iter().map(id).collect::<Vec<_>>())).collect();
            parts.into_iter().flat_map(|part| part.join().expect("hashing does not fail")).collect()
        })
    }

    /// How many terms there are.
    pub(crate) fn len(&self) -> u32 {
        COMMON + self.rest() + self.tail + u32::try_from(self.urls.len()).unwrap_or(u32::MAX)
    }

    fn rest(&self) -> u32 {
        u32::try_from(self.listed.len()).unwrap_or(u32::MAX)
    }

    /// The commonest names, the commonest first.
    pub(crate) fn common(&self) -> &[String] {
        &self.common
    }

    /// The id of a term.
    pub(crate) fn id(&self, number: u32) -> i64 {
        self.ids[number as usize]
    }

    /// The term with this number.
    pub(crate) fn term(&self, number: u32) -> Term {
        let Some(number) = number.checked_sub(COMMON) else { return Term::new(Kind::Call, &self.common[number as usize]) };
        let Some(number) = number.checked_sub(self.rest()) else { return self.listed[number as usize].clone() };
        match number.checked_sub(self.tail) {
            None => self.rare(number),
            Some(number) => Term::new(Kind::Url, &self.urls[number as usize].url),
        }
    }

    /// Its row.
    pub(crate) fn row(&self, number: u32) -> TermRow {
        let term = self.term(number);
        TermRow {
            term_id: self.id(number),
            kind: term.kind.name().to_owned(),
            module: term.module().to_owned(),
            root: term.root().to_owned(),
            value: term.value,
        }
    }

    /// The row of a URL that several projects name; none where the number is no URL's.
    pub(crate) fn url(&self, number: u32) -> Option<UrlRow> {
        let row = self.urls.get(number.checked_sub(COMMON + self.rest() + self.tail)? as usize)?;
        Some(UrlRow { term_id: self.id(number), ..row.clone() })
    }

    /// Whether it is a URL.
    pub(crate) fn is_url(&self, number: u32) -> bool {
        number >= COMMON + self.rest() + self.tail
    }

    /// A name of the tail: the names of a library begin alike.
    pub(crate) fn rare(&self, number: u32) -> Term {
        let mut random = Random::of(self.seed, Use::Word, number.into());
        let library = scattered(number / OF_LIBRARY);
        let part = syllables(random.below(64).into(), 1);
        let own = syllables(number.into(), 2);
        let kind = random.weighed(&KINDS);
        Term::new(kind, in_kind(kind, &library, &part, &own))
    }

    /// One of the commonest names.
    pub(crate) fn draw_common(&self, random: &mut Random) -> u32 {
        self.shares[random.below(1 << 16) as usize]
    }

    /// Something else that the catalog looks for.
    pub(crate) fn draw_listed(&self, random: &mut Random) -> u32 {
        COMMON + random.zipf(self.rest())
    }

    /// A symbol that the catalog looks for.
    pub(crate) fn draw_symbol(&self, random: &mut Random) -> u32 {
        self.symbols[random.zipf(u32::try_from(self.symbols.len()).unwrap_or(1)) as usize]
    }

    /// A name of the tail.
    pub(crate) fn draw_rare(&self, random: &mut Random) -> u32 {
        COMMON + self.rest() + random.tail(self.tail)
    }

    /// A URL that several projects name.
    pub(crate) fn draw_url(&self, random: &mut Random) -> u32 {
        COMMON + self.rest() + self.tail + random.zipf(u32::try_from(self.urls.len()).unwrap_or(u32::MAX))
    }
}

/// A value of a kind, made of the name of a library, that of a part of it, and a name that no other value has.
pub(crate) fn in_kind(kind: Kind, library: &str, part: &str, own: &str) -> String {
    match kind {
        Kind::Arg => format!("{library}.{own}:{part}=True"),
        Kind::Path => format!("~/.{library}/{part}/{own}"),
        Kind::Env => format!("{library}_{own}").to_uppercase(),
        Kind::Symbol => format!("{library}_{own}"),
        Kind::Command => format!("{library} {own}"),
        Kind::Host => format!("{own}.{library}.net"),
        Kind::Meta => format!("entry-point:{library}.{own}"),
        Kind::Library => format!("lib{library}-{own}.so.1"),
        Kind::Regkey => format!(r"HKEY_CURRENT_USER\Software\{library}\{own}"),
        _ => format!("{library}.{part}.{own}"),
    }
}

/// The commonest names: those that every package has, then the catalog's and made ones in turn, mixed.
fn common(seed: u64, catalog: &Catalog) -> Vec<String> {
    let mut listed: Vec<&str> =
        catalog.matchers().filter(|m| m.test == Test::Exact && m.kind == Kind::Call && !m.exclude).map(|m| m.pattern.as_str()).collect();
    listed.sort_unstable();
    listed.dedup();
    listed.retain(|name| !BUILTIN.contains(name));
    let mixed = |name: &&str| name.bytes().fold(seed, |hash, byte| scatter(hash ^ u64::from(byte)));
    listed.sort_by_cached_key(mixed);
    listed.truncate(OF_CATALOG);
    let made = COMMON as usize - BUILTIN.len() - listed.len();
    let made = (0_u32..).take(made).map(|n| format!("{}.{}", scattered(0x00f0_0000 + n / 5), syllables(n.into(), 2)));
    let mut rest: Vec<String> = listed.into_iter().map(str::to_owned).chain(made).collect();
    rest.sort_by_cached_key(|name| mixed(&name.as_str()));
    BUILTIN.iter().map(|&name| name.to_owned()).chain(rest).collect()
}

/// Which common name each of 65,536 equal shares falls to.
fn shares() -> Vec<u32> {
    let weights: Vec<f64> = (1..=COMMON).map(|place| f64::from(place).powf(-FALL)).collect();
    let all: f64 = weights.iter().sum();
    let mut shares = Vec::with_capacity(1 << 16);
    let mut until = 0.0;
    for (number, weight) in (0..).zip(weights) {
        until += weight / all * 65_536.0;
        shares.resize(whole(until).clamp(u32::try_from(shares.len()).unwrap_or(0) + 1, 65_536) as usize, number);
    }
    shares.resize(1 << 16, 0);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_terms_are_the_same() {
        let catalog = Catalog::embedded().unwrap();
        let web = Web::new(5, 100, &catalog);
        let vocabulary = Vocabulary::new(5, 50_000, 300, &catalog, &web);
        let terms: BTreeSet<Term> = (0..vocabulary.len()).map(|number| vocabulary.term(number)).collect();
        assert_eq!(terms.len(), vocabulary.len() as usize);
        assert_eq!(vocabulary.common().len(), COMMON as usize);
        let last = vocabulary.len() - 1;
        assert_eq!(vocabulary.id(last), id::term(Kind::Url, &vocabulary.term(last).value));
        assert_eq!(vocabulary.url(last).map(|row| row.url), Some(vocabulary.term(last).value));
        assert_eq!(vocabulary.url(0), None);
    }

    #[test]
    fn every_common_name_is_drawn_the_first_most() {
        let shares = shares();
        let of = |number| shares.iter().filter(|&&n| n == number).count();
        assert!((0..COMMON).all(|number| of(number) > 0));
        assert!(of(0) > 50 * of(COMMON - 1), "{} {}", of(0), of(COMMON - 1));
    }
}
