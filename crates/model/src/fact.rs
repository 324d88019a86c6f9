//! Facts: what can be seen in an artifact, and the three columns that qualify each.

use serde::{Deserialize, Serialize};

/// Gives an enum fixed names and small integer codes: the names are what people read, the codes what tables hold.
macro_rules! codes {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])+ $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($(#[doc = $doc])+ $variant,)+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name people read.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// What it means, in a line.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc,)+).trim_ascii(),)+ }
            }

            /// The code that tables hold: its place in [`Self::ALL`].
            pub fn code(self) -> i8 {
                self as i8
            }

            /// The value with this code.
            pub fn from_code(code: i8) -> Option<Self> {
                Self::ALL.get(usize::try_from(code).ok()?).copied()
            }

            /// The value with this name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.name() == name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}
pub(crate) use codes;

codes! {
    /// What kind of thing a term is.
    Kind {
        /// A function or class that is called, dotted and resolved: `subprocess.Popen`, `builtins.eval`.
        Call = "call",
        /// A name that is used without being called: `os.environ`.
        Name = "name",
        /// A module that is imported.
        Import = "import",
        /// An interface that a type stub declares: `os.chown`.
        Declare = "declare",
        /// A constant argument that changes what a call means: `subprocess.run:shell=True`.
        Arg = "arg",
        /// An environment variable that is read or set.
        Env = "env",
        /// A file-system path in a constant: `~/.ssh/id_rsa`.
        Path = "path",
        /// A Windows registry key in a constant.
        Regkey = "regkey",
        /// A bare host name or IP address in a constant.
        Host = "host",
        /// A program and its first words, in a script or given to a call that creates processes: `chmod`, `reg add`.
        Command = "command",
        /// A symbol that a native binary imports: `chmod`, `KERNEL32.dll!CreateProcessW`.
        Symbol = "symbol",
        /// A library that a native binary needs: `libc.so.6`.
        Library = "library",
        /// A named byte pattern: secrets (redacted), encoded payloads, bidirectional controls.
        Pattern = "pattern",
        /// Data that reaches a call within a function: `exec←base64.b64decode`.
        Flow = "flow",
        /// Something the packaging declares: an install hook, code in a `.pth`, an entry point, the build back end.
        Meta = "meta",
        /// The format of a member, or its disagreement with the name.
        Format = "format",
        /// A URL.
        Url = "url",
    }
}

codes! {
    /// When the code of a fact would run, most urgent first.
    Phase {
        /// At every start of the interpreter: `.pth`, `sitecustomize`.
        Startup = "startup",
        /// When the package is installed or built: `setup.py` and what it imports, build hooks.
        Install = "install",
        /// When the module is imported: module level, and the functions it calls there.
        Import = "import",
        /// When a function is called.
        Call = "call",
        /// When a console script or shell script is run.
        Script = "script",
        /// In native code; when is not known.
        Native = "native",
        /// Never: stubs, text, data.
        Never = "never",
    }
}

codes! {
    /// What the file of a fact is for. Where two fit, the later in this list wins.
    Role {
        /// The package itself.
        Runtime = "runtime",
        /// Building and installing it.
        Build = "build",
        /// A copy of another project.
        Vendored = "vendored",
        /// A shared library that a repair tool put in.
        Bundled = "bundled",
        /// Tests.
        Test = "test",
        /// Documentation.
        Doc = "doc",
        /// Examples, demonstrations and benchmarks.
        Example = "example",
        /// Type stubs.
        Stub = "stub",
        /// Data: neither code nor documentation.
        Data = "data",
    }
}

codes! {
    /// How sure a fact is, surest first.
    How {
        /// Imports were followed to the name.
        Resolved = "resolved",
        /// Constants were joined, or a disguised name was worked out.
        Folded = "folded",
        /// It stands inside an encoded payload.
        Decoded = "decoded",
        /// The file does not parse, or is no code: matched as text.
        Text = "text",
        /// It stands in a string constant or a comment.
        String = "string",
    }
}

/// A thing that can be seen: its kind and its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Term {
    /// The kind.
    pub kind: Kind,
    /// The value, at most [`Term::MAX`] bytes.
    pub value: String,
}

impl Term {
    /// The longest value kept, in bytes; what is longer is cut at a character.
    pub const MAX: usize = 1024;

    /// A term; a value that is too long is cut.
    pub fn new(kind: Kind, value: impl Into<String>) -> Self {
        let mut value = value.into();
        if value.len() > Self::MAX {
            value.truncate(value.floor_char_boundary(Self::MAX));
        }
        Self { kind, value }
    }

    /// The value less its last dotted part (`os.path` of `os.path.join`), empty where there is none.
    pub fn module(&self) -> &str {
        module(self.kind, &self.value)
    }

    /// The first dotted part of the value (`os` of `os.path.join`).
    pub fn root(&self) -> &str {
        root(self.kind, &self.value)
    }
}

/// As [`Term::module`], of a value alone.
pub fn module(kind: Kind, value: &str) -> &str {
    dotted(kind, value).rsplit_once('.').map_or("", |(module, _)| module)
}

/// As [`Term::root`], of a value alone.
pub fn root(kind: Kind, value: &str) -> &str {
    dotted(kind, value).split('.').next().unwrap_or_default()
}

/// The dotted name inside a value: an argument's is the call it belongs to. Kinds that are not dotted have none.
fn dotted(kind: Kind, value: &str) -> &str {
    match kind {
        Kind::Call | Kind::Name | Kind::Import | Kind::Declare => value,
        Kind::Arg => value.split(':').next().unwrap_or_default(),
        _ => "",
    }
}

/// A fact: a term seen in a member, how often, where first, and what qualifies it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// The number of the member in its artifact.
    pub member: i32,
    /// What was seen.
    pub term: Term,
    /// When it would run.
    pub phase: Phase,
    /// What the file is for.
    pub role: Role,
    /// How sure it is.
    pub how: How,
    /// How many times.
    pub count: i32,
    /// The first line, from 1; 0 where lines mean nothing.
    pub line: i32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_round_trip() {
        for &role in Role::ALL {
            assert_eq!(Role::from_code(role.code()), Some(role));
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
        assert_eq!(Phase::from_code(-1), None);
        assert_eq!(How::from_code(99), None);
        assert!(Phase::Startup < Phase::Never && Role::Runtime < Role::Stub);
        assert_eq!(Phase::Never.meaning(), "Never: stubs, text, data.");
    }

    #[test]
    fn a_term_knows_its_module_and_root() {
        let call = Term::new(Kind::Call, "os.path.join");
        assert_eq!((call.module(), call.root()), ("os.path", "os"));
        let arg = Term::new(Kind::Arg, "requests.get:verify=False");
        assert_eq!((arg.module(), arg.root()), ("requests", "requests"));
        assert_eq!(Term::new(Kind::Url, "https://a.example/x").root(), "");
        assert_eq!(Term::new(Kind::Path, "é".repeat(600)).value.len(), Term::MAX);
    }
}
