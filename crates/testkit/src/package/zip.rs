//! Zip archives written by hand, so that every field of them can lie.
//!
//! ```
//! use census_testkit::package::zip::{Archive, Entry, Method};
//!
//! let bomb = Archive::new()
//!     .entry(Entry::new("zeros", vec![0; 1 << 20]).method(Method::Deflate))
//!     .entry(Entry::new("a.py", "import os\n").claims_crc(0))
//!     .build();
//! assert!(bomb.len() < 4096);
//! ```

use std::io::Write as _;

/// How an entry is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Not at all.
    Store,
    /// Deflate.
    Deflate,
    /// Bzip2.
    Bzip2,
    /// LZMA, with an end marker.
    Lzma,
    /// XZ.
    Xz,
    /// Zstandard.
    Zstd,
    /// Any other number, the bytes being stored.
    Other(u16),
}

impl Method {
    /// Every method that has a compressor here.
    pub const ALL: [Self; 6] = [Self::Store, Self::Deflate, Self::Bzip2, Self::Lzma, Self::Xz, Self::Zstd];

    /// The number that headers have for it.
    pub fn code(self) -> u16 {
        match self {
            Self::Store => 0,
            Self::Deflate => 8,
            Self::Bzip2 => 12,
            Self::Lzma => 14,
            Self::Zstd => 93,
            Self::Xz => 95,
            Self::Other(code) => code,
        }
    }

    fn pack(self, bytes: &[u8]) -> Vec<u8> {
        use super::Compression;
        match self {
            Self::Store | Self::Other(_) => bytes.to_vec(),
            Self::Deflate => {
                let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
                encoder.write_all(bytes).expect("memory takes every write");
                encoder.finish().expect("memory takes every write")
            }
            Self::Bzip2 => Compression::Bzip2.pack(bytes),
            Self::Xz => Compression::Xz.pack(bytes),
            Self::Zstd => Compression::Zstd.pack(bytes),
            Self::Lzma => lzma(bytes),
        }
    }
}

/// LZMA as zip has it: a version, the length of the properties, the properties, the stream up to its end marker.
fn lzma(bytes: &[u8]) -> Vec<u8> {
    let options = liblzma::stream::LzmaOptions::new_preset(1).expect("preset 1 exists");
    let stream = liblzma::stream::Stream::new_lzma_encoder(&options).expect("valid options");
    let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
    encoder.write_all(bytes).expect("memory takes every write");
    let alone = encoder.finish().expect("memory takes every write");
    // A stand-alone stream begins with five bytes of properties and eight of size.
    [&[9, 20, 5, 0], &alone[..5], &alone[13..]].concat()
}

/// One entry: what its headers say, and its data.
#[derive(Clone, Debug)]
pub struct Entry {
    name: Vec<u8>,
    local_name: Option<Vec<u8>>,
    data: Vec<u8>,
    method: Method,
    mode: u32,
    flags: u16,
    crc: Option<u32>,
    size: Option<u64>,
    packed_size: Option<u64>,
    packed: Option<Vec<u8>>,
    descriptor: bool,
    zip64: bool,
    alias_of: Option<usize>,
    unlisted: bool,
}

const FLAG_ENCRYPTED: u16 = 1;
const FLAG_LZMA_MARKER: u16 = 1 << 1;
const FLAG_DESCRIPTOR: u16 = 1 << 3;
const FLAG_UTF8: u16 = 1 << 11;

