//! Packages built in memory: wheels, source distributions and eggs that any installer would accept, and, in [`zip`] and
//! [`tar`], archives that no honest tool would write. The same calls always give the same bytes.
//!
//! ```
//! use census_testkit::package::{Sdist, Wheel};
//!
//! let wheel = Wheel::new("demo", "1.0").file("demo/__init__.py", "import os\n").requires("six>=1").build();
//! assert_eq!(wheel.filename, "demo-1.0-py3-none-any.whl");
//! assert_eq!(wheel.sha256.len(), 64);
//!
//! let sdist = Sdist::new("demo", "1.0").file("setup.py", "from setuptools import setup\nsetup()\n").build();
//! assert_eq!(sdist.filename, "demo-1.0.tar.gz");
//! ```

pub mod tar;
pub mod zip;

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

pub use tar::Compression;

/// A distribution file, ready to be served or scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// The file's name, as an index would list it.
    pub filename: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The SHA-256 of the bytes: 64 lower-case hexadecimal digits.
    pub sha256: String,
}

impl Built {
    /// A file of any name and content, for what no builder here makes: a damaged archive, a `.exe`, a text file.
    pub fn new(filename: impl Into<String>, bytes: Vec<u8>) -> Self {
        let sha256 = sha256_hex(&bytes);
        Self { filename: filename.into(), bytes, sha256 }
    }
}

/// The SHA-256 of bytes: 64 lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[derive(Clone, Debug)]
struct File {
    path: String,
    bytes: Vec<u8>,
    executable: bool,
}

/// What the three kinds of package have in common: a name, a version, fields of metadata and files.
#[derive(Clone, Debug)]
struct Parts {
    name: String,
    version: String,
    fields: Vec<(String, String)>,
    files: Vec<File>,
}

impl Parts {
    fn new(name: &str, version: &str) -> Self {
        Self { name: name.into(), version: version.into(), fields: Vec::new(), files: Vec::new() }
    }

    fn push(&mut self, path: &str, bytes: &[u8], executable: bool) {
        self.files.push(File { path: path.into(), bytes: bytes.to_vec(), executable });
    }

    /// The name as file names have it: `zope.interface` as `zope_interface`.
    fn stem(&self) -> String {
        let name = census_model::name::normalize(&self.name).replace('-', "_");
        format!("{name}-{}", self.version)
    }

    /// Core metadata: the text of METADATA or PKG-INFO.
    fn metadata(&self) -> String {
        let mut text = format!("Metadata-Version: 2.1\nName: {}\nVersion: {}\n", self.name, self.version);
        let (last, fields): (Vec<_>, Vec<_>) = self.fields.iter().partition(|(key, _)| key.is_empty());
        for (key, value) in fields {
            let _ = writeln!(text, "{key}: {value}");
        }
        for (_, description) in last {
            let _ = write!(text, "\n{description}");
        }
        text
    }
}

/// The calls that every builder shares.
macro_rules! common {
    () => {
        /// Adds a file. Paths are relative to the root that code is imported from.
        #[must_use]
        pub fn file(mut self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
            self.parts.push(path, bytes.as_ref(), false);
            self
        }

        /// Adds a file whose execute permission is set.
        #[must_use]
        pub fn executable(mut self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
            self.parts.push(path, bytes.as_ref(), true);
            self
        }

        /// Adds a field of core metadata: `.field("Home-page", "https://demo.example/")`.
        #[must_use]
        pub fn field(mut self, key: &str, value: &str) -> Self {
            self.parts.fields.push((key.into(), value.into()));
            self
        }

        /// Adds a requirement: `.requires("six>=1; python_version < '3'")`.
        #[must_use]
        pub fn requires(self, requirement: &str) -> Self {
            self.field("Requires-Dist", requirement)
        }

        /// Sets the long description: the body of the metadata.
        #[must_use]
        pub fn description(self, text: &str) -> Self {
            self.field("", text)
        }
    };
}

/// A wheel: METADATA, WHEEL and a RECORD with the hashes of all files.
#[derive(Clone, Debug)]
pub struct Wheel {
    parts: Parts,
    tags: Vec<String>,
    dist_info: Vec<(String, Vec<u8>)>,
}

impl Wheel {
    /// A wheel of no files, for any Python: `py3-none-any`.
    pub fn new(name: &str, version: &str) -> Self {
        Self { parts: Parts::new(name, version), tags: Vec::new(), dist_info: Vec::new() }
    }

    common!();

