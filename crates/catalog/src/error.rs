//! What can be wrong with a catalog, and where.

use std::path::PathBuf;

/// Why a catalog cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not valid TOML, or has an unknown or a missing key.
    #[error("{file}:{line}: {}", source.message())]
    Toml {
        /// The file, relative to the data directory.
        file: String,
        /// The line, from 1; 0 where it is not known.
        line: usize,
        /// Why.
        source: Box<toml::de::Error>,
    },
    /// A file that must be there is not.
    #[error("{0}: no such file in the catalog")]
    Missing(String),
    /// A list of top-level domains or a threshold is not sensible.
    #[error("{file}: {problem}")]
    List {
        /// The file.
        file: String,
        /// What is wrong.
        problem: Problem,
    },
    /// A rule is wrong.
    #[error("{file}:{line}: rule `{rule}`: {problem}")]
    Rule {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The rule's id.
        rule: String,
        /// What is wrong.
        problem: Problem,
    },
    /// A rule is not shown by its fixtures.
    #[error("fixtures/{rule}: {problem}")]
    Fixture {
        /// The rule's id, or the name of what stands where a rule's should.
        rule: String,
        /// What is wrong.
        problem: Problem,
    },
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The id is not of the form `category/what`, or the category is not the file's name.
    #[error("the id must be `{0}/what`, in lower-case letters, digits and hyphens")]
    Id(String),
    /// Two rules share an id.
    #[error("another rule has this id")]
    Duplicate,
    /// The id belonged to a rule that was withdrawn.
    #[error("the id was used before and is retired")]
    Retired,
    /// A text is empty, or not a sentence.
    #[error("`{0}` must be a sentence that ends with a full stop")]
    Sentence(&'static str),
    /// A title is empty or ends with a full stop.
    #[error("`title` must be a few words without a full stop")]
    Title,
    /// An issue says nothing about what to do.
    #[error("`next_steps` is empty")]
    NoSteps,
    /// A behavior that nothing can show.
    #[error("no matcher: nothing could show this behavior")]
    NoMatcher,
    /// A pattern is empty, or has a `*` that is not its end.
    #[error("`{key}`: the pattern `{pattern}` is empty, has blanks at its ends or a `*` inside; `re:` begins a regular expression")]
    Pattern {
        /// The key.
        key: &'static str,
        /// The pattern.
        pattern: String,
    },
    /// A regular expression does not compile.
    #[error("`{key}`: {source}")]
    Regex {
        /// The key.
        key: &'static str,
        /// Why.
        source: Box<regex::Error>,
    },
    /// The same pattern twice under one key.
    #[error("`{key}`: `{pattern}` stands there twice")]
    Twice {
        /// The key.
        key: &'static str,
        /// The pattern.
        pattern: String,
    },
    /// There is no such list of top-level domains.
    #[error("there is no list `{0}` of top-level domains")]
    UnknownList(String),
    /// There is no such behavior.
    #[error("there is no behavior `{0}`")]
    UnknownBehavior(String),
    /// An issue needs exactly one of `behaviors` and `where`; `all` and `within` belong to several behaviors.
    #[error("needs exactly one of `behaviors` and `where`; `within` goes with `all = true`, and `all` with two behaviors or more")]
    Raised,
    /// `everywhere` and `counts` contradict each other, or `counts` leaves nothing.
    #[error("`everywhere` excludes `counts`, and no part of `counts` may be empty")]
    Counts,
    /// A precision without its number of findings, or not a share.
    #[error("`precision` is a share from 0 to 1 and needs `precision_n`")]
    Precision,
    /// A threshold or score out of its range.
    #[error("`{0}` is out of its range")]
    Range(&'static str),
    /// A list has a name twice, or one that is not a plain top-level domain.
    #[error("`{0}` stands there twice, or is no top-level domain in lower case without its dot")]
    Tld(String),
    /// A fixture that must be there is not, or there are several.
    #[error("needs exactly one `{0}.*`")]
    Fixture(&'static str),
    /// The fixtures of a rule are the same, or the same as another's.
    #[error("the same text as {0}")]
    SameFixture(String),
    /// Fixtures of a rule that there is not.
    #[error("there is no such rule, or the file is neither `fires.*` nor `silent.*`")]
    StrayFixture,
}

impl Error {
    /// A failure to parse `text`, with the line where it is.
    pub(crate) fn toml(file: &str, text: &str, source: toml::de::Error) -> Self {
        let line = source.span().map_or(0, |span| line_of(text, span.start));
        Self::Toml { file: file.to_owned(), line, source: Box::new(source) }
    }
}

/// The line, from 1, of a byte offset.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    1 + text.as_bytes().iter().take(offset).filter(|&&b| b == b'\n').count()
}
