//! Native binaries whose tables loop, overlap, or claim more than a file can hold.

use census_model::What;

use super::{End, Kit, noise};
use crate::package::Wheel;

pub(super) fn add(kit: &mut Kit) {
    let mut case = |name: &str, path: &'static str, end: End, make: fn() -> Vec<u8>| {
        kit.wheel(format!("native/{name}"), end, move || Wheel::new("hostile", "1.0").file(path, make()).build().bytes);
    };
    let damaged = || End::Partial(&[What::Damaged]);
    case("elf-only-a-header", "x.so", End::Ok(&[]), || elf(&[], 0));
    case("elf-half-a-header", "x.so", damaged(), || elf(&[], 0)[..40].to_vec());
    case("elf-magic-alone", "x.so", damaged(), || b"\x7fELF".to_vec());
    case("elf-noise", "x.so", damaged(), || [b"\x7fELF".to_vec(), noise(1 << 20, 5)].concat());
    case("elf-sections-beyond", "x.so", damaged(), || elf(&[], 1000));
    case("elf-symbols-of-a-billion", "x.so", damaged(), || elf(&[section(11, 64, 24_000_000_000, 2, 24), section(3, 64, 8, 0, 0)], 0));
    case("elf-symbols-all-over-the-file", "x.so", End::Ok(&[]), || symbols(300_000));
    case("elf-looping-sections", "x.so", damaged(), || {
        // Each symbol table names itself as its strings.
        let looping: Vec<Section> = (1..200).map(|n| section(11, 64, 64, n, 24)).collect();
        elf(&looping, 0)
    });
    case("elf-overlapping-sections", "x.so", End::Ok(&[]), || elf(&vec![section(1, 0, 1 << 12, 0, 0); 60_000], 0));
    case("elf-strings-without-end", "x.so", End::Ok(&[]), || {
        let mut bytes = elf(&[section(11, 64, 24 * 4, 2, 24), section(3, 64, 1, 0, 0)], 0);
        bytes.extend([b'x'; 4096]);
        bytes
    });
    case("elf-dynamic-without-end", "x.so", End::Ok(&[]), || {
        let mut bytes = elf(&[section(6, 64, 1 << 20, 2, 16), section(3, 64, 64, 0, 0)], 0);
        bytes.extend(1_u64.to_le_bytes().repeat(1 << 17));
        bytes
    });
    case("elf-big-endian-32", "x.so", damaged(), || [&b"\x7fELF\x01\x02\x01"[..], &[0xff; 200]].concat());
    case("pe-header-of-itself", "x.dll", End::Ok(&[]), || pe(|_| {}, 0x3c));
    case("pe-imports-of-itself", "x.dll", damaged(), || pe(|headers| headers.imports = (0x1000, 0x1000), 0x40));
    case("pe-sections-beyond", "x.dll", damaged(), || pe(|headers| headers.sections = 0xffff, 0x40));
    case("pe-sections-all-alike", "x.dll", End::Ok(&[]), || pe(|headers| headers.alike = 90, 0x40));
    case("pe-optional-header-of-64-kb", "x.dll", damaged(), || pe(|headers| headers.optional = 0xffff, 0x40));
    case("pe-imports-beyond", "x.dll", damaged(), || pe(|headers| headers.imports = (0xffff_f000, 0xffff_ffff), 0x40));
    case("pe-directories-of-a-billion", "x.dll", damaged(), || pe(|headers| headers.directories = u32::MAX, 0x40));
    case("macho-commands-of-a-billion", "x.dylib", damaged(), || macho(u32::MAX, u32::MAX, &[]));
    case("macho-command-of-no-size", "x.dylib", damaged(), || macho(1000, 8, &[2, 0, 0, 0, 0, 0, 0, 0]));
    case("macho-symbols-of-a-billion", "x.dylib", damaged(), || {
        let command: Vec<u8> = [2_u32, 24, 32, u32::MAX, 32, 16].iter().flat_map(|word| word.to_le_bytes()).collect();
        macho(1, 24, &command)
    });
    case("macho-fat-of-a-billion", "x.dylib", damaged(), || [&0xcafe_babf_u32.to_be_bytes()[..], &u32::MAX.to_be_bytes()].concat());
    case("macho-fat-of-itself", "x.dylib", End::Partial(&[What::Bounded, What::Damaged]), || {
        let arch: Vec<u8> = [7_u32, 3, 0, 1 << 20, 0].iter().flat_map(|word| word.to_be_bytes()).collect();
        let mut bytes = [&0xcafe_babe_u32.to_be_bytes()[..], &30_u32.to_be_bytes(), &arch.repeat(30)].concat();
        bytes.resize(1 << 20, 0);
        bytes
    });
    case("ar-of-itself", "x.a", damaged(), || [b"!<arch>\n".to_vec(), member("x.o/", "-1"), vec![0; 64]].concat());
    case("ar-member-of-all", "x.a", damaged(), || [b"!<arch>\n".to_vec(), member("x.o/", "9999999999"), vec![0; 64]].concat());
    case("ar-of-a-hundred-thousand-empty-members", "x.a", End::Partial(&[What::Bounded]), || {
        [b"!<arch>\n".to_vec(), member("x.o/", "0").repeat(100_000)].concat()
    });
    case("wasm-of-all", "x.wasm", damaged(), || [&b"\0asm\x01\0\0\0"[..], &[0x01, 0xff, 0xff, 0xff, 0xff, 0x0f], &[0xff; 64]].concat());
    case("wasm-noise", "x.wasm", damaged(), || [b"\0asm\x01\0\0\0".to_vec(), noise(1 << 20, 6)].concat());
    case("pyc-noise", "x.pyc", End::Partial(&[What::Unparsed]), || [b"\xa7\r\r\n\0\0\0\0".to_vec(), noise(1 << 20, 7)].concat());
    case("urls-without-end", "x.so", End::Ok(&[]), || {
        let mut bytes = elf(&[], 0);
        bytes.extend(b"https://".repeat(1 << 18));
        bytes
    });
}

