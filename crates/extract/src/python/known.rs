//! What is known of names outside: which calls create processes, where data comes from and goes, what a call gives.
//!
//! This is knowledge about interfaces, needed to read arguments rightly. What a call *means* for a report is the rules' affair.

use std::sync::LazyLock;

use super::tables::{ENVS, FOLDED, HOSTS, PLAIN, POSITIONAL, PROCESSES, RETURNS, RUNS, SINKS, SOURCES, SPECIALS, TELLING};
use crate::hash::{HashMap, HashSet};

/// What is known of one name.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    /// Calls that are worked out, not only noted.
    pub(super) special: Option<Special>,
    /// How a call takes the program it starts.
    pub(super) process: Option<Process>,
    /// The bit of a source of data, 0 for none.
    pub(super) source: u128,
    /// Whether data that reaches it is worth a `flow`.
    pub(super) sink: bool,
    /// The type of what a call gives, where its name does not tell.
    pub(super) returns: Option<&'static str>,
    /// Positional arguments that count like keywords: place and name.
    pub(super) positional: &'static [(usize, &'static str)],
    /// Which positional argument is a host, or a pair of host and port.
    pub(super) host: Option<usize>,
    /// Which positional argument is an environment variable's name.
    pub(super) env: Option<usize>,
    /// A function that calls the functions it is given, at once.
    pub(super) runs: bool,
}

/// Calls that are worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Special {
    /// `getattr(object, name)`.
    Getattr,
    /// `importlib.import_module(name)`: gives the module.
    ImportModule,
    /// `__import__(name)`: gives the first part's module.
    Import,
    /// `globals()`, `locals()`, `vars()`.
    Namespace,
    /// `functools.partial(function, …)` and its like: gives the function.
    Partial,
    /// `exec`, `eval`, `compile`.
    Execute,
    /// A constructor or function that hands its first argument through: `os.fspath`, `os.path.expanduser`.
    Same,
    /// `os.path.join`.
    JoinPath,
    /// `map(function, values)` of a function that folds.
    Map,
    /// Computed from its arguments: see `fold::call`.
    Fold,
}

/// How a call takes the program it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Process {
    /// A command line or a vector, in argument 0.
    Either,
    /// A command line, in this argument.
    Line(usize),
    /// The program in this argument, its vector in the next (which repeats the program).
    Vector(usize),
    /// The program in this argument, its own arguments from the next on (the first of which repeats the program).
    Words(usize),
    /// The program in this argument, its arguments behind it.
    Spread(usize),
    /// The program in this argument alone.
    Program(usize),
}

/// Whether `builtins` has this name.
pub(super) fn is_builtin(name: &str) -> bool {
    static ALL: LazyLock<HashSet<&str>> = LazyLock::new(|| TELLING.iter().chain(PLAIN).copied().collect());
    ALL.contains(name) || ((name.ends_with("Error") || name.ends_with("Warning")) && name.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// Whether the use of `builtins.name` is worth a fact.
pub(super) fn is_telling(name: &str) -> bool {
    static ALL: LazyLock<HashSet<&str>> = LazyLock::new(|| TELLING.iter().copied().collect());
    ALL.contains(name)
}

/// What is known of a dotted name.
pub(super) fn find(name: &str) -> Option<&'static Known> {
    static TABLE: LazyLock<HashMap<&str, Known>> = LazyLock::new(table);
    TABLE.get(name)
}

fn table() -> HashMap<&'static str, Known> {
    let mut table: HashMap<&'static str, Known> = HashMap::default();
    for (bit, &name) in SOURCES.iter().enumerate() {
        table.entry(name).or_default().source = 1 << bit;
    }
    for &name in SINKS {
        table.entry(name).or_default().sink = true;
    }
    for &(name, process) in PROCESSES {
        let known = table.entry(name).or_default();
        known.process = Some(process);
        known.sink = !matches!(process, Process::Program(_)) || name == "os.startfile";
    }
    for &name in FOLDED {
        table.entry(name).or_default().special = Some(Special::Fold);
    }
    for &(name, special) in SPECIALS {
        table.entry(name).or_default().special = Some(special);
    }
    for &(name, returns) in RETURNS {
        table.entry(name).or_default().returns = Some(returns);
    }
    for &(name, positional) in POSITIONAL {
        table.entry(name).or_default().positional = positional;
    }
    for &(name, host) in HOSTS {
        table.entry(name).or_default().host = Some(host);
    }
    for &(name, env) in ENVS {
        table.entry(name).or_default().env = Some(env);
    }
    for &name in RUNS {
        table.entry(name).or_default().runs = true;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_has_its_bit() {
        assert!(SOURCES.len() <= 128);
        assert_eq!(
            SOURCES.iter().map(|name| find(name).unwrap().source).fold(0, |all, bit| all | bit).count_ones() as usize,
            SOURCES.len()
        );
    }
}
