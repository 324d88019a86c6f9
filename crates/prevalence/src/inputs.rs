//! What the SQL joins besides the lake: the catalog, the tiers, the kinds of gaps, as tables.

use std::collections::HashSet;

use census_catalog::{Catalog, Issue, Raised, Within};
use census_lake::Session;
use census_model::fact::{How, Phase, Role};
use census_model::tables::RuleRow;
use census_model::tier::{Tier, Tiers};
use census_model::{What, id};

use crate::Error;

census_model::row! {
    /// A pattern of a behavior.
    pub struct Matcher {
        /// The behavior.
        rule: String,
        /// The kind that a term must have.
        kind: String,
        /// How to compare.
        test: String,
        /// With what.
        pattern: String,
        /// Whether what fits is left out.
        exclude: bool,
    }
}

census_model::row! {
    /// Where a behavior counts: bit n for code n.
    pub struct Behavior {
        /// The behavior.
        rule: String,
        /// The phases.
        phases: i32,
        /// The roles.
        roles: i32,
        /// How sure.
        hows: i32,
    }
}

census_model::row! {
    /// A behavior that raises an issue.
    pub struct IssueBehavior {
        /// The issue.
        issue: String,
        /// The behavior.
        behavior: String,
        /// How many behaviors must come together.
        need: i64,
        /// Where: `file` or `artifact`.
        within: String,
    }
}

census_model::row! {
    /// A rule and the roles in which it counts.
    pub struct Rule {
        /// The rule.
        rule: String,
        /// Bit n for role n.
        roles: i32,
    }
}

census_model::row! {
    /// A tier.
    pub struct TierCut {
        /// Its name.
        tier: String,
        /// The last rank in it; none for the whole population.
        cut: Option<i32>,
    }
}

census_model::row! {
    /// A kind of gap.
    pub struct GapKind {
        /// Its name.
        what: String,
        /// Whether bytes were not read.
        hides: bool,
    }
}

census_model::row! {
    /// The thresholds of labels.
    pub struct Threshold {
        /// Of *Common*.
        common: f64,
        /// Of *Uncommon*.
        uncommon: f64,
        /// Of any label.
        coverage: f64,
    }
}

census_model::row! {
    /// The catalog's id.
    pub struct CatalogId {
        /// The id.
        catalog: String,
    }
}

census_model::row! {
    /// An issue that an artifact's metadata raise.
    pub struct Declared {
        /// The rule.
        rule: String,
        /// The bucket of the project.
        bucket: i16,
        /// The project.
        project_id: i64,
        /// The artifact.
        artifact_id: i64,
    }
}

census_model::row! {
    /// An artifact that a condition holds for.
    pub struct Held {
        /// The project.
        project_id: i64,
        /// The artifact.
        artifact_id: i64,
    }
}

fn bits(codes: impl Iterator<Item = i8>) -> i32 {
    codes.fold(0, |bits, code| bits | 1 << code)
}

/// Registers everything that does not come from the lake.
pub(crate) fn register(session: &Session, catalog: &Catalog, catalog_id: &str, tiers: &Tiers) -> Result<(), Error> {
    let matchers: Vec<_> = catalog.matchers().map(matcher).collect();
    session.register("matcher", &matchers)?;
    let behaviors: Vec<_> = catalog.behaviors.iter().map(behavior).collect();
    session.register("behavior", &behaviors)?;
    session.register("issue_behavior", &catalog.issues.iter().flat_map(issue_behaviors).collect::<Vec<_>>())?;
    session.register("rule", &rules(catalog, &behaviors))?;
    session.register("catalog", &[CatalogId { catalog: catalog_id.to_owned() }])?;
    let kinds: Vec<_> = What::ALL.iter().map(|what| GapKind { what: what.name().to_owned(), hides: what.hides() }).collect();
    session.register("gap_kind", &kinds)?;
    let labels = &catalog.labels;
    session.register("threshold", &[Threshold { common: labels.common, uncommon: labels.uncommon, coverage: labels.coverage }])?;
    register_tiers(session, tiers)
}

