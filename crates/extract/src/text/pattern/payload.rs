//! Long runs of base64 or hexadecimal digits, and what they decode to.

use memchr::memmem;

use super::{Found, longer};
use crate::format;

/// The shortest run that is a payload rather than a digest, a key or a name.
const SHORTEST: usize = 512;

/// Finds the payloads of a text: only lines that are long enough are looked at.
pub(super) fn find(text: &str, found: &mut Found) {
    for line in longer(text.as_bytes(), SHORTEST - 1) {
        let from = line.start;
        runs(&text.as_bytes()[line.clone()], from, found);
        escapes(&text.as_bytes()[line], from, found);
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}

/// Runs of base64 or hexadecimal digits. From where one might begin the look goes to where it would be long enough, and back: most of
/// a line is passed over.
fn runs(line: &[u8], from: usize, found: &mut Found) {
    let mut at = 0;
    while let Some(least) = line.get(at..at + SHORTEST) {
        if let Some(last) = least.iter().rposition(|b| !is_base64(*b)) {
            at += last + 1;
            continue;
        }
        let end = line[at..].iter().position(|b| !is_base64(*b)).map_or(line.len(), |length| at + length);
        let start = at + escape(&line[at.saturating_sub(1)..end], at);
        let run = &line[start..end];
        if run.len() >= SHORTEST {
            let value = if run.iter().all(u8::is_ascii_hexdigit) { hex(run) } else { base64(run) };
            found.extend(value.map(|value| (from + start, value)));
        }
        at = end + 1;
    }
}

/// How many of a run's first characters belong to an escape (`\x41`) whose backslash goes before it.
fn escape(around: &[u8], at: usize) -> usize {
    match around {
        [b'\\', b'x', a, b, ..] if at > 0 => 1 + 2 * usize::from(a.is_ascii_hexdigit() && b.is_ascii_hexdigit()),
        _ => 0,
    }
}

/// Runs of bytes written as escapes: `\x41\x42`.
fn escapes(line: &[u8], from: usize, found: &mut Found) {
    let mut done = 0;
    for at in memmem::find_iter(line, "\\x") {
        if at < done {
            continue;
        }
        let escaped = |chunk: &&[u8]| chunk.starts_with(b"\\x") && chunk[2..].iter().all(u8::is_ascii_hexdigit);
        let count = line[at..].chunks_exact(4).take_while(escaped).count();
        if count * 4 >= SHORTEST {
            let bytes: Vec<u8> = line[at..at + 4 * 64].chunks_exact(4).filter_map(|c| digits(&c[2..])).collect();
            found.push((from + at, format!("hex-escapes {}", kind(&bytes))));
        }
        done = at + count * 4;
    }
}

fn hex(run: &[u8]) -> Option<String> {
    let bytes: Vec<u8> = run.chunks_exact(2).take(64).filter_map(digits).collect();
    varied(run, 8).then(|| format!("hex-payload {}", kind(&bytes)))
}

fn digits(pair: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()
}

fn base64(run: &[u8]) -> Option<String> {
    let mixed = run.iter().any(u8::is_ascii_uppercase) && run.iter().any(u8::is_ascii_lowercase) && run.iter().any(u8::is_ascii_digit);
    (mixed && varied(run, 24)).then(|| format!("base64-payload {}", kind(&decode(&run[..64.min(run.len())]))))
}

/// Whether a run has at least this many different characters.
fn varied(run: &[u8], least: usize) -> bool {
    let mut seen = [false; 256];
    for &byte in run {
        seen[usize::from(byte)] = true;
    }
    seen.iter().filter(|s| **s).count() >= least
}

/// The bytes that base64 of either alphabet stands for, up to the first character that is none.
pub(crate) fn decode(run: &[u8]) -> Vec<u8> {
    let value = |b: &u8| match b {
        b'A'..=b'Z' => Some(b - b'A'),
        b'a'..=b'z' => Some(b - b'a' + 26),
        b'0'..=b'9' => Some(b - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let sextets: Vec<u8> = run.iter().map_while(value).collect();
    let mut bytes = Vec::with_capacity(sextets.len() / 4 * 3 + 2);
    for s in sextets.chunks(4) {
        bytes.extend(s.get(1).map(|next| s[0] << 2 | next >> 4));
        bytes.extend(s.get(2).map(|next| s[1] << 4 | next >> 2));
        bytes.extend(s.get(3).map(|next| s[2] << 6 | next));
    }
    bytes
}

/// What the beginning of a payload is: a format known by its content, a compressed stream, text or data.
fn kind(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => "zlib",
        [b'M', b'Z', ..] => "pe",
        _ => format::detect("", bytes).name(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::values;
    use super::*;
    use crate::Format;

    #[test]
    fn payloads_are_named_by_what_they_decode_to() {
        let noise: String = (0..600_usize)
            .map(|n| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[(n * n * 7 + n * 3) % 64]))
            .collect();
        assert_eq!(values(Format::Python, &format!("x = 'iVBORw0KGgo{noise}'")), ["base64-payload png"]);
        assert_eq!(
            values(Format::Python, &format!("x = 'aW1wb3J0IG9zCmltcG9ydCBzeXMKcHJpbnQoMSkKcHJpbnQoMikKcHJpbnQoMykK{noise}'")),
            ["base64-payload text"]
        );
        let hex: String = "7f454c46020101000000000000000000"
            .chars()
            .chain((0..600_usize).map(|n| char::from(b"0123456789abcdef"[n * n * 5 % 16])))
            .collect();
        assert_eq!(values(Format::Python, &format!("x = '{hex}89abcdef2233'")), ["hex-payload elf"]);
        let escapes: String = (0..200_u32).flat_map(|n| ["\\x".to_owned(), format!("{:02x}", (n * 7 + 0x90) % 256)]).collect();
        assert_eq!(values(Format::Python, &format!("x = b'{escapes}'")), ["hex-escapes data"]);
    }

    #[test]
    fn an_escape_before_a_run_is_no_part_of_it() {
        let noise: String = (0..600_usize)
            .map(|n| char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[(n * n * 7 + n * 3) % 64]))
            .collect();
        for before in ["\\x41", "\\x", "'", "\\\\x41", ""] {
            let mut found = Found::new();
            find(&format!("{before}iVBORw0KGgo{noise}"), &mut found);
            assert_eq!(found, [(before.len(), "base64-payload png".to_owned())], "{before}");
        }
        let shorter = format!("\\x41{}", &noise[..SHORTEST - 3]);
        assert_eq!(values(Format::Python, &shorter), [""; 0]);
    }

    #[test]
    fn rules_and_words_are_no_payloads() {
        for text in ["-".repeat(900), "a".repeat(900), "word ".repeat(300), "0".repeat(900), "abc,".repeat(300)] {
            assert_eq!(values(Format::Python, &text), [""; 0]);
        }
    }

    #[test]
    fn base64_decodes() {
        assert_eq!(decode(b"TWFuTQ=="), b"ManM");
        assert_eq!(decode(b"TWE="), b"Ma");
    }
}
