//! PowerShell: its cmdlets, and the programs that stand where a command may.

use crate::tally::Tally;

/// Keywords and built-ins that are no commands.
const KEYWORDS: &[&str] = &[
    "if",
    "else",
    "elseif",
    "foreach",
    "for",
    "while",
    "do",
    "switch",
    "function",
    "param",
    "return",
    "try",
    "catch",
    "finally",
    "throw",
    "begin",
    "process",
    "end",
    "filter",
    "class",
    "enum",
    "using",
    "in",
    "break",
    "continue",
    "write-host",
    "write-output",
    "write-verbose",
    "write-error",
    "write-warning",
    "out-null",
    "where-object",
    "foreach-object",
    "select-object",
    "default",
];

/// Reads each line; here-strings and block comments are passed over.
pub(super) fn see(text: &str, tally: &mut Tally) {
    let mut until: Option<&str> = None;
    for (line, number) in text.lines().zip(1..) {
        let body = line.trim();
        if let Some(end) = until {
            if body.contains(end) {
                until = None;
            }
            continue;
        }
        if body.starts_with("<#") {
            until = (!body.contains("#>")).then_some("#>");
            continue;
        }
        for part in parts(body) {
            super::command(&words(part), number, tally);
        }
        until = if body.ends_with("@\"") { Some("\"@") } else { body.ends_with("@'").then_some("'@") };
    }
}

/// Where commands may begin: after `;`, `|`, `{`, `(`, `=` and `&` outside quotes. A comment ends the line.
fn parts(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut quote = None;
    let mut from = 0;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '#') => {
                parts.push(&line[from..at]);
                return parts;
            }
            (None, ';' | '|' | '{' | '}' | '(' | ')' | '=' | '&') => {
                parts.push(&line[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&line[from..]);
    parts
}

/// The words of a command, none where it begins with a variable, a number, an operator or a keyword.
fn words(part: &str) -> Vec<String> {
    let quoted = part.trim_start().starts_with(['"', '\'']);
    let words: Vec<String> = part.split_whitespace().map(|word| word.trim_matches(['"', '\'']).to_owned()).collect();
    let Some(first) = words.first() else { return words };
    let lower = first.to_ascii_lowercase();
    // A string alone is a value; what is quoted and runs has `&` before it and ends in a program's name.
    let is_value = quoted && lower.strip_suffix(".exe").is_none();
    let is_name = first.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.' || c == '\\');
    if is_value || !is_name || KEYWORDS.contains(&lower.as_str()) || first.ends_with(',') || first.contains(['[', ']', ':']) && !quoted {
        return Vec::new();
    }
    words
}

#[cfg(test)]
mod tests {
    use crate::Format;
    use crate::script::tests::commands;

    #[test]
    fn cmdlets_and_programs_are_commands() {
        let text = "<# no\nRemove-Item x #>\nparam($a)\n$x = Invoke-WebRequest -Uri $u # why\nif ($x) { Start-Process \"calc\" }\n\
                    & \"C:\\x\\tool.exe\" -v\n$y | Set-Content f; iex $z\n@'\nnot this\n'@\n";
        assert_eq!(
            commands(Format::PowerShell, text),
            ["4 Invoke-WebRequest -Uri", "5 Start-Process calc", "6 tool -v", "7 Set-Content f", "7 iex"]
        );
    }
}
