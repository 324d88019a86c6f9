//! Text: URLs and patterns, wherever text stands, and the two kinds of file that hold Python without being modules.

mod notebook;
pub(crate) mod pattern;
mod pth;
pub mod url;

use std::borrow::Cow;

use census_model::{How, Kind};

use memchr::memmem;

use crate::format::Family;
use crate::tally::{Lines, Tally};
use crate::{Format, Scope, Seen, metadata, native, python, script};

/// Step A of everything that is neither a Python module, nor native, nor a script.
pub(crate) fn see(format: Format, bytes: &[u8]) -> Seen {
    if !format.is_text() {
        return binary(format, bytes);
    }
    let text = decode(bytes);
    match format {
        Format::Notebook => return notebook::see(&text),
        Format::Pth => return pth::see(&text),
        Format::Mako => return template(&text, python::template::mako(&text)),
        Format::Jinja => return template(&text, python::template::jinja(&text)),
        _ => {}
    }
    let mut seen = Seen::default();
    let mut tally = Tally::default();
    urls(&unescaped(format, &text), |_| Scope::Inert, &mut tally);
    seen.metadata = metadata::see(format, &text, &mut tally);
    if format == Format::Yaml {
        script::workflow(&text, &mut tally);
    }
    script::config(format, &text, &mut tally);
    tally.finish(&mut seen);
    seen
}

/// A template: what its code shows, and the URLs of all of it.
fn template(text: &str, mut seen: Seen) -> Seen {
    seen.sightings.retain(|sighting| sighting.term.kind != Kind::Url);
    let mut tally = Tally::default();
    urls(text, |_| Scope::Inert, &mut tally);
    tally.finish(&mut seen);
    seen
}

/// Code for virtual machines, documents and data: the URLs in their strings, which is all that is read of them. What is packed or
/// drawn has none.
fn binary(format: Format, bytes: &[u8]) -> Seen {
    let mut tally = Tally::default();
    if matches!(format.family(), Family::Code | Family::Document | Family::Data) {
        native::strings::urls(bytes, Scope::Inert, &mut tally);
    }
    let mut seen = Seen::default();
    tally.finish(&mut seen);
    seen
}

/// The text with the slashes that JSON and JavaScript may escape (`https:\/\/`) as they are meant.
pub(crate) fn unescaped(format: Format, text: &str) -> Cow<'_, str> {
    let escapes = matches!(format, Format::Json | Format::JavaScript | Format::Html) && memmem::find(text.as_bytes(), b":\\/\\/").is_some();
    if escapes { Cow::Owned(text.replace("\\/", "/")) } else { Cow::Borrowed(text) }
}

/// The bytes as text: UTF-16 where its mark says so, else UTF-8; what is neither is replaced.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)),
        [0xef, 0xbb, 0xbf, rest @ ..] => utf8(rest),
        _ => utf8(bytes),
    }
}

/// UTF-8, what is none replaced. Checking the whole first is several times faster than doing so piece by piece.
fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// Counts the URLs of a text; `scope` is asked for the line that each stands on.
pub(crate) fn urls(text: &str, scope: impl Fn(&str) -> Scope, tally: &mut Tally) {
    let mut lines = Lines::new(text.as_bytes());
    for (at, found) in url::find(text) {
        let line = lines.of(at);
        tally.add(Kind::Url, found, scope(&text[lines.start()..at]), How::Text, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_gives_its_urls_with_their_lines() {
        let seen = see(Format::Markdown, b"# A\n[b](https://b.example/x)\nhttps://b.example/x\n");
        let got: Vec<_> = seen.sightings.iter().map(|s| (s.term.value.as_str(), s.scope, s.count, s.line)).collect();
        assert_eq!(got, [("https://b.example/x", Scope::Inert, 2, 2)]);
    }

    #[test]
    fn escaped_slashes_and_binary_strings_are_read() {
        for (format, bytes) in
            [(Format::Json, br#"{"a": "https:\/\/a.example\/x"}"# as &[u8]), (Format::Wasm, b"\0asm\x01\0https://a.example/x\0")]
        {
            let seen = see(format, bytes);
            let got: Vec<_> = seen.sightings.iter().map(|s| s.term.value.as_str()).collect();
            assert_eq!(got, ["https://a.example/x"]);
        }
        assert_eq!(see(Format::Png, b"https://a.example/x"), Seen::default());
    }

    #[test]
    fn marks_tell_the_encoding() {
        assert_eq!(decode(b"\xff\xfea\0b\0"), "ab");
        assert_eq!(decode(b"\xfe\xff\0a\0b\0"), "ab");
        assert_eq!(decode(b"\xef\xbb\xbfab"), "ab");
    }
}
