//! Rankings of projects by downloads, and lists of projects.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use census_model::name;
use census_model::row::Day;
use census_model::tables::RankingRow;
use serde::Deserialize;
use url::Url;

use crate::Error;
use crate::http::{Get, Http, shown};

/// Projects by downloads, on a day.
///
/// Two forms are read. JSON as top-pypi-packages publishes it: `last_update`, and `rows` of `project` and `download_count`. CSV
/// with a header that names its columns, in any order: `project`, `downloads` or `download_count`, and `rank` where only some
/// of a ranking are listed; lines before it that start with `#` can say `source: …` and `ranked_on: YYYY-MM-DD`. A list of
/// names, one a line, is a ranking without rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// The normalized names: by rank, or in the order of the list where it has no ranks. Each once.
    pub names: Vec<String>,
    /// The rows, by rank; none where the list tells no downloads.
    pub rows: Vec<RankingRow>,
}

#[derive(Deserialize)]
struct Json {
    last_update: String,
    rows: Vec<JsonRow>,
}

#[derive(Deserialize)]
struct JsonRow {
    download_count: i64,
    project: String,
}

/// A line of a ranking before it is ordered.
struct Entry {
    project: String,
    downloads: i64,
    rank: Option<i32>,
}

/// A text, and where it is from: for errors, and for the source's name where the text does not tell it.
struct Text<'a> {
    place: &'a str,
    text: &'a str,
}

impl Ranking {
    /// Reads a file, or a URL where `place` is one.
    pub async fn load(place: &str, http: &Http) -> Result<Self, Error> {
        let Some(url) = Url::parse(place).ok().filter(|url| matches!(url.scheme(), "http" | "https")) else {
            return Self::read(Path::new(place));
        };
        let fetched = http.page(Get { url: &url, accept: "application/json, text/csv;q=0.9, */*;q=0.1", etag: None, login: None }).await?;
        let place = shown(&url);
        match fetched.status {
            200 => Self::parse(&place, &String::from_utf8_lossy(&fetched.body)),
            status => Err(Error::Status { url: place, status, retry_after: None }),
        }
    }

    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, e))?;
        Self::parse(&path.display().to_string(), &text)
    }

    /// Reads a text; `place` is named in errors, and its file name up to the first dot is the source where none is told.
    pub fn parse(place: &str, text: &str) -> Result<Self, Error> {
        let text = Text { place, text };
        if text.text.trim_start().starts_with('{') { text.json() } else { text.csv() }
    }
}

impl Text<'_> {
    fn error(&self, line: Option<usize>, what: impl Into<String>) -> Error {
        Error::Ranking { place: self.place.to_owned(), line, what: what.into() }
    }

    fn stem(&self) -> &str {
        let name = self.place.rsplit('/').next().unwrap_or_default();
        name.split('.').next().unwrap_or_default()
    }

    fn json(&self) -> Result<Ranking, Error> {
        let json: Json = serde_json::from_str(self.text).map_err(|e| self.error(Some(e.line()), e.to_string()))?;
        let day = Day::parse(&json.last_update).ok_or_else(|| self.error(None, "`last_update` is not a day"))?;
        let entries = json.rows.into_iter().map(|row| Entry { project: row.project, downloads: row.download_count, rank: None });
        Ok(ranked(entries.collect(), day, self.stem()))
    }

    fn csv(&self) -> Result<Ranking, Error> {
        let mut told = BTreeMap::new();
        let mut lines = self.text.lines().enumerate().map(|(at, line)| (at + 1, line.trim())).filter(|(_, line)| !line.is_empty());
        let header = loop {
            let Some((at, line)) = lines.next() else { return Err(self.error(None, "no projects")) };
            let Some(comment) = line.strip_prefix('#') else { break (at, line) };
            told.extend(comment.split_once(':').map(|(key, value)| (key.trim(), value.trim())));
        };
        let columns: Vec<&str> = fields(header.1).collect();
        let column = |names: &[&str]| columns.iter().position(|c| names.contains(c));
        let (Some(project), downloads, rank) = (column(&["project"]), column(&["downloads", "download_count"]), column(&["rank"])) else {
            return self.list([header].into_iter().chain(lines));
        };
        let Some(downloads) = downloads else { return self.list(lines) };
        let day = told.get("ranked_on").and_then(|day| Day::parse(day));
        let day = day.ok_or_else(|| self.error(None, "no `# ranked_on: YYYY-MM-DD` says which day it is of"))?;
        let mut entries = Vec::new();
        for (at, line) in lines.filter(|(_, line)| !line.starts_with('#')) {
            let values: Vec<&str> = fields(line).collect();
            let number = |column: usize| values.get(column).and_then(|text| text.parse::<i64>().ok());
            let downloads = number(downloads).ok_or_else(|| self.error(Some(at), "the downloads are not a number"))?;
            let rank = match rank {
                Some(column) => {
                    let rank = number(column).and_then(|n| i32::try_from(n).ok()).filter(|&n| n > 0);
                    Some(rank.ok_or_else(|| self.error(Some(at), "the rank is not a number from 1"))?)
                }
                None => None,
            };
            let project = values.get(project).map(|text| (*text).to_owned()).unwrap_or_default();
            entries.push(Entry { project, downloads, rank });
        }
        Ok(ranked(entries, day, told.get("source").copied().unwrap_or(self.stem())))
    }

    /// Names alone, one a line.
    fn list<'a>(&self, lines: impl Iterator<Item = (usize, &'a str)>) -> Result<Ranking, Error> {
        let mut names = Vec::new();
        let mut seen = HashSet::new();
        for (at, line) in lines.filter(|(_, line)| !line.starts_with('#')) {
            let name = name::normalize(line);
            if !name::is_valid(&name) {
                return Err(self.error(Some(at), format!("`{line}` is not a project's name")));
            }
            if seen.insert(name.clone()) {
                names.push(name);
            }
        }
        Ok(Ranking { names, rows: vec![] })
    }
}

