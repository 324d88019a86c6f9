//! Text that reads otherwise than it runs: invisible characters, look-alike letters, and code beyond the edge of the screen.

use memchr::memmem;

use super::{Found, longer};
use crate::Format;

/// A line of code longer than this was written by no hand.
const LONG: usize = 5_000;

/// Blanks that push what follows them off the screen.
const BLANKS: usize = 200;

/// So many invisible characters in a row carry something.
const INVISIBLE: usize = 16;

/// Finds what hides. Look-alike letters and lines are looked at in code alone.
pub(super) fn find(format: Format, text: &str, found: &mut Found) {
    if !text.is_ascii() {
        characters(format, text, found);
    }
    if format.is_code() && format != Format::Notebook {
        lines(format, text, found);
    }
}

fn characters(format: Format, text: &str, found: &mut Found) {
    let mut from = 0;
    while let Some(skipped) = plain(&text.as_bytes()[from..]) {
        // Back to the beginning of the word: a blank or the like goes before it.
        let before = text.as_bytes()[from..from + skipped].iter().rev().take_while(|b| is_word(char::from(**b))).count();
        from += skipped - before;
        from += stretch(format, &text[from..], from, found);
    }
}

/// How many bytes of ASCII go before the first that is none.
fn plain(bytes: &[u8]) -> Option<usize> {
    const STEP: usize = 64;
    let whole = bytes.chunks_exact(STEP).take_while(|chunk| chunk.is_ascii()).count() * STEP;
    bytes[whole..].iter().position(|b| !b.is_ascii()).map(|at| whole + at)
}

/// The words from the beginning of a text up to the first end of one that is of ASCII; gives where that is. `base` is where the text stands.
fn stretch(format: Format, text: &str, base: usize, found: &mut Found) -> usize {
    let mut word = Word { at: base, ..Word::default() };
    let mut invisible = 0;
    let mut chars = text.char_indices().peekable();
    let mut previous = ' ';
    let mut end = text.len();
    while let Some((at, c)) = chars.next() {
        if c.is_ascii() && !is_word(c) && previous.is_ascii() && at > 0 {
            end = at;
            break;
        }
        let at = base + at;
        match c {
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => found.push((at, format!("bidirectional-control U+{:04X}", u32::from(c)))),
            '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => {
                let between = is_word(previous) && chars.peek().is_some_and(|(_, next)| is_word(*next));
                if between {
                    found.push((at, format!("zero-width U+{:04X}", u32::from(c))));
                }
            }
            _ => {}
        }
        invisible = if is_invisible(c) { invisible + 1 } else { 0 };
        if invisible == INVISIBLE {
            found.push((at, "invisible-payload".to_owned()));
        }
        if format.is_code() {
            word.push(at, c, found);
        }
        previous = c;
    }
    if format.is_code() {
        word.push(base + end, ' ', found);
    }
    end
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Variation selectors and tags: they show nothing of themselves.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e01ef}' | '\u{200b}'..='\u{200d}')
}

/// A word, and the scripts its letters are of.
#[derive(Default)]
struct Word {
    at: usize,
    latin: usize,
    other: Option<&'static str>,
    /// How many letters of the other script there are, and how many of those look like no Latin one.
    others: usize,
    plain: usize,
}

impl Word {
    /// Takes a character in; at the end of a word that mixes Latin with look-alikes, it is found.
    fn push(&mut self, at: usize, c: char, found: &mut Found) {
        if !(c.is_alphanumeric() || c == '_') {
            if let Some(script) = self.other.filter(|_| self.latin > 0 && self.others > 0 && self.plain == 0) {
                found.push((self.at, format!("mixed-script {script}")));
            }
            *self = Self { at: at + c.len_utf8(), ..Self::default() };
        } else if c.is_ascii_alphabetic() {
            self.latin += 1;
        } else if let Some(script) = script(c) {
            self.other = Some(script);
            self.others += 1;
            self.plain += usize::from(!looks_latin(c));
        }
    }
}

fn script(c: char) -> Option<&'static str> {
    match c {
        '\u{370}'..='\u{3ff}' => Some("greek"),
        '\u{400}'..='\u{52f}' => Some("cyrillic"),
        _ => None,
    }
}

/// Letters of Cyrillic and Greek that no eye tells from Latin ones.
fn looks_latin(c: char) -> bool {
    "АВЕЅІЈКМНОРСТХаеѕіјорсухһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρ".contains(c)
}

fn lines(format: Format, text: &str, found: &mut Found) {
    for line in longer(text.as_bytes(), BLANKS) {
        if line.len() > LONG {
            found.push((line.start, format!("long-line {}", format.name())));
        }
        if is_pushed(&text.as_bytes()[line.clone()]) {
            found.push((line.start, "code-past-screen".to_owned()));
        }
    }
}

/// Whether something other than a comment follows so many blanks.
fn is_pushed(line: &[u8]) -> bool {
    let blanks = [b' '; BLANKS];
    let Some(at) = memmem::find(line, &blanks) else { return false };
    // A table of data is indented, and so is what continues a bracket: only a statement goes before.
    let before = line[..at].trim_ascii_end();
    let after = line[at..].trim_ascii();
    let ends_statement = before.is_empty() || before.ends_with(b";") || before.ends_with(b":") || before.ends_with(b"{");
    let begins_statement = after.starts_with(b";") || ends_statement && after.first().is_some_and(u8::is_ascii_alphabetic);
    !after.is_empty() && begins_statement
}

#[cfg(test)]
mod tests {
    use super::super::tests::values;
    use super::*;

    #[test]
    fn what_hides_is_found() {
        let pushed = format!("x = 1;{}import os", " ".repeat(250));
        let after = format!("x = 1{};import os", " ".repeat(250));
        let long = format!("x = [{}]", "1, ".repeat(2000));
        for (text, expected) in [
            ("if admin\u{202e} # x", "bidirectional-control U+202E"),
            ("na\u{200b}me = 1", "zero-width U+200B"),
            ("p\u{430}ypal = 1", "mixed-script cyrillic"),
            (&pushed, "code-past-screen"),
            (&after, "code-past-screen"),
            (&long, "long-line python"),
            (&format!("x = '{}'", "\u{fe01}".repeat(40)), "invisible-payload"),
        ] {
            assert_eq!(values(Format::Python, text), [expected], "{text:?}");
        }
    }

    #[test]
    fn what_is_merely_foreign_is_not() {
        for text in ["имя = 1", "\u{feff}import os", "Δt = 1", "µm", "# x_и", "family = '👨\u{200d}👩'", "α_x = β", &" ".repeat(400)]
        {
            assert_eq!(values(Format::Python, text), [""; 0], "{text:?}");
        }
        assert_eq!(values(Format::Markdown, "p\u{430}ypal"), [""; 0]);
    }
}
