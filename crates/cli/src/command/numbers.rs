//! The numbers of the lake, as the report prints them.

use std::collections::{BTreeSet, HashMap};

use census_catalog::Catalog;
use census_lake::Session;
use census_model::tables::{PrevalenceRow, RuleRow, RunRow};
use census_model::tier::Tier;
use census_model::{Policy, Role};
use census_prevalence::{Config, Coverage, Unscanned};
use census_report::{LabelBasis, Prevalence, RuleKind, Severity, Share, Since, Stamp, TierHead};

use crate::fault::Fault;
use crate::stage::crawl::Settings;
use crate::stage::prevalence::{extractors, latest, number};

/// The newest numbers under a policy, and their denominators.
pub(crate) struct Numbers {
    pub(crate) stamp: Stamp,
    pub(crate) tiers: Vec<TierHead>,
    names: Vec<String>,
    settings: Settings,
    run: Option<RunRow>,
    before: Option<RunRow>,
    rows: HashMap<String, Vec<PrevalenceRow>>,
}

impl Numbers {
    /// Loads them.
    pub(crate) async fn load(session: &Session, policy: Policy) -> Result<Self, Fault> {
        let mut runs = latest(session, policy, 2).await?.into_iter();
        let (run, before) = (runs.next(), runs.next());
        let (_, settings) = Settings::newest(session).await?;
        let mut rows: HashMap<String, Vec<PrevalenceRow>> = HashMap::new();
        if let Some(run) = &run {
            for row in of_run(session, &run.run_id).await? {
                rows.entry(row.rule.clone()).or_default().push(row);
            }
        }
        let config = Config { policy, tiers: settings.tiers.clone() };
        let (coverage, unscanned) = census_prevalence::coverage(session, &config).await?;
        Ok(Self {
            stamp: stamp(session, run.as_ref(), policy).await?,
            tiers: if run.is_some() { heads(&coverage, &unscanned, &settings) } else { Vec::new() },
            names: settings.tiers.all().into_iter().map(Tier::name).collect(),
            settings,
            run,
            before,
            rows,
        })
    }

    /// How much of each tier shows a rule; nothing where the rule has no numbers.
    pub(crate) fn shares(&self, rule: &str) -> Vec<Share> {
        let Some(rows) = self.rows.get(rule) else { return Vec::new() };
        let of =
            |(tier, head): (&String, &TierHead)| rows.iter().find(|row| &row.tier == tier).map_or(Share::default(), |row| share(row, head));
        self.names.iter().zip(&self.tiers).map(of).collect()
    }

    /// The label of a rule.
    pub(crate) fn label(&self, rule: &str) -> Option<String> {
        self.rows.get(rule)?.first()?.label.clone()
    }

    fn of(&self) -> String {
        match self.settings.population.as_str() {
            "all" => "The index".to_owned(),
            "top" => "The top of the index".to_owned(),
            _ => "A sample of the index".to_owned(),
        }
    }
}

async fn of_run(session: &Session, run_id: &str) -> Result<Vec<PrevalenceRow>, Fault> {
    Ok(session.rows(&format!("SELECT * FROM prevalence WHERE run_id = '{run_id}'")).await?)
}

async fn stamp(session: &Session, run: Option<&RunRow>, policy: Policy) -> Result<Stamp, Fault> {
    let extractors: BTreeSet<i32> = extractors(session).await?;
    let extractor = extractors.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
    Ok(Stamp {
        run_id: run.map(|r| r.run_id.clone()).unwrap_or_default(),
        as_of: run.map(|r| r.started_at.to_string()).unwrap_or_default(),
        index_serial: run.and_then(|r| r.index_serial),
        ranked_on: run.and_then(|r| r.ranked_on).map(|day| day.to_string()),
        ranking_source: run.and_then(|r| r.ranking_source.clone()),
        policy: policy.name().to_owned(),
        rules: run.and_then(|r| r.catalog.clone()).unwrap_or_default(),
        extractor,
    })
}

fn heads(coverage: &[Coverage], unscanned: &[Unscanned], settings: &Settings) -> Vec<TierHead> {
    coverage.iter().map(|tier| head(tier, unscanned, settings)).collect()
}

