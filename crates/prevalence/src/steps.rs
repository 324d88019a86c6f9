//! The SQL of `pipelines/prevalence/`, in the order in which it runs.

use census_lake::Session;
use census_model::tier::Unit;
use census_model::{Policy, Time, tables::PrevalenceRow};

use crate::Error;

/// A step: what its answer is called, its SELECT, and whether the answer is worked out once and kept, because several steps use it.
pub(crate) struct Step {
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

/// Which terms show which behavior; `fits` must be there.
pub(crate) const MATCHED: &[Step] = &[step!("matched", "matched", true)];

/// Whose findings are still to be made; `candidate` must be there.
pub(crate) const SPEAKING: &[Step] = &[step!("speaking", "speaking", true)];
pub(crate) const FRESH: &[Step] = &[step!("fresh", "fresh", true)];

/// What facts and metadata show; `fresh`, `matched` and `held` must be there.
pub(crate) const HITS: &[Step] = &[step!("hit", "hit", true), step!("raised", "raised", false), step!("declared", "declared", false)];

/// The same without what reviewers found wrong; `dismissed` and `dismissed_file` must be there.
pub(crate) const UPHELD: &[Step] = &[
    step!("seen", "hit", false),
    step!("hit", "upheld_hit", true),
    step!("raised_by_rule", "raised", false),
    step!("raised", "upheld_raised", false),
    step!("declared_by_rule", "declared", false),
    step!("declared", "upheld_declared", false),
];
pub(crate) const FOUND: &[Step] = &[step!("found", "found", true), step!("finding", "findings", false)];
const SHOWS: &[Step] = &[step!("shows", "shows", true)];
const COUNTED: &[Step] = &[step!("shows", "shows", true), step!("counted", "counted", true)];

/// Who speaks, and whom each project belongs to; `chosen` must be there.
pub(crate) const VOICES: &[Step] = &[step!("voice", "voice", true), step!("family", "family", true)];

/// What there is to count.
const STANDING: &[Step] = &[step!("population", "population", false), step!("standing", "standing", true)];
const STANDING_OF_FAMILIES: &[Step] = &[
    step!("population", "population", false),
    step!("standing_of_projects", "standing", true),
    step!("standing", "standing_of_families", true),
];
const COVERAGE: &[Step] = &[step!("placed", "placed", false), step!("coverage", "coverage", true), step!("unscanned", "unscanned", true)];
const HIDES: &[Step] = &[step!("hides", "hides", true)];
const HIDES_OF_FAMILIES: &[Step] = &[step!("hides_of_projects", "hides", true), step!("hides", "hides_of_families", true)];

/// The numbers; `counted` (of families: `shows_of_projects`) must be there.
const NUMBERS: &[Step] = &[step!("numbers_by_tier", "prevalence", true)];
const NUMBERS_OF_FAMILIES: &[Step] =
    &[step!("shows", "shows_of_families", true), step!("counted", "counted", true), step!("numbers_by_tier", "prevalence", true)];

pub(crate) const EVIDENCE: &[Step] = &[step!("evidence_of_rules", "evidence", false)];

/// What each part of the projects comes to: its steps, what their answer is called, and what that of all parts is. Projects are counted
/// within their part; a family may have projects in several.
pub(crate) fn of_part(unit: Unit) -> (&'static [Step], &'static str, &'static str) {
    match unit {
        Unit::Project => (COUNTED, "counted", "counted"),
        Unit::Family => (SHOWS, "shows", "shows_of_projects"),
    }
}

/// Runs the steps that count what there is to count; `chosen` must be there.
pub(crate) async fn denominators(session: &Session, unit: Unit) -> Result<(), Error> {
    take(session, VOICES).await?;
    take(session, if unit == Unit::Family { STANDING_OF_FAMILIES } else { STANDING }).await?;
    take(session, COVERAGE).await?;
    take(session, if unit == Unit::Family { HIDES_OF_FAMILIES } else { HIDES }).await
}

/// Runs the steps that count what is shown; the denominators and what the parts came to must be there.
pub(crate) async fn numbers(session: &Session, unit: Unit) -> Result<Vec<Number>, Error> {
    take(session, if unit == Unit::Family { NUMBERS_OF_FAMILIES } else { NUMBERS }).await?;
    Ok(session.rows("SELECT * FROM numbers_by_tier").await?)
}

/// Runs steps.
pub(crate) async fn take(session: &Session, steps: &[Step]) -> Result<(), Error> {
    for step in steps {
        let failed = |source| Error::Step { file: step.file, source };
        let began = std::time::Instant::now();
        if step.keep {
            let rows = session.keep(step.name, step.sql).await.map_err(failed)?;
            tracing::debug!(step = step.name, rows, ms = began.elapsed().as_millis(), "done");
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
        /// Those scanned that show it.
        yes: i64,
        /// Others where a gap could hide it.
        unknown: i64,
        /// Those scanned.
        scanned: i64,
        /// Those eligible.
        eligible: i64,
        /// Those in the tier.
        population: i64,
        /// By the share of the whole population.
        label: Option<String>,
    }
}

impl Number {
    pub(crate) fn row(self, run_id: &str, as_of: Time, policy: Policy, unit: Unit) -> PrevalenceRow {
        PrevalenceRow {
            run_id: run_id.to_owned(),
            as_of,
            policy: policy.name().to_owned(),
            unit: unit.name().to_owned(),
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
