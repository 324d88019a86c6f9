//! Files that hold several: static archives, import libraries, and Mach-O of several architectures.

use census_model::What;
use object::read::archive::ArchiveFile;
use object::read::coff::{ImportFile, ImportName};
use object::read::macho::{FatArch, MachOFatFile32, MachOFatFile64};
use object::read::{Object, ObjectSymbol};
use object::{FileFlags, FileKind};

use super::reader::Reader;
use super::{Damaged, Read};

/// The most objects of an archive that are read.
const OBJECTS: usize = 2_000;

/// The most architectures of a fat binary that are read; there are not so many.
const ARCHITECTURES: usize = 16;

/// What each object of an archive leaves undefined. Parts may be claimed to lie over one another: of all together no more is read than
/// the archive has bytes.
pub(super) fn archive(bytes: &[u8], reader: &mut Reader) -> Read {
    let mut left = bytes.len();
    let archive = ArchiveFile::parse(bytes)?;
    for (n, member) in archive.members().enumerate() {
        let member = member?;
        let Ok(data) = member.data(bytes) else {
            // Of a thin archive the objects are files of their own; of another, they are said to lie outside.
            if !archive.is_thin() {
                reader.gap(What::Damaged, bytes);
            }
            continue;
        };
        if n == OBJECTS || data.len() > left {
            reader.gap(What::Bounded, bytes);
            break;
        }
        left -= data.len();
        // Members that are no objects (indexes, notes, flags of a compiler) say nothing.
        if FileKind::parse(data).is_ok_and(|kind| kind != FileKind::Archive) {
            let _ = super::file(data, reader);
        }
    }
    Ok(())
}

/// What a short import of an import library stands for: whoever links it imports that.
pub(super) fn import(bytes: &[u8], reader: &mut Reader) -> Read {
    let file = ImportFile::parse(bytes)?;
    reader.library(file.dll());
    match file.import() {
        ImportName::Name(name) => reader.symbol(file.dll(), name, bytes),
        ImportName::Ordinal(number) => super::pe::ordinal(file.dll(), number, bytes, reader),
    };
    Ok(())
}

/// Each architecture of a fat binary.
pub(super) fn fat(bytes: &[u8], reader: &mut Reader) -> Read {
    match FileKind::parse(bytes)? {
        FileKind::MachOFat32 => arches(MachOFatFile32::parse(bytes)?.arches(), bytes, reader),
        _ => arches(MachOFatFile64::parse(bytes)?.arches(), bytes, reader),
    }
}

fn arches<A: FatArch>(arches: &[A], bytes: &[u8], reader: &mut Reader) -> Read {
    let mut read = Ok(());
    for (n, arch) in arches.iter().enumerate() {
        if n == ARCHITECTURES {
            reader.gap(What::Bounded, bytes);
            break;
        }
        let one = arch.data(bytes).map_err(Damaged::from).and_then(|data| match FileKind::parse(data)? {
            FileKind::MachO32 | FileKind::MachO64 => super::file(data, reader),
            // Static libraries of several architectures.
            FileKind::Archive => archive(data, reader),
            _ => Err(Damaged),
        });
        // What one architecture breaks, the others may still show.
        read = read.and(one);
    }
    read
}

/// What an object that is not linked yet leaves undefined.
pub(super) fn undefined<'d>(file: &impl Object<'d>, bytes: &[u8], reader: &mut Reader) {
    let underscored = matches!(file.flags(), FileFlags::MachO { .. });
    for symbol in file.symbols().filter(ObjectSymbol::is_undefined) {
        let Ok(name) = symbol.name_bytes() else {
            if reader.broken(bytes) {
                continue;
            }
            break;
        };
        let name = if underscored { name.strip_prefix(b"_").unwrap_or(name) } else { name };
        if !reader.symbol(b"", name, bytes) {
            break;
        }
    }
}
