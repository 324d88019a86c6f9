//! What a binary leaves out of the protections its platform offers, where it searches for libraries, and whether it is packed
//! or signed. Each is a `format` fact: `elf:no-relro`, `pe:no-aslr`, `mach-o:no-pie`, `elf:rpath /opt/lib`, `pe:signed`.

use object::elf::{DT_BIND_NOW, DT_FLAGS, DT_FLAGS_1, DT_RPATH, DT_RUNPATH, PF_X, PT_GNU_RELRO, PT_GNU_STACK};
use object::macho::{MH_ALLOW_STACK_EXECUTION, MH_PIE};
use object::pe::{
    IMAGE_DIRECTORY_ENTRY_SECURITY, IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE, IMAGE_DLLCHARACTERISTICS_GUARD_CF,
    IMAGE_DLLCHARACTERISTICS_NX_COMPAT,
};
use object::read::elf::{ElfFile, FileHeader, ProgramHeader};
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader, PeFile};
use object::read::{File, Object, ObjectKind, ObjectSection};
use object::{BinaryFormat, FileFlags};

/// Bits of `DT_FLAGS` and `DT_FLAGS_1` that ask for all symbols to be bound at start.
const BIND_NOW: (u64, u64) = (0x8, 0x1);

/// What the binary shows, without the name of its format.
pub(super) fn find(file: &File<'_>) -> Vec<String> {
    let mut found = Vec::new();
    match file {
        File::Elf32(elf) => self::elf(elf, &mut found),
        File::Elf64(elf) => self::elf(elf, &mut found),
        File::Pe32(pe) => self::pe(pe, &mut found),
        File::Pe64(pe) => self::pe(pe, &mut found),
        _ => {}
    }
    if let FileFlags::MachO { flags } = file.flags() {
        let position_dependent = file.kind() == ObjectKind::Executable && !flags.contains(MH_PIE);
        found.extend(position_dependent.then(|| "no-pie".to_owned()));
        found.extend(flags.contains(MH_ALLOW_STACK_EXECUTION).then(|| "executable-stack".to_owned()));
    }
    if file.sections().any(|section| section.name_bytes().is_ok_and(|name| name.starts_with(b"UPX"))) {
        found.push("packed upx".to_owned());
    }
    found
}

/// The name before the values: that of the member's format.
pub(super) fn prefix(format: BinaryFormat) -> &'static str {
    match format {
        BinaryFormat::Pe => "pe",
        BinaryFormat::MachO => "mach-o",
        _ => "elf",
    }
}

fn elf<Elf: FileHeader>(elf: &ElfFile<'_, Elf>, found: &mut Vec<String>) {
    let endian = elf.endian();
    let headers = elf.elf_program_headers();
    let of = |kind| headers.iter().find(move |header| header.p_type(endian) == kind);
    // Without the header the loader takes the stack to be executable.
    if !headers.is_empty() && of(PT_GNU_STACK).is_none_or(|stack| stack.p_flags(endian).contains(PF_X)) {
        found.push("executable-stack".to_owned());
    }
    if elf.kind() == ObjectKind::Executable {
        found.push("no-pie".to_owned());
    }
    let Ok(dynamic) = elf.elf_dynamic_table() else { return };
    if dynamic.is_empty() {
        return;
    }
    let mut bound = false;
    for entry in &dynamic {
        bound |= entry.tag == DT_BIND_NOW
            || entry.tag == DT_FLAGS && entry.val & BIND_NOW.0 != 0
            || entry.tag == DT_FLAGS_1 && entry.val & BIND_NOW.1 != 0;
        if let (DT_RPATH | DT_RUNPATH, Ok(path)) = (entry.tag, dynamic.string(entry)) {
            found.push(format!("rpath {}", String::from_utf8_lossy(path)));
        }
    }
    if of(PT_GNU_RELRO).is_none() {
        found.push("no-relro".to_owned());
    } else if !bound {
        found.push("partial-relro".to_owned());
    }
}

fn pe<Pe: ImageNtHeaders>(pe: &PeFile<'_, Pe>, found: &mut Vec<String>) {
    let flags = pe.nt_headers().optional_header().dll_characteristics();
    for (flag, missing) in [
        (IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE, "no-aslr"),
        (IMAGE_DLLCHARACTERISTICS_NX_COMPAT, "no-dep"),
        (IMAGE_DLLCHARACTERISTICS_GUARD_CF, "no-cfg"),
    ] {
        found.extend((!flags.contains(flag)).then(|| missing.to_owned()));
    }
    if pe.data_directories().get(IMAGE_DIRECTORY_ENTRY_SECURITY).is_some() {
        found.push("signed".to_owned());
    }
}
