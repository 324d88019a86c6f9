//! The packaging's own files: what an artifact says of itself.
//!
//! Each file gives [`Fields`] in step A; step B decides whose fields speak for the artifact and merges them.

mod headers;
mod ini;
mod license;
mod pyproject;
mod requirement;
mod sbom;
pub(crate) mod version;

use census_model::{How, Kind};
use serde::{Deserialize, Serialize};

use crate::{Format, Scope, tally::Tally};

pub use requirement::requirement;

/// What an artifact says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// `Summary`.
    pub summary: Option<String>,
    /// `License-Expression`, else the first line of `License`.
    pub license_expression: Option<String>,
    /// `License-File`.
    pub license_files: Vec<String>,
    /// The homepage.
    pub homepage: Option<String>,
    /// The source repository.
    pub repository: Option<String>,
    /// The domain of `Author-email`.
    pub author_domain: Option<String>,
    /// The domain of `Maintainer-email`.
    pub maintainer_domain: Option<String>,
    /// `Requires-Python`.
    pub requires_python: Option<String>,
    /// The build back end: pyproject's, or the wheel's `Generator`.
    pub build_backend: Option<String>,
}

/// A requirement that an artifact declares (PEP 508).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Dependency {
    /// The normalized name required.
    pub requires: String,
    /// The version specifier, empty where any will do.
    pub specifier: String,
    /// The extra that brings it in.
    pub extra: Option<String>,
    /// The environment marker.
    pub marker: Option<String>,
    /// The URL of a direct reference.
    pub url: Option<String>,
}

/// Another project or library that an artifact carries inside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Component {
    /// The number of the member that shows it.
    pub member: i32,
    /// Its name.
    pub name: String,
    /// Its version, where known.
    pub version: Option<String>,
    /// `vendored`, `bundled` or `sbom`.
    pub kind: String,
}

/// What one file of packaging metadata says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fields {
    /// `Name`, as written.
    pub name: Option<String>,
    /// `Version`.
    pub version: Option<String>,
    /// The fields that tables hold.
    pub metadata: Metadata,
    /// The requirements declared.
    pub dependencies: Vec<Dependency>,
    /// Name and version of what a bill of materials lists.
    pub components: Vec<(String, Option<String>)>,
    /// What a RECORD lists.
    pub record: Vec<Listed>,
}

/// A line of a RECORD.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The path.
    pub path: String,
    /// The digest, `sha256=…`; empty where there is none.
    pub digest: String,
    /// The size in bytes, where it is told.
    pub size: Option<i64>,
}

/// Reads a file of packaging metadata; none where the format is no such file, or says nothing.
pub(crate) fn see(format: Format, text: &str, tally: &mut Tally) -> Option<Fields> {
    let scope = match format {
        // What the build does, and what is run by its name.
        Format::Pyproject | Format::SetupCfg => Scope::Module,
        Format::EntryPoints => Scope::Script,
        _ => Scope::Inert,
    };
    let mut meta = |value: String, line: i32| {
        let scope = if value.starts_with("entry-point:") { Scope::Script } else { scope };
        tally.add(Kind::Meta, value, scope, How::Resolved, line);
    };
    match format {
        Format::Metadata => Some(headers::metadata(text, &mut meta)),
        Format::WheelInfo => Some(headers::wheel(text, &mut meta)),
        Format::EntryPoints => {
            ini::entry_points(text, &mut meta);
            None
        }
        Format::SetupCfg => {
            ini::setup_cfg(text, &mut meta);
            None
        }
        Format::Requirements => Some(ini::requirements(text)),
        Format::Record => Some(headers::record(text)),
        Format::Pyproject => pyproject::read(text, &mut meta),
        Format::Sbom => sbom::read(text),
        Format::DirectUrl => {
            meta("direct-url".to_owned(), 0);
            None
        }
        _ => None,
    }
}
