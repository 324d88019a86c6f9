//! Explanations: a rule, and the columns that qualify every fact.

use census_model::{How, Phase, Role};
use serde::{Deserialize, Serialize};

use crate::layout::{Align, Ink, Sheet};
use crate::{Error, RuleKind, Severity, Share, TierHead, json, thousands};

/// A rule, explained.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Explained {
    /// `category/what`.
    pub rule: String,
    /// Behavior or issue.
    pub kind: RuleKind,
    /// The category.
    pub category: String,
    /// A behavior's sentence, an issue's title.
    pub sentence: String,
    /// An issue's severity.
    pub severity: Option<Severity>,
    /// What the problem is.
    pub problem: Option<String>,
    /// What to do about it.
    pub next_steps: Vec<String>,
    /// What shows a behavior, or raises an issue.
    pub matchers: Vec<Matcher>,
    /// What does not, although a matcher fits.
    pub exclude: Vec<String>,
    /// Of a behavior: what of that counts by default.
    pub counts: Option<Counting>,
    /// Of a behavior: the issues it takes part in.
    pub issues: Vec<String>,
    /// How often it is right; none where that has not been measured.
    pub precision: Option<Precision>,
    /// The tiers, narrowest first; empty where no prevalence has been computed.
    pub tiers: Vec<TierHead>,
    /// One for each of the tiers.
    pub shares: Vec<Share>,
    /// `Common`, `Uncommon`, `Rare` or `Unique`.
    pub label: Option<String>,
    /// The files that test it.
    pub fixtures: Vec<Fixture>,
    /// The catalog version.
    pub catalog: String,
}

/// One way to show or raise a rule: a key of its TOML and what stands there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matcher {
    /// The key: `calls`, `symbols`, `behaviors`, `where`.
    pub key: String,
    /// What it matches, in a line.
    pub meaning: String,
    /// Its values; a trailing `*` is a prefix.
    pub values: Vec<String>,
}

/// Which evidence counts by default: that whose three columns are all among these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counting {
    /// When the code would run.
    pub phase: Vec<Phase>,
    /// What the file is for.
    pub role: Vec<Role>,
    /// How sure it is.
    pub how: Vec<How>,
}

/// A measured precision.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Precision {
    /// The share of findings that were right, 0 to 1.
    pub share: f64,
    /// How many findings were looked at.
    pub n: i32,
}

/// A file that tests a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fixture {
    /// Its path under the fixtures.
    pub path: String,
    /// Whether the rule fires on it; if not, it stays silent.
    pub fires: bool,
}

/// A value of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Meaning {
    /// The name people read.
    pub name: &'static str,
    /// What it means, in a line.
    pub meaning: &'static str,
}

/// The three columns that qualify every fact, each one fixed list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Columns {
    /// When the code would run, most urgent first.
    pub phase: Vec<Meaning>,
    /// What the file is for; where two fit, the later wins.
    pub role: Vec<Meaning>,
    /// How sure a fact is, surest first.
    pub how: Vec<Meaning>,
}

impl Default for Columns {
    fn default() -> Self {
        Self {
            phase: Phase::ALL.iter().map(|v| Meaning { name: v.name(), meaning: v.meaning() }).collect(),
            role: Role::ALL.iter().map(|v| Meaning { name: v.name(), meaning: v.meaning() }).collect(),
            how: How::ALL.iter().map(|v| Meaning { name: v.name(), meaning: v.meaning() }).collect(),
        }
    }
}

impl Explained {
    /// The explanation for a terminal, prose wrapped to `width` columns.
    pub fn text(&self, width: usize) -> String {
        let mut sheet = Sheet::new(false);
        let catalog = if self.catalog.is_empty() { String::new() } else { format!(" (rules {})", self.catalog) };
        sheet.line(Ink::Plain, &format!("{}{catalog}", self.rule));
        sheet.prose("  ", &self.sentence, width);
        let severity = self.severity.map(|severity| format!(", severity {}", severity.name())).unwrap_or_default();
        sheet.line(Ink::Plain, &format!("  {} in {}{severity}", self.kind.name(), self.category));
        if let Some(problem) = &self.problem {
            sheet.gap();
            sheet.prose("Problem: ", problem, width);
        }
        for (i, step) in self.next_steps.iter().enumerate() {
            sheet.prose(if i == 0 { "Next: " } else { "      " }, step, width);
        }
        sheet.gap();
        self.shown_by(&mut sheet, width);
        sheet.line(Ink::Plain, &self.precision_line());
        self.prevalence(&mut sheet);
        self.tested_by(&mut sheet);
        sheet.finish()
    }

