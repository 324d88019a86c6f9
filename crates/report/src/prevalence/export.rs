//! The table for other programs and for documents: CSV, and what Markdown needs.

use serde::Serialize;

use super::{Prevalence, PrevalenceRow, TableOptions, text};
use crate::{Error, Estimate, Severity, Share, Stamp, TierHead};

/// What a record holds: a rule in a tier.
const COLUMNS: [&str; 23] = [
    "run_id",
    "as_of",
    "index_serial",
    "ranked_on",
    "policy",
    "unit",
    "rules",
    "extractor",
    "kind",
    "rule",
    "category",
    "severity",
    "tier",
    "yes",
    "unknown",
    "scanned",
    "eligible",
    "population",
    "estimate",
    "low",
    "high",
    "label",
    "unvalidated",
];

/// One record per rule and tier, under a header.
pub(super) fn csv(table: &Prevalence) -> Result<String, Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for row in &table.rows {
        for (tier, share) in table.tiers.iter().zip(&row.shares) {
            writer.write_record(record(&table.stamp, row, tier, share))?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8(bytes).expect("every field is text"))
}

/// A record, in the order of [`COLUMNS`]; what is not known is empty.
fn record(stamp: &Stamp, row: &PrevalenceRow, tier: &TierHead, share: &Share) -> [String; COLUMNS.len()] {
    [
        stamp.run_id.clone(),
        stamp.as_of.clone(),
        stamp.index_serial.map(|serial| serial.to_string()).unwrap_or_default(),
        stamp.ranked_on.clone().unwrap_or_default(),
        stamp.policy.clone(),
        stamp.unit.clone(),
        stamp.rules.clone(),
        stamp.extractor.clone(),
        row.kind.name().to_owned(),
        row.rule.clone(),
        row.category.clone(),
        row.severity.map(Severity::name).unwrap_or_default().to_owned(),
        tier.title.clone(),
        share.yes.to_string(),
        share.unknown.to_string(),
        share.scanned.to_string(),
        share.eligible.to_string(),
        tier.population.to_string(),
        estimate(share, |e| e.percent),
        estimate(share, |e| e.low),
        estimate(share, |e| e.high),
        row.label.clone().unwrap_or_default(),
        row.unvalidated.to_string(),
    ]
}

/// A part of an estimate, in percent; empty where there is none.
fn estimate(share: &Share, part: fn(&Estimate) -> f64) -> String {
    share.estimate.as_ref().map(|estimate| part(estimate).to_string()).unwrap_or_default()
}

/// The table in sections, its cells printed.
#[derive(Serialize)]
pub(super) struct Sections<'a> {
    head: [String; 2],
    tiers: &'a [TierHead],
    behaviors: Vec<Group<'a>>,
    issues: Vec<Cells<'a>>,
    notes: Vec<String>,
    changes: bool,
}

/// The behaviors of a category.
#[derive(Serialize)]
struct Group<'a> {
    category: &'a str,
    rows: Vec<Cells<'a>>,
}

/// A row, its cells printed.
#[derive(Serialize)]
struct Cells<'a> {
    rule: &'a str,
    severity: Option<&'a str>,
    title: String,
    shares: Vec<String>,
    label: &'a str,
    change: String,
}

impl<'a> Sections<'a> {
    pub(super) fn new(table: &'a Prevalence, options: TableOptions) -> Self {
        let cells = |row: &'a PrevalenceRow| Cells {
            rule: &row.rule,
            severity: row.severity.map(Severity::name),
            title: text::title(row),
            shares: row.shares.iter().map(|share| text::cell(share, options)).collect(),
            label: row.label.as_deref().unwrap_or("*"),
            change: row.change.map(text::points).into_iter().chain(row.because.clone()).collect::<Vec<_>>().join(" "),
        };
        let group = |(category, rows): (&'a str, Vec<&'a PrevalenceRow>)| Group { category, rows: rows.into_iter().map(cells).collect() };
        Self {
            head: text::head_lines(table),
            tiers: &table.tiers,
            behaviors: text::by_category(table).into_iter().map(group).collect(),
            issues: text::issues(table).into_iter().map(cells).collect(),
            notes: text::notes(table),
            changes: table.since.is_some(),
        }
    }
}
