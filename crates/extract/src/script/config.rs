//! Configuration: the commands that services, desktops, schedulers and package managers are told to run, and the hosts and paths in values.

use std::net::IpAddr;

use census_model::{How, Kind};
use memchr::memmem;
use serde_json::Value;

use super::{batch, lang, shell_lines};
use crate::python::strings;
use crate::tally::{Lines, Tally};
use crate::text::url;
use crate::{Format, Scope};

/// The longest line whose value is read.
const LONGEST: usize = 2000;

/// Ends of the names of keys whose value is a host.
const HOST_KEYS: &[&str] =
    &["host", "hostname", "server", "servers", "domain", "endpoint", "proxy", "broker", "address", "pool", "ip", "upstream"];

/// Keys of a package manager's file that are run when the package is installed.
const HOOKS: &[&str] =
    &["preinstall", "install", "postinstall", "prepare", "preuninstall", "postuninstall", "post-install-cmd", "pre-install-cmd"];

/// Reads a configuration file; nothing where the format is none.
pub(crate) fn see(format: Format, text: &str, tally: &mut Tally) {
    match format {
        Format::Ini => services(text, tally),
        Format::Json => packages(text, tally),
        Format::Xml => property_list(text, tally),
        Format::Html => scripts(text, tally),
        _ => {}
    }
    if matches!(format, Format::Ini | Format::Json | Format::Yaml | Format::Toml) {
        values(text, tally);
    }
}

/// Units of systemd, desktop entries, and the commands of tox.
fn services(text: &str, tally: &mut Tally) {
    let mut many = false;
    for (line, number) in text.lines().zip(1..) {
        let body = line.trim();
        if many && line.starts_with([' ', '\t']) {
            shell_lines(body.trim_start_matches("- "), number, tally);
            continue;
        }
        many = false;
        let Some((key, value)) = body.split_once('=') else { continue };
        let value = value.trim();
        match key.trim() {
            "ExecStart" | "ExecStartPre" | "ExecStartPost" | "ExecStop" | "ExecStopPost" | "ExecReload" | "ExecCondition" => {
                shell_lines(value.trim_start_matches(['-', '@', '+', '!', ':']), number, tally);
            }
            "Exec" | "TryExec" => shell_lines(value, number, tally),
            "commands" | "commands_pre" | "commands_post" => {
                many = true;
                shell_lines(value.trim_start_matches("- "), number, tally);
            }
            _ => {}
        }
    }
}

/// The scripts of a `package.json` or `composer.json`.
fn packages(text: &str, tally: &mut Tally) {
    let Some(at) = memmem::find(text.as_bytes(), b"\"scripts\"") else { return };
    let Ok(package) = serde_json::from_str::<Value>(text) else { return };
    let Some(Value::Object(scripts)) = package.get("scripts") else { return };
    let mut lines = Lines::new(text.as_bytes());
    let line = lines.of(at);
    for (name, script) in scripts {
        if HOOKS.contains(&name.as_str()) {
            tally.add(Kind::Meta, format!("script-hook:{name}"), Scope::Script, How::Resolved, line);
        }
        let given = script.as_array().map_or(std::slice::from_ref(script), Vec::as_slice);
        for command in given.iter().filter_map(Value::as_str) {
            shell_lines(command, line, tally);
        }
    }
}

/// What launches agents and daemons of macOS, and the `Exec` tasks of a build.
fn property_list(text: &str, tally: &mut Tally) {
    let mut lines = Lines::new(text.as_bytes());
    let strings = |from: usize, until: &str| -> Vec<String> {
        let rest = &text[from..];
        let rest = &rest[..rest.find(until).unwrap_or(rest.len()).min(rest.floor_char_boundary(8192.min(rest.len())))];
        let parts = rest.split("<string>").skip(1).take(16);
        parts.filter_map(|part| part.split_once("</string>")).map(|(word, _)| plain(word)).collect()
    };
    for at in memmem::find_iter(text.as_bytes(), "<key>Program") {
        let rest = &text[at..];
        let words = if rest.starts_with("<key>ProgramArguments</key>") {
            strings(at, "</array>")
        } else if rest.starts_with("<key>Program</key>") {
            strings(at, "</string>\n").into_iter().take(1).collect()
        } else {
            continue;
        };
        super::command(&words, lines.of(at), tally);
    }
    for at in memmem::find_iter(text.as_bytes(), "<Exec Command=\"") {
        let rest = &text[at + 15..];
        let command = &rest[..rest.find('"').unwrap_or(0)];
        if command.len() <= LONGEST {
            shell_lines(&plain(command), lines.of(at), tally);
        }
    }
}

