//! Scripts in other languages than Python: the commands they run, where they are scripts of commands, and their URLs.

mod batch;
mod command;
mod config;
mod docker;
mod lang;
mod make;
mod powershell;
mod shell;
mod yaml;

use crate::tally::Tally;
use crate::{Format, Scope, Seen, text};

pub(crate) use command::{command, shell_lines};
pub(crate) use config::see as config;
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
        Format::JavaScript | Format::TypeScript => lang::javascript::see(&text, &mut tally),
        Format::Ruby => lang::other::see(&lang::other::RUBY, &text, &mut tally),
        Format::Perl => lang::other::see(&lang::other::PERL, &text, &mut tally),
        Format::Php => lang::other::see(&lang::other::PHP, &text, &mut tally),
        Format::Lua => lang::other::see(&lang::other::LUA, &text, &mut tally),
        Format::VisualBasic => lang::other::see(&lang::other::VISUAL_BASIC, &text, &mut tally),
        Format::AppleScript => lang::other::see(&lang::other::APPLE_SCRIPT, &text, &mut tally),
        Format::Crontab => config::crontab(&text, &mut tally),
        Format::Registry => config::registry(&text, &mut tally),
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
        Format::JavaScript | Format::TypeScript | Format::Php => &["//", "*", "/*", "#!"],
        Format::Lua | Format::AppleScript => &["--", "#!"],
        Format::VisualBasic => &["'"],
        _ => &["#"],
    }
}

#[cfg(test)]
mod tests {
    use census_model::Kind;

    use super::*;

    pub(super) fn commands(format: Format, text: &str) -> Vec<String> {
        let seen = see(format, text.as_bytes());
        let commands = seen.sightings.into_iter().filter(|s| s.term.kind == Kind::Command);
        let mut lines: Vec<_> = commands.map(|s| (s.line, s.term.value)).collect();
        lines.sort();
        lines.into_iter().map(|(line, value)| format!("{line} {value}")).collect()
    }

    /// The sightings of a script, by kind and value.
    pub(super) fn facts(format: Format, text: &str) -> Vec<String> {
        let sightings = see(format, text.as_bytes()).sightings.into_iter();
        sightings.map(|s| format!("{} {} {}", s.line, s.term.kind, s.term.value)).collect()
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
