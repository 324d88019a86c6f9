//! Whether a worker's rows can be true: they concern its artifact alone, ids are what they hash, codes and references exist.
//!
//! A worker that a package has taken over can still say false things about that package; it cannot write a word about another one,
//! nor a row that the tables cannot hold.

use std::collections::HashSet;

use census_model::{How, Kind, Phase, Role, Term, What, id};

use crate::{Outcome, Scanned};

/// A claim that cannot be true: the table and what is wrong.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{table}`: {wrong}")]
pub(crate) struct Impossible {
    table: &'static str,
    wrong: &'static str,
}

type Checked = Result<(), Impossible>;

/// Checks the rows that a worker gave for the artifact `sha256` of `project`.
pub(crate) fn check(scanned: &Scanned, project: &str, sha256: &str) -> Checked {
    let artifact = id::artifact(project, sha256);
    check_scan(scanned, artifact)?;
    let members = check_members(scanned, artifact)?;
    let (terms, urls) = check_terms(scanned)?;
    check_urls(scanned, &urls)?;
    check_facts(scanned, artifact, id::project(project), &members, &terms)?;
    check_others(scanned, artifact, &members)
}

fn demand(holds: bool, table: &'static str, wrong: &'static str) -> Checked {
    if holds { Ok(()) } else { Err(Impossible { table, wrong }) }
}

fn check_scan(scanned: &Scanned, artifact: i64) -> Checked {
    let scan = &scanned.scan;
    let outcome = Outcome::from_name(&scan.outcome).filter(|outcome| outcome.is_reported());
    demand(scan.artifact_id == artifact, "scans", "another artifact")?;
    demand(scan.extractor == census_extract::VERSION, "scans", "another extractor")?;
    demand(outcome.is_some(), "scans", "no outcome of a worker")?;
    demand(scan.reason.is_none() == (outcome == Some(Outcome::Ok)), "scans", "a reason where none belongs, or none where one does")?;
    demand(scan.bytes_unpacked >= 0, "scans", "a negative size")?;
    demand(usize::try_from(scan.members) == Ok(scanned.members.len()), "scans", "another number of members")?;
    let hidden = scanned.gaps.iter().filter_map(|gap| What::from_name(&gap.what)).any(What::hides);
    demand(hidden == (outcome == Some(Outcome::Partial)), "scans", "an outcome that its gaps deny")
}

fn check_members(scanned: &Scanned, artifact: i64) -> Result<HashSet<i32>, Impossible> {
    let mut last = -1;
    for row in &scanned.members {
        demand(row.artifact_id == artifact, "members", "another artifact")?;
        demand(row.member > last, "members", "numbers out of order")?;
        demand(Role::from_code(row.role).is_some(), "members", "no such role")?;
        demand(row.size >= 0, "members", "a negative size")?;
        last = row.member;
    }
    Ok(scanned.members.iter().map(|row| row.member).collect())
}

type Ids<'a> = (HashSet<i64>, HashSet<(i64, &'a str)>);

fn check_terms(scanned: &Scanned) -> Result<Ids<'_>, Impossible> {
    let mut ids = HashSet::with_capacity(scanned.terms.len());
    let mut urls = HashSet::new();
    for row in &scanned.terms {
        let kind = Kind::from_name(&row.kind).ok_or(Impossible { table: "terms", wrong: "no such kind" })?;
        demand(row.value.len() <= Term::MAX, "terms", "too long")?;
        demand(row.term_id == id::term(kind, &row.value), "terms", "an id that is not the term's")?;
        let term = Term { kind, value: row.value.clone() };
        demand(row.module == term.module() && row.root == term.root(), "terms", "parts that are not the term's")?;
        demand(ids.insert(row.term_id), "terms", "a term twice")?;
        if kind == Kind::Url {
            urls.insert((row.term_id, row.value.as_str()));
        }
    }
    Ok((ids, urls))
}

fn check_urls(scanned: &Scanned, urls: &HashSet<(i64, &str)>) -> Checked {
    let mut seen = HashSet::new();
    for row in &scanned.urls {
        demand(urls.contains(&(row.term_id, row.url.as_str())), "urls", "a URL that is no term")?;
        demand(seen.insert(row.term_id), "urls", "a URL twice")?;
    }
    Ok(())
}

