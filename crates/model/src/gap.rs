//! Gaps: what could not be read, so that silence is never mistaken for absence.

use serde::{Deserialize, Serialize};

use crate::fact::codes;

codes! {
    /// What kind of thing could not be read, or was not.
    What {
        /// The archive ends before it should.
        Truncated = "truncated",
        /// A header, checksum or structure is wrong.
        Damaged = "damaged",
        /// The checksum of a member disagrees with its bytes.
        Checksum = "checksum",
        /// A compression method or format that is not read.
        Unsupported = "unsupported",
        /// A member is encrypted.
        Encrypted = "encrypted",
        /// More members than the bound.
        Members = "members",
        /// A member is larger than the bound, or all together are.
        Size = "size",
        /// A member unpacks to more times its packed size than the bound.
        Ratio = "ratio",
        /// Archives nested deeper than the bound.
        Nesting = "nesting",
        /// A path is absolute, climbs out, or is longer than the bound.
        Name = "name",
        /// A symbolic or hard link: recorded, never followed.
        Link = "link",
        /// Two members share a path, or the index and the local headers disagree.
        Ambiguous = "ambiguous",
        /// Source code that does not parse; what text can give was taken.
        Unparsed = "unparsed",
        /// Code that was parsed only in part: too deep, too long, too many facts.
        Bounded = "bounded",
    }
}

impl What {
    /// Whether it means that bytes were not read. The others are notes: a link leads to bytes that are read where they are, an odd
    /// name or a shared one hides none.
    pub fn hides(self) -> bool {
        !matches!(self, Self::Link | Self::Name | Self::Ambiguous)
    }
}

/// A thing that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The member's number in its artifact; none where the artifact as a whole is meant.
    pub member: Option<i32>,
    /// The member's path; empty where the artifact as a whole is meant.
    pub path: String,
    /// What could not be read.
    pub what: What,
    /// How many bytes are concerned, as far as known.
    pub bytes: i64,
}
