//! The page for a terminal.

use super::view::{Row, Seen, View, sentence};
use super::{ArtifactRead, Page, Severity, Shown, Vulnerabilities, VulnerabilityShown};
use crate::layout::{Align, Ink, Sheet, TableId};
use crate::number::{count, plural};
use crate::{RenderOptions, Share, bytes, thousands};

/// Scanned projects from which on the whole population's share is a percentage.
const PERCENT_FROM: i64 = 1000;

/// What stands after a rule whose precision has not been measured.
const UNVALIDATED: &str = " †";

/// The page as text.
pub(super) fn render(view: &View<'_>, options: RenderOptions) -> String {
    let mut sheet = Sheet::new(options.color);
    let mut aligns = vec![Align::Left];
    aligns.extend(view.page.tiers.iter().map(|_| Align::Right));
    let rows = sheet.table(0, aligns);
    let evidence = sheet.table(2, Vec::new());
    head(&mut sheet, view.page, options.width);
    unread(&mut sheet, view);
    sheet.gap();
    if view.scanned {
        behaviors(&mut sheet, view, rows, evidence, options.all);
        not_run(&mut sheet, view);
        issues(&mut sheet, view, rows, options);
        reviewed(&mut sheet, view.page, options.width);
    } else {
        sheet.line(Ink::Bold, "NOT SCANNED");
        sheet.line(Ink::Plain, "No file of this release was read: nothing can be said of what it does.");
    }
    vulnerabilities(&mut sheet, view.page);
    footnotes(&mut sheet, view);
    more(&mut sheet, view);
    sheet.finish()
}

fn head(sheet: &mut Sheet, page: &Page, width: usize) {
    let ranking = page.stamp.ranked_on.as_ref().map(|day| format!(" (ranking {day})")).unwrap_or_default();
    let mut parts = vec![format!("{} {}", page.project, page.version).trim_end().to_owned()];
    parts.push(page.rank.map_or_else(|| format!("not ranked{ranking}"), |rank| format!("rank {}{ranking}", thousands(rank.into()))));
    parts.push(if page.latest { "latest release" } else { "not the latest release" }.to_owned());
    if !matches!(page.status.as_str(), "" | "active") {
        parts.push(page.status.clone());
    }
    sheet.line(Ink::Bold, &parts.join(" · "));
    sheet.parts(&read_parts(page), width);
    if !page.tiers.is_empty() {
        let stamp = &page.stamp;
        let mut parts = vec!["Counts: projects showing it / scanned".to_owned()];
        parts.extend(stamp.index_serial.map(|serial| format!("index serial {}", thousands(serial))));
        let named = [("rules", &stamp.rules), ("extractor", &stamp.extractor), ("policy", &stamp.policy), ("as of", &stamp.as_of)];
        parts.extend(named.map(|(name, value)| format!("{name} {value}")));
        sheet.parts(&parts, width);
    } else if page.is_scanned() {
        sheet.line(Ink::Plain, "Prevalence: not computed: run `census prevalence`");
    }
}

/// `Read fully: wheel (what pip installs) and sdist`, `0 files unread`.
fn read_parts(page: &Page) -> Vec<String> {
    let named = |wanted: fn(&str) -> bool| -> Vec<String> {
        page.artifacts.iter().filter(|a| wanted(&a.outcome)).map(|a| artifact_name(page, a)).collect()
    };
    let groups = [
        ("Read fully", named(|outcome| outcome == "ok")),
        ("Read in part", named(|outcome| outcome == "partial")),
        ("Not read", named(|outcome| !matches!(outcome, "ok" | "partial"))),
    ];
    let mut parts: Vec<_> =
        groups.iter().filter(|(_, names)| !names.is_empty()).map(|(what, names)| format!("{what}: {}", and(names))).collect();
    if page.artifacts.is_empty() {
        parts.push("No files to read".to_owned());
    }
    if page.is_scanned() {
        parts.push(format!("{} unread", plural(count(page.unread.len()), "file")));
    }
    parts
}

/// An artifact's kind, or its file name where others are of the same kind, and what is to be known about it.
fn artifact_name(page: &Page, artifact: &ArtifactRead) -> String {
    let alone = page.artifacts.iter().filter(|a| a.kind == artifact.kind).count() == 1;
    let name = if alone { &artifact.kind } else { &artifact.filename };
    let mut notes = Vec::new();
    if artifact.installed {
        notes.push("what pip installs".to_owned());
    }
    if !artifact.is_read() {
        notes.push(artifact.outcome.clone());
    }
    notes.extend(artifact.reason.clone());
    if notes.is_empty() { name.clone() } else { format!("{name} ({})", notes.join(", ")) }
}

