//! Rules: behaviors, which facts show, and issues, which behaviors or metadata raise.

use census_model::{How, Phase, Role, id, tables::RuleRow};
use serde::{Deserialize, Serialize};

use crate::{Key, Matcher};

/// Something that packages do or contain, shown by facts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Behavior {
    /// `category/what`.
    pub id: String,
    /// What it says of a package.
    pub sentence: String,
    /// What shows it, as written, key by key.
    pub shown_by: Vec<(Key, Vec<String>)>,
    /// What does not show it although a pattern fits, as written.
    pub exclude: Vec<String>,
    /// The same as matchers.
    pub matchers: Vec<Matcher>,
    /// Which facts count by default.
    pub counts: Counts,
    /// How precise it was measured to be; none where the rule is not validated.
    pub precision: Option<Precision>,
}

/// Which facts count by default: those whose three columns are all among these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// When the code would run.
    pub phases: Vec<Phase>,
    /// What the file is for.
    pub roles: Vec<Role>,
    /// How sure the fact is.
    pub hows: Vec<How>,
}

impl Counts {
    /// The default of behaviors of code: it runs, in what is installed or builds it, and is no mere string.
    pub fn code() -> Self {
        Self {
            phases: Phase::ALL.iter().copied().filter(|&p| p != Phase::Never).collect(),
            roles: vec![Role::Runtime, Role::Build, Role::Vendored],
            hows: vec![How::Resolved, How::Folded, How::Decoded],
        }
    }

    /// Every fact: behaviors about URLs and secrets.
    pub fn everywhere() -> Self {
        Self { phases: Phase::ALL.to_vec(), roles: Role::ALL.to_vec(), hows: How::ALL.to_vec() }
    }
}

/// How precise a rule was measured to be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Precision {
    /// The share of reviewed findings that were right, 0 to 1.
    pub share: f64,
    /// How many findings were reviewed.
    pub n: i32,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Worth a look.
    Medium,
    /// To be looked at before the package is used.
    High,
    /// Not to be used.
    Critical,
}

impl Severity {
    /// The name that tables hold.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Something that a reviewer should look at.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Issue {
    /// `category/what`.
    pub id: String,
    /// How bad it is.
    pub severity: Severity,
    /// A few words.
    pub title: String,
    /// What is wrong and why it matters.
    pub problem: String,
    /// What to do about it, in order.
    pub next_steps: Vec<String>,
    /// What raises it.
    pub raised: Raised,
    /// How precise it was measured to be; none where the rule is not validated.
    pub precision: Option<Precision>,
}

/// What raises an issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Raised {
    /// Any of these behaviors.
    Any(Vec<String>),
    /// All of these behaviors together.
    All(Vec<String>, Within),
    /// A condition in SQL over the columns of the view `package`.
    Where(String),
}

impl Raised {
    /// The behaviors that it takes.
    pub fn behaviors(&self) -> &[String] {
        match self {
            Self::Any(behaviors) | Self::All(behaviors, _) => behaviors,
            Self::Where(_) => &[],
        }
    }
}

/// Where behaviors must come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Within {
    /// In one member.
    File,
    /// Anywhere in one artifact.
    Artifact,
}

/// The category of a rule's id.
pub fn category(rule: &str) -> &str {
    rule.split('/').next().unwrap_or_default()
}

impl Behavior {
    pub(crate) fn row(&self, catalog: &str) -> RuleRow {
        RuleRow {
            rule: self.id.clone(),
            kind: "behavior".to_owned(),
            category: category(&self.id).to_owned(),
            severity: None,
            sentence: self.sentence.clone(),
            problem: None,
            next_steps: Vec::new(),
            precision: self.precision.map(|p| p.share),
            precision_n: self.precision.map(|p| p.n),
            definition: self.definition(),
            catalog: catalog.to_owned(),
        }
    }

    /// A hash of what shows it: lists stand in it by their names, words and measurements not at all.
    fn definition(&self) -> String {
        digest(&serde_json::json!([self.shown_by, self.exclude, self.counts]))
    }
}

/// The first 12 hexadecimal digits of the SHA-256 of a JSON text.
fn digest(value: &serde_json::Value) -> String {
    id::hex(&id::sha256(value.to_string().as_bytes()))[..12].to_owned()
}

impl Issue {
    /// A hash of what raises it, and of what shows those behaviors.
    fn definition(&self, behaviors: &[Behavior]) -> String {
        let by = self.raised.behaviors();
        let definitions: Vec<String> = behaviors.iter().filter(|b| by.contains(&b.id)).map(Behavior::definition).collect();
        digest(&serde_json::json!([self.raised, definitions]))
    }

    pub(crate) fn row(&self, catalog: &str, behaviors: &[Behavior]) -> RuleRow {
        RuleRow {
            rule: self.id.clone(),
            kind: "issue".to_owned(),
            category: category(&self.id).to_owned(),
            severity: Some(self.severity.name().to_owned()),
            sentence: self.title.clone(),
            problem: Some(self.problem.clone()),
            next_steps: self.next_steps.clone(),
            precision: self.precision.map(|p| p.share),
            precision_n: self.precision.map(|p| p.n),
            definition: self.definition(behaviors),
            catalog: catalog.to_owned(),
        }
    }
}
