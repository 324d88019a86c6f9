//! Batch files of Windows.

use crate::tally::Tally;

/// Words that may stand before a command, with how many more words they take.
const KEYWORDS: &[(&str, usize)] =
    &[("if", 0), ("not", 0), ("exist", 1), ("defined", 1), ("errorlevel", 1), ("else", 0), ("do", 0), ("/i", 0)];

/// Reads each line, which may hold several commands.
pub(super) fn see(text: &str, tally: &mut Tally) {
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim().trim_start_matches('@');
        if line.starts_with(':') || line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("rem ")) {
            continue;
        }
        for part in parts(line) {
            let words = words(&part);
            super::command(command(&words), number, tally);
        }
    }
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
    let words = part.split(blank).map(|word| word.trim_matches(['"', '^', '@']).to_owned()).filter(|word| !word.is_empty());
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
    use crate::Format;
    use crate::script::tests::commands;

    #[test]
    fn commands_are_told_from_conditions_and_labels() {
        let text = "@echo off\nrem del x\n:label\nif exist \"a b\" del /q \"a b\"\nif \"%1\" == \"x\" (reg add HKCU\\x) else goto end\n\
                    for %%i in (*.c) do cl %%i\n\"C:\\Tools\\PowerShell.exe\" -enc AAAA & start calc\n";
        assert_eq!(commands(Format::Batch, text), ["4 del", "5 reg add", "6 cl", "7 calc", "7 powershell -enc AAAA", "7 start calc"]);
    }
}
