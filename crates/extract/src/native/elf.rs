//! ELF: what the loader reads of it, and what it leaves out of the protections of its platform.
//!
//! The loader knows no sections, only the dynamic segment: where the two disagree, as in files whose section headers were taken off
//! or made up, the segment is right.

use std::collections::BTreeSet;

use census_model::What;
use object::elf::{
    DF_1_NOW, DF_BIND_NOW, DF_TEXTREL, DT_BIND_NOW, DT_FLAGS, DT_FLAGS_1, DT_GNU_HASH, DT_HASH, DT_NEEDED, DT_RPATH, DT_RUNPATH, DT_STRSZ,
    DT_STRTAB, DT_SYMTAB, DT_TEXTREL, DynamicTag, ELF_NOTE_GNU, EM_386, EM_AARCH64, EM_X86_64, GNU_PROPERTY_AARCH64_FEATURE_1_AND,
    GNU_PROPERTY_X86_FEATURE_1_AND, NT_GNU_BUILD_ID, NT_GNU_PROPERTY_TYPE_0, PF_W, PF_X, PT_DYNAMIC, PT_GNU_RELRO, PT_GNU_STACK, PT_LOAD,
};
use object::read::elf::{Dyn, ElfFile, FileHeader, ProgramHeader, SectionHeader, Sym};
use object::read::{Object, ObjectKind, ObjectSection, ReadRef, StringTable};

use super::layout;
use super::reader::{Reader, SYMBOLS};
use super::{Damaged, Read};

/// The name that properties begin with.
const ELF: &str = "elf";

/// The most entries of the dynamic segment that are read.
const ENTRIES: usize = 10_000;

/// The most symbols that are looked through for imports.
const LOOKED_THROUGH: usize = 2_000_000;

/// The most notes that are read, and the most texts of compilers.
const NOTES: usize = 64;

/// Reads one file.
pub(super) fn read<Elf: FileHeader>(file: &ElfFile<'_, Elf>, bytes: &[u8], reader: &mut Reader) -> Read {
    if file.kind() == ObjectKind::Relocatable {
        super::ar::undefined(file, bytes, reader);
        return Ok(());
    }
    segments(file, reader);
    notes(file, bytes, reader);
    compilers(file, reader);
    if file.elf_symbol_table().is_empty() {
        reader.property(ELF, "stripped");
    }
    layout::sections(file, ELF, reader);
    layout::overlay(ELF, bytes, end(file), reader);
    let dynamic = Dynamic::read(file, bytes)?;
    if dynamic.entries.is_empty() {
        return Ok(());
    }
    dynamic.properties(file, reader);
    dynamic.imports(file, bytes, reader)
}

/// Where the last thing that a header speaks of ends.
fn end<Elf: FileHeader>(file: &ElfFile<'_, Elf>) -> u64 {
    let endian = file.endian();
    let header = file.elf_header();
    let table: u64 = header.e_shoff(endian).into();
    let headers = table.saturating_add(u64::from(header.e_shentsize(endian)) * file.elf_section_table().len() as u64);
    let sections = file.elf_section_table().iter().filter_map(|section| section.file_range(endian));
    let segments = file.elf_program_headers().iter().map(|segment| segment.file_range(endian));
    sections.chain(segments).map(|(offset, size)| offset.saturating_add(size)).max().unwrap_or(0).max(headers)
}

fn segments<Elf: FileHeader>(file: &ElfFile<'_, Elf>, reader: &mut Reader) {
    let endian = file.endian();
    let headers = file.elf_program_headers();
    let stack = headers.iter().find(|header| header.p_type(endian) == PT_GNU_STACK);
    // Without the header the loader takes the stack to be executable.
    if !headers.is_empty() && stack.is_none_or(|stack| stack.p_flags(endian).contains(PF_X)) {
        reader.property(ELF, "executable-stack");
    }
    let writable = |flags: object::elf::ProgramFlags| flags.contains(PF_X) && flags.contains(PF_W);
    if headers.iter().any(|header| header.p_type(endian) == PT_LOAD && writable(header.p_flags(endian))) {
        reader.property(ELF, "writable-code");
    }
    if file.kind() == ObjectKind::Executable {
        reader.property(ELF, "no-pie");
    }
}

