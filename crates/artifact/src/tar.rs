//! Tar: headers and bodies in a stream, read as installers read them.
//!
//! The headers' fields are parsed by the `tar` crate. The walk from one to the next is our own: it bounds long names and PAX
//! records, and it tells where a header's size and a PAX record's disagree, on which readers of tar have differed.

use std::borrow::Cow;

use census_model::What;
use tar::Header;

use crate::stream::{self, Buffer, Streams, Trouble};
use crate::walk::{Halt, Named, Place, Step, Walk};
use crate::{Compression, Container, Error, path};

const BLOCK: usize = 512;
/// The body of an extension header may have so many bytes: long names and PAX records.
const EXTENSION: u64 = 1 << 20;

/// Why the walk ends.
enum End {
    Halt(Halt),
    Trouble(Trouble),
    /// The archive's own mark.
    Marked,
}

impl From<Trouble> for End {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<Halt> for End {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}

/// Whether bytes begin with a tar header: its checksum tells.
pub(crate) fn is_header(bytes: &[u8]) -> bool {
    bytes.first_chunk::<BLOCK>().is_some_and(|block| is_valid(Header::from_byte_slice(block)))
}

/// Whether a header's checksum is right, be it summed of unsigned bytes or, as some old writers did, of signed ones.
fn is_valid(header: &Header) -> bool {
    let field = 148..156;
    let bytes = header.as_bytes().iter().enumerate().map(|(at, byte)| if field.contains(&at) { b' ' } else { *byte });
    let (unsigned, signed) =
        bytes.fold((0, 0), |(unsigned, signed), byte| (unsigned + i64::from(byte), signed + i64::from(byte.cast_signed())));
    header.cksum().is_ok_and(|sum| [unsigned, signed].contains(&i64::from(sum)))
}

/// Reads a tar's members.
pub(crate) fn read(walk: &mut Walk<'_>, place: &Place<'_>, bytes: &[u8], compression: Compression) -> Step {
    let unreadable = |offset, what| Halt::Unreadable(Error::Header { container: Container::Tar(compression), offset, what });
    let whole = if compression == Compression::Gzip { stream::gunzip(bytes, walk.left()) } else { None };
    let streams = match &whole {
        Some(tar) => Streams::new(Compression::None, tar),
        None => Streams::new(compression, bytes),
    };
    let streams = streams.map_err(|_| unreadable(0, "not a stream of its kind"))?;
    let mut reader = Reader { streams, at: 0, headers: 0, buffer: Buffer::new(walk.memory()) };
    let mut end = entries(walk, place, &mut reader);
    if matches!(end, End::Marked) {
        end = reader.after_end(walk, place);
    }
    match end {
        End::Marked => Ok(()),
        End::Halt(halt) => Err(halt),
        End::Trouble(Trouble::Over) => Err(walk.exhausted()),
        End::Trouble(_) if reader.headers == 0 => Err(unreadable(reader.at, "no header where the first should be")),
        End::Trouble(trouble) => {
            walk.gap_of_archive(place, trouble.what(), 0);
            Ok(())
        }
    }
}

fn entries(walk: &mut Walk<'_>, place: &Place<'_>, reader: &mut Reader<'_>) -> End {
    let mut extension = Extension::default();
    loop {
        match entry(walk, place, reader, std::mem::take(&mut extension)) {
            Ok(next) => extension = next,
            Err(end) => return end,
        }
    }
}

/// Reads an entry, given what the extension headers before it said; returns what it says of the one that follows.
fn entry(walk: &mut Walk<'_>, place: &Place<'_>, reader: &mut Reader<'_>, mut extension: Extension) -> Result<Extension, End> {
    let block = reader.header(walk)?;
    let header = Header::from_byte_slice(&block);
    let declared = header.entry_size().map_err(|_| Trouble::Damaged)?;
    let kind = header.as_bytes()[156];
    if let b'x' | b'X' | b'g' | b'L' | b'K' = kind {
        return reader.extension(walk, place, kind, declared, extension);
    }
    walk.entry()?;
    let raw = extension.path.take().map_or_else(|| header.path_bytes(), Cow::Owned);
    let size = extension.size.unwrap_or(declared);
    // Readers differ in whether a directory's, a link's or a device's size is followed by as many bytes: installers' do not.
    if kind == b'5' || kind == 0 && raw.ends_with(b"/") {
        if declared > 0 {
            walk.gap_of_archive(place, What::Ambiguous, declared);
        }
        return Ok(Extension::default());
    }
    let (path, plain) = path::utf8(&raw);
    let named = walk.name(place, path, plain);
    // Both 0 and a size that does not fit are what writers put where the record has the true one.
    if extension.disagrees(declared) {
        walk.gap(&named, What::Ambiguous, size);
    }
    match kind {
        b'1' | b'2' => walk.gap(&named, What::Link, declared),
        b'3' | b'4' | b'6' => walk.gap(&named, What::Unsupported, declared),
        b'S' => {
            let mut more = header.as_bytes()[482] == 1;
            while more {
                more = reader.block(walk)?[504] == 1;
            }
            walk.gap(&named, What::Unsupported, size);
            reader.skip(walk, size)?;
        }
        _ if extension.sparse => {
            walk.gap(&named, What::Unsupported, size);
            reader.skip(walk, size)?;
        }
        _ => reader.member(walk, place, &named, size, header.mode().is_ok_and(|mode| mode & 0o111 != 0))?,
    }
    Ok(Extension::default())
}

/// What extension headers say of the entry that follows them.
#[derive(Default)]
struct Extension {
    path: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

impl Extension {
    /// Whether a size was recorded that is not the header's, though the header could have held it.
    fn disagrees(&self, declared: u64) -> bool {
        const OCTAL: u64 = 1 << 33;
        self.size.is_some_and(|size| size != declared && (size < OCTAL || declared != 0))
    }

