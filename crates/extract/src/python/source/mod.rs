//! Bytes to text (PEP 263), and offsets to lines.

mod encoding;

use std::borrow::Cow;

use encoding::Encoding;

/// The text of a source file: by its byte order mark, else by its coding cookie, else as UTF-8; what is wrong is replaced. `None`
/// where the interpreter would read other code than the bytes show, in a way that is not known here.
pub(super) fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    Some(match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        [0xff, 0xfe, 0, 0, rest @ ..] => utf32(rest, u32::from_le_bytes),
        [0, 0, 0xfe, 0xff, rest @ ..] => utf32(rest, u32::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => match (cookie(bytes).map_or(Encoding::Utf8, |name| encoding::named(&name)), std::str::from_utf8(bytes)) {
            // UTF-8 in a file that says it were something near is just what its author saw.
            (Encoding::Utf8 | Encoding::Single, Ok(text)) => Cow::Borrowed(text),
            (encoding, _) => return encoding::decode(bytes, encoding),
        },
    })
}

fn utf32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> Cow<'_, str> {
    let units = bytes.chunks_exact(4).map(|four| unit([four[0], four[1], four[2], four[3]]));
    Cow::Owned(units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Cow<'_, str> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    Cow::Owned(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

/// The encoding that a cookie in the first two lines names (PEP 263), in lower case with `-` for `_`.
fn cookie(bytes: &[u8]) -> Option<String> {
    bytes.split(|&b| matches!(b, b'\n' | b'\r')).take(2).filter(|line| line.trim_ascii_start().starts_with(b"#")).find_map(|line| {
        let line = String::from_utf8_lossy(&line[..line.len().min(200)]).to_ascii_lowercase().replace('_', "-");
        let (_, name) = line.split_once("coding")?;
        let name = name.strip_prefix([':', '='])?.trim_start_matches([' ', '\t']);
        let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))).unwrap_or(name.len());
        Some(name[..end].to_owned())
    })
}

/// Lines by offsets: how many lines end before each block of the text. Lines end as the interpreter sees it: in a line feed, a
/// carriage return, or both.
pub(super) struct Lines<'t> {
    text: &'t [u8],
    before: Vec<i32>,
}

impl<'t> Lines<'t> {
    /// Long enough that there are few, short enough to be counted again for each offset.
    const BLOCK: usize = 1024;

    pub(super) fn new(text: &'t str) -> Self {
        let mut lines = Self { text: text.as_bytes(), before: Vec::with_capacity(text.len() / Self::BLOCK + 1) };
        let mut sum = 0_i32;
        for start in (0..text.len()).step_by(Self::BLOCK) {
            lines.before.push(sum);
            sum = sum.saturating_add(lines.ends(start, (start + Self::BLOCK).min(text.len())));
        }
        lines
    }

    /// The line of a byte offset, from 1.
    pub(super) fn line(&self, offset: u32) -> i32 {
        let offset = usize::try_from(offset).map_or(self.text.len(), |offset| offset.min(self.text.len()));
        let block = offset.saturating_sub(1) / Self::BLOCK;
        let before = self.before.get(block).map_or(0, |before| before.saturating_add(self.ends(block * Self::BLOCK, offset)));
        before.saturating_add(1)
    }

    /// How many lines end within a range.
    fn ends(&self, start: usize, end: usize) -> i32 {
        let range = &self.text[start..end];
        let alone = |&at: &usize| self.text.get(start + at + 1) != Some(&b'\n');
        let ends = memchr::memchr_iter(b'\n', range).count() + memchr::memchr_iter(b'\r', range).filter(alone).count();
        i32::try_from(ends).unwrap_or(i32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        for (bytes, text) in [
            (&b"\xef\xbb\xbfx = 1"[..], Some("x = 1")),
            (b"\xff\xfex\0=\x001\0", Some("x=1")),
            (b"\xfe\xff\0x\0=\x001", Some("x=1")),
            (b"\xff\xfe\0\0x\0\0\0", Some("x")),
            (b"\0\0\xfe\xff\0\0\0x", Some("x")),
            (b"# -*- coding: latin-1 -*-\nx = '\xe9'", Some("# -*- coding: latin-1 -*-\nx = '\u{e9}'")),
            (b"x = '\xe9'", Some("x = '\u{fffd}'")),
            (b"# coding: gbk\n'\x95\x5c'", Some("# coding: gbk\n'\u{fffd}'")),
            (b"# -*- coding=utf-7 -*-\n+AGE-", Some("# -*- coding=utf-7 -*-\na")),
            (b"#!/usr/bin/python\r# coding: cp500\r", None),
            (b"# about coding in hex\n", Some("# about coding in hex\n")),
            (b"x\n\n# coding: hex", Some("x\n\n# coding: hex")),
        ] {
            assert_eq!(decode(bytes).as_deref(), text, "{bytes:?}");
        }
        assert_eq!(decode("# coding: latin-1\n\u{e9}".as_bytes()).as_deref(), Some("# coding: latin-1\n\u{e9}"));
    }

    #[test]
    fn lines_count_from_one() {
        let lines = Lines::new("a\nb\n\nc");
        assert_eq!([0, 1, 2, 4, 5].map(|offset| lines.line(offset)), [1, 1, 2, 3, 4]);
        let lines = Lines::new("a\rb\r\nc");
        assert_eq!([0, 2, 5].map(|offset| lines.line(offset)), [1, 2, 3]);
        assert_eq!(Lines::new("").line(7), 1);
        for end in ["\n", "\r", "\r\n"] {
            let text = format!("x = 1{end}").repeat(1024);
            let lines = Lines::new(&text);
            let width = u32::try_from(5 + end.len()).unwrap();
            for line in [0, 1, 145, 146, 147, 170, 171, 341, 1023] {
                let starts = line * width;
                let expected = i32::try_from(line).unwrap() + 1;
                assert_eq!([starts, starts + 4].map(|offset| lines.line(offset)), [expected, expected], "{end:?} {line}");
            }
        }
    }
}