impl Entry {
    /// A stored file with mode 0644 and a name marked as UTF-8.
    pub fn new(name: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Self {
        Self {
            name: name.as_ref().to_vec(),
            local_name: None,
            data: data.as_ref().to_vec(),
            method: Method::Store,
            mode: 0o100_644,
            flags: FLAG_UTF8,
            crc: None,
            size: None,
            packed_size: None,
            packed: None,
            descriptor: false,
            zip64: false,
            alias_of: None,
            unlisted: false,
        }
    }

    /// Sets the compression.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        if method == Method::Lzma {
            self.flags |= FLAG_LZMA_MARKER;
        }
        self
    }

    /// Sets the whole Unix mode, type included: `0o120_777` is a symbolic link.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// Makes the local header have another name than the index.
    #[must_use]
    pub fn local_name(mut self, name: impl AsRef<[u8]>) -> Self {
        self.local_name = Some(name.as_ref().to_vec());
        self
    }

    /// Takes the mark away that the name is UTF-8: it is code page 437 then.
    #[must_use]
    pub fn cp437(mut self) -> Self {
        self.flags &= !FLAG_UTF8;
        self
    }

    /// Says that it is encrypted (its bytes are not).
    #[must_use]
    pub fn encrypted(mut self) -> Self {
        self.flags |= FLAG_ENCRYPTED;
        self
    }

    /// Sets the checksum that the headers declare.
    #[must_use]
    pub fn claims_crc(mut self, crc: u32) -> Self {
        self.crc = Some(crc);
        self
    }

    /// Sets the unpacked size that the headers declare.
    #[must_use]
    pub fn claims_size(mut self, size: u64) -> Self {
        self.size = Some(size);
        self
    }

    /// Sets the packed size that the headers declare.
    #[must_use]
    pub fn claims_packed_size(mut self, size: u64) -> Self {
        self.packed_size = Some(size);
        self
    }

    /// Sets the packed bytes, whatever the method.
    #[must_use]
    pub fn packed(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.packed = Some(bytes.as_ref().to_vec());
        self
    }

    /// Writes sizes and checksum after the data, as a writer that cannot seek does.
    #[must_use]
    pub fn descriptor(mut self) -> Self {
        self.descriptor = true;
        self.flags |= FLAG_DESCRIPTOR;
        self
    }

    /// Writes sizes and offset as 64-bit numbers.
    #[must_use]
    pub fn zip64(mut self) -> Self {
        self.zip64 = true;
        self
    }

    /// Writes no data of its own: the index has this name for the data of the entry of that number, so that the two overlap.
    #[must_use]
    pub fn alias_of(mut self, entry: usize) -> Self {
        self.alias_of = Some(entry);
        self
    }

    /// Leaves it out of the index: only who reads local headers in order sees it.
    #[must_use]
    pub fn unlisted(mut self) -> Self {
        self.unlisted = true;
        self
    }
}

/// A zip archive in the making.
#[derive(Clone, Debug, Default)]
pub struct Archive {
    entries: Vec<Entry>,
    prefix: Vec<u8>,
    suffix: Vec<u8>,
    comment: Vec<u8>,
    zip64: bool,
    count: Option<u16>,
}

/// What the index says of an entry once it has been written.
struct Written {
    offset: u64,
    crc: u32,
    size: u64,
    packed: u64,
}

impl Archive {
    /// An archive of no entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry.
    #[must_use]
    pub fn entry(mut self, entry: Entry) -> Self {
        self.entries.push(entry);
        self
    }

    /// Sets bytes before the archive, which its offsets do not count.
    #[must_use]
    pub fn prefix(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.prefix = bytes.as_ref().to_vec();
        self
    }

    /// Sets bytes after the end, which no comment covers.
    #[must_use]
    pub fn suffix(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.suffix = bytes.as_ref().to_vec();
        self
    }

    /// Sets the comment.
    #[must_use]
    pub fn comment(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.comment = bytes.as_ref().to_vec();
        self
    }

    /// Writes the 64-bit end records.
    #[must_use]
    pub fn zip64(mut self) -> Self {
        self.zip64 = true;
        self
    }

    /// Sets the number of entries that the end record declares.
    #[must_use]
    pub fn claims_count(mut self, count: u16) -> Self {
        self.count = Some(count);
        self
    }

    /// Builds it.
    pub fn build(self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut written: Vec<Written> = Vec::new();
        for entry in &self.entries {
            let done = match entry.alias_of.and_then(|number| written.get(number)) {
                Some(of) => Written { ..*of },
                None => local(entry, &mut out),
            };
            written.push(done);
        }
        let start = out.len() as u64;
        let listed = || self.entries.iter().zip(&written).filter(|(entry, _)| !entry.unlisted);
        for (entry, written) in listed() {
            central(entry, written, &mut out);
        }
        self.end(start, listed().count(), &mut out);
        [self.prefix, out, self.suffix].concat()
    }

