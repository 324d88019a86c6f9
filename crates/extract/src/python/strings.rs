//! What string constants say by themselves: URLs, file-system paths, registry keys, IP addresses.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use census_model::{How, Kind};
use memchr::memmem;

use super::sink::Sink;
use super::value::{HOLE, Origin};
use crate::Scope;
use crate::text::url;

/// Notes what a constant holds. `given` is how sure it is that an outside call receives it, where one does.
pub(super) fn note(sink: &mut Sink, text: &str, origin: Origin, given: Option<How>, scope: Scope, offset: u32) {
    // What can be seen here has one of these; most constants are words.
    let telling = |b: u8| matches!(b, b'/' | b'\\' | b':' | b'.' | b'_');
    if sink.muted || text.len() < 3 || !text.bytes().any(telling) {
        return;
    }
    let written = if origin.folded { How::Folded } else { How::String };
    if origin.fresh {
        for (at, url) in url::find(text) {
            // In a text that spans lines, a written URL's own line: the text begins behind three quotes.
            let shift = if origin.folded { 0 } else { u32::try_from(at + 3).unwrap_or(0) };
            sink.value(Kind::Url, url, scope, written, offset.saturating_add(shift));
        }
    }
    if given.is_none() && !origin.fresh || scope == Scope::Inert {
        return;
    }
    let how = given.unwrap_or(written);
    if text.len() > 1024 || text.contains('\n') {
        return;
    }
    if let Some(key) = regkey(text) {
        sink.value(Kind::Regkey, key, scope, how, offset);
    } else if let Some(path) = path(text) {
        sink.value(Kind::Path, path, scope, how, offset);
    } else if (text.as_bytes()[0].is_ascii_digit() || text.contains("::"))
        && let Ok(ip) = text.parse::<IpAddr>()
        && is_address(ip)
    {
        sink.value(Kind::Host, &ip.to_string(), scope, how, offset);
    }
}

/// Whether what parses as an address is likely meant as one: versions have four parts as well.
fn is_address(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.octets()[0] > 5 || v4.is_unspecified() || matches!(v4.octets(), [1, 1, 1, 1] | [1, 0, 0, 1] | [4, 4, 4, 4]),
        IpAddr::V6(_) => true,
    }
}

/// Directories at the root of a file system: what tells a path from a route of a web application.
const ROOTS: &[&str] = &[
    "Applications",
    "Library",
    "System",
    "Users",
    "Volumes",
    "bin",
    "boot",
    "dev",
    "etc",
    "home",
    "lib",
    "lib64",
    "media",
    "mnt",
    "nix",
    "opt",
    "private",
    "proc",
    "root",
    "run",
    "sbin",
    "snap",
    "srv",
    "sys",
    "tmp",
    "usr",
    "var",
    "data/local",
    "sdcard",
];

/// Those that are as likely a page of a web application where nothing stands below them.
const ROUTES: &[&str] = &["Library", "System", "Users", "dev", "home", "lib", "media", "private", "run", "srv", "snap", "data/local"];

/// Places that a path may lead to from anywhere.
const PLACES: &[&str] = &[
    ".ssh/",
    ".aws/",
    ".gnupg/",
    ".kube/",
    ".docker/",
    ".azure/",
    ".config/",
    ".local/",
    ".mozilla/",
    ".bash_profile",
    ".bashrc",
    ".zshrc",
    ".netrc",
    ".pypirc",
    ".npmrc",
    ".git-credentials",
    ".bash_history",
    "AppData/",
    "appdata/",
    "Local Storage/",
    "User Data/",
    "Library/Application Support",
    "Library/Keychains",
    "LaunchAgents",
    "LaunchDaemons",
    "Start Menu/",
    "id_rsa",
    "id_ed25519",
    "wallet.dat",
    "System32/",
    "system32/",
];

/// Whether one of them is there at all: of most constants that is all there is to know.
static ANY_PLACE: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(PLACES).expect("a handful of short names"));

