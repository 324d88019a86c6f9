//! A zip's index: the end record, its 64-bit form, and the central directory.
//!
//! Found as installers find it: the last end record wins, and what precedes the archive shifts all offsets.

use census_model::What;

use crate::Error;

const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
const END64: &[u8] = b"PK\x06\x06";
const END64_LENGTH: usize = 56;
const LOCATOR: &[u8] = b"PK\x06\x07";
const LOCATOR_LENGTH: usize = 20;
const CENTRAL: &[u8] = b"PK\x01\x02";
/// A comment is at most so long, and so is what may follow the end record.
const COMMENT: usize = 0xffff;

/// Little-endian fields, read one after another.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        Some(u32::from(self.u16()?) | u32::from(self.u16()?) << 16)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        Some(u64::from(self.u32()?) | u64::from(self.u32()?) << 32)
    }
}

/// What the index says of an entry.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) name: &'a [u8],
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    /// Where its local header begins, prefix included.
    pub(super) offset: u64,
    /// The Unix mode; 0 where the archive was made elsewhere.
    mode: u32,
}

impl Entry<'_> {
    pub(super) fn is_link(&self) -> bool {
        self.mode & 0o170_000 == 0o120_000
    }

    pub(super) fn is_executable(&self) -> bool {
        self.mode & 0o111 != 0
    }
}

/// A zip's index.
#[derive(Debug)]
pub(super) struct Index<'a> {
    pub(super) entries: Vec<Entry<'a>>,
    /// Where the central directory begins.
    pub(super) start: u64,
    /// How many bytes follow it.
    pub(super) trailing: u64,
    /// Bytes of the directory that are no entries.
    unread: u64,
    /// Whether the end record counts other than there are.
    miscounted: bool,
    /// Whether the directory can be found at two places.
    twofold: bool,
}

/// What the end record says of the directory.
struct End {
    /// Where the first of the end records begins: the directory ends there.
    at: usize,
    count: u64,
    size: u64,
    offset: u64,
    /// Of 16 bits, so that larger counts wrap.
    short: bool,
    /// How many bytes follow the end record and its comment; negative where the comment is cut.
    trailing: i64,
}

impl<'a> Index<'a> {
    /// Finds and reads the index, `most` entries of it.
    pub(super) fn read(bytes: &'a [u8], most: usize) -> Result<Self, Error> {
        let end = End::find(bytes).ok_or(Error::Index { offset: bytes.len() as u64, what: "no end record" })?;
        let wrong = |what| Error::Index { offset: end.at as u64, what };
        let start = (end.at as u64).checked_sub(end.size).ok_or_else(|| wrong("a directory larger than the file"))?;
        let prefix = start.checked_sub(end.offset).ok_or_else(|| wrong("a directory beyond its own end"))?;
        let from = usize::try_from(start).map_err(|_| wrong("a directory larger than the file"))?;
        let mut rest = Fields(&bytes[from..end.at]);
        let mut entries = Vec::new();
        while entries.len() < most
            && let mut next = rest
            && let Some(entry) = Entry::read(&mut next, prefix)
        {
            entries.push(entry);
            rest = next;
        }
        if entries.is_empty() && !rest.0.is_empty() && most > 0 {
            return Err(Error::Index { offset: start, what: "no entry where the directory should begin" });
        }
        let whole = entries.len() < most;
        let counted = entries.len() as u64;
        Ok(Self {
            miscounted: whole && if end.short { counted & 0xffff != end.count } else { counted != end.count },
            unread: if whole { rest.0.len() as u64 } else { 0 },
            twofold: prefix > 0 && usize::try_from(end.offset).is_ok_and(|at| bytes[at..].starts_with(CENTRAL)),
            trailing: end.trailing.unsigned_abs(),
            entries,
            start,
        })
    }

