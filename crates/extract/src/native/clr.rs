//! .NET: the metadata tables that say what an assembly refers to.
//!
//! The tables follow one another without a directory: where one begins is told by the sizes of all before it, and those by how many
//! rows every table has. [`COLUMNS`] is the part of the standard (ECMA-335, partition II, 22) that this takes.

use super::reader::Reader;
use super::{Damaged, Read};

/// What a row of a table consists of.
enum Column {
    /// So many bytes.
    Bytes(usize),
    /// An index into the heap of strings, of GUIDs or of blobs.
    Heap(u8),
    /// A row of this table.
    Row(usize),
    /// A row of one of these tables, the lowest bits saying of which.
    Coded(u32, &'static [usize]),
}

use Column::{Bytes, Coded, Heap, Row};

/// The bits by which the header says that a heap has wide indexes.
const STRINGS: u8 = 1;
const GUIDS: u8 = 2;
const BLOBS: u8 = 4;

const TYPE_REF: usize = 0x01;
const MEMBER_REF: usize = 0x0a;
const MODULE_REF: usize = 0x1a;
const IMPL_MAP: usize = 0x1c;
const ASSEMBLY_REF: usize = 0x23;

const SCOPE: &[usize] = &[0x00, MODULE_REF, ASSEMBLY_REF, TYPE_REF];
const TYPE: Column = Coded(2, &[0x02, TYPE_REF, 0x1b]);
const PARENT: &[usize] = &[0x02, TYPE_REF, MODULE_REF, 0x06, 0x1b];
const ATTRIBUTED: &[usize] =
    &[0x06, 0x04, 0x01, 0x02, 0x08, 0x09, 0x0a, 0x00, 0x0e, 0x17, 0x14, 0x11, 0x1a, 0x1b, 0x20, 0x23, 0x26, 0x27, 0x28, 0x2a, 0x2c, 0x2b];
const METHOD: Column = Coded(1, &[0x06, MEMBER_REF]);

/// The columns of each table, up to the last that is read.
const COLUMNS: [&[Column]; ASSEMBLY_REF + 1] = [
    &[Bytes(2), Heap(STRINGS), Heap(GUIDS), Heap(GUIDS), Heap(GUIDS)],
    &[Coded(2, SCOPE), Heap(STRINGS), Heap(STRINGS)],
    &[Bytes(4), Heap(STRINGS), Heap(STRINGS), TYPE, Row(0x04), Row(0x06)],
    &[Row(0x04)],
    &[Bytes(2), Heap(STRINGS), Heap(BLOBS)],
    &[Row(0x06)],
    &[Bytes(8), Heap(STRINGS), Heap(BLOBS), Row(0x08)],
    &[Row(0x08)],
    &[Bytes(4), Heap(STRINGS)],
    &[Row(0x02), TYPE],
    &[Coded(3, PARENT), Heap(STRINGS), Heap(BLOBS)],
    &[Bytes(2), Coded(2, &[0x04, 0x08, 0x17]), Heap(BLOBS)],
    &[Coded(5, ATTRIBUTED), Coded(3, &[0x06, MEMBER_REF]), Heap(BLOBS)],
    &[Coded(1, &[0x04, 0x08]), Heap(BLOBS)],
    &[Bytes(2), Coded(2, &[0x02, 0x06, 0x20]), Heap(BLOBS)],
    &[Bytes(6), Row(0x02)],
    &[Bytes(4), Row(0x04)],
    &[Heap(BLOBS)],
    &[Row(0x02), Row(0x14)],
    &[Row(0x14)],
    &[Bytes(2), Heap(STRINGS), TYPE],
    &[Row(0x02), Row(0x17)],
    &[Row(0x17)],
    &[Bytes(2), Heap(STRINGS), Heap(BLOBS)],
    &[Bytes(2), Row(0x06), Coded(1, &[0x14, 0x17])],
    &[Row(0x02), METHOD, METHOD],
    &[Heap(STRINGS)],
    &[Heap(BLOBS)],
    &[Bytes(2), Coded(1, &[0x04, 0x06]), Heap(STRINGS), Row(MODULE_REF)],
    &[Bytes(4), Row(0x04)],
    &[Bytes(8)],
    &[Bytes(4)],
    &[Bytes(16), Heap(BLOBS), Heap(STRINGS), Heap(STRINGS)],
    &[Bytes(4)],
    &[Bytes(12)],
    &[Bytes(12), Heap(BLOBS), Heap(STRINGS), Heap(STRINGS), Heap(BLOBS)],
];

/// How many tables there may be.
const TABLES: usize = 64;

/// The most streams of metadata, and the deepest nesting of a type in types.
const STREAMS: usize = 16;
const DEEPEST: usize = 8;

/// Reads what the header of managed code leads to; `at` gives what stands at an address.
pub(super) fn read<'d>(header: &[u8], at: &dyn Fn(u32) -> Option<&'d [u8]>, bytes: &'d [u8], reader: &mut Reader) -> Read {
    let (address, size) = (word(header, 8).ok_or(Damaged)?, word(header, 12).ok_or(Damaged)?);
    let metadata = at(address).ok_or(Damaged)?;
    let metadata = &metadata[..metadata.len().min(size as usize)];
    let strings = stream(metadata, &[b"#Strings"]).ok_or(Damaged)?;
    let tables = Tables::read(stream(metadata, &[b"#~", b"#-"]).ok_or(Damaged)?, strings).ok_or(Damaged)?;
    tables.libraries(reader);
    // Each stops where the bound is met, which is then noted.
    let _ = tables.natives(bytes, reader) && tables.types(bytes, reader) && tables.members(bytes, reader);
    Ok(())
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_le_bytes(*word))
}

