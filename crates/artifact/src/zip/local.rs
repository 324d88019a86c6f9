//! Local headers: where the data is, and whether they agree with the index.

use std::ops::Range;

use super::index::{Entry, Fields, widen};
use super::{DESCRIPTOR, ENCRYPTED};

const LOCAL: &[u8] = b"PK\x03\x04";
/// What may stand before a descriptor.
const SIGNATURE: &[u8] = b"PK\x07\x08";

/// What the header before an entry's data says.
#[derive(Debug)]
pub(super) struct Local<'a> {
    name: &'a [u8],
    pub(super) flags: u16,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    /// Where the header begins.
    start: u64,
    /// Where the data is, by the packed size of the index; may lie beyond the file.
    pub(super) data: Range<usize>,
}

impl<'a> Local<'a> {
    pub(super) fn read(bytes: &'a [u8], entry: &Entry<'_>) -> Option<Self> {
        let at = usize::try_from(entry.offset).ok()?;
        let mut fields = Fields(bytes.get(at..)?.strip_prefix(LOCAL)?);
        fields.take(2)?;
        let (flags, method) = (fields.u16()?, fields.u16()?);
        fields.take(4)?;
        let crc = fields.u32()?;
        let (mut packed, mut size) = (u64::from(fields.u32()?), u64::from(fields.u32()?));
        let (name, extra) = (fields.u16()?, fields.u16()?);
        let name = fields.take(name.into())?;
        widen(fields.take(extra.into())?, [&mut size, &mut packed]);
        let begin = bytes.len() - fields.0.len();
        let end = begin.saturating_add(usize::try_from(entry.packed).unwrap_or(usize::MAX));
        Some(Self { name, flags, method, crc, packed, size, start: entry.offset, data: begin..end })
    }

    /// Whether a reader of local headers would see another entry than a reader of the index.
    pub(super) fn disagrees(&self, entry: &Entry<'_>) -> bool {
        // A header written before its data may leave sizes and checksum to a descriptor after it.
        let later = self.flags & DESCRIPTOR != 0 && (self.crc, self.packed, self.size) == (0, 0, 0);
        let same = (self.crc, self.packed, self.size) == (entry.crc, entry.packed, entry.size);
        let wide = self.flags & DESCRIPTOR != 0 && [self.packed, self.size].contains(&u64::from(u32::MAX));
        self.name != entry.name || self.method != entry.method || (self.flags ^ entry.flags) & ENCRYPTED != 0 || !(later || same || wide)
    }

    /// Whether a checksum stands before or after the data, and is not this one. A writer that cannot go back leaves zeros before the data,
    /// and then the descriptor after it counts, which may or may not begin with a signature.
    pub(super) fn claims_another(&self, bytes: &[u8], crc: u32) -> bool {
        if self.flags & DESCRIPTOR == 0 || self.crc != 0 {
            return self.crc != crc;
        }
        let after = bytes.get(self.data.end..).unwrap_or_default();
        let (sum, signed) = (crc.to_le_bytes(), after.strip_prefix(SIGNATURE));
        !after.starts_with(&sum) && !signed.is_some_and(|rest| rest.starts_with(&sum))
    }

    fn end(&self) -> u64 {
        self.data.end as u64
    }
}

/// The entries in the order of their headers.
fn by_place<'l, 'a>(locals: &'l [Option<Local<'a>>]) -> Vec<(usize, &'l Local<'a>)> {
    let mut placed: Vec<_> = locals.iter().enumerate().filter_map(|(number, local)| Some((number, local.as_ref()?))).collect();
    placed.sort_by_key(|(number, local)| (local.start, *number));
    placed
}

/// For each entry, whether it begins within another one or reaches into the directory.
pub(super) fn overlapping(locals: &[Option<Local<'_>>], directory: u64) -> Vec<bool> {
    let mut found = vec![false; locals.len()];
    let mut reached = 0;
    for (number, local) in by_place(locals) {
        found[number] = local.start < reached || local.end() > directory;
        if local.end() <= directory {
            reached = reached.max(local.end());
        }
    }
    found
}

/// How many bytes precede the first entry (a program that installs it, for one), and how many bytes before and between the entries
/// begin with a local header of their own: members that only readers of local headers see.
pub(super) fn unlisted(bytes: &[u8], locals: &[Option<Local<'_>>], directory: u64) -> (u64, u64) {
    let (mut before, mut hidden, mut reached) = (0, 0, 0);
    let spans = by_place(locals).into_iter().map(|(_, local)| (local.start, local.end())).chain([(directory, directory)]);
    for (start, end) in spans {
        let hole = usize::try_from(reached).ok().zip(usize::try_from(start).ok()).and_then(|(from, to)| bytes.get(from..to));
        let hole = hole.unwrap_or_default();
        // A descriptor may come first: a signature of its own, a checksum and two sizes of 32 or 64 bits.
        if [0, 12, 16, 20, 24].into_iter().any(|skip| hole.get(skip..).is_some_and(|rest| rest.starts_with(LOCAL))) {
            hidden += hole.len() as u64;
        } else if reached == 0 {
            before = hole.len() as u64;
        }
        reached = reached.max(end);
    }
    (before, hidden)
}
