//! Native binaries: what they import, what they need, and the URLs in them.
//!
//! A symbol of ELF and Mach-O is its bare name (`chmod`; the underscore of Mach-O is taken off); one of PE has the library it
//! is imported from before it, as written there: `KERNEL32.dll!CreateProcessW`, `WS2_32.dll!#115` for an ordinal.

mod hardening;
mod pe;
pub(crate) mod strings;

use census_model::{How, Kind, What};
use object::read::archive::ArchiveFile;
use object::read::macho::{FatArch, MachOFatFile32, MachOFatFile64};
use object::read::{File, NameOrOrdinal, Object, ObjectKind, ObjectSymbol};
use object::{BinaryFormat, FileKind};

use crate::tally::Tally;
use crate::{Format, Scope, Seen};

/// The most imports of one binary that are read.
const SYMBOLS: usize = 20_000;

/// The most objects of an archive, or architectures of a fat binary, that are read.
const PARTS: usize = 2_000;

/// The longest name of a symbol that is kept: mangled names beyond it say nothing more.
const NAME: usize = 256;

/// Step A of a native binary.
pub(crate) fn see(_format: Format, bytes: &[u8]) -> Seen {
    let mut reader = Reader::default();
    if reader.read(bytes).is_err() {
        reader.gap(What::Damaged, bytes);
    }
    strings::urls(bytes, Scope::Native, &mut reader.tally);
    let mut seen = Seen { gaps: reader.gaps, ..Seen::default() };
    reader.tally.finish(&mut seen);
    seen
}

#[derive(Default)]
struct Reader {
    tally: Tally,
    gaps: Vec<(What, i64)>,
    symbols: usize,
}

impl Reader {
    /// Notes a gap, once of each kind.
    fn gap(&mut self, what: What, bytes: &[u8]) {
        if !self.gaps.iter().any(|(seen, _)| *seen == what) {
            self.gaps.push((what, i64::try_from(bytes.len()).unwrap_or(i64::MAX)));
        }
    }

    fn read(&mut self, bytes: &[u8]) -> object::Result<()> {
        match FileKind::parse(bytes)? {
            FileKind::Archive => self.archive(bytes),
            FileKind::MachOFat32 => self.fat(MachOFatFile32::parse(bytes)?.arches(), bytes),
            FileKind::MachOFat64 => self.fat(MachOFatFile64::parse(bytes)?.arches(), bytes),
            _ => self.file(bytes),
        }
    }

    fn archive(&mut self, bytes: &[u8]) -> object::Result<()> {
        for (n, member) in ArchiveFile::parse(bytes)?.members().enumerate() {
            if n == PARTS {
                self.gap(What::Bounded, bytes);
                break;
            }
            let member = member?;
            // Members that are no objects (import stubs, notes) say nothing.
            match member.data(bytes) {
                Ok(data) if FileKind::parse(data).is_ok() => drop(self.file(data)),
                Ok(_) => {}
                Err(_) => self.gap(What::Damaged, bytes),
            }
        }
        Ok(())
    }

    fn fat<A: FatArch>(&mut self, arches: &[A], bytes: &[u8]) -> object::Result<()> {
        for arch in arches.iter().take(PARTS) {
            self.file(arch.data(bytes)?)?;
        }
        Ok(())
    }

