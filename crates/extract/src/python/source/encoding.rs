//! Encodings of sources: what their bytes are as text, as far as the tree of the code needs it.
//!
//! Of encodings with two bytes a character only the structure is kept, each such character becoming one that stands for any: its
//! second byte may be a quote's or a backslash's, and that is all that matters for reading code.

use std::borrow::Cow;

/// Stands for a character whose table is not at hand.
const ANY: char = char::REPLACEMENT_CHARACTER;

/// How an encoding is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8, what is wrong replaced.
    Utf8,
    /// One byte a character, with ASCII as its lower half.
    Single,
    /// Two bytes a character where the first is one of these ranges; of GB 18030 four where the second is a digit.
    Double(&'static [(u8, u8)], bool),
    Utf7,
    /// Escapes as in string constants; `raw` knows `\\u` alone.
    Escaped {
        raw: bool,
    },
    /// Letters turned by half the alphabet, as Python 2 could.
    Rot13,
    /// One whose lower half is not ASCII's, and that is not read.
    Foreign,
}

/// The encoding of a name, in lower case with `-` for `_`.
pub(super) fn named(name: &str) -> Encoding {
    const SINGLE: &[&str] = &[
        "latin",
        "iso-8859",
        "iso8859",
        "cp12",
        "windows-12",
        "ascii",
        "us-ascii",
        "koi8",
        "l1",
        "mac",
        "cp437",
        "cp850",
        "cp852",
        "cp866",
        "tis-620",
    ];
    const FOREIGN: &[&str] = &[
        "hex", "base64", "zlib", "bz2", "punycode", "idna", "cp037", "cp500", "cp1026", "cp1140", "utf-16", "utf16", "utf-32", "utf32",
        "quopri", "uu",
    ];
    let begins = |known: &[&str]| known.iter().any(|known| name.starts_with(known));
    match name {
        "utf-7" | "utf7" | "u7" | "unicode-1-1-utf-7" => Encoding::Utf7,
        "unicode-escape" | "unicodeescape" => Encoding::Escaped { raw: false },
        "raw-unicode-escape" | "rawunicodeescape" => Encoding::Escaped { raw: true },
        "rot13" | "rot-13" => Encoding::Rot13,
        "gbk" | "cp936" | "936" | "ms936" | "gb2312" | "gb-2312" | "euc-cn" | "hz" | "euc-kr" | "euckr" | "cp949" | "ks-c-5601"
        | "euc-jp" | "eucjp" | "euc-tw" | "big5" | "big5-tw" | "csbig5" | "cp950" | "big5hkscs" => Encoding::Double(&[(0x81, 0xfe)], false),
        "gb18030" | "gb18030-2000" => Encoding::Double(&[(0x81, 0xfe)], true),
        "shift-jis" | "shiftjis" | "sjis" | "s-jis" | "cp932" | "ms932" | "932" | "mskanji" => {
            Encoding::Double(&[(0x81, 0x9f), (0xe0, 0xfc)], false)
        }
        _ if begins(SINGLE) => Encoding::Single,
        _ if begins(FOREIGN) => Encoding::Foreign,
        _ => Encoding::Utf8,
    }
}

/// Bytes of an encoding as text; `None` where it is not read.
pub(super) fn decode(bytes: &[u8], encoding: Encoding) -> Option<Cow<'_, str>> {
    Some(match encoding {
        Encoding::Utf8 => String::from_utf8_lossy(bytes),
        Encoding::Single if std::str::from_utf8(bytes).is_ok_and(str::is_ascii) => String::from_utf8_lossy(bytes),
        Encoding::Single => Cow::Owned(bytes.iter().map(|&b| char::from(b)).collect()),
        Encoding::Double(first, four) => Cow::Owned(double(bytes, first, four)),
        Encoding::Utf7 => Cow::Owned(utf7(bytes)),
        Encoding::Escaped { raw } => Cow::Owned(escaped(bytes, raw)),
        Encoding::Rot13 => Cow::Owned(super::super::codec::rot13(&String::from_utf8_lossy(bytes))),
        Encoding::Foreign => return None,
    })
}

fn double(bytes: &[u8], first: &[(u8, u8)], four: bool) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte < 0x80 {
            out.push(char::from(byte));
            continue;
        }
        out.push(ANY);
        if !first.iter().any(|&(low, high)| (low..=high).contains(&byte)) {
            continue;
        }
        match bytes.get(at) {
            Some(0x40..) => at += 1,
            Some(b'0'..=b'9') if four => at += 3,
            _ => {}
        }
    }
    out
}

