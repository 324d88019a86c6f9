//! `census report`: the page of a package.

use census_lake::Lake;
use census_model::{Policy, name};

use super::numbers::Numbers;
use super::page::{self, Wanted};
use super::{color, print};
use crate::Ending;
use crate::args::{Common, PageFormat, Report};
use crate::fault::Fault;
use crate::rules;

/// Runs the command.
pub(crate) async fn run(common: &Common, options: &Report) -> Ending {
    let (project, version) = match options.project.split_once("==") {
        Some((project, version)) => (project, Some(version.trim().to_owned())),
        None => (options.project.as_str(), None),
    };
    let wanted = Wanted { project: name::normalize(project), version };
    let catalog = rules::load(common)?;
    let lake = Lake::open(&common.lake).await?;
    let numbers = Numbers::newest(&lake.session().await?, Policy::Installed).await?;
    let page = page::load(&lake, &catalog, &wanted, &numbers).await?;
    show(&page, options.format, options.all)?;
    Ok(Vec::new())
}

/// Prints a page.
pub(crate) fn show(page: &census_report::Page, format: PageFormat, all: bool) -> Result<(), Fault> {
    let shown = census_report::RenderOptions { all, color: color(), ..census_report::RenderOptions::default() };
    print(&match format {
        PageFormat::Text => page.text(shown),
        PageFormat::Json => page.json()?,
        PageFormat::Html => page.html(shown)?,
        PageFormat::Md => page.markdown(shown)?,
    })
}
