//! Tar archives, honest and hostile, and the compressions around them.
//!
//! ```
//! use census_testkit::package::tar::{Archive, Compression, Entry};
//!
//! let tar = Archive::new().entry(Entry::new("demo-1.0/a.py", "import os\n")).entry(Entry::symlink("demo-1.0/b", "/etc/passwd")).build();
//! assert_eq!(tar.len() % 512, 0);
//! let bzip2 = Compression::Bzip2.pack(&tar);
//! assert!(bzip2.starts_with(b"BZh"));
//! ```

use std::io::Write as _;

use tar::{EntryType, Header};

/// How a tar is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all: `.tar`.
    None,
    /// `.tar.gz`.
    Gzip,
    /// `.tar.bz2`.
    Bzip2,
    /// `.tar.xz`.
    Xz,
    /// `.tar.zst`.
    Zstd,
}

impl Compression {
    /// Every compression.
    pub const ALL: [Self; 5] = [Self::None, Self::Gzip, Self::Bzip2, Self::Xz, Self::Zstd];

    /// The extension of a file packed so: `tar.gz`.
    pub fn extension(self) -> &'static str {
        match self {
            Self::None => "tar",
            Self::Gzip => "tar.gz",
            Self::Bzip2 => "tar.bz2",
            Self::Xz => "tar.xz",
            Self::Zstd => "tar.zst",
        }
    }

    /// Compresses bytes, without any clock or name in the result.
    pub fn pack(self, bytes: &[u8]) -> Vec<u8> {
        let done = "memory takes every write";
        match self {
            Self::None => bytes.to_vec(),
            Self::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                encoder.write_all(bytes).expect(done);
                encoder.finish().expect(done)
            }
            Self::Bzip2 => {
                let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
                encoder.write_all(bytes).expect(done);
                encoder.finish().expect(done)
            }
            Self::Xz => {
                let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
                encoder.write_all(bytes).expect(done);
                encoder.finish().expect(done)
            }
            Self::Zstd => zstd::encode_all(bytes, 3).expect(done),
        }
    }
}

/// One header of a tar and the bytes after it.
#[derive(Clone, Debug)]
pub struct Entry {
    header: Header,
    data: Vec<u8>,
}

impl Entry {
    /// A regular file with mode 0644. Names longer than 100 bytes are cut: put [`Entry::long_name`] or [`Entry::pax`] before them.
    pub fn new(name: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Self {
        Self::of(EntryType::Regular, name.as_ref(), data.as_ref())
    }

    /// An entry of any type: the byte that its header has for it, such as `b'S'` for a sparse file.
    pub fn of_type(kind: u8, name: &[u8], data: &[u8]) -> Self {
        Self::of(EntryType::new(kind), name, data)
    }

    fn of(kind: EntryType, name: &[u8], data: &[u8]) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(data.len() as u64);
        let fits = name.len().min(100);
        header.as_mut_bytes()[..fits].copy_from_slice(&name[..fits]);
        Self { header, data: data.to_vec() }
    }

    /// A symbolic link.
    pub fn symlink(name: &str, target: &str) -> Self {
        Self::of(EntryType::Symlink, name.as_bytes(), b"").link(target)
    }

    /// A hard link.
    pub fn hard_link(name: &str, target: &str) -> Self {
        Self::of(EntryType::Link, name.as_bytes(), b"").link(target)
    }

    /// A directory.
    pub fn directory(name: &str) -> Self {
        Self::of(EntryType::Directory, name.as_bytes(), b"")
    }

    /// GNU's long name for the entry that follows.
    pub fn long_name(name: &[u8]) -> Self {
        Self::of(EntryType::GNULongName, b"././@LongLink", &[name, b"\0"].concat())
    }

    /// PAX records for the entry that follows: `Entry::pax(&[("path", "…"), ("size", "3")])`.
    pub fn pax(records: &[(&str, &str)]) -> Self {
        let body = records.iter().fold(String::new(), |body, (key, value)| body + &pax_record(key, value));
        Self::of(EntryType::XHeader, b"PaxHeaders/x", body.as_bytes())
    }

    fn link(mut self, target: &str) -> Self {
        self.header.set_link_name_literal(target).expect("a short target");
        self
    }

    /// Sets the permissions.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.header.set_mode(mode);
        self
    }

    /// Sets the size that the header declares, whatever follows.
    #[must_use]
    pub fn claims_size(mut self, size: u64) -> Self {
        self.header.set_size(size);
        self
    }
}

/// A PAX record: its own length in decimal, a space, `key=value` and a newline.
fn pax_record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    format!("{length} {key}={value}\n")
}

/// A tar archive in the making.
#[derive(Clone, Debug, Default)]
pub struct Archive {
    bytes: Vec<u8>,
    unended: bool,
    suffix: Vec<u8>,
}

impl Archive {
    /// An archive of no entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry.
    #[must_use]
    pub fn entry(mut self, mut entry: Entry) -> Self {
        entry.header.set_cksum();
        self.bytes.extend_from_slice(entry.header.as_bytes());
        self.bytes.extend_from_slice(&entry.data);
        self.bytes.resize(self.bytes.len().next_multiple_of(512), 0);
        self
    }

    /// Leaves out the two blocks of zeros that end an archive.
    #[must_use]
    pub fn unended(mut self) -> Self {
        self.unended = true;
        self
    }

    /// Adds bytes after the end.
    #[must_use]
    pub fn suffix(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.suffix = bytes.as_ref().to_vec();
        self
    }

    /// Builds it, uncompressed.
    pub fn build(mut self) -> Vec<u8> {
        if !self.unended {
            self.bytes.resize(self.bytes.len() + 1024, 0);
        }
        self.bytes.extend_from_slice(&self.suffix);
        self.bytes
    }
}

/// Makes every block of a tar that says it is a header a valid one again, after its bytes were changed.
pub fn reseal(tar: &mut [u8]) {
    for block in tar.chunks_exact_mut(512).filter(|block| block[257..].starts_with(b"ustar")) {
        let sum: u32 = block.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) }).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}
