//! `census prevalence`: how common every behavior and issue is.

use census_lake::Lake;
use census_prevalence::Qualified;
use census_report::TableOptions;

use super::{color, compare, numbers, print};
use crate::Ending;
use crate::args::{Common, NumberFormat, Prevalence};
use crate::stage::prevalence::Wanted;
use crate::{rules, stage};

/// Runs the command.
pub(crate) async fn run(common: &Common, options: &Prevalence) -> Ending {
    let catalog = rules::load(common)?;
    Lake::open(&common.lake).await?;
    let lake = Lake::open_or_create(&common.lake).await?;
    if let Some(runs) = &options.compare {
        let comparison = compare::of(&lake, &catalog, runs).await?;
        print(&match options.format {
            NumberFormat::Table => comparison.text(options.all, color()),
            NumberFormat::Json => comparison.json()?,
            NumberFormat::Csv => comparison.csv()?,
            NumberFormat::Md => comparison.markdown(options.all)?,
        })?;
        return Ok(Vec::new());
    }
    let outcome = stage::prevalence::run(&lake, &catalog, &wanted(options)).await?;
    let mut table = numbers::table(&lake, &catalog, &outcome).await?;
    if let Some(roles) = &options.role {
        table.roles.clone_from(roles);
    }
    let shown =
        TableOptions { counts: options.counts, bounds: options.bounds, coverage: options.coverage, all: options.all, color: color() };
    print(&match options.format {
        NumberFormat::Table => table.text(shown),
        NumberFormat::Json => table.json()?,
        NumberFormat::Csv => table.csv()?,
        NumberFormat::Md => table.markdown(shown)?,
    })?;
    Ok(outcome.done.left_out)
}

fn wanted(options: &Prevalence) -> Wanted {
    let qualified = Qualified { phases: options.phase.clone(), roles: options.role.clone(), hows: options.how.clone() };
    Wanted { policy: options.policy, unit: options.by, as_of: options.as_of, qualified }
}
