//! The method page of a published bundle: what its numbers mean, in words, with the figures of the run.

use serde::{Deserialize, Serialize};

use crate::prevalence::LabelBasis;
use crate::{Error, Stamp, TierHead, template};

/// What a bundle says of how it was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Method {
    /// The name of the bundle.
    pub bundle: String,
    /// What was counted: `The index`.
    pub of: String,
    /// Where the numbers come from.
    pub stamp: Stamp,
    /// The tiers, narrowest first.
    pub tiers: Vec<TierHead>,
    /// What labels mean, the commonest first.
    pub labels: Vec<LabelBasis>,
    /// The share of the eligible that must be scanned before a label is given, in percent.
    pub label_coverage: f64,
    /// Rules counted.
    pub rules: i64,
    /// Those whose precision was measured.
    pub validated: i64,
}

impl Method {
    /// The page.
    pub fn markdown(&self) -> Result<String, Error> {
        template::render("method.md", self)
    }

    /// The denominators (RFC 4180): one record a tier, the reasons of what was not scanned in one field.
    pub fn coverage(&self) -> Result<String, Error> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        writer.write_record(["tier", "population", "absent", "eligible", "scanned", "partly", "not scanned", "why"])?;
        for tier in &self.tiers {
            let why: Vec<String> = tier.unscanned.iter().map(|(why, projects)| format!("{why}: {projects}")).collect();
            let counts = [tier.population, tier.absent, tier.eligible, tier.scanned, tier.partly, tier.not_scanned()];
            writer.write_record([tier.title.clone()].into_iter().chain(counts.map(|n| n.to_string())).chain([why.join("; ")]))?;
        }
        let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(String::from_utf8(bytes).expect("every field is text"))
    }
}
