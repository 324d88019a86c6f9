//! What rules and labels refer to: lists of top-level domains, and the thresholds of labels.

use census_model::{Day, id};
use serde::{Deserialize, Serialize};

use crate::{Error, Problem, Sources};

/// The lists of top-level domains, `tlds/*.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Tlds {
    /// The lists, by name.
    pub lists: Vec<TldList>,
    /// The newest date among them, and eight hexadecimal digits of a hash of all.
    pub version: String,
}

/// A dated list of top-level domains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TldList {
    /// The file's name without `.toml`: what rules call it.
    #[serde(skip_deserializing)]
    pub name: String,
    /// The day the figures end, `YYYY-MM-DD`.
    pub dated: String,
    /// What makes a top-level domain belong here.
    pub criterion: String,
    /// Whose figures the scores are.
    pub sources: Vec<String>,
    /// The members.
    #[serde(rename = "tld")]
    pub entries: Vec<Tld>,
}

/// A top-level domain in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tld {
    /// Lower case, without its dot.
    pub tld: String,
    /// As the criterion counts it; none where nobody publishes a figure.
    pub score: Option<f64>,
    /// Why it is here.
    pub why: String,
}

impl Tlds {
    pub(crate) fn parse(sources: &Sources) -> Result<Self, Error> {
        let mut lists = Vec::new();
        for (file, name, text) in sources.folder("tlds") {
            let mut list: TldList = toml::from_str(text).map_err(|error| Error::toml(file, text, error))?;
            name.clone_into(&mut list.name);
            list.check().map_err(|problem| Error::List { file: file.to_owned(), problem })?;
            lists.push(list);
        }
        let newest = lists.iter().map(|list| list.dated.as_str()).max().unwrap_or_default();
        let scores: String = lists.iter().flat_map(TldList::canonical).collect();
        let version = format!("{newest}-{}", &id::hex(&id::sha256(scores.as_bytes()))[..8]);
        Ok(Self { lists, version })
    }

    /// The list with this name.
    pub fn list(&self, name: &str) -> Option<&TldList> {
        self.lists.iter().find(|list| list.name == name)
    }
}

impl TldList {
    fn check(&self) -> Result<(), Problem> {
        if !is_day(&self.dated) {
            return Err(Problem::Range("dated"));
        }
        if self.criterion.is_empty() || self.sources.is_empty() || self.entries.is_empty() {
            return Err(Problem::Range("criterion, sources, tld"));
        }
        let mut seen = std::collections::BTreeSet::new();
        for entry in &self.entries {
            let plain = !entry.tld.is_empty() && entry.tld.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if !plain || !seen.insert(&entry.tld) {
                return Err(Problem::Tld(entry.tld.clone()));
            }
            if entry.score.is_some_and(|score| !score.is_finite() || score < 0.0) || entry.why.is_empty() {
                return Err(Problem::Range("score, why"));
            }
        }
        Ok(())
    }

    /// What results depend on: the members, sorted.
    fn canonical(&self) -> Vec<String> {
        let mut lines: Vec<_> = self.entries.iter().map(|entry| format!("{} {}\n", self.name, entry.tld)).collect();
        lines.sort();
        lines
    }
}

/// The thresholds of labels, `labels.toml`: shares of the whole population's scanned projects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// The day they were set, `YYYY-MM-DD`.
    pub version: String,
    /// From this share on, *Common*.
    pub common: f64,
    /// From this share on, *Uncommon*; below, *Rare*, and *Unique* where one project shows it.
    pub uncommon: f64,
    /// The share of eligible projects that must be scanned before a tier gets labels.
    pub coverage: f64,
}

impl Labels {
    pub(crate) fn parse(sources: &Sources) -> Result<Self, Error> {
        let file = "labels.toml";
        let text = sources.text(file)?;
        let labels: Self = toml::from_str(text).map_err(|error| Error::toml(file, text, error))?;
        let ordered = 0.0 < labels.uncommon && labels.uncommon < labels.common && labels.common <= 1.0;
        if ordered && 0.0 < labels.coverage && labels.coverage <= 1.0 && is_day(&labels.version) {
            return Ok(labels);
        }
        Err(Error::List { file: file.to_owned(), problem: Problem::Range("version, common, uncommon, coverage") })
    }
}

fn is_day(text: &str) -> bool {
    Day::parse(text).is_some_and(|day| day.to_string() == text)
}
