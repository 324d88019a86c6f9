//! Errors as people see them: what and where, the causes, and a hint.

use std::error::Error;
use std::fmt;

/// An error that ends a command.
#[derive(Debug)]
pub(crate) struct Fault {
    what: String,
    causes: Vec<String>,
    hint: Option<String>,
}

impl Fault {
    /// An error of our own making.
    pub(crate) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), causes: Vec::new(), hint: Some(hint.into()) }
    }

    /// An error with its causes; the hint is the first that any of them deserves.
    pub(crate) fn from_error(error: impl Error + 'static) -> Self {
        let error: &(dyn Error + 'static) = &error;
        let mut chain = vec![error];
        while let Some(source) = chain[chain.len() - 1].source() {
            chain.push(source);
        }
        let hint = chain.iter().find_map(|e| hint(*e));
        let mut texts: Vec<String> = chain.iter().map(ToString::to_string).collect();
        let what = texts.remove(0);
        let mut causes: Vec<String> = Vec::new();
        for text in texts {
            // Many errors repeat their cause in their own text: once is enough.
            let new: Vec<&str> = text.trim_end().lines().filter(|line| !what.contains(line.trim())).collect();
            let new = new.join("\n");
            if !new.is_empty() && !causes.iter().any(|cause| cause.contains(&new)) {
                causes.push(new);
            }
        }
        Self { what, causes, hint }
    }

    /// With the place where it happened in front.
    pub(crate) fn at(mut self, place: impl fmt::Display) -> Self {
        self.what = format!("{place}: {}", self.what);
        self
    }
}

impl<E: Error + 'static> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::from_error(error)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.what)?;
        for cause in &self.causes {
            writeln!(f, "  because: {cause}")?;
        }
        match &self.hint {
            Some(hint) => writeln!(f, "hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// What helps against an error.
fn hint(error: &(dyn Error + 'static)) -> Option<String> {
    crawl(error).or_else(|| lake(error)).or_else(|| catalog(error)).or_else(|| storage(error))
}

fn crawl(error: &(dyn Error + 'static)) -> Option<String> {
    use census_crawl::Error as E;
    let hint = match error.downcast_ref::<E>()? {
        E::NoIndex { .. } => "set one for pip (`pip config set global.index-url URL`), or give --index-url URL or --find-links DIR",
        E::IndexUrl { .. } => "an index URL looks like https://index.example/simple/",
        E::Exchange { .. } | E::GaveUp { .. } => {
            "is the network up, and the index URL right? `pip config list` shows pip's; --find-links DIR needs none"
        }
        E::Population(_) => "give --projects FILE, --top N with --ranking, or --all",
        E::Ranking { .. } => "a ranking is top-pypi-packages' JSON, or a CSV as in data/samples/",
        E::DiskFull { .. } => "make room and run it again: what was downloaded stays; --max-bytes N bounds the mirror",
        E::Vanished { .. } => "is --index-url the index that this lake was filled from?",
        _ => return None,
    };
    Some(hint.to_owned())
}

fn lake(error: &(dyn Error + 'static)) -> Option<String> {
    use census_lake::Error as E;
    let hint = match error.downcast_ref::<E>()? {
        E::NoLake { .. } => "`census run` (or `make nightly`) fills one; --lake tells where it is",
        E::Table { .. } | E::Intent { .. } => {
            "the lake is damaged: restore it, or move it away and run `census run` again; the mirror is kept"
        }
        E::NoValue { .. } | E::NoParameter { .. } | E::Value { .. } => {
            "values are given as NAME=VALUE; `census sql --list` tells what saved queries take"
        }
        E::Sql(_) => "`census sql -c \"SELECT table_name, column_name FROM information_schema.columns\"` lists tables, views and columns",
        _ => return None,
    };
    Some(hint.to_owned())
}

fn catalog(error: &(dyn Error + 'static)) -> Option<String> {
    error.downcast_ref::<census_catalog::Error>()?;
    Some("data/rules/schema.json describes the files; data/rules/README.md lists the rules; every rule needs two fixtures".to_owned())
}

fn storage(error: &(dyn Error + 'static)) -> Option<String> {
    let io = error.downcast_ref::<std::io::Error>()?;
    match io.kind() {
        std::io::ErrorKind::StorageFull => {
            Some("the disk is full: make room and run it again; nothing that was committed is lost".to_owned())
        }
        std::io::ErrorKind::NotFound => Some("is the path right, and meant from this directory?".to_owned()),
        std::io::ErrorKind::PermissionDenied => Some("is that place yours to write to?".to_owned()),
        _ => None,
    }
}
