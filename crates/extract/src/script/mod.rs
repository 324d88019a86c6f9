//! Scripts in other languages than Python: the commands they run, where they are scripts of commands, and their URLs.

mod batch;
mod docker;
mod make;
mod powershell;
mod shell;
mod yaml;

use census_model::{How, Kind};

use crate::tally::Tally;
use crate::{Format, Scope, Seen, text};

pub(crate) use yaml::workflow;

/// Step A of a script.
pub(crate) fn see(format: Format, bytes: &[u8]) -> Seen {
    let text = text::decode(bytes);
    let mut tally = Tally::default();
    let marks = comments(format);
    let scope = |line: &str| {
        let line = line.trim_start();
        if marks.iter().any(|mark| line.starts_with(mark)) { Scope::Inert } else { Scope::Script }
    };
    text::urls(&text::unescaped(format, &text), scope, &mut tally);
    match format {
        Format::Shell => shell_lines(&text, 1, &mut tally),
        Format::Makefile => make::see(&text, &mut tally),
        Format::Dockerfile => docker::see(&text, &mut tally),
        Format::Batch => batch::see(&text, &mut tally),
        Format::PowerShell => powershell::see(&text, &mut tally),
        _ => {}
    }
    let mut seen = Seen::default();
    tally.finish(&mut seen);
    seen
}

/// How a line that is a comment begins.
fn comments(format: Format) -> &'static [&'static str] {
    match format {
        Format::Batch => &["rem ", "REM ", "::", "@rem ", "@REM "],
        Format::JavaScript | Format::Php => &["//", "*", "/*", "#!"],
        Format::Lua | Format::AppleScript => &["--", "#!"],
        Format::VisualBasic => &["'"],
        _ => &["#"],
    }
}

/// The commands of shell text whose first line is `line`.
pub(crate) fn shell_lines(text: &str, line: i32, tally: &mut Tally) {
    for (words, at) in shell::commands(text) {
        command(&words, line.saturating_add(at), tally);
    }
}

/// Programs that run another one: the rest of their words is a command of its own.
const WRAPPERS: &[&str] =
    &["sudo", "doas", "env", "exec", "nohup", "command", "xargs", "nice", "setsid", "timeout", "time", "start", "call"];

/// What runs in the shell itself and does nothing to the world outside.
const BUILTINS: &[&str] = &[
    ":", "[", "[[", "test", "true", "false", "echo", "printf", "cd", "pushd", "popd", "pwd", "set", "unset", "shift", "export", "local",
    "declare", "typeset", "readonly", "return", "exit", "break", "continue", "read", "let", "getopts", "wait", "shopt", "trap", "hash",
    "type", "goto", "pause", "setlocal", "endlocal", "title", "color", "cls", "rem",
];

/// Counts a command by its program and up to two words after it that are subcommands or options.
pub(crate) fn command(words: &[String], line: i32, tally: &mut Tally) {
    let mut words = words;
    while let Some((first, rest)) = words.split_first() {
        let Some(program) = program(first) else { return };
        if !BUILTINS.contains(&program.as_str()) {
            let mut value = program.clone();
            for word in rest.iter().take_while(|word| is_plain(word)).take(2) {
                value.push(' ');
                value.push_str(word);
            }
            tally.add(Kind::Command, value, Scope::Script, How::Resolved, line);
        }
        if !WRAPPERS.contains(&program.as_str()) {
            return;
        }
        let skipped =
            rest.iter().take_while(|word| word.starts_with('-') || word.contains('=') || word.bytes().all(|b| b.is_ascii_digit()));
        words = &rest[skipped.count()..];
    }
}

/// The program that a word names, without its directory; none where it is a variable or no name at all.
fn program(word: &str) -> Option<String> {
    if word == "." {
        return Some("source".to_owned());
    }
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let named = !name.is_empty()
        && name.len() <= 64
        && word.chars().all(|c| !matches!(c, '$' | '*' | '"' | '\'' | '<' | '>' | '=' | '%' | '{' | '}' | ','))
        && (name.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')) || BUILTINS.contains(&name));
    named.then(|| name.to_owned())
}

/// Whether a word is a subcommand or an option rather than a file, an address or a variable.
fn is_plain(word: &str) -> bool {
    (1..=24).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'+' | b'='))
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn commands(format: Format, text: &str) -> Vec<String> {
        let seen = see(format, text.as_bytes());
        let commands = seen.sightings.into_iter().filter(|s| s.term.kind == Kind::Command);
        let mut lines: Vec<_> = commands.map(|s| (s.line, s.term.value)).collect();
        lines.sort();
        lines.into_iter().map(|(line, value)| format!("{line} {value}")).collect()
    }

    #[test]
    fn a_wrapped_command_is_one_of_its_own() {
        assert_eq!(
            commands(Format::Shell, "sudo -E apt-get install -y ./x.deb\n/bin/chmod 755 a\n$CC -c x\n. ./env\n"),
            ["1 apt-get install -y", "1 sudo -E apt-get", "2 chmod 755 a", "4 source"]
        );
    }

    #[test]
    fn a_url_in_a_comment_does_not_run() {
        let seen = see(Format::Shell, b"# https://a.example\ncurl https://b.example\n");
        let urls: Vec<_> = seen.sightings.iter().filter(|s| s.term.kind == Kind::Url).map(|s| (s.term.value.as_str(), s.scope)).collect();
        assert_eq!(urls, [("https://a.example", Scope::Inert), ("https://b.example", Scope::Script)]);
    }
}
