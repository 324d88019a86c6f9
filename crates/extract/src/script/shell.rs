//! Shell syntax, as far as it takes to tell commands from what surrounds them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The deepest nesting of substitutions that is followed.
const DEEPEST: usize = 64;

/// The most words of a command that are kept.
const WORDS: usize = 16;

/// Words that may stand before a command.
const KEYWORDS: &[&str] = &["if", "then", "else", "elif", "fi", "while", "until", "do", "done", "!", "{", "}", "time", "coproc", "esac"];

/// What the scanner is inside of.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    /// `( … )`, `$( … )` or `` ` … ` ``: commands, up to this byte.
    Commands(u8),
    /// `" … "`.
    Quote,
    /// `${ … }`, `$(( … ))` or an array: no commands, up to this byte.
    Skipped(u8),
}

/// The most programs that a command is known to be fed by.
const FED: usize = 8;

/// A command of a script.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Its words, quotes taken off.
    pub(super) words: Vec<String>,
    /// How many lines below the first it begins.
    pub(super) line: i32,
    /// The programs whose output it reads, through all pipes.
    pub(super) piped: Vec<String>,
    /// The programs whose output is a part of its words.
    pub(super) inside: Vec<String>,
    /// What begins the pipe that it reads, where that is constant.
    pub(super) literal: Option<String>,
    /// The here-document that it reads.
    pub(super) body: Option<Range<usize>>,
    /// The files that it writes to.
    pub(super) writes: Vec<String>,
}

/// What a script shows.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) commands: Vec<Found>,
    /// The variables that it reads and does not set, with the line of the first time.
    pub(super) reads: BTreeMap<String, i32>,
}

/// Reads a script.
pub(super) fn read(text: &str) -> Script {
    let mut scanner = Scanner { bytes: text.as_bytes(), ..Scanner::default() };
    scanner.run();
    let Scanner { defined, set, mut found, mut reads, .. } = scanner;
    found.retain(|found| !defined.contains(&found.words[0]));
    reads.retain(|name, _| !set.contains(name));
    Script { commands: found, reads }
}

#[derive(Default)]
struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    line: i32,
    stack: Vec<Inside>,
    /// The commands that were interrupted by a substitution.
    waiting: Vec<Command>,
    now: Command,
    /// Ends of the here-documents that begin after this line.
    heredocs: Vec<String>,
    found: Vec<Found>,
    /// The functions that the script defines.
    defined: BTreeSet<String>,
    /// The variables that it sets.
    set: BTreeSet<String>,
    reads: BTreeMap<String, i32>,
}

/// The command that is being read.
#[derive(Default)]
struct Command {
    words: Vec<String>,
    word: Vec<u8>,
    /// Whether a word has begun, be it empty as yet.
    begun: bool,
    line: i32,
    /// How many of the commands found belong to the pattern of a `case`, if one it is.
    alternatives: usize,
    piped: Vec<String>,
    inside: Vec<String>,
    literal: Option<String>,
    writes: Vec<String>,
    /// How many commands were found when a substitution in it began.
    from: usize,
}

