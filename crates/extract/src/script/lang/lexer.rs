//! Tokens of the languages that are read for what they call: names, strings and marks, without comments.
//!
//! One pass, byte by byte; what a token looks like differs little between these languages, and where it does [`Syntax`] says so.

use memchr::memmem;

/// How deep templates may nest; below that their code is read as text.
const DEEPEST: usize = 16;

/// The longest string whose end is looked for.
const LONGEST: usize = 1 << 20;

/// How a language writes comments, strings and names.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "a table of customs, each its own")]
pub(super) struct Syntax {
    /// What begins a comment up to the end of the line.
    pub(super) comments: &'static [&'static str],
    /// What begins and ends a comment of any length.
    pub(super) block: Option<(&'static str, &'static str)>,
    /// Quotes of a string, which ends with its line.
    pub(super) quotes: &'static [u8],
    /// What stands between backticks.
    pub(super) backtick: Backtick,
    /// Whether `/` may begin a regular expression.
    pub(super) regex: bool,
    /// Whether `<<NAME` begins a text of several lines.
    pub(super) heredoc: bool,
    /// Whether the end of a line ends a statement, and is a mark of its own.
    pub(super) lines: bool,
    /// Whether a quote is doubled rather than escaped to stand for itself.
    pub(super) doubled: bool,
}

/// What stands between backticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backtick {
    /// Nothing: they are a mark like any other.
    Mark,
    /// A string with code in `${}`.
    Template,
    /// A command of the shell.
    Command,
}