/// A stream of the metadata by its name.
fn stream<'d>(metadata: &'d [u8], names: &[&[u8]]) -> Option<&'d [u8]> {
    if !metadata.starts_with(b"BSJB") {
        return None;
    }
    let version = word(metadata, 12)? as usize;
    let mut headers = metadata.get(version.checked_add(20)?..)?;
    for _ in 0..STREAMS {
        let (offset, size) = (word(headers, 0)? as usize, word(headers, 4)? as usize);
        let name = headers.get(8..)?.split(|byte| *byte == 0).next()?;
        if names.contains(&name) {
            let stream = metadata.get(offset..)?;
            return Some(&stream[..stream.len().min(size)]);
        }
        headers = headers.get(8 + (name.len() / 4 + 1) * 4..)?;
    }
    None
}

struct Tables<'d> {
    bytes: &'d [u8],
    strings: &'d [u8],
    wide: u8,
    rows: [usize; TABLES],
    /// Where each table begins.
    starts: [usize; COLUMNS.len()],
}

impl<'d> Tables<'d> {
    fn read(bytes: &'d [u8], strings: &'d [u8]) -> Option<Self> {
        let wide = *bytes.get(6)?;
        let valid = u64::from(word(bytes, 8)?) | u64::from(word(bytes, 12)?) << 32;
        let mut rows = [0; TABLES];
        let mut at = 24;
        for (n, rows) in rows.iter_mut().enumerate().filter(|(n, _)| valid >> n & 1 == 1) {
            let _ = n;
            *rows = word(bytes, at)? as usize;
            at += 4;
        }
        // A word more where the header says so, as some tools that hide code do.
        at += if wide & 0x40 == 0 { 0 } else { 4 };
        let mut tables = Self { bytes, strings, wide, rows, starts: [0; COLUMNS.len()] };
        for table in 0..COLUMNS.len() {
            tables.starts[table] = at;
            let width: usize = COLUMNS[table].iter().map(|column| tables.width(column)).sum();
            at = at.checked_add(width.checked_mul(rows[table])?)?;
        }
        Some(tables)
    }

