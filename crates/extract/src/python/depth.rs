//! How deep a source nests, before anything that recurses sees it.
//!
//! One pass over the bytes that knows strings, f-strings and comments. What it gives is an upper bound: brackets, indentation,
//! and every operator of the expressions around a place, since chains of operators nest as well.

/// One open bracket, or the line itself.
#[derive(Clone, Copy, Default)]
struct Level {
    /// Operators since the last comma.
    chain: usize,
    /// Operators that go on behind commas: `lambda x, y: lambda …`.
    sticky: usize,
}

/// An f-string whose code is being read.
#[derive(Clone, Copy)]
struct Formatted {
    quote: u8,
    triple: bool,
    /// How many brackets are open at its `{`.
    level: usize,
    /// Whether the format specification has begun.
    spec: bool,
}

/// Which bytes go on in a word.
const WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut at = 0_u8;
    loop {
        table[at as usize] = at >= 0x80 || at == b'_' || at.is_ascii_alphanumeric();
        if at == u8::MAX {
            break table;
        }
        at += 1;
    }
};

/// Whether a source nests at most so deep. Most are too short for more, whatever they say: counting tells in a fraction of the time.
pub(super) fn is_within(text: &str, most: usize) -> bool {
    at_most(text.as_bytes()) <= most || of(text) <= most
}

/// What can open or prolong a nesting, wherever it stands: operators and opening brackets (2), and at the beginning of a word the
/// letters that keywords which nest begin with (1).
const NESTS: [u8; 256] = {
    let mut table = [0; 256];
    let mut at = 0_u8;
    while at < 0x80 {
        table[at as usize] = match at {
            b'l' | b'n' | b'e' | b'a' | b'y' | b'i' | b'f' | b'o' => 1,
            b' ' | b'\t' | b'\r' | b'\n' | b'#' | b'"' | b'\'' | b'\\' | b')' | b']' | b'}' | b',' | b';' | b'_' => 0,
            _ if at.is_ascii_alphanumeric() => 0,
            _ => 2,
        };
        at += 1;
    }
    table
};

/// More than [`of`] any source of these bytes, strings and comments counted like code. Indentations that grow from line to line take
/// as many bytes as the half of their number's square.
fn at_most(bytes: &[u8]) -> usize {
    let count = |(before, sum): (u8, usize), &b: &u8| (b, sum + usize::from(NESTS[usize::from(b)] > u8::from(WORD[usize::from(before)])));
    let (_, sum) = bytes.iter().fold((b' ', 0), count);
    sum + (2 * bytes.len()).isqrt() + 2
}

/// The deepest nesting of a source, at most.
pub(super) fn of(text: &str) -> usize {
    let mut scan =
        Scan { bytes: text.as_bytes(), at: 0, levels: vec![Level::default()], sum: 0, deepest: 0, indents: vec![0], open: Vec::new() };
    scan.indentation();
    scan.run();
    scan.deepest
}

struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
    levels: Vec<Level>,
    /// Of all levels.
    sum: usize,
    deepest: usize,
    indents: Vec<usize>,
    open: Vec<Formatted>,
}

