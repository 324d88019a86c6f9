//! Files made here, field by field, and what becomes of them when they are damaged.

use std::collections::BTreeSet;

use census_model::{Kind, What};
use proptest::prelude::*;

use super::see;
use crate::{Format, Seen};

fn values(seen: &Seen, kind: Kind) -> Vec<&str> {
    seen.sightings.iter().filter(|sighting| sighting.term.kind == kind).map(|sighting| sighting.term.value.as_str()).collect()
}

/// What an ELF file is made of here.
struct Made<'t> {
    imports: &'t [&'t str],
    /// Tag and text.
    texts: &'t [(u64, &'t str)],
    /// Tag and number.
    numbers: &'t [(u64, u64)],
    /// Kind, flags, and what it holds.
    segments: &'t [(u32, u32, &'t [u8])],
    hashed: bool,
}

const MADE: Made<'static> = Made { imports: &["open", "memcpy"], texts: &[(1, "libc.so.6")], numbers: &[], segments: &[], hashed: true };

/// A shared library of x86-64 without a single section: the loader needs none.
fn elf(made: &Made<'_>) -> Vec<u8> {
    const HEADER: usize = 64;
    let count = made.segments.len() + 2;
    let begin = HEADER + count * 56;
    let mut names = vec![0];
    let mut name = |text: &str| {
        let at = names.len() as u64;
        names.extend(text.bytes());
        names.push(0);
        at
    };
    let mut symbols = vec![0; 24];
    for import in made.imports {
        symbols.extend(u32::try_from(name(import)).expect("short").to_le_bytes());
        symbols.extend([0x12, 0]);
        symbols.extend([0; 18]);
    }
    let mut entries: Vec<(u64, u64)> = made.texts.iter().map(|(tag, text)| (*tag, name(text))).collect();
    entries.extend(made.numbers);
    let hash: Vec<u8> = [1, u32::try_from(symbols.len() / 24).expect("few"), 0].iter().flat_map(|word| word.to_le_bytes()).collect();
    let at_symbols = begin;
    let at_names = at_symbols + symbols.len();
    let at_hash = at_names + names.len();
    entries.extend([(5, at_names as u64), (6, at_symbols as u64), (10, names.len() as u64)]);
    entries.extend(made.hashed.then_some((4, at_hash as u64)));
    entries.push((0, 0));
    let mut body = [symbols, names, hash].concat();
    let at_entries = begin + body.len();
    body.extend(entries.iter().flat_map(|(tag, value)| [tag.to_le_bytes(), value.to_le_bytes()].concat()));
    let mut headers = Vec::new();
    let mut segment = |kind: u32, flags: u32, at: usize, size: usize| {
        headers.extend(kind.to_le_bytes());
        headers.extend(flags.to_le_bytes());
        for value in [at, at, at, size, size, 4] {
            headers.extend((value as u64).to_le_bytes());
        }
    };
    let length = body.len();
    for &(kind, flags, content) in made.segments {
        segment(kind, flags, begin + body.len(), content.len());
        body.extend_from_slice(content);
    }
    segment(2, 6, at_entries, begin + length - at_entries);
    segment(1, 5, 0, begin + length);
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0".to_vec();
    for value in [0_u64, HEADER as u64, 0] {
        file.extend(value.to_le_bytes());
    }
    file.extend(0_u32.to_le_bytes());
    for value in [64, 56, u16::try_from(count).expect("few"), 64, 0, 0] {
        file.extend(value.to_le_bytes());
    }
    file.extend(headers);
    file.extend(body);
    file
}

#[test]
fn a_library_without_sections_is_read_as_the_loader_does() {
    for hashed in [true, false] {
        let seen = see(Format::Elf, &elf(&Made { hashed, ..MADE }));
        assert_eq!((values(&seen, Kind::Symbol), values(&seen, Kind::Library)), (vec!["memcpy", "open"], vec!["libc.so.6"]));
        assert_eq!(seen.gaps, []);
        let expected: BTreeSet<_> = [
            "elf:executable-stack",
            "elf:lazy-binding",
            "elf:no-cet",
            "elf:no-fortify",
            "elf:no-relro",
            "elf:no-stack-canary",
            "elf:stripped",
        ]
        .into();
        assert_eq!(BTreeSet::from_iter(values(&seen, Kind::Format)), expected);
    }
}

