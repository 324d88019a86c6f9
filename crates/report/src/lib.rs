//! Rows to pages: plain structs in, text, JSON, CSV, Markdown and HTML out.
//!
//! The structs are filled by whoever reads the lake; here they are only put in order and printed. Reads and writes nothing:
//! no disk, no network, no clock. Depends on `census-model` alone.
//!
//! What comes from a package (paths, values, file names) is hostile until printed: text shows control and
//! bidirectional characters as escapes ([`inert`]), Markdown and HTML escape every value besides.
//!
//! ```
//! use census_report::{Page, RenderOptions};
//!
//! let page = Page { project: "jedi".into(), version: "0.20.1".into(), ..Page::default() };
//! let text = page.text(RenderOptions::default());
//! assert!(text.starts_with("jedi 0.20.1 · not ranked"));
//! assert!(text.contains("NOT SCANNED") && text.contains("VULNERABILITIES  not checked"));
//! ```

mod comparison;
mod error;
mod explain;
mod inert;
mod layout;
mod method;
mod number;
mod page;
mod prevalence;
mod run;
mod share;
mod template;

pub use comparison::{Change, Comparison};
pub use error::Error;
pub use explain::{Columns, Counting, Explained, Fixture, Matcher, Meaning, Precision};
pub use inert::inert;
pub use method::Method;
pub use number::{bytes, duration, thousands};
pub use page::{ArtifactRead, Evidence, IssueShown, Page, Reviewed, Severity, Shown, Unread, Vulnerabilities, VulnerabilityShown};
pub use prevalence::{LabelBasis, Prevalence, PrevalenceRow, RuleKind, Since, TableOptions};
pub use run::{RunSummary, StageLine, Tally};
pub use share::{Estimate, Share, Stamp, TierHead};

/// How a page is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenderOptions {
    /// Whether ordinary behaviors, long lists and bounds are shown.
    pub all: bool,
    /// Columns of the terminal: prose is wrapped to it, tables are not.
    pub width: usize,
    /// Whether text is colored (ANSI).
    pub color: bool,
}

impl Default for RenderOptions {
    /// Folded, 100 columns, no color.
    fn default() -> Self {
        Self { all: false, width: 100, color: false }
    }
}

/// Pretty JSON with the fields in the order they are declared; characters that could steer a terminal are escaped.
fn json<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    let plain = serde_json::to_string_pretty(value)?;
    Ok(inert::json(&plain))
}
