//! Commands given to calls that create processes: the program, and its first words.

use census_model::{How, Kind};

use super::args::Args;
use super::known::Process;
use super::value::{HOLE, Value};
use super::walk::Walker;
use crate::tally::Tally;
use crate::{Seen, script};

/// How many words of a vector are looked at.
const WORDS: usize = 12;

/// The longest command line that is taken apart.
const LONGEST: usize = 64 << 10;

/// Programs that take a command line behind `-c` or its kin.
const SHELLS: &[&str] = &["sh", "bash", "zsh", "dash", "ksh", "ash", "cmd", "cmd.exe"];

impl<'a> Walker<'a, '_> {
    /// Notes what a call starts.
    pub(super) fn process(&mut self, process: Process, args: &Args<'a>, offset: u32) {
        let given = |at: usize, names: &[&str]| args.positional.get(at).or_else(|| names.iter().find_map(|name| args.keyword(name)));
        match process {
            Process::Either => {
                if let Some(value) = given(0, &["args", "command"]) {
                    self.command(value, offset);
                }
            }
            Process::Line(place) => {
                if let Some(value) = given(place, &["command", "cmd"]) {
                    self.command(value, offset);
                }
            }
            Process::Vector(place) => match (args.positional.get(place), args.positional.get(place + 1)) {
                (Some(program), Some(Value::List(words))) => {
                    let words: Vec<Value<'a>> = std::iter::once(program).chain(words.iter().skip(1)).take(WORDS).cloned().collect();
                    self.vector(&words, offset);
                }
                (Some(program), _) => self.vector(std::slice::from_ref(program), offset),
                (None, _) => {}
            },
            Process::Words(place) => {
                let words = args.positional.iter().skip(place).enumerate().filter(|(at, _)| *at != 1);
                let words: Vec<Value<'a>> = words.take(WORDS).map(|(_, word)| word.clone()).collect();
                self.vector(&words, offset);
            }
            Process::Spread(place) => self.vector(args.positional.get(place..).unwrap_or_default(), offset),
            Process::Program(place) => self.vector(args.positional.get(place..=place).unwrap_or_default(), offset),
        }
    }

    /// A command line, or a vector of words.
    fn command(&mut self, value: &Value<'a>, offset: u32) {
        for value in value.alternatives() {
            match value {
                Value::Text(text) => self.command_line(text.as_str(), text.origin.how(), offset),
                Value::List(words) => self.vector(words, offset),
                _ => {}
            }
        }
    }

    fn command_line(&mut self, line: &str, how: How, offset: u32) {
        if line.len() <= LONGEST {
            let mut tally = Tally::default();
            script::shell_lines(&holes(line), 0, &mut tally);
            self.tallied(tally, how, offset);
        }
    }

    fn vector(&mut self, words: &[Value<'a>], offset: u32) {
        let mut how = How::Resolved;
        let mut known = Vec::new();
        for word in words.iter().take(WORDS) {
            match word {
                Value::Text(text) => {
                    how = how.max(text.origin.how());
                    known.push(text.as_str());
                }
                // The interpreter that runs this, by name.
                Value::Name(node, _) if self.core.names.text(*node) == "sys.executable" => known.push("python"),
                _ => known.push("$"),
            }
        }
        if let [shell, "-c" | "-lc" | "/c" | "/C" | "/k", line, ..] = &*known
            && SHELLS.contains(&shell.rsplit(['/', '\\']).next().unwrap_or(shell))
        {
            self.command_line(line, how, offset);
        }
        let known: Vec<String> = known.into_iter().map(str::to_owned).collect();
        self.command_words(&known, how, offset);
        if let [program, option, _, ..] = &*known
            && option == "-c"
            && program.rsplit(['/', '\\']).next().is_some_and(|name| name.starts_with("python"))
        {
            self.payload(&words[2], offset);
        }
    }

    pub(super) fn command_words(&mut self, words: &[String], how: How, offset: u32) {
        let words: Vec<String> = words.iter().map(|word| holes(word)).collect();
        let mut tally = Tally::default();
        script::command(&words, 0, &mut tally);
        self.tallied(tally, how, offset);
    }

    fn tallied(&mut self, tally: Tally, how: How, offset: u32) {
        let mut seen = Seen::default();
        tally.finish(&mut seen);
        for sighting in seen.sightings.iter().filter(|sighting| sighting.term.kind == Kind::Command) {
            self.core.sink.value(Kind::Command, &sighting.term.value, self.scope, how, offset);
        }
    }
}

/// A text whose unknown parts read as variables of a shell.
fn holes(text: &str) -> String {
    text.replace(HOLE, "$")
}