impl Scanner<'_> {
    fn run(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            match self.stack.last().copied() {
                Some(Inside::Skipped(end)) => self.skipped(byte, end),
                Some(Inside::Quote) => self.quoted(byte),
                _ => self.plain(byte),
            }
            if byte == b'\n' {
                self.line += 1;
            }
        }
        while !self.stack.is_empty() {
            self.pop();
        }
        self.end_command(b'\n');
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skipped(&mut self, byte: u8, end: u8) {
        match byte {
            b'(' | b'{' if self.stack.len() < DEEPEST => self.stack.push(Inside::Skipped(if byte == b'(' { b')' } else { b'}' })),
            b'\\' => {
                self.escaped();
            }
            _ if byte == end => {
                self.stack.pop();
            }
            _ => {}
        }
    }

    /// Passes over the byte after a backslash.
    fn escaped(&mut self) -> Option<u8> {
        let next = self.peek()?;
        self.at += 1;
        if next == b'\n' {
            self.line += 1;
        }
        Some(next)
    }

    fn quoted(&mut self, byte: u8) {
        match byte {
            b'"' => {
                self.stack.pop();
            }
            b'\\' => {
                if let Some(next) = self.escaped().filter(|&next| next != b'\n') {
                    self.push(next);
                }
            }
            b'$' => self.dollar(),
            b'`' => self.backtick(),
            _ => self.push(byte),
        }
    }

    fn plain(&mut self, byte: u8) {
        match byte {
            b'\\' => {
                if let Some(next) = self.escaped().filter(|&next| next != b'\n' && next != b'\r') {
                    self.push(next);
                }
            }
            b'\'' => self.single_quoted(),
            b'"' => {
                self.now.begun = true;
                self.stack.push(Inside::Quote);
            }
            b'$' => self.dollar(),
            b'`' => self.backtick(),
            b'#' if !self.now.begun => self.comment(),
            b' ' | b'\t' | b'\r' => self.end_word(),
            b'<' | b'>' => self.redirection(byte),
            b'(' => self.open(),
            b')' => self.close(),
            b'\n' => {
                self.end_command(b'\n');
                self.skip_heredocs();
            }
            b'|' if self.peek() == Some(b'|') => {
                self.at += 1;
                self.end_command(b'&');
            }
            b'|' if self.peek() == Some(b'&') => {
                self.at += 1;
                self.end_command(b'|');
            }
            b';' | b'&' | b'|' => self.end_command(byte),
            _ => self.push(byte),
        }
    }

    fn push(&mut self, byte: u8) {
        if !self.now.begun {
            self.now.begun = true;
            if self.now.words.is_empty() {
                self.now.line = self.line;
            }
        }
        // A word longer than this is neither a program nor an option.
        if self.now.word.len() < 4096 {
            self.now.word.push(byte);
        }
    }

    fn single_quoted(&mut self) {
        self.now.begun = true;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\'' => return,
                b'\n' => self.line += 1,
                _ => {}
            }
            self.push(byte);
        }
    }

    fn comment(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    fn dollar(&mut self) {
        self.push(b'$');
        let rest = &self.bytes[self.at..];
        self.variable(rest.strip_prefix(b"{").unwrap_or(rest));
        if rest.starts_with(b"((") {
            self.at += 1;
            self.stack.push(Inside::Skipped(b')'));
        } else if rest.starts_with(b"(") {
            self.at += 1;
            self.substitute(b')');
        } else if rest.starts_with(b"{") {
            self.at += 1;
            self.stack.push(Inside::Skipped(b'}'));
        }
    }

    /// Notes a variable that is read. Those of the environment are written in capitals.
    fn variable(&mut self, rest: &[u8]) {
        let name = &rest[..rest.iter().take(65).take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || **b == b'_').count()];
        let ends = rest.get(name.len()).is_none_or(|b| !b.is_ascii_alphanumeric());
        if ends && (2..=64).contains(&name.len()) && name[0].is_ascii_uppercase() {
            let name = String::from_utf8_lossy(name).into_owned();
            self.reads.entry(name).or_insert(self.line);
        }
    }

    fn backtick(&mut self) {
        if self.stack.contains(&Inside::Commands(b'`')) {
            while self.pop() != Some(Inside::Commands(b'`')) {}
        } else {
            self.push(b'$');
            self.substitute(b'`');
        }
    }

    /// Begins commands inside a command.
    fn substitute(&mut self, end: u8) {
        if self.stack.len() >= DEEPEST {
            self.stack.push(Inside::Skipped(end));
            return;
        }
        self.stack.push(Inside::Commands(end));
        self.now.from = self.found.len();
        self.waiting.push(std::mem::take(&mut self.now));
    }

    /// Ends what the scanner is inside of.
    fn pop(&mut self) -> Option<Inside> {
        let inside = self.stack.pop()?;
        if matches!(inside, Inside::Commands(_)) {
            self.end_command(b')');
            self.now = self.waiting.pop().unwrap_or_default();
            let programs = self.found.get(self.now.from..).unwrap_or_default().iter().filter_map(|found| found.words.first());
            let room = FED.saturating_sub(self.now.inside.len());
            self.now.inside.extend(programs.take(room).cloned());
        }
        Some(inside)
    }

    fn open(&mut self) {
        if self.now.word.ends_with(b"=") {
            self.stack.push(Inside::Skipped(b')'));
        } else if self.peek() == Some(b')') && (self.now.begun || !self.now.words.is_empty()) {
            self.at += 1;
            self.end_word();
            self.defined.extend(self.now.words.pop());
            self.now.words.clear();
        } else {
            self.end_command(b'(');
            self.substitute(b')');
        }
    }

    fn close(&mut self) {
        if self.stack.last() == Some(&Inside::Commands(b')')) {
            self.pop();
        } else {
            // Nothing is open: what stands before is the pattern of a `case`, with its alternatives.
            self.found.truncate(self.found.len().saturating_sub(self.now.alternatives));
            self.now = Command::default();
        }
    }

    /// A redirection ends a word, and its target is none; a here-document's body is no command.
    fn redirection(&mut self, byte: u8) {
        if self.now.word.iter().all(u8::is_ascii_digit) {
            self.now.word.clear();
            self.now.begun = false;
        }
        self.end_word();
        let rest = &self.bytes[self.at..];
        let here = byte == b'<' && rest.starts_with(b"<") && !rest.starts_with(b"<<");
        let marks = rest.iter().take_while(|b| matches!(b, b'<' | b'>' | b'&' | b'-' | b'|')).count();
        if self.bytes.get(self.at + marks) == Some(&b'(') {
            // The output of commands as a file.
            self.at += marks + 1;
            self.push(b'$');
            self.substitute(b')');
            return;
        }
        self.at += marks;
        self.at += self.bytes[self.at..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let target = &self.bytes[self.at..];
        let length = target.iter().take_while(|b| !matches!(b, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b')' | b'<' | b'>')).count();
        if byte == b'>' && self.now.writes.len() < FED {
            self.now.writes.push(String::from_utf8_lossy(&target[..length.min(260)]).replace(['"', '\''], ""));
        }
        if here {
            let end: String =
                String::from_utf8_lossy(&target[..length]).chars().filter(|c| !matches!(c, '\'' | '"' | '\\' | '\r')).collect();
            self.heredocs.push(end);
        }
        // A substitution in the target is commands like any other.
        if !target[..length].iter().any(|b| matches!(b, b'$' | b'`' | b'"' | b'\'')) || here {
            self.at += length;
        }
    }

    fn skip_heredocs(&mut self) {
        for end in std::mem::take(&mut self.heredocs) {
            let from = self.at;
            let mut until = self.at;
            while self.at < self.bytes.len() {
                let rest = &self.bytes[self.at..];
                let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
                until = self.at;
                self.at += length;
                self.line += 1;
                if rest[..length].trim_ascii() == end.as_bytes() {
                    break;
                }
                until = self.at;
            }
            // The last command of the line reads it, be it through a pipe.
            if let Some(last) = self.found.last_mut() {
                last.body.get_or_insert(from..until);
            }
        }
    }

    fn end_word(&mut self) {
        if !self.now.begun {
            return;
        }
        self.now.begun = false;
        let word = String::from_utf8_lossy(&std::mem::take(&mut self.now.word)).into_owned();
        if word == "{" && self.now.words.first().is_some_and(|first| first == "function") {
            self.defined.extend(self.now.words.drain(..).nth(1));
        }
        let first = self.now.words.is_empty();
        if first && is_assignment(&word) {
            self.set.extend(word.split(['=', '+', '[']).next().map(str::to_owned));
            return;
        }
        if first && KEYWORDS.contains(&word.as_str()) {
            return;
        }
        if self.now.words.len() < WORDS {
            self.now.words.push(word);
        }
    }

    fn end_command(&mut self, by: u8) {
        self.end_word();
        let Command { words, line, alternatives, piped, inside, literal, writes, .. } = std::mem::take(&mut self.now);
        let header = matches!(words.first().map(String::as_str), Some("for" | "case" | "select" | "function" | "in"));
        if header || words.first().is_some_and(|first| first == "read") {
            self.set.extend(words.iter().skip(1).cloned());
        }
        let is_command = !words.is_empty() && !header;
        if !is_command {
            // A pipe may go on in the next line.
            if by == b'\n' {
                (self.now.piped, self.now.literal) = (piped, literal);
            }
            if by == b'|' {
                self.now.alternatives = alternatives;
            }
            return;
        }
        if by == b'|' {
            self.now.alternatives = alternatives + 1;
            self.now.literal = literal.clone().or_else(|| constant(&words));
            self.now.piped = piped.iter().chain([&words[0]]).take(FED).cloned().collect();
        }
        self.found.push(Found { words, line, piped, inside, literal, body: None, writes });
    }
}

