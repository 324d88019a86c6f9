//! All the evidence of a few artifacts: the same matching as for findings, over their terms alone.

use census_catalog::Catalog;
use census_lake::Session;
use census_model::tier::Tiers;

use crate::{Error, Qualified, catalog_id, inputs, patterns, steps, verdicts};

census_model::row! {
    /// A fact that shows a rule, in words and codes.
    pub struct Evidence {
        /// The rule.
        rule: String,
        /// The artifact.
        artifact_id: i64,
        /// Whether it counts by default: 1 or 0.
        counts: i64,
        /// Code of the phase.
        phase: i8,
        /// Code of the role.
        role: i8,
        /// Code of how sure it is.
        how: i8,
        /// The kind of the term.
        kind: String,
        /// Its value.
        value: String,
        /// The top-level domain, of a URL.
        tld: Option<String>,
        /// The member's path.
        path: String,
        /// The first line.
        line: i32,
        /// Times seen.
        count: i32,
    }
}

/// Every fact of these artifacts that shows a rule of the catalog, most telling first, less what reviewers found wrong. The session is narrowed to them: use it for
/// nothing else afterwards.
pub async fn evidence(session: &Session, catalog: &Catalog, artifacts: &[i64]) -> Result<Vec<Evidence>, Error> {
    if artifacts.is_empty() {
        return Ok(Vec::new());
    }
    let ids = artifacts.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let of_them = |table: &str| format!("SELECT * FROM {table} WHERE artifact_id IN ({ids})");
    session.keep("fresh", &of_them("current_scans")).await?;
    // An older release's facts may be history.
    session.keep("facts", &format!("{} UNION ALL {}", of_them("facts"), of_them("facts_history"))).await?;
    session.keep("members", &of_them("members")).await?;
    for table in ["terms", "urls"] {
        session.keep(table, &format!("SELECT DISTINCT * FROM {table} WHERE term_id IN (SELECT term_id FROM facts)")).await?;
    }
    let numbers = inputs::Numbers::of_catalog(catalog);
    inputs::register(session, catalog, &numbers, &catalog_id(catalog), &Tiers::default(), &Qualified::default())?;
    session.register("held", &inputs::held(session, catalog, &numbers).await?)?;
    session.register("fits", &patterns::fits(session, catalog, &numbers).await?)?;
    session.define("voice", "SELECT DISTINCT project_id, artifact_id, extractor FROM facts").await?;
    let disputes = verdicts::disputes(session, &numbers).await?;
    session.register("dismissed", &disputes.dismissed)?;
    session.register("dismissed_file", &disputes.files)?;
    for steps in [steps::MATCHED, steps::UPHELD, steps::EVIDENCE] {
        steps::take(session, steps).await?;
    }
    Ok(session.rows("SELECT * FROM evidence_of_rules").await?)
}