fn plain(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The scripts inside a page.
fn scripts(text: &str, tally: &mut Tally) {
    let mut lines = Lines::new(text.as_bytes());
    let mut from = 0;
    let lower = text.to_ascii_lowercase();
    while let Some(found) = memmem::find(&lower.as_bytes()[from..], b"<script") {
        let at = from + found;
        let Some(open) = memchr::memchr(b'>', &lower.as_bytes()[at..]).map(|end| at + end + 1) else { return };
        let close = memmem::find(&lower.as_bytes()[open..], b"</script").map_or(text.len(), |end| open + end);
        let (tag, code) = (&lower[at..open], &text[open..close]);
        let line = lines.of(at);
        if tag.contains("vbscript") {
            tally.nested(How::Resolved, line, |tally| lang::other::see(&lang::other::VISUAL_BASIC, code, tally));
        } else if !tag.contains("json") && !tag.contains("template") && !code.trim().is_empty() {
            tally.nested(How::Resolved, line, |tally| lang::javascript::see(code, tally));
        }
        from = close;
    }
}

/// Lines of five times and a command.
pub(super) fn crontab(text: &str, tally: &mut Tally) {
    for (line, number) in text.lines().zip(1..) {
        let body = line.trim();
        let times = if body.starts_with('@') { 1 } else { 5 };
        let is_time =
            |word: &str| word.starts_with('@') || word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'*' | b'/' | b',' | b'-'));
        let mut rest = body;
        let mut sound = !body.starts_with('#');
        for _ in 0..times {
            let Some((word, after)) = rest.split_once(char::is_whitespace) else {
                sound = false;
                break;
            };
            sound &= is_time(word);
            rest = after.trim_start();
        }
        if sound {
            // The table of the whole system names a user.
            let command = rest.strip_prefix("root").filter(|after| after.starts_with([' ', '\t'])).unwrap_or(rest);
            shell_lines(command, number, tally);
        }
    }
}

/// A file of the Windows registry: keys, and the programs in values.
pub(super) fn registry(text: &str, tally: &mut Tally) {
    for (line, number) in text.lines().zip(1..) {
        let body = line.trim();
        if let Some(key) = body.strip_prefix('[').and_then(|body| body.strip_suffix(']')) {
            let key = key.trim_start_matches('-');
            tally.add(Kind::Regkey, key, Scope::Script, How::Resolved, number);
        } else if let Some((_, value)) = body.split_once("=\"")
            && value.len() <= LONGEST
        {
            let value = value.strip_suffix('"').unwrap_or(value).replace("\\\"", "\"").replace("\\\\", "\\");
            if value.to_ascii_lowercase().contains(".exe") {
                batch::see_line(&value, number, tally);
            }
        }
    }
}

/// Hosts, paths and registry keys that are the value of a key.
fn values(text: &str, tally: &mut Tally) {
    let (bytes, mut start) = (text.as_bytes(), 0);
    for (end, number) in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]).zip(1..) {
        let line = &text[std::mem::replace(&mut start, end + 1)..end];
        // A host has a dot or colons, what else is looked for a slash: most lines have none behind their key.
        if line.len() > LONGEST || memchr::memchr3(b'.', b'/', b'\\', line.as_bytes()).is_none() && line.matches(':').nth(2).is_none() {
            continue;
        }
        let body = line.trim_start();
        if body.starts_with(['#', ';', '<', '|']) {
            continue;
        }
        let Some(at) = memchr::memchr2(b'=', b':', body.as_bytes()) else { continue };
        let (key, value) = (body[..at].trim().trim_matches(['{', '"', '\'', '-', ' ']), &body[at + 1..]);
        let value = value.trim().trim_end_matches([',', ';', '}', ' ']).trim_matches(['"', '\'']);
        if value.len() < 4 || value.len() > 260 || key.len() > 64 {
            continue;
        }
        if let Some(key) = strings::regkey(value) {
            tally.add(Kind::Regkey, key, Scope::Inert, How::String, number);
        } else if let Some(path) = strings::path(value) {
            tally.add(Kind::Path, path, Scope::Inert, How::String, number);
        } else if let Some(host) = host(key, value) {
            tally.add(Kind::Host, host, Scope::Inert, How::String, number);
        }
    }
}