/// UTF-7: ASCII, and UTF-16 in base64 between `+` and what is no digit of it.
fn utf7(bytes: &[u8]) -> String {
    let digit = |b: u8| match b {
        b'A'..=b'Z' => Some(b - b'A'),
        b'a'..=b'z' => Some(b - b'a' + 26),
        b'0'..=b'9' => Some(b - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut out = String::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte != b'+' {
            out.push(if byte < 0x80 { char::from(byte) } else { ANY });
            continue;
        }
        if bytes.get(at) == Some(&b'-') {
            out.push('+');
            at += 1;
            continue;
        }
        let (mut held, mut count, mut units) = (0_u32, 0, Vec::new());
        while let Some(value) = bytes.get(at).copied().and_then(digit) {
            held = (held << 6 | u32::from(value)) & 0x3f_ffff;
            count += 6;
            at += 1;
            if count >= 16 {
                count -= 16;
                units.push(u16::try_from(held >> count & 0xffff).unwrap_or_default());
            }
        }
        at += usize::from(bytes.get(at) == Some(&b'-'));
        out.extend(char::decode_utf16(units).map(|c| c.unwrap_or(ANY)));
    }
    out
}

/// What escapes stand for: a comment may hide a line break, and behind it code.
fn escaped(bytes: &[u8], raw: bool) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte != b'\\' {
            out.push(char::from(byte));
            continue;
        }
        let next = bytes.get(at).copied().unwrap_or_default();
        let plain = match next {
            b'n' => Some('\n'),
            b'r' => Some('\r'),
            b't' => Some('\t'),
            b'f' => Some('\x0c'),
            b'\\' | b'\'' | b'"' => Some(char::from(next)),
            _ => None,
        };
        let digits = match next {
            b'x' if !raw => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        let code = bytes.get(at + 1..at + 1 + digits).filter(|_| digits > 0).and_then(|digits| std::str::from_utf8(digits).ok());
        let octal = bytes[at..].iter().take(3).take_while(|b| (b'0'..=b'7').contains(*b)).count();
        if let Some(c) = code.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
            out.push(char::from_u32(c).unwrap_or(ANY));
            at += 1 + digits;
        } else if let Some(c) = plain.filter(|_| !raw) {
            out.push(c);
            at += 1;
        } else if octal > 0 && !raw {
            let value = bytes[at..at + octal].iter().fold(0, |value, digit| value * 8 + u32::from(digit - b'0'));
            out.push(char::from_u32(value).unwrap_or(ANY));
            at += octal;
        } else {
            out.push('\\');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(bytes: &[u8], name: &str) -> Option<String> {
        decode(bytes, named(name)).map(Cow::into_owned)
    }

    #[test]
    fn encodings_are_read_as_far_as_code_needs() {
        // The second byte of the character is a backslash.
        assert_eq!(text(b"x = '\x95\x5c'", "gbk").as_deref(), Some("x = '\u{fffd}'"));
        assert_eq!(text(b"x = '\x83\x5c'; y", "shift-jis").as_deref(), Some("x = '\u{fffd}'; y"));
        assert_eq!(text(b"'\x81\x30\x81\x30'", "gb18030").as_deref(), Some("'\u{fffd}'"));
        assert_eq!(text(b"# \x95\ny", "gbk").as_deref(), Some("# \u{fffd}\ny"));
        assert_eq!(text(b"+AGkAbQBwAG8AcgB0- os+-", "utf-7").as_deref(), Some("import os+"));
        assert_eq!(text(b"# \\nimport os\\x0aa = '\\101\\u0042'", "unicode-escape").as_deref(), Some("# \nimport os\na = 'AB'"));
        assert_eq!(text(b"\\n\\u0041", "raw-unicode-escape").as_deref(), Some("\\nA"));
        assert_eq!(text(b"vzcbeg bf", "rot13").as_deref(), Some("import os"));
        assert_eq!(text(b"\xe9", "cp1252").as_deref(), Some("é"));
        assert_eq!(text(b"x", "cp500"), None);
        assert_eq!(text(b"\xff", "utf-8").as_deref(), Some("\u{fffd}"));
    }

    proptest! {
        #[test]
        fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for name in ["gbk", "gb18030", "shift-jis", "utf-7", "unicode-escape", "raw-unicode-escape", "rot13", "latin-1"] {
                prop_assert!(text(&bytes, name).is_some());
            }
        }

        #[test]
        fn ascii_stays_what_it_is(ascii in "[ -*,-\\[\\]-~\n]{0,100}") {
            for name in ["gbk", "gb18030", "shift-jis", "utf-7", "latin-1", "utf-8"] {
                let read = text(ascii.as_bytes(), name);
                prop_assert_eq!(read.as_deref(), Some(ascii.as_str()));
            }
        }
    }
}