    /// Takes in PAX records: each its own length in decimal, a space, `key=value`, a newline.
    fn records(&mut self, mut body: &[u8]) -> Result<(), Trouble> {
        while body.first().is_some_and(|byte| *byte != 0) {
            let space = body.iter().take(20).position(|byte| *byte == b' ').ok_or(Trouble::Damaged)?;
            let length = decimal(&body[..space]).and_then(|length| usize::try_from(length).ok()).ok_or(Trouble::Damaged)?;
            let record = body.get(space + 1..length).and_then(|record| record.strip_suffix(b"\n")).ok_or(Trouble::Damaged)?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or(Trouble::Damaged)?;
            let (key, value) = (&record[..equals], &record[equals + 1..]);
            match key {
                b"path" => self.path = Some(value.to_vec()),
                b"size" => self.size = Some(decimal(value).ok_or(Trouble::Damaged)?),
                _ => self.sparse |= key.starts_with(b"GNU.sparse."),
            }
            body = &body[length..];
        }
        Ok(())
    }
}

fn decimal(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
}

/// A tar's stream, and how far it was read.
struct Reader<'a> {
    streams: Streams<'a>,
    /// Bytes read so far, unpacked.
    at: u64,
    /// Headers read so far.
    headers: u64,
    buffer: Buffer<'a>,
}

impl Reader<'_> {
    /// Reads some bytes, within what may still be unpacked; none at the end.
    fn read(streams: &mut Streams<'_>, at: &mut u64, walk: &mut Walk<'_>, into: &mut [u8]) -> Result<usize, Trouble> {
        let most = into.len().min(usize::try_from(walk.left()).unwrap_or(usize::MAX));
        if most == 0 && !into.is_empty() {
            return Err(Trouble::Over);
        }
        let count = streams.read(&mut into[..most])?;
        walk.spend(count as u64);
        *at += count as u64;
        Ok(count)
    }

