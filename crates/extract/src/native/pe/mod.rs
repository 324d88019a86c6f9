//! PE: what it imports, how it is hardened, signed and built.

mod imports;

use object::LittleEndian as LE;
use object::pe::{
    IMAGE_DIRECTORY_ENTRY_COM_DESCRIPTOR, IMAGE_DIRECTORY_ENTRY_DEBUG, IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG, IMAGE_DIRECTORY_ENTRY_SECURITY,
    IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE, IMAGE_DLLCHARACTERISTICS_GUARD_CF, IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA,
    IMAGE_DLLCHARACTERISTICS_NO_SEH, IMAGE_DLLCHARACTERISTICS_NX_COMPAT, IMAGE_FILE_MACHINE_AMD64, IMAGE_FILE_MACHINE_I386,
    IMAGE_SCN_MEM_EXECUTE, IMAGE_SCN_MEM_WRITE,
};
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, PeFile};
use object::read::{NameOrOrdinal, Object};

use super::reader::Reader;
use super::{Read, clr, layout, ordinal as known};

#[cfg(test)]
pub(super) use imports::tests::library as made;

/// The name that properties begin with.
const PE: &str = "pe";

/// The debug entry that says what the processor may guard, and how many entries are read.
const EXTENDED: u32 = 20;
const ENTRIES: usize = 32;

/// Reads one file.
pub(super) fn read<'d, Pe: ImageNtHeaders>(file: &PeFile<'d, Pe>, bytes: &'d [u8], reader: &mut Reader) -> Read {
    hardening(file, bytes, reader);
    if let Ok(Some(debug)) = file.pdb_info() {
        reader.property(PE, &format!("build-id {}{:x}", layout::hex(&debug.guid()), debug.age()));
        let path = String::from_utf8_lossy(debug.path());
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        if !name.is_empty() {
            reader.property(PE, &format!("pdb {}", name.chars().take(120).collect::<String>()));
        }
    }
    layout::sections(file, PE, reader);
    overlay(file, bytes, reader);
    if let Some(header) = directory(file, bytes, IMAGE_DIRECTORY_ENTRY_COM_DESCRIPTOR) {
        reader.property(PE, "managed");
        let sections = file.section_table();
        clr::read(header, &|address| sections.pe_data_at(bytes, address), bytes, reader)?;
    }
    Ok(imports::imports(file, &mut |library, name| match name {
        None => {
            reader.library(library);
            true
        }
        Some(NameOrOrdinal::Name(name)) => reader.symbol(library, name, bytes),
        Some(NameOrOrdinal::Ordinal(number)) => ordinal(library, number, bytes, reader),
    })?)
}

/// Counts an import by its number, by the name that everyone knows it to have where there is one.
pub(super) fn ordinal(library: &[u8], number: u16, bytes: &[u8], reader: &mut Reader) -> bool {
    match known::name(library, number) {
        Some(name) => reader.symbol(library, name.as_bytes(), bytes),
        None => reader.symbol(library, format!("#{number}").as_bytes(), bytes),
    }
}

/// What a data directory points to, to the end of its section.
fn directory<'d, Pe: ImageNtHeaders>(file: &PeFile<'d, Pe>, bytes: &'d [u8], entry: usize) -> Option<&'d [u8]> {
    let directory = file.data_directories().get(entry)?;
    file.section_table().pe_data_at(bytes, directory.virtual_address.get(LE))
}

