//! The strings of a binary that say what it does, in ASCII and in UTF-16: URLs wherever they stand; paths, registry keys and commands
//! that are texts of their own.

use std::net::IpAddr;
use std::ops::Range;
use std::sync::LazyLock;

use census_model::{How, Kind};
use memchr::memmem;

use super::needles::Needles;
use super::reader::Reader;
use crate::tally::Tally;
use crate::text::url;
use crate::{Scope, Seen, script};

/// The longest string around a URL that is read.
const LONGEST: usize = 2048;

/// How far back a scheme may begin.
const SCHEME: usize = 24;

/// Counts the URLs of a binary, which stand in `scope`.
pub(crate) fn urls(bytes: &[u8], scope: Scope, tally: &mut Tally) {
    runs::<1>(bytes, b"://", scope, tally);
    runs::<2>(bytes, b":\0/\0/\0", scope, tally);
}

/// Reads the printable runs around `mark`, whose characters are `WIDTH` bytes wide, little endian.
fn runs<const WIDTH: usize>(bytes: &[u8], mark: &[u8], scope: Scope, tally: &mut Tally) {
    let printable = |unit: &[u8]| (unit[0].is_ascii_graphic() || unit[0] == b' ') && unit[1..].iter().all(|&b| b == 0);
    let mut done = 0;
    for at in memmem::find_iter(bytes, mark) {
        if at < done {
            continue;
        }
        let before = bytes[done..at].rchunks_exact(WIDTH).take(SCHEME).take_while(|unit| printable(unit)).count();
        let after = bytes[at..].chunks_exact(WIDTH).take(LONGEST).take_while(|unit| printable(unit)).count();
        let end = at + after * WIDTH;
        let text: String = bytes[at - before * WIDTH..end].iter().step_by(WIDTH).map(|&b| char::from(b)).collect();
        for (_, found) in url::find(&text).filter(|(_, found)| is_whole(found)) {
            tally.add(Kind::Url, found, scope, How::String, 0);
        }
        done = end;
    }
}

/// Top-level domains that no registry lists, for use inside networks and in documents.
const UNLISTED: &[&str] = &["example", "test", "invalid", "local", "localhost", "internal", "lan", "home", "corp", "onion", "i2p", "bit"];

/// Whether a URL ends in a host that may exist. Compilers put strings side by side, and a dictionary of words is full of `http://`.
fn is_whole(found: &str) -> bool {
    let Some(parts) = url::parse(found) else { return false };
    if parts.tld.is_empty() {
        return parts.host == "localhost" || parts.host.parse::<IpAddr>().is_ok();
    }
    url::is_public(&parts.host) || UNLISTED.contains(&parts.tld.as_str())
}

/// How texts begin that are looked at: places that only a path leads to, hives and keys of the registry, and programs with what tells
/// a command from prose.
const BEGINNINGS: &[&str] = &[
    "/etc/",
    "/proc/",
    "/dev/",
    "/tmp/",
    "/var/",
    "/usr/",
    "/bin/",
    "/sbin/",
    "/home/",
    "/root/",
    "/sys/",
    "/Users/",
    "/Library/",
    "~/",
    "%APPDATA%\\",
    "%LOCALAPPDATA%\\",
    "%PROGRAMDATA%\\",
    "%USERPROFILE%\\",
    "%TEMP%\\",
    "%SystemRoot%\\",
    "%windir%\\",
    "C:\\",
    "\\\\.\\",
    "\\Device\\",
    "HKEY_",
    "HKLM\\",
    "HKCU\\",
    "SOFTWARE\\",
    "Software\\",
    "SYSTEM\\CurrentControlSet\\",
    "System\\CurrentControlSet\\",
    "/bin/sh -",
    "/bin/bash -",
    "sh -c ",
    "bash -c ",
    "cmd /",
    "cmd.exe /",
    "powershell -",
    "powershell.exe -",
    "pwsh -",
    "rundll32 ",
    "rundll32.exe ",
    "regsvr32 ",
    "mshta ",
    "schtasks /",
    "schtasks.exe /",
    "taskkill /",
    "reg add ",
    "reg delete ",
    "reg query ",
    "net user ",
    "net stop ",
    "netsh ",
    "sc create ",
    "wmic ",
    "vssadmin ",
    "bcdedit ",
    "certutil -",
    "bitsadmin /",
    "icacls ",
    "curl -",
    "curl http",
    "wget -",
    "wget http",
    "chmod +",
    "chmod 7",
    "chmod 6",
    "chown ",
    "rm -",
    "kill -",
    "pkill ",
    "sudo -",
    "sudo /",
    "nc -",
    "crontab -",
    "systemctl ",
    "launchctl ",
    "osascript -",
    "ssh -",
];

