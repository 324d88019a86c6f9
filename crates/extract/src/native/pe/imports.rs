//! What a PE file imports, at load and at first use.
//!
//! Each address is looked up among all sections: tools that rename a library put its new name wherever there is room, which need not
//! be the section of the table.

use object::LittleEndian as LE;
use object::pe::IMAGE_DELAYLOAD_RVA_BASED;
use object::read::NameOrOrdinal;
use object::read::pe::{ImageNtHeaders, ImageThunkData, ImportTable, PeFile};

/// The most libraries that are read; tables of several may share what they import.
const LIBRARIES: usize = 2_000;

/// Tells `found` each library, then what is imported from it, until it says that it has enough.
pub(super) fn imports<'d, Pe: ImageNtHeaders>(
    file: &PeFile<'d, Pe>,
    found: &mut dyn FnMut(&'d [u8], Option<NameOrOrdinal<&'d [u8]>>) -> bool,
) -> object::Result<()> {
    for (library, names) in libraries(file)? {
        let library = at(file, library)?.name(library)?;
        if !found(library, None) {
            return Ok(());
        }
        let mut thunks = at(file, names)?.thunks(names)?;
        while let Some(thunk) = thunks.next::<Pe>()? {
            let name = if thunk.is_ordinal() {
                NameOrOrdinal::Ordinal(thunk.ordinal())
            } else {
                NameOrOrdinal::Name(at(file, thunk.address())?.hint_name(thunk.address())?.1)
            };
            if !found(library, Some(name)) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The addresses of each library's name and of the list of what is imported from it.
fn libraries<Pe: ImageNtHeaders>(file: &PeFile<'_, Pe>) -> object::Result<Vec<(u32, u32)>> {
    let mut libraries = Vec::new();
    if let Some(table) = file.import_table()? {
        let mut descriptors = table.descriptors()?;
        while libraries.len() < LIBRARIES
            && let Some(descriptor) = descriptors.next()?
        {
            let (names, bound) = (descriptor.original_first_thunk.get(LE), descriptor.first_thunk.get(LE));
            libraries.push((descriptor.name.get(LE), if names == 0 { bound } else { names }));
        }
    }
    if let Some(table) = file.delay_load_import_table()? {
        let mut descriptors = table.descriptors()?;
        while libraries.len() < LIBRARIES
            && let Some(descriptor) = descriptors.next()?
        {
            // Of old, compilers wrote addresses as they would be in memory.
            let base = if descriptor.attributes.get(LE) & IMAGE_DELAYLOAD_RVA_BASED == 0 { image_base(file) } else { 0 };
            let address = |written: u32| written.wrapping_sub(base);
            libraries.push((address(descriptor.dll_name_rva.get(LE)), address(descriptor.import_name_table_rva.get(LE))));
        }
    }
    Ok(libraries)
}

/// The low half of the address that the file would be loaded at.
fn image_base<Pe: ImageNtHeaders>(file: &PeFile<'_, Pe>) -> u32 {
    use object::read::pe::ImageOptionalHeader;
    let [a, b, c, d, ..] = file.nt_headers().optional_header().image_base().to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// What stands in the section that holds an address.
fn at<'d, Pe: ImageNtHeaders>(file: &PeFile<'d, Pe>, address: u32) -> object::Result<ImportTable<'d>> {
    let sections = file.section_table();
    match sections.pe_data_containing(file.data(), address) {
        Some((data, base)) => Ok(ImportTable::new(data, base, address)),
        // Says that no section holds it.
        None => ImportTable::from_sections(file.data(), &sections, address),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use census_model::Kind;

    use crate::Format;
    use crate::native::see;

    /// A file with two sections: the import table in one, all names in the other.
    pub(in crate::native) fn library() -> Vec<u8> {
        let mut file = vec![0; 0x600];
        let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, b"MZ");
        put(0x3c, &0x40_u32.to_le_bytes());
        put(0x40, b"PE\0\0\x64\x86\x02\0");
        put(0x54, &[240, 0, 0x22, 0x20]);
        put(0x58, &[0x0b, 0x02]);
        put(0x58 + 56, &0x3000_u32.to_le_bytes());
        put(0x58 + 60, &0x200_u32.to_le_bytes());
        put(0x58 + 108, &16_u32.to_le_bytes());
        put(0x58 + 120, &0x1000_u32.to_le_bytes());
        put(0x58 + 124, &40_u32.to_le_bytes());
        for (n, (name, address, offset)) in [(b".rdata", 0x1000_u32, 0x200_u32), (b".extra", 0x2000, 0x400)].into_iter().enumerate() {
            let header = 0x58 + 240 + n * 40;
            put(header, name);
            for (at, value) in [(8, 0x200), (12, address), (16, 0x200), (20, offset)] {
                put(header + at, &value.to_le_bytes());
            }
        }
        for (at, value) in [(0x200, 0x1040_u32), (0x20c, 0x2000), (0x210, 0x1080), (0x240, 0x2020), (0x280, 0x2020)] {
            put(at, &value.to_le_bytes());
        }
        put(0x400, b"renamed-0123.dll\0");
        // Read as a descriptor, what stands there would name a place in the other section.
        put(0x420, b"\0\0CreateProces\x00\x10\0\0W\0");
        file
    }

    #[test]
    fn names_are_found_in_any_section() {
        let seen = see(Format::Pe, &library());
        assert_eq!(seen.gaps, []);
        let got: Vec<_> = seen.sightings.iter().filter(|s| s.term.kind != Kind::Format).map(|s| s.term.value.as_str()).collect();
        assert_eq!(got, ["renamed-0123.dll!CreateProces", "renamed-0123.dll"]);
    }

    #[test]
    fn tables_that_share_their_names_end() {
        let mut file = library();
        // Libraries to the end of the section, each with the same list.
        for descriptor in file[0x200..0x3f0].chunks_exact_mut(20).take(20) {
            descriptor[..4].copy_from_slice(&0x1040_u32.to_le_bytes());
            descriptor[12..16].copy_from_slice(&0x2000_u32.to_le_bytes());
            descriptor[16..20].copy_from_slice(&0x1080_u32.to_le_bytes());
        }
        let seen = see(Format::Pe, &file);
        assert!(seen.sightings.iter().any(|s| s.term.kind == Kind::Library && s.term.value == "renamed-0123.dll"));
    }
}
