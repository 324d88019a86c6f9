//! Findings and prevalence: rules meet facts, findings meet the population, numbers come out.
//!
//! Reads the lake (facts, terms, scans, projects, rankings) and a catalog; gives rows of `rules`, `findings`, `prevalence` and a
//! run to be committed. The work is done by the SQL of `pipelines/prevalence/`, each file one SELECT over tables and those before
//! it; here its inputs are prepared and its steps run in order. May depend on `catalog`, `lake` and `model`.
//!
//! Nothing is scanned again when a rule changes: findings are made of the facts that the lake holds.

mod chosen;
mod coverage;
mod error;
mod evidence;
mod inputs;
mod patterns;
mod steps;

use census_catalog::Catalog;
use census_lake::{Batch, Session};
use census_model::tables::{FindingRow, PrevalenceRow, RuleRow, RunRow};
use census_model::tier::Tiers;
use census_model::{Policy, Time};

pub use chosen::{Choice, choices};
pub use coverage::{Coverage, Unscanned};
pub use error::Error;
pub use evidence::{Evidence, evidence};

/// What to count, and how.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which artifacts of a release speak for it.
    pub policy: Policy,
    /// The cuts of the ranking.
    pub tiers: Tiers,
}

/// What a run of the stage came to: everything that is to be written, and the denominators for whoever prints it.
#[derive(Debug)]
pub struct Numbers {
    /// Rules that are new to the lake.
    pub rules: Vec<RuleRow>,
    /// Findings that are new to the lake.
    pub findings: Vec<FindingRow>,
    /// The numbers.
    pub prevalence: Vec<PrevalenceRow>,
    /// The denominators of each tier, narrowest first, the whole population last.
    pub coverage: Vec<Coverage>,
}

impl Numbers {
    /// The rows to be committed, with those of the run.
    pub fn batch(&self, run: RunRow) -> Batch {
        Batch::new().with(&self.rules).with(&self.findings).with(&self.prevalence).with(&[run])
    }
}

/// The version of a catalog with the lists that its rules use: findings made with the same one need not be made again.
pub fn catalog_id(catalog: &Catalog) -> String {
    let lists = catalog.tlds.version.rsplit('-').next().unwrap_or_default();
    format!("{}-{lists}", catalog.version)
}

/// Works out findings and prevalence over a session of the lake. Writes nothing.
///
/// # Errors
/// Where the lake cannot be read, or a rule's own SQL is wrong ([`Error::Where`] names the rule).
pub async fn run(session: &Session, catalog: &Catalog, config: &Config, run_id: &str, as_of: Time) -> Result<Numbers, Error> {
    let catalog_id = catalog_id(catalog);
    inputs::register(session, catalog, &catalog_id, &config.tiers)?;
    session.register("chosen", &chosen::choices(session, config.policy).await?)?;
    steps::fresh(session).await?;
    session.register("declared", &inputs::declared(session, catalog).await?)?;
    session.register("fits", &patterns::fits(session, catalog).await?)?;
    steps::run(session).await?;
    let numbers = session.rows::<steps::Number>("SELECT * FROM numbers_by_tier").await?;
    Ok(Numbers {
        rules: inputs::new_rules(session, catalog, &catalog_id).await?,
        findings: session.rows("SELECT * FROM found").await?,
        prevalence: numbers.into_iter().map(|number| number.row(run_id, as_of, config.policy)).collect(),
        coverage: coverage::of(session, &config.tiers).await?,
    })
}

/// The denominators alone, of numbers that stand already.
pub async fn coverage(session: &Session, config: &Config) -> Result<(Vec<Coverage>, Vec<Unscanned>), Error> {
    inputs::register_tiers(session, &config.tiers)?;
    session.register("chosen", &chosen::choices(session, config.policy).await?)?;
    steps::denominators(session).await?;
    Ok((coverage::of(session, &config.tiers).await?, session.rows("SELECT * FROM unscanned").await?))
}
