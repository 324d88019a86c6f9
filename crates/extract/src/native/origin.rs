//! What a binary was made of: the one pass over its bytes for texts that tell.
//!
//! The banners of libraries ([`super::banner`]), what compilers of Go and Rust leave, programs inside the program, and the beginnings of
//! paths, registry keys and commands ([`super::strings`]) are looked for together. What is found is looked at more closely, a bounded
//! number of times for each needle.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::sync::LazyLock;

use memchr::memmem;
use serde::Deserialize;

use super::banner::{BANNERS, Said, Version};
use super::layout;
use super::needles::Needles;
use super::reader::Reader;
use super::strings;
use crate::Format;

/// What a needle that is no banner begins.
#[derive(Clone, Copy)]
enum Mark {
    /// The build information of Go.
    Go,
    /// The directory of a crate's sources.
    Crate,
    /// The commit of Rust's compiler.
    Rustc,
    /// An ELF file.
    Elf,
    /// The text at the beginning of every PE file.
    Pe,
    /// What UPX says of itself, also where it left no sections.
    Upx,
}

const MARKS: &[(&[u8], Mark)] = &[
    (b"\xff Go buildinf:", Mark::Go),
    (b"registry/src/", Mark::Crate),
    (b"registry\\src\\", Mark::Crate),
    (b"/rustc/", Mark::Rustc),
    (b"\x7fELF", Mark::Elf),
    (b"This program cannot be run in DOS mode", Mark::Pe),
    (b"packed with the UPX executable packer", Mark::Upx),
];

/// How often each banner or mark is looked at more closely.
const LOOKS: usize = 64;

/// How often the marks of crates are, of which a program has as many as files with something to say when they fail.
const CRATES: usize = 20_000;

/// Looks through a member for what it was made of, and for its strings. Code is passed over: its compilers put no texts there.
pub(super) fn find(format: Format, bytes: &[u8], reader: &mut Reader) {
    static BANNERS_AND_MARKS: LazyLock<Needles> = LazyLock::new(|| {
        let banners = BANNERS.iter().map(|banner| banner.needle.as_bytes().to_vec());
        Needles::new(&banners.chain(MARKS.iter().map(|(needle, _)| needle.to_vec())).collect::<Vec<_>>())
    });
    let mut looks = vec![0_usize; BANNERS.len() + MARKS.len()];
    let mut found = Found { bytes, format: format.name(), crates: BTreeSet::new(), said: BTreeSet::new() };
    let mut texts = strings::Texts::new(bytes);
    for range in layout::texts(bytes) {
        BANNERS_AND_MARKS.each(bytes, range.clone(), &mut |needle, start, end| {
            looks[needle] += 1;
            let mark = needle.checked_sub(BANNERS.len()).map(|mark| MARKS[mark].1);
            let most = if matches!(mark, Some(Mark::Crate)) { CRATES } else { LOOKS };
            match mark {
                _ if looks[needle] > most => {}
                Some(mark) => found.mark(mark, start, end, reader),
                None => found.banner(needle, start),
            }
        });
        texts.find(range, format == Format::Pe);
    }
    texts.finish(reader);
    found.finish(reader);
}

struct Found<'d> {
    bytes: &'d [u8],
    format: &'static str,
    crates: BTreeSet<(String, String)>,
    said: BTreeSet<(&'static str, Option<String>)>,
}

impl Found<'_> {
    fn banner(&mut self, banner: usize, at: usize) {
        let banner = &BANNERS[banner];
        // What has its version elsewhere is asked once: it takes a look at the whole.
        let elsewhere = matches!(banner.version, Version::Alone(_) | Version::Unsaid);
        if elsewhere && self.said.iter().any(|(name, _)| *name == banner.name) {
            return;
        }
        match banner.read(self.bytes, at) {
            Said::Nothing => {}
            Said::Name => drop(self.said.insert((banner.name, None))),
            Said::Version(version) => drop(self.said.insert((banner.name, Some(version)))),
        }
    }

    fn mark(&mut self, mark: Mark, start: usize, end: usize, reader: &mut Reader) {
        match mark {
            Mark::Go => go(&self.bytes[start..], reader),
            Mark::Crate => self.crates.extend(crate_of(&self.bytes[end..])),
            Mark::Rustc => {
                let commit = self.bytes[end..].iter().take(40).take_while(|byte| byte.is_ascii_hexdigit()).count();
                if commit == 40 {
                    let commit = String::from_utf8_lossy(&self.bytes[end..end + 12]).into_owned();
                    reader.property(self.format, &format!("compiler rustc {commit}"));
                }
            }
            Mark::Elf if start > 0 && is_elf(&self.bytes[start..]) => reader.property(self.format, "embeds elf"),
            Mark::Pe if is_pe(self.bytes, start) => reader.property(self.format, "embeds pe"),
            Mark::Upx => reader.property(self.format, "packed upx"),
            Mark::Elf | Mark::Pe => {}
        }
    }

    fn finish(self, reader: &mut Reader) {
        let named: BTreeSet<_> = self.said.iter().filter(|(_, version)| version.is_some()).map(|(name, _)| *name).collect();
        for (name, version) in self.said {
            // Where it says its version, the text without one says nothing more.
            if version.is_some() || !named.contains(name) {
                reader.component(name, version);
            }
        }
        for (name, version) in self.crates {
            reader.component(format!("cargo/{name}"), Some(version));
        }
    }
}

