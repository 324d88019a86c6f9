//! What sections look like from outside: their names, how random their bytes are, and what follows the last.

use std::ops::Range;

use object::read::{File, Object, ObjectSection, SectionKind};

use super::origin;
use super::reader::Reader;
use crate::format;

/// The most sections that are looked at.
const SECTIONS: usize = 4_096;

/// How many bytes of a section are counted, spread over all of it: its entropy is then off by a hundredth of a bit.
const SAMPLE: usize = 64 << 10;

/// How many bytes of all sections together are counted.
const SAMPLED: usize = 8 << 20;

/// Bits per byte from which on code cannot be what a processor runs. Compiled code has some six.
const PACKED: f64 = 7.2;

/// Below so many bytes entropy says nothing.
const TELLING: usize = 4 << 10;

/// The sections that packers and protectors leave, by how their names begin.
const PACKERS: &[(&[u8], &str)] = &[
    (b"UPX", "upx"),
    (b".UPX", "upx"),
    (b"__XHDR", "upx"),
    (b".aspack", "aspack"),
    (b".adata", "aspack"),
    (b".ASPack", "aspack"),
    (b".MPRESS", "mpress"),
    (b"__MPRESS_", "mpress"),
    (b".petite", "petite"),
    (b".vmp", "vmprotect"),
    (b".themida", "themida"),
    (b".winlice", "themida"),
    (b".nsp", "nspack"),
    (b"nsp", "nspack"),
    (b".enigma", "enigma"),
    (b"PEC2", "pecompact"),
    (b"PECompact", "pecompact"),
    (b".yP", "yoda"),
    (b".y0da", "yoda"),
    (b"FSG!", "fsg"),
    (b"MEW", "mew"),
    (b".RLPack", "rlpack"),
    (b".Upack", "upack"),
    (b".ByDwing", "upack"),
    (b".svkp", "svkp"),
    (b".sforce", "starforce"),
    (b".neolit", "neolite"),
    (b".packed", "other"),
    (b"PELOCKnt", "pelock"),
    (b".pelock", "pelock"),
    (b".taz", "pespin"),
    (b".shrink", "shrinker"),
    (b".kkrunchy", "kkrunchy"),
    (b".obsidium", "obsidium"),
    (b".perplex", "perplex"),
    (b"CRYPTED", "other"),
];

/// What the sections show: packers by name, and how many sections there are of each kind and of each whole number of bits per byte.
pub(super) fn sections<'d>(file: &impl Object<'d>, format: &str, reader: &mut Reader) {
    let mut left = SAMPLED;
    let mut packed = false;
    for section in file.sections().take(SECTIONS) {
        let name = section.name_bytes().unwrap_or_default();
        if let Some((_, packer)) = PACKERS.iter().find(|(begin, _)| name.starts_with(begin)) {
            reader.property(format, &format!("packed {packer}"));
        }
        if name == b".dep-v0" {
            origin::audited(section.data().unwrap_or_default(), reader);
        }
        let kind = match section.kind() {
            SectionKind::Text => "code",
            _ if name == b".rsrc" => "resources",
            SectionKind::Data | SectionKind::ReadOnlyData | SectionKind::ReadOnlyString | SectionKind::ReadOnlyDataWithRel => "data",
            _ => continue,
        };
        let Ok(data) = section.data() else { continue };
        if data.len() < TELLING || left < SAMPLE.min(data.len()) {
            continue;
        }
        left -= SAMPLE.min(data.len());
        let bits = entropy(data);
        packed |= kind == "code" && bits >= PACKED;
        reader.property(format, &format!("entropy {kind} {}", bits.floor()));
    }
    if packed {
        reader.property(format, "packed entropy");
    }
}

/// Bits per byte, of a sample spread over the bytes.
fn entropy(bytes: &[u8]) -> f64 {
    const PIECE: usize = 1 << 10;
    let mut counts = [0_u32; 256];
    let step = (bytes.len() / (SAMPLE / PIECE)).max(PIECE);
    for piece in bytes.chunks(step) {
        piece.iter().take(PIECE).for_each(|&byte| counts[usize::from(byte)] += 1);
    }
    let whole = f64::from(counts.iter().sum::<u32>());
    counts.iter().filter(|count| **count > 0).map(|&count| f64::from(count) / whole).map(|share| -share * share.log2()).sum()
}

/// What stands behind the end of what the headers speak of, by its format; zeros fill up a block.
pub(super) fn overlay(format: &str, bytes: &[u8], end: u64, reader: &mut Reader) {
    const LOOKED_AT: usize = 1 << 20;
    let rest = usize::try_from(end).ok().and_then(|end| bytes.get(end..)).unwrap_or_default();
    if rest.iter().take(LOOKED_AT).any(|byte| *byte != 0) {
        reader.property(format, &format!("overlay {}", format::detect("", rest).name()));
    }
}

/// Where texts may stand: everything but code, symbols and what is for debuggers, as far as sections tell them apart.
pub(super) fn texts(bytes: &[u8]) -> Vec<Range<usize>> {
    let silent = |section: &object::read::Section<'_, '_>| {
        let kind = matches!(section.kind(), SectionKind::Text | SectionKind::Debug | SectionKind::Metadata | SectionKind::DebugString);
        let name = section.name_bytes().unwrap_or_default();
        // Some compilers keep constants with the code.
        let mixed = section.kind() == SectionKind::Text && name != b".text" && name != b"__text";
        (kind && !mixed || matches!(name, b".eh_frame" | b"__eh_frame" | b"__unwind_info" | b".pdata"))
            .then(|| section.file_range())
            .flatten()
    };
    let mut silent: Vec<(u64, u64)> = match File::parse(bytes) {
        Ok(file) => file.sections().take(SECTIONS).filter_map(|section| silent(&section)).collect(),
        Err(_) => Vec::new(),
    };
    silent.sort_unstable();
    let mut ranges = Vec::new();
    let mut from = 0;
    for (offset, size) in silent {
        let (start, end) = (place(offset, bytes), place(offset.saturating_add(size), bytes));
        if from < start {
            ranges.push(from..start);
        }
        from = from.max(end);
    }
    ranges.push(from..bytes.len());
    ranges
}

/// An offset into the file, no further than its end.
fn place(offset: u64, bytes: &[u8]) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len())
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().take(64).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_that_of_the_whole() {
        assert!(entropy(&vec![7; 100_000]) < 0.001);
        let even: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
        assert!((entropy(&even) - 8.0).abs() < 0.001);
        let halves = [vec![0; 1 << 20], even].concat();
        assert!((4.9..5.1).contains(&entropy(&halves)), "{}", entropy(&halves));
    }

    #[test]
    fn what_follows_the_end_is_named() {
        let shown = |bytes: &[u8], end| {
            let mut reader = Reader::default();
            overlay("elf", bytes, end, &mut reader);
            reader.finish().sightings.into_iter().map(|sighting| sighting.term.value).collect::<Vec<_>>()
        };
        assert_eq!(shown(b"xxxxPK\x03\x04", 4), ["elf:overlay zip"]);
        assert_eq!(shown(b"xxxx\0\0\0\0", 4), [""; 0]);
        assert_eq!(shown(b"xxxx", 4), [""; 0]);
        assert_eq!(shown(b"xxxx", u64::MAX), [""; 0]);
    }
}
