//! The page of a package: what it does, how common that is, and the evidence.

mod text;
mod view;

pub(crate) use view::sentence;

use census_model::{How, Kind, Phase, Role, What};
use serde::{Deserialize, Serialize};

use crate::{Error, RenderOptions, Share, Stamp, TierHead, json, template};

/// A release of a project, with everything Census can say about it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// The normalized name.
    pub project: String,
    /// The PEP 440 version; empty where no release could be chosen.
    pub version: String,
    /// The project's status in the index: `active`, `archived`, `quarantined`, `deleted`, `absent`.
    pub status: String,
    /// Its place in the ranking.
    pub rank: Option<i32>,
    /// Whether this is the release that speaks for the project.
    pub latest: bool,
    /// The artifacts of the release that were chosen, read or not.
    pub artifacts: Vec<ArtifactRead>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// Where the numbers come from.
    pub stamp: Stamp,
    /// The tiers, narrowest first, the whole population last; empty where no prevalence has been computed.
    pub tiers: Vec<TierHead>,
    /// The behaviors it shows.
    pub behaviors: Vec<Shown>,
    /// The issues it raises.
    pub issues: Vec<IssueShown>,
    /// What reviewers said of it. What they accepted is no issue any more; what they found wrong is not shown at all.
    pub reviewed: Vec<Reviewed>,
    /// Its vulnerabilities.
    pub vulnerabilities: Vulnerabilities,
}

/// A reviewer's word on a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewed {
    /// `category/what`.
    pub rule: String,
    /// `true`, `false` or `accepted`.
    pub verdict: String,
    /// The SHA-256 of the one file it is about, lower-case hex; none where it is about the project.
    pub file: Option<String>,
    /// Who.
    pub by: String,
    /// When (ISO 8601).
    pub on: String,
    /// Why.
    pub why: String,
}

/// An artifact of the release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactRead {
    /// `wheel`, `sdist` or `egg`.
    pub kind: String,
    /// The file's name.
    pub filename: String,
    /// Whether this is the file that pip installs.
    pub installed: bool,
    /// The outcome of its scan: `ok`, `partial`, `skipped`, `failed`, `timeout`, `crashed`, or `not scanned`.
    pub outcome: String,
    /// Why it is not ok.
    pub reason: Option<String>,
}

impl ArtifactRead {
    /// Whether anything of it was read.
    pub fn is_read(&self) -> bool {
        matches!(self.outcome.as_str(), "ok" | "partial")
    }
}

/// A thing that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// The kind of artifact it is in: `wheel`, `sdist`.
    pub artifact: String,
    /// The member's path; empty where the artifact as a whole is meant.
    pub path: String,
    /// What is wrong.
    pub what: What,
    /// How many bytes are concerned.
    pub bytes: i64,
}

/// A behavior that the release shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// `category/what`.
    pub rule: String,
    /// What it does, as a sentence.
    pub sentence: String,
    /// The category.
    pub category: String,
    /// `Common`, `Uncommon`, `Rare` or `Unique`; none where coverage is too low for one.
    pub label: Option<String>,
    /// Whether the rule's precision has not been measured.
    pub unvalidated: bool,
    /// Whether it counts by default; what does not is shown apart.
    pub counts: bool,
    /// Whether it is ordinary: folded away unless everything is asked for.
    pub ordinary: bool,
    /// One for each of [`Page::tiers`]; empty where no prevalence has been computed.
    pub shares: Vec<Share>,
    /// Where it was seen, the most telling first.
    pub evidence: Vec<Evidence>,
}

/// Where a rule was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// When it would run.
    pub phase: Phase,
    /// What the file is for.
    pub role: Role,
    /// How sure it is.
    pub how: How,
    /// What kind of thing was seen.
    pub kind: Kind,
    /// The thing.
    pub value: String,
    /// The member's path.
    pub path: String,
    /// The first line, from 1; 0 where lines mean nothing.
    pub line: i32,
    /// How many times.
    pub count: i32,
    /// Whether it counts by default.
    pub counts: bool,
    /// The one kind of artifact that holds it, where others that were read do not: `sdist`.
    pub only_in: Option<String>,
    /// Anything to be known about it: `list: legacy`.
    pub note: Option<String>,
}

impl Evidence {
    /// Whether it stands in code that runs: not in text, stubs, tests, documentation, examples or data.
    pub fn runs(&self) -> bool {
        self.phase != Phase::Never && matches!(self.role, Role::Runtime | Role::Build | Role::Vendored | Role::Bundled)
    }
}

/// How bad an issue or a vulnerability is, mildest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Not known.
    #[default]
    Unknown,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}

impl Severity {
    /// The severity with this name; what is not known by name is [`Severity::Unknown`].
    pub fn from_name(name: &str) -> Self {
        match name {
            "low" => Self::Low,
            "medium" => Self::Medium,
            "high" => Self::High,
            "critical" => Self::Critical,
            _ => Self::Unknown,
        }
    }

    /// The name that tables hold.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// An issue that the release raises.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IssueShown {
    /// `category/what`.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// The issue in a few words.
    pub title: String,
    /// What the problem is.
    pub problem: String,
    /// What to do about it.
    pub next_steps: Vec<String>,
    /// `Common`, `Uncommon`, `Rare` or `Unique`; none where coverage is too low for one.
    pub label: Option<String>,
    /// Whether the rule's precision has not been measured.
    pub unvalidated: bool,
    /// Whether it is raised by code that runs; if not, by text.
    pub in_running_code: bool,
    /// One for each of [`Page::tiers`]; empty where no prevalence has been computed.
    pub shares: Vec<Share>,
    /// Where it was seen, the most telling first.
    pub evidence: Vec<Evidence>,
}

/// The vulnerabilities of a release: nothing can be said before advisories have been matched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vulnerabilities {
    /// No advisories have been matched.
    #[default]
    NotChecked,
    /// Advisories have been matched.
    Checked {
        /// The day of the advisories (ISO 8601).
        advisories_on: String,
        /// What they say of this release.
        found: Vec<VulnerabilityShown>,
    },
}

/// A vulnerability of a release.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VulnerabilityShown {
    /// The advisory's id.
    pub advisory: String,
    /// Its other ids.
    pub aliases: Vec<String>,
    /// How bad it is.
    pub severity: Severity,
    /// Whether the advisory tells of malware rather than of a mistake.
    pub malicious: bool,
    /// Whether it is known to be exploited (KEV).
    pub known_exploited: bool,
    /// The probability that it will be exploited within 30 days (EPSS), 0 to 1.
    pub epss: Option<f64>,
    /// The first release without it.
    pub fixed_in: Option<String>,
    /// The embedded component it concerns.
    pub component: Option<String>,
}

impl Page {
    /// Whether anything of the release was read; if not, nothing can be said about it.
    pub fn is_scanned(&self) -> bool {
        self.artifacts.iter().any(ArtifactRead::is_read)
    }

    /// The page for a terminal.
    pub fn text(&self, options: RenderOptions) -> String {
        text::render(&view::View::new(self, options.all), options)
    }

    /// The page as it is, as pretty JSON.
    pub fn json(&self) -> Result<String, Error> {
        json(self)
    }

    /// The page in Markdown, with problems and denominators in full.
    pub fn markdown(&self, options: RenderOptions) -> Result<String, Error> {
        template::render("page.md", view::View::new(self, options.all))
    }

    /// The page as one HTML file that needs nothing else.
    pub fn html(&self, options: RenderOptions) -> Result<String, Error> {
        template::render("page.html", view::View::new(self, options.all))
    }
}