    /// The explanation as it is, as pretty JSON.
    pub fn json(&self) -> Result<String, Error> {
        json(self)
    }

    fn shown_by(&self, sheet: &mut Sheet, width: usize) {
        sheet.line(Ink::Plain, if self.kind == RuleKind::Issue { "Raised by" } else { "Shown by" });
        for matcher in &self.matchers {
            sheet.prose(&format!("  {}: ", matcher.key), &matcher.meaning, width);
            sheet.prose("    ", &matcher.values.join(", "), width);
        }
        if !self.exclude.is_empty() {
            sheet.prose("  but not ", &self.exclude.join(", "), width);
        }
        if let Some(counts) = &self.counts {
            sheet.line(Ink::Plain, &format!("Counts by default: {}", counts.words().join(" · ")));
        }
        if !self.issues.is_empty() {
            sheet.prose("Takes part in: ", &self.issues.join(", "), width);
        }
    }

    fn precision_line(&self) -> String {
        match self.precision {
            Some(Precision { share, n }) => format!("Precision: {:.1}% of {} findings looked at", 100.0 * share, thousands(n.into())),
            None => "Precision: not validated: how often it is right has not been measured".to_owned(),
        }
    }

    fn prevalence(&self, sheet: &mut Sheet) {
        if self.shares.is_empty() {
            sheet.line(Ink::Plain, "Prevalence: not computed: run `census prevalence`");
            return;
        }
        let label = self.label.as_ref().map(|label| format!(" ({label})")).unwrap_or_default();
        sheet.line(Ink::Plain, &format!("Prevalence{label}"));
        let table = sheet.table(2, vec![Align::Left, Align::Right, Align::Right]);
        for (tier, share) in self.tiers.iter().zip(&self.shares) {
            sheet.row(Ink::Plain, table, vec![tier.title.clone(), share.counts(true), share.percent(true)]);
        }
    }

    fn tested_by(&self, sheet: &mut Sheet) {
        if self.fixtures.is_empty() {
            return;
        }
        sheet.line(Ink::Plain, "Fixtures");
        let table = sheet.table(2, Vec::new());
        for fixture in &self.fixtures {
            sheet.row(Ink::Plain, table, vec![if fixture.fires { "fires" } else { "silent" }.to_owned(), fixture.path.clone()]);
        }
    }
}

impl Counting {
    /// `phase any but never · role runtime, build, vendored · how resolved`.
    fn words(&self) -> Vec<String> {
        let phase = among(&self.phase, Phase::ALL, Phase::name);
        let role = among(&self.role, Role::ALL, Role::name);
        let how = among(&self.how, How::ALL, How::name);
        vec![format!("phase {phase}"), format!("role {role}"), format!("how {how}")]
    }
}

/// The names of those chosen; where few are missing, the names of the missing.
fn among<T: Copy + PartialEq>(chosen: &[T], all: &[T], name: fn(T) -> &'static str) -> String {
    let names = |of: Vec<T>| of.into_iter().map(name).collect::<Vec<_>>().join(", ");
    let missing: Vec<T> = all.iter().copied().filter(|value| !chosen.contains(value)).collect();
    match missing.len() {
        0 => "any".to_owned(),
        1 => format!("any but {}", names(missing)),
        _ => names(chosen.to_vec()),
    }
}

impl Columns {
    /// The lists for a terminal.
    pub fn text(&self) -> String {
        let lists = [
            ("phase", "when the code would run, most urgent first", &self.phase),
            ("role", "what the file is for; where two fit, the later wins", &self.role),
            ("how", "how sure a fact is, surest first", &self.how),
        ];
        let mut sheet = Sheet::new(false);
        let table = sheet.table(2, Vec::new());
        for (column, what, values) in lists {
            sheet.gap();
            sheet.line(Ink::Plain, &format!("{column}: {what}"));
            for value in values {
                sheet.row(Ink::Plain, table, vec![value.name.to_owned(), value.meaning.to_owned()]);
            }
        }
        sheet.finish()
    }

    /// The lists as pretty JSON.
    pub fn json(&self) -> Result<String, Error> {
        json(self)
    }
}
