//! URLs in the strings of a binary, in ASCII and in UTF-16.

use std::net::IpAddr;

use census_model::{How, Kind};
use memchr::memmem;

use crate::Scope;
use crate::tally::Tally;
use crate::text::url;

/// The longest string around a URL that is read.
const LONGEST: usize = 2048;

/// How far back a scheme may begin.
const SCHEME: usize = 24;

/// Counts the URLs of a binary, which stand in `scope`.
pub(crate) fn urls(bytes: &[u8], scope: Scope, tally: &mut Tally) {
    runs::<1>(bytes, b"://", scope, tally);
    runs::<2>(bytes, b":\0/\0/\0", scope, tally);
}

/// Reads the printable runs around `mark`, whose characters are `WIDTH` bytes wide, little endian.
fn runs<const WIDTH: usize>(bytes: &[u8], mark: &[u8], scope: Scope, tally: &mut Tally) {
    let printable = |unit: &[u8]| (unit[0].is_ascii_graphic() || unit[0] == b' ') && unit[1..].iter().all(|&b| b == 0);
    let mut done = 0;
    for at in memmem::find_iter(bytes, mark) {
        if at < done {
            continue;
        }
        let before = bytes[done..at].rchunks_exact(WIDTH).take(SCHEME).take_while(|unit| printable(unit)).count();
        let after = bytes[at..].chunks_exact(WIDTH).take(LONGEST).take_while(|unit| printable(unit)).count();
        let end = at + after * WIDTH;
        let text: String = bytes[at - before * WIDTH..end].iter().step_by(WIDTH).map(|&b| char::from(b)).collect();
        for (_, found) in url::find(&text).filter(|(_, found)| is_whole(found)) {
            tally.add(Kind::Url, found, scope, How::String, 0);
        }
        done = end;
    }
}

/// Top-level domains that no registry lists, for use inside networks and in documents.
const UNLISTED: &[&str] = &["example", "test", "invalid", "local", "localhost", "internal", "lan", "home", "corp", "onion", "i2p", "bit"];

/// Whether a URL ends in a host that may exist. Compilers put strings side by side, and a dictionary of words is full of `http://`.
fn is_whole(found: &str) -> bool {
    let Some(parts) = url::parse(found) else { return false };
    if parts.tld.is_empty() {
        return parts.host == "localhost" || parts.host.parse::<IpAddr>().is_ok();
    }
    url::is_public(&parts.host) || UNLISTED.contains(&parts.tld.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seen;

    #[test]
    fn both_widths_are_read() {
        let mut bytes = b"\0\xffhttps://a.example/x\0\x01http://wordlist\0http://a.b:c\0".to_vec();
        bytes.extend("see http://b.example/y now".encode_utf16().flat_map(u16::to_le_bytes));
        let mut tally = Tally::default();
        urls(&bytes, Scope::Native, &mut tally);
        let mut seen = Seen::default();
        tally.finish(&mut seen);
        let got: Vec<_> = seen.sightings.iter().map(|s| s.term.value.as_str()).collect();
        assert_eq!(got, ["http://b.example/y", "https://a.example/x"]);
    }
}
