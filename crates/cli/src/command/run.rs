//! `census run`: the whole night.

use census_lake::Lake;
use census_report::{RunSummary, TableOptions};

use super::{numbers, print};
use crate::Ending;
use crate::args::{Common, Run};
use crate::pipeline::Pipeline;
use crate::stage::prevalence::Wanted;
use crate::{rules, run_id, stage};

/// Runs the command.
pub(crate) async fn run(common: &Common, options: &Run) -> Ending {
    let pipeline = Pipeline::read(&options.pipeline)?.with(&options.population);
    let catalog = rules::load(common)?;
    let lake = Lake::open_or_create(&common.lake).await?;
    let night = run_id::Run::begin("night");

    let crawl = stage::crawl::run(common, &lake, &pipeline).await?;
    let scan = stage::scan::run(common, &lake, &pipeline.scan).await?;
    let outcome = stage::prevalence::run(&lake, &catalog, &Wanted::tonight(pipeline.prevalence.policy)).await?;

    let table = numbers::table(&lake, &catalog, &outcome).await?;
    let prevalence = outcome.done;
    let left_out = [crawl.left_out, scan.left_out, prevalence.left_out].concat();
    if !common.quiet {
        print(&table.text(TableOptions { color: super::color(), ..TableOptions::default() }))?;
        let summary = RunSummary {
            run_id: night.id.clone(),
            index_serial: table.stamp.index_serial,
            seconds: night.seconds(),
            stages: vec![crawl.line, scan.line, prevalence.line],
            left_out: Vec::new(),
        };
        print(&format!("\n{}", summary.text()))?;
    }
    Ok(left_out)
}
