//! Native binaries: what they import, what they need, how they are hardened, what is built into them, and the strings in them.
//!
//! A symbol of ELF and Mach-O is its bare name (`chmod`; the underscore of Mach-O is taken off). One of PE has the library it is
//! imported from before it, as written there: `KERNEL32.dll!CreateProcessW`; an ordinal has the name that is well known for it
//! (`WS2_32.dll!connect`), else its number (`LIB.dll!#115`). One of WebAssembly has its module: `env!memcpy`. What .NET and Java refer
//! to is dotted: `System.Diagnostics.Process.Start`, `java.lang.Runtime.exec`.
//!
//! Properties are `format` facts, whose value begins with the name of the format: `elf:no-relro`, `pe:no-cfg`, `mach-o:no-pie`.
//! Libraries that a binary says it was built with are components ([`banner`], [`origin`]).
//!
//! Every reader works on slices of the member: nothing of the size of the member is copied, and whatever a header counts is bounded
//! by [`reader`]'s limits, beyond which there is a gap.

mod ar;
pub(crate) mod banner;
mod clr;
mod elf;
mod java;
mod layout;
mod macho;
mod needles;
mod ordinal;
mod origin;
mod pe;
mod reader;
pub(crate) mod strings;
#[cfg(test)]
mod tests;
mod wasm;

use census_model::What;
use object::FileKind;
use object::read::File;

use crate::{Format, Scope, Seen};
use reader::Reader;

/// Step A of a native binary, of a WebAssembly module or of a Java class.
pub(crate) fn see(format: Format, bytes: &[u8]) -> Seen {
    let mut reader = Reader::default();
    let read = match format {
        Format::Wasm => wasm::read(bytes, &mut reader),
        Format::JavaClass => java::read(bytes, &mut reader),
        _ => read(bytes, &mut reader),
    };
    if read.is_err() {
        reader.gap(What::Damaged, bytes);
    }
    strings::urls(bytes, Scope::Native, &mut reader.tally);
    if format.is_native() {
        origin::find(format, bytes, &mut reader);
    }
    reader.finish()
}

/// A reader's own word that what it reads is not what its format allows; where, is of no use to anyone.
#[derive(Debug)]
struct Damaged;

impl From<object::Error> for Damaged {
    fn from(_: object::Error) -> Self {
        Self
    }
}

type Read<T = ()> = Result<T, Damaged>;

fn read(bytes: &[u8], reader: &mut Reader) -> Read {
    match FileKind::parse(bytes)? {
        FileKind::Archive => ar::archive(bytes, reader),
        FileKind::MachOFat32 | FileKind::MachOFat64 => ar::fat(bytes, reader),
        _ => file(bytes, reader),
    }
}

/// Reads one file: a member, an object of an archive, or one architecture of several.
fn file(bytes: &[u8], reader: &mut Reader) -> Read {
    if FileKind::parse(bytes)? == FileKind::CoffImport {
        return ar::import(bytes, reader);
    }
    match File::parse(bytes)? {
        File::Elf32(file) => elf::read(&file, bytes, reader),
        File::Elf64(file) => elf::read(&file, bytes, reader),
        File::Pe32(file) => pe::read(&file, bytes, reader),
        File::Pe64(file) => pe::read(&file, bytes, reader),
        File::MachO32(file) => macho::read(&file, bytes, reader),
        File::MachO64(file) => macho::read(&file, bytes, reader),
        file => {
            ar::undefined(&file, bytes, reader);
            Ok(())
        }
    }
}