fn check_facts(scanned: &Scanned, artifact: i64, project: i64, members: &HashSet<i32>, terms: &HashSet<i64>) -> Checked {
    let bucket = id::bucket(project);
    for row in &scanned.facts {
        let own = row.artifact_id == artifact && row.project_id == project && row.bucket == bucket;
        demand(own, "facts", "another artifact")?;
        demand(members.contains(&row.member), "facts", "no such member")?;
        demand(terms.contains(&row.term_id), "facts", "no such term")?;
        let codes = Phase::from_code(row.phase).is_some() && Role::from_code(row.role).is_some() && How::from_code(row.how).is_some();
        demand(codes, "facts", "no such phase, role or how")?;
        demand(row.count > 0 && row.line >= 0, "facts", "no such count or line")?;
    }
    Ok(())
}

fn check_others(scanned: &Scanned, artifact: i64, members: &HashSet<i32>) -> Checked {
    for row in &scanned.gaps {
        demand(row.artifact_id == artifact, "gaps", "another artifact")?;
        demand(What::from_name(&row.what).is_some(), "gaps", "no such gap")?;
        demand(row.bytes >= 0 && row.member.is_none_or(|member| member >= 0), "gaps", "a negative number")?;
    }
    demand(scanned.metadata.len() <= 1, "metadata", "more than one row")?;
    demand(scanned.metadata.iter().all(|row| row.artifact_id == artifact), "metadata", "another artifact")?;
    demand(scanned.dependencies.iter().all(|row| row.artifact_id == artifact), "dependencies", "another artifact")?;
    for row in &scanned.components {
        demand(row.artifact_id == artifact, "components", "another artifact")?;
        demand(members.contains(&row.member), "components", "no such member")?;
        demand(matches!(row.kind.as_str(), "vendored" | "bundled" | "sbom"), "components", "no such kind")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use census_model::tables::GapRow;
    use census_testkit::package::Wheel;

    /// Whether the rows of an honest scan are refused once they are changed so.
    fn refused(change: impl FnOnce(&mut Scanned)) -> Option<Impossible> {
        let code = "import os\nos.system('id')\nU = 'https://demo.example/x'\n";
        let built = Wheel::new("demo", "1.0").file("demo/a.py", code).requires("six>=1").build();
        let mut scanned = crate::scan_bytes("demo", &built.filename, &built.bytes, &census_artifact::Limits::default());
        change(&mut scanned);
        check(&scanned, "demo", &built.sha256).err()
    }

    #[test]
    fn honest_rows_pass() {
        assert_eq!(refused(|_| {}), None);
    }

    #[test]
    fn rows_about_another_artifact_are_refused() {
        let other = id::artifact("victim", "");
        assert!(refused(|s| s.scan.artifact_id = other).is_some());
        assert!(refused(|s| s.members[0].artifact_id = other).is_some());
        assert!(refused(|s| s.facts[0].artifact_id = other).is_some());
        assert!(refused(|s| s.facts[0].project_id = id::project("victim")).is_some());
        assert!(refused(|s| s.facts[0].bucket += 1).is_some());
        assert!(refused(|s| s.metadata[0].artifact_id = other).is_some());
        assert!(refused(|s| s.metadata.push(s.metadata[0].clone())).is_some());
    }

    #[test]
    fn rows_that_tables_cannot_hold_are_refused() {
        assert!(refused(|s| s.facts[0].member = 99).is_some());
        assert!(refused(|s| s.facts[0].term_id += 1).is_some());
        assert!(refused(|s| s.facts[0].phase = 99).is_some());
        assert!(refused(|s| s.facts[0].count = 0).is_some());
        assert!(refused(|s| s.facts[0].line = -1).is_some());
        assert!(refused(|s| s.members.swap(0, 1)).is_some());
        assert!(refused(|s| s.members[0].role = -1).is_some());
        assert!(refused(|s| s.terms[0].value.push('x')).is_some());
        assert!(refused(|s| s.terms[0].root.push('x')).is_some());
        assert!(refused(|s| s.terms[0].kind = "feeling".into()).is_some());
        assert!(refused(|s| s.urls.push(s.urls[0].clone())).is_some());
        assert!(refused(|s| s.urls[0].url.push('x')).is_some());
        assert!(refused(|s| s.scan.reason = Some("none".into())).is_some());
        assert!(refused(|s| s.scan.extractor += 1).is_some());
        assert!(refused(|s| s.scan.members += 1).is_some());
        let gap = |artifact_id| GapRow { artifact_id, extractor: 1, member: None, path: String::new(), what: "damaged".into(), bytes: 0 };
        assert!(refused(|s| s.gaps.push(gap(s.scan.artifact_id))).is_some());
    }
}