/// Registers the tiers.
pub(crate) fn register_tiers(session: &Session, tiers: &Tiers) -> Result<(), Error> {
    let cut = |tier: Tier| match tier {
        Tier::Top(n) => Some(n),
        Tier::All => None,
    };
    let rows: Vec<_> = tiers.all().into_iter().map(|tier| TierCut { tier: tier.name(), cut: cut(tier) }).collect();
    Ok(session.register("tier", &rows)?)
}

fn matcher(m: &census_catalog::Matcher) -> Matcher {
    Matcher {
        rule: m.rule.clone(),
        kind: m.kind.name().to_owned(),
        test: m.test.name().to_owned(),
        pattern: m.pattern.clone(),
        exclude: m.exclude,
    }
}

fn behavior(b: &census_catalog::Behavior) -> Behavior {
    Behavior {
        rule: b.id.clone(),
        phases: bits(b.counts.phases.iter().copied().map(Phase::code)),
        roles: bits(b.counts.roles.iter().copied().map(Role::code)),
        hows: bits(b.counts.hows.iter().copied().map(How::code)),
    }
}

fn issue_behaviors(issue: &Issue) -> Vec<IssueBehavior> {
    let (need, within) = match &issue.raised {
        Raised::Any(_) | Raised::Where(_) => (1, Within::Artifact),
        Raised::All(behaviors, within) => (i64::try_from(behaviors.len()).unwrap_or(i64::MAX), *within),
    };
    let within = if within == Within::File { "file" } else { "artifact" };
    let row = |behavior: &String| IssueBehavior { issue: issue.id.clone(), behavior: behavior.clone(), need, within: within.to_owned() };
    issue.raised.behaviors().iter().map(row).collect()
}

/// Every rule: an issue counts where any of its behaviors does, and one that metadata raise has no role to hide in.
fn rules(catalog: &Catalog, behaviors: &[Behavior]) -> Vec<Rule> {
    let roles_of = |id: &String| behaviors.iter().find(|b| &b.rule == id).map_or(0, |b| b.roles);
    let issues = catalog.issues.iter().map(|issue| Rule {
        rule: issue.id.clone(),
        roles: issue.raised.behaviors().iter().map(roles_of).fold(0, |all, roles| all | roles),
    });
    behaviors.iter().map(|b| Rule { rule: b.rule.clone(), roles: b.roles }).chain(issues).collect()
}

/// The issues that metadata raise, for every artifact still to be classified.
pub(crate) async fn declared(session: &Session, catalog: &Catalog) -> Result<Vec<Declared>, Error> {
    let mut rows = Vec::new();
    for issue in &catalog.issues {
        let Raised::Where(condition) = &issue.raised else { continue };
        let sql = format!(
            "SELECT project_id, artifact_id FROM package_files WHERE artifact_id IN (SELECT artifact_id FROM fresh) AND ({condition})"
        );
        let held: Vec<Held> = session.rows(&sql).await.map_err(|source| Error::Where { rule: issue.id.clone(), source })?;
        rows.extend(held.into_iter().map(|h| Declared {
            rule: issue.id.clone(),
            bucket: id::bucket(h.project_id),
            project_id: h.project_id,
            artifact_id: h.artifact_id,
        }));
    }
    Ok(rows)
}

/// The rules that the lake does not hold under this catalog.
pub(crate) async fn new_rules(session: &Session, catalog: &Catalog, catalog_id: &str) -> Result<Vec<RuleRow>, Error> {
    let known: Vec<RuleRow> = session.rows(&format!("SELECT * FROM rules WHERE catalog = '{catalog_id}'")).await?;
    let known: HashSet<&str> = known.iter().map(|rule| rule.rule.as_str()).collect();
    let rows = catalog.rows().into_iter().map(|row| RuleRow { catalog: catalog_id.to_owned(), ..row });
    Ok(rows.filter(|row| !known.contains(row.rule.as_str())).collect())
}
