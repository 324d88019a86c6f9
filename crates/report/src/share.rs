//! Numbers with their denominators: what a tier holds, and how much of it shows a rule.

use serde::{Deserialize, Serialize};

/// Where numbers come from: what must be known to tell a change of the rules from a change of the world.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The run that computed them.
    pub run_id: String,
    /// The day or instant they hold for (ISO 8601).
    pub as_of: String,
    /// The serial of the index; none where the index tells none.
    pub index_serial: Option<i64>,
    /// The day of the ranking (ISO 8601).
    pub ranked_on: Option<String>,
    /// Where the ranking is from.
    pub ranking_source: Option<String>,
    /// Which artifacts of a release speak for it.
    pub policy: String,
    /// What is counted: `project` or `family`.
    pub unit: String,
    /// The catalog version.
    pub rules: String,
    /// The extractor version, or the mix of them: `3`, `2 and 3`.
    pub extractor: String,
}

/// A tier: its title and its denominators, in projects. `population` = `absent` + ineligible + `eligible`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierHead {
    /// What people read: `Top 100`, `community`, `all 40`.
    pub title: String,
    /// Whether this is the whole population.
    pub whole: bool,
    /// Projects of the tier, absent ones included.
    pub population: i64,
    /// Ranked projects that the index does not hold.
    pub absent: i64,
    /// Projects with a release that has a readable file.
    pub eligible: i64,
    /// Scanned projects: the denominator.
    pub scanned: i64,
    /// Scanned projects of which something could not be read.
    pub partly: i64,
    /// Whether the scanned are a random sample of the eligible.
    pub sample: bool,
    /// Why the rest was not scanned: the reason and how many projects.
    pub unscanned: Vec<(String, i64)>,
}

impl TierHead {
    /// Projects of the index without a release that has a readable file.
    pub fn ineligible(&self) -> i64 {
        (self.population - self.absent - self.eligible).max(0)
    }

    /// Eligible projects that were not scanned.
    pub fn not_scanned(&self) -> i64 {
        (self.eligible - self.scanned).max(0)
    }

    /// Eligible projects that were not scanned for this reason.
    pub fn because(&self, reason: &str) -> i64 {
        self.unscanned.iter().filter(|(why, _)| why == reason).map(|(_, count)| count).sum()
    }
}

/// How much of a tier shows a rule, in projects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// Scanned projects that show it.
    pub yes: i64,
    /// Scanned projects where a gap could hide it: `yes + unknown` is the upper bound.
    pub unknown: i64,
    /// Scanned projects: the denominator.
    pub scanned: i64,
    /// Projects that could have been scanned.
    pub eligible: i64,
    /// What the whole tier is, where the scanned are a random sample.
    pub estimate: Option<Estimate>,
}

/// A share of a whole of which a random part was scanned, in percent, with its 95% interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The estimate: every part of the tier by its own weight.
    pub percent: f64,
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// A label as tables show it: a star where coverage is too low for one, nothing where nobody shows the rule.
pub(crate) fn label<'a>(label: Option<&'a str>, shares: &[Share]) -> &'a str {
    match (label, shares.last()) {
        (Some(label), _) => label,
        (None, Some(whole)) if whole.yes > 0 => "*",
        (None, _) => "",
    }
}