    /// Reads a block.
    fn block(&mut self, walk: &mut Walk<'_>) -> Result<[u8; BLOCK], Trouble> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match Self::read(&mut self.streams, &mut self.at, walk, &mut block[filled..])? {
                0 => return Err(Trouble::Truncated),
                count => filled += count,
            }
        }
        Ok(block)
    }

    /// Reads a header; a block of zeros ends the archive.
    fn header(&mut self, walk: &mut Walk<'_>) -> Result<[u8; BLOCK], End> {
        let block = self.block(walk)?;
        if block == [0; BLOCK] {
            return Err(End::Marked);
        }
        if !is_valid(Header::from_byte_slice(&block)) {
            return Err(Trouble::Damaged.into());
        }
        self.headers += 1;
        Ok(block)
    }

    /// Reads the body of an extension header.
    fn extension(
        &mut self,
        walk: &mut Walk<'_>,
        place: &Place<'_>,
        kind: u8,
        size: u64,
        mut extension: Extension,
    ) -> Result<Extension, End> {
        if size > EXTENSION {
            walk.gap_of_archive(place, What::Size, size);
            self.skip(walk, size)?;
            return Ok(extension);
        }
        let length = self.body(walk, size)?;
        let body = self.buffer.first(length);
        match kind {
            b'L' => extension.path = Some(body.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()),
            b'x' | b'X' => extension.records(body)?,
            b'g' => {
                // Records for all entries that follow: comments in practice, and readers differ about the rest.
                let mut global = Extension::default();
                global.records(body)?;
                if global.path.is_some() || global.size.is_some() {
                    walk.gap_of_archive(place, What::Ambiguous, size);
                }
            }
            _ => {}
        }
        Ok(extension)
    }

    /// Reads a member and visits it.
    fn member(&mut self, walk: &mut Walk<'_>, place: &Place<'_>, named: &Named, size: u64, executable: bool) -> Result<(), End> {
        let room = walk.room(None);
        if size > room.bytes {
            // The bound of the whole is met only if so many bytes really come.
            if !room.whole {
                walk.over(named, room, size)?;
            }
            return Ok(self.skip(walk, size)?);
        }
        match self.body(walk, size) {
            Ok(length) => Ok(walk.member(place, named, self.buffer.first(length), executable)?),
            Err(trouble) => {
                if trouble != Trouble::Over {
                    walk.gap(named, trouble.what(), size);
                }
                Err(trouble.into())
            }
        }
    }

    /// Reads a body into the buffer, and passes over what fills its last block.
    fn body(&mut self, walk: &mut Walk<'_>, size: u64) -> Result<usize, Trouble> {
        let Self { streams, at, buffer, .. } = self;
        let length = buffer.fill(size, |into| Self::read(streams, at, walk, into))?;
        if length as u64 != size {
            return Err(Trouble::Truncated);
        }
        self.pass(walk, padding(size))?;
        Ok(length)
    }

    /// Passes over a body.
    fn skip(&mut self, walk: &mut Walk<'_>, size: u64) -> Result<(), Trouble> {
        self.pass(walk, size.saturating_add(padding(size)))
    }

    fn pass(&mut self, walk: &mut Walk<'_>, mut count: u64) -> Result<(), Trouble> {
        let mut scratch = [0; 16 << 10];
        while count > 0 {
            let most = scratch.len().min(usize::try_from(count).unwrap_or(usize::MAX));
            match Self::read(&mut self.streams, &mut self.at, walk, &mut scratch[..most])? {
                0 => return Err(Trouble::Truncated),
                read => count -= read as u64,
            }
        }
        Ok(())
    }

    /// Reads on after the end: to check the stream's checksum, and to see whether anything is hidden there.
    fn after_end(&mut self, walk: &mut Walk<'_>, place: &Place<'_>) -> End {
        let mut scratch = [0; 16 << 10];
        let (from, mut hidden) = (self.at, false);
        loop {
            match Self::read(&mut self.streams, &mut self.at, walk, &mut scratch) {
                Ok(0) => break,
                Ok(count) => hidden |= scratch[..count].iter().any(|byte| *byte != 0),
                Err(trouble) => return End::Trouble(trouble),
            }
        }
        if hidden {
            walk.gap_of_archive(place, What::Ambiguous, self.at - from);
        }
        if self.streams.trailing() > 0 {
            walk.gap_of_archive(place, What::Ambiguous, self.streams.trailing() as u64);
        }
        End::Marked
    }
}

/// How many bytes fill the last block of a body.
fn padding(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK as u64
}