/// The build id, and whether the processor guards indirect branches.
fn notes<Elf: FileHeader>(file: &ElfFile<'_, Elf>, bytes: &[u8], reader: &mut Reader) {
    let endian = file.endian();
    let of_segments = file.elf_program_headers().iter().filter_map(|header| header.notes(endian, bytes).ok().flatten());
    let of_sections = file.elf_section_table().iter().filter_map(|section| section.notes(endian, bytes).ok().flatten());
    let (mut id, mut guards) = (None, 0);
    let machine = file.elf_header().e_machine(endian);
    let feature = if machine == EM_AARCH64 { GNU_PROPERTY_AARCH64_FEATURE_1_AND } else { GNU_PROPERTY_X86_FEATURE_1_AND };
    for note in of_segments.chain(of_sections).take(NOTES).flat_map(|notes| notes.take(NOTES)).take_while(Result::is_ok).flatten() {
        if note.name() != ELF_NOTE_GNU {
            continue;
        }
        if note.n_type(endian) == NT_GNU_BUILD_ID && id.is_none() {
            id = Some(layout::hex(note.desc()));
        }
        if note.n_type(endian) == NT_GNU_PROPERTY_TYPE_0
            && let Some(properties) = note.gnu_properties(endian)
        {
            let wanted = properties.take(NOTES).filter_map(Result::ok).filter(|property| property.pr_type() == feature);
            guards |= wanted.filter_map(|property| property.data_u32(endian).ok()).fold(0, |all, one| all | one);
        }
    }
    if let Some(id) = id {
        reader.property(ELF, &format!("build-id {id}"));
    }
    match machine {
        EM_386 | EM_X86_64 if guards & 3 != 3 => reader.property(ELF, "no-cet"),
        EM_AARCH64 if guards & 1 == 0 => reader.property(ELF, "no-bti"),
        _ => {}
    }
}

/// What compilers and linkers wrote of themselves.
fn compilers<Elf: FileHeader>(file: &ElfFile<'_, Elf>, reader: &mut Reader) {
    const LONGEST: usize = 8 << 10;
    let Some(comment) = file.section_by_name(".comment").and_then(|section| section.data().ok()) else { return };
    let texts: BTreeSet<&[u8]> = comment[..comment.len().min(LONGEST)].split(|b| *b == 0).filter(|text| !text.is_empty()).collect();
    for text in texts.into_iter().take(NOTES) {
        let text = String::from_utf8_lossy(&text[..text.len().min(120)]);
        reader.property(ELF, &format!("compiler {}", text.trim()));
    }
}

/// The dynamic segment.
struct Dynamic<'d> {
    entries: Vec<(DynamicTag, u64)>,
    strings: StringTable<'d>,
}

impl<'d> Dynamic<'d> {
    fn read<Elf: FileHeader>(file: &ElfFile<'d, Elf>, bytes: &'d [u8]) -> Read<Self> {
        let endian = file.endian();
        let segment = file.elf_program_headers().iter().find(|header| header.p_type(endian) == PT_DYNAMIC);
        let entries: &[Elf::Dyn] = match segment.map(|segment| segment.dynamic(endian, bytes)).transpose()?.flatten() {
            Some(entries) => entries,
            None => file.elf_section_table().dynamic(endian, bytes)?.map_or(&[], |(entries, _)| entries),
        };
        let entries = entries.iter().take(ENTRIES).map(|entry| (entry.d_tag(endian), entry.d_val(endian).into()));
        let mut dynamic =
            Self { entries: entries.take_while(|(tag, _)| *tag != object::elf::DT_NULL).collect(), strings: StringTable::default() };
        if let (Some(at), Some(size)) = (dynamic.offset(file, DT_STRTAB), dynamic.value(DT_STRSZ)) {
            dynamic.strings = StringTable::new(bytes, at, at.saturating_add(size).min(bytes.len() as u64));
        }
        Ok(dynamic)
    }

    fn value(&self, tag: DynamicTag) -> Option<u64> {
        self.entries.iter().find(|entry| entry.0 == tag).map(|entry| entry.1)
    }

