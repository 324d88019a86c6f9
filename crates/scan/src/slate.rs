//! A slate: a page of memory that a worker writes and its parent reads after the worker is dead.
//!
//! A worker's standard output is one (the member it is reading) and its standard error another (its last words). The size is sealed:
//! a worker cannot make it grow.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{MemfdFlags, SealFlags};

/// The bytes of a slate.
pub(crate) const SIZE: usize = 4096;

/// A fixed page shared with a worker.
#[derive(Debug)]
pub(crate) struct Slate(File);

impl Slate {
    /// A slate with nothing on it.
    pub(crate) fn new() -> io::Result<Self> {
        let page = rustix::fs::memfd_create("census-slate", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        rustix::fs::ftruncate(&page, SIZE as u64)?;
        rustix::fs::fcntl_add_seals(&page, SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
        Ok(Self(page.into()))
    }

    /// The descriptor for the worker. It shares the file's offset, so that [`Self::wipe`] rewinds it too.
    pub(crate) fn share(&self) -> io::Result<OwnedFd> {
        self.0.try_clone().map(OwnedFd::from)
    }

    /// Clears it.
    pub(crate) fn wipe(&mut self) -> io::Result<()> {
        use std::io::Seek;
        self.0.rewind()?;
        write(&self.0, &[0; SIZE])
    }

    /// The text up to the first NUL, control characters replaced: its writer is not trusted.
    pub(crate) fn text(&self) -> String {
        let mut page = [0; SIZE];
        let read = rustix::io::pread(&self.0, &mut page, 0).unwrap_or(0);
        let end = page[..read].iter().position(|&b| b == 0).unwrap_or(read);
        clean(&String::from_utf8_lossy(&page[..end]))
    }
}

/// Writes a text over the beginning of a slate, cut to fit, and a NUL.
pub(crate) fn note(slate: impl AsFd, text: &str) {
    let mut page = [0; SIZE];
    let text = &text.as_bytes()[..text.floor_char_boundary(SIZE - 1)];
    page[..text.len()].copy_from_slice(text);
    // A slate only helps to explain a crash: that it could not be written is no reason for one.
    let _ = write(slate, &page[..=text.len()]);
}

fn write(slate: impl AsFd, bytes: &[u8]) -> io::Result<()> {
    let written = rustix::io::pwrite(slate, bytes, 0)?;
    if written == bytes.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// A text as one trimmed line without control characters, at most 500 bytes.
pub(crate) fn clean(text: &str) -> String {
    let mut line: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.truncate(line.floor_char_boundary(500));
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slate_keeps_the_last_note_and_never_grows() {
        let mut slate = Slate::new().unwrap();
        let worker = slate.share().unwrap();
        note(&worker, "a/long/path.py");
        note(&worker, "b.py");
        assert_eq!(slate.text(), "b.py");
        note(&worker, &"é".repeat(SIZE));
        assert_eq!(slate.text().len(), 500);
        assert!(rustix::io::pwrite(&worker, b"x", SIZE as u64).is_err());
        slate.wipe().unwrap();
        assert_eq!(slate.text(), "");
    }

    #[test]
    fn what_a_worker_writes_is_shown_without_control_characters() {
        assert_eq!(clean("\u{1b}[31mred\nline\n"), " [31mred line");
    }
}