/// The longest text that is read, and the most of them.
const TEXT: usize = 260;
const TEXTS: usize = 2_000;

static NARROW: LazyLock<Needles> =
    LazyLock::new(|| Needles::new(&BEGINNINGS.iter().map(|text| text.as_bytes().to_vec()).collect::<Vec<_>>()));

static WIDE: LazyLock<Needles> =
    LazyLock::new(|| Needles::new(&BEGINNINGS.iter().map(|text| text.bytes().flat_map(|byte| [byte, 0]).collect()).collect::<Vec<_>>()));

/// Texts of their own in a binary.
pub(super) struct Texts<'d> {
    bytes: &'d [u8],
    tally: Tally,
    left: usize,
}

impl<'d> Texts<'d> {
    pub(super) fn new(bytes: &'d [u8]) -> Self {
        Self { bytes, tally: Tally::default(), left: TEXTS }
    }

    /// Looks for texts within `range`: in ASCII, and in UTF-16 where it is `wide`, as in programs for Windows.
    pub(super) fn find(&mut self, range: Range<usize>, wide: bool) {
        NARROW.each(self.bytes, range.clone(), &mut |_, at, _| self.text::<1>(at));
        if wide {
            WIDE.each(self.bytes, range, &mut |_, at, _| self.text::<2>(at));
        }
    }

    fn text<const WIDTH: usize>(&mut self, at: usize) {
        let printable = |unit: &[u8]| (unit[0].is_ascii_graphic() || unit[0] == b' ') && unit[1..].iter().all(|&b| b == 0);
        let begins = at < WIDTH || !printable(&self.bytes[at - WIDTH..at]);
        if !begins || self.left == 0 {
            return;
        }
        let mut units = self.bytes[at..].chunks_exact(WIDTH);
        let text: String = units.by_ref().take(TEXT).take_while(|unit| printable(unit)).map(|unit| char::from(unit[0])).collect();
        if text.len() < TEXT {
            self.left -= 1;
            note(text.trim_end(), &mut self.tally);
        }
    }

    /// Counts what was found. A command here is no more than a text that reads like one.
    pub(super) fn finish(self, reader: &mut Reader) {
        let mut seen = Seen::default();
        self.tally.finish(&mut seen);
        for sighting in seen.sightings {
            reader.tally.add(sighting.term.kind, sighting.term.value, Scope::Native, How::String, 0);
        }
    }
}

/// Counts a text by what it is.
fn note(text: &str, tally: &mut Tally) {
    let is_key =
        |text: &str| ["HKEY_", "HKLM\\", "HKCU\\"].iter().any(|hive| text.starts_with(hive)) || is_below(text, &["software", "system"]);
    if is_key(text) {
        if text.len() > 9 {
            tally.add(Kind::Regkey, text, Scope::Native, How::String, 0);
        }
    } else if text.contains(' ') && !text.starts_with(['~', '%', '\\']) && !text.starts_with("C:\\") {
        // A program by its path, or by its name; a sentence that begins with a path has no option behind it.
        let second = text.split(' ').nth(1).unwrap_or_default();
        if !text.starts_with('/') || second.starts_with('-') {
            script::shell_lines(text, 0, tally);
        }
    } else if is_path(text) {
        tally.add(Kind::Path, text, Scope::Native, How::String, 0);
    }
}