    /// How many bytes a column takes: indexes are of two bytes where those suffice.
    fn width(&self, column: &Column) -> usize {
        let index = |rows: usize, bits: u32| if rows < 1 << (16 - bits) { 2 } else { 4 };
        match *column {
            Bytes(width) => width,
            Heap(heap) => {
                if self.wide & heap == 0 {
                    2
                } else {
                    4
                }
            }
            Row(table) => index(self.rows[table], 0),
            Coded(bits, tables) => index(tables.iter().map(|&table| self.rows[table]).max().unwrap_or(0), bits),
        }
    }

    /// The columns of a row, counted from 1 as indexes are.
    fn row(&self, table: usize, row: usize) -> Option<Vec<usize>> {
        let width: usize = COLUMNS[table].iter().map(|column| self.width(column)).sum();
        if row == 0 || row > self.rows[table] {
            return None;
        }
        let mut at = self.starts[table].checked_add(width.checked_mul(row - 1)?)?;
        let mut values = Vec::with_capacity(COLUMNS[table].len());
        for column in COLUMNS[table] {
            let width = self.width(column);
            let field = self.bytes.get(at..at.checked_add(width)?)?;
            values.push(field.iter().take(4).rev().fold(0, |value, &byte| value << 8 | usize::from(byte)));
            at += width;
        }
        Some(values)
    }

    /// The rows of a table, as far as they are there.
    fn rows(&self, table: usize) -> impl Iterator<Item = Vec<usize>> {
        (1..=self.rows[table]).map_while(move |row| self.row(table, row))
    }

    fn string(&self, at: usize) -> &'d [u8] {
        const LONGEST: usize = 512;
        let rest = self.strings.get(at..).unwrap_or_default();
        rest[..rest.len().min(LONGEST)].split(|byte| *byte == 0).next().unwrap_or_default()
    }

    fn libraries(&self, reader: &mut Reader) {
        const MOST: usize = 2_000;
        for row in self.rows(ASSEMBLY_REF).take(MOST) {
            reader.library(self.string(row[2]));
        }
    }

    /// Functions of native libraries that the assembly declares.
    fn natives(&self, bytes: &[u8], reader: &mut Reader) -> bool {
        self.rows(IMPL_MAP).all(|row| {
            let library = self.row(MODULE_REF, row[3]).map_or(&b""[..], |module| self.string(module[0]));
            reader.library(library);
            reader.symbol(library, self.string(row[2]), bytes)
        })
    }

    fn types(&self, bytes: &[u8], reader: &mut Reader) -> bool {
        (1..=self.rows[TYPE_REF])
            .map_while(|row| self.type_name(row, 0))
            .all(|name| name.starts_with(b"<") || reader.symbol(b"", &name, bytes))
    }

    fn members(&self, bytes: &[u8], reader: &mut Reader) -> bool {
        self.rows(MEMBER_REF).all(|row| {
            let (tag, parent) = (row[0] & 7, row[0] >> 3);
            // What belongs to a type of the assembly's own, or to one with arguments, has no name here.
            let Some(name) = (PARENT.get(tag) == Some(&TYPE_REF)).then(|| self.type_name(parent, 0)).flatten() else { return true };
            reader.symbol(b"", &[&name, &b"."[..], self.string(row[1])].concat(), bytes)
        })
    }

    /// The full name of a type of another assembly: `System.Environment+SpecialFolder`.
    fn type_name(&self, row: usize, depth: usize) -> Option<Vec<u8>> {
        let columns = self.row(TYPE_REF, row)?;
        let (name, space) = (self.string(columns[1]), self.string(columns[2]));
        let outer = (SCOPE[columns[0] & 3] == TYPE_REF && depth < DEEPEST).then(|| self.type_name(columns[0] >> 2, depth + 1)).flatten();
        Some(match outer {
            Some(outer) => [&outer, &b"+"[..], name].concat(),
            None if space.is_empty() => name.to_vec(),
            None => [space, b".", name].concat(),
        })
    }
}