    /// Adds a tag: `cp312-cp312-manylinux_2_17_x86_64`. The first one names the file.
    #[must_use]
    pub fn tag(mut self, tag: &str) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Adds a file to the `.dist-info` directory.
    #[must_use]
    pub fn dist_info(mut self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.dist_info.push((path.into(), bytes.as_ref().to_vec()));
        self
    }

    /// Sets the content of `entry_points.txt`.
    #[must_use]
    pub fn entry_points(self, text: &str) -> Self {
        self.dist_info("entry_points.txt", text)
    }

    /// Builds it.
    pub fn build(mut self) -> Built {
        if self.tags.is_empty() {
            self.tags.push("py3-none-any".into());
        }
        let stem = self.parts.stem();
        let filename = format!("{stem}-{}.whl", self.tags[0]);
        let pure = self.tags.iter().all(|tag| tag.ends_with("-none-any"));
        let mut wheel = format!("Wheel-Version: 1.0\nGenerator: census-testkit\nRoot-Is-Purelib: {pure}\n");
        for tag in &self.tags {
            let _ = writeln!(wheel, "Tag: {tag}");
        }
        let metadata = self.parts.metadata();
        for (path, bytes) in [("METADATA", metadata.as_bytes()), ("WHEEL", wheel.as_bytes())] {
            self.parts.push(&format!("{stem}.dist-info/{path}"), bytes, false);
        }
        for (path, bytes) in &self.dist_info {
            self.parts.push(&format!("{stem}.dist-info/{path}"), bytes, false);
        }
        let record = format!("{stem}.dist-info/RECORD");
        let mut lines = self.parts.files.iter().fold(String::new(), |mut lines, file| {
            let _ = writeln!(lines, "{},sha256={},{}", file.path, base64_url(&Sha256::digest(&file.bytes)), file.bytes.len());
            lines
        });
        let _ = writeln!(lines, "{record},,");
        self.parts.push(&record, lines.as_bytes(), false);
        Built::new(filename, zip_of(&self.parts.files))
    }
}

/// A source distribution: its files and PKG-INFO below one top directory.
#[derive(Clone, Debug)]
pub struct Sdist {
    parts: Parts,
    compression: Compression,
    zip: bool,
}

impl Sdist {
    /// A source distribution of no files, as `.tar.gz`.
    pub fn new(name: &str, version: &str) -> Self {
        Self { parts: Parts::new(name, version), compression: Compression::Gzip, zip: false }
    }

    common!();

    /// Sets how the tar is compressed, and with it the file's extension.
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Makes it a `.zip`.
    #[must_use]
    pub fn zip(mut self) -> Self {
        self.zip = true;
        self
    }

    /// Builds it.
    pub fn build(mut self) -> Built {
        let stem = self.parts.stem();
        let metadata = self.parts.metadata();
        self.parts.files.insert(0, File { path: "PKG-INFO".into(), bytes: metadata.into_bytes(), executable: false });
        for file in &mut self.parts.files {
            file.path = format!("{stem}/{}", file.path);
        }
        if self.zip {
            return Built::new(format!("{stem}.zip"), zip_of(&self.parts.files));
        }
        let archive = self.parts.files.iter().fold(tar::Archive::new(), |archive, file| {
            let mode = if file.executable { 0o755 } else { 0o644 };
            archive.entry(tar::Entry::new(&file.path, &file.bytes).mode(mode))
        });
        Built::new(format!("{stem}.{}", self.compression.extension()), self.compression.pack(&archive.build()))
    }
}

/// An egg: a zip with `EGG-INFO/`.
#[derive(Clone, Debug)]
pub struct Egg {
    parts: Parts,
    python: String,
}

impl Egg {
    /// An egg of no files, for Python 3.12.
    pub fn new(name: &str, version: &str) -> Self {
        Self { parts: Parts::new(name, version), python: "py3.12".into() }
    }

    common!();

    /// Sets the Python (and platform) part of the file's name: `py2.7-linux-x86_64`.
    #[must_use]
    pub fn python(mut self, python: &str) -> Self {
        self.python = python.into();
        self
    }

    /// Builds it.
    pub fn build(mut self) -> Built {
        let filename = format!("{}-{}.egg", self.parts.stem(), self.python);
        let fields = self.parts.fields.iter().filter(|(key, _)| key == "Requires-Dist");
        let requires = fields.fold(String::new(), |text, (_, requirement)| text + requirement + "\n");
        let metadata = self.parts.metadata();
        self.parts.push("EGG-INFO/PKG-INFO", metadata.as_bytes(), false);
        if !requires.is_empty() {
            self.parts.push("EGG-INFO/requires.txt", requires.as_bytes(), false);
        }
        self.parts.push("EGG-INFO/zip-safe", b"\n", false);
        Built::new(filename, zip_of(&self.parts.files))
    }
}