    fn end(&self, start: u64, listed: usize, out: &mut Vec<u8>) {
        let end = out.len() as u64;
        if self.zip64 {
            put32(out, 0x0606_4b50);
            put64(out, 44);
            put16(out, 45);
            put16(out, 45);
            put32(out, 0);
            put32(out, 0);
            put64(out, listed as u64);
            put64(out, listed as u64);
            put64(out, end - start);
            put64(out, start);
            put32(out, 0x0706_4b50);
            put32(out, 0);
            put64(out, end);
            put32(out, 1);
        }
        let count = self.count.unwrap_or(if self.zip64 { u16::MAX } else { low16(listed as u64) });
        put32(out, 0x0605_4b50);
        put32(out, 0);
        put16(out, count);
        put16(out, count);
        put32(out, if self.zip64 { u32::MAX } else { low32(end - start) });
        put32(out, if self.zip64 { u32::MAX } else { low32(start) });
        put16(out, low16(self.comment.len() as u64));
        out.extend_from_slice(&self.comment);
    }
}

fn local(entry: &Entry, out: &mut Vec<u8>) -> Written {
    let packed = entry.packed.clone().unwrap_or_else(|| entry.method.pack(&entry.data));
    let mut crc = flate2::Crc::new();
    crc.update(&entry.data);
    let written = Written {
        offset: out.len() as u64,
        crc: entry.crc.unwrap_or(crc.sum()),
        size: entry.size.unwrap_or(entry.data.len() as u64),
        packed: entry.packed_size.unwrap_or(packed.len() as u64),
    };
    let name = entry.local_name.as_ref().unwrap_or(&entry.name);
    let wide = |value: u64| if entry.zip64 { u32::MAX } else { low32(value) };
    put32(out, 0x0403_4b50);
    put16(out, 45);
    put16(out, entry.flags);
    put16(out, entry.method.code());
    put32(out, 0x0021_0000);
    if entry.descriptor {
        out.extend_from_slice(&[0; 12]);
    } else {
        put32(out, written.crc);
        put32(out, wide(written.packed));
        put32(out, wide(written.size));
    }
    put16(out, low16(name.len() as u64));
    let extra = entry.zip64 && !entry.descriptor;
    put16(out, if extra { 20 } else { 0 });
    out.extend_from_slice(name);
    if extra {
        put32(out, 0x0010_0001);
        put64(out, written.size);
        put64(out, written.packed);
    }
    out.extend_from_slice(&packed);
    if entry.descriptor {
        put32(out, 0x0807_4b50);
        put32(out, written.crc);
        put32(out, low32(written.packed));
        put32(out, low32(written.size));
    }
    written
}

fn central(entry: &Entry, written: &Written, out: &mut Vec<u8>) {
    let wide = |value: u64| if entry.zip64 { u32::MAX } else { low32(value) };
    put32(out, 0x0201_4b50);
    put16(out, (3 << 8) + 45);
    put16(out, 45);
    put16(out, entry.flags);
    put16(out, entry.method.code());
    put32(out, 0x0021_0000);
    put32(out, written.crc);
    put32(out, wide(written.packed));
    put32(out, wide(written.size));
    put16(out, low16(entry.name.len() as u64));
    put16(out, if entry.zip64 { 28 } else { 0 });
    put16(out, 0);
    put32(out, 0);
    put32(out, entry.mode << 16);
    put32(out, wide(written.offset));
    out.extend_from_slice(&entry.name);
    if entry.zip64 {
        put32(out, 0x0018_0001);
        put64(out, written.size);
        put64(out, written.packed);
        put64(out, written.offset);
    }
}

fn low16(value: u64) -> u16 {
    u16::try_from(value & 0xffff).unwrap_or_default()
}

fn low32(value: u64) -> u32 {
    u32::try_from(value & 0xffff_ffff).unwrap_or_default()
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}