/// Whether the text is a key below one of these, which the registry has.
fn is_below(text: &str, keys: &[&str]) -> bool {
    text.split_once('\\').is_some_and(|(first, rest)| rest.len() > 2 && keys.iter().any(|key| first.eq_ignore_ascii_case(key)))
}

/// Whether a text is a path of the machine it runs on, rather than where its sources once lay.
fn is_path(text: &str) -> bool {
    const SOURCES: &[&str] = &[
        "c", "h", "cc", "cpp", "cxx", "hpp", "hh", "hxx", "ipp", "inl", "inc", "rs", "go", "s", "S", "f", "f90", "pyx", "pxd", "y", "l",
        "o", "cu", "m", "mm",
    ];
    let extension = text.rsplit(['/', '\\']).next().and_then(|name| name.rsplit_once('.')).map(|(_, extension)| extension);
    let built = ["/src/", "/include/", "/build/", "/registry/", "/rustc/", "\\src\\", "\\build\\"].iter().any(|part| text.contains(part));
    text.len() > 4
        && !built
        && extension.is_none_or(|extension| !SOURCES.contains(&extension))
        && !text.contains(['<', '>', '|', '"', '?', ';', '*', '`', '('])
        && !text.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_widths_are_read() {
        let mut bytes = b"\0\xffhttps://a.example/x\0\x01http://wordlist\0http://a.b:c\0".to_vec();
        bytes.extend("see http://b.example/y now".encode_utf16().flat_map(u16::to_le_bytes));
        let mut tally = Tally::default();
        urls(&bytes, Scope::Native, &mut tally);
        let mut seen = Seen::default();
        tally.finish(&mut seen);
        let got: Vec<_> = seen.sightings.iter().map(|s| s.term.value.as_str()).collect();
        assert_eq!(got, ["http://b.example/y", "https://a.example/x"]);
    }

    fn texts(bytes: &[u8]) -> Vec<(Kind, String)> {
        let (mut texts, mut reader) = (Texts::new(bytes), Reader::default());
        texts.find(0..bytes.len(), true);
        texts.finish(&mut reader);
        reader.finish().sightings.into_iter().map(|sighting| (sighting.term.kind, sighting.term.value)).collect()
    }

    #[test]
    fn texts_of_their_own_are_told_apart() {
        let got = texts(
            b"\0/etc/passwd\0x/etc/shadow\0/proc/self/maps\0/usr/src/x/a.c\0Software\\Microsoft\\Windows\\CurrentVersion\\Run\0\
              powershell -enc AAAA\0curl is a program\0curl -s http://x\0/bin/sh -c ls\0/usr/bin/env is not found\0/tmp/*.c (or so)\0~/.ssh/id_rsa\0",
        );
        let expected = [
            (Kind::Path, "/bin/sh"),
            (Kind::Path, "/etc/passwd"),
            (Kind::Path, "/proc/self/maps"),
            (Kind::Path, "~/.ssh/id_rsa"),
            (Kind::Regkey, "Software\\Microsoft\\Windows\\CurrentVersion\\Run"),
            (Kind::Command, "curl -s"),
            (Kind::Command, "ls"),
            (Kind::Command, "powershell -enc AAAA"),
            (Kind::Command, "sh -c ls"),
        ];
        assert_eq!(got, expected.map(|(kind, text)| (kind, text.to_owned())));
    }

    #[test]
    fn wide_texts_are_read() {
        let mut bytes = vec![0, 0];
        bytes.extend("SOFTWARE\\Vendor\\Key\0cmd.exe /c del x\0C:\\Windows\\x y.dll\0".encode_utf16().flat_map(u16::to_le_bytes));
        let expected = [
            (Kind::Path, "C:\\Windows\\x y.dll"),
            (Kind::Regkey, "SOFTWARE\\Vendor\\Key"),
            (Kind::Command, "cmd"),
            (Kind::Command, "del x"),
        ];
        assert_eq!(texts(&bytes), expected.map(|(kind, text)| (kind, text.to_owned())));
    }
}
