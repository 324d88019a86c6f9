//! WebAssembly: what a module imports, and what made it.

use census_model::What;

use super::reader::Reader;
use super::{Damaged, Read};

/// The most sections of a module that are looked at, and the most tools that it names.
const SECTIONS: usize = 10_000;
const TOOLS: usize = 64;

/// Little-endian fields, read one after another.
struct Fields<'d>(&'d [u8]);

impl<'d> Fields<'d> {
    fn take(&mut self, count: usize) -> Read<&'d [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Read<u8> {
        Ok(self.take(1)?[0])
    }

    /// A number in groups of seven bits, the lowest first.
    fn number(&mut self) -> Read<usize> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                return usize::try_from(value).map_err(|_| Damaged);
            }
        }
        Err(Damaged)
    }

    fn name(&mut self) -> Read<&'d [u8]> {
        let length = self.number()?;
        self.take(length)
    }

    /// Passes over the bounds of a table or a memory.
    fn limits(&mut self) -> Read {
        let flags = self.byte()?;
        self.number()?;
        if flags & 1 == 1 {
            self.number()?;
        }
        Ok(())
    }
}

/// Reads a module. A component, which is of another version, is made of modules and is not read.
pub(super) fn read(bytes: &[u8], reader: &mut Reader) -> Read {
    let mut fields = Fields(bytes.strip_prefix(b"\0asm").ok_or(Damaged)?);
    if fields.take(4)? != [1, 0, 0, 0] {
        reader.gap(What::Unsupported, bytes);
        return Ok(());
    }
    for _ in 0..SECTIONS {
        if fields.0.is_empty() {
            return Ok(());
        }
        let kind = fields.byte()?;
        let length = fields.number()?;
        let mut section = Fields(fields.take(length)?);
        match kind {
            0 if section.name()? == b"producers" => producers(&mut section, reader)?,
            2 => imports(&mut section, bytes, reader)?,
            _ => {}
        }
    }
    reader.gap(What::Bounded, bytes);
    Ok(())
}

fn imports(section: &mut Fields<'_>, bytes: &[u8], reader: &mut Reader) -> Read {
    for _ in 0..section.number()? {
        let (module, name) = (section.name()?, section.name()?);
        match section.byte()? {
            0 => {
                section.number()?;
                if !reader.symbol(module, name, bytes) {
                    return Ok(());
                }
            }
            1 => {
                section.byte()?;
                section.limits()?;
            }
            2 => section.limits()?,
            3 => {
                section.take(2)?;
            }
            4 => {
                section.byte()?;
                section.number()?;
            }
            _ => return Err(Damaged),
        }
    }
    Ok(())
}

/// Languages and tools that made the module, with their versions.
fn producers(section: &mut Fields<'_>, reader: &mut Reader) -> Read {
    for _ in 0..section.number()?.min(TOOLS) {
        section.name()?;
        for _ in 0..section.number()?.min(TOOLS) {
            let (tool, version) = (section.name()?, section.name()?);
            let text = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
            reader.property("wasm", format!("compiler {} {}", text(tool), text(version)).trim_end());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use census_model::{Kind, What};

    use crate::Format;
    use crate::native::see;

    #[test]
    fn a_module_imports_functions() {
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        let producers = b"\x09producers\x01\x08language\x01\x01C\x0299";
        let imports = b"\x03\x03env\x06memory\x02\x01\x02\xff\x01\x03env\x06system\x00\x00\x04wasi\x05table\x01\x70\x00\x01";
        for (kind, body) in [(0, &producers[..]), (2, imports)] {
            module.push(kind);
            module.push(u8::try_from(body.len()).expect("short"));
            module.extend_from_slice(body);
        }
        let seen = see(Format::Wasm, &module);
        let got: Vec<_> = seen.sightings.iter().map(|s| (s.term.kind, s.term.value.as_str())).collect();
        assert_eq!(got, [(Kind::Symbol, "env!system"), (Kind::Format, "wasm:compiler C 99")]);
        assert_eq!(seen.gaps, []);
        module.truncate(module.len() - 1);
        assert_eq!(see(Format::Wasm, &module).gaps[0].0, What::Damaged);
        assert_eq!(see(Format::Wasm, b"\0asm\x0d\0\x01\0").gaps[0].0, What::Unsupported);
    }

    #[test]
    fn numbers_that_lie_are_damage() {
        let endless = [b"\0asm\x01\0\0\0\x02\x06".as_slice(), &[0xff, 0xff, 0xff, 0xff, 0x0f, 3]].concat();
        assert_eq!(see(Format::Wasm, &endless).gaps[0].0, What::Damaged);
    }
}