fn hardening<'d, Pe: ImageNtHeaders>(file: &PeFile<'d, Pe>, bytes: &'d [u8], reader: &mut Reader) {
    let flags = file.nt_headers().optional_header().dll_characteristics();
    let machine = file.nt_headers().file_header().machine.get(LE);
    let guarded = extended(file, bytes) & 1 != 0;
    let writable = file.section_table().iter().any(|section| {
        let flags = section.characteristics.get(LE);
        flags.contains(IMAGE_SCN_MEM_EXECUTE) && flags.contains(IMAGE_SCN_MEM_WRITE)
    });
    let signed = file.data_directories().get(IMAGE_DIRECTORY_ENTRY_SECURITY).is_some_and(|entry| entry.size.get(LE) > 0);
    let wide = file.nt_headers().is_type_64();
    let handlers = machine == IMAGE_FILE_MACHINE_I386 && !flags.contains(IMAGE_DLLCHARACTERISTICS_NO_SEH) && !lists_handlers(file, bytes);
    for (holds, property) in [
        (!flags.contains(IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE), "no-aslr"),
        (!flags.contains(IMAGE_DLLCHARACTERISTICS_NX_COMPAT), "no-dep"),
        (!flags.contains(IMAGE_DLLCHARACTERISTICS_GUARD_CF), "no-cfg"),
        (wide && !flags.contains(IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA), "no-high-entropy"),
        (machine == IMAGE_FILE_MACHINE_AMD64 && !guarded, "no-cet"),
        (handlers, "no-safeseh"),
        (writable, "writable-code"),
        (signed, "signed"),
        (!signed, "unsigned"),
    ] {
        if holds {
            reader.property(PE, property);
        }
    }
}

/// Whether the load configuration lists the exception handlers that may be called.
fn lists_handlers<'d, Pe: ImageNtHeaders>(file: &PeFile<'d, Pe>, bytes: &'d [u8]) -> bool {
    const TABLE: usize = 64;
    let config = directory(file, bytes, IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG).filter(|config| word(config, 0) as usize >= TABLE + 8);
    config.is_some_and(|config| word(config, TABLE) != 0)
}

/// The extended characteristics, which an entry of the debug directory has.
fn extended<'d, Pe: ImageNtHeaders>(file: &PeFile<'d, Pe>, bytes: &'d [u8]) -> u32 {
    const ENTRY: usize = 28;
    let entries = directory(file, bytes, IMAGE_DIRECTORY_ENTRY_DEBUG).unwrap_or_default();
    let size = file.data_directories().get(IMAGE_DIRECTORY_ENTRY_DEBUG).map_or(0, |entry| entry.size.get(LE) as usize);
    let entries = entries[..entries.len().min(size)].chunks_exact(ENTRY).take(ENTRIES);
    let wanted = entries.filter(|entry| word(entry, 12) == EXTENDED).map(|entry| word(entry, 24) as usize);
    wanted.filter_map(|at| bytes.get(at..)).map(|data| word(data, 0)).next().unwrap_or(0)
}

/// A word of 32 bits, 0 where there is none.
fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |word| u32::from_le_bytes(*word))
}

/// What follows the last section, less the signature, which stands there by right.
fn overlay<Pe: ImageNtHeaders>(file: &PeFile<'_, Pe>, bytes: &[u8], reader: &mut Reader) {
    let ends = file
        .section_table()
        .iter()
        .map(|section| u64::from(section.pointer_to_raw_data.get(LE)).saturating_add(u64::from(section.size_of_raw_data.get(LE))));
    let mut end = ends.max().unwrap_or(0);
    let header = file.nt_headers().file_header();
    // What MinGW leaves: symbols of its own, then their names, whose length comes first.
    let symbols = u64::from(header.pointer_to_symbol_table.get(LE));
    if symbols > 0 {
        let names = symbols.saturating_add(u64::from(header.number_of_symbols.get(LE)) * 18);
        let length = usize::try_from(names).map_or(0, |at| word(bytes, at));
        end = end.max(names.saturating_add(u64::from(length)));
    }
    if let Some(entry) = file.data_directories().get(IMAGE_DIRECTORY_ENTRY_SECURITY) {
        // An offset into the file, alone among the directories; what fills the space before it is less than a block.
        let (at, size) = (u64::from(entry.virtual_address.get(LE)), u64::from(entry.size.get(LE)));
        if size > 0 && at >= end && at - end < 16 {
            end = at.saturating_add(size);
        }
    }
    layout::overlay(PE, bytes, end, reader);
}
