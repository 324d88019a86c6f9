//! The table for other programs and for documents: CSV, and what Markdown needs.

use serde::Serialize;

use super::{Prevalence, PrevalenceRow, TableOptions, text};
use crate::{Error, TierHead};

/// A record: a rule in a tier.
#[derive(Serialize)]
struct Record<'a> {
    run_id: &'a str,
    as_of: &'a str,
    index_serial: Option<i64>,
    ranked_on: Option<&'a str>,
    policy: &'a str,
    rules: &'a str,
    extractor: &'a str,
    kind: &'a str,
    rule: &'a str,
    category: &'a str,
    severity: Option<&'a str>,
    tier: &'a str,
    yes: i64,
    unknown: i64,
    scanned: i64,
    eligible: i64,
    population: i64,
    label: Option<&'a str>,
    unvalidated: bool,
}

/// One record per rule and tier, under a header.
pub(super) fn csv(table: &Prevalence) -> Result<String, Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).has_headers(true).from_writer(Vec::new());
    for row in &table.rows {
        for (tier, share) in table.tiers.iter().zip(&row.shares) {
            writer.serialize(Record {
                run_id: &table.stamp.run_id,
                as_of: &table.stamp.as_of,
                index_serial: table.stamp.index_serial,
                ranked_on: table.stamp.ranked_on.as_deref(),
                policy: &table.stamp.policy,
                rules: &table.stamp.rules,
                extractor: &table.stamp.extractor,
                kind: row.kind.name(),
                rule: &row.rule,
                category: &row.category,
                severity: row.severity.map(crate::Severity::name),
                tier: &tier.title,
                yes: share.yes,
                unknown: share.unknown,
                scanned: share.scanned,
                eligible: share.eligible,
                population: tier.population,
                label: row.label.as_deref(),
                unvalidated: row.unvalidated,
            })?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8(bytes).expect("every field is text"))
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
    pub(super) fn new(table: &'a Prevalence, options: &TableOptions) -> Self {
        let cells = |row: &'a PrevalenceRow| Cells {
            rule: &row.rule,
            severity: row.severity.map(crate::Severity::name),
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
