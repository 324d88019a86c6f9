//! Mach-O: what it imports and needs, how it is hardened and signed.

use object::macho::{
    LC_CODE_SIGNATURE, LC_ENCRYPTION_INFO, LC_ENCRYPTION_INFO_64, LC_RPATH, LinkeditDataCommand, MH_ALLOW_STACK_EXECUTION,
    MH_NO_HEAP_EXECUTION, MH_PIE, RpathCommand, VM_PROT_EXECUTE, VM_PROT_WRITE,
};
use object::read::macho::{CodeSignature, MachHeader, MachOFile, Segment};
use object::read::{NameOrOrdinal, Object, ObjectKind};

use super::reader::Reader;
use super::{Read, layout};

/// The name that properties begin with.
const MACHO: &str = "mach-o";

/// The most load commands that are read.
const COMMANDS: usize = 10_000;

/// The bit of a code signature's flags that asks for the hardened runtime, and the one that says that no one signed.
const RUNTIME: u32 = 0x0001_0000;
const AD_HOC: u32 = 0x2;

/// Reads one file.
pub(super) fn read<Mach: MachHeader>(file: &MachOFile<'_, Mach>, bytes: &[u8], reader: &mut Reader) -> Read {
    if file.kind() == ObjectKind::Relocatable {
        super::ar::undefined(file, bytes, reader);
        return Ok(());
    }
    flags(file, reader);
    if let Ok(Some(id)) = file.mach_uuid() {
        reader.property(MACHO, &format!("build-id {}", layout::hex(&id)));
    }
    layout::sections(file, MACHO, reader);
    commands(file, bytes, reader)?;
    for library in file.import_libraries()?.take(COMMANDS) {
        match library {
            Ok(library) => reader.library(library.name()),
            Err(_) if reader.broken(bytes) => {}
            Err(_) => break,
        }
    }
    imports(file, bytes, reader)
}

fn flags<Mach: MachHeader>(file: &MachOFile<'_, Mach>, reader: &mut Reader) {
    let flags = file.macho_header().flags(file.endian());
    let executable = file.kind() == ObjectKind::Executable;
    for (holds, property) in [
        (executable && !flags.contains(MH_PIE), "no-pie"),
        (flags.contains(MH_ALLOW_STACK_EXECUTION), "executable-stack"),
        (flags.contains(MH_NO_HEAP_EXECUTION), "no-heap-execution"),
    ] {
        if holds {
            reader.property(MACHO, property);
        }
    }
}

/// What the load commands say: segments, paths, signature.
fn commands<Mach: MachHeader>(file: &MachOFile<'_, Mach>, bytes: &[u8], reader: &mut Reader) -> Read {
    let endian = file.endian();
    let mut commands = file.macho_load_commands()?;
    let (mut signed, mut end, mut left) = (false, 0_u64, COMMANDS);
    while let Some(command) = commands.next()? {
        left -= 1;
        if left == 0 {
            reader.gap(census_model::What::Bounded, bytes);
            break;
        }
        if let Some((segment, _)) = Mach::Segment::from_command(command)? {
            let protection = segment.initprot(endian);
            if protection.contains(VM_PROT_WRITE) && protection.contains(VM_PROT_EXECUTE) {
                reader.property(MACHO, "writable-code");
            }
            if segment.name() == b"__RESTRICT" {
                reader.property(MACHO, "restricted");
            }
            end = end.max(segment.fileoff(endian).into().saturating_add(segment.filesize(endian).into()));
        }
        match command.cmd() {
            LC_RPATH => {
                let path = command.data::<RpathCommand<Mach::Endian>>()?.path;
                let path = String::from_utf8_lossy(command.string(endian, path)?);
                reader.property(MACHO, &format!("rpath {path}"));
            }
            LC_CODE_SIGNATURE => {
                signed = true;
                let signature = command.data::<LinkeditDataCommand<Mach::Endian>>()?.code_signature(endian, bytes);
                match signature {
                    Ok(signature) => self::signature(&signature, reader),
                    Err(_) => reader.gap(census_model::What::Damaged, bytes),
                }
            }
            LC_ENCRYPTION_INFO | LC_ENCRYPTION_INFO_64 => encryption(command.raw_data(), reader),
            _ => {}
        }
    }
    if !signed {
        reader.property(MACHO, "unsigned");
    }
    layout::overlay(MACHO, bytes, end, reader);
    Ok(())
}

/// Whether someone signed, and what was asked of the system in it.
fn signature(signature: &CodeSignature<'_>, reader: &mut Reader) {
    let directories = signature.blobs().take(COMMANDS).filter_map(|blob| blob.ok()?.code_directory().ok().flatten());
    for directory in directories.take(4) {
        let flags = directory.header().flags.get(object::BigEndian).0;
        let how = if flags & AD_HOC == 0 { "signed" } else { "signed ad-hoc" };
        reader.property(MACHO, how);
        if flags & RUNTIME != 0 {
            reader.property(MACHO, "hardened-runtime");
        }
    }
}

/// Whether the code is encrypted, as that of shops is: an identifier that is not 0 at the end of the command says so.
fn encryption(command: &[u8], reader: &mut Reader) {
    if command.get(16..20).is_some_and(|id| id != [0; 4]) {
        reader.property(MACHO, "packed encrypted");
    }
}

fn imports<Mach: MachHeader>(file: &MachOFile<'_, Mach>, bytes: &[u8], reader: &mut Reader) -> Read {
    let (mut any, mut canary, mut counted) = (false, false, false);
    for import in file.imports()? {
        let import = match import {
            Ok(import) => import,
            Err(_) if reader.broken(bytes) => continue,
            Err(_) => break,
        };
        let NameOrOrdinal::Name(name) = import.name() else { continue };
        any = true;
        canary |= name.starts_with(b"___stack_chk_");
        counted |= name == b"_objc_release" || name == b"_swift_release";
        if !reader.symbol(b"", name.strip_prefix(b"_").unwrap_or(name), bytes) {
            break;
        }
    }
    if any && !canary {
        reader.property(MACHO, "no-stack-canary");
    }
    if counted {
        reader.property(MACHO, "reference-counted");
    }
    Ok(())
}
