//! Findings and prevalence: rules meet facts, findings meet the population, numbers come out.
//!
//! Reads the lake (facts, terms, scans, projects, rankings, verdicts) and a catalog; gives rows of `rules`, `findings`, `prevalence`
//! and a run to be committed. The work is done by the SQL of `pipelines/prevalence/`, each file one SELECT over tables and those
//! before it; here its inputs are prepared and its steps run in order, what touches every fact part by part of the buckets (`parts`).
//! May depend on `catalog`, `lake` and `model`.
//!
//! Nothing is scanned again when a rule changes: findings are made of the facts that the lake holds.

mod change;
mod chosen;
mod coverage;
mod error;
mod evidence;
mod inputs;
mod interval;
mod lens;
mod parts;
mod patterns;
mod steps;
mod verdicts;

use census_catalog::Catalog;
use census_lake::{Draft, Session};
use census_model::fact::{How, Phase, Role};
use census_model::tables::{PrevalenceRow, RuleRow};
use census_model::tier::{Tiers, Unit};
use census_model::{Policy, Time};

pub use change::{Cause, Moment, restatements};
pub use chosen::{Choice, Speaking, choices, speaking};
pub use coverage::{Coverage, Unscanned};
pub use error::Error;
pub use evidence::{Evidence, evidence};
pub use interval::{Interval, Stratum, interval};
pub use lens::Lens;

/// Which facts count, in place of what each rule says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Qualified {
    /// The phases.
    pub phases: Option<Vec<Phase>>,
    /// The roles.
    pub roles: Option<Vec<Role>>,
    /// How sure.
    pub hows: Option<Vec<How>>,
}

/// What to count, and how.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which artifacts of a release speak for it.
    pub policy: Policy,
    /// What is counted.
    pub unit: Unit,
    /// The cuts of the ranking.
    pub tiers: Tiers,
    /// Which facts count, where not those that the rules say.
    pub qualified: Qualified,
    /// The moment that the lake is looked at as of.
    pub lens: Lens,
    /// Into how many parts work on all facts is divided: a power of two up to 64; none lets the number of facts decide.
    pub parts: Option<i16>,
}

impl Config {
    /// The usual: projects, as the rules count them, now.
    pub fn of(policy: Policy, tiers: Tiers) -> Self {
        let (qualified, lens) = (Qualified::default(), Lens::default());
        Self { policy, unit: Unit::Project, tiers, qualified, lens, parts: None }
    }
}

/// What a run of the stage came to: what is to be written besides findings, and the denominators for whoever prints it.
#[derive(Debug)]
pub struct Numbers {
    /// Rules that are new to the lake.
    pub rules: Vec<RuleRow>,
    /// How many findings are new to the lake.
    pub findings: usize,
    /// The numbers.
    pub prevalence: Vec<PrevalenceRow>,
    /// The denominators of each tier, narrowest first, the whole population last.
    pub coverage: Vec<Coverage>,
    /// Why eligible projects were not scanned.
    pub unscanned: Vec<Unscanned>,
}

/// The version of a catalog with the lists that its rules use: findings made with the same one need not be made again.
pub fn catalog_id(catalog: &Catalog) -> String {
    let lists = catalog.tlds.version.rsplit('-').next().unwrap_or_default();
    format!("{}-{lists}", catalog.version)
}

/// What [`prepare`] registers for the SQL to join, besides the lake's own tables and views.
pub const INPUTS: [&str; 12] =
    ["behavior", "candidate", "catalog", "chosen", "fits", "gap_kind", "held", "issue_behavior", "role_bit", "rule", "threshold", "tier"];

/// Works out findings and prevalence over a session of the lake, which is used up by it: its tables are narrowed. Findings that are
/// new go to `draft`, where there is one and the rules decide what counts; committing it is the caller's.
///
/// # Errors
/// Where the lake cannot be read, or a rule's own SQL is wrong ([`Error::Where`] names the rule).
pub async fn run(
    session: &Session,
    draft: Option<&Draft>,
    catalog: &Catalog,
    config: &Config,
    (run_id, as_of): (&str, Time),
) -> Result<Numbers, Error> {
    prepare(session, catalog, config).await?;
    count(session, draft, catalog, config, (run_id, as_of)).await
}

/// The first half of [`run`]: narrows the session's tables and registers the [`INPUTS`], for which every term meets every pattern.
///
/// # Errors
/// As of [`run`].
pub async fn prepare(session: &Session, catalog: &Catalog, config: &Config) -> Result<(), Error> {
    let numbers = inputs::Numbers::of_catalog(catalog);
    lens::look(session, config).await?;
    inputs::register(session, catalog, &numbers, &catalog_id(catalog), &config.tiers, &config.qualified)?;
    let choices = choices(session, only(config.policy)).await?;
    tracing::debug!(chosen = choices.len(), "chosen");
    session.register("chosen", &choices)?;
    // Findings are made of the files that are counted: those of another policy when it is asked for.
    session.register("candidate", &choices)?;
    steps::take(session, steps::SPEAKING).await?;
    steps::take(session, steps::FRESH).await?;
    session.register("held", &inputs::held(session, catalog, &numbers).await?)?;
    let fits = patterns::fits(session, catalog, &numbers).await?;
    tracing::debug!(fits = fits.len(), "terms fit");
    Ok(session.register("fits", &fits)?)
}

/// A policy as a list of one.
fn only(policy: Policy) -> &'static [Policy] {
    Policy::ALL.iter().position(|&other| other == policy).map_or(&[], |at| &Policy::ALL[at..=at])
}

/// The second half of [`run`], over a session that is prepared: joins, findings, numbers.
///
/// # Errors
/// As of [`run`].
pub async fn count(
    session: &Session,
    draft: Option<&Draft>,
    catalog: &Catalog,
    config: &Config,
    (run_id, as_of): (&str, Time),
) -> Result<Numbers, Error> {
    let numbers = inputs::Numbers::of_catalog(catalog);
    let rules = inputs::new_rules(session, catalog, &catalog_id(catalog)).await?;
    steps::take(session, steps::MATCHED).await?;
    steps::denominators(session, config.unit).await?;
    let disputes = verdicts::disputes(session, &numbers).await?;
    let draft = draft.filter(|_| config.qualified == Qualified::default());
    let (answers, findings) = parts::all(session, draft, config, (catalog, &numbers), &disputes).await?;
    tracing::debug!(findings, "all parts done");
    session.set(steps::of_part(config.unit).2, answers)?;
    let rows = steps::numbers(session, config.unit).await?;
    Ok(Numbers {
        rules,
        findings,
        prevalence: rows.into_iter().map(|number| number.row(run_id, as_of, config.policy, config.unit)).collect(),
        coverage: coverage::of(session, &config.tiers).await?,
        unscanned: session.rows("SELECT * FROM unscanned").await?,
    })
}