/// The path in a constant, less what is not known at its ends.
pub(crate) fn path(text: &str) -> Option<&str> {
    // Most constants are words.
    if memchr::memchr3(b'.', b'/', b'\\', text.as_bytes()).is_none() && !text.contains("id_") && !text.contains('$') {
        return None;
    }
    let text = text.split(HOLE).max_by_key(|part| part.len())?;
    let foreign = |b: u8| matches!(b, b'<' | b'>' | b'|' | b'"' | b'\t' | b'?' | b';' | b'(');
    if text.len() < 4 || text.len() > 260 || text.bytes().any(foreign) || memmem::find(text.as_bytes(), b"://").is_some() {
        return None;
    }
    let rooted = |rest: &str| {
        ROOTS
            .iter()
            .any(|root| rest.strip_prefix(root).is_some_and(|more| more.starts_with('/') || more.is_empty() && !ROUTES.contains(root)))
    };
    let bytes = text.as_bytes();
    let separator = |at: usize| bytes.get(at).is_some_and(|b| matches!(b, b'/' | b'\\'));
    let is_path = match bytes[0] {
        b'/' => rooted(&text[1..]),
        b'~' => separator(1) && bytes.len() > 3,
        b'%' => text[1..].find('%').is_some_and(|end| {
            end > 2 && separator(end + 2) && text[1..=end].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'(' || b == b')')
        }),
        b'$' => ["$HOME/", "${HOME}/", "$env:", "$XDG_"].iter().any(|home| text.starts_with(home)),
        letter if letter.is_ascii_alphabetic() && bytes[1] == b':' => separator(2) && bytes.len() > 3,
        _ => false,
    };
    if is_path {
        return Some(text);
    }
    if !text.contains('.') && !text.contains(['/', '\\']) && !text.starts_with("id_") {
        return None;
    }
    let slashed = if text.contains('\\') { Cow::Owned(text.replace('\\', "/")) } else { Cow::Borrowed(text) };
    if !ANY_PLACE.is_match(&*slashed) {
        return None;
    }
    let starts = |place: &str| slashed.find(place).is_some_and(|at| at == 0 || slashed.as_bytes()[at - 1] == b'/');
    (!text.contains(' ') || text.contains("Application Support") || text.contains("User Data") || text.contains("Start Menu"))
        .then(|| PLACES.iter().any(|place| starts(place)).then_some(text))
        .flatten()
}

/// The registry key in a constant.
pub(crate) fn regkey(text: &str) -> Option<&str> {
    const HIVES: &[&str] = &["HKEY_", "HKLM\\", "HKCU\\", "HKCR\\", "HKU\\", "HKLM:", "HKCU:"];
    const KEYS: &[&str] = &["software\\", "system\\currentcontrolset", "system\\controlset", "hardware\\", "software/microsoft/windows"];
    let first = text.as_bytes().first()?.to_ascii_lowercase();
    if first != b'h' && first != b's' {
        return None;
    }
    if HIVES.iter().any(|hive| text.starts_with(hive) && text.len() > hive.len() + 2) {
        return Some(text);
    }
    let head = text.get(..27).unwrap_or(text).to_ascii_lowercase();
    (KEYS.iter().any(|key| head.starts_with(key)) && !text.contains(HOLE)).then_some(text)
}

/// Whether a constant can be a host: a name with a dot, `localhost`, or an IP address.
pub(crate) fn is_host(text: &str) -> bool {
    let is_name = || {
        (text.contains('.') || text == "localhost")
            && text.len() <= 253
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
            && !text.starts_with(['.', '-'])
    };
    text.parse::<IpAddr>().is_ok() || is_name()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_routes() {
        for text in [
            "/etc/passwd",
            "~/.ssh/id_rsa",
            "C:\\Windows\\x.dll",
            "%APPDATA%\\x",
            "$HOME/.x",
            "\0/.aws/credentials",
            "/tmp/x",
            "AppData\\Roaming",
        ] {
            assert!(path(text).is_some(), "{text}");
        }
        for text in
            ["/api/v1/users", "/users", "//", "~", "a/b", "50%", "https://a.example/etc/", "/etc/<name>", "$x", "C: x", "see .ssh/ or so"]
        {
            assert!(path(text).is_none(), "{text}");
        }
    }

    #[test]
    fn registry_keys_and_hosts() {
        assert!(regkey("HKEY_LOCAL_MACHINE\\SOFTWARE").is_some());
        assert!(regkey("Software\\Microsoft\\Windows\\CurrentVersion\\Run").is_some());
        assert!(regkey("software is fun").is_none() && regkey("HKEY_").is_none());
        assert!(is_host("c2.example") && is_host("10.0.0.1") && is_host("::1") && is_host("localhost"));
        assert!(!is_host("name") && !is_host("a b.example") && !is_host(""));
    }
}
