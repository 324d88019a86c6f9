//! `census explain`: a rule, or the columns that qualify every fact.

use census_catalog::{Catalog, Raised, Within};
use census_lake::Lake;
use census_model::Policy;
use census_report::{Columns, Counting, Explained, Matcher, Precision, RuleKind, Severity};

use super::numbers::Numbers;
use super::print;
use crate::Ending;
use crate::args::{Common, Explain, PlainFormat};
use crate::fault::Fault;
use crate::rules;

const WIDTH: usize = 100;

/// Runs the command.
pub(crate) async fn run(common: &Common, options: &Explain) -> Ending {
    let is_text = options.format == PlainFormat::Text;
    if options.rule == "columns" {
        let columns = Columns::default();
        print(&if is_text { columns.text() } else { columns.json()? })?;
        return Ok(Vec::new());
    }
    let catalog = rules::load(common)?;
    let mut explained = explain(&catalog, &options.rule)?;
    if let Ok(lake) = Lake::open(&common.lake).await {
        let numbers = Numbers::newest(&lake.session().await?, Policy::Installed).await?;
        explained.shares = numbers.shares(&options.rule);
        explained.label = numbers.label(&options.rule);
        explained.tiers = if explained.shares.is_empty() { Vec::new() } else { numbers.tiers };
    }
    print(&if is_text { explained.text(WIDTH) } else { explained.json()? })?;
    Ok(Vec::new())
}

fn explain(catalog: &Catalog, rule: &str) -> Result<Explained, Fault> {
    let Some(known) = catalog.explain(rule) else {
        let like = like(catalog, rule).join(", ");
        let hint = if like.is_empty() { "data/rules/README.md lists all rules".to_owned() } else { format!("did you mean {like}?") };
        return Err(Fault::new(format!("no rule `{rule}`"), hint));
    };
    let shown_by =
        known.shown_by.into_iter().map(|(key, values)| Matcher { key: key.name().to_owned(), meaning: key.meaning().to_owned(), values });
    Ok(Explained {
        rule: known.rule,
        kind: RuleKind::from_name(known.kind).unwrap_or_default(),
        category: known.category,
        sentence: known.sentence,
        severity: known.severity.map(|s| Severity::from_name(s.name())),
        problem: known.problem,
        next_steps: known.next_steps,
        matchers: shown_by.chain(known.raised.as_ref().map(raised)).collect(),
        exclude: known.exclude,
        counts: known.counts.map(|c| Counting { phase: c.phases, role: c.roles, how: c.hows }),
        issues: known.issues,
        precision: known.precision.map(|p| Precision { share: p.share, n: p.n }),
        catalog: known.catalog,
        ..Explained::default()
    })
}

/// Up to eight rules whose id, or whose patterns, have the word in them.
fn like<'a>(catalog: &'a Catalog, word: &str) -> Vec<&'a str> {
    let word = word.rsplit('/').next().unwrap_or(word);
    let ids = catalog.ids().filter(|id| id.contains(word));
    let patterns = catalog.matchers().filter(|m| m.pattern.contains(word)).map(|m| m.rule.as_str());
    let mut like: Vec<&str> = Vec::new();
    for rule in ids.chain(patterns) {
        if !word.is_empty() && !like.contains(&rule) {
            like.push(rule);
        }
    }
    like.truncate(8);
    like
}

/// What raises an issue, as one more thing to show.
fn raised(raised: &Raised) -> Matcher {
    let (key, meaning, values) = match raised {
        Raised::Any(behaviors) => ("behaviors", "Any of these behaviors.", behaviors.clone()),
        Raised::All(behaviors, Within::File) => ("behaviors", "All of these behaviors in one file.", behaviors.clone()),
        Raised::All(behaviors, Within::Artifact) => ("behaviors", "All of these behaviors in one artifact.", behaviors.clone()),
        Raised::Where(condition) => ("where", "This condition over the view `package_files`.", vec![condition.clone()]),
    };
    Matcher { key: key.to_owned(), meaning: meaning.to_owned(), values }
}
