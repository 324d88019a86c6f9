//! The numbers of the lake, as the report prints them.

use std::collections::{BTreeSet, HashMap};

use census_catalog::Catalog;
use census_lake::{Lake, Session};
use census_model::tables::{PrevalenceRow, RuleRow, RunRow};
use census_model::tier::{Tier, Unit};
use census_model::{Policy, Role};
use census_prevalence::Stratum;
use census_report::{Estimate, LabelBasis, Prevalence, RuleKind, Severity, Share, Since, Stamp, TierHead};

use crate::fault::Fault;
use crate::stage::prevalence::{Counted, Outcome, TierCoverage, extractors, latest, number, of_run};

/// Numbers, and their denominators.
pub(crate) struct Numbers {
    pub(crate) stamp: Stamp,
    pub(crate) tiers: Vec<TierHead>,
    names: Vec<String>,
    population: String,
    rows: HashMap<String, Vec<PrevalenceRow>>,
}

impl Numbers {
    /// The newest of projects under a policy; empty where there are none.
    pub(crate) async fn newest(session: &Session, policy: Policy) -> Result<Self, Fault> {
        match latest(session, policy, Unit::Project, None, 1).await?.pop() {
            Some(run) => {
                let rows = of_run(session, &run.run_id).await?;
                Self::of(session, run, rows).await
            }
            None => Ok(Self {
                stamp: Stamp { policy: policy.name().to_owned(), ..Stamp::default() },
                tiers: Vec::new(),
                names: Vec::new(),
                population: String::new(),
                rows: HashMap::new(),
            }),
        }
    }

    /// Those of a run.
    pub(crate) async fn of(session: &Session, run: RunRow, rows: Vec<PrevalenceRow>) -> Result<Self, Fault> {
        let counted = Counted::of(&run)?;
        let mut by_rule: HashMap<String, Vec<PrevalenceRow>> = HashMap::new();
        for row in rows {
            by_rule.entry(row.rule.clone()).or_default().push(row);
        }
        let population = counted.by.population;
        Ok(Self {
            stamp: stamp(session, &run).await?,
            tiers: counted.coverage.iter().map(|tier| head(tier, &population)).collect(),
            names: counted.coverage.into_iter().map(|tier| tier.tier).collect(),
            population,
            rows: by_rule,
        })
    }

    /// How much of each tier shows a rule; nothing where the rule has no numbers.
    pub(crate) fn shares(&self, rule: &str) -> Vec<Share> {
        let Some(rows) = self.rows.get(rule) else { return Vec::new() };
        let of = |tier: &String| rows.iter().find(|row| &row.tier == tier).map_or(Share::default(), plain);
        let mut shares: Vec<Share> = self.names.iter().map(of).collect();
        // A random part of the community lies beyond the last cut; up to there everything was to be scanned.
        if self.tiers.last().is_some_and(|whole| whole.sample)
            && let [.., cut, whole] = shares.as_mut_slice()
        {
            whole.estimate = Some(estimate(whole, cut));
        }
        shares
    }

    /// The label of a rule.
    pub(crate) fn label(&self, rule: &str) -> Option<String> {
        self.rows.get(rule)?.iter().find(|row| row.tier == Tier::All.name())?.label.clone()
    }

    fn of_what(&self) -> String {
        match self.population.as_str() {
            "all" => "The index".to_owned(),
            "top" => "The top of the index".to_owned(),
            _ => "A sample of the index".to_owned(),
        }
    }
}

/// Where the numbers of a run come from.
pub(crate) async fn stamp(session: &Session, run: &RunRow) -> Result<Stamp, Fault> {
    let extractors: BTreeSet<i32> = extractors(session).await?;
    let extractor = extractors.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
    Ok(Stamp {
        run_id: run.run_id.clone(),
        as_of: run.as_of.unwrap_or(run.started_at).to_string(),
        index_serial: run.index_serial,
        ranked_on: run.ranked_on.map(|day| day.to_string()),
        ranking_source: run.ranking_source.clone(),
        policy: run.policy.clone().unwrap_or_default(),
        unit: run.unit.clone().unwrap_or_default(),
        rules: run.catalog.clone().unwrap_or_default(),
        extractor,
    })
}

fn head(tier: &TierCoverage, population: &str) -> TierHead {
    let whole = tier.tier == Tier::All.name();
    let everyone = if population == "all" { "community".to_owned() } else { format!("all {}", tier.population) };
    TierHead {
        title: Tier::from_name(&tier.tier).unwrap_or(Tier::All).title(&everyone),
        whole,
        population: tier.population,
        absent: tier.absent,
        eligible: tier.eligible,
        scanned: tier.scanned,
        partly: tier.partly,
        // A crawl of everything goes by rank, then by chance: cut short, its community is a random sample.
        sample: whole && population == "all" && tier.scanned < tier.eligible,
        unscanned: tier.unscanned.iter().map(|(why, projects)| (why.clone(), *projects)).collect(),
    }
}

fn plain(row: &PrevalenceRow) -> Share {
    Share { yes: row.yes, unknown: row.unknown, scanned: row.scanned, eligible: row.eligible, estimate: None }
}

