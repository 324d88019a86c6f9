//! The rule files as written: what serde reads, with the places where ids and patterns stand.

use census_model::{How, Phase, Role};
use serde::Deserialize;
use toml::Spanned;

use crate::error::line_of;
use crate::{Error, Key, Severity, Sources, Within};

/// Texts with their places.
pub(crate) type Patterns = Vec<Spanned<String>>;

/// Every rule file, in the order of their names.
pub(crate) struct Rules<'a> {
    pub(crate) files: Vec<File<'a>>,
    pub(crate) retired: Vec<String>,
    /// All files as TOML without comments, keys sorted, rules sorted by id: what the version is a hash of.
    pub(crate) canonical: String,
}

/// A rule file.
pub(crate) struct File<'a> {
    pub(crate) path: &'a str,
    /// The file's name without `.toml`: the category of all its rules.
    pub(crate) category: &'a str,
    text: &'a str,
    pub(crate) content: Content,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Content {
    #[serde(default)]
    pub(crate) behavior: Vec<RawBehavior>,
    #[serde(default)]
    pub(crate) issue: Vec<RawIssue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Retired {
    retired: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCounts {
    pub(crate) phases: Option<Vec<Phase>>,
    pub(crate) roles: Option<Vec<Role>>,
    pub(crate) hows: Option<Vec<How>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawIssue {
    pub(crate) id: Spanned<String>,
    pub(crate) severity: Severity,
    pub(crate) title: String,
    pub(crate) problem: String,
    pub(crate) next_steps: Vec<String>,
    pub(crate) behaviors: Option<Patterns>,
    #[serde(default)]
    pub(crate) all: bool,
    pub(crate) within: Option<Within>,
    #[serde(rename = "where")]
    pub(crate) condition: Option<String>,
    pub(crate) precision: Option<f64>,
    pub(crate) precision_n: Option<i32>,
}

macro_rules! behavior {
    ($($key:ident = $variant:ident,)+) => {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct RawBehavior {
            pub(crate) id: Spanned<String>,
            pub(crate) sentence: String,
            $(#[serde(default)] $key: Patterns,)+
            #[serde(default)]
            pub(crate) exclude: Patterns,
            #[serde(default)]
            pub(crate) everywhere: bool,
            pub(crate) counts: Option<RawCounts>,
            pub(crate) precision: Option<f64>,
            pub(crate) precision_n: Option<i32>,
        }

        impl RawBehavior {
            /// The patterns under each key, in the order of the keys.
            pub(crate) fn patterns(&self) -> [(Key, &Patterns); Key::ALL.len()] {
                [$((Key::$variant, &self.$key),)+]
            }
        }
    };
}

behavior! {
    calls = Calls, names = Names, imports = Imports, args = Args, envs = Envs, paths = Paths, regkeys = Regkeys, hosts = Hosts,
    commands = Commands, symbols = Symbols, libraries = Libraries, patterns = Patterns, flows = Flows, metas = Metas,
    formats = Formats, declares = Declares, urls = Urls, domains = Domains, tlds = Tlds,
}

impl<'a> Rules<'a> {
    pub(crate) fn parse(sources: &'a Sources) -> Result<Self, Error> {
        let mut rules = Self { files: Vec::new(), retired: Vec::new(), canonical: String::new() };
        for (path, category, text) in sources.folder("rules") {
            let failed = |error| Error::toml(path, text, error);
            if category == "retired" {
                rules.retired = toml::from_str::<Retired>(text).map_err(failed)?.retired;
                continue;
            }
            let content = toml::from_str(text).map_err(failed)?;
            rules.canonical += &canonical(text.parse().map_err(failed)?);
            rules.files.push(File { path, category, text, content });
        }
        Ok(rules)
    }
}

/// A rule file as TOML with sorted keys, and its rules sorted by id.
fn canonical(mut file: toml::Table) -> String {
    for (_, rules) in &mut file {
        if let Some(rules) = rules.as_array_mut() {
            rules.sort_by_cached_key(|rule| rule.get("id").and_then(toml::Value::as_str).unwrap_or_default().to_owned());
        }
    }
    file.to_string()
}

impl File<'_> {
    /// The line of a text in this file.
    pub(crate) fn line(&self, place: &Spanned<String>) -> usize {
        line_of(self.text, place.span().start)
    }
}