#[test]
fn protections_and_identity_are_read() {
    // A build id, and the property that both branches are guarded.
    let note = b"\x04\0\0\0\x04\0\0\0\x03\0\0\0GNU\0\xab\xcd\xef\x01";
    let property = b"\x04\0\0\0\x10\0\0\0\x05\0\0\0GNU\0\x02\0\0\xc0\x04\0\0\0\x03\0\0\0\0\0\0\0";
    let made = Made {
        imports: &["__memcpy_chk", "memcpy", "__stack_chk_fail"],
        texts: &[(15, "$ORIGIN/../a.libs:/tmp/x"), (29, "lib")],
        numbers: &[(30, 0x8), (22, 0)],
        segments: &[(0x6474_e551, 6, b""), (0x6474_e552, 4, b""), (4, 4, note), (4, 4, property), (1, 7, b"")],
        hashed: true,
    };
    let expected: BTreeSet<_> = [
        "elf:build-id abcdef01",
        "elf:rpath $ORIGIN/../a.libs:/tmp/x",
        "elf:rpath lib",
        "elf:rpath-unsafe /tmp/x",
        "elf:rpath-unsafe lib",
        "elf:stripped",
        "elf:text-relocations",
        "elf:writable-code",
    ]
    .into();
    let seen = see(Format::Elf, &elf(&made));
    assert_eq!(BTreeSet::from_iter(values(&seen, Kind::Format)), expected, "{:?}", seen.gaps);
    let overlaid = [elf(&MADE), b"PK\x03\x04".to_vec()].concat();
    assert!(values(&see(Format::Elf, &overlaid), Kind::Format).contains(&"elf:overlay zip"));
}

#[test]
fn what_is_counted_and_not_there_costs_nothing() {
    let names: Vec<String> = (0..30_000).map(|n| format!("f{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let many = elf(&Made { imports: &names, ..MADE });
    let seen = see(Format::Elf, &many);
    assert_eq!((values(&seen, Kind::Symbol).len(), seen.gaps.first().map(|gap| gap.0)), (super::reader::SYMBOLS, Some(What::Bounded)));
    // The hash table counts four billion symbols.
    let mut lie = elf(&MADE);
    let hash = [1_u32.to_le_bytes(), 3_u32.to_le_bytes()].concat();
    let at = memchr::memmem::find(&lie, &hash).expect("the table");
    lie[at + 4..at + 8].fill(0xff);
    let seen = see(Format::Elf, &lie);
    assert!(values(&seen, Kind::Symbol).contains(&"open"), "{:?}", seen.gaps);
}

/// A static archive of these members.
fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = b"!<arch>\n".to_vec();
    for (name, content) in members {
        bytes.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 100_644, content.len()).bytes());
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(2), b'\n');
    }
    bytes
}

/// A short import of an import library.
fn import(symbol: &str, library: &str, kind: u16, ordinal: u16) -> Vec<u8> {
    let names = [symbol.as_bytes(), b"\0", library.as_bytes(), b"\0"].concat();
    let mut bytes = vec![0, 0, 0xff, 0xff, 0, 0, 0x64, 0x86, 0, 0, 0, 0];
    bytes.extend(u32::try_from(names.len()).expect("short").to_le_bytes());
    bytes.extend(ordinal.to_le_bytes());
    bytes.extend((kind << 2).to_le_bytes());
    bytes.extend(names);
    bytes
}

#[test]
fn archives_show_what_their_objects_lack() {
    let imports = [
        ("a/", &import("CreateProcessW", "KERNEL32.dll", 1, 0)[..]),
        ("b/", &import("connect", "WS2_32.dll", 0, 4)),
        ("c/", &import("thing", "OTHER.dll", 0, 9)),
        ("d/", b"no object"),
    ];
    let seen = see(Format::Ar, &archive(&imports));
    assert_eq!(values(&seen, Kind::Symbol), ["KERNEL32.dll!CreateProcessW", "OTHER.dll!#9", "WS2_32.dll!connect"]);
    assert_eq!(values(&seen, Kind::Library), ["KERNEL32.dll", "OTHER.dll", "WS2_32.dll"]);
    assert_eq!(seen.gaps, []);
    let cut = archive(&imports);
    assert_eq!(see(Format::Ar, &cut[..cut.len() - 20]).gaps[0].0, What::Damaged);
}