/// `a`, `a and b`, `a, b and c`.
fn and(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

fn unread(sheet: &mut Sheet, view: &View<'_>) {
    let table = sheet.table(2, Vec::new());
    for gap in view.unread {
        let path = if gap.path.is_empty() { "the whole file".to_owned() } else { gap.path.clone() };
        sheet.row(Ink::Yellow, table, vec![gap.what.to_string(), path, format!("{} · {}", gap.artifact, bytes(gap.bytes))]);
    }
    left_out(sheet, "  ", view.unread_more);
}

fn left_out(sheet: &mut Sheet, indent: &str, more: usize) {
    if more > 0 {
        sheet.line(Ink::Dim, &format!("{indent}… and {more} more (--all)"));
    }
}

fn behaviors(sheet: &mut Sheet, view: &View<'_>, rows: TableId, evidence: TableId, bounds: bool) {
    header(sheet, view, rows, "IN CODE THAT RUNS");
    section(sheet, &view.runs, rows, evidence, bounds);
    if view.runs.is_empty() {
        sheet.line(Ink::Plain, if view.folded > 0 { "  Ordinary behaviors only" } else { "  No behavior was seen" });
    } else if view.unasked.is_empty() {
        sheet.line(Ink::Plain, "At install, start-up or import: none of the above");
    } else {
        let unasked: Vec<_> = view.unasked.iter().map(|u| format!("{} ({})", u.sentence, u.phase)).collect();
        sheet.line(Ink::Yellow, &format!("At install, start-up or import: {}", unasked.join("; ")));
    }
    sheet.gap();
    if !view.text.is_empty() {
        header(sheet, view, rows, "IN TEXT (counted wherever it stands)");
        let evidence = sheet.table(2, Vec::new());
        section(sheet, &view.text, rows, evidence, bounds);
        sheet.gap();
    }
}

fn header(sheet: &mut Sheet, view: &View<'_>, rows: TableId, title: &str) {
    let mut cells = vec![title.to_owned()];
    if !view.page.tiers.is_empty() {
        cells.extend(view.page.tiers.iter().map(|tier| tier.title.clone()));
        cells.push("label".to_owned());
    }
    sheet.row(Ink::Bold, rows, cells);
}

fn section(sheet: &mut Sheet, behaviors: &[Row<'_, Shown>], rows: TableId, table: TableId, bounds: bool) {
    for Row { shown, evidence, more } in behaviors {
        let mark = if shown.unvalidated { UNVALIDATED } else { "" };
        let mut cells = vec![format!("{}{mark}", sentence(&shown.sentence))];
        cells.extend(share_cells(&shown.shares, shown.label.as_deref(), bounds));
        sheet.row(Ink::Plain, rows, cells);
        seen(sheet, table, evidence);
        left_out(sheet, "  ", *more);
    }
}

/// A cell for each tier and one for the label; none where no prevalence is known. Bounds add what gaps could hide.
fn share_cells(shares: &[Share], label: Option<&str>, bounds: bool) -> Vec<String> {
    let Some((whole, tops)) = shares.split_last() else { return Vec::new() };
    let mut cells: Vec<_> = tops.iter().map(|share| share.counts(bounds)).collect();
    cells.push(if whole.scanned >= PERCENT_FROM { whole.percent(bounds) } else { whole.counts(bounds) });
    cells.push(crate::share::label(label, shares).to_owned());
    cells
}

fn seen(sheet: &mut Sheet, table: TableId, evidence: &[Seen]) {
    for Seen { when, what, place, note } in evidence {
        // One long path must not push the notes of all others to the right: a note follows its own place.
        let place = if note.is_empty() { place.clone() } else { format!("{place}  ({note})") };
        sheet.row(Ink::Plain, table, vec![when.clone(), what.clone(), place]);
    }
}

fn not_run(sheet: &mut Sheet, view: &View<'_>) {
    if view.not_run.is_empty() {
        return;
    }
    sheet.line(Ink::Bold, &format!("{} (not in the counts above)", view.not_run_title.to_uppercase()));
    let table = sheet.table(2, Vec::new());
    seen(sheet, table, &view.not_run);
    left_out(sheet, "  ", view.not_run_more);
    sheet.gap();
}

fn issues(sheet: &mut Sheet, view: &View<'_>, rows: TableId, options: RenderOptions) {
    let in_text = view.issues.len() - view.running_issues;
    sheet.line(Ink::Bold, &format!("ISSUES  {} in code that runs · {in_text} in text that does not", view.running_issues));
    let table = sheet.table(5, Vec::new());
    for Row { shown: issue, evidence, more } in &view.issues {
        let mark = if issue.unvalidated { UNVALIDATED } else { "" };
        let mut cells = vec![format!("{}  {}{mark}", issue.severity.name().to_uppercase(), sentence(&issue.title))];
        cells.extend(share_cells(&issue.shares, issue.label.as_deref(), options.all));
        sheet.row(ink(issue.severity), rows, cells);
        seen(sheet, table, evidence);
        left_out(sheet, "     ", *more);
        sheet.prose("     ", &issue.problem, options.width);
        for (i, step) in issue.next_steps.iter().enumerate() {
            sheet.prose(if i == 0 { "     Next: " } else { "           " }, step, options.width);
        }
    }
}

/// What reviewers said.
fn reviewed(sheet: &mut Sheet, page: &Page, width: usize) {
    if page.reviewed.is_empty() {
        return;
    }
    sheet.gap();
    sheet.line(Ink::Bold, "REVIEWED");
    for word in &page.reviewed {
        let meaning = match word.verdict.as_str() {
            "true" => "confirmed",
            "false" => "found wrong",
            _ => "accepted",
        };
        let file = if word.file.is_some() { " in one file" } else { "" };
        let day = word.on.split('T').next().unwrap_or_default();
        sheet.prose("  ", &format!("{} {meaning}{file} by {}, {day}: {}", word.rule, word.by, word.why), width);
    }
}

fn ink(severity: Severity) -> Ink {
    match severity {
        Severity::Critical | Severity::High => Ink::Red,
        Severity::Medium => Ink::Yellow,
        Severity::Low | Severity::Unknown => Ink::Plain,
    }
}

fn footnotes(sheet: &mut Sheet, view: &View<'_>) {
    sheet.gap();
    if view.unlabelled {
        sheet.line(Ink::Dim, "* no label: too few of the eligible projects are scanned");
    }
    if view.unvalidated {
        sheet.line(Ink::Dim, "† unvalidated: how often this rule is right has not been measured");
    }
}

fn vulnerabilities(sheet: &mut Sheet, page: &Page) {
    match &page.vulnerabilities {
        Vulnerabilities::NotChecked => sheet.line(Ink::Bold, "VULNERABILITIES  not checked: no advisories were matched"),
        Vulnerabilities::Checked { advisories_on, found } if found.is_empty() => {
            sheet.line(Ink::Bold, &format!("VULNERABILITIES  none known (advisories of {advisories_on})"));
        }
        Vulnerabilities::Checked { advisories_on, found } => {
            sheet.line(Ink::Bold, &format!("VULNERABILITIES  {} (advisories of {advisories_on})", found.len()));
            let table = sheet.table(0, Vec::new());
            for one in found {
                sheet.row(ink(one.severity), table, vulnerability(one));
            }
        }
    }
}

fn vulnerability(one: &VulnerabilityShown) -> Vec<String> {
    let mut facts = Vec::new();
    facts.extend(one.malicious.then(|| "malware".to_owned()));
    facts.extend(one.known_exploited.then(|| "known to be exploited".to_owned()));
    facts.extend(one.epss.map(|epss| format!("EPSS {:.1}%", 100.0 * epss)));
    facts.extend(one.component.as_ref().map(|component| format!("in embedded {component}")));
    facts.push(one.fixed_in.as_ref().map_or_else(|| "no fix known".to_owned(), |version| format!("fixed in {version}")));
    let aliases = if one.aliases.is_empty() { String::new() } else { format!(" ({})", one.aliases.join(", ")) };
    vec![one.severity.name().to_uppercase(), format!("{}{aliases}", one.advisory), facts.join(" · ")]
}

fn more(sheet: &mut Sheet, view: &View<'_>) {
    let mut parts = Vec::new();
    if view.folded > 0 {
        parts.push(format!("--all ({})", plural(view.folded, "ordinary behavior")));
    }
    parts.push("--format html".to_owned());
    if view.scanned {
        parts.push("census explain RULE".to_owned());
    }
    sheet.gap();
    sheet.line(Ink::Plain, &format!("More: {}", parts.join(" · ")));
}