fn head(tier: &Coverage, unscanned: &[Unscanned], settings: &Settings) -> TierHead {
    let whole = tier.tier == Tier::All.name();
    let everyone = if settings.population == "all" { "community".to_owned() } else { format!("all {}", tier.population) };
    TierHead {
        title: Tier::from_name(&tier.tier).unwrap_or(Tier::All).title(&everyone),
        whole,
        population: tier.population,
        absent: tier.absent,
        eligible: tier.eligible,
        scanned: tier.scanned,
        partly: tier.partly,
        // A crawl of everything goes by rank, then by chance: cut short, its community is a random sample.
        sample: whole && settings.population == "all" && tier.scanned < tier.eligible,
        unscanned: unscanned.iter().filter(|u| u.tier == tier.tier).map(|u| (u.why.clone(), u.projects)).collect(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of projects")]
fn share(row: &PrevalenceRow, head: &TierHead) -> Share {
    let (yes, n) = (row.yes as f64, row.scanned as f64);
    let margin = (head.sample && row.scanned > 0).then(|| {
        let p = yes / n;
        let finite = ((row.eligible - row.scanned).max(0) as f64 / (row.eligible - 1).max(1) as f64).sqrt();
        100.0 * 1.96 * (p * (1.0 - p) / n).sqrt() * finite
    });
    Share { yes: row.yes, unknown: row.unknown, scanned: row.scanned, eligible: row.eligible, margin }
}

/// The table of prevalence.
pub(crate) async fn of(session: &Session, catalog: &Catalog, policy: Policy) -> Result<Prevalence, Fault> {
    let numbers = Numbers::load(session, policy).await?;
    let Some(run) = &numbers.run else {
        return Err(Fault::new("no prevalence has been worked out", "run `census prevalence`"));
    };
    let rules: Vec<RuleRow> =
        session.rows(&format!("SELECT * FROM rules WHERE catalog = '{}'", run.catalog.clone().unwrap_or_default())).await?;
    let before = match &numbers.before {
        Some(before) => of_run(session, &before.run_id).await?,
        None => Vec::new(),
    };
    Ok(Prevalence {
        of: numbers.of(),
        stamp: numbers.stamp.clone(),
        roles: vec![Role::Runtime, Role::Build, Role::Vendored],
        tiers: numbers.tiers.clone(),
        rows: rules.iter().map(|rule| row(&numbers, rule, &before)).collect(),
        labels: labels(catalog),
        label_coverage: catalog.labels.coverage * 100.0,
        since: since(session, &numbers).await?,
    })
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
async fn since(session: &Session, numbers: &Numbers) -> Result<Option<Since>, Fault> {
    let (Some(run), Some(before)) = (&numbers.run, &numbers.before) else { return Ok(None) };
    let (new, old) = (run.catalog.as_deref().unwrap_or_default(), before.catalog.as_deref().unwrap_or_default());
    let only = |catalog: &str, other: &str| {
        format!(
            "SELECT count(*) AS n FROM rules WHERE catalog = '{catalog}'
                AND rule NOT IN (SELECT rule FROM rules WHERE catalog = '{other}')"
        )
    };
    let between = |column: &str| {
        let (from, to) = (before.started_at.0, run.started_at.0);
        format!("{column} > to_timestamp_micros({from}) AND {column} <= to_timestamp_micros({to})")
    };
    let first = "SELECT project_id, min(seen_at) AS first FROM projects WHERE status NOT IN ('absent', 'deleted') GROUP BY project_id";
    let projects_new = format!("SELECT count(*) AS n FROM ({first}) AS p WHERE {}", between("first"));
    let projects_gone =
        format!("SELECT count(*) AS n FROM current_projects WHERE status IN ('deleted', 'quarantined') AND {}", between("seen_at"));
    Ok(Some(Since {
        run_id: before.run_id.clone(),
        as_of: before.started_at.to_string(),
        rules_added: number(session, &only(new, old)).await?,
        rules_gone: number(session, &only(old, new)).await?,
        projects_new: number(session, &projects_new).await?,
        projects_gone: number(session, &projects_gone).await?,
    }))
}
