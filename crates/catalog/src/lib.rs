//! The catalog: `data/rules/`, `data/tlds/` and `data/labels.toml`, validated, and flattened to what SQL joins with `terms`.
//!
//! Reads texts and gives structures: [`Catalog::parse`] is pure. [`Sources::read`] alone reads files, from a directory that
//! the caller gives; [`Sources::embedded`] is the copy inside the program. Writes nothing. May depend on `model` alone.
//!
//! ```
//! use census_catalog::{Catalog, Test};
//!
//! let catalog = Catalog::embedded()?;
//! let chmod = catalog.behavior("permissions/change-permissions").expect("a rule");
//! assert!(chmod.matchers.iter().any(|m| m.test == Test::Exact && m.pattern == "os.chmod"));
//! # Ok::<(), census_catalog::Error>(())
//! ```
//!
//! How rules are written: `data/rules/schema.json`, and [`matcher`] for the patterns.

mod check;
mod error;
mod explain;
pub mod fixture;
mod listing;
mod lists;
pub mod matcher;
mod raw;
mod rule;
mod source;

use census_model::{id, tables::RuleRow};

pub use error::{Error, Problem};
pub use explain::Explained;
pub use fixture::Fixture;
pub use listing::listing;
pub use lists::{Labels, Tld, TldList, Tlds};
pub use matcher::{Key, Matcher, Test};
pub use rule::{Behavior, Counts, Issue, Precision, Raised, Severity, Within, category};
pub use source::Sources;

/// Every rule, with the lists and thresholds that rules and labels use.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalog {
    /// The behaviors, by id.
    pub behaviors: Vec<Behavior>,
    /// The issues, by id.
    pub issues: Vec<Issue>,
    /// The lists of top-level domains.
    pub tlds: Tlds,
    /// The thresholds of labels.
    pub labels: Labels,
    /// The first 12 hexadecimal digits of a hash of all rules, blind to comments, order and layout.
    pub version: String,
}

impl Catalog {
    /// The catalog of these texts, or the first thing that is wrong with them.
    pub fn parse(sources: &Sources) -> Result<Self, Error> {
        let tlds = Tlds::parse(sources)?;
        let labels = Labels::parse(sources)?;
        let rules = raw::Rules::parse(sources)?;
        let (behaviors, issues) = check::rules(&rules, &tlds)?;
        let version = id::hex(&id::sha256(rules.canonical.as_bytes()))[..12].to_owned();
        Ok(Self { behaviors, issues, tlds, labels, version })
    }

    /// The catalog inside the program.
    pub fn embedded() -> Result<Self, Error> {
        Self::parse(&Sources::embedded())
    }

    /// The catalog of a data directory (`rules/`, `tlds/`, `labels.toml`), whose `fixtures/` must show every rule firing and silent.
    pub fn read(data: &std::path::Path) -> Result<Self, Error> {
        let catalog = Self::parse(&Sources::read(data)?)?;
        fixture::check(&catalog, &fixture::read(data)?)?;
        Ok(catalog)
    }

    /// The behavior with this id.
    pub fn behavior(&self, id: &str) -> Option<&Behavior> {
        self.behaviors.iter().find(|b| b.id == id)
    }

    /// The issue with this id.
    pub fn issue(&self, id: &str) -> Option<&Issue> {
        self.issues.iter().find(|i| i.id == id)
    }

    /// The matchers of all behaviors, in the order of their rules: what SQL joins with `terms` and `urls`.
    pub fn matchers(&self) -> impl Iterator<Item = &Matcher> {
        self.behaviors.iter().flat_map(|b| &b.matchers)
    }

    /// The ids of all rules, behaviors first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.behaviors.iter().map(|b| b.id.as_str()).chain(self.issues.iter().map(|i| i.id.as_str()))
    }

    /// The rows of the table `rules`, behaviors first.
    pub fn rows(&self) -> Vec<RuleRow> {
        let behaviors = self.behaviors.iter().map(|b| b.row(&self.version));
        behaviors.chain(self.issues.iter().map(|i| i.row(&self.version, &self.behaviors))).collect()
    }
}