/// A piece of source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A name, with what it is a member of: `process.env`, `Net::HTTP.get`. It begins with a dot where it follows another expression.
    Name(&'a str),
    /// A string, as written between its quotes. Of a template the part up to the first code.
    Text(&'a str),
    /// A command between backticks.
    Command(&'a str),
    /// Anything else.
    Mark(u8),
}

/// Reads tokens.
#[derive(Clone)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    syntax: &'static Syntax,
    /// Open braces in the code of each template that is open.
    templates: Vec<u32>,
    /// Whether a value has just ended, after which `/` divides.
    value: bool,
    /// Ends of the texts that begin after this line.
    heredocs: Vec<&'a str>,
    /// Up to here no regular expression ends: looked for in vain.
    no_regex: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, syntax: &'static Syntax) -> Self {
        Self { text, at: 0, syntax, templates: Vec::new(), value: false, heredocs: Vec::new(), no_regex: 0 }
    }

    /// Whether a backslash escapes what follows it in a string.
    pub(super) fn escapes(&self) -> bool {
        !self.syntax.doubled
    }

    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    /// The next token, and where it begins.
    pub(super) fn next(&mut self) -> Option<(usize, Token<'a>)> {
        loop {
            let start = self.at;
            let byte = *self.text.as_bytes().get(start)?;
            if byte == b'\n' && !self.heredocs.is_empty() {
                self.skip_heredocs();
                continue;
            }
            if byte.is_ascii_whitespace() {
                self.at += 1;
                if byte == b'\n' && self.syntax.lines {
                    return Some((start, Token::Mark(b'\n')));
                }
                continue;
            }
            if self.comment() {
                continue;
            }
            return Some((start, self.token(byte)));
        }
    }

    /// Passes over a comment, if one begins here.
    fn comment(&mut self) -> bool {
        let rest = self.rest();
        if let Some((open, close)) = self.syntax.block
            && rest.starts_with(open.as_bytes())
        {
            let end = memmem::find(&rest[open.len()..], close.as_bytes()).map(|at| open.len() + at + close.len());
            self.at += end.unwrap_or(rest.len());
            return true;
        }
        // `$#` is a variable of Perl's and `#{` of no comment's.
        let glued = self.at > 0 && matches!(self.text.as_bytes()[self.at - 1], b'$' | b'@');
        if !glued && self.syntax.comments.iter().any(|mark| rest.starts_with(mark.as_bytes())) {
            self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            return true;
        }
        false
    }

    fn token(&mut self, byte: u8) -> Token<'a> {
        let token = match byte {
            _ if self.syntax.quotes.contains(&byte) => Token::Text(self.string(byte)),
            b'`' if self.syntax.backtick == Backtick::Template => self.template(1),
            b'`' if self.syntax.backtick == Backtick::Command => Token::Command(self.string(byte)),
            b'}' if self.templates.last() == Some(&0) => {
                self.templates.pop();
                self.template(1)
            }
            b'/' if self.syntax.regex && !self.value && self.at >= self.no_regex => self.regex(),
            b'<' if self.syntax.heredoc && self.rest().starts_with(b"<<") => self.heredoc(),
            _ if begins_name(self.rest()) => Token::Name(self.name()),
            _ => {
                match (byte, self.templates.last_mut()) {
                    (b'{', Some(depth)) => *depth += 1,
                    (b'}', Some(depth)) => *depth -= 1,
                    _ => {}
                }
                self.at += 1;
                Token::Mark(byte)
            }
        };
        self.value = match token {
            Token::Name(name) => {
                !matches!(name, "return" | "typeof" | "case" | "in" | "of" | "if" | "while" | "and" | "or" | "not" | "unless")
            }
            Token::Text(_) | Token::Command(_) => true,
            Token::Mark(mark) => matches!(mark, b')' | b']' | b'}'),
        };
        token
    }

    /// A string up to its quote, or to the end of its line.
    fn string(&mut self, quote: u8) -> &'a str {
        let from = self.at + 1;
        let bytes = &self.text.as_bytes()[from..];
        let many = quote == b'`';
        let mut end = 0;
        let mut closed = 0;
        while let Some(&byte) = bytes.get(end) {
            match byte {
                b'\\' if !self.syntax.doubled => end += 1,
                b'\n' if !many => break,
                _ if byte == quote && self.syntax.doubled && bytes.get(end + 1) == Some(&quote) => end += 1,
                _ if byte == quote => {
                    closed = 1;
                    break;
                }
                _ if end >= LONGEST => break,
                _ => {}
            }
            end += 1;
        }
        let end = self.text.floor_char_boundary((from + end).min(self.text.len()));
        self.at = (end + closed).min(self.text.len());
        &self.text[from..end]
    }

    /// A part of a template up to its end or to the code in it; `skip` bytes go before.
    fn template(&mut self, skip: usize) -> Token<'a> {
        let from = self.at + skip;
        let bytes = &self.text.as_bytes()[from..];
        let mut end = 0;
        let mut after = 0;
        while let Some(&byte) = bytes.get(end) {
            match byte {
                b'\\' => end += 1,
                b'`' => {
                    after = 1;
                    break;
                }
                b'$' if bytes.get(end + 1) == Some(&b'{') && self.templates.len() < DEEPEST => {
                    self.templates.push(0);
                    after = 2;
                    break;
                }
                _ => {}
            }
            end += 1;
        }
        let end = self.text.floor_char_boundary((from + end).min(self.text.len()));
        self.at = (end + after).min(self.text.len());
        Token::Text(&self.text[from..end])
    }

    /// A regular expression, which is passed over as a mark; a lone slash where none ends on this line.
    fn regex(&mut self) -> Token<'a> {
        let bytes = &self.rest()[1..];
        let mut class = false;
        let mut end = 0;
        while let Some(&byte) = bytes.get(end) {
            match byte {
                b'\\' => end += 1,
                b'[' => class = true,
                b']' => class = false,
                b'/' if !class => {
                    self.at = self.text.floor_char_boundary((self.at + end + 2).min(self.text.len()));
                    return Token::Mark(b')');
                }
                b'\n' => break,
                _ if end > 4096 => break,
                _ => {}
            }
            end += 1;
        }
        self.no_regex = self.at + end;
        self.at += 1;
        Token::Mark(b'/')
    }

    /// `<<NAME`: its lines are passed over at the end of this one.
    fn heredoc(&mut self) -> Token<'a> {
        let rest = &self.text[self.at + 2..];
        let name = rest.trim_start_matches(['~', '-']).trim_start_matches(['"', '\'', '`']);
        let length = name.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        if length > 0 && name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_') && self.heredocs.len() < DEEPEST {
            self.heredocs.push(&name[..length]);
            self.at = self.text.len() - name.len() + length;
            self.at += usize::from(matches!(self.rest().first(), Some(b'"' | b'\'' | b'`')));
        } else {
            self.at += 2;
        }
        Token::Mark(b'<')
    }

    fn skip_heredocs(&mut self) {
        self.at += 1;
        for end in std::mem::take(&mut self.heredocs) {
            while self.at < self.text.len() {
                let rest = self.rest();
                let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
                let line = rest[..length].trim_ascii();
                self.at += length;
                if line == end.as_bytes() {
                    break;
                }
            }
        }
    }

    fn name(&mut self) -> &'a str {
        let bytes = self.rest();
        let mut end = 0;
        loop {
            end += bytes[end..].iter().take_while(|b| is_name(**b)).count();
            let more = [b"?." as &[u8], b".", b"::", b"->"].iter().find(|mark| {
                let after = &bytes[end..];
                after.starts_with(mark) && after.get(mark.len()).is_some_and(|b| is_name(*b) && !b.is_ascii_digit())
            });
            match more {
                Some(mark) => end += mark.len(),
                None => break,
            }
        }
        let name = &self.text[self.at..self.at + end];
        self.at += end;
        name
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'@') || byte >= 0x80
}

