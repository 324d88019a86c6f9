//! The table for a terminal.

use super::{Prevalence, PrevalenceRow, RuleKind, TableOptions};
use crate::layout::{Align, Ink, Sheet, TableId};
use crate::number::{count, plural};
use crate::{Share, TierHead, thousands};

/// Scanned projects from which on shares are percentages.
const PERCENT_FROM: i64 = 100;

/// The table as text; so many rules were left out of it.
pub(super) fn render(table: &Prevalence, hidden: usize, options: TableOptions) -> String {
    let mut sheet = Sheet::new(options.color);
    let mut aligns = vec![Align::Left];
    aligns.extend(table.tiers.iter().map(|_| Align::Right));
    let mut row_aligns = aligns.clone();
    row_aligns.extend([Align::Left, Align::Right]);
    let (coverage_table, rows) = (sheet.table(0, aligns), sheet.table(0, row_aligns));
    head(&mut sheet, table);
    coverage(&mut sheet, table, coverage_table, options.coverage);
    sections(&mut sheet, table, rows, options);
    footnotes(&mut sheet, table, hidden);
    sheet.finish()
}

fn head(sheet: &mut Sheet, table: &Prevalence) {
    for line in head_lines(table) {
        sheet.line(Ink::Plain, &line);
    }
    sheet.gap();
}

/// Where the numbers come from, in two lines.
pub(super) fn head_lines(table: &Prevalence) -> [String; 2] {
    let stamp = &table.stamp;
    let serial = stamp.index_serial.map(|serial| format!(" at serial {}", thousands(serial))).unwrap_or_default();
    let source = stamp.ranking_source.as_ref().map(|source| format!(", {source}")).unwrap_or_default();
    let ranking = stamp.ranked_on.as_ref().map(|day| format!(" · ranking {day}{source}")).unwrap_or_default();
    let families = if stamp.unit == "family" { " · families, not projects" } else { "" };
    let roles: Vec<_> = table.roles.iter().map(|role| role.name()).collect();
    [
        format!("{}{serial}, {}{ranking}", table.of, stamp.as_of),
        format!("policy {}{families} · roles {} · rules {} · extractor {}", stamp.policy, roles.join("+"), stamp.rules, stamp.extractor),
    ]
}

fn coverage(sheet: &mut Sheet, table: &Prevalence, id: TableId, why: bool) {
    let titles = table.tiers.iter().map(|tier| tier.title.clone());
    sheet.row(Ink::Bold, id, [String::new()].into_iter().chain(titles));
    let mut put = |name: &str, of: fn(&TierHead) -> i64, note: &str| {
        let counts = table.tiers.iter().map(|tier| thousands(of(tier)));
        sheet.row(Ink::Plain, id, [name.to_owned()].into_iter().chain(counts).chain([note.to_owned()]));
    };
    put("population", |tier| tier.population, "");
    if table.tiers.iter().any(|tier| tier.absent > 0) {
        put("  absent", |tier| tier.absent, "");
    }
    if table.tiers.iter().any(|tier| tier.ineligible() > 0) {
        put("  no file to read", TierHead::ineligible, "");
    }
    put("eligible", |tier| tier.eligible, "");
    put("scanned", |tier| tier.scanned, &sample(table));
    put("  partly read", |tier| tier.partly, "");
    let unscanned = table.tiers.iter().any(|tier| tier.not_scanned() > 0);
    put("not scanned", TierHead::not_scanned, if unscanned && !why { "why: --coverage" } else { "" });
    if why {
        for reason in reasons(table) {
            let counts = table.tiers.iter().map(|tier| thousands(tier.because(&reason)));
            sheet.row(Ink::Plain, id, [format!("  {reason}")].into_iter().chain(counts));
        }
    }
    sheet.gap();
}

/// `random 5.4%` where the widest tier is a sample.
fn sample(table: &Prevalence) -> String {
    match table.tiers.last() {
        Some(tier) if tier.sample && tier.eligible > 0 => format!("random {}", crate::number::percent(tier.scanned, tier.eligible)),
        _ => String::new(),
    }
}

/// Why projects were not scanned, in the order the widest tier tells.
fn reasons(table: &Prevalence) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    for (reason, _) in table.tiers.iter().rev().flat_map(|tier| &tier.unscanned) {
        if !reasons.contains(reason) {
            reasons.push(reason.clone());
        }
    }
    reasons
}

