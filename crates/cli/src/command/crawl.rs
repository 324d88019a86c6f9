//! `census crawl`: asks the index what there is, and mirrors what speaks for each project.

use census_lake::Lake;
use census_report::RunSummary;

use super::print;
use crate::Ending;
use crate::args::{Common, Crawl};
use crate::pipeline::Pipeline;
use crate::stage;

/// Runs the command.
pub(crate) async fn run(common: &Common, options: &Crawl) -> Ending {
    let pipeline = Pipeline::default().with(&options.population);
    let lake = Lake::open_or_create(&common.lake).await?;
    let done = stage::crawl::run(common, &lake, &pipeline).await?;
    if !common.quiet {
        let summary =
            RunSummary { run_id: "crawl".to_owned(), seconds: done.line.seconds, stages: vec![done.line], ..RunSummary::default() };
        print(&summary.text())?;
    }
    Ok(done.left_out)
}
