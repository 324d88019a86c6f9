//! Terms that the lake already holds, so that each is written once, and collisions are seen.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use census_model::tables::{TermRow, UrlRow};
use census_model::{Row, Table};

use crate::{Batch, Error, Session};

/// The id of every term in the lake, with a second, independent hash of what it stands for.
#[derive(Debug, Default)]
pub(crate) struct Known(HashMap<i64, u64>);

census_model::row! {
    /// What is needed of a term to know it again.
    pub struct Named {
        /// The id.
        term_id: i64,
        /// The kind.
        kind: String,
        /// The value.
        value: String,
    }
}

fn check(kind: &str, value: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (kind, value).hash(&mut hasher);
    hasher.finish()
}

impl Known {
    pub(crate) async fn load(session: &Session) -> Result<Self, Error> {
        let terms: Vec<Named> = session.rows("SELECT term_id, kind, value FROM terms").await?;
        Ok(Self(terms.into_iter().map(|t| (t.term_id, check(&t.kind, &t.value))).collect()))
    }

    /// The batch without the terms that are known, and without the URLs that belong to them.
    pub(crate) fn keep_new(&mut self, mut batch: Batch) -> Result<Batch, Error> {
        let mut fresh = HashSet::new();
        let mut terms = TermRow::read_all(&batch.take(Table::Terms))?;
        for term in &terms {
            let check = check(&term.kind, &term.value);
            match self.0.insert(term.term_id, check) {
                None => _ = fresh.insert(term.term_id),
                Some(before) if before == check => {}
                Some(_) => {
                    return Err(Error::Collision { id: term.term_id, kind: term.kind.clone(), value: term.value.clone() });
                }
            }
        }
        once(&mut terms, &fresh, |term| term.term_id);
        let mut urls = UrlRow::read_all(&batch.take(Table::Urls))?;
        once(&mut urls, &fresh, |url| url.term_id);
        Ok(batch.with(&terms).with(&urls))
    }
}

/// Keeps the first row of each id in `fresh`.
fn once<R>(rows: &mut Vec<R>, fresh: &HashSet<i64>, id: impl Fn(&R) -> i64) {
    let mut seen = HashSet::new();
    rows.retain(|row| fresh.contains(&id(row)) && seen.insert(id(row)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(term_id: i64, value: &str) -> TermRow {
        TermRow { term_id, kind: "call".into(), value: value.into(), module: String::new(), root: String::new() }
    }

    #[test]
    fn a_term_is_kept_once() {
        let mut known = Known::default();
        let batch = known.keep_new(Batch::new().with(&[term(1, "a"), term(1, "a"), term(2, "b")])).unwrap();
        assert_eq!(batch.rows(), 2);
        assert!(known.keep_new(Batch::new().with(&[term(2, "b")])).unwrap().is_empty());
    }

    #[test]
    fn a_collision_is_an_error() {
        let mut known = Known::default();
        let error = known.keep_new(Batch::new().with(&[term(1, "a"), term(1, "b")])).unwrap_err();
        assert!(matches!(error, Error::Collision { id: 1, .. }), "{error}");
    }
}
