//! How right the facts are: every case of `data/corpus` through both steps, its facts beside those that it is annotated with.

mod case;
mod table;

use std::collections::BTreeSet;

use census_extract::{Format, Member, Seen, artifact, format, member};
use census_model::{Fact, How, Kind, Phase, Role, id};

use case::{Case, Class, Entry, Expected};

/// The disguises that are promised to be seen through. Each has its cases; none may be missed.
const DISGUISES: &[&str] = &[
    "alias",
    "star-import",
    "attribute-chain",
    "assignment",
    "receiver",
    "getattr",
    "dunder-import",
    "import-module",
    "sys-modules",
    "globals",
    "joined",
    "reversed",
    "base64",
    "hex",
    "rot13",
    "chr",
    "decorator",
    "comprehension",
    "lambda",
    "match",
    "walrus",
    "conditional-import",
    "import-error",
    "relative-import",
    "re-export",
    "class-attribute",
    "partial",
    "argument-vector",
    "environment",
    "open-mode",
    "f-string",
    "format",
    "percent",
    "join",
    "replace",
    "slice",
    "payload",
    "python-2",
    "notebook",
    "pyc",
    "cython",
    "pth",
    "template",
];

/// What was found in a case, beside what it is annotated with.
struct Outcome<'a> {
    case: &'a Case,
    missing: Vec<&'a Expected>,
    surplus: Vec<Entry>,
    /// Facts that are there, but not as often as annotated.
    counts: Vec<(&'a Expected, i32)>,
    /// How many facts are as annotated, by kind.
    right: Vec<Kind>,
}

impl Outcome<'_> {
    fn is_exact(&self) -> bool {
        self.missing.is_empty() && self.surplus.is_empty() && self.counts.is_empty()
    }

    /// Whether what the case is about was not found at all: no fact of its kind and value in its file.
    fn is_missed(&self) -> bool {
        let keys = self.missing.iter().filter(|expected| expected.key);
        keys.map(|expected| &expected.entry)
            .any(|key| !self.surplus.iter().any(|line| (&line.path, line.kind, &line.value) == (&key.path, key.kind, &key.value)))
    }
}

/// The facts of a case's artifact, both steps through.
fn facts(case: &Case) -> (Vec<(Format, Seen)>, Vec<Fact>) {
    let seen: Vec<(Format, Seen)> = case
        .files
        .iter()
        .map(|(path, bytes)| {
            let format = format::detect(path, bytes);
            (format, member(format, bytes))
        })
        .collect();
    let members: Vec<Member<'_>> = case
        .files
        .iter()
        .zip(&seen)
        .zip(0..)
        .map(|(((path, bytes), (format, seen)), number)| {
            let size = i64::try_from(bytes.len()).expect("small");
            Member { number, path, format: *format, size, sha256: id::sha256(bytes), seen }
        })
        .collect();
    let facts = artifact(case.packaging, "pkg", &members).facts;
    (seen, facts)
}

/// What every file of a format and every wheel shows says nothing of a case that is not about it.
fn is_layout(fact: &Fact, format: Format) -> bool {
    match fact.term.kind {
        Kind::Format => fact.term.value == format.name(),
        Kind::Meta => fact.term.value.starts_with("top-level:"),
        _ => false,
    }
}

fn compare(case: &Case) -> Outcome<'_> {
    let (seen, facts) = facts(case);
    let mut outcome = Outcome { case, missing: case.expected.iter().collect(), surplus: Vec::new(), counts: Vec::new(), right: Vec::new() };
    for fact in facts {
        let at = usize::try_from(fact.member).expect("a member's number");
        if !case.layout && is_layout(&fact, seen[at].0) {
            continue;
        }
        let Fact { term, phase, role, how, count, line, .. } = fact;
        let found = Entry { path: case.files[at].0.clone(), kind: term.kind, value: term.value, phase, role, how, line };
        match outcome.missing.iter().position(|expected| expected.entry == found) {
            Some(at) => {
                let expected = outcome.missing.remove(at);
                outcome.right.push(expected.entry.kind);
                if expected.count.is_some_and(|said| said != count) {
                    outcome.counts.push((expected, count));
                }
            }
            None => outcome.surplus.push(found),
        }
    }
    outcome
}

#[test]
fn facts_are_the_annotated_ones() {
    let cases = case::all();
    let outcomes: Vec<Outcome<'_>> = cases.iter().map(compare).collect();
    table::print(&outcomes);
    let exact = outcomes.iter().filter(|outcome| outcome.is_exact()).count();
    let missed: Vec<&str> = outcomes.iter().filter(|outcome| outcome.is_missed()).map(|outcome| outcome.case.id.as_str()).collect();
    assert!(exact * 100 >= outcomes.len() * 97, "{exact} of {} cases are exact", outcomes.len());
    assert_eq!(missed, Vec::<&str>::new(), "what these cases are about was not found");
}

#[test]
fn the_corpus_is_large_and_covers_everything() {
    let cases = case::all();
    let ids: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids.len(), cases.len(), "an id is used once");
    assert!(cases.len() >= 420, "{} cases", cases.len());
    for class in Class::ALL {
        let of_it = cases.iter().filter(|case| case.class == class).count();
        assert!(of_it >= 60, "{of_it} cases are {}", class.name());
    }
    let lines: Vec<&Entry> = cases.iter().flat_map(|case| &case.expected).map(|expected| &expected.entry).collect();
    let without: Vec<String> = std::iter::empty()
        .chain(Kind::ALL.iter().filter(|kind| !lines.iter().any(|line| line.kind == **kind)).map(ToString::to_string))
        .chain(Phase::ALL.iter().filter(|phase| !lines.iter().any(|line| line.phase == **phase)).map(ToString::to_string))
        .chain(Role::ALL.iter().filter(|role| !lines.iter().any(|line| line.role == **role)).map(ToString::to_string))
        .chain(How::ALL.iter().filter(|how| !lines.iter().any(|line| line.how == **how)).map(ToString::to_string))
        .collect();
    assert_eq!(without, Vec::<String>::new(), "no case is annotated with these");
}

#[test]
fn every_disguise_has_its_cases() {
    let cases = case::all();
    for disguise in DISGUISES {
        let of_it = cases.iter().filter(|case| case.disguise.as_deref() == Some(disguise)).count();
        assert!(of_it >= 2, "{of_it} cases of {disguise}");
    }
    for case in &cases {
        let known = case.disguise.as_deref().is_none_or(|disguise| DISGUISES.contains(&disguise));
        assert!(known, "{}: no such disguise", case.id);
        let has_key = case.expected.iter().any(|expected| expected.key);
        assert!(has_key || case.disguise.is_none() && case.class != Class::Disguised, "{}: what is it about?", case.id);
    }
}
