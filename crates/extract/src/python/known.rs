//! What is known of names outside: which calls create processes, where data comes from and goes, what a call gives.
//!
//! This is knowledge about interfaces, needed to read arguments rightly. What a call *means* for a report is the rules' affair.

use std::sync::LazyLock;

use super::tables::{
    COMMANDS, ENVS, FOLDED, HOSTS, IMPORTED, MOVES, PLAIN, POSITIONAL, PROCESSES, REAL, RETURNS, RUNS, SINKS, SOURCES, SPECIALS, STANDARD,
    TELLING, WRITES,
};
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
    /// Where a call writes the data that it is given.
    pub(super) writes: Option<Writes>,
    /// The type of what a call gives, where its name does not tell.
    pub(super) returns: Option<&'static str>,
    /// Positional arguments that count like keywords: place and name.
    pub(super) positional: &'static [(usize, &'static str)],
    /// Which positional argument is a host, or a pair of host and port.
    pub(super) host: Option<usize>,
    /// Which positional argument is an environment variable's name.
    pub(super) env: Option<usize>,
    /// It calls a function that it is given.
    pub(super) runs: Option<Runs>,
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
    /// `functools.wraps(function)`, `staticmethod(function)`: gives the function.
    Partial,
    /// `functools.partial(function, …)`: gives the function with arguments bound.
    Bind,
    /// `operator.attrgetter(name)` and its kin.
    Getter,
    /// `exec`, `eval`, `compile`.
    Execute,
    /// A constructor or function that hands its first argument through: `os.fspath`, `os.path.expanduser`.
    Same,
    /// `os.path.join`.
    JoinPath,
    /// `map(function, values)` of a function that folds.
    Map,
    /// `marshal.loads(bytes)`.
    Marshal,
    /// `dict(…)`.
    Dict,
    /// `type(name, bases, namespace)`.
    Type,
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

/// How a call writes a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writes {
    /// It opens the file that its first argument names.
    Opens,
    /// It writes to a file that was opened.
    Fills,
    /// It writes to its receiver.
    Receiver,
    /// It writes what these sources give to the file that this argument names.
    To(usize, u128),
}

/// How a call takes a function that it calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Runs {
    /// Which positional argument the function is.
    pub(super) place: Option<usize>,
    /// Or which keyword.
    pub(super) keyword: &'static str,
    /// What it is called with.
    pub(super) passed: Passed,
}

/// What a function that is called back is called with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// Each element of argument 1.
    Elements,
    /// The arguments from this one on.
    Rest(usize),
    /// The elements of this argument, or of `args`.
    List(usize),
}

/// Whether `builtins` has this name.
pub(super) fn is_builtin(name: &str) -> bool {
    static ALL: LazyLock<HashSet<&str>> = LazyLock::new(|| TELLING.iter().chain(PLAIN).copied().collect());
    ALL.contains(name) || ((name.ends_with("Error") || name.ends_with("Warning")) && name.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// Whether a class of this name is one whose methods a build tool calls.
pub(super) fn is_command(class: &str) -> bool {
    COMMANDS.iter().any(|command| match command.strip_suffix('*') {
        Some(prefix) => class.starts_with(prefix),
        None => class == *command,
    })
}

/// Whether this is a module of the standard library.
pub(super) fn is_standard(name: &str) -> bool {
    STANDARD.binary_search(&name).is_ok()
}

/// Whether the use of `builtins.name` is worth a fact.
pub(super) fn is_telling(name: &str) -> bool {
    static ALL: LazyLock<HashSet<&str>> = LazyLock::new(|| TELLING.iter().copied().collect());
    ALL.contains(name)
}

/// The name under which everyone knows `above.part`, where that is another: a module that another one imported for itself
/// (`subprocess.os`), the names that `six` gives modules, the builtins of Python 2.
pub(super) fn canonical(above: &str, part: &str) -> Option<&'static str> {
    match above {
        "" => (part == "__builtin__").then_some("builtins"),
        "six.moves" => MOVES.iter().find(|(moved, _)| *moved == part).map(|(_, name)| *name),
        _ => {
            let first = above.split('.').next()?;
            let imported = IMPORTED.iter().find(|(alias, _)| *alias == part).map(|(_, name)| *name)?;
            (is_standard(first) && !REAL.contains(&(above, part)) && above != imported).then_some(imported)
        }
    }
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
    for &(name, writes) in WRITES {
        let known = table.entry(name).or_default();
        known.writes = Some(match writes {
            Writes::To(place, _) => Writes::To(place, known.source),
            other => other,
        });
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
    for &(name, runs) in RUNS {
        table.entry(name).or_default().runs = Some(runs);
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