/// The fields of a CSV line. Names and numbers hold no commas, so quotes only need to go.
fn fields(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').map(|field| field.trim().trim_matches('"').trim())
}

/// Rows by rank: the rank that is told, else by downloads; ties by name. Of two spellings of a name the first by rank counts, and
/// what cannot be a name is left out before ranks are given.
fn ranked(mut entries: Vec<Entry>, ranked_on: Day, source: &str) -> Ranking {
    for entry in &mut entries {
        entry.project = name::normalize(&entry.project);
    }
    entries.retain(|entry| name::is_valid(&entry.project));
    entries.sort_by(|a, b| (a.rank, Reverse(a.downloads), &a.project).cmp(&(b.rank, Reverse(b.downloads), &b.project)));
    let mut seen = HashSet::new();
    entries.retain(|entry| seen.insert(entry.project.clone()));
    let rows: Vec<RankingRow> = (1..)
        .zip(entries)
        .map(|(place, Entry { project, downloads, rank })| RankingRow {
            ranked_on,
            source: source.to_owned(),
            project,
            rank: rank.unwrap_or(place),
            downloads,
        })
        .collect();
    Ranking { names: rows.iter().map(|row| row.project.clone()).collect(), rows }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn view(ranking: &Ranking) -> Vec<(&str, i32, i64)> {
        ranking.rows.iter().map(|row| (row.project.as_str(), row.rank, row.downloads)).collect()
    }

    #[test]
    fn both_published_forms_agree() {
        let json = r#"{"last_update": "2026-04-01 06:34:06", "rows": [
            {"download_count": 5, "project": "b"}, {"download_count": 9, "project": "Zope.Interface"},
            {"download_count": 5, "project": "a"}, {"download_count": 1, "project": "zope_interface"}, {"download_count": 1, "project": "../x"}]}"#;
        let json = Ranking::parse("https://r.example/top-pypi-packages.min.json", json).unwrap();
        assert_eq!(view(&json), [("zope-interface", 1, 9), ("a", 2, 5), ("b", 3, 5)]);
        assert_eq!((json.rows[0].source.as_str(), json.rows[0].ranked_on.to_string().as_str()), ("top-pypi-packages", "2026-04-01"));

        let csv = "# ranked_on: 2026-04-01\ndownload_count,\"project\"\n5,\"b\"\n9,\"Zope.Interface\"\n5,\"a\"\n";
        assert_eq!(Ranking::parse("x/top-pypi-packages.csv", csv).unwrap(), json);
    }

    #[test]
    fn samples_keep_their_ranks_and_lists_their_order() {
        let sample = "# source: top-pypi-packages\n# ranked_on: 2026-04-01\nproject,rank,downloads\njedi,440,7\nsix,14,9\n";
        let sample = Ranking::parse("nightly.csv", sample).unwrap();
        assert_eq!(view(&sample), [("six", 14, 9), ("jedi", 440, 7)]);
        assert_eq!(sample.rows[0].source, "top-pypi-packages");

        let list = Ranking::parse("list.txt", "# mine\nZope.Interface\n\nsix\nzope-interface\n").unwrap();
        assert_eq!((list.names, list.rows.len()), (vec!["zope-interface".to_owned(), "six".to_owned()], 0));
    }

    #[test]
    fn what_is_wrong_is_located() {
        for (text, message) in [
            ("project,downloads\nsix,1\n", "r.csv: no `# ranked_on: YYYY-MM-DD` says which day it is of"),
            ("# ranked_on: 2026-04-01\nproject,downloads\nsix,1\nidna,x\n", "r.csv:4: the downloads are not a number"),
            ("# ranked_on: 2026-04-01\nproject,downloads,rank\nsix,1,0\n", "r.csv:3: the rank is not a number from 1"),
            ("six\na b\n", "r.csv:2: `a b` is not a project's name"),
            ("", "r.csv: no projects"),
            ("{", "r.csv:1: EOF while parsing an object at line 1 column 1"),
        ] {
            assert_eq!(Ranking::parse("r.csv", text).unwrap_err().to_string(), message);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(# ranked_on: 2026-04-01\n|project|,|downloads|rank|\n|\"|-?[0-9]{1,19}|[a-zA-Z._-]{1,4}|#|:|\\{)*") {
            if let Ok(ranking) = Ranking::parse("r.csv", &text) {
                let names: HashSet<_> = ranking.names.iter().collect();
                prop_assert_eq!(names.len(), ranking.names.len());
                prop_assert!(ranking.names.iter().all(|name| name::is_valid(name)));
            }
        }
    }
}
