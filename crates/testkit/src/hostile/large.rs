//! Artifacts of millions of members and of gigabytes, written as a stream: they never are in memory as a whole.

use std::io::{self, Write};

use census_model::What;

use super::{End, Kit, noise};

/// Those that an ordinary run bears.
pub(super) fn add_bearable(kit: &mut Kit) {
    kit.stream(
        "large/zip-of-a-million-empty-members",
        "hostile-1.0-py3-none-any.whl",
        End::Partial(&[What::Members, What::Ambiguous]),
        |out| empty_members(out, 1_000_000),
    );
    kit.stream("large/tar-of-a-hundred-thousand-empty-members", "hostile-1.0.tar.gz", End::Partial(&[What::Members]), |out| {
        empty_files(out, 100_000)
    });
    kit.stream("large/wheel-of-100-mb-of-members", "hostile-1.0-py3-none-any.whl", End::Ok(&[]), |out| stored(out, 100, 1 << 20));
    kit.stream("large/wheel-of-one-member-of-60-mb", "hostile-1.0-py3-none-any.whl", End::Ok(&[]), |out| one_member(out, 60 << 20));
}

/// Those that take minutes.
pub(super) fn add(kit: &mut Kit) {
    let wheel = "hostile-1.0-py3-none-any.whl";
    kit.stream("large/zip-of-ten-million-empty-members", wheel, End::Partial(&[What::Members, What::Ambiguous]), |out| {
        empty_members(out, 10_000_000)
    });
    kit.stream("large/tar-of-ten-million-empty-members", "hostile-1.0.tar.gz", End::Partial(&[What::Members]), |out| {
        empty_files(out, 10_000_000)
    });
    kit.stream("large/wheel-of-2-gb-of-members", wheel, End::Ok(&[]), |out| stored(out, 2048, 1 << 20));
    kit.stream("large/wheel-of-one-member-of-1500-mb", wheel, End::Ok(&[]), |out| one_member(out, 1500 << 20));
    kit.stream("large/sdist-of-one-member-of-1500-mb", "hostile-1.0.tar.gz", End::Ok(&[]), |out| one_file(out, 1500 << 20));
}

/// Counts what goes through it.
struct Counted<'a> {
    out: &'a mut dyn Write,
    at: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.at += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What a zip says of one member, in its local header and in its index.
struct Listed {
    name: String,
    method: u16,
    crc: u32,
    packed: u32,
    size: u32,
    offset: u32,
}

impl Listed {
    fn common(&self, out: &mut Vec<u8>) {
        out.extend([20, 0, 0, 0]);
        out.extend(self.method.to_le_bytes());
        out.extend([0; 4]);
        for value in [self.crc, self.packed, self.size] {
            out.extend(value.to_le_bytes());
        }
        out.extend(u16::try_from(self.name.len()).unwrap_or(u16::MAX).to_le_bytes());
        out.extend([0; 2]);
    }

    fn local(&self) -> Vec<u8> {
        let mut out = b"PK\x03\x04".to_vec();
        self.common(&mut out);
        out.extend(self.name.as_bytes());
        out
    }

    fn central(&self) -> Vec<u8> {
        let mut out = b"PK\x01\x02\x14\x00".to_vec();
        self.common(&mut out);
        out.extend([0; 10]);
        out.extend(self.offset.to_le_bytes());
        out.extend(self.name.as_bytes());
        out
    }
}

/// The end records, of 64 bits: what they count may be more than the others can.
fn end(out: &mut Counted<'_>, count: u64, start: u64) -> io::Result<()> {
    let at = out.at;
    out.write_all(b"PK\x06\x06")?;
    out.write_all(&44_u64.to_le_bytes())?;
    out.write_all(&[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0])?;
    for value in [count, count, at - start, start] {
        out.write_all(&value.to_le_bytes())?;
    }
    out.write_all(b"PK\x06\x07\0\0\0\0")?;
    out.write_all(&at.to_le_bytes())?;
    out.write_all(&[1, 0, 0, 0])?;
    out.write_all(b"PK\x05\x06\0\0\0\0")?;
    out.write_all(&[0xff; 12])?;
    out.write_all(&[0, 0])
}

