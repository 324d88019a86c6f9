//! Batch files of Windows.

use std::collections::{BTreeMap, BTreeSet};

use census_model::{How, Kind};

use crate::Scope;
use crate::python::strings;
use crate::tally::Tally;

/// Words that may stand before a command, with how many more words they take.
const KEYWORDS: &[(&str, usize)] =
    &[("if", 0), ("not", 0), ("exist", 1), ("defined", 1), ("errorlevel", 1), ("else", 0), ("do", 0), ("/i", 0)];

/// The longest value of a variable that is kept, and the longest line that variables may make.
const LONGEST: usize = 8191;

/// Reads each line, which may hold several commands. Lines that end in a caret go on.
pub(super) fn see(text: &str, tally: &mut Tally) {
    let mut set = BTreeMap::new();
    let mut read = BTreeSet::new();
    let mut whole = String::new();
    for (line, number) in text.lines().zip(1..) {
        whole.push_str(line.trim());
        if whole.ends_with('^') && !whole.ends_with("^^") && whole.len() <= LONGEST {
            whole.pop();
            continue;
        }
        let line = std::mem::take(&mut whole);
        let line = line.trim_start_matches('@');
        if line.starts_with(':') || line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("rem ")) {
            continue;
        }
        let line = expanded(line, &set, |name| {
            if read.insert(name.to_owned()) {
                tally.add(Kind::Env, name, Scope::Script, How::Resolved, number);
            }
        });
        assignment(&line, &mut set);
        see_line(&line, number, tally);
    }
}

/// Reads one line whose variables are as they are.
pub(super) fn see_line(line: &str, number: i32, tally: &mut Tally) {
    let line = without_carets(line);
    for part in parts(&line) {
        let words = words(&part);
        // What is quoted in a loop's head is run: for /f %%i in ('cmd') do …
        let run = words.first().and_then(|first| first.strip_prefix('\'')).map(|first| {
            let rest = words[1..].iter().map(|word| word.trim_end_matches('\'').to_owned());
            std::iter::once(first.to_owned()).chain(rest).collect::<Vec<_>>()
        });
        super::command(run.as_deref().unwrap_or_else(|| command(&words)), number, tally);
        for word in &words {
            if let Some(key) = strings::regkey(word) {
                tally.add(Kind::Regkey, key, Scope::Script, How::Resolved, number);
            } else if let Some(path) = strings::path(word).filter(|path| !path.starts_with('/')) {
                tally.add(Kind::Path, path, Scope::Script, How::Resolved, number);
            }
        }
    }
}

/// `set NAME=value`.
fn assignment(line: &str, set: &mut BTreeMap<String, String>) {
    let Some(rest) = line.get(..4).filter(|start| start.eq_ignore_ascii_case("set ")).map(|_| line[4..].trim().trim_matches('"')) else {
        return;
    };
    if let Some((name, value)) = rest.split_once('=')
        && value.len() <= LONGEST
        && set.len() < 1024
    {
        set.insert(name.trim().to_ascii_uppercase(), value.to_owned());
    }
}

/// A line with the variables that the file sets put in, whole or in part (`%NAME:~2,4%`); the names of others are given to `other`.
fn expanded(line: &str, set: &BTreeMap<String, String>, mut other: impl FnMut(&str)) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let named = rest[1..].find('%').map(|end| (&rest[1..=end], &rest[end + 2..]));
        let Some((inside, after)) = named.filter(|(inside, _)| is_variable(inside) || set.contains_key(&inside.to_ascii_uppercase()))
        else {
            out.push('%');
            rest = &rest[1..];
            continue;
        };
        let (name, part) = inside.split_once(":~").unwrap_or((inside, ""));
        let value = set.get(&name.to_ascii_uppercase());
        if value.is_none() {
            other(name);
        }
        match value {
            Some(value) if out.len() + value.len() <= LONGEST => out.push_str(slice(value, part)),
            _ => {
                out.push('%');
                out.push_str(inside);
                out.push('%');
            }
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn is_variable(inside: &str) -> bool {
    let name = inside.split_once(":~").map_or(inside, |(name, _)| name);
    (2..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !name.as_bytes()[0].is_ascii_digit()
}

/// A part of a value, from and for how many characters, as `2,4` or `-3` say.
fn slice<'a>(value: &'a str, part: &str) -> &'a str {
    if part.is_empty() {
        return value;
    }
    let (from, length) = part.split_once(',').unwrap_or((part, ""));
    let all = value.len();
    let place = |n: &str, base: usize| match n.trim().parse::<isize>() {
        Ok(n) if n < 0 => all.saturating_sub(n.unsigned_abs()),
        Ok(n) => (base + n.unsigned_abs()).min(all),
        Err(_) => all,
    };
    let from = place(from, 0);
    let end = if length.is_empty() { all } else { place(length, from) };
    value.get(from..end).unwrap_or_default()
}