    /// Where in the file the address of an entry is loaded from.
    fn offset<Elf: FileHeader>(&self, file: &ElfFile<'_, Elf>, tag: DynamicTag) -> Option<u64> {
        let address = self.value(tag)?;
        let endian = file.endian();
        file.elf_program_headers().iter().filter(|header| header.p_type(endian) == PT_LOAD).find_map(|header| {
            let (start, (offset, size)) = (header.p_vaddr(endian).into(), header.file_range(endian));
            let within = address.checked_sub(start).filter(|within| *within < size)?;
            offset.checked_add(within)
        })
    }

    fn flag(&self, tag: DynamicTag, bit: u64) -> bool {
        self.entries.iter().any(|entry| entry.0 == tag && entry.1 & bit != 0)
    }

    fn properties<Elf: FileHeader>(&self, file: &ElfFile<'_, Elf>, reader: &mut Reader) {
        let endian = file.endian();
        let bound = self.value(DT_BIND_NOW).is_some() || self.flag(DT_FLAGS, DF_BIND_NOW.0) || self.flag(DT_FLAGS_1, DF_1_NOW.0);
        let relro = file.elf_program_headers().iter().any(|header| header.p_type(endian) == PT_GNU_RELRO);
        match (relro, bound) {
            (false, _) => reader.property(ELF, "no-relro"),
            (true, false) => reader.property(ELF, "partial-relro"),
            (true, true) => {}
        }
        if !bound {
            reader.property(ELF, "lazy-binding");
        }
        if self.value(DT_TEXTREL).is_some() || self.flag(DT_FLAGS, DF_TEXTREL.0) {
            reader.property(ELF, "text-relocations");
        }
        for &(tag, value) in &self.entries {
            let Ok(text) = u32::try_from(value).map_err(|_| ()).and_then(|at| self.strings.get(at)) else { continue };
            match tag {
                DT_NEEDED => reader.library(text),
                DT_RPATH | DT_RUNPATH => search_path(&String::from_utf8_lossy(text), reader),
                _ => {}
            }
        }
    }

    fn imports<Elf: FileHeader>(&self, file: &ElfFile<'d, Elf>, bytes: &'d [u8], reader: &mut Reader) -> Read {
        let endian = file.endian();
        let listed = file.elf_dynamic_symbol_table();
        let loaded = self.offset(file, DT_SYMTAB);
        let at = file.elf_section_table().section(listed.section()).map(|section| section.sh_offset(endian).into());
        let (symbols, strings) = match loaded {
            Some(loaded) if listed.is_empty() || at != Ok(loaded) => (self.symbols(file, loaded, bytes)?, self.strings),
            _ => (listed.symbols(), listed.strings()),
        };
        if symbols.len() > LOOKED_THROUGH {
            reader.gap(What::Bounded, bytes);
        }
        let mut uses = Uses::default();
        for symbol in symbols.iter().take(LOOKED_THROUGH).skip(1).filter(|symbol| symbol.is_undefined(endian)) {
            let Ok(name) = symbol.name(endian, strings) else {
                if reader.broken(bytes) {
                    continue;
                }
                break;
            };
            uses.note(name);
            if !reader.symbol(b"", name, bytes) {
                break;
            }
        }
        uses.properties(reader);
        Ok(())
    }

    /// The symbols where the loader finds them. Nothing says how many there are: the older hash table does, and where it is not, what
    /// follows the symbols in every file that a linker makes is their names.
    fn symbols<Elf: FileHeader>(&self, file: &ElfFile<'d, Elf>, at: u64, bytes: &'d [u8]) -> Read<&'d [Elf::Sym]> {
        let endian = file.endian();
        let word = |at: u64| bytes.read_at::<object::U32<Elf::Endian>>(at).ok().map(|word| u64::from(word.get(endian)));
        let size = size_of::<Elf::Sym>() as u64;
        let by_hash = self.offset(file, DT_HASH).and_then(|at| word(at.checked_add(4)?));
        let by_names = || self.offset(file, DT_STRTAB).and_then(|names| names.checked_sub(at)).map(|space| space / size);
        // What is imported stands before what is hashed.
        let by_order = || self.offset(file, DT_GNU_HASH).and_then(|at| word(at.checked_add(4)?));
        let count = by_hash.or_else(by_names).or_else(by_order).ok_or(Damaged)?;
        let room = (bytes.len() as u64).saturating_sub(at) / size;
        let count = usize::try_from(count.min(room)).map_err(|_| Damaged)?.min(SYMBOLS * 10);
        bytes.read_slice_at(at, count).map_err(|()| Damaged)
    }
}