/// A zip whose index lists so many members without a byte, all of them with the same header.
fn empty_members(out: &mut dyn Write, count: u32) -> io::Result<()> {
    let mut out = Counted { out, at: 0 };
    let listed = |n: u32| Listed { name: format!("{n:08}"), method: 0, crc: 0, packed: 0, size: 0, offset: 0 };
    out.write_all(&listed(0).local())?;
    let start = out.at;
    for n in 0..count {
        out.write_all(&listed(n).central())?;
    }
    end(&mut out, count.into(), start)
}

/// A zip of so many stored members of so many bytes.
fn stored(out: &mut dyn Write, count: u32, size: usize) -> io::Result<()> {
    let mut out = Counted { out, at: 0 };
    let content = noise(size, 9);
    let mut crc = flate2::Crc::new();
    crc.update(&content);
    let size = u32::try_from(size).map_err(io::Error::other)?;
    let mut index = Vec::new();
    for n in 0..count {
        let offset = u32::try_from(out.at).map_err(io::Error::other)?;
        let listed = Listed { name: format!("{n:08}.bin"), method: 0, crc: crc.sum(), packed: size, size, offset };
        out.write_all(&listed.local())?;
        out.write_all(&content)?;
        index.extend(listed.central());
    }
    let start = out.at;
    out.write_all(&index)?;
    end(&mut out, count.into(), start)
}

/// A megabyte that packs to a hundredth: more than any bound of a bomb allows would do the member no good.
fn megabyte() -> Vec<u8> {
    let mut block = noise(8 << 10, 11);
    block.resize(1 << 20, 0);
    block
}

/// A zip of one deflated member of so many bytes.
fn one_member(out: &mut dyn Write, size: u32) -> io::Result<()> {
    let (block, mut crc) = (megabyte(), flate2::Crc::new());
    let mut packed = flate2::write::DeflateEncoder::new(tempfile::tempfile()?, flate2::Compression::fast());
    for _ in 0..size >> 20 {
        packed.write_all(&block)?;
        crc.update(&block);
    }
    let mut packed = packed.finish()?;
    let length = u32::try_from(io::Seek::stream_position(&mut packed)?).map_err(io::Error::other)?;
    io::Seek::rewind(&mut packed)?;
    let listed = Listed { name: "one.bin".into(), method: 8, crc: crc.sum(), packed: length, size, offset: 0 };
    let mut out = Counted { out, at: 0 };
    out.write_all(&listed.local())?;
    io::copy(&mut packed, &mut out)?;
    let start = out.at;
    out.write_all(&listed.central())?;
    end(&mut out, 1, start)
}

fn header(name: &str, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_path(name).expect("a short name");
    header.set_mode(0o644);
    header.set_size(size);
    header.set_mtime(0);
    header.set_cksum();
    header
}

/// A tar of so many files without a byte, packed.
fn empty_files(out: &mut dyn Write, count: u32) -> io::Result<()> {
    let mut packed = flate2::write::GzEncoder::new(out, flate2::Compression::fast());
    for n in 0..count {
        packed.write_all(header(&format!("h/{n}"), 0).as_bytes())?;
    }
    packed.write_all(&[0; 1024])?;
    packed.finish().map(|_| ())
}

/// A packed tar of one file of so many bytes.
fn one_file(out: &mut dyn Write, size: u32) -> io::Result<()> {
    let block = megabyte();
    let mut packed = flate2::write::GzEncoder::new(out, flate2::Compression::fast());
    packed.write_all(header("h/one.bin", size.into()).as_bytes())?;
    for _ in 0..size >> 20 {
        packed.write_all(&block)?;
    }
    packed.write_all(&[0; 1024])?;
    packed.finish().map(|_| ())
}
