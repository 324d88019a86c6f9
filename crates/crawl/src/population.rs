//! Which projects a crawl visits, and in which order.

use std::collections::{BTreeMap, HashMap};

use census_model::id;
use census_model::name;
use census_model::tables::RankingRow;

use crate::page::Names;
use crate::ranking::Ranking;
use crate::{Config, Error, Http, Known, Source};

/// From this rank on, projects are visited in a random order, so that a crawl that was cut short is a fair sample of the rest.
const RANKED_FIRST: i32 = 10_000;

/// The projects to visit.
#[derive(Debug, Default)]
pub(crate) struct Population {
    /// Normalized names, in the order they are visited. Each once.
    pub(crate) names: Vec<String>,
    /// Serials that the index's list told.
    pub(crate) serials: HashMap<String, i64>,
    /// The serial of the whole index, where its list told it.
    pub(crate) serial: Option<i64>,
    /// The ranking.
    pub(crate) ranking: Vec<RankingRow>,
}

/// The population that the settings ask for.
pub(crate) async fn population(config: &Config, source: &Source, http: &Http, known: &Known) -> Result<Population, Error> {
    let ranking = match &config.ranking {
        Some(place) => Some(Ranking::load(place, http).await?),
        None => None,
    };
    let rows = |ranking: Option<Ranking>| ranking.map(|r| r.rows).unwrap_or_default();
    let all = config.all || (config.find_links.is_some() && config.projects.is_none() && config.top.is_none());
    match (&config.projects, config.top, all) {
        (Some(path), None, false) => {
            let list = Ranking::read(path)?;
            Ok(Population { names: list.names, ranking: ranking.map_or(list.rows, |r| r.rows), ..Population::default() })
        }
        (None, Some(top), false) => {
            let mut ranking = ranking.ok_or(Error::Population("`top` needs a ranking"))?;
            ranking.names.truncate(top);
            Ok(Population { names: ranking.names, ranking: ranking.rows, ..Population::default() })
        }
        (None, None, true) => Ok(everyone(source.names().await?, rows(ranking), known)),
        (None, None, false) => Err(Error::Population("none of `projects`, `top` and `all` is set")),
        _ => Err(Error::Population("more than one of `projects`, `top` and `all` is set")),
    }
}

/// The projects of the index, and those of the ranking and of earlier crawls that it no longer lists: what is gone must be seen
/// to be gone. By rank up to [`RANKED_FIRST`], then by the hash of the name.
fn everyone(listed: Names, ranking: Vec<RankingRow>, known: &Known) -> Population {
    let mut serials = HashMap::new();
    let mut names: BTreeMap<String, i32> = BTreeMap::new();
    for (raw, serial) in listed.projects {
        let name = name::normalize(&raw);
        if name::is_valid(&name) {
            serials.extend(serial.map(|serial| (name.clone(), serial)));
            names.insert(name, i32::MAX);
        }
    }
    names.extend(known.present().map(|name| (name.to_owned(), i32::MAX)));
    names.extend(ranking.iter().map(|row| (row.project.clone(), if row.rank <= RANKED_FIRST { row.rank } else { i32::MAX })));
    let mut names: Vec<(i32, [u8; 32], String)> = names.into_iter().map(|(n, rank)| (rank, id::sha256(n.as_bytes()), n)).collect();
    names.sort_unstable();
    let names = names.into_iter().map(|(_, _, name)| name).collect();
    Population { names, serials, serial: listed.serial, ranking }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranked_come_first_and_the_rest_by_chance() {
        let listed = Names { projects: ["c", "A", "b", "not a name"].map(|n| (n.to_owned(), Some(1))).to_vec(), serial: Some(4) };
        let row = |project: &str, rank| RankingRow {
            ranked_on: census_model::Day(0),
            source: String::new(),
            project: project.to_owned(),
            rank,
            downloads: 0,
        };
        let population = everyone(listed, vec![row("gone", 1), row("c", 2), row("far", 20_000)], &Known::default());
        assert_eq!(population.names[..2], ["gone".to_owned(), "c".to_owned()]);
        let mut rest = vec!["a".to_owned(), "b".to_owned(), "far".to_owned()];
        rest.sort_by_key(|name| id::sha256(name.as_bytes()));
        assert_eq!(population.names[2..], rest);
        assert_eq!((population.serials.len(), population.serial), (3, Some(4)));
    }
}
