//! Patterns, and the matchers that they become.
//!
//! | written | means | [`Test`] |
//! |---|---|---|
//! | `os.chmod` | this value | [`Test::Exact`] |
//! | `os.exec*` | values that begin so | [`Test::Prefix`] |
//! | `ctypes.*` | `ctypes` and everything below it | [`Test::Root`] |
//! | `os.path.*` | what `os.path` itself holds, no deeper | [`Test::Module`] |
//! | `re:os\.exec[lv]p?` | a regular expression over the whole value, never a part of it | [`Test::Regex`] |
//!
//! `.*` is read so under the keys whose values are dotted (`calls`, `names`, `imports`, `args`, `declares`). Under `symbols`
//! a pattern without `!` leaves the library open: `CreateProcessW` is also `KERNEL32.dll!CreateProcessW`
//! ([`Test::Symbol`]). `domains` are hosts and all their subdomains ([`Test::Domain`]); `tlds` are the names of lists,
//! one matcher for each top-level domain in them ([`Test::Tld`]).

use census_model::Kind;
use serde::Serialize;

use crate::{Problem, Tlds};

/// How a pattern is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Test {
    /// `terms.value` equals the pattern.
    Exact,
    /// `terms.value` begins with the pattern.
    Prefix,
    /// `terms.module` equals the pattern.
    Module,
    /// `terms.root` equals the pattern.
    Root,
    /// `terms.value` matches the regular expression; it is anchored at both ends (`^(?:…)$`), so search and match agree.
    Regex,
    /// `terms.value` equals the pattern, or what follows its first `!` does.
    Symbol,
    /// `urls.host` equals the pattern, or ends with a dot and the pattern.
    Domain,
    /// `urls.tld` equals the pattern.
    Tld,
}

impl Test {
    /// The name that tables hold.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Prefix => "prefix",
            Self::Module => "module",
            Self::Root => "root",
            Self::Regex => "regex",
            Self::Symbol => "symbol",
            Self::Domain => "domain",
            Self::Tld => "tld",
        }
    }
}

/// One pattern of one behavior for one kind of term.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Matcher {
    /// The behavior.
    pub rule: String,
    /// The kind that a term must have.
    pub kind: Kind,
    /// How to compare.
    pub test: Test,
    /// With what.
    pub pattern: String,
    /// Whether a term that fits is left out of the rule, whatever else fits it.
    pub exclude: bool,
}

macro_rules! keys {
    ($($variant:ident = $name:literal, $($kind:ident)+, $meaning:literal;)+) => {
        /// The keys of a behavior that hold patterns.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "lowercase")]
        pub enum Key { $(#[doc = $meaning] $variant,)+ }

        impl Key {
            /// Every key, in the order that listings show them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The key as written.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What its patterns match, in a line.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)+ }
            }

            /// The kinds of terms that it matches.
            pub fn kinds(self) -> &'static [Kind] {
                match self { $(Self::$variant => &[$(Kind::$kind,)+],)+ }
            }
        }
    };
}

keys! {
    Calls = "calls", Call, "Functions and classes that are called, dotted.";
    Names = "names", Name Call, "Names that are used, called or not.";
    Imports = "imports", Import, "Modules that are imported.";
    Args = "args", Arg, "Constant arguments: `requests.get:verify=False`.";
    Envs = "envs", Env, "Environment variables.";
    Paths = "paths", Path, "File-system paths in constants.";
    Regkeys = "regkeys", Regkey, "Windows registry keys in constants.";
    Hosts = "hosts", Host, "Bare host names and addresses in constants.";
    Commands = "commands", Command, "Programs and their first words.";
    Symbols = "symbols", Symbol, "Symbols that native binaries import, from any library.";
    Libraries = "libraries", Library, "Libraries that native binaries need.";
    Patterns = "patterns", Pattern, "Named byte patterns: secrets, encoded payloads, controls.";
    Flows = "flows", Flow, "Data that reaches a call: `builtins.exec←base64.b64decode`.";
    Metas = "metas", Meta, "What the packaging declares.";
    Formats = "formats", Format, "Formats of members.";
    Declares = "declares", Declare, "Interfaces that stubs declare.";
    Urls = "urls", Url, "Whole URLs.";
    Domains = "domains", Url, "Hosts of URLs, with their subdomains.";
    Tlds = "tlds", Url, "Lists of top-level domains that hosts of URLs are in.";
}

impl Key {
    fn is_dotted(self) -> bool {
        matches!(self, Self::Calls | Self::Names | Self::Imports | Self::Args | Self::Declares)
    }
}

