//! The tests of rules that are no equality: prefixes, regular expressions, hosts with their subdomains.
//!
//! Here and not in SQL because it was measured: over 273,000 terms and the catalog's 400 such patterns the SQL (a join by kind,
//! then a test a pair) took 4.5 s, this walk over the terms 0.3 s. What is an equality stays a join (`matched.sql`).

use std::collections::HashMap;

use census_catalog::{Catalog, Matcher, Test};
use census_lake::Session;
use census_model::Row;
use regex::{RegexSet, RegexSetBuilder};

use crate::Error;

/// The bound on a compiled set of expressions, in bytes: far above what all rules together need.
const SET_SIZE: usize = 256 << 20;

census_model::row! {
    /// A term as the walk sees it.
    pub struct Known {
        /// Its id.
        term_id: i64,
        /// Its kind.
        kind: String,
        /// Its value.
        value: String,
    }
}

census_model::row! {
    /// The host of a URL term.
    pub struct Host {
        /// The term.
        term_id: i64,
        /// The host.
        host: String,
    }
}

census_model::row! {
    /// A term that fits a pattern of a rule.
    pub struct Fit {
        /// The rule.
        rule: String,
        /// Whether what fits is left out of the rule.
        exclude: bool,
        /// The term.
        term_id: i64,
    }
}

/// The expressions for one kind of term.
struct Set<'a> {
    expressions: RegexSet,
    matchers: Vec<&'a Matcher>,
}

/// Every term that fits a pattern.
pub(crate) async fn fits(session: &Session, catalog: &Catalog) -> Result<Vec<Fit>, Error> {
    let mut fits = expressions(session, catalog).await?;
    fits.extend(domains(session, catalog).await?);
    Ok(fits)
}

async fn expressions(session: &Session, catalog: &Catalog) -> Result<Vec<Fit>, Error> {
    let sets = sets(catalog)?;
    let kinds = sets.keys().map(|kind| format!("'{kind}'")).collect::<Vec<_>>().join(", ");
    let mut fits = Vec::new();
    if sets.is_empty() {
        return Ok(fits);
    }
    session
        .each(&format!("SELECT term_id, kind, value FROM terms WHERE kind IN ({kinds})"), |batch| {
            for term in Known::read(batch)? {
                let set = &sets[term.kind.as_str()];
                fits.extend(set.expressions.matches(&term.value).into_iter().map(|at| fit(set.matchers[at], term.term_id)));
            }
            Ok(())
        })
        .await?;
    Ok(fits)
}

fn fit(matcher: &Matcher, term_id: i64) -> Fit {
    Fit { rule: matcher.rule.clone(), exclude: matcher.exclude, term_id }
}

fn sets(catalog: &Catalog) -> Result<HashMap<&'static str, Set<'_>>, Error> {
    let mut by_kind: HashMap<&'static str, Vec<&Matcher>> = HashMap::new();
    for matcher in catalog.matchers().filter(|m| matches!(m.test, Test::Prefix | Test::Regex)) {
        by_kind.entry(matcher.kind.name()).or_default().push(matcher);
    }
    by_kind.into_iter().map(|(kind, matchers)| Ok((kind, Set { expressions: compile(kind, &matchers)?, matchers }))).collect()
}

fn compile(kind: &'static str, matchers: &[&Matcher]) -> Result<RegexSet, Error> {
    let expressions = matchers.iter().map(|m| match m.test {
        Test::Prefix => format!("^{}", regex::escape(&m.pattern)),
        _ => m.pattern.clone(),
    });
    RegexSetBuilder::new(expressions).size_limit(SET_SIZE).build().map_err(|source| Error::Patterns { kind, source: Box::new(source) })
}

async fn domains(session: &Session, catalog: &Catalog) -> Result<Vec<Fit>, Error> {
    let mut by_domain: HashMap<&str, Vec<&Matcher>> = HashMap::new();
    for matcher in catalog.matchers().filter(|m| m.test == Test::Domain) {
        by_domain.entry(&matcher.pattern).or_default().push(matcher);
    }
    let mut fits = Vec::new();
    session
        .each("SELECT term_id, host FROM urls WHERE host <> ''", |batch| {
            for url in Host::read(batch)? {
                let matchers = with_parents(&url.host).filter_map(|domain| by_domain.get(domain)).flatten();
                fits.extend(matchers.map(|matcher| fit(matcher, url.term_id)));
            }
            Ok(())
        })
        .await?;
    Ok(fits)
}

/// A host, and every domain that it is below.
fn with_parents(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host), |domain| domain.split_once('.').map(|(_, parent)| parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_below_all_its_parents() {
        assert_eq!(with_parents("a.b.example").collect::<Vec<_>>(), ["a.b.example", "b.example", "example"]);
    }

    #[test]
    fn the_catalogs_expressions_compile() {
        let catalog = Catalog::embedded().unwrap();
        let sets = sets(&catalog).unwrap();
        let commands = &sets["command"];
        assert!(commands.expressions.is_match("powershell -enc"));
    }
}
