//! Compressed streams, one after another, read as one and never further than asked.

use std::io::{self, ErrorKind, Read};
use std::ops::DerefMut;

use census_model::What;

use crate::Compression;

/// Memory that an xz or lzma stream may ask for: several times what the strongest preset needs.
const LZMA_MEMORY: u64 = 256 << 20;

/// No deflate stream unpacks to more times its size.
pub(crate) const DEFLATE_MOST: u64 = 1032;

/// Why a stream cannot be read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It ends before it should.
    Truncated,
    /// Its bytes are not what its format allows.
    Damaged,
    /// It is in a format that is not read.
    Unsupported,
    /// It goes on beyond the bound.
    Over,
}

impl Trouble {
    /// The gap it leaves, where that is not one of a bound.
    pub(crate) fn what(self) -> What {
        match self {
            Self::Truncated => What::Truncated,
            Self::Damaged | Self::Over => What::Damaged,
            Self::Unsupported => What::Unsupported,
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        if error.kind() == ErrorKind::UnexpectedEof { Self::Truncated } else { Self::Damaged }
    }
}

/// Memory to unpack into.
pub type Block = Box<dyn DerefMut<Target = [u8]>>;

/// Gives a block of so many bytes, whatever they hold.
pub type Memory<'m> = &'m dyn Fn(usize) -> Block;

/// A buffer that is used again and again, and grows with what really comes.
pub(crate) struct Buffer<'m> {
    memory: Memory<'m>,
    bytes: Block,
    /// How many bytes were written last, or may have been.
    written: usize,
}

impl<'m> Buffer<'m> {
    pub(crate) fn new(memory: Memory<'m>) -> Self {
        Self { memory, bytes: Box::new(Vec::new()), written: 0 }
    }

    /// At least so many bytes to write to; what they hold is arbitrary.
    pub(crate) fn of(&mut self, length: usize) -> &mut [u8] {
        if self.bytes.len() < length {
            // The old block goes first: it has nothing that is still needed.
            self.bytes = Box::new(Vec::new());
            self.bytes = (self.memory)(length.next_power_of_two());
        }
        self.written = length;
        &mut self.bytes[..length]
    }

    /// The first bytes.
    pub(crate) fn first(&self, length: usize) -> &[u8] {
        &self.bytes[..length]
    }

    /// What the last writing cost at most, in bytes, though it may have failed.
    pub(crate) fn written(&self) -> u64 {
        self.written as u64
    }

    /// Fills itself from a reader with `most` bytes, or as many as there are; returns how many.
    pub(crate) fn fill(&mut self, most: u64, mut read: impl FnMut(&mut [u8]) -> Result<usize, Trouble>) -> Result<usize, Trouble> {
        const STEP: usize = 64 << 10;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        self.written = 0;
        while self.written < most {
            if self.written == self.bytes.len() {
                let mut larger = (self.memory)((self.written * 2).max(STEP).min(most));
                larger[..self.written].copy_from_slice(&self.bytes[..self.written]);
                self.bytes = larger;
            }
            let end = self.bytes.len().min(most);
            match read(&mut self.bytes[self.written..end])? {
                0 => break,
                count => self.written += count,
            }
        }
        Ok(self.written)
    }
}

/// Reads a whole stream of at most `most` bytes into a buffer.
pub(crate) fn drain(mut reader: impl Read, buffer: &mut Buffer<'_>, most: u64) -> Result<usize, Trouble> {
    let length = buffer.fill(most.saturating_add(1), |into| Ok(reader.read(into)?))?;
    if length as u64 > most { Err(Trouble::Over) } else { Ok(length) }
}

/// Unpacks a gzip file of one stream and moderate size at once, which takes half the time; none where it is anything else, or is
/// damaged: that is for [`Streams`] to tell. Its last bytes must be the checksum and size of what came out, so that no stream follows.
pub(crate) fn gunzip(bytes: &[u8], most: u64) -> Option<Vec<u8>> {
    const MODERATE: u64 = 32 << 20;
    let [.., c0, c1, c2, c3, s0, s1, s2, s3] = *bytes else { return None };
    let (crc, size) = (u32::from_le_bytes([c0, c1, c2, c3]), u32::from_le_bytes([s0, s1, s2, s3]));
    if u64::from(size) > most.min(MODERATE).min(bytes.len() as u64 * DEFLATE_MOST) {
        return None;
    }
    let mut unpacked = vec![0; size as usize];
    let length = libdeflater::Decompressor::new().gzip_decompress(bytes, &mut unpacked).ok()?;
    (length == unpacked.len() && crc32fast::hash(&unpacked) == crc).then_some(unpacked)
}

