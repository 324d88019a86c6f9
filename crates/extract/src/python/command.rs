//! Command lines in constants: the program, and its first words.

use super::value::HOLE;

/// How many words of a command are looked at.
pub(super) const WORDS: usize = 12;

/// The longest word shown.
const LONGEST: usize = 64;

/// Programs that start the program behind them.
const PREFIXES: &[&str] = &["sudo", "doas", "env", "nohup", "exec", "time", "nice", "command", "start", "setsid", "xargs", "call"];

/// The commands of a shell's line: for each, the program, and the program with its first words.
pub(super) fn line(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in split(text) {
        let words: Vec<&str> = part.split_whitespace().take(WORDS).map(|word| word.trim_matches(['"', '\''])).collect();
        found.extend(self::words(&words));
    }
    found
}

/// The parts of a line between `;`, `|`, `&` and line ends, outside quotes.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut quote = None;
    text.split(move |c: char| match (quote, c) {
        (None, '"' | '\'') => {
            quote = Some(c);
            false
        }
        (Some(open), c) if c == open => {
            quote = None;
            false
        }
        (None, ';' | '|' | '&' | '\n') => true,
        _ => false,
    })
    .take(64)
}

/// The values of one command, given as words: `chmod`, `chmod +x`.
pub(super) fn words(words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = words.iter().copied().filter(|word| !word.is_empty()).skip_while(|word| is_assignment(word)).peekable();
    while let Some(word) = rest.next() {
        let Some(program) = program(word) else { return found };
        found.push(program.clone());
        let mut shown = program.clone();
        let mut following = rest.clone();
        // A flag says little without the word behind it: `python -m pip`.
        for _ in 0..2 {
            let Some(next) = following.next().filter(|next| is_telling(next)) else { break };
            shown = format!("{shown} {next}");
            found.push(shown.clone());
            if !next.starts_with('-') {
                break;
            }
        }
        if !PREFIXES.contains(&program.as_str()) {
            return found;
        }
        while rest.peek().is_some_and(|word| word.starts_with('-') || is_assignment(word)) {
            rest.next();
        }
    }
    found
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}

/// The program a word names: less its directory and `.exe`, in lower case where Windows would not tell the difference.
fn program(word: &str) -> Option<String> {
    let name = word.rsplit(['/', '\\']).next()?;
    let name = name.strip_suffix(".exe").or_else(|| name.strip_suffix(".EXE")).unwrap_or(name);
    let fits = (1..=LONGEST).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'+'))
        && name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    fits.then(|| name.to_owned())
}

/// Whether a word behind the program is worth showing: a flag or a word, known to its end, no path or URL.
fn is_telling(word: &str) -> bool {
    (1..=32).contains(&word.len())
        && !word.contains(HOLE)
        && !word.contains(['\\', '$', '{', '}', '<', '>', '(', ')', '"', '\'', '`', '*'])
        && (!word.contains('/') || (word.starts_with('/') && word.len() <= 8 && !word[1..].contains('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_show_program_and_first_words() {
        assert_eq!(line("chmod +x /tmp/x"), ["chmod", "chmod +x"]);
        assert_eq!(line("cd x && /usr/bin/curl -s https://a.example | sh"), ["cd", "cd x", "curl", "curl -s", "sh"]);
        assert_eq!(line("sudo -n apt-get install x"), ["sudo", "sudo -n", "sudo -n apt-get", "apt-get", "apt-get install"]);
        assert_eq!(line("A=1 powershell.exe -enc aGk="), ["powershell", "powershell -enc", "powershell -enc aGk="]);
        assert_eq!(words(&["reg", "add", "HKCU"]), ["reg", "reg add"]);
        assert_eq!(words(&["\0", "x"]), Vec::<String>::new());
        assert_eq!(line("echo 'a; b' "), ["echo", "echo a;"]);
    }
}
