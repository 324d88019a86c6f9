//! Making hostile text inert: what a package wrote must not steer the terminal, browser or editor it is read in.

use std::borrow::Cow;

/// The text with every character that does not print (control, formatting, bidirectional, private, unassigned, odd spaces) written as
/// an escape: `\n`, `\u{1b}`. Quotes and backslashes stay.
///
/// ```
/// assert_eq!(census_report::inert("a\u{1b}[2Jb\u{202e}c"), r"a\u{1b}[2Jb\u{202e}c");
/// ```
pub fn inert(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if steers(c) {
            safe.extend(c.escape_debug());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// JSON text with the same characters written as JSON's own escapes: it means the same. They stand only inside strings: outside them
/// `serde_json` writes nothing but ASCII and line feeds.
pub(crate) fn json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\n' || !steers(c) {
            safe.push(c);
            continue;
        }
        let mut units = [0; 2];
        for unit in c.encode_utf16(&mut units) {
            let escape = format!("\\u{unit:04x}");
            safe.push_str(&escape);
        }
    }
    safe
}

/// Whether a character does something other than stand in its place: those that Rust's own debugging form escapes, but for quotes and
/// the backslash.
fn steers(c: char) -> bool {
    !matches!(c, '"' | '\'' | '\\') && c.escape_debug().len() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_prints_stays_and_what_steers_is_escaped() {
        for plain in ["jedi/api/environment.py", r#"a "b" 'c' \d"#, "Grüße 世界 · ±"] {
            assert!(matches!(inert(plain), Cow::Borrowed(same) if same == plain));
        }
        assert_eq!(inert("a\r\n\tb\u{9b}31m\u{7f}"), r"a\r\n\tb\u{9b}31m\u{7f}");
        for bidi in "\u{61c}\u{200e}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}\u{2028}\u{feff}\u{e0041}".chars() {
            assert_eq!(inert(&bidi.to_string()), format!("\\u{{{:x}}}", u32::from(bidi)));
        }
    }

    #[test]
    fn escaped_json_means_the_same() {
        let value = "\u{1b}[0m \u{202e} \u{e0041} \n é";
        let text = json(&serde_json::to_string_pretty(&[value]).unwrap());
        assert!(!text.contains(|c| c != '\n' && steers(c)));
        assert_eq!(serde_json::from_str::<[String; 1]>(&text).unwrap(), [value]);
    }
}
