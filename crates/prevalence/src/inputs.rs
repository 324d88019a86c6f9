//! What the SQL joins besides the lake: the catalog, the tiers, the kinds of gaps, as tables.

use std::collections::{HashMap, HashSet};

use census_catalog::{Behavior, Catalog, Counts, Issue, Raised, Within};
use census_lake::Session;
use census_model::fact::{How, Phase, Role};
use census_model::tables::RuleRow;
use census_model::tier::{Tier, Tiers};
use census_model::{Table, What};

use crate::{Error, Qualified};

/// The rules by number: what runs a hundred million times compares numbers, not names.
#[derive(Debug)]
pub(crate) struct Numbers(HashMap<String, i32>);

impl Numbers {
    /// The rules of a catalog, by id.
    pub(crate) fn of_catalog(catalog: &Catalog) -> Self {
        let mut ids: Vec<&str> = catalog.ids().collect();
        ids.sort_unstable();
        Self(ids.into_iter().map(str::to_owned).zip(0..).collect())
    }

    /// The number of a rule of the catalog.
    pub(crate) fn of(&self, rule: &str) -> i32 {
        self.0[rule]
    }

    /// The number of a rule, where the catalog has it.
    pub(crate) fn get(&self, rule: &str) -> Option<i32> {
        self.0.get(rule).copied()
    }
}

census_model::row! {
    /// Where a behavior counts: bit n for code n.
    pub struct Counting {
        /// The number of the behavior.
        n: i32,
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
        /// The number of the issue.
        issue: i32,
        /// The number of the behavior.
        behavior: i32,
        /// How many behaviors must come together.
        need: i64,
        /// Where: `file` or `artifact`.
        within: String,
    }
}

census_model::row! {
    /// A rule, its number, and the roles in which it counts.
    pub struct Rule {
        /// The number.
        n: i32,
        /// The rule.
        rule: String,
        /// Bit n for role n; bit 15 for what may be anywhere.
        roles: i64,
    }
}