/// What the whole is, of which a random part was scanned beyond the last cut.
fn estimate(whole: &Share, cut: &Share) -> Estimate {
    let part = |share: &Share| Stratum { yes: share.yes, scanned: share.scanned, eligible: share.eligible };
    let rest = Stratum { yes: whole.yes - cut.yes, scanned: whole.scanned - cut.scanned, eligible: whole.eligible - cut.eligible };
    let interval = census_prevalence::interval(&[part(cut), rest]);
    Estimate { percent: 100.0 * interval.share, low: 100.0 * interval.low, high: 100.0 * interval.high }
}

/// The table of the numbers that a run came to.
pub(crate) async fn table(lake: &Lake, catalog: &Catalog, outcome: &Outcome) -> Result<Prevalence, Fault> {
    let session = lake.session().await?;
    let run = &outcome.run;
    let numbers = Numbers::of(&session, run.clone(), outcome.rows.clone()).await?;
    let known = catalog.rows();
    let before = before(&session, run).await?;
    let rows_before = match &before {
        Some(before) => of_run(&session, &before.run_id).await?,
        None => Vec::new(),
    };
    Ok(Prevalence {
        of: numbers.of_what(),
        stamp: numbers.stamp.clone(),
        roles: vec![Role::Runtime, Role::Build, Role::Vendored],
        tiers: numbers.tiers.clone(),
        rows: known.iter().map(|rule| row(&numbers, rule, &rows_before)).collect(),
        labels: labels(catalog),
        label_coverage: catalog.labels.coverage * 100.0,
        since: match before {
            Some(before) => Some(since(&session, run, &before).await?),
            None => None,
        },
    })
}

/// The run of the same kind of numbers before this one.
async fn before(session: &Session, run: &RunRow) -> Result<Option<RunRow>, Fault> {
    let policy = run.policy.as_deref().and_then(Policy::from_name).unwrap_or(Policy::Installed);
    let unit = run.unit.as_deref().and_then(Unit::from_name).unwrap_or(Unit::Project);
    let runs = latest(session, policy, unit, run.as_of, 2).await?;
    Ok(runs.into_iter().find(|before| before.run_id != run.run_id))
}

fn row(numbers: &Numbers, rule: &RuleRow, before: &[PrevalenceRow]) -> census_report::PrevalenceRow {
    let shares = numbers.shares(&rule.rule);
    let was = before.iter().find(|row| row.rule == rule.rule && row.tier == Tier::All.name()).and_then(ratio);
    let is = shares.last().and_then(Share::ratio);
    census_report::PrevalenceRow {
        rule: rule.rule.clone(),
        kind: RuleKind::from_name(&rule.kind).unwrap_or_default(),
        category: rule.category.clone(),
        severity: rule.severity.as_deref().map(Severity::from_name),
        sentence: rule.sentence.clone(),
        label: numbers.label(&rule.rule),
        unvalidated: rule.precision.is_none(),
        shares,
        change: was.zip(is).map(|(was, is)| 100.0 * (is - was)),
        because: None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of projects")]
fn ratio(row: &PrevalenceRow) -> Option<f64> {
    (row.scanned > 0).then(|| row.yes as f64 / row.scanned as f64)
}

fn labels(catalog: &Catalog) -> Vec<LabelBasis> {
    let thresholds = &catalog.labels;
    let basis = |label: &str, basis: String| LabelBasis { label: label.to_owned(), basis };
    vec![
        basis("Common", format!("≥ {}%", thresholds.common * 100.0)),
        basis("Uncommon", format!("≥ {}%", thresholds.uncommon * 100.0)),
        basis("Rare", "below".to_owned()),
        basis("Unique", "one project".to_owned()),
    ]
}

/// What has changed since the run before: rules, and the projects of the index.
async fn since(session: &Session, run: &RunRow, before: &RunRow) -> Result<Since, Fault> {
    let (new, old) = (run.catalog.as_deref().unwrap_or_default(), before.catalog.as_deref().unwrap_or_default());
    let only = |catalog: &str, other: &str| {
        format!(
            "SELECT count(*) AS n FROM rules WHERE catalog = '{catalog}'
                AND rule NOT IN (SELECT rule FROM rules WHERE catalog = '{other}')"
        )
    };
    let moment = |run: &RunRow| run.as_of.unwrap_or(run.started_at).0;
    let between =
        |column: &str| format!("{column} > to_timestamp_micros({}) AND {column} <= to_timestamp_micros({})", moment(before), moment(run));
    let first = "SELECT project_id, min(seen_at) AS first FROM projects WHERE status NOT IN ('absent', 'deleted') GROUP BY project_id";
    let projects_new = format!("SELECT count(*) AS n FROM ({first}) AS p WHERE {}", between("first"));
    let projects_gone =
        format!("SELECT count(*) AS n FROM current_projects WHERE status IN ('deleted', 'quarantined') AND {}", between("seen_at"));
    Ok(Since {
        run_id: before.run_id.clone(),
        as_of: before.as_of.unwrap_or(before.started_at).to_string(),
        rules_added: number(session, &only(new, old)).await?,
        rules_gone: number(session, &only(old, new)).await?,
        projects_new: number(session, &projects_new).await?,
        projects_gone: number(session, &projects_gone).await?,
    })
}
