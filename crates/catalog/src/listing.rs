//! The listing of all rules by category, `data/rules/README.md`.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::{Catalog, Raised, category};

const HEAD: &str = "# The rules

Generated from the files beside it. `CENSUS_WRITE=1 cargo test -p census-catalog` writes it anew.

How a rule is written: `schema.json`. Each has a fixture that fires and one that stays silent, in `data/fixtures/`. A rule without a
measured precision is *unvalidated*.
";

/// The listing, as Markdown: categories in order, behaviors before issues.
pub fn listing(catalog: &Catalog) -> String {
    let mut sections: BTreeMap<&str, (String, String)> = BTreeMap::new();
    for behavior in &catalog.behaviors {
        let (rows, _) = sections.entry(category(&behavior.id)).or_default();
        let keys: Vec<_> = behavior.shown_by.iter().map(|(key, patterns)| format!("{} {}", patterns.len(), key.name())).collect();
        line(rows, &[&format!("`{}`", behavior.id), &behavior.sentence, &keys.join(", "), &measured(behavior.precision)]);
    }
    for issue in &catalog.issues {
        let (_, rows) = sections.entry(category(&issue.id)).or_default();
        let raised = match &issue.raised {
            Raised::Any(behaviors) => behaviors.join(" or "),
            Raised::All(behaviors, _) => behaviors.join(" and "),
            Raised::Where(_) => "metadata".to_owned(),
        };
        line(rows, &[&format!("`{}`", issue.id), issue.severity.name(), &issue.title, &raised, &measured(issue.precision)]);
    }
    let mut out = format!("{HEAD}\n{} behaviors, {} issues.\n", catalog.behaviors.len(), catalog.issues.len());
    for (category, (behaviors, issues)) in sections {
        let _ = writeln!(out, "\n## {category}");
        for (head, rows) in [
            ("| behavior | sentence | shown by | precision |\n|---|---|---|---|\n", behaviors),
            ("| issue | severity | title | raised by | precision |\n|---|---|---|---|---|\n", issues),
        ] {
            if !rows.is_empty() {
                let _ = write!(out, "\n{head}{rows}");
            }
        }
    }
    out
}

fn measured(precision: Option<crate::Precision>) -> String {
    precision.map_or_else(|| "unvalidated".to_owned(), |p| format!("{:.0}% of {}", p.share * 100.0, p.n))
}

fn line(out: &mut String, cells: &[&str]) {
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}