/// Writes an honest zip by the `zip` crate: a second opinion on what [`zip::Archive`] writes by hand.
fn zip_of(files: &[File]) -> Vec<u8> {
    use std::io::{Cursor, Write as _};
    let mut writer = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        let mode = if file.executable { 0o755 } else { 0o644 };
        let options = ::zip::write::SimpleFileOptions::default()
            .compression_method(::zip::CompressionMethod::Deflated)
            .last_modified_time(::zip::DateTime::default())
            .unix_permissions(mode);
        writer.start_file(file.path.as_str(), options).expect("a path that a zip can hold");
        writer.write_all(&file.bytes).expect("memory takes every write");
    }
    writer.finish().expect("memory takes every write").into_inner()
}

/// Base64 in the URL-safe alphabet without padding, as RECORD has it.
fn base64_url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_usize, |word, byte| word << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(char::from(ALPHABET[word >> (18 - 6 * place) & 63]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (bytes, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE")] {
            assert_eq!(base64_url(bytes.as_bytes()), text);
        }
        assert_eq!(base64_url(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn the_same_calls_give_the_same_bytes() {
        let build = || Wheel::new("Zope.Demo", "1.0").file("zope/__init__.py", "").tag("cp312-cp312-win_amd64").build();
        assert_eq!(build(), build());
        assert_eq!(build().filename, "zope_demo-1.0-cp312-cp312-win_amd64.whl");
        let build = || Sdist::new("demo", "2").compression(Compression::Xz).file("a.py", "1\n").build();
        assert_eq!(build(), build());
        assert_eq!(build().filename, "demo-2.tar.xz");
        assert_eq!(Sdist::new("demo", "2").zip().build().filename, "demo-2.zip");
        assert_eq!(Egg::new("demo", "2").build().filename, "demo-2-py3.12.egg");
    }

    #[test]
    fn archives_written_by_hand_are_read_by_the_libraries() {
        use std::io::{Cursor, Read as _};
        let entry = |name: &str| zip::Entry::new(name, "import os\n");
        let bytes = zip::Archive::new()
            .entry(entry("stored"))
            .entry(entry("packed").method(zip::Method::Deflate).descriptor())
            .entry(entry("wide").method(zip::Method::Deflate).zip64())
            .comment("words")
            .zip64()
            .build();
        let mut archive = ::zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        for name in ["stored", "packed", "wide"] {
            let mut text = String::new();
            archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "import os\n");
        }
        let long = "d/".repeat(80) + "a.py";
        let bytes = tar::Archive::new()
            .entry(tar::Entry::pax(&[("path", &long)]))
            .entry(tar::Entry::new("cut", "1"))
            .entry(tar::Entry::long_name(long.as_bytes()))
            .entry(tar::Entry::new("cut", "2"))
            .build();
        let mut archive = ::tar::Archive::new(bytes.as_slice());
        let read = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            (String::from_utf8(entry.path_bytes().into_owned()).unwrap(), text)
        });
        assert_eq!(read.collect::<Vec<_>>(), [(long.clone(), "1".to_owned()), (long.clone(), "2".to_owned())]);
    }

    #[test]
    fn a_wheel_is_read_back_by_the_zip_crate() {
        use std::io::{Cursor, Read as _};
        let wheel = Wheel::new("demo", "1.0").executable("demo/run.sh", "#!/bin/sh\n").requires("six").description("Words.\n").build();
        let mut archive = ::zip::ZipArchive::new(Cursor::new(wheel.bytes)).unwrap();
        let mut text = String::new();
        archive.by_name("demo-1.0.dist-info/METADATA").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Dist: six\n\nWords.\n");
        let mut record = String::new();
        archive.by_name("demo-1.0.dist-info/RECORD").unwrap().read_to_string(&mut record).unwrap();
        assert_eq!(record.lines().next(), Some("demo/run.sh,sha256=qAdtPSjSHgIBKyDq99v3VAmmJ3E0Q5Al8oLjaOMwWr8,10"));
        assert_eq!(record.lines().last(), Some("demo-1.0.dist-info/RECORD,,"));
        assert_eq!(archive.by_name("demo/run.sh").unwrap().unix_mode(), Some(0o100_755));
    }
}
