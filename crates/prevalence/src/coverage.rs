//! Denominators: how much of each tier there is, and how much of it was scanned.

use census_lake::Session;
use census_model::tier::{Tier, Tiers};

use crate::Error;

census_model::row! {
    /// The denominators of a tier, in projects: `population` = `absent` + not eligible + `eligible`.
    pub struct Coverage {
        /// The tier's name.
        tier: String,
        /// Projects of the tier, absent ones included.
        population: i64,
        /// Ranked projects that the index lacks.
        absent: i64,
        /// Projects with a release that has a readable file.
        eligible: i64,
        /// Scanned projects.
        scanned: i64,
        /// Scanned projects of which something could not be read.
        partly: i64,
    }
}

census_model::row! {
    /// Why eligible projects of a tier were not scanned.
    pub struct Unscanned {
        /// The tier's name.
        tier: String,
        /// The outcome of the last attempt, or that there was none.
        why: String,
        /// How many projects.
        projects: i64,
    }
}

/// The denominators of each tier, narrowest first.
pub(crate) async fn of(session: &Session, tiers: &Tiers) -> Result<Vec<Coverage>, Error> {
    let mut coverage: Vec<Coverage> = session.rows("SELECT * FROM coverage").await?;
    let places: Vec<String> = tiers.all().into_iter().map(Tier::name).collect();
    coverage.sort_by_key(|of_tier| places.iter().position(|tier| *tier == of_tier.tier));
    Ok(coverage)
}