/// The tests and patterns that a pattern under a key stands for: several for a list of top-level domains, else one.
pub(crate) fn read(key: Key, pattern: &str, tlds: &Tlds) -> Result<Vec<(Test, String)>, Problem> {
    if let Some(inner) = pattern.strip_prefix("re:").filter(|_| !matches!(key, Key::Domains | Key::Tlds)) {
        return regex(key, inner).map(|pattern| vec![(Test::Regex, pattern)]);
    }
    let stem = pattern.strip_suffix('*').unwrap_or(pattern);
    if stem.is_empty() || stem.contains('*') || pattern.trim() != pattern {
        return Err(Problem::Pattern { key: key.name(), pattern: pattern.to_owned() });
    }
    let is_prefix = stem.len() < pattern.len();
    let one = match key {
        Key::Tlds => {
            let list = tlds.list(pattern).ok_or_else(|| Problem::UnknownList(pattern.to_owned()))?;
            return Ok(list.entries.iter().map(|entry| (Test::Tld, entry.tld.clone())).collect());
        }
        Key::Domains if is_prefix => return Err(Problem::Pattern { key: key.name(), pattern: pattern.to_owned() }),
        Key::Domains => (Test::Domain, stem.to_owned()),
        Key::Symbols if !stem.contains('!') && is_prefix => (Test::Regex, regex(key, &format!("(?:[^!]*!)?{}.*", regex::escape(stem)))?),
        Key::Symbols if !stem.contains('!') => (Test::Symbol, stem.to_owned()),
        _ if is_prefix && key.is_dotted() && stem.ends_with('.') => {
            let name = stem.trim_end_matches('.');
            (if name.contains('.') { Test::Module } else { Test::Root }, name.to_owned())
        }
        _ if is_prefix => (Test::Prefix, stem.to_owned()),
        _ => (Test::Exact, stem.to_owned()),
    };
    Ok(vec![one])
}

/// A regular expression over a whole value.
fn regex(key: Key, inner: &str) -> Result<String, Problem> {
    let pattern = format!("^(?:{inner})$");
    match regex::Regex::new(inner).and_then(|_| regex::Regex::new(&pattern)) {
        Ok(_) => Ok(pattern),
        Err(source) => Err(Problem::Regex { key: key.name(), source: Box::new(source) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(key: Key, pattern: &str) -> (Test, String) {
        read(key, pattern, &Tlds::default()).expect("a pattern").remove(0)
    }

    #[test]
    fn patterns_become_the_cheapest_test() {
        assert_eq!(one(Key::Calls, "os.chmod"), (Test::Exact, "os.chmod".into()));
        assert_eq!(one(Key::Calls, "os.exec*"), (Test::Prefix, "os.exec".into()));
        assert_eq!(one(Key::Imports, "ctypes.*"), (Test::Root, "ctypes".into()));
        assert_eq!(one(Key::Names, "os.path.*"), (Test::Module, "os.path".into()));
        assert_eq!(one(Key::Symbols, "execve"), (Test::Symbol, "execve".into()));
        assert_eq!(one(Key::Symbols, "KERNEL32.dll!WinExec"), (Test::Exact, "KERNEL32.dll!WinExec".into()));
        assert_eq!(one(Key::Domains, "paste.example"), (Test::Domain, "paste.example".into()));
        // Paths and commands are not dotted: a `.` before the star is a letter like any other.
        assert_eq!(one(Key::Paths, "/etc/cron.*"), (Test::Prefix, "/etc/cron.".into()));
    }

    #[test]
    fn regular_expressions_match_whole_values() {
        let (test, pattern) = one(Key::Commands, "re:sudo|su( .*)?");
        let regex = regex::Regex::new(&pattern).expect("valid");
        assert_eq!(test, Test::Regex);
        assert!(regex.is_match("sudo") && regex.is_match("su -") && !regex.is_match("sudoku") && !regex.is_match("resu"));
        let (_, symbols) = one(Key::Symbols, "RegOpenKey*");
        let regex = regex::Regex::new(&symbols).expect("valid");
        assert!(regex.is_match("ADVAPI32.dll!RegOpenKeyExW") && regex.is_match("RegOpenKeyA") && !regex.is_match("xRegOpenKeyA"));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for pattern in ["", "*", " os.chmod", "os.*.chmod", "re:(", "re:)|("] {
            assert!(read(Key::Calls, pattern, &Tlds::default()).is_err(), "{pattern:?}");
        }
        assert!(matches!(read(Key::Tlds, "none", &Tlds::default()), Err(Problem::UnknownList(_))));
        assert!(read(Key::Domains, "paste.*", &Tlds::default()).is_err());
    }
}