/// Which of the C library's checks are made, by how many functions of each sort are imported.
#[derive(Default)]
struct Uses {
    all: usize,
    canaries: usize,
    checked: usize,
    unchecked: usize,
}

/// Functions that have a checked form.
const CHECKABLE: &[&[u8]] = &[
    b"memcpy",
    b"memmove",
    b"memset",
    b"strcpy",
    b"strncpy",
    b"strcat",
    b"strncat",
    b"sprintf",
    b"snprintf",
    b"vsprintf",
    b"vsnprintf",
    b"printf",
    b"fprintf",
    b"vprintf",
    b"vfprintf",
    b"gets",
    b"fgets",
    b"read",
    b"recv",
    b"recvfrom",
    b"realpath",
    b"readlink",
];

impl Uses {
    fn note(&mut self, name: &[u8]) {
        self.all += usize::from(!name.is_empty());
        if name.starts_with(b"__stack_chk_") {
            self.canaries += 1;
        } else if name.starts_with(b"__") && name.ends_with(b"_chk") {
            self.checked += 1;
        } else if CHECKABLE.contains(&name) {
            self.unchecked += 1;
        }
    }

    fn properties(&self, reader: &mut Reader) {
        if self.all > 0 && self.canaries == 0 {
            reader.property(ELF, "no-stack-canary");
        }
        if self.unchecked > 0 && self.checked == 0 {
            reader.property(ELF, "no-fortify");
        }
    }
}

/// Where the loader looks for libraries, and which of it others may write to or choose.
fn search_path(path: &str, reader: &mut Reader) {
    reader.property(ELF, &format!("rpath {path}"));
    for part in path.split(':').take(NOTES).filter(|part| is_writable_by_others(part)) {
        reader.property(ELF, &["rpath-unsafe", part].join(" "));
    }
}

/// Whether a directory that is searched is relative to where a program is started, or one that people write to.
fn is_writable_by_others(directory: &str) -> bool {
    const WRITTEN: &[&str] = &["/tmp", "/var/tmp", "/dev/shm", "/home", "/Users", "/root", "/mnt", "/media", "/build", "/builds"];
    let below = |root: &&str| directory.strip_prefix(*root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    !directory.starts_with('/') && !directory.starts_with('$') || WRITTEN.iter().any(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_others_write_to_are_no_place_for_libraries() {
        for directory in ["", ".", "lib", "/tmp/x", "/home/me/lib", "/root"] {
            assert!(is_writable_by_others(directory), "{directory}");
        }
        for directory in ["$ORIGIN", "${ORIGIN}/../a.libs", "/usr/lib", "/opt/x", "/rooted"] {
            assert!(!is_writable_by_others(directory), "{directory}");
        }
    }

    #[test]
    fn checks_are_told_by_what_is_imported() {
        let shown = |names: &[&[u8]]| {
            let (mut uses, mut reader) = (Uses::default(), Reader::default());
            for name in names {
                uses.note(name);
            }
            uses.properties(&mut reader);
            reader.finish().sightings.into_iter().map(|sighting| sighting.term.value).collect::<Vec<_>>()
        };
        assert_eq!(shown(&[b"memcpy", b"open"]), ["elf:no-fortify", "elf:no-stack-canary"]);
        assert_eq!(shown(&[b"memcpy", b"__memcpy_chk", b"__stack_chk_fail"]), [""; 0]);
        assert_eq!(shown(&[b"open", b"__stack_chk_fail"]), [""; 0]);
        assert_eq!(shown(&[]), [""; 0]);
    }
}