/// A section of an ELF file: kind, offset, size, link, size of an entry.
#[derive(Clone, Copy)]
struct Section(u32, u64, u64, u32, u64);

fn section(kind: u32, offset: u64, size: u64, link: u32, entry: u64) -> Section {
    Section(kind, offset, size, link, entry)
}

/// A shared library of 64 bits with these sections between the one that is none and the one of names, or with as many as claimed.
fn elf(sections: &[Section], claimed: u16) -> Vec<u8> {
    let all: Vec<Section> = match sections {
        [] => Vec::new(),
        _ => [&[section(0, 0, 0, 0, 0)], sections, &[section(3, 0, 64, 0, 0)]].concat(),
    };
    let count = if all.is_empty() { claimed } else { u16::try_from(all.len()).expect("few") };
    let mut out = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0".to_vec();
    out.extend([0; 16]);
    out.extend(if count == 0 { 0 } else { 64_u64 }.to_le_bytes());
    out.extend([0, 0, 0, 0, 64, 0, 56, 0, 0, 0, 64, 0]);
    out.extend(count.to_le_bytes());
    out.extend(count.saturating_sub(1).to_le_bytes());
    for Section(kind, offset, size, link, entry) in &all {
        out.extend([0; 4]);
        out.extend(kind.to_le_bytes());
        out.extend([0; 16]);
        out.extend(offset.to_le_bytes());
        out.extend(size.to_le_bytes());
        out.extend(link.to_le_bytes());
        out.extend([0; 12]);
        out.extend(entry.to_le_bytes());
    }
    out
}

/// A shared library that imports so many symbols, each of another name.
fn symbols(count: usize) -> Vec<u8> {
    let header = 64 + 4 * 64;
    let (table, strings) = ((count + 1) * 24, count * 8 + 1);
    let sections = [section(11, header, table as u64, 2, 24), section(3, header + table as u64, strings as u64, 0, 0)];
    let mut out = elf(&sections, 0);
    out.extend([0; 24]);
    for n in 0..count {
        out.extend(u32::try_from(n * 8 + 1).expect("few").to_le_bytes());
        out.extend([0x12, 0, 0, 0]);
        out.extend([0; 16]);
    }
    out.push(0);
    out.extend((0..count).flat_map(|n| format!("{n:07}\0").into_bytes()));
    out
}

/// What the headers of a PE file claim.
struct Headers {
    sections: u16,
    alike: u16,
    optional: u16,
    directories: u32,
    imports: (u32, u32),
}

/// A library whose only section, or several alike, is the whole file.
fn pe(change: impl Fn(&mut Headers), at: u32) -> Vec<u8> {
    let mut headers = Headers { sections: 1, alike: 0, optional: 240, directories: 16, imports: (0, 0) };
    change(&mut headers);
    let sections = headers.sections.max(headers.alike);
    let mut out = b"MZ".to_vec();
    out.resize(0x3c, 0);
    out.extend(at.to_le_bytes());
    out.extend(b"PE\0\0\x64\x86");
    out.extend(sections.to_le_bytes());
    out.extend([0; 12]);
    out.extend(headers.optional.to_le_bytes());
    out.extend([0x22, 0x20]);
    let mut optional = vec![0x0b, 0x02];
    optional.resize(108, 0);
    optional.extend(headers.directories.to_le_bytes());
    optional.extend([0; 8]);
    optional.extend(headers.imports.0.to_le_bytes());
    optional.extend(headers.imports.1.to_le_bytes());
    optional.resize(240, 0);
    out.extend(optional);
    for _ in 0..headers.alike.max(1) {
        out.extend(b".all\0\0\0\0");
        for word in [0x4000_u32, 0x1000, 0x2000, 0, 0, 0, 0, 0x4000_0040] {
            out.extend(word.to_le_bytes());
        }
    }
    out.resize(0x2000, 0x10);
    out
}

/// A library of 64 bits with this said of its commands.
fn macho(count: u32, size: u32, commands: &[u8]) -> Vec<u8> {
    let words = [0xfeed_facf, 0x0100_0007, 3, 6, count, size, 0, 0];
    let mut out: Vec<u8> = words.iter().flat_map(|word: &u32| word.to_le_bytes()).collect();
    out.extend(commands);
    out
}

/// The header of a member of a static library.
fn member(name: &str, size: &str) -> Vec<u8> {
    format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644).into_bytes()
}