/// Metadata of an assembly that refers to `System.Diagnostics.Process.Start`, declares `kernel32.dll!OpenProcess`, and needs one other.
fn assembly() -> (Vec<u8>, Vec<u8>) {
    let strings = b"\0System.Diagnostics\0Process\0Start\0kernel32.dll\0OpenProcess\0mscorlib\0";
    let at = |text: &str| u16::try_from(memchr::memmem::find(strings, text.as_bytes()).expect("there")).expect("short");
    let halves = |row: &[u16]| row.iter().flat_map(|half| half.to_le_bytes()).collect::<Vec<u8>>();
    let rows = [
        halves(&[1 << 2 | 2, at("Process"), at("System.Diagnostics")]),
        halves(&[1 << 3 | 1, at("Start"), 0]),
        halves(&[at("kernel32.dll")]),
        halves(&[0, 1 << 1 | 1, at("OpenProcess"), 1]),
        [vec![0; 12], halves(&[0, at("mscorlib"), 0, 0])].concat(),
    ];
    let mut tables = vec![0, 0, 0, 0, 2, 0, 0, 1];
    let valid: u64 = [0x01, 0x0a, 0x1a, 0x1c, 0x23].iter().map(|table| 1_u64 << table).sum();
    tables.extend(valid.to_le_bytes());
    tables.extend([0; 8]);
    tables.extend([1_u32; 5].iter().flat_map(|count| count.to_le_bytes()));
    tables.extend(rows.concat());
    let mut metadata = b"BSJB\x01\0\x01\0\0\0\0\0\x04\0\0\0v4\0\0\0\0\x02\0".to_vec();
    let begin = metadata.len() + 12 + 20;
    for (name, from, length) in [(&b"#~\0\0"[..], begin, tables.len()), (b"#Strings\0\0\0\0", begin + tables.len(), strings.len())] {
        metadata.extend(u32::try_from(from).expect("short").to_le_bytes());
        metadata.extend(u32::try_from(length).expect("short").to_le_bytes());
        metadata.extend_from_slice(name);
    }
    metadata.extend(tables);
    metadata.extend_from_slice(strings);
    let mut header = vec![72, 0, 0, 0, 2, 0, 5, 0];
    header.extend(0x2000_u32.to_le_bytes());
    header.extend(u32::try_from(metadata.len()).expect("short").to_le_bytes());
    (header, metadata)
}

fn managed(header: &[u8], metadata: &[u8]) -> (bool, Seen) {
    let mut reader = super::reader::Reader::default();
    let read = super::clr::read(header, &|address| (address == 0x2000).then_some(metadata), metadata, &mut reader);
    (read.is_ok(), reader.finish())
}

#[test]
fn an_assembly_names_what_it_refers_to() {
    let (header, metadata) = assembly();
    let (whole, seen) = managed(&header, &metadata);
    assert!(whole);
    assert_eq!(values(&seen, Kind::Symbol), ["System.Diagnostics.Process", "System.Diagnostics.Process.Start", "kernel32.dll!OpenProcess"]);
    assert_eq!(values(&seen, Kind::Library), ["kernel32.dll", "mscorlib"]);
}

/// This test's own program, which has all that a program may have.
fn own() -> Vec<u8> {
    std::fs::read(std::env::current_exe().expect("a test runs from a file")).expect("it can be read")
}

#[test]
fn a_program_shows_what_it_imports_and_what_made_it() {
    let seen = see(Format::Elf, &own());
    assert!(values(&seen, Kind::Symbol).contains(&"memcpy") && values(&seen, Kind::Library).contains(&"libc.so.6"), "{:?}", seen.gaps);
    let format = values(&seen, Kind::Format);
    // The compiler makes its programs position-independent, with a stack for data alone.
    assert!(!format.iter().any(|value| matches!(*value, "elf:executable-stack" | "elf:no-pie" | "elf:stripped")), "{format:?}");
    assert!(format.iter().any(|value| value.starts_with("elf:compiler rustc")), "{format:?}");
    assert!(seen.components.iter().any(|(name, version)| name == "cargo/proptest" && version.is_some()), "{:?}", seen.components);
}

#[test]
fn damage_is_a_gap_and_strings_are_read_all_the_same() {
    let seen = see(Format::Elf, b"\x7fELF\x02\x01\x01\0garbage\0https://a.example/x\0more");
    assert_eq!(seen.gaps, [(What::Damaged, 40)]);
    assert_eq!(seen.sightings[0].term.value, "https://a.example/x");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_damage_makes_a_reader_panic(
        which in 0..4_usize,
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        end in any::<prop::sample::Index>(),
    ) {
        let (header, metadata) = assembly();
        let mut bytes = match which {
            0 => elf(&MADE),
            1 => archive(&[("a/", &import("f", "K.dll", 1, 0)), ("b/", &elf(&MADE))]),
            2 => super::pe::made(),
            _ => metadata,
        };
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(end.index(bytes.len()) + 1);
        if which == 3 {
            managed(&header, &bytes);
        }
        for format in [Format::Elf, Format::Ar, Format::Wasm, Format::JavaClass] {
            see(format, &bytes);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_damage_to_the_headers_of_a_program_makes_the_reader_panic(flips in proptest::collection::vec((0..4096_usize, any::<u8>()), 1..8)) {
        let mut program = own();
        for (at, byte) in flips {
            program[at] = byte;
        }
        let _ = super::read(&program, &mut super::reader::Reader::default());
    }
}