/// Whether a name begins here, be it one that follows another expression after a dot.
fn begins_name(rest: &[u8]) -> bool {
    match [b"?." as &[u8], b".", b"::", b"->"].iter().find_map(|mark| rest.strip_prefix(*mark)) {
        Some(member) => member.first().is_some_and(|b| is_name(*b) && !b.is_ascii_digit()),
        None => rest.first().is_some_and(|b| is_name(*b)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{javascript, other};
    use super::*;

    fn tokens<'a>(text: &'a str, syntax: &'static Syntax) -> Vec<Token<'a>> {
        let mut lexer = Lexer::new(text, syntax);
        std::iter::from_fn(|| lexer.next().map(|(_, token)| token)).collect()
    }

    #[test]
    fn javascript_comes_apart() {
        use Token::{Mark, Name, Text};
        for (text, expected) in [
            ("a.b?.c('x\\'y') // no", &[Name("a.b?.c"), Mark(b'('), Text("x\\'y"), Mark(b')')] as &[_]),
            ("/* no */ x = /['\"]/.y", &[Name("x"), Mark(b'='), Mark(b')'), Name(".y")]),
            ("a / b / 'c'", &[Name("a"), Mark(b'/'), Name("b"), Mark(b'/'), Text("c")]),
            ("`a${b({})}c`", &[Text("a"), Name("b"), Mark(b'('), Mark(b'{'), Mark(b'}'), Mark(b')'), Text("c")]),
            ("'open\nx", &[Text("open"), Name("x")]),
            ("f().g", &[Name("f"), Mark(b'('), Mark(b')'), Name(".g")]),
        ] {
            assert_eq!(tokens(text, &javascript::SYNTAX), expected, "{text}");
        }
    }

    #[test]
    fn ruby_comes_apart() {
        use Token::{Command, Mark, Name, Text};
        let expected = [Name("A::B.c"), Text("x"), Mark(b'\n'), Command("ls"), Mark(b'\n'), Name("f"), Mark(b'<'), Name("g"), Mark(b'\n')];
        let got = tokens("A::B.c 'x' # no\n`ls`\nf <<~END\n  don't\n  END\ng\n", &other::RUBY.syntax);
        assert_eq!(got, expected);
    }

    proptest::proptest! {
        #[test]
        fn every_text_ends(text in "[a-z0-9 é/*`'\"${}<\\\\#\n.:A>-]{0,200}") {
            for syntax in [&javascript::SYNTAX, &other::RUBY.syntax, &other::PERL.syntax, &other::VISUAL_BASIC.syntax] {
                proptest::prop_assert!(tokens(&text, syntax).len() <= text.len());
            }
        }
    }
}
