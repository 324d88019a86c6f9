//! All that is known of one rule, in one plain structure: what `census explain` prints.

use serde::Serialize;

use crate::{Catalog, Counts, Key, Precision, Raised, Severity, category};

/// A rule, explained.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explained {
    /// `category/what`.
    pub rule: String,
    /// `behavior` or `issue`.
    pub kind: &'static str,
    /// The category.
    pub category: String,
    /// A behavior's sentence, an issue's title.
    pub sentence: String,
    /// Of an issue.
    pub severity: Option<Severity>,
    /// Of an issue.
    pub problem: Option<String>,
    /// Of an issue.
    pub next_steps: Vec<String>,
    /// Of an issue: what raises it.
    pub raised: Option<Raised>,
    /// Of a behavior: what shows it, as written, key by key.
    pub shown_by: Vec<(Key, Vec<String>)>,
    /// Of a behavior: what does not, although a pattern fits.
    pub exclude: Vec<String>,
    /// Of a behavior: which facts count by default.
    pub counts: Option<Counts>,
    /// Of a behavior: the issues that it takes part in.
    pub issues: Vec<String>,
    /// How precise it was measured to be; none where the rule is not validated.
    pub precision: Option<Precision>,
    /// The catalog version.
    pub catalog: String,
}

impl Catalog {
    /// The rule with this id, explained.
    pub fn explain(&self, rule: &str) -> Option<Explained> {
        self.explain_behavior(rule).or_else(|| self.explain_issue(rule))
    }

    fn explain_behavior(&self, rule: &str) -> Option<Explained> {
        let behavior = self.behavior(rule)?;
        let takes_part = |issue: &&crate::Issue| issue.raised.behaviors().contains(&behavior.id);
        Some(Explained {
            rule: behavior.id.clone(),
            kind: "behavior",
            category: category(rule).to_owned(),
            sentence: behavior.sentence.clone(),
            severity: None,
            problem: None,
            next_steps: Vec::new(),
            raised: None,
            shown_by: behavior.shown_by.clone(),
            exclude: behavior.exclude.clone(),
            counts: Some(behavior.counts.clone()),
            issues: self.issues.iter().filter(takes_part).map(|issue| issue.id.clone()).collect(),
            precision: behavior.precision,
            catalog: self.version.clone(),
        })
    }

    fn explain_issue(&self, rule: &str) -> Option<Explained> {
        let issue = self.issue(rule)?;
        Some(Explained {
            rule: issue.id.clone(),
            kind: "issue",
            category: category(rule).to_owned(),
            sentence: issue.title.clone(),
            severity: Some(issue.severity),
            problem: Some(issue.problem.clone()),
            next_steps: issue.next_steps.clone(),
            raised: Some(issue.raised.clone()),
            shown_by: Vec::new(),
            exclude: Vec::new(),
            counts: None,
            issues: Vec::new(),
            precision: issue.precision,
            catalog: self.version.clone(),
        })
    }
}