/// What a command that says something says.
fn constant(words: &[String]) -> Option<String> {
    let said = match words[0].as_str() {
        "echo" => words[1..].iter().find(|word| !word.starts_with('-')),
        "printf" => words.last(),
        _ => None,
    };
    said.filter(|text| text.len() >= 8 && !text.contains('$')).cloned()
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        let name = name.strip_suffix('+').unwrap_or(name);
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'[' | b']' | b'$'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        read(text).commands.into_iter().map(|found| format!("{} {}", found.line, found.words.join(" "))).collect()
    }

    #[test]
    fn commands_are_told_from_syntax() {
        for (text, expected) in [
            ("ls -l; rm -rf x && mv a b || cp c d | sort &", &["0 ls -l", "0 rm -rf x", "0 mv a b", "0 cp c d", "0 sort"] as &[_]),
            ("# no\nA=1 B=\"x y\" run it # why\n", &["1 run it"]),
            ("if [ -f x ]; then\n  curl -s u\nfi", &["0 [ -f x ]", "1 curl -s u"]),
            ("for i in a b; do touch $i; done", &["0 touch $i"]),
            ("x=$(whoami)\ny=`id -u`", &["0 whoami", "1 id -u"]),
            ("echo \"now $(date +%s) $((1 + 2)) ${A:-b c}\"", &["0 date +%s", "0 echo now $ $ $"]),
            ("cat <<EOF > out\nrm -rf /\nEOF\nls", &["0 cat", "3 ls"]),
            ("cat <<-'E'\n\trm x\n\tE\nls", &["0 cat", "3 ls"]),
            ("case $1 in\n a|b) start ;;\n *) stop ;;\nesac", &["1 start", "2 stop"]),
            ("f() {\n  wget x\n}\nf 1\nfunction g { dig x; }\ng", &["1 wget x", "4 dig x"]),
            ("A=(one two)\nls", &["1 ls"]),
            ("curl x \\\n  -o y", &["0 curl x -o y"]),
            ("ls > out 2>&1 < in", &["0 ls"]),
            ("'my tool' \"a;b\" 'c|d'", &["0 my tool a;b c|d"]),
            ("(cd x && make)", &["0 cd x", "0 make"]),
            ("a=\"unclosed\nrm x", &[]),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn pipes_and_substitutions_say_what_feeds_a_command() {
        let fed = |text: &str| {
            let last = read(text).commands.pop().expect("a command");
            (last.words[0].clone(), last.piped.join(" "), last.inside.join(" "))
        };
        for (text, program, piped, inside) in [
            ("curl u | base64 -d | sh", "sh", "curl base64", ""),
            ("curl u |\n  sh", "sh", "curl", ""),
            ("curl u || sh", "sh", "", ""),
            ("curl u; sh", "sh", "", ""),
            ("sh -c \"$(curl u)\"", "sh", "", "curl"),
            ("bash <(wget -O- u)", "bash", "", "wget"),
            ("eval `xxd -r f`", "eval", "", "xxd"),
        ] {
            assert_eq!(fed(text), (program.to_owned(), piped.to_owned(), inside.to_owned()), "{text}");
        }
        assert_eq!(read("echo aGVsbG8gd29ybGQ= | base64 -d | sh").commands[2].literal.as_deref(), Some("aGVsbG8gd29ybGQ="));
        let text = "cat <<E >> ~/.bashrc\nx\nE\n";
        let found = &read(text).commands[0];
        assert_eq!((&text[found.body.clone().expect("a body")], found.writes.as_slice()), ("x\n", &["~/.bashrc".to_owned()] as &[_]));
        let reads = read("A_B=1; echo $A_B $HOME ${TOKEN:-x} $x $1; for FILE in a; do rm $FILE; done").reads;
        assert_eq!(reads.into_keys().collect::<Vec<_>>(), ["HOME", "TOKEN"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "[a-z $(){}`\"'\\\\;|&<>\n=#]{0,200}") {
            read(&text);
        }
    }
}