    fn file(&mut self, bytes: &[u8]) -> object::Result<()> {
        let file = File::parse(bytes)?;
        if file.kind() == ObjectKind::Relocatable {
            for symbol in file.symbols().filter(ObjectSymbol::is_undefined) {
                self.symbol(file.format(), b"", symbol.name_bytes()?, bytes);
            }
            return Ok(());
        }
        if file.format() == BinaryFormat::Elf && file.sections().next().is_none() {
            // The loader needs no sections, but what is imported is read by them.
            self.gap(What::Unsupported, bytes);
        }
        for value in hardening::find(&file) {
            let value = format!("{}:{value}", hardening::prefix(file.format()));
            self.tally.add(Kind::Format, value, Scope::Native, How::Resolved, 0);
        }
        match &file {
            File::Pe32(file) => return pe::imports(file, &mut |library, name| self.pe_import(library, name, bytes)),
            File::Pe64(file) => return pe::imports(file, &mut |library, name| self.pe_import(library, name, bytes)),
            _ => {}
        }
        for library in file.import_libraries()? {
            self.library(library?.name());
        }
        let mut guarded = None;
        for import in file.imports()? {
            let import = import?;
            let checks = matches!(import.name(), NameOrOrdinal::Name(name) if name.ends_with(b"__stack_chk_fail"));
            guarded = Some(guarded.unwrap_or(false) || checks);
            if let NameOrOrdinal::Name(name) = import.name() {
                self.symbol(file.format(), import.library(), name, bytes);
            }
        }
        if file.format() == BinaryFormat::Elf && guarded == Some(false) {
            self.tally.add(Kind::Format, "elf:no-stack-canary", Scope::Native, How::Resolved, 0);
        }
        Ok(())
    }

    fn pe_import(&mut self, library: &[u8], name: Option<NameOrOrdinal<&[u8]>>, bytes: &[u8]) {
        match name {
            None => self.library(library),
            Some(NameOrOrdinal::Name(name)) => self.symbol(BinaryFormat::Pe, library, name, bytes),
            Some(NameOrOrdinal::Ordinal(n)) => self.symbol(BinaryFormat::Pe, library, format!("#{n}").as_bytes(), bytes),
        }
    }

    fn library(&mut self, name: &[u8]) {
        let name = String::from_utf8_lossy(name);
        if !name.is_empty() {
            self.tally.add(Kind::Library, name, Scope::Native, How::Resolved, 0);
        }
    }

    fn symbol(&mut self, format: BinaryFormat, library: &[u8], name: &[u8], bytes: &[u8]) {
        if name.is_empty() {
            return;
        }
        if self.symbols >= SYMBOLS {
            self.gap(What::Bounded, bytes);
            return;
        }
        self.symbols += 1;
        let name = &name[..name.len().min(NAME)];
        let name = String::from_utf8_lossy(if format == BinaryFormat::MachO { name.strip_prefix(b"_").unwrap_or(name) } else { name });
        let value = match format {
            BinaryFormat::Pe if !library.is_empty() => format!("{}!{name}", String::from_utf8_lossy(library)),
            _ => name.into_owned(),
        };
        self.tally.add(Kind::Symbol, value, Scope::Native, How::Resolved, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_shows_what_it_imports() {
        let program = std::fs::read(std::env::current_exe().expect("a test runs from a file")).expect("it can be read");
        let seen = see(Format::Elf, &program);
        let has = |kind, value: &str| seen.sightings.iter().any(|s| s.term.kind == kind && s.term.value.starts_with(value));
        assert!(has(Kind::Symbol, "memcpy") && has(Kind::Library, "lib"), "{:?}", seen.gaps);
        // The compiler makes its programs position-independent, with a stack for data alone.
        assert!(!has(Kind::Format, "elf:executable-stack") && !has(Kind::Format, "elf:no-pie"));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]

        #[test]
        fn no_damage_to_headers_makes_the_reader_panic(flips in proptest::collection::vec((0..4096_usize, 0..=255_u8), 1..8)) {
            let mut program = std::fs::read(std::env::current_exe()?)?;
            for (at, byte) in flips {
                program[at] = byte;
            }
            let _ = Reader::default().read(&program);
        }
    }

    #[test]
    fn damage_is_a_gap_and_strings_are_read_all_the_same() {
        let seen = see(Format::Elf, b"\x7fELF\x02\x01\x01\0garbage\0https://a.example/x\0more");
        assert_eq!(seen.gaps, [(What::Damaged, 40)]);
        assert_eq!(seen.sightings[0].term.value, "https://a.example/x");
    }
}