/// A line without the carets that escape what follows them, outside quotes.
fn without_carets(line: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let kept = |c: &char| {
        quoted ^= *c == '"' && !escaped;
        let caret = *c == '^' && !quoted && !escaped;
        escaped = caret;
        !caret
    };
    line.chars().filter(kept).collect()
}

/// The commands of a line, parted at `&`, `|` and brackets outside quotes.
fn parts(line: &str) -> Vec<String> {
    let mut quoted = false;
    let parted = |c: char| {
        quoted ^= c == '"';
        !quoted && matches!(c, '&' | '|' | '(' | ')')
    };
    line.split(parted).map(str::to_owned).collect()
}

fn words(part: &str) -> Vec<String> {
    let mut quoted = false;
    let blank = |c: char| {
        quoted ^= c == '"';
        !quoted && c.is_whitespace()
    };
    let words = part.split(blank).map(|word| word.trim_matches(['"', '@']).to_owned()).filter(|word| !word.is_empty());
    let mut words: Vec<String> = words.collect();
    if let Some(first) = words.first_mut() {
        first.make_ascii_lowercase();
    }
    words
}

/// The words after conditions and loop heads; `==` compares, and is passed over with its condition.
fn command(words: &[String]) -> &[String] {
    let mut rest = words;
    while let Some((first, after)) = rest.split_first() {
        let lower = first.to_ascii_lowercase();
        rest = match KEYWORDS.iter().find(|(word, _)| *word == lower) {
            Some(&(_, more)) => after.get(more..).unwrap_or_default(),
            None if lower == "for" => after.iter().position(|word| word.eq_ignore_ascii_case("do")).map_or(&[][..], |at| &after[at + 1..]),
            None if lower.contains("==") => after,
            None if after.first().is_some_and(|word| word == "==") => after.get(2..).unwrap_or_default(),
            None => return rest,
        };
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Format;
    use crate::script::tests::{commands, facts};

    #[test]
    fn commands_are_told_from_conditions_and_labels() {
        let text = "@echo off\nrem del x\n:label\nif exist \"a b\" del /q \"a b\"\nif \"%1\" == \"x\" (reg add HKCU\\x) else goto end\n\
                    for %%i in (*.c) do cl %%i\n\"C:\\Tools\\PowerShell.exe\" -enc AAAA & start calc\n";
        assert_eq!(commands(Format::Batch, text), ["4 del", "5 reg add", "6 cl", "7 calc", "7 powershell -enc AAAA", "7 start calc"]);
    }

    #[test]
    fn disguises_are_taken_off() {
        for (text, expected) in [
            ("p^ower^shell -c calc", &["1 command calc", "1 command powershell -c calc"] as &[_]),
            ("set pq=powershell\n%pq:~0,5%shell -nop\n", &["2 command powershell -nop"]),
            ("curl ^\n -o x", &["2 command curl -o x"]),
            ("for /f %%i in ('whoami /all') do echo %%i", &["1 command whoami"]),
            (
                "reg add \"HKCU\\Software\\Run\" /v x & type %APPDATA%\\x.txt",
                &["1 env APPDATA", "1 path %APPDATA%\\x.txt", "1 regkey HKCU\\Software\\Run", "1 command reg add"],
            ),
        ] {
            assert_eq!(facts(Format::Batch, text), expected, "{text}");
        }
        assert_eq!((slice("abcdef", "2,3"), slice("abcdef", "-2"), slice("abcdef", "1,-1"), slice("abc", "9")), ("cde", "ef", "bcde", ""));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "[a-zé%~:,0-9^&|(\"'= \n-]{0,200}") {
            facts(Format::Batch, &text);
        }
    }
}
