//! The table of prevalence: every rule, and how much of each tier shows it.

mod export;
mod text;

use census_model::Role;
use serde::{Deserialize, Serialize};

use crate::{Error, Severity, Share, Stamp, TierHead, json, template};

/// How common every rule is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Prevalence {
    /// What was counted: `PyPI`, or a sample's name.
    pub of: String,
    /// Where the numbers come from.
    pub stamp: Stamp,
    /// The roles that count by default.
    pub roles: Vec<Role>,
    /// The tiers, narrowest first, the whole population last.
    pub tiers: Vec<TierHead>,
    /// The rules.
    pub rows: Vec<PrevalenceRow>,
    /// What labels mean, the commonest first.
    pub labels: Vec<LabelBasis>,
    /// The share of the eligible that must be scanned before a label is given, in percent.
    pub label_coverage: f64,
    /// What has changed since the run before.
    pub since: Option<Since>,
}

/// What a rule is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleKind {
    /// What a package does.
    #[default]
    Behavior,
    /// What may be wrong with it.
    Issue,
}

impl RuleKind {
    /// The name that tables hold.
    pub fn name(self) -> &'static str {
        match self {
            Self::Behavior => "behavior",
            Self::Issue => "issue",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Behavior, Self::Issue].into_iter().find(|kind| kind.name() == name)
    }
}

/// How common a rule is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PrevalenceRow {
    /// `category/what`.
    pub rule: String,
    /// Behavior or issue.
    pub kind: RuleKind,
    /// The category.
    pub category: String,
    /// An issue's severity.
    pub severity: Option<Severity>,
    /// A behavior's sentence, an issue's title.
    pub sentence: String,
    /// By the share of the whole population; none where coverage is too low for one.
    pub label: Option<String>,
    /// Whether the rule's precision has not been measured.
    pub unvalidated: bool,
    /// One for each of [`Prevalence::tiers`].
    pub shares: Vec<Share>,
    /// Change of the whole population's share since the run before, in percentage points.
    pub change: Option<f64>,
    /// What besides the world has changed it: `TLD list`.
    pub because: Option<String>,
}

/// What a label means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelBasis {
    /// The label.
    pub label: String,
    /// In words: `≥ 1%`, `one project`.
    pub basis: String,
}

/// What has changed since the run before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// The run before.
    pub run_id: String,
    /// The day or instant it held for (ISO 8601).
    pub as_of: String,
    /// Rules that are new.
    pub rules_added: i64,
    /// Rules that are no more.
    pub rules_gone: i64,
    /// Projects that are new.
    pub projects_new: i64,
    /// Projects that are gone.
    pub projects_gone: i64,
}

/// How the table is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct TableOptions {
    /// Counts (`12/30`) rather than percentages.
    pub counts: bool,
    /// Bounds (from `yes` to `yes + unknown`) rather than `yes` alone.
    pub bounds: bool,
    /// Why projects were not scanned.
    pub coverage: bool,
    /// Rules that nobody shows, too.
    pub all: bool,
    /// Whether text is colored (ANSI).
    pub color: bool,
}

impl Prevalence {
    /// The table for a terminal.
    pub fn text(&self, options: TableOptions) -> String {
        let (table, hidden) = self.folded(options);
        text::render(&table, hidden, options)
    }

    /// The table as it is, as pretty JSON.
    pub fn json(&self) -> Result<String, Error> {
        json(self)
    }

    /// One record per rule and tier (RFC 4180), with every count and what it was counted from.
    pub fn csv(&self) -> Result<String, Error> {
        export::csv(self)
    }

    /// The table in Markdown.
    pub fn markdown(&self, options: TableOptions) -> Result<String, Error> {
        template::render("prevalence.md", export::Sections::new(&self.folded(options).0, options))
    }

    /// The table without the rules that nobody shows and nothing hides, unless all are asked for; and how many those are.
    fn folded(&self, options: TableOptions) -> (std::borrow::Cow<'_, Self>, usize) {
        let is_shown = |row: &PrevalenceRow| row.shares.iter().any(|share| share.yes + share.unknown > 0);
        let hidden = self.rows.iter().filter(|row| !is_shown(row)).count();
        if options.all || hidden == 0 {
            return (std::borrow::Cow::Borrowed(self), 0);
        }
        let rows = self.rows.iter().filter(|row| is_shown(row)).cloned().collect();
        (std::borrow::Cow::Owned(Self { rows, ..self.clone() }), hidden)
    }
}
