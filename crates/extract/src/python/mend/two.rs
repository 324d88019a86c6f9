//! Python 2, as Python 3 would write it.

use super::{is_word, string_end};

/// The text with the statements and literals of Python 2 in the form of Python 3.
pub(in super::super) fn mend(text: &str) -> String {
    let mut mend = Mend { bytes: text.as_bytes(), text, out: String::with_capacity(text.len() + text.len() / 16), ..Mend::default() };
    mend.run();
    mend.out
}

/// A statement that becomes a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Statement {
    Print,
    Exec,
    /// Behind the exception, which is still to be told from its arguments.
    Raise,
    /// Behind the arguments of an exception.
    Raised,
    Except,
}

#[derive(Default)]
struct Mend<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    out: String,
    /// How many brackets are open.
    depth: usize,
    /// The statement that this is, where it is one to be mended.
    statement: Option<Statement>,
    /// Whether a statement may begin here.
    begins: bool,
    /// Whether a backtick is open.
    quoted: bool,
    /// At which depths brackets of parameters were left out.
    dropped: Vec<usize>,
    /// Whether this is the head of a function, whose parameters may nest.
    head: bool,
}

impl Mend<'_> {
    fn run(&mut self) {
        self.indentation();
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'"' | b'\'' => self.string(),
                b'#' => {
                    self.close();
                    let end = memchr::memchr(b'\n', &self.bytes[self.at..]).map_or(self.bytes.len(), |n| self.at + n);
                    self.copy(end);
                }
                b'\\' => self.copy((self.at + 2).min(self.bytes.len())),
                b'\n' if self.depth == 0 => self.newline(),
                b'`' => {
                    self.out.push_str(if self.quoted { ")" } else { "repr(" });
                    self.quoted = !self.quoted;
                    self.skip(1);
                }
                b'<' if self.bytes.get(self.at + 1) == Some(&b'>') => {
                    self.out.push_str("!=");
                    self.skip(2);
                }
                b'(' | b'[' | b'{' => self.open(byte),
                b')' | b']' | b'}' => self.leave(),
                b',' if self.depth == 0 => self.comma(),
                b';' if self.depth == 0 => {
                    self.close();
                    self.copy(self.at + 1);
                    self.begins = true;
                }
                b':' if self.depth == 0 => {
                    self.close();
                    self.copy(self.at + 1);
                    (self.begins, self.head) = (true, false);
                }
                b'0'..=b'9' => self.number(),
                _ if is_word(byte) => self.word(),
                b' ' | b'\t' | b'\x0c' | b'\r' => self.copy(self.at + 1),
                _ => {
                    self.copy(self.at + 1);
                    self.begins = false;
                }
            }
        }
        self.close();
    }

    /// Copies up to `end`, or to the next boundary between characters.
    fn copy(&mut self, end: usize) {
        let end = self.text.ceil_char_boundary(end);
        self.out.push_str(&self.text[self.at..end]);
        self.at = end;
    }

    fn skip(&mut self, count: usize) {
        self.at += count;
        self.begins = false;
    }

    fn newline(&mut self) {
        self.close();
        self.copy(self.at + 1);
        self.indentation();
    }

    /// Indentation in spaces alone: Python 2 counted a tab as up to the next eighth column.
    fn indentation(&mut self) {
        let mut width = 0;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b' ' => width += 1,
                b'\t' => width = width / 8 * 8 + 8,
                b'\x0c' => width = 0,
                _ => break,
            }
            self.at += 1;
        }
        self.out.extend(std::iter::repeat_n(' ', width));
        (self.begins, self.quoted, self.head) = (true, false, false);
    }

    fn string(&mut self) {
        self.begins = false;
        self.copy(string_end(self.bytes, self.at));
    }

    /// Ends a statement that was mended.
    fn close(&mut self) {
        match self.statement.take() {
            Some(Statement::Print | Statement::Exec | Statement::Raised) => {
                let blank = self.out.trim_end_matches([' ', '\t', '\r']).len();
                self.out.insert(blank, ')');
            }
            Some(Statement::Raise | Statement::Except) | None => {}
        }
    }

    fn open(&mut self, byte: u8) {
        self.begins = false;
        let before = self.out.trim_end_matches([' ', '\n', '\t', '\r']).as_bytes().last();
        // Parameters that nest, and those of a lambda: `def f(a, (b, c))`, `lambda (a, b): …`.
        let nests = byte == b'(' && self.head && (self.depth == 1 && matches!(before, Some(b',' | b'(')));
        let lambda = byte == b'(' && self.out.trim_end().ends_with("lambda");
        if nests || lambda {
            self.dropped.push(self.depth);
            self.out.push(' ');
            self.at += 1;
        } else {
            self.copy(self.at + 1);
        }
        self.depth += 1;
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.dropped.last() == Some(&self.depth) {
            self.dropped.pop();
            self.out.push(' ');
            self.skip(1);
        } else {
            self.copy(self.at + 1);
            self.begins = false;
        }
    }

    fn comma(&mut self) {
        match self.statement {
            Some(Statement::Raise) => {
                self.out.push('(');
                self.statement = Some(Statement::Raised);
                self.skip(1);
            }
            Some(Statement::Except) => {
                self.out.push_str(" as ");
                self.statement = None;
                self.skip(1);
            }
            _ => {
                self.copy(self.at + 1);
                self.begins = false;
            }
        }
    }

    fn number(&mut self) {
        let end = self.word_end();
        let number = &self.text[self.at..end];
        let number = number.strip_suffix(['l', 'L']).unwrap_or(number);
        if number.len() > 1 && number.starts_with('0') && number.bytes().all(|b| b.is_ascii_digit()) && self.bytes.get(end) != Some(&b'.') {
            self.out.push_str("0o");
            self.out.push_str(&number[1..]);
        } else {
            self.out.push_str(number);
        }
        self.skip(end - self.at);
    }

    fn word_end(&self) -> usize {
        self.at + self.bytes[self.at..].iter().take_while(|b| is_word(**b)).count()
    }

    fn word(&mut self) {
        let end = self.word_end();
        let word = &self.text[self.at..end];
        let next = self.bytes.get(end).copied();
        let begins = std::mem::replace(&mut self.begins, false);
        if matches!(next, Some(b'"' | b'\'')) && word.eq_ignore_ascii_case("ur") {
            self.out.push('r');
            self.at = end;
            return;
        }
        match word {
            "print" if begins && self.is_statement(end) => {
                self.out.push_str("print(");
                self.at = end;
                let rest = self.text[end..].trim_start_matches([' ', '\t']);
                if rest.starts_with(">>") {
                    self.at = self.text.len() - rest.len() + 2;
                }
                self.statement = Some(Statement::Print);
            }
            "exec" if begins && self.is_statement(end) => {
                self.out.push_str("exec(");
                self.at = end;
                self.statement = Some(Statement::Exec);
            }
            "raise" | "except" if begins => {
                self.statement = Some(if word == "raise" { Statement::Raise } else { Statement::Except });
                self.copy(end);
            }
            "in" if self.statement == Some(Statement::Exec) && self.depth == 0 => {
                self.out.push(',');
                self.at = end;
            }
            // A name before 3.7.
            "async" if !["def", "for", "with"].iter().any(|word| self.text[end..].trim_start().starts_with(word)) => {
                self.out.push_str("async_");
                self.at = end;
            }
            "def" if begins => {
                self.head = true;
                self.copy(end);
            }
            // One-line suites: `else: print x` begins behind the colon, `lambda: x` does not.
            _ => self.copy(end),
        }
    }

    /// Whether `print` or `exec` is a statement here: not called, assigned or anything else that a name may be.
    fn is_statement(&self, end: usize) -> bool {
        let rest = self.text[end..].trim_start_matches([' ', '\t']);
        let spaced = rest.len() < self.text.len() - end;
        match rest.as_bytes().first() {
            None | Some(b'\n' | b'\r' | b';' | b'#' | b'"' | b'\'' | b'`' | b'-' | b'~' | b'{' | b'\\') => true,
            Some(b'(' | b'[') => false,
            Some(b'>') => rest.starts_with(">>"),
            Some(&byte) => spaced && is_word(byte),
        }
    }
}
