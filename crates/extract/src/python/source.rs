//! Bytes to text (PEP 263), and offsets to lines.

use std::borrow::Cow;

/// The text of a source file: by its byte order mark, else by its coding cookie, else as UTF-8; what is wrong is replaced.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) if is_latin(bytes) => Cow::Owned(bytes.iter().map(|&b| char::from(b)).collect()),
            Err(_) => String::from_utf8_lossy(bytes),
        },
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Cow<'_, str> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    Cow::Owned(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

/// The encoding that a cookie in the first two lines names (PEP 263), in lower case with `-` for `_`.
fn cookie(bytes: &[u8]) -> Option<String> {
    bytes.split(|&b| b == b'\n').take(2).filter(|line| line.trim_ascii_start().starts_with(b"#")).find_map(|line| {
        let line = String::from_utf8_lossy(&line[..line.len().min(200)]).to_ascii_lowercase().replace('_', "-");
        let (_, name) = line.split_once("coding")?;
        let name = name.strip_prefix([':', '='])?.trim_start_matches([' ', '\t']);
        let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))).unwrap_or(name.len());
        Some(name[..end].to_owned())
    })
}

/// Whether the encoding is a single byte a character, with ASCII as its lower half.
fn is_latin(bytes: &[u8]) -> bool {
    let known = ["latin", "iso-8859", "iso8859", "cp12", "windows-12", "ascii", "koi8", "l1"];
    cookie(bytes).is_some_and(|name| known.iter().any(|known| name.starts_with(known)))
}

/// Whether the interpreter would read other code than the bytes show: encodings whose lower half is not ASCII's.
pub(super) fn is_disguised(bytes: &[u8]) -> bool {
    let known = [
        "unicode-escape",
        "raw-unicode",
        "utf-7",
        "utf7",
        "u7",
        "rot13",
        "rot-13",
        "hex",
        "base64",
        "zlib",
        "punycode",
        "idna",
        "cp037",
        "cp500",
    ];
    cookie(bytes).is_some_and(|name| known.iter().any(|known| name.starts_with(known)))
}

/// Lines by offsets: how many line breaks go before each block of the text.
pub(super) struct Lines<'t> {
    text: &'t [u8],
    before: Vec<i32>,
}

impl<'t> Lines<'t> {
    /// Long enough that there are few, short enough to be counted again for each offset.
    const BLOCK: usize = 1024;

    pub(super) fn new(text: &'t str) -> Self {
        let text = text.as_bytes();
        let mut before = Vec::with_capacity(text.len() / Self::BLOCK + 1);
        let mut sum = 0_i32;
        for block in text.chunks(Self::BLOCK) {
            before.push(sum);
            sum = sum.saturating_add(breaks(block));
        }
        Self { text, before }
    }

    /// The line of a byte offset, from 1.
    pub(super) fn line(&self, offset: u32) -> i32 {
        let offset = usize::try_from(offset).map_or(self.text.len(), |offset| offset.min(self.text.len()));
        let block = offset.saturating_sub(1) / Self::BLOCK;
        let before = self.before.get(block).map_or(0, |before| before.saturating_add(breaks(&self.text[block * Self::BLOCK..offset])));
        before.saturating_add(1)
    }
}

fn breaks(text: &[u8]) -> i32 {
    i32::try_from(memchr::memchr_iter(b'\n', text).count()).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        assert_eq!(decode(b"\xef\xbb\xbfx = 1"), "x = 1");
        assert_eq!(decode(b"\xff\xfex\0=\x001\0"), "x=1");
        assert_eq!(decode(b"\xfe\xff\0x\0=\x001"), "x=1");
        assert_eq!(decode(b"# -*- coding: latin-1 -*-\nx = '\xe9'"), "# -*- coding: latin-1 -*-\nx = 'é'");
        assert_eq!(decode(b"x = '\xe9'"), "x = '\u{fffd}'");
        assert_eq!(decode("x = 'é'".as_bytes()), "x = 'é'");
    }

    #[test]
    fn cookies_that_disguise_are_known() {
        assert!(is_disguised(b"#!/usr/bin/python\n# coding: unicode_escape\n"));
        assert!(is_disguised(b"# -*- coding=utf-7 -*-\n"));
        assert!(
            !is_disguised(b"# -*- coding: utf-8 -*-\n")
                && !is_disguised(b"# about coding in hex\n")
                && !is_disguised(b"x\n\n# coding: hex")
        );
    }

    #[test]
    fn lines_count_from_one() {
        let lines = Lines::new("a\nb\n\nc");
        assert_eq!([0, 1, 2, 4, 5, 9].map(|offset| lines.line(offset)), [1, 1, 2, 3, 4, 4]);
        assert_eq!(Lines::new("").line(7), 1);
        let text = "x = 1\n".repeat(1024);
        let lines = Lines::new(&text);
        for offset in [0, 5, 6, 1023, 1024, 1025, 2047, 2048, 6143, 6144] {
            let expected = 1 + text.bytes().take(offset).filter(|b| *b == b'\n').count();
            assert_eq!(lines.line(u32::try_from(offset).unwrap()), i32::try_from(expected).unwrap(), "{offset}");
        }
    }
}
