//! Why nothing can be said about an artifact as a whole.

use crate::Container;

/// Why an artifact has no members at all. Offsets are in bytes from its beginning.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No bytes.
    #[error("the file is empty")]
    Empty,
    /// Neither zip nor tar, by its content.
    #[error("not an archive: it begins with {}", begin.escape_ascii())]
    Unknown {
        /// The first bytes, at most eight.
        begin: Vec<u8>,
    },
    /// A known kind of archive that is not read.
    #[error("{kind} is not read")]
    Unsupported {
        /// What it is.
        kind: &'static str,
    },
    /// A zip whose index cannot be found or read.
    #[error("zip index unreadable at byte {offset}: {what}")]
    Index {
        /// Where.
        offset: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// A tar whose first header cannot be read.
    #[error("{container} unreadable at byte {offset} of what it unpacks to: {what}")]
    Header {
        /// What the file is by its first bytes.
        container: Container,
        /// Where.
        offset: u64,
        /// What is wrong there.
        what: &'static str,
    },
}