/// An LZMA stream as zip has it: version, length of the properties, properties, data. Without an end marker its size must be known.
pub(crate) fn zip_lzma(packed: &[u8], size: Option<u64>) -> Result<impl Read, Trouble> {
    let [_, _, 5, 0, rest @ ..] = packed else { return Err(Trouble::Damaged) };
    let (properties, data) = rest.split_at_checked(5).ok_or(Trouble::Truncated)?;
    let mut header = properties.to_vec();
    header.extend_from_slice(&size.unwrap_or(u64::MAX).to_le_bytes());
    let stream = liblzma::stream::Stream::new_lzma_decoder(LZMA_MEMORY).map_err(|_| Trouble::Damaged)?;
    Ok(liblzma::bufread::XzDecoder::new_stream(io::Cursor::new(header).chain(data), stream))
}

enum Decoder<'a> {
    Plain(&'a [u8]),
    Gzip(flate2::bufread::GzDecoder<&'a [u8]>),
    Bzip2(bzip2::bufread::BzDecoder<&'a [u8]>),
    Xz(liblzma::bufread::XzDecoder<&'a [u8]>),
    Zstd(zstd::stream::read::Decoder<'static, &'a [u8]>),
}

impl<'a> Decoder<'a> {
    fn new(compression: Compression, bytes: &'a [u8]) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Self::Plain(bytes),
            Compression::Gzip => Self::Gzip(flate2::bufread::GzDecoder::new(bytes)),
            Compression::Bzip2 => Self::Bzip2(bzip2::bufread::BzDecoder::new(bytes)),
            Compression::Xz => {
                let stream = liblzma::stream::Stream::new_stream_decoder(LZMA_MEMORY, 0).map_err(io::Error::from)?;
                Self::Xz(liblzma::bufread::XzDecoder::new_stream(bytes, stream))
            }
            Compression::Zstd => Self::Zstd(zstd::stream::read::Decoder::with_buffer(bytes)?.single_frame()),
        })
    }

    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(bytes) => bytes.read(into),
            Self::Gzip(decoder) => decoder.read(into),
            Self::Bzip2(decoder) => decoder.read(into),
            Self::Xz(decoder) => decoder.read(into),
            Self::Zstd(decoder) => decoder.read(into),
        }
    }

    /// What the stream left of its input.
    fn rest(&self) -> &'a [u8] {
        match self {
            Self::Plain(bytes) => bytes,
            Self::Gzip(decoder) => decoder.get_ref(),
            Self::Bzip2(decoder) => decoder.get_ref(),
            Self::Xz(decoder) => decoder.get_ref(),
            Self::Zstd(decoder) => decoder.get_ref(),
        }
    }
}

/// Streams of one compression, one after another.
pub(crate) struct Streams<'a> {
    compression: Compression,
    decoder: Decoder<'a>,
    ended: bool,
}

impl<'a> Streams<'a> {
    pub(crate) fn new(compression: Compression, bytes: &'a [u8]) -> Result<Self, Trouble> {
        Ok(Self { compression, decoder: Decoder::new(compression, bytes)?, ended: false })
    }

    /// Reads some bytes; none at the end of the last stream.
    pub(crate) fn read(&mut self, into: &mut [u8]) -> Result<usize, Trouble> {
        while !self.ended && !into.is_empty() {
            match self.decoder.read(into)? {
                0 => self.next()?,
                count => return Ok(count),
            }
        }
        Ok(0)
    }

    fn next(&mut self) -> Result<(), Trouble> {
        let rest = self.decoder.rest();
        let magic = self.compression.magic();
        if magic.is_empty() || !rest.starts_with(magic) {
            self.ended = true;
        } else {
            self.decoder = Decoder::new(self.compression, rest)?;
        }
        Ok(())
    }

    /// How many bytes follow the last stream that are not padding.
    pub(crate) fn trailing(&self) -> usize {
        let rest = self.decoder.rest();
        if rest.iter().all(|byte| *byte == 0) { 0 } else { rest.len() }
    }
}
