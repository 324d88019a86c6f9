//! `census prevalence --compare A B`: what changed from one run to another, each cause apart.

use std::collections::{BTreeMap, HashMap};

use census_catalog::Catalog;
use census_lake::{Lake, Session};
use census_model::Policy;
use census_model::tables::{PrevalenceRow, RuleRow, RunRow};
use census_model::tier::{Tier, Unit};
use census_prevalence::{Cause, Config, Moment, catalog_id, restatements};
use census_report::{Change, Comparison};

use super::numbers;
use crate::fault::Fault;
use crate::stage::prevalence::{Counted, of_run};

/// What a change of the catalog is called where the rule itself changed, and where only the lists did.
const HEADS: [&str; 7] = ["rules", "TLD list", "verdicts", "extractor", "coverage", "ranking", "world"];

/// Rule to share, in percent.
type Shares = HashMap<String, f64>;

/// Two runs beside each other, and between them the first restated under what the second was made with.
pub(crate) async fn of(lake: &Lake, catalog: &Catalog, runs: &[String]) -> Result<Comparison, Fault> {
    let session = lake.session().await?;
    let (from, to) = (run(&session, &runs[0]).await?, run(&session, &runs[1]).await?);
    check(&from, &to, catalog)?;
    let mut shares = vec![shares(&of_run(&session, &from.run_id).await?)];
    for (_, lens) in restatements(moment(&from), moment(&to)) {
        let config = Config { lens, unit: unit(&to), ..Config::of(policy(&to), Counted::of(&to)?.by.tiers) };
        let session = lake.session().await?;
        let restated = census_prevalence::run(&session, None, catalog, &config, ("", to.started_at)).await?;
        shares.push(self::shares(&restated.prevalence));
    }
    shares.push(self::shares(&of_run(&session, &to.run_id).await?));
    let changed = definitions_changed(&session, &from, &to).await?;
    Ok(Comparison {
        from: numbers::stamp(&session, &from).await?,
        to: numbers::stamp(&session, &to).await?,
        tier: Tier::All.name(),
        causes: HEADS.map(str::to_owned).to_vec(),
        rows: rows(catalog, &shares, &changed),
    })
}

/// A run of the stage, by its id or the beginning of it.
async fn run(session: &Session, id: &str) -> Result<RunRow, Fault> {
    let known = "`census sql -c \"SELECT run_id, as_of, policy, unit FROM runs WHERE stage = 'prevalence'\"` lists them";
    let sql =
        format!("SELECT * FROM runs WHERE stage = 'prevalence' AND run_id LIKE '{}%' ORDER BY run_id", id.replace(['\'', '%', '_'], ""));
    let mut found: Vec<RunRow> = session.rows(&sql).await?;
    match found.len() {
        0 => Err(Fault::new(format!("no run of prevalence is called `{id}`"), known)),
        1 => Ok(found.remove(0)),
        n => Err(Fault::new(format!("{n} runs begin with `{id}`"), known)),
    }
}

/// Whether the two can be compared: the same kind of numbers, the later ones by the rules at hand.
fn check(from: &RunRow, to: &RunRow, catalog: &Catalog) -> Result<(), Fault> {
    if (&from.policy, &from.unit) != (&to.policy, &to.unit) {
        return Err(Fault::new("the two runs count different things", "compare runs of one policy and unit"));
    }
    if from.as_of > to.as_of {
        return Err(Fault::new("the first run is of a later moment than the second", "name the earlier one first"));
    }
    let (theirs, ours) = (to.catalog.as_deref().unwrap_or_default(), catalog_id(catalog));
    if theirs != ours {
        let message = format!("run {} was made with rules {theirs}; those here are {ours}", to.run_id);
        return Err(Fault::new(message, "run `census prevalence` and compare with that run, or give the other rules with --data"));
    }
    Ok(())
}

fn policy(run: &RunRow) -> Policy {
    run.policy.as_deref().and_then(Policy::from_name).unwrap_or(Policy::Installed)
}

fn unit(run: &RunRow) -> Unit {
    run.unit.as_deref().and_then(Unit::from_name).unwrap_or(Unit::Project)
}

fn moment(run: &RunRow) -> Moment {
    Moment { as_of: run.as_of.unwrap_or(run.started_at), ranked_on: run.ranked_on }
}

#[expect(clippy::cast_precision_loss, reason = "counts of projects")]
fn shares(rows: &[PrevalenceRow]) -> Shares {
    let of_all = rows.iter().filter(|row| row.tier == Tier::All.name() && row.scanned > 0);
    of_all.map(|row| (row.rule.clone(), 100.0 * row.yes as f64 / row.scanned as f64)).collect()
}

/// The rules whose own definition is another in the later catalog; of all others, only lists can have changed.
async fn definitions_changed(session: &Session, from: &RunRow, to: &RunRow) -> Result<BTreeMap<String, bool>, Fault> {
    let of = |run: &RunRow| format!("SELECT DISTINCT * FROM rules WHERE catalog = '{}'", run.catalog.clone().unwrap_or_default());
    let before: HashMap<String, String> =
        session.rows::<RuleRow>(&of(from)).await?.into_iter().map(|rule| (rule.rule, rule.definition)).collect();
    let after: Vec<RuleRow> = session.rows(&of(to)).await?;
    Ok(after.into_iter().map(|rule| (rule.rule.clone(), before.get(&rule.rule).is_some_and(|was| *was != rule.definition))).collect())
}

fn rows(catalog: &Catalog, shares: &[Shares], changed: &BTreeMap<String, bool>) -> Vec<Change> {
    let row = |rule: RuleRow| {
        let (from, to) = (shares[0].get(&rule.rule).copied(), shares[shares.len() - 1].get(&rule.rule).copied());
        let steps: Option<Vec<f64>> = shares.iter().map(|step| step.get(&rule.rule).copied()).collect();
        let parts = steps.map(|steps| parts(&steps, changed.get(&rule.rule).copied().unwrap_or_default())).unwrap_or_default();
        Change { from, to, parts, rule: rule.rule, sentence: rule.sentence }
    };
    catalog.rows().into_iter().map(row).collect()
}

/// What each cause added: that of the catalog goes to the rule where its definition changed, else to the lists.
fn parts(steps: &[f64], rule_changed: bool) -> Vec<f64> {
    let mut added: Vec<f64> = steps.windows(2).map(|pair| pair[1] - pair[0]).collect();
    added.insert(Cause::Catalog as usize + usize::from(rule_changed), 0.0);
    added
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_the_change() {
        let steps = [10.0, 12.0, 12.0, 11.0, 11.5, 11.5, 20.0];
        for (rule_changed, first) in [(true, [2.0, 0.0]), (false, [0.0, 2.0])] {
            let parts = parts(&steps, rule_changed);
            assert_eq!(parts.len(), HEADS.len());
            assert_eq!(parts[..2], first);
            assert!((parts.iter().sum::<f64>() - 10.0).abs() < 1e-9);
        }
    }
}