/// Name and version of the crate whose sources a path leads to: the directory behind that of the registry.
fn crate_of(path: &[u8]) -> Option<(String, String)> {
    const LONGEST: usize = 200;
    let path = std::str::from_utf8(path[..path.len().min(LONGEST)].split(|byte| !byte.is_ascii_graphic()).next()?).ok()?;
    let mut parts = path.split(['/', '\\']);
    let (_, directory, _) = (parts.next()?, parts.next()?, parts.next()?);
    let at = directory.match_indices('-').find(|(at, _)| directory[at + 1..].starts_with(|c: char| c.is_ascii_digit()))?.0;
    let (name, version) = (&directory[..at], &directory[at + 1..]);
    let named = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    (named && version.contains('.')).then(|| (name.to_owned(), version.to_owned()))
}

/// Whether an ELF header stands here, and not four bytes by chance.
fn is_elf(bytes: &[u8]) -> bool {
    matches!(bytes, [_, _, _, _, 1 | 2, 1 | 2, 1, ..])
        && bytes.get(16..20).is_some_and(|kind| matches!(kind, [1..=3, 0, ..] | [0, 1..=3, ..]))
}

/// Whether the text stands in the stub of a PE file that is not the member itself.
fn is_pe(bytes: &[u8], text: usize) -> bool {
    const STUB: usize = 0x80;
    let from = text.saturating_sub(STUB);
    let Some(start) = memmem::rfind(&bytes[from..text], b"MZ").map(|at| from + at).filter(|start| *start > 0) else { return false };
    let header = bytes.get(start + 0x3c..start + 0x40).and_then(|word| word.first_chunk()).map(|word| u32::from_le_bytes(*word) as usize);
    header.and_then(|header| bytes.get(start.checked_add(header)?..)).is_some_and(|header| header.starts_with(b"PE\0\0"))
}

/// What Go writes into every program: its own version, and the modules with theirs.
fn go(info: &[u8], reader: &mut Reader) {
    const LONGEST: usize = 1 << 20;
    const INLINE: u8 = 2;
    let info = &info[..info.len().min(LONGEST)];
    if info.get(15).is_none_or(|flags| flags & INLINE == 0) {
        return;
    }
    let Some((version, rest)) = info.get(32..).and_then(text_with_length) else { return };
    let version = String::from_utf8_lossy(version);
    if let Some(version) = version.split(' ').next().and_then(|version| version.strip_prefix("go")).filter(|version| version.len() < 40) {
        reader.component("go", Some(version.to_owned()));
    }
    // The list stands between two marks of sixteen bytes.
    let modules = text_with_length(rest).and_then(|(list, _)| list.get(16..list.len().checked_sub(16)?)).unwrap_or_default();
    for line in String::from_utf8_lossy(modules).lines() {
        let mut fields = line.split('\t');
        if let (Some("dep" | "=>"), Some(path), Some(version)) = (fields.next(), fields.next(), fields.next()) {
            reader.component(format!("go/{path}"), Some(version.trim_start_matches('v').to_owned()));
        }
    }
}

/// A text behind its length in groups of seven bits, and what follows.
fn text_with_length(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut length, mut at) = (0_usize, 0);
    loop {
        let byte = *bytes.get(at)?;
        length |= usize::from(byte & 0x7f) << (at * 7);
        at += 1;
        if byte & 0x80 == 0 {
            return bytes[at..].split_at_checked(length);
        }
        if at > 3 {
            return None;
        }
    }
}

