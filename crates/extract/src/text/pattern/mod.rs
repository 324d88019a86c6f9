//! Named patterns of bytes: secrets, encoded payloads, and text that hides from its reader.
//!
//! The value of a pattern is its name, then what tells one from another: of a secret its public prefix and its length and
//! never more (`aws-access-key AKIA…(20)`), of a payload what it decodes to (`base64-payload png`), of a character its code
//! point. A change here needs a rescan, so the patterns are few and each is sure.

mod hidden;
mod payload;
mod secret;

pub(crate) use payload::decode as base64;

use std::ops::Range;

use census_model::{How, Kind};
use memchr::{memchr, memrchr};

use crate::tally::{Lines, Tally};
use crate::{Format, Scope, Seen};

/// Adds the patterns of a text to `seen`.
pub(crate) fn see(format: Format, text: &str, seen: &mut Seen) {
    let mut found = Vec::new();
    secret::find(text, &mut found);
    payload::find(text, &mut found);
    hidden::find(format, text, &mut found);
    if found.is_empty() {
        return;
    }
    found.sort_unstable();
    let mut lines = Lines::new(text.as_bytes());
    let mut tally = Tally::default();
    for (at, value) in found {
        tally.add(Kind::Pattern, value, Scope::Inert, How::Text, lines.of(at));
    }
    tally.finish(seen);
}

/// A pattern: where in the text it begins, and its value.
type Found = Vec<(usize, String)>;

/// The lines that are longer than `most` bytes. Of the others only the end of each stretch of so many bytes is looked at.
fn longer(bytes: &[u8], most: usize) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(stretch) = bytes.get(from..=from + most) {
            if let Some(at) = memrchr(b'\n', stretch) {
                from += at + 1;
                continue;
            }
            let behind = from + most + 1;
            let line = from..memchr(b'\n', &bytes[behind..]).map_or(bytes.len(), |at| behind + at);
            from = line.end + 1;
            return Some(line);
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn values(format: Format, text: &str) -> Vec<String> {
        let mut seen = Seen::default();
        see(format, text, &mut seen);
        seen.sightings.into_iter().map(|s| s.term.value).collect()
    }

    #[test]
    fn long_lines_are_those_that_are_too_long() {
        let text = "ab\n\nabcd\nabcde\n\nabcdef";
        assert_eq!(longer(text.as_bytes(), 3).map(|line| &text[line]).collect::<Vec<_>>(), ["abcd", "abcde", "abcdef"]);
        assert_eq!(longer(text.as_bytes(), 5).map(|line| &text[line]).collect::<Vec<_>>(), ["abcdef"]);
        assert_eq!(longer(text.as_bytes(), 0).count(), 4);
        assert_eq!(longer(b"", 0).count() + longer(b"abc\n", 3).count(), 0);
    }

    #[test]
    fn patterns_have_lines_and_ordinary_text_has_none() {
        let mut seen = Seen::default();
        see(Format::Python, &format!("\n\nkey = 'AKIA{}'\n", "QWERTYUIOPASDF72"), &mut seen);
        assert_eq!(seen.sightings.len(), 1);
        assert_eq!((seen.sightings[0].line, seen.sightings[0].term.value.as_str()), (3, "aws-access-key AKIA…(20)"));
        assert_eq!(values(Format::Python, "import os\nprint('hello')\n"), [""; 0]);
    }
}
