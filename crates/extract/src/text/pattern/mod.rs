//! Named patterns of bytes: secrets, encoded payloads, and text that hides from its reader.
//!
//! The value of a pattern is its name, then what tells one from another: of a secret its public prefix and its length and
//! never more (`aws-access-key AKIA…(20)`), of a payload what it decodes to (`base64-payload png`), of a character its code
//! point. A change here needs a rescan, so the patterns are few and each is sure.

mod hidden;
mod payload;
mod secret;

pub(crate) use payload::decode as base64;

use census_model::{How, Kind};

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

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn values(format: Format, text: &str) -> Vec<String> {
        let mut seen = Seen::default();
        see(format, text, &mut seen);
        seen.sightings.into_iter().map(|s| s.term.value).collect()
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
