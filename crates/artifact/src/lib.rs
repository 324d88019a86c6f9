//! Bytes to bounded members: wheels, eggs, source distributions and whatever is nested in them, in the order of the archive.
//!
//! Reads zip (stored, deflate, bzip2, lzma, xz, zstd) and tar (plain, gzip, bzip2, xz, zstd), told apart by content; nested in them,
//! also single compressed files, Debian packages and programs with a zip at their end. Nothing that
//! an archive declares is trusted: buffers grow with what really comes out, and every bound of [`Limits`] holds for the artifact
//! as a whole, nested archives included. What could not be read is a [`Gap`], and reading goes on with the next member.
//!
//! Pure: no disk, network or clock. May depend on `model` alone.
//!
//! ```
//! use census_artifact::{Limits, read};
//! use census_testkit::package::Wheel;
//!
//! let wheel = Wheel::new("demo", "1.0").file("demo/__init__.py", "import os\n").build();
//! let mut paths = Vec::new();
//! let summary = read(&wheel.bytes, &Limits::default(), &mut |member| paths.push(member.path.to_owned())).unwrap();
//! assert_eq!(paths[0], "demo/__init__.py");
//! assert_eq!(summary.members, 4);
//! assert!(summary.gaps.is_empty());
//! ```

mod ar;
mod container;
mod error;
mod limits;
mod path;
mod single;
mod stream;
mod tar;
mod walk;
mod zip;

use census_model::Gap;

pub use container::{Compression, Container};
pub use error::Error;
pub use limits::Limits;
pub use stream::{Block, Memory};

/// A file inside an artifact, while it is visited.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Its number in the artifact, from 0 in the order of the archive. Numbers of members that could not be read are in
    /// [`Summary::gaps`] alone; the members of a nested archive follow the archive itself.
    pub number: i32,
    /// Its path as the archive has it, less any leading `./`; `outer!/inner` in a nested archive.
    pub path: &'a str,
    /// Its bytes, unpacked.
    pub bytes: &'a [u8],
    /// Whether its mode lets anyone execute it.
    pub executable: bool,
}

/// What reading an artifact came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// What the artifact is.
    pub container: Container,
    /// How many members were visited.
    pub members: i32,
    /// How many bytes they have together.
    pub bytes_unpacked: u64,
    /// What could not be read or is not as it should be, in the order it was met.
    pub gaps: Vec<Gap>,
}

/// Reads an artifact and visits its members, one at a time.
///
/// Directories are not members. A symbolic or hard link is a gap and never followed; the bytes of a zip's symbolic link are
/// visited all the same, since installers write them as a file. A member whose checksum, declared size or local header disagrees
/// is visited and is a gap. A nested archive is visited as a member and then read inside.
///
/// What the gaps mean here: `Truncated` and `Damaged` with a path, that the member was not read; `Damaged` of a visited member,
/// that its size is not the declared one, by so many bytes; without a path, that the rest of the archive is missing. `Members`,
/// and `Size` or `Ratio` without a path, ended the reading. `Unsupported` of a visited member is an archive that is not read inside (7z,
/// rar, rpm, cab, xar); without a path it is what precedes a zip (a program that
/// installs it, for one). `Ambiguous` without a path is a place where readers of one format would see different members: bytes
/// after the end, entries that the index lacks, an index found twice or counted otherwise, a file that is tar and zip at once.
///
/// # Errors
/// Where nothing can be said about the whole: it is empty, no archive, or its index or its first header cannot be read.
pub fn read(bytes: &[u8], limits: &Limits, visit: &mut dyn FnMut(Member<'_>)) -> Result<Summary, Error> {
    read_with(bytes, limits, &|length| Box::new(vec![0; length]), visit)
}

/// Reads an artifact as [`read`] does, members being unpacked into memory that the caller gives: a file's, for the largest of them.
///
/// # Errors
/// As [`read`].
pub fn read_with(bytes: &[u8], limits: &Limits, memory: Memory<'_>, visit: &mut dyn FnMut(Member<'_>)) -> Result<Summary, Error> {
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    let container = Container::detect(bytes)?;
    let mut walk = walk::Walk::new(limits, memory, bytes.len(), visit);
    match container.read(&mut walk, &walk::Place::OUTERMOST, bytes) {
        Ok(()) | Err(walk::Halt::Bound) => Ok(walk.finish(container)),
        Err(walk::Halt::Unreadable(error)) => Err(error),
    }
}
