//! Members to facts: what each file of an artifact shows, without running any of it.
//!
//! Two steps. **A** ([`member`]) reads one member, free of context: the same bytes in the same [`Format`] always give the same
//! [`Seen`], so it can be cached by content. **B** ([`artifact`]) is cheap and sees the whole artifact: it links imports and
//! re-exports between its modules, drops names that resolve inside it, and gives each fact its phase and role.
//!
//! Reads and writes nothing: no clock, disk or network. May depend on `model` alone.
//!
//! ```
//! use census_extract::{Member, Packaging, artifact, format, member};
//!
//! let (path, bytes) = ("pkg/run.sh", b"#!/bin/sh\nchmod 755 tool\n");
//! let format = format::detect(path, bytes);
//! let seen = member(format, bytes);
//! let whole = Member { number: 0, path, format, size: 26, sha256: [0; 32], seen: &seen };
//! let extract = artifact(Packaging::Wheel, "pkg", &[whole]);
//! assert!(extract.facts.iter().any(|fact| fact.term.value == "chmod 755 tool" && fact.phase.name() == "script"));
//! ```

mod carried;
mod declared;
pub mod format;
mod hash;
pub mod metadata;
mod native;
mod python;
mod role;
mod script;
mod step_b;
mod tally;
pub mod text;

use census_model::{Fact, Gap, How, Kind, Role, Term, What};
use serde::{Deserialize, Serialize};

pub use format::Format;
pub use metadata::{Component, Dependency, Metadata};
pub use step_b::artifact;

/// The version of the extractor: raised whenever the same artifact may give other rows.
pub const VERSION: i32 = 2;

/// Where in its member a sighting stands: what step B needs to decide its phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// At module level, or in a function that the module level calls.
    Module,
    /// Inside a function that the module level does not call.
    Function,
    /// Inside a method of a class of build commands, which the build tool calls.
    Build,
    /// In a script's commands.
    Script,
    /// In native code.
    Native,
    /// In nothing that runs: comments, docstrings, declarations, text, data.
    Inert,
}

/// A term seen in one member, before its artifact is known. Merged: one per (term, scope, how).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sighting {
    /// What was seen. A dotted value that begins with dots is relative to the member's package (`.compat.Popen`).
    pub term: Term,
    /// Where.
    pub scope: Scope,
    /// How sure.
    pub how: How,
    /// How many times.
    pub count: i32,
    /// The first line, from 1; 0 where lines mean nothing.
    pub line: i32,
}

/// What one member shows, free of context: the result of step A.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// The sightings, sorted.
    pub sightings: Vec<Sighting>,
    /// Of a Python module: what step B needs to link it to the others.
    pub module: Option<Module>,
    /// Of a file of packaging metadata: its fields. Of a Python module: its version, where it gives one.
    pub metadata: Option<metadata::Fields>,
    /// Name and version of what a binary says it was built with.
    pub components: Vec<(String, Option<String>)>,
    /// What could not be read, with the bytes concerned.
    pub gaps: Vec<(What, i64)>,
}

/// What linking needs of a Python module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Module {
    /// Names bound at module level to something imported: `Popen` to `subprocess.Popen` or to `.compat.Popen`.
    pub bindings: Vec<(String, String)>,
    /// Modules that are star-imported at module level, relative ones with their dots.
    pub stars: Vec<String>,
    /// Functions, classes and variables that the module defines at module level.
    pub defines: Vec<String>,
    /// Modules imported at module level or inside functions, as written, relative ones with their dots; with the scope.
    pub imports: Vec<(String, Scope)>,
}

/// A member as step B sees it.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Its number in the artifact, from 0.
    pub number: i32,
    /// Its path in the artifact, `outer!/inner` for nested archives.
    pub path: &'a str,
    /// Its format.
    pub format: Format,
    /// Unpacked bytes.
    pub size: i64,
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// What step A saw in it.
    pub seen: &'a Seen,
}

/// What an artifact is, as far as its file name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packaging {
    /// A wheel.
    Wheel,
    /// An egg.
    Egg,
    /// A source distribution: its members lie below one top directory.
    Sdist,
}

/// Everything that an artifact shows: the result of step B.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extract {
    /// The role of each member, in the order they were given.
    pub roles: Vec<Role>,
    /// The facts, sorted and merged: one per (member, term, phase, how).
    pub facts: Vec<Fact>,
    /// The artifact's metadata.
    pub metadata: Metadata,
    /// What it requires.
    pub dependencies: Vec<Dependency>,
    /// What it carries inside.
    pub components: Vec<Component>,
    /// What could not be read inside members.
    pub gaps: Vec<Gap>,
}

/// Does what calls [`member`] many times where the deepest code that is parsed has stack enough, so that none of them has to make
/// a stack of its own.
pub fn on_stack<T>(work: impl FnOnce() -> T) -> T {
    python::on_stack(work)
}

/// Step A: what one member shows. Never fails: what cannot be read is a gap in the result.
pub fn member(format: Format, bytes: &[u8]) -> Seen {
    let mut seen = match format {
        Format::Python | Format::Stub => python::see(bytes, format == Format::Stub),
        Format::Pyc => python::pyc::see(bytes),
        Format::Cython => python::see_cython(bytes),
        _ if format.is_native() || matches!(format, Format::Wasm | Format::JavaClass) => native::see(format, bytes),
        _ if format.is_script() || format == Format::TypeScript => script::see(format, bytes),
        _ => text::see(format, bytes),
    };
    if format.is_text() {
        text::pattern::see(format, &text::decode(bytes), &mut seen);
    }
    if format == Format::Python
        && let Some(version) = metadata::version::of(bytes)
    {
        seen.metadata = Some(metadata::Fields { version: Some(version.to_owned()), ..metadata::Fields::default() });
    }
    tidied(&mut seen.sightings);
    seen
}

/// Sorts the sightings, their URLs as tables hold them.
fn tidied(sightings: &mut Vec<Sighting>) {
    for sighting in sightings.iter_mut().filter(|sighting| sighting.term.kind == Kind::Url) {
        if let Some(url) = text::url::tidy(&sighting.term.value) {
            sighting.term = Term::new(Kind::Url, url);
        }
    }
    sightings.sort();
    sightings.dedup_by(|next, kept| {
        let same = (&next.term, next.scope, next.how) == (&kept.term, kept.scope, kept.how);
        if same {
            kept.count = kept.count.saturating_add(next.count);
            kept.line = kept.line.min(next.line);
        }
        same
    });
}
