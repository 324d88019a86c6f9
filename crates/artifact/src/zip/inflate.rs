//! The compression methods of zip.

use libdeflater::{DecompressionError, Decompressor};

use super::index::Entry;
use crate::Compression;
use crate::stream::{self, Buffer, DEFLATE_MOST, Memory, Streams, Trouble};

/// The bit of an entry's flags that says that an LZMA stream ends with a marker.
const LZMA_MARKER: u16 = 1 << 1;

/// Unpacks members, one at a time, into a buffer of its own.
pub(super) struct Inflater<'m> {
    deflate: Decompressor,
    buffer: Buffer<'m>,
}

impl<'m> Inflater<'m> {
    pub(super) fn new(memory: Memory<'m>) -> Self {
        Self { deflate: Decompressor::new(), buffer: Buffer::new(memory) }
    }

    /// How many bytes came out of the last member that had to be unpacked, though it may have been in vain.
    pub(super) fn cost(&self) -> u64 {
        self.buffer.written()
    }

    /// Unpacks a member of at most `most` bytes. Stored ones are slices of the archive.
    pub(super) fn unpack<'s>(&'s mut self, entry: &Entry<'_>, packed: &'s [u8], most: u64) -> Result<&'s [u8], Trouble> {
        self.buffer.of(0);
        let length = match entry.method {
            0 if packed.len() as u64 > most => return Err(Trouble::Over),
            0 => return Ok(packed),
            8 => self.inflate(entry.size, packed, most)?,
            12 => self.stream(Compression::Bzip2, packed, most)?,
            14 => {
                let size = (entry.flags & LZMA_MARKER == 0).then_some(entry.size);
                stream::drain(stream::zip_lzma(packed, size)?, &mut self.buffer, most)?
            }
            93 => self.stream(Compression::Zstd, packed, most)?,
            95 => self.stream(Compression::Xz, packed, most)?,
            _ => return Err(Trouble::Unsupported),
        };
        Ok(self.buffer.first(length))
    }

    /// Inflates into a buffer of the declared size; where that is a lie, as a stream.
    fn inflate(&mut self, declared: u64, packed: &[u8], most: u64) -> Result<usize, Trouble> {
        let possible = (packed.len() as u64).saturating_mul(DEFLATE_MOST);
        let length = usize::try_from(declared.min(possible).min(most)).map_err(|_| Trouble::Over)?;
        match self.deflate.deflate_decompress(packed, self.buffer.of(length)) {
            Ok(length) => Ok(length),
            Err(DecompressionError::InsufficientSpace) if length as u64 == most => Err(Trouble::Over),
            Err(DecompressionError::InsufficientSpace) => {
                stream::drain(flate2::bufread::DeflateDecoder::new(packed), &mut self.buffer, most)
            }
            Err(DecompressionError::BadData) => Err(Trouble::Damaged),
        }
    }

    fn stream(&mut self, compression: Compression, packed: &[u8], most: u64) -> Result<usize, Trouble> {
        let mut streams = Streams::new(compression, packed)?;
        let length = self.buffer.fill(most.saturating_add(1), |into| streams.read(into))?;
        if length as u64 > most { Err(Trouble::Over) } else { Ok(length) }
    }
}