/// What a build with `cargo auditable` leaves in a section of its own: every crate of the program, compressed.
pub(super) fn audited(section: &[u8], reader: &mut Reader) {
    const LONGEST: u64 = 8 << 20;
    #[derive(Deserialize)]
    struct List {
        packages: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        version: String,
        #[serde(default)]
        kind: Option<String>,
        #[serde(default)]
        root: bool,
    }
    let mut text = Vec::new();
    let read = flate2::read::ZlibDecoder::new(section).take(LONGEST).read_to_end(&mut text);
    let Some(list) = read.ok().and_then(|_| serde_json::from_slice::<List>(&text).ok()) else { return };
    // What only the build needs is not in the program, and the program is no part of itself.
    for package in list.packages.into_iter().filter(|package| !package.root && package.kind.as_deref() != Some("build")) {
        reader.component(format!("cargo/{}", package.name), Some(package.version));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn components(bytes: &[u8]) -> Vec<(String, Option<String>)> {
        let mut reader = Reader::default();
        find(Format::Elf, bytes, &mut reader);
        reader.finish().components
    }

    fn properties(bytes: &[u8]) -> Vec<String> {
        let mut reader = Reader::default();
        find(Format::Elf, bytes, &mut reader);
        reader.finish().sightings.into_iter().map(|sighting| sighting.term.value).collect()
    }

    #[test]
    fn banners_and_crates_are_components() {
        let bytes = b"\x7fELF\0OpenSSL 3.0.8 7 Feb 2023\0OpenSSL 3.0.8 7 Feb 2023\0FREETYPE_PROPERTIES\0\
            /root/.cargo/registry/src/index-6f17d22bba15001f/memchr-2.7.1/src/lib.rs/x/registry/src/i/regex-automata-0.4.5/a.rs\
            C:\\u\\registry\\src\\i\\serde_json-1.0.1+x\\a.rs registry/src/i/none registry/src/";
        let version = |text: &str| Some(text.to_owned());
        let expected = [
            ("cargo/memchr", version("2.7.1")),
            ("cargo/regex-automata", version("0.4.5")),
            ("cargo/serde_json", version("1.0.1+x")),
            ("freetype", None),
            ("openssl", version("3.0.8")),
        ];
        assert_eq!(components(bytes), expected.map(|(name, version)| (name.to_owned(), version)));
    }

    #[test]
    fn go_says_what_it_built() {
        let list = "0123456789abcdefpath\tcmd\nmod\tx.example/cmd\t(devel)\ndep\tx.example/lib\tv1.2.3\th1:x\n0123456789abcdef";
        let mut bytes = b"\xff Go buildinf:\x08\x02".to_vec();
        bytes.resize(32, 0);
        bytes.push(8);
        bytes.extend(b"go1.21.3");
        bytes.push(u8::try_from(list.len()).expect("short"));
        bytes.extend(list.as_bytes());
        assert!(list.len() < 128);
        let expected = [("go", "1.21.3"), ("go/x.example/lib", "1.2.3")];
        assert_eq!(components(&bytes), expected.map(|(name, version)| (name.to_owned(), Some(version.to_owned()))));
        for end in 0..bytes.len() {
            components(&bytes[..end]);
        }
    }

    #[test]
    fn programs_inside_programs_are_noticed() {
        let mut pe = b"MZ".to_vec();
        pe.resize(0x3c, 0);
        pe.extend(0x80_u32.to_le_bytes());
        pe.resize(0x4e, 0);
        pe.extend(b"This program cannot be run in DOS mode");
        pe.resize(0x80, 0);
        pe.extend(b"PE\0\0");
        let elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0";
        assert_eq!(properties(&[elf, &pe[..], elf].concat()), ["elf:embeds elf", "elf:embeds pe"]);
        assert_eq!(properties(&pe), [""; 0]);
        assert_eq!(properties(elf), [""; 0]);
        assert_eq!(properties(b"x\x7fELF magic"), [""; 0]);
    }

    #[test]
    fn what_was_audited_is_listed() {
        use std::io::Write as _;
        let list = br#"{"packages":[{"name":"a","version":"1.0.0","source":"local","root":true},
            {"name":"b","version":"2.0.0","source":"registry","kind":"build"},{"name":"c","version":"3.0.0","source":"registry"}]}"#;
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(list).expect("memory takes every write");
        let mut reader = Reader::default();
        audited(&packed.finish().expect("memory takes every write"), &mut reader);
        assert_eq!(reader.finish().components, [("cargo/c".to_owned(), Some("3.0.0".to_owned()))]);
        audited(b"garbage", &mut Reader::default());
    }
}