census_model::row! {
    /// A tier.
    pub struct TierCut {
        /// Its number.
        t: i32,
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
    /// What a role that something is hidden in hides: its bit; every bit where the role is not known.
    pub struct RoleBit {
        /// Code of the role; 15 is no role's, -1 stands for not knowing.
        role: i32,
        /// The bit.
        bit: i64,
    }
}

census_model::row! {
    /// An issue that an artifact's metadata raise.
    pub struct Held {
        /// The number of the issue.
        n: i32,
        /// The project.
        project_id: i64,
        /// The artifact.
        artifact_id: i64,
        /// The version of the extractor that read the metadata.
        extractor: i32,
    }
}

census_model::row! {
    /// An artifact that a condition holds for.
    pub struct Meets {
        /// The project.
        project_id: i64,
        /// The artifact.
        artifact_id: i64,
        /// The version of the extractor that read the metadata.
        extractor: i32,
    }
}

/// The role that stands for anywhere.
const ANYWHERE: i32 = 15;

fn bits(codes: impl Iterator<Item = i8>) -> i32 {
    codes.fold(0, |bits, code| bits | 1 << code)
}

/// Registers everything that does not come from the lake.
pub(crate) fn register(
    session: &Session,
    catalog: &Catalog,
    numbers: &Numbers,
    catalog_id: &str,
    tiers: &Tiers,
    qualified: &Qualified,
) -> Result<(), Error> {
    let counting: Vec<_> = catalog.behaviors.iter().map(|b| counting(b, numbers, qualified)).collect();
    session.register("behavior", &counting)?;
    session.register("issue_behavior", &catalog.issues.iter().flat_map(|issue| issue_behaviors(issue, numbers)).collect::<Vec<_>>())?;
    session.register("rule", &rules(catalog, &counting, numbers))?;
    session.register("catalog", &[CatalogId { catalog: catalog_id.to_owned() }])?;
    let kinds: Vec<_> = What::ALL.iter().map(|what| GapKind { what: what.name().to_owned(), hides: what.hides() }).collect();
    session.register("gap_kind", &kinds)?;
    session.register("role_bit", &role_bits())?;
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
    let rows: Vec<_> = (0..).zip(tiers.all()).map(|(t, tier)| TierCut { t, tier: tier.name(), cut: cut(tier) }).collect();
    Ok(session.register("tier", &rows)?)
}

fn counting(behavior: &Behavior, numbers: &Numbers, qualified: &Qualified) -> Counting {
    let counts = qualified.instead_of(&behavior.counts);
    Counting {
        n: numbers.of(&behavior.id),
        phases: bits(counts.phases.iter().copied().map(Phase::code)),
        roles: bits(counts.roles.iter().copied().map(Role::code)),
        hows: bits(counts.hows.iter().copied().map(How::code)),
    }
}

impl Qualified {
    /// Where a behavior counts: as asked, else as its rule says.
    fn instead_of(&self, rule: &Counts) -> Counts {
        let mut counts = rule.clone();
        counts.phases = self.phases.clone().unwrap_or(counts.phases);
        counts.roles = self.roles.clone().unwrap_or(counts.roles);
        counts.hows = self.hows.clone().unwrap_or(counts.hows);
        counts
    }
}

fn issue_behaviors(issue: &Issue, numbers: &Numbers) -> Vec<IssueBehavior> {
    let (need, within) = match &issue.raised {
        Raised::Any(_) | Raised::Where(_) => (1, Within::Artifact),
        Raised::All(behaviors, within) => (i64::try_from(behaviors.len()).unwrap_or(i64::MAX), *within),
    };
    let within = if within == Within::File { "file" } else { "artifact" };
    let row =
        |behavior: &String| IssueBehavior { issue: numbers.of(&issue.id), behavior: numbers.of(behavior), need, within: within.to_owned() };
    issue.raised.behaviors().iter().map(row).collect()
}

/// Every rule: an issue counts where any of its behaviors does, and one that metadata raise has no role to hide in.
fn rules(catalog: &Catalog, behaviors: &[Counting], numbers: &Numbers) -> Vec<Rule> {
    let roles: HashMap<i32, i32> = behaviors.iter().map(|b| (b.n, b.roles)).collect();
    let of_behavior = |id: &String| roles[&numbers.of(id)];
    let of_issue = |issue: &Issue| issue.raised.behaviors().iter().map(of_behavior).fold(0, |all, roles| all | roles);
    let behaviors = catalog.behaviors.iter().map(|b| (&b.id, of_behavior(&b.id)));
    let all = behaviors.chain(catalog.issues.iter().map(|issue| (&issue.id, of_issue(issue))));
    all.map(|(id, roles)| Rule { n: numbers.of(id), rule: id.clone(), roles: i64::from(roles) | 1 << ANYWHERE }).collect()
}

fn role_bits() -> Vec<RoleBit> {
    let places: Vec<i32> = Role::ALL.iter().map(|role| i32::from(role.code())).chain([ANYWHERE]).collect();
    let own = places.iter().map(|&role| RoleBit { role, bit: 1 << role });
    own.chain(places.iter().map(|&role| RoleBit { role: -1, bit: 1 << role })).collect()
}

/// The issues that metadata raise, for every artifact of the table `fresh`. A condition sees the dependencies that the scan which
/// speaks for an artifact told, not what other versions of the extractor made of them.
pub(crate) async fn held(session: &Session, catalog: &Catalog, numbers: &Numbers) -> Result<Vec<Held>, Error> {
    let dependencies = "SELECT d.* FROM dependencies AS d
                        JOIN current_scans AS s ON s.artifact_id = d.artifact_id AND s.extractor = d.extractor";
    session.define(Table::Dependencies.name(), dependencies).await?;
    let mut rows = Vec::new();
    for issue in &catalog.issues {
        let Raised::Where(condition) = &issue.raised else { continue };
        let sql = format!(
            "SELECT DISTINCT project_id, artifact_id, extractor FROM package_files
             WHERE artifact_id IN (SELECT artifact_id FROM fresh) AND ({condition})"
        );
        let meets: Vec<Meets> = session.rows(&sql).await.map_err(|source| Error::Where { rule: issue.id.clone(), source })?;
        let n = numbers.of(&issue.id);
        rows.extend(meets.into_iter().map(|m| Held { n, project_id: m.project_id, artifact_id: m.artifact_id, extractor: m.extractor }));
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
