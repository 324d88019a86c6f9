//! `census prevalence`: how common every behavior and issue is.

use census_lake::Lake;
use census_report::TableOptions;

use super::{color, numbers, print};
use crate::Ending;
use crate::args::{Common, NumberFormat, Prevalence};
use crate::{rules, stage};

/// Runs the command.
pub(crate) async fn run(common: &Common, options: &Prevalence) -> Ending {
    let catalog = rules::load(common)?;
    Lake::open(&common.lake).await?;
    let lake = Lake::open_or_create(&common.lake).await?;
    let done = stage::prevalence::run(&lake, &catalog, options.policy).await?;
    let table = numbers::of(&lake.session().await?, &catalog, options.policy).await?;
    let shown =
        TableOptions { counts: options.counts, bounds: options.bounds, coverage: options.coverage, all: options.all, color: color() };
    print(&match options.format {
        NumberFormat::Table => table.text(shown),
        NumberFormat::Json => table.json()?,
        NumberFormat::Csv => table.csv()?,
        NumberFormat::Md => table.markdown(shown)?,
    })?;
    Ok(done.left_out)
}