impl Scan<'_> {
    fn run(&mut self) {
        while let Some(&b) = self.bytes.get(self.at) {
            self.at += 1;
            match b {
                b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => self.word(),
                b' ' | b'\t' | b'0'..=b'9' => {}
                b'\n' | b'\r' => self.newline(),
                b'#' => self.at = memchr::memchr2(b'\n', b'\r', &self.bytes[self.at..]).map_or(self.bytes.len(), |n| self.at + n),
                b'"' | b'\'' => self.string(b, false),
                b'\\' => self.at += 1 + usize::from(self.bytes.get(self.at) == Some(&b'\r')),
                b'(' | b'[' | b'{' => self.enter(),
                b')' | b']' | b'}' => self.leave(b),
                b',' | b';' => self.reset(),
                b':' if self.begins_spec() => self.format_spec(),
                _ => self.count(false),
            }
        }
    }

    fn count(&mut self, sticky: bool) {
        let level = self.levels.last_mut().expect("the line itself is always open");
        if sticky {
            level.sticky += 1;
        } else {
            level.chain += 1;
        }
        self.sum += 1;
        self.deepest = self.deepest.max(self.sum + self.indents.len());
    }

    fn enter(&mut self) {
        self.count(false);
        self.levels.push(Level::default());
    }

    fn leave(&mut self, bracket: u8) {
        if bracket == b'}' && self.open.last().is_some_and(|f| f.level == self.levels.len()) {
            self.pop();
            let formatted = *self.open.last().expect("just seen");
            self.open.pop();
            self.formatted(formatted.quote, formatted.triple);
        } else if self.levels.len() > 1 && self.open.last().is_none_or(|f| f.level < self.levels.len()) {
            self.pop();
        }
    }

    fn pop(&mut self) {
        let level = self.levels.pop().expect("only called where one is open");
        self.sum -= level.chain + level.sticky;
    }

    fn reset(&mut self) {
        let level = self.levels.last_mut().expect("the line itself is always open");
        self.sum -= std::mem::take(&mut level.chain);
    }

    fn newline(&mut self) {
        if self.levels.len() == 1 {
            self.reset();
            let level = &mut self.levels[0];
            self.sum -= std::mem::take(&mut level.sticky);
            self.indentation();
        }
    }

    /// Reads the indentation of the line that begins here; blank lines have none.
    fn indentation(&mut self) {
        let rest = &self.bytes[self.at..];
        let width = rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | 0x0c)).count();
        self.at += width;
        if matches!(rest.get(width), None | Some(b'\n' | b'\r' | b'#')) {
            return;
        }
        while self.indents.last().is_some_and(|&indent| indent > width) {
            self.indents.pop();
        }
        if self.indents.last().is_none_or(|&indent| indent < width) {
            self.indents.push(width);
        }
        self.deepest = self.deepest.max(self.sum + self.indents.len());
    }

    /// A word: a prefix of a string, a keyword that nests, or any other.
    fn word(&mut self) {
        let start = self.at - 1;
        let len = 1 + self.bytes[self.at..].iter().take_while(|b| WORD[usize::from(**b)]).count();
        self.at = start + len;
        if len > 6 {
            return;
        }
        let word = &self.bytes[start..self.at];
        if let Some(&quote @ (b'"' | b'\'')) = self.bytes.get(self.at)
            && len <= 2
            && word.iter().all(|b| matches!(b.to_ascii_lowercase(), b'r' | b'b' | b'u' | b'f' | b't'))
        {
            self.at += 1;
            self.string(quote, word.iter().any(|b| matches!(b.to_ascii_lowercase(), b'f' | b't')));
        } else if matches!(word, b"lambda" | b"not" | b"else" | b"await" | b"yield" | b"if" | b"for" | b"and" | b"or" | b"in" | b"is") {
            self.count(matches!(word, b"lambda" | b"not" | b"else" | b"await" | b"yield"));
        }
    }

    /// A string whose first quote has been read.
    fn string(&mut self, quote: u8, formatted: bool) {
        let triple = self.bytes[self.at..].starts_with(&[quote, quote]);
        if triple {
            self.at += 2;
        }
        if formatted {
            self.formatted(quote, triple);
            return;
        }
        while let Some(found) = memchr::memchr3(quote, b'\\', b'\n', &self.bytes[self.at..]) {
            self.at += found + 1;
            match self.bytes[self.at - 1] {
                b'\\' => self.at += 1,
                b'\n' if !triple => {
                    // Not closed on its line: the line ends here.
                    self.at -= 1;
                    return;
                }
                b'\n' => {}
                _ if !triple => return,
                _ if self.bytes[self.at..].starts_with(&[quote, quote]) => {
                    self.at += 2;
                    return;
                }
                _ => {}
            }
            self.at = self.at.min(self.bytes.len());
        }
        self.at = self.bytes.len();
    }

    /// The literal part of an f-string, up to its end or to the code inside it.
    fn formatted(&mut self, quote: u8, triple: bool) {
        while let Some(&b) = self.bytes.get(self.at) {
            self.at += 1;
            match b {
                // `\{` is a backslash and a brace.
                b'\\' => self.at += usize::from(!matches!(self.bytes.get(self.at), Some(b'{' | b'}'))),
                b'\n' if !triple => {
                    self.at -= 1;
                    return;
                }
                b'{' if self.bytes.get(self.at) == Some(&b'{') => self.at += 1,
                b'{' => {
                    self.enter();
                    self.open.push(Formatted { quote, triple, level: self.levels.len(), spec: false });
                    return;
                }
                b if b == quote && !triple => return,
                b if b == quote && self.bytes[self.at..].starts_with(&[quote, quote]) => {
                    self.at += 2;
                    return;
                }
                _ => {}
            }
        }
    }

    fn begins_spec(&self) -> bool {
        self.open.last().is_some_and(|f| f.level == self.levels.len() && !f.spec)
    }

    /// A format specification: text up to `}`, with code of its own in braces.
    fn format_spec(&mut self) {
        while let Some(&b) = self.bytes.get(self.at) {
            match b {
                b'}' | b'\n' => return,
                b'{' => {
                    // Its code is read as a bracket's; what follows is again code to this scan, which only raises the bound.
                    if let Some(open) = self.open.last_mut() {
                        open.spec = false;
                    }
                    return;
                }
                _ => self.at += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_bounded_from_above() {
        assert!(of("x = 1\n") < 5);
        assert!(of(&"(".repeat(1000)) >= 1000);
        assert!(of(&format!("x = {}1", "a + ".repeat(1000))) >= 1000);
        assert!(of(&format!("x = {}1", "not ".repeat(1000))) >= 1000);
        assert!(of(&format!("x = {}1", "lambda a, b: ".repeat(1000))) >= 1000);
        assert!(of(&format!("a{}", ".b".repeat(1000))) >= 1000);
        assert!(of(&format!("a{}", "()".repeat(1000))) >= 1000);
        let nested = (0..200).map(|n| format!("{}if x:\n", " ".repeat(n))).collect::<Vec<_>>().concat();
        assert!(of(&nested) >= 200);
    }

    #[test]
    fn counting_never_gives_less() {
        let indented = (0..300).map(|n| format!("{}x\n", " ".repeat(n))).collect::<Vec<_>>().concat();
        let words = ["lambda", "not", "else", "await", "yield", "if", "for", "and", "or", "in", "is"];
        let keywords = words.map(|word| format!("a {word}(")).concat();
        for text in ["", "x", &indented, &keywords, &"[".repeat(500), &"a.b(c)[d]-~e:=".repeat(50), "f'{a:{b}}' \\ {"] {
            assert!(at_most(text.as_bytes()) >= of(text), "{text}");
        }
        assert!(is_within(&"f(a)\n".repeat(9000), 100) && !is_within(&"(".repeat(200), 100));
    }

    proptest::proptest! {
        #[test]
        fn counting_gives_no_less_than_reading(text in "([a-z({\\[\"' .:=\n#]|lambda |not |f'\\{| {1,8}){0,80}") {
            proptest::prop_assert!(at_most(text.as_bytes()) >= of(&text));
        }
    }

    #[test]
    fn strings_and_comments_do_not_nest() {
        let deep = "(".repeat(1000);
        for text in [
            format!("x = '{deep}'"),
            format!("x = '''\n{deep}'''\n"),
            format!("# {deep}\n"),
            format!("x = rb\"{deep}\""),
            format!("x = f\"{deep}{{y:'>10}}\" + f'{{y!r:{{w}}}}'"),
        ] {
            assert!(of(&text) < 20, "{text}");
        }
        assert!(of(&format!("x = f'{{{deep}'")) >= 1000);
        assert!(of(&format!("x = f'{{a[\"{deep}\"]}}' ")) < 20);
        for end in ["\n", "\r", "\r\n"] {
            assert!(of(&format!("x = [1, 2] # +{end}").repeat(5000)) < 10);
        }
        assert!(of(&format!("x = [{}]", "f(a), ".repeat(5000))) < 20);
    }
}