fn sections(sheet: &mut Sheet, table: &Prevalence, id: TableId, options: TableOptions) {
    let percent = !options.counts && table.tiers.iter().any(|tier| tier.scanned >= PERCENT_FROM);
    let shown = if percent { "BEHAVIOR (% of scanned)" } else { "BEHAVIOR (yes / scanned)" };
    let mut cells = vec![shown.to_owned()];
    cells.extend(table.tiers.iter().map(|tier| tier.title.clone()));
    cells.push("label".to_owned());
    cells.push(if table.since.is_some() { "since last".to_owned() } else { String::new() });
    sheet.row(Ink::Bold, id, cells);
    for (category, rows) in by_category(table) {
        sheet.line(Ink::Plain, category);
        put_rows(sheet, id, &rows, options);
    }
    let issues = issues(table);
    if !issues.is_empty() {
        sheet.line(Ink::Bold, "ISSUE");
        put_rows(sheet, id, &issues, options);
    }
    if table.rows.is_empty() {
        sheet.line(Ink::Plain, "  No rules");
    }
    sheet.gap();
}

fn put_rows(sheet: &mut Sheet, id: TableId, rows: &[&PrevalenceRow], options: TableOptions) {
    for row in rows {
        let severity = row.severity.map(|severity| format!("{}  ", severity.name().to_uppercase())).unwrap_or_default();
        let mut cells = vec![format!("  {severity}{}", title(row))];
        cells.extend(row.shares.iter().map(|share| cell(share, options)));
        cells.push(crate::share::label(row.label.as_deref(), &row.shares).to_owned());
        cells.push(row.change.map(points).unwrap_or_default());
        cells.extend(row.because.clone());
        sheet.row(Ink::Plain, id, cells);
    }
}

/// The sentence without its full stop, marked where the rule is not validated.
pub(super) fn title(row: &PrevalenceRow) -> String {
    let sentence = row.sentence.strip_suffix('.').unwrap_or(&row.sentence);
    format!("{sentence}{}", if row.unvalidated { " †" } else { "" })
}

/// A share: a percentage where the denominator is large enough for one.
pub(super) fn cell(share: &Share, options: TableOptions) -> String {
    if options.counts || share.scanned < PERCENT_FROM { share.counts(options.bounds) } else { share.percent(options.bounds) }
}

/// A change in percentage points: `+0.0`, `-0.6`.
pub(super) fn points(change: f64) -> String {
    let rounded = (change * 10.0).round() / 10.0;
    format!("{:+.1}", if rounded == 0.0 { 0.0 } else { rounded })
}

/// Behaviors by category, both in order of their names.
pub(super) fn by_category(table: &Prevalence) -> Vec<(&str, Vec<&PrevalenceRow>)> {
    let mut rows: Vec<_> = table.rows.iter().filter(|row| row.kind == RuleKind::Behavior).collect();
    rows.sort_by(|a, b| (&a.category, &a.rule).cmp(&(&b.category, &b.rule)));
    rows.chunk_by(|a, b| a.category == b.category).map(|group| (group[0].category.as_str(), group.to_vec())).collect()
}

/// Issues, the worst first.
pub(super) fn issues(table: &Prevalence) -> Vec<&PrevalenceRow> {
    let mut rows: Vec<_> = table.rows.iter().filter(|row| row.kind == RuleKind::Issue).collect();
    rows.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.rule.cmp(&b.rule)));
    rows
}

fn footnotes(sheet: &mut Sheet, table: &Prevalence, hidden: usize) {
    if hidden > 0 {
        sheet.line(Ink::Plain, &format!("{} that nobody shows: --all", plural(count(hidden), "rule")));
    }
    for note in notes(table) {
        sheet.line(Ink::Plain, &note);
    }
    sheet.line(Ink::Dim, "Counts: --counts · bounds: --bounds · coverage: --coverage · every rule: --all · export: --format csv");
}

/// What must be known to read the table.
pub(super) fn notes(table: &Prevalence) -> Vec<String> {
    let mut notes = Vec::new();
    if table.rows.iter().any(|row| row.label.is_none() && row.shares.last().is_some_and(|whole| whole.yes > 0)) {
        notes.push(format!("* no label below {}% coverage", table.label_coverage));
    }
    if table.rows.iter().any(|row| row.label.is_some()) && !table.labels.is_empty() {
        let basis: Vec<_> = table.labels.iter().map(|basis| format!("{} {}", basis.label, basis.basis)).collect();
        let whole = table.tiers.last().map_or("", |tier| &tier.title);
        notes.push(format!("labels by share of {whole}: {}", basis.join(" · ")));
    }
    if table.rows.iter().any(|row| row.unvalidated) {
        notes.push("† unvalidated: how often this rule is right has not been measured".to_owned());
    }
    if let Some(since) = &table.since {
        notes.push(format!(
            "since last ({}), in percentage points: {} rules added, {} removed; {} projects new, {} gone",
            since.as_of,
            thousands(since.rules_added),
            thousands(since.rules_gone),
            thousands(since.projects_new),
            thousands(since.projects_gone)
        ));
    }
    notes
}
