//! Snippets and what they show.

mod dialects;
mod disguises;
mod facts;
mod hostile;
mod linking;
mod scopes;
mod values;

use super::see;
use crate::{Scope, Seen};

/// The sightings of a source, one a line: `kind value scope how line`.
fn lines(seen: &Seen) -> Vec<String> {
    seen.sightings
        .iter()
        .map(|s| {
            let scope = match s.scope {
                Scope::Module => "module",
                Scope::Function => "function",
                Scope::Build => "build",
                Scope::Script => "script",
                Scope::Native => "native",
                Scope::Inert => "inert",
            };
            format!("{} {} {scope} {} {}", s.term.kind, s.term.value, s.how, s.line)
        })
        .collect()
}

/// Checks that a source shows each of `present`, and nothing that begins as one of `absent` does.
#[track_caller]
fn check(source: &str, present: &[&str], absent: &[&str]) {
    let seen = see(source.as_bytes(), false);
    assert!(seen.gaps.is_empty(), "{source}\n{:?}", seen.gaps);
    let lines = lines(&seen);
    for line in present {
        assert!(lines.iter().any(|l| l == line), "missing {line:?} of\n{source}\n{lines:#?}");
    }
    for start in absent {
        assert!(!lines.iter().any(|l| l.starts_with(start)), "unexpected {start:?} of\n{source}\n{lines:#?}");
    }
}