    /// What is wrong with the archive as a whole, with the bytes concerned.
    pub(super) fn doubts(&self) -> impl Iterator<Item = (What, u64)> {
        [
            (self.trailing > 0, What::Ambiguous, self.trailing),
            (self.twofold, What::Ambiguous, 0),
            (self.unread > 0, What::Damaged, self.unread),
            (self.miscounted && self.unread == 0, What::Ambiguous, 0),
        ]
        .into_iter()
        .filter_map(|(holds, what, bytes)| holds.then_some((what, bytes)))
    }
}

impl End {
    fn find(bytes: &[u8]) -> Option<Self> {
        let last = bytes.len().checked_sub(END_LENGTH)?;
        let bare = |at: usize| bytes[at..].starts_with(END);
        let at =
            if bare(last) && bytes.ends_with(b"\0\0") { last } else { (last.saturating_sub(COMMENT)..=last).rev().find(|at| bare(*at))? };
        let mut fields = Fields(&bytes[at + 10..]);
        let short =
            Self { at, count: fields.u16()?.into(), size: fields.u32()?.into(), offset: fields.u32()?.into(), short: true, trailing: 0 };
        let comment = usize::from(fields.u16()?);
        let trailing = i64::try_from(fields.0.len()).ok()? - i64::try_from(comment).ok()?;
        Some(Self { trailing, ..Self::long(bytes, at).unwrap_or(short) })
    }

    /// The 64-bit end record, where its locator stands before the other one.
    fn long(bytes: &[u8], end: usize) -> Option<Self> {
        let locator = end.checked_sub(LOCATOR_LENGTH)?;
        let mut fields = Fields(bytes[locator..].strip_prefix(LOCATOR)?);
        fields.u32()?;
        let declared = fields.u64()?;
        // Behind a prefix the declared place is wrong, and with an extensible sector the place before the locator is.
        let adjacent = locator.checked_sub(END64_LENGTH);
        let is_record = |at: &usize| bytes.get(*at..locator).is_some_and(|record| record.starts_with(END64));
        let at = adjacent.filter(is_record).or(usize::try_from(declared).ok().filter(is_record))?;
        let mut fields = Fields(bytes.get(at + 32..)?);
        Some(Self { at, count: fields.u64()?, size: fields.u64()?, offset: fields.u64()?, short: false, trailing: 0 })
    }
}

impl<'a> Entry<'a> {
    fn read(fields: &mut Fields<'a>, prefix: u64) -> Option<Self> {
        if fields.take(4)? != CENTRAL {
            return None;
        }
        let made_by = fields.u16()?;
        fields.take(2)?;
        let (flags, method) = (fields.u16()?, fields.u16()?);
        fields.take(4)?;
        let crc = fields.u32()?;
        let (packed, size) = (u64::from(fields.u32()?), u64::from(fields.u32()?));
        let (name, extra, comment) = (fields.u16()?, fields.u16()?, fields.u16()?);
        fields.take(4)?;
        let attributes = fields.u32()?;
        let offset = u64::from(fields.u32()?);
        let name = fields.take(name.into())?;
        let extra = fields.take(extra.into())?;
        fields.take(comment.into())?;
        let mode = if made_by >> 8 == 3 { attributes >> 16 } else { 0 };
        let mut entry = Self { name, flags, method, crc, packed, size, offset, mode };
        widen(extra, [&mut entry.size, &mut entry.packed, &mut entry.offset]);
        entry.offset = entry.offset.saturating_add(prefix);
        Some(entry)
    }
}

/// Replaces those sizes that do not fit into 32 bits by those of the 64-bit extra field, which has them in this order.
pub(super) fn widen<const N: usize>(extra: &[u8], sizes: [&mut u64; N]) {
    let mut fields = Fields(extra);
    while let (Some(kind), Some(length)) = (fields.u16(), fields.u16()) {
        let Some(body) = fields.take(length.into()) else { return };
        if kind == 1 {
            let mut body = Fields(body);
            for size in sizes {
                if *size == u64::from(u32::MAX)
                    && let Some(wide) = body.u64()
                {
                    *size = wide;
                }
            }
            return;
        }
    }
}
