//! The pipeline file: what a night does, `pipelines/nightly.toml`.

use std::path::Path;

use census_model::Policy;
use census_model::tier::Tiers;
use serde::Deserialize;

use crate::args::Population;
use crate::fault::Fault;

/// A pipeline.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Pipeline {
    /// The ranking for a population taken from one (`--top`, `--all`).
    pub(crate) ranking: Option<String>,
    /// The cuts of the tiers for the population that the file itself names.
    pub(crate) tiers: Option<Tiers>,
    /// What to crawl.
    pub(crate) crawl: census_crawl::Config,
    /// How to scan.
    pub(crate) scan: census_scan::Config,
    /// What to count.
    pub(crate) prevalence: Counting,
}

/// The section `[prevalence]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Counting {
    /// Which artifacts of a release speak for it.
    pub(crate) policy: Policy,
}

impl Default for Counting {
    fn default() -> Self {
        Self { policy: Policy::Installed }
    }
}

impl Pipeline {
    /// Reads a pipeline file.
    pub(crate) fn read(path: &Path) -> Result<Self, Fault> {
        let text = std::fs::read_to_string(path).map_err(|e| Fault::from_error(e).at(path.display()))?;
        toml::from_str(&text)
            .map_err(|e| Fault::new(format!("{}: {}", path.display(), e.to_string().trim_end()), "pipelines/nightly.toml shows the form"))
    }

    /// With what the command line says in place of what the file says.
    pub(crate) fn with(mut self, asked: &Population) -> Self {
        let crawl = &mut self.crawl;
        if asked.top.is_some() || asked.all || asked.projects.is_some() || asked.find_links.is_some() {
            crawl.top = asked.top;
            crawl.all = asked.all;
            crawl.projects.clone_from(&asked.projects);
            crawl.ranking = if asked.top.is_some() || asked.all { self.ranking.clone() } else { None };
            self.tiers = match (asked.top, asked.all) {
                (Some(top), _) => Some(cuts_up_to(i32::try_from(top).unwrap_or(i32::MAX))),
                (None, true) => Some(Tiers::default()),
                // Of projects picked one by one no tier is whole but all of them.
                (None, false) => Some(Tiers::new(Vec::new())),
            };
        }
        crawl.ranking = asked.ranking.clone().or_else(|| crawl.ranking.take());
        crawl.index_url = asked.index_url.clone().or_else(|| crawl.index_url.take());
        crawl.find_links = asked.find_links.clone().or_else(|| crawl.find_links.take());
        crawl.contact = asked.contact.clone().or_else(|| crawl.contact.take());
        crawl.artifacts = asked.artifacts.unwrap_or(crawl.artifacts);
        crawl.max_bytes = asked.max_bytes.or(if asked.top.is_some() || asked.all { None } else { crawl.max_bytes });
        self
    }
}

/// The usual cuts below `top`, and `top` itself.
fn cuts_up_to(top: i32) -> Tiers {
    Tiers::new([100, 1_000, 10_000].into_iter().filter(|&cut| cut < top).chain([top]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nightly_pipeline_reads() {
        let pipeline = Pipeline::read(Path::new("../../pipelines/nightly.toml")).unwrap();
        assert!(pipeline.crawl.projects.is_some() && pipeline.ranking.is_some());
        let asked = Population { top: Some(500), ..Population::default() };
        let top = pipeline.with(&asked);
        assert_eq!(top.crawl.projects, None);
        assert_eq!(top.tiers, Some(Tiers::new(vec![100, 500])));
        assert!(top.crawl.ranking.is_some());
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "[crawl]\ntopp = 3\n").unwrap();
        let fault = Pipeline::read(file.path()).unwrap_err();
        assert!(fault.to_string().contains("topp"), "{fault}");
    }
}