/// The host in the value of a key that names one.
fn host<'a>(key: &str, value: &'a str) -> Option<&'a str> {
    let lower = key.to_ascii_lowercase();
    let last = lower.rsplit(['_', '-', '.', ' ']).next().unwrap_or(&lower);
    if !HOST_KEYS.contains(&last) {
        return None;
    }
    let host = match value.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') && port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => value,
    };
    let known = host.parse::<IpAddr>().is_ok() || strings::is_host(host) && url::is_public(host);
    known.then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Seen, script, text};

    fn facts(format: Format, text: &str) -> Vec<String> {
        let Seen { mut sightings, .. } =
            if format.is_script() { script::see(format, text.as_bytes()) } else { text::see(format, text.as_bytes()) };
        sightings.sort();
        sightings.into_iter().map(|s| format!("{} {} {}", s.line, s.term.kind, s.term.value)).collect()
    }

    #[test]
    fn services_and_schedules_are_commands() {
        for (format, text, expected) in [
            (
                Format::Ini,
                "[Service]\nExecStart=-/usr/bin/env python3 -m x\n",
                &["2 path /usr/bin/env", "2 command env python3 -m", "2 command python3 -m x"] as &[_],
            ),
            (Format::Ini, "[Desktop Entry]\nExec=gedit %U\n", &["2 command gedit"]),
            (Format::Ini, "[testenv]\ncommands =\n    pytest -q\n    - rm x\ndeps = a\n", &["3 command pytest -q", "4 command rm x"]),
            (
                Format::Crontab,
                "# m h\nA=b\n*/5 * * * * root /opt/x -q\n@reboot curl u\n",
                &["3 path /opt/x", "4 command curl u", "3 command x -q"],
            ),
            (
                Format::Json,
                "{\"name\": \"x\",\n \"scripts\": {\"postinstall\": \"node x.js\", \"a\": \"rm -rf d\"}}",
                &["2 command node", "2 command rm -rf d", "2 meta script-hook:postinstall"],
            ),
            (
                Format::Xml,
                "<plist>\n<key>ProgramArguments</key>\n<array><string>/bin/sh</string><string>-c</string><string>id &amp;&amp; w</string></array>",
                &["2 command id", "2 command sh -c", "2 command w"],
            ),
            (
                Format::Html,
                "<p>\n<script type=\"text/javascript\">eval(x)</script><SCRIPT language=VBScript>CreateObject(\"A.B\")</SCRIPT>",
                &["2 call com:A.B", "2 call javascript:eval"],
            ),
            (
                Format::Registry,
                "Windows Registry Editor Version 5.00\n\n[HKEY_CURRENT_USER\\Software\\Run]\n\"a\"=\"\\\"C:\\\\x\\\\evil.exe\\\" /q\"\n",
                &["4 path c:\\x\\evil.exe", "3 regkey HKEY_CURRENT_USER\\Software\\Run", "4 command evil"],
            ),
        ] {
            assert_eq!(facts(format, text), expected, "{text}");
        }
    }

    #[test]
    fn values_are_hosts_and_paths() {
        for (format, text, expected) in [
            (
                Format::Yaml,
                "db_host: db.internal.example.com:5432\nname: a.com\nversion: 1.2.3.4\n",
                &["1 host db.internal.example.com"] as &[_],
            ),
            (Format::Json, "{\"server\": \"10.0.0.1\",\n\"key\": \"~/.ssh/id_rsa\"}", &["2 path ~/.ssh/id_rsa", "1 host 10.0.0.1"]),
            (Format::Json, "{\n\"server\": \"10.0.0.1\",\n\"key\": \"~/.ssh/id_rsa\"\n}", &["3 path ~/.ssh/id_rsa", "2 host 10.0.0.1"]),
            (Format::Toml, "log = '/var/log/x'\nhost = \"localhost\"\n", &["1 path /var/log/x"]),
        ] {
            assert_eq!(facts(format, text), expected, "{text}");
        }
    }
}
