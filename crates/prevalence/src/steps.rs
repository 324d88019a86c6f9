//! The SQL of `pipelines/prevalence/`, in the order in which it runs.

use census_lake::Session;
use census_model::{Policy, Time, tables::PrevalenceRow};

use crate::Error;

/// A step: what its answer is called, its SELECT, and whether the answer is worked out once and kept, because several steps use it.
struct Step {
    name: &'static str,
    file: &'static str,
    sql: &'static str,
    keep: bool,
}

macro_rules! step {
    ($name:literal, $file:literal, $keep:literal) => {
        Step { name: $name, file: $file, sql: include_str!(concat!("../../../pipelines/prevalence/", $file, ".sql")), keep: $keep }
    };
}

const FRESH: &[Step] = &[step!("fresh", "fresh", true)];

const FINDINGS: &[Step] =
    &[step!("matched", "matched", true), step!("hit", "hit", true), step!("raised", "raised", false), step!("found", "found", true)];

const DENOMINATORS: &[Step] = &[
    step!("population", "population", false),
    step!("standing", "standing", true),
    step!("placed", "placed", false),
    step!("coverage", "coverage", true),
    step!("unscanned", "unscanned", true),
];

const NUMBERS: &[Step] = &[step!("shows", "shows", true), step!("hides", "hides", true), step!("numbers_by_tier", "prevalence", true)];

/// Finds which artifacts are still to be classified.
pub(crate) async fn fresh(session: &Session) -> Result<(), Error> {
    take(session, FRESH).await
}

/// Runs every step; `chosen` and `fresh` must be there.
pub(crate) async fn run(session: &Session) -> Result<(), Error> {
    take(session, FINDINGS).await?;
    denominators(session).await?;
    take(session, NUMBERS).await
}

/// Runs the steps that show why; `fresh` must be there.
pub(crate) async fn evidence(session: &Session) -> Result<(), Error> {
    take(session, &FINDINGS[..3]).await?;
    take(session, &[step!("evidence_of_rules", "evidence", false)]).await
}

/// Runs the steps that count what there is to count; `chosen` must be there.
pub(crate) async fn denominators(session: &Session) -> Result<(), Error> {
    take(session, DENOMINATORS).await
}

async fn take(session: &Session, steps: &[Step]) -> Result<(), Error> {
    for step in steps {
        let failed = |source| Error::Step { file: step.file, source };
        if step.keep {
            let rows = session.keep(step.name, step.sql).await.map_err(failed)?;
            tracing::debug!(step = step.name, rows, "done");
        } else {
            session.define(step.name, step.sql).await.map_err(failed)?;
        }
    }
    Ok(())
}

census_model::row! {
    /// How much of a tier shows a rule.
    pub struct Number {
        /// The rule.
        rule: String,
        /// The tier.
        tier: String,
        /// Scanned projects that show it.
        yes: i64,
        /// Others where a gap could hide it.
        unknown: i64,
        /// Scanned projects.
        scanned: i64,
        /// Eligible projects.
        eligible: i64,
        /// Projects of the tier.
        population: i64,
        /// By the share of the whole population.
        label: Option<String>,
    }
}

impl Number {
    pub(crate) fn row(self, run_id: &str, as_of: Time, policy: Policy) -> PrevalenceRow {
        PrevalenceRow {
            run_id: run_id.to_owned(),
            as_of,
            policy: policy.name().to_owned(),
            rule: self.rule,
            tier: self.tier,
            yes: self.yes,
            unknown: self.unknown,
            scanned: self.scanned,
            eligible: self.eligible,
            population: self.population,
            label: self.label,
        }
    }
}
